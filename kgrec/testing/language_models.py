"""What every language model must do, as tests with plain asserts."""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from kgrec.data import Completion, Message
from kgrec.protocols import LanguageModel

__all__ = ["LanguageModelContract"]

R = TypeVar("R")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"colour": {"type": ["string", "null"]}},
    "required": ["colour"],
    "additionalProperties": False,
}
CONVERSATION = (
    Message(role="system", content="You read product titles."),
    Message(role="user", content="Red mug"),
    Message(role="assistant", content='{"colour": "red"}'),
    Message(role="user", content="Blue glass, 15CM"),
)
TEXTS = ("Red mug", "", "青花瓷茶杯 300毫升", "Café 😀 “quoted” \\ {json: 1}", "a\x00b\ud83d", "mug " * 40)


class LanguageModelContract(ABC):
    """Messages → a completion, one attempt each, from any event loop."""

    @abstractmethod
    def make(self) -> LanguageModel:
        """Return the model under test, which must answer; called once a test."""

    def run(self, work: Callable[[LanguageModel], Awaitable[R]], model: LanguageModel | None = None) -> R:
        """Run asynchronous work on a model in an event loop of its own, and close the model's connections there."""
        model = self.make() if model is None else model

        async def whole() -> R:
            try:
                return await work(model)
            finally:
                if (close := getattr(model, "aclose", None)) is not None:
                    await close()

        return asyncio.run(whole())

    def test_is_a_language_model(self) -> None:
        """It has the method and a name, which a second one made alike shares."""
        model = self.make()
        assert isinstance(model, LanguageModel)
        assert model.name
        assert model.name == self.make().name

    def test_replies(self) -> None:
        """A conversation has a reply of the right kind."""
        check(self.run(lambda model: model.complete(CONVERSATION)))

    def test_takes_a_schema(self) -> None:
        """A schema is no reason to fail, whether it is followed or not, and is not changed."""
        given = {**SCHEMA}
        check(self.run(lambda model: model.complete(CONVERSATION, given)))
        assert given == SCHEMA

    def test_texts_of_every_kind(self) -> None:
        """Empty, broken, foreign and odd texts have replies."""

        async def work(model: LanguageModel) -> list[Completion]:
            return [await model.complete([Message(role="user", content=text)]) for text in TEXTS]

        for completion in self.run(work):
            check(completion)

    def test_many_together(self) -> None:
        """Calls under way together all have replies."""

        async def work(model: LanguageModel) -> list[Completion]:
            return await asyncio.gather(*(model.complete(CONVERSATION) for _ in range(8)))

        for completion in self.run(work):
            check(completion)

    def test_one_event_loop_after_another(self) -> None:
        """A model outlives the loop that it was first used in."""
        model = self.make()
        for _ in range(2):
            check(self.run(lambda model: model.complete(CONVERSATION), model))

    def test_the_event_loop_goes_on(self) -> None:
        """While a reply is awaited, others have their turn."""

        async def work(model: LanguageModel) -> bool:
            went_on = asyncio.Event()
            asyncio.get_running_loop().call_soon(went_on.set)
            await model.complete(CONVERSATION)
            return went_on.is_set()

        assert self.run(work)

    def test_a_cancelled_call_leaves_no_trace(self) -> None:
        """A call that is cancelled ends, and the next has a reply."""

        async def work(model: LanguageModel) -> Completion:
            call = asyncio.ensure_future(model.complete(CONVERSATION))
            await asyncio.sleep(0)
            call.cancel()
            found = (await asyncio.gather(call, return_exceptions=True))[0]
            assert isinstance(found, asyncio.CancelledError)
            return await model.complete(CONVERSATION)

        check(self.run(work))


def check(completion: Completion) -> None:
    """Assert that a completion is well-formed."""
    assert isinstance(completion, Completion)
    assert isinstance(completion.text, str)
    assert completion.usage.input_tokens >= 0
    assert completion.usage.output_tokens >= 0
    for token in completion.logprobs or ():
        for word, logprob in ((token.token, token.logprob), *token.top):
            assert isinstance(word, str)
            assert math.isfinite(logprob)
            assert logprob <= 1e-4
