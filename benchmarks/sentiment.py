"""How well sentiment is told on real reviews, trained on four fifths and asked about the rest.

``python benchmarks/sentiment.py --data DIR [--json FILE]``

DIR is of one of two kinds:

* Chinese product reviews with labels: a CSV file, plain or in a zip, with the columns cat, label (1 good, 0 bad) and
  review, such as online_shopping_10_cats of https://github.com/SophonPlus/ChineseNlpCorpus
* reviews with stars: reviews.jsonl, plain or .gz, with reviewerID, asin, reviewText, overall and summary, such as the
  5-core files of Amazon reviews, https://cseweb.ucsd.edu/~jmcauley/datasets/amazon/links.html; 1 and 2 stars against 5

A fifth is drawn as whole groups: equal texts stand on one side, and so do all reviews of a user. Settings are chosen in
training, on a part of the four fifths. Intervals are of a bootstrap over groups.
"""

from __future__ import annotations

import argparse
import csv
import io
import time
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from measuring import console, peak_memory_mb, quality_table, write_json
from numpy.typing import NDArray

from kgrec.readers import read_reviews
from kgrec.sentiment import LexiconSentiment, SentimentModel
from kgrec.sentiment.grouping import held_out_groups, joined_groups


class Labelled(NamedTuple):
    """Texts, labels int64 (n,), strata int64 (n,), kinds of product (n), and groups int64 (n,)."""

    texts: list[str]
    labels: NDArray[np.int64]
    kinds: list[str]
    groups: NDArray[np.int64]
    bodies: list[str] | None = None
    """The same without headlines, where there are any."""


def from_csv(file: Path) -> Labelled:
    """Read cat, label, review."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as packed:
            name = next(name for name in packed.namelist() if name.endswith(".csv"))
            text = packed.read(name).decode("utf-8-sig")
    else:
        text = file.read_text(encoding="utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(text, newline="")) if (row["review"] or "").strip("\ufeff \n")]
    texts = [row["review"].strip("\ufeff") for row in rows]
    labels = np.array([int(row["label"]) for row in rows], np.int64)
    return Labelled(texts, labels, [row.get("cat", "") for row in rows], joined_groups(texts))


def from_stars(file: Path) -> Labelled:
    """Read 1 and 2 stars against 5."""
    reviews = [review for review in read_reviews(file) if review.stars in (1, 2, 5)]
    texts = [review.words for review in reviews]
    users = [review.user or review.id for review in reviews]
    labels = np.array([review.stars == 5 for review in reviews], np.int64)
    groups = joined_groups(texts, users)
    return Labelled(texts, labels, [""] * len(texts), groups, [review.text for review in reviews])


def read(folder: Path) -> Labelled:
    """Read a folder of either kind."""
    for pattern in ("reviews.jsonl", "reviews.jsonl.gz"):
        if (folder / pattern).exists():
            return from_stars(folder / pattern)
    found = sorted([*folder.glob("*.zip"), *folder.glob("*.csv")])
    if not found:
        raise SystemExit(f"{folder} has neither reviews.jsonl(.gz) nor a .csv or .zip file")
    return from_csv(found[0])


def macro_f1(labels: NDArray[np.int64], good: NDArray[np.bool_], weights: NDArray[np.float64]) -> float:
    """Return the mean of the F1 of both kinds."""
    scores = []
    for kind in (0, 1):
        said, true = good == kind, labels == kind
        both = weights[said & true].sum()
        scores.append(2 * both / max(weights[said].sum() + weights[true].sum(), 1e-12))
    return float(np.mean(scores))


def auc(labels: NDArray[np.int64], scores: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve; ties count a half."""
    values, rank = np.unique(scores, return_inverse=True)
    good = np.bincount(rank, weights * (labels == 1), len(values))
    bad = np.bincount(rank, weights * (labels == 0), len(values))
    below = np.cumsum(bad) - bad
    return float((good * (below + bad / 2)).sum() / max(good.sum() * bad.sum(), 1e-12))


def calibration_error(labels: NDArray[np.int64], scores: NDArray[np.float64], bins: int = 15) -> float:
    """Return the expected calibration error over ``bins`` bins of equal width (Naeini et al., AAAI 2015)."""
    place = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [abs(scores[place == at].mean() - labels[place == at].mean()) * (place == at).mean() for at in set(place)]
    return float(np.sum(gaps))


def judged(
    labels: NDArray[np.int64], scores: NDArray[np.float64], groups: NDArray[np.int64], seed: int, samples: int = 1000
) -> dict[str, Any]:
    """Return the metrics with percentile intervals of a bootstrap over groups."""
    ones, good = np.ones(len(labels)), scores > 0.5

    def measure(weights: NDArray[np.float64]) -> tuple[float, float, float]:
        accuracy = float((weights * (good == labels)).sum() / weights.sum())
        return macro_f1(labels, good, weights), auc(labels, scores, weights), accuracy

    names = ("macro_f1", "roc_auc", "accuracy")
    found: dict[str, Any] = dict(zip(names, measure(ones), strict=True))
    rng = np.random.default_rng([seed, 2])
    numbers, groups = np.unique(groups, return_inverse=True)
    drawn = [
        measure(rng.multinomial(len(numbers), np.full(len(numbers), 1 / len(numbers)))[groups].astype(np.float64))
        for _ in range(samples)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0).tolist()
    found["interval"] = {name: [low[at], high[at]] for at, name in enumerate(names)}
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    found["log_loss"] = float(-np.mean(np.where(labels == 1, np.log(clipped), np.log(1 - clipped))))
    found["calibration_error"] = calibration_error(labels, scores)
    return found


def run(data: Labelled, texts: list[str], seed: int) -> tuple[dict[str, Any], SentimentModel, NDArray[np.bool_]]:
    """Train on four fifths, ask about the rest."""
    kinds = {kind: at for at, kind in enumerate(sorted(set(data.kinds)))}
    strata = np.array([kinds[kind] for kind in data.kinds], np.int64) * 2 + data.labels
    test = held_out_groups(data.groups, strata, 0.2, np.random.default_rng(seed))
    learned, asked = np.flatnonzero(~test).tolist(), np.flatnonzero(test).tolist()
    started = time.perf_counter()
    model = SentimentModel.train(
        [texts[at] for at in learned], data.labels[~test], groups=data.groups[~test].tolist(), seed=seed
    )
    train_seconds = time.perf_counter() - started
    started = time.perf_counter()
    scores = model.predict([texts[at] for at in asked])
    per_second = len(asked) / (time.perf_counter() - started)
    found = judged(data.labels[test], scores, data.groups[test], seed)
    found |= {"train_seconds": train_seconds, "predicted_per_second": per_second}
    found |= {"strength": model.strength, "features": model.n_features}
    if len(kinds) > 1:
        ones = np.ones(int(test.sum()))
        of_kind = {kind: np.array([data.kinds[at] == kind for at in asked]) for kind in kinds}
        found["macro_f1_by_category"] = {
            kind: macro_f1(data.labels[test][mask], scores[mask] > 0.5, ones[mask]) for kind, mask in of_kind.items()
        }
    return found, model, test


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the reviews")
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--seed", type=int, default=0, help="draws the fifth")
    given = parser.parse_args()
    data = read(given.data)
    found, _, test = run(data, data.texts, given.seed)
    lexicon = LexiconSentiment().predict([data.texts[at] for at in np.flatnonzero(test).tolist()])
    rows = {"trained": found, "lexicon": judged(data.labels[test], lexicon, data.groups[test], given.seed)}
    if data.bodies is not None:
        rows["trained, without headlines"] = run(data, data.bodies, given.seed)[0]
    about = {
        "data": given.data.name,
        "seed": given.seed,
        "train": int((~test).sum()),
        "test": int(test.sum()),
        "test_negative": int((data.labels[test] == 0).sum()),
        "groups": int(data.groups.max()) + 1,
        "peak_memory_mb": peak_memory_mb(),
    }
    title = f"{about['data']}: {about['train']:,} reviews to learn from, {about['test']:,} asked about"
    console.print(quality_table(title, rows, ("macro_f1", "roc_auc", "accuracy", "log_loss", "calibration_error")))
    console.print(
        f"trained in {found['train_seconds']:.0f} s, strength {found['strength']:g}, {found['features']:,} features, "
        f"{found['predicted_per_second']:,.0f} reviews a second, {about['peak_memory_mb']:,.0f} MB"
    )
    for kind, score in found.get("macro_f1_by_category", {}).items():
        console.print(f"  {kind}: macro F1 {score:.3f}")
    write_json(given.json, {**about, **found, "models": rows})


if __name__ == "__main__":
    main()
