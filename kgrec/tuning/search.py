"""One search for settings: fits on a sample of the products, judged on validation queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories, Targets
from kgrec.evaluation import Ranking, Split, fixed_split, rank
from kgrec.protocols import Progress
from kgrec.retrieval import LinearModel, LinearSettings, ModelInputs, behaviour_counts, learned_inputs
from kgrec.retrieval.cooccurrence import Cooccurrence
from kgrec.tuning.grid import (
    COUNT_SETTINGS,
    ENOUGH_QUERIES,
    FIRST_CHOICES,
    NEWCOMER_QUERIES,
    NEWCOMER_SCALES,
    NEWCOMER_SHARE,
    NEWCOMER_TOLERANCE,
    RELATION_COVERAGE,
    RELATION_FACTORS,
    RELATION_LIMIT,
    RELATION_MARGIN,
    SAMPLE_DEPTH,
    SAMPLE_QUERIES,
    STRIDES,
    SUPPORT_MARGIN,
    SUPPORTS,
)
from kgrec.tuning.recent import Recent

__all__ = ["Search", "Trial"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One fit of the search: what was changed, and NDCG on the validation sample, scaled to the whole catalogue."""

    changed: Mapping[str, Any]
    ndcg: float


class Search:
    """The state of one search: a sample, and the trials so far.

    Args:
        inputs: the shop's products; the histories are those of ``split.train``.
        split: validation.
        products: how many products the trials fit and rank.
        seed: draws the sample.
        progress: is told of each trial.

    Attributes:
        products: int32 (≤ products,), rising: the sample.
        split: the questions about it.
        whole: the questions about all products.
        trials: so far, in order.
    """

    def __init__(self, inputs: ModelInputs, split: Split, products: int, seed: int, progress: Progress) -> None:
        """Draw the sample."""
        rng = np.random.default_rng(seed)
        self.inputs = inputs
        self.products: NDArray[np.int32] = np.sort(rng.permutation(inputs.n)[:products]).astype(np.int32)
        self.whole = split
        self.split = split.among(self.products).sample(SAMPLE_QUERIES, seed=seed)
        self.seed = seed
        self.trials: list[Trial] = []
        self._known: dict[str, float] = {}
        self._counts: Recent[Cooccurrence] = Recent()
        self._texts: Recent[ModelInputs] = Recent()
        self._learned: Recent[ModelInputs] = Recent()
        self._models: Recent[LinearModel] = Recent()
        self._progress = progress

    def can(self, name: str) -> bool:
        """Tell whether the shop has what the setting is about."""
        if name == "event_exponent":
            return bool(np.ptp(self.inputs.histories.weights) > 0)
        if name == "extracted_share":
            return bool(self.inputs.knowledge.extracted)
        if name == "time_exponent":
            return bool(np.isfinite(self.split.queries.times).all())
        if name in ("text_weight", "text_exponent", "learned_text"):
            return bool(self.inputs.vectors.shape[1])
        return name not in ("relation_weight", "value_learning") or len(self.inputs.knowledge.relations) > 0

    def quality(self, settings: LinearSettings, **changed: Any) -> float:
        """Fit on the sample and return NDCG among it, scaled to the whole catalogue."""
        key = repr(settings)
        if key in self._known:
            self._keep(settings)
        else:
            ranking = rank(self._fitted(settings), self.split, k=SAMPLE_DEPTH, only=self.products)
            self._known[key] = _scaled_ndcg(ranking, self.inputs.n / len(self.products))
            self.trials.append(Trial(changed=changed, ndcg=self._known[key]))
            self._progress("choosing settings on validation", len(self.trials), None)
        return self._known[key]

    def _fitted(self, settings: LinearSettings) -> LinearModel:
        """Fit on the sample; a change of recency or of time alone changes the question and not the weights."""
        key = repr(replace(settings, recency=1.0, time_exponent=0.0))
        return self._models.get(key, lambda: self._fit(settings)).with_settings(settings)

    def _fit(self, settings: LinearSettings) -> LinearModel:
        """Fit with counts and lessons that are made again only when a setting they depend on has changed."""
        counted, texts_taught, taught = _lessons(settings)
        counts = self._counts.get(counted, lambda: behaviour_counts(self.inputs, settings))
        texts_only, values_only = replace(settings, value_learning=0.0), replace(settings, learned_text=False)
        texts = self._texts.get(
            texts_taught, lambda: learned_inputs(self.inputs, counts, texts_only, products=self.products)
        )
        learned = self._learned.get(taught, lambda: learned_inputs(texts, counts, values_only))
        return LinearModel.fit(
            self.inputs,
            settings,
            products=self.products,
            counts=counts,
            learned=learned,
            apart=False,
            seed=self.seed,
        )

    def _keep(self, settings: LinearSettings) -> None:
        """The search comes back to these settings: what they need is the last to be dropped."""
        counted, texts_taught, taught = _lessons(settings)
        self._counts.touch(counted)
        self._texts.touch(texts_taught)
        self._learned.touch(taught)

    def walk_all(self, start: LinearSettings, names: Sequence[str]) -> LinearSettings:
        """Walk one setting after the other."""
        for name in names:
            start = self.walk(start, name)
        return start

    def walk(self, start: LinearSettings, name: str) -> LinearSettings:
        """Walk a grid from the value that ``start`` has, up and down, while it helps."""
        grid = sorted({*FIRST_CHOICES[name], getattr(start, name)})
        best = start
        for stride in STRIDES.get(name, (1,)):
            origin = grid.index(getattr(best, name))
            above, below = grid[origin + stride :: stride], grid[: max(origin - stride + 1, 0)][::-stride]
            walked = self._along(best, name, above)
            best = walked if walked is not best else self._along(best, name, below)
        return best

    def _along(self, start: LinearSettings, name: str, path: Sequence[Any]) -> LinearSettings:
        """Take the values of a path one after the other until one does not help."""
        best, quality = start, self.quality(start)
        for value in path:
            trial = replace(best, **{name: value})
            reached = self.quality(trial, **{name: value})
            if reached <= quality:
                break
            best, quality = trial, reached
        return best

    def weigh_relations(self, start: LinearSettings) -> LinearSettings:
        """Give each relation its own weight, largest relation first; one that does not help goes to zero."""
        best, quality = start, self.quality(start)
        common = start.resolved(self.inputs.knowledge)
        for relation in _by_triples(self.inputs):
            for factor in RELATION_FACTORS:
                weights = {**best.relation_weights, relation: common.weight_of(relation) * factor}
                trial = replace(best, relation_weights=weights)
                reached = self.quality(trial, relation=relation, weight=weights[relation])
                if reached > quality * (1 + RELATION_MARGIN):
                    best, quality = trial, reached
                if reached >= quality:
                    break  # what does no harm by its absence does not gain by a triple weight
        return best

    def widen(self, start: LinearSettings) -> LinearSettings:
        """Take a larger support where it gains clearly."""
        best, quality = start, self.quality(start)
        for size in SUPPORTS:
            if size <= best.support or size > len(self.products):
                continue
            trial = replace(best, support=size)
            reached = self.quality(trial, support=size)
            if reached <= quality * (1 + SUPPORT_MARGIN):
                break
            best, quality = trial, reached
        return best

    def weigh_newcomers(self, start: LinearSettings) -> LinearSettings:
        """Bring products without events onto one scale with the others.

        Some products are hidden from the fit. What users did with them and what the validation split asks of the
        others are ranked among all, and count as much as there are products of either kind.
        """
        known = self.inputs.histories
        touched = np.intersect1d(np.unique(known.items), self.products)
        size = round(NEWCOMER_SHARE * len(touched))
        hidden = np.sort(np.random.default_rng(self.seed).permutation(touched)[:size])
        mask = np.isin(known.items, hidden)
        train = known.keep(~mask)
        wanted = known.keep(mask)
        fresh = fixed_split(replace(train, ordered=False), Targets(indptr=wanted.indptr, items=wanted.items))
        usual = fixed_split(train, self.whole.targets_by_user()).among(np.setdiff1d(self.products, hidden))
        parts = [split.sample(NEWCOMER_QUERIES, seed=self.seed) for split in (usual, fresh)]
        if min(len(part) for part in parts) < ENOUGH_QUERIES:
            return start
        settings = replace(start, newcomer_scale=1.0)
        model = LinearModel.fit(
            self.inputs.with_histories(train), settings, products=self.products, apart=False, seed=self.seed
        )
        reached: dict[float, float] = {}
        for scale in NEWCOMER_SCALES:
            scorer = _Scaled(model, hidden, scale)
            warm, cold = (
                _scaled_ndcg(rank(scorer, part, k=SAMPLE_DEPTH, only=self.products), self.inputs.n / len(self.products))
                for part in parts
            )
            reached[scale] = (1 - NEWCOMER_SHARE) * warm + NEWCOMER_SHARE * cold
            self.trials.append(Trial(changed={"newcomer_scale": scale}, ndcg=reached[scale]))
            self._progress("choosing settings on validation", len(self.trials), None)
        enough = max(reached.values()) * (1 - NEWCOMER_TOLERANCE)
        return replace(start, newcomer_scale=max(scale for scale, quality in reached.items() if quality >= enough))


def _lessons(settings: LinearSettings) -> tuple[str, str, str]:
    """Return what the counts depend on, what the learned texts do, and what texts and values do."""
    counted = repr([getattr(settings, name) for name in COUNT_SETTINGS])
    texts = f"{counted} {settings.learned_text}"
    return counted, texts, f"{texts} {settings.value_learning}"


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A model whose scores of some products are multiplied."""

    model: LinearModel
    products: NDArray[np.int32]
    scale: float

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (len(histories), n)."""
        scores = self.model.score(histories)
        scores[:, self.products] *= self.scale
        return scores


def _scaled_ndcg(ranking: Ranking, scale: float) -> float:
    """Return NDCG as if the whole catalogue had been ranked.

    Rank r among a sample stands for rank (r − ½) · scale + ½ among all; counting it as r would reward models for
    what they do far below the first page.
    """
    places = (np.arange(1, ranking.k + 1) - 0.5) * scale + 0.5
    gains = 1.0 / np.log2(1.0 + places)
    best = np.concatenate([[0.0], np.cumsum(gains)])[np.minimum(ranking.wanted, ranking.k)]
    return float(np.mean((ranking.hits @ gains) / best))


def _by_triples(inputs: ModelInputs) -> Iterator[str]:
    graph = inputs.knowledge
    counts = np.bincount(graph.relation[graph.value], minlength=len(graph.relations))
    for at in np.argsort(-counts, kind="stable")[:RELATION_LIMIT]:
        if counts[at] >= RELATION_COVERAGE * inputs.n:
            yield graph.relations[at]
