"""Pools → tokens: each product is cut into tokens once, each history once a pool."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kgrec.ranking.texts import TextSettings, checked_numbers, product_text, profile_values, value_text

if TYPE_CHECKING:
    from kgrec.data import Catalogue, Pool
    from kgrec.graph import Graph
    from kgrec.protocols import Shelf

__all__ = ["Marks", "PairWriter", "PoolRows", "Tokens", "WrittenPool"]

_REMEMBERED_SHELVES = 2
_REMEMBERED_TEXTS = 200_000

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """What an encoder puts before, between and after two texts, and the type of each part's tokens."""

    before: Tokens
    between: Tokens
    after: Tokens
    types: tuple[int, int, int, int, int]
    pad: int

    @classmethod
    def of(cls, tokenizer: Any, pad: int) -> Marks:
        """Read them off a pair that the tokenizer marks; ``pad`` is the token that fills rows."""
        pair = tokenizer.encode("a", "b")
        own = np.array([-1 if part is None else part for part in pair.sequence_ids])
        first, second = np.flatnonzero(own == 0), np.flatnonzero(own == 1)
        a, b, c, d = int(first[0]), int(first[-1]) + 1, int(second[0]), int(second[-1]) + 1
        ids, kinds = pair.ids, pair.type_ids
        marks = [kinds[part[0]] if len(part) else 0 for part in (range(a), range(b, c), range(d, len(ids)))]
        types = (marks[0], kinds[a], marks[1], kinds[c], marks[2])
        return cls(tuple(ids[:a]), tuple(ids[b:c]), tuple(ids[d:]), types, pad)

    def __len__(self) -> int:
        """Return the number of marks in a pair."""
        return len(self.before) + len(self.between) + len(self.after)


@dataclass(frozen=True, slots=True)
class PoolRows:
    """Pools in tokens, side by side: what a pool's pairs share once, and what each candidate adds.

    Attributes:
        shared: int64 (l, s), history, profile and the mark behind them, of each of ``l`` pools.
        shared_mask: bool (l, s), true where there is a token.
        shared_types: int64 (l, s), which text a token belongs to.
        own: int64 (b, t), the first mark, the candidate and the last mark, of each pair.
        own_mask: bool (b, t).
        own_types: int64 (b, t).
        places: int64 (b, t), where a token stands in its pair.
        pool: int64 (b,), 0 … l−1: the pool that a pair belongs to.
    """

    shared: NDArray[np.int64]
    shared_mask: NDArray[np.bool_]
    shared_types: NDArray[np.int64]
    own: NDArray[np.int64]
    own_mask: NDArray[np.bool_]
    own_types: NDArray[np.int64]
    places: NDArray[np.int64]
    pool: NDArray[np.int64]

    @classmethod
    def of(cls, queries: Sequence[Tokens], candidates: Sequence[Sequence[Tokens]], marks: Marks) -> PoolRows:
        """Lay pools out: a query each, and the candidates of each."""
        mark_type, query_type, between_type, own_type, end_type = marks.types
        shared, shared_mask, shared_types = _filled(
            [(*marks.before[1:], *query, *marks.between) for query in queries],
            [
                (*(mark_type,) * (len(marks.before) - 1), *(query_type,) * len(query))
                + (between_type,) * len(marks.between)
                for query in queries
            ],
            marks.pad,
        )
        pairs = [(num, tokens) for num, own in enumerate(candidates) for tokens in own]
        own, own_mask, own_types = _filled(
            [(marks.before[0], *tokens, *marks.after) for _, tokens in pairs],
            [(mark_type, *(own_type,) * len(tokens), *(end_type,) * len(marks.after)) for _, tokens in pairs],
            marks.pad,
        )
        pool = np.array([num for num, _ in pairs], np.int64)
        places = np.arange(own.shape[1])[None, :] + shared_mask.sum(axis=1)[pool][:, None]
        places[:, 0] = 0
        return cls(shared, shared_mask, shared_types, own, own_mask, own_types, places * own_mask, pool)


def _filled(
    rows: Sequence[Tokens], types: Sequence[Tokens], pad: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Return rows, what of them is real, and types, as rectangles."""
    lengths = np.array([len(row) for row in rows], np.int64)
    mask = np.arange(int(lengths.max(initial=0))) < lengths[:, None]
    pieces, kinds = np.full(mask.shape, pad, np.int64), np.zeros(mask.shape, np.int64)
    pieces[mask] = [token for row in rows for token in row]
    kinds[mask] = [kind for row in types for kind in row]
    return pieces, mask, kinds


@dataclass(frozen=True, slots=True)
class WrittenPool:
    """A pool in tokens: what all pairs begin with, and what each candidate adds."""

    query: Tokens
    candidates: tuple[Tokens, ...]

    def rows(self, chosen: Sequence[int], marks: Marks) -> PoolRows:
        """Lay out some candidates, by place."""
        return PoolRows.of([self.query], [[self.candidates[at] for at in chosen]], marks)


class PairWriter:
    """Writes pools in tokens; safe to use from several threads.

    Args:
        tokenizer: as ``tokenizers`` writes one, JSON.
        settings: how much of what.
        pad: the token that fills rows.
    """

    def __init__(self, tokenizer: str, settings: TextSettings, *, pad: int) -> None:
        """Make a tokenizer of its own: cutting and filling up are done here, and must not be set on a shared one."""
        from tokenizers import Tokenizer

        self.settings = settings
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.marks = Marks.of(self._tokenizer, pad)
        self._separator = self._cut(";", 4)
        self._lock = threading.Lock()
        self._shelves: OrderedDict[tuple[int, int], _ShelfTokens] = OrderedDict()
        self._texts: dict[tuple[str, int], Tokens] = {}

    def write(self, pool: Pool, shelf: Shelf) -> WrittenPool:
        """Return a pool in tokens.

        Raises:
            RerankError: a product of the pool does not stand on the shelf.
        """
        checked_numbers(pool, shelf)
        known = self._shelf(shelf)
        query = self._query(pool.history, shelf, known)
        most = self.settings.candidate_tokens
        return WrittenPool(query, tuple(known.product(num)[:most] for num in pool.candidates.tolist()))

    def _query(self, history: NDArray[np.int32], shelf: Shelf, known: _ShelfTokens) -> Tokens:
        """Return the profile behind as many of the newest items as there is room for, newest last."""
        settings = self.settings
        profile: Tokens = ()
        for value in profile_values(shelf, history, settings):
            longer = (*profile, *self._separator, *known.value(value))
            if len(longer) <= settings.profile_tokens:
                profile = longer
        room = settings.max_tokens - len(self.marks) - settings.candidate_tokens - len(profile)
        items: list[Tokens] = []
        for num in history[: -settings.history_items - 1 : -1].tolist():
            tokens = known.product(num)[: settings.item_tokens]
            needed = len(tokens) + (len(self._separator) if items else 0)
            if needed > room:
                break
            if tokens:
                room -= needed
                items.append(tokens)
        written: Tokens = ()
        for tokens in reversed(items):
            written = (*written, *(self._separator if written else ()), *tokens)
        return (*written, *(profile if written else profile[len(self._separator) :]))

    def _shelf(self, shelf: Shelf) -> _ShelfTokens:
        """Return what is known of a shelf; a changed shelf is another one, and texts that stayed are not cut again."""
        catalogue, graph = shelf.catalogue, shelf.graph
        key = id(catalogue), id(graph)
        with self._lock:
            known = self._shelves.get(key)
            if known is None:  # it holds catalogue and graph, so that their ids cannot be given away
                known = self._shelves[key] = _ShelfTokens(self, shelf, catalogue, graph)
                while len(self._shelves) > _REMEMBERED_SHELVES:
                    self._shelves.popitem(last=False)
            self._shelves.move_to_end(key)
        return known

    def tokens(self, text: str, most: int) -> Tokens:
        """Return the first tokens of a text."""
        found = self._texts.get((text, most))
        if found is None:
            found = self._cut(text, most)
            if len(self._texts) >= _REMEMBERED_TEXTS:
                self._texts.clear()
            self._texts[text, most] = found
        return found

    def _cut(self, text: str, most: int) -> Tokens:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids[:most]) if text else ()


class _ShelfTokens:
    """Tokens of the products and values of one shelf, made when first asked for."""

    def __init__(self, writer: PairWriter, shelf: Shelf, catalogue: Catalogue, graph: Graph) -> None:
        self._writer, self._shelf, self._held = writer, shelf, (catalogue, graph)
        self._products: dict[int, Tokens] = {}
        self._values: dict[int, Tokens] = {}

    def product(self, num: int) -> Tokens:
        """Return the tokens of a product, as many as any place takes."""
        found = self._products.get(num)
        if found is None:
            settings = self._writer.settings
            text = product_text(self._shelf, num, settings.max_characters)
            most = max(settings.candidate_tokens, settings.item_tokens)
            if len(self._products) >= _REMEMBERED_TEXTS:
                self._products.clear()
            found = self._products[num] = self._writer.tokens(text, most)
        return found

    def value(self, value: int) -> Tokens:
        """Return the tokens of a value."""
        found = self._values.get(value)
        if found is None:
            text = value_text(self._shelf, value)
            found = self._values[value] = self._writer.tokens(text, self._writer.settings.max_tokens)
        return found
