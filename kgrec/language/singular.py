"""English nouns in the singular, by rule and a list of exceptions."""

from __future__ import annotations

from functools import lru_cache

from kgrec.language.word_set import word_set

__all__ = ["singular"]

_PAIRS = word_set("""
    girls:girls boys:boys girl's:girls boy's:boys men:man women:woman children:child
    childrens:child childs:child mens:man womens:woman feet:foot teeth:tooth
    mice:mouse geese:goose people:person knives:knife shelves:shelf leaves:leaf scarves:scarf wolves:wolf loaves:loaf
    halves:half wives:wife calves:calf hooves:hoof elves:elf dwarves:dwarf lives:life cacti:cactus fungi:fungus
    cookies:cookie movies:movie brownies:brownie smoothies:smoothie ties:tie pies:pie hoodies:hoodie beanies:beanie
    selfies:selfie zombies:zombie pixies:pixie onesies:onesie goodies:goodie sweeties:sweetie birdies:birdie dies:die
    lilies:lily bikinis:bikini skis:ski taxis:taxi shoes:shoe toes:toe canoes:canoe horseshoes:horseshoe
    headaches:headache moustaches:moustache mustaches:mustache quiches:quiche caches:cache buses:bus gases:gas
    quizzes:quiz lenses:lens canvases:canvas teepees:teepee axes:axe
    """)
_IRREGULAR = dict(pair.split(":") for pair in sorted(_PAIRS))
_UNCHANGED = word_set("""
    scissors jeans trousers pants leggings shorts sunglasses eyeglasses tights tongs tweezers pliers series species
    news christmas xmas canvas gas atlas pyjamas pajamas bias texas dallas vegas las pants panties undies knickers
    chaos cosmos lens bus plus dais chess swiss yes this his us is as was has its always perhaps headphones earphones
    binoculars overalls dungarees sweats goggles clothes thanks stairs mars venus paris molasses asbestos
    hermes levis adidas asics lotus focus james thomas charles nicholas jesus texas kansas arkansas
    """)


@lru_cache(maxsize=65_536)
def singular(word: str) -> str:
    """Return the singular of a lower-case English word; other words come back unchanged.

    A possessive ending goes too: ``"child's"`` is ``"child"``.
    """
    if word in _UNCHANGED:
        return word
    irregular = _IRREGULAR.get(word) or _IRREGULAR.get(word.removesuffix("'s"))
    if irregular is not None:
        return irregular
    if word.endswith("'s"):
        return word[:-2]
    if len(word) < 4 or word[-1] != "s" or word[-2] in "su" or word.endswith("is") or word[-2].isdigit():
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "xes", "ches", "shes", "zzes", "oes")):
        return word[:-2]
    return word[:-1]
