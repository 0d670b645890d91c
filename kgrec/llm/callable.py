"""Any function as a language model."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kgrec.data import Completion, Message
from kgrec.errors import PROGRAM_ERRORS, KgrecError, RequestRefusedError, ServerFailedError, SettingsError

__all__ = ["CallableModel"]

Reply = str | Completion
Answering = Callable[[Sequence[Message], Mapping[str, Any] | None], Reply | Awaitable[Reply]]


class CallableModel:
    """A function of messages and schema that returns a text or a ``Completion``, now or later."""

    def __init__(self, function: Answering, *, name: str = "", threads: int = 16) -> None:
        """Wrap a function.

        Args:
            function: is given the messages and the JSON schema or None. An asynchronous function is awaited; an
                ordinary one runs in a thread, so it has to be safe to call from several, and to return: a thread cannot
                be broken off.
            name: of the model; the function's own by default. Replies under one name may be kept and used again, so
                name the model behind the function.
            threads: that ordinary functions run in, at most.

        Raises:
            SettingsError: the function cannot be called, or there is no thread.
        """
        if not callable(function):
            raise SettingsError(f"a function of (messages, schema) is needed, not {function!r}")
        if threads < 1:
            raise SettingsError(f"threads is at least 1, not {threads!r}")
        kind = function if hasattr(function, "__qualname__") else type(function)
        self._name = name or f"{kind.__module__}.{kind.__qualname__}"
        self._function, self._has_replied = function, False
        called = function if inspect.isroutine(function) else type(function).__call__
        self._asynchronous = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="kgrec callable")

    @property
    def name(self) -> str:
        """The name it was given, or the function's."""
        return self._name

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None) -> Completion:
        """Return the function's reply.

        Raises:
            ServerFailedError: the function raised an ``OSError``, such as a broken connection or a time-out.
            RequestRefusedError: it raised anything else, or returned neither a text nor a ``Completion``.
            SettingsError: before it ever replied it raised what a mistake in a program raises (``TypeError``,
                ``NameError``, ``AttributeError``, ``ImportError``), or returned neither.
        """
        try:
            reply = await self._reply(messages, schema)
        except KgrecError:
            raise
        except OSError as error:
            raise ServerFailedError(f"{self._name} failed: {type(error).__name__}: {error}") from error
        except Exception as error:
            said = f"{self._name} raised {type(error).__name__}: {error}"
            if isinstance(error, PROGRAM_ERRORS) and not self._has_replied:
                raise SettingsError(f"{said}; this is a mistake in the function: correct it") from error
            raise RequestRefusedError(said) from error
        if not isinstance(reply, str | Completion):
            said = f"{self._name} returned {type(reply).__name__}, expected a str or a Completion"
            raise RequestRefusedError(said) if self._has_replied else SettingsError(said)
        self._has_replied = True
        return Completion(text=reply, model=self._name) if isinstance(reply, str) else reply

    async def _reply(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Any:
        if self._asynchronous:
            await asyncio.sleep(0)  # a function that never waits would keep everybody else waiting
            found = self._function(messages, schema)
        else:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._executor, self._function, messages, schema)
        return await found if inspect.isawaitable(found) else found
