"""A graph with other facts for a few products: the arrays are cut and joined, not sorted anew."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.data import Facts
from kgrec.graph.building import Parts, index_facts
from kgrec.graph.triples import Triples

__all__ = ["Renumbered", "changed_parts"]


class Renumbered(NamedTuple):
    """What became of the value nodes of the old graph.

    Attributes:
        new_of: int32 (v,), the new number of each old value, −1 where no product has it any more.
        values: int32 (c,), new numbers of the values that gained or lost products, rising.
    """

    new_of: NDArray[np.int32]
    values: NDArray[np.int32]


def changed_parts(
    graph: Triples, product_ids: tuple[str, ...], nums: NDArray[np.int64], facts: Facts
) -> tuple[dict[str, Any], Renumbered]:
    """Replace the triples of some products.

    Args:
        graph: the graph as it is; its products keep their numbers.
        product_ids: (n,) of the new graph: those of ``graph``, then further ones.
        nums: int64 (c,), rising: the products whose triples are replaced, every new one among them.
        facts: all facts of these products; other products' are counted as unknown.

    Returns:
        The fields of the new graph, and what became of the values.

    Raises:
        DataError: an id is no valid text.
    """
    small = index_facts([product_ids[num] for num in nums.tolist()], facts)
    old_n = len(graph.product_ids)
    rows = _Splice(np.minimum(nums, old_n), np.minimum(nums + 1, old_n), np.arange(len(nums) + 1))
    triples = rows.inside(graph.indptr, small.indptr)
    lost = triples.out_of(graph.value)
    counts = np.diff(graph.value_indptr)
    np.subtract.at(counts, lost, 1)
    nodes = _merge_nodes(graph, small, counts)

    mine = nodes.of_small[small.value]
    own = np.diff(small.indptr)
    owners = np.repeat(nums, own)
    order = np.lexsort((owners, mine))
    leaving = np.repeat(rows.starts, triples.lengths)
    carriers = _carriers(graph, lost, leaving, nodes.places[small.value][order], owners[order])
    tallies = np.bincount(mine, minlength=len(nodes.values))
    alive = nodes.new_of >= 0
    tallies[nodes.new_of[alive]] += counts[alive]
    parts: dict[str, Any] = {
        "product_ids": product_ids,
        "relations": nodes.relations,
        "values": nodes.values,
        "value_relation": nodes.value_relation,
        "indptr": rows.runs(graph.indptr, small.indptr),
        "value": triples.joined(nodes.moved(graph.value), mine),
        "confidence": triples.joined(graph.confidence, small.confidence),
        "value_indptr": np.concatenate([[0], np.cumsum(tallies)]).astype(np.int64, copy=False),
        "product": carriers.joined(graph.product, owners[order].astype(np.int32)),
        "unknown_products": graph.unknown_products + small.unknown_products,
        "unusable_facts": graph.unusable_facts + small.unusable_facts,
    }
    parts |= _joined_sources(graph, small, facts, triples)
    parts |= _joined_aside(graph, small, nums, len(product_ids))
    gone = nodes.new_of[np.unique(lost)]
    return parts, Renumbered(nodes.new_of, np.union1d(gone[gone >= 0], mine).astype(np.int32))


class _Splice(NamedTuple):
    """Stretches of an array that give way to others, copied in long runs where a mask would look at every entry.

    Attributes:
        starts: int64 (c,), never falling.
        stops: int64 (c,), one past the last entry of each; none overlap.
        bounds: int64 (c + 1,): ``new[bounds[k]:bounds[k + 1]]`` comes in place of stretch ``k``.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    bounds: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Of the stretches that leave."""
        return self.stops - self.starts

    def inside(self, indptr: NDArray[np.int64], new: NDArray[np.int64]) -> _Splice:
        """Return the same for what the entries own: runs ``indptr`` of the old array, ``new`` of what comes."""
        return _Splice(indptr[self.starts], indptr[self.stops], new[self.bounds])

    def out_of(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return what leaves."""
        pairs = zip(self.starts.tolist(), self.stops.tolist(), strict=True)
        return np.concatenate([array[:0], *(array[start:stop] for start, stop in pairs)])

    def joined(self, array: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        """Return the array with what comes in place of what leaves."""
        pieces, at, bounds = [], 0, self.bounds.tolist()
        for number, (start, stop) in enumerate(zip(self.starts.tolist(), self.stops.tolist(), strict=True)):
            pieces += [array[at:start], new[bounds[number] : bounds[number + 1]]]
            at = stop
        return np.concatenate([*pieces, array[at:]])

    def runs(self, indptr: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the runs of the joined array start: those of ``indptr``, moved, and those of ``new``."""
        pieces, at, shift, bounds = [], 0, 0, self.bounds.tolist()
        for number, (start, stop) in enumerate(zip(self.starts.tolist(), self.stops.tolist(), strict=True)):
            first, last = bounds[number], bounds[number + 1]
            begin = int(indptr[start]) + shift
            pieces += [indptr[at:start] + shift, new[first:last] + (begin - int(new[first]))]
            shift = begin + int(new[last] - new[first]) - int(indptr[stop])
            at = stop
        return np.concatenate([*pieces, indptr[at:] + shift])


def _carriers(
    graph: Triples,
    lost: NDArray[np.int32],
    leaving: NDArray[np.int64],
    places: NDArray[np.int64],
    coming: NDArray[np.int64],
) -> _Splice:
    """Tell where products leave ``graph.product`` and where others come in.

    Args:
        graph: as it is.
        lost: int32 (l,), values of the triples that leave.
        leaving: int64 (l,), their products.
        places: int64 (m,), which old values those that come have, or ``~place`` for new ones in front of that place.
        coming: int64 (m,), their products, in the order they come in.
    """
    out = np.array([_position(graph, *pair) for pair in zip(lost.tolist(), leaving.tolist(), strict=True)], np.int64)
    into = np.array([_position(graph, *pair) for pair in zip(places.tolist(), coming.tolist(), strict=True)], np.int64)
    order = np.lexsort((np.repeat([0, 1], [len(into), len(out)]), np.concatenate([into, out])))
    lengths = np.repeat([1, 0], [len(into), len(out)])[order]
    starts = np.concatenate([into, out])[order]
    return _Splice(starts, starts + 1 - lengths, np.concatenate([[0], np.cumsum(lengths)]))


def _position(graph: Triples, place: int, product: int) -> int:
    """Return where a product stands, or would stand, in the run of a value; ``~place``: in front of that run."""
    if place < 0:
        return int(graph.value_indptr[~place])
    start, stop = graph.value_indptr[place : place + 2].tolist()
    return int(start + np.searchsorted(graph.product[start:stop], product))


class _Nodes(NamedTuple):
    """Value nodes after a change.

    ``new_of`` int32 (v,) as in :class:`Renumbered`. Of each value of the small graph: ``of_small`` int32 (s,), its
    number, and ``places`` int64 (s,), the old node that it is, or ``~place`` for a new one in front of that place.
    ``same``: no old value has another number.
    """

    relations: tuple[str, ...]
    values: pa.Array
    value_relation: NDArray[np.int16]
    new_of: NDArray[np.int32]
    of_small: NDArray[np.int32]
    places: NDArray[np.int64]
    same: bool

    def moved(self, value: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return values by their new numbers; the same array where none has another."""
        return value if self.same else self.new_of[value]


def _merge_nodes(graph: Triples, small: Parts, counts: NDArray[np.int64]) -> _Nodes:
    """Sort the new value nodes in among the old ones that some product still has (``counts`` above 0)."""
    names = [small.relations[number] for number in small.value_relation.tolist()]
    texts = small.values.to_pylist()
    places = [_place(graph, name, text) for name, text in zip(names, texts, strict=True)]
    stays = counts > 0
    stays[[place for place, known in places if known]] = True
    fresh = [at for at, (_, known) in enumerate(places) if not known]  # in order of relation and text, as ``places``
    before = np.concatenate([[0], np.cumsum(stays)])
    cuts = np.array([places[at][0] for at in fresh], np.int64)
    new_of = before[:-1] + np.searchsorted(cuts, np.arange(len(stays)), side="right")
    of_small = np.zeros(len(places), np.int32)
    for rank, at in enumerate(fresh):
        of_small[at] = before[places[at][0]] + rank
    for at, (place, known) in enumerate(places):
        if known:
            of_small[at] = new_of[place]
    values = graph.values if bool(stays.all()) else graph.values.filter(pa.array(stays))
    relation = graph.value_relation[stays]
    if fresh:
        ends = before[cuts]
        pieces = [values.slice(0, int(ends[0]))]
        for rank, at in enumerate(fresh):
            stop = int(ends[rank + 1]) if rank + 1 < len(fresh) else len(values)
            pieces += [small.values.slice(at, 1), values.slice(int(ends[rank]), stop - int(ends[rank]))]
        values = pa.concat_arrays(pieces)
    held = {graph.relations[number] for number in np.unique(relation).tolist()} | {names[at] for at in fresh}
    relations = tuple(sorted(held))
    number = {name: at for at, name in enumerate(relations)}
    renamed = np.array([number.get(name, -1) for name in graph.relations], np.int16)
    relation = renamed[relation] if len(renamed) else relation
    if fresh:
        relation = np.insert(relation, before[cuts], [number[names[at]] for at in fresh])
    moved = np.where(stays, new_of, -1).astype(np.int32)
    stood = np.array([place if known else ~place for place, known in places], np.int64)
    same = not fresh and bool(stays.all())
    return _Nodes(relations, values, relation.astype(np.int16), moved, of_small, stood, same)


def _place(graph: Triples, relation: str, value: str) -> tuple[int, bool]:
    """Return where a value node stands, or would stand, among the graph's, and whether it is there."""
    if relation not in graph.relations:
        later = [name for name in graph.relations if name > relation]
        return (graph.values_in(later[0]).start if later else len(graph.values)), False
    numbers = graph.values_in(relation)
    low, high = numbers.start, numbers.stop
    while low < high:
        middle = (low + high) // 2
        if graph.values[middle].as_py() < value:
            low = middle + 1
        else:
            high = middle
    return low, low in numbers and graph.values[low].as_py() == value


def _joined_sources(graph: Triples, small: Parts, facts: Facts, triples: _Splice) -> dict[str, Any]:
    """Put the new facts behind the old ones; rows of replaced triples stay in the table, unreachable."""
    if graph.facts is None or graph.fact_indptr is None or graph.fact_row is None:
        return {"facts": None, "fact_indptr": None, "fact_row": None}
    rows = triples.inside(graph.fact_indptr, small.fact_indptr)
    return {
        "facts": Facts.chained(graph.facts, facts),
        "fact_indptr": triples.runs(graph.fact_indptr, small.fact_indptr),
        "fact_row": rows.joined(graph.fact_row, small.fact_row + np.int32(len(graph.facts))),
    }


def _joined_aside(graph: Triples, small: Parts, nums: NDArray[np.int64], products: int) -> dict[str, Any]:
    """Replace the rows of what was overruled or rejected, product by product."""
    if graph.facts is None or (graph.aside_row is None and not len(small.aside_row)):
        return {}
    rows, indptr = graph.aside_row, graph.aside_indptr
    if rows is None or indptr is None:
        rows, indptr = np.zeros(0, np.int32), np.zeros(len(graph.product_ids) + 1, np.int64)
    old = nums[nums < len(graph.product_ids)]
    lengths = np.diff(indptr, append=np.full(products - len(graph.product_ids), len(rows)))
    lengths[nums] = 0
    starts = np.concatenate([[0], np.cumsum(lengths)])
    own = np.diff(small.aside_indptr)
    replaced = np.zeros(len(rows) + 1, np.int8)
    np.add.at(replaced, indptr[old], 1)
    np.add.at(replaced, indptr[old + 1], -1)
    kept = rows[np.cumsum(replaced[:-1]) == 0]
    rows = np.insert(kept, np.repeat(starts[nums], own), small.aside_row + len(graph.facts))
    lengths[nums] = own
    return {
        "aside_indptr": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "aside_row": rows.astype(np.int32, copy=False),
    }
