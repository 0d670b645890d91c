"""What the search looks at: settings, their values, and how much has to be gained."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "COUNT_SETTINGS",
    "ENOUGH_QUERIES",
    "FIRST_CHOICES",
    "NEWCOMER_QUERIES",
    "NEWCOMER_SCALES",
    "NEWCOMER_SHARE",
    "NEWCOMER_TOLERANCE",
    "ORDERED_ONLY",
    "RELATION_COVERAGE",
    "RELATION_FACTORS",
    "RELATION_LIMIT",
    "RELATION_MARGIN",
    "SAMPLE_DEPTH",
    "SAMPLE_PRODUCTS",
    "SAMPLE_QUERIES",
    "SECOND_LOOK",
    "STRIDES",
    "SUPPORTS",
    "SUPPORT_MARGIN",
]

SAMPLE_PRODUCTS = 10_000
"""Products that the search fits and ranks: a product's weights do not depend on which others are fitted."""
ENOUGH_QUERIES = 200
"""A split by time that asks fewer users than this is too noisy to choose by."""
SAMPLE_DEPTH = 20
"""Length of the lists that a trial is judged by."""
SAMPLE_QUERIES = 20_000
"""Validation queries that the search asks."""
FIRST_CHOICES: Mapping[str, tuple[float, ...]] = {
    "recency": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0),
    "ridge": (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0),
    "sequence_share": (0.0, 0.3, 0.5, 0.6, 0.7, 0.8),
    "baskets": (False, True),
    "sequence_ridge": (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0),
    "past_decay": (0.3, 0.5, 0.7, 0.85, 0.95),
    "future_decay": (0.6, 0.8, 0.9, 0.95),
    "relation_weight": (2.5, 5.0, 10.0, 14.0, 20.0, 40.0, 80.0, 160.0),
    "extracted_share": (0.0, 0.1, 0.25, 0.5, 1.0),
    "value_learning": (0.0, 0.5),
    "dropout": (0.0, 0.2, 0.4, 0.6),
    "learned_text": (False, True),
    "text_weight": (0.0, 1.5, 3.0, 6.0, 12.0, 24.0),
    "text_exponent": (1.0, 1.5, 2.0, 3.0),
    "time_exponent": (0.0, 0.1, 0.2, 0.3, 0.5),
    "length_exponent": (0.0, 0.3, 0.6, 1.0),
    "event_exponent": (0.0, 0.5, 1.0),
}
"""Settings that matter, in the order they are searched, each on a coarse grid walked from the default."""
ORDERED_ONLY = frozenset(
    {"sequence_share", "baskets", "recency", "sequence_ridge", "past_decay", "future_decay", "time_exponent"}
)
STRIDES: Mapping[str, tuple[int, ...]] = {"ridge": (2, 1), "recency": (2, 1), "time_exponent": (2, 1)}
"""Settings with a long way to go are walked in large steps first."""
SECOND_LOOK = (
    "recency", "time_exponent", "ridge", "dropout", "past_decay", "sequence_ridge", "relation_weight",
    "extracted_share", "sequence_share", "value_learning",
)  # fmt: skip
"""Settings that depend most on the others, walked again when those are chosen."""
SUPPORTS = (100, 200)
"""Sizes of a support, walked last; a larger one costs time, memory and latency."""
SUPPORT_MARGIN = 0.004
"""So much has a larger support to gain."""
NEWCOMER_SHARE = 0.2
"""Share of the sampled products that is hidden to see what the model says of new ones."""
NEWCOMER_SCALES = (0.35, 0.5, 0.7, 1.0, 1.4)
NEWCOMER_QUERIES = 2_000
NEWCOMER_TOLERANCE = 0.01
"""Of the scales within this of the best the largest is taken: new products gain most where it costs nothing."""
COUNT_SETTINGS = ("event_exponent", "length_exponent", "past_decay", "future_decay", "window", "baskets")
RELATION_FACTORS = (0.0, 3.0)
"""A relation is tried without weight and with three times the common one."""
RELATION_COVERAGE = 0.02
"""Relations that fewer of the products state keep the common weight: too few to tell."""
RELATION_LIMIT = 8
"""The relations with most triples are weighed, the others keep the common weight."""
RELATION_MARGIN = 0.004
"""A relation's weight changes only for this relative gain: less is noise, and a relation without weight is one that
explanations cannot name."""
