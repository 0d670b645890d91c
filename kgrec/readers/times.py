"""Cells of a time column → seconds since 1970-01-01 UTC, without guessing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.errors import EventsError, SettingsError
from kgrec.readers.rows import quoted
from kgrec.readers.vectors import Faults, as_floats, coded, whole_numbers

__all__ = ["Clock"]

_FIRST, _LAST = 631_152_000.0, 4_102_444_800.0  # 1990-01-01 and 2100-01-01: plain numbers outside are not seconds
_EARLIEST, _LATEST = -2_208_988_800.0, 7_258_118_400.0  # 1900-01-01 and 2200-01-01: dates outside are fillers
_MILLISECONDS, _MICROSECONDS = 1e11, 1e14
_QUARTER = 900
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_EPOCH = datetime(1970, 1, 1)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SLASHED_YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?!\d)", re.ASCII)
_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}[/.\- ]\d{1,2}[/.\-, ]+(\d{4}|\d{2})\b.*", re.ASCII | re.DOTALL)
_ZONE = re.compile(r"\s*(?:UTC|GMT|Z)$|\s+(?=[+-]\d\d:?\d\d$)", re.ASCII | re.IGNORECASE)


class Clock:
    """Reads times of one source.

    Args:
        source: its name, for messages.
        time_unit: what plain numbers count; None takes seconds where they fall between 1990 and 2100.
        timezone: the zone (IANA name) of times that state none; None refuses such times.

    Raises:
        SettingsError: an unknown unit or zone.
    """

    def __init__(self, source: str, time_unit: Literal["s", "ms"] | None, timezone: str | None) -> None:
        """Check the settings."""
        if time_unit not in (None, "s", "ms"):
            raise SettingsError(f"time_unit is {time_unit!r}; expected 's', 'ms' or None")
        self._source = source
        self._unit = time_unit
        self._zone = None if timezone is None else _zone(timezone)

    def seconds(self, array: pa.Array, faults: Faults) -> NDArray[np.float64]:
        """Return seconds since 1970-01-01 UTC, float64 (e,), NaN where missing or faulty.

        Args:
            array: numbers, strings, timestamps or dates, (e,).
            faults: takes the positions that cannot be read, with reasons.

        Raises:
            EventsError: numbers look like milliseconds and no unit was given, or a time has no zone and none was given.
        """
        kind = array.type
        if pa.types.is_null(kind):
            return np.full(len(array), np.nan)
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return self._numbers(as_floats(array), faults)
        if pa.types.is_date(kind):
            array = array.cast(pa.timestamp("s"))
        if pa.types.is_timestamp(array.type):
            return self._timestamps(array, faults)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return self._strings(array, faults)
        faults.mark(np.ones(len(array), bool), lambda _: f"unreadable time: a column of {kind}")
        return np.full(len(array), np.nan)

    def _numbers(self, numbers: NDArray[np.float64], faults: Faults) -> NDArray[np.float64]:
        faults.mark(np.isinf(numbers), lambda at: f"infinite time: {numbers[at]}")
        numbers = np.where(np.isinf(numbers), np.nan, numbers)
        if self._unit is not None:
            return numbers / _UNITS[self._unit]
        if (large := np.abs(numbers) > _MILLISECONDS).any():
            raise self._too_large(float(numbers[large][0]))
        odd = (numbers < _FIRST) | (numbers >= _LAST)
        faults.mark(
            odd,
            lambda at: f"implausible time: {numbers[at]:.15g} as seconds is not in 1990–2100 (time_unit='s' takes any)",
        )
        return np.where(odd, np.nan, numbers)

    def _too_large(self, example: float) -> EventsError:
        if abs(example) > _MICROSECONDS:
            return EventsError(
                f"{self._source} has the time {example:.0f}, which looks like micro- or nanoseconds; expected seconds, "
                "milliseconds or ISO 8601: divide the column first"
            )
        day = (_EPOCH + timedelta(milliseconds=example)).date()
        return EventsError(
            f"{self._source} has the time {example:.0f}, which looks like milliseconds ({day}); plain numbers are read "
            "as seconds unless said otherwise: pass time_unit='ms' (or 's' if it really is seconds)"
        )

    def _timestamps(self, array: pa.Array, faults: Faults) -> NDArray[np.float64]:
        kind = array.type
        missing = np.asarray(array.is_null().to_numpy(zero_copy_only=False), bool)
        counts = whole_numbers(array.cast(pa.int64()))
        seconds = np.where(missing, np.nan, counts / _UNITS[kind.unit])
        naive = np.full(len(array), kind.tz is None)
        return self._dated(seconds, naive, faults, lambda at: str(array[at].cast(pa.string()).as_py()))

    def _strings(self, array: pa.Array, faults: Faults) -> NDArray[np.float64]:
        texts, codes = coded(array)
        read = [_read(text.strip()) for text in texts]
        number = np.array([value[1] == "number" for value in read] + [False])[codes]
        naive = np.array([value[1] == "naive" for value in read] + [False])[codes]
        seconds = np.array([value[0] for value in read] + [np.nan])[codes]
        reasons = {code: value[1] for code, value in enumerate(read) if value[1].endswith(" time")}
        if reasons:
            faults.mark(
                np.isin(codes, list(reasons)), lambda at: f"{reasons[int(codes[at])]}: {quoted(texts[int(codes[at])])}"
            )
        dated = self._dated(np.where(number, np.nan, seconds), naive, faults, lambda at: texts[int(codes[at])])
        return np.where(number, self._numbers(np.where(number, seconds, np.nan), faults), dated)

    def _dated(
        self, seconds: NDArray[np.float64], naive: NDArray[np.bool_], faults: Faults, show: Callable[[int], str]
    ) -> NDArray[np.float64]:
        """Bound dated times and bring those without zone (``naive``) to UTC."""
        odd = (seconds < _EARLIEST) | (seconds >= _LATEST)
        faults.mark(odd, lambda at: f"implausible time: {show(at)} is not in 1900–2200")
        seconds = np.where(odd, np.nan, seconds)
        local = naive & ~np.isnan(seconds)
        if not local.any():
            return seconds
        if self._zone is None:
            raise EventsError(
                f"{self._source} has the time {show(int(np.flatnonzero(local)[0]))!r} without a zone; expected Z or an "
                "offset such as +02:00: pass timezone='UTC', or where the shop's clock stands, such as 'Europe/London'"
            )
        seconds[local] = _to_utc(seconds[local], self._zone)
        return seconds


def _zone(name: str) -> tzinfo:
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"timezone is {name!r} ({error}); expected 'UTC' or an IANA name like 'Europe/London'"
        ) from error


def _read(text: str) -> tuple[float, str]:
    """Return seconds and how to take them: ``number``, ``naive``, ``utc``, ``missing``, or a reason."""
    if not text:
        return np.nan, "missing"
    if _NUMBER.fullmatch(text):
        return float(text), "number"
    if _DAY_OR_MONTH_FIRST.fullmatch(text):
        return np.nan, "ambiguous time"
    form = text
    if slashed := _SLASHED_YEAR_FIRST.match(text):
        form = f"{slashed[1]}-{slashed[2]:0>2}-{slashed[3]:0>2}{text[slashed.end() :]}"
    if zone := _ZONE.search(form):
        form = form[: zone.start()] + (form[zone.end() :] or "+00:00")
    try:
        moment = datetime.fromisoformat(form)
    except ValueError:
        return np.nan, "unreadable time"
    if moment.tzinfo is None:
        return (moment - _EPOCH).total_seconds(), "naive"
    return (moment - _EPOCH.replace(tzinfo=UTC)).total_seconds(), "utc"


def _to_utc(local: NDArray[np.float64], zone: tzinfo) -> NDArray[np.float64]:
    """Return UTC seconds of local clock readings, float64 (m,).

    Zones change their offset on quarter hours, so one look-up serves a quarter. The hour that a clock shows twice
    is taken as the first of the two.
    """
    quarters, inverse = np.unique(np.floor(local / _QUARTER).astype(np.int64), return_inverse=True)
    moments = ((_EPOCH + timedelta(seconds=int(quarter) * _QUARTER)).replace(tzinfo=zone) for quarter in quarters)
    offsets = [(moment.utcoffset() or timedelta()).total_seconds() for moment in moments]
    return local - np.array(offsets, np.float64)[inverse]
