"""Made-up offers with known values: spelt one way in the text and another way in the labels, as real ones are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from kgrec.data import Product
from kgrec.extraction.choosing.amounts import amount, rounded
from kgrec.extraction.labelled import LabelledProduct

__all__ = ["ATTRIBUTES", "offers"]

ATTRIBUTES = ("Colour", "Kind", "Pack", "Part Number", "Volume", "Width")
_COLOURS = ("Black", "White", "Dark Red", "Blue")
_NOUNS = {"Lamp": "Lighting", "Torch": "Lighting", "Stapler": "Office", "Ring Binder": "Office"}
_SIDES = ("12 1/2", "8", "3.5", "20-3/4", "11", "6 1/4")


def offers(count: int, seed: int) -> list[LabelledProduct]:
    """Return offers of two categories: the part without its marks, inches in centimetres, classes for nouns."""
    rng = np.random.default_rng(seed)
    return [_offer(f"{seed}-{number}", rng) for number in range(count)]


def _offer(product_id: str, rng: np.random.Generator) -> LabelledProduct:
    letters = "".join(rng.choice(list("ABCDEFGH"), 2))
    part = f"{letters}{rng.integers(100, 999)}-{rng.choice(['B', 'S'])}{rng.integers(10, 99)}"
    noun, side = str(rng.choice(list(_NOUNS))), str(rng.choice(_SIDES))
    colour = str(rng.choice(_COLOURS)) if rng.random() < 0.7 else None
    pack, volume = int(rng.integers(2, 30)), int(rng.integers(1, 90))
    words = [f"Acme {part} {noun}", f"{side} in. wide", *([colour] if colour else []), f"{pack}/Pack"]
    holds = rng.random() < 0.5
    description = f"Good value. Holds {volume}GB of data." if holds else "Good value."
    width = rounded((amount(side) or Fraction(0)) * Fraction("2.54"), 1)
    values: dict[str, tuple[str, ...]] = {
        "Part Number": (part.replace("-", ""),),
        "Kind": (_NOUNS[noun],),
        "Width": (width,),
        "Colour": (colour,) if colour else (),
        "Pack": (str(pack),),
        "Volume": (f"{volume} Gigabytes",) if holds else (),
    }
    category = "Desk" if _NOUNS[noun] == "Office" else "Home"
    product = Product(id=product_id, title=", ".join(words), description=description, categories=(("Shop", category),))
    return LabelledProduct(product=product, category=category, values=values)
