"""Steps of the training: pairs of texts that belong together, and which of the others must not be pushed apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.adapting.augmenting import Texts
from kgrec.adapting.pairs import Pairs, behaviour_pairs, graph_pairs
from kgrec.adapting.queries import HeldValues, SpokenValues
from kgrec.adapting.settings import AdaptSettings
from kgrec.data import Histories
from kgrec.errors import DataError
from kgrec.graph import Graph

__all__ = ["Lesson", "Lessons"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """One step.

    Attributes:
        asked: (b,) texts.
        wanted: (b,) documents; ``wanted[i]`` belongs to ``asked[i]``.
        masked: bool (b, b), true where ``asked[i]`` and ``wanted[j]`` belong together as well, so that the one must
            not be pushed from the other; false on the diagonal.
    """

    asked: list[str]
    wanted: list[str]
    masked: NDArray[np.bool_]


class Lessons:
    """Draws steps; the same step of the same seed is the same, in whatever order they are asked for.

    Args:
        texts: writes products.
        spoken: values as queries.
        histories: that teach, of the products of the graph.
        held: values that no query names.
        settings: shares and sizes.
        seed: of everything drawn.

    Raises:
        DataError: there is nothing to learn from.
    """

    def __init__(
        self,
        texts: Texts,
        spoken: SpokenValues,
        histories: Histories,
        held: HeldValues,
        settings: AdaptSettings,
        seed: int,
    ) -> None:
        """Find the pairs."""
        graph = spoken.graph
        n = len(graph.product_ids)
        self._texts, self._spoken, self._settings, self._seed = texts, spoken, settings, seed
        self.behaviour = behaviour_pairs(histories, n, window=settings.window)
        self.graph = graph_pairs(graph, rare_products=settings.rare_products)
        self._allowed = ~held.any
        self._held = held.any
        self._likeness = _rare_rows(graph)
        self._asked = np.arange(n)
        shares = {
            "behaviour": settings.behaviour_share * bool(len(self.behaviour)),
            "graph": settings.graph_share * bool(len(self.graph)),
            "search": settings.search_share * bool(len(graph)),
        }
        total = sum(shares.values())
        if n < 2 or not total:
            raise DataError(
                f"nothing to learn from: {len(self.behaviour)} pairs by behaviour, {len(self.graph)} by rare values, "
                f"{len(graph)} facts of {n} products, as far as the settings use them; give events or facts"
            )
        self.shares = {kind: share / total for kind, share in shares.items()}

    def drawn(self, step: int) -> Lesson:
        """Return the lesson of a step, 0 …."""
        rng = np.random.default_rng([self._seed, 2, step])
        kind = str(rng.choice(list(self.shares), p=list(self.shares.values())))
        if kind == "search":
            return self._search(rng)
        return self._products(self.behaviour if kind == "behaviour" else self.graph, rng)

    def _products(self, pairs: Pairs, rng: np.random.Generator) -> Lesson:
        first, second = pairs.drawn(self._settings.batch_size, rng)
        masked = first[:, None] == second[None, :]
        masked |= second[:, None] == second[None, :]
        masked |= self.behaviour.holds(first, second) | self.graph.holds(first, second)
        masked |= (self._likeness[first] @ self._likeness[second].T).toarray() >= self._settings.alike
        np.fill_diagonal(masked, False)
        asked = [self._texts.document(int(num), rng) for num in first]
        return Lesson(asked=asked, wanted=[self._texts.document(int(num), rng) for num in second], masked=masked)

    def _search(self, rng: np.random.Generator) -> Lesson:
        """Ask for products by their facts or by words of their titles, half and half."""
        asked: list[str] = []
        nums: list[int] = []
        rows: list[NDArray[np.bool_]] = []
        products = rng.choice(self._asked, size=min(self._settings.batch_size, len(self._asked)), replace=False)
        words = [self._texts.title_words(num) for num in products.tolist()]
        for num in products.tolist():
            if rng.random() < 0.5 and (values := self._spoken.drawn(num, self._allowed, rng)):
                text = self._spoken.text(values)
                for value in values:
                    text = self._texts.said(text, self._spoken.graph.label(value)[1], rng)
                answered = np.isin(products, self._spoken.answers(values))
            elif (text := self._texts.title_part(num, rng)) and not self._names_held(num, text):
                said = frozenset(text.casefold().split())
                answered = np.array([said <= other for other in words], np.bool_)
            else:
                continue
            asked.append(text)
            nums.append(num)
            rows.append(answered)
        kept = np.isin(products, nums)
        masked = np.stack(rows)[:, kept] if rows else np.zeros((0, 0), np.bool_)
        np.fill_diagonal(masked, False)
        return Lesson(asked=asked, wanted=[self._texts.document(num, rng) for num in nums], masked=masked)

    def _names_held(self, num: int, text: str) -> bool:
        """Tell whether a part of a title says a value that no query of the training may name."""
        said = f" {text.casefold()} "
        graph = self._spoken.graph
        held = [value for value in graph.values_of(num).tolist() if self._held[value]]
        return any(f" {graph.label(value)[1].casefold()} " in said for value in held)


def _rare_rows(graph: Graph) -> Any:
    """Return the values of each product, rare ones weighing more, as sparse rows of length one."""
    from scipy.sparse import diags_array

    rows = graph.incidence()
    n = len(graph.product_ids)
    carriers = np.maximum(np.diff(graph.value_indptr), 1)
    weighed = (rows @ diags_array(np.log(1 + n / carriers))).tocsr()
    norms = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return (diags_array(1 / np.maximum(norms, 1e-12)) @ weighed).tocsr()
