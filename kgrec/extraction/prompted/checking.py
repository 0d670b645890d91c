"""Statements against the product's words and the schema: what passes is a finding, the rest is refused and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kgrec.extraction.aligning import FoldedText, Likeness, align, folded, without_hidden, without_markup
from kgrec.extraction.declared import clean_value, is_placeholder
from kgrec.extraction.prompted.prompt import Prompt
from kgrec.extraction.prompted.settings import LlmSettings
from kgrec.extraction.prompted.statements import Refusal, Statement
from kgrec.extraction.prompted.texts import ProductTexts
from kgrec.extraction.schema import Attribute
from kgrec.language.tokens import fold
from kgrec.language.units import UNIT_PATTERN, canonical_number, unit_of

__all__ = ["INFERRED", "Checker", "Finding"]

INFERRED = "inferred"
"""The field of facts that were concluded and not read."""
_YES = frozenset({"yes", "true", "y", "1", "是", "有"})
_NO = frozenset({"no", "false", "n", "0", "否", "无", "没有"})
_NUMBER_TEXT = r"(?:\d+[ -]\d+/\d+|\d+/\d+|\d[\d,]*(?:\.\d+)?|\.\d+|[½¼¾])"
_QUANTITY = re.compile(rf"(?P<number>{_NUMBER_TEXT})\s*-?\s*(?P<unit>{UNIT_PATTERN})?\.?")
_UNIT_BEHIND = re.compile(rf"\s?-?{UNIT_PATTERN}(?![^\W\d_])")
_WORDS_COPIED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """A value that passed.

    Attributes:
        attribute: whose value it is.
        value: as facts state it.
        said: as the model stated it.
        field: where it stands; ``"inferred"`` where it was concluded.
        start: first code point there, −1 where it was concluded.
        end: one past the last, −1 likewise.
        surface: the words there.
        likeness: of the words and the value; None where it was concluded.
        by_evidence: whether other words than the value itself show it.
    """

    attribute: Attribute
    value: str
    said: str
    field: str
    start: int = -1
    end: int = -1
    surface: str = ""
    likeness: Likeness | None = None
    by_evidence: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Equal for findings that state the same."""
        return self.attribute.relation, self.value.casefold()


class Checker:
    """Checks the statements of one reply for one product.

    Args:
        texts: of the product.
        prompt: what the model was shown beside it.
        settings: of the extractor.
    """

    def __init__(self, texts: ProductTexts, prompt: Prompt, settings: LlmSettings) -> None:
        """Hold what statements are checked against."""
        self._texts, self._prompt, self._settings = texts, prompt, settings

    def check(self, statements: Sequence[Statement]) -> tuple[list[Finding], list[Refusal]]:
        """Return what passes, each value once, and what does not."""
        findings: dict[tuple[str, str], Finding] = {}
        refusals: list[Refusal] = []
        taken: dict[str, Finding] = {}
        for statement in statements:
            for outcome in self._checked(statement):
                attribute = statement.attribute
                if isinstance(outcome, Refusal):
                    refusals.append(outcome)
                elif outcome.key not in findings and not attribute.several and attribute.name in taken:
                    kept = taken[attribute.name].value
                    reason = f"one value is expected and another one was kept: {kept!r}"
                    refusals.append(Refusal(attribute.name, outcome.said, reason))
                else:
                    taken.setdefault(attribute.name, outcome)
                    findings.setdefault(outcome.key, outcome)
        return list(findings.values()), refusals

    def _checked(self, statement: Statement) -> Iterable[Finding | Refusal]:
        """Return what a statement comes to; a list written as a text is split only where it does not stand whole."""
        whole = self._one(statement)
        if isinstance(whole, Finding) and whole.field != INFERRED:
            return [whole]
        parts = [self._one(part) for part in statement.parts()]
        if parts and all(isinstance(part, Finding) and part.field != INFERRED for part in parts):
            return parts
        if parts and isinstance(whole, Refusal) and statement.attribute.several:
            return parts if any(isinstance(part, Finding) for part in parts) else [whole]
        return [whole]

    def _one(self, statement: Statement) -> Finding | Refusal:
        attribute = statement.attribute
        if isinstance(statement.value, str) and len(statement.value) > self._settings.max_value_characters:
            return _refused(statement, f"value is longer than {self._settings.max_value_characters} characters")
        if attribute.type == "boolean":
            return self._boolean(statement)
        if isinstance(statement.value, bool):
            return _refused(statement, f"value of a {attribute.type} attribute is true or false", invalid=True)
        if attribute.type == "enum":
            return self._enum(statement, statement.value)
        if attribute.type == "number":
            return self._number(statement, statement.value)
        return self._text(statement, statement.value)

    def _text(self, statement: Statement, said: str) -> Finding | Refusal:
        if (found := self._grounded(statement, said, said)) is not None:
            return Finding(found.attribute, _plain(found.surface), said, *_place(found))
        return self._concluded(statement, said) if statement.attribute.inferred else self._missing(statement, said)

    def _enum(self, statement: Statement, said: str) -> Finding | Refusal:
        attribute = statement.attribute
        wanted = _plain_key(said)
        for value, others in attribute.allowed.items():
            spellings = (value, *others)
            if wanted in map(_plain_key, spellings):
                for words in dict.fromkeys((said, *spellings)):
                    if (found := self._grounded(statement, words, value)) is not None:
                        return found
                if (found := self._by_evidence(statement, value)) is not None:
                    return found
                if attribute.inferred:
                    return Finding(attribute, value, said, INFERRED)
                return self._missing(statement, said)
        return _refused(
            statement, f"value is not among those allowed: expected one of {', '.join(attribute.allowed)}", invalid=True
        )

    def _number(self, statement: Statement, said: str) -> Finding | Refusal:
        if not any(char.isnumeric() for char in said):
            return _refused(statement, "value of a number attribute holds no number", invalid=True)
        found = self._grounded(statement, said, said) or self._number_in_evidence(statement, said)
        if found is None:
            return self._concluded(statement, said) if statement.attribute.inferred else self._missing(statement, said)
        found = self._with_unit(found)
        value, unit_relation = _quantity(found.surface)
        expected = statement.attribute.unit
        if expected and unit_relation and (known := _relation_of(expected)) and known != unit_relation:
            return _refused(statement, f"unit does not measure what is asked for: expected {expected}", invalid=True)
        return Finding(found.attribute, value, said, *_place(found))

    def _number_in_evidence(self, statement: Statement, said: str) -> Finding | None:
        """Return the evidence where it holds the number; units are not converted here."""
        if statement.evidence is None:
            return None
        numbers = {canonical_number(match) for match in re.findall(_NUMBER_TEXT, fold(statement.evidence))}
        mine = [canonical_number(match) for match in re.findall(_NUMBER_TEXT, fold(said))]
        return self._by_evidence(statement, said) if mine and numbers.issuperset(mine) else None

    def _with_unit(self, found: Finding) -> Finding:
        """Take a unit that follows a bare number into the span."""
        text = self._texts.fields[found.field].text
        if _QUANTITY.fullmatch(fold(found.surface)) and not any(char.isalpha() for char in found.surface):
            behind = _UNIT_BEHIND.match(fold(text[found.end : found.end + 24]))
            if behind is not None:
                end = found.end + behind.end()
                surface = text[found.start : end]
                place = (found.field, found.start, end, surface, found.likeness, found.by_evidence)
                return Finding(found.attribute, found.value, found.said, *place)
        return found

    def _boolean(self, statement: Statement) -> Finding | Refusal:
        attribute, said = statement.attribute, statement.value
        state = said if isinstance(said, bool) else _truth(said)
        words = [statement.evidence] if statement.evidence else []
        if state is None and isinstance(said, str):
            if not any(_plain_key(said) == _plain_key(name) for name in attribute.names):
                return _refused(statement, "value of a boolean attribute is neither true nor false", invalid=True)
            state, words = True, [said, *words]
        if state:
            words += attribute.names
        value = "yes" if state else "no"
        for text in words:
            if (found := self._grounded(statement, text, value)) is not None:
                by_evidence = text == statement.evidence
                return Finding(attribute, value, str(said), *_place(found)[:-1], by_evidence)
        if attribute.inferred:
            return Finding(attribute, value, str(said), INFERRED)
        return _refused(statement, "no words of the text say so: a boolean needs evidence")

    def _grounded(self, statement: Statement, words: str, value: str) -> Finding | None:
        """Return where words stand in the product's texts."""
        if (found := self._texts.find(words)) is None:
            return None
        field, span = found
        surface = self._texts.surface(field, span)
        said = str(statement.value)
        return Finding(statement.attribute, value, said, field, span.start, span.end, surface, span.likeness)

    def _by_evidence(self, statement: Statement, value: str) -> Finding | None:
        if statement.evidence is None:
            return None
        found = self._grounded(statement, statement.evidence, value)
        return None if found is None else Finding(found.attribute, value, found.said, *_place(found)[:-1], True)

    def _missing(self, statement: Statement, said: str) -> Refusal:
        """Say where a value comes from that is not the product's."""
        for example in self._prompt.demonstrations:
            labels = (label for values in example.values.values() for label in values)
            texts = (example.product.title, example.product.description[: self._settings.max_demonstration_characters])
            if any(_plain_key(label) == _plain_key(said) for label in labels) or any(align(said, t) for t in texts):
                return _refused(statement, "value was copied from a demonstration and is not in the text")
        if self._is_of_the_prompt(said):
            return _refused(statement, "value was copied from the instructions and is not in the text")
        return _refused(statement, "value does not stand in the text")

    def _is_of_the_prompt(self, said: str) -> bool:
        return FoldedText(self._prompt.instructions).find(said) is not None

    def _concluded(self, statement: Statement, said: str) -> Finding | Refusal:
        """Let a value through that is concluded, for the judge, unless it cannot be a short phrase of its own."""
        value = clean_value(said)
        most = self._settings.max_inferred_words
        if len(value.split()) > most or len(value) > 12 * most:
            return _refused(statement, f"value is longer than {most} words, and would be concluded")
        if re.search(r"[<>{}\[\]‹›|\\`]|https?:|www\.", value) or is_placeholder(value):
            return _refused(statement, "value is no plain phrase, and would be concluded")
        missing = self._missing(statement, said)
        known = any(_plain_key(example) == _plain_key(said) for example in statement.attribute.examples)
        copied = "demonstration" in missing.reason and not self._is_label(statement)
        copied |= "instructions" in missing.reason and len(value.split()) >= _WORDS_COPIED
        return missing if copied and not known else Finding(statement.attribute, value, said, INFERRED)

    def _is_label(self, statement: Statement) -> bool:
        """Tell whether a demonstration has the value under the same attribute: then it may hold here too."""
        return any(
            _plain_key(label) == _plain_key(str(statement.value))
            for example in self._prompt.demonstrations
            for name, values in example.values.items()
            for label in values
            if _plain_key(name) == _plain_key(statement.attribute.name)
        )


def _place(found: Finding) -> tuple[str, int, int, str, Likeness | None, bool]:
    return found.field, found.start, found.end, found.surface, found.likeness, found.by_evidence


def _refused(statement: Statement, reason: str, *, invalid: bool = False) -> Refusal:
    return Refusal(statement.attribute.name, str(statement.value), reason, invalid)


def _plain(surface: str) -> str:
    """Return words of a text without the markup and hidden characters among them."""
    return clean_value(without_hidden(without_markup(surface)))


def _plain_key(text: str) -> str:
    return re.sub(r"[\s_-]+", "", folded(text))


def _truth(said: str) -> bool | None:
    word = folded(said).strip(" .!")
    return True if word in _YES else False if word in _NO else None


def _quantity(surface: str) -> tuple[str, str | None]:
    """Return number and unit the one way we write them, and what the unit measures; other words as they are."""
    match = _QUANTITY.fullmatch(fold(surface).strip())
    if match is None:
        return _plain(surface), None
    number = canonical_number(match["number"])
    if match["unit"] is None:
        return number, None
    unit = unit_of(match["unit"])
    return f"{number} {unit.symbol}", unit.relation


def _relation_of(unit: str) -> str | None:
    match = re.fullmatch(UNIT_PATTERN, fold(unit).strip())
    return None if match is None else unit_of(match.group()).relation
