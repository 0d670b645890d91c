"""The demo: a real shop, from its raw order lines to explained recommendations, step by step."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import kgrec
from kgrec.data import Evidence, Fact, Facts, Product
from kgrec.embedding import SentenceEncoder, product_documents
from kgrec.evaluation import ItemKnnScorer, PopularityScorer, Report, Split, evaluate, time_split
from kgrec.extraction import RuleExtractor, extract
from kgrec.graph import Graph
from kgrec.pipeline import build, model_inputs
from kgrec.protocols import Encoder, Progress, Scorer
from kgrec.recommender import Recommender
from kgrec.retrieval import LinearModel, LinearSettings, ModelInputs
from kgrec.serving.online_retail import OnlineRetail, load_online_retail
from kgrec.serving.page import demo_page
from kgrec.serving.page_content import CustomerSection, DemoContent, ExampleFact, QualityRow
from kgrec.serving.picture import neighbourhood_svg
from kgrec.serving.progress import drawn_progress
from kgrec.tuning import choose_settings, validation_split

__all__ = ["DemoFiles", "run_demo"]

TRAIN_SHARE = 0.8
"""Share of the purchases, by time, that the evaluated model may see."""
SHOWN_METRICS = ("recall@10", "ndcg@10", "mrr@10", "coverage@10")
HISTORY_SHOWN = 8
EVIDENCE_SHOWN = 3
SEARCH_PRODUCTS = 400
"""Fewer than the default of a build, so that the demo ends within two minutes."""
EXAMPLE_TITLE_WORDS = 4
ATTRIBUTION = (
    "Data: Online Retail II, year 2009–2010 (Chen, D., 2012, UCI Machine Learning Repository), CC BY 4.0. "
    "Bundled in another file format, otherwise unchanged."
)
ATTRIBUTION_URL = "https://doi.org/10.24432/C5CG6D"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFiles:
    """What the demo wrote: the page, the picture of a graph neighbourhood, the saved shop."""

    page: Path
    picture: Path
    shop: Path


@dataclass(slots=True)
class _Stages:
    """Says what happens and keeps the seconds of each stage."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[Progress]:
        started = time.perf_counter()
        with drawn_progress(self.console) as progress:
            yield progress
        self.seconds[name] = round(time.perf_counter() - started, 1)
        self.console.print(f"[green]✓[/] {name} [dim]{self.seconds[name]:.1f} s[/]")


def run_demo(out: Path, *, console: Console, encoder: Encoder | None = None) -> DemoFiles:
    """Run the demo and write its files into a folder.

    Args:
        out: folder for ``demo.html``, ``demo-graph.svg`` and ``demo-shop/``; made where it is missing.
        console: where to print.
        encoder: in place of all-MiniLM-L6-v2.

    Raises:
        EncoderUnavailableError: the default encoder cannot be loaded.
    """
    out.mkdir(parents=True, exist_ok=True)
    stages = _Stages(console)
    with stages.stage("read the shop"):
        retail = load_online_retail()
    _print_rows(console, retail)
    with stages.stage("extract facts from titles") as progress:
        facts = extract(retail.catalogue, RuleExtractor.learned_from(retail.catalogue), progress=progress)
    with stages.stage("build the graph"):
        graph = Graph.from_facts(retail.catalogue.ids, facts)
    _print_facts(console, retail, facts, graph)
    with stages.stage("load the text encoder"):
        encoder = encoder or SentenceEncoder()
    with stages.stage("encode product documents") as progress:
        vectors = encoder.encode(product_documents(retail.catalogue, facts), progress=progress)
    with stages.stage("choose settings on a validation split") as progress:
        split = time_split(retail.events.histories(), fraction=TRAIN_SHARE)
        inputs = model_inputs(graph, split.train, vectors)
        question = validation_split(split.train)
        tuning = choose_settings(
            inputs, question, base=LinearSettings(), products=SEARCH_PRODUCTS, looks=0, progress=progress
        )
    with stages.stage("evaluate on the last purchases") as progress:
        reports = _evaluated(inputs, split, tuning.settings, progress)
    quality = _quality_rows(reports)
    _print_quality(console, quality, split)
    with stages.stage("build the shop on all purchases") as progress:
        shop = build(
            retail.catalogue,
            retail.events,
            facts,
            encoder=encoder,
            vectors=vectors,
            settings=tuning.settings,
            progress=progress,
        )
    customers = [_customer(shop, user) for user in _some_customers(shop)]
    for customer in customers:
        _print_customer(console, customer)
    files = DemoFiles(page=out / "demo.html", picture=out / "demo-graph.svg", shop=out / "demo-shop")
    with stages.stage("save, load and compare"):
        _check_reload(shop, customers, files.shop)
    _write_pages(files, shop, retail, customers, quality, split, _example(shop, facts), stages.seconds)
    console.print(f"the answers of the loaded shop are identical\n\n[bold]{files.page}[/] – open it in a browser")
    console.print(f"{files.picture} – the graph around one recommendation\n{files.shop}/ – kgrec.load() reads it")
    console.print(f"[dim]{ATTRIBUTION}[/]")
    return files


# --- measuring


def _evaluated(inputs: ModelInputs, split: Split, settings: LinearSettings, progress: Progress) -> dict[str, Report]:
    """Fit on the train part and rank everything for every customer with something new; the peers likewise."""
    scorers: dict[str, Scorer] = {
        "kgrec": LinearModel.fit(inputs.with_histories(split.train), settings, progress=progress),
        "TF-IDF item-kNN": ItemKnnScorer.fit(split.train, inputs.n, weighting="tfidf", documents="users"),
        "popularity": PopularityScorer.fit(split.train, inputs.n),
    }
    return {name: evaluate(scorer, split, ks=(10,), progress=progress) for name, scorer in scorers.items()}


def _quality_rows(reports: Mapping[str, Report]) -> list[QualityRow]:
    ours = reports["kgrec"]
    return [
        QualityRow(
            name=name,
            metrics=report.metrics,
            intervals={key: (found.low, found.high) for key, found in report.intervals.items()},
            p_value=None if report is ours else ours.against(report, "ndcg@10").p_value,
        )
        for name, report in reports.items()
    ]


# --- choosing what to show


def _some_customers(shop: Recommender) -> list[str]:
    """Return three customers: a short, a middle and a long history among those with 5 to 60 products."""
    lengths = shop.shop.histories.lengths()
    usual = np.flatnonzero((lengths >= 5) & (lengths <= 60))
    by_length = usual[np.argsort(lengths[usual], kind="stable")]
    picks = by_length[(np.array([0.2, 0.5, 0.85]) * len(by_length)).astype(int)]
    return [shop.shop.users[row] for row in picks]


def _customer(shop: Recommender, user: str) -> CustomerSection:
    row: NDArray[np.int32] = shop.shop.histories.row(shop.shop.user_num[user])
    history = tuple(shop.catalogue[int(num)] for num in row)
    return CustomerSection(user=user, history=history, recommendations=shop.recommend(user, k=10))


def _example(shop: Recommender, facts: Facts) -> ExampleFact | None:
    """Return a fact that was read in the middle of a longer title, for the page to point at."""
    for fact in facts:
        title = shop.catalogue.product(fact.product).title
        if fact.field == "title" and fact.start > 0 and len(title.split()) >= EXAMPLE_TITLE_WORDS:
            return ExampleFact(fact=fact, product=shop.catalogue.product(fact.product))
    return None


def _pictured(customers: list[CustomerSection]) -> tuple[CustomerSection, int]:
    """Return the recommendation with most fact evidence: it has the most to draw."""
    pairs = [(customer, rank) for customer in customers for rank in range(len(customer.recommendations))]
    return max(pairs, key=lambda pair: _facts_in(pair[0], pair[1]))


def _facts_in(customer: CustomerSection, rank: int) -> int:
    explanation = customer.recommendations[rank].explanation
    return sum(found.kind == "fact" for found in explanation.evidence) if explanation else 0


# --- writing


def _check_reload(shop: Recommender, customers: list[CustomerSection], folder: Path) -> None:
    shop.save(folder)
    loaded = kgrec.load(folder)
    for customer in customers:
        if loaded.recommend(customer.user, k=10) != customer.recommendations:
            raise kgrec.errors.SnapshotError(f"the loaded shop answers differently for customer {customer.user}")


def _write_pages(
    files: DemoFiles,
    shop: Recommender,
    retail: OnlineRetail,
    customers: list[CustomerSection],
    quality: list[QualityRow],
    split: Split,
    example: ExampleFact | None,
    seconds: Mapping[str, float],
) -> None:
    customer, rank = _pictured(customers)
    found = customer.recommendations[rank]
    svg = ""
    if found.explanation is not None:
        history = [product.id for product in customer.history]
        svg = neighbourhood_svg(shop.graph, shop.catalogue, found.explanation, history=history)
    files.picture.write_text(svg, encoding="utf-8")
    described = shop.describe()
    settings = {name: value for name, value in asdict(shop.shop.model.settings).items() if name != "relation_weights"}
    content = DemoContent(
        title="kgrec on a real shop",
        introduction="A year of order lines of a British gift shop, read, turned into a knowledge graph, and answered.",
        kept={
            "order lines": retail.report["kept"],
            "products": len(retail.catalogue),
            "customers": len(retail.events.users),
        },
        set_aside={reason: rows for reason, rows in retail.report.items() if reason != "kept" and rows},
        graph=shop.graph,
        example=example,
        customers=customers,
        quality=quality,
        metric_keys=SHOWN_METRICS,
        quality_note=_quality_note(split),
        picture_svg=svg,
        picture_caption=f"Why customer {customer.user} is shown {found.title}.",
        settings=settings,
        relation_weights=described["relation_weights"],
        seconds=seconds,
        attribution=ATTRIBUTION,
        attribution_url=ATTRIBUTION_URL,
    )
    files.page.write_text(demo_page(content), encoding="utf-8")


def _quality_note(split: Split) -> str:
    return (
        f"Fitted on the first {TRAIN_SHARE:.0%} of purchases; {len(split):,} customers are asked for the products they "
        "bought for the first time in the rest; all products are ranked; settings chosen on a validation split of the "
        "first part."
    )


# --- printing


def _print_rows(console: Console, retail: OnlineRetail) -> None:
    table = Table(title="order lines", title_justify="left")
    table.add_column("reason")
    table.add_column("rows", justify="right")
    for reason, rows in retail.report.items():
        table.add_row("kept" if reason == "kept" else f"set aside: {reason}", f"{rows:,}")
    console.print(table)


def _print_facts(console: Console, retail: OnlineRetail, facts: Facts, graph: Graph) -> None:
    console.print(f"{len(facts):,} facts; {graph!r}")
    by_product: dict[str, list[Fact]] = {}
    for fact in facts:
        by_product.setdefault(fact.product, []).append(fact)
    richest: list[Product] = sorted(retail.catalogue, key=lambda product: -len(by_product.get(product.id, ())))[:3]
    for product in richest:
        console.print(f"  [bold]{product.title}[/]", highlight=False)
        for fact in by_product.get(product.id, ()):
            where = f"{fact.field}[{fact.start}:{fact.end}] {fact.surface!r}"
            console.print(
                f"    {fact.relation} = {fact.value}  [dim]{where}, {fact.confidence:.2f}[/]", highlight=False
            )


def _print_quality(console: Console, quality: list[QualityRow], split: Split) -> None:
    table = Table(title=_quality_note(split), title_justify="left")
    table.add_column("model")
    for key in (*SHOWN_METRICS, "p (NDCG)"):
        table.add_column(key, justify="right")
    for row in quality:
        cells = []
        for key in SHOWN_METRICS:
            low, high = row.intervals.get(key, (None, None))
            cells.append(f"{row.metrics[key]:.3f}" + (f" [{low:.3f}, {high:.3f}]" if low is not None else ""))
        table.add_row(row.name, *cells, "" if row.p_value is None else f"{row.p_value:.3g}")
    console.print(table)


def _print_customer(console: Console, customer: CustomerSection) -> None:
    console.print(f"\n[bold]customer {customer.user}[/] has {len(customer.history)} products, the newest last:")
    for product in customer.history[-HISTORY_SHOWN:]:
        console.print(f"    {product.title}", style="dim", highlight=False)
    titles = {product.id: product.title for product in customer.history}
    for rank, found in enumerate(customer.recommendations, start=1):
        console.print(f"{rank:>3}. [bold]{found.title}[/]  {found.score:.3f}  [dim]{found.source}[/]", highlight=False)
        if found.explanation is None:
            continue
        console.print(f"     {found.explanation.text}", highlight=False, markup=False)
        for evidence in found.explanation.evidence[:EVIDENCE_SHOWN]:
            console.print(f"       {_evidence_line(evidence, titles)}", style="dim", highlight=False, markup=False)


def _evidence_line(found: Evidence, titles: Mapping[str, str]) -> str:
    """Write one piece of evidence: its share of the score, what kind it is, and the product it comes from."""
    what = f"{found.relation.replace('_', ' ')} {found.value}" if found.kind == "fact" else found.kind
    source = f" ← {titles.get(found.history_item, found.history_item)}" if found.history_item else ""
    return f"{found.share:>4.0%} {what}{source}"
