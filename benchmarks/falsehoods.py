"""Sentences that are true of a real shop, and falsehoods planted in them: twenty kinds, in free wordings and templates.

Everything is drawn from the shop by a seed: brands, values, titles, counts and prices that are not the product's. What
is planted is checked to be false without the verifier: the wrong value stands in no text and no fact of the product.
"""

from __future__ import annotations

import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from falsehood_frames import DEVELOPED, HELD_OUT, OPENINGS, OPENINGS_HELD_OUT

from kgrec.data import Catalogue, Explanation, Product
from kgrec.explanation import Audience
from kgrec.explanation.checking import Verifier
from kgrec.explanation.titles import readable
from kgrec.graph import Graph
from kgrec.language.measures import measures_in
from kgrec.language.tokens import fold, tokenise
from kgrec.language.words.chinese import CHINESE_WORDS
from kgrec.recommender import Recommender

__all__ = ["KINDS", "Case", "Planted", "ShopParts", "falsehoods", "parts_of", "planted_figures", "truths"]

KINDS = (
    "swapped brand",
    "swapped unit",
    "changed number",
    "negation added or removed",
    "swapped colour",
    "swapped material",
    "unseen history item",
    "wrong product type",
    "wrong category",
    "wrong size",
    "wrong price",
    "wrong count of shoppers",
    "wrong direction of a comparison",
    "invented attribute",
    "invented award or superlative",
    "swapped wearer",
    "wrong pack size",
    "wrong model number",
    "another product's title",
    "wrong shared attribute",
)
_TITLE = 60
_TEMPLATES = 0.3
_CHINESE = 0.25
_UNITS = {"cm": "mm", "mm": "cm", "m": "cm", "in": "ft", "ft": "in", "ml": "l", "l": "ml", "fl oz": "g", "oz": "ml"}
_UNITS |= {"g": "ml", "kg": "g", "mg": "g", "lb": "kg", "w": "v", "v": "w", "cl": "l"}
_INVENTED = {
    "en": (
        "waterproof", "hypoallergenic", "dishwasher safe", "biodegradable", "unbreakable", "fragrance free", "vegan",
        "reversible", "rechargeable", "fireproof", "cruelty free", "organic", "handmade in Italy", "machine washable",
        "scratch resistant", "odourless", "solar powered", "edible", "foldable", "bulletproof", "quick drying",
        "non-toxic", "battery operated", "limited to 500 pieces", "dermatologist tested",
    ),
    "zh": (
        "可充电", "防水防摔", "有机认证", "意大利手工制造", "可折叠", "抗过敏", "可机洗", "可降解", "夜光",
    ),
}  # fmt: skip
_PRAISE = {
    "en": (
        "the best choice", "award-winning", "our best-selling product", "the number one", "the most popular of all",
        "a prize winner", "top rated", "the cheapest of its kind", "everyone's favourite", "the perfect gift",
        "loved by celebrities", "the finest quality", "a design classic", "clinically proven", "the leading product",
    ),
    "zh": ("销量第一的商品", "获奖产品", "本店最畅销的", "最好的选择", "人气爆款", "专家推荐的", "顶级的"),
}  # fmt: skip
_NEGATED = {
    "en": (
        ("It is not {x}.", "It does not come {in_x}.", "This one is never {x}.", "No, it isn't {x}."),
        ("You will not find it {in_x}.", "Unlike others, it cannot be called {x}.", "It was not meant to be {x}."),
    ),
    "zh": (("这款不是{x}的。",), ("它并不是{x}。",)),
}
_UNDENIED = (
    ("It contains {x}.", "It is made with {x}.", "It has {x}."),
    ("There is {x} in it.", "Expect {x} here.", "It comes with {x}."),
)
_DENIED = re.compile(r"\b(?:no|without|non) ([a-z]{4,})\b(?! \d)|\b([a-z]{4,})[ -]free\b")
_MODEL = re.compile(r"\b(?=[a-z-]*\d)(?=[\d-]*[a-z])[a-z\d]{3,}(?:-[a-z\d]+)?\b(?![.,]\d)", re.IGNORECASE)
_PIECES = re.compile(r"\b(\d{2,3}) ([a-z]{4,})\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A recommendation of the shop: the product, what it rests on, and the templates' sentences."""

    product: Product
    history: tuple[str, ...]
    why: Mapping[str, Explanation]


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A sentence about a product, and whether it is true.

    ``kind`` is one of ``KINDS`` or, for a true sentence, what it speaks of. ``held_out`` tells whether its shape was
    kept aside while the verifier was worked on.
    """

    kind: str
    text: str
    product: Product
    evidence: Explanation
    history: tuple[str, ...]
    language: str
    held_out: bool
    template: bool = False


@dataclass(frozen=True, kw_only=True)
class ShopParts:
    """What sentences are drawn from: products with prices, their facts, who touched what, and recommendations."""

    catalogue: Catalogue
    graph: Graph
    audience: Audience
    cases: tuple[Case, ...]

    @cached_property
    def verifier(self) -> Verifier:
        """The verifier that sees the same parts."""
        return Verifier(self.catalogue, self.graph, self.audience)

    @cached_property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """Relation → all values of the graph."""
        found: dict[str, list[str]] = defaultdict(list)
        for value in range(len(self.graph.values)):
            relation, text = self.graph.label(value)
            found[relation].append(text)
        return {relation: tuple(values) for relation, values in found.items()}

    @cached_property
    def brands(self) -> tuple[str, ...]:
        """All brands, those in declared attributes too."""
        return tuple(
            sorted({product.brand for product in self.catalogue if product.brand} | {*self.values.get("brand", ())})
        )

    def facts(self, product_id: str) -> dict[str, list[str]]:
        """Return relation → values of a product."""
        found: dict[str, list[str]] = defaultdict(list)
        for value in self.graph.values_of(self.catalogue.num(product_id)).tolist():
            relation, text = self.graph.label(value)
            found[relation].append(text)
        return found

    def text(self, product_id: str) -> str:
        """Return everything that is said of a product, as keys between blanks."""
        product = self.catalogue.product(product_id)
        parts = [
            product.title,
            product.description,
            product.brand or "",
            *(level for path in product.categories for level in path),
        ]
        parts += [value for values in product.attributes.values() for value in values]
        parts += [value for values in self.facts(product_id).values() for value in values]
        return f" {' '.join(tokenise(fold(' | '.join(parts))).keys)} "


def parts_of(shop: Recommender, *, cases: int = 400, seed: int = 0) -> ShopParts:
    """Draw recommendations of a shop.

    Args:
        shop: with users. Products without a price get one that is made up, so that prices and comparisons can be
            planted too: (number × 37 mod 9,000 + 199) / 100.
        cases: recommendations, one a shopper and rank.
        seed: chooses shoppers and ranks.
    """
    rng = random.Random(seed)
    catalogue = Catalogue(
        product if product.price else replace(product, price=round((num * 37 % 9_000 + 199) / 100, 2), currency="USD")
        for num, product in enumerate(shop.catalogue)
    )
    touched = shop._now.histories
    rows = [row for row, length in enumerate(touched.lengths().tolist()) if 2 <= length <= 40]
    found = []
    for row in rng.sample(rows, min(cases, len(rows))):
        history = [
            catalogue.ids[num]
            for num in dict.fromkeys(touched.items[touched.indptr[row] : touched.indptr[row + 1]].tolist())
        ]
        answers = {language: shop.recommend(history=history, k=5, language=language) for language in ("en", "zh")}
        rank = rng.randrange(len(answers["en"]))
        item = answers["en"][rank].item
        why = {language: answer[rank].explanation for language, answer in answers.items()}
        if item in catalogue and all(one is not None for one in why.values()):
            found.append(Case(product=catalogue.product(item), history=tuple(history), why=why))  # type: ignore[arg-type]
    return ShopParts(catalogue=catalogue, graph=shop.graph, audience=shop._now.audience, cases=tuple(found))


Slots = Mapping[str, str]
_Maker = Callable[["_Draw", Case, str], Iterator[tuple[str, Slots, Slots | None]]]


@dataclass(frozen=True)
class _Draw:
    """Draws slots: (shape group, what is true, what is false)."""

    parts: ShopParts
    rng: random.Random

    def other(self, pool: Sequence[str], product_id: str, *, tries: int = 40) -> str | None:
        """Return a value that no text of a product has, a word of it at least."""
        text = self.parts.text(product_id)
        for _ in range(tries if pool else 0):
            value = self.rng.choice(pool)
            keys = tokenise(fold(value)).keys
            if (
                keys
                and all(f" {key} " not in text for key in keys if len(key) > 2)
                and any(len(key) > 2 for key in keys)
            ):
                return value
        return None

    def name(self, product_id: str) -> str:
        return readable(self.parts.catalogue.product(product_id).title, _TITLE) or product_id

    def anchor(self, case: Case) -> str | None:
        """Return the id of a history item that the evidence names, or that is in the history."""
        named = [e.history_item for e in case.why["en"].evidence if e.history_item]
        pool = list(dict.fromkeys(named)) or list(case.history)
        return self.rng.choice(pool) if pool else None

    def unseen(self, case: Case) -> str:
        """Return the id of a product that is neither the product nor in the history, nor named like one of them."""
        seen = {case.product.id, *case.history}
        titles = {self.name(one).casefold() for one in seen}
        while True:
            one = self.rng.choice(self.parts.catalogue.ids)
            if one not in seen and len(self.name(one)) > 8 and self.name(one).casefold() not in titles:
                return one


def _say(relation: str, value: str, language: str) -> str | None:
    """Return a value in a language, or None where it has no word there."""
    if language == "en":
        return value
    words = CHINESE_WORDS.get(relation, {}).get(value)
    return None if words is None else words.split("|")[0]


def _brand(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    brand = case.product.brand or next(iter(draw.parts.facts(case.product.id).get("brand", ())), None)
    wrong = draw.other(draw.parts.brands, case.product.id)
    if brand:
        yield "brand", {"x": brand}, {"x": wrong} if wrong else None


def _relation(relation: str, group: str) -> _Maker:
    def make(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
        own = draw.parts.facts(case.product.id).get(relation, ())
        pool = [value for value in draw.parts.values.get(relation, ()) if _say(relation, value, language)]
        wrong = draw.other(pool, case.product.id)
        true = next((said for value in own if (said := _say(relation, value, language))), None)
        if wrong is not None and (true is not None or relation in ("gender", "size", "material", "colour")):
            yield group, {"x": true} if true else {}, {"x": _say(relation, wrong, language) or wrong}

    return make


def _measure_texts(product: Product) -> list[tuple[str, str, str]]:
    """Return (as written, number, unit) of the amounts in a title."""
    found = []
    for start, end, measure in measures_in(fold(product.title)):
        if len(measure.amounts) == 1 and measure.unit in _UNITS:
            found.append((product.title[start:end], measure.text.split(" ")[0], measure.unit))
    return found


def _unit(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    for written, number, unit in _measure_texts(case.product)[:1]:
        if not any(other == (number, _UNITS[unit]) for _, *other in _measure_texts(case.product)):
            yield "measure", {"x": written}, {"x": f"{number} {_UNITS[unit]}"}


def _number(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    texts = " ".join(number for _, number, _ in _measure_texts(case.product)) + case.product.title
    for written, number, unit in _measure_texts(case.product)[:1]:
        wrong = f"{float(number) * draw.rng.choice((2, 3, 0.5, 1.5, 1.2)) + 1:g}"
        if wrong not in texts:
            yield "measure", {"x": written}, {"x": f"{wrong} {unit}"}
    if language == "en" and (found := _PIECES.search(case.product.title)) and not _measure_texts(case.product):
        wrong = str(int(found[1]) + draw.rng.choice((1, 5, 12)))
        if wrong not in texts:
            yield "number", {"x": found[0].lower()}, {"x": f"{wrong} {found[2].lower()}"}


def _negation(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    text = fold(f"{case.product.title}. {case.product.description}")
    denied = _DENIED.search(text) if language == "en" else None
    word = (denied[1] or denied[2]) if denied else ""
    if word and len(re.findall(rf"\b{word}", text)) == 1 and word not in ("hassle", "toll", "worry"):
        yield "denied", {"x": word}, {"x": word, "group": "undenied"}
    for relation in ("colour", "material", "pattern", "brand"):
        values = draw.parts.facts(case.product.id).get(relation, ())
        if values and (said := _say(relation, values[0], language) if relation != "brand" else values[0]):
            preposition = {"colour": "in ", "material": "in ", "brand": "from "}.get(relation, "with ")
            yield "stated", {"x": said}, {"x": said, "in_x": preposition + said, "group": "negated"}
            return


def _unseen(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    if (anchor := draw.anchor(case)) is not None:
        yield "anchor", {"x": draw.name(anchor)}, {"x": draw.name(draw.unseen(case))}


def _type(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    own = draw.parts.facts(case.product.id).get("product_type", ())
    levels = [path[-1] for path in case.product.categories if path]
    pool = [value for value in draw.parts.values.get("product_type", ()) if value.isascii()]
    pool = pool or sorted({path[-1] for product in draw.parts.catalogue for path in product.categories if path})
    wrong = draw.other(pool, case.product.id)
    if wrong and (own or levels):
        yield "type", {"x": own[0]} if own else {}, {"x": wrong}


def _category(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    own = [path[-1] for path in case.product.categories if path]
    own += [value.split(" > ")[-1] for value in draw.parts.facts(case.product.id).get("category", ())]
    pool = sorted({path[-1] for product in draw.parts.catalogue for path in product.categories if path})
    pool = pool or ["Garden Furniture", "Power Tools", "Car Tyres", "Pet Food", "Fishing Tackle", "Computer Monitors"]
    if wrong := draw.other(pool, case.product.id):
        yield "category", {"x": own[0]} if own else {}, {"x": wrong}


def _price(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    price = case.product.price or 1.0
    wrong = round(price * draw.rng.choice((0.5, 0.8, 1.1, 2.0)) + 0.17, 2)
    wrong += wrong == price
    sign = {"GBP": "£", "USD": "$", "EUR": "€"}.get(case.product.currency or "USD", "$")
    if language == "zh":
        sign = sign if sign != "$" else "$"
    yield "price", {"x": f"{sign}{price:.2f}"}, {"x": f"{sign}{wrong:.2f}"}


def _shoppers(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    for one in case.why["en"].evidence:
        if one.kind in ("behaviour", "sequence") and one.count:
            wrong = one.count + draw.rng.choice((1, 3, 10, 100))
            name = draw.name(one.history_item)
            yield "shoppers", {"x": f"{one.count:,}", "a": name}, {"x": f"{wrong:,}", "a": name}
            return


def _comparison(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    anchor = draw.anchor(case)
    other = draw.parts.catalogue.product(anchor).price if anchor else None
    if anchor is None or other is None or case.product.price is None or other == case.product.price:
        return
    words = ("cheaper", "more expensive") if language == "en" else ("便宜", "贵")
    right = case.product.price > other
    name = draw.name(anchor)
    yield "comparison", {"x": words[right], "a": name}, {"x": words[not right], "a": name}


def _invented(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    if language == "zh":
        yield "invented", {}, {"x": draw.rng.choice(_INVENTED["zh"])}
    elif wrong := draw.other(_INVENTED["en"], case.product.id):
        yield "invented", {}, {"x": wrong}


def _praise(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    text = draw.parts.text(case.product.id)
    wrong = draw.rng.choice(_PRAISE[language])
    if all(f" {word} " not in text for word in re.split(r"[\s-]", wrong)[1:] or [wrong]):
        yield "praise", {}, {"x": wrong}


def _wearer(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    own = draw.parts.facts(case.product.id).get("gender", ())
    text = draw.parts.text(case.product.id)
    pool = {"en": ("men", "women", "boys", "girls", "babies", "children"), "zh": ("男士", "女士", "婴儿", "儿童")}[
        language
    ]
    singular = {"men": "man", "women": "woman", "boys": "boy", "girls": "girl", "babies": "baby", "children": "child"}
    wrong = draw.rng.choice(pool)
    english = {"男士": "men", "女士": "women", "婴儿": "babies", "儿童": "children"}.get(wrong, wrong)
    if f" {singular[english]}" in text or f" {english}" in text or "unisex" in own or english in own or "kid" in text:
        return
    true = _say("gender", own[0], language) if own else None
    yield "wearer", {"x": true} if true else {}, {"x": wrong}


def _pack(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    own = [value for value in draw.parts.facts(case.product.id).get("pack_size", ()) if value.isdigit()]
    if own or draw.rng.random() < 0.2:
        wrong = str(int(own[0]) + draw.rng.choice((1, 2, 6)) if own else draw.rng.randrange(3, 40))
        if wrong not in case.product.title and wrong not in own:
            yield "pack", {"x": own[0]} if own else {}, {"x": wrong}


def _model(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    measured = {word.casefold() for written, *_ in _measure_texts(case.product) for word in written.split()}
    codes = [code for code in _MODEL.findall(case.product.title) if code.casefold() not in measured]
    if language == "zh":
        return
    if not codes:
        yield (
            "model",
            {},
            {"x": f"{draw.rng.choice('ABKMX')}{draw.rng.choice('QRTZ')}-{draw.rng.randrange(1000, 9999)}"},
        )
        return
    wrong = re.sub(r"\d+", lambda found: str(int(found[0]) + draw.rng.randrange(1, 90)), codes[0], count=1)
    usual = re.fullmatch(
        r"\d+(?:pcs?|pk|ct|x\d+\w*|cm|mm|ml|oz|g|th|st|nd|rd|s|d|w|v|in|h|hr)|[a-z]?\d+%?", codes[0], re.IGNORECASE
    )
    if wrong.casefold() not in case.product.title.casefold():
        yield "model", {} if usual else {"x": codes[0]}, {"x": wrong}


def _title(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    yield "title", {"x": draw.name(case.product.id)}, {"x": draw.name(draw.unseen(case))}


_SHARED = {
    "colour": "{}",
    "material": "made of {}",
    "gender": "for {}",
    "brand": "from {}",
    "pattern": "{}",
    "style": "{}",
}


def _shared(draw: _Draw, case: Case, language: str) -> Iterator[tuple[str, Slots, Slots | None]]:
    mine = draw.parts.facts(case.product.id)
    candidates = list(
        dict.fromkeys([*(e.history_item for e in case.why["en"].evidence if e.history_item), *case.history])
    )
    draw.rng.shuffle(candidates)
    true: Slots = {}
    false: Slots = {}
    for anchor in candidates[:12]:
        theirs, text = draw.parts.facts(anchor), draw.parts.text(anchor)
        for relation, form in _SHARED.items():
            for value in mine.get(relation, ()):
                said = _say(relation, value, language) if relation != "brand" else value
                if said is None or (language == "zh" and relation not in ("colour", "material")):
                    continue
                said = form.format(said) if language == "en" else said + ("材质" if relation == "material" else "")
                slots = {"x": said, "a": draw.name(anchor), "r": relation}
                if value in theirs.get(relation, ()):
                    true = true or slots
                    continue
                apart = theirs.get(relation) and not set(theirs[relation]) & set(mine[relation])
                if apart and all(f" {key} " not in text for key in tokenise(fold(value)).keys):
                    false = false or slots
    if true or false:
        yield "shared", true, false or None


_MAKERS: Mapping[str, _Maker] = dict(
    zip(
        KINDS,
        (
            _brand,
            _unit,
            _number,
            _negation,
            _relation("colour", "colour"),
            _relation("material", "material"),
            _unseen,
            _type,
            _category,
            _relation("size", "size"),
            _price,
            _shoppers,
            _comparison,
            _invented,
            _praise,
            _wearer,
            _pack,
            _model,
            _title,
            _shared,
        ),
        strict=True,
    )
)


def falsehoods(parts: ShopParts, seed: int = 0, *, each: int = 100) -> list[Planted]:
    """Return planted falsehoods: every kind that the shop has the matter for, ``each`` of them.

    A part is made by exchanging the value in a template's sentence, a part is Chinese, the rest is in free shapes.
    """
    made: list[Planted] = []
    for number, kind in enumerate(KINDS):
        rng = random.Random(f"{seed} {number}")
        draw = _Draw(parts, rng)
        here: list[Planted] = []
        for case in _endless(parts.cases, rng, each * 60):
            if len(here) == each:
                break
            language = "zh" if rng.random() < _CHINESE else "en"
            for group, true, false in _MAKERS[kind](draw, case, language):
                if false is None:
                    continue
                planted = _in_template(kind, case, true, false, language) if rng.random() < _TEMPLATES else None
                planted = planted or _shaped(kind, case, group, false, language, draw)
                if planted is not None:
                    here.append(planted)
                    break
        made += here
    return made


def truths(parts: ShopParts, seed: int = 0, *, each: int = 100) -> list[Planted]:
    """Return true sentences: the templates' in both languages, and ``each`` of every kind in free shapes."""
    made = [
        Planted(
            kind="template",
            text=case.why[language].text,
            product=case.product,
            evidence=case.why[language],
            history=case.history,
            language=language,
            held_out=False,
            template=True,
        )
        for case in parts.cases
        for language in ("en", "zh")
    ]
    for number, kind in enumerate(KINDS):
        rng = random.Random(f"{seed} true {number}")
        draw = _Draw(parts, rng)
        here: list[Planted] = []
        for case in _endless(parts.cases, rng, each * 60):
            if len(here) == each:
                break
            language = "zh" if rng.random() < _CHINESE else "en"
            for group, true, _ in _MAKERS[kind](draw, case, language):
                if true and (planted := _shaped(f"true {group}", case, group, true, language, draw)) is not None:
                    here.append(planted)
                    break
        made += here
    return made


def _endless(cases: Sequence[Case], rng: random.Random, most: int) -> Iterator[Case]:
    for _ in range(most):
        yield rng.choice(cases)


def _shaped(kind: str, case: Case, group: str, slots: Slots, language: str, draw: _Draw) -> Planted | None:
    """Fill a shape, with an opening before it in half of the cases."""
    held_out = draw.rng.random() < 0.5
    group = slots.get("group", group)
    shapes: Sequence[str]
    if group == "negated":
        shapes = _NEGATED[language][held_out]
    elif group == "undenied":
        shapes = _UNDENIED[held_out] if language == "en" else ()
    else:
        shapes = (HELD_OUT if held_out else DEVELOPED)[language].get(group, ())
    fitting = [shape for shape in shapes if all(slot in slots for slot in re.findall(r"{(\w+)}", shape))]
    if not fitting:
        return None
    text = draw.rng.choice(fitting).format(**slots)
    if draw.rng.random() < 0.5 and group not in ("anchor", "shared", "comparison", "shoppers"):
        opening = draw.rng.choice((OPENINGS_HELD_OUT if held_out else OPENINGS)[language])
        anchor = draw.anchor(case)
        if "{a}" not in opening or anchor is not None:
            text = opening.format(a=draw.name(anchor) if anchor else "") + text
    return Planted(
        kind=kind,
        text=text,
        product=case.product,
        evidence=case.why[language],
        history=case.history,
        language=language,
        held_out=held_out,
    )


def _in_template(kind: str, case: Case, true: Slots, false: Slots, language: str) -> Planted | None:
    """Exchange a value in the template's sentence, where it is there once outside of titles."""
    why = case.why[language]
    right, wrong = true.get("x", ""), false.get("x", "")
    if not right or right == wrong:
        return None
    pattern = re.compile(
        rf"(?<![\w“]){re.escape(right)}(?!\w)" if language == "en" else re.escape(right), re.IGNORECASE
    )
    bare = re.sub(r"“[^”]*”", lambda found: "\0" * len(found[0]), why.text) if "unseen" not in kind else why.text
    if "unseen" in kind:
        pattern = re.compile(rf"(?<=“){re.escape(right)}(?=”)")
    places = [*pattern.finditer(bare)]
    if len(places) != 1:
        return None
    text = why.text[: places[0].start()] + wrong + why.text[places[0].end() :]
    return Planted(
        kind=kind,
        text=text,
        product=case.product,
        evidence=why,
        history=case.history,
        language=language,
        held_out=False,
        template=True,
    )


def planted_figures(parts: ShopParts, seed: int = 0, *, each: int = 100) -> dict[str, object]:
    """Return what the verifier catches of planted falsehoods, and what it wrongly refuses of true sentences.

    Keys: ``planted_caught`` and ``false_alarms`` (0 … 1), the same of held-out shapes, of templates and by language,
    ``by_kind`` (caught), ``by_truth`` (refused), and how many there were.
    """
    lies, true = falsehoods(parts, seed, each=each), truths(parts, seed, each=each)
    caught = [(one, not _passes(parts, one)) for one in lies]
    refused = [(one, not _passes(parts, one)) for one in true]
    return {
        "planted": len(lies),
        "planted_caught": _share(caught),
        "planted_caught_held_out": _share([row for row in caught if row[0].held_out]),
        "true": len(true),
        "false_alarms": _share(refused),
        "false_alarms_held_out": _share([row for row in refused if row[0].held_out]),
        "false_alarms_templates": _share([row for row in refused if row[0].template]),
        "false_alarms_free": _share([row for row in refused if not row[0].template]),
        "false_alarms_zh": _share([row for row in refused if row[0].language == "zh"]),
        "by_kind": _by_kind(caught),
        "by_truth": _by_kind(refused),
    }


def _passes(parts: ShopParts, one: Planted) -> bool:
    verdict = parts.verifier.verify(
        one.text, one.product, evidence=one.evidence, history=one.history, language=one.language
    )
    return verdict.ok


def _share(rows: Sequence[tuple[Planted, bool]]) -> float:
    return sum(flag for _, flag in rows) / len(rows) if rows else float("nan")


def _by_kind(rows: Sequence[tuple[Planted, bool]]) -> dict[str, dict[str, float]]:
    by_kind: dict[str, list[tuple[Planted, bool]]] = defaultdict(list)
    for row in rows:
        by_kind[row[0].kind].append(row)
    return {kind: {"share": round(_share(found), 4), "n": len(found)} for kind, found in by_kind.items()}
