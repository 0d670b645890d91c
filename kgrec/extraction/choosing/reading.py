"""What is known of the attributes of one category, and the questions it makes of a product."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scipy import sparse

from kgrec.extraction.choosing.candidates import Candidate, candidates_of, features_of
from kgrec.extraction.choosing.classes import Classes, Vocabulary
from kgrec.extraction.choosing.lexicon import Lexicon
from kgrec.extraction.choosing.texts import ProductText
from kgrec.extraction.labelled import LabelledProduct

__all__ = ["AttributeReader", "CategoryReader", "Question"]


@dataclass(frozen=True, slots=True)
class AttributeReader:
    """What is known of one attribute: its lexicon, and a classifier where it chooses among values."""

    lexicon: Lexicon
    classes: Classes | None


@dataclass(frozen=True, slots=True)
class Question:
    """What does this product state of this attribute? The candidates, absence first, and their features."""

    attribute: str
    candidates: list[Candidate]
    features: sparse.csr_matrix
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CategoryReader:
    """What is known of the attributes of one category.

    Attributes:
        category: its name.
        vocabulary: of its texts.
        attributes: attribute → what is known of it.
    """

    category: str
    vocabulary: Vocabulary
    attributes: Mapping[str, AttributeReader]

    @classmethod
    def learn(cls, category: str, texts: Sequence[ProductText], rows: Sequence[LabelledProduct]) -> CategoryReader:
        """Learn from the labelled products of a category and their texts."""
        vocabulary = Vocabulary.of([text.words for text in texts])
        vectors = vocabulary.rows([text.words for text in texts])
        attributes: dict[str, AttributeReader] = {}
        for attribute in dict.fromkeys(name for row in rows for name in row.values):
            places = [at for at, row in enumerate(rows) if attribute in row.values]
            stated = [rows[at].values[attribute] for at in places]
            lexicon = Lexicon.learn([texts[at] for at in places], stated)
            classes = None if lexicon.counts else Classes.fit(vectors[places], stated)
            attributes[attribute] = AttributeReader(lexicon, classes)
        return cls(category, vocabulary, attributes)

    def questions(
        self, text: ProductText, shared: frozenset[str], only: Container[str] | None = None
    ) -> Iterator[Question]:
        """Yield a question for each attribute.

        Args:
            text: the product's.
            shared: attributes that several categories have: what they have in common is weighed once.
            only: of these attributes; by default of all.
        """
        vector = None
        for attribute, reader in self.attributes.items():
            if only is not None and attribute not in only:
                continue
            scores: dict[str, float] = {}
            if reader.classes is not None:
                vector = self.vocabulary.rows([text.words]) if vector is None else vector
                scores = dict(zip(reader.classes.values, reader.classes.scores(vector)[0].tolist(), strict=True))
            levels = (attribute, f"{self.category}|{attribute}") if attribute in shared else (attribute,)
            candidates = candidates_of(text, reader.lexicon, scores)
            features = features_of(text, reader.lexicon, scores, candidates, levels)
            yield Question(attribute, candidates, features, levels)
