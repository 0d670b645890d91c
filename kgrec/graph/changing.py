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
    old = nums[nums < old_n]
    cuts = _Cuts(graph.indptr[old], graph.indptr[old + 1])
    lost = cuts.out_of(graph.value)
    counts = np.diff(graph.value_indptr)
    np.subtract.at(counts, lost, 1)
    nodes = _merge_nodes(graph, small, counts)

    degrees = np.diff(graph.indptr, append=np.full(len(product_ids) - old_n, len(graph)))
    degrees[nums] = 0
    starts = np.concatenate([[0], np.cumsum(degrees)])
    own = np.diff(small.indptr)
    at = np.repeat(starts[nums], own)
    degrees[nums] = own
    mine = nodes.of_small[small.value]
    value = np.insert(nodes.new_of[cuts.left_of(graph.value)], at, mine)
    confidence = np.insert(cuts.left_of(graph.confidence), at, small.confidence)

    places_lost = [
        int(start + np.searchsorted(graph.product[start:stop], owner))
        for owner, value_num in zip(np.repeat(old, cuts.lengths).tolist(), lost.tolist(), strict=True)
        for start, stop in [graph.value_indptr[value_num : value_num + 2].tolist()]
    ]
    side = np.delete(graph.product, np.array(places_lost, np.int64))
    tallies = np.zeros(len(nodes.values), np.int64)
    alive = nodes.new_of >= 0
    tallies[nodes.new_of[alive]] = counts[alive]
    bounds = np.concatenate([[0], np.cumsum(tallies)])
    owners = np.repeat(nums, own)
    order = np.lexsort((owners, mine))
    places = [
        int(bounds[node] + np.searchsorted(side[bounds[node] : bounds[node + 1]], product))
        for node, product in zip(mine[order].tolist(), owners[order].tolist(), strict=True)
    ]
    product = np.insert(side, np.array(places, np.int64), owners[order])
    parts: dict[str, Any] = {
        "product_ids": product_ids,
        "relations": nodes.relations,
        "values": nodes.values,
        "value_relation": nodes.value_relation,
        "indptr": np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64),
        "value": value,
        "confidence": confidence,
        "value_indptr": np.concatenate([[0], np.cumsum(tallies + np.bincount(mine, minlength=len(tallies)))]).astype(
            np.int64
        ),
        "product": product,
        "unknown_products": graph.unknown_products + small.unknown_products,
        "unusable_facts": graph.unusable_facts + small.unusable_facts,
    }
    parts |= _joined_sources(graph, small, facts, cuts, at)
    parts |= _joined_aside(graph, small, nums, len(product_ids))
    gone = nodes.new_of[np.unique(lost)]
    return parts, Renumbered(nodes.new_of, np.union1d(gone[gone >= 0], mine).astype(np.int32))


class _Cuts(NamedTuple):
    """Stretches of an array, rising: from ``starts`` int64 (c,) up to ``stops``."""

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Of the stretches."""
        return self.stops - self.starts

    def out_of(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return what stands in the stretches."""
        pairs = zip(self.starts.tolist(), self.stops.tolist(), strict=True)
        return np.concatenate([array[:0], *(array[start:stop] for start, stop in pairs)])

    def left_of(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the rest, copied in long runs where a mask would look at every entry."""
        begins, ends = [0, *self.stops.tolist()], [*self.starts.tolist(), len(array)]
        return np.concatenate([array[begin:end] for begin, end in zip(begins, ends, strict=True)])


class _Nodes(NamedTuple):
    relations: tuple[str, ...]
    values: pa.Array
    value_relation: NDArray[np.int16]
    new_of: NDArray[np.int32]
    of_small: NDArray[np.int32]


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
    return _Nodes(relations, values, relation.astype(np.int16), moved, of_small)


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


def _joined_sources(graph: Triples, small: Parts, facts: Facts, cuts: _Cuts, at: NDArray[np.int64]) -> dict[str, Any]:
    """Put the new facts behind the old ones; rows of replaced triples stay in the table, unreachable."""
    if graph.facts is None or graph.fact_indptr is None or graph.fact_row is None:
        return {"facts": None, "fact_indptr": None, "fact_row": None}
    rows = _Cuts(graph.fact_indptr[cuts.starts], graph.fact_indptr[cuts.stops]).left_of(graph.fact_row)
    lengths = cuts.left_of(np.diff(graph.fact_indptr))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    new_lengths = np.diff(small.fact_indptr)
    inside = np.repeat(starts[at], new_lengths)
    rows = np.insert(rows, inside, small.fact_row + len(graph.facts))
    lengths = np.insert(lengths, at, new_lengths)
    return {
        "facts": Facts.chained(graph.facts, facts),
        "fact_indptr": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "fact_row": rows.astype(np.int32, copy=False),
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
    kept = _Cuts(indptr[old], indptr[old + 1]).left_of(rows)
    rows = np.insert(kept, np.repeat(starts[nums], own), small.aside_row + len(graph.facts))
    lengths[nums] = own
    return {
        "aside_indptr": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "aside_row": rows.astype(np.int32, copy=False),
    }
