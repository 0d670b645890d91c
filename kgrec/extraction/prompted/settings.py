"""How a language model is asked for facts."""

from __future__ import annotations

from dataclasses import dataclass

from kgrec.errors import SettingsError

__all__ = ["LlmSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmSettings:
    """Settings of ``LlmExtractor``.

    Attributes:
        demonstrations: labelled examples shown with each product, at most.
        max_characters: how much of the title and of the description is read, each; the rest is cut, and said to be.
        max_demonstration_characters: the same for the texts of a demonstration.
        reasks: how often a reply that cannot be used is asked for again, 0 … 2.
        reask_invalid: whether a value that its attribute does not allow is a reason to ask again, beside replies that
            cannot be read or were cut.
        samples: replies for each product, 1 or 2; how far two agree goes into the confidence.
        max_values: values of one attribute that are kept.
        max_value_characters: longest value of a text attribute.
        max_inferred_words: longest value that is concluded and not read, in words (or 12 characters each).
        keep_set_aside: rows that ``set_aside`` holds; further ones are counted by reason.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    demonstrations: int = 6
    max_characters: int = 8_000
    max_demonstration_characters: int = 600
    reasks: int = 2
    reask_invalid: bool = True
    samples: int = 1
    max_values: int = 12
    max_value_characters: int = 200
    max_inferred_words: int = 6
    keep_set_aside: int = 100_000

    def __post_init__(self) -> None:
        """Check the ranges."""
        ranges = {
            "demonstrations": (0, 100),
            "max_characters": (1, 1_000_000),
            "max_demonstration_characters": (1, 1_000_000),
            "reasks": (0, 2),
            "samples": (1, 2),
            "max_values": (1, 1_000),
            "max_value_characters": (1, 10_000),
            "max_inferred_words": (1, 100),
            "keep_set_aside": (0, 10**9),
        }
        for name, (least, most) in ranges.items():
            if not least <= getattr(self, name) <= most:
                raise SettingsError(f"{name} must be between {least} and {most}; got {getattr(self, name)!r}")
