"""Leave-one-out with full ranking: each user's last product is the test, the one before it the validation.

The library chooses its settings on validation, is fitted once more on everything but the test products, and answers.
Peers are fitted on the same histories and choose their settings on the same validation split.

    python benchmarks/leave_one_out.py --data ../shared/data/amazon-beauty --peers --json beauty.json
"""

from __future__ import annotations

import numpy as np
from comparing import Question, answered, facts_of, peer_figures, show, text_vectors
from layouts import load_leave_one_out
from measuring import common_arguments, console, write_json

from kgrec.data import Histories
from kgrec.evaluation import leave_one_out
from kgrec.graph import Graph
from kgrec.pipeline import model_inputs
from kgrec.serving.progress import drawn_progress

SHOWN = ("recall@5", "ndcg@5", "recall@10", "ndcg@10", "recall@20", "ndcg@20")


def main() -> None:
    parser = common_arguments(__doc__.splitlines()[0])
    parser.add_argument(
        "--facts", choices=("declared", "rules"), default="rules", help="declared ones alone, or rules too"
    )
    arguments = parser.parse_args()
    folder = load_leave_one_out(arguments.data)
    for note in folder.notes:
        console.print(f"· {note}")
    split = leave_one_out(folder.histories)
    question = Question(validation=split.validation, known=all_but_last(folder.histories), test=split.test)
    with drawn_progress() as progress:
        facts = facts_of(folder.catalogue, arguments.facts, progress)
        graph = Graph.from_facts(folder.catalogue.ids, facts)
        console.print(f"· {graph}")
        vectors, encode_seconds = text_vectors(folder.catalogue, facts, arguments, progress)
        inputs = model_inputs(graph, split.train, vectors)
        about = {
            "used": folder.notes,
            "users": len(folder.histories),
            "products": len(folder.catalogue),
            "events": len(folder.histories.items),
        }
        figures = answered(inputs, question, arguments, about, encode_seconds, progress)
        if arguments.peers:
            write_json(arguments.json, figures.result)  # peers take long: what is known so far
            figures.result["peers"] = peer_figures(
                {"": question}, inputs.n, figures.report, progress, sasrec_minutes=arguments.sasrec_minutes
            )
    show(figures.result, SHOWN)
    write_json(arguments.json, figures.result)


def all_but_last(histories: Histories) -> Histories:
    """Return what may be known when the test product is asked for; users with fewer than three events whole."""
    lengths = histories.lengths()
    keep = np.ones(len(histories.items), np.bool_)
    keep[histories.indptr[1:][lengths >= 3] - 1] = False
    return histories.keep(keep)


if __name__ == "__main__":
    main()
