from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import pytest

import kgrec

HEAVY = (
    "torch",
    "faiss",
    "sentence_transformers",
    "transformers",
    "numba",
    "pyarrow",
    "sklearn",
    "scipy",
    "networkx",
    "pandas",
    "polars",
    "pydantic",
    "openai",
    "onnxruntime",
    "pint",
    "yaml",
    "rapidfuzz",
    "typer",
    "rich",
)
PROGRAM = """
import json, logging, sys, warnings
before = logging.root.level, list(logging.root.handlers), list(warnings.filters)
import kgrec
after = logging.root.level, list(logging.root.handlers), list(warnings.filters)
loggers = [n for n, l in logging.root.manager.loggerDict.items() if getattr(l, "handlers", None)]
print(json.dumps({"modules": sorted(sys.modules), "same": before == after, "loggers": loggers,
                  "names": dir(kgrec)}))
"""


@cache
def fresh_import() -> tuple[dict[str, object], str]:
    """Return what ``import kgrec`` did in a new process, and what it wrote beside."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], capture_output=True, text=True, check=True)
    *noise, last = done.stdout.splitlines()
    return json.loads(last), "\n".join(noise) + done.stderr


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_libraries_load_on_first_use(name: str) -> None:
    assert name not in fresh_import()[0]["modules"]  # type: ignore[operator]


def test_import_has_no_side_effects() -> None:
    found, noise = fresh_import()
    assert noise == ""
    assert found["same"] is True
    assert found["loggers"] == []


def test_names_are_listed_before_they_are_used() -> None:
    assert set(kgrec.__all__) <= set(fresh_import()[0]["names"])  # type: ignore[call-overload]


def test_all_is_sorted_and_has_no_doubles() -> None:
    names = list(kgrec.__all__)
    assert len(set(names)) == len(names)
    assert [n for n in names if n[0].isupper()] == sorted(n for n in names if n[0].isupper())


@pytest.mark.parametrize("name", kgrec.__all__)
def test_every_name_resolves(name: str) -> None:
    value = getattr(kgrec, name)
    assert value is getattr(kgrec, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__name__ == name


@pytest.mark.parametrize("name", kgrec.__all__)
def test_every_public_thing_is_described(name: str) -> None:
    value = getattr(kgrec, name)
    missing = [where for where, thing in _public(name, value) if not (inspect.getdoc(thing) or "").strip()]
    assert missing == []


def test_functions_list_what_they_take() -> None:
    for name in kgrec.__all__:
        value = getattr(kgrec, name)
        if inspect.isfunction(value) and inspect.signature(value).parameters:
            assert "Args:" in value.__doc__ or "Raises:" in value.__doc__, name


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        kgrec.nonsense  # noqa: B018


def test_rooms_can_be_reached_by_name() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import kgrec; print(kgrec.sentiment.SentimentModel.__name__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "SentimentModel"


def test_version() -> None:
    assert kgrec.__version__[0].isdigit()


def _public(name: str, value: object) -> Iterator[tuple[str, object]]:
    yield name, value
    if isinstance(value, ModuleType):
        for part in value.__all__:
            yield from _public(f"{name}.{part}", getattr(value, part))
    elif inspect.isclass(value):
        for part, member in vars(value).items():
            if not part.startswith("_") and (callable(member) or isinstance(member, property | classmethod)):
                yield f"{name}.{part}", getattr(value, part) if not isinstance(member, property) else member
