"""The main parameters of a shop's recommendations and their relative importance, measured on its own answers.

Article 27 of the EU Digital Services Act (Regulation 2022/2065) asks online platforms to set out in plain language the
main parameters of their recommender systems, why they matter how much, and how recipients can influence them.
"""

from __future__ import annotations

from collections import defaultdict
from math import log

import numpy as np

from kgrec.answering import Answering, Query
from kgrec.data import MainParameters, Parameter
from kgrec.errors import SettingsError
from kgrec.reasons.words import listed_in, source_in, words_in
from kgrec.retrieval import Shown, recency_weights

__all__ = ["main_parameters"]


def main_parameters(now: Answering, *, sample: int, k: int, language: str, seed: int) -> MainParameters:
    """Answer a sample of the shop's histories and measure what speaks for the recommended products.

    The share of a source in one result is what it adds over all that is added; what speaks against a product is left
    out of that. Shares are the mean over the results.

    Args:
        now: the shop.
        sample: at most so many histories, drawn by ``seed``.
        k: results of each.
        language: of the text.
        seed: of the draw.

    Raises:
        SettingsError: ``sample`` is below 1, or the language is not known.
    """
    if isinstance(sample, bool) or not isinstance(sample, int) or sample < 1:
        raise SettingsError(f"sample must be a whole number from 1; got {sample!r:.80}")
    words_in(language)
    rows = np.arange(len(now.user_num))
    if len(rows) > sample:
        rows = np.sort(np.random.default_rng(seed).choice(rows, sample, replace=False))
    shares: defaultdict[str, float] = defaultdict(float)
    results = 0
    for row in rows:
        own = now.histories.select(np.array([row]))
        results += _add_shares(now, Query(own.items, recency_weights(own, now.model.settings)), k, shares)
    if not results:
        results = _add_shares(now, now.of_nobody(), k, shares)
    found = sorted(((name, total / results) for name, total in shares.items()), key=lambda pair: (-pair[1], pair[0]))
    parameters = tuple(Parameter(source=name, share=share) for name, share in found if share > 0)
    recency = now.model.settings.recency
    half_life = log(0.5) / log(recency) if 0 < recency < 1 else None
    rerankers = ()
    if now.stages is not None:
        rerankers = tuple(name for name in now.stages.describe()["rerankers"])
    return MainParameters(
        parameters=parameters,
        shoppers=len(rows),
        results=results,
        half_life=half_life,
        text=_text(parameters, len(rows), results, half_life, rerankers, language),
        rerankers=rerankers,
        language=language,
    )


def _add_shares(now: Answering, query: Query, k: int, shares: defaultdict[str, float]) -> int:
    """Add each result's shares by source, and return the number of results."""
    found = now.candidates(query, Shown(hidden=np.concatenate([query.items, now.gone])), k)
    spoken = np.array([one.num for one in found if one.source == "item-item"], np.int32)
    for one in found:
        if one.source != "item-item":
            shares[one.source] += 1.0
    if len(spoken):
        added = np.maximum(now.model.contributions_of(query.items, query.weights, spoken), 0.0).sum(axis=1)
        means = (added / added.sum(axis=1, keepdims=True)).sum(axis=0)
        for name, share in zip(now.model.sources, means.tolist(), strict=True):
            shares[name] += share
    return len(found)


def _text(
    parameters: tuple[Parameter, ...],
    shoppers: int,
    results: int,
    half_life: float | None,
    rerankers: tuple[str, ...],
    language: str,
) -> str:
    words = words_in(language)
    lines = [words["parameters"].format(results=results, shoppers=shoppers)]
    little = []
    for entry in parameters:
        source, percent = source_in(language, entry.source), round(100 * entry.share)
        if percent:
            lines.append("- " + words["parameter"].format(percent=percent, source=source))
        else:
            little.append(source)
    if little:
        lines.append("- " + words["little"].format(sources=listed_in(language, little, commas=True)))
    if half_life is not None:
        lines.append(words["recent"].format(steps=f"{half_life:.1f}"))
    if rerankers:
        lines.append(words["reranked"].format(models=listed_in(language, list(rerankers))))
    lines += [words["nobody"], words["shop_rules"], words["control"]]
    return "\n".join(lines)
