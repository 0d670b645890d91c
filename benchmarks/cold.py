"""Products without a single event in train: ranked among themselves and among all, beside the nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from comparing import difference
from measuring import console
from peers import cold_peers

from kgrec.evaluation import Report, Split, cold_split, evaluate
from kgrec.protocols import Progress, Scorer
from kgrec.retrieval import ModelInputs

__all__ = ["cold_figures"]

VALIDATION_SHARE = 0.2
"""Share of the products with events that leave train once more, for the peers to choose their settings by."""


def cold_figures(
    model: Scorer,
    asked: Split,
    test: Split,
    inputs: ModelInputs,
    *,
    with_peers: bool,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """Judge a model on cold products.

    Args:
        model: fitted on ``asked.train``.
        asked: whose ``cold`` products are ranked, wanted by someone; targets that are not cold are left out.
        test: the question of the whole shop: its targets that are not cold say what the warm ones lose.
        inputs: what is known of the products.
        with_peers: measure text-kNN and KG-kNN too.
        seed: for intervals and the peers' validation split.
        progress: is told of the rankings.

    Returns:
        The figures of the ranking among the cold ones; ``among_all``, where all products compete; ``warm`` and
        ``warm_alone``, the test's other targets with and without cold products in the way; ``products``; ``peers``.
    """
    question = asked.among(asked.cold)
    warm = np.setdiff1d(np.arange(inputs.n), asked.cold)
    usual = test.among(warm)
    console.print(f"· cold: {len(asked.cold)} products, {len(question)} users ask for them")

    def judge(scorer: Scorer) -> tuple[Report, Report]:
        alone = evaluate(scorer, question, only=asked.cold, seed=seed, progress=progress)
        return alone, evaluate(scorer, question, seed=seed, progress=progress)

    alone, among_all = judge(model)
    result: dict[str, Any] = {
        **alone.to_dict(),
        "among_all": among_all.to_dict(),
        "products": len(asked.cold),
        "peers": {},
    }
    if len(usual):
        result["warm"] = evaluate(model, usual, seed=seed, progress=progress).to_dict()
        result["warm_alone"] = evaluate(model, usual, only=warm, seed=seed, progress=progress).to_dict()
    if with_peers:
        validation = cold_split(asked.train, fraction=VALIDATION_SHARE, seed=seed + 1, n=inputs.n)
        for peer in cold_peers(inputs, validation, seed=seed):
            if isinstance(peer.scorer, str):
                result["peers"][peer.name] = {"reason": peer.scorer}
                continue
            theirs, theirs_among_all = judge(peer.scorer)
            result["peers"][peer.name] = {
                "test": theirs.to_dict(),
                "among_all": theirs_among_all.to_dict(),
                "fit_seconds": round(peer.fit_seconds, 2),
                "settings": dict(peer.settings),
                "ndcg@10_difference": difference(alone, theirs),
                "ndcg@10_difference_among_all": difference(among_all, theirs_among_all),
            }
    return result
