"""Evaluation: splits, full ranking, metrics with intervals, tests between models, and baselines to beat."""

from kgrec.evaluation.baselines import ItemKnnScorer, PopularityScorer
from kgrec.evaluation.intervals import Interval, PairedTest, bootstrap, bootstrap_all, paired_test
from kgrec.evaluation.metrics import (
    average_popularity,
    average_precision,
    coverage,
    gini,
    hit_rate,
    intra_list_diversity,
    mrr,
    ndcg,
    novelty,
    popularity,
    popularity_percentile,
    precision,
    recall,
)
from kgrec.evaluation.ranking import Ranking, rank
from kgrec.evaluation.report import Report, evaluate
from kgrec.evaluation.splits import (
    LeaveOneOut,
    Split,
    cold_split,
    fixed_split,
    leave_one_out,
    random_holdout,
    time_split,
)

__all__ = [
    "Interval",
    "ItemKnnScorer",
    "LeaveOneOut",
    "PairedTest",
    "PopularityScorer",
    "Ranking",
    "Report",
    "Split",
    "average_popularity",
    "average_precision",
    "bootstrap",
    "bootstrap_all",
    "cold_split",
    "coverage",
    "evaluate",
    "fixed_split",
    "gini",
    "hit_rate",
    "intra_list_diversity",
    "leave_one_out",
    "mrr",
    "ndcg",
    "novelty",
    "paired_test",
    "popularity",
    "popularity_percentile",
    "precision",
    "random_holdout",
    "rank",
    "recall",
    "time_split",
]
