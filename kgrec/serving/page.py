"""The page of the demo: one HTML file that needs no network, no script and no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, isnan, nan

import numpy as np

from kgrec.graph import Graph
from kgrec.serving.colours import Hues
from kgrec.serving.lettering import escaped, percent, plain_name, title_of
from kgrec.serving.page_answers import answers
from kgrec.serving.page_content import CustomerSection, DemoContent, ExampleFact, QualityRow
from kgrec.serving.page_markup import Column, figure, section, table
from kgrec.serving.page_style import style

__all__ = ["CustomerSection", "DemoContent", "ExampleFact", "QualityRow", "demo_page"]

EXAMPLE_VALUES = 4
QUOTE = 160  # characters of a long text shown on each side of the words a fact was read from
_MEASURES = {"ndcg": "NDCG", "mrr": "MRR", "map": "MAP", "hit_rate": "Hit rate", "arp": "ARP"}


def demo_page(content: DemoContent) -> str:
    """Return the page as one HTML document, to be written as UTF-8.

    Every text is escaped, product texts above all; the picture alone is put in as it is. The page forbids itself
    scripts and anything from elsewhere (Content-Security-Policy). Equal content gives equal text.

    Args:
        content: what the page shows; what is left empty has no section.
    """
    hues = Hues(content.graph)
    parts = {
        "Recommendations": ("answers", answers(content.customers, hues), _how_to_read(content)),
        "One recommendation in the graph": ("picture", _picture(content), ""),
        "The knowledge graph": ("graph", _graph(content, hues), _graph_lead(content.graph)),
        "Quality": ("quality", _quality(content), content.quality_note),
        "What was read": ("reading", _reading(content), ""),
        "Settings and time": ("settings", _settings(content, hues), ""),
    }
    shown = {heading: part for heading, part in parts.items() if part[1]}
    links = "".join(f'<li><a href="#{anchor}">{heading}</a></li>' for heading, (anchor, _, _) in shown.items())
    sections = "".join(section(anchor, heading, body, lead=lead) for heading, (anchor, body, lead) in shown.items())
    introduction = f'<p class="lead">{escaped(content.introduction, 1000)}</p>' if content.introduction else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<link rel="icon" href="data:,"><title>{escaped(content.title)}</title><style>{style()}</style></head>\n'
        f"<body><header><h1>{escaped(content.title)}</h1>{introduction}{_numbers(content)}"
        f'<nav aria-label="On this page"><ul>{links}</ul></nav></header>\n<main>{sections}</main>\n{_footer(content)}'
        "</body></html>\n"
    )


def _numbers(content: DemoContent) -> str:
    graph = content.graph
    numbers = {
        **content.kept,
        "facts": len(graph),
        "values": len(graph.values),
        "relations": len(graph.relations),
    }
    cells = "".join(f"<div><dt>{escaped(name)}</dt><dd>{count:,}</dd></div>" for name, count in numbers.items())
    return f'<dl class="numbers">{cells}</dl>'


def _how_to_read(content: DemoContent) -> str:
    if not content.customers:
        return ""
    return (
        "Each bar is the score, split exactly over its sources: behaviour (the same shoppers took both products), "
        "sequence (what they took next), text (similar descriptions) and graph (facts that both products share). "
        "Hatched parts speak against the product."
    )


def _picture(content: DemoContent) -> str:
    if not content.picture_svg:
        return ""
    caption = f"<figcaption>{escaped(content.picture_caption, 1000)}</figcaption>" if content.picture_caption else ""
    return (
        '<figure><div class="wide picture" tabindex="0" role="region" aria-label="Picture of the graph">'
        f"{content.picture_svg}</div>{caption}</figure>"
    )


def _graph_lead(graph: Graph) -> str:
    isolated = graph.statistics()["isolated_products"]
    without = f" {isolated:,} products state nothing that was understood." if isolated else ""
    return (
        f"{len(graph):,} facts about {len(graph.product_ids):,} products, read from the shop's own texts, at "
        f"{graph.nbytes_per_triple:.0f} bytes a fact.{without}"
    )


def _graph(content: DemoContent, hues: Hues) -> str:
    graph = content.graph
    relations = graph.statistics()["relations"]
    ranked = sorted(relations, key=lambda name: (-relations[name]["triples"], name))
    columns = [
        Column("Relation"),
        Column("Values", True),
        Column("Facts", True),
        Column("Products that have one", True),
        Column("Commonest values"),
    ]
    rows = [
        (
            f'<span class="dot" style="--hue:var(--{hues.relation(name)})"></span>{escaped(plain_name(name))}',
            f"{relations[name]['values']:,}",
            f"{relations[name]['triples']:,}",
            f"{percent(relations[name]['coverage'])}"
            f'<span class="meter" style="--part:{relations[name]["coverage"]:.4f}"></span>',
            f'<span class="soft">{escaped(", ".join(_commonest(graph, name)))}</span>',
        )
        for name in ranked
    ]
    return _example(content.example) + table("Relations of the graph", columns, rows)


def _commonest(graph: Graph, relation: str) -> list[str]:
    numbers = graph.values_in(relation)
    counts = graph.value_counts()[numbers.start : numbers.stop]
    largest = np.argsort(-counts, kind="stable")[:EXAMPLE_VALUES]
    return [graph.label(numbers[at])[1] for at in largest.tolist()]


def _example(example: ExampleFact | None) -> str:
    """Return a fact with the words it was read from, marked where they stand."""
    if example is None:
        return ""
    fact = example.fact
    said = f"<b>{escaped(plain_name(fact.relation))}</b> = <b>{escaped(fact.value)}</b>"
    sure = f"confidence {fact.confidence:.2f}"
    text = getattr(example.product, fact.field, None) if fact.field in ("title", "description") else None
    if isinstance(text, str) and 0 <= fact.start < fact.end <= len(text):
        before = text[max(fact.start - QUOTE, 0) : fact.start]
        after = text[fact.end : fact.end + QUOTE]
        quoted = f"{_edge(before, -1)}<mark>{escaped(text[fact.start : fact.end])}</mark>{_edge(after, 0)}"
        where = f"read from the {escaped(fact.field)}, characters {fact.start} to {fact.end}, {sure}"
    else:
        quoted = escaped(title_of(example.product.title, example.product.id))
        where = f"declared by the shop in {escaped(fact.field)}, {sure}"
    caption = f'<figcaption>{said} <span class="soft">{where}</span></figcaption>'
    return f'<figure class="example"><blockquote>{quoted}</blockquote>{caption}</figure>'


def _edge(text: str, at: int) -> str:
    """Return the text beside the marked words; cleaning takes the blank next to them, which is put back."""
    blank = " " if text and text[at].isspace() else ""
    return escaped(text) + blank if at else blank + escaped(text)


def _quality(content: DemoContent) -> str:
    if not content.quality or not content.metric_keys:
        return ""
    best = {
        key: max((_metric(row, key) for row in content.quality), default=nan, key=_rank) for key in content.metric_keys
    }
    tested = any(row.p_value is not None for row in content.quality)
    columns = [Column("Model"), *(Column(_measure(key), True) for key in content.metric_keys)]
    columns += [Column("p, paired test", True)] if tested else []
    rows = []
    for row in content.quality:
        cells = [escaped(row.name), *(_measured(row, key, best[key], content) for key in content.metric_keys)]
        rows.append([*cells, *([_p_value(row.p_value)] if tested else [])])
    said = "Quality with 95 % intervals; the best of a column is bold"
    against = f", and p is for the difference to {content.quality[0].name}" if tested else ""
    return table(said + against, columns, rows)


def _metric(row: QualityRow, key: str) -> float:
    return row.metrics.get(key, nan)


def _rank(value: float) -> float:
    return -np.inf if isnan(value) else value


def _measure(key: str) -> str:
    name, _, k = key.partition("@")
    return _MEASURES.get(name, plain_name(name).capitalize()) + (f"@{k}" if k else "")


def _measured(row: QualityRow, key: str, best: float, content: DemoContent) -> str:
    value = _metric(row, key)
    if not isfinite(value):
        return "–"
    shown = f"<strong>{value:.4f}</strong>" if value == best else f"{value:.4f}"
    low, high = row.intervals.get(key, (nan, nan))
    if not (isfinite(low) and isfinite(high)):
        return shown
    tops = [other.intervals.get(key, (nan, nan))[1] for other in content.quality]
    top = max((end for end in tops if isfinite(end)), default=1.0) or 1.0
    track = f"--low:{max(low / top, 0):.4f};--high:{max(high / top, 0):.4f};--at:{max(value / top, 0):.4f}"
    return (
        f'{shown}<span class="interval" style="{track}"></span><span class="soft small">{low:.4f} – {high:.4f}</span>'
    )


def _p_value(value: float | None) -> str:
    if value is None or isnan(value):
        return "–"
    return "&lt; 0.001" if value < 0.001 else f"{value:.3f}"


def _reading(content: DemoContent) -> str:
    rows = [(escaped(reason), f"{count:,}") for reason, count in content.set_aside.items()]
    if not rows:
        return '<p class="soft">Nothing was set aside.</p>'
    total = sum(content.set_aside.values())
    columns = [Column("Set aside because"), Column("Rows", True)]
    return table("Rows that were set aside, by reason", columns, rows, footer=("All together", f"{total:,}"))


def _settings(content: DemoContent, hues: Hues) -> str:
    tables = [
        _pairs("Settings chosen on validation data", ("Setting", "Value"), content.settings),
        _pairs("Weights of the relations", ("Relation", "Weight"), content.relation_weights, hues),
        _pairs("Time", ("Stage", "Seconds"), {name: f"{taken:,.1f}" for name, taken in content.seconds.items()}),
    ]
    shown = "".join(one for one in tables if one)
    return f'<div class="beside">{shown}</div>' if shown else ""


def _pairs(caption: str, names: Sequence[str], pairs: Mapping[str, object], hues: Hues | None = None) -> str:
    if not pairs:
        return ""
    dots = {
        name: f'<span class="dot" style="--hue:var(--{hues.relation(name)})"></span>' if hues else "" for name in pairs
    }
    rows = [(dots[name] + escaped(plain_name(name)), escaped(figure(value))) for name, value in pairs.items()]
    return table(caption, [Column(names[0]), Column(names[1], True)], rows)


def _footer(content: DemoContent) -> str:
    text = escaped(content.attribution, 1000)
    if content.attribution_url:
        text = f'<a href="{escaped(content.attribution_url, 1000)}" rel="noreferrer">{text or "Source of the data"}</a>'
    data = f"<p>Data: {text}</p>" if text else ""
    return f"<footer>{data}<p>Made by kgrec. This page is one file; it loads nothing and runs nothing.</p></footer>"
