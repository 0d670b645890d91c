"""The graph itself: immutable triples (product, relation, value), reachable from both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.data import Catalogue, Fact, Facts
from kgrec.errors import DataError, SettingsError
from kgrec.graph import exports, view
from kgrec.graph.building import index_facts
from kgrec.graph.changing import Renumbered, changed_parts
from kgrec.graph.hierarchy import Hierarchy, hierarchy_of
from kgrec.graph.paths import Path, find_paths
from kgrec.graph.quantities import values_between
from kgrec.graph.ranges import Range, RangeSettings, ranges_of
from kgrec.graph.statistics import describe
from kgrec.graph.triples import ARRAYS, ASIDE, SOURCES, Triples

if TYPE_CHECKING:
    import networkx as nx
    from scipy.sparse import csr_matrix

__all__ = ["Graph"]


class Graph(Triples):
    """The product knowledge graph; made by :meth:`from_facts`, equal for equal facts, and read-only.

    The arrays and the direct reads (``values_of``, ``products_with``, ``neighbours``, ``shared``, ``label``, ``find``)
    are those of :class:`kgrec.graph.Triples`.
    """

    # --- making, keeping

    @classmethod
    def from_facts(cls, product_ids: Sequence[str], facts: Facts, *, keep_sources: bool = True) -> Graph:
        """Build the graph of some facts.

        Args:
            product_ids: (n,) unique ids; their order gives the product numbers.
            facts: in any order. Duplicates of a triple are merged: the highest confidence counts, and all remain
                reachable through :meth:`sources`. Facts of other products are counted in ``unknown_products``. Facts
                that were overruled or rejected are no triples; :meth:`set_aside` returns them.
            keep_sources: whether to keep ``facts`` for :meth:`sources`.

        Raises:
            DataError: an id is given twice or is no valid text, or there are more than 32,767 relations.
        """
        parts = index_facts(product_ids, facts)._asdict()
        if keep_sources:
            parts["facts"] = facts
        else:
            parts |= dict.fromkeys(SOURCES)
        if not keep_sources or not len(parts["aside_row"]):
            parts |= dict.fromkeys(ASIDE)
        return cls(product_ids=tuple(product_ids), **parts)

    @classmethod
    def from_networkx(cls, network: nx.Graph) -> Graph:
        """Read back what :meth:`to_networkx` wrote; product numbers follow the order of the product nodes.

        Raises:
            DataError: a node or an edge lacks the attributes that ``to_networkx`` writes.
        """
        return cls.from_facts(*view.from_networkx(network), keep_sources=False)

    @classmethod
    def read_parquet(cls, path: str | PathLike[str], product_ids: Sequence[str] | None = None) -> Graph:
        """Read back what :meth:`write_parquet` wrote, or any Parquet table of product, relation and value.

        Args:
            path: the file; a column ``confidence`` is used where there is one, other columns are ignored.
            product_ids: in order of product number, with products that have no triple. None takes the ids from the
                table, in order of first appearance.

        Raises:
            DataError: the file is missing or is no such table.
        """
        return cls.from_facts(*exports.read_triple_table(path, product_ids), keep_sources=False)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the numeric part: name → array, without ids and texts (see :meth:`to_tables`)."""
        arrays = {name: getattr(self, name) for name in self._kept_arrays()}
        return arrays | {"left_out": np.array([self.unknown_products, self.unusable_facts], np.int64)}

    def to_tables(self) -> dict[str, pa.Table]:
        """Return the texts: ``relations`` (column ``relation``), ``values`` (``value``) and, where kept, ``facts``."""
        tables = {"relations": pa.table({"relation": pa.array(self.relations, pa.string())})}
        tables["values"] = pa.table({"value": self.values})
        return tables if self.facts is None else tables | {"facts": self.facts.table}

    @classmethod
    def from_arrays(
        cls, product_ids: Sequence[str], arrays: Mapping[str, NDArray[Any]], tables: Mapping[str, pa.Table]
    ) -> Graph:
        """Build from what :meth:`to_arrays` and :meth:`to_tables` gave; arrays may be memory-mapped.

        Raises:
            DataError: something is missing or does not fit together.
        """
        facts = Facts(tables["facts"]) if "facts" in tables else None
        names = [*ARRAYS] if facts is None else [*ARRAYS, *SOURCES]
        names += [*ASIDE] if facts is not None and any(name in arrays for name in ASIDE) else []
        if missing := [n for n in (*names, "left_out") if n not in arrays] + [
            n for n in ("relations", "values") if n not in tables
        ]:
            raise DataError(f"a graph cannot be read without {', '.join(missing)}")
        return cls(
            product_ids=tuple(product_ids),
            relations=tuple(tables["relations"]["relation"].to_pylist()),
            values=tables["values"]["value"].combine_chunks(),
            facts=facts,
            unknown_products=int(arrays["left_out"][0]),
            unusable_facts=int(arrays["left_out"][1]),
            **{name: arrays[name] for name in names},
        )

    # --- changing

    def with_products(
        self, product_ids: Sequence[str], nums: Sequence[int] | NDArray[np.integer], facts: Facts
    ) -> tuple[Graph, Renumbered]:
        """Return the graph after some products got other facts; this one stays as it is.

        It equals the graph of all facts together. A few passes over the arrays, without sorting them.

        Args:
            product_ids: (n,) those of this graph in their order, then those of new products.
            nums: the products whose triples are replaced by those of ``facts``, every new one among them.
            facts: all facts of these products; none takes a product's triples away.

        Returns:
            The new graph, and what became of the numbers of the values.

        Raises:
            DataError: an id is no valid text, or the old ids are not the beginning of the new ones.
        """
        chosen = np.unique(np.asarray(nums, np.int64))
        ids = tuple(product_ids)
        old = len(self.product_ids)
        fresh = np.arange(old, len(ids))
        inside = not len(chosen) or 0 <= chosen[0] <= chosen[-1] < len(ids)
        if len(ids) < old or not inside or not np.isin(fresh, chosen).all():
            raise DataError("product_ids must begin with those of the graph, and nums must name every further one")
        parts, renumbered = changed_parts(self, ids, chosen, facts)
        return Graph.of_checked(parts), renumbered

    # --- asking

    def related(self, num: int, *, hub: int | None = None) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return two hops of a product: the others that share a value, int32 (m,), rising, and how many, int64 (m,).

        Args:
            num: product number.
            hub: values that more than so many products carry are not followed; None follows all of them.

        Raises:
            IndexError: ``num`` is not in 0 … n−1.
            SettingsError: ``hub`` is below 1.
        """
        values = self.values_of(num)
        if hub is not None:
            if hub < 1:
                raise SettingsError(f"hub must be at least 1, the products that a value may have; got {hub}")
            values = values[self.value_indptr[values + 1] - self.value_indptr[values] <= hub]
        reached = view.gather(self.value_indptr, self.product, values)
        reached = reached[reached != num]
        reached.sort()
        opens = np.ones(len(reached), bool)
        np.not_equal(reached[1:], reached[:-1], out=opens[1:])
        first = np.flatnonzero(opens)
        return reached[first], np.diff(first, append=len(reached))

    def sources(self, num: int, value_num: int) -> tuple[Fact, ...]:
        """Return every fact that states a triple, surest first; empty where there is none or sources are not kept.

        Raises:
            IndexError: ``num`` is not in 0 … n−1.
        """
        at = self._triple(num, value_num)
        if at is None or self.facts is None or self.fact_indptr is None or self.fact_row is None:
            return ()
        facts = self._facts_at(self.fact_row[self.fact_indptr[at] : self.fact_indptr[at + 1]])
        return tuple(sorted(facts, key=lambda fact: -fact.confidence))

    def set_aside(self, num: int) -> tuple[Fact, ...]:
        """Return what was stated of a product and is no triple, because it was overruled or rejected; in order.

        Raises:
            IndexError: ``num`` is not in 0 … n−1.
        """
        self.values_of(num)  # checks the number
        if self.aside_indptr is None or self.aside_row is None:
            return ()
        return self._facts_at(self.aside_row[self.aside_indptr[num] : self.aside_indptr[num + 1]])

    def _facts_at(self, rows: NDArray[np.int32]) -> tuple[Fact, ...]:
        if self.facts is None:
            return ()
        table = self.facts.table  # cell by cell: to take rows would join the chunks of a table that has grown
        return tuple(Fact(**{name: table[name][row].as_py() for name in table.column_names}) for row in rows.tolist())

    def incidence(self, relation: str | None = None, *, weighted: bool = False) -> csr_matrix:
        """Return which product has which value as a sparse float32 (n, v) matrix.

        Args:
            relation: leave out the other relations (their columns stay, empty).
            weighted: confidences instead of ones.

        Raises:
            DataError: the graph has no such relation.
        """
        from scipy.sparse import csr_matrix

        data = self.confidence if weighted else np.ones(len(self), np.float32)
        value, indptr = self.value, self.indptr
        if relation is not None:
            numbers = self.values_in(relation)
            if relation not in self.relations:
                raise DataError(f"the graph has no relation {relation!r}; it has {', '.join(self.relations) or 'none'}")
            kept = (value >= numbers.start) & (value < numbers.stop)
            indptr = np.concatenate([[0], np.cumsum(kept)])[indptr]
            value, data = value[kept], data[kept]
        return csr_matrix((data, value, indptr), shape=(len(self.product_ids), len(self.values)), copy=True)

    def paths(self, a: int, b: int, max_hops: int = 2, *, limit: int = 100) -> tuple[Path, ...]:
        """Return ways from one product to another, the shortest and then the most specific first.

        Args:
            a: product number.
            b: product number.
            max_hops: 2 (a shared value) or 4 (also through a third product).
            limit: at most so many paths.

        Raises:
            SettingsError: ``max_hops`` is not 2 or 4, or ``limit`` is below 1.
            IndexError: a number is not in 0 … n−1.
        """
        return find_paths(self, a, b, max_hops=max_hops, limit=limit)

    def hierarchy(self, relation: str = "category", *, separator: str = " > ") -> Hierarchy:
        """Return the values of a relation whose texts are paths as a tree; empty where the relation is unknown.

        Args:
            relation: its name.
            separator: what stands between levels.
        """
        return hierarchy_of(self, relation, separator)

    def values_between(
        self, relation: str, low: float | None = None, high: float | None = None, unit: str = ""
    ) -> NDArray[np.int32]:
        """Return the values of a relation from ``low`` to ``high``, both included, int32 (m,), rising.

        ``15 cm``, ``0.15 m`` and ``5.9055 in`` are compared as lengths, whatever unit is asked for. Values that are no
        single number, and those of another kind of quantity, are not among them.

        Args:
            relation: its name; an unknown one has no values.
            low: in ``unit``; None for no lower bound.
            high: in ``unit``; None for no upper bound.
            unit: such as ``"cm"``; ``""`` means plain numbers.

        Raises:
            SettingsError: there is no such unit, or ``low`` is above ``high``.
        """
        return values_between(self, relation, low, high, unit)

    def ranges(self, relation: str, settings: RangeSettings | None = None) -> tuple[Range, ...]:
        """Return the quantities of a relation in ranges such as ``10–20 cm``, from low to high, kind by kind.

        Args:
            relation: its name; an unknown one has none.
            settings: how many ranges, and what is too little for any.
        """
        return ranges_of(self, relation, settings or RangeSettings())

    # --- describing, handing on

    def statistics(self, *, hub_share: float = 0.2) -> dict[str, Any]:
        """Return counts that JSON can hold; see :func:`kgrec.graph.statistics.describe` for the keys.

        Raises:
            SettingsError: ``hub_share`` is not in 0 … 1.
        """
        return describe(self, hub_share=hub_share)

    def to_networkx(self, around: str | int | None = None, hops: int = 2, max_nodes: int | None = None) -> nx.Graph:
        """Return a neighbourhood, or everything, as a networkx graph.

        Product nodes are named by their id and have ``kind="product"`` and ``label`` (the id). Value nodes are named
        ``"relation:value"`` (with colons in front where a product has that id) and have ``kind="value"``, ``label``
        (the value) and ``relation``. Edges have ``relation`` and ``confidence``.

        Args:
            around: a product's id or number; None for the whole graph.
            hops: edges from that product; 1 gives its values, 2 also the products that share them.
            max_nodes: at most so many nodes, nearest first, then those of the values that the fewest products carry.

        Raises:
            UnknownProductError: ``around`` is not in the graph.
            SettingsError: ``hops`` is negative or ``max_nodes`` below 1.
        """
        return view.to_networkx(self, around, hops=hops, max_nodes=max_nodes)

    def write_graphml(self, path: str | PathLike[str]) -> None:
        """Write GraphML; see :func:`kgrec.graph.write_graphml`."""
        exports.write_graphml(self, path)

    def write_jsonld(self, path: str | PathLike[str], catalogue: Catalogue | None = None) -> None:
        """Write schema.org JSON-LD; see :func:`kgrec.graph.write_jsonld`."""
        exports.write_jsonld(self, path, catalogue)

    def write_parquet(self, path: str | PathLike[str]) -> None:
        """Write a table of triples; see :func:`kgrec.graph.write_parquet`."""
        exports.write_parquet(self, path)

    def write_ntriples(self, path: str | PathLike[str], *, base: str = "urn:kgrec:", confidences: bool = False) -> None:
        """Write RDF N-Triples; see :func:`kgrec.graph.write_ntriples`."""
        exports.write_ntriples(self, path, base=base, confidences=confidences)

    def write_neo4j(self, folder: str | PathLike[str], catalogue: Catalogue | None = None) -> None:
        """Write CSV files for Neo4j's import; see :func:`kgrec.graph.write_neo4j`."""
        exports.write_neo4j(self, folder, catalogue)
