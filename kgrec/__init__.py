"""Explained recommendations from a product knowledge graph that nobody has to bring."""
