"""What an update costs and what it changes: products come, change and go in a generated shop that goes on answering.

    python benchmarks/updates.py --items 100000 --json updates.json

Products are encoded beforehand by the hashing encoder and their facts are read beforehand: both cost apart. Afterwards
a batch of histories is asked of the settled shop, of a fit of the final shop with the statistics of the first, and of
a fit that shares nothing with it.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from measuring import console, peak_memory_mb, write_json
from rich.table import Table

import kgrec
from kgrec.data import Fact
from kgrec.embedding import product_documents
from kgrec.retrieval import Knowledge, LinearModel, LinearSettings, ModelInputs, behaviour_counts, centred_at
from kgrec.shop import Shop
from kgrec.testing import clustered_shop

CLUSTER = 100
DAY = 86_400.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000, help="size of the shop")
    parser.add_argument("--updates", type=int, default=1_000, help="random adds, changes, removals and events")
    parser.add_argument("--dimension", type=int, default=256, help="of the text vectors")
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-fit", action="store_true", help="leave the comparison with fits out")
    arguments = parser.parse_args()
    result = measured(
        arguments.items, arguments.updates, arguments.dimension, arguments.seed, compare=not arguments.no_fit
    )
    show(result)
    write_json(arguments.json, result)


def measured(items: int, updates: int, dimension: int, seed: int, *, compare: bool) -> dict[str, Any]:
    """Build, ask, update, ask, settle, compare."""
    warm_up(dimension)
    spare = items // 10
    made = clustered_shop(items + spare, items, clusters=max(items // CLUSTER, 1), seed=seed)
    products = list(made.catalogue)
    facts_of = declared(products)
    encoder = kgrec.HashingEncoder(dimension)
    whole = kgrec.Facts.of(fact for found in facts_of.values() for fact in found)
    vectors = encoder.encode(product_documents(products, whole))
    catalogue = kgrec.Catalogue(products[:items])
    events = made.events.select(made.events.item < items)
    started = time.perf_counter()
    shop = kgrec.build(
        catalogue,
        events,
        kgrec.Facts.of(fact for product in catalogue for fact in facts_of[product.id]),
        encoder=encoder,
        vectors=vectors[:items],
        settings=LinearSettings(),
        seed=seed,
    )
    result: dict[str, Any] = {"items": items, "build_seconds": round(time.perf_counter() - started, 1)}
    started = time.perf_counter()
    shop.prepare_updates()
    result["prepare_seconds"] = round(time.perf_counter() - started, 2)
    rng = np.random.default_rng(seed)
    users = [str(user) for user in rng.choice(made.events.users, 1_000)]
    result |= asked(shop, users, "before")
    result |= changed(shop, products, facts_of, vectors, updates, rng)
    result["pending"] = shop.pending
    result |= asked(shop, users, "after")
    started, waiting = time.perf_counter(), shop.pending
    shop.settle()
    result["settle_seconds"] = round(time.perf_counter() - started, 2)
    result["settle_rate"] = round(waiting / max(time.perf_counter() - started, 1e-9))
    result |= asked(shop, users, "settled")
    result["contributions_max_relative_error"] = sums(shop, users[:200])
    if compare:
        result |= compared(shop.shop, rng)
    result["peak_memory_mb"] = round(peak_memory_mb())
    return result


def warm_up(dimension: int) -> None:
    """Compile the loops on a tiny shop."""
    made = clustered_shop(300, 300, clusters=3)
    shop = kgrec.build(made.catalogue, made.events, encoder=kgrec.HashingEncoder(dimension), settings=LinearSettings())
    product = made.catalogue[0]
    shop.add(replace(product, id="new"))
    shop.add(replace(product, title="Something else"))
    shop.remove("new")
    shop.add_events([("u000001", product.id, "view", 2e9)])
    shop.recommend("u000001")
    shop.settle()


def declared(products: list[kgrec.Product]) -> dict[str, list[Fact]]:
    """Return the declared facts of each product: brand and category."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for product in products:
        found[product.id].append(Fact(product=product.id, relation="brand", value=str(product.brand), field="brand"))
        for path in product.categories:
            value = " > ".join(path)
            found[product.id].append(Fact(product=product.id, relation="category", value=value, field="categories"))
        colour = product.title.split()[0].casefold()
        found[product.id].append(Fact(product=product.id, relation="colour", value=colour, field="title"))
    return found


def changed(
    shop: kgrec.Recommender,
    products: list[kgrec.Product],
    facts_of: dict[str, list[Fact]],
    vectors: np.ndarray[Any, np.dtype[np.float32]],
    updates: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Time random updates, and note how the queue grows."""
    living = list(shop.catalogue.ids)
    spare = list(range(len(living), len(products)))
    taken: dict[str, list[float]] = defaultdict(list)
    pending = []
    for step in range(updates):
        kind = str(rng.choice(["add", "change", "remove", "event"]))
        at = int(rng.integers(len(living)))
        if kind == "add":
            row = spare.pop(int(rng.integers(len(spare))))
            living.append(products[row].id)
            update = adding(shop, products[row], facts_of[products[row].id], vectors[row : row + 1])
        elif kind == "change":
            row = int(rng.integers(len(products)))
            mine = [replace(fact, product=living[at]) for fact in facts_of[products[row].id]]
            update = adding(shop, replace(products[row], id=living[at]), mine, vectors[row : row + 1])
        elif kind == "remove":
            update = removing(shop, living.pop(at))
        else:
            update = noting(shop, f"u{rng.integers(len(products)):06d}", living[at], 2e9 + step)
        started = time.perf_counter()
        update()
        taken[kind].append(time.perf_counter() - started)
        pending.append(shop.pending)
    figures: dict[str, Any] = {}
    for kind, seconds in taken.items():
        for share in (50, 99):
            figures[f"{kind}_p{share}_ms"] = milliseconds(seconds, share)
    figures["pending_after_updates"] = {str(at + 1): pending[at] for at in (9, 99, updates - 1) if at < updates}
    return figures


def adding(
    shop: kgrec.Recommender, product: kgrec.Product, facts: list[Fact], vector: np.ndarray[Any, Any]
) -> Callable[[], None]:
    stated = kgrec.Facts.of(facts)
    return lambda: shop.add(product, stated, vectors=vector)


def removing(shop: kgrec.Recommender, product: str) -> Callable[[], None]:
    return lambda: shop.remove(product)


def noting(shop: kgrec.Recommender, user: str, product: str, now: float) -> Callable[[], None]:
    return lambda: shop.add_events([(user, product, "view", now)])


def asked(shop: kgrec.Recommender, users: list[str], when: str) -> dict[str, float]:
    """Time questions without explanations."""
    seconds = []
    for user in users:
        started = time.perf_counter()
        shop.recommend(user, explain=False)
        seconds.append(time.perf_counter() - started)
    return {f"recommend_{when}_p{share}_ms": milliseconds(seconds[50:], share) for share in (50, 99)}


def sums(shop: kgrec.Recommender, users: list[str]) -> float:
    """Return by how much contributions miss the score at most, relative to it."""
    worst = 0.0
    for user in users:
        for found in shop.recommend(user):
            assert found.explanation is not None
            total = sum(part.amount for part in found.explanation.contributions)
            worst = max(worst, abs(total - found.score) / abs(found.score))
    return worst


def compared(shop: Shop, rng: np.random.Generator) -> dict[str, float]:
    """Compare the settled shop with fits of what it has become."""
    settings, statistics = shop.model.settings, shop.statistics
    assert statistics is not None
    n = len(shop.catalogue)
    knowledge = Knowledge.from_graph(shop.graph, hub_share=settings.hub_share)
    inputs = ModelInputs.of(n, shop.histories, knowledge, shop.vectors, text_neighbours=settings.text_neighbours)
    fresh = LinearModel.fit(inputs, settings)
    assert shop.neighbours is not None
    same = replace(
        inputs,
        knowledge=replace(knowledge, rarity=statistics.rarity * statistics.value_factors),
        vectors=statistics.read(centred_at(shop.vectors, statistics.text_mean)),
        neighbours=shop.neighbours[0],
        cosines=shop.neighbours[1],
    )
    counts = behaviour_counts(same, settings, statistics.scales)
    frozen = LinearModel.fit(same, settings, counts=counts, learned=same, factors=statistics.factors)
    rows = rng.choice(len(shop.users), min(500, len(shop.users)), replace=False)
    histories = shop.histories.select(rows)
    histories = kgrec.Histories.of([histories.row(at) for at in range(len(histories))])
    mine, exact, other = (model.score(histories) for model in (shop.model, frozen, fresh))
    best = [np.argsort(-scores, axis=1, kind="stable")[:, :10] for scores in (mine, other)]
    overlap = [len(set(a) & set(b)) / 10 for a, b in zip(best[0].tolist(), best[1].tolist(), strict=True)]
    return {
        "same_statistics_max_error": float(np.abs(mine - exact).max() / np.abs(exact).max()),
        "fresh_fit_top10_overlap": round(float(np.mean(overlap)), 4),
    }


def milliseconds(seconds: list[float], share: int) -> float:
    return round(float(np.percentile(seconds, share)) * 1e3, 3) if seconds else 0.0


def show(result: dict[str, Any]) -> None:
    """Print the figures."""
    table = Table(title=f"updates of a generated shop of {result['items']:,} products", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in result.items():
        table.add_row(name, str(value))
    console.print(table)


if __name__ == "__main__":
    main()
