"""Misspellings: a rare word that is one slip away from a common one, in a value that is otherwise the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from kgrec.extraction.canonical.guards import is_known_word, keeps_apart
from kgrec.extraction.canonical.keys import has_number

__all__ = ["misspelt_values", "slip"]

_SHORTEST = 7
_SOUNDS_ALIKE = frozenset(
    frozenset(pair)
    for pair in ("ae", "ai", "ao", "au", "ei", "eo", "eu", "io", "iu", "ou", "iy", "ey", "ck", "cs", "sz")
)
_ENDING = 2
_MANY_CONTEXTS = 2


def misspelt_values(
    counts: Mapping[str, int], contexts: Mapping[str, int], relation: str, ratio: float
) -> Iterator[tuple[str, str, float]]:
    """Yield (misspelt value, value, likeness 0 … 1) of one relation.

    Words meet in blocks of those that are the same with one letter taken out (as in SymSpell), so that no two words are
    compared for nothing. A value is misspelt where one of its words is, and the corrected value is there too.

    Args:
        counts: plain key of each value → number of facts.
        contexts: word → in how many different values of the catalogue it stands.
        relation: the relation's name.
        ratio: the misspelling is at least so many times rarer.
    """
    words: Counter[str] = Counter()
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for value, count in counts.items():
        if has_number(value):
            continue
        for word in set(value.split(" ")):
            if len(word) >= _SHORTEST and word.isascii() and word.isalpha():
                words[word] += count
                holders[word].append(value)
    for wrong, right, likeness in _slips(words, contexts, ratio):
        for value in sorted(holders[wrong]):
            corrected = " ".join(right if word == wrong else word for word in value.split(" "))
            often = counts.get(corrected, 0)
            if often >= ratio * counts[value] and not keeps_apart(value, corrected, relation):
                yield value, corrected, likeness


def slip(wrong: str, right: str) -> bool:
    """Tell whether one word is another with one slip of the pen.

    Two letters are swapped, one is too many or too few, or one sounds like the right one. The first letter and the
    ending, where grammar stands, must be right.
    """
    from rapidfuzz.distance import OSA

    if wrong == right or wrong[0] != right[0] or OSA.distance(wrong, right, score_cutoff=1) != 1:
        return False
    same = next(
        (at for at, (a, b) in enumerate(zip(wrong, right, strict=False)) if a != b), min(len(wrong), len(right))
    )
    if len(wrong) != len(right):
        longer = max(wrong, right, key=len)
        doubled = same > 0 and longer[same] == longer[same - 1]
        return same < len(longer) - _ENDING or (doubled and same < len(longer) - 1)
    if wrong[same + 1 :] != right[same + 1 :]:
        return True  # two letters swapped
    alike = frozenset((wrong[same], right[same])) in _SOUNDS_ALIKE
    return alike and same < len(right) - _ENDING


def _slips(words: Mapping[str, int], contexts: Mapping[str, int], ratio: float) -> Iterator[tuple[str, str, float]]:
    """Yield (misspelling, word, likeness), each misspelling once, for the commonest word, the first by letters."""
    from rapidfuzz import fuzz

    blocks: defaultdict[str, list[str]] = defaultdict(list)
    for word in words:
        for variant in {word, *(word[:at] + word[at + 1 :] for at in range(1, len(word)))}:
            blocks[variant].append(word)
    found: dict[str, str] = {}
    for block in blocks.values():
        block.sort(key=lambda word: (-words[word], word))
        for at, right in enumerate(block):
            for wrong in block[at + 1 :]:
                rare = words[wrong] * ratio <= words[right] and contexts[wrong] <= _MANY_CONTEXTS
                better = wrong not in found or (-words[right], right) < (-words[found[wrong]], found[wrong])
                if rare and better and contexts[right] >= contexts[wrong] and slip(wrong, right):
                    found[wrong] = right
    for wrong, right in sorted(found.items()):
        if not is_known_word(wrong):
            yield wrong, right, fuzz.ratio(wrong, right) / 100
