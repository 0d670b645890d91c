from __future__ import annotations

import json
import sys
from pathlib import Path

import faiss
import pytest

from benchmarks import index


def test_kinds_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "index.json"
    given = ["--items", "6000", "--dimension", "16", "--queries", "30", "--spread", "0.3", "--json", str(file)]
    monkeypatch.setattr(sys, "argv", ["index.py", *given])
    threads = faiss.omp_get_max_threads()
    try:
        index.main()
    finally:
        faiss.omp_set_num_threads(threads)
    result = json.loads(file.read_text())
    assert {kind: figures["built_as"] for kind, figures in result["kinds"].items()} == {k: k for k in index.KINDS}
    for figures in result["kinds"].values():
        assert set(index.SHOWN) <= set(figures)
        assert figures["recall@10"] >= 0.95
        assert [figures[f"filled_{share:g}"] for share in index.SHARES] == [1.0] * 4
    assert result["kinds"]["flat"]["recall@100"] == 1.0
    assert result["kinds"]["flat"]["bytes"] == 0
    assert 0 < result["kinds"]["sq8"]["bytes"] < result["vector_bytes"]
