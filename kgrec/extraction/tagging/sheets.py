"""A text made ready for the network: pieces, words, candidate spans, and what the lexicon says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.extraction.tagging.lexicon import Lexicon
from kgrec.extraction.tagging.words import DIGITS, SIGN, Words, cut_words

__all__ = ["LONGEST", "SPAN_FEATURES", "TRIMS", "Cut", "Sheet", "SheetMaker", "Text"]

LONGEST = 8
TRIMS = 3
SPAN_FEATURES = 8
_WHOLE, _SINGULAR, _INSIDE = range(TRIMS)
_LEAST_PLURAL = 3


class Text(NamedTuple):
    """A text to read: the number of its product among those read together, its field, the category and the text."""

    row: int
    field: str
    category: str
    text: str


class Cut(NamedTuple):
    """A window that a sheet can be made of: its text, its words and pieces, those of the category, and their number."""

    source: Text
    window: _Window
    head: list[int]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One window of one text.

    Attributes:
        row: the number of the product among those read together.
        field: ``"title"`` or ``"description"``.
        category: the product's category.
        pieces: token numbers with the encoder's marks, int64 (t,).
        first: the first piece of each word, int64 (w,); ``last`` the last one.
        shapes: the shape of each word, int64 (w,).
        rarity: log(1 + training texts that have the word), float32 (w,).
        spans: first word, last word and trim of each candidate, int64 (c, 3).
        places: start and end of each candidate in the field, int64 (c, 2).
        features: of each candidate, float32 (c, SPAN_FEATURES).
        surfaces: the words of each candidate.
        hits: (candidate, attribute, features) where the lexicon knows the candidate.
    """

    row: int
    field: str
    category: str
    pieces: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    shapes: NDArray[np.int64]
    rarity: NDArray[np.float32]
    spans: NDArray[np.int64]
    places: NDArray[np.int64]
    features: NDArray[np.float32]
    surfaces: list[str]
    hits: list[tuple[int, str, tuple[float, ...]]]


class SheetMaker:
    """Makes sheets; holds the tokenizer, the lexicon and how common words are.

    Args:
        tokenizer: a fast tokenizer of transformers, with offsets.
        lexicon: the known values.
        word_counts: folded word → training texts that have it.
        max_pieces: pieces in one window, marks and category among them.
    """

    def __init__(self, tokenizer: Any, lexicon: Lexicon, word_counts: Mapping[str, int], *, max_pieces: int) -> None:
        """Hold the parts."""
        self.tokenizer, self.lexicon, self.word_counts = tokenizer, lexicon, word_counts
        self.max_pieces = max_pieces
        self.pad = int(tokenizer.pad_token_id or 0)
        self._marks = _Marks.of(tokenizer)
        self._categories: dict[str, list[int]] = {}

    def make(
        self,
        texts: Sequence[Text],
        own: Mapping[int, Mapping[str, Sequence[str]]] | None = None,
    ) -> Iterator[Sheet]:
        """Yield the sheets of the texts, a long text's windows one after the other.

        Args:
            texts: what is to be read.
            own: row → attribute → values, where the lexicon was learned from these products.
        """
        for cut in self.cut(texts):
            yield self.sheet(cut, own.get(cut.source.row, {}) if own is not None else None)

    def cut(self, texts: Sequence[Text]) -> Iterator[Cut]:
        """Yield the windows of the texts: a small part of the work, after which their sizes are known."""
        if not texts:
            return
        read = self.tokenizer([text for *_, text in texts], add_special_tokens=False, return_offsets_mapping=True)
        for text, pieces, offsets in zip(texts, read["input_ids"], read["offset_mapping"], strict=True):
            head = self._category(text.category)
            around = len(head) + self._marks.count
            for window in _windows(cut_words(text.text), pieces, offsets, max(self.max_pieces - around, 8)):
                yield Cut(text, window, head, around + len(window.pieces))

    def _category(self, category: str) -> list[int]:
        if category not in self._categories:
            self._categories[category] = self.tokenizer(category, add_special_tokens=False)["input_ids"][:12]
        return self._categories[category]

    def sheet(self, cut: Cut, own: Mapping[str, Sequence[str]] | None = None) -> Sheet:
        """Return the sheet of a window; ``own`` holds its product's values where the lexicon was learned from them."""
        source, window, head, _ = cut
        text, words = source.text, window.words
        marked, shift = self._marks.around(head, window.pieces)
        rarity = self._rarity(text, words, leave_out=int(own is not None))
        spans, places = self._candidates(text, words, own)
        surfaces = [text[start:end] for start, end in places.tolist()]
        lexicon, hits = self.lexicon, []
        for num in lexicon.known_among(surfaces):
            found = lexicon.hits(surfaces[num], source.category, own)
            hits += [(num, attribute, features) for attribute, features in found]
        shapes = np.array(words.shapes, np.int64)
        return Sheet(
            row=source.row,
            field=source.field,
            category=source.category,
            pieces=np.array(marked, np.int64),
            first=window.first + shift,
            last=window.last + shift,
            shapes=shapes,
            rarity=rarity,
            spans=spans,
            places=places,
            features=_features(shapes, rarity, spans, places),
            surfaces=surfaces,
            hits=hits,
        )

    def _rarity(self, text: str, words: Words, *, leave_out: int) -> NDArray[np.float32]:
        counts = self.word_counts
        common = [
            max(counts.get(text[start:end].casefold(), 0) - leave_out, 0)
            for start, end in zip(words.starts, words.ends, strict=True)
        ]
        return np.log1p(np.array(common, np.float32))

    def _candidates(
        self, text: str, words: Words, own: Mapping[str, Sequence[str]] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return all spans of up to LONGEST words, those without a plural s, and known values that end in a word."""
        n = len(words.starts)
        whole = _spans_of(n)
        end = whole[:, 1]
        starts, ends = np.array(words.starts, np.int64), np.array(words.ends, np.int64)
        plural = np.array(
            [e - s > _LEAST_PLURAL and text[e - 1] in "sS" for s, e in zip(words.starts, words.ends, strict=True)], bool
        )
        cut = plural[end] if n else np.zeros(0, bool)
        inside = self._inside(text, words, own)
        singular = whole[cut]
        singular[:, 2] = _SINGULAR
        spans = np.concatenate([whole, singular, np.array([span for span, _ in inside], np.int64).reshape(-1, 3)])
        places = np.empty((len(spans), 2), np.int64)
        places[:, 0] = starts[spans[:, 0]]
        places[:, 1] = ends[spans[:, 1]] - (spans[:, 2] == _SINGULAR)
        if inside:
            places[-len(inside) :, 1] = [stop for _, stop in inside]
        return spans, places

    def _inside(
        self, text: str, words: Words, own: Mapping[str, Sequence[str]] | None
    ) -> list[tuple[tuple[int, int, int], int]]:
        found = []
        for num, at in enumerate(words.starts):
            for value in self.lexicon.values_at(text, at):
                stop, last = at + len(value), num
                while last < len(words.ends) and words.ends[last] < stop:
                    last += 1
                whole = last == len(words.ends) or words.ends[last] == stop
                plural = not whole and words.ends[last] == stop + 1 and text[stop] in "sS"
                too_far = last - num >= LONGEST
                if whole or plural or too_far or words.starts[last] >= stop:
                    continue
                if self.lexicon.known_without(value, own):
                    found.append(((num, last, _INSIDE), stop))
        return found


@lru_cache(maxsize=512)
def _spans_of(n: int) -> NDArray[np.int64]:
    """Return first word, last word and _WHOLE for all spans of up to LONGEST words among n, int64 (c, 3); read-only."""
    begin = np.repeat(np.arange(n), LONGEST)
    end = begin + np.tile(np.arange(LONGEST), n)
    made = np.stack([begin, end, np.full(len(begin), _WHOLE)], axis=1)[end < n]
    made.flags.writeable = False
    return made


def _features(
    shapes: NDArray[np.int64], rarity: NDArray[np.float32], spans: NDArray[np.int64], places: NDArray[np.int64]
) -> NDArray[np.float32]:
    n = len(shapes)
    made = np.zeros((len(spans), SPAN_FEATURES), np.float32)
    if not n:
        return made
    digits = np.concatenate([[0], np.cumsum(DIGITS[shapes])])
    signs = np.concatenate([[0], np.cumsum(shapes == SIGN)])
    rare = np.concatenate([[0.0], np.cumsum(rarity)])
    begin, end = spans[:, 0], spans[:, 1]
    length = end - begin + 1
    made[:, 0] = (digits[end + 1] - digits[begin]) / length
    made[:, 1] = (signs[end + 1] - signs[begin]) / length
    made[:, 2] = (rare[end + 1] - rare[begin]) / length / 4
    made[:, 3] = (places[:, 1] - places[:, 0]) / 20
    made[:, 4] = begin == 0
    made[:, 5] = end == n - 1
    made[:, 6] = rarity[begin] / 4
    made[:, 7] = rarity[end] / 4
    return made


class _Window(NamedTuple):
    """Some words of a text, the first and the last piece of each counted from the window's first, and its pieces."""

    words: Words
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    pieces: list[int]


def _windows(words: Words, pieces: list[int], offsets: list[tuple[int, int]], room: int) -> Iterator[_Window]:
    """Yield windows of whole words, each of at most ``room`` pieces; words without a piece are left out."""
    kept, first, last = _pieces_of_words(words, offsets)
    begin = 0
    while begin < len(kept):
        end = begin + 1
        while end < len(kept) and last[end] - first[begin] < room:
            end += 1
        low = first[begin]
        high = min(last[end - 1] + 1, low + room)
        part = kept[begin:end]
        yield _Window(
            Words([words.starts[i] for i in part], [words.ends[i] for i in part], [words.shapes[i] for i in part]),
            np.minimum(np.array(first[begin:end], np.int64) - low, room - 1),
            np.minimum(np.array(last[begin:end], np.int64) - low, room - 1),
            pieces[low:high],
        )
        begin = end


def _pieces_of_words(words: Words, offsets: list[tuple[int, int]]) -> tuple[list[int], list[int], list[int]]:
    """Return the words that have pieces, and the first and the last piece of each."""
    kept, first, last, near, count = [], [], [], 0, len(offsets)
    for num, (start, end) in enumerate(zip(words.starts, words.ends, strict=True)):
        while near < count and offsets[near][1] <= start:
            near += 1
        stop = near
        while stop < count and offsets[stop][0] < end:
            stop += 1
        if stop > near:
            kept.append(num)
            first.append(near)
            last.append(stop - 1)
    return kept, first, last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """The marks that the encoder wants around the category and the text."""

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.before) + len(self.between) + len(self.after)

    @classmethod
    def of(cls, tokenizer: Any) -> _Marks:
        start = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
        stop = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
        before, after = (() if mark is None else (mark,) for mark in (start, stop))
        return cls(before=before, between=after, after=after)

    def around(self, head: list[int], pieces: list[int]) -> tuple[list[int], int]:
        """Return all pieces, and where those of the text begin."""
        opening = [*self.before, *head, *self.between]
        return [*opening, *pieces, *self.after], len(opening)
