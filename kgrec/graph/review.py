"""What a person should look at first: disputed facts, and doubtful ones that many products have."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kgrec.graph.graph import Graph

__all__ = ["Conflict", "Suspect", "conflicts_of", "standings_of", "suspects_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A product of which sources state different values.

    Attributes:
        product: its id.
        relation: of the values.
        believed: the values that are in the graph.
        overruled: (value, extractor) of those that are not.
    """

    product: str
    relation: str
    believed: tuple[str, ...]
    overruled: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A value that one extractor states, and how many of its facts may be wrong.

    Attributes:
        relation: of the value.
        value: as the graph has it.
        extractor: that states it.
        facts: how many are in the graph.
        confidence: their mean, 0 … 1.
        overruled: how many more were overruled.
        expected_wrong: Σ (1 − confidence) + overruled: what looking at it is worth.
        product: an example, the least sure.
        words: that the example was read from; empty where it was not read from a text.
    """

    relation: str
    value: str
    extractor: str
    facts: int
    confidence: float
    overruled: int
    expected_wrong: float
    product: str
    words: str


def conflicts_of(graph: Graph, *, most: int) -> tuple[dict[str, int], tuple[Conflict, ...]]:
    """Return how many products each relation is disputed in, most first, and examples, spread over the relations."""
    table = _rows(graph, graph.aside_row)
    if table is None or graph.aside_indptr is None:
        return {}, ()
    disputed: defaultdict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for row in table.select(["product", "relation", "value", "extractor", "standing"]).to_pylist():
        if row["standing"] == "overruled":
            disputed[row["relation"], row["product"]].add((row["value"], row["extractor"]))
    counts = Counter(relation for relation, _ in disputed)
    ranked = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    turn: Counter[str] = Counter()
    spread = []
    for relation, product in sorted(disputed):
        turn[relation] += 1
        spread.append((turn[relation], -counts[relation], relation, product))
    return ranked, tuple(
        Conflict(
            product=product,
            relation=relation,
            believed=_values_in(graph, product, relation),
            overruled=tuple(sorted(disputed[relation, product])),
        )
        for _, _, relation, product in sorted(spread)[:most]
    )


def standings_of(graph: Graph) -> dict[str, int]:
    """Return how many facts a person accepted and rejected, and how many were overruled."""
    counts = dict.fromkeys(("accepted", "rejected", "overruled"), 0)
    for rows in (graph.fact_row, graph.aside_row):
        table = _rows(graph, rows)
        if table is not None:
            for standing, count in Counter(table["standing"].to_pylist()).items():
                if standing in counts:
                    counts[standing] += count
    return counts


def suspects_of(graph: Graph, *, most: int) -> tuple[Suspect, ...]:
    """Return the values whose facts are likeliest to be wrong in sum; what a person accepted is not among them."""
    if graph.facts is None or graph.fact_row is None:
        return ()
    rows = graph.fact_row if graph.aside_row is None else np.concatenate([graph.fact_row, graph.aside_row])
    table = _rows(graph, rows)
    assert table is not None
    columns = {name: _coded(table[name]) for name in ("relation", "value", "extractor", "standing")}
    standing = np.array([*columns["standing"][1], ""], object)[columns["standing"][0]]
    aside = standing == "overruled"
    open_ = aside | (standing == "") | (standing == "chosen")
    doubt = np.where(aside, 1.0, 1.0 - table["confidence"].to_numpy().astype(np.float64))
    keys = np.stack([columns[name][0] for name in ("relation", "value", "extractor")])[:, open_]
    groups, inverse = np.unique(keys, axis=1, return_inverse=True)
    inverse = inverse.reshape(-1)
    wrong = np.bincount(inverse, weights=doubt[open_], minlength=groups.shape[1])
    overruled = np.bincount(inverse, weights=aside[open_], minlength=groups.shape[1]).astype(int)
    sizes = np.bincount(inverse, minlength=groups.shape[1])
    places = np.flatnonzero(open_)
    worst = np.lexsort((places, -doubt[open_], inverse))
    first = worst[np.searchsorted(inverse[worst], np.arange(groups.shape[1]))]
    ranked = np.lexsort((*groups[::-1], -np.round(wrong, 6)))
    found: list[Suspect] = []
    for group in ranked[: most * 2].tolist():
        if wrong[group] <= 0 or len(found) == most:
            break
        relation, value, extractor = (
            columns[name][1][code]
            for name, code in zip(("relation", "value", "extractor"), groups[:, group].tolist(), strict=True)
        )
        facts = int(sizes[group] - overruled[group])
        example = table.slice(int(places[first[group]]), 1).to_pylist()[0]
        sure = (sizes[group] - wrong[group]) / facts if facts else 0.0
        found.append(
            Suspect(
                relation=relation,
                value=value,
                extractor=extractor,
                facts=facts,
                confidence=round(float(sure), 4),
                overruled=int(overruled[group]),
                expected_wrong=round(float(wrong[group]), 2),
                product=example["product"],
                words=example["surface"],
            )
        )
    return tuple(found)


def _rows(graph: Graph, rows: NDArray[np.int32] | None) -> pa.Table | None:
    return None if graph.facts is None or rows is None else graph.facts.table.take(rows)


def _coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Return a column's texts in order of the alphabet, and each row's rank among them, −1 where there is none."""
    whole = column.unify_dictionaries().combine_chunks()
    texts = whole.dictionary.to_pylist()
    names = sorted({text for text in texts if text is not None})
    rank = {text: at for at, text in enumerate(names)}
    of = np.array([*(rank.get(text, -1) for text in texts), -1], np.int64)
    return of[whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)], names


def _values_in(graph: Graph, product: str, relation: str) -> tuple[str, ...]:
    numbers = graph.values_in(relation)
    return tuple(graph.label(value)[1] for value in graph.values_of(graph.num(product)).tolist() if value in numbers)
