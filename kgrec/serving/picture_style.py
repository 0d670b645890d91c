"""How the picture looks: rules that travel inside the SVG, light and dark."""

from __future__ import annotations

from collections.abc import Iterable

from kgrec.serving.colours import HUES

__all__ = ["style"]

_INK = {
    "panel": ("#ffffff", "#191c1f"),
    "ink": ("#1d2327", "#eceef0"),
    "soft": ("#565e65", "#a9b1b8"),
    "card": ("#f4f5f2", "#24292d"),
    "line": ("#b4bab6", "#555d63"),
}


def style() -> str:
    """Return the rules of the picture; all begin with its class, because inside a page they hold for the whole page."""
    rules = [
        "{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}",
        " .edge{fill:none;stroke-opacity:.62}",
        " .edge.behaviour{stroke-dasharray:7 5}",
        " .edge.text{stroke-dasharray:1 5;stroke-linecap:round}",
        " .edge.further{stroke-width:1;stroke-opacity:.35}",
        " .box{fill-opacity:.13;stroke-width:1.3}",
        " .behaviour .box{stroke-dasharray:5 4}",
        " .text .box{stroke-dasharray:1.5 3.5;stroke-linecap:round}",
        " .further .box,.kgrec-picture .idle .box{fill:none;stroke-dasharray:none;stroke-width:1}",
        " .history .box,.kgrec-picture .product .box{fill-opacity:1}",
        " .product .box{stroke-width:2.4}",
        " .product .label,.kgrec-picture .head{font-weight:650}",
        " .link .label{font-weight:600}",
    ]
    light, dark = ("".join(_coloured(shade)) for shade in (0, 1))
    return "".join(f".kgrec-picture{rule}" for rule in rules) + light + f"@media (prefers-color-scheme:dark){{{dark}}}"


def _coloured(shade: int) -> Iterable[str]:
    """Yield the rules of one colour scheme: 0 for light, 1 for dark."""
    ink = {name: pair[shade] for name, pair in _INK.items()}
    yield f".kgrec-picture .panel,.kgrec-picture .ground{{fill:{ink['panel']}}}"
    yield f".kgrec-picture .label{{fill:{ink['ink']}}}"
    soft = ",".join(f".kgrec-picture {part}" for part in (".note", ".head", ".further .label", ".idle .label"))
    yield f"{soft}{{fill:{ink['soft']}}}"
    yield f".kgrec-picture .box,.kgrec-picture .swatch{{fill:{ink['card']};stroke:{ink['line']}}}"
    yield f".kgrec-picture .product .box{{stroke:{ink['ink']}}}.kgrec-picture .wedge{{fill:{ink['soft']}}}"
    for name, pair in HUES.items():
        yield f".kgrec-picture .edge.{name},.kgrec-picture .{name} .box{{stroke:{pair[shade]}}}"
        yield f".kgrec-picture .{name} .box,.kgrec-picture .spot.{name}{{fill:{pair[shade]}}}"
