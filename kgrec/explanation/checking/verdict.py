"""What was found in a text, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Claim", "ClaimKind", "Status", "Verdict"]

Status = Literal["supported", "contradicted", "unknown"]
ClaimKind = Literal[
    "attribute",
    "brand",
    "category",
    "type",
    "number",
    "measure",
    "price",
    "pack",
    "name",
    "history",
    "shoppers",
    "popularity",
    "share",
    "comparison",
    "same",
    "praise",
    "negation",
    "word",
    "form",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Something that a text says, and what is known of it.

    Attributes:
        kind: what sort of statement it is: ``"attribute"`` a value such as a colour, ``"word"`` a word that is in no
            list, ``"form"`` what a sentence must not be made of (markup, links, commands, another language).
        start: first code point of the words in the text.
        end: one past the last one: ``text[start:end]`` is ``words``.
        words: as they stand in the text.
        status: ``"supported"`` by what is known, ``"contradicted"`` by it, or ``"unknown"``.
        reason: why, in plain English.
    """

    kind: ClaimKind
    start: int
    end: int
    words: str
    status: Status
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a text may be shown: every claim found in it is borne out.

    Attributes:
        text: as it was given.
        language: ``"en"`` or ``"zh"``, as asked for or as it reads.
        claims: in the order of the text.
    """

    text: str
    language: str
    claims: tuple[Claim, ...]

    @property
    def ok(self) -> bool:
        """True where no claim is contradicted or unknown."""
        return all(claim.status == "supported" for claim in self.claims)

    @property
    def problems(self) -> tuple[Claim, ...]:
        """Claims that are contradicted or unknown."""
        return tuple(claim for claim in self.claims if claim.status != "supported")

    def __bool__(self) -> bool:
        """Return ``ok``."""
        return self.ok
