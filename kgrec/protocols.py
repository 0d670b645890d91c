"""Every extension point, on one page.

Anything with these methods plugs in; nothing has to be inherited. Each has a contract test in ``kgrec.testing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kgrec.data import Catalogue, Completion, Explanation, Fact, Histories, Message, Pool, Product
    from kgrec.graph import Graph

__all__ = [
    "Encoder",
    "Explainer",
    "Extractor",
    "Index",
    "LanguageModel",
    "Progress",
    "Reranker",
    "Scorer",
    "Shelf",
    "silent",
]


class Progress(Protocol):
    """Is told how far a long stage has come. ``total`` is None where it is not known."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Take note; must return quickly and not raise."""
        ...


def silent(stage: str, done: int, total: int | None) -> None:
    """Ignore progress: the default."""


@runtime_checkable
class Extractor(Protocol):
    """Text → facts."""

    @property
    def name(self) -> str:
        """A short name, stored with each fact."""
        ...

    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the facts of each product, products in the order given.

        Every fact read from a text satisfies ``getattr(product, fact.field)[fact.start:fact.end] == fact.surface``.
        A product that states nothing yields nothing.
        """
        ...


@runtime_checkable
class Encoder(Protocol):
    """Text → vectors."""

    @property
    def name(self) -> str:
        """Identifies the weights: vectors of two encoders with one name are comparable."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> NDArray[np.float32]:
        """Return float32 (len(texts), dimension), rows of unit length (all zero for an empty text), order kept."""
        ...


@runtime_checkable
class Index(Protocol):
    """Vectors → nearest vectors, by inner product; higher is nearer."""

    def __len__(self) -> int:
        """Return the number of vectors."""
        ...

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return scores float32 (b, k) in falling order and numbers int64 (b, k) for queries float32 (b, d).

        Where fewer than k vectors exist, the rest is filled with −inf and −1.
        """
        ...


@runtime_checkable
class LanguageModel(Protocol):
    """Messages → a reply."""

    @property
    def name(self) -> str:
        """Identifies the model: replies of two models with one name are interchangeable, so they may be cached."""
        ...

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None) -> Completion:
        """Return the model's reply: one attempt, not repeated here.

        Args:
            messages: the conversation so far, oldest first.
            schema: a JSON schema that the reply should follow. Servers may pass over it: check what comes back.

        Raises:
            LanguageModelError: no reply came; its kind says whether another attempt may help.
        """
        ...


@runtime_checkable
class Explainer(Protocol):
    """A score's parts → why, in numbers and in words."""

    def explain(
        self,
        product: int,
        score: float,
        history: NDArray[np.int32],
        amounts: NDArray[np.float64],
        sources: tuple[str, ...],
        *,
        language: str = "en",
        basis: Literal["history", "product"] = "history",
    ) -> Explanation:
        """Explain a score that ``amounts``, float64 (len(history), len(sources)), sums to.

        The contributions of the result sum to it too (relative 1e-5), and every statement is true of the product and
        the history item it names. ``basis`` says whether the shopper touched the items or is looking at one.

        Raises:
            SettingsError: the language is not known.
        """
        ...

    def explain_popular(self, product: int, score: float, *, language: str = "en") -> Explanation:
        """Explain a product that only its popularity speaks for."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """Histories → a score for every product: what the evaluation ranks by."""

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (len(histories), n); higher is better; −inf where a product must not be shown."""
        ...


@runtime_checkable
class Shelf(Protocol):
    """What is known of n products at one moment: what a re-ranker looks products up in, by number."""

    @property
    def catalogue(self) -> Catalogue:
        """Their texts and attributes."""
        ...

    @property
    def graph(self) -> Graph:
        """Their facts."""
        ...

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Centred unit text vectors, float32 (n, d); d is 0 where the shop has no texts."""
        ...

    @property
    def popularity(self) -> NDArray[np.int64]:
        """How many shoppers touched each product, int64 (n,)."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """A query and its candidates → scores."""

    @property
    def name(self) -> str:
        """A short name: of the stage, in results and reports."""
        ...

    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        """Return for each pool one score a candidate, float32 (c,), in the order of its candidates; higher is better.

        Scores of one pool are finite and comparable with each other. What a pool is given does not depend on the
        pools beside it. A product that was not there when the re-ranker was trained is scored like any other.

        Raises:
            RerankError: no scores can be given; the shopper is then answered by the stage before.
        """
        ...
