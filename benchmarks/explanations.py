"""Are explanations true: shares, counterfactuals, paths, claims, planted falsehoods, repetition and cost.

A shop is built with the library's settings (or those of ``--fix``), shoppers are drawn, and each recommendation is
explained in detail in English and Chinese. Everything is then checked without the explainer:

- contributions must sum to the score;
- each counterfactual is compared with the model asked again: with the event's weight at 0, or with that source's part
  of that one weight taken out of the model's matrix;
- each edge of each path is looked up in the table of facts;
- each claim of each text is looked up by the verifier, which is itself tried on planted falsehoods.

    python benchmarks/explanations.py --data ../shared/data/amazon-beauty --json explanations.json
    python benchmarks/explanations.py --data demo
"""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ablation import demo_shop, folder_shop
from comparing import facts_of, text_vectors
from measuring import common_arguments, console, fixed_settings, write_json
from rich.table import Table

from kgrec.answering import Answering, Candidate, Query
from kgrec.data import Counterfactual, Explanation, Facts
from kgrec.extraction import declared_facts
from kgrec.graph import Graph
from kgrec.pipeline import model_inputs
from kgrec.protocols import Progress
from kgrec.recommender import Recommender
from kgrec.retrieval import LinearModel, LinearSettings, Shown
from kgrec.serving.progress import drawn_progress
from kgrec.shop import Shop

LANGUAGES = ("en", "zh")
TOLERANCE = 1e-4
REPEATS = 5
SAYING = 8
"""Titles of more characters say something that can be exchanged."""
BARS: Mapping[str, str] = {
    "shares_max_relative_error": "≤ 1e-5",
    "counterfactual_agreement": "1",
    "claims_supported": "1",
    "invented_paths": "0",
    "planted_caught": "≥ .98",
    "false_alarms": "≤ .02",
    "unique_sentences": "≥ .80",
    "template_ms": "≤ 0.3",
}


class Asked(NamedTuple):
    """A shopper's query, what was answered, and why in each language."""

    query: Query
    shown: Shown
    found: list[Candidate]
    why: Mapping[str, list[Explanation]]


def main() -> None:
    parser = common_arguments(__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=120, help="shoppers that are drawn")
    parser.add_argument("--k", type=int, default=10, help="recommendations of each")
    parser.add_argument("--planted", type=int, default=100, help="planted falsehoods of each kind")
    parser.add_argument("--facts", choices=("declared", "rules"), default="rules")
    arguments = parser.parse_args()
    with drawn_progress() as progress:
        shop, result = built(arguments, progress)
    now = Recommender(shop)._now
    asked = answers(shop, now, arguments)
    result |= {"shoppers": len(asked), "explanations": sum(len(one.found) for one in asked)}
    result |= shares(asked) | counterfactuals(now, asked, arguments.k) | paths(shop, asked)
    result |= texts(asked) | cost(now, asked) | verified(shop, asked, arguments)
    show(result)
    write_json(arguments.json, result)


def built(arguments: Namespace, progress: Progress) -> tuple[Shop, dict[str, Any]]:
    """Fit a shop on what may be known before the test; text vectors are of what the catalogue declares."""
    source = demo_shop(arguments.seed) if arguments.data == Path("demo") else folder_shop(arguments.data)
    catalogue = source.catalogue
    for note in source.notes:
        console.print(f"· {note}")
    facts = facts_of(catalogue, arguments.facts, progress)
    vectors, _ = text_vectors(catalogue, Facts.of(declared_facts(catalogue)), arguments, progress)
    graph = Graph.from_facts(catalogue.ids, facts)
    console.print(f"· {graph}")
    settings = replace(LinearSettings(), **fixed_settings(arguments.fix))
    model = LinearModel.fit(model_inputs(graph, source.known, vectors, settings), settings, seed=arguments.seed)
    shop = Shop(
        catalogue=catalogue,
        graph=graph,
        vectors=np.zeros((len(catalogue), 0), np.float32) if vectors is None else vectors,
        encoder=arguments.encoder,
        model=model,
        users=tuple(map(str, range(len(source.known)))),
        histories=source.known,
    )
    return shop, {"data": arguments.data.name, "used": source.notes, "products": len(catalogue)}


def answers(shop: Shop, now: Answering, arguments: Namespace) -> list[Asked]:
    """Answer shoppers with at least two products in their history."""
    from kgrec.reasons import detailed

    rows = np.flatnonzero(shop.histories.lengths() >= 2)
    rows = np.random.default_rng(arguments.seed).permutation(rows)[: arguments.users]
    asked = []
    for row in rows.tolist():
        query = now.of_user(shop.users[row])
        shown = Shown(hidden=query.items)
        found = now.candidates(query, shown, arguments.k)
        why = {language: now.explained(query, found, language) for language in LANGUAGES}
        details = [
            detailed(now, query, shown, arguments.k, one, candidate.source)
            for one, candidate in zip(why["en"], found, strict=True)
        ]
        asked.append(Asked(query, shown, found, {**why, "en": details}))
    return asked


def shares(asked: Sequence[Asked]) -> dict[str, Any]:
    """Compare the sum of contributions with the score."""
    errors = [
        abs(sum(part.amount for part in why.contributions) - found.score) / abs(found.score)
        for one in asked
        for why, found in zip(one.why["en"], one.found, strict=True)
        if found.score
    ]
    return {
        "shares_max_relative_error": max(errors, default=0.0),
        "shares_exact": float(np.mean([error <= 1e-5 for error in errors])) if errors else None,
    }


def counterfactuals(now: Answering, asked: Sequence[Asked], k: int) -> dict[str, Any]:
    """Delete each piece of evidence, ask again and compare: the score, and whether the product stays."""
    own, model = now.model, now.model
    copied = replace_arrays(own)
    apart, agreed, kinds = 0.0, [], {"history_item": 0, "source": 0}
    for one in asked:
        for why, found in zip(one.why["en"], one.found, strict=True):
            if found.source != "item-item":
                continue
            for entry in why.counterfactuals:
                score, stays = asked_again(replace(now, model=copied), one, found.num, entry, k)
                difference = abs(score - entry.score)
                apart = max(apart, difference, abs(found.score - entry.lowers - score))
                agreed.append(difference <= TOLERANCE and stays == entry.stays)
                kinds["source" if entry.source else "history_item"] += 1
    assert np.array_equal(model.weights, copied.weights), "what was cut is put back"
    return {
        "counterfactual_agreement": float(np.mean(agreed)) if agreed else None,
        "counterfactuals": kinds,
        "counterfactual_max_error": apart,
    }


def replace_arrays(model: LinearModel) -> LinearModel:
    """Return the same model over a matrix of its own."""
    return LinearModel(
        settings=model.settings,
        sources=model.sources,
        indptr=model.indptr,
        columns=model.columns,
        weights=np.array(model.weights),
        parts=model.parts,
    )


def asked_again(now: Answering, one: Asked, num: int, entry: Counterfactual, k: int) -> tuple[float, bool]:
    """Return the score without something, from the weights themselves, and whether the product is among the first."""
    model, query = now.model, one.query
    item = now.catalogue.num(entry.history_item)
    if not entry.source:
        query = replace(query, weights=np.where(query.items == item, np.float32(0), query.weights))
    place = place_of(model, item, num)
    kept = None if place is None else float(model.weights[place])
    if entry.source and place is not None:
        model.weights[place] -= float(model.parts[place, model.sources.index(entry.source)])
    score = 0.0
    for other, weight in zip(query.items.tolist(), query.weights.tolist(), strict=True):
        at = place_of(model, other, num)
        score += 0.0 if at is None else weight * float(model.weights[at])
    stays = any(found.num == num for found in now.candidates(query, one.shown, k))
    if place is not None and kept is not None:
        model.weights[place] = kept
    return score, stays


def place_of(model: LinearModel, item: int, num: int) -> int | None:
    """Return where the weight of a pair stands."""
    begin, end = int(model.indptr[item]), int(model.indptr[item + 1])
    at = begin + int(np.searchsorted(model.columns[begin:end], num))
    return at if at < end and model.columns[at] == num else None


def paths(shop: Shop, asked: Sequence[Asked]) -> dict[str, Any]:
    """Look up every edge in the table of facts, not in the graph."""
    assert shop.graph.facts is not None, "the shop was built from facts"
    table = shop.graph.facts.table
    columns = [table[name].to_pylist() for name in ("product", "relation", "value")]
    stated = set(zip(*columns, strict=True))
    values = {(relation, value) for _, relation, value in stated}
    checked = invented = 0
    for one in asked:
        for why in one.why["en"]:
            for path in why.paths:
                checked += 1
                ends = path.edges[0].subject == path.history_item and path.edges[-1].subject == path.product
                edges = all(
                    (edge.subject, edge.relation, edge.value) in stated
                    if edge.kind == "fact"
                    else edge.subject.startswith(f"{edge.value} > ") and (edge.relation, edge.value) in values
                    for edge in path.edges
                )
                invented += not (ends and edges)
    return {"invented_paths": invented / checked if checked else 0.0, "paths": checked}


def texts(asked: Sequence[Asked]) -> dict[str, Any]:
    """Count different sentences, repeated ones on one page, and which features are told."""
    found: dict[str, Any] = {"unique": {}, "repeated_on_a_page": {}}
    for language in LANGUAGES:
        said = [why.text for one in asked for why in one.why[language]]
        found["unique"][language] = len(set(said)) / len(said)
        pages = [[why.text for why in one.why[language]] for one in asked]
        found["repeated_on_a_page"][language] = sum(len(page) - len(set(page)) for page in pages)
    told, could = set(), set()
    for one in asked:
        for why in one.why["en"]:
            could |= {(entry.relation, entry.value) for entry in why.evidence if entry.kind == "fact"}
            told |= set(features(why))
    found["unique_sentences"] = min(found["unique"].values())
    found["feature_coverage"] = len(told) / len(could) if could else None
    found["features_told"] = len(told)
    return found


def features(why: Explanation) -> Iterator[tuple[str, str]]:
    """Yield the facts that a paragraph states."""
    for phrase in why.phrases:
        for stated in (phrase.arguments, *phrase.arguments.get("statements", ())):
            if "value" in stated:
                yield stated["relation"], stated["value"]


def cost(now: Answering, asked: Sequence[Asked]) -> dict[str, Any]:
    """Time explanations of whole pages, contributions included: the best of some rounds, in CPU milliseconds each."""
    size = sum(len(one.found) for one in asked)
    found = {}
    for language in LANGUAGES:
        rounds = []
        for _ in range(REPEATS):
            started = time.process_time()
            for one in asked:
                now.explained(one.query, one.found, language)
            rounds.append((time.process_time() - started) / size * 1000)
        found[language] = min(rounds)
    return {"template_ms": max(found.values()), "template_ms_by_language": found}


def verified(shop: Shop, asked: Sequence[Asked], arguments: Namespace) -> dict[str, Any]:
    """Look up each claim of each text, and try the verifier on planted falsehoods."""
    try:
        from falsehoods import parts_of, planted_figures

        from kgrec.explanation.checking import Verifier
    except ImportError as error:
        reason = f"no verifier: {error}"
        return {"claims_supported": None, "planted_caught": None, "false_alarms": None, "reason": reason}
    verifier = Verifier(shop.catalogue, shop.graph, shop.audience)
    result: dict[str, Any] = {"claims": {}, "unsupported": []}
    sums = np.zeros(2, np.int64)
    for length in ("text", "paragraph", "badge"):
        for language in LANGUAGES:
            good = total = 0
            for one in asked:
                history = [shop.catalogue.ids[num] for num in one.query.items.tolist()]
                for why in one.why[language]:
                    said = getattr(why, length)
                    verdict = verifier.verify(said, why.product, evidence=why, history=history, language=language)
                    wrong = [claim for claim in verdict.claims if claim.status != "supported"]
                    good, total = good + len(verdict.claims) - len(wrong), total + len(verdict.claims)
                    result["unsupported"] += [f"{claim.words!r} ({claim.reason}) in {said}" for claim in wrong[:1]]
            result["claims"][f"{length} {language}"] = {"claims": total, "supported": good / total if total else None}
            sums += (good, total) if length == "text" else (0, 0)
    result["claims_supported"] = float(sums[0] / sums[1]) if sums[1] else None
    result["unsupported"] = result["unsupported"][:40]
    if sum(len(product.title) > SAYING for product in shop.catalogue) < len(shop.catalogue) / 2:
        reason = "no falsehoods: most products have no title to plant them in"
        return result | {"planted_caught": None, "false_alarms": None, "reason": reason}
    figures = planted_figures(parts_of(Recommender(shop), seed=arguments.seed), arguments.seed, each=arguments.planted)
    return result | figures


def show(result: Mapping[str, Any]) -> None:
    """Print what was measured beside the bars."""
    table = Table(title=f"{result['explanations']:,} explanations", title_justify="left")
    for name in ("measured", "value", "bar"):
        table.add_column(name, justify="left" if name == "measured" else "right")
    for key, bar in BARS.items():
        value = result.get(key)
        table.add_row(key, "–" if value is None else f"{value:.4g}", bar)
    console.print(table)
    for key in ("reason", "claims", "counterfactuals", "counterfactual_max_error", "paths", "feature_coverage"):
        if key in result:
            console.print(f"{key}: {result[key]}")


if __name__ == "__main__":
    main()
