"""The library chooses its own settings: a coarse search on a validation split cut from the training data."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories, Targets
from kgrec.evaluation import Ranking, Split, fixed_split, random_holdout, rank, time_split
from kgrec.protocols import Progress, silent
from kgrec.retrieval import LinearModel, LinearSettings, ModelInputs, behaviour_counts, learned_inputs
from kgrec.retrieval.cooccurrence import Cooccurrence

__all__ = ["Trial", "Tuning", "choose_settings", "validation_split"]

Made = TypeVar("Made")

SAMPLE_PRODUCTS = 10_000
"""Products that the search fits and ranks: a product's weights do not depend on which others are fitted."""
ENOUGH_QUERIES = 200
"""A split by time that asks fewer users than this is too noisy to choose by."""
SAMPLE_DEPTH = 20
"""Length of the lists that a trial is judged by."""
SAMPLE_QUERIES = 20_000
"""Validation queries that the search asks."""
FIRST_CHOICES: Mapping[str, tuple[float, ...]] = {
    "recency": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0),
    "ridge": (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0),
    "sequence_share": (0.0, 0.3, 0.5, 0.6, 0.7, 0.8),
    "baskets": (False, True),
    "sequence_ridge": (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0),
    "past_decay": (0.3, 0.5, 0.7, 0.85, 0.95),
    "future_decay": (0.6, 0.8, 0.9, 0.95),
    "relation_weight": (2.5, 5.0, 10.0, 14.0, 20.0, 40.0, 80.0, 160.0),
    "extracted_share": (0.0, 0.1, 0.25, 0.5, 1.0),
    "value_learning": (0.0, 0.5),
    "dropout": (0.0, 0.2, 0.4, 0.6),
    "learned_text": (False, True),
    "text_weight": (0.0, 1.5, 3.0, 6.0, 12.0, 24.0),
    "text_exponent": (1.0, 1.5, 2.0, 3.0),
    "time_exponent": (0.0, 0.1, 0.2, 0.3, 0.5),
    "length_exponent": (0.0, 0.3, 0.6, 1.0),
    "event_exponent": (0.0, 0.5, 1.0),
}
"""Settings that matter, in the order they are searched, each on a coarse grid walked from the default."""
ORDERED_ONLY = frozenset(
    {"sequence_share", "baskets", "recency", "sequence_ridge", "past_decay", "future_decay", "time_exponent"}
)
STRIDES: Mapping[str, tuple[int, ...]] = {"ridge": (2, 1), "recency": (2, 1), "time_exponent": (2, 1)}
"""Settings with a long way to go are walked in large steps first."""
SECOND_LOOK = (
    "recency", "time_exponent", "ridge", "dropout", "past_decay", "sequence_ridge", "relation_weight",
    "extracted_share", "sequence_share", "value_learning",
)  # fmt: skip
"""Settings that depend most on the others, walked again when those are chosen."""
SUPPORTS = (100, 200)
"""Sizes of a support, walked last; a larger one costs time, memory and latency."""
SUPPORT_MARGIN = 0.004
"""So much has a larger support to gain."""
NEWCOMER_SHARE = 0.2
"""Share of the sampled products that is hidden to see what the model says of new ones."""
NEWCOMER_SCALES = (0.35, 0.5, 0.7, 1.0, 1.4)
NEWCOMER_QUERIES = 2_000
NEWCOMER_TOLERANCE = 0.01
"""Of the scales within this of the best the largest is taken: new products gain most where it costs nothing."""
COUNT_SETTINGS = ("event_exponent", "length_exponent", "past_decay", "future_decay", "window", "baskets")
RELATION_FACTORS = (0.0, 3.0)
"""A relation is tried without weight and with three times the common one."""
RELATION_COVERAGE = 0.02
"""Relations that fewer of the products state keep the common weight: too few to tell."""
RELATION_LIMIT = 8
"""The relations with most triples are weighed, the others keep the common weight."""
RELATION_MARGIN = 0.004
"""A relation's weight changes only for this relative gain: less is noise, and a relation without weight is one that
explanations cannot name."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One fit of the search: what was changed, and NDCG on the validation sample, scaled to the whole catalogue."""

    changed: Mapping[str, Any]
    ndcg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What was chosen, and every trial that led there."""

    settings: LinearSettings
    trials: tuple[Trial, ...]


def validation_split(histories: Histories, *, seed: int = 0) -> Split:
    """Cut a validation split from training data, as close to the coming question as the data allow.

    With times on one clock: the last tenth of the events, by time, is asked for. With order only, or where too few
    users were there before: each user's last product. Without order: a random tenth.
    """
    if not histories.ordered:
        return random_holdout(histories, fraction=0.1, seed=seed)
    if _one_clock(histories):
        split = time_split(histories, fraction=0.9)
        if len(split) >= ENOUGH_QUERIES:
            return split
    last = np.zeros(len(histories.items), bool)
    last[histories.indptr[1:][histories.lengths() > 1] - 1] = True
    held = histories.keep(last)
    return fixed_split(histories.keep(~last), Targets(indptr=held.indptr, items=held.items))


def _one_clock(histories: Histories) -> bool:
    """Tell whether every event has a time and users do not all start at the same one, as relative times do."""
    if len(histories.items) == 0 or not np.all(np.isfinite(histories.times)):
        return False
    first = histories.times[histories.indptr[:-1][histories.lengths() > 0]]
    return bool(np.ptp(first) > 0)


def choose_settings(
    inputs: ModelInputs,
    split: Split,
    *,
    base: LinearSettings,
    fixed: Mapping[str, Any] | None = None,
    products: int = SAMPLE_PRODUCTS,
    looks: int = 2,
    progress: Progress = silent,
    seed: int = 0,
) -> Tuning:
    """Search a coarse grid, one setting after the other, on a sample of the products.

    Args:
        inputs: the shop's products; the histories are those of ``split.train``.
        split: validation, cut from train.
        base: where the search starts.
        fixed: settings that the user chose; they are not searched.
        products: how many products the trials fit and rank; fewer are faster and noisier.
        looks: how often, at most, the settings that depend on each other are walked again; it ends when nothing moves.
        progress: is told of each trial.
        seed: draws the sample.

    Returns:
        The best settings found; ``base`` where the split is too small to tell (under 20 queries).
    """
    base = replace(base, **(fixed or {}))
    search = _Search(inputs.with_histories(split.train), split, products, seed, progress)
    if len(search.split) < 20:
        return Tuning(settings=base, trials=())
    settled = {name for name in FIRST_CHOICES if not search.can(name)} | set(fixed or {})
    settled |= set() if split.queries.ordered else ORDERED_ONLY
    best = search.walk_all(base, [name for name in FIRST_CHOICES if name not in settled])
    for _ in range(looks):
        before = best
        best = search.walk_all(best, [name for name in SECOND_LOOK if name not in settled])
        if best == before:
            break
    if "relation_weights" not in (fixed or {}):
        best = search.weigh_relations(best)
    if "support" not in (fixed or {}):
        best = search.widen(best)
    if "newcomer_scale" not in (fixed or {}) and best.newcomer_alike:
        best = search.weigh_newcomers(best)
    return Tuning(settings=best, trials=tuple(search.trials))


class _Recent(Generic[Made]):
    """The two values asked for last: where a search stands, and where it looks."""

    def __init__(self) -> None:
        self._values: OrderedDict[str, Made] = OrderedDict()

    def get(self, key: str, make: Callable[[], Made]) -> Made:
        """Return the value of this key, made where it is not there."""
        if key not in self._values:
            while len(self._values) > 1:
                self._values.popitem(last=False)
            self._values[key] = make()
        self.touch(key)
        return self._values[key]

    def touch(self, key: str) -> None:
        """Make a value that is there the last to be dropped."""
        if key in self._values:
            self._values.move_to_end(key)


class _Search:
    """The state of one search: a sample, and the trials so far."""

    def __init__(self, inputs: ModelInputs, split: Split, products: int, seed: int, progress: Progress) -> None:
        rng = np.random.default_rng(seed)
        self.inputs = inputs
        self.products: NDArray[np.int32] = np.sort(rng.permutation(inputs.n)[:products]).astype(np.int32)
        self.whole = split
        self.split = split.among(self.products).sample(SAMPLE_QUERIES, seed=seed)
        self.seed = seed
        self.trials: list[Trial] = []
        self._known: dict[str, float] = {}
        self._counts: _Recent[Cooccurrence] = _Recent()
        self._texts: _Recent[ModelInputs] = _Recent()
        self._learned: _Recent[ModelInputs] = _Recent()
        self._models: _Recent[LinearModel] = _Recent()
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
