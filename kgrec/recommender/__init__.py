"""The ask arrow: a query becomes candidates, scores and explained results."""

from kgrec.recommender.recommender import Recommender, load

__all__ = ["Recommender", "load"]
