"""Reviews: what a shopper wrote of a product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from kgrec.data.rows import SetAside

__all__ = ["Review", "Reviews"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One review.

    Attributes:
        id: the review's own id; a reader names it by its line where the source has none.
        product: the id of the product it is about.
        text: what was written, as it stands.
        title: the headline; ``""`` where there is none.
        stars: 1 … 5, or None where the shopper gave none.
        user: who wrote it; ``""`` where it is not known.
    """

    id: str
    product: str
    text: str
    title: str = ""
    stars: float | None = None
    user: str = ""

    @property
    def words(self) -> str:
        """Headline and text, each on a line of its own."""
        return f"{self.title}\n{self.text}" if self.title else self.text


class Reviews(Sequence[Review]):
    """Reviews in the order given, with the rows that could not be used.

    Args:
        reviews: the reviews.
        set_aside: rows that are no review, and why.
    """

    def __init__(self, reviews: Iterable[Review], set_aside: Iterable[SetAside] = ()) -> None:
        """Hold them."""
        self._reviews = tuple(reviews)
        self.set_aside = tuple(set_aside)

    def __len__(self) -> int:
        """Return the number of reviews."""
        return len(self._reviews)

    @overload
    def __getitem__(self, at: int) -> Review: ...

    @overload
    def __getitem__(self, at: slice) -> Reviews: ...

    def __getitem__(self, at: int | slice) -> Review | Reviews:
        """Return one review, or some of them."""
        return Reviews(self._reviews[at]) if isinstance(at, slice) else self._reviews[at]

    def __iter__(self) -> Iterator[Review]:
        """Iterate in order."""
        return iter(self._reviews)

    def __repr__(self) -> str:
        """Return a short description."""
        aside = f", {len(self.set_aside)} set aside" if self.set_aside else ""
        return f"<Reviews: {len(self):,}{aside}>"
