from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kgrec.data import Pool, Product
from kgrec.errors import RerankError
from kgrec.ranking.cross import TokenLists
from kgrec.ranking.cross.writing import PairWriter, PoolRows
from kgrec.testing import PlainShelf, rerank_shop
from tests.ranking.cross import tiny


@pytest.fixture(scope="module")
def tokenizer(encoder: Path) -> str:
    return (encoder / "tokenizer.json").read_text("utf-8")


@pytest.fixture
def writer(tokenizer: str) -> PairWriter:
    return PairWriter(tokenizer, tiny.TEXT, pad=0)


def words(tokenizer: str, ids: object) -> str:
    from tokenizers import Tokenizer

    return str(Tokenizer.from_str(tokenizer).decode(list(ids), skip_special_tokens=False))  # type: ignore[call-overload]


def pool_of(history: object, candidates: object) -> Pool:
    shown, given = np.asarray(history, np.int32), np.asarray(candidates, np.int32)
    return Pool(
        history=shown,
        times=np.full(len(shown), np.nan),
        candidates=given,
        retrieval=np.zeros(len(given), np.float32),
    )


def test_history_newest_last_then_profile_then_candidate(writer: PairWriter, tokenizer: str) -> None:
    shelf, _, _ = rerank_shop()
    same = [num for num, product in enumerate(shelf.catalogue) if " mug " in product.title][:3]
    written = writer.write(pool_of(same, [7]), shelf)
    text = words(tokenizer, written.query)
    first, last = (shelf.catalogue[same[at]].title.split()[-1] for at in (1, 2))
    assert text.index(first) < text.index(last)
    assert text.rindex("robin mugs") > text.index(last), "what the items share comes behind them"
    assert words(tokenizer, written.candidates[0]).startswith(shelf.catalogue[7].title.lower()[:8])


def test_the_newest_items_survive(writer: PairWriter, tokenizer: str) -> None:
    shelf, _, _ = rerank_shop()
    history = np.arange(10_000) % len(shelf.catalogue)
    query = writer.write(pool_of(history, [1, 2]), shelf).query
    assert len(query) <= tiny.TEXT.max_tokens - tiny.TEXT.candidate_tokens - len(writer.marks)
    text = words(tokenizer, query)
    newest = shelf.catalogue[int(history[-1])].title.lower().split()
    assert newest[0] in text
    assert newest[-1] in text


def test_a_pair_is_never_too_long(writer: PairWriter) -> None:
    shelf, _, _ = rerank_shop()
    long = shelf.with_product(Product(id="long", title="robin mug " * 300, description="x " * 900))
    new = len(long.catalogue) - 1
    rows = writer.write(pool_of([new] * 9, [new, 0]), long).rows([0, 1], writer.marks)
    assert rows.shared.shape[1] + rows.own.shape[1] <= tiny.TEXT.max_tokens
    assert rows.own.shape[1] == tiny.TEXT.candidate_tokens + 2


def test_rows_are_what_the_tokenizer_makes_of_a_pair(writer: PairWriter, tokenizer: str) -> None:
    from tokenizers import Tokenizer

    plain = Tokenizer.from_str(tokenizer)
    pair = plain.encode("red mug", "blue robin lamp 7")
    written = [tuple(plain.encode(text, add_special_tokens=False).ids) for text in ("red mug", "blue robin lamp 7")]
    rows = PoolRows.of(written[:1], [written[1:]], writer.marks)
    order = np.argsort(np.concatenate([np.arange(1, rows.shared.shape[1] + 1), rows.places[0]]))
    assert np.concatenate([rows.shared[0], rows.own[0]])[order].tolist() == pair.ids
    assert np.concatenate([rows.shared_types[0], rows.own_types[0]])[order].tolist() == pair.type_ids


def test_nothing_known_is_written_too(writer: PairWriter) -> None:
    shelf, _, _ = rerank_shop()
    bare = shelf.with_product(Product(id="bare"))
    new = len(bare.catalogue) - 1
    written = writer.write(pool_of([new], [new, 0]), bare)
    assert written.query == ()
    assert written.candidates[0] == ()
    rows = written.rows([0, 1], writer.marks)
    assert rows.shared_mask.sum() == len(writer.marks.between)
    assert rows.own_mask[0].sum() == 2


def test_a_changed_shelf_is_read_anew(writer: PairWriter) -> None:
    shelf, _, _ = rerank_shop()
    asked = pool_of([0], [3])
    before = writer.write(asked, shelf).candidates[0]
    changed = PlainShelf.of(shelf.catalogue.changed({3: replace(shelf.catalogue[3], title="lamp lamp lamp")}))
    after = writer.write(asked, changed).candidates[0]
    assert before != after
    assert len(set(after[:3])) == 1
    assert writer.write(asked, shelf).candidates[0] == before


@pytest.mark.parametrize(("history", "candidates"), [([60], [1]), ([0], [-1]), ([0], [1, 99])])
def test_products_that_are_not_on_the_shelf(writer: PairWriter, history: list[int], candidates: list[int]) -> None:
    with pytest.raises(RerankError, match="products 0 to 59"):
        writer.write(pool_of(history, candidates), rerank_shop()[0])


def test_lists_there_and_back(lists: TokenLists, tmp_path: Path) -> None:
    lists.save(tmp_path / "lists.npz")
    again = TokenLists.load(tmp_path / "lists.npz")
    assert again.fingerprint() == lists.fingerprint()
    assert list(again) == list(lists)
    part = lists.select(np.array([5, 2]), most=4)
    assert [pool.query for pool in part] == [lists.written(5).query, lists.written(2).query]
    assert part.written(0).candidates == lists.written(5).candidates[:4]
    assert len(lists.without(part)) == len(lists) - 2
