"""Keys under which differently written values meet: exact ones first, then bolder ones, one a step."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from kgrec.extraction.declared import clean_value
from kgrec.language.singular import singular
from kgrec.language.word_set import word_set

__all__ = ["has_number", "joined_key", "list_key", "name_key", "plain_key", "words_key"]

_SIGNS = str.maketrans({**dict.fromkeys("‐‑‒–—―−_", "-"), **dict.fromkeys("’‘`´ʼ", "'"), "×": "x", "✕": "x", "®": None})
_OTHER_IN_THE_PLURAL = word_set("""
    glasses goods briefs trunks flats customs arms spirits woods pumps mules slides boxers irons heels tops
    bottoms spectacles oils colours waters minutes grounds springs
    """)
_PAIRS = word_set("""
    gray:grey color:colour colored:coloured colorful:colourful multicolor:multicolour multicolored:multicoloured
    aluminum:aluminium fiber:fibre fiberglass:fibreglass jewelry:jewellery mustache:moustache pajama:pyjama
    pajamas:pyjamas cozy:cosy sulfate:sulphate sulfur:sulphur odor:odour odorless:odourless flavor:flavour
    flavored:flavoured molded:moulded license:licence center:centre theater:theatre meter:metre liter:litre
    donut:doughnut ax:axe catalog:catalogue eyeglass:eyeglasses w/o:without
    """)
_SPELLINGS = dict(pair.split(":") for pair in sorted(_PAIRS))
_DIGIT = re.compile(r"\d")
_ISE = re.compile(r"(?<=[a-z]{4})is(?=(?:e|ed|er|ing|ation)$)")
_SEPARATORS = re.compile(r"\s*([/,;|+])\s*(?=\S)")
_LISTS = re.compile(r"[/,;|]| and ")
_INITIALS = re.compile(r"(?:[^\W\d_]\.){2,}")
_CJK = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CJK_BLANK = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}])")
_LONG_VOWEL = re.compile("(?<=[\u30a1-\u30fc]{3})\u30fc(?![\u30a1-\u30fc])")
_UNDECOMPOSED = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"})
_SHORTEST_JOINED = 6
_SHORT_PART = 2


def has_number(value: str) -> bool:
    """Tell whether a value holds a digit, a fraction or a Chinese numeral: exact steps alone merge such values."""
    return _DIGIT.search(value) is not None or (not value.isascii() and any(char.isnumeric() for char in value))


@lru_cache(maxsize=262_144)
def words_key(value: str) -> str:
    """Return how a value is written, apart from case, hyphens, apostrophes, the plural and blanks.

    Signs that tell values apart stay: ``"A+"`` is not ``"A"``. A value with a number keeps its words as they are, so
    that ``"X-100"`` and ``"X 100"`` stay two.
    """
    text = _folded(value)
    if has_number(text):
        return _SEPARATORS.sub(r"\1", re.sub(r"\s*-\s*", "-", text))
    words = _spread(text).split(" ")
    return _SEPARATORS.sub(r"\1", " ".join(map(_one_word, words)))


@lru_cache(maxsize=65_536)
def name_key(value: str) -> str:
    """Return how a name is written, apart from case, hyphens, apostrophes and full stops of initials.

    The plural stays: ``"Apple"`` is not ``"Apples"``.
    """
    text = _folded(value)
    return _SEPARATORS.sub(r"\1", re.sub(r"\s*-\s*", "-", text) if has_number(text) else _spread(text))


@lru_cache(maxsize=262_144)
def plain_key(key: str) -> str:
    """Return a key without the accents of Latin letters and with one of two spellings: grey, moisturize."""
    text = key
    if not key.isascii():
        letters = []
        latin = False
        for char in unicodedata.normalize("NFD", key):
            if unicodedata.combining(char):
                if not latin:
                    letters.append(char)
                continue
            latin = char.isascii() and char.isalpha()
            letters.append(char)
        text = unicodedata.normalize("NFC", "".join(letters)).translate(_UNDECOMPOSED)
    if has_number(text):
        return text
    return re.sub(r"[a-z/]+", lambda match: _ISE.sub("iz", _SPELLINGS.get(match[0], match[0])), text)


def joined_key(key: str) -> str | None:
    """Return a plain key without blanks, ``"hand bag"`` as ``"handbag"``; None where that says too little."""
    joined = key.replace(" ", "")
    long_enough = len(joined) >= _SHORTEST_JOINED and joined.isascii() and joined.isalpha()
    return joined if long_enough and not has_number(key) else None


def list_key(key: str) -> str | None:
    """Return an enumeration in order of the alphabet, ``"white/black"`` as ``"black,white"``; None for other values.

    What has a slash and a part of one or two letters is an abbreviation: ``"CSMA/CD"``.
    """
    parts = [part.strip() for part in _LISTS.split(key)]
    if len(parts) < 2 or not all(parts) or has_number(key):
        return None
    if "/" in key and any(part.isascii() and len(part) <= _SHORT_PART for part in parts):
        return None
    return ",".join(sorted(set(parts)))


def _folded(value: str) -> str:
    text = clean_value(value.replace("™", "").replace("®", "")).translate(_SIGNS).casefold()
    return _LONG_VOWEL.sub("", _CJK_BLANK.sub("", text)) if not text.isascii() else text


def _spread(text: str) -> str:
    """Return words with single blanks: hyphens are blanks, apostrophes and full stops of initials go."""
    text = _INITIALS.sub(lambda match: match[0].replace(".", ""), text)
    text = text.replace("'", "").replace("-", " ").replace("&", " and ")
    return " ".join(text.split()).rstrip(" .,;")


def _one_word(word: str) -> str:
    if len(word) < 4 or not word.isalpha() or not word.isascii() or word in _OTHER_IN_THE_PLURAL:
        return word
    return singular(word)
