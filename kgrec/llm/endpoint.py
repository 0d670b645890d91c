"""Models behind an OpenAI-compatible endpoint: vLLM, Ollama, llama.cpp, hosted ones."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kgrec.data import Completion, Message
from kgrec.errors import LanguageModelError, MissingExtraError, RequestRefusedError, ServerFailedError, SettingsError
from kgrec.llm.keys import Key
from kgrec.llm.replies import completion_of, failure_of
from kgrec.llm.turns import turns

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["EndpointModel", "EndpointSettings"]

_NO_KEY = "none"
"""Sent where there is no key: the SDK insists on one, servers that need none pass over it."""
_SHOWN = 500
"""Characters of an error; longer ones are cut, after keys were taken out."""
_WORDS = {
    "response_format": ("response_format", "json_schema", "schema", "structured", "grammar", "guided"),
    "logprobs": ("logprob",),
    "temperature": ("temperature",),
    "seed": ("seed",),
    "max_tokens": ("max_completion_tokens",),
}
"""Parameters that can be left out or renamed, and the words by which a server's refusal shows that it means them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """What is asked of a server with each request.

    Attributes:
        temperature: of sampling; 0 takes the likeliest token, None leaves it to the server.
        max_output_tokens: where a reply is cut; None leaves it to the server.
        seed: of sampling, where the server knows it.
        logprobs: ask for the log-probability of each token.
        top_logprobs: how many likely tokens to ask for beside each, 0 … 20.
        strict: ask the server to hold replies to the schema strictly. OpenAI then refuses schemas that use more than a
            subset of JSON schema.
        timeout: seconds for one whole reply.
        extra: further fields of the request's body, by name.

    Raises:
        SettingsError: a value is impossible.
    """

    temperature: float | None = 0.0
    max_output_tokens: int | None = 1024
    seed: int | None = None
    logprobs: bool = False
    top_logprobs: int = 0
    strict: bool = False
    timeout: float = 120.0
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.temperature is not None and not self.temperature >= 0:
            raise SettingsError(f"temperature is at least 0, not {self.temperature!r}")
        if self.max_output_tokens is not None and self.max_output_tokens < 1:
            raise SettingsError(f"max_output_tokens is at least 1, not {self.max_output_tokens!r}")
        if not 0 <= self.top_logprobs <= 20:
            raise SettingsError(f"top_logprobs is 0 … 20, not {self.top_logprobs!r}")
        if not self.timeout > 0:
            raise SettingsError(f"timeout is more than 0 seconds, not {self.timeout!r}")


class EndpointModel:
    """A model behind ``/chat/completions``, asked through the ``openai`` SDK, whose own retries are off.

    A parameter that the server refuses by name, or the schema of the reply, is left out in a second request, and in
    all later ones. Connections are kept open for each event loop; ``Calls.run`` closes its own, and who awaits
    ``complete`` directly awaits ``aclose()`` at the end.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        key: str | Callable[[], str] | None = None,
        key_variable: str | None = None,
        settings: EndpointSettings | None = None,
        name: str = "",
    ) -> None:
        """Point to a model; nothing is sent yet.

        Args:
            model: the name that the server knows it by.
            base_url: of the server, up to and with ``/v1``.
            key: of the server, or a quick function that returns it and is asked before each request.
            key_variable: the environment variable that holds the key. Without key and variable none is sent.
            settings: what is asked for.
            name: identifies the model and how it is asked; replies under one name may be kept and used again. By
                default the model's name, with a fingerprint of the settings where they are not the usual ones.

        Raises:
            MissingExtraError: the extra ``[llm]`` is not installed.
            SettingsError: the address is none or holds a secret, or the key cannot be read.
        """
        _sdk()
        if not model:
            raise SettingsError("the model's name is needed, as its server knows it")
        self._address = _checked(base_url)
        self._model, self._settings = model, settings or EndpointSettings()
        self._name = name or model + _fingerprint(self._settings)
        self._key = Key(key, key_variable)
        self._clients: dict[asyncio.AbstractEventLoop, AsyncOpenAI] = {}
        self._refused: frozenset[str] = frozenset()
        self._refused_schemas: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"EndpointModel({self._model!r}, base_url={self._address!r})"

    @property
    def name(self) -> str:
        """Identifies the model and how it is asked."""
        return self._name

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None) -> Completion:
        """Return the model's reply.

        Raises:
            RateLimitError: the server answers 429.
            ServerFailedError: it answers 5xx or nothing usable, takes too long, or the connection breaks.
            RequestRefusedError: it answers any other 4xx, or the model refuses.
            SettingsError: the key can no longer be read.
        """
        left_out = self._refused
        if self._refused_schemas and _mark(schema) in self._refused_schemas:
            left_out |= {"response_format"}
        while True:
            parameters = self._parameters(messages, schema, left_out)
            outcome = await self._request(parameters)
            refused = _refused(outcome, parameters)
            if not refused:
                break
            left_out |= refused
        if isinstance(outcome, LanguageModelError):
            raise outcome
        if "response_format" in left_out:
            self._refused_schemas |= {_mark(schema)}
        self._refused |= left_out - {"response_format"}
        return outcome

    async def aclose(self) -> None:
        """Close the connections of the running event loop; the next request opens new ones."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    def _parameters(
        self, messages: Sequence[Message], schema: Mapping[str, Any] | None, left_out: frozenset[str]
    ) -> dict[str, Any]:
        settings = self._settings
        form = {"name": "reply", "schema": schema, "strict": settings.strict}
        found: dict[str, Any] = {
            "response_format": None if schema is None else {"type": "json_schema", "json_schema": form},
            "logprobs": True if settings.logprobs else None,
            "temperature": settings.temperature,
            "seed": settings.seed,
            "max_tokens": settings.max_output_tokens,
        }
        found = {name: value for name, value in found.items() if value is not None and name not in left_out}
        if "logprobs" in found and settings.top_logprobs:
            found["top_logprobs"] = settings.top_logprobs
        if settings.max_output_tokens is not None and "max_tokens" in left_out:
            found["max_completion_tokens"] = settings.max_output_tokens
        return {"model": self._model, "messages": turns(messages), **found, **settings.extra}

    async def _request(self, parameters: Mapping[str, Any]) -> Completion | LanguageModelError:
        """Send one request. Errors are returned, so that they do not carry the SDK's own, which know the key."""
        openai, client = _sdk(), self._client()
        client.api_key = self._key.read() or _NO_KEY
        try:
            async with asyncio.timeout(self._settings.timeout):
                # create() would walk through all of the body and of the reply to give them types: a third of the time
                body = await client.post("/chat/completions", cast_to=str, body=parameters)
            outcome = completion_of(body)
        except (TimeoutError, openai.APITimeoutError):
            outcome = ServerFailedError(f"no reply within {self._settings.timeout:g} s")
        except openai.APIStatusError as error:
            headers = {name.lower(): value for name, value in error.response.headers.items()}
            outcome = failure_of(error.status_code, headers, error.response.text)
        except openai.APIConnectionError as error:
            cause = error.__cause__
            why = f"{type(cause).__name__}: {cause}" if cause else str(error)
            outcome = ServerFailedError(f"the connection to {self._address} failed ({why}); is the server up?")
        except openai.OpenAIError as error:
            outcome = RequestRefusedError(f"the request could not be sent: {error}")
        if isinstance(outcome, LanguageModelError):
            outcome.args = (_short(self._key.scrub(f"{self._model}: {outcome.args[0]}")),)
        return outcome

    def _client(self) -> AsyncOpenAI:
        """Return the client of the running event loop; those of closed loops are forgotten."""
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            for other in [known for known in self._clients if known.is_closed()]:
                self._clients.pop(other, None)
            client = _sdk().AsyncOpenAI(
                api_key=_NO_KEY, base_url=self._address, max_retries=0, timeout=self._settings.timeout
            )
            self._clients[loop] = client
        return client


def _refused(outcome: Completion | LanguageModelError, parameters: Mapping[str, Any]) -> frozenset[str]:
    """Return the parameters to leave out before the request is sent again."""
    if not isinstance(outcome, RequestRefusedError) or outcome.status not in {400, 404, 415, 422, 501}:
        return frozenset()
    said = str(outcome).casefold()
    named = {name for name, words in _WORDS.items() if name in parameters and any(word in said for word in words)}
    return frozenset(named or {"response_format"} & parameters.keys())


def _mark(schema: Mapping[str, Any] | None) -> str:
    return json.dumps(schema, sort_keys=True, default=str)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _fingerprint(settings: EndpointSettings) -> str:
    usual = EndpointSettings()
    shaping = [entry.name for entry in fields(settings) if entry.name != "timeout"]
    changed = {name: getattr(settings, name) for name in shaping if getattr(settings, name) != getattr(usual, name)}
    if not changed:
        return ""
    return "#" + hashlib.sha256(json.dumps(changed, sort_keys=True, default=str).encode()).hexdigest()[:8]


def _checked(base_url: str) -> str:
    """Return the address, which is shown in errors and logs and so must not hold a secret."""
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError("base_url is an address such as 'http://127.0.0.1:8000/v1'; what was given has no host")
    if parts.username or parts.password or parts.query:
        raise SettingsError("base_url must not hold a user, a password or a query: give the key as key or key_variable")
    return base_url.rstrip("/")


def _sdk() -> Any:
    try:
        import openai
    except ImportError:
        raise MissingExtraError("openai", extra="llm", purpose="EndpointModel") from None
    return openai
