"""Pictures of the quality report: plain SVG inside the page, coloured by its style sheet, light and dark."""

from __future__ import annotations

from collections.abc import Sequence

from kgrec.graph import Reliability
from kgrec.graph.coverage import CategoryCoverage
from kgrec.serving.lettering import escaped, percent, plain_name, wrapped

__all__ = ["category_map", "confidence_bars", "reliability_curve"]

_LABEL, _CELL, _ROW, _TOP = 200.0, 54.0, 22.0, 96.0
_SIDE, _MARGIN = 260.0, 44.0
_WIDE, _HIGH = 520.0, 160.0
_RELATIONS, _CATEGORIES = 14, 20


def category_map(categories: Sequence[CategoryCoverage], relations: Sequence[str]) -> str:
    """Return a map of categories (rows) by relations (columns), the darker the better covered; empty without any.

    Args:
        categories: at most 20 are drawn.
        relations: names of the columns; at most 14 are drawn.
    """
    rows, columns = categories[:_CATEGORIES], relations[:_RELATIONS]
    if not rows or not columns:
        return ""
    width, height = _LABEL + _CELL * len(columns) + 90, _TOP + _ROW * len(rows) + 8
    drawn = [
        _text(_LABEL + _CELL * (at + 0.5), _TOP - 8, plain_name(name), 18, slant=True)
        for at, name in enumerate(columns)
    ]
    for at, row in enumerate(rows):
        y = _TOP + _ROW * at
        drawn.append(_text(_LABEL - 8, y + 15, row.category, 28, anchor="end"))
        for place, name in enumerate(columns):
            share = row.coverage.get(name, 0.0)
            said = f"{row.category}, {plain_name(name)}: {percent(share)} of {row.products:,} products"
            drawn.append(
                f'<rect x="{_LABEL + _CELL * place:.1f}" y="{y:.1f}" width="{_CELL - 2:.1f}" height="{_ROW - 2:.1f}" '
                f'fill="var(--accent)" fill-opacity="{0.04 + 0.9 * share:.3f}"><title>{escaped(said)}</title></rect>'
            )
    return _svg(width, height, "Coverage of relations by category", drawn)


def confidence_bars(counts: Sequence[int]) -> str:
    """Return a histogram of confidence, from 0 to 1; empty where nothing is counted."""
    top = max(counts, default=0)
    if not top:
        return ""
    step = _WIDE / len(counts)
    drawn = []
    for at, count in enumerate(counts):
        tall = _HIGH * count / top
        said = f"confidence {at / len(counts):.1f} to {(at + 1) / len(counts):.1f}: {count:,} triples"
        drawn.append(
            f'<rect x="{_MARGIN + step * at:.1f}" y="{_HIGH + 10 - tall:.1f}" width="{step - 3:.1f}" '
            f'height="{tall:.1f}" fill="var(--accent)"><title>{escaped(said)}</title></rect>'
        )
    right, below = _MARGIN + _WIDE, _HIGH + 28
    drawn += [_text(_MARGIN, below, "0", 4), _text(right, below, "1", 4, anchor="end")]
    said = f"confidence; the tallest bar is {top:,} triples"
    drawn.append(_text(_MARGIN + _WIDE / 2, below, said, 60, anchor="middle"))
    drawn.append(_line(_MARGIN, _HIGH + 10, _MARGIN + _WIDE, _HIGH + 10))
    return _svg(_WIDE + 2 * _MARGIN, _HIGH + 40, "Triples by confidence", drawn)


def reliability_curve(reliability: Reliability) -> str:
    """Return confidence against the share that proved right; on the dashed line both are equal."""

    def at(x: float, y: float) -> tuple[float, float]:
        return _MARGIN + _SIDE * x, 10 + _SIDE * (1 - y)

    most = max(step.facts for step in reliability.bins)
    (x0, y0), (x1, y1) = at(0, 0), at(1, 1)
    drawn = [_line(x0, y0, x1, y0), _line(x0, y0, x0, y1), _line(x0, y0, x1, y1, dashed=True)]
    places = [at(step.confidence, step.right) for step in reliability.bins]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    drawn.append(f'<polyline points="{path}" fill="none" stroke="var(--accent)" stroke-width="2"/>')
    for (x, y), step in zip(places, reliability.bins, strict=True):
        said = f"confidence {step.confidence:.2f}: {percent(step.right)} right of {step.facts:,}"
        drawn.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + 6 * (step.facts / most) ** 0.5:.1f}" fill="var(--accent)" '
            f'fill-opacity=".75"><title>{escaped(said)}</title></circle>'
        )
    drawn.append(_text(x0, y0 + 20, "confidence 0", 20))
    drawn.append(_text(x1, y0 + 20, "1", 4, anchor="end"))
    drawn.append(_text(x0 - 8, y1 + 4, "1", 4, anchor="end"))
    drawn.append(_text(x0 + 8, y1 + 4, "share that is right", 24))
    return _svg(_SIDE + 2 * _MARGIN, _SIDE + 40, "Confidence and the share that is right", drawn)


def _svg(width: float, height: float, name: str, drawn: Sequence[str]) -> str:
    return (
        f'<div class="wide picture" tabindex="0" role="region" aria-label="{escaped(name)}">'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'style="max-width:{width:.0f}px;min-width:{min(width, 420):.0f}px" aria-label="{escaped(name)}">'
        f"{''.join(drawn)}</svg></div>"
    )


def _text(x: float, y: float, text: str, longest: int, *, anchor: str = "start", slant: bool = False) -> str:
    shown = wrapped(" ".join(text.split()), longest * 7.0, 12, 1)
    turned = f' transform="rotate(-38 {x:.1f} {y:.1f})"' if slant else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="var(--soft)" text-anchor="{anchor}"{turned}>'
        f"{escaped(shown[0] if shown else '')}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="var(--soft)" stroke-width="1"{dash}/>'
    )
