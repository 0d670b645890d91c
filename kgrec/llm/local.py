"""A causal language model from a folder, run here."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgrec.data import Completion, Message, TokenLogprob, Usage
from kgrec.errors import RequestRefusedError, SettingsError
from kgrec.llm.turns import turns

__all__ = ["LocalModel", "LocalSettings"]

_ENDS = 65_536
"""Bytes at each end of a weights file that its fingerprint is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """How a local model writes.

    Attributes:
        max_output_tokens: where a reply is cut.
        temperature: of sampling; 0 takes the likeliest token each time.
        seed: of sampling.
        logprobs: keep the log-probability of each token.
        top_logprobs: how many likely tokens to keep beside each.
        device: where it runs, as torch names it.

    Raises:
        SettingsError: a value is impossible.
    """

    max_output_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    logprobs: bool = True
    top_logprobs: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.max_output_tokens < 1:
            raise SettingsError(f"max_output_tokens is at least 1, not {self.max_output_tokens!r}")
        if not self.temperature >= 0 or self.top_logprobs < 0:
            raise SettingsError(
                f"temperature and top_logprobs are at least 0, not {self.temperature!r} and {self.top_logprobs!r}"
            )


class LocalModel:
    """A causal model of ``transformers`` from a folder; nothing is downloaded.

    It writes one reply at a time, in a thread of its own, so an event loop goes on meanwhile; more concurrency than 1
    only makes replies wait here. A reply that is no longer waited for is broken off at its next token. Schemas are
    passed over.
    """

    def __init__(self, folder: str | os.PathLike[str], *, settings: LocalSettings | None = None) -> None:
        """Point to a folder with weights, configuration and tokenizer; it is read at the first request.

        Raises:
            SettingsError: there is no ``config.json`` in the folder.
        """
        self._folder, self._settings = Path(folder), settings or LocalSettings()
        if not (self._folder / "config.json").is_file():
            raise SettingsError(f"{os.fspath(folder)!r} is no folder of a transformers model: it has no config.json")
        self._name = f"{self._folder.resolve().name}#{_fingerprint(self._folder, self._settings)}"
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="kgrec model")
        self._loaded: tuple[Any, Any] | None = None

    def __repr__(self) -> str:
        return f"LocalModel({os.fspath(self._folder)!r})"

    @property
    def name(self) -> str:
        """The folder's name with a fingerprint of weights and settings."""
        return self._name

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None) -> Completion:
        """Return the model's reply.

        Raises:
            RequestRefusedError: the model cannot be read, or the prompt is longer than it can take.
        """
        unwanted = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, self._reply, list(messages), unwanted)
        except asyncio.CancelledError:
            unwanted.set()
            raise

    def _reply(self, messages: list[Message], unwanted: threading.Event) -> Completion:
        import torch

        model, tokenizer = self._model()
        inputs = {name: ids.to(self._settings.device) for name, ids in _encoded(tokenizer, messages).items()}
        before = int(inputs["input_ids"].shape[1])
        longest = getattr(model.config, "max_position_embeddings", None)
        if longest is not None and before + 1 > longest:
            raise RequestRefusedError(f"{self._name}: the prompt has {before:,} tokens, the model takes {longest:,}")
        room = self._settings.max_output_tokens if longest is None else longest - before
        with torch.inference_mode(), torch.random.fork_rng(devices=[]), _quiet():
            torch.manual_seed(self._settings.seed)
            found = model.generate(**inputs, **self._generation(model, tokenizer, room, unwanted))
        written = found.sequences[0, before:]
        ends = _ends(model, tokenizer)
        stopped = len(written) > 0 and int(written[-1]) in ends
        logprobs = _logprobs(found.logits, written, tokenizer, self._settings.top_logprobs) if found.logits else None
        return Completion(
            text=tokenizer.decode(written[:-1] if stopped else written, skip_special_tokens=True),
            usage=Usage(input_tokens=before, output_tokens=len(written)),
            logprobs=logprobs,
            model=self._name,
            finish="stop" if stopped else "length",
        )

    def _generation(self, model: Any, tokenizer: Any, room: int, unwanted: threading.Event) -> dict[str, Any]:
        from transformers import GenerationConfig

        settings, ends = self._settings, _ends(model, tokenizer)
        sampling = {"do_sample": True, "temperature": settings.temperature} if settings.temperature else {}
        padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else next(iter(ends), 0)
        config = GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=min(settings.max_output_tokens, room),
            eos_token_id=sorted(ends) or None,
            pad_token_id=padding,
            output_logits=settings.logprobs,
            return_dict_in_generate=True,
            **(sampling or {"do_sample": False}),
        )
        return {"generation_config": config, "stopping_criteria": [lambda ids, scores, **rest: _all(ids, unwanted)]}

    def _model(self) -> tuple[Any, Any]:
        """Return model and tokenizer, read at the first call; only the one thread comes here."""
        if self._loaded is None:
            from transformers import AutoModelForCausalLM, AutoTokenizer

            try:
                with _quiet():
                    tokenizer = AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
                    model: Any = AutoModelForCausalLM.from_pretrained(self._folder, local_files_only=True)
            except Exception as error:
                raise RequestRefusedError(
                    f"the model in {os.fspath(self._folder)!r} cannot be read: {error}"
                ) from error
            self._loaded = model.to(self._settings.device).eval(), tokenizer
        return self._loaded


def _encoded(tokenizer: Any, messages: Sequence[Message]) -> dict[str, Any]:
    """Return the prompt's ids, int64 (1, tokens), and its mask, by the model's chat template where it has one."""
    if not tokenizer.chat_template:
        lines = [f"{turn['role']}: {turn['content']}" for turn in turns(messages)]
        encoded = tokenizer("\n".join([*lines, "assistant:"]), return_tensors="pt")
    else:
        from jinja2 import TemplateError

        options = {"add_generation_prompt": True, "return_tensors": "pt", "return_dict": True}
        try:
            encoded = tokenizer.apply_chat_template(turns(messages), **options)
        except TemplateError:  # some templates know no system message
            encoded = tokenizer.apply_chat_template(turns(_without_system(messages)), **options)
    return {name: encoded[name] for name in ("input_ids", "attention_mask")}


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """Return the conversation with what the system says in front of the first turn of the user."""
    said = [message.content for message in messages if message.role == "system"]
    rest = [message for message in messages if message.role != "system"]
    first = rest[0].content if rest else ""
    return [Message(role="user", content="\n\n".join([*said, first])), *rest[1:]]


def _ends(model: Any, tokenizer: Any) -> set[int]:
    """Return the tokens that end a reply."""
    stated = [model.generation_config.eos_token_id, tokenizer.eos_token_id]
    flat = [end for ends in stated for end in (ends if isinstance(ends, list) else [ends])]
    return {int(end) for end in flat if end is not None}


def _all(ids: Any, unwanted: threading.Event) -> Any:
    """Return, for each reply in the batch, whether to break off."""
    import torch

    return torch.full((ids.shape[0],), unwanted.is_set(), dtype=torch.bool, device=ids.device)


def _logprobs(logits: Sequence[Any], written: Any, tokenizer: Any, top: int) -> tuple[TokenLogprob, ...]:
    """Return one entry a token from logits float (1, vocabulary) of each step."""
    import torch

    found = []
    for step, token in zip(logits, written.tolist(), strict=True):
        row = torch.log_softmax(step[0].float(), dim=-1)
        best = torch.topk(row, min(top, len(row))) if top else None
        others = [] if best is None else zip(best.indices.tolist(), best.values.tolist(), strict=True)
        found.append(
            TokenLogprob(
                token=tokenizer.decode([token]),
                logprob=float(row[token]),
                top=tuple((tokenizer.decode([other]), value) for other, value in others),
            )
        )
    return tuple(found)


def _fingerprint(folder: Path, settings: LocalSettings) -> str:
    """Return a short hash of the folder's files, weights by their size and both ends, and of the settings."""
    digest = hashlib.sha256(repr(settings).encode())
    for file in sorted(folder.iterdir()):
        if file.suffix not in {".json", ".jinja", ".model", ".txt", ".safetensors", ".bin"} or not file.is_file():
            continue
        size = file.stat().st_size
        digest.update(f"{file.name} {size}".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(_ENDS))
            stream.seek(max(size - _ENDS, 0))
            digest.update(stream.read(_ENDS))
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hide what transformers draws and warns of while it reads and generates: a library does not print."""
    from transformers.utils import logging as hub_logging

    drawn, level = hub_logging.is_progress_bar_enabled(), hub_logging.get_verbosity()
    hub_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    hub_logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        hub_logging.set_verbosity(level)
        if drawn:
            hub_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
