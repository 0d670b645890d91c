"""A published split with full ranking, as KGAT or as PGPR lay it out.

``train.txt``, ``test.txt``, and products' entities where there are any (KGAT): histories have no order.
``pgpr_split_train.tsv`` and ``pgpr_split_test.tsv`` beside the files of the leave-one-out layout (PGPR): the test is a
random part of each history, and the order of the rest is known. There the library is asked with that order and without
it, and the one that is better on validation is the headline; ``--order`` and ``--no-order`` decide it beforehand.

The library chooses its settings on a random tenth of train, is fitted once more on the whole of it, and answers.
Products of the test that train lacks are also ranked among themselves (``cold``) where there are several; with
``--cold-share`` that share of the products leaves train whole before anything else is done, and what users did with
them in train is what ``cold`` asks for.

    python benchmarks/fixed_split.py --data ../shared/data/amazon-book --peers --json book.json
    python benchmarks/fixed_split.py --data ../shared/data/amazon-beauty --split pgpr --peers --json pgpr.json
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cold import cold_figures
from comparing import Measured, Question, answered, facts_of, peer_figures, show, text_vectors
from layouts import FixedFolder, load_fixed_split
from measuring import common_arguments, console, quality_table, write_json

from kgrec.errors import SettingsError
from kgrec.evaluation import Split, cold_split, fixed_split, random_holdout
from kgrec.graph import Graph
from kgrec.pipeline import model_inputs
from kgrec.serving.progress import drawn_progress

SHOWN: Mapping[str, tuple[str, ...]] = {
    "kgat": ("recall@10", "ndcg@10", "recall@20", "ndcg@20"),
    "pgpr": ("ndcg@10", "recall@10", "hit_rate@10", "precision@10"),
}
"""What the papers that use a layout report."""
VALIDATION_SHARE = 0.1
"""Share of each user's train products that settings are chosen by."""
ORDERS: Mapping[bool, str] = {True: "with_order", False: "without_order"}


def main() -> None:
    parser = common_arguments(__doc__.splitlines()[0])
    parser.add_argument("--cold-share", type=float, default=0.0, help="take this share of the products out of train")
    parser.add_argument("--split", choices=tuple(SHOWN), help="layout of the split, if the files alone do not tell")
    parser.add_argument("--facts", choices=("declared", "rules"), default="rules", help="of products with titles")
    parser.add_argument(
        "--order", action=argparse.BooleanOptionalAction, help="use the order of train, if not both and the better"
    )
    arguments = parser.parse_args()
    folder = load_fixed_split(arguments.data, layout=arguments.split)
    for note in folder.notes:
        console.print(f"· {note}")
    test, cold = questions(folder, arguments.cold_share, arguments.seed)
    asked = by_order(test, arguments.order, arguments.seed)
    with drawn_progress() as progress:
        facts = folder.facts if len(folder.facts) else facts_of(folder.catalogue, arguments.facts, progress)
        graph = Graph.from_facts(folder.catalogue.ids, facts)
        console.print(f"· {graph}")
        vectors, encode_seconds = text_vectors(folder.catalogue, facts, arguments, progress)
        inputs = model_inputs(graph, test.train, vectors)
        tried = {
            ordered: answered(inputs, one, arguments, about(folder, one), encode_seconds, progress)
            for ordered, one in asked.items()
        }
        ordered = max(tried, key=lambda one: tried[one].result["validation"].get("ndcg@10", 0.0))
        figures = tried[ordered]
        if folder.train.ordered:
            figures.result["order"] = ordered
            figures.result.update({ORDERS[one]: part(other) for one, other in tried.items()})
        if len(cold.cold) > 1 and len(cold.among(cold.cold)):
            figures.result["cold"] = cold_figures(
                figures.model,
                with_order(cold, ordered),
                asked[ordered].test,
                inputs,
                with_peers=arguments.peers,
                seed=arguments.seed,
                progress=progress,
            )
        if arguments.peers:
            write_json(arguments.json, figures.result)  # peers take long: what is known so far
            known = asked.get(True, asked[ordered])  # SASRec needs the order, the others do not look at it
            figures.result["peers"] = peer_figures(
                {"": known}, inputs.n, figures.report, progress, sasrec_minutes=arguments.sasrec_minutes
            )
    show(figures.result, SHOWN[folder.layout])
    if len(tried) > 1:
        rows = {ORDERS[one]: other.report.to_dict() for one, other in tried.items()}
        console.print(quality_table("test, with and without the order of train", rows, SHOWN[folder.layout]))
    write_json(arguments.json, figures.result)


def about(folder: FixedFolder, asked: Question) -> dict[str, Any]:
    """Return what the data hold, and say how they are asked where there is a choice."""
    if folder.train.ordered:
        console.print(f"· {'with' if asked.known.ordered else 'without'} the order of train")
    return {
        "used": folder.notes,
        "users": len(folder.train),
        "products": len(folder.catalogue),
        "events": len(asked.known.items) + len(asked.test.targets.items),
    }


def by_order(test: Split, wanted: bool | None, seed: int) -> dict[bool, Question]:
    """Return what is asked with the order of train and without it; one of them where it is decided or not known.

    Raises:
        SettingsError: an order is wanted where none is known.
    """
    if wanted and not test.train.ordered:
        raise SettingsError("--order needs train interactions whose order is known, and these have none")
    orders = [wanted] if wanted is not None else [True, False] if test.train.ordered else [False]
    found = {}
    for ordered in orders:
        asked = with_order(test, ordered)
        # The published tests are random parts of the histories, so validation is one too, with order or without.
        validation = random_holdout(asked.train, fraction=VALIDATION_SHARE, seed=seed)
        found[ordered] = Question(validation=validation, known=asked.train, test=asked)
    return found


def with_order(split: Split, ordered: bool) -> Split:
    """Return the same split with the order that its histories have, or without it.

    Queries that a split marks as unordered stay so: a cold product was touched anywhere in the history.
    """
    train, queries = (
        replace(histories, ordered=ordered and histories.ordered) for histories in (split.train, split.queries)
    )
    return replace(split, train=train, queries=queries)


def part(figures: Measured) -> dict[str, Any]:
    """Return what is written down of one way to ask."""
    return {key: figures.result[key] for key in ("validation", "test", "settings", "tune_seconds", "fit_seconds")}


def questions(folder: FixedFolder, share: float, seed: int) -> tuple[Split, Split]:
    """Return the test, and what asks for cold products: the test itself, or what left train to make them cold."""
    if not share:
        return folder.test, folder.test
    made = cold_split(folder.train, fraction=share, seed=seed, n=len(folder.catalogue))
    return fixed_split(made.train, folder.test.targets_by_user()), made


if __name__ == "__main__":
    main()
