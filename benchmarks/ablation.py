"""What the graph adds: no graph, declared attributes, facts of the rules, of a tagger, and all of them.

Each variant is a shop of its own: the same behaviour, the same text vectors (of titles, brands, categories and
descriptions, without facts), another graph. The library chooses settings for each on validation. Warm products are
asked for by the usual test; for cold ones a fifth of the products leaves train whole and is ranked among itself. The
tagger is taught by the facts of the rules on a sample of the shop's own products, so nothing comes from outside.

    python benchmarks/ablation.py --data ../shared/data/amazon-beauty --json ablation.json
    python benchmarks/ablation.py --data demo
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from comparing import chosen, difference, text_vectors
from layouts import load_leave_one_out
from leave_one_out import all_but_last
from measuring import common_arguments, console, quality_table, write_json
from numpy.typing import NDArray

from kgrec.data import Catalogue, Facts, Histories
from kgrec.evaluation import Report, Split, cold_split, evaluate, leave_one_out, time_split
from kgrec.extraction import RuleExtractor, TaggerExtractor, declared_facts, extract, labelled_by
from kgrec.graph import Graph
from kgrec.pipeline import model_inputs
from kgrec.protocols import Progress
from kgrec.retrieval import LinearModel, LinearSettings
from kgrec.serving.online_retail import load_online_retail
from kgrec.serving.progress import drawn_progress
from kgrec.tuning import validation_split

SHOWN = ("recall@10", "ndcg@10")
TRAIN_SHARE = 0.8
COLD_SHARE = 0.2
NONE = Facts.of(())


@dataclass(frozen=True, kw_only=True, eq=False)
class Shop:
    """Products and what is asked of them: settings are chosen on ``validation``; the test may know ``known``."""

    catalogue: Catalogue
    validation: Split
    known: Histories
    test: Split
    notes: list[str]


def main() -> None:
    parser = common_arguments(__doc__.splitlines()[0])
    parser.add_argument("--variants", default=",".join(VARIANTS), help="which of them, with commas between")
    arguments = parser.parse_args()
    shop = demo_shop(arguments.seed) if arguments.data == Path("demo") else folder_shop(arguments.data)
    for note in shop.notes:
        console.print(f"· {note}")
    result: dict[str, Any] = {
        "data": arguments.data.name,
        "used": shop.notes,
        "products": len(shop.catalogue),
        "variants": {},
    }
    with drawn_progress() as progress:
        vectors, result["encode_seconds"] = text_vectors(shop.catalogue, NONE, arguments, progress)
        reports: dict[str, Report] = {}
        for name in arguments.variants.split(","):
            facts = VARIANTS[name](shop.catalogue, progress)
            result["variants"][name] = figures(name, shop, facts, vectors, reports, arguments, progress)
            write_json(arguments.json, result)
    show(result)


def folder_shop(data: Path) -> Shop:
    """Read a folder of the leave-one-out layout."""
    folder = load_leave_one_out(data)
    split = leave_one_out(folder.histories)
    return Shop(
        catalogue=folder.catalogue,
        validation=split.validation,
        known=all_but_last(folder.histories),
        test=split.test,
        notes=list(folder.notes),
    )


def demo_shop(seed: int) -> Shop:
    """Return the bundled shop, split by time."""
    retail = load_online_retail()
    test = time_split(retail.events.histories(), fraction=TRAIN_SHARE)
    return Shop(
        catalogue=retail.catalogue,
        validation=validation_split(test.train, seed=seed),
        known=test.train,
        test=test,
        notes=["the bundled shop, Online Retail II, split by time"],
    )


def without_graph(catalogue: Catalogue, progress: Progress) -> Facts:
    return NONE


def declared(catalogue: Catalogue, progress: Progress) -> Facts:
    return Facts.of(declared_facts(catalogue))


def with_rules(catalogue: Catalogue, progress: Progress) -> Facts:
    return extract(catalogue, progress=progress)


def with_canonical_rules(catalogue: Catalogue, progress: Progress) -> Facts:
    return extract(catalogue, canonical=True, progress=progress)


def with_tagger(catalogue: Catalogue, progress: Progress) -> Facts:
    return extract(catalogue, taught(catalogue, progress), progress=progress)


def with_everything(catalogue: Catalogue, progress: Progress) -> Facts:
    rules = RuleExtractor.learned_from(catalogue)
    return extract(catalogue, [rules, taught(catalogue, progress)], canonical=True, progress=progress)


VARIANTS = {
    "no graph": without_graph,
    "declared": declared,
    "rules": with_rules,
    "canonical": with_canonical_rules,
    "tagger": with_tagger,
    "all": with_everything,
}
"""Name → the facts of a variant; declared ones are in each but the first, rules also in ``canonical``."""
TAUGHT_BY = 2_000
"""Products whose rule facts teach the tagger."""


def taught(catalogue: Catalogue, progress: Progress) -> TaggerExtractor:
    """Return a tagger taught by what the rules read in a sample of the shop's own products; it is trained once."""
    if catalogue.ids not in _TAUGHT:
        draw = np.random.default_rng(0).permutation(len(catalogue))[:TAUGHT_BY]
        sample = [catalogue[num] for num in sorted(draw.tolist())]
        rules = RuleExtractor.learned_from(catalogue)
        # One kind of product: a shop has hundreds of categories, and the rules look for the same in each.
        labelled = labelled_by(sample, rules.extract(sample), category_of=lambda product: "")
        _TAUGHT[catalogue.ids] = TaggerExtractor.train(labelled, progress=progress)
    return _TAUGHT[catalogue.ids]


_TAUGHT: dict[tuple[str, ...], TaggerExtractor] = {}


def figures(
    name: str,
    shop: Shop,
    facts: Facts,
    vectors: NDArray[np.float32] | None,
    reports: dict[str, Report],
    arguments: Namespace,
    progress: Progress,
) -> dict[str, Any]:
    """Choose settings for one graph, fit and judge it on warm and on cold products."""
    graph = Graph.from_facts(shop.catalogue.ids, facts, keep_sources=False)
    inputs = model_inputs(graph, shop.validation.train, vectors)
    tuning, tune_seconds = chosen(inputs, shop.validation, arguments, progress, base=LinearSettings())
    settings = tuning.settings
    model = LinearModel.fit(inputs.with_histories(shop.known), settings, seed=arguments.seed)
    warm = evaluate(model, shop.test, seed=arguments.seed, progress=progress)
    made = cold_split(shop.known, fraction=COLD_SHARE, seed=arguments.seed, n=inputs.n)
    newcomers = LinearModel.fit(inputs.with_histories(made.train), settings, seed=arguments.seed)
    cold = evaluate(newcomers, made.among(made.cold), only=made.cold, seed=arguments.seed, progress=progress)
    reports |= {f"{name}, warm": warm, f"{name}, cold": cold}
    found: dict[str, Any] = {"facts": len(facts), "relations": len(graph.relations), "tune_seconds": tune_seconds}
    for part, report in (("warm", warm), ("cold", cold)):
        console.print(f"· {name}, {part}: recall@10 {report['recall@10']:.4f}, ndcg@10 {report['ndcg@10']:.4f}")
        found[part] = report.to_dict()
        first = reports.get(f"no graph, {part}")
        if first is not None and first is not report:
            found[part]["ndcg@10_difference_to_no_graph"] = difference(report, first)
    found["relation_weights"] = dict(settings.relation_weights)
    return found


def show(result: Mapping[str, Any]) -> None:
    """Print a table for warm products and one for cold ones."""
    for part, title in (("warm", "warm products, among all"), ("cold", "cold products, among themselves")):
        rows = {name: found[part] for name, found in result["variants"].items()}
        console.print(quality_table(title, rows, SHOWN))
        for name, row in rows.items():
            if "ndcg@10_difference_to_no_graph" in row:
                gain = row["ndcg@10_difference_to_no_graph"]
                low, high = gain["interval"]
                console.print(
                    f"· {name}: {gain['mean']:+.4f} [{low:+.4f}, {high:+.4f}] to no graph, p {gain['p_value']:.4f}"
                )


if __name__ == "__main__":
    main()
