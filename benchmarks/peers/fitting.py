"""The peers that rank warm products: their grids, and the choice of a setting on validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

from kgrec.data import Histories
from kgrec.errors import SettingsError
from kgrec.evaluation import ItemKnnScorer, PopularityScorer, Split, evaluate
from kgrec.protocols import Scorer

from .ease import DualEaseScorer, EaseScorer
from .factors import AlsScorer, BprScorer

__all__ = ["PEERS", "Peer", "peers"]

PEERS = ("popularity", "tfidf_item_knn", "bm25_item_knn", "als", "bpr", "ease")
EASE_LIMIT = 15_000
"""Products up to which the dense n × n matrices of EASE are built (15,000² float32 are 0.9 GB, twice)."""
EASE_USERS = 5_000
"""Users up to which a larger shop gets EASE in its dual form."""


class Peer(NamedTuple):
    """A fitted peer, or in place of its scorer the reason why there is none."""

    name: str
    scorer: Scorer | str
    fit_seconds: float
    settings: Mapping[str, Any]


_Fit = Callable[..., Scorer]
_FITS: Mapping[str, tuple[_Fit, tuple[dict[str, Any], ...]]] = {
    "popularity": (PopularityScorer.fit, ({},)),
    "tfidf_item_knn": (
        ItemKnnScorer.fit,
        tuple(
            {"weighting": "tfidf", "documents": documents, "k": k}
            for documents, k in (("products", 100), ("users", 100), ("products", 20), ("users", 300))
        ),
    ),
    "bm25_item_knn": (
        ItemKnnScorer.fit,
        tuple(
            {"weighting": "bm25", "documents": "products", "k": k, "k1": 1.2, "b": b}
            for k, b in ((100, 0.3), (100, 0.75), (20, 0.3), (300, 0.1))
        ),
    ),
    "als": (
        AlsScorer.fit,
        tuple(
            {"factors": factors, "regularization": regularization, "alpha": alpha, "iterations": 15}
            for factors, regularization, alpha in (
                (128, 0.05, 10.0),
                (128, 0.05, 1.0),
                (64, 0.05, 10.0),
                (128, 1.0, 40.0),
            )
        ),
    ),
    "bpr": (
        BprScorer.fit,
        tuple(
            {"factors": factors, "learning_rate": rate, "regularization": regularization, "iterations": iterations}
            for factors, rate, regularization, iterations in (
                (64, 0.05, 0.01, 100),
                (128, 0.05, 0.01, 200),
                (64, 0.01, 0.01, 100),
                (64, 0.05, 0.05, 200),
            )
        ),
    ),
    "ease": (EaseScorer.fit, tuple({"regularization": value} for value in (200.0, 50.0, 500.0))),
}


def peers(
    train: Histories,
    n_products: int,
    *,
    names: Sequence[str] = PEERS,
    validation: Split | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    sample: int = 5000,
    seed: int = 0,
) -> Iterator[Peer]:
    """Fit the peers one after the other, so that only one is in memory if the caller lets go of it.

    Args:
        train: what they are fitted on.
        n_products: number of products.
        names: which peers, of ``PEERS``, in that order.
        validation: where the setting of each is chosen, by NDCG@10; its ``train`` is what the trial fits see.
        settings: peer → settings to use as they are; the others choose theirs on validation.
        sample: at most this many validation queries are asked.
        seed: for the sample.

    Yields:
        ``(name, scorer or reason, fit_seconds, settings)``.

    Raises:
        SettingsError: a name is not that of a peer.
    """
    unknown = [name for name in names if name not in _FITS]
    if unknown:
        raise SettingsError(f"there is no peer {unknown[0]!r}; choose among {', '.join(PEERS)}")
    trial = validation.sample(sample, seed=seed) if validation is not None else None
    for name in names:
        given = (settings or {}).get(name)
        yield _fitted(name, train, n_products, trial if given is None else None, given)


def _fitted(name: str, train: Histories, n_products: int, trial: Split | None, given: Mapping[str, Any] | None) -> Peer:
    fit, grid = _FITS[name]
    if given is not None:
        grid = (dict(given),)
    if name == "ease" and n_products > EASE_LIMIT:
        if len(train) > EASE_USERS:
            return Peer(name, f"dense, and {n_products} products are more than {EASE_LIMIT}", 0.0, {})
        fit = DualEaseScorer.fit
    try:
        tried: list[tuple[float, Scorer, float, dict[str, Any]]] = []
        for settings in grid if trial is not None else grid[:1]:
            begin = perf_counter()
            scorer = fit(trial.train if trial is not None else train, n_products, **settings)
            seconds = perf_counter() - begin
            reached = evaluate(scorer, trial, ks=(10,), samples=0)["ndcg@10"] if trial is not None else 0.0
            if not tried or reached > tried[0][0]:
                tried = [(reached, scorer, seconds, settings)]
        _, scorer, seconds, settings = tried[0]
        if trial is not None and trial.train is not train:
            begin = perf_counter()
            scorer = fit(train, n_products, **settings)
            seconds = perf_counter() - begin
    except ImportError as error:
        return Peer(name, f"implicit is not installed ({error}): pip install 'kgrec[bench]'", 0.0, {})
    return Peer(name, scorer, seconds, settings)
