from __future__ import annotations

import asyncio
import logging
import pickle
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from kgrec.data import Completion, Message
from kgrec.errors import (
    LanguageModelError,
    MissingExtraError,
    RateLimitError,
    RequestRefusedError,
    ServerFailedError,
    SettingsError,
)
from kgrec.llm import EndpointModel, EndpointSettings
from kgrec.protocols import LanguageModel
from kgrec.testing import Answer, LanguageModelContract, LoopbackEndpoint

KEY = "sk-test-0123456789abcdef"
ASKED = [Message(role="system", content="Read."), Message(role="user", content="red mug")]
SCHEMA = {"type": "object", "properties": {"colour": {"type": "string"}}}


def ask(model: EndpointModel, *, times: int = 1, schema: dict[str, Any] | None = None) -> list[Completion | Exception]:
    """Return each reply or error, one after the other."""

    async def work() -> list[Completion | Exception]:
        found: list[Completion | Exception] = []
        for _ in range(times):
            try:
                found.append(await model.complete(ASKED, schema))
            except (LanguageModelError, SettingsError) as error:
                found.append(error)
        await model.aclose()
        return found

    return asyncio.run(work())


def answered(
    answer: Any, *, schema: dict[str, Any] | None = None, refuses: tuple[str, ...] = (), **settings: Any
) -> tuple[Completion | Exception, LoopbackEndpoint]:
    """Return what one call comes to, and the server that it asked."""
    with LoopbackEndpoint(answer, refuses=refuses) as server:
        model = EndpointModel("tiny", base_url=server.url, settings=EndpointSettings(**settings))
        return ask(model, schema=schema)[0], server


class TestEndpointModel(LanguageModelContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with LoopbackEndpoint('{"colour": "red"}') as self.server:
            yield

    def make(self) -> LanguageModel:
        return EndpointModel(
            "tiny", base_url=self.server.url, key=KEY, settings=EndpointSettings(logprobs=True, top_logprobs=2)
        )


def test_a_reply_has_text_usage_logprobs_and_model() -> None:
    found, server = answered("two words", logprobs=True, top_logprobs=1)
    assert isinstance(found, Completion)
    assert (found.text, found.model, found.finish) == ("two words", "tiny", "stop")
    assert (found.usage.input_tokens, found.usage.output_tokens) == (3, 2)
    assert found.logprobs is not None
    assert [(token.token, token.logprob, token.top) for token in found.logprobs] == [
        ("two", -0.25, (("?", -3.0),)),
        ("words", -0.25, (("?", -3.0),)),
    ]
    sent = server.requests[0]
    assert sent["messages"] == [{"role": "system", "content": "Read."}, {"role": "user", "content": "red mug"}]
    assert (sent["temperature"], sent["max_tokens"], sent["top_logprobs"]) == (0.0, 1024, 1)
    assert "response_format" not in sent


def test_a_schema_is_sent_as_response_format() -> None:
    _, server = answered("{}", schema=SCHEMA, strict=True)
    form = server.requests[0]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"] == SCHEMA
    assert form["json_schema"]["strict"] is True


def test_settings_are_sent_or_left_to_the_server() -> None:
    _, server = answered("{}", temperature=None, max_output_tokens=None, seed=7, extra={"top_k": 1})
    assert {"temperature", "max_tokens", "logprobs"}.isdisjoint(server.requests[0])
    assert (server.requests[0]["seed"], server.requests[0]["top_k"]) == (7, 1)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (Answer(status=429, text="slow down"), RateLimitError, "429: slow down"),
        (Answer(status=500, text="oh"), ServerFailedError, "500: oh"),
        (Answer(status=503, body=b"<html>busy</html>"), ServerFailedError, "503: <html>busy"),
        (Answer(status=408, text="late"), ServerFailedError, "408"),
        (Answer(status=400, text="bad"), RequestRefusedError, r"400 \(check the request\): bad"),
        (Answer(status=401, text="who?"), RequestRefusedError, r"401 \(check the key\)"),
        (Answer(status=403, text="no"), RequestRefusedError, r"403 \(check the key and what it may do\)"),
        (Answer(status=404, text="no model"), RequestRefusedError, r"404 \(check base_url and the model's name\)"),
        (Answer(status=413, text="too long"), RequestRefusedError, "413: too long"),
        (Answer(status=429, body=b'{"error": {"code": "insufficient_quota"}}'), RequestRefusedError, "no credit"),
        (Answer(cut="before"), ServerFailedError, "connection to .* failed"),
        (Answer(cut="within"), ServerFailedError, "connection to .* failed"),
        (Answer(cut="json"), ServerFailedError, "no JSON"),
        (Answer(body=b"[]"), ServerFailedError, "no chat completion"),
        (Answer(body=b"{}"), ServerFailedError, "no message"),
        (Answer(body=b""), ServerFailedError, "no JSON"),
        (Answer(body=b"\xff\xfe{"), ServerFailedError, "no JSON"),
        (Answer(body=b'{"choices": [{}]}'), ServerFailedError, "no message"),
        (Answer(body=b'{"error": {"code": 429, "message": "later"}}'), RateLimitError, "429: later"),
    ],
)
def test_every_failure_has_its_kind(answer: Answer, kind: type[Exception], says: str) -> None:
    found, server = answered(answer)
    assert type(found) is kind
    with pytest.raises(kind, match=says):
        raise found  # type: ignore[misc]
    assert server.count == 1, "the SDK's own retries are off"


def test_errors_carry_status_and_tokens() -> None:
    found, _ = answered(Answer(status=503))
    assert isinstance(found, LanguageModelError)
    assert (found.status, found.tokens) == (503, None)
    refused = (
        b'{"choices": [{"message": {"refusal": "I will not."}}], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}'
    )
    found, _ = answered(Answer(body=refused))
    assert isinstance(found, RequestRefusedError)
    assert "I will not." in str(found)
    assert found.tokens == (9, 4)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("stated", "expected"), [("3", 3.0), ("0.25", 0.25), ("-4", 0.0), (None, None), ("soon", None), ("inf", None)]
)
def test_retry_after_is_read(status: int, stated: str | None, expected: float | None) -> None:
    found, _ = answered(Answer(status=status, retry_after=stated))
    assert isinstance(found, RateLimitError | ServerFailedError)
    assert found.retry_after == expected


def test_retry_after_as_a_date_is_read() -> None:
    from email.utils import formatdate

    found, _ = answered(Answer(status=429, retry_after=formatdate(time.time() + 30, usegmt=True)))
    assert isinstance(found, RateLimitError)
    assert 25 < (found.retry_after or 0) <= 30


def test_a_slow_answer_is_not_waited_for() -> None:
    started = time.perf_counter()
    found, _ = answered(Answer(seconds=30), timeout=0.2)
    assert time.perf_counter() - started < 5
    with pytest.raises(ServerFailedError, match=r"no reply within 0\.2 s"):
        raise found  # type: ignore[misc]


def test_a_server_that_is_down_is_named() -> None:
    with LoopbackEndpoint("{}") as server:
        pass
    (found,) = ask(EndpointModel("tiny", base_url=server.url))
    assert isinstance(found, ServerFailedError)
    assert server.url in str(found)
    assert "is the server up?" in str(found)


@pytest.mark.parametrize(
    "answer", [Answer(text='Sure! {"a": 1}'), Answer(text='{"a": ', finish="length"), Answer(text="")]
)
def test_odd_texts_are_handed_on_as_they_are(answer: Answer) -> None:
    found, _ = answered(answer, schema=SCHEMA)
    assert isinstance(found, Completion)
    assert (found.text, found.finish) == (answer.text, answer.finish)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"choices": [{"message": {"content": null}}]}', ""),
        (b'{"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}]}}]}', "ab"),
        (b'{"choices": [{"message": {"content": "x"}, "logprobs": {"content": [{}]}}], "usage": 3}', "x"),
        (b'{"choices": [{"message": {"content": "x"}, "logprobs": {"content": [{"logprob": NaN}]}}]}', "x"),
        (b'{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": null}}', "x"),
    ],
)
def test_what_a_server_leaves_out_is_unknown(body: bytes, text: str) -> None:
    found, _ = answered(Answer(body=body), logprobs=True)
    assert isinstance(found, Completion)
    assert (found.text, found.logprobs, found.usage.input_tokens) == (text, None, 0)


def test_missing_logprobs_are_none() -> None:
    found, server = answered(Answer(text="x", logprobs=False), logprobs=True)
    assert server.requests[0]["logprobs"] is True
    assert isinstance(found, Completion)
    assert found.logprobs is None


@pytest.mark.parametrize(
    ("refuses", "settings", "left_out"),
    [
        ("response_format", {}, "response_format"),
        ("logprobs", {"logprobs": True, "top_logprobs": 3}, "logprobs"),
        ("temperature", {}, "temperature"),
        ("seed", {"seed": 1}, "seed"),
    ],
)
def test_a_refused_parameter_is_left_out_from_then_on(refuses: str, settings: dict[str, Any], left_out: str) -> None:
    with LoopbackEndpoint("{}", refuses=[refuses]) as server:
        model = EndpointModel("tiny", base_url=server.url, settings=EndpointSettings(**settings))
        assert all(isinstance(found, Completion) for found in ask(model, times=3, schema=SCHEMA))
        assert [left_out in sent for sent in server.requests] == [True, False, False, False]


def test_a_refusal_that_names_nothing_costs_the_schema() -> None:
    def script(body: Any) -> Answer | str:
        return Answer(status=400, text="Bad request") if "response_format" in body else "fine"

    found, server = answered(script, schema=SCHEMA)
    assert isinstance(found, Completion)
    assert server.count == 2


def test_another_schema_is_tried_with_response_format() -> None:
    with LoopbackEndpoint("{}", refuses=["response_format"]) as server:
        model = EndpointModel("tiny", base_url=server.url)
        ask(model, schema=SCHEMA)
        ask(model, schema={"type": "object"})
        assert ["response_format" in sent for sent in server.requests] == [True, False, True, False]


def test_the_limit_of_tokens_takes_the_name_that_the_server_wants() -> None:
    def script(body: Any) -> Answer | str:
        wanted = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        return Answer(status=400, text=wanted) if "max_tokens" in body else "fine"

    found, server = answered(script, max_output_tokens=99)
    assert isinstance(found, Completion)
    assert server.requests[-1]["max_completion_tokens"] == 99


def test_a_request_that_is_wrong_without_the_schema_too_is_refused() -> None:
    found, server = answered(Answer(status=400, text="the prompt is too long"), schema=SCHEMA)
    assert isinstance(found, RequestRefusedError)
    assert server.count == 2


def test_connections_are_kept_open() -> None:
    with LoopbackEndpoint("{}") as server:
        ask(EndpointModel("tiny", base_url=server.url), times=5)
        assert (server.count, server.connections) == (5, 1)


def test_the_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGREC_TEST_KEY", f"{KEY}\n")
    keys = iter(["first-key-1", "second-key-2"])
    with LoopbackEndpoint("{}") as server:
        ask(EndpointModel("tiny", base_url=server.url, key=KEY))
        ask(EndpointModel("tiny", base_url=server.url, key_variable="KGREC_TEST_KEY"))
        ask(EndpointModel("tiny", base_url=server.url, key=lambda: next(keys)), times=2)
        assert [sent["authorization"] for sent in server.headers] == [
            f"Bearer {KEY}",
            f"Bearer {KEY}",
            "Bearer first-key-1",
            "Bearer second-key-2",
        ]


def test_no_key_from_elsewhere_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would take it from its own variable and send it to any server."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with LoopbackEndpoint("{}") as server:
        ask(EndpointModel("tiny", base_url=server.url))
        assert KEY not in str(server.headers[0])


@pytest.mark.parametrize("key", [KEY, "plainsecretwithoutmark", "a/b+c=.%40~"])
@pytest.mark.parametrize(
    "answer",
    [
        lambda key: Answer(status=401, text=f"Incorrect API key provided: {key}. See {key}"),
        lambda key: Answer(status=401, text="x" * 495 + key),
        lambda key: Answer(status=500, body=f"Authorization: Bearer {key}".encode()),
        lambda key: Answer(status=400, body=f'{{"error": "{key}"}}'.encode()),
        lambda key: Answer(body=f"no json {key}".encode()),
        lambda key: Answer(body=f'{{"error": "{key}"}}'.encode()),
        lambda key: Answer(cut="within"),
        lambda key: Answer(status=429, text=key),
    ],
)
def test_the_key_is_never_shown(answer: Any, key: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), LoopbackEndpoint(answer(key)) as server:
        for name in ("openai", "httpx", "httpcore", "httpx2", "httpcore2"):
            caplog.set_level(logging.DEBUG, logger=name)
        model = EndpointModel("tiny", base_url=server.url, key=key, settings=EndpointSettings(logprobs=True))
        (found,) = ask(model, schema=SCHEMA)
        assert server.headers[0]["authorization"] == f"Bearer {key}"
    assert isinstance(found, LanguageModelError)
    shown = "".join(traceback.format_exception(found))
    for text in (shown, repr(found), str(found.args), repr(model), model.name, caplog.text, str(vars(model))):
        assert key not in text
        assert key[:12] not in text
    assert found.__cause__ is None
    assert found.__context__ is None


def test_what_looks_like_a_key_is_taken_out_of_errors_too() -> None:
    found, _ = answered(Answer(status=401, text="Incorrect API key provided: sk-abc***************wxyz."))
    assert "wxyz" not in str(found)


def test_a_model_is_not_pickled_with_its_key() -> None:
    model = EndpointModel("tiny", base_url="http://127.0.0.1:1/v1", key=KEY)
    with pytest.raises(TypeError, match="not written to files"):
        pickle.dumps(model)


@pytest.mark.parametrize("wrong", ["two words", "schlüssel", "a\nb", 7])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(wrong: Any) -> None:
    with pytest.raises(SettingsError, match="printable ASCII") as caught:
        EndpointModel("tiny", base_url="http://127.0.0.1:1/v1", key=wrong)
    assert str(wrong) not in str(caught.value)


def test_a_function_that_gives_no_key_is_an_error_at_the_request() -> None:
    (found,) = ask(EndpointModel("tiny", base_url="http://127.0.0.1:1/v1", key=lambda: None))  # type: ignore[arg-type,return-value]
    assert isinstance(found, SettingsError)


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KGREC_TEST_KEY", raising=False)
    with pytest.raises(SettingsError, match="KGREC_TEST_KEY is not set"):
        EndpointModel("tiny", base_url="http://127.0.0.1:1/v1", key_variable="KGREC_TEST_KEY")


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:80", "ftp://a/v1", f"http://u:{KEY}@a/v1", f"http://a/v1?key={KEY}", "http:///v1"]
)
def test_an_address_with_a_secret_or_no_host_is_refused(address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        EndpointModel("tiny", base_url=address)
    assert KEY not in str(caught.value)


def test_key_and_variable_exclude_each_other() -> None:
    with pytest.raises(SettingsError, match="not both"):
        EndpointModel("tiny", base_url="http://a/v1", key=KEY, key_variable="X")


def test_a_model_has_a_name() -> None:
    with pytest.raises(SettingsError, match="name"):
        EndpointModel("", base_url="http://a/v1")


def test_names_tell_settings_apart() -> None:
    def name(**settings: Any) -> str:
        return EndpointModel("tiny", base_url="http://a/v1", settings=EndpointSettings(**settings)).name

    assert name() == name(timeout=1) == "tiny"
    assert len({name(), name(temperature=1), name(seed=1), name(extra={"a": 1}), name(extra={"a": 2})}) == 5
    assert EndpointModel("tiny", base_url="http://a/v1", name="mine").name == "mine"


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": -1}, {"max_output_tokens": 0}, {"top_logprobs": 21}, {"timeout": 0}, {"timeout": float("nan")}],
)
def test_impossible_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        EndpointSettings(**wrong)


def test_without_the_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'kgrec\[llm\]'"):
        EndpointModel("tiny", base_url="http://a/v1")
