"""Names of products in a text: between quotation marks, or as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kgrec.explanation.checking.case import Case
from kgrec.explanation.checking.known import Known
from kgrec.language.tokens import Tokens

__all__ = ["Mention", "mentions"]

_QUOTES = re.compile(r"“([^“”]*)”|「([^「」]*)」|『([^『』]*)』|《([^《》]*)》|«([^«»]*)»")
_STRAIGHT = re.compile(r'(?<!\d)"([^"]*)"')
_LEAST_WORDS = 3
_LEAST_PART = 0.6
_LONGEST = 40


class Mention(NamedTuple):
    """Words ``first`` … ``last − 1`` name products.

    ``ids`` holds the products they may name, the product itself as ``""``; none where no product goes by that name.
    ``quoted`` tells whether they stand between quotation marks.
    """

    first: int
    last: int
    ids: tuple[str, ...]
    quoted: bool

    @property
    def itself(self) -> bool:
        """Whether it can be the product."""
        return "" in self.ids


def mentions(text: str, tokens: Tokens, case: Case) -> list[Mention]:
    """Return the names in a text, in order; quoted values are no names and are left to be read as words.

    A title may be cut, with an ellipsis or after at least three words and six tenths of it.
    """
    found = list(_quoted(text, tokens, case))
    taken = {at for mention in found for at in range(mention.first, mention.last)}
    found += _unquoted(tokens, case, taken)
    return sorted(found)


def _quoted(text: str, tokens: Tokens, case: Case) -> Iterator[Mention]:
    spans = [(found.start(), found.end(), found[0][1:-1]) for found in _QUOTES.finditer(text)]
    if not spans and text.count('"') % 2 == 0:
        spans = [(found.start(), found.end(), found[1]) for found in _STRAIGHT.finditer(text)]
    for start, end, inside in spans:
        words = [at for at, place in enumerate(tokens.starts) if start < place < end]
        if not words:
            continue
        first, last = words[0], words[-1] + 1
        keys = tuple(tokens.keys[first:last])
        cut = inside.rstrip().endswith(("…", "..."))
        ids = tuple(_named(keys, case, cut=cut))
        if ids or not _is_value(keys, case):
            yield Mention(first, last, ids, quoted=True)


def _named(keys: tuple[str, ...], case: Case, *, cut: bool) -> Iterator[str]:
    """Yield the ids of what goes by a name: whole titles first, and cut ones where no title is whole."""
    titles = _titles(case)
    phrase = " ".join(keys)
    whole = [name for name, known in titles if keys in known.titles or known.id_key == phrase]
    yield from whole
    if whole or (not cut and any(True for _ in case.find(keys))):
        return
    for name, known in titles:
        if any(_is_cut(keys, title, cut=cut) for title in known.titles):
            yield name


def _titles(case: Case) -> list[tuple[str, Known]]:
    return [("", case.product), *case.anchors.items()]


def _is_cut(keys: tuple[str, ...], title: tuple[str, ...], *, cut: bool) -> bool:
    size = len(keys)
    if cut:
        # The last word may be cut itself.
        return (
            bool(title)
            and title[: size - 1] == keys[:-1]
            and len(title) >= size
            and title[size - 1][:2] == keys[-1][:2]
        )
    if size < max(_LEAST_WORDS, _LEAST_PART * len(title)):
        return False
    return any(title[at : at + size] == keys for at in range(len(title) - size + 1))


def _is_value(keys: tuple[str, ...], case: Case) -> bool:
    """Tell whether a quoted phrase is a value or a relation of the products, and so is to be read as words."""
    phrase = " ".join(keys)
    return any(phrase in book.entries for book in case.books)


def _unquoted(tokens: Tokens, case: Case, taken: set[int]) -> Iterator[Mention]:
    """Yield titles that stand without quotation marks, the longest at each place."""
    keys = tokens.keys
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, known in _titles(case):
        for title in known.titles:
            if len(title) > 1:
                by_first.setdefault(title[0], []).append((title, name))
    at = 0
    while at < len(keys):
        if at in taken:
            at += 1
            continue
        here = [
            (title, name)
            for title, name in by_first.get(keys[at], ())
            if tuple(keys[at : at + len(title)]) == title and not taken.intersection(range(at, at + len(title)))
        ]
        if not here:
            at += 1
            continue
        longest = max(len(title) for title, _ in here)
        yield Mention(at, at + longest, tuple(name for title, name in here if len(title) == longest), quoted=False)
        at += longest


def named_knowns(mention: Mention, case: Case) -> Mapping[str, Known]:
    """Return the anchors that a mention names."""
    return {name: case.anchors[name] for name in mention.ids if name}
