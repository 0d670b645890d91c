"""Rules that answer in a shop's own attributes: words learned from labelled products beside the rules' relations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgrec.data import Fact, Product
from kgrec.errors import DataError, SettingsError
from kgrec.extraction.declared import under_relation
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.rules.extractor import RuleExtractor
from kgrec.language.phrases import Meaning, PhraseTable
from kgrec.language.tokens import Tokens, fold, phrase_key, tokenise

__all__ = ["GazetteerExtractor", "GazetteerSettings"]

_LONGEST = 10
_AS_IT_STANDS = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GazetteerSettings:
    """Settings of the learned words.

    Attributes:
        minimum_confidence: what is right more rarely than this among the labelled products is not stated, 0 … 1.
        verbatim_share: an attribute of whose labelled values at least this share stands word for word in the texts is
            answered in the words of the text, another one in the words of the labels, 0 … 1.
        max_characters: how much of a field is read.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    minimum_confidence: float = 0.35
    verbatim_share: float = 0.9
    max_characters: int = 20_000

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("minimum_confidence", "verbatim_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SettingsError(f"{name} must be between 0 and 1; got {getattr(self, name)!r}")
        if self.max_characters < 1:
            raise SettingsError(f"max_characters must be at least 1; got {self.max_characters!r}")


@dataclass(frozen=True, slots=True)
class _Category:
    """What is known of a category: phrases → attributes, and relations of the rules → attributes, with precisions."""

    phrases: PhraseTable
    relations: Mapping[str, tuple[tuple[str, float], ...]]


class GazetteerExtractor:
    """Finds labelled values in other texts, and answers with what rules read; an ``Extractor``.

    A phrase that is a value of some attribute is stated with the share of its places in the labelled texts where it was
    one. A relation of the rules answers an attribute where the two agreed: that is how ``brand`` comes to be
    ``"Brand Name"`` here.

    Args:
        categories: category → what is known of it.
        rules: read beside the words.
        settings: see ``GazetteerSettings``.
    """

    name = "gazetteer"

    def __init__(
        self, categories: Mapping[str, _Category], rules: RuleExtractor, *, settings: GazetteerSettings | None = None
    ) -> None:
        """Hold what was learned."""
        self.settings = settings or GazetteerSettings()
        self._categories = dict(categories)
        self._rules = rules

    @classmethod
    def learned_from(
        cls,
        labelled: Sequence[LabelledProduct],
        *,
        rules: RuleExtractor | None = None,
        settings: GazetteerSettings | None = None,
    ) -> GazetteerExtractor:
        """Learn words and the meaning of the rules' relations from labelled products. Deterministic.

        Raises:
            DataError: there are no labelled products.
        """
        if not labelled:
            raise DataError("no labelled products to learn words from; give at least one")
        settings, rules = settings or GazetteerSettings(), rules or RuleExtractor()
        of_category: defaultdict[str, list[LabelledProduct]] = defaultdict(list)
        for row in labelled:
            of_category[row.category].append(row)
        everywhere = _Words.of(labelled, settings)
        categories = {name: _learn(rows, everywhere, rules, settings) for name, rows in of_category.items()}
        return cls(categories, rules, settings=settings)

    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the facts of each product, products in the order given: one value an attribute, the surest.

        The category is the most special one of the product's that was learned, or the one without a name. Relations are
        the attributes' names in snake case.
        """
        return map(under_relation, self.answers(products))

    def answers(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the same facts under the attributes' own names."""
        for product in products:
            known = self._known(product)
            if known is not None:
                best: dict[str, Fact] = {}
                for fact in self._read(product, known):
                    if fact.relation not in best or fact.confidence > best[fact.relation].confidence:
                        best[fact.relation] = fact
                yield from best.values()

    def _known(self, product: Product) -> _Category | None:
        for path in product.categories:
            for name in reversed(path):
                if name in self._categories:
                    return self._categories[name]
        return self._categories.get("")

    def _read(self, product: Product, known: _Category) -> Iterator[Fact]:
        for field in ("title", "description"):
            text = getattr(product, field)
            if not text:
                continue
            tokens = _cut(text, self.settings)
            for match in known.phrases.match_all(tokens):
                start, end = tokens.starts[match.first], tokens.ends[match.last - 1]
                for relation, value, confidence in match.meanings:
                    surface = text[start:end]
                    yield self._fact(product, relation, value or surface, field, (start, end), surface, confidence)
        if known.relations:
            for fact in self._rules.extract([product]):
                for attribute, precision in known.relations.get(fact.relation, ()):
                    span = fact.start, fact.end
                    yield self._fact(product, attribute, fact.surface, fact.field, span, fact.surface, precision)

    def _fact(
        self,
        product: Product,
        relation: str,
        value: str,
        field: str,
        span: tuple[int, int],
        surface: str,
        confidence: float,
    ) -> Fact:
        return Fact(
            product=product.id,
            relation=relation,
            value=value,
            field=field,
            start=span[0],
            end=span[1],
            surface=surface,
            confidence=confidence,
            extractor=self.name,
        )


def _cut(text: str, settings: GazetteerSettings) -> Tokens:
    return tokenise(fold(text[: settings.max_characters]))


@dataclass(frozen=True, slots=True)
class _Words:
    """Phrases and how often each was a value: the counts of one category, or of all."""

    spellings: Mapping[str, Mapping[str, Counter[str]]]
    right: Counter[tuple[str, str]]
    seen: Counter[tuple[str, str]]

    @classmethod
    def of(cls, rows: Sequence[LabelledProduct], settings: GazetteerSettings) -> _Words:
        spellings: defaultdict[str, defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for row in rows:
            for attribute, values in row.values.items():
                for value in values:
                    key = phrase_key(value)
                    if key and key.count(" ") < _LONGEST:
                        spellings[key][attribute][value] += 1
        everything = PhraseTable(dict.fromkeys(spellings, ()))
        right: Counter[tuple[str, str]] = Counter()
        seen: Counter[tuple[str, str]] = Counter()
        for row in rows:
            for key in _phrases_in(row.product, everything, settings):
                for attribute in spellings[key].keys() & row.values.keys():
                    seen[key, attribute] += 1
                    right[key, attribute] += any(phrase_key(value) == key for value in row.values[attribute])
        return cls(spellings, right, seen)

    def share(self, key: str, attribute: str, before: float = 0.0) -> float:
        """Return how often a phrase was a value where it stood; a phrase that was seen once is a little less sure."""
        return (self.right[key, attribute] + 0.25 * before) / (self.seen[key, attribute] + 0.25)


def _learn(
    rows: Sequence[LabelledProduct], everywhere: _Words, rules: RuleExtractor, settings: GazetteerSettings
) -> _Category:
    verbatim = _verbatim(rows, settings)
    words = _Words.of(rows, settings)
    attributes = {attribute for row in rows for attribute in row.values}
    meanings: dict[str, tuple[Meaning, ...]] = {}
    for key, of_one in everywhere.spellings.items():
        found: list[Meaning] = []
        for attribute in sorted(of_one.keys() & attributes):
            # What other categories say of the phrase is where its share begins.
            share = words.share(key, attribute, everywhere.share(key, attribute))
            if share >= settings.minimum_confidence:
                value = _AS_IT_STANDS if attribute in verbatim else of_one[attribute].most_common(1)[0][0]
                found.append(Meaning(attribute, value, share))
        if found:
            meanings[key] = tuple(found)
    return _Category(PhraseTable(meanings), _relations(rows, rules, verbatim, settings))


def _phrases_in(product: Product, table: PhraseTable, settings: GazetteerSettings) -> set[str]:
    found: set[str] = set()
    for text in (product.title, product.description):
        tokens = _cut(text, settings)
        found.update(" ".join(tokens.keys[match.first : match.last]) for match in table.match_all(tokens))
    return found


def _verbatim(rows: Sequence[LabelledProduct], settings: GazetteerSettings) -> frozenset[str]:
    told: Counter[str] = Counter()
    stands: Counter[str] = Counter()
    for row in rows:
        for attribute, values in row.values.items():
            told[attribute] += len(values)
            stands[attribute] += sum(value in row.product.title or value in row.product.description for value in values)
    return frozenset(name for name in told if stands[name] >= settings.verbatim_share * max(1, told[name]))


def _relations(
    rows: Sequence[LabelledProduct], rules: RuleExtractor, verbatim: frozenset[str], settings: GazetteerSettings
) -> dict[str, tuple[tuple[str, float], ...]]:
    """Learn which attribute a relation of the rules answers, and how often rightly."""
    right: Counter[tuple[str, str]] = Counter()
    seen: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for fact in rules.extract([row.product]):
            for attribute in row.values.keys() & verbatim:
                seen[fact.relation, attribute] += 1
                right[fact.relation, attribute] += fact.surface in row.values[attribute]
    found: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for (relation, attribute), count in sorted(right.items()):
        share = (count - 1.0) / (seen[relation, attribute] + 1.0)  # one agreement is none
        if share >= settings.minimum_confidence:
            found[relation].append((attribute, share))
    return {relation: tuple(answers) for relation, answers in found.items()}
