"""Settings of canonical values."""

from __future__ import annotations

from dataclasses import dataclass

from kgrec.errors import SettingsError

__all__ = ["CanonicalSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalSettings:
    """How boldly values are merged.

    Attributes:
        typos: whether a rare misspelling is merged into the word it misspells.
        typo_ratio: a misspelling is at least this many times rarer than the word, above 1.
        names: relations whose values are names: words keep their plural, and legal forms such as ``Inc.`` may go.
        left_alone: relations whose values are never touched.
        longest: longer values, in characters, are prose and merged only where they are written alike.
        doubtful_likeness: pairs at least as alike (0 … 1, of their letters) are doubtful: shown to a judge, or to you.
        vector_likeness: values of at least this cosine are doubtful too, where an encoder is given.
        vector_certain: of this cosine, and as alike as a doubtful pair in letters, they are merged without a judge.
        max_encoded: in each relation the vectors of so many values are compared, the most used first.
        max_verdicts: at most so many pairs are put to the judge, those that concern most facts first.
        single_share: a relation is of one value where this share of the products that declare it declares one, 0 … 1.
        single_support: and where at least so many products declare it.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    typos: bool = True
    typo_ratio: float = 4.0
    names: frozenset[str] = frozenset({"brand", "manufacturer", "model", "series", "designer", "author", "supplier"})
    left_alone: frozenset[str] = frozenset({"category"})
    longest: int = 60
    doubtful_likeness: float = 0.88
    vector_likeness: float = 0.8
    vector_certain: float = 0.95
    max_encoded: int = 20_000
    max_verdicts: int = 500
    single_share: float = 0.98
    single_support: int = 20

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("doubtful_likeness", "vector_likeness", "vector_certain", "single_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SettingsError(f"{name} must be between 0 and 1; got {getattr(self, name)!r}")
        for name in ("longest", "max_encoded", "max_verdicts", "single_support"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1; got {getattr(self, name)!r}")
        if not self.typo_ratio > 1:
            raise SettingsError(f"typo_ratio must be above 1; got {self.typo_ratio!r}")
