"""The part of the page that shows customers, what they are recommended, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kgrec.data import Contribution, Evidence, Explanation, Product, Recommendation
from kgrec.serving.colours import Hues
from kgrec.serving.lettering import escaped, percent, plain_name, title_of
from kgrec.serving.page_content import CustomerSection
from kgrec.serving.page_markup import Column, apportioned, table

__all__ = ["answers"]

SHOWN_HISTORY = 12
SHOWN_CONTRIBUTIONS = 12
_DECIMALS = 4


def answers(customers: Sequence[CustomerSection], hues: Hues) -> str:
    """Return one article a customer: the history, and the recommendations with their reasons."""
    return "".join(_customer(customer, hues) for customer in customers)


def source_name(source: str) -> str:
    """Return a source in words, not escaped."""
    if source.startswith("graph:"):
        return f"graph: {plain_name(source.removeprefix('graph:'))}"
    return source


def _customer(customer: CustomerSection, hues: Hues) -> str:
    titles = {product.id: title_of(product.title, product.id) for product in customer.history}
    answer = customer.recommendations
    notes = [*answer.notes, *(["A stage failed; the one before it answered."] if answer.degraded else [])]
    told = "".join(f'<p class="remark">{escaped(note)}</p>' for note in notes)
    items = "".join(_recommendation(found, titles, hues) for found in answer)
    shown = f'<ol class="answers">{items}</ol>' if items else "<p>Nothing may be recommended here.</p>"
    return (
        f'<article class="customer"><h3>Customer {escaped(customer.user)}</h3>{_history(customer.history)}{told}'
        f"<h4>Recommended</h4>{shown}</article>"
    )


def _history(history: Sequence[Product]) -> str:
    if not history:
        return '<h4>History</h4><p class="soft">None: a visitor nobody knows yet.</p>'
    newest = [escaped(title_of(product.title, product.id)) for product in reversed(history)]
    first, rest = newest[:SHOWN_HISTORY], newest[SHOWN_HISTORY:]
    more = f"<details><summary>{len(rest):,} earlier</summary>{_chips(rest)}</details>" if rest else ""
    plural = "product" if len(history) == 1 else "products"
    return f'<h4>History <span class="soft">{len(history):,} {plural}, newest first</span></h4>{_chips(first)}{more}'


def _chips(names: Iterable[str]) -> str:
    return f'<ul class="chips">{"".join(f"<li>{name}</li>" for name in names)}</ul>'


def _recommendation(found: Recommendation, titles: Mapping[str, str], hues: Hues) -> str:
    why = found.explanation
    reasons = (
        ""
        if why is None
        else f'<p class="why">{escaped(why.text, 1000)}</p>{_shares(why, hues)}{_details(why, titles)}'
    )
    return (
        f'<li><div class="top"><h5>{escaped(title_of(found.title, found.item))}</h5>'
        f'<p class="score"><span class="soft">score</span> {found.score:.3f}</p></div>'
        f'<p class="soft code">{escaped(found.item)} · from {escaped(plain_name(found.source))}</p>{reasons}</li>'
    )


def _shares(why: Explanation, hues: Hues) -> str:
    """Return a bar of what each source adds. Parts that speak against the product are hatched and stand last."""
    sums: dict[str, float] = {}
    for contribution in why.contributions:
        sums[contribution.source] = sums.get(contribution.source, 0.0) + contribution.amount
    ranked = sorted(sums, key=lambda source: (-sums[source], source))
    if not ranked or sum(sums.values()) <= 0:
        return '<p class="soft">The contributions do not add up to a positive score, so it has no shares.</p>'
    tenths = dict(zip(ranked, apportioned([sums[source] for source in ranked], 1000), strict=True))
    visible = {source: part for source, part in tenths.items() if part}
    full = sum(map(abs, visible.values()))
    bar, legend, spoken = [], [], []
    for source, part in visible.items():
        against = " against" if part < 0 else ""
        name, share = source_name(source), _signed(part)
        hue = f"--hue:var(--{hues.source(source)})"
        bar.append(f'<span class="part{against}" style="{hue};flex:{abs(part) / full:.4f} 0 0"></span>')
        legend.append(f'<li><span class="dot{against}" style="{hue}"></span>{escaped(name)} <b>{share}</b></li>')
        spoken.append(f"{name} {share}")
    name = f"Shares of the score: {escaped(', '.join(spoken), 1000)}"
    return (
        f'<div class="bar" role="img" aria-label="{name}">{"".join(bar)}</div><ul class="legend">{"".join(legend)}</ul>'
    )


def _signed(tenths: int) -> str:
    return f"{'−' if tenths < 0 else ''}{abs(tenths) / 10:.1f}%"


def _details(why: Explanation, titles: Mapping[str, str]) -> str:
    return (
        "<details><summary>Evidence and contributions</summary>"
        f"{_evidence(why.evidence, titles)}{_contributions(why, titles)}</details>"
    )


def _evidence(evidence: Sequence[Evidence], titles: Mapping[str, str]) -> str:
    if not evidence:
        return '<p class="soft">Nothing that could be stated as a fact stands behind this score.</p>'
    columns = [Column("Kind"), Column("From"), Column("Value"), Column("Count", True), Column("Share", True)]
    rows = [
        (
            escaped(found.kind),
            _named(found.history_item, titles),
            f'<span class="soft">{escaped(plain_name(found.relation))}</span> {escaped(found.value, 120)}'
            if found.kind == "fact"
            else "–",
            _counted(found),
            percent(found.share),
        )
        for found in evidence
    ]
    return table("Evidence: true statements that the score rests on", columns, rows)


def _counted(found: Evidence) -> str:
    if found.kind == "text":
        return "–"
    if not found.count:
        return "few"
    return f'{found.count:,} <span class="soft">{"products" if found.kind == "fact" else "shoppers"}</span>'


def _contributions(why: Explanation, titles: Mapping[str, str]) -> str:
    """Return the largest contributions, one line for all the others, and their sum: the figures shown add up."""
    if not why.contributions:
        return ""
    scale = 10**_DECIMALS
    ranked = sorted(why.contributions, key=lambda found: -abs(found.amount))
    shown = ranked[:SHOWN_CONTRIBUTIONS]
    units = [round(found.amount * scale) for found in shown]
    total = round(sum(found.amount for found in ranked) * scale)
    rows = [_contribution(found, unit / scale, titles) for found, unit in zip(shown, units, strict=True)]
    rest, left = len(ranked) - len(shown), total - sum(units)
    if rest or left:
        name = f"{rest:,} smaller" if rest else "Rounding"
        rows.append((f'<span class="soft">{name}</span>', "", f"{_minus(left / scale)}"))
    columns = [Column("History item"), Column("Source"), Column("Amount", True)]
    return table("Contributions: every part of the score", columns, rows, footer=("Score", "", _minus(total / scale)))


def _contribution(found: Contribution, amount: float, titles: Mapping[str, str]) -> tuple[str, str, str]:
    return _named(found.history_item, titles), escaped(source_name(found.source)), _minus(amount)


def _minus(amount: float) -> str:
    return f"{amount:.{_DECIMALS}f}".replace("-", "−")


def _named(item: str, titles: Mapping[str, str]) -> str:
    return escaped(titles.get(item, item)) if item else '<span class="soft">all shoppers</span>'
