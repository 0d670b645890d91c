"""A small tagger that learns attribute values from labelled products, and reads many others quickly."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kgrec.data import Fact, Product
from kgrec.extraction.declared import under_relation
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging.lexicon import Lexicon
from kgrec.extraction.tagging.settings import TaggerSettings
from kgrec.extraction.tagging.sheets import Text
from kgrec.extraction.tagging.words import cut_words
from kgrec.protocols import Progress, silent

if TYPE_CHECKING:
    from kgrec.extraction.tagging.reading import SpanModel

__all__ = ["TaggerExtractor"]

_AT_ONCE = 512
Precision = Literal["auto", "int8", "bfloat16", "float32"]


class TaggerExtractor:
    """Reads the values of attributes that it was taught; an ``Extractor``.

    A text is encoded once. Every span of up to eight words is then a candidate for every attribute of the product's
    category, beside "not there", and the softmax over them is the probability of the answer. What training products had
    as values is a feature of a candidate, not a verdict, so that known values are found and others are not missed.

    Args:
        model: what :meth:`train` and :meth:`load` make.
        settings: those that it was trained with.
    """

    name = "tagger"

    def __init__(self, model: SpanModel, settings: TaggerSettings) -> None:
        """Hold the parts; use :meth:`train` or :meth:`load`."""
        self.model, self.settings = model, settings

    @classmethod
    def train(
        cls,
        labelled: Sequence[LabelledProduct],
        *,
        attributes: Mapping[str, Sequence[str]] | None = None,
        encoder: str | os.PathLike[str] | None = None,
        settings: TaggerSettings | None = None,
        progress: Progress = silent,
    ) -> TaggerExtractor:
        """Return a tagger that has learned from labelled products; deterministic for a seed and a machine.

        Args:
            labelled: what somebody, the rules or a language model said of these products.
            attributes: category → the attributes to look for there; by default those that are labelled in it.
            encoder: an encoder of transformers, folder or name; None for the local all-MiniLM-L6-v2.
            settings: see ``TaggerSettings``.
            progress: told how many steps are done.

        Raises:
            DataError: no labelled value stands in its product's texts.
            EncoderUnavailableError: the encoder cannot be loaded.
        """
        from kgrec.extraction.tagging.reading import taught

        settings = settings or TaggerSettings()
        known = {name: list(of) for name, of in (attributes or {}).items()}
        for row in labelled:
            names = known.setdefault(row.category, [])
            names += [name for name in row.values if name not in names]
        texts = _texts([(row.product, row.category) for row in labelled], settings)
        counts: Counter[str] = Counter()
        for text in texts:
            words = cut_words(text.text)
            spans = zip(words.starts, words.ends, strict=True)
            counts.update({text.text[start:end].casefold() for start, end in spans})
        of_row: dict[int, list[str]] = {}
        for text in texts:
            of_row.setdefault(text.row, []).append(text.text)
        lexicon = Lexicon.learned_from(
            (row.category, _stripped(row.values), of_row.get(num, ())) for num, row in enumerate(labelled)
        )
        model = taught(labelled, texts, known, lexicon, counts, encoder, settings, progress)
        return cls(model, settings)

    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the facts of each product, products in the order given, a product's by field and place.

        A product's category is the deepest of its categories that the tagger knows; where it knows none of them, all
        attributes are looked for. Relations are the attributes' names in snake case. An attribute has one value, the
        most probable one over all fields.
        """
        for facts in self._read(products, None):
            for fact in sorted(facts, key=lambda fact: (fact.field != "title", fact.start, fact.relation)):
                yield under_relation(fact)

    def answers(self, products: Iterable[Product], categories: Iterable[str] | None = None) -> Iterator[Fact]:
        """Yield facts whose relations are the attributes' own names.

        Args:
            products: any number of them.
            categories: of each product, in order; by default what ``category_of`` says.
        """
        for facts in self._read(products, categories):
            yield from facts

    def category_of(self, product: Product) -> str:
        """Return the category that a product is read under; ``""`` where none is known."""
        known = self.model.numbers.attributes
        if len(known) == 1:
            return next(iter(known))
        for path in product.categories:
            for category in (" > ".join(path), *reversed(path)):
                if category in known:
                    return category
        return ""

    def _read(self, products: Iterable[Product], categories: Iterable[str] | None) -> Iterator[list[Fact]]:
        """Yield the facts of each product, read in parts of many."""
        remaining, given = iter(products), None if categories is None else iter(categories)
        while part := list(islice(remaining, _AT_ONCE)):
            asked = list(map(self.category_of, part)) if given is None else list(islice(given, len(part)))
            yield from self._answers(part, asked)

    def _answers(self, products: Sequence[Product], categories: Sequence[str]) -> Iterator[list[Fact]]:
        texts = _texts(list(zip(products, categories, strict=True)), self.settings)
        best: list[dict[str, Fact]] = [{} for _ in products]
        for found in self.model.read(texts, self.settings.threshold):
            kept = best[found.row]
            if found.attribute not in kept or found.probability > kept[found.attribute].confidence:
                kept[found.attribute] = Fact(
                    product=products[found.row].id,
                    relation=found.attribute,
                    value=found.surface,
                    field=found.field,
                    start=found.start,
                    end=found.end,
                    surface=found.surface,
                    confidence=found.probability,
                    extractor=self.name,
                )
        for facts in best:
            yield list(facts.values())

    def save(self, folder: Path, *, int8: bool = True) -> None:
        """Write the tagger as a folder of safetensors and JSON, and beside it the encoder in eight-bit integers.

        Args:
            folder: is made; files of a tagger that is there are replaced.
            int8: whether to write the encoder in eight-bit integers too. It is left out where onnx or onnxruntime is
                not installed, and where its answers agree too little with float32's; ``tagger.json`` says why.

        Raises:
            DataError: the tagger was loaded in another precision than float32.
        """
        from kgrec.extraction.tagging.saved import save_model

        save_model(self.model, Path(folder), self.settings, int8=int8)

    @classmethod
    def load(cls, folder: Path, *, precision: Precision = "auto", threads: int = 0) -> TaggerExtractor:
        """Read a folder that :meth:`save` wrote.

        Args:
            folder: of a tagger.
            precision: ``"auto"`` for eight-bit integers where the folder has them and onnxruntime is installed, else
                bfloat16 where the processor has it, else float32.
            threads: that read, a batch of titles each; 0 for all cores.

        Raises:
            DataError: the folder is no tagger, or is damaged.
            MissingExtraError: ``precision="int8"`` without onnxruntime.
        """
        from kgrec.extraction.tagging.saved import load_model

        model, settings = load_model(Path(folder), precision, threads)
        return cls(model, settings)


def _texts(products: Sequence[tuple[Product, str]], settings: TaggerSettings) -> list[Text]:
    return [
        Text(num, field, category, text[: settings.max_characters])
        for num, (product, category) in enumerate(products)
        for field, text in (("title", product.title), ("description", product.description))
        if text.strip() and (field == "title" or settings.descriptions)
    ]


def _stripped(values: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {attribute: tuple(value.strip() for value in given) for attribute, given in values.items()}
