"""A cross-encoder as a folder: safetensors, JSON with checksums, and eight-bit integers where they agree."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kgrec.errors import DataError, MissingExtraError, RerankError, SettingsError, UntrainedRerankerError
from kgrec.ranking.cross.lists import TokenLists
from kgrec.ranking.cross.scoring import OnnxScorer, PairScorer, ScoringThreads, TorchScorer
from kgrec.ranking.cross.settings import CrossEncoderSettings
from kgrec.ranking.cross.writing import PairWriter
from kgrec.ranking.texts import TextSettings
from kgrec.training.agreement import LEAST_INT8, LEAST_STUDENT, rank_correlation

__all__ = ["LEAST_INT8", "LEAST_STUDENT", "CrossEncoderParts", "load_parts", "save_parts"]

FORMAT = 1
_ABOUT, _INT8, _NETWORK, _SAMPLES = "reranker.json", "int8.onnx", "network", "samples.npz"
_CALIBRATING_POOLS = 32
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossEncoderParts:
    """Everything that scoring needs, and what is known of how it was made.

    Attributes:
        network: sentence-transformers' ``CrossEncoder``; None where only the int8 form was loaded.
        scorer: rows → scores.
        writer: pools → tokens.
        prior: factor on retrieval's standardised scores; 0 leaves them out.
        settings: that it was trained with.
        source: name of the encoder that it began with.
        samples: pools held out from training, on which cheaper forms are compared with exact ones.
        training: report of the training, JSON.
        distilled: report of the distillation, JSON; None of a teacher.
        about: the manifest that it was read from; empty where it was not.
    """

    network: Any
    scorer: PairScorer
    writer: PairWriter
    prior: float
    settings: CrossEncoderSettings
    source: str
    samples: TokenLists
    training: Mapping[str, Any]
    distilled: Mapping[str, Any] | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def save_parts(parts: CrossEncoderParts, folder: Path, *, int8: bool) -> dict[str, Any]:
    """Write a folder and return its manifest.

    Raises:
        DataError: the float form was not loaded.
        RerankError: it is a student that agrees too little with its teacher.
    """
    from kgrec.weights import quiet_loading

    if parts.network is None:
        raise DataError("a cross-encoder in int8 cannot be saved; load it with precision='float32', or copy its folder")
    if parts.distilled is not None and (agreed := float(parts.distilled["rank_correlation"])) < LEAST_STUDENT:
        raise RerankError(
            f"the student's rank correlation with its teacher is {agreed:.3f} on {len(parts.samples)} pools, and it "
            f"is kept from {LEAST_STUDENT} on; distil it longer, from more pools, or with more layers"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with quiet_loading():
        parts.network.save_pretrained(str(folder / _NETWORK), create_model_card=False)
    parts.samples.save(folder / _SAMPLES)
    (folder / _INT8).unlink(missing_ok=True)
    about: dict[str, Any] = {
        "format": FORMAT,
        "trained": True,
        "source": parts.source,
        "settings": asdict(parts.settings),
        "prior": parts.prior,
        "pad": parts.writer.marks.pad,
        "training": dict(parts.training),
        "distilled": None if parts.distilled is None else dict(parts.distilled),
        "int8": _written(parts, folder / _INT8) if int8 else {"reason": "not asked for"},
    }
    about["files"] = {
        file.relative_to(folder).as_posix(): _checksum(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != _ABOUT
    }
    (folder / _ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return about


def _written(parts: CrossEncoderParts, file: Path) -> dict[str, Any]:
    """Write the network in eight-bit integers, and take it away again where it agrees too little."""
    from kgrec.ranking.cross.export import SPARED, write_int8

    marks = parts.writer.marks
    pools = [pool for pool in parts.samples if pool.candidates][:_CALIBRATING_POOLS]
    if not pools:
        return {"reason": "no pool was held out to compare it on"}
    rows = [pool.rows(range(len(pool.candidates)), marks) for pool in pools]
    exact = ScoringThreads(parts.scorer, marks, 1).scores(list(parts.samples))
    tried: dict[str, float] = {}
    for spared in SPARED:
        try:
            write_int8(parts.network.model, file, rows, spared=spared)
            cheap: PairScorer = OnnxScorer(file)
        except MissingExtraError as error:
            return {"reason": str(error)}
        tried[spared] = agreed = rank_correlation(ScoringThreads(cheap, marks, 1).scores(list(parts.samples)), exact)
        if agreed >= LEAST_INT8:
            return {"rank_correlation": agreed, "pools": len(parts.samples), "in_float32": spared, "tried": tried}
    file.unlink()
    best = max(tried.values())
    _log.info("cross-encoder: int8 has a rank correlation of %.3f with float32; float32 is kept", best)
    reason = f"its rank correlation with float32 is {best:.3f}, below {LEAST_INT8}"
    return {"rank_correlation": best, "pools": len(parts.samples), "tried": tried, "reason": reason}


def load_parts(folder: Path, precision: str) -> CrossEncoderParts:
    """Read a folder that :func:`save_parts` wrote.

    Raises:
        UntrainedRerankerError: the folder is an encoder, or its weights hold no scoring layer.
        DataError: the folder is damaged or of a newer format.
        RerankError: ``precision`` is ``"int8"`` and the folder has none; the message says why.
        MissingExtraError: ``precision`` is ``"int8"`` and onnxruntime is not installed.
    """
    about = _read_about(folder)
    try:
        _check_files(folder, about["files"])
        settings = CrossEncoderSettings(**{**about["settings"], "text": TextSettings(**about["settings"]["text"])})
        tokenizer = (folder / _NETWORK / "tokenizer.json").read_text("utf-8")
        writer = PairWriter(tokenizer, settings.text, pad=int(about["pad"]))
        samples = TokenLists.load(folder / _SAMPLES)
        prior, source, training = float(about["prior"]), str(about["source"]), dict(about["training"])
    except (KeyError, TypeError, OSError, SettingsError) as error:
        raise DataError(f"{folder}: not a whole cross-encoder ({error}); save it again") from error
    network, scorer = _scorer(folder, about, settings, precision)
    return CrossEncoderParts(
        network=network,
        scorer=scorer,
        writer=writer,
        prior=prior,
        settings=settings,
        source=source,
        samples=samples,
        training=training,
        distilled=about.get("distilled"),
        about=about,
    )


def _scorer(
    folder: Path, about: Mapping[str, Any], settings: CrossEncoderSettings, precision: str
) -> tuple[Any, PairScorer]:
    file = folder / _INT8
    if precision == "int8" and not file.is_file():
        raise RerankError(f"{folder}: no int8 form: {about['int8'].get('reason', 'it is missing')}")
    if precision in {"auto", "int8"} and file.is_file():
        try:
            return None, OnnxScorer(file)
        except MissingExtraError:
            if precision == "int8":
                raise
    from kgrec.ranking.cross.network import trained_network

    network = trained_network(folder / _NETWORK, max_tokens=settings.text.max_tokens)
    return network, TorchScorer(network.model)


def _read_about(folder: Path) -> dict[str, Any]:
    file = folder / _ABOUT
    if not file.is_file() and (folder / "config.json").is_file():
        raise UntrainedRerankerError(
            f"{folder} is an encoder, or a model of somebody else's: nothing says that its scoring layer was "
            "trained for this; train it with CrossEncoderReranker.train(…, encoder=folder)"
        )
    try:
        about = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{file} cannot be read ({error}); expected a folder that CrossEncoderReranker.save wrote"
        ) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        stated = about.get("format") if isinstance(about, dict) else type(about).__name__
        raise DataError(f"{folder}: a cross-encoder of format {stated!r}; this version reads {FORMAT}")
    if about.get("trained") is not True or not about.get("training", {}).get("steps"):
        raise UntrainedRerankerError(f"{folder}: the scoring layer was never trained; train it before it is used")
    return about


def _check_files(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    for name, stated in files.items():
        file = folder / name
        if not file.is_file():
            raise DataError(f"{folder}: {name} is missing; save the cross-encoder again")
        if _checksum(file) != stated:
            raise DataError(f"{folder}: {name} is not what was written, its checksum differs; save it again")


def _checksum(file: Path) -> dict[str, Any]:
    with file.open("rb") as stream:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
