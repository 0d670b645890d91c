"""What an OpenAI-compatible server sends, read into a completion or an error."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from kgrec.data import Completion, TokenLogprob, Usage
from kgrec.errors import LanguageModelError, RateLimitError, RequestRefusedError, ServerFailedError

__all__ = ["completion_of", "failure_of"]

_TRY_AGAIN = frozenset({408, 409, 423, 425})
_WAYS_OUT = {
    400: "check the request",
    401: "check the key",
    403: "check the key and what it may do",
    404: "check base_url and the model's name",
}


def completion_of(body: str) -> Completion | LanguageModelError:
    """Read the body of a chat completion; what is missing is taken as unknown, what is unusable is an error."""
    try:
        content = json.loads(body)
    except ValueError:
        return ServerFailedError(f"the server's answer is no JSON: it is cut off or not from a model ({_shown(body)})")
    if not isinstance(content, Mapping):
        return ServerFailedError(f"the server's answer is no chat completion ({_shown(body)})")
    usage = _usage(content.get("usage"))
    choices = content.get("choices")
    choice = choices[0] if isinstance(choices, Sequence) and choices else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        return _with_tokens(_without_choice(content, body), usage)
    text = _text(message.get("content"))
    if not text and message.get("refusal"):
        return _with_tokens(RequestRefusedError(f"the model refuses to answer: {message['refusal']}"), usage)
    return Completion(
        text=text,
        usage=usage,
        logprobs=_logprobs(choice.get("logprobs")),
        model=str(content.get("model") or ""),
        finish=str(choice.get("finish_reason") or "stop"),
    )


def failure_of(status: int, headers: Mapping[str, str], body: str) -> LanguageModelError:
    """Return the error that an HTTP status stands for; headers by lower-case name."""
    way_out = _WAYS_OUT.get(status, "")
    said = f"the server answers {status}{way_out and f' ({way_out})'}: {_said(body)}"
    error: LanguageModelError
    if status == 429 and "insufficient_quota" in body:
        error = RequestRefusedError(f"the account has no credit left: {said}")
    elif status == 429:
        error = RateLimitError(said, retry_after=_retry_after(headers))
    elif (status >= 500 and status != 501) or status in _TRY_AGAIN:
        error = ServerFailedError(said, retry_after=_retry_after(headers))
    else:
        error = RequestRefusedError(said)
    error.status = status
    return error


def _without_choice(content: Mapping[str, Any], body: str) -> LanguageModelError:
    """Return the error of an answer that has no message: some servers report errors with status 200."""
    error = content.get("error")
    if isinstance(error, Mapping) and isinstance(error.get("code"), int) and 400 <= error["code"] < 600:
        return failure_of(error["code"], {}, body)
    return ServerFailedError(f"the server's answer has no message in it ({_shown(body)})")


def _with_tokens(error: LanguageModelError, usage: Usage) -> LanguageModelError:
    if usage != Usage():
        error.tokens = usage.input_tokens, usage.output_tokens
    return error


def _text(content: object) -> str:
    """Return a message's text, also where it comes in parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, Mapping))


def _usage(stated: object) -> Usage:
    if not isinstance(stated, Mapping):
        return Usage()
    counts = [stated.get(key) for key in ("prompt_tokens", "completion_tokens")]
    tokens = [count if isinstance(count, int) and count > 0 else 0 for count in counts]
    return Usage(input_tokens=tokens[0], output_tokens=tokens[1])


def _logprobs(stated: object) -> tuple[TokenLogprob, ...] | None:
    """Return log-probabilities where all of them are there and are numbers."""
    entries = stated.get("content") if isinstance(stated, Mapping) else None
    if not isinstance(entries, list) or not entries:
        return None
    found = []
    for entry in entries:
        pair = _pair(entry)
        if pair is None:
            return None
        others = entry.get("top_logprobs")
        top = [_pair(other) for other in others] if isinstance(others, list) else []
        found.append(TokenLogprob(token=pair[0], logprob=pair[1], top=tuple(other for other in top if other)))
    return tuple(found)


def _pair(entry: object) -> tuple[str, float] | None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("logprob"), int | float):
        return None
    logprob = float(entry["logprob"])
    return None if math.isnan(logprob) else (str(entry.get("token", "")), logprob)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, stated in milliseconds, in seconds or as a date."""
    for name, scale in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds):
            return max(seconds, 0.0)
    try:
        return max(parsedate_to_datetime(headers["retry-after"]).timestamp() - time(), 0.0)
    except (KeyError, ValueError):
        return None


def _said(body: str) -> str:
    """Return the message in an error's body."""
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    error = content.get("error", content) if isinstance(content, Mapping) else None
    message = error.get("message") or error.get("detail") if isinstance(error, Mapping) else error
    return " ".join(str(message or body).split()) or "nothing"


def _shown(body: str) -> str:
    return " ".join(body.split()) or "it is empty"
