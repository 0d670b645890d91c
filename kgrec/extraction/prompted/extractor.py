"""Facts from a language model: grounded, journalled, resumable, within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from pathlib import Path
from types import TracebackType

from kgrec.data import Fact, Product, SetAside
from kgrec.errors import BudgetSpentError, JournalError, LanguageModelError, SettingsError
from kgrec.extraction.calibration import Calibration, Signals
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.prompted.checking import Finding
from kgrec.extraction.prompted.demonstrations import Demonstrations
from kgrec.extraction.prompted.prompt import CategoryPrompt, extraction_prompt
from kgrec.extraction.prompted.reading import Reader, Reading, Task
from kgrec.extraction.prompted.report import ExtractionReport, Tally
from kgrec.extraction.prompted.settings import LlmSettings
from kgrec.extraction.prompted.statements import Refusal
from kgrec.extraction.prompted.texts import ProductTexts
from kgrec.extraction.schema import AttributeSchema
from kgrec.llm import Calls, Outcome
from kgrec.llm.asking import Asker, NotKeptError
from kgrec.llm.journal import Journal
from kgrec.protocols import Encoder, LanguageModel, Progress, silent

__all__ = ["LlmExtractor"]

_STAGE = "ask the language model"
_FILE = "products"


class LlmExtractor:
    """Reads facts from titles and descriptions with a language model; an ``Extractor`` and a context manager.

    Every fact that was read stands in the text at its span. What was concluded (attributes with ``inferred``) has the
    field ``"inferred"`` and no span, and a second question bore it out. Whatever else the model states is set aside
    with the reason; a field that is wrong costs no other field. With a journal, a reply that was paid for is never
    paid for again: a run that was killed, stopped by its budget or let down by the server goes on where it was, and
    gives the same facts in the same order.

    ``extract`` raises nothing on account of a product, a budget or a server: products that were not asked about are
    set aside, counted as ``pending``, and ``report().stopped`` says why.

    Args:
        model: a language model, or the ``Calls`` of one, with budget, price and concurrency.
        schema: what is looked for. Products of no category in it, without a default, are set aside.
        examples: labelled products, from which the most alike are shown with each product.
        journal: file that replies are kept in; None keeps none, and a further run pays again.
        settings: see ``LlmSettings``.
        encoder: chooses examples by its vectors; by default words are compared.
        judge: judges what was concluded; by default the model itself.
        calibration: turns what is known of a value into its confidence.
        progress: is told how many products are done.
        on_set_aside: is given each row that is set aside, as it comes; for runs that set aside more than is kept.

    Raises:
        JournalError: another process has the journal open, or it is damaged.
    """

    products_at_once = 8_192
    """How many products :func:`kgrec.extract` gives together: between two such portions nothing is under way."""

    def __init__(
        self,
        model: LanguageModel | Calls,
        schema: AttributeSchema,
        *,
        examples: Iterable[LabelledProduct] = (),
        journal: str | Path | None = None,
        settings: LlmSettings | None = None,
        encoder: Encoder | None = None,
        judge: LanguageModel | Calls | None = None,
        calibration: Calibration | None = None,
        progress: Progress = silent,
        on_set_aside: Callable[[SetAside], None] | None = None,
    ) -> None:
        """Prepare the examples and open the journal."""
        self.schema = schema
        self.settings = settings or LlmSettings()
        self.calls = model if isinstance(model, Calls) else Calls(model)
        self._demonstrations = Demonstrations(examples, encoder)
        self._journal = None if journal is None else Journal(journal)
        self._asker = self._judge = Asker(self.calls, self._journal)
        if judge is not None:
            self._judge = Asker(judge if isinstance(judge, Calls) else Calls(judge), self._journal)
        self._reader = Reader(self._asker, self._judge, self.settings)
        self._calibration = calibration or Calibration()
        self._progress, self._on_set_aside = progress, on_set_aside
        self._common: dict[str, CategoryPrompt] = {}
        self._tally = Tally()
        self._set_aside: list[SetAside] = []

    @property
    def name(self) -> str:
        """The model's name behind ``llm:``."""
        return f"llm:{self.calls.name}"

    @property
    def set_aside(self) -> Sequence[SetAside]:
        """What is no fact, and why; ``line`` counts the products this extractor was given, from 1."""
        return tuple(self._set_aside)

    def report(self) -> ExtractionReport:
        """Return what was done so far."""
        kept = self._asker.kept + (self._judge.kept if self._judge is not self._asker else 0)
        return self._tally.report(kept, self.calls.spending)

    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the facts of each product, products in the order given, in bounded memory.

        Raises:
            JournalError: the journal cannot be written, because the disk is full for example: nothing that cannot be
                kept is paid for.
            SettingsError: the model's key cannot be read.
        """
        for product, reading in self.readings(products):
            for finding, signals in reading.findings:
                self._tally.facts += 1
                yield self._fact(product, finding, signals)

    def readings(self, products: Iterable[Product]) -> Iterator[tuple[Product, Reading]]:
        """Yield each product that was read with its findings, their signals and what was refused, in the order given.

        Raises:
            JournalError: as for ``extract``.
            SettingsError: as for ``extract``.
        """
        total = len(products) if isinstance(products, Sized) else None
        outcomes = self.calls.run(
            self._tasks(products), self._reader.read, progress=self._progress, stage=_STAGE, total=total
        )
        for outcome in outcomes:
            reading = self._settled(outcome)
            for refusal in () if reading is None else reading.refusals:
                self._put_aside(outcome.item, refusal)
            if reading is not None:
                self._count(outcome.item, reading)
                yield outcome.item.product, reading

    def close(self) -> None:
        """Close the journal. Nothing can be extracted afterwards where there is one."""
        if self._journal is not None:
            self._journal.close()

    def __enter__(self) -> LlmExtractor:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the journal."""
        self.close()

    def _tasks(self, products: Iterable[Product]) -> Iterator[Task]:
        for product in products:
            self._tally.products += 1
            yield self._task(product, self._tally.products)

    def _task(self, product: Product, place: int) -> Task:
        category = self.schema.category_of(product)
        if category is None:
            paths = "; ".join(" > ".join(path) for path in product.categories)
            return Task(
                product, place, refusals=(Refusal("", paths, "category has no schema, and there is no default"),)
            )
        texts = ProductTexts.of(product, self.settings.max_characters)
        notes = tuple(Refusal("", "", note) for note in texts.cut)
        if not texts.fields:
            return Task(product, place, refusals=(*notes, Refusal("", "", "product has neither title nor description")))
        shown = self._demonstrations.of(product, category, self.settings.demonstrations)
        if (common := self._common.get(category.name)) is None:
            common = self._common[category.name] = CategoryPrompt.of(category)
        prompt = extraction_prompt(texts, category, shown, self.settings, common)
        second = None
        if self.settings.samples > 1:
            second = extraction_prompt(texts, category, shown[::-1], self.settings, common)
        return Task(product, place, category, texts, prompt, second, notes)

    def _settled(self, outcome: Outcome[Task, Reading]) -> Reading | None:
        """Return what a product came to; where it was not asked about, what the journal knows of it."""
        error = outcome.error
        if error is None:
            return outcome.result
        if isinstance(error, JournalError | SettingsError):
            raise error
        task = outcome.item
        if (kept := self._from_journal(task)) is not None:
            return kept
        if isinstance(error, LanguageModelError | BudgetSpentError):
            self._tally.pending += 1
            self._tally.stopped = str(error) if outcome.postponed else self._tally.stopped
            reason = f"not asked: {error}" if outcome.postponed else f"no reply came: {error}"
        else:
            reason = f"product cannot be read: {type(error).__name__}: {error}"
        for refusal in (*task.refusals, Refusal("", task.product.title[:100], reason)):
            self._put_aside(task, refusal)
        return None

    def _from_journal(self, task: Task) -> Reading | None:
        reading = self._reader.read(task, offline=True)
        try:
            reading.send(None)  # nothing is waited for offline, so it runs to its end
        except StopIteration as end:
            result: Reading = end.value
            return result
        except NotKeptError:
            return None
        finally:
            reading.close()
        return None

    def _count(self, task: Task, reading: Reading) -> None:
        self._tally.replies += reading.replies
        self._tally.repaired += reading.repaired
        self._tally.reasked += reading.reasked
        self._tally.pending += reading.pending
        self._tally.read += task.prompt is not None and not reading.pending

    def _put_aside(self, task: Task, refusal: Refusal) -> None:
        parts = [task.product.id, refusal.excerpt if refusal.attribute or refusal.value else ""]
        self._tally.reasons[refusal.reason.split(":", 1)[0]] += 1
        if len(self._set_aside) >= self.settings.keep_set_aside and self._on_set_aside is None:
            return
        excerpt = ": ".join(part.removeprefix(" = ").removeprefix("= ") for part in parts if part)[:200]
        row = SetAside(file=_FILE, line=task.place, reason=refusal.reason, excerpt=excerpt)
        if len(self._set_aside) < self.settings.keep_set_aside:
            self._set_aside.append(row)
        if self._on_set_aside is not None:
            self._on_set_aside(row)

    def _fact(self, product: Product, finding: Finding, signals: Signals) -> Fact:
        return Fact(
            product=product.id,
            relation=finding.attribute.relation,
            value=finding.value,
            field=finding.field,
            start=finding.start,
            end=finding.end,
            surface=finding.surface,
            confidence=round(self._calibration.confidence(signals), 6),
            extractor=self.name,
        )
