"""What is known of one product: its values, words, numbers and amounts, and what its texts deny."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from html import unescape
from itertools import pairwise

from kgrec.data import Product
from kgrec.explanation.checking.phrases import PLAIN, RELATION, VALUE, Entry, PhraseBook, matches, reaches, standing
from kgrec.explanation.plurals import plural
from kgrec.language.measures import Measure, measure_of, measures_in
from kgrec.language.tokens import Tokens, fold, phrase_key, tokenise
from kgrec.language.units import canonical_number

__all__ = ["NUMBER", "PACK", "Known", "known_of", "stem"]

NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w]|[.,]\d)|[½¼¾]", re.ASCII)
PACK = re.compile(
    r"(?:set|pack|box|bundle|case|lot|packet|bag|carton)s? of (\d{1,4})\b"
    r"|\b(?:set|s|pk|pack|box)/(\d{1,3})\b|\bset (\d{1,3})\b"
    r"|\b(\d{1,4})[ -]?(?:pack|pk|pcs|pc|piece|count|ct|pieces|packs)\b"
    r"|(\d{1,4}) ?(?:件装|只装|片装|支装|个装|包装|双装|瓶装|盒装|条装|件套|片|件入|枚装)",
)
_DENIERS = frozenset(["without", "no", "non", "not", "never", "zero", "w/o"])
_CHINESE_DENIERS = ("不含", "无", "免", "没有", "非", "不", "未")
_ENDS = re.compile(r"[,;:.!?()\[\]，。；：！？（）|/]| - ")
_STOPS = frozenset(["and", "with", "or", "but", "for", "in", "of", "on", "by", "from", "plus"])
_GENERAL = ("product_type", "material", "category", "scent", "flavour")
"""Relations in which a value of several words is also what its last word says: stainless steel is steel."""
_IMITATIONS = ("faux", "fake", "artificial", "imitation", "vegan", "mock")
_TEXT_LENGTH = 20_000
_STEM = re.compile(r"(?:ings?|ers?|ors?|ed|ly|es|y|e|s)$")


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of one product.

    Attributes:
        product: as its shop describes it.
        title: keys of the title's words, in order.
        titles: the same, and where the title has HTML entities, as it is written too.
        id_key: key of its id, by which a product without a title is named.
        raw: the texts that name it as they are written, in lower case, for signs that stand in them.
        values: relation → canonical values.
        spellings: how its texts spell values, by canonical value.
        words: keys of all words that its texts state.
        naming: keys of the words that say what it is: title, categories, attributes and facts, not the description.
        chinese: its Chinese texts, folded, one after another; empty where there are none.
        stems: their stems, and those of two neighbours written as one word.
        denied: keys of words that its texts only deny ("without lid").
        pairs: neighbouring words.
        measures: amounts with units.
        numbers: plain numbers, as decimal digits, and the words that stand near them.
        packs: numbers of pieces.
        levels: keys of category levels.
        book: phrases that mean something because of this product.
    """

    product: Product
    title: tuple[str, ...]
    titles: tuple[tuple[str, ...], ...]
    id_key: str
    raw: str
    values: Mapping[str, frozenset[str]]
    spellings: Mapping[str, frozenset[str]]
    words: frozenset[str]
    naming: frozenset[str]
    chinese: str
    stems: frozenset[str]
    denied: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    measures: tuple[Measure, ...]
    measured: Mapping[str, tuple[Measure, ...]]
    numbers: Mapping[str, frozenset[str]]
    packs: frozenset[int]
    levels: frozenset[str]
    book: PhraseBook

    def states(self, keys: Iterable[str]) -> bool:
        """Tell whether its texts state all of some words."""
        return all(key in self.words or stem(key) in self.stems for key in keys)

    def names(self, keys: Iterable[str]) -> bool:
        """Tell whether all of some words say what the product is."""
        return all(key in self.naming or stem(key) in self.naming for key in keys)

    def denies(self, keys: Iterable[str]) -> bool:
        """Tell whether its texts deny one of some words and state it nowhere."""
        return any(key in self.denied and key not in self.words for key in keys)

    def has(self, relation: str, value: str) -> bool:
        """Tell whether it has a value; what is for everybody is for women and for men."""
        own = self.values.get(relation, frozenset())
        if value in own:
            return True
        if relation == "gender":
            return ("unisex" in own and value in ("women", "men")) or (value == "unisex" and {"women", "men"} <= own)
        if relation in _GENERAL:
            return any(kind.endswith(f" {value}") and not kind.startswith(_IMITATIONS) for kind in own)
        return False


@dataclass(slots=True)
class _Draft:
    """What is being gathered of a product."""

    values: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    spellings: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    words: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)
    measures: list[Measure] = field(default_factory=list)
    measured: defaultdict[str, list[Measure]] = field(default_factory=lambda: defaultdict(list))
    numbers: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    packs: set[int] = field(default_factory=set)
    naming: set[str] = field(default_factory=set)
    chinese: list[str] = field(default_factory=list)

    def read(self, text: str, *, names: bool = True) -> Tokens:
        """Take in a text of the product; ``names``: it says what the product is."""
        folded = fold(text[:_TEXT_LENGTH])
        tokens = tokenise(folded)
        denied = _denied(tokens)
        keys = list(tokens.keys)
        if names:
            self.naming.update(key for key, no in zip(keys, denied, strict=True) if not no)
        if not folded.isascii():
            self.chinese.append(folded)
        self.words.update(key for key, no in zip(keys, denied, strict=True) if not no)
        self.denied.update(key for key, no in zip(keys, denied, strict=True) if no)
        self.pairs.update(pairwise(keys))
        for match in matches(keys, reaches(tokens), (standing(),), [not no for no in denied]):
            for relation, value in match.entry.meanings:
                if relation == "product_type" and not names:
                    continue
                self.values[relation].add(value)
                self.spellings[value].add(" ".join(keys[match.first : match.last]))
        self.measures += [measure for _, _, measure in measures_in(folded)]
        for found in NUMBER.finditer(folded):
            near = folded[max(0, found.start() - 20) : found.end() + 24]
            self.numbers[canonical_number(found[0])].update(tokenise(near).keys)
        self.packs.update(int(next(filter(None, found.groups()))) for found in PACK.finditer(folded))
        return tokens

    def value(self, relation: str, value: str) -> None:
        """Take in a value that is stated, and not read from a text."""
        self.values[relation].add(value)
        if (measure := measure_of(value)) is not None and measure.unit:
            self.measures.append(measure)
            self.measured[relation].append(measure)
        if relation == "pack_size" and value.isascii() and value.isdigit():
            self.packs.add(int(value[:9]))
        self.read(value)


def known_of(product: Product, facts: Mapping[str, Iterable[str]] | None = None) -> Known:
    """Gather what is known of a product from its fields and, where there are any, its facts.

    Args:
        product: the product.
        facts: relation → values, the graph's for example.
    """
    draft = _Draft()
    title = draft.read(unescape(product.title))
    titles = {tuple(title.keys)}
    if "&" in product.title:
        titles.add(tuple(draft.read(product.title).keys))
    draft.read(unescape(product.description), names=False)
    texts = [product.title, product.brand or ""]
    levels: set[str] = set()
    for path in product.categories:
        for level in path:
            levels |= {phrase_key(level), phrase_key(unescape(level))}
            draft.read(unescape(level))
            texts.append(level)
    stated = {name: tuple(values) for name, values in product.attributes.items()}
    if product.brand:
        stated["brand"] = (*stated.get("brand", ()), product.brand)
    for relation, values in [*stated.items(), *(facts or {}).items()]:
        name = "colour" if relation.casefold() == "color" else relation.casefold().replace(" ", "_")
        for value in values:
            keys = phrase_key(value).split()
            if keys and draft.denied.issuperset(keys) and not draft.words.intersection(keys):
                continue  # its own text denies what was read from it
            draft.value(name, value)
            if "&" in value:
                draft.value(name, unescape(value))
            texts.append(value)
            levels |= {phrase_key(level) for level in re.split(" [>›] ", value)} if name == "category" else set()
    joined = {one + two for one, two in draft.pairs}
    return Known(
        product=product,
        title=tuple(title.keys),
        titles=tuple(sorted(titles)),
        id_key=phrase_key(product.id),
        raw="\n".join(texts).lower(),
        values={name: frozenset(values) for name, values in draft.values.items()},
        spellings={value: frozenset(texts) for value, texts in draft.spellings.items()},
        words=frozenset(draft.words | joined),
        naming=frozenset(
            draft.naming | {one + two for one, two in draft.pairs if one in draft.naming} | set(map(stem, draft.naming))
        ),
        chinese="\n".join(draft.chinese),
        stems=frozenset(map(stem, draft.words)),
        denied=frozenset(draft.denied),
        pairs=frozenset(draft.pairs),
        measures=tuple(dict.fromkeys(draft.measures)),
        measured={name: tuple(found) for name, found in draft.measured.items()},
        numbers={number: frozenset(near) for number, near in draft.numbers.items()},
        packs=frozenset(draft.packs),
        levels=frozenset(levels - {""}),
        book=_book(draft.values, levels),
    )


def _book(values: Mapping[str, set[str]], levels: set[str]) -> PhraseBook:
    """Return the phrases of a product's own values, categories and relations."""
    entries: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for relation, own in values.items():
        for value in own:
            spellings = {value, plural(value)} if relation in ("product_type", "occasion") else {value}
            for key in map(phrase_key, spellings):
                if key and key.count(" ") < 16 and not key.replace(" ", "").isdigit():
                    entries[key].append((relation, value))
    table = {key: Entry(VALUE, tuple(dict.fromkeys(meanings))) for key, meanings in entries.items()}
    for level in levels - {""}:
        before = table.get(level, Entry(VALUE))
        table[level] = Entry(VALUE, (*before.meanings, ("category", level)))
    for relation in values:
        if (key := phrase_key(relation.replace("_", " "))) and key not in table:
            table[key] = Entry(PLAIN | RELATION, (), relation)
    return PhraseBook(table)


def _denied(tokens: Tokens) -> list[bool]:
    """Return which words a product's own text denies: "without lid", "no parabens", "alcohol-free", "不含酒精"."""
    words, gaps = tokens.words, tokens.gaps
    size = len(words)
    denied = [False] * size
    for at, word in enumerate(words):
        if word == "free" and at and gaps[at] in (" ", "-") and words[at - 1] not in _STOPS:
            denied[at - 1] = True
        elif word in _DENIERS and not (word == "no" and _numbered(tokens, at)):
            near = word != "without" and words[at + 1 : at + 2] not in (
                ["added"],
                ["artificial"],
                ["synthetic"],
                ["more"],
            )
            most = at + 2 if near else at + 4
            for following in range(at + 1, min(most, size)):
                if words[following] in _STOPS or _ENDS.search(gaps[following]):
                    break
                denied[following] = True
    if not tokens.folded.isascii():
        for start in _chinese_denials(words):
            for following in range(start, min(start + 4, size)):
                if _ENDS.search(gaps[following]) and following > start:
                    break
                denied[following] = True
    return denied


def _chinese_denials(words: list[str]) -> list[int]:
    """Return the words after each Chinese word that denies; 不锈钢 and the like are whole words."""
    found = []
    for at, word in enumerate(words):
        for denier in _CHINESE_DENIERS:
            size = len(denier)
            if word == denier[0] and "".join(words[at : at + size]) == denier:
                if "".join(words[at : at + 3]) not in ("不锈钢", "无线蓝") and words[at + 1 : at + 2] != ["线"]:
                    found.append(at + size)
                break
    return found


def _numbered(tokens: Tokens, at: int) -> bool:
    return at + 1 < len(tokens.words) and tokens.words[at + 1].isdigit()


def stem(key: str) -> str:
    """Return a word without its ending, American spellings as British ones; short words stay."""
    if len(key) < 5 or not key.isascii():
        return key
    plain = key.replace("iz", "is").replace("olor", "olour").replace("ray", "rey")
    cut = _STEM.sub("", plain)
    cut = cut[:-1] if len(cut) > 4 and cut[-1] == cut[-2] else cut
    return cut if len(cut) >= 4 else plain


def close(one: Fraction, other: Fraction) -> bool:
    """Tell whether two amounts in different units are the same, to one in a hundred."""
    return abs(one - other) * 100 <= max(abs(one), abs(other))
