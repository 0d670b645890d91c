"""One text in, statements out: the rules put together for a title and for a description."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import itemgetter

from kgrec.extraction.declared import clean_value
from kgrec.extraction.rules.product_types import ATTRIBUTE, TAKEN, HeadNouns, TypeMatch, find_type
from kgrec.extraction.rules.quantities import find_quantities
from kgrec.extraction.rules.roles import AMOUNT, BEGINS, BREAK, NOUN, quantity_roles
from kgrec.extraction.rules.statements import Statement
from kgrec.language.phrases import Meaning, PhraseMatch, PhraseTable, adjacent
from kgrec.language.remembered import Remembered
from kgrec.language.tokens import Tokens, fold, phrase_key, tokenise, word_key
from kgrec.language.word_set import word_set
from kgrec.language.words import MODIFIERS, NOUN_NAMES, TITLE_BREAKS, built_in_meanings

__all__ = ["TextReader"]

_IN_DESCRIPTIONS = word_set("colour material pattern occasion gender age")
_NOT_OF_THE_HEAD = word_set("colour material finish theme occasion size pattern style")
_MODEL = re.compile(
    # The first character comes first, what stands before and after it second: so the search skips to it.
    r"[A-Z0-9](?<![\w/.-].)(?:(?<=[0-9])|(?=[A-Z0-9-]*[0-9]))(?:(?<=[A-Z])|(?=[0-9-]*[A-Z]))"
    r"[A-Z0-9]{0,19}(?:-[A-Z0-9]{1,20}){0,3}(?![\w/-])"
)
_NO_MODEL = re.compile(
    r"[0-9]+(?:X[0-9]+|-?[A-Z]+)|[A-Z]+-?[0-9]|[A-Z]{5,}[0-9]+|.{0,3}|COQ10|[0-9]-?IN-?[0-9]|SPF.*|WINDOWS.*"
)
_ATTRIBUTES = [bytes([ATTRIBUTE]) * size for size in range(32)]
_MIXED = re.compile(r"[0-9](?:(?<=[A-Z-].)|(?=[0-9-]*[A-Z]))")  # a digit beside a capital, as in every model
_COUNTS_NOTHING = word_set(
    "month week day hour minute second year degree kind effect application session item color colour time way step"
    " use shade design style in 1"
)
_NUMBER_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12}
_SAYS_SOMETHING = 0.24


_place = itemgetter(2, 3)


class TextReader:
    """Reads titles and descriptions.

    Args:
        heads: the nouns that name products.
        learned: phrase key → meanings of this shop, which come before the built-in ones.
    """

    def __init__(self, heads: HeadNouns, learned: Mapping[str, tuple[Meaning, ...]]) -> None:
        """Build the phrase table."""
        self._heads = heads
        table = dict(built_in_meanings())
        for phrase, meanings in learned.items():
            stated = {meaning.relation for meaning in meanings}
            table[phrase] = (*meanings, *(other for other in table.get(phrase, ()) if other.relation not in stated))
        self._table = PhraseTable(table)
        self._words = Remembered(self._look_up)

    def _look_up(self, word: str) -> tuple[str, int]:
        """Return the key of a word and its roles."""
        key = word_key(word)
        roles = quantity_roles(word)
        if key in self._table.begins:
            roles |= BEGINS
        if key in self._heads.strength:
            roles |= NOUN
        if key in TITLE_BREAKS:
            roles |= BREAK
        return key, roles | AMOUNT if _amount(key) > 1 else roles

    def words_of_title(self, title: str, brand: str | None) -> tuple[Tokens, bytearray]:
        """Return the words of a title and what kind each is, as ``learn_heads`` wants them."""
        tokens, kinds, _, _ = self._analyse(title, brand)
        return tokens, kinds

    def title(self, text: str, brand: str | None) -> list[Statement]:
        """Return what a title says, by place."""
        tokens, kinds, quantities, matches = self._analyse(text, brand)
        nouns = [at for at, role in enumerate(tokens.roles) if role & NOUN] if tokens.any_role & NOUN else []
        found = find_type(tokens, kinds, self._heads, nouns)
        head = found.head if found is not None else -1
        statements = list(quantities)
        named: Statement | None = None
        for first, last, meanings in matches:
            for relation, value, confidence in meanings:
                if relation == "colour" and self._names_products(tokens, first, last):
                    continue
                statement = Statement(relation, value, tokens.starts[first], tokens.ends[last - 1], confidence)
                if relation == "product_type":
                    named = statement
                elif not (first <= head < last and relation in _NOT_OF_THE_HEAD) and (
                    relation != "brand" or _stands_as_brand(tokens, first, last)
                ):
                    statements.append(statement)
        if named is not None:
            statements.append(named)
        elif found is not None:
            statements += _types(tokens, found, self._heads)
            statements += _counts(tokens, kinds, found)
        if _MIXED.search(text):
            statements += _models(text, quantities)
        statements.sort(key=_place)
        return statements

    def description(self, text: str, brand: str | None) -> list[Statement]:
        """Return what a description says, by place: measures and what does not depend on the words around it."""
        tokens, _, quantities, matches = self._analyse(text, brand)
        statements = list(quantities)
        for match in matches:
            for relation, value, confidence in match.meanings:
                if relation in _IN_DESCRIPTIONS:
                    start, end = tokens.starts[match.first], tokens.ends[match.last - 1]
                    statements.append(Statement(relation, value, start, end, confidence))
        statements.sort(key=_place)
        return statements

    def _names_products(self, tokens: Tokens, first: int, last: int) -> bool:
        """Tell whether a colour word names products here: ``cream`` in a shop that sells creams."""
        return last - first == 1 and self._heads.strength.get(tokens.keys[first], 0.0) >= 0.4

    def _analyse(self, text: str, brand: str | None) -> tuple[Tokens, bytearray, list[Statement], list[PhraseMatch]]:
        tokens = tokenise(fold(text), self._words)
        kinds = bytearray(len(tokens.keys))
        quantities = find_quantities(tokens)
        for quantity in quantities:
            for at in range(bisect_right(tokens.ends, quantity.start), bisect_left(tokens.starts, quantity.end)):
                kinds[at] = TAKEN
        if brand:
            _take_brand(tokens, kinds, brand)
        matches = self._table.match(tokens, [at for at, role in enumerate(tokens.roles) if role & BEGINS])
        if TAKEN in kinds:
            matches = [match for match in matches if TAKEN not in kinds[match.first : match.last]]
        for first, last, meanings in matches:
            if meanings and meanings[0].relation != "product_type":
                kinds[first:last] = _ATTRIBUTES[last - first]
        return tokens, kinds, quantities, matches


@lru_cache(maxsize=65_536)
def _brand_words(brand: str) -> tuple[str, ...]:
    return tuple(phrase_key(clean_value(brand)).split())


def _take_brand(tokens: Tokens, kinds: bytearray, brand: str) -> None:
    """Mark the product's own brand in its text, so that Red Bull is not red."""
    words = _brand_words(brand)
    if not words or words[0] not in tokens.keys:
        return
    size = len(words)
    for at in range(len(tokens.keys) - size + 1):
        if tokens.keys[at] == words[0] and tuple(tokens.keys[at : at + size]) == words:
            kinds[at : at + size] = bytes([TAKEN]) * size
            return


def _stands_as_brand(tokens: Tokens, first: int, last: int) -> bool:
    """Tell whether a known brand stands where brands do: a single word only at the start or after ``by``."""
    return last - first > 1 or first == 0 or tokens.keys[first - 1] == "by"


def _types(tokens: Tokens, found: TypeMatch, heads: HeadNouns) -> list[Statement]:
    """State the compound and, broader, the noun alone."""
    first, head, compound, strength = found
    end, key = tokens.ends[head], tokens.keys[head]
    confidence = round(0.4 + 0.5 * strength, 3)
    noun = Statement("product_type", NOUN_NAMES.get(key, key), tokens.starts[head], end, confidence)
    if compound is None:
        return [noun]
    whole = Statement("product_type", compound, tokens.starts[first], end, round(confidence + 0.05, 3))
    return [whole] if " " not in compound or heads.strength.get(key, 0.0) < _SAYS_SOMETHING else [whole, noun]


def _counts(tokens: Tokens, kinds: bytearray, found: TypeMatch) -> list[Statement]:
    """Read a bare number before a plural: ``75 cake cases`` is a pack of 75, ``ball 20 lights`` has 20 lights."""
    keys, counts = tokens.keys, list[Statement]()
    if not tokens.any_role & AMOUNT:
        return counts
    for at in (at for at, role in enumerate(tokens.roles) if role & AMOUNT and kinds[at] != TAKEN):
        amount = _amount(keys[at])
        if at and keys[at] in _NUMBER_WORDS:
            continue  # in words only at the beginning
        start, end = tokens.starts[at], tokens.ends[at]
        if at == 0 and _is_plural(tokens, found.head) and found.head <= 5:
            counts.append(Statement("pack_size", str(amount), start, end, 0.8))
        elif at + 1 < len(keys) and adjacent(tokens, at, at + 2) and _is_counted(tokens, at + 1):
            counts.append(Statement("count", f"{amount} {tokens.words[at + 1]}", start, tokens.ends[at + 1], 0.75))
    return counts


def _amount(key: str) -> int:
    """Return the number that a word is, or 0 where it is none or too long for one."""
    return int(key) if key.isascii() and key.isdigit() and len(key) < 5 else _NUMBER_WORDS.get(key, 0)


def _is_counted(tokens: Tokens, at: int) -> bool:
    key = tokens.keys[at]
    return _is_plural(tokens, at) and key not in MODIFIERS and key not in _COUNTS_NOTHING


def _is_plural(tokens: Tokens, at: int) -> bool:
    word = tokens.words[at]
    return word != tokens.keys[at] and word.endswith("s") and "'" not in word


def _models(text: str, quantities: list[Statement]) -> Iterator[Statement]:
    taken = bytearray()
    for match in _MODEL.finditer(text):
        start, end = match.span()
        if _NO_MODEL.fullmatch(match.group()) is not None:
            continue
        if not taken:
            taken.extend(bytes(len(text)))
            for quantity in quantities:
                taken[quantity.start : quantity.end] = b"\1" * (quantity.end - quantity.start)
        if 1 not in taken[start:end]:
            yield Statement("model", match.group(), start, end, 0.6)
