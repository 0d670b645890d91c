"""The graph as files that other tools read: GraphML, schema.org JSON-LD, RDF N-Triples, Neo4j CSV, Parquet."""

from kgrec.graph.exports.graphml import write_graphml
from kgrec.graph.exports.jsonld import write_jsonld
from kgrec.graph.exports.neo4j_csv import write_neo4j
from kgrec.graph.exports.ntriples import write_ntriples
from kgrec.graph.exports.triple_table import read_triple_table, write_parquet

__all__ = ["read_triple_table", "write_graphml", "write_jsonld", "write_neo4j", "write_ntriples", "write_parquet"]
