from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kgrec.data import Catalogue, Product

Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def shop() -> Catalogue:
    return Catalogue([Product(id="a"), Product(id="b"), Product(id="17850")])
