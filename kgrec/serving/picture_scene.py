"""What a picture of one recommendation shows, before anything has a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kgrec.data import Catalogue, Evidence, Explanation
from kgrec.graph import Graph
from kgrec.serving.colours import Hues
from kgrec.serving.lettering import percent, plain_name, title_of

__all__ = ["Link", "Node", "Rooms", "Scene", "scene_of"]

LinkKind = Literal["fact", "behaviour", "text", "popularity", "further"]
_RAREST = 3  # values whose other products are shown
_IDLE = 5  # history items are shown up to this number even where they add nothing that can be stated


@dataclass(frozen=True, slots=True)
class Node:
    """One box: ``group`` keeps neighbours together, ``hue`` is a name of :data:`kgrec.serving.colours.HUES`."""

    key: str
    label: str
    note: str
    tooltip: str
    kind: Literal["history", "idle", "link", "product", "further"]
    group: str = ""
    hue: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One line between two nodes (keys); ``share`` of the score gives its thickness."""

    start: str
    end: str
    kind: LinkKind
    share: float
    hue: str
    tooltip: str


@dataclass(frozen=True, slots=True)
class Rooms:
    """How many boxes there is room for, by column."""

    history: int
    middle: int
    further: int


@dataclass(frozen=True, slots=True)
class Scene:
    """The nodes by column, and the links between them."""

    history: tuple[Node, ...]
    middle: tuple[Node, ...]
    product: Node
    further: tuple[Node, ...]
    links: tuple[Link, ...]


def scene_of(
    graph: Graph,
    catalogue: Catalogue,
    explanation: Explanation,
    history: Sequence[str],
    *,
    rooms: Rooms,
    max_nodes: int,
) -> Scene:
    """Choose what is shown: the evidence in its order, then the newest rest of the history, then further products.

    Raises:
        UnknownProductError: the recommended product is not in the graph.
    """
    return _Sketch(graph, catalogue, explanation, rooms, max_nodes).scene(history)


class _Sketch:
    def __init__(
        self, graph: Graph, catalogue: Catalogue, explanation: Explanation, rooms: Rooms, max_nodes: int
    ) -> None:
        self.graph, self.catalogue, self.explanation = graph, catalogue, explanation
        self.rooms, self.left = rooms, max_nodes - 1
        self.hues = Hues(graph)
        self.history: dict[str, Node] = {}
        self.middle: dict[str, list[Evidence]] = {}
        self.num = graph.num(explanation.product)

    def scene(self, history: Sequence[str]) -> Scene:
        for evidence in self.explanation.evidence:
            self._take(evidence)
        newest = [item for item in dict.fromkeys(reversed(history)) if item not in self.history]
        for item in newest[: max(min(_IDLE, self.rooms.history) - len(self.history), 0)]:
            if self.left > 0:
                self.history[item] = self._product(item, "idle")
                self.left -= 1
        nodes = {key: self._link_node(key, found) for key, found in self.middle.items()}
        links = [link for key, found in self.middle.items() for link in self._links(nodes[key], found)]
        further, faint = self._further(set(history))
        product = Node(
            key="product",
            label=self._name(self.explanation.product),
            note=f"score {self.explanation.score:.3f}",
            tooltip=self.explanation.text,
            kind="product",
        )
        return Scene(tuple(self.history.values()), self._grouped(nodes), product, further, (*links, *faint))

    def _take(self, evidence: Evidence) -> None:
        item, key = evidence.history_item, _key(evidence)
        new_item, new_key = bool(item) and item not in self.history, key not in self.middle
        if (
            new_item + new_key > self.left
            or (new_item and len(self.history) >= self.rooms.history)
            or (new_key and len(self.middle) >= self.rooms.middle)
        ):
            return
        self.left -= new_item + new_key
        if new_item:
            self.history[item] = self._product(item, "history")
        self.middle.setdefault(key, []).append(evidence)

    def _link_node(self, key: str, found: list[Evidence]) -> Node:
        first, share = found[0], sum(evidence.share for evidence in found)
        if first.kind == "fact":
            relation = plain_name(first.relation)
            products = _counted(first.count, "product")
            note = f"{relation} · {products} · {percent(share)}"
            tooltip = f"{relation}: {first.value} ({products}); {percent(share)} of the score"
            return Node(key, first.value, note, tooltip, "link", first.relation, self.hues.relation(first.relation))
        people = _counted(first.count, "shopper") if first.count else "a few shoppers"
        label = {"text": "similar description", "popularity": f"taken by {people}"}.get(
            first.kind, f"{people} took both"
        )
        kinds = " and ".join(dict.fromkeys(evidence.kind for evidence in found))
        group = "text" if first.kind == "text" else "popularity" if first.kind == "popularity" else "behaviour"
        return Node(
            key, label, f"{kinds} · {percent(share)}", f"{label}; {percent(share)} of the score", "link", group, group
        )

    def _links(self, node: Node, found: list[Evidence]) -> list[Link]:
        kind: LinkKind = "fact" if found[0].kind == "fact" else node.group  # type: ignore[assignment]
        shares: dict[str, float] = {}
        for evidence in found:
            shares[evidence.history_item] = shares.get(evidence.history_item, 0.0) + evidence.share
        links = [
            Link(
                f"item {item}",
                node.key,
                kind,
                share,
                node.hue,
                f"{self._name(item)} – {node.label}: {percent(share)} of the score",
            )
            for item, share in shares.items()
            if item
        ]
        return [*links, Link(node.key, "product", kind, sum(shares.values()), node.hue, node.tooltip)]

    def _grouped(self, nodes: dict[str, Node]) -> tuple[Node, ...]:
        """Order the middle so that groups stay together and lines cross little: by the mean row of their history."""
        row = {item: at for at, item in enumerate(self.history)}
        rows: dict[str, list[int]] = {}
        for key, found in self.middle.items():
            for name in (key, "group " + nodes[key].group):
                rows.setdefault(name, []).extend(row.get(evidence.history_item, 0) for evidence in found)
        mean = {name: sum(values) / len(values) for name, values in rows.items()}
        return tuple(
            sorted(nodes.values(), key=lambda node: (mean["group " + node.group], node.group, mean[node.key], node.key))
        )

    def _further(self, history: set[str]) -> tuple[tuple[Node, ...], list[Link]]:
        """Return other products that carry the rarest values shown, those with the most of them first."""
        facts = [(found[0].count, key, found[0]) for key, found in self.middle.items() if found[0].kind == "fact"]
        carried: dict[int, list[tuple[float, str, str]]] = {}
        for _, key, evidence in sorted(facts, key=lambda fact: fact[:2])[:_RAREST]:
            value = self.graph.find(evidence.relation, evidence.value)
            members = [] if value is None else self.graph.products_with(value).tolist()
            for num in members:
                carried.setdefault(num, []).append((1 / len(members), key, self.hues.relation(evidence.relation)))
        shown = {*history, *self.history, self.explanation.product}
        others = [num for num in carried if self.graph.product_ids[num] not in shown]
        others.sort(key=lambda num: (-sum(rarity for rarity, _, _ in carried[num]), num))
        room = max(min(self.rooms.further, self.left), 0)
        named: dict[str, tuple[int, Node]] = {}
        for num in others[: 10 * room]:
            node = self._product(self.graph.product_ids[num], "further")
            if len(named) < room:
                named.setdefault(node.label, (num, node))
        nodes, links = [], []
        for num, node in named.values():
            nodes.append(node)
            links += [
                Link(key, node.key, "further", 0.0, hue, f"{node.label} has it too") for _, key, hue in carried[num]
            ]
        return tuple(nodes), links

    def _product(self, item: str, kind: Literal["history", "idle", "further"]) -> Node:
        name = self._name(item)
        said = {"history": "in the history", "idle": "in the history; adds little here", "further": "has the value too"}
        return Node(
            f"{'also' if kind == 'further' else 'item'} {item}", name, "", f"{name} ({item}), {said[kind]}", kind
        )

    def _name(self, item: str) -> str:
        num = self.catalogue.find(item)
        return title_of("" if num is None else self.catalogue[num].title, item)


def _key(evidence: Evidence) -> str:
    """Return one key a fact, and one a history item for what other shoppers did."""
    if evidence.kind == "fact":
        return f"fact {evidence.relation!r} {evidence.value!r}"
    kind = "behaviour" if evidence.kind in ("behaviour", "sequence") else evidence.kind
    return f"{kind} {evidence.history_item}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
