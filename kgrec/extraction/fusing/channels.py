"""How far a source is believed: what it says when a value is true and when there is none, counted or estimated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kgrec.extraction.fusing.cells import Cell

__all__ = ["ANY", "Channel", "Channels", "posterior"]

ANY = ""
"""The relation under which a source's habits over all attributes are kept; as a value key: there is no value."""
_OTHER = "\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """How a source speaks of one attribute.

    Attributes:
        hit: probability that it says the value where there is one, 0 … 1.
        wrong: that it says another value then; it is silent with what is left.
        alarm: that it says something where there is nothing to say.
        novel: that what it says wrongly is something the leading sources do not think of.
    """

    hit: float = 0.8
    wrong: float = 0.1
    alarm: float = 0.2
    novel: float = 0.5


Channels = Mapping[str, Mapping[str, Channel]]
"""Source → relation → channel; ``ANY`` stands for the relations that are not listed."""


def posterior(cell: Cell, channels: Channels, unlisted: Mapping[str, float]) -> dict[str, float]:
    """Return the probability of each value key, and of none under ``ANY``, given what all sources say (Bayes).

    Args:
        cell: what they say.
        channels: of the sources that do not lead.
        unlisted: relation → share of what the leading sources leave open that is a value they did not think of, and
            not absence; ``ANY`` stands for the relations that are not listed.
    """
    open_ = max(0.0, 1.0 - sum(cell.leading.values()))
    new = {key for key in cell.said.values() if key is not None and key not in cell.leading}
    prior = dict(cell.leading)
    share = unlisted.get(cell.relation, unlisted[ANY])
    prior[ANY] = open_ * (1.0 - share)
    # What nobody leading thought of may be what another source says, or what nobody says.
    prior |= dict.fromkeys((*sorted(new), _OTHER), open_ * share / (1 + len(new)))
    for source, key in cell.said.items():
        of_source = channels[source]
        channel = of_source.get(cell.relation) or of_source[ANY]
        spread = channel.novel if key in new else (1.0 - channel.novel) / max(1, len(cell.leading))
        for truth in prior:
            prior[truth] *= _likelihood(truth, key, channel, spread)
    total = sum(prior.values()) or 1.0
    return {key: part / total for key, part in prior.items() if key != _OTHER}


def _likelihood(truth: str, said: str | None, channel: Channel, spread: float) -> float:
    if truth == ANY:
        return 1.0 - channel.alarm if said is None else channel.alarm * spread
    if said is None:
        return max(1e-3, 1.0 - channel.hit - channel.wrong)
    return channel.hit if said == truth else channel.wrong * spread


def count_channels(
    cells: Sequence[Cell], truths: Sequence[Mapping[str, float]], sources: Sequence[str], strength: float
) -> dict[str, dict[str, Channel]]:
    """Return the channels that cells and their true values, or beliefs in them, show.

    Args:
        cells: what is said.
        truths: of each cell the probabilities of the value keys, and of none under ``ANY``.
        sources: the sources to judge.
        strength: each relation starts with so many cells that are as all relations are together.
    """
    return {source: _count_one(cells, truths, source, strength) for source in sources}


def count_unlisted(cells: Sequence[Cell], truths: Sequence[Mapping[str, float]], strength: float) -> dict[str, float]:
    """Return relation → share of what the leading sources leave open that is a value they did not think of.

    Args:
        cells: what the leading sources think.
        truths: of each cell the true value keys, and none under ``ANY``.
        strength: as in :func:`count_channels`.
    """
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for cell, truth in zip(cells, truths, strict=True):
        open_ = max(0.0, 1.0 - sum(cell.leading.values()))
        missed = ANY not in truth and not truth.keys() & cell.leading.keys()
        for relation in (cell.relation, ANY):
            sums[relation][0] += missed
            sums[relation][1] += open_
    general = min(1.0, (sums[ANY][0] + 1.0) / (sums[ANY][1] + 5.0))
    return {ANY: general} | {
        relation: min(0.95, (missed + strength * general) / (open_ + strength))
        for relation, (missed, open_) in sorted(sums.items())
        if relation != ANY
    }


def _count_one(
    cells: Sequence[Cell], truths: Sequence[Mapping[str, float]], source: str, strength: float
) -> dict[str, Channel]:
    # Of each relation: values, hits, wrong ones, absences, alarms, wrong and new, wrong at all.
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * 7)
    for cell, truth in zip(cells, truths, strict=True):
        key = cell.said[source]
        absent = truth.get(ANY, 0.0)
        present = max(0.0, 1.0 - absent)
        hit = truth.get(key, 0.0) if key is not None else 0.0
        wrong = present - hit if key is not None else 0.0
        alarm = absent if key is not None else 0.0
        off = wrong + alarm
        novel = off if key is not None and key not in cell.leading else 0.0
        for relation in (cell.relation, ANY):
            for place, amount in enumerate((present, hit, wrong, absent, alarm, novel, off)):
                sums[relation][place] += amount
    general = _channel(sums[ANY], Channel(), 4.0)
    return {ANY: general} | {
        relation: _channel(amounts, general, strength) for relation, amounts in sorted(sums.items()) if relation != ANY
    }


def _channel(amounts: Sequence[float], general: Channel, strength: float) -> Channel:
    present, hit, wrong, absent, alarm, novel, off = amounts
    return Channel(
        hit=(hit + strength * general.hit) / (present + strength),
        wrong=(wrong + strength * general.wrong) / (present + strength),
        alarm=(alarm + strength * general.alarm) / (absent + strength),
        novel=(novel + strength * general.novel) / (off + strength),
    )
