"""A published split with full ranking: ``train.txt``, ``test.txt``, and products' entities where there are any.

Histories have no order. The library chooses its settings on a random tenth of train, is fitted once more on the whole
of it, and answers. Products of the test that train lacks are also ranked among themselves (``cold``); with
``--cold-share`` that share of the products leaves train whole before anything else is done, and what users did with
them in train is what ``cold`` asks for.

    python benchmarks/fixed_split.py --data ../shared/data/amazon-book --peers --json book.json
"""

from __future__ import annotations

from cold import cold_figures
from comparing import Question, chosen, measured, peer_figures, show, text_vectors
from layouts import FixedFolder, load_fixed_split
from measuring import common_arguments, console, write_json

from kgrec.data import Histories, Targets
from kgrec.evaluation import Split, cold_split, fixed_split
from kgrec.graph import Graph
from kgrec.pipeline import model_inputs
from kgrec.retrieval import LinearSettings
from kgrec.serving.progress import drawn_progress
from kgrec.tuning import validation_split

SHOWN = ("recall@10", "ndcg@10", "recall@20", "ndcg@20")


def main() -> None:
    parser = common_arguments(__doc__.splitlines()[0])
    parser.add_argument("--cold-share", type=float, default=0.0, help="take this share of the products out of train")
    arguments = parser.parse_args()
    folder = load_fixed_split(arguments.data)
    for note in folder.notes:
        console.print(f"· {note}")
    test, cold = questions(folder, arguments.cold_share, arguments.seed)
    validation = validation_split(test.train, seed=arguments.seed)
    question = Question(validation=validation, known=test.train, test=test)
    with drawn_progress() as progress:
        graph = Graph.from_facts(folder.catalogue.ids, folder.facts)
        console.print(f"· {graph}")
        vectors, encode_seconds = text_vectors(folder.catalogue, folder.facts, arguments, progress)
        inputs = model_inputs(graph, test.train, vectors)
        tuning, tune_seconds = chosen(inputs, validation, arguments, progress, base=LinearSettings())
        figures = measured(
            inputs,
            question,
            tuning,
            about={
                "data": arguments.data.name,
                "used": folder.notes,
                "users": len(folder.train),
                "products": len(folder.catalogue),
                "events": len(test.train.items) + len(test.targets.items),
            },
            seconds={"tune_seconds": tune_seconds, "encode_seconds": encode_seconds},
            seed=arguments.seed,
            progress=progress,
        )
        if len(cold.among(cold.cold)):
            figures.result["cold"] = cold_figures(
                figures.model, cold, test, inputs, with_peers=arguments.peers, seed=arguments.seed, progress=progress
            )
        if arguments.peers:
            write_json(arguments.json, figures.result)  # peers take long: what is known so far
            figures.result["peers"] = peer_figures({"": question}, inputs.n, figures.report, progress)
    show(figures.result, SHOWN)
    write_json(arguments.json, figures.result)


def questions(folder: FixedFolder, share: float, seed: int) -> tuple[Split, Split]:
    """Return the test, and what asks for cold products: the test itself, or what left train to make them cold."""
    if not share:
        return folder.test, folder.test
    made = cold_split(folder.train, fraction=share, seed=seed, n=len(folder.catalogue))
    return fixed_split(made.train, all_users(folder.test, len(folder.train))), made


def all_users(split: Split, users: int) -> Targets:
    """Return the targets of a split row by row for all users, empty for those that it does not ask."""
    rows: list[list[int]] = [[] for _ in range(users)]
    for at, user in enumerate(split.users):
        rows[user] = split.targets.row(at).tolist()
    spread = Histories.of(rows)
    return Targets(indptr=spread.indptr, items=spread.items)


if __name__ == "__main__":
    main()
