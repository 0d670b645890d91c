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

For products without behaviour there are ``text_knn`` and ``kg_knn``: likeness to the history, summed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from kgrec.data import Histories
from kgrec.errors import SettingsError
from kgrec.evaluation import ItemKnnScorer, PopularityScorer, Split, evaluate
from kgrec.protocols import Scorer
from kgrec.retrieval import Knowledge, ModelInputs

__all__ = [
    "COLD_PEERS",
    "PEERS",
    "AlsScorer",
    "BprScorer",
    "DualEaseScorer",
    "EaseScorer",
    "KgKnnScorer",
    "Peer",
    "TextKnnScorer",
    "cold_peers",
    "peers",
]

COLD_PEERS = ("text_knn", "kg_knn")
PEERS = ("popularity", "tfidf_item_knn", "bm25_item_knn", "als", "bpr", "ease")
EASE_LIMIT = 15_000
"""Products up to which the dense n × n matrices of EASE are built (15,000² float32 are 0.9 GB, twice)."""
EASE_USERS = 5_000
"""Users up to which a larger shop gets EASE in its dual form."""


class Peer(NamedTuple):
    """A fitted peer, or in place of its scorer the reason why there is none."""

    name: str
    scorer: Scorer | str
    fit_seconds: float
    settings: Mapping[str, Any]


class AlsScorer:
    """Alternating least squares of ``implicit``; factors of a query are solved from its history."""

    def __init__(self, model: Any, n_products: int) -> None:
        """Keep a fitted model."""
        self.model = model
        self.n_products = n_products

    @classmethod
    def fit(cls, train: Histories, n_products: int, **settings: Any) -> AlsScorer:
        """Fit on event weights; ``settings`` are those of implicit's class."""
        from implicit.cpu.als import AlternatingLeastSquares

        with _one_blas_thread():
            model = AlternatingLeastSquares(**{"random_state": 0, "num_threads": 0, **settings})
            model.fit(_matrix(train, n_products), show_progress=False)
        return cls(model, n_products)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n), inner products of the solved factors; zero for an empty history."""
        rows = _matrix(histories, self.n_products)
        with _one_blas_thread():
            factors = self.model.recalculate_user(np.arange(len(histories)), rows)
        return np.asarray(factors @ self.model.item_factors.T, np.float32)


class BprScorer:
    """Bayesian personalised ranking of ``implicit``; see the module for what a query's factors are."""

    def __init__(self, users: NDArray[np.float32], items: NDArray[np.float32], train: Histories) -> None:
        """Keep factors float32 (u, f) and (n, f), and recognise the users of ``train`` by their histories."""
        self.users = users
        self.items = items
        self.as_user = 0
        self._known = {
            train.row(user).tobytes(): user for user in range(len(train) - 1, -1, -1) if len(train.row(user))
        }

    @classmethod
    def fit(cls, train: Histories, n_products: int, **settings: Any) -> BprScorer:
        """Fit on what each user touched; ``settings`` are those of implicit's class."""
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        # One thread: with more, implicit's updates race and a seed no longer gives one answer.
        with _one_blas_thread():
            model = BayesianPersonalizedRanking(**{"random_state": 0, "num_threads": 1, **settings})
            model.fit(_matrix(train, n_products), show_progress=False)
        return cls(np.asarray(model.user_factors), np.asarray(model.item_factors), train)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        factors = np.zeros((len(histories), self.items.shape[1]), np.float32)
        for at in range(len(histories)):
            row = histories.row(at)
            user = self._user(row)
            if user is not None:
                self.as_user += 1
                factors[at] = self.users[user]
            elif len(row):
                factors[at] = self.items[row].mean(axis=0)
                factors[at, -1] = 1.0  # the last column pairs with the products' biases
        return np.asarray(factors @ self.items.T, np.float32)

    def _user(self, row: NDArray[np.int32]) -> int | None:
        found = (self._known.get(row[:end].tobytes()) for end in range(len(row), 0, -1))
        return next((user for user in found if user is not None), None)


class EaseScorer:
    """Dense EASE: every product predicted from all others by one ridge regression in closed form."""

    def __init__(self, weights: NDArray[np.float32]) -> None:
        """Keep the item–item weights, float32 (n, n), zero on the diagonal."""
        self.weights = weights

    @classmethod
    def fit(cls, train: Histories, n_products: int, *, regularization: float = 200.0) -> EaseScorer:
        """Invert the Gram matrix of what users touched plus λ on its diagonal."""
        touched = _touched(train, n_products)
        gram = np.asarray((touched.T @ touched).toarray(), np.float32)
        gram[np.diag_indices_from(gram)] += np.float32(regularization)
        factor, failed = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
        inverse, failed_too = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
        if failed or failed_too:
            raise SettingsError(f"EASE could not invert its matrix with λ = {regularization}; take a larger one")
        for at in range(n_products):
            inverse[at, at + 1 :] = inverse[at + 1 :, at]
        diagonal = np.diag(inverse).copy()
        inverse /= -diagonal[None, :]
        np.fill_diagonal(inverse, 0.0)
        return cls(inverse)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        return np.asarray(_touched(histories, len(self.weights)) @ self.weights, np.float32)


class KgKnnScorer:
    """Products that share values with the history: ``Σ F_i F_jᵀ`` over its products ``i``, each value scaled."""

    def __init__(self, values: Any) -> None:
        """Keep the scaled product–value incidence, CSR float32 (n, v)."""
        self.values = values

    @classmethod
    def fit(cls, knowledge: Knowledge, *, scaling: str = "root", unit_length: bool = False) -> KgKnnScorer:
        """Scale each value and, if asked for, each product.

        Args:
            knowledge: the incidence; values that say nothing there say nothing here.
            scaling: of a value that ``c`` of ``n`` products have: ``"root"`` 1/√c, ``"idf"`` log(1 + n/c), or
                ``"count"`` 1/c.
            unit_length: bring each product to length 1: the cosine.

        Raises:
            SettingsError: there is no such scaling.
        """
        n, counts = len(knowledge.indptr) - 1, np.maximum(np.diff(knowledge.value_indptr), 1)
        scales = {"root": counts**-0.5, "idf": np.log1p(n / counts), "count": 1.0 / counts}
        if scaling not in scales:
            raise SettingsError(f"scaling must be one of {', '.join(scales)}; got {scaling!r}")
        scale = np.where(knowledge.rarity > 0, scales[scaling], 0.0).astype(np.float32)
        parts = (scale[knowledge.value], knowledge.value, knowledge.indptr)
        values = sparse.csr_matrix(parts, shape=(n, len(counts)))
        if unit_length:
            squares = np.asarray(values.multiply(values).sum(axis=1)).ravel()
            values = sparse.diags_array(1.0 / np.sqrt(np.maximum(squares, 1e-12))).astype(np.float32) @ values
        return cls(sparse.csr_matrix(values))

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        wanted = (_matrix(histories, self.values.shape[0]) @ self.values).T.toarray()
        return np.ascontiguousarray((self.values @ wanted).T, np.float32)


class TextKnnScorer:
    """Products whose text is like that of the history: ``Σ max(E_i E_jᵀ, 0)^p`` over its products ``i``."""

    def __init__(self, vectors: NDArray[np.float32], *, exponent: float = 1.0) -> None:
        """Keep unit vectors float32 (n, d)."""
        self.vectors = vectors
        self.exponent = exponent

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        rows = _matrix(histories, len(self.vectors)).tocsc()
        touched = np.unique(histories.items)
        scores = np.zeros((len(histories), len(self.vectors)), np.float32)
        for start in range(0, len(touched), 1024):
            block = touched[start : start + 1024]
            likeness = np.maximum(self.vectors[block] @ self.vectors.T, 0) ** self.exponent
            scores += rows[:, block] @ likeness
        return scores


class DualEaseScorer:
    """EASE for few users: ``P = (XᵀX + λI)⁻¹ = (I − Xᵀ(XXᵀ + λI)⁻¹X) / λ``, so that no n × n array is needed."""

    def __init__(self, touched: Any, smooth: NDArray[np.float32]) -> None:
        """Keep ``X``, CSR float32 (u, n), and ``(XXᵀ + λI)⁻¹X``, float32 (u, n)."""
        self.touched = touched
        self.smooth = smooth
        self.own = np.asarray(touched.multiply(smooth).sum(axis=0), np.float32).ravel()

    @classmethod
    def fit(cls, train: Histories, n_products: int, *, regularization: float = 200.0) -> DualEaseScorer:
        """Invert the users' Gram matrix plus λ on its diagonal."""
        touched = _touched(train, n_products)
        gram = (touched @ touched.T).toarray().astype(np.float64)
        gram[np.diag_indices_from(gram)] += regularization
        inverse = linalg.inv(gram, overwrite_a=True).astype(np.float32)
        return cls(touched, np.asarray((touched.T @ inverse).T, np.float32))

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        asked = _touched(histories, len(self.own))
        scores = (asked @ self.touched.T).toarray() @ self.smooth
        scores -= asked.multiply(self.own).toarray()
        return np.asarray(scores / (1 - self.own), np.float32)


_Fit = Callable[..., Scorer]
_FITS: Mapping[str, tuple[_Fit, tuple[dict[str, Any], ...]]] = {
    "popularity": (PopularityScorer.fit, ({},)),
    "tfidf_item_knn": (
        ItemKnnScorer.fit,
        tuple(
            {"weighting": "tfidf", "documents": documents, "k": k}
            for documents, k in (("products", 100), ("users", 100), ("products", 20), ("users", 300))
        ),
    ),
    "bm25_item_knn": (
        ItemKnnScorer.fit,
        tuple(
            {"weighting": "bm25", "documents": "products", "k": k, "k1": 1.2, "b": b}
            for k, b in ((100, 0.3), (100, 0.75), (20, 0.3), (300, 0.1))
        ),
    ),
    "als": (
        AlsScorer.fit,
        tuple(
            {"factors": factors, "regularization": regularization, "alpha": alpha, "iterations": 15}
            for factors, regularization, alpha in (
                (128, 0.05, 10.0),
                (128, 0.05, 1.0),
                (64, 0.05, 10.0),
                (128, 1.0, 40.0),
            )
        ),
    ),
    "bpr": (
        BprScorer.fit,
        tuple(
            {"factors": factors, "learning_rate": rate, "regularization": regularization, "iterations": iterations}
            for factors, rate, regularization, iterations in (
                (64, 0.05, 0.01, 100),
                (128, 0.05, 0.01, 200),
                (64, 0.01, 0.01, 100),
                (64, 0.05, 0.05, 200),
            )
        ),
    ),
    "ease": (EaseScorer.fit, tuple({"regularization": value} for value in (200.0, 50.0, 500.0))),
}


def peers(
    train: Histories,
    n_products: int,
    *,
    names: Sequence[str] = PEERS,
    validation: Split | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    sample: int = 5000,
    seed: int = 0,
) -> Iterator[Peer]:
    """Fit the peers one after the other, so that only one is in memory if the caller lets go of it.

    Args:
        train: what they are fitted on.
        n_products: number of products.
        names: which peers, of ``PEERS``, in that order.
        validation: where the setting of each is chosen, by NDCG@10; its ``train`` is what the trial fits see.
        settings: peer → settings to use as they are; the others choose theirs on validation.
        sample: at most this many validation queries are asked.
        seed: for the sample.

    Yields:
        ``(name, scorer or reason, fit_seconds, settings)``.

    Raises:
        SettingsError: a name is not that of a peer.
    """
    unknown = [name for name in names if name not in _FITS]
    if unknown:
        raise SettingsError(f"there is no peer {unknown[0]!r}; choose among {', '.join(PEERS)}")
    trial = validation.sample(sample, seed=seed) if validation is not None else None
    for name in names:
        given = (settings or {}).get(name)
        yield _fitted(name, train, n_products, trial if given is None else None, given)


def cold_peers(inputs: ModelInputs, validation: Split, *, sample: int = 5000, seed: int = 0) -> Iterator[Peer]:
    """Make text-kNN and KG-kNN, each with the scaling that ranks the cold products of ``validation`` best (NDCG@10).

    Args:
        inputs: text vectors and graph of the shop; behaviour is not looked at.
        validation: a cold split cut from train; where it asks nobody, the first setting is taken.
        sample: at most this many validation queries are asked.
        seed: for the sample.
    """
    trial = validation.among(validation.cold).sample(sample, seed=seed)
    if inputs.vectors.shape[1]:
        yield _best("text_knn", partial(TextKnnScorer, inputs.vectors), [{"exponent": p} for p in (1.0, 3.0)], trial)
    else:
        yield Peer("text_knn", "the products have no text", 0.0, {})
    if len(inputs.knowledge.value):
        grid = [
            {"scaling": scaling, "unit_length": unit} for scaling in ("root", "idf", "count") for unit in (False, True)
        ]
        yield _best("kg_knn", partial(KgKnnScorer.fit, inputs.knowledge), grid, trial)
    else:
        yield Peer("kg_knn", "the products have no facts", 0.0, {})


def _best(name: str, fit: _Fit, grid: Sequence[Mapping[str, Any]], trial: Split) -> Peer:
    """Fit with every setting and keep the one that ranks the cold products of a split best."""
    tried: list[tuple[float, Peer]] = []
    for settings in grid:
        begin = perf_counter()
        peer = Peer(name, scorer := fit(**settings), perf_counter() - begin, settings)
        known = len(trial) > 0
        reached = evaluate(scorer, trial, ks=(10,), samples=0, only=trial.cold)["ndcg@10"] if known else 0.0
        tried.append((reached, peer))
    return max(tried, key=lambda entry: entry[0])[1]


def _fitted(name: str, train: Histories, n_products: int, trial: Split | None, given: Mapping[str, Any] | None) -> Peer:
    fit, grid = _FITS[name]
    if given is not None:
        grid = (dict(given),)
    if name == "ease" and n_products > EASE_LIMIT:
        if len(train) > EASE_USERS:
            return Peer(name, f"dense, and {n_products} products are more than {EASE_LIMIT}", 0.0, {})
        fit = DualEaseScorer.fit
    try:
        tried: list[tuple[float, Scorer, float, dict[str, Any]]] = []
        for settings in grid if trial is not None else grid[:1]:
            begin = perf_counter()
            scorer = fit(trial.train if trial is not None else train, n_products, **settings)
            seconds = perf_counter() - begin
            reached = evaluate(scorer, trial, ks=(10,), samples=0)["ndcg@10"] if trial is not None else 0.0
            if not tried or reached > tried[0][0]:
                tried = [(reached, scorer, seconds, settings)]
        _, scorer, seconds, settings = tried[0]
        if trial is not None and trial.train is not train:
            begin = perf_counter()
            scorer = fit(train, n_products, **settings)
            seconds = perf_counter() - begin
    except ImportError as error:
        return Peer(name, f"implicit is not installed ({error}): pip install 'kgrec[bench]'", 0.0, {})
    return Peer(name, scorer, seconds, settings)


def _matrix(histories: Histories, n_products: int) -> Any:
    """Return event weights, CSR float32 (users, n), repeats summed, with the int32 indices that implicit wants."""
    shape = (len(histories), n_products)
    parts = (histories.weights, histories.items.astype(np.int32), histories.indptr.astype(np.int32))
    matrix = sparse.csr_matrix(parts, shape=shape, dtype=np.float32, copy=True)
    matrix.sum_duplicates()
    return matrix


def _touched(histories: Histories, n_products: int) -> Any:
    """Return 1 where a user touched a product, CSR float32 (users, n)."""
    matrix = _matrix(histories, n_products)
    matrix.data[:] = 1.0
    return matrix


def _one_blas_thread() -> AbstractContextManager[Any]:
    """Hold BLAS to one thread, as implicit asks for: it has threads of its own."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    return cast(AbstractContextManager[Any], threadpool_limits(limits=1, user_api="blas"))
