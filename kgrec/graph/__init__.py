"""The product knowledge graph: typed triples in compressed arrays, its views, paths, statistics and exports."""

from kgrec.graph.exports import write_graphml, write_jsonld, write_neo4j, write_ntriples, write_parquet
from kgrec.graph.graph import Graph
from kgrec.graph.hierarchy import Hierarchy
from kgrec.graph.paths import Path
from kgrec.graph.ranges import Range, RangeSettings, range_facts
from kgrec.graph.report import GraphReport, Reliability, ReportSettings, reliability_of, report
from kgrec.graph.triples import Triples

__all__ = [
    "Graph",
    "GraphReport",
    "Hierarchy",
    "Path",
    "Range",
    "RangeSettings",
    "Reliability",
    "ReportSettings",
    "Triples",
    "range_facts",
    "reliability_of",
    "report",
    "write_graphml",
    "write_jsonld",
    "write_neo4j",
    "write_ntriples",
    "write_parquet",
]
