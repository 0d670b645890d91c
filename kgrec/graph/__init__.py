"""The product knowledge graph: typed triples in compressed arrays, its views, paths, statistics and exports."""

from kgrec.graph.exports import write_graphml, write_jsonld, write_neo4j, write_ntriples, write_parquet
from kgrec.graph.graph import Graph
from kgrec.graph.hierarchy import Hierarchy
from kgrec.graph.paths import Path
from kgrec.graph.ranges import Range, RangeSettings, range_facts
from kgrec.graph.triples import Triples

__all__ = [
    "Graph",
    "Hierarchy",
    "Path",
    "Range",
    "RangeSettings",
    "Triples",
    "range_facts",
    "write_graphml",
    "write_jsonld",
    "write_neo4j",
    "write_ntriples",
    "write_parquet",
]
