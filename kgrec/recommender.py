"""The ask arrow: a query becomes candidates, scores and explained results."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Explanation, Histories, Recommendation, Recommendations
from kgrec.errors import HistoryError, SettingsError
from kgrec.explanation import TemplateExplainer, grammar_of
from kgrec.graph import Graph
from kgrec.retrieval import (
    Arranger,
    Eligibility,
    FaissIndex,
    Filter,
    ProductTable,
    Rules,
    centred,
    graph_likeness,
    nearest_allowed,
    recency_weights,
    text_likeness,
)
from kgrec.shop import Shop, read_shop, write_shop

__all__ = ["Recommender", "load"]


Basis = Literal["history", "product"]
Where = Filter | Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Query:
    """A history as the model reads it: numbers, and what each event counts."""

    items: NDArray[np.int32]
    weights: NDArray[np.float32]
    notes: tuple[str, ...] = ()
    basis: Basis = "history"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A product and the model's own score for it; what the rules made of it stands beside."""

    num: int
    score: float
    source: str
    shown_score: float | None = None
    rules: tuple[str, ...] = ()


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
        touched = np.diff(shop.audience.indptr)
        self._by_popularity = np.lexsort((np.arange(len(touched)), -touched)).astype(np.int32)
        self._popularity = touched / max(int(touched.max(initial=0)), 1)
        self._table = ProductTable(shop.catalogue, shop.graph)
        self._eligibility = Eligibility(shop.catalogue, self._table, shop.histories, shop.user_num)

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
        return FaissIndex(self._vectors, self.shop.index)

    # --- asking

    def recommend(
        self,
        user: str | None = None,
        *,
        history: Sequence[str] | None = None,
        k: int = 10,
        where: Where | None = None,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        exclude_seen: bool | Iterable[str] = True,
        rules: Rules | Mapping[str, Any] | None = None,
        explain: bool = True,
        language: str = "en",
    ) -> Recommendations:
        """Recommend products.

        Filters (``where``, ``only``, ``exclude``, ``exclude_seen``) act before anything is ranked, so that ``k``
        products come back while as many pass them; rules act after scoring.

        Args:
            user: id of a known user; an unknown one is answered with what is popular, and a note says so.
            history: product ids, oldest first, in place of the user's own history: a session or a visitor.
            k: how many, at least 1; fewer come back only where fewer products may be shown.
            where: which products may be shown, as an expression of :func:`kgrec.field` or its JSON form; both are
                described in :mod:`kgrec.retrieval.filters`.
            only: the ids that may be shown, to rank a given list; unknown ids are ignored, and a note counts them.
            exclude: ids never to show; unknown ids are ignored.
            exclude_seen: leave out what is in the history; or the event types that leave a product out, such as
                ``("purchase",)``, as the known ``user`` did them. A ``history`` that is given has no types: it adds
                nothing to those, and for an unknown user a note says so.
            rules: boosts, diversity, caps and pinned products, as :class:`kgrec.Rules` or its JSON form.
            explain: False leaves explanations out, for speed.
            language: of the sentences, ``"en"`` or ``"zh"``.

        Returns:
            Products in falling order of score, or in the order of the rules. Scores of one answer are comparable with
            each other; ``source`` says where each came from. A boosted product's ``score`` is the model's times the
            factor; its ``explanation.score`` stays the model's own, the sum of the contributions.

        Raises:
            SettingsError: ``k`` is below 1, the language or an event type is not known, a filter or a rule names an
                unknown field or a value of the wrong type, or the shop keeps no event types.
            HistoryError: the history is no sequence of strings, or a list of ids is one string.
        """
        query = self._query(user, history)
        allowed, notes = self._eligibility.allowed(where, only, exclude)
        more: tuple[str, ...]
        if isinstance(exclude_seen, bool | np.bool_):
            seen, more = (query.items if exclude_seen else query.items[:0]), ()
        else:
            seen, more = self._eligibility.seen_by_type(user, exclude_seen)
        allowed[seen] = False
        query = replace(query, notes=(*query.notes, *notes, *more))
        return self._answer(query, k, allowed, rules, explain, language)

    def similar(
        self,
        product: str,
        *,
        k: int = 10,
        where: Where | None = None,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        rules: Rules | Mapping[str, Any] | None = None,
        explain: bool = True,
        language: str = "en",
    ) -> Recommendations:
        """Recommend what goes with one product; itself is left out.

        Args:
            product: its id.
            k: how many, at least 1.
            where: as in :meth:`recommend`, like the other arguments.
            only: the ids that may be shown.
            exclude: ids never to show.
            rules: boosts, diversity, caps and pinned products.
            explain: False leaves explanations out.
            language: of the sentences.

        Raises:
            UnknownProductError: no such product.
            SettingsError: ``k`` is below 1, the language is not known, or a filter or a rule is malformed.
            HistoryError: a list of ids is one string.
        """
        num = self.catalogue.num(product)
        allowed, notes = self._eligibility.allowed(where, only, exclude)
        allowed[num] = False
        query = _Query(np.array([num], np.int32), np.ones(1, np.float32), notes, basis="product")
        return self._answer(query, k, allowed, rules, explain, language)

    def explain(
        self, user: str | None, product: str, *, history: Sequence[str] | None = None, language: str = "en"
    ) -> Explanation:
        """Explain the score of any product for a user or a history, also one that would not be recommended.

        The score is the one that :meth:`recommend` gives, the sum of the contributions; where the model says nothing,
        the explanation says how near the text is, or how popular the product.

        Raises:
            UnknownProductError: no such product.
            SettingsError: the language is not known.
            HistoryError: the user is no string, or the history is no sequence of strings.
        """
        num = self.catalogue.num(product)
        grammar_of(language)
        query = self._query(user, history)
        amounts = self.shop.model.contributions(query.items, query.weights, num)
        if np.any(amounts != 0):
            score = float(amounts.sum())
            return self._explainer.explain(num, score, query.items, amounts, self.shop.model.sources, language=language)
        allowed = np.ones(len(self.catalogue), np.bool_)
        allowed[query.items[query.items != num]] = False
        ranked = self._candidates(query, allowed, len(self.catalogue))
        found = next(candidate for candidate in ranked if candidate.num == num)
        return self._explained(query, found, language)

    def describe(self) -> dict[str, Any]:
        """Return what the shop is made of: products, graph statistics, settings, relation weights and the build report.

        ``relation_weights`` tells which relations matter most in this shop, the largest first. ``index`` tells which
        vector index was built, why, and the recall that was measured; None without text.
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
            "index": None if self.shop.index is None else asdict(self.shop.index.report),
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
        if user is not None and not isinstance(user, str):
            raise HistoryError(f"user must be an id (a string); got {user!r:.80}: pass str(id), or history=[…] for ids")
        row = self.shop.user_num.get(user) if user is not None else None
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

    def _answer(
        self,
        query: _Query,
        k: int,
        allowed: NDArray[np.bool_],
        rules: Rules | Mapping[str, Any] | None,
        explain: bool,
        language: str,
    ) -> Recommendations:
        _check_count(k)
        grammar_of(language)
        k, notes = min(k, len(self.catalogue)), query.notes
        if rules is None:
            candidates = self._candidates(query, allowed, k)
        else:
            candidates, more = self._arranged(query, allowed, k, Rules.of(rules))
            notes += more
        items = tuple(
            Recommendation(
                item=self.catalogue[found.num].id,
                title=self.catalogue[found.num].title,
                score=found.score if found.shown_score is None else found.shown_score,
                source=found.source,
                explanation=self._explained(query, found, language) if explain else None,
                rules=found.rules,
            )
            for found in candidates
        )
        return Recommendations(items=items, notes=notes)

    def _arranged(
        self, query: _Query, allowed: NDArray[np.bool_], k: int, rules: Rules
    ) -> tuple[list[_Candidate], tuple[str, ...]]:
        """Let the rules act on pools of candidates until ``k`` are found, then pin."""
        pins, notes = self._pins(rules, allowed, k)
        allowed[list(pins.values())] = False
        by_text = rules.diversity_by == "text" and self._vectors.shape[1] > 0
        likeness = text_likeness(self._vectors) if by_text else graph_likeness(self.graph)
        arranger = Arranger(rules, self._table, likeness)
        found: list[_Candidate] = []
        ceiling, size = 1.0, min(10 * k + 100, len(allowed))
        while len(found) < k - len(pins):
            pool = self._candidates(query, allowed.copy(), size, ceiling)
            if not pool:
                break
            ceiling = pool[-1].score
            nums = np.array([candidate.num for candidate in pool], np.int32)
            scores = np.array([candidate.score for candidate in pool])
            placed = arranger.place(nums, scores, k - len(pins) - len(found))
            found += [replace(pool[one.at], shown_score=one.score, rules=one.rules) for one in placed]
            for closed in (nums, *arranger.closed()):
                allowed[closed] = False
        for place_of, num in sorted(pins.items()):
            alone = np.zeros(len(allowed), np.bool_)
            alone[num] = True
            pinned = self._candidates(query, alone, 1, ceiling)[0]
            at = min(place_of - 1, len(found))
            found.insert(at, replace(pinned, rules=(f"pinned at {place_of}",)))
        return found, notes

    def _pins(self, rules: Rules, allowed: NDArray[np.bool_], k: int) -> tuple[dict[int, int], tuple[str, ...]]:
        """Return place → number of the products to pin, and which cannot be."""
        pins: dict[int, int] = {}
        notes: list[str] = []
        for product, place in rules.pinned.items():
            num = self.catalogue.find(product)
            if num is None:
                notes.append(f"{product!r} is not pinned: it is not in the catalogue")
            elif not allowed[num]:
                notes.append(f"{product!r} is not pinned: the filters leave it out")
            elif place <= k:
                pins[place] = num
        return pins, tuple(notes)

    def _candidates(self, query: _Query, allowed: NDArray[np.bool_], k: int, ceiling: float = 1.0) -> list[_Candidate]:
        """Ask the sources in order until ``k`` are found; a later source never outranks an earlier one.

        ``allowed`` is used up. Scores stay below ``ceiling`` where the item–item model says nothing.
        """
        nums, scores = self.shop.model.propose(query.items, query.weights, allowed, k)
        found = [_Candidate(int(num), float(score), "item-item") for num, score in zip(nums, scores, strict=True)]
        for propose in (self._by_text, self._popular):
            if len(found) >= k:
                break
            allowed[[candidate.num for candidate in found]] = False
            found += propose(query, allowed, k - len(found), found[-1].score if found else ceiling)
        return found

    def _by_text(self, query: _Query, allowed: NDArray[np.bool_], k: int, ceiling: float) -> list[_Candidate]:
        """Return products whose description resembles the history's; scores are cosines scaled below ``ceiling``."""
        profile = self._profile(query)
        if profile is None:
            return []
        nums, cosines = nearest_allowed(lambda q, size: self._index.search(q, size), self._vectors, profile, allowed, k)
        near = zip(nums.tolist(), cosines.tolist(), strict=True)
        return [_Candidate(num, ceiling * min(cosine, 1.0), "text") for num, cosine in near]

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


def _check_count(k: object) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise SettingsError(f"k must be at least 1, a whole number; got {k!r}")


def load(path: str | os.PathLike[str]) -> Recommender:
    """Read a shop that :meth:`Recommender.save` wrote; large arrays are memory-mapped.

    Raises:
        SnapshotDamagedError: a file is missing or was changed; the message names it.
        SnapshotVersionError: the folder was written by a newer format.
        SnapshotError: the folder is no snapshot.
    """
    return Recommender(read_shop(path))
