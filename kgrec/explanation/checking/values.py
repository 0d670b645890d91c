"""Whether a product has what a phrase says."""

from __future__ import annotations

from collections.abc import Sequence

from kgrec.explanation.checking.known import Known
from kgrec.explanation.checking.numbers import Finding
from kgrec.explanation.checking.phrases import Entry
from kgrec.language.tokens import phrase_key

__all__ = ["holds_value", "holds_words", "stands"]

_SHADES = frozenset(
    [
        "light",
        "dark",
        "pale",
        "deep",
        "bright",
        "hot",
        "baby",
        "royal",
        "sky",
        "powder",
        "ice",
        "midnight",
        "cobalt",
        "lime",
        "olive",
        "emerald",
        "forest",
        "mint",
        "army",
        "sage",
        "apple",
        "lemon",
        "burnt",
        "ruby",
        "cherry",
        "dusty",
        "blush",
        "rose",
        "off",
        "antique",
        "snow",
        "pure",
        "jet",
        "matte",
        "slate",
        "space",
        "charcoal",
        "wine",
        "深",
        "浅",
        "天",
        "宝",
        "军",
        "墨",
        "酒",
        "玫",
    ]
)


def holds_value(known: Known, keys: Sequence[str], entry: Entry, *, naming: bool, cue: str = "") -> Finding:
    """Tell whether a product has a value that a phrase may mean.

    Args:
        known: the product.
        keys: the phrase's words.
        entry: its meanings.
        naming: whether a product type must be what the product is, or may be any word of its texts.
        cue: the relation that the words around it name, such as ``"brand"``.
    """
    if cue in ("brand", "category") or not entry.meanings:
        return holds_words(known, keys, cue)
    meanings = [meant for meant in entry.meanings if not cue or meant[0] == cue] or (
        [] if cue else list(entry.meanings)
    )
    if cue and not meanings:
        return _otherwise(known, cue)
    if known.denies(keys):
        return "contradicted", "the product's texts deny it"
    for relation, value in meanings:
        if relation == "category" and " ".join(keys) in known.levels:
            return "supported", "one of its categories"
        if known.has(relation, value) and _shade_fits(known, keys, value):
            return "supported", f"its {relation.replace('_', ' ')}"
    relation = meanings[0][0]
    if relation == "product_type" and (known.names(keys) if naming else known.states(keys)):
        return "supported", "what it is called"
    named = relation == "brand" and known.values.get("brand")
    if not named and any(meant[0] in ("brand", "category") for meant in meanings) and known.states(keys):
        return "supported", "in its own words"
    return _otherwise(known, relation)


def _otherwise(known: Known, relation: str) -> Finding:
    name = relation.replace("_", " ")
    if own := known.values.get(relation):
        return "contradicted", f"its {name} is {', '.join(sorted(own)[:4])}"
    return "unknown", f"no {name} of it is known that says so"


def _shade_fits(known: Known, keys: Sequence[str], value: str) -> bool:
    """A shade holds only where the texts say it: light blue is not every blue."""
    shades = [key for key in keys if key in _SHADES and key not in value.split()]
    return not shades or " ".join(keys) in known.spellings.get(value, ()) or known.states(shades)


def holds_words(known: Known, keys: Sequence[str], cue: str = "") -> Finding:
    """Tell whether a product's texts state some words, or where there is a cue, its brand or categories."""
    if cue == "brand" and known.values.get("brand"):
        own = {key for value in known.values["brand"] for key in phrase_key(value).split()}
        return ("supported", "its brand") if own.issuperset(keys) else _otherwise(known, "brand")
    if cue == "category" and known.levels:
        if any(set(level.split()).issuperset(keys) for level in known.levels):
            return "supported", "one of its categories"
        return "contradicted", "none of its categories"
    if known.denies(keys):
        return "contradicted", "the product's texts deny it"
    if known.states(keys):
        return "supported", "in its own words"
    return "unknown", "in no text of the product, and in no list of plain words"


def stands(known: Known, piece: str) -> Finding:
    """Tell whether Chinese characters stand in a product's texts one after another."""
    if piece not in known.chinese:
        return "unknown", "in no text of the product"
    if known.denies(piece):
        return "contradicted", "the product's texts deny it"
    return "supported", "the product's texts say it"
