"""The graph benchmark on a small catalogue: its figures are there and its peers find the same."""

from __future__ import annotations

import argparse
import json
from itertools import pairwise

import numpy as np
import pytest

from benchmarks import graph as benchmark
from kgrec.graph import Graph


def test_the_catalogue_has_the_size_and_the_shape_it_says() -> None:
    ids, facts = benchmark.generated(12_000, 3)
    graph = Graph.from_facts(ids, facts, keep_sources=False)
    assert (len(ids), len(facts)) == (1000, 12_000)
    assert 11_500 < len(graph) <= 12_000  # a product may draw one feature twice
    counts = np.sort(graph.value_counts()[list(graph.values_in("colour"))])[::-1]
    assert 0.15 < counts[0] / len(ids) < 0.3
    assert counts[0] > 5 * np.median(counts)
    for num in (0, 500):
        levels = [graph.label(int(value))[1] for value in graph.values_of(num) if value in graph.values_in("category")]
        assert len(levels) == 3
        assert all(longer.startswith(shorter + " > ") for shorter, longer in pairwise(levels))
    again = Graph.from_facts(*benchmark.generated(12_000, 3), keep_sources=False)
    assert again == graph


def test_figures() -> None:
    figures = benchmark.measured(24_000, 20, 20, 0)
    assert figures["bytes_per_triple"] <= 20
    assert 0 < figures["neighbours_p50_us"] < 1000
    assert figures["two_hops_nodes_p50"] < figures["two_hops_all_nodes_p50"]
    assert {"build_seconds", "two_hops_p99_ms"} <= figures.keys()
    json.dumps(figures)


@pytest.mark.parametrize("name", ["networkx", "rustworkx"])
def test_peers_find_the_same(name: str) -> None:
    pytest.importorskip(name)
    own = benchmark.measured(6_000, 100, 20, 1)
    other = benchmark.peer_measured(name, 6_000, 100, 20, 1)
    assert other["two_hops_nodes_p50"] == own["two_hops_nodes_p50"]
    assert other["two_hops_nodes_p99"] == own["two_hops_nodes_p99"]


def test_a_peer_that_memory_cannot_hold_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = argparse.Namespace(peers=True, hub=1, asks=1, seed=0)
    monkeypatch.setattr(benchmark, "available_mb", lambda: 1000.0)
    assert "5,600 MB" in benchmark.peer("networkx", 10_000_000, arguments)["reason"]
    arguments.peers = False
    assert "--peers" in benchmark.peer("rustworkx", 10_000_000, arguments)["reason"]
