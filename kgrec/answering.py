"""One state of a shop, ready to be asked: a query becomes candidates, scores and explained results.

Nothing here changes once it is made. A question holds one :class:`Answering` from its first step to its last, so an
update, which makes another, cannot come between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Explanation, Histories, Pool, Recommendation, Recommendations
from kgrec.errors import HistoryError
from kgrec.explanation import Audience, ExplanationSettings, Page, TemplateExplainer
from kgrec.explanation.checking import Verifier
from kgrec.graph import Graph
from kgrec.ranking import RankingStages
from kgrec.retrieval import (
    Arranger,
    Eligibility,
    FaissIndex,
    IndexPlan,
    LinearModel,
    ProductTable,
    Rules,
    Shown,
    Table,
    UserHistories,
    centred,
    centred_at,
    graph_likeness,
    nearest_allowed,
    recency_weights,
    text_likeness,
)
from kgrec.shop import Shop

__all__ = ["Answering", "Candidate", "Query", "TextSearch"]

Basis = Literal["history", "product"]
_EXPLAINED_AT_ONCE = 256
"""Products whose contributions are gathered in one pass."""


class TextSearch(Protocol):
    """Nearest descriptions, whatever changed since the index was made."""

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return cosines (b, k) in falling order and numbers (b, k), −1 where there are fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A history as the model reads it: numbers int32 (m,), and what each event counts, float32 (m,).

    ``times`` are float64 (m,), None where unknown; ``seconds`` is the time that re-rankers may take, None for theirs.
    """

    items: NDArray[np.int32]
    weights: NDArray[np.float32]
    notes: tuple[str, ...] = ()
    basis: Basis = "history"
    times: NDArray[np.float64] | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product and the model's own score for it; what the rules made of it stands beside."""

    num: int
    score: float
    source: str
    shown_score: float | None = None
    rules: tuple[str, ...] = ()

    @property
    def shown(self) -> float:
        """The score that a shopper is given."""
        return self.score if self.shown_score is None else self.shown_score


class Ordered(NamedTuple):
    """Candidates, best first, and how they came to that order."""

    candidates: list[Candidate]
    notes: tuple[str, ...] = ()
    stage: str = "retrieval"
    degraded: bool = False


class _FirstAsked:
    """The index, made when a text is first asked for: many shops never are."""

    def __init__(self, vectors: NDArray[np.float32], plan: IndexPlan | None) -> None:
        self._vectors = vectors
        self._plan = plan

    @cached_property
    def _index(self) -> FaissIndex:
        return FaissIndex(self._vectors, self._plan)

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return cosines and numbers."""
        return self._index.search(queries, k)


@dataclass(frozen=True, kw_only=True, eq=False)
class Answering:
    """Answers questions about n products, of which some may have been removed.

    Attributes:
        catalogue: the products by number; it finds no removed ones.
        graph: their facts.
        model: their weights.
        vectors: float32 (n, d), centred unit text vectors.
        nearest: search over them.
        audience: who touched what.
        by_popularity: int32 (n,), the most touched first.
        table: the products in columns.
        histories: of the known users.
        user_num: user id → row in ``histories``.
        gone: int32 (g,), numbers of removed products.
        stages: re-rankers, or None.
        explaining: what is put in words, and how.
    """

    catalogue: Catalogue
    graph: Graph
    model: LinearModel
    vectors: NDArray[np.float32]
    nearest: TextSearch
    audience: Audience
    by_popularity: NDArray[np.int32]
    table: Table
    histories: UserHistories
    user_num: Mapping[str, int]
    gone: NDArray[np.int32]
    stages: RankingStages | None = None
    explaining: ExplanationSettings = field(default_factory=ExplanationSettings)

    @classmethod
    def of(cls, shop: Shop, explaining: ExplanationSettings | None = None) -> Answering:
        """Make a built or loaded shop ready."""
        vectors = np.asarray(shop.vectors)
        if vectors.shape[1]:
            mean = None if shop.statistics is None else shop.statistics.text_mean
            vectors = centred(vectors) if mean is None else centred_at(vectors, mean)
        touched = shop.audience.counts
        return cls(
            catalogue=shop.catalogue,
            graph=shop.graph,
            model=shop.model,
            vectors=vectors,
            nearest=_FirstAsked(vectors, shop.index),
            audience=shop.audience,
            by_popularity=np.lexsort((np.arange(len(touched)), -touched)).astype(np.int32),
            table=ProductTable(shop.catalogue, shop.graph),
            histories=shop.histories,
            user_num=shop.user_num,
            gone=np.zeros(0, np.int32),
            stages=shop.stages,
            explaining=explaining or ExplanationSettings(),
        )

    @cached_property
    def eligibility(self) -> Eligibility:
        """What may be shown."""
        return Eligibility(self.catalogue, self.table, self.histories, self.user_num, self.gone)

    @cached_property
    def explainer(self) -> TemplateExplainer:
        """Why; made for the first explanation."""
        return TemplateExplainer(
            self.catalogue,
            self.graph,
            self.audience,
            vectors=self.vectors,
            settings=self.explaining,
            removed=self.gone if len(self.gone) else None,
        )

    @cached_property
    def verifier(self) -> Verifier:
        """Whether a text is true; made for the first one."""
        return Verifier(self.catalogue, self.graph, self.audience, vectors=self.vectors, settings=self.explaining)

    # --- queries

    def of_user(self, user: str) -> Query:
        """Return the query of a known user, or an empty one with a note."""
        row = self.user_num.get(user)
        if row is None:
            note = (f"user {user!r} is not known: answered with what is popular",)
            return replace(self.of_nobody(), notes=note)
        own = self.histories.select(np.array([row]))
        return Query(own.items, recency_weights(own, self.model.settings), times=own.times)

    def of_nobody(self) -> Query:
        """Return an empty query."""
        return Query(np.zeros(0, np.int32), np.zeros(0, np.float32))

    def of_visitor(self, history: Sequence[str]) -> Query:
        """Return the query of a list of ids, oldest first.

        Raises:
            HistoryError: it is no sequence of strings.
        """
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
        return Query(visitor.items, recency_weights(visitor, self.model.settings), note)

    # --- answers

    def answer(
        self, query: Query, k: int, shown: Shown, rules: Rules | Mapping[str, Any] | None, explain: bool, language: str
    ) -> Recommendations:
        """Answer a query whose ``k`` and ``language`` were checked."""
        found = self.ranked(query, k, shown, rules)
        return self.written(query, found, query.notes, explain, language)

    def ranked(self, query: Query, k: int, shown: Shown, rules: Rules | Mapping[str, Any] | None) -> Ordered:
        """Return the best ``k`` candidates by score, re-rankers and rules, and what is to be noted."""
        k = min(k, len(self.catalogue))
        if rules is not None:
            return self._arranged(query, shown.dense(len(self.catalogue)), k, Rules.of(rules))
        looked = self.looked_again(query, self.candidates(query, shown, self._pool_size(k)))
        return looked._replace(candidates=looked.candidates[:k])

    def written(
        self, query: Query, found: Ordered, notes: tuple[str, ...], explain: bool, language: str
    ) -> Recommendations:
        """Put candidates into words."""
        why = self.explained(query, found.candidates, language) if explain else [None] * len(found.candidates)
        catalogue = self.catalogue
        items = []
        for one, explanation in zip(found.candidates, why, strict=True):
            product = catalogue[one.num]
            items.append(
                Recommendation(
                    item=product.id,
                    title=product.title,
                    score=one.shown,
                    source=one.source,
                    explanation=explanation,
                    rules=one.rules,
                )
            )
        return Recommendations(
            items=tuple(items), notes=(*notes, *found.notes), degraded=found.degraded, stage=found.stage
        )

    # --- re-ranking

    @cached_property
    def popularity(self) -> NDArray[np.int64]:
        """How many shoppers touched each product, int64 (n,)."""
        return self.audience.counts

    def _pool_size(self, k: int) -> int:
        return k if self.stages is None else min(max(k, self.stages.settings.pool), len(self.catalogue))

    def pool(self, query: Query, found: Sequence[Candidate]) -> Pool:
        """Return what re-rankers are asked of candidates that the item–item model speaks for."""
        nums = np.array([one.num for one in found], np.int32)
        parts = self.model.contributions_of(query.items, query.weights, nums).sum(axis=1)
        times = np.full(len(query.items), np.nan) if query.times is None else query.times
        return Pool(
            history=query.items,
            times=times,
            candidates=nums,
            retrieval=np.array([one.score for one in found], np.float32),
            sources=self.model.sources,
            parts=parts.astype(np.float32),
        )

    def looked_again(self, query: Query, found: list[Candidate]) -> Ordered:
        """Let the re-rankers order what the item–item model speaks for; the others stay behind."""
        spoken = [one for one in found if one.source == "item-item"]
        stages = self.stages
        if stages is None or query.basis == "product" or not len(query.items) or not spoken:
            return Ordered(found)
        spoken = spoken[: stages.settings.pool]
        ranked = stages.rank(self.pool(query, spoken), self, seconds=query.seconds)
        if ranked.stage == "retrieval":
            return Ordered(found, ranked.notes, degraded=ranked.degraded)
        first = [replace(spoken[at], shown_score=float(ranked.scores[at])) for at in ranked.order.tolist()]
        behind = placed_behind(found[len(spoken) :], first[-1].shown)
        return Ordered([*first, *behind], ranked.notes, ranked.stage, ranked.degraded)

    # --- sources

    def candidates(self, query: Query, shown: Shown, k: int, ceiling: float = 1.0) -> list[Candidate]:
        """Ask the sources in order until ``k`` are found; a later source never outranks an earlier one.

        Scores stay below ``ceiling`` where the item–item model says nothing.
        """
        nums, scores = self.model.propose(query.items, query.weights, shown.mask, k, hidden=shown.hidden)
        pairs = zip(nums.tolist(), scores.tolist(), strict=True)
        return self.completed(query, shown, k, [Candidate(num, score, "item-item") for num, score in pairs], ceiling)

    def completed(
        self, query: Query, shown: Shown, k: int, found: list[Candidate], ceiling: float = 1.0
    ) -> list[Candidate]:
        """Fill up what the item–item model found with similar texts, then with what is popular."""
        if len(found) >= k:
            return found
        allowed = shown.dense(len(self.catalogue))
        for propose in (self._by_text, self._popular):
            if len(found) < k:
                allowed[[candidate.num for candidate in found]] = False
                found += propose(query, allowed, k - len(found), found[-1].score if found else ceiling)
        return found

    def scored(self, query: Query, num: int) -> Candidate:
        """Return one product as a candidate with the score that an answer of all products gives it."""
        amounts = self.model.contributions(query.items, query.weights, num)
        if np.any(amounts != 0):
            return Candidate(num, float(amounts.sum()), "item-item")
        shown = Shown(hidden=np.concatenate([query.items[query.items != num], self.gone]))
        return next(found for found in self.candidates(query, shown, len(self.catalogue)) if found.num == num)

    def explained(self, query: Query, candidates: Sequence[Candidate], language: str) -> list[Explanation]:
        """Explain the candidates of one page; their contributions are gathered in few passes over the history."""
        amounts: dict[int, NDArray[np.float64]] = {}
        spoken = [found.num for found in candidates if found.source == "item-item"]
        for start in range(0, len(spoken), _EXPLAINED_AT_ONCE):
            nums = spoken[start : start + _EXPLAINED_AT_ONCE]
            parts = self.model.contributions_of(query.items, query.weights, np.array(nums, np.int32))
            amounts.update(zip(nums, parts, strict=True))
        page = Page()
        return [self._explanation(query, found, amounts.get(found.num), language, page) for found in candidates]

    def _explanation(
        self, query: Query, found: Candidate, amounts: NDArray[np.float64] | None, language: str, page: Page
    ) -> Explanation:
        if found.source == "popularity":
            return self.explainer.explain_popular(found.num, found.score, language=language, page=page)
        sources = self.model.sources
        if amounts is None:
            amounts, sources = self._text_shares(query, found), ("text",)
        return self.explainer.explain(
            found.num, found.score, query.items, amounts, sources, language=language, basis=query.basis, page=page
        )

    # --- rules

    def _arranged(self, query: Query, allowed: NDArray[np.bool_], k: int, rules: Rules) -> Ordered:
        """Let the rules act on pools of candidates until ``k`` are found, then pin; the first pool is re-ranked."""
        pins, notes = self._pins(rules, allowed, k)
        allowed[list(pins.values())] = False
        by_text = rules.diversity_by == "text" and self.vectors.shape[1] > 0
        likeness = text_likeness(self.vectors) if by_text else graph_likeness(self.graph)
        arranger = Arranger(rules, self.table, likeness)
        found: list[Candidate] = []
        looked = Ordered([])
        ceiling, least, size = 1.0, None, self._pool_size(min(10 * k + 100, len(allowed)))
        while len(found) < k - len(pins):
            pool = self.candidates(query, Shown(allowed), size, ceiling)
            if not pool:
                break
            ceiling = pool[-1].score
            if not found and least is None:
                looked = self.looked_again(query, pool)
                pool = looked.candidates
            elif least is not None:
                pool = placed_behind(pool, least)
            least = pool[-1].shown_score
            nums = np.array([one.num for one in pool], np.int32)
            scores = np.array([one.shown for one in pool])
            placed = arranger.place(nums, scores, k - len(pins) - len(found))
            found += [replace(pool[one.at], shown_score=one.score, rules=one.rules) for one in placed]
            for closed in (nums, *arranger.closed()):
                allowed[closed] = False
        for place_of, num in sorted(pins.items()):
            alone = np.zeros(len(allowed), np.bool_)
            alone[num] = True
            pinned = self.candidates(query, Shown(alone), 1, ceiling)[0]
            at = min(place_of - 1, len(found))
            found.insert(at, replace(pinned, rules=(f"pinned at {place_of}",)))
        return looked._replace(candidates=found, notes=(*notes, *looked.notes))

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

    # --- sources beside the model

    def _by_text(self, query: Query, allowed: NDArray[np.bool_], k: int, ceiling: float) -> list[Candidate]:
        """Return products whose description resembles the history's; scores are cosines scaled below ``ceiling``."""
        profile = self._profile(query)
        if profile is None:
            return []
        nums, cosines = nearest_allowed(self.nearest.search, self.vectors, profile, allowed, k)
        near = zip(nums.tolist(), cosines.tolist(), strict=True)
        return [Candidate(num, ceiling * min(cosine, 1.0), "text") for num, cosine in near]

    def _profile(self, query: Query) -> NDArray[np.float32] | None:
        """Return the weighted sum of the history's text vectors, float32 (d,), or None where there is no text."""
        if len(query.items) == 0 or self.vectors.shape[1] == 0:
            return None
        profile = query.weights @ self.vectors[query.items]
        return profile.astype(np.float32) if np.any(profile) else None

    def _popular(self, query: Query, allowed: NDArray[np.bool_], k: int, ceiling: float) -> list[Candidate]:
        nums = self.by_popularity[allowed[self.by_popularity]][:k].tolist()
        most = max(self.audience.touched(int(self.by_popularity[0])), 1)
        return [Candidate(num, ceiling * (self.audience.touched(num) / most), "popularity") for num in nums]

    def _text_shares(self, query: Query, found: Candidate) -> NDArray[np.float64]:
        """Split a text score over the history: the cosine with a weighted sum is linear in its members."""
        raw = query.weights.astype(np.float64) * (self.vectors[query.items] @ self.vectors[found.num])
        return np.asarray(raw * (found.score / raw.sum()), np.float64)[:, None]


def placed_behind(found: Sequence[Candidate], least: float) -> list[Candidate]:
    """Return candidates that were not re-ranked with shown scores below ``least`` that fall in their order."""
    step = least / (len(found) + 1)
    return [replace(one, shown_score=least - step * at) for at, one in enumerate(found, start=1)]
