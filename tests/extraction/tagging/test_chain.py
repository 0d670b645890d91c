from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from kgrec.extraction.tagging.chain import Chain, Places, allowed_moves, fit_chain, kinds_of

LABELS = 5  # two attributes
SIZES = (3, 1, 4)


def places_of(seed: int, features: int = 4, tied: int = 3) -> Places:
    rng = np.random.default_rng(seed)
    n = sum(SIZES)
    plain = csr_matrix((rng.random((n, features)) < 0.5).astype(np.float64))
    shared = csr_matrix((rng.random((n * LABELS, tied)) < 0.3).astype(np.float64))
    return Places(plain, shared, np.array(SIZES, np.int64))


def chain_of(seed: int) -> Chain:
    rng = np.random.default_rng(seed)
    return Chain(
        rng.normal(size=(4, LABELS)), rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(LABELS + 1, LABELS))
    )


def paths(chain: Chain, scores: NDArray[np.float64]) -> dict[tuple[int, ...], float]:
    """Return the probability of every allowed labelling of one text, by enumeration."""
    allowed = allowed_moves(LABELS)
    found = {}
    for path in itertools.product(range(LABELS), repeat=len(scores)):
        previous, total = LABELS, 0.0
        for at, label in enumerate(path):
            if not allowed[previous, label]:
                break
            total += scores[at, label] + chain.moves[previous, label]
            previous = label
        else:
            found[path] = float(np.exp(total))
    whole = sum(found.values())
    return {path: weight / whole for path, weight in found.items()}


def spans_in(path: tuple[int, ...]) -> set[tuple[int, int, int]]:
    spans, at = set(), 0
    while at < len(path):
        first = at
        at += 1
        if path[first] % 2:
            while at < len(path) and path[at] == path[first] + 1:
                at += 1
            spans.add((path[first] // 2, first, at))
    return spans


def test_span_probabilities_are_those_of_all_labellings() -> None:
    places, chain = places_of(0), chain_of(1)
    scores = chain.scores(places)
    starts = np.cumsum(SIZES) - SIZES
    found = chain.spans(places, threshold=0.0, longest=10)
    for text, (start, size) in enumerate(zip(starts.tolist(), SIZES, strict=True)):
        likely = paths(chain, scores[start : start + size])
        for span in found[text]:
            expected = sum(p for path, p in likely.items() if (span.attribute, span.first, span.last) in spans_in(path))
            assert span.probability == pytest.approx(expected, rel=1e-9)
        best = max(
            sum(p for path, p in likely.items() if span in spans_in(path))
            for span in set().union(*(spans_in(path) for path in likely))
        )
        assert max(span.probability for span in found[text]) == pytest.approx(best)


def test_spans_do_not_overlap_and_reach_the_threshold() -> None:
    for seed in range(8):
        for spans in chain_of(seed).spans(places_of(seed), threshold=0.2, longest=2):
            assert all(span.probability >= 0.2 and span.last - span.first <= 2 for span in spans)
            assert all(a.last <= b.first for a, b in itertools.pairwise(spans))


def test_a_fit_is_where_the_penalised_likelihood_is_highest() -> None:
    places = places_of(3)
    labels = np.array([0, 1, 2, 3, 1, 2, 2, 0])
    ridge, shared = 0.5, 0.2
    fitted = fit_chain(places, labels, LABELS, ridge=ridge, shared_ridge=shared, iterations=500, told=lambda: None)

    def likelihood(chain: Chain) -> float:
        scores, total, start = chain.scores(places), 0.0, 0
        for size in SIZES:
            total += np.log(paths(chain, scores[start : start + size])[tuple(labels[start : start + size].tolist())])
            start += size
        return float(total)

    def penalty(chain: Chain) -> float:
        return float(
            0.5 * ridge * (chain.plain**2).sum() + 0.5 * shared * ((chain.kinds**2).sum() + (chain.tied**2).sum())
        )

    best = likelihood(fitted) - penalty(fitted)
    rng = np.random.default_rng(4)
    for scale in (1e-2, 0.1, 0.5):
        for _ in range(10):
            other = Chain(
                fitted.plain + scale * rng.normal(size=fitted.plain.shape),
                fitted.kinds + scale * rng.normal(size=fitted.kinds.shape),
                fitted.tied + scale * rng.normal(size=fitted.tied.shape),
                fitted.moves,
            )
            assert likelihood(other) - penalty(other) < best


def test_kinds_and_moves() -> None:
    assert kinds_of(5).tolist() == [0, 1, 2, 1, 2]
    allowed = allowed_moves(5)
    assert allowed[1].tolist() == [1, 1, 1, 1, 0]
    assert allowed[2].tolist() == [1, 1, 1, 1, 0]
    assert allowed[0].tolist() == allowed[5].tolist() == [1, 1, 0, 1, 0]


def test_no_texts() -> None:
    none = Places(csr_matrix((0, 4)), csr_matrix((0, 3)), np.zeros(0, np.int64))
    assert chain_of(0).spans(none, threshold=0.1, longest=3) == []
