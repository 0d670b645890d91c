"""An adapted encoder as a folder that every reader of sentence-transformers understands, with how it was made."""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kgrec.adapting.distilling import Student, agreement, parted
from kgrec.adapting.report import AdaptReport
from kgrec.embedding import ABOUT_FILE, SentenceEncoder
from kgrec.embedding.eight_bit import INT8_FILE
from kgrec.errors import DataError, MissingExtraError
from kgrec.training.agreement import LEAST_INT8, LEAST_STUDENT
from kgrec.weights import quiet_loading

__all__ = ["check_replaceable", "save_encoder"]

FORMAT = 1
_CALIBRATING, _MEASURED = 256, 400
_log = logging.getLogger(__name__)


def save_encoder(
    encoder: SentenceEncoder,
    folder: str | os.PathLike[str],
    *,
    report: AdaptReport | None = None,
    student: Student | None = None,
    int8: bool = False,
    texts: Sequence[str] = (),
    seed: int = 0,
) -> dict[str, Any]:
    """Write an encoder, and return its manifest; the folder is there completely or not at all.

    ``kgrec.SentenceEncoder(folder)`` and ``kgrec build --encoder FOLDER`` read it, and so does sentence-transformers.
    The student takes the encoder's place where its similarities have a rank correlation of at least .95 with the
    encoder's, and a form in eight-bit integers stands beside the weights where it has at least .98 with them.

    Args:
        encoder: what adapting came to.
        folder: new, empty, or one that this function wrote, which is replaced.
        report: of adapting, kept in the manifest.
        student: a smaller encoder that was taught by ``encoder``.
        int8: whether to write eight-bit integers too.
        texts: what the shop says, on which eight-bit integers are measured; needed for ``int8``.
        seed: draws which of them.

    Returns:
        The manifest: ``name``, ``adapted`` (the report), ``student`` and ``int8``, each with ``rank_correlation``,
        ``shipped`` and, where it is not, ``reason``; None where it was not asked for.

    Raises:
        DataError: the folder holds something else, or there are too few texts.
    """
    target = Path(folder).absolute()
    check_replaceable(target)
    taught = None if student is None else _judged(student.to_dict(), student.rank_correlation, LEAST_STUDENT)
    if student is not None and student.agrees:
        encoder = student.encoder
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.partial-{secrets.token_hex(6)}")
    network: Any = encoder.network()
    try:
        with quiet_loading():
            network.save(str(part), create_model_card=False)
        about = {
            "format": FORMAT,
            "name": encoder.name.removesuffix(" int8"),  # the weights beside it are exact
            "adapted": None if report is None else report.to_dict(),
            "student": taught,
            "int8": _eight_bit(network, part, encoder, texts, seed) if int8 else None,
        }
        (part / ABOUT_FILE).write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")
        if target.exists():
            shutil.rmtree(target)
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return about


def check_replaceable(folder: Path) -> None:
    """Refuse a path at which something else would be lost.

    Raises:
        DataError: it is a file, or a folder with anything but an adapted encoder.
    """
    if folder.is_file():
        raise DataError(f"{folder} is a file; an encoder is written into a folder: give another path")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / ABOUT_FILE).is_file():
        raise DataError(f"{folder} is not empty and holds no adapted encoder, so it stays: give another path")


def _judged(found: dict[str, Any], agreed: float, least: float) -> dict[str, Any]:
    found = {**found, "shipped": agreed >= least}
    if agreed < least:
        found["reason"] = f"its rank correlation is {agreed:.3f}, below {least}"
    return found


def _eight_bit(network: Any, folder: Path, encoder: SentenceEncoder, texts: Sequence[str], seed: int) -> dict[str, Any]:
    """Write eight-bit integers, and take them away again where they agree too little."""
    from kgrec.adapting.export import write_int8

    seen, held = parted(texts, _MEASURED, seed)
    try:
        write_int8(network, folder, seen[:_CALIBRATING], max_tokens=encoder.max_tokens)
        cheap = SentenceEncoder(folder, precision="int8", max_tokens=encoder.max_tokens)
    except MissingExtraError as error:
        return {"shipped": False, "reason": str(error)}
    exact = SentenceEncoder.of_network(network, encoder.name, max_tokens=encoder.max_tokens)
    agreed = agreement(cheap.encode(held), exact.encode(held))
    found = _judged({"rank_correlation": agreed, "texts": len(held)}, agreed, LEAST_INT8)
    if not found["shipped"]:
        (folder / INT8_FILE).unlink()
        _log.info("encoder: int8 has a rank correlation of %.3f with float32; float32 is kept", agreed)
    return found
