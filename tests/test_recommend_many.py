from __future__ import annotations

import numpy as np
import pytest
from test_recommender import N, behaviour_only, ids_of, shop, truth

import kgrec
from kgrec import batches
from kgrec.errors import HistoryError, SettingsError

SESSIONS = [["p000001"], [], ["p000089"], ["p000004", "no such id", "p000010"], ["p000004", "p000010"], ["x"]]
ASKED = [{}, {"k": N + 5}, {"exclude_seen": False}, {"exclude": ["p000003"], "k": 3}, {"where": {"price": {"<": 12}}}]


@pytest.mark.parametrize("asked", [*ASKED, {"rules": {"caps": {"brand": 1}}}, {"exclude_seen": ("purchase",)}])
def test_equal_to_one_by_one(asked: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BLOCK", 7)
    users = [*shop().shop.users[:20], "nobody", None]
    expected = [shop().recommend(user, **asked, explain=False) for user in users]
    assert list(shop().recommend_many(users, **asked)) == expected
    ranked = shop().recommend_many(users, **asked, as_arrays=True)
    assert [ranked.of(at) for at in range(len(users))] == [[(f.item, f.score) for f in one] for one in expected]
    expected = [shop().recommend(history=session, **asked) for session in SESSIONS]
    assert list(shop().recommend_many(histories=iter(SESSIONS), **asked, explain=True)) == expected


def test_everybody() -> None:
    ranked = shop().recommend_many(k=4, as_arrays=True)
    assert ranked.items.shape == (len(shop().shop.users), 4)
    assert ranked.items.dtype == np.int32
    for at in (0, 50, 119):
        found = shop().recommend(shop().shop.users[at], k=4, explain=False)
        assert [name for name, _ in ranked.of(at)] == ids_of(found)
    assert len(list(behaviour_only().recommend_many(k=3))) == 40
    assert shop().recommend_many([], as_arrays=True).items.shape == (0, 10)


def test_bad_questions() -> None:
    with pytest.raises(SettingsError, match="not both"):
        shop().recommend_many(["u000001"], histories=[["p000001"]])
    with pytest.raises(HistoryError, match="single string"):
        shop().recommend_many("u000001")
    with pytest.raises(HistoryError, match="sequence of product ids"):
        list(shop().recommend_many(histories=["p000001"]))
    with pytest.raises(SettingsError, match="k must be"):
        shop().recommend_many(k=0)
    with pytest.raises(SettingsError):
        shop().recommend_many(where={"prise": 3})


def test_a_question_touches_what_its_history_speaks_for_alone() -> None:
    model = shop().shop.model
    history, weights = np.array([4, 10], np.int32), np.ones(2, np.float32)
    for k in (3, 64, 65, 90):
        every = model.score(kgrec.Histories.of([[4, 10]]))[0] if k == 90 else None
        nums, scores = model.propose(history, weights, None, k)
        again, same = model.propose(history, weights, np.ones(N, np.bool_), k)
        assert nums.tolist() == again.tolist()
        assert scores.tolist() == same.tolist()
        if every is not None:
            assert len(nums) == np.count_nonzero(every > 0)
        hidden, _ = model.propose(history, weights, None, k, hidden=nums[:2])
        assert hidden.tolist()[: len(nums) - 2] == nums.tolist()[2 : 2 + len(hidden)]
    assert len(truth().catalogue) == N
