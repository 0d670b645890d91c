"""From a catalogue to its facts: what is declared, what an extractor reads, each value once, each span checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kgrec.data import Catalogue, Fact, Facts, Product, SetAside
from kgrec.errors import PROGRAM_ERRORS, JournalError, MissingExtraError, SettingsError
from kgrec.extraction.canonical import CanonicalSettings, Conventions, Corrections, agree
from kgrec.extraction.declared import commonest_spellings, declared_of
from kgrec.extraction.grounding import why_ungrounded
from kgrec.extraction.rules import RuleExtractor
from kgrec.protocols import Extractor, Progress, silent

__all__ = ["Reading", "extract", "placed"]

_AT_ONCE = 512
"""Products that an extractor is given together; one with ``products_at_once`` says itself how many."""
_HOPELESS = (SettingsError, JournalError, MissingExtraError)
"""Errors that every product would meet."""
_STAGE = "extract facts"
_NO_FILE = "catalogue"


def extract(
    catalogue: Catalogue,
    extractor: Extractor | Sequence[Extractor] | None = None,
    *,
    canonical: bool | CanonicalSettings | Conventions = False,
    corrections: Corrections | None = None,
    progress: Progress = silent,
) -> Facts:
    """Return the facts of a catalogue: the declared ones and those an extractor reads, product by product.

    A value that is stated twice of a product under one relation is kept once: the more confident statement, and the
    declared one where they are equal. A fact whose words do not stand where it says is set aside and is no fact; a
    product on which the extractor fails keeps its declared facts and is set aside with the error. Both are in
    ``set_aside`` of the result, under the file and line that the product was read from, or under its place in the
    catalogue, counted from 1.

    Args:
        catalogue: the products.
        extractor: reads texts; by default the rules, learned from this catalogue. Several read one after the other.
        canonical: whether values that mean the same become one and conflicting sources are settled, see
            :func:`kgrec.extraction.agree`: True, settings, or conventions that were learned before.
        corrections: what a person has said; those that meet no fact are in ``set_aside``.
        progress: told how many products are done.

    Raises:
        SettingsError, JournalError, MissingExtraError: an extractor says that it cannot read any product; or it fails
            on each product that it was given together with a mistake of a program, such as ``NameError``. Nothing else
            is raised on account of a product or an extractor that fails.
    """
    if not isinstance(catalogue, Catalogue):
        raise SettingsError(
            f"catalogue must be a Catalogue; got {type(catalogue).__name__} {catalogue!r:.60}: "
            "read it with kgrec.read_catalogue(path)"
        )
    if extractor is None:
        extractor = RuleExtractor.learned_from(catalogue)
    extractors = tuple(extractor) if isinstance(extractor, Sequence) else (extractor,)
    set_aside: list[SetAside] = []
    facts = Facts.of(_all_facts(catalogue, extractors, set_aside, progress))
    facts = Facts(facts.table, placed(set_aside, catalogue))
    if canonical is False and not corrections:
        return facts
    ids = frozenset(catalogue.ids)
    return agree(facts, canonical=canonical, corrections=corrections, products=ids, progress=progress)


class Reading:
    """What a catalogue taught, to read further products with.

    Args:
        extractor: reads texts.
        readable: the commonest spellings of declared values.
        conventions: what the shop has agreed to call its values, and its corrections.
    """

    def __init__(
        self,
        extractor: Extractor,
        readable: Mapping[tuple[str, str], str],
        conventions: Conventions | None = None,
    ) -> None:
        """Hold the parts."""
        self._extractor = extractor
        self._readable = readable
        self._conventions = conventions

    @classmethod
    def of(cls, catalogue: Catalogue, facts: Facts | None = None) -> Reading:
        """Learn the rules' words and the spellings of a catalogue, as :func:`extract` does.

        Args:
            catalogue: the products that are there.
            facts: theirs; the conventions they carry are taken over.
        """
        conventions = None if facts is None else Conventions.of(facts)
        return cls(RuleExtractor.learned_from(catalogue), commonest_spellings(catalogue), conventions)

    def facts_of(self, products: Sequence[Product]) -> Facts:
        """Return the facts of some products, which teach nothing themselves; what is set aside is in ``set_aside``."""
        set_aside: list[SetAside] = []
        facts = Facts.of(_all_facts(products, (self._extractor,), set_aside, silent, self._readable))
        return self.agreed(Facts(facts.table, set_aside), products)

    def agreed(self, facts: Facts, products: Sequence[Product]) -> Facts:
        """Return facts of some products under the shop's own values, corrected, with conflicts settled."""
        if self._conventions is None:
            return facts
        return self._conventions.apply(facts, frozenset(product.id for product in products))


def _all_facts(
    catalogue: Sequence[Product],
    extractors: Sequence[Extractor],
    set_aside: list[SetAside],
    progress: Progress,
    readable: Mapping[tuple[str, str], str] | None = None,
) -> Iterator[Fact]:
    at_once = max((getattr(extractor, "products_at_once", _AT_ONCE) for extractor in extractors), default=_AT_ONCE)
    # A mistake that meets one product of a few is its own; an extractor that was chosen for a shop has worked before.
    working = set() if readable is None else set(map(id, extractors))
    readable = commonest_spellings(catalogue) if readable is None else readable
    progress(_STAGE, 0, len(catalogue))
    for first in range(0, len(catalogue), at_once):
        products = catalogue[first : first + at_once]
        read: defaultdict[str, list[Fact]] = defaultdict(list)
        for extractor in extractors:
            _read(products, extractor, first, read, set_aside, working)
        for place, product in enumerate(products, first + 1):
            kept: dict[tuple[str, str], Fact] = {}
            for fact in (*declared_of(product, readable), *_grounded(read[product.id], product, place, set_aside)):
                key = (fact.relation, fact.value.casefold())
                if key not in kept or fact.confidence > kept[key].confidence:
                    kept[key] = fact
            yield from kept.values()
        progress(_STAGE, first + len(products), len(catalogue))


def _read(
    products: Sequence[Product],
    extractor: Extractor,
    first: int,
    by_product: defaultdict[str, list[Fact]],
    set_aside: list[SetAside],
    working: set[int],
) -> None:
    """Add an extractor's facts by product id; where a batch fails, its products are read one by one.

    ``working`` holds the ``id()`` of the extractors that have read a product.

    Raises:
        SettingsError: every product that it was ever given met a mistake in the extractor.
    """
    facts: list[Fact] = []
    mistakes: list[Exception] = []
    try:
        facts.extend(extractor.extract(products))
    except _HOPELESS:
        raise
    except Exception:  # noqa: BLE001 - extractors are plugged in; whatever one raises, the other products count
        facts.clear()
        for place, product in enumerate(products, first + 1):
            try:
                facts.extend(list(extractor.extract([product])))
            except _HOPELESS:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                mistakes += [error] if isinstance(error, PROGRAM_ERRORS) else []
                reason = f"extractor {extractor.name!r} failed: {type(error).__name__}: {error}"
                set_aside.append(_aside(place, reason, product.title))
    if len(mistakes) < len(products):
        working.add(id(extractor))
    elif products and id(extractor) not in working:
        raise SettingsError(
            f"extractor {extractor.name!r} failed on each of {len(products):,} products, last with "
            f"{type(mistakes[-1]).__name__}: {mistakes[-1]}; this is a mistake in the extractor: correct it"
        ) from mistakes[-1]
    known = {product.id for product in products}
    for fact in facts:
        if fact.product in known:
            by_product[fact.product].append(fact)
        else:
            set_aside.append(
                _aside(first + 1, f"fact of a product that was not asked for: {fact.product!r}", str(fact))
            )


def _grounded(facts: list[Fact], product: Product, place: int, set_aside: list[SetAside]) -> Iterator[Fact]:
    for fact in facts:
        reason = why_ungrounded(fact, product)
        if reason is None:
            yield fact
        else:
            set_aside.append(_aside(place, reason, str(fact)))


def placed(rows: Iterable[SetAside], catalogue: Catalogue) -> list[SetAside]:
    """Return what was set aside of products under the files and lines that those were read from.

    Args:
        rows: with ``line`` counting the products of the catalogue from 1.
        catalogue: the products.
    """
    made = []
    for row in rows:
        file, line = catalogue.place_of(row.line - 1)
        made.append(row if file == _NO_FILE else replace(row, file=file, line=line))
    return made


def _aside(place: int, reason: str, excerpt: str) -> SetAside:
    return SetAside(file=_NO_FILE, line=place, reason=reason, excerpt=excerpt[:200])
