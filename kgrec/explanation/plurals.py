"""English plurals of product types."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["plural"]

_IRREGULAR = {
    "atlas": "atlases",
    "calf": "calves",
    "canvas": "canvases",
    "child": "children",
    "foot": "feet",
    "gas": "gases",
    "half": "halves",
    "hero": "heroes",
    "knife": "knives",
    "leaf": "leaves",
    "lens": "lenses",
    "loaf": "loaves",
    "man": "men",
    "mouse": "mice",
    "potato": "potatoes",
    "scarf": "scarves",
    "shelf": "shelves",
    "tomato": "tomatoes",
    "tooth": "teeth",
    "wolf": "wolves",
    "woman": "women",
}
_UNCOUNTED_WORDS = (
    "art artwork bedding bunting children clothing cutlery crockery decor equipment fabric footwear furniture "
    "glassware hosiery jewellery jewelry kitchenware lingerie luggage makeup make-up men merchandise mice music "
    "nightwear outerwear paper perfume pottery skincare software sportswear stationery string swimwear tableware "
    "tinsel underwear women wrap yarn"
)
_UNCOUNTED = frozenset(_UNCOUNTED_WORDS.split())
_INSIDE = re.compile(r" (?:of|for|with|in|to|on|from|without) ")


@lru_cache(maxsize=4096)
def plural(noun: str) -> str:
    """Return the plural of a noun phrase: ``cake stand`` → ``cake stands``, ``set of cards`` → ``sets of cards``.

    Words that have no plural (jewellery) or already are one (scissors) stay, and so does what is not Latin.
    """
    inside = _INSIDE.search(noun)
    if inside and inside.start():
        return plural(noun[: inside.start()]) + noun[inside.start() :]
    before, blank, last = noun.rpartition(" ")
    low = last.lower()
    if low in _UNCOUNTED or not low or not ("a" <= low[-1] <= "z"):
        return noun
    if low in _IRREGULAR:
        return f"{before}{blank}{last[0]}{_IRREGULAR[low][1:]}"
    for end in ("woman", "man", "shelf", "knife"):
        if low.endswith(end) and not low.endswith(("human", "german", "roman", "talisman")):
            return noun[: -len(end)] + _IRREGULAR[end]
    if low.endswith(("s", "x", "z", "ch", "sh")):
        there = low.endswith("s") and not low.endswith(("ss", "us", "is"))
        return noun if there else f"{noun[:-2]}es" if low.endswith("sis") else f"{noun}es"
    if low.endswith("y") and len(low) > 1 and low[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"
