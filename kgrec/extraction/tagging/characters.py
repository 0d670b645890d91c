"""A tagger for Chinese texts that learns from a few hundred of them: characters, word lists, and what follows what."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Fact, Product
from kgrec.errors import DataError, SettingsError
from kgrec.extraction.declared import snake_case
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging.chain import Chain, Places, fit_chain
from kgrec.extraction.tagging.character_encoding import AttributeLists, Spans, encoded, labels_of, numbered, places_of
from kgrec.extraction.tagging.character_features import Dictionary, Sentence, clues_of, sentences_of
from kgrec.protocols import Progress, silent
from kgrec.saved_arrays import read_arrays, write_arrays

__all__ = ["CharacterTagger", "CharacterTaggerSettings"]

_FORMAT = 1
_ARRAYS = ("plain", "kinds", "tied", "moves")
_STAGE = "training character tagger"
_AT_ONCE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterTaggerSettings:
    """Settings of the character tagger.

    Attributes:
        ridge: penalty on the squared weights of single attributes, positive.
        shared_ridge: the same for weights that all attributes share; much larger ones trust the word lists less.
        minimum_count: a feature is learned where so many training places have it.
        iterations: of the fit, at most.
        threshold: values that are less likely are not stated, 0 … 1.
        longest: of a value, in places (a Chinese character, or a Latin word or number, is one).
        learn_from: at most so many sentences, spread evenly, are fitted; the values of all are known all the same.
        max_characters: how much of a field is read.
        descriptions: whether descriptions are read beside titles.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    ridge: float = 1.0
    shared_ridge: float = 0.1
    minimum_count: int = 2
    iterations: int = 100
    threshold: float = 0.4
    longest: int = 10
    learn_from: int = 10_000
    max_characters: int = 20_000
    descriptions: bool = True

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("ridge", "shared_ridge"):
            if not 0 < getattr(self, name) < float("inf"):
                raise SettingsError(f"{name} must be positive; got {getattr(self, name)!r}")
        if not 0 <= self.threshold <= 1:
            raise SettingsError(f"threshold must be between 0 and 1; got {self.threshold!r}")
        for name in ("minimum_count", "iterations", "longest", "learn_from", "max_characters"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1; got {getattr(self, name)!r}")


class CharacterTagger:
    """Reads attribute values from Chinese texts, character by character; an ``Extractor``.

    A linear-chain CRF (see :mod:`kgrec.extraction.tagging.chain`) over characters and their neighbours, the values of
    the training texts, and built-in lists of fashion words by attribute, whose trustworthiness it learns. An attribute
    without a single training value can still be read where a list knows it. Latin words are places like characters, so
    mixed texts work, but for plainly English ones other taggers are better.

    Args:
        attributes: the attributes, in the order of the chain's labels.
        features: name → row of the chain's plain weights.
        tied: name → place among the chain's tied weights.
        dictionary: the values of the training texts.
        chain: the weights.
        settings: see ``CharacterTaggerSettings``.
    """

    name = "characters"

    def __init__(
        self,
        *,
        attributes: Sequence[str],
        features: Mapping[str, int],
        tied: Mapping[str, int],
        dictionary: Dictionary,
        chain: Chain,
        settings: CharacterTaggerSettings,
    ) -> None:
        """Hold the parts; use :meth:`train` or :meth:`load`."""
        self.attributes = tuple(attributes)
        self.settings = settings
        self._features = dict(features)
        self._tied = dict(tied)
        self._dictionary = dictionary
        self._chain = chain
        self._lists = AttributeLists(attributes)

    @classmethod
    def train(
        cls,
        products: Sequence[LabelledProduct],
        *,
        spans: Mapping[str, Spans] | None = None,
        settings: CharacterTaggerSettings | None = None,
        progress: Progress = silent,
    ) -> CharacterTagger:
        """Learn from titles whose values are known. Deterministic.

        Args:
            products: at least 2 with a value that stands in the title. Attributes are all that ``values`` names.
            spans: product id → (attribute, start, end) in the title, code points. A product that is missing here, or
                all without it, is labelled wherever one of its values stands in its title.
            settings: see ``CharacterTaggerSettings``.
            progress: is told ("training character tagger", iterations done, iterations at most).

        Raises:
            DataError: too few values stand in the titles.
        """
        settings = settings or CharacterTaggerSettings()
        attributes = tuple(sorted({name for row in products for name in row.values}))
        sentences, places = [], []
        for row in products:
            stated = (spans or {}).get(row.product.id)
            for sentence in sentences_of(row.product.title, max_characters=settings.max_characters):
                sentences.append(sentence)
                places.append(places_of(sentence, row, stated))
        known = set(attributes)
        places = [[span for span in found if span[0] in known] for found in places]
        if sum(map(bool, places)) < 2:
            raise DataError(
                f"got {len(products)} labelled products of which {sum(map(bool, places))} have a value in their title; "
                "expected at least 2: check that values are spelled as in the titles"
            )
        dictionary = Dictionary.of(sentences, places)
        lists = AttributeLists(attributes)
        step = -(-len(sentences) // settings.learn_from)
        sentences, places = sentences[::step], places[::step]
        clues = [
            clue
            for sentence, own in zip(sentences, places, strict=True)
            for clue in clues_of(
                sentence.tokens, [*lists.match(sentence.tokens), *dictionary.match(sentence.tokens, own)]
            )
        ]
        features = numbered((name for clue in clues for name in clue.plain), settings.minimum_count)
        tied = numbered((name for clue in clues for _, _, name in clue.tied), 1)
        places_encoded = encoded(clues, [len(sentence.tokens) for sentence in sentences], features, tied, lists.number)
        labels = np.concatenate(
            [labels_of(sentence, own, lists.number) for sentence, own in zip(sentences, places, strict=True)]
        )
        done = 0

        def told() -> None:
            nonlocal done
            done += 1
            progress(_STAGE, done, settings.iterations)

        progress(_STAGE, 0, settings.iterations)
        chain = fit_chain(
            places_encoded,
            labels,
            1 + 2 * len(attributes),
            ridge=settings.ridge,
            shared_ridge=settings.shared_ridge,
            iterations=settings.iterations,
            told=told,
        )
        return cls(
            attributes=attributes, features=features, tied=tied, dictionary=dictionary, chain=chain, settings=settings
        )

    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the facts of each product, products in the order given, a product's facts by field and place.

        ``value`` and ``surface`` are the words as they stand; ``confidence`` is the chain's probability of the span.
        A value that stands in a field twice is stated once, where it is likeliest. Relations are the attributes' names
        in snake case, which leaves Chinese ones as they are.
        """
        for fact in self.answers(products):
            relation = snake_case(fact.relation)
            if relation:
                yield replace(fact, relation=relation)

    def answers(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the same facts under the attributes' own names."""
        remaining = iter(products)
        while batch := list(islice(remaining, _AT_ONCE)):
            yield from self._facts(batch)

    def _facts(self, products: Sequence[Product]) -> Iterator[Fact]:
        fields = ("title", "description") if self.settings.descriptions else ("title",)
        asked = [
            (at, field, sentence)
            for at, product in enumerate(products)
            for field in fields
            for sentence in sentences_of(getattr(product, field), max_characters=self.settings.max_characters)
        ]
        if not asked:
            return
        found = self._chain.spans(
            self._encode([sentence for _, _, sentence in asked]),
            threshold=self.settings.threshold,
            longest=self.settings.longest,
        )
        best: dict[tuple[int, str, str], Fact] = {}
        for (at, field, sentence), spans in zip(asked, found, strict=True):
            product = products[at]
            for span in spans:
                start, end = sentence.starts[span.first], sentence.ends[span.last - 1]
                surface = getattr(product, field)[start:end]
                fact = Fact(
                    product=product.id,
                    relation=self.attributes[span.attribute],
                    value=surface,
                    field=field,
                    start=start,
                    end=end,
                    surface=surface,
                    confidence=round(min(span.probability, 1.0), 6),
                    extractor=self.name,
                )
                key = at, fact.relation, surface
                if key not in best or fact.confidence > best[key].confidence:
                    best[key] = fact
        by_place = sorted(best.items(), key=lambda pair: (pair[0][0], fields.index(pair[1].field), pair[1].start))
        yield from (fact for _, fact in by_place)

    def _encode(self, sentences: Sequence[Sentence]) -> Places:
        clues = [
            clue
            for sentence in sentences
            for clue in clues_of(
                sentence.tokens, [*self._lists.match(sentence.tokens), *self._dictionary.match(sentence.tokens)]
            )
        ]
        lengths = [len(sentence.tokens) for sentence in sentences]
        return encoded(clues, lengths, self._features, self._tied, self._lists.number)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the tagger to a folder: ``characters.json`` and ``characters.npz``; no pickle.

        Raises:
            SnapshotError: the folder cannot be written.
        """
        about = {
            "format": _FORMAT,
            "settings": asdict(self.settings),
            "attributes": self.attributes,
            "features": list(self._features),
            "tied": list(self._tied),
            "values": [[list(key), found] for key, found in self._dictionary.values.items()],
            "seen": [[list(key), count] for key, count in self._dictionary.seen.items()],
        }
        chain = self._chain
        arrays: dict[str, NDArray[Any]] = {
            "plain": chain.plain.astype(np.float32),
            "kinds": chain.kinds,
            "tied": chain.tied,
            "moves": chain.moves,
        }
        write_arrays(path, "characters", about, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> CharacterTagger:
        """Read a tagger that :meth:`save` wrote.

        Raises:
            SnapshotDamagedError: a file is missing, or holds something else.
            SnapshotVersionError: a newer version wrote it.
        """

        def made(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> CharacterTagger:
            chain = Chain(*(arrays[name].astype(np.float64) for name in _ARRAYS))
            if chain.plain.shape != (len(about["features"]), 1 + 2 * len(about["attributes"])):
                raise ValueError(f"weights of shape {chain.plain.shape} do not fit the features")
            return cls(
                attributes=about["attributes"],
                features={name: at for at, name in enumerate(about["features"])},
                tied={name: at for at, name in enumerate(about["tied"])},
                dictionary=Dictionary(
                    {tuple(key): found for key, found in about["values"]},
                    {tuple(key): count for key, count in about["seen"]},
                ),
                chain=chain,
                settings=CharacterTaggerSettings(**about["settings"]),
            )

        return read_arrays(path, "characters", _FORMAT, "character tagger", made)
