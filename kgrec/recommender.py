"""The ask arrow: a query becomes candidates, scores and explained results."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Explanation, Histories, Recommendation, Recommendations
from kgrec.errors import HistoryError, SettingsError
from kgrec.explanation import TemplateExplainer, grammar_of
from kgrec.graph import Graph
from kgrec.retrieval import FaissIndex, centred, recency_weights
from kgrec.shop import Shop, read_shop, write_shop

__all__ = ["Recommender", "load"]


Basis = Literal["history", "product"]


@dataclass(frozen=True, slots=True, eq=False)
class _Query:
    """A history as the model reads it: numbers, and what each event counts."""

    items: NDArray[np.int32]
    weights: NDArray[np.float32]
    notes: tuple[str, ...] = ()
    basis: Basis = "history"


@dataclass(frozen=True, slots=True)
class _Candidate:
    num: int
    score: float
    source: str


class Recommender:
    """A shop that answers: for a known user, a history, a running session, one product, or nobody in particular.

    Every question gets ``k`` answers while enough products may be shown. They come from the item–item model first,
    then from similar texts, then from what is popular, and each says which. Safe to call from several threads.

    Args:
        shop: what was built or loaded.
    """

    def __init__(self, shop: Shop) -> None:
        """Hold a built shop."""
        self.shop = shop
        self._vectors = centred(shop.vectors) if shop.vectors.shape[1] else np.asarray(shop.vectors)
        self._explainer = TemplateExplainer(shop.catalogue, shop.graph, shop.audience, vectors=self._vectors)
        touched = np.array([shop.audience.touched(num) for num in range(len(shop.catalogue))], np.int64)
        self._by_popularity = np.lexsort((np.arange(len(touched)), -touched)).astype(np.int32)
        self._popularity = touched / max(int(touched.max(initial=0)), 1)

    @property
    def catalogue(self) -> Catalogue:
        """The products."""
        return self.shop.catalogue

    @property
    def graph(self) -> Graph:
        """The product knowledge graph."""
        return self.shop.graph

    @cached_property
    def _index(self) -> FaissIndex:
        return FaissIndex(self._vectors)

    # --- asking

    def recommend(
        self,
        user: str | None = None,
        *,
        history: Sequence[str] | None = None,
        k: int = 10,
        exclude: Iterable[str] = (),
        exclude_seen: bool = True,
        explain: bool = True,
        language: str = "en",
    ) -> Recommendations:
        """Recommend products.

        Args:
            user: id of a known user; an unknown one is answered with what is popular, and a note says so.
            history: product ids, oldest first, in place of the user's own history: a session or a visitor.
            k: how many, at least 1; fewer come back only where fewer products may be shown.
            exclude: ids never to show; unknown ids are ignored.
            exclude_seen: leave out what is in the history.
            explain: False leaves explanations out, for speed.
            language: of the sentences, ``"en"`` or ``"zh"``.

        Returns:
            Products in falling order of score. Scores of one answer are comparable with each other; ``source`` says
            where each came from.

        Raises:
            SettingsError: ``k`` is below 1, or the language is not known.
            HistoryError: the history is no sequence of strings.
        """
        query = self._query(user, history)
        return self._answer(query, k, self._hidden(exclude), exclude_seen, explain, language)

    def similar(
        self, product: str, *, k: int = 10, exclude: Iterable[str] = (), explain: bool = True, language: str = "en"
    ) -> Recommendations:
        """Recommend what goes with one product; itself is left out.

        Raises:
            UnknownProductError: no such product.
            SettingsError: ``k`` is below 1, or the language is not known.
        """
        num = self.catalogue.num(product)
        query = _Query(np.array([num], np.int32), np.ones(1, np.float32), basis="product")
        return self._answer(query, k, self._hidden(exclude), True, explain, language)

    def explain(
        self, user: str | None, product: str, *, history: Sequence[str] | None = None, language: str = "en"
    ) -> Explanation:
        """Explain the score of any product for a user or a history, also one that would not be recommended.

        The score is that of the item–item model, the sum of the contributions; where the model says nothing, the
        explanation says how popular the product is.

        Raises:
            UnknownProductError: no such product.
            SettingsError: the language is not known.
        """
        num = self.catalogue.num(product)
        query = self._query(user, history)
        amounts = self.shop.model.contributions(query.items, query.weights, num)
        if np.any(amounts != 0):
            score = float(amounts.sum())
            return self._explainer.explain(num, score, query.items, amounts, self.shop.model.sources, language=language)
        return self._explainer.explain_popular(num, float(self._popularity[num]), language=language)

    def describe(self) -> dict[str, Any]:
        """Return what the shop is made of: products, graph statistics, settings, relation weights and the build report.

        ``relation_weights`` tells which relations matter most in this shop, the largest first.
        """
        settings = self.shop.model.settings
        weights = {name: settings.weight_of(name) for name in self.graph.relations}
        return {
            "products": len(self.catalogue),
            "users": len(self.shop.users),
            "events": len(self.shop.histories.items),
            "encoder": self.shop.encoder,
            "graph": self.graph.statistics(),
            "relation_weights": dict(sorted(weights.items(), key=lambda pair: -pair[1])),
            "settings": settings,
            "report": dict(self.shop.report),
        }

    # --- keeping

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the shop into a folder that :func:`kgrec.load` reads.

        The folder holds a manifest with checksums, npy, Parquet and JSON; nothing in it can run code.

        Raises:
            SnapshotError: the folder holds something else, or the disk refuses.
        """
        write_shop(self.shop, path)

    def __repr__(self) -> str:
        """Return a short description."""
        return f"<Recommender: {len(self.catalogue):,} products, {len(self.shop.users):,} users, {self.graph!r}>"

    # --- the arrow, step by step

    def _query(self, user: str | None, history: Sequence[str] | None) -> _Query:
        if history is not None:
            return self._visitor(history)
        row = self.shop.user_num.get(user) if isinstance(user, str) else None
        if row is None:
            note = () if user is None else (f"user {user!r} is not known: answered with what is popular",)
            return _Query(np.zeros(0, np.int32), np.zeros(0, np.float32), note)
        own = self.shop.histories.select(np.array([row]))
        return _Query(own.items, recency_weights(own, self.shop.model.settings))

    def _visitor(self, history: Sequence[str]) -> _Query:
        ordered = hasattr(history, "__getitem__") and not isinstance(history, str | Mapping)
        if not ordered or not all(isinstance(item, str) for item in history):
            raise HistoryError(
                f"history must be a sequence of product ids (strings), oldest first; got {history!r:.200}"
            )
        newest = dict.fromkeys(reversed(history))
        nums = [num for num in map(self.catalogue.find, newest) if num is not None][::-1]
        unknown = len(newest) - len(nums)
        note = (f"{unknown} of {len(newest)} products of the history are not in the catalogue",) if unknown else ()
        visitor = Histories.of([nums])
        return _Query(visitor.items, recency_weights(visitor, self.shop.model.settings), note)

    def _hidden(self, exclude: Iterable[str]) -> list[int]:
        if isinstance(exclude, str):
            raise HistoryError(
                f"exclude must hold product ids; got the single string {exclude!r:.80}: write [{exclude!r:.80}]"
            )
        return [num for num in map(self.catalogue.find, exclude) if num is not None]

    def _answer(
        self, query: _Query, k: int, hidden: Sequence[int], exclude_seen: bool, explain: bool, language: str
    ) -> Recommendations:
        if k < 1:
            raise SettingsError(f"k must be at least 1; got {k}")
        grammar_of(language)
        allowed = np.ones(len(self.catalogue), np.bool_)
        allowed[list(hidden)] = False
        if exclude_seen:
            allowed[query.items] = False
        candidates = self._candidates(query, allowed, min(k, len(self.catalogue)))
        items = tuple(
            Recommendation(
                item=self.catalogue[found.num].id,
                title=self.catalogue[found.num].title,
                score=found.score,
                source=found.source,
                explanation=self._explained(query, found, language) if explain else None,
            )
            for found in candidates
        )
        return Recommendations(items=items, notes=query.notes)

    def _candidates(self, query: _Query, allowed: NDArray[np.bool_], k: int) -> list[_Candidate]:
        """Ask the sources in order until ``k`` are found; a later source never outranks an earlier one."""
        nums, scores = self.shop.model.propose(query.items, query.weights, allowed, k)
        found = [_Candidate(int(num), float(score), "item-item") for num, score in zip(nums, scores, strict=True)]
        for propose in (self._by_text, self._popular):
            if len(found) >= k:
                break
            allowed[[candidate.num for candidate in found]] = False
            ceiling = found[-1].score if found else 1.0
            found += propose(query, allowed, k - len(found), ceiling)
        return found

    def _by_text(self, query: _Query, allowed: NDArray[np.bool_], k: int, ceiling: float) -> list[_Candidate]:
        """Return products whose description resembles the history's; scores are cosines scaled below ``ceiling``."""
        profile = self._profile(query)
        if profile is None:
            return []
        cosines, nums = self._index.search(profile[None, :], min(len(allowed), k + int(np.sum(~allowed))))
        near = [(int(n), float(c)) for n, c in zip(nums[0], cosines[0], strict=True) if n >= 0 and allowed[n] and c > 0]
        return [_Candidate(num, ceiling * min(cosine, 1.0), "text") for num, cosine in near[:k]]

    def _profile(self, query: _Query) -> NDArray[np.float32] | None:
        """Return the weighted sum of the history's text vectors, float32 (d,), or None where there is no text."""
        if len(query.items) == 0 or self._vectors.shape[1] == 0:
            return None
        profile = query.weights @ self._vectors[query.items]
        return profile.astype(np.float32) if np.any(profile) else None

    def _popular(self, query: _Query, allowed: NDArray[np.bool_], k: int, ceiling: float) -> list[_Candidate]:
        nums = self._by_popularity[allowed[self._by_popularity]][:k]
        return [_Candidate(int(num), ceiling * float(self._popularity[num]), "popularity") for num in nums]

    def _explained(self, query: _Query, found: _Candidate, language: str) -> Explanation:
        if found.source == "popularity":
            return self._explainer.explain_popular(found.num, found.score, language=language)
        if found.source == "text":
            amounts = self._text_shares(query, found)
            sources: tuple[str, ...] = ("text",)
        else:
            amounts = self.shop.model.contributions(query.items, query.weights, found.num)
            sources = self.shop.model.sources
        return self._explainer.explain(
            found.num, found.score, query.items, amounts, sources, language=language, basis=query.basis
        )

    def _text_shares(self, query: _Query, found: _Candidate) -> NDArray[np.float64]:
        """Split a text score over the history: the cosine with a weighted sum is linear in its members."""
        raw = query.weights.astype(np.float64) * (self._vectors[query.items] @ self._vectors[found.num])
        return np.asarray(raw * (found.score / raw.sum()), np.float64)[:, None]


def load(path: str | os.PathLike[str]) -> Recommender:
    """Read a shop that :meth:`Recommender.save` wrote; large arrays are memory-mapped.

    Raises:
        SnapshotDamagedError: a file is missing or was changed; the message names it.
        SnapshotVersionError: the folder was written by a newer format.
        SnapshotError: the folder is no snapshot.
    """
    return Recommender(read_shop(path))
