"""The product knowledge graph: typed triples in compressed arrays, its views, paths, statistics and exports."""

from kgrec.graph.export import write_graphml, write_jsonld, write_parquet
from kgrec.graph.graph import Graph
from kgrec.graph.paths import Path
from kgrec.graph.report import GraphReport, Reliability, ReportSettings, reliability_of, report
from kgrec.graph.triples import Triples

__all__ = [
    "Graph",
    "GraphReport",
    "Path",
    "Reliability",
    "ReportSettings",
    "Triples",
    "reliability_of",
    "report",
    "write_graphml",
    "write_jsonld",
    "write_parquet",
]
