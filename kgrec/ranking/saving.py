"""Stages as a folder: every re-ranker in one of its own, the blends as arrays beside them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kgrec.errors import KgrecError, SnapshotError
from kgrec.protocols import Reranker
from kgrec.ranking.blending.blend import Blend, BlendReport
from kgrec.ranking.blending.features import Features
from kgrec.ranking.blending.trees import Trees
from kgrec.ranking.stages import RankingStages, Stage, StagesSettings
from kgrec.snapshot import Snapshot, read_snapshot, write_snapshot

__all__ = ["load_stages", "save_stages"]

_KIND = "ranking stages"
_log = logging.getLogger(__name__)


def save_stages(stages: RankingStages, folder: Path) -> tuple[str, ...]:
    """Write the stages whose re-rankers can be saved, and the blends of these.

    Returns:
        Names of the re-rankers that cannot be, such as one that asks a language model: they have to be put back with
        ``Recommender.with_stages`` after loading, and are left out until then.
    """
    kept = {kind.__name__: kind for kind in _kinds()}
    saved = [stage for stage in stages.stages if type(stage.reranker).__name__ in kept]
    left_out = tuple(stage.reranker.name for stage in stages.stages if stage not in saved)
    names = {stage.reranker.name for stage in saved}
    blends = [(answered, blend) for answered, blend in stages.blends.items() if names.issuperset(answered)]
    writers: dict[str, Callable[[Path], object]] = {
        stage.reranker.name: stage.reranker.save  # type: ignore[attr-defined]
        for stage in saved
    }
    write_snapshot(
        folder,
        arrays={
            f"blend-{number}-{name}": array
            for number, (_, blend) in enumerate(blends)
            if blend.scorer is not None
            for name, array in blend.scorer.to_arrays().items()
        },
        documents={
            "stages": {
                "settings": asdict(stages.settings),
                "stages": [
                    {
                        "name": stage.reranker.name,
                        "kind": type(stage.reranker).__name__,
                        "depth": stage.depth,
                        "lists": stage.lists,
                    }
                    for stage in saved
                ],
                "blends": [_written(answered, blend) for answered, blend in blends],
            }
        },
        folders=writers,
        meta={"kind": _KIND},
    )
    if left_out:
        _log.warning("re-rankers that cannot be saved are left out of the folder: %s", ", ".join(left_out))
    return left_out


def load_stages(folder: Path) -> RankingStages:
    """Read what :func:`save_stages` wrote; a re-ranker that cannot be loaded here is left out, and the log says why.

    Raises:
        SnapshotDamagedError: a file is missing or was changed.
        SnapshotError: the folder holds no stages.
    """
    snapshot = read_snapshot(folder)
    if snapshot.meta.get("kind") != _KIND:
        raise SnapshotError(f"{folder} holds no ranking stages")
    about = snapshot.document("stages")
    loaders = {kind.__name__: kind for kind in _kinds()}
    stages = []
    for one in about["stages"]:
        try:
            reranker: Reranker = loaders[one["kind"]].load(folder / one["name"])
        except (KgrecError, ImportError) as error:
            _log.warning("the re-ranker %r is left out: %s", one["name"], error)
            continue
        stages.append(Stage(reranker, int(one["depth"]), one["lists"]))
    blends = {tuple(one["answered"]): _read(one, number, snapshot) for number, one in enumerate(about["blends"])}
    return RankingStages(stages, blends, StagesSettings(**about["settings"]))


def _kinds() -> tuple[Any, ...]:
    """Return the classes that can be saved."""
    from kgrec.ranking.cross import CrossEncoderReranker
    from kgrec.ranking.sequence import SequenceReranker

    return SequenceReranker, CrossEncoderReranker


def _written(answered: tuple[str, ...], blend: Blend) -> dict[str, Any]:
    return {
        "answered": list(answered),
        "sources": list(blend.features.sources),
        "scale": blend.features.scale,
        "slope": blend.slope,
        "intercept": blend.intercept,
        "report": asdict(blend.report),
    }


def _read(one: Mapping[str, Any], number: int, snapshot: Snapshot) -> Blend:
    prefix = f"blend-{number}-"
    arrays = {name.removeprefix(prefix): snapshot.array(name) for name in snapshot.arrays if name.startswith(prefix)}
    return Blend(
        features=Features(rerankers=tuple(one["answered"]), sources=tuple(one["sources"]), scale=float(one["scale"])),
        scorer=Trees.from_arrays(arrays) if arrays else None,
        slope=float(one["slope"]),
        intercept=float(one["intercept"]),
        report=BlendReport(**one["report"]),
    )
