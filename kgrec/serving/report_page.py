"""The quality report of a graph as one HTML file that needs no network, no script and no other file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kgrec.graph import GraphReport
from kgrec.serving.lettering import escaped, percent, plain_name
from kgrec.serving.page_markup import Column, section, table
from kgrec.serving.page_style import style
from kgrec.serving.report_charts import category_map, confidence_bars, reliability_curve

__all__ = ["report_page"]

_SHOWN_RELATIONS = 60
_MAPPED = 14


def report_page(
    report: GraphReport, *, title: str = "Quality of the product graph", names: Mapping[str, str] | None = None
) -> str:
    """Return the page, to be written as UTF-8. Every text is escaped; equal reports give equal pages.

    The page forbids itself scripts and anything from elsewhere (Content-Security-Policy).

    Args:
        report: from :func:`kgrec.graph.report`.
        title: of the page.
        names: product id → its title, to be shown beside the id; products without one show the id alone.
    """
    named = names or {}
    parts = {
        "Look at these first": ("first", _suspects(report, named), _FIRST),
        "Sources disagree": ("conflicts", _conflicts(report, named), _CONFLICTS),
        "Coverage": ("coverage", _coverage(report), ""),
        "Coverage by category": ("categories", _categories(report), "The darker, the more products of the category."),
        "Confidence": ("confidence", _confidence(report), ""),
        "Values that may be one": ("values", _alike_values(report), _VALUES),
        "Products that may be one": ("products", _alike_products(report, named), ""),
        "Values that say nothing": ("hubs", _hubs(report), "So many products have them that they tell none apart."),
    }
    shown = {heading: part for heading, part in parts.items() if part[1]}
    links = "".join(f'<li><a href="#{anchor}">{heading}</a></li>' for heading, (anchor, _, _) in shown.items())
    sections = "".join(section(anchor, heading, body, lead=lead) for heading, (anchor, body, lead) in shown.items())
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<link rel="icon" href="data:,"><title>{escaped(title)}</title><style>{style()}</style></head>\n'
        f"<body><header><h1>{escaped(title)}</h1>{_numbers(report)}"
        f'<nav aria-label="On this page"><ul>{links}</ul></nav></header>'
        f"\n<main>{sections}</main>\n<footer><p>Made by kgrec. This page is one file; it loads nothing and "
        "runs nothing.</p></footer></body></html>\n"
    )


_FIRST = (
    "Ordered by how many of the facts are likely to be wrong: the doubt of each, and one for each that was overruled. "
    "Write what you decide into the corrections file; it is applied at every build."
)
_CONFLICTS = (
    "Of a relation of one value, sources state several. One is believed; the others are kept here and are no edges."
)
_VALUES = "Nearly the same letters. A merge or an accept in the corrections file settles a pair for good."


def _numbers(report: GraphReport) -> str:
    numbers = {
        "products": report.products,
        "triples": report.triples,
        "values": report.values,
        "relations": len(report.relations),
        "products that state nothing": report.isolated,
        **{name: count for name, count in report.standings.items() if count},
    }
    cells = "".join(f"<div><dt>{escaped(name)}</dt><dd>{count:,}</dd></div>" for name, count in numbers.items())
    return f'<dl class="numbers">{cells}</dl>'


def _suspects(report: GraphReport, names: Mapping[str, str]) -> str:
    columns = [
        Column("Value"),
        Column("Stated by"),
        Column("Facts", True),
        Column("Confidence", True),
        Column("Overruled", True),
        Column("Likely wrong", True),
        Column("Example"),
    ]
    rows = [
        (
            f"{escaped(plain_name(one.relation))} = <b>{escaped(one.value)}</b>",
            escaped(one.extractor),
            f"{one.facts:,}",
            f"{one.confidence:.2f}",
            f"{one.overruled:,}",
            f"{one.expected_wrong:,.1f}",
            _product(one.product, names) + (f": “{escaped(one.words, 80)}”" if one.words else ""),
        )
        for one in report.suspects
    ]
    return table("Values whose facts are likeliest to be wrong", columns, rows) if rows else ""


def _conflicts(report: GraphReport, names: Mapping[str, str]) -> str:
    if not report.conflicts:
        return ""
    counts = [(escaped(plain_name(name)), f"{count:,}") for name, count in report.disputed.items()]
    rows = [
        (
            _product(one.product, names),
            escaped(plain_name(one.relation)),
            f"<b>{escaped(', '.join(one.believed)) or '–'}</b>",
            escaped(", ".join(f"{value} ({extractor})" for value, extractor in one.overruled)),
        )
        for one in report.conflicts
    ]
    columns = [Column("Product"), Column("Relation"), Column("Believed"), Column("Overruled")]
    relations = [Column("Relation"), Column("Products", True)]
    return table("Disputed products, by relation", relations, counts[:_SHOWN_RELATIONS]) + table(
        "Examples", columns, rows
    )


def _coverage(report: GraphReport) -> str:
    columns = [
        Column("Relation"),
        Column("Products that have it", True),
        Column("With several values", True),
        Column("Values", True),
        Column("Of one product only", True),
        Column("Mean confidence", True),
        Column("Examples of those"),
    ]
    rows = [
        (
            escaped(plain_name(one.relation)),
            f'{percent(one.coverage)}<span class="meter" style="--part:{one.coverage:.4f}"></span>',
            percent(one.several),
            f"{one.values:,}",
            f"{one.singletons:,}",
            f"{one.confidence:.2f}",
            f'<span class="soft">{escaped(", ".join(one.examples), 120)}</span>',
        )
        for one in report.relations[:_SHOWN_RELATIONS]
    ]
    left = len(report.relations) - len(rows)
    said = f"Relations, those with most facts first; {left:,} smaller ones are not shown" if left else "Relations"
    return table(said, columns, rows) if rows else ""


def _categories(report: GraphReport) -> str:
    shown = {category.category for category in report.categories}
    relations = [
        one.relation
        for one in report.relations
        if any(one.relation in category.coverage for category in report.categories) and one.relation not in shown
    ]
    return category_map(report.categories, relations[:_MAPPED])


def _confidence(report: GraphReport) -> str:
    drawn = confidence_bars(report.confidence)
    if report.reliability is None:
        return drawn
    said = (
        f"Of facts that were judged: the mean distance of confidence and truth is {report.reliability.error:.3f}. "
        "On the dashed line both are equal; large dots stand for many facts."
    )
    return f"{drawn}<figure>{reliability_curve(report.reliability)}<figcaption>{escaped(said)}</figcaption></figure>"


def _alike_values(report: GraphReport) -> str:
    rows: Iterable[tuple[str, ...]] = (
        (
            escaped(plain_name(one.relation)),
            escaped(one.rarer),
            escaped(one.commoner),
            f"{one.products:,}",
            percent(one.likeness),
        )
        for one in report.alike_values
    )
    columns = [
        *(Column("Relation"), Column("Value"), Column("Commoner value")),
        *(Column("Products", True), Column("Letters alike", True)),
    ]
    return table("Pairs of values", columns, rows) if report.alike_values else ""


def _alike_products(report: GraphReport, names: Mapping[str, str]) -> str:
    rows = [
        (_product(one.first, names), _product(one.second, names), f"{one.shared:,}", percent(one.likeness))
        for one in report.alike_products
    ]
    columns = [Column("Product"), Column("Product"), Column("Values in common", True), Column("Of all theirs", True)]
    return table("Pairs of products with nearly the same values", columns, rows) if rows else ""


def _hubs(report: GraphReport) -> str:
    rows = [(escaped(plain_name(one.relation)), escaped(one.value), percent(one.share)) for one in report.hubs]
    columns = [Column("Relation"), Column("Value"), Column("Products", True)]
    return table("Hubs", columns, rows) if rows else ""


def _product(product_id: str, names: Mapping[str, str]) -> str:
    name = names.get(product_id, "")
    shown = f'{escaped(name, 70)} <span class="soft code">{escaped(product_id, 40)}</span>'
    return shown if name else escaped(product_id, 40)
