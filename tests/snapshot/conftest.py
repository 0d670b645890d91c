from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kgrec.snapshot import write_snapshot

WHEN = datetime(2024, 2, 29, 12, tzinfo=UTC)


def parts(number: int = 1) -> dict[str, Any]:
    return {
        "arrays": {"numbers": np.arange(number, number + 5, dtype=np.int32), "empty": np.zeros((0, 3), np.float32)},
        "tables": {"words": pa.table({"word": pa.array(["红", "red", None]).dictionary_encode()})},
        "tensors": {"weights": {"w": np.full((2, 3), number, np.float16)}},
        "documents": {"settings": {"k": number, "名": [1.5, None, "x"]}},
        "meta": {"products": number},
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[[int], Path]:
    def write(number: int = 1) -> Path:
        write_snapshot(tmp_path / "shop", **parts(number), created=WHEN)
        return tmp_path / "shop"

    return write
