from __future__ import annotations

import numpy as np

from kgrec.explanation import ExplanationSettings, Sensitive

from .shops import Shop, shop_of

TITLES = ("pink lamp", "pink mug", "lamp", "candle", "soap", "sock", "rope", "bell")
FACTS = (
    (0, "colour", "pink"),
    (1, "colour", "pink"),
    (0, "category", "Home > Light > Lamps > Desk"),
    (2, "category", "Home > Light > Lamps"),
    (3, "category", "Home > Light > Candles"),
    (4, "category", "Home > Bath"),
    (5, "category", "Home > Light"),
    *((num, "category", "Home") for num in (6, 7)),
)


def paths_of(shop: Shop, product: int, *history: int) -> list[str]:
    found = shop.explainer.paths(product, np.array(history, np.int32))
    for path in found:
        for edge in path.edges:
            value = shop.graph.find(edge.relation, edge.value)
            assert value is not None
            if edge.kind == "fact":
                assert value in shop.graph.values_of(shop.graph.num(edge.subject))
            else:
                low = shop.graph.find(edge.relation, edge.subject)
                assert low is not None
                assert (
                    shop.graph.hierarchy(edge.relation).parent[low - shop.graph.values_in(edge.relation).start] == value
                )
    return [
        f"{path.count}: " + ", ".join(f"{edge.subject} {edge.kind} {edge.value}" for edge in path.edges)
        for path in found
    ]


def test_shared_values_and_what_stands_above() -> None:
    shop = shop_of(TITLES, FACTS, [], settings=ExplanationSettings(hub_share=0.6))
    assert paths_of(shop, 0, 1) == ["2: id1 fact pink, id0 fact pink"]
    up = "Home > Light > Lamps > Desk part_of Home > Light > Lamps"
    assert paths_of(shop, 0, 2) == [f"2: id2 fact Home > Light > Lamps, {up}, id0 fact Home > Light > Lamps > Desk"]
    assert paths_of(shop, 0, 3) == [
        "4: id3 fact Home > Light > Candles, Home > Light > Candles part_of Home > Light, "
        f"Home > Light > Lamps part_of Home > Light, {up}, id0 fact Home > Light > Lamps > Desk"
    ]
    assert paths_of(shop, 0, 4) == []  # all that both have above them is what most products have
    assert paths_of(shop, 0, 0) == []


def test_limits_order_and_sensitive_values() -> None:
    titles = [f"P{num}" for num in range(30)]
    facts = [(num, "colour", "red") for num in range(20)] + [(num, "brand", f"b{num // 3}") for num in range(20)]
    shop = shop_of(titles, facts, [], settings=ExplanationSettings(hub_share=1.0, max_paths=4))
    found = shop.explainer.paths(0, np.array([1, 2, 5, 5], np.int32))
    assert [(path.history_item, path.edges[0].value, path.count) for path in found] == [
        ("id1", "b0", 3),
        ("id1", "red", 20),
        ("id2", "b0", 3),
        ("id2", "red", 20),
    ]
    settings = ExplanationSettings(hub_share=1.0, sensitive=Sensitive(values=frozenset({"brand: b0"})))
    hidden = shop_of(titles, facts, [], settings=settings)
    assert [path.edges[0].value for path in hidden.explainer.paths(0, np.array([1], np.int32))] == ["red"]
    assert [path.edges[0].value for path in hidden.explainer.paths(4, np.array([5], np.int32))] == ["b1", "red"]
