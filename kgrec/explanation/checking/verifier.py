"""The verifier: a text and what is known of a product → a verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Contribution, Evidence, Explanation, Facts, Product
from kgrec.errors import SettingsError
from kgrec.explanation.audience import Audience
from kgrec.explanation.checking.case import Case
from kgrec.explanation.checking.known import Known, known_of
from kgrec.explanation.checking.phrases import CASED, VALUE, Entry, PhraseBook, standing
from kgrec.explanation.checking.reading import read
from kgrec.explanation.checking.verdict import Verdict
from kgrec.explanation.settings import ExplanationSettings
from kgrec.graph import Graph
from kgrec.language.tokens import phrase_key

__all__ = ["Verifier", "verify"]

MOST_ANCHORS = 100
"""History items that a text's words are looked for in: those of the evidence, then the last ones."""
_MOST_TITLES = 200_000
"""Catalogues with more products than this are not searched for other products' titles."""

_Why = Explanation | Sequence[Evidence] | None


class Verifier:
    """Checks texts about the products of a shop.

    What it learns of a product is kept, so that the second text about it costs only its reading.

    Args:
        catalogue: the products; titles and brands of all of them are known then.
        graph: their facts, in the same order.
        audience: who touched what, of the same products.
        vectors: float32 (n, d), unit rows: whether descriptions are alike.
        settings: how few shoppers are told, and how alike descriptions must be.
    """

    def __init__(
        self,
        catalogue: Catalogue | None = None,
        graph: Graph | None = None,
        audience: Audience | None = None,
        *,
        vectors: NDArray[np.float32] | None = None,
        settings: ExplanationSettings | None = None,
    ) -> None:
        """Hold the parts; nothing is read before the first text."""
        self._catalogue = catalogue
        self._graph = graph
        self._audience = audience
        self._vectors = vectors
        self._settings = settings or ExplanationSettings()
        self._known = lru_cache(maxsize=16_384)(self._gather)

    def verify(
        self,
        text: str,
        product: Product | str,
        *,
        evidence: _Why = None,
        history: Iterable[str | Product] | None = None,
        language: Literal["en", "zh"] | str | None = None,
    ) -> Verdict:
        """Find every claim of a text and tell whether it holds.

        Args:
            text: what is to be said about the product.
            product: the product, or its id.
            evidence: an explanation or its evidence: what may be said of the history and of other shoppers.
            history: what the shopper touched, ids or products, oldest first.
            language: that the text must be in; None takes English and Chinese.

        Raises:
            UnknownProductError: an id is given that the catalogue does not have.
            SettingsError: the language is unknown, or an id is given and there is no catalogue.
        """
        if language not in (None, "en", "zh"):
            raise SettingsError(f"texts are checked in 'en' and 'zh'; got {language!r}: choose one of these, or None")
        case = self.case(product, evidence=evidence, history=history)
        return read(text, case, language)

    def case(
        self, product: Product | str, *, evidence: _Why = None, history: Iterable[str | Product] | None = None
    ) -> Case:
        """Return what texts about a product are checked against; the arguments are those of :meth:`verify`."""
        if isinstance(product, str):
            if self._catalogue is None:
                raise SettingsError(f"{product!r} is an id; without a catalogue the product itself is needed")
            product = self._catalogue.product(product)
        why = evidence.evidence if isinstance(evidence, Explanation) else tuple(evidence or ())
        cells = evidence.contributions if isinstance(evidence, Explanation) else ()
        told = evidence is not None or history is not None
        touched = [*(history or ())]
        named = dict.fromkeys(chain((e.history_item for e in why), (cell.history_item for cell in cells)))
        anchors = {name: known for name in named if name and (known := self._find_known(name)) is not None}
        for one in islice(reversed(touched), MOST_ANCHORS):
            name = one if isinstance(one, str) else one.id
            if name not in anchors and (known := self._find_known(one)) is not None:
                anchors[name] = known
        num = self._num(product.id)
        return Case(
            product=self._known_product(product),
            anchors={name: known for name, known in anchors.items() if name != product.id},
            told=told,
            owned=product.id in anchors,
            rests=_rests(evidence, why),
            pair=self._pair(num, why),
            touched=self._touched(num, why),
            popular=self._popular(num, why),
            crowd=self._crowd,
            shares=_shares(why, cells, evidence.score if isinstance(evidence, Explanation) else 0.0),
            strongest=_strongest(why, cells),
            against=_against(cells),
            carriers=_carriers(why),
            alike=self._alike(num, why, anchors),
            brands=None if self._catalogue is None else _names_of(self._catalogue).brands,
            find=self._titled,
        )

    def _find_known(self, one: str | Product) -> Known | None:
        if isinstance(one, Product):
            return self._known_product(one)
        num = self._num(one)
        return None if num is None else self._known(num)

    def _known_product(self, product: Product) -> Known:
        num = self._num(product.id)
        if num is not None and self._catalogue is not None and self._catalogue[num] is product:
            return self._known(num)
        return _alone(_ById(product), _ById(self._graph) if num is not None else None, num)

    def _num(self, name: str) -> int | None:
        return None if self._catalogue is None else self._catalogue.find(name)

    def _gather(self, num: int) -> Known:
        if self._catalogue is None:
            raise SettingsError("there is no catalogue")
        return known_of(self._catalogue[num], _facts_of(self._graph, num))

    def _pair(self, num: int | None, why: Sequence[Evidence]) -> Callable[[str], int]:
        """Return a function of an anchor's id: how many shoppers touched both, 0 where they are not to be told."""
        stated: dict[str, int] = {}
        for one in why:
            if one.kind in ("behaviour", "sequence") and one.count:
                stated[one.history_item] = max(one.count, stated.get(one.history_item, 0))
        audience = self._audience

        def pair(name: str) -> int:
            if name in stated or audience is None or num is None or num >= audience.n:
                return stated.get(name, 0)
            other = self._num(name)
            both = audience.both(num, other) if other is not None and other < audience.n else 0
            return both if both >= self._settings.min_shoppers else 0

        return pair

    def _touched(self, num: int | None, why: Sequence[Evidence]) -> int | None:
        stated = next((one.count for one in why if one.kind == "popularity" and one.count), None)
        if stated is not None or self._audience is None or num is None or num >= self._audience.n:
            return stated
        count = self._audience.touched(num)
        return count if count >= self._settings.min_shoppers else None

    def _popular(self, num: int | None, why: Sequence[Evidence]) -> bool | None:
        if self._audience is not None and num is not None and num < self._audience.n:
            return self._audience.touched(num) > self._audience.average
        return True if any(one.kind == "popularity" and one.count for one in why) else None

    def _crowd(self, name: str) -> int | None:
        num = self._num(name)
        return None if num is None or self._audience is None else self._audience.touched(num)

    def _alike(self, num: int | None, why: Sequence[Evidence], anchors: Mapping[str, Known]) -> frozenset[str]:
        alike = {one.history_item for one in why if one.kind == "text"}
        if self._vectors is not None and num is not None:
            for name in anchors:
                other = self._num(name)
                if (
                    other is not None
                    and float(self._vectors[num] @ self._vectors[other]) >= self._settings.min_likeness
                ):
                    alike.add(name)
        return frozenset(alike)

    def _titled(self, keys: tuple[str, ...]) -> list[Known]:
        if self._catalogue is None or len(self._catalogue) > _MOST_TITLES:
            return []
        return [self._known(num) for num in _names_of(self._catalogue).titles.get(keys, ())[:4]]


def verify(
    text: str,
    product: Product,
    *,
    catalogue: Catalogue | None = None,
    graph: Graph | None = None,
    facts: Facts | None = None,
    audience: Audience | None = None,
    evidence: _Why = None,
    history: Iterable[str | Product] | None = None,
    language: Literal["en", "zh"] | str | None = None,
) -> Verdict:
    """Check a text about a product: find every claim in it, and tell whether what is known bears it out.

    With the product alone its title, description, brand, categories, attributes and price are what is known. A
    catalogue adds the other products' names, brands and prices; a graph or facts add what was read from texts; the
    evidence and the history say what the shopper touched.

    Args:
        text: any text.
        product: the product that it speaks of.
        catalogue: the shop's products.
        graph: facts of the catalogue's products, in the same order.
        facts: facts, in place of a graph.
        audience: who touched what, of the catalogue's products.
        evidence: an :class:`kgrec.data.Explanation` or its evidence.
        history: what the shopper touched, ids (with a catalogue) or products, oldest first.
        language: ``"en"`` or ``"zh"``: that the text must be in; None takes both.

    Returns:
        The verdict: ``ok`` only where every claim is supported.

    Raises:
        SettingsError: the language is unknown.
    """
    if graph is None and facts is not None:
        ids = catalogue.ids if catalogue is not None else (product.id,)
        graph = Graph.from_facts(ids, facts, keep_sources=False)
        catalogue = catalogue if catalogue is not None else Catalogue([product])
    verifier = Verifier(catalogue, graph, audience)
    return verifier.verify(text, product, evidence=evidence, history=history, language=language)


class _ById:
    """Holds an object so that it is the same key as long as it is the same object."""

    __slots__ = ("held",)

    def __init__(self, held: object) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and self.held is other.held

    def __hash__(self) -> int:
        return id(self.held)


@lru_cache(maxsize=256)
def _alone(product: _ById, graph: _ById | None, num: int | None) -> Known:
    held = graph.held if graph is not None else None
    return known_of(
        product.held,  # type: ignore[arg-type]
        _facts_of(held, num) if isinstance(held, Graph) and num is not None else None,
    )


def _facts_of(graph: Graph | None, num: int) -> dict[str, list[str]]:
    facts: dict[str, list[str]] = defaultdict(list)
    if graph is not None and num < len(graph.product_ids):
        for value in graph.values_of(num).tolist():
            relation, text = graph.label(value)
            facts[relation].append(text)
    return facts


class _Names:
    """Titles and brands of a catalogue, read when they are first asked for."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._products = tuple(catalogue)

    @cached_property
    def titles(self) -> dict[tuple[str, ...], list[int]]:
        """Keys of a title → numbers of the products that have it."""
        found: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for num, product in enumerate(self._products):
            if product.title:
                found[tuple(phrase_key(product.title).split(" "))].append(num)
        return found

    @cached_property
    def brands(self) -> PhraseBook:
        """Brands as phrases; those made of plain words alone are meant only where they are written in capitals."""
        plain = standing().entries
        entries: dict[str, Entry] = {}
        for brand in {product.brand for product in self._products if product.brand}:
            if key := phrase_key(brand):
                cased = all(word in plain and plain[word].flags & ~VALUE for word in key.split(" "))
                entries[key] = Entry(VALUE | (CASED if cased else 0), (("brand", brand),))
        return PhraseBook(entries)


_NAMES: WeakKeyDictionary[Catalogue, _Names] = WeakKeyDictionary()


def _names_of(catalogue: Catalogue) -> _Names:
    if (found := _NAMES.get(catalogue)) is None:
        found = _NAMES[catalogue] = _Names(catalogue)
    return found


def _rests(evidence: _Why, why: Sequence[Evidence]) -> bool | None:
    """Tell whether a score rests on the history; None where nobody says."""
    if evidence is None:
        return None
    if isinstance(evidence, Explanation) and evidence.score <= 0:
        return False
    return any(one.history_item and one.share > 0 for one in why) or (
        isinstance(evidence, Explanation)
        and any(cell.history_item and cell.amount > 0 for cell in evidence.contributions)
    )


def _shares(why: Sequence[Evidence], cells: Sequence[Contribution], score: float) -> dict[str, tuple[float, ...]]:
    """Return the parts of the score that may be named: of each piece of evidence, and of each history item."""
    shares: dict[str, list[float]] = defaultdict(list)
    for one in why:
        shares[one.history_item].append(one.share)
    for name in [*shares]:
        shares[name].append(sum(shares[name]))
    if score > 0:
        totals: dict[str, float] = defaultdict(float)
        for cell in cells:
            totals[cell.history_item] += cell.amount / score
        for name, total in totals.items():
            shares[name].append(total)
    return {name: tuple(found) for name, found in shares.items()}


def _against(cells: Sequence[Contribution]) -> frozenset[str]:
    totals: dict[str, float] = defaultdict(float)
    for cell in cells:
        totals[cell.history_item] += cell.amount
    return frozenset(name for name, total in totals.items() if total < 0)


def _carriers(why: Sequence[Evidence]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for one in why:
        if one.kind == "fact" and one.count:
            found[one.value].add(one.count)
    return {value: frozenset(counts) for value, counts in found.items()}


def _strongest(why: Sequence[Evidence], cells: Sequence[Contribution]) -> str:
    totals: dict[str, float] = defaultdict(float)
    for cell in cells or why:
        totals[cell.history_item] += cell.amount
    if not totals:
        return ""
    best = max(totals.values())
    leaders = [name for name, total in totals.items() if total >= best * (1 - 1e-6)]
    return leaders[0] if len(leaders) == 1 else ""
