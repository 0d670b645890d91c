"""Folders of published data → the nouns of the library, and a note on everything that was used, missing or odd.

Four layouts: leave-one-out (``amazon-beauty``), fixed splits as KGAT (``amazon-book``) and as PGPR publish them (beside
the files of ``amazon-beauty``), and sessions (``retailrocket``). Every file may be plain or end in ``.gz``. A line that
cannot be read is counted and named by its number; reading goes on.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np
import pyarrow as pa

from kgrec.data import Catalogue, Events, Facts, Histories, Product
from kgrec.errors import CatalogueError, DataError, EventsError
from kgrec.evaluation import Split, fixed_split

__all__ = [
    "LEAKING",
    "FixedFolder",
    "Folder",
    "SessionFolder",
    "data_folder",
    "load_fixed_split",
    "load_leave_one_out",
    "load_pgpr_split",
    "load_sessions",
]

LEAKING = frozenset({"also_bought", "also_viewed", "bought_together"})
"""Relations that were collected after the interactions: they give the test away."""

_SOURCES = {
    "amazon-beauty": "github.com/RUCAIBox/CIKM2020-S3Rec (data/) and jmcauley.ucsd.edu/data/amazon (Beauty, 2014)",
    "amazon-book": "github.com/xiangwang1223/knowledge_graph_attention_network (Data/amazon-book)",
    "retailrocket": "github.com/HKUDS/SSLRec (retail_rocket), first kaggle.com/datasets/retailrocket/ecommerce-dataset",
    "online-retail": "archive.ics.uci.edu/dataset/502/online+retail+ii",
}
_BEHAVIOURS = {"view": "view", "cart": "cart", "addtocart": "cart", "buy": "purchase", "purchase": "purchase"}


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A leave-one-out folder: products, histories (times in seconds since the user's first event) and notes."""

    catalogue: Catalogue
    histories: Histories
    user_ids: tuple[str, ...]
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class FixedFolder:
    """A folder with a fixed split: ``layout`` is ``"kgat"`` or ``"pgpr"``.

    ``facts`` are the files' own triples beside what the catalogue declares: of the one relation ``"entity"``, or none.
    """

    layout: str
    catalogue: Catalogue
    train: Histories
    test: Split
    facts: Facts
    user_ids: tuple[str, ...]
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class SessionFolder:
    """A folder of typed events; the queries of ``test`` hold everything that a user touched in train."""

    catalogue: Catalogue
    events: Events
    test: Split
    notes: list[str]


def data_folder(name: str) -> Path:
    """Return the folder ``name`` below ``KGREC_DATA`` (default ``../shared/data`` beside the repository).

    Raises:
        DataError: there is no such folder; the message says where its files come from.
    """
    root = Path(os.environ.get("KGREC_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    if (root / name).is_dir():
        return root / name
    source = f"; get its files from {_SOURCES[name]}" if name in _SOURCES else ""
    raise DataError(f"no data folder {name!r} below {root}{source}, and set KGREC_DATA to the folder above it")


def load_leave_one_out(folder: Path | str, *, relations: Sequence[str] | None = None) -> Folder:
    """Read ``interactions.tsv`` and what there is of ``items.jsonl``, ``item2attributes.json``, ``kg_triples.tsv``.

    Products come from ``items.jsonl``, else from the interactions. Attributes that only repeat the brand and the
    levels of the categories are not added again. A brand ``"Unknown"`` is no brand. Brand and category triples fill
    in products that lack them, other triples become declared attributes.

    Args:
        folder: the folder.
        relations: relations of ``kg_triples.tsv`` to use; None takes all but the leaking ones, () none.

    Raises:
        EventsError: there is no usable interaction.
        CatalogueError: ``items.jsonl`` is there without a usable row.
    """
    reader = _Reader(Path(folder))
    rows = _interactions(reader)
    users = {name: num for num, name in enumerate(dict.fromkeys(row[0] for row in rows))}
    items = _items(reader)
    _fill_attributes(reader, items)
    _fill_triples(reader, items, relations)
    products, num = _products(reader, items, [row[1] for row in rows])
    events = sorted((users[name], place, at) for at, (name, _, place, _) in enumerate(rows))
    order = [at for _, _, at in events]
    counts = np.bincount([user for user, _, _ in events], minlength=len(users))
    histories = Histories(
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        items=np.array([num[rows[at][1]] for at in order], np.int32),
        weights=np.ones(len(order), np.float32),
        times=np.array([rows[at][3] for at in order], np.float64),
    )
    names = {cells[0]: cells[1] for _, cells in reader.table("users.tsv", 2, header="user", missing="")}
    return Folder(
        catalogue=Catalogue(products),
        histories=histories,
        user_ids=tuple(names.get(user, user) for user in users),
        notes=reader.notes,
    )


def load_fixed_split(folder: Path | str, *, layout: str | None = None) -> FixedFolder:
    """Read a split that others published.

    ``"kgat"``: ``train.txt`` and ``test.txt`` (user item item …), ``item_entity_1hop.tsv`` and ``item_list.txt``. Items
    are numbers and keep them, 0 … the largest that any file names as an item. The id of a product is its ``org_id``
    where ``item_list.txt`` has one, else the number. Item lists have no order. ``"pgpr"``: see ``load_pgpr_split``.

    Args:
        folder: the folder.
        layout: None takes ``"pgpr"`` where its files are there and no ``train.txt`` is.

    Raises:
        EventsError: train or test has no usable line.
    """
    reader = _Reader(Path(folder))
    if layout is None:
        layout = "pgpr" if reader.path("pgpr_split_train.tsv") and not reader.path("train.txt") else "kgat"
    return load_pgpr_split(folder) if layout == "pgpr" else _kgat_split(reader)


def _kgat_split(reader: _Reader) -> FixedFolder:
    train, test = reader.baskets("train.txt"), reader.baskets("test.txt")
    users = sorted(train.keys() | test.keys())
    entities = [
        (int(cells[0]), cells[1])
        for _, cells in reader.table(
            "item_entity_1hop.tsv", 2, header="item", numeric=(0,), missing="no knowledge graph"
        )
    ]
    listed = {
        int(cells[1]): cells[0]
        for _, cells in reader.table("item_list.txt", 2, header="org_id", numeric=(1,), missing="ids are the numbers")
    }
    numbers = {item for baskets in (train, test) for row in baskets.values() for item in row}
    n = 1 + max(numbers | {item for item, _ in entities} | listed.keys())
    unique = len(set(listed.values())) == len(listed)
    ids = [listed.get(num, str(num)) if unique else str(num) for num in range(n)]
    if len(set(ids)) != n:
        ids = [str(num) for num in range(n)]
        reader.notes.append("ids of item_list.txt are not unique beside the numbers: ids are the numbers")
    known = _unordered([train.get(user, []) for user in users])
    split = fixed_split(known, _unordered([test.get(user, []) for user in users]))
    held, kept = sum(len(row) for row in test.values()), len(split.targets.items)
    if held != kept:
        reader.notes.append(f"{held - kept} test items are in the same user's train and were left out")
    reader.notes.append(f"{len(users)} users, {n} products, {len(known.items)} train and {kept} test interactions")
    if len(split.cold):
        reader.notes.append(f"{len(split.cold)} test products have no train interaction (cold)")
    return FixedFolder(
        layout="kgat",
        catalogue=Catalogue(Product(id=name) for name in ids),
        train=known,
        test=split,
        facts=_entity_facts([ids[item] for item, _ in entities], [value for _, value in entities]),
        user_ids=tuple(str(user) for user in users),
        notes=reader.notes,
    )


def load_pgpr_split(folder: Path | str, *, relations: Sequence[str] | None = None) -> FixedFolder:
    """Read ``pgpr_split_train.tsv`` and ``pgpr_split_test.tsv`` (reviewerID, asin); products as for leave-one-out.

    The two files have no order: a random share of each user's products is the test. ``interactions.tsv`` and
    ``users.tsv`` beside them say in which order a user touched the products of *train*, and how many seconds lie
    between. Neither the places nor the times of test products are kept: times count from the user's first train event.

    Args:
        folder: the folder.
        relations: of ``kg_triples.tsv``, as for ``load_leave_one_out``.

    Raises:
        EventsError: train or test has no usable line.
    """
    reader = _Reader(Path(folder))
    train, test = (_pairs(reader, f"pgpr_split_{part}.tsv") for part in ("train", "test"))
    items = _items(reader)
    _fill_attributes(reader, items)
    _fill_triples(reader, items, relations)
    by_asin = {item.asin or name: name for name, item in items.items()}
    names = {asin: by_asin.get(asin, asin) for part in (train, test) for row in part.values() for asin in row}
    products, num = _products(reader, items, names.values())
    users = list(dict.fromkeys((*train, *test)))
    when = _moments(reader, items) if reader.path("interactions.tsv") else {}
    known = _in_order([train.get(user, {}) for user in users], users, {a: num[n] for a, n in names.items()}, when)
    total, untold = len(known.items), int(sum((u, a) not in when for u, row in train.items() for a in row))
    if untold:
        reader.notes.append(f"interactions.tsv does not say when {untold} of {total} train interactions were")
    split = fixed_split(known, Histories.of([[num[names[asin]] for asin in test.get(user, {})] for user in users]))
    held, kept = sum(map(len, test.values())), len(split.targets.items)
    if held != kept:
        reader.notes.append(f"{held - kept} test items are in the same user's train and were left out")
    order = "in order" if known.ordered else "without order"
    reader.notes.append(
        f"{len(users)} users, {len(products)} products, {total} train interactions {order} and {kept} test ones"
    )
    return FixedFolder(
        layout="pgpr",
        catalogue=Catalogue(products),
        train=known,
        test=split,
        facts=Facts.of(()),
        user_ids=tuple(users),
        notes=reader.notes,
    )


def load_sessions(folder: Path | str) -> SessionFolder:
    """Read ``train_events.tsv`` (user, item, behavior, unix_seconds) and ``test_buy.tsv`` (user, item).

    Behaviours become the types view, cart and purchase; others keep their name. The split asks with all train events
    of a user, so every product that the user touched in any way is left out of the ranking.

    Raises:
        EventsError: a file has no usable line.
    """
    reader = _Reader(Path(folder))
    rows = [cells for _, cells in reader.table("train_events.tsv", 4, header="user", numeric=(3,), needed=True)]
    held = [cells for _, cells in reader.table("test_buy.tsv", 2, header="user", needed=True)]
    ids = sorted({cells[1] for cells in rows} | {cells[1] for cells in held}, key=_natural)
    catalogue = Catalogue(Product(id=name) for name in ids)
    users: dict[str, int] = {}
    for cells in (*rows, *held):
        users.setdefault(cells[0], len(users))
    types: dict[str, int] = {"view": 0, "cart": 1, "purchase": 2}
    kinds = [types.setdefault(_BEHAVIOURS.get(cells[2].lower(), cells[2]), len(types)) for cells in rows]
    events = Events(
        users=tuple(users),
        user=np.array([users[cells[0]] for cells in rows], np.int32),
        item=np.array([catalogue.num(cells[1]) for cells in rows], np.int32),
        types=tuple(types),
        type=np.array(kinds, np.int16),
        time=np.array([float(cells[3]) for cells in rows]),
        value=np.full(len(rows), np.nan),
    )
    wanted: list[list[int]] = [[] for _ in users]
    for cells in held:
        wanted[users[cells[0]]].append(catalogue.num(cells[1]))
    split = fixed_split(events.histories(), Histories.of(wanted))
    if len(split.targets.items) != len(held):
        reader.notes.append(
            f"{len(held) - len(split.targets.items)} held-out buys repeat or were touched before, and were left out"
        )
    counts = ", ".join(f"{name} {kinds.count(num)}" for name, num in types.items())
    reader.notes.append(f"{len(users)} users, {len(catalogue)} products, events: {counts}; {len(held)} held-out buys")
    return SessionFolder(catalogue=catalogue, events=events, test=split, notes=reader.notes)


def _entity_facts(products: list[str], values: list[str]) -> Facts:
    """Build declared facts column by column: there are hundreds of thousands."""
    size = len(products)
    word = pa.array(["entity"] * size, pa.string())
    none = pa.array(np.full(size, -1), pa.int32())
    columns = {
        "product": pa.array(products, pa.string()),
        "relation": word,
        "value": pa.array(values, pa.string()),
        "field": word,
        "start": none,
        "end": none,
        "surface": pa.array([""] * size, pa.string()),
        "confidence": pa.array(np.ones(size), pa.float32()),
        "extractor": pa.array(["declared"] * size, pa.string()),
    }
    return Facts(pa.table(columns))


@dataclass(slots=True)
class _Item:
    """One product of a leave-one-out folder while it is put together."""

    title: str = ""
    asin: str = ""
    brand: str | None = None
    categories: tuple[tuple[str, ...], ...] = ()
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class _Reader:
    """Reads files of one folder, plain or gzip, and collects notes."""

    folder: Path
    notes: list[str] = field(default_factory=list)

    def path(self, name: str) -> Path | None:
        """Return the file, with or without ``.gz``, or None."""
        return next((p for p in (self.folder / f"{name}.gz", self.folder / name) if p.is_file()), None)

    def lines(self, name: str) -> Iterator[tuple[int, str]]:
        """Yield (line number from 1, line without its end); a file that breaks off ends there, with a note."""
        path = self.path(name)
        if path is None:
            return
        opener = gzip.open if path.suffix == ".gz" else open
        number = 0
        with cast(TextIO, opener(path, "rt", encoding="utf-8", errors="replace")) as file:
            try:
                for line in file:
                    number += 1
                    yield number, line.rstrip("\r\n")
            except (EOFError, OSError) as error:
                self.notes.append(f"{path.name} breaks off after line {number}: {error}")

    def table(
        self,
        name: str,
        width: int,
        *,
        header: str,
        numeric: tuple[int, ...] = (),
        missing: str = "",
        needed: bool = False,
    ) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of a file of tab- or space-separated cells, at least ``width`` of them, none empty.

        Args:
            name: of the file.
            width: cells a line must have.
            header: first cell of a header line, which is skipped.
            numeric: cells that must be finite non-negative numbers.
            missing: what to note where the file is not there.
            needed: raise where nothing is usable.
        """
        bad: list[int] = []
        good = 0
        separator = "\t" if name.endswith(".tsv") else None
        for number, line in self.lines(name):
            cells = [cell.strip() for cell in line.split(separator)]
            if not line.strip() or (number == 1 and cells[0].lower() == header):
                continue
            if (
                len(cells) < width
                or "" in cells[:width]
                or (numeric and not all(_is_number(cells[at]) for at in numeric))
            ):
                bad.append(number)
                continue
            good += 1
            yield number, cells
        self.close(name, good, bad, missing=missing, needed=needed)

    def close(self, name: str, good: int, bad: list[int], *, missing: str, needed: bool) -> None:
        """Note what a file gave."""
        if bad:
            first = ", ".join(map(str, bad[:10])) + (", …" if len(bad) > 10 else "")
            self.notes.append(f"{name}: {len(bad)} malformed lines skipped (lines {first})")
        if needed and not good:
            what = "has no usable line" if self.path(name) else "is missing"
            raise EventsError(f"{name} {what} in {self.folder}; it is needed to know who touched what")
        if self.path(name) is None and missing:
            self.notes.append(f"{name} is missing: {missing}")

    def baskets(self, name: str) -> dict[int, list[int]]:
        """Read ``user item item …`` lines; a user's items are kept once, in order of first appearance."""
        found: dict[int, dict[int, None]] = {}
        bad: list[int] = []
        for number, line in self.lines(name):
            cells = line.split()
            if not cells:
                continue
            if not "".join(cells).isdecimal():
                bad.append(number)
                continue
            user, *items = map(int, cells)
            found.setdefault(user, {}).update(dict.fromkeys(items))
        usable = sum(len(items) for items in found.values())
        self.close(name, usable, bad, missing="", needed=True)
        return {user: list(items) for user, items in found.items()}


def _pairs(reader: _Reader, name: str) -> dict[str, dict[str, None]]:
    """Read (user, product) lines; a user's products are kept once."""
    found: dict[str, dict[str, None]] = {}
    for _, cells in reader.table(name, 2, header="reviewerid", needed=True):
        found.setdefault(cells[0], {})[cells[1]] = None
    return found


def _moments(reader: _Reader, items: Mapping[str, _Item]) -> dict[tuple[str, str], tuple[float, float]]:
    """Read when a user (reviewerID) touched a product (asin) first: its place and its seconds."""
    rows = _interactions(reader)
    users = {cells[0]: cells[1] for _, cells in reader.table("users.tsv", 2, header="user", missing="")}
    asins = {name: item.asin or name for name, item in items.items()}
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for user, name, place, seconds in sorted(rows, key=lambda row: row[2]):
        found.setdefault((users.get(user, user), asins.get(name, name)), (place, seconds))
    return found


def _in_order(
    rows: Sequence[Iterable[str]],
    users: Sequence[str],
    num: Mapping[str, int],
    when: Mapping[tuple[str, str], tuple[float, float]],
) -> Histories:
    """Put each user's products in the order they were touched, those of unknown time first.

    Only the order among these rows and the seconds between them are kept: the place in the whole history would tell
    where something is missing, which is what the test asks for.
    """
    unknown = -1.0, float("nan")
    placed = [
        sorted((when.get((user, asin), unknown)[0], num[asin], when.get((user, asin), unknown)[1]) for asin in row)
        for user, row in zip(users, rows, strict=True)
    ]
    made = Histories.of([[item for _, item, _ in row] for row in placed])
    times = np.array([seconds for row in placed for *_, seconds in row], np.float64)
    first = [next((seconds for *_, seconds in row if not np.isnan(seconds)), 0.0) for row in placed]
    return Histories(
        indptr=made.indptr,
        items=made.items,
        weights=made.weights,
        times=times - np.repeat(first, made.lengths()),
        ordered=any(place >= 0 for row in placed for place, _, _ in row),
    )


def _interactions(reader: _Reader) -> list[tuple[str, str, float, float]]:
    """Read (user, item, place, seconds since the user's first event or NaN) rows; columns are found by their names."""
    names = ["user", "item", "pos", "gap_seconds_since_previous", "cum_seconds_since_first"]
    for _, line in reader.lines("interactions.tsv"):
        if line.lower().startswith("user\t"):
            names = [cell.strip().lower() for cell in line.split("\t")]
        break
    user, item = names.index("user"), names.index("item") if "item" in names else 1
    place = names.index("pos") if "pos" in names else None
    seconds = names.index("cum_seconds_since_first") if "cum_seconds_since_first" in names else None
    rows = []
    untimed = 0
    for number, cells in reader.table("interactions.tsv", 2, header="user", needed=True):
        at = _number(cells, place)
        time = _number(cells, seconds)
        untimed += np.isnan(time)
        rows.append((cells[user], cells[item], number if np.isnan(at) else at, time))
    if place is None:
        reader.notes.append("interactions.tsv has no pos: order is the order of the file")
    if untimed:
        reader.notes.append(f"interactions.tsv: {untimed} of {len(rows)} interactions have no time")
    return rows


def _items(reader: _Reader) -> dict[str, _Item]:
    """Read ``items.jsonl``: id → what it says."""
    if reader.path("items.jsonl") is None:
        reader.notes.append("items.jsonl is missing: products come from the interactions")
        return {}
    items: dict[str, _Item] = {}
    bad: list[int] = []
    dropped = added = 0
    for number, line in reader.lines("items.jsonl"):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name = str(row["id"] if row.get("id") is not None else row["asin"])
        except (ValueError, KeyError, TypeError, AttributeError):
            bad.append(number)
            continue
        if name in items:
            bad.append(number)
            continue
        item = _Item(title=_text(row.get("title")), asin=_text(row.get("asin")))
        item.brand = _brand(row.get("brand"))
        item.categories = _paths(row.get("categories"))
        declared, repeats = _declared(row.get("attributes"), item)
        item.attributes = declared
        dropped += repeats
        added += bool(declared)
        items[name] = item
    reader.close("items.jsonl", len(items), bad, missing="", needed=False)
    if not items:
        raise CatalogueError(f"items.jsonl has no usable row in {reader.folder}; remove it or repair it")
    have = [
        f"{part} {sum(bool(getattr(i, part)) for i in items.values())}" for part in ("title", "brand", "categories")
    ]
    reader.notes.append(f"items.jsonl: {len(items)} products, with {', '.join(have)}")
    if dropped:
        reader.notes.append(
            f"attributes of {dropped} products repeat brand or category levels: repeats not added again"
        )
    if added:
        reader.notes.append(f"attributes of {added} products are used as declared attributes")
    return items


def _fill_attributes(reader: _Reader, items: dict[str, _Item]) -> None:
    """Give attribute ids to products about which nothing else is declared."""
    text = "\n".join(line for _, line in reader.lines("item2attributes.json"))
    if not text:
        return
    try:
        table: dict[str, Any] = dict(json.loads(text))
    except (ValueError, TypeError) as error:
        reader.notes.append(f"item2attributes.json cannot be read and is not used: {error}")
        return
    filled = 0
    for name, values in table.items():
        item = items.setdefault(str(name), _Item())
        if item.brand is None and not item.categories and not item.attributes:
            item.attributes, _ = _declared(values, item)
            filled += bool(item.attributes)
    use = f"attribute ids of {filled} products used" if filled else "not used, items.jsonl says as much in words"
    reader.notes.append(f"item2attributes.json: {use}")


def _fill_triples(reader: _Reader, items: dict[str, _Item], relations: Sequence[str] | None) -> None:
    """Use knowledge graph triples (product id, relation, tail)."""
    if relations is not None and not relations:
        return
    by_id = {item.asin or name: item for name, item in items.items()}
    filled = {name: (item.brand is None, not item.categories) for name, item in by_id.items()}
    used: dict[str, int] = {}
    left: dict[str, int] = {}
    bad: list[int] = []
    for number, line in reader.lines("kg_triples.tsv"):  # a million lines are usual, so this loop is a lean one
        cells = line.split("\t")
        if len(cells) < 3 or not cells[0] or not cells[1] or not cells[2]:
            bad.append(number)
            continue
        name, relation, tail = cells[0], cells[1], cells[2]
        wanted = relation not in LEAKING if relations is None else relation in relations
        if not wanted or name not in by_id:
            left[relation] = left.get(relation, 0) + 1
            continue
        item = by_id[name]
        no_brand, no_categories = filled[name]
        if relation == "brand":
            fits = no_brand and _brand(tail) is not None
            item.brand = item.brand or _brand(tail) if fits else item.brand
        elif relation == "category":
            fits = no_categories
            item.categories = (*item.categories, (tail,)) if fits else item.categories
        else:
            fits = True
            item.attributes[relation] = (*item.attributes.get(relation, ()), tail)
        counts = used if fits else left
        counts[relation] = counts.get(relation, 0) + 1
    reader.close("kg_triples.tsv", sum(used.values()), bad, missing="", needed=False)
    for verb, counts in (("used", used), ("not used (leaking, not asked for, known already or unknown product)", left)):
        if counts:
            reader.notes.append(f"kg_triples.tsv {verb}: " + ", ".join(f"{k} {v}" for k, v in sorted(counts.items())))


def _products(reader: _Reader, items: dict[str, _Item], touched: Iterable[str]) -> tuple[list[Product], dict[str, int]]:
    """Number the products: those of the files first, in order, then those that only interactions name."""
    known = len(items)
    for name in sorted(set(touched) - items.keys(), key=_natural):
        items[name] = _Item()
    if known and len(items) > known:
        reader.notes.append(f"{len(items) - known} products have interactions and are described nowhere: bare ids")
    asins = [item.asin or name for name, item in items.items()]
    ids = asins if len(set(asins)) == len(asins) else list(items)
    if ids is not asins:
        reader.notes.append("asins are not unique: ids of the file are the product ids")
    products = [
        Product(
            id=product_id,
            title=item.title,
            brand=item.brand,
            categories=item.categories,
            attributes=item.attributes,
        )
        for product_id, item in zip(ids, items.values(), strict=True)
    ]
    return products, {name: num for num, name in enumerate(items)}


def _declared(value: Any, item: _Item) -> tuple[dict[str, tuple[str, ...]], bool]:
    """Turn the attributes of a row into declared ones; also tell whether some only repeated brand or categories."""
    said = {level.casefold() for path in item.categories for level in path} | {(item.brand or "").casefold(), "unknown"}
    named = value if isinstance(value, dict) else {"attribute": value}
    result: dict[str, tuple[str, ...]] = {}
    repeats = False
    for name, given in named.items():
        texts = [_text(part) for part in (given if isinstance(given, list | tuple) else [given])]
        new = tuple(dict.fromkeys(text for text in texts if text and text.casefold() not in said))
        repeats |= len(new) < len([text for text in texts if text and text.casefold() != "unknown"])
        if new:
            result[str(name)] = new
    return result, repeats


def _paths(value: Any) -> tuple[tuple[str, ...], ...]:
    """Read categories: a list of paths, one path, or one name."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        return ()
    paths = value if any(isinstance(part, list | tuple) for part in value) else [value]
    clean = (tuple(t for t in map(_text, p if isinstance(p, list | tuple) else [p]) if t) for p in paths)
    return tuple(dict.fromkeys(path for path in clean if path))


def _brand(value: Any) -> str | None:
    text = _text(value)
    return text if text and text.casefold() != "unknown" else None


def _text(value: Any) -> str:
    """Return a value as clean text, ``""`` for null."""
    return "" if value is None else " ".join(str(value).split())


def _number(cells: list[str], at: int | None) -> float:
    """Return a cell as a number, NaN where it is missing or none."""
    return float(cells[at]) if at is not None and at < len(cells) and _is_number(cells[at]) else float("nan")


def _is_number(cell: str) -> bool:
    try:
        return np.isfinite(float(cell)) and float(cell) >= 0
    except ValueError:
        return False


def _natural(name: str) -> tuple[int, int, str]:
    """Order ids that are numbers as numbers, before all others."""
    return (0, int(name), "") if name.isdecimal() else (1, 0, name)


def _unordered(rows: list[list[int]]) -> Histories:
    made = Histories.of(rows)
    return Histories(indptr=made.indptr, items=made.items, weights=made.weights, times=made.times, ordered=False)
