"""The weights that speak for some products, solved with everything else held: all of a fit, or one after a change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgrec.protocols import Progress, silent
from kgrec.retrieval.cooccurrence import Cooccurrence
from kgrec.retrieval.inputs import ModelInputs
from kgrec.retrieval.knowledge import Knowledge
from kgrec.retrieval.newcomers import hear_through, most_alike
from kgrec.retrieval.ridge import GramSources, Heads, solve_heads
from kgrec.retrieval.settings import LinearSettings
from kgrec.retrieval.support import choose_support

__all__ = ["SOLVER_VERSION", "WeightSolver", "source_names"]

SOLVER_VERSION = 2
"""Counted up whenever the same inputs get other weights, or shards another form: work of an older one is not gone on
with. Shards that name no version were written before 2."""
SCALE_SAMPLE = 512
"""Products on which the scales of the two heads are measured."""
UNMEASURED = (0.0, 0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightSolver:
    """Solves the two ridge regressions of any products.

    A product's weights depend on the inputs, the counts and the factors, and on no other product's weights. So one
    that is solved alone has the weights that a fit of the whole shop gives it.

    Attributes:
        inputs: the shop.
        counts: its behaviour.
        settings: with a weight for every relation (:meth:`LinearSettings.resolved`).
        gram: what the Gram matrices are the sum of.
        factors: what the similarity and the transition head are multiplied by: their share over their scale.
    """

    inputs: ModelInputs
    counts: Cooccurrence
    settings: LinearSettings
    gram: GramSources
    factors: tuple[float, float]

    @classmethod
    def of(
        cls,
        inputs: ModelInputs,
        counts: Cooccurrence,
        settings: LinearSettings,
        *,
        products: NDArray[np.int32] | None = None,
        factors: tuple[float, float] | None = None,
        apart: bool = True,
        seed: int = 0,
    ) -> WeightSolver:
        """Prepare to solve.

        Args:
            inputs: the shop.
            counts: its behaviour, counted with the same settings.
            settings: of the model.
            products: int32 (b,), those that the scales are measured on, by a sample; None takes all.
            factors: those of an earlier fit, in place of measuring the scales again.
            apart: whether the weights are split into sources; whole ones are faster and explain nothing. Their scales
                are measured on the products that are solved.
            seed: draws the sample.
        """
        settings = settings.resolved(inputs.knowledge)
        relation_weights = np.array([settings.weight_of(name) for name in inputs.knowledge.relations], np.float32)
        gram = GramSources(
            cooccurrence=counts,
            knowledge=inputs.knowledge,
            value_weights=inputs.knowledge.weights(relation_weights),
            vectors=inputs.vectors,
            text_weight=settings.text_weight,
            text_exponent=settings.text_exponent,
            ridge=settings.ridge,
            sequence_ridge=settings.sequence_ridge,
            sequence_knowledge=settings.sequence_knowledge,
            dropout=settings.dropout,
            apart=apart,
        )
        solver = cls(inputs=inputs, counts=counts, settings=settings, gram=gram, factors=factors or UNMEASURED)
        if factors is not None or not apart:
            return solver
        wanted = np.arange(inputs.n, dtype=np.int32) if products is None else products
        return replace(solver, factors=_measured_factors(solver, wanted, seed))

    @property
    def names(self) -> tuple[str, ...]:
        """The sources in the order of the parts: behaviour, sequence, alike, text, then each relation; or the total."""
        if not self.gram.apart:
            return ("total",)
        return source_names(self.inputs.knowledge)

    @property
    def share(self) -> float:
        """How much of a score is the transition head; 0 where histories have no order."""
        return self.settings.sequence_share if self.inputs.histories.ordered else 0.0

    def support(self, products: NDArray[np.int32]) -> NDArray[np.int32]:
        """Choose who may speak for the products (int32 (b,)): int32 (b, support), rising numbers, then −1."""
        return choose_support(
            self.counts,
            self.inputs.knowledge,
            self.gram.value_weights,
            self.inputs.neighbours,
            self.text_kernel,
            size=self.settings.support,
            products=products,
            popularity_exponent=self.settings.popularity_exponent,
            ridge=self.settings.ridge,
        )

    def solve(
        self, products: NDArray[np.int32], *, progress: Progress = silent
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Solve for some products.

        Args:
            products: int32 (b,).
            progress: is told of each batch.

        Returns:
            Who speaks for each, int32 (b, support), rising numbers, then −1; and with what weight through each source
            of :attr:`names`, float32 (b, support, sources), zero where the support is −1.
        """
        solver, support, parts = self._own(products, progress)
        fresh = np.flatnonzero(~self.warm[products]) if self.settings.newcomer_alike else np.zeros(0, np.int64)
        if len(fresh):
            solver._introduce(products, fresh, support, parts)
        return support, parts

    @cached_property
    def warm(self) -> NDArray[np.bool_]:
        """Who has events, bool (n,)."""
        return self.counts.diagonal > 0

    @cached_property
    def text_kernel(self) -> NDArray[np.float32]:
        """What being alike adds for the text neighbours of each product, float32 (n, t)."""
        settings, cosines = self.settings, self.inputs.cosines
        told = np.flatnonzero(self.inputs.neighbours[:, :1] >= 0)
        if 2 * len(told) > len(cosines):
            return (settings.text_weight * cosines**settings.text_exponent).astype(np.float32)
        # In a cut-out few products have neighbours, and powers take their time.
        kernel = np.zeros(cosines.shape, np.float32)
        kernel[told] = settings.text_weight * cosines[told] ** settings.text_exponent
        return kernel

    @property
    def likeness(self) -> NDArray[np.float32]:
        """What sharing each value counts for a newcomer's likeness, float32 (v,)."""
        knowledge = self.inputs.knowledge
        by_relation = [self.settings.likeness_of(name) for name in knowledge.relations]
        return knowledge.weights(np.array(by_relation, np.float32))

    def _introduce(
        self,
        products: NDArray[np.int32],
        fresh: NDArray[np.int64],
        support: NDArray[np.int32],
        parts: NDArray[np.float32],
    ) -> None:
        """Let the products without events (places ``fresh``) hear through those most like them, in place."""
        settings = self.settings
        newcomers = products[fresh]
        text = self.text_kernel[newcomers]
        alike, kernel = most_alike(self.inputs, self.likeness, text, newcomers, self.warm, settings.newcomer_alike)
        place = np.full(self.inputs.n, -1, np.int32)
        place[products] = np.arange(len(products))
        missing = np.unique(alike[(alike >= 0) & (place[alike] < 0)]).astype(np.int32)
        theirs = (support, parts)
        if len(missing):
            place[missing] = len(products) + np.arange(len(missing))
            _, more, their_parts = self._own(missing, silent)
            theirs = (np.concatenate([support, more]), np.concatenate([parts, their_parts]))
        own = (support[fresh], parts[fresh])
        hear_through(
            own,
            (alike, kernel),
            theirs,
            place,
            unit=settings.text_weight + settings.relation_weight or 1.0,
            direct=settings.newcomer_direct,
            scale=settings.newcomer_scale,
            source=self.names.index("alike") if self.gram.apart else 0,
        )
        support[fresh], parts[fresh] = own

    def _own(
        self, products: NDArray[np.int32], progress: Progress
    ) -> tuple[WeightSolver, NDArray[np.int32], NDArray[np.float32]]:
        support = self.support(products)
        parts = np.zeros((*support.shape, len(self.names)), np.float32)
        solver, batches = self, solve_heads(self.gram, products, support, sequence=self.share > 0)
        if self.factors == UNMEASURED:
            solved = list(batches)
            solver, batches = replace(self, factors=_head_factors(solved, support, self.share)), iter(solved)
        for rows, similarity, transition in batches:
            first, second = similarity * solver.factors[0], transition * solver.factors[1]
            if self.gram.apart:
                parts[rows, :, 0] = first[:, :, 0]
                parts[rows, :, 1] = second[:, :, 0]
                parts[rows, :, 3:] = first[:, :, 1:] + second[:, :, 1:]
            else:
                parts[rows] = first + second
            progress("fitting the item–item model", rows.stop, len(products))
        return solver, support, parts


def source_names(knowledge: Knowledge) -> tuple[str, ...]:
    """Return the parts of a weight in their order."""
    return ("behaviour", "sequence", "alike", "text", *(f"graph:{name}" for name in knowledge.relations))


def _measured_factors(solver: WeightSolver, products: NDArray[np.int32], seed: int) -> tuple[float, float]:
    """Measure the scales of the heads on a sample of the products that anything speaks for."""
    drawn = np.random.default_rng(seed).permutation(products)[: 4 * SCALE_SAMPLE]
    used, support = drawn[:0], np.zeros((0, solver.settings.support), np.int32)
    for start in range(0, len(drawn), SCALE_SAMPLE):
        more = solver.support(drawn[start : start + SCALE_SAMPLE])
        spoken_for = np.flatnonzero(more[:, 0] >= 0)[: SCALE_SAMPLE - len(used)]
        used = np.concatenate([used, drawn[start + spoken_for]])
        support = np.concatenate([support, more[spoken_for]])
        if len(used) == SCALE_SAMPLE:
            break
    gram = replace(solver.gram, apart=False)
    return _head_factors(list(solve_heads(gram, used, support, sequence=solver.share > 0)), support, solver.share)


def _head_factors(heads: list[Heads], support: NDArray[np.int32], share: float) -> tuple[float, float]:
    """Return what each head is multiplied by: its share over the root mean square of its weights."""
    used = max(int(np.sum(support >= 0)), 1)
    squares = np.zeros(2)
    for _, similarity, transition in heads:
        squares[0] += float(np.sum(similarity.sum(axis=2, dtype=np.float64) ** 2))
        squares[1] += float(np.sum(transition.sum(axis=2, dtype=np.float64) ** 2))
    scale = np.sqrt(squares / used)
    return (
        float((1 - share) / scale[0]) if scale[0] > 0 else 0.0,
        float(share / scale[1]) if scale[1] > 0 else 0.0,
    )
