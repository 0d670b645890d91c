"""The server that the other tests stand on does what it is told."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from kgrec.data import Message
from kgrec.llm import Calls, CallSettings, EndpointModel
from kgrec.testing import Answer, LoopbackEndpoint, replaying

REPLIES = Path(os.environ.get("KGREC_DATA", "../shared/data")) / "ae-110k" / "gpt4_replies.jsonl"


def post(server: LoopbackEndpoint, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, str], Any]:
    host = server.url.removeprefix("http://").removesuffix("/v1")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(answer.read())
    finally:
        connection.close()


def said(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


def test_a_plain_text_is_a_completion() -> None:
    with LoopbackEndpoint("two words") as server:
        status, _, content = post(server, said("one two three"))
    assert status == 200
    assert content["choices"][0]["message"]["content"] == "two words"
    assert content["usage"] == {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    assert server.requests == [said("one two three")]


def test_steps_are_played_in_order_and_the_last_again() -> None:
    with LoopbackEndpoint([Answer(status=429, retry_after="2"), "a", "b"]) as server:
        first = post(server, said(""))
        texts = [post(server, said(""))[2]["choices"][0]["message"]["content"] for _ in range(3)]
    assert (first[0], first[1]["retry-after"]) == (429, "2")
    assert texts == ["a", "b", "b"]


def test_a_script_sees_the_request() -> None:
    with LoopbackEndpoint(lambda body: body["messages"][-1]["content"].upper()) as server:
        assert post(server, said("mug"))[2]["choices"][0]["message"]["content"] == "MUG"


@pytest.mark.parametrize(
    ("cut", "kind"), [("before", http.client.RemoteDisconnected), ("within", http.client.IncompleteRead)]
)
def test_connections_are_cut(cut: Any, kind: type[Exception]) -> None:
    with LoopbackEndpoint(Answer(cut=cut)) as server, pytest.raises((kind, ConnectionResetError)):
        post(server, said(""))


def test_json_is_cut() -> None:
    with LoopbackEndpoint(Answer(cut="json")) as server, pytest.raises(json.JSONDecodeError):
        post(server, said(""))


def test_keys_and_parameters_are_refused() -> None:
    with LoopbackEndpoint("x", key="right", refuses=["seed"]) as server:
        wrong = post(server, said(""), Authorization="Bearer wrong")
        assert wrong[0] == 401
        assert "wrong" in wrong[2]["error"]["message"]
        assert post(server, said("") | {"seed": 1}, Authorization="Bearer right")[0] == 400
        assert post(server, said(""), Authorization="Bearer right")[0] == 200


def test_answers_take_their_time() -> None:
    with LoopbackEndpoint(Answer(seconds=0.1)) as server:
        started = time.perf_counter()
        post(server, said(""))
        assert time.perf_counter() - started >= 0.1


def test_it_stops_while_answers_are_under_way() -> None:
    def ask() -> None:
        with pytest.raises((OSError, http.client.HTTPException)):
            post(server, said(""))

    with LoopbackEndpoint(Answer(seconds=60)) as server:
        asked = threading.Thread(target=ask, daemon=True)
        asked.start()
        while not server.count:
            time.sleep(0.01)
    asked.join(5)
    assert not asked.is_alive()
    assert not any(thread.name == "loopback" for thread in threading.enumerate())


def test_many_are_answered_together() -> None:
    with LoopbackEndpoint("yes", seconds=0.2) as server:
        calls = Calls(EndpointModel("m", base_url=server.url), settings=CallSettings(concurrency=32))

        async def work(number: int) -> None:
            await calls.complete([Message(role="user", content=str(number))])

        assert all(outcome.done for outcome in calls.run(range(64), work))
        assert (server.count, server.most_together, server.connections) == (64, 32, 32)


def test_replies_are_found_by_the_longest_title() -> None:
    script = replaying({"mug": "short", "red mug": "long"}, otherwise="none")
    assert script(said("Title: <red mug>\n")) == "long"
    assert script(said("a mug")) == "short"
    assert script(said("a cup")) == "none"
    assert script({"messages": [{"role": "system", "content": "mug"}]}) == "none"


@pytest.mark.skipif(not REPLIES.exists(), reason=f"{REPLIES} is not there: set KGREC_DATA to the folder with ae-110k")
def test_replies_of_gpt4_are_played_by_title() -> None:
    rows = [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]
    with LoopbackEndpoint(replaying({row["title"]: row["reply"] for row in rows})) as server:
        calls = Calls(EndpointModel("gpt-4", base_url=server.url), settings=CallSettings(concurrency=8))

        async def work(row: dict[str, str]) -> str:
            said = f"Read the attributes of this {row['category']}:\n<title>{row['title']}</title>"
            return (await calls.complete([Message(role="user", content=said)])).text

        outcomes = list(calls.run(rows[:100], work))
    assert [outcome.result for outcome in outcomes] == [row["reply"] for row in rows[:100]]
