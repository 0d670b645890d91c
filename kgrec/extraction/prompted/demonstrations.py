"""Which labelled examples are shown with a product: the most alike, of its own category first."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Product
from kgrec.extraction.aligning import folded
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.schema import CategorySchema
from kgrec.extraction.schema.attributes import DEFAULT_CATEGORY, category_key
from kgrec.language.tokens import fold, tokenise
from kgrec.protocols import Encoder

__all__ = ["Demonstrations"]

_CHARACTERS = 2_000


class Demonstrations:
    """Labelled examples, found by likeness of their texts.

    Likeness is the cosine of TF-IDF weights of words (of characters in Chinese and Japanese), or of an encoder's
    vectors. Ties break by order.

    Args:
        examples: labelled products.
        encoder: turns texts to vectors; None compares words.
    """

    def __init__(self, examples: Iterable[LabelledProduct], encoder: Encoder | None = None) -> None:
        """Index the examples."""
        self._examples = tuple(examples)
        self._texts = [_identity(example.product) for example in self._examples]
        self._by_category: defaultdict[str, list[int]] = defaultdict(list)
        for num, example in enumerate(self._examples):
            self._by_category[category_key(example.category or DEFAULT_CATEGORY)].append(num)
        self._likeness: _Words | _Vectors
        texts = [_text(example.product) for example in self._examples]
        self._likeness = _Words(texts) if encoder is None else _Vectors(texts, encoder)

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self._examples)

    def of(self, product: Product, category: CategorySchema, count: int) -> tuple[LabelledProduct, ...]:
        """Return up to ``count`` examples, the most alike last, next to the product.

        Examples of the same category come first; others help only where they are labelled with one of the category's
        attributes. An example that is the product itself, by id or by its texts, is never among them.
        """
        if not count or not self._examples:
            return ()
        scores = self._likeness.scores(_text(product))
        itself = _identity(product)
        chosen: list[int] = []
        for pool in self._pools(category):
            nums = np.asarray(pool, dtype=np.int64)
            for num in nums[np.lexsort((nums, -scores[nums]))].tolist():
                if len(chosen) == count:
                    break
                if self._examples[num].product.id != product.id and self._texts[num] != itself:
                    chosen.append(num)
            if len(chosen) == count:
                break
        return tuple(self._examples[num] for num in reversed(chosen))

    def _pools(self, category: CategorySchema) -> Iterator[Sequence[int]]:
        same = self._by_category.get(category_key(category.name), [])
        yield same
        own = set(same)
        yield [
            num
            for num, example in enumerate(self._examples)
            if num not in own and any(category.find(name) for name in example.values)
        ]


def _text(product: Product) -> str:
    return f"{product.title} {product.description}"[:_CHARACTERS]


def _identity(product: Product) -> str:
    return " ".join(folded(_text(product)).split())


class _Words:
    """Cosines of TF-IDF weights through an inverted index."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(tokenise(fold(text)).keys) for text in texts]
        frequency = Counter(word for count in counts for word in count)
        self._rarity = {word: math.log((1 + len(texts)) / (1 + seen)) + 1 for word, seen in frequency.items()}
        self._size = len(texts)
        postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for num, count in enumerate(counts):
            for word, weight in self._weights(count).items():
                postings[word].append((num, weight))
        self._postings = {
            word: (np.array([num for num, _ in pairs]), np.array([weight for _, weight in pairs]))
            for word, pairs in postings.items()
        }

    def _weights(self, count: Counter[str]) -> dict[str, float]:
        weights = {word: (1 + math.log(n)) * self._rarity[word] for word, n in count.items() if word in self._rarity}
        norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {word: weight / norm for word, weight in weights.items()}

    def scores(self, text: str) -> NDArray[np.float64]:
        """Return the likeness of each text with this one, float64 (texts)."""
        scores = np.zeros(self._size)
        for word, weight in self._weights(Counter(tokenise(fold(text)).keys)).items():
            nums, weights = self._postings[word]
            scores[nums] += weight * weights
        return scores


class _Vectors:
    """Cosines of an encoder's vectors."""

    def __init__(self, texts: Sequence[str], encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors = encoder.encode(texts) if texts else np.zeros((0, encoder.dimension), np.float32)

    def scores(self, text: str) -> NDArray[np.float64]:
        """Return the likeness of each text with this one, float64 (texts)."""
        return np.asarray(self._vectors @ self._encoder.encode([text])[0], dtype=np.float64)
