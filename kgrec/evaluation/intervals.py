"""How sure a figure is: bootstrap intervals over users, and a paired test between two models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError, SettingsError

__all__ = ["Interval", "PairedTest", "bootstrap", "bootstrap_all", "paired_test"]

_CELLS = 4_000_000  # of a block of resampling counts or signs


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and the interval it lies in with confidence ``level`` (0 … 1)."""

    mean: float
    low: float
    high: float
    level: float = 0.95

    def __str__(self) -> str:
        """Return ``.1198 [.1156, .1240]``."""
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """What separates two models that answered the same users.

    Attributes:
        difference: mean of a − b.
        low: lower end of its interval.
        high: upper end of its interval.
        p_value: two-sided, 0 … 1 exclusive of 0: how often chance alone gives so large a difference.
        n_users: number of users.
    """

    difference: float
    low: float
    high: float
    p_value: float
    n_users: int


def bootstrap(values: NDArray[np.floating], *, samples: int = 1000, level: float = 0.95, seed: int = 0) -> Interval:
    """Return the mean of one number a user and its percentile bootstrap interval (Efron, 1979).

    Args:
        values: float (q,), NaN where a user has no value (left out).
        samples: number of resamples, at least 100.
        level: confidence, 0 … 1, exclusive.
        seed: for the resampling.

    Raises:
        DataError: no user has a value.
        SettingsError: ``samples`` or ``level`` is out of range.
    """
    return bootstrap_all({"values": values}, samples=samples, level=level, seed=seed)["values"]


def bootstrap_all(
    columns: Mapping[str, NDArray[np.floating]], *, samples: int = 1000, level: float = 0.95, seed: int = 0
) -> dict[str, Interval]:
    """Bootstrap many metrics of the same users with one draw, so that they are cheap and comparable.

    A metric that no user has a value of gets NaN for mean, low and high.

    Args:
        columns: metric → float (q,), NaN where a user has no value (left out).
        samples: as in ``bootstrap``.
        level: as in ``bootstrap``.
        seed: as in ``bootstrap``.

    Raises:
        DataError: the columns differ in length, or there are no users.
        SettingsError: ``samples`` or ``level`` is out of range.
    """
    if samples < 100 or not 0 < level < 1:
        raise SettingsError(f"bootstrap needs samples >= 100 and 0 < level < 1; got samples={samples}, level={level}")
    if not columns:
        return {}
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise DataError(
            f"bootstrap needs one value a user, and at least one user; got columns of {sorted(lengths)} users"
        )
    table = np.column_stack([np.asarray(values, np.float64) for values in columns.values()])
    real = ~np.isnan(table)
    table = np.where(real, table, 0.0)
    whole = real.all()
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [
            _divide(counts @ table, np.full(table.shape[1], float(len(table))) if whole else counts @ real)
            for counts in _resamples(rng, len(table), samples)
        ]
    )
    tail = (1 - level) / 2
    ends = np.full((2, table.shape[1]), np.nan)
    some = real.any(axis=0)  # a resample may miss every user with a value; it is left out then
    ends[:, some] = np.nanquantile(means[:, some], [tail, 1 - tail], axis=0)
    low, high = ends
    mean = _divide(table.sum(axis=0), real.sum(axis=0).astype(np.float64))
    return {
        name: Interval(mean=float(mean[at]), low=float(low[at]), high=float(high[at]), level=level)
        for at, name in enumerate(columns)
    }


def paired_test(
    a: NDArray[np.floating],
    b: NDArray[np.floating],
    *,
    samples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> PairedTest:
    """Test whether two models differ, on one metric of the same users.

    A sign-flip permutation test of the mean difference (Fisher's randomisation test, which Smucker, Allan and
    Carterette, CIKM 2007, recommend for retrieval), with a bootstrap interval of the difference beside it. If the
    models were alike, a − b would be as likely as b − a for each user.

    Args:
        a: float (q,), one value a user.
        b: float (q,), the other model's value of the same user.
        samples: number of random sign flips, at least 100; the smallest p-value is 1 / (samples + 1).
        level: confidence of the interval.
        seed: for flips and resampling.

    Raises:
        DataError: the two differ in length, are empty or hold NaN.
        SettingsError: ``samples`` or ``level`` is out of range.
    """
    if len(a) != len(b):
        raise DataError(f"paired_test compares the same users, one by one; got {len(a)} and {len(b)} values")
    difference = np.asarray(a, np.float64) - np.asarray(b, np.float64)
    if np.isnan(difference).any():
        raise DataError("paired_test got NaN; leave out users without a value for both models")
    interval = bootstrap(difference, samples=min(samples, 2000), level=level, seed=seed)
    if samples < 100:
        raise SettingsError(f"paired_test needs samples >= 100; got {samples}")
    moved = np.abs(difference[difference != 0])
    observed = abs(difference.sum())
    slack = 1e-12 * moved.sum()
    rng = np.random.default_rng([seed, 1])
    as_large = 0
    for signs in _signs(rng, len(moved), samples):
        # Σ ±d = 2 Σ₊ d − Σ d
        as_large += int(np.sum(np.abs(2.0 * (signs @ moved) - moved.sum()) >= observed - slack))
    return PairedTest(
        difference=interval.mean,
        low=interval.low,
        high=interval.high,
        p_value=(as_large + 1) / (samples + 1),
        n_users=len(difference),
    )


def _blocks(width: int, samples: int) -> list[int]:
    """Split ``samples`` rows of ``width`` numbers into blocks of bounded size."""
    size = max(1, min(samples, _CELLS // max(width, 1)))
    return [min(size, samples - start) for start in range(0, samples, size)]


def _resamples(rng: np.random.Generator, users: int, samples: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each user is drawn, float64 (block, users), rows of sum ``users``."""
    for size in _blocks(users, samples):
        drawn = rng.integers(users, size=(size, users)) + np.arange(size)[:, None] * users
        yield np.bincount(drawn.ravel(), minlength=size * users).reshape(size, users).astype(np.float64)


def _signs(rng: np.random.Generator, width: int, samples: int) -> Iterator[NDArray[np.float64]]:
    """Yield random 0/1, float64 (block, width)."""
    for size in _blocks(width, samples):
        bits = np.frombuffer(rng.bytes((size * width + 7) // 8), np.uint8)
        yield np.unpackbits(bits, count=size * width).reshape(size, width).astype(np.float64)


def _divide(total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
