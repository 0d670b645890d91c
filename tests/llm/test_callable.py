from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from kgrec.data import Completion, Message
from kgrec.errors import RateLimitError, RequestRefusedError, ServerFailedError, SettingsError
from kgrec.llm import CallableModel
from kgrec.protocols import LanguageModel
from kgrec.testing import LanguageModelContract
from tests.llm.doubles import asked, stated


def plain(messages: Sequence[Message], schema: Mapping[str, Any] | None) -> str:
    return f"{messages[-1].content} {schema}"


async def asynchronous(messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Completion:
    await asyncio.sleep(0)
    return stated(messages[-1].content)


class Object:
    async def __call__(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> str:
        return "from an object"


class TestPlainFunction(LanguageModelContract):
    def make(self) -> LanguageModel:
        return CallableModel(plain)


class TestAsynchronousFunction(LanguageModelContract):
    def make(self) -> LanguageModel:
        return CallableModel(asynchronous)


class TestObject(LanguageModelContract):
    def make(self) -> LanguageModel:
        return CallableModel(Object())


def reply(function: Any) -> Completion:
    return asyncio.run(CallableModel(function).complete(asked("mug"), {"a": 1}))


def test_it_is_given_messages_and_schema() -> None:
    assert reply(plain).text == "mug {'a': 1}"
    assert reply(asynchronous) == stated("mug")
    assert reply(Object()).text == "from an object"


def test_an_ordinary_function_may_return_an_awaitable() -> None:
    assert reply(lambda messages, schema: asynchronous(messages, schema)) == stated("mug")


def test_ordinary_functions_run_in_threads_side_by_side() -> None:
    barrier = threading.Barrier(4, timeout=5)

    def meet(messages: Any, schema: Any) -> str:
        barrier.wait()
        return threading.current_thread().name

    model = CallableModel(meet, threads=4)

    async def four() -> list[Completion]:
        return await asyncio.gather(*(model.complete(asked()) for _ in range(4)))

    assert len({completion.text for completion in asyncio.run(four())}) == 4


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (TimeoutError("late"), ServerFailedError),
        (ConnectionResetError("gone"), ServerFailedError),
        (KeyError("x"), RequestRefusedError),
        (RateLimitError("slow", retry_after=3.0), RateLimitError),
    ],
)
def test_what_it_raises_has_a_kind(raised: Exception, kind: type[Exception]) -> None:
    def fail(messages: Any, schema: Any) -> str:
        raise raised

    with pytest.raises(kind) as caught:
        reply(fail)
    assert caught.value is raised or type(raised).__name__ in str(caught.value)


def test_what_it_returns_is_checked() -> None:
    answers = iter([{}, "fine", {}])
    model = CallableModel(lambda messages, schema: next(answers))
    with pytest.raises(SettingsError, match="returned dict, expected a str or a Completion"):
        asyncio.run(model.complete(asked()))
    assert asyncio.run(model.complete(asked())).text == "fine"
    with pytest.raises(RequestRefusedError, match="returned dict, expected a str or a Completion"):
        asyncio.run(model.complete(asked()))


def test_a_mistake_in_the_function_is_no_refusal_unless_it_replied_before() -> None:
    answers = iter(["", "fine", ""])
    model = CallableModel(lambda messages, schema: next(answers) or undefined)  # type: ignore[name-defined]  # noqa: F821
    with pytest.raises(SettingsError, match=r"NameError.*mistake in the function: correct it"):
        asyncio.run(model.complete(asked()))
    assert asyncio.run(model.complete(asked())).text == "fine"
    with pytest.raises(RequestRefusedError, match="NameError"):
        asyncio.run(model.complete(asked()))


def test_names() -> None:
    assert CallableModel(plain).name == f"{__name__}.plain"
    assert CallableModel(Object()).name == f"{__name__}.Object"
    assert CallableModel(plain, name="gpt-9").name == "gpt-9"


def test_impossible_settings() -> None:
    with pytest.raises(SettingsError, match="function"):
        CallableModel("text")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="threads"):
        CallableModel(plain, threads=0)
