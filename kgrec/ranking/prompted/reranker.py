"""A language model as a re-ranker."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Completion, Message, Pool
from kgrec.errors import JournalError, RerankError, SettingsError
from kgrec.llm import Calls, Outcome
from kgrec.llm.asking import Asker, MemoryJournal
from kgrec.llm.journal import Journal
from kgrec.protocols import LanguageModel, Progress, Shelf, silent
from kgrec.ranking.prompted.parsing import read_judgement, read_order
from kgrec.ranking.prompted.prompt import listwise_prompt, order_schema, pointwise_prompt
from kgrec.ranking.prompted.settings import LlmRerankSettings
from kgrec.ranking.texts import checked_numbers

__all__ = ["LlmRerankReport", "LlmReranker"]

_STAGE = "ask the language model"


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmRerankReport:
    """What was asked so far, and how the replies were.

    Attributes:
        pools: that were scored.
        refused: pools that no scores could be given for.
        asked: replies that the model gave.
        kept: replies that were known already.
        failed: questions without a reply.
        unreadable: replies that hold neither an order nor yes or no.
        without_logprobs: pointwise replies without log-probabilities, of which only the word counts.
        missing: candidates that orders left out, and that kept their place behind the others.
        doubled: candidates that orders named again.
        unknown: numbers in orders that no candidate has.
    """

    pools: int = 0
    refused: int = 0
    asked: int = 0
    kept: int = 0
    failed: int = 0
    unreadable: int = 0
    without_logprobs: int = 0
    missing: int = 0
    doubled: int = 0
    unknown: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each thing that was not as it should be."""
        said = {
            "replies without log-probabilities: only their yes or no counts; ask the server for logprobs, with a few "
            "top_logprobs": self.without_logprobs,
            "questions without a reply": self.failed,
            "replies that could not be read": self.unreadable,
            "candidates that an order left out kept their place behind the others": self.missing,
            "candidates that an order named twice counted once": self.doubled,
            "numbers in orders that no candidate has were passed over": self.unknown,
            "pools had no scores": self.refused,
        }
        return tuple(f"{count:,} {text}" for text, count in said.items() if count)


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """One request: about one candidate, or about all in some order."""

    pool: int
    messages: tuple[Message, ...]
    places: tuple[int, ...]
    listwise: bool


@dataclass(slots=True, eq=False)
class _Answers:
    """Replies about one pool, beside their questions; None where none came."""

    given: list[tuple[_Question, Completion | None]] = field(default_factory=list)
    error: Exception | None = None


class LlmReranker:
    """Asks a language model which candidates fit a shopper; a context manager.

    Pointwise, a score is the probability of "yes"; listwise, it is the place in the model's order, 1 for the first and
    0 for the last. Candidates beyond ``settings.candidates`` follow in retrieval's order, below 0. Products' texts are
    put to the model as data in elements that they cannot end, and nothing in a reply but numbers of candidates, or yes
    or no, has any effect.

    Replies are kept under a hash of the question and the model's name, so that a question is paid for once.

    Args:
        model: a language model, or the ``Calls`` of one, with budget, price and concurrency. Pointwise it should give
            log-probabilities, with a few ``top_logprobs``.
        settings: see ``LlmRerankSettings``.
        journal: file that replies are kept in; None keeps the last ten thousand in memory.

    Raises:
        JournalError: another process has the journal open, or it is damaged.
    """

    def __init__(
        self,
        model: LanguageModel | Calls,
        *,
        settings: LlmRerankSettings | None = None,
        journal: str | Path | None = None,
    ) -> None:
        """Open the journal."""
        self.settings = settings or LlmRerankSettings()
        self.calls = model if isinstance(model, Calls) else Calls(model)
        self._journal = None if journal is None else Journal(journal)
        self._asker = Asker(self.calls, MemoryJournal() if self._journal is None else self._journal)
        self._lock = threading.Lock()
        self._report = LlmRerankReport()

    @property
    def name(self) -> str:
        """The model's name behind ``llm:``."""
        return f"llm:{self.calls.name}"

    def report(self) -> LlmRerankReport:
        """Return what was done so far."""
        with self._lock:
            return replace(self._report, asked=self._asker.asked, kept=self._asker.kept)

    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        """Return one score a candidate for each pool, float32 (c,).

        Raises:
            RerankError: the model gave no usable reply about one of the pools, or a product does not stand on the
                shelf.
            JournalError: the journal cannot be written.
            SettingsError: the model's key cannot be read.
        """
        found = []
        for scores in self._scored(pools, shelf, silent):
            if isinstance(scores, RerankError):
                raise scores
            found.append(scores)
        return found

    def soft_labels(
        self, pools: Sequence[Pool], shelf: Shelf, *, progress: Progress = silent
    ) -> list[NDArray[np.float32] | None]:
        """Return scores for ``CrossEncoderReranker.train``, None for a pool that the model gave no usable reply about.

        Candidates that the model was not asked about are NaN. Pointwise scores are logits, ln(p / (1 − p)); listwise
        ones fall from 3 to −3.

        Args:
            pools: any number of them.
            shelf: that their products stand on.
            progress: told how many questions are answered.

        Raises:
            RerankError: a product does not stand on the shelf.
            JournalError: the journal cannot be written.
            SettingsError: the model's key cannot be read.
        """
        labels: list[NDArray[np.float32] | None] = []
        for scores in self._scored(pools, shelf, progress):
            if isinstance(scores, RerankError):
                labels.append(None)
                continue
            asked = np.arange(len(scores)) < self.settings.candidates
            if self.settings.mode == "pointwise":
                likely = np.clip(scores.astype(np.float64), 1e-4, 1 - 1e-4)
                spread = np.log(likely / (1 - likely))
            else:
                spread = 6.0 * scores.astype(np.float64) - 3.0
            labels.append(np.where(asked, spread, np.nan).astype(np.float32))
        return labels

    def close(self) -> None:
        """Close the journal, where there is one; nothing can be asked afterwards."""
        if self._journal is not None:
            self._journal.close()

    def __enter__(self) -> LlmReranker:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the journal."""
        self.close()

    def _scored(
        self, pools: Sequence[Pool], shelf: Shelf, progress: Progress
    ) -> list[NDArray[np.float32] | RerankError]:
        for pool in pools:
            checked_numbers(pool, shelf)
        questions = [question for at, pool in enumerate(pools) for question in self._questions(at, pool, shelf)]
        answers = self._asked(questions, len(pools), progress)
        if self.settings.mode == "pointwise" and self.settings.without_logprobs == "listwise":
            self._ask_for_orders(answers, pools, shelf, progress)
        return [self._scores(pool, own) for pool, own in zip(pools, answers, strict=True)]

    def _questions(self, at: int, pool: Pool, shelf: Shelf, *, listwise: bool = False) -> Iterator[_Question]:
        settings = self.settings
        nums = pool.candidates[: settings.candidates].tolist()
        if settings.mode == "pointwise" and not listwise:
            for place, num in enumerate(nums):
                yield _Question(at, pointwise_prompt(pool, num, shelf, settings), (place,), listwise=False)
            return
        if len(nums) < 2:
            return
        for turn in range(settings.orders):
            places = list(range(len(nums)))
            if turn:
                places = np.random.default_rng([settings.seed, turn]).permutation(len(nums)).tolist()
            messages = listwise_prompt(pool, [nums[place] for place in places], shelf, settings)
            yield _Question(at, messages, tuple(places), listwise=True)

    def _asked(self, questions: Sequence[_Question], pools: int, progress: Progress) -> list[_Answers]:
        answers = [_Answers() for _ in range(pools)]

        async def ask(question: _Question) -> Completion:
            schema = order_schema(len(question.places)) if question.listwise else None
            return await self._asker.ask(question.messages, schema, step="rerank")

        if not questions:
            return answers
        for outcome in self.calls.run(questions, ask, progress=progress, stage=_STAGE):
            _raise_what_is_no_models_fault(outcome)
            own = answers[outcome.item.pool]
            own.given.append((outcome.item, outcome.result))
            own.error = outcome.error or own.error
            self._count(failed=int(not outcome.done))
        return answers

    def _ask_for_orders(self, answers: list[_Answers], pools: Sequence[Pool], shelf: Shelf, progress: Progress) -> None:
        """Ask again, listwise, about pools of which a reply has no log-probabilities."""
        bare = [at for at, own in enumerate(answers) if any(reply and not reply.logprobs for _, reply in own.given)]
        questions = [question for at in bare for question in self._questions(at, pools[at], shelf, listwise=True)]
        for at, own in enumerate(self._asked(questions, len(pools), progress)):
            if own.given:
                self._count(without_logprobs=len(answers[at].given))
                answers[at] = own

    def _scores(self, pool: Pool, answers: _Answers) -> NDArray[np.float32] | RerankError:
        count = min(len(pool), self.settings.candidates)
        listwise = self.settings.mode == "listwise" or any(question.listwise for question, _ in answers.given)
        asked = self._by_order(count, answers) if listwise else self._by_judgement(count, answers)
        if asked is None:
            self._count(refused=1)
            why = f": {answers.error}" if answers.error else ""
            return RerankError(f"{self.name} gave no usable reply about a pool of {len(pool)} candidates{why}")
        self._count(pools=1)
        rest = -(np.arange(len(pool) - count) + 1.0) / max(len(pool), 1)
        return np.concatenate([asked, rest]).astype(np.float32)

    def _by_judgement(self, count: int, answers: _Answers) -> NDArray[np.float64] | None:
        """Return the probability of yes, and the mean of the others where a reply cannot be read."""
        likely = np.full(count, np.nan)
        for question, reply in answers.given:
            judgement = None if reply is None else read_judgement(reply)
            if judgement is not None:
                likely[question.places[0]] = judgement.likely
                self._count(without_logprobs=int(not judgement.measured))
            elif reply is not None:
                self._count(unreadable=1)
        known = np.isfinite(likely)
        if count and known.sum() < max(self.settings.least_readable * count, 1):
            return None
        return np.where(known, likely, likely[known].mean() if known.any() else 0.0)

    def _by_order(self, count: int, answers: _Answers) -> NDArray[np.float64] | None:
        """Return 1 for the first place to 0 for the last, the mean over all orders that can be read."""
        if count < 2:
            return np.ones(count)
        sums, read = np.zeros(count), 0
        for question, reply in answers.given:
            order = None if reply is None else read_order(reply.text, count)
            if order is None:
                self._count(unreadable=int(reply is not None))
                continue
            read += 1
            self._count(missing=count - order.named, doubled=order.doubled, unknown=order.unknown)
            # those left out keep retrieval's order, whatever order they were shown in
            shown = [question.places[place] for place in order.places]
            behind = shown[: order.named] + sorted(shown[order.named :])
            sums[behind] += 1 - np.arange(count) / (count - 1)
        if read < max(self.settings.least_readable * len(answers.given), 1):
            return None
        return sums / read

    def _count(self, **more: int) -> None:
        with self._lock:
            self._report = replace(
                self._report, **{name: getattr(self._report, name) + count for name, count in more.items()}
            )


def _raise_what_is_no_models_fault(outcome: Outcome[_Question, Completion]) -> None:
    if isinstance(outcome.error, JournalError | SettingsError):
        raise outcome.error
