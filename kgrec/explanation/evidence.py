"""Contributions → evidence: what of a score can be stated as a true sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice
from math import log
from typing import NamedTuple, TypeAlias

from kgrec.data import Evidence, EvidenceKind, Span
from kgrec.explanation.audience import Audience
from kgrec.explanation.settings import ExplanationSettings
from kgrec.graph import Graph

__all__ = ["EvidenceFinder", "Found", "specificity"]

MAX_CELLS = 32
"""So many of the largest contributions are looked at …"""
_NEGLIGIBLE = 0.01
"""… that make up this part of the largest one: what is smaller is never said."""
MAX_ITEMS = 6
"""History items listed for one statement."""
_TEXT_SPECIFICITY = 0.5
"""A resemblance of descriptions is the least a shopper can check."""
_GENERAL = 0.1


_SPAN_COLUMNS = ("field", "start", "end", "surface", "confidence")

_Statement: TypeAlias = tuple[int, int]
"""What is said of one or more history items: (0, value), (1, item that shoppers touched too), (2, item alike)."""
_Part: TypeAlias = tuple[float, int, EvidenceKind]
"""Amount, history item, kind."""


class Found(NamedTuple):
    """Evidence in the order in which it should be said, and how many statements are sensitive and left out."""

    evidence: tuple[Evidence, ...]
    withheld: int


@lru_cache(maxsize=16_384)
def specificity(count: int, n: int) -> float:
    """Return how much sharing a value says, 1 (only two products have it) falling to 0.1 (nearly all do).

    It is the logarithm of n / count relative to that of n / 2, so that a value of 4 products in 4,000 counts .91 and
    one of 1,000 counts .18: at amounts within a factor of five the rarer one is said first.
    """
    if n <= 2 or count <= 2:
        return 1.0
    return max(log(n / count) / log(n / 2), _GENERAL)


class EvidenceFinder:
    """Finds what is true of a product and the history items that made its score.

    Order: statements by (amount, summed over history items) × :func:`specificity`, where that factor is 1 for
    behaviour and 0.5 for text; ties by kind and number. Within a statement the largest amount comes first.

    Args:
        graph: the facts.
        audience: who touched what.
        alike: tells whether the descriptions of two products (numbers) resemble each other.
        private: tells whether a product (number) is never spoken of as a reason.
        settings: limits.
        products: how many there are, where some of the graph's were removed.
    """

    def __init__(
        self,
        graph: Graph,
        audience: Audience,
        alike: Callable[[int, int], bool],
        private: Callable[[int], bool],
        settings: ExplanationSettings,
        *,
        products: int | None = None,
    ) -> None:
        """Prepare the counts of values."""
        self._graph = graph
        self._audience = audience
        self._alike = alike
        self._private = private
        self._settings = settings
        self._counts = graph.value_counts()
        self._relation_of = {f"graph:{name}": at for at, name in enumerate(graph.relations)}
        self._products = len(graph.product_ids) if products is None else products
        self.hub = max(settings.hub_share * self._products, 2)
        self._secret: dict[int, bool] = {}
        self._telling: dict[int, bool] = {}
        self.span = lru_cache(maxsize=65_536)(self._read_span)
        self._label = lru_cache(maxsize=65_536)(graph.label)
        self._rows = lru_cache(maxsize=4_096)(self._read_rows)
        self._columns = {} if graph.facts is None else {name: graph.facts.table[name] for name in _SPAN_COLUMNS}

    def find(self, product: int, score: float, cells: Iterable[tuple[int, str, float]]) -> Found:
        """Return the evidence, in the order in which it should be said.

        What is sensitive (facts, history items, everything where the product is sensitive itself) is counted and left
        out; the split of a relation's amount does not depend on it.

        A relation's amount is split over the values that product and history item share by rarity (1 / number of
        products that have the value). That is the kernel's own weight, so for the kernel of the pair the split is
        exact; inside a ridge weight it is an attribution within the relation. A relation's amount without a shared
        value (the ridge also spreads weight through third products), behaviour of two products that nobody touched
        both, and a text that does not resemble the other are no evidence: they stay in the contributions only.

        Args:
            product: number of the recommended product.
            score: its score; shares are amounts divided by it, 0 where it is not positive.
            cells: (number of the history item, source, amount > 0), the largest first, one for each item and source.
        """
        mine = self._values(product)
        parts: dict[_Statement, list[_Part]] = {}
        shared: dict[int, dict[int, list[tuple[int, int]]]] = {}
        both: dict[int, int] = {}
        least = 0.0
        for item, source, amount in islice(cells, MAX_CELLS):
            least = least or _NEGLIGIBLE * amount
            if amount < least:
                break
            if item == product:
                continue
            if source.startswith("graph:"):
                if item not in shared:
                    shared[item] = self._shared(item, mine)
                values = shared[item].get(self._relation_of.get(source, -1), ())
                rarity = sum([1 / count for _, count in values])
                for value, count in values:
                    parts.setdefault((0, value), []).append((amount / count / rarity, item, "fact"))
            elif source in ("behaviour", "sequence"):
                if item not in both:
                    both[item] = self._audience.both(item, product)
                if both[item]:
                    kind: EvidenceKind = "behaviour" if source == "behaviour" else "sequence"
                    parts.setdefault((1, item), []).append((amount, item, kind))
            elif source == "text" and self._alike(item, product):
                parts[2, item] = [(amount, item, "text")]
        told = {item: count if count >= self._settings.min_shoppers else 0 for item, count in both.items()}
        open_parts = {} if self._private(product) else self._opened(parts)
        counts = {value: count for value, (_, count) in mine.items()}
        return Found(self._listed(product, score, open_parts, counts, told), len(parts) - len(open_parts))

    def secret(self, value: int) -> bool:
        """Tell whether a value is never told."""
        known = self._secret.get(value)
        if known is None:
            known = self._secret[value] = self._settings.sensitive.holds_fact(*self._label(value))
        return known

    def telling(self, value: int) -> bool:
        """Tell whether a value says a sensitive word, so that the product that has it is sensitive itself."""
        known = self._telling.get(value)
        if known is None:
            known = self._telling[value] = self._settings.sensitive.holds_text(self._label(value)[1])
        return known

    def _opened(self, parts: dict[_Statement, list[_Part]]) -> dict[_Statement, list[_Part]]:
        """Take out what is sensitive."""
        hidden = {item for item in {part[1] for found in parts.values() for part in found} if self._private(item)}
        kept = {key: found for key, found in parts.items() if key[0] or not self.secret(key[1])}
        if not hidden:
            return kept
        kept = {key: [part for part in found if part[1] not in hidden] for key, found in kept.items()}
        return {key: found for key, found in kept.items() if found}

    def _values(self, product: int) -> dict[int, tuple[int, int]]:
        """Return value → (relation, number of products) of a product's values that are no hubs."""
        return {value: (relation, count) for value, relation, count in self._rows(product) if count <= self.hub}

    def _read_rows(self, product: int) -> tuple[tuple[int, int, int], ...]:
        """Return value, relation and number of products; the history is read again for each product of a page."""
        values = self._graph.values_of(product)
        relations = self._graph.value_relation[values].tolist()
        return tuple(zip(values.tolist(), relations, self._counts[values].tolist(), strict=True))

    def _shared(self, item: int, mine: dict[int, tuple[int, int]]) -> dict[int, list[tuple[int, int]]]:
        """Return relation → (value, number of products) of the values that a history item has too."""
        by_relation: dict[int, list[tuple[int, int]]] = {}
        for value, relation, count in self._rows(item):
            if value in mine:
                by_relation.setdefault(relation, []).append((value, count))
        return by_relation

    def _listed(
        self,
        product: int,
        score: float,
        parts: dict[_Statement, list[_Part]],
        counts: dict[int, int],
        told: dict[int, int],
    ) -> tuple[Evidence, ...]:
        ids, most, positive = self._graph.product_ids, self._settings.max_listed, score > 0
        found: list[Evidence] = []
        order_of = {key: (-self._weight(key, rows, counts), key) for key, rows in parts.items()}
        for statement in sorted(parts, key=order_of.__getitem__):
            order, number = statement
            fact = order == 0
            relation, value = self._label(number) if fact else ("", "")
            count = counts[number] if fact else told[number] if order == 1 else 0
            here = self.span(product, number) if fact else None
            rows = parts[statement]
            for amount, item, kind in rows if len(rows) == 1 else sorted(rows, key=_strongest)[:MAX_ITEMS]:
                if len(found) == most:
                    return tuple(found)
                spans = tuple(filter(None, (self.span(item, number), here))) if fact else ()
                found.append(
                    Evidence(
                        kind=kind,
                        history_item=ids[item],
                        amount=amount,
                        share=amount / score if positive else 0.0,
                        relation=relation,
                        value=value,
                        count=count,
                        spans=spans,
                    )
                )
        return tuple(found)

    def _weight(self, statement: _Statement, parts: list[_Part], counts: dict[int, int]) -> float:
        amount = parts[0][0] if len(parts) == 1 else sum([part[0] for part in parts])
        order, number = statement
        if order == 0:
            return amount * specificity(counts[number], self._products)
        return amount * (_TEXT_SPECIFICITY if order == 2 else 1.0)

    def _read_span(self, num: int, value: int) -> Span | None:
        """Return where the surest text of a product states a value."""
        graph, columns = self._graph, self._columns
        if graph.fact_indptr is None or graph.fact_row is None or not columns:
            return None
        at = int(graph.indptr[num]) + int(graph.values_of(num).searchsorted(value))
        rows = graph.fact_row[graph.fact_indptr[at] : graph.fact_indptr[at + 1]].tolist()
        read = [row for row in rows if columns["start"][row].as_py() >= 0]
        if not read:
            return None
        row = read[0] if len(read) == 1 else max(read, key=lambda r: columns["confidence"][r].as_py())
        field, start, end, surface = (columns[name][row].as_py() for name in ("field", "start", "end", "surface"))
        return Span(graph.product_ids[num], field, start, end, surface)


def _strongest(part: _Part) -> tuple[float, int, str]:
    return -part[0], part[1], part[2]
