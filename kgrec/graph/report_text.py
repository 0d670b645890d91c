"""The quality report of a graph as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgrec.graph.report import GraphReport

__all__ = ["written"]

_WIDTH = 40


def written(report: GraphReport, most: int) -> str:
    """Return the report in sections; those without entries are left out."""
    return "\n".join(_lines(report, most)) + "\n"


def _lines(report: GraphReport, most: int) -> Iterator[str]:
    yield (
        f"{report.products:,} products, {report.triples:,} triples, {report.values:,} values, "
        f"{len(report.relations)} relations; {report.isolated:,} products state nothing"
    )
    if any(report.standings.values()):
        yield "facts " + ", ".join(f"{name}: {count:,}" for name, count in report.standings.items() if count)
    for heading, lines in (
        ("Coverage", _coverage(report, most)),
        ("Coverage by category, the weakest relations", _categories(report, most)),
        ("Look at these first (facts that may be wrong)", _suspects(report, most)),
        ("Sources disagree", _conflicts(report, most)),
        ("Values that may be one", _alike_values(report, most)),
        ("Products that may be one", _alike_products(report, most)),
        ("Values that say nothing, because most products have them", _hubs(report, most)),
        ("Are confidences right?", _reliability(report)),
    ):
        found = list(lines)
        if found:
            yield from ("", heading, *found)


def _coverage(report: GraphReport, most: int) -> Iterator[str]:
    for one in report.relations[:most]:
        yield (
            f"  {_cut(one.relation):<{_WIDTH}} {one.coverage:>6.1%} of products  {one.values:>8,} values  "
            f"{one.singletons:>7,} of one product only  confidence {one.confidence:.2f}"
        )
    if len(report.relations) > most:
        yield f"  … and {len(report.relations) - most} more"


def _categories(report: GraphReport, most: int) -> Iterator[str]:
    named = [one.relation for one in report.relations[:most] if one.coverage >= 0.05]
    for category in report.categories[:most]:
        weakest = sorted((category.coverage.get(name, 0.0), name) for name in named if name != "category")[:4]
        said = ", ".join(f"{name} {share:.0%}" for share, name in weakest)
        yield f"  {_cut(category.category):<{_WIDTH}} {category.products:>7,} products  {said}"


def _suspects(report: GraphReport, most: int) -> Iterator[str]:
    for one in report.suspects[:most]:
        overruled = f", {one.overruled:,} overruled" if one.overruled else ""
        words = f", read from {_cut(one.words)!r}" if one.words else ""
        yield (
            f"  {one.relation} = {_cut(one.value)} by {one.extractor}: {one.facts:,} facts, confidence "
            f"{one.confidence:.2f}{overruled}; about {one.expected_wrong:,.1f} wrong; e.g. {_cut(one.product)}{words}"
        )


def _conflicts(report: GraphReport, most: int) -> Iterator[str]:
    for relation, count in list(report.disputed.items())[:most]:
        yield f"  {_cut(relation):<{_WIDTH}} {count:>7,} products"
    for one in report.conflicts[:most]:
        against = ", ".join(f"{_cut(value)} ({extractor})" for value, extractor in one.overruled)
        believed = ", ".join(map(_cut, one.believed)) or "nothing"
        yield f"  {_cut(one.product)}: {one.relation} = {believed}, not {against}"


def _alike_values(report: GraphReport, most: int) -> Iterator[str]:
    for one in report.alike_values[:most]:
        yield f"  {one.relation}: {_cut(one.rarer)} ({one.products:,} products) and {_cut(one.commoner)}"


def _alike_products(report: GraphReport, most: int) -> Iterator[str]:
    for one in report.alike_products[:most]:
        yield f"  {_cut(one.first)} and {_cut(one.second)}: {one.shared} values in common, {one.likeness:.0%} of all"


def _hubs(report: GraphReport, most: int) -> Iterator[str]:
    for one in report.hubs[:most]:
        yield f"  {one.relation} = {_cut(one.value)}: {one.share:.1%} of products"


def _reliability(report: GraphReport) -> Iterator[str]:
    if report.reliability is None:
        return
    for step in report.reliability.bins:
        yield f"  confidence {step.confidence:.2f}: {step.right:.1%} right of {step.facts:,}"
    yield f"  mean distance {report.reliability.error:.3f}"


def _cut(text: str) -> str:
    """Return a text of a stranger on one line, without control characters, not longer than a column."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= _WIDTH else plain[: _WIDTH - 1] + "…"
