"""Pieces of HTML that several sections of the page are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, isfinite

from kgrec.serving.lettering import escaped

__all__ = ["Column", "apportioned", "figure", "section", "table"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading (escaped here) and whether it holds numbers."""

    name: str
    number: bool = False


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, footer: Sequence[str] = ()) -> str:
    """Return a table that scrolls sideways where the screen is narrow; the first cell heads its row.

    Args:
        caption: what the table says, not escaped yet.
        columns: of the table.
        rows: of cells, each HTML already.
        footer: one more row, set off from the others.
    """
    head = "".join(f'<th scope="col"{_number(column)}>{escaped(column.name)}</th>' for column in columns)
    body = "".join(f"<tr>{_cells(columns, row)}</tr>" for row in rows)
    foot = f"<tfoot><tr>{_cells(columns, footer)}</tr></tfoot>" if footer else ""
    many = ' class="many"' if len(columns) > 3 else ""
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escaped(caption)}"><table{many}>'
        f"<caption>{escaped(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table></div>"
    )


def section(anchor: str, heading: str, body: str, *, lead: str = "") -> str:
    """Return a section with a heading of the second level; ``body`` is HTML, the other texts are escaped here."""
    said = f'<p class="lead">{escaped(lead, 1000)}</p>' if lead else ""
    return f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{escaped(heading)}</h2>{said}{body}</section>'


def figure(value: object) -> str:
    """Return a setting or a measurement as short text: whole numbers with commas, others with four digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if not isfinite(value):
        return "–"
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"


def apportioned(amounts: Sequence[float], total: int) -> list[int]:
    """Round signed amounts to whole parts that sum to ``total`` exactly (largest remainders; ties by place).

    Args:
        amounts: finite numbers whose sum is not 0.
        total: what the parts sum to: 1000 for tenths of a per cent.

    Raises:
        ZeroDivisionError: the amounts sum to 0.
    """
    whole = sum(amounts)
    exact = [amount / whole * total for amount in amounts]
    parts = [floor(part) for part in exact]
    missing = total - sum(parts)
    ranked = sorted(range(len(exact)), key=lambda at: (parts[at] - exact[at], at))
    for turn in range(missing):
        parts[ranked[turn % len(ranked)]] += 1
    return parts


def _cells(columns: Sequence[Column], row: Sequence[str]) -> str:
    cells = zip(columns[1:], row[1:], strict=True)
    return f'<th scope="row">{row[0]}</th>' + "".join(f"<td{_number(column)}>{cell}</td>" for column, cell in cells)


def _number(column: Column) -> str:
    return ' class="number"' if column.number else ""
