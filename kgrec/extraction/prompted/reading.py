"""One product from question to findings: ask, repair, check, ask again, compare, judge."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kgrec.data import Completion, Product
from kgrec.errors import BudgetSpentError, LanguageModelError
from kgrec.extraction.calibration import Signals
from kgrec.extraction.prompted.checking import INFERRED, Checker, Finding
from kgrec.extraction.prompted.judging import judge_prompt, judge_schema, verdicts_of
from kgrec.extraction.prompted.parsing import ParsedReply, UnreadableReplyError, parse_reply
from kgrec.extraction.prompted.prompt import Prompt
from kgrec.extraction.prompted.settings import LlmSettings
from kgrec.extraction.prompted.statements import Refusal, statements_of
from kgrec.extraction.prompted.texts import ProductTexts
from kgrec.extraction.schema import CategorySchema
from kgrec.llm.asking import Asker, NotKeptError

__all__ = ["Reader", "Reading", "Task"]


@dataclass(frozen=True, slots=True)
class Task:
    """A product to read, prepared; without a prompt there is nothing to ask, for the reason in ``refusals``."""

    product: Product
    place: int
    category: CategorySchema | None = None
    texts: ProductTexts | None = None
    prompt: Prompt | None = None
    second: Prompt | None = None
    refusals: tuple[Refusal, ...] = ()


@dataclass(slots=True)
class Reading:
    """What reading a product came to.

    Attributes:
        findings: what it states, with the signals of each.
        refusals: what was refused, with the reasons.
        replies: replies that were read.
        repaired: those that were no plain JSON.
        reasked: those that were asked for again.
        pending: whether something is to be asked again next time.
    """

    findings: list[tuple[Finding, Signals]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    replies: int = 0
    repaired: int = 0
    reasked: int = 0
    pending: bool = False


@dataclass(slots=True)
class _Sample:
    """What the replies to one prompt came to, the best of each attribute."""

    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    refusals: dict[tuple[str, str, str], Refusal] = field(default_factory=dict)
    source: dict[tuple[str, str], Completion] = field(default_factory=dict)
    repaired: bool = False
    usable: bool = False
    failed: bool = False

    def add(self, findings: Iterable[Finding], refusals: Iterable[Refusal], completion: Completion) -> None:
        """Take what a reply states of attributes that no earlier reply had a value of."""
        settled = {finding.attribute.name for finding in self.findings.values()}
        for finding in findings:
            if finding.attribute.name not in settled:
                self.findings.setdefault(finding.key, finding)
                self.source.setdefault(finding.key, completion)
        for refusal in refusals:
            self.refusals.setdefault((refusal.attribute, refusal.value, refusal.reason), refusal)

    def refused(self) -> list[Refusal]:
        """Return the refusals, less invalid values that a later reply mended."""
        settled = {finding.attribute.name for finding in self.findings.values()}
        return [entry for entry in self.refusals.values() if not (entry.invalid and entry.attribute in settled)]


class Reader:
    """Reads products with a model.

    Args:
        asker: of the model.
        judge: of the model that judges what was concluded.
        settings: of the extractor.
    """

    def __init__(self, asker: Asker, judge: Asker, settings: LlmSettings) -> None:
        """Hold the parts."""
        self._asker, self._judge, self._settings = asker, judge, settings

    async def read(self, task: Task, *, offline: bool = False) -> Reading:
        """Return what a product states; ``offline`` from the journal alone.

        Raises:
            NotKeptError: ``offline``, and the journal lacks the first reply.
            LanguageModelError: the first reply did not come. Where a later one does not come, what the earlier ones
                state counts, and the reading is pending.
            BudgetSpentError: likewise.
            JournalError: the journal cannot be read or written.
        """
        reading = Reading(refusals=list(task.refusals))
        if task.prompt is None or task.texts is None or task.category is None:
            return reading
        first = await self._sampled(task, task.prompt, reading, "reply", offline)
        second: _Sample | None = None
        if task.second is not None and first.usable:
            try:
                second = await self._sampled(task, task.second, reading, "second", offline)
            except (LanguageModelError, BudgetSpentError, NotKeptError):
                reading.pending = True
        reading.refusals += first.refused()
        reading.pending |= first.failed
        concluded = [finding for finding in first.findings.values() if finding.field == INFERRED]
        holding = await self._judged(task, task.texts, concluded, reading, offline) if concluded else set()
        for finding in first.findings.values():
            if finding.field != INFERRED or finding.key in holding:
                reading.findings.append((finding, _signals(finding, first, second)))
        return reading

    async def _sampled(self, task: Task, prompt: Prompt, reading: Reading, step: str, offline: bool) -> _Sample:
        """Ask, and ask again while the reply cannot be used and the settings allow."""
        sample = _Sample()
        asked: list[tuple[Prompt, str]] = []
        complaint = ""
        for attempt in range(self._settings.reasks + 1):
            current = prompt.with_complaint(complaint) if attempt else prompt
            name = f"{step} {attempt}"
            try:
                completion = await self._asker.ask(
                    current.messages, current.schema, step=name, product=task.product.id, offline=offline
                )
            except (LanguageModelError, BudgetSpentError, NotKeptError) as error:
                if not attempt:
                    raise
                sample.failed = True
                sample.add((), [Refusal("", "", f"no reply came when asked again: {error}")], Completion(text=""))
                break
            asked.append((current, name))
            reading.replies += 1
            reading.reasked += attempt > 0
            complaint = self._taken(task, current, completion, sample, reading)
            if not complaint:
                break
        if not sample.usable:
            sample.failed = True
            for current, name in asked:
                self._asker.forget(current.messages, current.schema, step=name)
        return sample

    def _taken(self, task: Task, prompt: Prompt, completion: Completion, sample: _Sample, reading: Reading) -> str:
        """Take what a reply states, and return what is wrong with it, nothing where all is well."""
        try:
            parsed = parse_reply(completion.text)
        except UnreadableReplyError as error:
            sample.repaired = True
            sample.add((), [Refusal("", completion.text[:160], f"reply cannot be used: {error}", True)], completion)
            return str(error)
        assert task.category is not None
        assert task.texts is not None
        statements, refusals = statements_of(parsed.values, task.category, self._settings.max_values)
        nothing_known = bool(refusals) and not any(task.category.find(key) for key in parsed.values) and not statements
        findings, refused = Checker(task.texts, prompt, self._settings).check(statements)
        sample.repaired |= parsed.repaired
        reading.repaired += parsed.repaired
        sample.usable |= not nothing_known
        cut = parsed.cut or completion.finish == "length"
        sample.add(findings, [*refusals, *refused, *([_CUT] if cut else [])], completion)
        return self._complaint(task.category, parsed, [*refusals, *refused], cut=cut, nothing_known=nothing_known)

    def _complaint(
        self,
        category: CategorySchema,
        parsed: ParsedReply,
        refusals: Sequence[Refusal],
        *,
        cut: bool,
        nothing_known: bool,
    ) -> str:
        if nothing_known:
            return f"none of its keys is an attribute; the keys are {', '.join(a.name for a in category.attributes)}"
        if cut and any(attribute.name not in parsed.values for attribute in category.attributes):
            return "it was cut before its end; write shorter values and nothing beside the JSON object"
        if not self._settings.reask_invalid:
            return ""
        return "; ".join(f"{entry.attribute}: {entry.reason}" for entry in refusals if entry.invalid)

    async def _judged(
        self, task: Task, texts: ProductTexts, concluded: Sequence[Finding], reading: Reading, offline: bool
    ) -> set[tuple[str, str]]:
        """Return which conclusions hold; the others are refused with the judge's reason."""
        messages, schema = judge_prompt(texts, concluded), judge_schema(len(concluded))
        try:
            reply = await self._judge.ask(messages, schema, step="judge", product=task.product.id, offline=offline)
        except (LanguageModelError, BudgetSpentError, NotKeptError) as error:
            reading.pending = True
            reading.refusals += [_unjudged(finding, f"judge gave no reply: {error}") for finding in concluded]
            return set()
        reading.replies += 1
        verdicts = verdicts_of(reply.text, len(concluded))
        if verdicts is None:
            self._judge.forget(messages, schema, step="judge")
            reading.pending = True
            reading.refusals += [_unjudged(finding, "judge gave no verdict") for finding in concluded]
            return set()
        holding = set()
        for finding, verdict in zip(concluded, verdicts, strict=True):
            if verdict.holds:
                holding.add(finding.key)
            else:
                said = "judge gave no verdict" if verdict.holds is None else f"judge says no: {verdict.reason}"
                reading.refusals.append(_unjudged(finding, said))
        return holding


_CUT = Refusal("", "", "reply was cut before its end", False)


def _unjudged(finding: Finding, reason: str) -> Refusal:
    return Refusal(finding.attribute.name, finding.value, reason)


def _signals(finding: Finding, first: _Sample, second: _Sample | None) -> Signals:
    return Signals(
        likeness=finding.likeness,
        by_evidence=finding.by_evidence,
        title=finding.field == "title",
        agreement=None if second is None or not second.usable else float(finding.key in second.findings),
        likelihood=_likelihood(first.source[finding.key], finding.said),
        repaired=first.repaired,
        words=len(finding.value.split()),
        number=finding.attribute.type == "number",
    )


def _likelihood(completion: Completion, said: str) -> float | None:
    """Return the geometric mean of the probabilities of the tokens that spell a value; None where it is not known."""
    tokens = completion.logprobs
    if not tokens or "".join(token.token for token in tokens) != completion.text:
        return None
    for written in (json.dumps(said, ensure_ascii=False)[1:-1], json.dumps(said)[1:-1], said):
        start = completion.text.find(written)
        if start >= 0 and written:
            break
    else:
        return None
    end, at, found = start + len(written), 0, []
    for token in tokens:
        if at < end and at + len(token.token) > start:
            found.append(min(token.logprob, 0.0))
        at += len(token.token)
    return math.exp(sum(found) / len(found)) if found else None
