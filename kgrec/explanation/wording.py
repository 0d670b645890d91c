"""Explanations in a language model's words, of which only those come out that are borne out claim by claim."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Explanation, Message
from kgrec.errors import BudgetSpentError, KgrecError, SettingsError, UnknownProductError
from kgrec.explanation.checking.case import Case
from kgrec.explanation.checking.verifier import Verifier
from kgrec.explanation.claims import Basis
from kgrec.explanation.titles import readable
from kgrec.explanation.wording_prompt import REPLY_SCHEMA, tellable, wording_messages
from kgrec.explanation.wording_reply import Refusal, Sentence, accepted, sentences_of
from kgrec.llm import Calls
from kgrec.protocols import Explainer, LanguageModel, Progress, silent

__all__ = ["PromptedExplainer", "Worded", "WordingSettings"]

_STAGE = "put explanations in words"
_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingSettings:
    """How explanations are put in words.

    Attributes:
        max_sentences: of one explanation, at least 1.
        max_characters: of one explanation, at least 40; a longer reply is not used.
        max_evidence: pieces of evidence that the model is given, the first ones, at least 1.
        seconds: that a shopper waits for the words, repeated attempts included; then the template answers. Above 0.
        kept_replies: replies that are kept in memory, the last ones used; 0 keeps none.

    Raises:
        SettingsError: a value is out of its range.
    """

    max_sentences: int = 2
    max_characters: int = 320
    max_evidence: int = 6
    seconds: float = 30.0
    kept_replies: int = 10_000

    def __post_init__(self) -> None:
        """Check ranges."""
        checks = {
            "max_sentences": self.max_sentences >= 1,
            "max_characters": self.max_characters >= 40,
            "max_evidence": self.max_evidence >= 1,
            "seconds": self.seconds > 0,
            "kept_replies": self.kept_replies >= 0,
        }
        for name, valid in checks.items():
            if not valid:
                raise SettingsError(f"{name} is out of its range: {getattr(self, name)!r}; see WordingSettings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """An explanation with its words, and whose they are.

    Attributes:
        explanation: with the text that is to be shown; all else as it was.
        by: ``"model"``, or ``"template"`` where the model's words are not used.
        reason: why they are not used; empty where they are.
        sentences: the model's, each with the evidence it cites and the verdict on it; none by the template.
    """

    explanation: Explanation
    by: Literal["model", "template"]
    reason: str = ""
    sentences: tuple[Sentence, ...] = ()


class PromptedExplainer:
    """Puts explanations in a language model's words; an :class:`kgrec.protocols.Explainer`.

    The model is given the evidence alone, and has to cite it by id. A sentence is used only where every claim in it is
    in the evidence it cites and true of the shop; whatever else comes, or where nothing comes, the template's sentence
    stands. Nothing that a model or its server does is raised.

    Replies are kept under a hash of what was asked, so that the same evidence is asked about once. Safe to use from
    several threads and event loops.

    Args:
        explainer: gives the explanations, and the sentences that stand in.
        verifier: checks what the model writes; made of the same shop.
        model: a language model, or the ``Calls`` of one, with budget, price and concurrency.
        settings: see :class:`WordingSettings`.
    """

    def __init__(
        self,
        explainer: Explainer,
        verifier: Verifier,
        model: LanguageModel | Calls,
        *,
        settings: WordingSettings | None = None,
    ) -> None:
        """Hold the parts; nothing is asked yet."""
        self.settings = settings or WordingSettings()
        self.calls = model if isinstance(model, Calls) else Calls(model)
        self._explainer, self._verifier = explainer, verifier
        self._replies: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()
        self._under_way: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()

    # --- as an explainer

    def explain(
        self,
        product: int,
        score: float,
        history: NDArray[np.int32],
        amounts: NDArray[np.float64],
        sources: tuple[str, ...],
        *,
        language: str = "en",
        basis: Basis = "history",
    ) -> Explanation:
        """Explain a score, as :meth:`kgrec.protocols.Explainer.explain`; waits for the model.

        Raises:
            SettingsError: the language is not known.
        """
        made = self._explainer.explain(product, score, history, amounts, sources, language=language, basis=basis)
        return next(self.word_many([made])).explanation

    def explain_popular(self, product: int, score: float, *, language: str = "en") -> Explanation:
        """Explain a product that only its popularity speaks for; waits for the model.

        Raises:
            SettingsError: the language is not known.
        """
        return next(self.word_many([self._explainer.explain_popular(product, score, language=language)])).explanation

    # --- words for explanations that are there

    def word_many(self, explanations: Iterable[Explanation], *, progress: Progress = silent) -> Iterator[Worded]:
        """Put many explanations in words, several at once, in the order given; works inside an event loop too.

        Args:
            explanations: any number of them; a window of them is held at a time.
            progress: is told how many are done.
        """
        for outcome in self.calls.run(explanations, self.word, progress=progress, stage=_STAGE):
            if outcome.result is not None:
                yield outcome.result
            else:
                yield Worded(explanation=outcome.item, by="template", reason=f"not asked: {outcome.error}")

    async def word(self, explanation: Explanation) -> Worded:
        """Put one explanation in words; never raises on account of the model, its server or what it wrote."""
        try:
            sentences = await self._sentences(explanation)
        except (Refusal, UnknownProductError) as refusal:
            return Worded(explanation=explanation, by="template", reason=str(refusal))
        except TimeoutError:
            reason = f"the model took longer than {self.settings.seconds:g} s"
            return Worded(explanation=explanation, by="template", reason=reason)
        except BudgetSpentError as error:
            return Worded(explanation=explanation, by="template", reason=f"the budget is spent: {error}")
        except KgrecError as error:
            return Worded(explanation=explanation, by="template", reason=f"no reply came: {error}")
        except Exception as error:  # noqa: BLE001 - a model may raise anything, and the shopper is answered all the same
            return Worded(explanation=explanation, by="template", reason=f"no reply came: {type(error).__name__}")
        joined = ("" if explanation.language == "zh" else " ").join(sentence.text for sentence in sentences)
        paragraph = joined + explanation.paragraph.removeprefix(explanation.text)
        kept = explanation.paragraph.startswith(explanation.text) and bool(explanation.text)
        made = replace(explanation, text=joined, paragraph=paragraph if kept else explanation.paragraph)
        return Worded(explanation=made, by="model", sentences=sentences)

    async def _sentences(self, explanation: Explanation) -> tuple[Sentence, ...]:
        settings = self.settings
        told = tellable(explanation.evidence, settings.max_evidence)
        if explanation.score <= 0 or not told:
            raise Refusal("there is no evidence to put in words")
        whole = self._verifier.case(explanation.product, evidence=explanation)
        messages = wording_messages(
            told,
            lambda name: _name_in(whole, name),
            language=explanation.language,
            sentences=settings.max_sentences,
            characters=settings.max_characters,
        )
        async with asyncio.timeout(settings.seconds):
            reply = await self._reply(messages)
        return accepted(
            sentences_of(reply),
            told,
            whole.product.product,
            whole,
            language=explanation.language,
            most_characters=settings.max_characters,
            most_sentences=settings.max_sentences,
        )

    async def _reply(self, messages: tuple[Message, ...]) -> str:
        """Return the reply to some messages: the one that is kept, or one that is asked for, once at a time."""
        key = _key(messages, self.calls.name)
        if (kept := self._kept(key)) is not None:
            return kept
        # A lock belongs to one event loop; where two loops share an explainer, each has its own.
        loop = id(asyncio.get_running_loop())
        with self._lock:
            lock = self._under_way.setdefault((key, loop), asyncio.Lock())
        async with lock:
            if (kept := self._kept(key)) is not None:
                return kept
            completion = await self.calls.complete(messages, REPLY_SCHEMA)
            with self._lock:
                self._replies[key] = completion.text
                while len(self._replies) > self.settings.kept_replies:
                    self._replies.popitem(last=False)
            return completion.text

    def _kept(self, key: str) -> str | None:
        with self._lock:
            if key in self._replies:
                self._replies.move_to_end(key)
            return self._replies.get(key)


def _name_in(case: Case, name: str) -> str:
    known = case.anchors.get(name)
    return name if known is None else readable(known.product.title, _NAME_LENGTH) or name


def _key(messages: tuple[Message, ...], model: str) -> str:
    """Return what a reply is kept under: the evidence as it was told, the language, the instructions and the model."""
    content = json.dumps([[message.role, message.content] for message in messages] + [[model]], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]
