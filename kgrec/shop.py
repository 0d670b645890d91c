"""Everything a shop's answers are made from, in one frozen value, and its way to a folder and back."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.data import Catalogue, Feedback, Histories, Product
from kgrec.errors import SnapshotDamagedError
from kgrec.explanation import Audience
from kgrec.graph import Graph
from kgrec.ranking import RankingStages, load_stages, save_stages
from kgrec.retrieval import CountScales, FitStatistics, IndexPlan, LinearModel, LinearSettings
from kgrec.snapshot import Snapshot, read_snapshot, write_snapshot

__all__ = ["Shop", "read_shop", "write_shop"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Shop:
    """What the build arrow made and the ask arrow reads.

    Attributes:
        catalogue: n products.
        graph: facts of the same n products.
        vectors: float32 (n, d), text vectors of the product documents; (n, 0) without text.
        encoder: name of the encoder that made them, empty without text.
        model: fitted on ``histories``.
        users: ids of the u known users.
        histories: theirs, row by row.
        index: how the centred vectors are searched, planned and measured at build time; None without text, or where
            an older snapshot has none: then every vector is compared.
        report: how the shop was built: what was read, set aside, chosen and measured; JSON.
        neighbours: the nearest texts of each product, numbers int32 (n, t), −1 where there are fewer, and cosines
            float32 (n, t); None where they are not kept. Updates search them anew then.
        statistics: what the fit measured and updates keep; None where it follows from the other parts.
        feedback: what shoppers said of recommendations, oldest first.
        stages: re-rankers with what they add; None where none was trained.
    """

    catalogue: Catalogue
    graph: Graph
    vectors: NDArray[np.float32]
    encoder: str
    model: LinearModel
    users: tuple[str, ...]
    histories: Histories
    index: IndexPlan | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    neighbours: tuple[NDArray[np.int32], NDArray[np.float32]] | None = None
    statistics: FitStatistics | None = None
    feedback: tuple[Feedback, ...] = ()
    stages: RankingStages | None = None

    @cached_property
    def audience(self) -> Audience:
        """Who touched what, for counts in explanations and for popularity."""
        return Audience.of(self.histories, len(self.catalogue))

    @cached_property
    def user_num(self) -> dict[str, int]:
        """User id → row in ``histories``."""
        return {user: num for num, user in enumerate(self.users)}


_STAGES = "stages"
_PRODUCTS = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "title", "description", "brand", "currency", "language", "image")),
        ("price", pa.float64()),
        ("available", pa.bool_()),
        ("categories", pa.list_(pa.list_(pa.string()))),
        ("attributes", pa.map_(pa.string(), pa.list_(pa.string()))),
        ("extra", pa.string()),
    ]
)


def write_shop(shop: Shop, path: str | os.PathLike[str]) -> None:
    """Write a shop as a snapshot folder.

    Raises:
        SnapshotError: the folder holds something else, or the disk refuses.
    """
    settings = asdict(shop.model.settings)
    write_snapshot(
        path,
        arrays={
            "model-indptr": shop.model.indptr,
            "model-columns": shop.model.columns,
            "model-weights": shop.model.weights,
            "model-parts": shop.model.parts,
            "vectors": shop.vectors,
            "history-indptr": shop.histories.indptr,
            "history-items": shop.histories.items,
            "history-weights": shop.histories.weights,
            "history-times": shop.histories.times,
            **({} if shop.histories.kinds is None else {"history-kinds": shop.histories.kinds}),
            **_kept_for_updates(shop),
            **{f"graph-{name}": array for name, array in shop.graph.to_arrays().items()},
            **{f"index-{name}": array for name, array in (shop.index.to_arrays() if shop.index else {}).items()},
        },
        tables={
            "products": _products_table(shop.catalogue),
            "users": pa.table({"user": pa.array(shop.users, pa.string())}),
            **{f"graph-{name}": table for name, table in shop.graph.to_tables().items()},
        },
        documents={
            "settings": settings,
            "sources": list(shop.model.sources),
            "report": dict(shop.report),
            **({} if shop.index is None else {"index": asdict(shop.index.report)}),
            **({"feedback": [_said(record) for record in shop.feedback]} if shop.feedback else {}),
        },
        folders={} if shop.stages is None else {_STAGES: partial(save_stages, shop.stages)},
        meta={
            "encoder": shop.encoder,
            "products": len(shop.catalogue),
            "ordered": shop.histories.ordered,
            "event_types": list(shop.histories.kind_names),
            "head_factors": None if shop.model.factors is None else list(shop.model.factors),
            "count_scales": None if shop.statistics is None else list(shop.statistics.scales),
        },
    )


def read_shop(path: str | os.PathLike[str]) -> Shop:
    """Read what :func:`write_shop` wrote; arrays are memory-mapped.

    Raises:
        SnapshotError: not a snapshot, damaged (the file is named), or written by a newer format.
    """
    folder = read_snapshot(path)
    try:
        return _assembled(folder)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SnapshotDamagedError(f"{os.fspath(path)} is whole but is no kgrec shop: {error}") from error


def _assembled(folder: Snapshot) -> Shop:
    catalogue = Catalogue(_products(folder.table("products")))
    prefix = "graph-"
    graph = Graph.from_arrays(
        catalogue.ids,
        {name.removeprefix(prefix): folder.array(name) for name in folder.arrays if name.startswith(prefix)},
        {name.removeprefix(prefix): folder.table(name) for name in folder.tables if name.startswith(prefix)},
    )
    factors = folder.meta.get("head_factors")
    model = LinearModel(
        settings=replace(LinearSettings(), **folder.document("settings")),
        sources=tuple(folder.document("sources")),
        indptr=folder.array("model-indptr"),
        columns=folder.array("model-columns"),
        weights=folder.array("model-weights"),
        parts=folder.array("model-parts"),
        factors=None if factors is None else (float(factors[0]), float(factors[1])),
    )
    histories = Histories(
        indptr=folder.array("history-indptr"),
        items=folder.array("history-items"),
        weights=folder.array("history-weights"),
        times=folder.array("history-times"),
        ordered=bool(folder.meta["ordered"]),
        kinds=folder.array("history-kinds") if "history-kinds" in folder.arrays else None,
        kind_names=tuple(folder.meta.get("event_types", ())),
    )
    return Shop(
        catalogue=catalogue,
        graph=graph,
        vectors=folder.array("vectors"),
        encoder=str(folder.meta["encoder"]),
        model=model,
        users=tuple(folder.table("users")["user"].to_pylist()),
        histories=histories,
        index=_index_plan(folder),
        report=folder.document("report"),
        neighbours=(
            (folder.array("neighbour-nums"), folder.array("neighbour-cosines"))
            if "neighbour-nums" in folder.arrays
            else None
        ),
        statistics=_statistics(folder, model.factors),
        feedback=tuple(map(_heard, folder.document("feedback"))) if "feedback" in folder.documents else (),
        stages=None if (within := folder.folder(_STAGES)) is None else load_stages(within),
    )


def _said(record: Feedback) -> dict[str, Any]:
    """Return feedback as JSON, which knows no NaN."""
    return asdict(record) | {"time": None if math.isnan(record.time) else record.time}


def _heard(stated: Mapping[str, Any]) -> Feedback:
    return Feedback(**{**stated, "time": math.nan if stated["time"] is None else stated["time"]})


def _kept_for_updates(shop: Shop) -> dict[str, NDArray[Any]]:
    """Return the arrays that only updates read."""
    kept: dict[str, NDArray[Any]] = {}
    if shop.neighbours is not None:
        kept |= {"neighbour-nums": shop.neighbours[0], "neighbour-cosines": shop.neighbours[1]}
    if shop.statistics is not None:
        found = shop.statistics
        kept |= {"fit-text-mean": found.text_mean, "fit-rarity": found.rarity, "fit-value-factors": found.value_factors}
        kept |= {} if found.text_map is None else {"fit-text-map": found.text_map}
    return kept


def _statistics(folder: Snapshot, factors: tuple[float, float] | None) -> FitStatistics | None:
    scales = folder.meta.get("count_scales")
    if scales is None or factors is None:
        return None
    return FitStatistics(
        factors=factors,
        text_mean=folder.array("fit-text-mean"),
        scales=CountScales(*map(float, scales)),
        text_map=folder.array("fit-text-map") if "fit-text-map" in folder.arrays else None,
        rarity=folder.array("fit-rarity"),
        value_factors=folder.array("fit-value-factors"),
    )


def _index_plan(folder: Snapshot) -> IndexPlan | None:
    if "index" not in folder.documents:
        return None
    arrays = {name.removeprefix("index-"): folder.array(name) for name in folder.arrays if name.startswith("index-")}
    return IndexPlan.from_arrays(arrays, folder.document("index"))


def _products_table(catalogue: Catalogue) -> pa.Table:
    columns = {
        column.name: pa.array([_cell(product, column.name) for product in catalogue], type=column.type)
        for column in _PRODUCTS
    }
    return pa.table(columns, schema=_PRODUCTS)


def _cell(product: Product, name: str) -> Any:
    value = getattr(product, name)
    if name == "attributes":
        return [(key, list(values)) for key, values in value.items()]
    if name == "extra":
        return json.dumps(dict(value), ensure_ascii=False, default=str)
    return value


def _products(table: pa.Table) -> list[Product]:
    products = []
    for row in table.to_pylist():
        categories = tuple(tuple(path) for path in row.pop("categories"))
        attributes = {key: tuple(values) for key, values in row.pop("attributes")}
        extra = json.loads(row.pop("extra"))
        products.append(Product(categories=categories, attributes=attributes, extra=extra, **row))
    return products
