"""Splits: what a model may see, what it is asked, and what it should have answered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories, Targets
from kgrec.errors import HistoryError, SettingsError

__all__ = ["LeaveOneOut", "Split", "cold_split", "fixed_split", "leave_one_out", "random_holdout", "time_split"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """A question to a model: fitted on ``train``, asked with ``queries``, judged by ``targets``.

    No target is a product of its own query, and every query has at least one target: a product that a user touched
    before is left out of the ranking, so it could never be found.

    Attributes:
        train: histories of all users of the source, cut; some may be empty.
        queries: histories of the q users that are asked, in the order of ``users``.
        targets: what each of them should get, at least one product a user, none twice.
        users: int64 (q,), rising: row of each query in the source histories.
        cold: int32 (c,), rising: products without a single event in ``train`` that targets may name; empty where the
            split does not look at this.

    Raises:
        HistoryError: the parts disagree in length, or a query has no target.
    """

    train: Histories
    queries: Histories
    targets: Targets
    users: NDArray[np.int64]
    cold: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def __post_init__(self) -> None:
        """Check that the parts fit."""
        sizes = len(self.queries), len(self.targets), len(self.users)
        if len(set(sizes)) != 1:
            raise HistoryError(
                f"queries, targets and users must have one length; got {sizes[0]}, {sizes[1]}, {sizes[2]}"
            )
        if np.any(np.diff(self.targets.indptr) == 0):
            raise HistoryError("every query needs at least one target; leave users without targets out of the split")

    def __len__(self) -> int:
        """Return the number of queries."""
        return len(self.users)

    def select(self, rows: NDArray[np.integer]) -> Split:
        """Return the split with only the queries at ``rows`` (int (b,), 0 … q−1), in that order."""
        return Split(
            train=self.train,
            queries=self.queries.select(rows),
            targets=self.targets.select(rows),
            users=self.users[rows],
            cold=self.cold,
        )

    def targets_by_user(self) -> Targets:
        """Return the targets row by row for all users of the source, empty for those that are not asked."""
        lengths = np.zeros(len(self.train), np.int64)
        lengths[self.users] = np.diff(self.targets.indptr)
        return Targets(indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), items=self.targets.items)

    def sample(self, size: int, *, seed: int = 0) -> Split:
        """Return at most ``size`` queries, drawn without replacement, in their old order: for a coarse search."""
        if size >= len(self):
            return self
        rows = np.random.default_rng(seed).choice(len(self), size=size, replace=False)
        return self.select(np.sort(rows))

    def among(self, products: NDArray[np.integer]) -> Split:
        """Keep only targets among ``products`` (int (p,)), and only users who still have one.

        With ``rank(…, only=products)`` this is the ranking among a part of the shop, for example its cold products.
        """
        mask = np.isin(self.targets.items, products)
        indptr = np.concatenate([[0], np.cumsum(mask)])[self.targets.indptr].astype(np.int64)
        kept = Targets(indptr=indptr, items=self.targets.items[mask])
        rows = np.flatnonzero(np.diff(indptr) > 0)
        return Split(
            train=self.train,
            queries=self.queries.select(rows),
            targets=kept.select(rows),
            users=self.users[rows],
            cold=self.cold,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeaveOneOut:
    """The usual protocol of sequential recommendation: one train part, one question to choose by, one to report.

    ``validation`` and ``test`` share ``train``, which holds neither of the two last events of a user.
    """

    train: Histories
    validation: Split
    test: Split


def leave_one_out(histories: Histories) -> LeaveOneOut:
    """Ask for the last product of each user, and for the one before it on validation.

    The protocol of SASRec (Kang and McAuley, 2018) with full ranking. The validation query is everything before the
    last two events, the test query everything before the last one, validation's target included. Users with fewer
    than three events stay in train only. A user whose held-out product is already in the query is not asked.

    Args:
        histories: ordered, oldest first.

    Raises:
        HistoryError: the histories have no order.
    """
    if not histories.ordered:
        raise HistoryError("leave_one_out needs ordered histories; for data without order use random_holdout")
    owner = _owners(histories)
    from_end = histories.indptr[1:][owner] - 1 - np.arange(len(histories.items))
    asked = (histories.lengths() >= 3)[owner]
    train = histories.keep(~asked | (from_end >= 2))

    def question(back: int) -> Split:
        target = asked & (from_end == back)
        queries = histories.keep(from_end > back)
        return _assemble(train, queries, owner[target], histories.items[target])

    return LeaveOneOut(train=train, validation=question(1), test=question(0))


def time_split(histories: Histories, *, at: float | None = None, fraction: float | None = None) -> Split:
    """Cut at one instant: everything before it trains, what is new to the user from it on is wanted.

    One cut for all users keeps the future out of training, which leave-one-out does not (Meng et al., RecSys 2020).
    Users are asked if they have an event before the cut and a product they had not touched after it. Cut
    ``split.train`` once more for a validation split.

    Args:
        histories: with a time for every event, on one clock.
        at: the instant, in the unit of ``histories.times``; events at it belong to the later period.
        fraction: in place of ``at``, the share of events (0 … 1, exclusive) that lie before the cut; fewer where
            many events share the instant of the cut.

    Raises:
        SettingsError: neither or both of ``at`` and ``fraction``, or the cut leaves a side empty.
        HistoryError: an event has no time.
    """
    if (at is None) == (fraction is None):
        raise SettingsError("time_split needs either at= (an instant) or fraction= (a share of events), and not both")
    if np.isnan(histories.times).any():
        raise HistoryError(f"{int(np.isnan(histories.times).sum())} events have no time; time_split needs all of them")
    if len(histories.times) == 0:
        raise HistoryError("there are no events to split")
    cut = at if at is not None else _instant(histories.times, fraction)
    before = histories.times < cut
    if before.all() or not before.any():
        side = "from it on" if before.all() else "before it"
        raise SettingsError(f"the cut at {cut} leaves no event {side}; choose an instant inside the data")
    train = histories.keep(before)
    return _assemble(train, train, _owners(histories)[~before], histories.items[~before], need_history=True)


def fixed_split(train: Histories, test: Histories | Targets) -> Split:
    """Take a split that others published.

    Users with an empty training history are asked too. Test products that the user has in train are not wanted, as
    they cannot be ranked. ``cold`` holds the wanted products without an event in train.

    Args:
        train: histories of u users.
        test: what the same u users should get, row by row; rows may be empty.

    Raises:
        HistoryError: the two have different numbers of users.
    """
    if len(train) != len(test):
        raise HistoryError(f"train and test must have the same users, row by row; got {len(train)} and {len(test)}")
    cold = np.setdiff1d(test.items, train.items).astype(np.int32)
    return _assemble(train, train, _owners(test), test.items, cold=cold)


def random_holdout(histories: Histories, *, fraction: float = 0.1, seed: int = 0) -> Split:
    """Hold out a random share of each user's products: for data without order, and as its validation split.

    A user with m products gives ``fraction · m`` of them, rounded up or down at random so that the share holds on
    average, and keeps at least one. All events of a held-out product of a user leave train.

    Args:
        histories: any.
        fraction: 0 … 1, exclusive.
        seed: for the draw.

    Raises:
        SettingsError: ``fraction`` is out of range.
    """
    _check_fraction(fraction)
    rng = np.random.default_rng(seed)
    owner = _owners(histories)
    width = _width(histories.items)
    pairs, inverse = np.unique(owner * width + histories.items, return_inverse=True)
    pair_owner = pairs // width
    counts = np.bincount(pair_owner, minlength=len(histories))
    take = np.minimum(np.floor(fraction * counts + rng.random(len(counts))), np.maximum(counts - 1, 0))
    order = np.lexsort((rng.random(len(pairs)), pair_owner))
    starts = np.cumsum(counts) - counts
    place = np.empty(len(pairs), np.int64)
    place[order] = np.arange(len(pairs)) - starts[pair_owner[order]]
    held = (place < take[pair_owner])[inverse]
    train = histories.keep(~held)
    return _assemble(train, train, owner[held], histories.items[held])


def cold_split(histories: Histories, *, fraction: float = 0.2, seed: int = 0, n: int) -> Split:
    """Take a share of the products out of train whole, and ask for them: what a model says of new products.

    ``cold`` holds the products taken out. Rank with ``only=split.cold`` among the new products, without it among all.
    Users are asked if they have both a warm and a cold product. A cold product was touched at any time in the history
    that is left, so the queries have no order: none of their events is the last before it.

    Args:
        histories: any.
        fraction: share of the products, 0 … 1, exclusive; at least one leaves.
        seed: for the draw.
        n: number of products of the shop.

    Raises:
        SettingsError: ``fraction`` is out of range.
        HistoryError: a history names a product beyond ``n``.
    """
    _check_fraction(fraction)
    if len(histories.items) and int(histories.items.max()) >= n:
        raise HistoryError(f"histories name product {int(histories.items.max())}, but n is {n}")
    size = max(1, round(fraction * n))
    cold = np.sort(np.random.default_rng(seed).choice(n, size=size, replace=False)).astype(np.int32)
    held = np.isin(histories.items, cold)
    train = histories.keep(~held)
    queries = replace(train, ordered=False)
    return _assemble(train, queries, _owners(histories)[held], histories.items[held], need_history=True, cold=cold)


def _assemble(
    train: Histories,
    queries: Histories,
    owner: NDArray[np.int64],
    items: NDArray[np.int32],
    *,
    need_history: bool = False,
    cold: NDArray[np.int32] | None = None,
) -> Split:
    """Build a split from wanted (user, product) pairs: repeats and products of the query go, then idle users."""
    width = _width(queries.items, items)
    wanted = np.unique(owner * width + items)
    known = _owners(queries) * width + queries.items
    wanted = wanted[~np.isin(wanted, known)]
    user, product = wanted // width, wanted % width
    counts = np.bincount(user, minlength=len(queries))
    asked = counts > 0
    if need_history:
        asked &= queries.lengths() > 0
    users = np.flatnonzero(asked).astype(np.int64)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Split(
        train=train,
        queries=queries.select(users),
        targets=Targets(indptr=indptr, items=product.astype(np.int32)).select(users),
        users=users,
        cold=np.zeros(0, np.int32) if cold is None else cold,
    )


def _owners(rows: Histories | Targets) -> NDArray[np.int64]:
    """Return the user of each event, int64 (e,)."""
    return np.repeat(np.arange(len(rows), dtype=np.int64), np.diff(rows.indptr))


def _width(*items: NDArray[np.int32]) -> int:
    """Return one more than the largest product number, for coding (user, product) as one integer."""
    return 1 + max((int(part.max()) for part in items if len(part)), default=0)


def _instant(times: NDArray[np.float64], fraction: float | None) -> float:
    """Return the instant before which a share of the events lies."""
    share = _check_fraction(fraction)
    return float(np.sort(times)[int(share * len(times))])


def _check_fraction(fraction: float | None) -> float:
    if fraction is None or not 0 < fraction < 1:
        raise SettingsError(f"fraction must lie between 0 and 1, both excluded; got {fraction}")
    return fraction
