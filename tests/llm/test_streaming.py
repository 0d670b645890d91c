from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from kgrec.errors import BudgetSpentError, LanguageModelError, RequestRefusedError, ServerFailedError
from kgrec.llm import Budget, Calls, CallSettings, EndpointModel, Outcome
from kgrec.testing import LoopbackEndpoint
from tests.llm.doubles import ScriptedModel, asked


def calls_of(model: ScriptedModel, **settings: Any) -> Calls:
    return Calls(model, settings=CallSettings(**settings))


def asking(calls: Calls) -> Any:
    async def work(item: object) -> str:
        return (await calls.complete(asked(str(item)))).text

    return work


def threads_of_calls() -> int:
    return sum(thread.name == "kgrec calls" for thread in threading.enumerate())


def echo(**settings: Any) -> Calls:
    return calls_of(ScriptedModel(lambda text: text.upper(), **settings))


@pytest.mark.parametrize("ordered", [True, False])
def test_every_item_has_one_outcome(ordered: bool) -> None:
    calls = echo(seconds=0.001)
    outcomes = list(calls.run("abcdefghij" * 10, asking(calls), ordered=ordered))
    assert sorted(outcome.number for outcome in outcomes) == list(range(100))
    assert all(outcome.result == str(outcome.item).upper() and outcome.done for outcome in outcomes)


def late_first(calls: Calls) -> Any:
    async def work(item: int) -> int:
        await asyncio.sleep(0.05 if item == 0 else 0.001)
        return item

    return work


def test_outcomes_come_in_order() -> None:
    calls = echo()
    assert [outcome.item for outcome in calls.run(range(60), late_first(calls))] == list(range(60))


def test_unordered_outcomes_come_as_they_finish() -> None:
    calls = echo()
    order = [outcome.item for outcome in calls.run(range(60), late_first(calls), ordered=False)]
    assert sorted(order) == list(range(60))
    assert order.index(0) > 20


def test_nothing_in_nothing_out() -> None:
    calls = echo()
    assert list(calls.run([], asking(calls))) == []


def test_an_error_is_its_items_own() -> None:
    calls = echo()

    async def work(item: int) -> str:
        if item % 3 == 1:
            raise ValueError(f"item {item}")
        return (await calls.complete(asked())).text

    outcomes = list(calls.run(range(9), work))
    assert [outcome.number for outcome in outcomes if outcome.done] == [0, 2, 3, 5, 6, 8]
    assert [str(outcome.error) for outcome in outcomes if not outcome.done] == ["item 1", "item 4", "item 7"]
    assert not any(outcome.postponed for outcome in outcomes)
    assert (calls.spending.done, calls.spending.failed, calls.spending.postponed) == (6, 3, 0)


def test_work_that_cancels_itself_is_its_items_error() -> None:
    calls = echo()

    async def work(item: int) -> int:
        if item == 2:
            raise asyncio.CancelledError
        return item

    outcomes = list(calls.run(range(5), work))
    assert [outcome.done for outcome in outcomes] == [True, True, False, True, True]


def test_an_interrupt_ends_the_run() -> None:
    calls = echo()

    async def work(item: int) -> int:
        if item == 3:
            raise KeyboardInterrupt
        return item

    with pytest.raises(KeyboardInterrupt):
        list(calls.run(range(10), work))
    assert threads_of_calls() == 0


def test_a_source_that_breaks_is_heard_of() -> None:
    calls = echo()

    def source() -> Iterator[int]:
        yield from range(5)
        raise OSError("no more disk")

    with pytest.raises(OSError, match="no more disk"):
        list(calls.run(source(), asking(calls)))
    assert threads_of_calls() == 0


def test_it_runs_inside_an_event_loop() -> None:
    """As in a notebook."""
    calls = echo(seconds=0.001)

    async def cell() -> list[str | None]:
        return [outcome.result for outcome in calls.run("ab", asking(calls))]

    assert asyncio.run(cell()) == ["A", "B"]


@pytest.mark.parametrize("ordered", [True, False])
def test_a_long_stream_has_a_bounded_window(ordered: bool) -> None:
    calls = calls_of(ScriptedModel(["yes"]), concurrency=8, window=40)
    taken = yielded = most = 0

    def source() -> Iterator[int]:
        nonlocal taken, most
        for item in range(50_000):
            taken += 1
            most = max(most, taken - yielded)
            yield item

    async def work(item: int) -> int:
        return item

    for _ in calls.run(source(), work, ordered=ordered):
        yielded += 1
    assert yielded == 50_000
    assert most <= 41, "the window, and the one that is being yielded"


def test_a_consumer_who_pauses_is_waited_for() -> None:
    calls = calls_of(ScriptedModel(["yes"]), concurrency=2, window=10)
    begun = 0

    async def work(item: int) -> int:
        nonlocal begun
        begun += 1
        return item

    outcomes = calls.run(range(1000), work)
    next(outcomes)
    time.sleep(0.05)
    assert begun <= 10
    outcomes.close()  # type: ignore[attr-defined]


def test_closing_early_cleans_up() -> None:
    model = ScriptedModel(["yes"], seconds=0.01)
    calls = calls_of(model, concurrency=4)
    outcomes = calls.run(iter(range(10**9)), asking(calls))
    assert [next(outcomes).number for _ in range(6)] == list(range(6))
    assert threads_of_calls() == 1
    outcomes.close()  # type: ignore[attr-defined]
    assert threads_of_calls() == 0
    assert model.inside == 0
    assert model.closed == 1
    spending = calls.spending
    assert spending.attempts == model.attempts, "those that were broken off are counted too"
    assert spending.failed_attempts > 0
    assert asyncio.run(calls.complete(asked())).text == "yes"


def test_a_forgotten_generator_cleans_up() -> None:
    calls = echo(seconds=0.001)
    for outcome in calls.run(range(100), asking(calls)):
        if outcome.number == 3:
            break
    del outcome
    gc.collect()
    assert threads_of_calls() == 0


def test_a_run_that_is_never_begun_starts_nothing() -> None:
    calls = echo()
    calls.run(range(100), asking(calls))
    assert threads_of_calls() == 0
    assert calls.spending.total is None


def test_connections_are_closed_and_opened_again() -> None:
    with LoopbackEndpoint("yes") as server:
        calls = Calls(EndpointModel("tiny", base_url=server.url), settings=CallSettings(concurrency=3))
        for _ in range(2):
            assert all(outcome.done for outcome in calls.run(range(12), asking(calls)))
        assert server.connections <= 6
        assert server.most_together <= 3


def test_connections_of_single_calls_are_closed_on_demand() -> None:
    with LoopbackEndpoint("yes") as server:
        calls = Calls(EndpointModel("tiny", base_url=server.url))

        async def one() -> str:
            try:
                return (await calls.complete(asked())).text
            finally:
                await calls.aclose()

        assert [asyncio.run(one()) for _ in range(2)] == ["yes", "yes"]
        assert server.connections == 2
        asyncio.run(Calls(ScriptedModel([])).aclose())


def test_progress_is_told_in_the_callers_thread() -> None:
    calls, told = echo(), []

    def progress(stage: str, done: int, total: int | None) -> None:
        assert threading.current_thread() is threading.main_thread()
        told.append((stage, done, total))

    list(calls.run(range(5), asking(calls), progress=progress, stage="reading"))
    assert told == [("reading", done, 5) for done in range(6)]
    told.clear()
    list(calls.run(iter(range(3)), asking(calls), progress=progress))
    assert told == [("asking the model", done, None) for done in range(4)]
    told.clear()
    list(calls.run(iter(range(3)), asking(calls), progress=progress, total=3))
    assert told[-1] == ("asking the model", 3, 3)


def test_a_spent_budget_postpones_the_rest() -> None:
    model = ScriptedModel(["yes"], seconds=0.001)
    calls = Calls(model, settings=CallSettings(concurrency=4), budget=Budget(max_items=10))
    outcomes = list(calls.run(range(500), asking(calls)))
    assert [outcome.number for outcome in outcomes] == list(range(500))
    assert sum(outcome.done for outcome in outcomes) == 10
    assert all(outcome.postponed and isinstance(outcome.error, BudgetSpentError) for outcome in outcomes[10:])
    assert model.attempts == 10
    assert (calls.spending.done, calls.spending.failed, calls.spending.postponed) == (10, 0, 490)


def test_work_is_no_longer_begun_once_a_budget_is_spent() -> None:
    calls = Calls(ScriptedModel(["yes"]), settings=CallSettings(concurrency=2, window=8), budget=Budget(max_items=3))
    begun = 0

    async def work(item: int) -> str:
        nonlocal begun
        begun += 1
        return (await calls.complete(asked())).text

    list(calls.run(range(1000), work))
    assert begun <= 3 + 8 + 16


def test_what_runs_when_the_budget_is_spent_is_let_finish() -> None:
    calls = Calls(
        ScriptedModel(["yes"], seconds=0.02), settings=CallSettings(concurrency=4), budget=Budget(max_items=4)
    )
    outcomes = list(calls.run(range(20), asking(calls), ordered=False))
    assert sum(outcome.done for outcome in outcomes) == 4


def test_only_items_that_ask_count() -> None:
    """Those answered from a journal are free."""
    calls = Calls(ScriptedModel(["yes"]), budget=Budget(max_items=2))

    async def work(item: int) -> str:
        if item < 50:
            return "known"
        for _ in range(3):
            await calls.complete(asked())
        return "asked"

    outcomes = list(calls.run(range(60), work))
    assert [outcome.result for outcome in outcomes[:53]] == ["known"] * 50 + ["asked"] * 2 + [None]


def test_limits_count_over_all_runs() -> None:
    calls = Calls(ScriptedModel(["yes"]), budget=Budget(max_items=5))
    counts = [sum(outcome.done for outcome in calls.run(range(3), asking(calls))) for _ in range(3)]
    assert counts == [3, 2, 0]
    assert calls.spending.total == 9


@pytest.mark.parametrize("failure", [RequestRefusedError("401: wrong key"), ServerFailedError("nobody there")])
def test_a_model_that_is_down_is_left_alone(failure: LanguageModelError) -> None:
    model = ScriptedModel([failure])
    calls = calls_of(model, concurrency=2, window=4, give_up_after=10, max_attempts=1)
    outcomes = list(calls.run(range(1000), asking(calls)))
    tried = [outcome for outcome in outcomes if not outcome.postponed]
    assert 10 <= len(tried) <= 10 + 4 + 16
    assert all(outcome.error is failure for outcome in tried)
    assert str(failure) in str(outcomes[-1].error)
    assert "in a row failed" in str(outcomes[-1].error)


def test_a_model_that_is_down_is_noticed_behind_work_that_catches_errors() -> None:
    model = ScriptedModel([ServerFailedError("nobody there")])
    calls = calls_of(model, concurrency=2, window=4, give_up_after=10, max_attempts=1)

    async def work(item: int) -> str:
        try:
            return (await calls.complete(asked())).text
        except LanguageModelError:
            return "pending"

    outcomes = list(calls.run(range(1000), work))
    assert model.attempts < 50
    assert outcomes[-1].postponed


def test_failures_between_replies_are_no_reason_to_stop() -> None:
    count = 0

    def reply(text: str) -> Any:
        nonlocal count
        count += 1
        return "yes" if count % 5 == 0 else RequestRefusedError("no")

    calls = calls_of(ScriptedModel(reply), give_up_after=10, concurrency=1)
    outcomes = list(calls.run(range(200), asking(calls)))
    assert not any(outcome.postponed for outcome in outcomes)
    assert sum(outcome.done for outcome in outcomes) == 40


def test_a_next_run_asks_again() -> None:
    model = ScriptedModel([*[RequestRefusedError("down")] * 12, "yes"])
    calls = calls_of(model, concurrency=1, window=1, give_up_after=12)
    assert list(calls.run(range(100), asking(calls)))[-1].postponed
    assert all(outcome.done for outcome in calls.run(range(5), asking(calls)))


def test_two_runs_side_by_side_share_the_limit() -> None:
    model = ScriptedModel(["yes"], seconds=0.002)
    calls = calls_of(model, concurrency=3)
    pairs = zip(calls.run(range(40), asking(calls)), calls.run(range(40), asking(calls)), strict=True)
    assert all(one.done and other.done for one, other in pairs)
    assert model.most_inside <= 3


def test_other_calls_inside_the_work_have_limits_of_their_own_and_are_closed_too() -> None:
    writer, judge = ScriptedModel(["yes"]), ScriptedModel(["no"])
    calls, others = Calls(writer), Calls(judge, budget=Budget(max_items=2))

    async def work(item: int) -> str:
        first = await calls.complete(asked())
        return first.text + "".join([(await others.complete(asked())).text for _ in range(2)])

    outcomes = list(calls.run(range(4), work))
    assert [outcome.result for outcome in outcomes] == ["yesnono", "yesnono", None, None]
    assert (calls.spending.attempts, others.spending.attempts) == (4, 4)
    assert (writer.closed, judge.closed) == (1, 1)


def test_spending_is_described() -> None:
    calls = Calls(ScriptedModel(["yes"], seconds=0.001))
    outcomes = calls.run(range(100), asking(calls))
    for _ in range(50):
        next(outcomes)
    spending = calls.spending
    assert spending.total == 100
    assert spending.rate > 0
    assert spending.seconds_left == pytest.approx((100 - spending.done) / spending.rate)
    assert " of 100 done, " in spending.describe()
    assert " a second, " in spending.describe()
    list(outcomes)
    assert calls.spending.seconds_left == 0
    assert "left" not in calls.spending.describe()


def test_time_between_runs_does_not_count() -> None:
    calls = echo()
    list(calls.run(range(3), asking(calls)))
    before = calls.spending.seconds
    time.sleep(0.05)
    assert calls.spending.seconds == before


def test_an_outcome_says_what_it_is() -> None:
    assert Outcome(item=1, number=0, result="x").done
    assert not Outcome(item=1, number=0, error=ValueError()).done
