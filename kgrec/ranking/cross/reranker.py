"""A cross-encoder as a re-ranker: trained on retrieval's own pools, distilled, saved."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import KgrecError, RerankError, SettingsError
from kgrec.protocols import Progress, Shelf, silent
from kgrec.ranking.cross.lists import TokenLists, standardised
from kgrec.ranking.cross.saved import CrossEncoderParts, load_parts, save_parts
from kgrec.ranking.cross.scoring import ScoringThreads, TorchScorer, cores
from kgrec.ranking.cross.settings import CrossEncoderSettings, DistillSettings
from kgrec.ranking.cross.writing import PairWriter

if TYPE_CHECKING:
    from kgrec.data import Pool, Targets

__all__ = ["CrossEncoderReranker"]

Precision = Literal["auto", "int8", "float32"]
Soft = Sequence[NDArray[np.float32] | None]


class CrossEncoderReranker:
    """Reads a history and a candidate together, as text with graph facts, and says how well they fit.

    A score is the text's, plus a learned factor times retrieval's standardised score where
    ``CrossEncoderSettings.retrieval_prior`` is set. It is pointwise: the text's part depends on nothing but history and
    candidate. An empty history and candidates without text are scored like all others. Safe to use from several
    threads; at most ``threads`` passes are under way together.

    Args:
        parts: what :meth:`train`, :meth:`distil` and :meth:`load` make.
        threads: that score; 0 for all cores.
    """

    def __init__(self, parts: CrossEncoderParts, *, threads: int = 0) -> None:
        """Hold the parts; use :meth:`train` or :meth:`load`."""
        if threads < 0:
            raise SettingsError(f"threads must be at least 0, which takes all cores; got {threads}")
        self.parts = parts
        self._scoring = ScoringThreads(parts.scorer, parts.writer.marks, threads or cores())

    @property
    def name(self) -> str:
        """``"cross_encoder"``."""
        return "cross_encoder"

    @property
    def settings(self) -> CrossEncoderSettings:
        """That it was trained with."""
        return self.parts.settings

    @property
    def precision(self) -> str:
        """``"float32"`` or ``"int8"``."""
        return self.parts.scorer.precision

    @property
    def report(self) -> Mapping[str, Any]:
        """What is known of it: ``training``, ``distilled`` (None of a teacher) and, once saved and read, ``int8``."""
        parts = self.parts
        return {"training": parts.training, "distilled": parts.distilled, "int8": parts.about.get("int8")}

    @classmethod
    def train(
        cls,
        pools: Sequence[Pool],
        targets: Targets | None,
        shelf: Shelf,
        *,
        soft: Soft | None = None,
        encoder: str | os.PathLike[str] | None = None,
        settings: CrossEncoderSettings | None = None,
        device: str | None = None,
        checkpoint: Path | None = None,
        threads: int = 0,
        progress: Progress = silent,
    ) -> CrossEncoderReranker:
        """Return a re-ranker trained on pools that a retrieval made which did not know what was wanted.

        Args:
            pools: of any number of shoppers.
            targets: what each of them wanted; may be None where there are soft labels.
            shelf: that the pools' products stand on.
            soft: a teacher's scores of each pool's candidates, such as a language model's; None where it gave none.
            encoder: an encoder of BERT's layout, folder or name; None for the local all-MiniLM-L6-v2.
            settings: see ``CrossEncoderSettings``.
            device: such as ``"cuda"``; by default a GPU where there is one, in mixed precision, else the processor.
            checkpoint: folder to go on from, and to keep checkpoints in; removed at the end.
            threads: that score afterwards; 0 for all cores.
            progress: told how many pools are written and steps are made.

        Raises:
            DataError: fewer than two pools teach anything, lengths differ, or the checkpoint is of another training.
            EncoderUnavailableError: the encoder cannot be loaded.
        """
        settings = settings or CrossEncoderSettings()
        network, source, writer = _beginning(encoder, settings)
        lists = TokenLists.of(pools, targets, shelf, writer, soft=soft, progress=progress)
        return cls._trained(network, source, writer, lists, settings, device, checkpoint, threads, progress)

    @classmethod
    def train_lists(
        cls,
        lists: TokenLists,
        *,
        encoder: str | os.PathLike[str] | None = None,
        settings: CrossEncoderSettings | None = None,
        device: str | None = None,
        checkpoint: Path | None = None,
        threads: int = 0,
        progress: Progress = silent,
    ) -> CrossEncoderReranker:
        """Do :meth:`train` from lists in tokens, which need no shop; arguments and errors as there.

        The lists must have been written by :meth:`write_lists` for the same encoder and text settings.
        """
        settings = settings or CrossEncoderSettings()
        network, source, writer = _beginning(encoder, settings)
        return cls._trained(network, source, writer, lists, settings, device, checkpoint, threads, progress)

    @staticmethod
    def write_lists(
        pools: Sequence[Pool],
        targets: Targets | None,
        shelf: Shelf,
        *,
        soft: Soft | None = None,
        encoder: str | os.PathLike[str] | None = None,
        settings: CrossEncoderSettings | None = None,
        progress: Progress = silent,
    ) -> TokenLists:
        """Return pools in tokens, to be saved and trained on elsewhere; arguments and errors as for :meth:`train`."""
        _, _, writer = _beginning(encoder, settings or CrossEncoderSettings())
        return TokenLists.of(pools, targets, shelf, writer, soft=soft, progress=progress)

    @classmethod
    def _trained(
        cls,
        network: Any,
        source: str,
        writer: PairWriter,
        lists: TokenLists,
        settings: CrossEncoderSettings,
        device: str | None,
        checkpoint: Path | None,
        threads: int,
        progress: Progress,
    ) -> CrossEncoderReranker:
        from kgrec.ranking.cross.training import held_out, train_network

        _, held = held_out(lists, settings.validation_share, settings.validation_pools, settings.seed)
        prior, report = train_network(
            network, lists, writer.marks, settings, device=device, checkpoint=checkpoint, progress=progress
        )
        parts = CrossEncoderParts(
            network=network,
            scorer=TorchScorer(network.model),
            writer=writer,
            prior=prior,
            settings=settings,
            source=source,
            samples=lists.select(held, most=settings.hardest),
            training=asdict(report),
        )
        return cls(parts, threads=threads)

    def distil(
        self,
        lists: TokenLists,
        *,
        settings: DistillSettings | None = None,
        device: str | None = None,
        threads: int = 0,
        progress: Progress = silent,
    ) -> CrossEncoderReranker:
        """Return a student of few layers that was taught to score as this one does.

        Its agreement is measured on the pools that this one's validation was held on; ``report["distilled"]`` has it,
        and :meth:`save` refuses a student below .95.

        Args:
            lists: pools to learn from, from :meth:`write_lists`; what was wanted of them is not looked at. Those that
                this one was validated on are left out.
            settings: see ``DistillSettings``.
            device: such as ``"cuda"``; by default a GPU where there is one.
            threads: that score afterwards; 0 for all cores.
            progress: told how many steps are made.

        Raises:
            DataError: no pool has two candidates, or only the int8 form of this one was loaded.
            EncoderUnavailableError: this one has no more layers than the student should.
        """
        from kgrec.errors import DataError
        from kgrec.ranking.cross.distilling import teach_student
        from kgrec.ranking.cross.network import shallow

        parts, settings = self.parts, settings or DistillSettings()
        if parts.network is None:
            raise DataError("a teacher in int8 has no hidden states to copy; load it with precision='float32'")
        student, kept = shallow(parts.network, settings.layers)
        report = teach_student(
            parts.network.model,
            student.model,
            kept,
            lists.without(parts.samples),
            parts.samples,
            parts.writer.marks,
            settings,
            device=device,
            progress=progress,
        )
        made = CrossEncoderParts(
            network=student,
            scorer=TorchScorer(student.model),
            writer=parts.writer,
            prior=parts.prior,
            settings=parts.settings,
            source=parts.source,
            samples=parts.samples,
            training=parts.training,
            distilled={**asdict(report), "settings": asdict(settings)},
        )
        return CrossEncoderReranker(made, threads=threads)

    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        """Return one score a candidate for each pool, float32 (c,); higher is better.

        Raises:
            RerankError: a product of a pool does not stand on the shelf, or the network failed.
        """
        parts = self.parts
        try:
            own = self._scoring.scores([parts.writer.write(pool, shelf) for pool in pools])
        except KgrecError:
            raise
        except Exception as error:
            raise RerankError(f"the cross-encoder failed: {type(error).__name__}: {error}") from error
        if not parts.prior:
            return own
        factor = np.float32(parts.prior)
        return [scores + factor * standardised(pool.retrieval) for scores, pool in zip(own, pools, strict=True)]

    def text_scores(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        """Return the text's part of each score, float32 (c,): what two models are compared by.

        Raises:
            RerankError: as for :meth:`score`.
        """
        return self._scoring.scores([self.parts.writer.write(pool, shelf) for pool in pools])

    def save(self, folder: str | os.PathLike[str], *, int8: bool = True) -> Mapping[str, Any]:
        """Write a folder of safetensors and JSON with checksums, and return its manifest.

        Args:
            folder: is made; files of a cross-encoder that is there are replaced.
            int8: whether to write the network in eight-bit integers too. It is left out where onnx or onnxruntime is
                not installed, and where its rank correlation with float32 is below .98; ``manifest["int8"]`` says so.

        Raises:
            DataError: only the int8 form was loaded.
            RerankError: it is a student whose rank correlation with its teacher is below .95.
        """
        return save_parts(self.parts, Path(folder), int8=int8)

    @classmethod
    def load(
        cls, folder: str | os.PathLike[str], *, precision: Precision = "auto", threads: int = 0
    ) -> CrossEncoderReranker:
        """Read a folder that :meth:`save` wrote; every file's checksum is compared first.

        Args:
            folder: of a cross-encoder.
            precision: ``"auto"`` for eight-bit integers where the folder has them and onnxruntime is installed, else
                float32.
            threads: that score; 0 for all cores.

        Raises:
            UntrainedRerankerError: it is an encoder, or its weights hold no scoring layer.
            DataError: the folder is damaged, or of a newer format.
            RerankError: ``precision="int8"``, and the folder has no int8 form; the message says why.
            MissingExtraError: ``precision="int8"`` without onnxruntime.
        """
        if precision not in ("auto", "int8", "float32"):
            raise SettingsError(f"precision is 'auto', 'int8' or 'float32'; got {precision!r}")
        return cls(load_parts(Path(folder), precision), threads=threads)


def _beginning(encoder: str | os.PathLike[str] | None, settings: CrossEncoderSettings) -> tuple[Any, str, PairWriter]:
    from kgrec.ranking.cross.network import fresh_network

    network, source = fresh_network(encoder, max_tokens=settings.text.max_tokens, seed=settings.seed)
    tokenizer = network.tokenizer
    pad = int(tokenizer.pad_token_id or 0)
    return network, source, PairWriter(tokenizer.backend_tokenizer.to_str(), settings.text, pad=pad)
