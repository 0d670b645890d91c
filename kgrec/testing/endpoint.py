"""A language model's server for tests: it answers over real sockets what it is told to, failures too."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal

__all__ = ["Answer", "LoopbackEndpoint", "replaying"]

Script = Callable[[Mapping[str, Any]], "Answer | str"]
_REMEMBERED = 1_000
_LARGEST_BODY = 64 * 2**20
_SECONDS_TO_STOP = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server does with one request.

    Attributes:
        text: what the model "wrote".
        status: HTTP status; any but 200 is an error with ``text`` as its message.
        retry_after: value of the ``Retry-After`` header; none by default.
        seconds: from the request to the answer, at least.
        cut: break the connection ``"before"`` anything is sent or ``"within"`` the body; ``"json"`` sends the first
            half of the body as if it were whole.
        finish: why the model stopped.
        usage: state the tokens, words of the prompt and of the text.
        logprobs: state log-probabilities where they are asked for.
        body: sent in place of a chat completion.
    """

    text: str = "{}"
    status: int = 200
    retry_after: str | None = None
    seconds: float = 0.0
    cut: Literal["before", "within", "json"] | None = None
    finish: str = "stop"
    usage: bool = True
    logprobs: bool = True
    body: bytes | None = None


@dataclass(slots=True)
class _Seen:
    """What came in; counts of everything, bodies and headers of the last requests."""

    requests: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    headers: deque[Mapping[str, str]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    count: int = 0
    connections: int = 0
    together: int = 0
    most_together: int = 0


class LoopbackEndpoint:
    """An OpenAI-compatible server on 127.0.0.1, in a thread of its own; a context manager.

    ::

        with LoopbackEndpoint(["{}", Answer(status=429, retry_after="1"), Answer(cut="within")]) as server:
            model = EndpointModel("any", base_url=server.url)
    """

    def __init__(
        self,
        script: str | Answer | Iterable[str | Answer] | Script,
        *,
        seconds: float = 0.0,
        key: str | None = None,
        refuses: Iterable[str] = (),
    ) -> None:
        """Tell the server what to answer.

        Args:
            script: the same answer to all; or one answer a request, the last one repeated; or a function of the
                request's body.
            seconds: that every answer takes at least.
            key: that requests must carry; others are answered 401, with the key they came with in the message.
            refuses: fields of the body that it answers with status 400.
        """
        self._script = _script(script)
        self._seconds, self._key, self._refuses = seconds, key, tuple(refuses)
        self._lock = threading.Lock()
        self._seen = _Seen()
        self._port = 0
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="loopback", daemon=True)

    def __enter__(self) -> LoopbackEndpoint:
        """Listen on a free port."""
        self._thread.start()
        if not self._ready.wait(_SECONDS_TO_STOP):
            raise RuntimeError("the loopback server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections and stop."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_SECONDS_TO_STOP)

    @property
    def url(self) -> str:
        """The base address, with ``/v1``."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def requests(self) -> list[Mapping[str, Any]]:
        """Bodies of the last thousand requests, oldest first."""
        return list(self._seen.requests)

    @property
    def headers(self) -> list[Mapping[str, str]]:
        """Their headers, by lower-case name."""
        return list(self._seen.headers)

    @property
    def count(self) -> int:
        """Requests so far."""
        return self._seen.count

    @property
    def connections(self) -> int:
        """Connections so far: fewer than requests where they are kept open."""
        return self._seen.connections

    @property
    def most_together(self) -> int:
        """The largest number of requests that were being answered at one time."""
        return self._seen.most_together

    async def _live(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        talks: set[asyncio.Task[None]] = set()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            talks.add(task)
            try:
                await self._talk(reader, writer)
            finally:
                talks.discard(task)

        server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**20)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(talks):
            task.cancel()
        if talks:
            await asyncio.wait(list(talks), timeout=_SECONDS_TO_STOP)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        self._seen.connections += 1
        try:
            while (request := await _request(reader)) is not None:
                headers, body = request
                self._seen.together += 1
                self._seen.most_together = max(self._seen.most_together, self._seen.together)
                try:
                    keep = await self._answer(writer, headers, body)
                finally:
                    self._seen.together -= 1
                if not keep:
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side has gone, or the server stops
        finally:
            writer.transport.abort()

    async def _answer(self, writer: asyncio.StreamWriter, headers: Mapping[str, str], body: Mapping[str, Any]) -> bool:
        """Send one answer; whether the connection goes on."""
        begun = self._loop.time()
        with self._lock:
            self._seen.count += 1
            self._seen.requests.append(body)
            self._seen.headers.append(headers)
        answer = self._choose(headers, body)
        wait = begun + max(answer.seconds, self._seconds) - self._loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        if answer.cut == "before":
            return False
        content = answer.body if answer.body is not None else _content(answer, body)
        if answer.cut == "json":
            content = content[: len(content) // 2]
        head = [f"HTTP/1.1 {answer.status} x", "Content-Type: application/json", f"Content-Length: {len(content)}"]
        head += [] if answer.retry_after is None else [f"Retry-After: {answer.retry_after}"]
        sent = content[: len(content) // 2] if answer.cut == "within" else content
        writer.write("\r\n".join([*head, "", ""]).encode() + sent)
        await writer.drain()
        if answer.cut == "within":
            await asyncio.sleep(0.01)  # what was sent has to arrive before the connection is broken
        return answer.cut != "within"

    def _choose(self, headers: Mapping[str, str], body: Mapping[str, Any]) -> Answer:
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if self._key is not None and given != self._key:
            return Answer(status=401, text=f"Incorrect API key provided: {given}.")
        for name in self._refuses:
            if name in body:
                return Answer(status=400, text=f"Unsupported parameter: {name!r} is not supported by this model.")
        chosen = self._script(body)
        return Answer(text=chosen) if isinstance(chosen, str) else chosen


def replaying(replies: Mapping[str, str], *, otherwise: str = "{}") -> Script:
    """Return a script that answers with the reply of the longest title found in the last message of the user.

    Args:
        replies: reply by title.
        otherwise: answered where no title is found.
    """
    titles = sorted(replies, key=len, reverse=True)

    def script(body: Mapping[str, Any]) -> str:
        said = [message["content"] for message in body["messages"] if message["role"] == "user"]
        return next((replies[title] for title in titles if said and title in said[-1]), otherwise)

    return script


def _script(given: str | Answer | Iterable[str | Answer] | Script) -> Script:
    if callable(given):
        return given
    if isinstance(given, str | Answer):
        return lambda body: given
    steps: Iterator[str | Answer] = iter(given)
    last: str | Answer = Answer()

    def next_step(body: Mapping[str, Any]) -> str | Answer:
        nonlocal last
        last = next(steps, last)
        return last

    return next_step


async def _request(reader: asyncio.StreamReader) -> tuple[dict[str, str], Mapping[str, Any]] | None:
    """Read one request; None where the connection has ended."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = min(int(headers.get("content-length", 0)), _LARGEST_BODY)
    content = await reader.readexactly(length)
    return headers, json.loads(content) if content else {}


def _content(answer: Answer, body: Mapping[str, Any]) -> bytes:
    if answer.status != 200:
        return json.dumps({"error": {"message": answer.text, "type": "error", "code": None}}).encode()
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": answer.text},
        "finish_reason": answer.finish,
    }
    words = answer.text.split()
    if answer.logprobs and body.get("logprobs"):
        top = [{"token": "?", "logprob": -3.0}] * int(body.get("top_logprobs") or 0)
        choice["logprobs"] = {"content": [{"token": word, "logprob": -0.25, "top_logprobs": top} for word in words]}
    said = sum(len(message["content"].split()) for message in body.get("messages", ()))
    usage = {"prompt_tokens": said, "completion_tokens": len(words), "total_tokens": said + len(words)}
    found = {"id": "x", "object": "chat.completion", "created": 0, "model": body.get("model", ""), "choices": [choice]}
    return json.dumps(found | ({"usage": usage} if answer.usage else {})).encode()
