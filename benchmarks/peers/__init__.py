"""The models to be better than, each behind the library's own ``Scorer``, fitted in the same process.

Settings: with a validation split each peer is fitted with three or four settings and keeps the one with the best
NDCG@10 there; without one it takes the first. The fit time is that of the kept setting alone.

- ``popularity``, ``tfidf_item_knn``, ``bm25_item_knn``: ``kgrec.evaluation``.
- ``als``: ``implicit`` (Hu, Koren and Volinsky, ICDM 2008). The factors of a query are solved anew from its history, so
  a query that is longer than the user's training history is used whole.
- ``bpr``: ``implicit`` (Rendle et al., UAI 2009). BPR cannot solve for a new history. A query that begins with the
  whole training history of a user (the longest one where several fit) takes the factors trained for that user, and
  what came after is not used; any other query takes the mean factors of its products. ``as_user`` counts the former.
- ``ease``: dense EASE (Steck, WWW 2019), up to 15,000 products; behaviour only, λ as the one setting. With more
  products and at most 5,000 users it is the same model in its dual form, which inverts users × users.
- ``sasrec``: SASRec (Kang and McAuley, ICDM 2018) of ``rectools``, which needs other versions of numpy and pandas than
  kgrec: it runs in an environment of its own (``make bench-peers``) and is asked through files.

For products without behaviour there are ``text_knn`` and ``kg_knn``: likeness to the history, summed.
"""

from .ease import DualEaseScorer, EaseScorer
from .factors import AlsScorer, BprScorer
from .fitting import PEERS, Peer, peers
from .likeness import COLD_PEERS, KgKnnScorer, TextKnnScorer, cold_peers
from .sasrec import ListScorer, SasrecAnswer, sasrec_answer

__all__ = [
    "COLD_PEERS",
    "PEERS",
    "AlsScorer",
    "BprScorer",
    "DualEaseScorer",
    "EaseScorer",
    "KgKnnScorer",
    "ListScorer",
    "Peer",
    "SasrecAnswer",
    "TextKnnScorer",
    "cold_peers",
    "peers",
    "sasrec_answer",
]
