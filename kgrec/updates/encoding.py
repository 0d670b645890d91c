"""Texts and facts of products that come later: read and encoded as those of the build were."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Facts, Product
from kgrec.embedding import DEFAULT_MODEL, HashingEncoder, SentenceEncoder, product_documents
from kgrec.errors import EncoderUnavailableError, SettingsError
from kgrec.extraction import Reading
from kgrec.protocols import Encoder

__all__ = ["Newcomers"]

_HASHING = re.compile(r"hashing-(\d+)")


class Newcomers:
    """Reads and encodes new products.

    Args:
        catalogue: teaches the rules their words, when a product is first read.
        dimension: of the shop's vectors, 0 without text.
        name: of the encoder that made them.
        encoder: that encoder, where it is at hand.
        facts: of the shop, with the conventions they carry.
    """

    def __init__(
        self, catalogue: Catalogue, dimension: int, name: str, encoder: Encoder | None, facts: Facts | None = None
    ) -> None:
        """Hold the parts; nothing is learned or loaded yet."""
        self._catalogue = catalogue
        self._dimension = dimension
        self._name = name
        self._encoder = encoder
        self._facts = facts
        self._reading: Reading | None = None

    def learn(self) -> None:
        """Learn the words of the catalogue now: seconds in a large shop."""
        self._reading = self._reading or Reading.of(self._catalogue, self._facts)

    def facts_of(self, products: list[Product], facts: Facts | None) -> Facts:
        """Return the facts of some products: those given, or what the rules read; both as the shop calls its values."""
        if facts is not None and (self._facts is None or not self._facts.conventions):
            return facts
        self.learn()
        assert self._reading is not None
        return self._reading.facts_of(products) if facts is None else self._reading.agreed(facts, products)

    def vectors_of(
        self, products: list[Product], facts: Facts, vectors: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        """Return the vectors of some products, float32 (b, d): those given, or what the encoder makes.

        Raises:
            EncoderUnavailableError: no encoder is at hand that the shop was built with.
            SettingsError: the given ones have another shape or are not finite.
        """
        if vectors is None and self._dimension:
            vectors = self._ready().encode(product_documents(products, facts))
        if vectors is None:
            return np.zeros((len(products), 0), np.float32)
        given = np.asarray(vectors, np.float32)
        if given.shape != (len(products), self._dimension) or not np.isfinite(given).all():
            raise SettingsError(
                f"vectors must be finite and have the shape {(len(products), self._dimension)}; got {given.shape}"
            )
        return given

    def _ready(self) -> Encoder:
        """Return the encoder, made by its name where it was not given."""
        if self._encoder is None:
            if found := _HASHING.fullmatch(self._name):
                self._encoder = HashingEncoder(int(found[1]))
            elif self._name == DEFAULT_MODEL:
                self._encoder = SentenceEncoder()
            else:
                raise EncoderUnavailableError(
                    f"the shop was built with the encoder {self._name!r}, which is not at hand: "
                    "pass it to kgrec.load(path, encoder=…), or vectors= to add"
                )
        if self._encoder.name != self._name:
            raise EncoderUnavailableError(
                f"the shop was built with the encoder {self._name!r}; got {self._encoder.name!r}: "
                "their vectors cannot be compared"
            )
        return self._encoder
