from __future__ import annotations

import asyncio
import statistics
from typing import Any

import pytest

from kgrec.data import Completion, Usage
from kgrec.errors import (
    BudgetSpentError,
    LanguageModelError,
    RateLimitError,
    RequestRefusedError,
    ServerFailedError,
    SettingsError,
)
from kgrec.llm import Budget, Calls, CallSettings, EndpointModel, Price, Spending
from kgrec.protocols import LanguageModel
from kgrec.testing import Answer, LanguageModelContract, LoopbackEndpoint
from tests.llm.doubles import FakeTime, ScriptedModel, asked, stated

LIMITED, FAILED, REFUSED = RateLimitError("slow"), ServerFailedError("oh"), RequestRefusedError("no")


def timed(
    model: LanguageModel, clock: FakeTime, *, seed: int = 0, budget: Budget | None = None, **settings: Any
) -> Calls:
    calls = CallSettings(**settings)
    return Calls(model, settings=calls, budget=budget, seed=seed, clock=clock.clock, sleep=clock.sleep)


class TestCalls(LanguageModelContract):
    def make(self) -> LanguageModel:
        return Calls(ScriptedModel(["{}"]))


def test_a_reply_comes_through_with_messages_and_schema() -> None:
    seen: list[Any] = []

    class Noting(ScriptedModel):
        async def complete(self, messages: Any, schema: Any = None) -> Completion:
            seen.append((messages, schema))
            return await super().complete(messages, schema)

    calls = Calls(Noting(["yes"]))
    assert asyncio.run(calls.complete(asked(), {"type": "object"})).text == "yes"
    assert seen == [(asked(), {"type": "object"})]
    assert calls.name == "scripted"


@pytest.mark.parametrize("failure", [LIMITED, FAILED])
def test_what_may_succeed_later_is_repeated(failure: LanguageModelError) -> None:
    clock, model = FakeTime(), ScriptedModel([failure, failure, "yes"])
    calls = timed(model, clock)
    assert asyncio.run(calls.complete(asked())).text == "yes"
    assert model.attempts == 3
    assert (calls.spending.attempts, calls.spending.failed_attempts) == (3, 2)
    assert len(clock.slept) == 2


@pytest.mark.parametrize("failure", [REFUSED, LanguageModelError("odd"), ValueError("mine")])
def test_what_will_not_succeed_is_not_repeated(failure: Exception) -> None:
    clock, model = FakeTime(), ScriptedModel([failure, "yes"])
    with pytest.raises(type(failure)) as caught:
        asyncio.run(timed(model, clock).complete(asked()))
    assert caught.value is failure
    assert (model.attempts, clock.slept) == (1, [])


def test_attempts_have_an_end() -> None:
    clock, model = FakeTime(), ScriptedModel([FAILED])
    with pytest.raises(ServerFailedError):
        asyncio.run(timed(model, clock, max_attempts=4).complete(asked()))
    assert (model.attempts, len(clock.slept)) == (4, 3)


def test_waits_have_full_jitter_and_double() -> None:
    waits = []
    for seed in range(200):
        clock = FakeTime()
        with pytest.raises(ServerFailedError):
            asyncio.run(
                timed(ScriptedModel([FAILED]), clock, seed=seed, first_wait=1, longest_wait=3).complete(asked())
            )
        waits.append(clock.slept)
    for number, most in enumerate([1, 2, 3, 3]):
        drawn = [slept[number] for slept in waits]
        assert 0 <= min(drawn) < 0.1 * most
        assert 0.9 * most < max(drawn) <= most
        assert statistics.mean(drawn) == pytest.approx(most / 2, rel=0.15)


def test_one_seed_gives_the_same_waits() -> None:
    times = [FakeTime(), FakeTime()]
    for clock in times:
        with pytest.raises(ServerFailedError):
            asyncio.run(timed(ScriptedModel([FAILED]), clock, seed=3).complete(asked()))
    assert times[0].slept == times[1].slept


@pytest.mark.parametrize("kind", [RateLimitError, ServerFailedError])
def test_retry_after_is_honoured(kind: Any) -> None:
    clock = FakeTime()
    asyncio.run(timed(ScriptedModel([kind("wait", retry_after=7.0), "yes"]), clock).complete(asked()))
    assert 7.0 <= clock.now <= 7.5


def test_retry_after_holds_back_the_other_calls_too() -> None:
    clock, began = FakeTime(), []

    class Noting(ScriptedModel):
        async def complete(self, messages: Any, schema: Any = None) -> Completion:
            began.append(clock.now)
            return await super().complete(messages, schema)

    calls = timed(Noting([RateLimitError("wait", retry_after=9.0), "yes"]), clock, concurrency=1)

    async def both() -> None:
        await asyncio.gather(calls.complete(asked()), calls.complete(asked()))

    asyncio.run(both())
    assert began[0] == 0
    assert min(began[1:]) >= 9.0


def test_a_wait_of_hours_is_an_error_at_once() -> None:
    clock = FakeTime()
    with pytest.raises(RateLimitError) as caught:
        asyncio.run(timed(ScriptedModel([RateLimitError("tomorrow", retry_after=7200.0)]), clock).complete(asked()))
    assert caught.value.retry_after == 7200.0
    assert clock.slept == []


def test_retry_after_over_real_sockets() -> None:
    with LoopbackEndpoint([Answer(status=429, retry_after="0.4"), Answer(status=500), "yes"]) as server:
        calls = Calls(EndpointModel("tiny", base_url=server.url), settings=CallSettings(first_wait=0.01))

        async def work(text: str) -> Completion:
            return await calls.complete(asked(text))

        (outcome,) = calls.run(["red mug"], work)
    assert outcome.result is not None
    assert outcome.result.text == "yes"
    assert 0.4 <= calls.spending.seconds < 5
    assert (calls.spending.attempts, calls.spending.failed_attempts) == (3, 2)


def test_an_attempt_that_hangs_is_cut() -> None:
    clock = FakeTime()
    model = ScriptedModel(["never"], seconds=60)
    with pytest.raises(ServerFailedError, match=r"scripted gave no reply within 0\.05 s"):
        asyncio.run(timed(model, clock, timeout=0.05, max_attempts=2).complete(asked()))
    assert model.attempts == 2


def test_no_more_than_the_limit_are_inside() -> None:
    model = ScriptedModel(["yes"], seconds=0.005)
    calls = Calls(model, settings=CallSettings(concurrency=5))

    async def many() -> None:
        await asyncio.gather(*(calls.complete(asked()) for _ in range(40)))

    asyncio.run(many())
    assert model.most_inside == 5


def test_the_limit_holds_over_threads_with_loops_of_their_own() -> None:
    model = ScriptedModel(["yes"], seconds=0.005)
    calls = Calls(model, settings=CallSettings(concurrency=3))

    async def many() -> None:
        await asyncio.gather(*(calls.complete(asked()) for _ in range(20)))

    async def threads() -> None:
        await asyncio.gather(*(asyncio.to_thread(asyncio.run, many()) for _ in range(4)))

    asyncio.run(threads())
    assert model.most_inside <= 3
    assert calls.spending.attempts == 80


def test_concurrency_halves_at_most_once_for_those_under_way_together() -> None:
    model = ScriptedModel([LIMITED], seconds=0.001)
    calls = Calls(model, settings=CallSettings(concurrency=8), sleep=lambda seconds: asyncio.sleep(60))

    async def many() -> int:
        work = [asyncio.ensure_future(calls.complete(asked())) for _ in range(8)]
        while calls.spending.failed_attempts < 8:
            await asyncio.sleep(0.001)
        for call in work:
            call.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        return calls.concurrency

    assert asyncio.run(many()) == 4


def test_concurrency_shrinks_to_one_and_grows_again() -> None:
    clock, model = FakeTime(), ScriptedModel([*[LIMITED] * 5, "yes"])
    calls = timed(model, clock, concurrency=16, max_attempts=10)
    asyncio.run(calls.complete(asked()))
    assert calls.concurrency == 2, "one, and one more for the reply"

    async def many(count: int) -> int:
        await asyncio.gather(*(calls.complete(asked()) for _ in range(count)))
        return calls.concurrency

    grown = [asyncio.run(many(20)) for _ in range(12)]
    assert 2 < grown[0] < 16, "it grows step by step"
    assert grown == sorted(grown)
    assert grown[-1] == 16


def test_a_server_with_a_limit_is_not_overrun() -> None:
    """Three at a time are answered, the rest are turned away: all come through, and few are turned away."""
    inside = 0

    class Limited(ScriptedModel):
        async def complete(self, messages: Any, schema: Any = None) -> Completion:
            nonlocal inside
            self.attempts += 1
            if inside >= 3:
                raise RateLimitError("full")
            inside += 1
            await asyncio.sleep(0.002)
            inside -= 1
            return stated("yes")

    calls = Calls(
        Limited([]), settings=CallSettings(concurrency=24, max_attempts=20, first_wait=0.002, longest_wait=0.01)
    )

    async def work(_: int) -> str:
        return (await calls.complete(asked())).text

    assert all(outcome.done for outcome in calls.run(range(300), work))
    assert calls.spending.failed_attempts < calls.spending.attempts / 2


def test_tokens_and_money_of_every_attempt_are_counted() -> None:
    refused = RequestRefusedError("filtered")
    refused.tokens = (100, 7)
    model = ScriptedModel([stated(tokens=(20, 10)), refused, stated(tokens=(30, 5))])
    calls = Calls(model, price=Price(input=2.0, output=8.0, currency="EUR"))
    asyncio.run(calls.complete(asked()))
    with pytest.raises(RequestRefusedError):
        asyncio.run(calls.complete(asked()))
    asyncio.run(calls.complete(asked()))
    spending = calls.spending
    assert spending.usage == Usage(input_tokens=150, output_tokens=22)
    assert spending.estimated == Usage()
    assert spending.cost == pytest.approx((150 * 2 + 22 * 8) / 1e6)
    assert spending.currency == "EUR"


def test_tokens_of_failed_attempts_are_estimated_from_the_prompt() -> None:
    calls = timed(ScriptedModel([FAILED, FAILED, stated(tokens=(500, 1))]), FakeTime())
    asyncio.run(calls.complete(asked("x" * 400)))
    spending = calls.spending
    assert spending.estimated == Usage(input_tokens=2 * 104)
    assert spending.usage == Usage(input_tokens=500 + 2 * 104, output_tokens=1)
    assert "(29% estimated)" in spending.describe()


def test_estimates_follow_what_the_server_states() -> None:
    calls = timed(ScriptedModel([stated(tokens=(208, 1)), FAILED, stated(tokens=(208, 1))]), FakeTime())
    for _ in range(2):
        asyncio.run(calls.complete(asked("x" * 400)))
    assert calls.spending.estimated == Usage(input_tokens=208)


@pytest.mark.parametrize("failure", [LIMITED, REFUSED])
def test_attempts_that_are_turned_away_take_no_tokens(failure: LanguageModelError) -> None:
    calls = timed(ScriptedModel([failure]), FakeTime(), max_attempts=2)
    with pytest.raises(type(failure)):
        asyncio.run(calls.complete(asked()))
    assert calls.spending.usage == Usage()
    assert calls.spending.failed_attempts == calls.spending.attempts > 0


def test_replies_without_usage_are_estimated() -> None:
    calls = Calls(ScriptedModel([Completion(text="y" * 80)]))
    asyncio.run(calls.complete(asked("红色马克杯")))
    assert calls.spending.usage == calls.spending.estimated == Usage(input_tokens=5 + 4, output_tokens=20)


def test_a_cancelled_attempt_is_counted_and_its_slot_is_free_again() -> None:
    model = ScriptedModel(["yes"], seconds=0.05)
    calls = Calls(model, settings=CallSettings(concurrency=1))

    async def work() -> None:
        inside, waiting = (asyncio.ensure_future(calls.complete(asked())) for _ in range(2))
        await asyncio.sleep(0.01)
        for call in (waiting, inside):
            call.cancel()
        await asyncio.gather(inside, waiting, return_exceptions=True)
        await calls.complete(asked())

    asyncio.run(asyncio.wait_for(work(), 5))
    assert (calls.spending.attempts, calls.spending.failed_attempts) == (2, 1)
    assert calls.spending.estimated.input_tokens > 0


def test_cancelling_right_when_a_slot_comes_free_loses_no_slot() -> None:
    model = ScriptedModel(["yes"])
    calls = Calls(model, settings=CallSettings(concurrency=1))

    async def work() -> None:
        for delay in range(12):
            call = [asyncio.ensure_future(calls.complete(asked())) for _ in range(3)]
            for _ in range(delay):
                await asyncio.sleep(0)
            call[1].cancel()
            await asyncio.gather(*call, return_exceptions=True)
            await calls.complete(asked())

    asyncio.run(asyncio.wait_for(work(), 5))
    assert model.inside == 0


def test_a_budget_of_tokens_stops_before_it_is_passed() -> None:
    model = ScriptedModel([stated(tokens=(30, 20))])
    settings = CallSettings(expected_output_tokens=20, concurrency=3)
    calls = Calls(model, settings=settings, budget=Budget(max_tokens=500))

    async def work(_: int) -> None:
        await calls.complete(asked("x" * 100))

    outcomes = list(calls.run(range(30), work))
    assert [outcome.done for outcome in outcomes] == [True] * 10 + [False] * 20
    assert "500 of max_tokens 500 are used" in str(outcomes[-1].error)
    assert model.attempts == 10


def test_a_budget_of_money_stops_before_it_is_passed() -> None:
    calls = Calls(
        ScriptedModel([stated(tokens=(1000, 1000))]),
        settings=CallSettings(expected_output_tokens=1000),
        budget=Budget(max_cost=0.01),
        price=Price(input=0.5, output=1.5),
    )

    async def work(_: int) -> None:
        await calls.complete(asked("x" * 4000))

    outcomes = list(calls.run(range(20), work))
    assert [outcome.done for outcome in outcomes] == [True] * 5 + [False] * 15
    assert calls.spending.cost == pytest.approx(0.01)
    assert "max_cost 0.0100 USD" in str(outcomes[-1].error)


def test_repeated_attempts_are_checked_against_the_budget() -> None:
    model = ScriptedModel([FAILED])
    calls = timed(model, FakeTime(), max_attempts=50, budget=Budget(max_tokens=1000), expected_output_tokens=50)
    with pytest.raises(BudgetSpentError):
        asyncio.run(calls.complete(asked("x" * 800)))
    assert model.attempts == 4
    assert calls.spending.usage.input_tokens <= 1000


def test_concurrent_calls_do_not_pass_the_budget_by_more_than_is_said() -> None:
    """Replies grow longer and longer, so that what is set aside is always too little."""
    lengths = iter(range(10, 100_000, 10))
    calls = Calls(
        ScriptedModel(lambda text: stated(tokens=(10, next(lengths))), seconds=0.001),
        settings=CallSettings(concurrency=8, expected_output_tokens=10),
        budget=Budget(max_tokens=20_000),
    )

    async def work(_: int) -> int:
        return (await calls.complete(asked("x" * 24))).usage.output_tokens

    largest = max(outcome.result or 0 for outcome in calls.run(range(1000), work))
    used = calls.spending.usage.input_tokens + calls.spending.usage.output_tokens
    assert 20_000 - (largest + 10) <= used <= 20_000 + 8 * 80, (
        "each was set aside for as the longest of those before it"
    )


def test_expected_replies_are_waited_for_before_a_budget_is_called_spent() -> None:
    """Eight expected replies do not fit at once; as they turn out short, all of them do."""
    calls = Calls(
        ScriptedModel([stated(tokens=(10, 10))], seconds=0.002),
        settings=CallSettings(concurrency=8, expected_output_tokens=400),
        budget=Budget(max_tokens=1000),
    )

    async def work(_: int) -> None:
        await calls.complete(asked("x" * 24))

    assert all(outcome.done for outcome in calls.run(range(50), work))


def test_money_needs_a_price() -> None:
    with pytest.raises(SettingsError, match="price"):
        Calls(ScriptedModel([]), budget=Budget(max_cost=1.0))


@pytest.mark.parametrize("wrong", [{"max_tokens": -1}, {"max_cost": float("nan")}, {"max_items": -5}])
def test_impossible_budgets(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        Budget(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"concurrency": 0}, {"max_attempts": 0}, {"window": 0}, {"give_up_after": 0}, {"timeout": -1}, {"first_wait": -1}],
)
def test_impossible_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        CallSettings(**wrong)


def test_prices_are_not_negative() -> None:
    with pytest.raises(SettingsError):
        Price(input=-1, output=0)


def test_the_cost_alone_counts_no_items() -> None:
    spending = Spending(done=3, total=4, attempts=7, failed_attempts=1, usage=Usage(input_tokens=90, output_tokens=10))
    assert spending.describe_cost() == "7 requests (1 failed), 100 tokens"
    assert spending.describe().startswith("3 of 4 done, ")
