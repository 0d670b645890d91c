"""A language model as a re-ranker: asked about each candidate, or for an order of all."""
