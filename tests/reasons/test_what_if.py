"""Each counterfactual is compared with the answer of a shop from which the evidence was really deleted."""

from __future__ import annotations

import numpy as np
import pytest

import kgrec
from kgrec.data import Recommendation
from kgrec.errors import SettingsError
from kgrec.graph import Graph
from kgrec.retrieval import Controls, LinearModel

from .shops import USERS, again, shop

K = 10


def detailed(user: str) -> list[Recommendation]:
    return list(shop().recommend(user, k=K, explain="details"))


def cut(history_item: str, product: str, source: str) -> LinearModel:
    """Return the model without one source's part of one weight: the edge is gone, all others stay."""
    model, catalogue = shop().shop.model, shop().catalogue
    i, j = catalogue.num(history_item), catalogue.num(product)
    place = int(model.indptr[i]) + int(np.searchsorted(model.columns[model.indptr[i] : model.indptr[i + 1]], j))
    assert model.columns[place] == j
    parts, weights = model.parts.copy(), model.weights.copy()
    at = model.sources.index(source)
    weights[place] -= float(parts[place, at])
    parts[place, at] = 0
    return LinearModel(
        settings=model.settings,
        sources=model.sources,
        indptr=model.indptr,
        columns=model.columns,
        weights=weights,
        parts=parts,
    )


def score_of(asked: kgrec.Recommender, user: str, product: str, controls: Controls | None = None) -> tuple[float, bool]:
    """Return a product's score, and whether it is among the first k."""
    everything = asked.recommend(user, k=len(asked.catalogue), explain=False, controls=controls)
    place, found = next((at, found) for at, found in enumerate(everything) if found.item == product)
    return (found.score if found.source == "item-item" else 0.0), place < K


def test_a_history_item_that_counts_nothing() -> None:
    checked, dropped = 0, 0
    for user in USERS:
        for found in detailed(user):
            assert found.explanation is not None
            whole = [entry for entry in found.explanation.counterfactuals if not entry.source]
            for entry in whole[:3]:
                score, stays = score_of(shop(), user, found.item, Controls(forget=(entry.history_item,)))
                if entry.score > 0:
                    assert score == pytest.approx(entry.score, abs=1e-4)
                assert entry.lowers == pytest.approx(found.score - entry.score, abs=1e-9)
                assert stays == entry.stays
                checked, dropped = checked + 1, dropped + (not stays)
    assert checked > 300
    assert 0 < dropped < checked


def test_an_edge_that_is_gone() -> None:
    checked: dict[str, int] = {}
    for user in USERS[:6]:
        for found in detailed(user)[::2]:
            assert found.explanation is not None
            for entry in found.explanation.counterfactuals:
                if not entry.source:
                    continue
                without = again(model=cut(entry.history_item, found.item, entry.source))
                score, stays = score_of(without, user, found.item)
                if entry.score > 0:
                    assert score == pytest.approx(entry.score, abs=1e-4)
                assert stays == entry.stays
                checked[entry.source] = checked.get(entry.source, 0) + 1
    assert sum(checked.values()) > 80
    assert {"behaviour", "text"} < set(checked)
    assert any(source.startswith("graph:") for source in checked)


def test_evidence_and_counterfactuals_belong_together() -> None:
    for found in detailed(USERS[0]):
        why = found.explanation
        assert why is not None
        cells = {(part.history_item, part.source): part.amount for part in why.contributions}
        assert why.evidence
        for entry in why.evidence:
            part, whole = why.without(entry.history_item, entry.source), why.without(entry.history_item)
            assert part is not None
            assert whole is not None
            assert part.lowers == cells[entry.history_item, entry.source] >= entry.amount * (1 - 1e-9)
            total = sum(amount for (item, _), amount in cells.items() if item == entry.history_item)
            assert whole.lowers == pytest.approx(total)
        assert why.without("nothing") is None


def check_paths(found: Recommendation, graph: Graph) -> int:
    """Look up every edge of every path, and return their number."""
    why = found.explanation
    assert why is not None
    for path in why.paths:
        assert path.product == found.item
        assert path.edges[0].subject == path.history_item
        assert path.edges[-1].subject == found.item
        for edge in path.edges:
            value = graph.find(edge.relation, edge.value)
            assert value is not None
            assert edge.kind == "fact"
            assert value in graph.values_of(graph.num(edge.subject))
            if edge.span is not None:
                text = getattr(shop().catalogue.product(edge.subject), edge.span.field)
                assert text[edge.span.start : edge.span.end] == edge.span.surface
        assert path.edges[0].value == path.edges[-1].value
        value = graph.find(path.edges[0].relation, path.edges[0].value)
        assert value is not None
        assert path.count == len(graph.products_with(value))
    return len(why.paths)


def test_no_path_is_invented() -> None:
    graph = shop().graph
    assert sum(check_paths(found, graph) for user in USERS for found in detailed(user)) > 200


def test_plain_explanations_have_no_details() -> None:
    plain = shop().recommend(USERS[0], k=3)
    full = shop().recommend(USERS[0], k=3, explain="details")
    for one, two in zip(plain, full, strict=True):
        assert one.explanation is not None
        assert two.explanation is not None
        assert one.explanation.paths == one.explanation.counterfactuals == ()
        assert two.explanation.counterfactuals
        assert one.explanation.contributions == two.explanation.contributions
        assert one.explanation.text == two.explanation.text
    assert shop().explain(USERS[0], plain[0].item, details=False).counterfactuals == ()
    with pytest.raises(SettingsError, match="'details'"):
        shop().recommend(USERS[0], explain="all")  # type: ignore[arg-type]


def test_texts_and_popularity() -> None:
    known = shop().catalogue.ids
    last = shop().recommend(USERS[1], k=len(known), explain="details")
    by_text = [found for found in last if found.source == "text"]
    assert by_text
    for found in by_text[:20]:
        assert found.explanation is not None
        for entry in found.explanation.counterfactuals:
            assert entry.score == pytest.approx(found.score - entry.lowers)
            assert entry.stays  # k is everything
    popular = shop().recommend(None, k=3, explain="details")[0].explanation
    assert popular is not None
    (only,) = popular.counterfactuals
    assert (only.source, only.score, only.stays) == ("popularity", 0.0, False)


def test_explain_judges_by_its_k() -> None:
    best = shop().recommend(USERS[2], k=1, explain=False)[0].item
    among_all = shop().explain(USERS[2], best, k=len(shop().catalogue))
    alone = shop().explain(USERS[2], best, k=1)
    assert all(entry.stays for entry in among_all.counterfactuals)
    assert not all(entry.stays for entry in alone.counterfactuals)


@pytest.mark.parametrize("history", [[], ["nobody knows"], ["?", "!"]])
def test_histories_of_nothing(history: list[str]) -> None:
    answer = shop().recommend(history=history, k=3, explain="details")
    for found in answer:
        assert found.source == "popularity"
        assert found.explanation is not None
        assert found.explanation.paths == ()
    why = shop().explain(None, shop().catalogue.ids[0], history=history)
    assert sum(part.amount for part in why.contributions) == pytest.approx(why.score)


def test_ten_thousand_history_items() -> None:
    many = [shop().catalogue.ids[at % 80] for at in range(5_000)] + [f"unknown {at}" for at in range(5_000)]
    answer = shop().recommend(history=many, k=5, explain="details")
    assert len(answer) == 5
    assert "5000 of 5080" in answer.notes[0]
    for found in answer:
        assert found.explanation is not None
        assert sum(part.amount for part in found.explanation.contributions) == pytest.approx(found.score, rel=1e-5)
