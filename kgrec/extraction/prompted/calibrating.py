"""A calibration for an extractor, learned from labelled products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from kgrec.errors import DataError
from kgrec.extraction.calibration import Calibration, Reliability, Signals, reliability
from kgrec.extraction.declared import clean_value
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.prompted.checking import Finding
from kgrec.extraction.prompted.extractor import LlmExtractor

__all__ = ["calibrate", "judged_values"]

_FOLDS = 5


def calibrate(
    extractor: LlmExtractor,
    labelled: Iterable[LabelledProduct],
    *,
    kind: Literal["logistic", "isotonic"] = "logistic",
) -> tuple[Calibration, Reliability]:
    """Learn how sure an extractor's values are, and how far that can be relied on.

    The products are read, through the journal where there is one, and every value whose attribute is labelled is
    compared with the labels. The reliability is that of confidences which a calibration learned on the other four
    fifths of the products gives, so it is not flattered.

    Args:
        extractor: asks the model about the products.
        labelled: at least five products, other than those that the extractor shows as examples.
        kind: of the calibration.

    Raises:
        DataError: fewer than ten labelled values were read, or all of them of fewer than five products.
    """
    judged = judged_values(extractor, labelled)
    folds = sorted({place for place, _, _ in judged})
    if len(folds) < _FOLDS:
        raise DataError(f"values of at least {_FOLDS} labelled products are needed to calibrate; got {len(folds)}")
    fold_of = {place: num % _FOLDS for num, place in enumerate(folds)}
    calibration = Calibration.fit([entry[1] for entry in judged], [entry[2] for entry in judged], kind=kind)
    confidences: list[float] = []
    correct: list[bool] = []
    for fold in range(_FOLDS):
        rest = [entry for entry in judged if fold_of[entry[0]] != fold]
        part = [entry for entry in judged if fold_of[entry[0]] == fold]
        learned = Calibration.fit([entry[1] for entry in rest], [entry[2] for entry in rest], kind=kind)
        confidences += [learned.confidence(entry[1]) for entry in part]
        correct += [entry[2] for entry in part]
    return calibration, reliability(confidences, correct)


def judged_values(extractor: LlmExtractor, labelled: Iterable[LabelledProduct]) -> list[tuple[int, Signals, bool]]:
    """Return (place of the product, signals, whether it is right) for every value read whose attribute is labelled.

    A value is right where it, or its words in the text, equal one of the labels after folding case and blanks.
    """
    rows = tuple(labelled)
    by_id = {row.product.id: place for place, row in enumerate(rows)}
    if len(by_id) < len(rows):
        raise DataError("two labelled products share an id; ids must be unique to compare values with labels")
    judged = []
    for product, reading in extractor.readings([row.product for row in rows]):
        place = by_id[product.id]
        labels = {_key(name): values for name, values in rows[place].values.items()}
        for finding, signals in reading.findings:
            if (values := labels.get(_key(finding.attribute.name))) is not None:
                judged.append((place, signals, _is_right(finding, values)))
    return judged


def _is_right(finding: Finding, labels: Sequence[str]) -> bool:
    wanted = set(map(_key, labels))
    return _key(finding.value) in wanted or (bool(finding.surface) and _key(finding.surface) in wanted)


def _key(text: str) -> str:
    return clean_value(text).casefold()
