"""Whole columns at a time: ids, names and numbers of an event table, with the positions that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgrec.readers.fields import FormUnknown, id_of, text_of
from kgrec.readers.rows import RowFault, quoted
from kgrec.readers.tables import plain_array

__all__ = ["Faults", "array_of", "as_floats", "coded", "floats", "id_texts", "readable_text", "whole_numbers"]

_EXACT = 2**53


class Faults:
    """Positions of a batch that cannot be used, each with its first reason.

    Attributes:
        reasons: position → reason.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.reasons: dict[int, str] = {}

    def mark(self, mask: NDArray[np.bool_], reason: Callable[[int], str]) -> None:
        """Note the positions where ``mask`` (bool (e,)) is true; ``reason`` says why, by position."""
        for at in np.flatnonzero(mask).tolist():
            if at not in self.reasons:
                self.reasons[at] = reason(at)


def array_of(cells: Sequence[Any]) -> pa.Array:
    """Return cells of any kind, as JSON gives them, as one array; mixed kinds become strings.

    Args:
        cells: (e,) values.
    """
    try:
        return pa.array(cells)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return pa.array([_as_text(cell) for cell in cells], pa.string())


def readable_text(array: pa.Array, faults: Faults) -> pa.Array:
    """Return the array without layout extras and, for bytes and strings, in valid UTF-8 without NUL.

    Args:
        array: (e,) cells.
        faults: takes the positions of broken text; they are null in the result.
    """
    array = plain_array(array)
    kind = array.type
    texts = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not texts and not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        return array
    try:
        if texts:
            array.validate(full=True)
        else:
            array = array.cast(pa.large_string())
    except (pa.ArrowException, UnicodeDecodeError):
        array = _decoded(array.cast(pa.large_binary()), faults)
    nul = _mask(pc.match_substring(array, "\0"))
    if nul.any():
        faults.mark(nul, lambda at: f"NUL character: in {quoted(array[at].as_py())}")
        array = pc.if_else(pa.array(nul), pa.scalar(None, array.type), array)
    return array


def id_texts(array: pa.Array, field: str, faults: Faults) -> pa.Array:
    """Return ids as strings, null where missing or faulty; whole numbers are exact, without ``.0``.

    Args:
        array: (e,) strings, whole numbers or floats that hold whole numbers.
        field: ``"user"`` or ``"item"``, for the reasons.
        faults: takes the positions that have no id or one that is not exact.
    """
    array = readable_text(array, faults)
    kind = array.type
    if pa.types.is_integer(kind):
        texts = array.cast(pa.string())
    elif pa.types.is_floating(kind):
        numbers = as_floats(array)
        exact = (np.abs(numbers) < _EXACT) & (np.floor(numbers) == numbers)
        faults.mark(~exact & ~np.isnan(numbers), lambda at: f"unreadable {field}: {numbers[at]} is no whole number")
        texts = pa.array(np.where(exact, numbers, 0).astype(np.int64), mask=~exact).cast(pa.string())
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        blank = pc.equal(pc.utf8_trim_whitespace(array), "")
        texts = pc.if_else(blank, pa.scalar(None, kind), array)
    else:
        texts = pa.array([_id(cell, field, at, faults) for at, cell in enumerate(array.to_pylist())], pa.string())
    faults.mark(_mask(texts.is_null()), lambda _: f"no {field}")
    return texts


def floats(array: pa.Array, faults: Faults) -> NDArray[np.float64]:
    """Return numbers, float64 (e,), NaN where missing or faulty.

    Args:
        array: (e,) numbers or strings of numbers.
        faults: takes the positions that are infinite or no number.
    """
    array = readable_text(array, faults)
    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = as_floats(array)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts, codes = coded(array)
        read = [_number(text) for text in texts]
        bad = np.array([value is None for value in read] + [False])[codes]
        faults.mark(bad, lambda at: f"unreadable value: {quoted(texts[int(codes[at])])}")
        numbers = np.array([np.nan if value is None else value for value in read] + [np.nan])[codes]
    else:
        faults.mark(~_mask(array.is_null()), lambda at: f"unreadable value: {quoted(array[at].as_py())}")
        return np.full(len(array), np.nan)
    faults.mark(np.isinf(numbers), lambda at: f"infinite value: {numbers[at]}")
    return numbers


def coded(texts: pa.Array) -> tuple[list[str], NDArray[np.int64]]:
    """Return the different texts, in order of appearance, and for each cell its position there; −1 for null."""
    encoded = texts.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return encoded.dictionary.to_numpy(zero_copy_only=False).tolist(), codes


def whole_numbers(array: pa.Array) -> NDArray[np.int64]:
    """Return an int64 array, (e,), 0 where null."""
    return np.asarray(array.fill_null(0).to_numpy(zero_copy_only=False), np.int64)


def as_floats(array: pa.Array) -> NDArray[np.float64]:
    """Return an array of any numbers as float64, (e,), NaN where null."""
    return np.array(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)


def _mask(array: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(array.fill_null(False).to_numpy(zero_copy_only=False), bool)


def _decoded(array: pa.Array, faults: Faults) -> pa.Array:
    texts: list[str | None] = []
    for at, raw in enumerate(array.to_pylist()):
        try:
            texts.append(None if raw is None else raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            texts.append(None)
            faults.reasons.setdefault(at, f"invalid UTF-8: {quoted(raw[error.start : error.start + 4])}")
    return pa.array(texts, pa.large_string())


def _as_text(cell: Any) -> str | None:
    try:
        return cell if isinstance(cell, str) else text_of(cell)
    except FormUnknown:
        return quoted(cell)


def _id(cell: Any, field: str, at: int, faults: Faults) -> str | None:
    try:
        return id_of(cell, field)
    except RowFault as fault:
        faults.reasons.setdefault(at, str(fault))
        return None


def _number(text: str) -> float | None:
    text = text.strip()
    if not text:
        return np.nan
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None
