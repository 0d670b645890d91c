"""The graph around one recommendation, as a picture that needs nothing but a browser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kgrec.data import Catalogue, Explanation
from kgrec.errors import SettingsError
from kgrec.graph import Graph
from kgrec.serving.lettering import escaped, plain_name, width_of, wrapped
from kgrec.serving.picture_scene import Link, Node, Rooms, Scene, scene_of
from kgrec.serving.picture_style import style

__all__ = ["neighbourhood_svg"]

MARGIN = 14
HEAD = 40
SIZES = {"history": 12.5, "idle": 12.5, "link": 12.5, "product": 16.0, "further": 11.5}
HEIGHTS = {"history": 42, "idle": 42, "link": 38, "product": 118, "further": 38}
LINES = {"history": 2, "idle": 2, "link": 1, "product": 3, "further": 2}
SMALLEST_GAP = 6
NOTE_SIZE = 11.0
LEGEND_SIZE = 11.5
BOLD = 1.16  # how much wider bold letters are
THINNEST, THICKEST = 1.3, 11.0


@dataclass(frozen=True, slots=True)
class _Box:
    node: Node
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return HEIGHTS[self.node.kind]

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def neighbourhood_svg(
    graph: Graph,
    catalogue: Catalogue,
    explanation: Explanation,
    *,
    history: Sequence[str],
    width: int = 900,
    height: int = 620,
    max_nodes: int = 40,
) -> str:
    """Draw why a product was recommended: history on the left, what connects it in the middle, the product right.

    Shared values are boxes in the colour of their relation; other shoppers are a dashed line with their number, a
    similar description is a dotted one. Lines are as thick as their share of the score. A few other products with the
    rarest of the values are drawn faintly. Equal input gives equal text.

    Args:
        graph: the product knowledge graph.
        catalogue: names the products.
        explanation: of the recommended product.
        history: product ids, newest last; the newest are shown even where they add nothing.
        width: in pixels, at least 640. The picture scales; this sets its proportions.
        height: in pixels, at least 320.
        max_nodes: at most so many boxes, at least 1; what is left out comes last in the explanation's evidence.

    Returns:
        One ``<svg>`` element without scripts or outside references, for a file of its own or inside a page.

    Raises:
        UnknownProductError: the recommended product is not in the graph.
        SettingsError: a number is below its limit.
    """
    if width < 640 or height < 320 or max_nodes < 1:
        raise SettingsError(
            f"a picture needs width >= 640, height >= 320 and max_nodes >= 1; got {width}, {height} and {max_nodes}"
        )
    room = height - HEAD - 3 * 18 - 2 * MARGIN  # three lines of legend at most
    rooms = Rooms(
        history=int(room // (HEIGHTS["history"] + SMALLEST_GAP)),
        middle=int(room // (HEIGHTS["link"] + SMALLEST_GAP)),
        further=min(int((room - HEIGHTS["product"]) // (HEIGHTS["further"] + SMALLEST_GAP)), 4),
    )
    scene = scene_of(graph, catalogue, explanation, history, rooms=rooms, max_nodes=max_nodes)
    legend, legend_height = _legend(scene, width, height)
    boxes = _placed(scene, width, height - legend_height)
    body = [*_edges(scene.links, boxes), *_headings(scene, boxes, width), *map(_drawn, boxes.values()), *legend]
    name = escaped(f"Why {scene.product.label} is recommended: {explanation.text}", 600)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="kgrec-picture" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{name}"><style>{style()}</style>'
        f'<rect class="panel" width="{width}" height="{height}" rx="10"/>{"".join(body)}</svg>'
    )


# --- places


def _placed(scene: Scene, width: int, bottom: float) -> dict[str, _Box]:
    column = 0.247 * width
    middle = _stack(scene.middle, (width - column) / 2, column, bottom)
    at = {box.node.key: box.middle for box in middle}
    pulled = {
        node.key: _mean([at[link.start] for link in scene.links if link.end == node.key]) for node in scene.further
    }
    ranked = sorted(scene.further, key=lambda node: (pulled[node.key], node.key))
    half = sum(pulled[node.key] < (HEAD + bottom) / 2 for node in ranked)
    half = min(max(half, len(ranked) - 2), 2)  # no more than two above, two below
    right = [*ranked[:half], scene.product, *ranked[half:]]
    boxes = [
        *_stack(scene.history, MARGIN, column, bottom),
        *middle,
        *_stack(right, width - MARGIN - column, column, bottom),
    ]
    return {box.node.key: box for box in boxes}


def _stack(nodes: Sequence[Node], x: float, width: float, bottom: float) -> list[_Box]:
    """Put boxes under each other, centred between the headings and ``bottom``, with what room there is between."""
    used = sum(HEIGHTS[node.kind] for node in nodes)
    free = bottom - HEAD - used
    gap = min(max(free / (len(nodes) + 1), 0), 36)
    y = HEAD + (free - gap * (len(nodes) - 1)) / 2
    boxes = []
    for node in nodes:
        boxes.append(_Box(node, x, y, width))
        y += HEIGHTS[node.kind] + gap
    return boxes


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _ports(links: Sequence[Link], boxes: dict[str, _Box]) -> dict[tuple[int, str], float]:
    """Return (number of the link, key of its end) → height at which it meets the box, so that lines do not cross."""
    meeting: dict[tuple[str, str], list[tuple[float, int, str]]] = {}
    for number, link in enumerate(links):
        for own, other in ((link.start, link.end), (link.end, link.start)):
            side = "right" if boxes[own].x < boxes[other].x else "left"
            meeting.setdefault((own, side), []).append((boxes[other].middle, number, own))
    ports = {}
    for (own, _), ends in meeting.items():
        step = min((boxes[own].height - 12) / len(ends), 15)
        for at, (_, number, key) in enumerate(sorted(ends)):
            ports[number, key] = boxes[own].middle + (at - (len(ends) - 1) / 2) * step
    return ports


# --- strokes


def _edges(links: Sequence[Link], boxes: dict[str, _Box]) -> Iterable[str]:
    ports = _ports(links, boxes)
    for number, link in enumerate(links):
        start, end = boxes[link.start], boxes[link.end]
        x1, x2 = start.x + start.width, end.x
        y1, y2 = ports[number, link.start], ports[number, link.end]
        bend = (x1 + x2) / 2
        thick = min(max(THINNEST, 14 * link.share), THICKEST)
        yield (
            f'<path class="edge {link.kind} {link.hue}" stroke-width="{thick:.1f}" '
            f'd="M{x1:.1f} {y1:.1f}C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}">'
            f"<title>{escaped(link.tooltip)}</title></path>"
        )


def _drawn(box: _Box) -> str:
    node, size = box.node, SIZES[box.node.kind]
    inner = box.width - 24
    label = wrapped(node.label, inner, size * (BOLD if node.kind in ("product", "link") else 1), LINES[node.kind])
    note = wrapped(node.note, inner, NOTE_SIZE, 1)
    step = size * 1.25
    total = step * len(label) + (NOTE_SIZE + 4) * len(note)
    y = box.middle - total / 2 + size * 0.95
    below = y + len(label) * step + 1
    x = box.x + 12
    texts = [
        f'<text class="label" x="{x:.1f}" y="{y + at * step:.1f}" font-size="{size}">{escaped(line)}</text>'
        for at, line in enumerate(label)
    ]
    texts += [
        f'<text class="note" x="{x:.1f}" y="{below:.1f}" font-size="{NOTE_SIZE}">{escaped(line)}</text>'
        for line in note
    ]
    return (
        f'<g class="node {node.kind} {node.hue}">'
        f"<title>{escaped(node.tooltip, 600)}</title>"
        f'<rect class="ground" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height}" rx="8"/>'
        f'<rect class="box" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height}" rx="8"/>'
        f"{''.join(texts)}</g>"
    )


def _headings(scene: Scene, boxes: dict[str, _Box], width: int) -> Iterable[str]:
    column = 0.247 * width
    left = "From the history" if scene.history else "No history"
    middle = "What connects them" if scene.history else "What speaks for it"
    heads = [
        (MARGIN, left),
        ((width - column) / 2, middle if scene.middle else ""),
        (width - MARGIN - column, "Recommended"),
    ]
    for x, text in heads:
        if text:
            yield f'<text class="head" x="{x:.1f}" y="26" font-size="12">{text}</text>'
    if not scene.middle:
        yield (
            f'<text class="note" x="{width / 2:.1f}" y="{boxes["product"].middle:.1f}" font-size="12.5" '
            'text-anchor="middle">no single statement stands out</text>'
        )


def _legend(scene: Scene, width: int, height: int) -> tuple[list[str], float]:
    """Return the marks with their names, in lines at the bottom, and the height they take."""
    entries: dict[str, str] = {}
    for node in scene.middle:
        if node.kind == "link" and node.hue.startswith("r"):
            entries.setdefault(plain_name(node.group), f'<circle class="spot {node.hue}" cx="8" cy="-4" r="5.5"/>')
    kinds = dict.fromkeys(link.kind for link in scene.links)
    marks = {"behaviour": "same shoppers", "text": "similar description", "popularity": "popularity"}
    for kind, said in marks.items():
        if kind in kinds:
            entries[said] = f'<path class="edge {kind} {kind}" stroke-width="2.5" d="M0 -4H18"/>'
    if scene.further:
        entries["also has the value"] = '<rect class="swatch" x="0" y="-10" width="17" height="11" rx="3"/>'
    if scene.middle:
        entries["thicker: more of the score"] = '<path class="wedge" d="M0 -4L18 -9V1Z"/>'
    lines: list[list[str]] = [[]]
    x = float(MARGIN)
    for name, mark in entries.items():
        text = wrapped(name, width / 3, LEGEND_SIZE, 1)[0]
        step = 24 + width_of(text, LEGEND_SIZE) + 14
        if x + step > width - MARGIN and lines[-1] and len(lines) < 3:
            lines.append([])
            x = float(MARGIN)
        lines[-1].append(
            f'<g transform="translate({x:.1f} Y)">{mark}<text class="note" x="24" font-size="{LEGEND_SIZE}">'
            f"{escaped(text)}</text></g>"
        )
        x += step
    top = height - MARGIN - 18 * (len(lines) - 1)
    drawn = [part.replace(" Y)", f" {top + 18 * row})", 1) for row, line in enumerate(lines) for part in line]
    return drawn, MARGIN + 18.0 * len(lines) + 4
