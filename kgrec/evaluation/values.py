"""How well attribute values were read from texts, by the protocol that the published figures follow."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["ValueCell", "ValueCounts", "ValueScores", "score_values"]

Outcome = Literal["NN", "NV", "VN", "VC", "VW"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCell:
    """One attribute of one product that somebody has looked for.

    Attributes:
        group: what the macro average is taken over, by convention ``(category, attribute)``.
        gold: every value that counts as right; empty where the attribute is absent.
        predicted: the value that was read, or None where nothing was.
        absent_too: whether the gold, beside its values, accepts that nothing is read.
    """

    group: Hashable
    gold: tuple[str, ...]
    predicted: str | None
    absent_too: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCounts:
    """What became of the cells.

    Attributes:
        nn: no value in the gold, none predicted.
        nv: no value in the gold, one predicted.
        vn: a value in the gold, none predicted.
        vc: a value in the gold, a correct one predicted.
        vw: a value in the gold, a wrong one predicted.
    """

    nn: int = 0
    nv: int = 0
    vn: int = 0
    vc: int = 0
    vw: int = 0

    @property
    def precision(self) -> float:
        """VC / (NV + VC + VW), 0 … 1; 0 where nothing was predicted."""
        return self.vc / max(self.nv + self.vc + self.vw, 1)

    @property
    def recall(self) -> float:
        """VC / (VN + VC + VW), 0 … 1; 0 where the gold has no value."""
        return self.vc / max(self.vn + self.vc + self.vw, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 … 1."""
        return 2 * self.vc / max(self.nv + self.vn + 2 * (self.vc + self.vw), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueScores:
    """Scores of one method on one set.

    Attributes:
        total: counts over all cells; its precision, recall and F1 are the micro ones.
        groups: counts by group.
        macro_f1: mean F1 of the groups in which the gold has a value, 0 … 1.
    """

    total: ValueCounts
    groups: dict[Hashable, ValueCounts]
    macro_f1: float


def score_values(cells: Iterable[ValueCell]) -> ValueScores:
    """Score predictions as ExtractGPT and WDC-PAVE do (Brinkmann, Shraga and Bizer, arXiv 2310.12537 and 2403.02130).

    A cell has one answer, and only cells that the gold speaks of count. An answer is correct where it equals one of the
    gold values exactly, white space at the ends aside. Where the gold lists "n/a" beside values, no answer is right too
    and counts as NN. Micro figures are taken over all cells. The macro F1 is the mean over the groups, attribute within
    category, in which the gold has a value. GPT-4's own replies on the 524 titles of AE-110K have 91.1, 84.3 and 87.5
    micro this way, exactly as published, and 66.7 macro (published: 66; over attributes regardless of category 63).
    """
    counts: defaultdict[Hashable, Counter[Outcome]] = defaultdict(Counter)
    for cell in cells:
        counts[cell.group][_outcome(cell)] += 1
    groups = {group: _counts(counted) for group, counted in counts.items()}
    total = _counts(sum(counts.values(), Counter()))
    with_values = [group for group in groups.values() if group.vn + group.vc + group.vw]
    macro = sum(group.f1 for group in with_values) / max(len(with_values), 1)
    return ValueScores(total=total, groups=groups, macro_f1=macro)


def _outcome(cell: ValueCell) -> Outcome:
    predicted = cell.predicted.strip() if cell.predicted is not None else ""
    if not cell.gold:
        return "NV" if predicted else "NN"
    if not predicted:
        return "NN" if cell.absent_too else "VN"
    return "VC" if any(predicted == value.strip() for value in cell.gold) else "VW"


def _counts(counted: Counter[Outcome]) -> ValueCounts:
    return ValueCounts(**{name.lower(): counted[name] for name in ("NN", "NV", "VN", "VC", "VW")})
