"""The extractor that weighs candidates: learned from labelled products, kept as plain arrays."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kgrec.data import Fact, Product
from kgrec.errors import DataError, SettingsError
from kgrec.extraction.choosing.candidates import FEATURES, Candidate, crossed
from kgrec.extraction.choosing.classes import ABSENT
from kgrec.extraction.choosing.conditional import fit_choice, softmax_by_question
from kgrec.extraction.choosing.families import folds_of
from kgrec.extraction.choosing.reading import CategoryReader, Question
from kgrec.extraction.choosing.saving import read_readers, write_readers
from kgrec.extraction.choosing.texts import ProductText
from kgrec.extraction.declared import under_relation
from kgrec.extraction.labelled import LabelledProduct
from kgrec.protocols import Progress, silent

__all__ = ["ChoosingExtractor", "ChoosingSettings"]

_STAGE = "learn to choose values"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosingSettings:
    """Settings of the training and of the choice.

    Attributes:
        minimum_confidence: a value is stated where its probability is at least this, 0 … 1.
        inferred: whether values are stated that no words of the text lead to.
        folds: what is known of a product's own labels is left out of its training questions, in so many folds, ≥ 2.
        penalty: on the squared weights, above 0.
        iterations: of the training, at least 1.
        seed: of the folds.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    minimum_confidence: float = 0.4
    inferred: bool = True
    folds: int = 5
    penalty: float = 1.0
    iterations: int = 60
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0.0 <= self.minimum_confidence <= 1.0:
            raise SettingsError(f"minimum_confidence must be between 0 and 1; got {self.minimum_confidence!r}")
        if not self.penalty > 0:
            raise SettingsError(f"penalty must be above 0; got {self.penalty!r}")
        for name, least in (("folds", 2), ("iterations", 1)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be at least {least}; got {getattr(self, name)!r}")


class ChoosingExtractor:
    """Reads attribute values by weighing what the text may mean; an ``Extractor``.

    For each attribute of a product's category the candidates are the values that its words can be rewritten to, by
    learned transforms and patterns, and the values that a classifier of whole texts knows. A conditional logit model
    weighs them against each other and against absence. A value that no words of the text lead to is a fact of the field
    ``"inferred"`` without a span.

    Args:
        readers: category → what is known of its attributes.
        weights: float32 (``FEATURES``,).
        settings: see ``ChoosingSettings``.
    """

    name = "choosing"

    def __init__(
        self,
        readers: Mapping[str, CategoryReader],
        weights: NDArray[np.float32],
        *,
        settings: ChoosingSettings | None = None,
    ) -> None:
        """Hold what was learned."""
        self.settings = settings or ChoosingSettings()
        self._readers = dict(readers)
        self._weights = weights
        self._shared = _shared(self._readers.values())

    @classmethod
    def learned_from(
        cls,
        labelled: Sequence[LabelledProduct],
        *,
        settings: ChoosingSettings | None = None,
        progress: Progress = silent,
    ) -> ChoosingExtractor:
        """Learn from labelled products. The same products, order and settings give the same extractor.

        What is learned of values, words and patterns is learned twice: from all products, to be used; and without a
        fold of the products, to make the questions that the weights are learned from, so that no product is asked what
        its own label has just told. Products that are the same at several shops stay in one fold.

        Raises:
            DataError: fewer than two products, or none with a value.
        """
        settings = settings or ChoosingSettings()
        if len(labelled) < 2 or not any(values for row in labelled for values in row.values.values()):
            raise DataError(
                f"nothing to learn from: {len(labelled)} labelled products, and values are needed of at least two; "
                "give products whose values somebody has written down"
            )
        texts = [ProductText(row.product) for row in labelled]
        readers = _learn_readers(texts, labelled)
        questions = _held_out_questions(texts, labelled, _shared(readers.values()), settings, progress)
        weights = fit_choice(*_assembled(questions), penalty=settings.penalty, iterations=settings.iterations)
        return cls(readers, weights, settings=settings)

    @property
    def attributes(self) -> dict[str, tuple[str, ...]]:
        """Category → the attributes that are looked for."""
        return {category: tuple(reader.attributes) for category, reader in self._readers.items()}

    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the facts of each product, products in the order given, a product's facts by attribute.

        The category is the most special one of the product's that was learned; where all was learned without
        categories, none is needed. A product of no known category yields nothing. Relations are the attributes' names
        in snake case.
        """
        return map(under_relation, self.answers(products))

    def answers(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the same facts under the attributes' own names."""
        for product in products:
            reader, text = self._reader_of(product), ProductText(product)
            if reader is not None and text.mentions:
                for question in reader.questions(text, self._shared):
                    yield from self._chosen(text, question)

    def save(self, path: str | PathLike[str]) -> None:
        """Write everything into one ``.npz`` file, without pickle."""
        write_readers(path, self._readers, self._weights)

    @classmethod
    def load(cls, path: str | PathLike[str], *, settings: ChoosingSettings | None = None) -> ChoosingExtractor:
        """Read what :meth:`save` wrote.

        Raises:
            DataError: the file is none that ``save`` wrote.
        """
        readers, weights = read_readers(path, FEATURES)
        return cls(readers, weights, settings=settings)

    def _reader_of(self, product: Product) -> CategoryReader | None:
        for path in product.categories:
            for name in reversed(path):
                if name in self._readers:
                    return self._readers[name]
        return self._readers.get("")

    def _chosen(self, text: ProductText, question: Question) -> Iterator[Fact]:
        scores = np.asarray(question.features @ self._weights, dtype=np.float64)
        likely = softmax_by_question(scores, np.zeros(1, dtype=np.int64))
        for at in np.argsort(-likely, kind="stable").tolist():
            candidate = question.candidates[at]
            stated = candidate.value != ABSENT and likely[at] >= self.settings.minimum_confidence
            if stated and (candidate.mentions or self.settings.inferred):
                yield self._fact(text, question, candidate, min(1.0, float(likely[at])))

    def _fact(self, text: ProductText, question: Question, candidate: Candidate, confidence: float) -> Fact:
        product = text.product
        field, start, end, surface = "inferred", -1, -1, ""
        if candidate.mentions:
            places = list(dict.fromkeys(at for at, _ in candidate.mentions))
            best = max(places, key=lambda at: float(self._weights[crossed(text.around(at), question.levels)].sum()))
            mention = text.mentions[best]
            field, start, end, surface = mention.field, mention.start, mention.end, mention.text
        return Fact(
            product=product.id,
            relation=question.attribute,
            value=candidate.value,
            field=field,
            start=start,
            end=end,
            surface=surface,
            confidence=confidence,
            extractor=self.name,
        )


def _shared(readers: Iterable[CategoryReader]) -> frozenset[str]:
    counts = Counter(attribute for reader in readers for attribute in reader.attributes)
    return frozenset(attribute for attribute, count in counts.items() if count > 1)


def _learn_readers(texts: Sequence[ProductText], labelled: Sequence[LabelledProduct]) -> dict[str, CategoryReader]:
    of_category: defaultdict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(labelled):
        of_category[row.category].append(at)
    return {
        category: CategoryReader.learn(category, [texts[at] for at in places], [labelled[at] for at in places])
        for category, places in of_category.items()
    }


def _held_out_questions(
    texts: Sequence[ProductText],
    labelled: Sequence[LabelledProduct],
    shared: frozenset[str],
    settings: ChoosingSettings,
    progress: Progress,
) -> list[tuple[Question, tuple[str, ...]]]:
    """Return the questions of each product, made by readers that did not learn from its fold, and the right values."""
    fold = folds_of([row.product for row in labelled], settings.folds, settings.seed)
    found: list[tuple[Question, tuple[str, ...]]] = []
    progress(_STAGE, 0, settings.folds)
    for held_out in range(settings.folds):
        kept = np.flatnonzero(fold != held_out).tolist()
        readers = _learn_readers([texts[at] for at in kept], [labelled[at] for at in kept])
        for at in np.flatnonzero(fold == held_out).tolist():
            row = labelled[at]
            if row.category in readers:
                asked = readers[row.category].questions(texts[at], shared, row.values)
                found.extend((question, row.values[question.attribute]) for question in asked)
        progress(_STAGE, held_out + 1, settings.folds)
    return found


def _assembled(
    questions: Sequence[tuple[Question, tuple[str, ...]]],
) -> tuple[sparse.csr_matrix, NDArray[np.bool_], NDArray[np.int64]]:
    """Return the features of all candidates, which are right, and where each question begins.

    Where none of the candidates is right, absence is: better nothing than a wrong value.
    """
    right: list[bool] = []
    starts: list[int] = []
    for question, values in questions:
        starts.append(len(right))
        of_one = [candidate.value in values for candidate in question.candidates]
        right.extend(of_one if any(of_one) else [True, *of_one[1:]])
    matrix = sparse.vstack([question.features for question, _ in questions], format="csr", dtype=np.float32)
    return matrix, np.array(right), np.array(starts, dtype=np.int64)
