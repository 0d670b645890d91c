"""A linear-chain conditional random field over sparse features: fitting, and how likely each span is.

Lafferty, McCallum and Pereira, "Conditional random fields", ICML 2001. A label's score at a place is a sum over the
features of the place, and weights are shared in three degrees, so that what is learned of colours holds for collars
too, however few collars the training texts have: a weight for each label, one for all labels that begin a value and one
for all that go on with it, and tied features with one weight each, such as "a word list of the attribute that this
label stands for has a word here". What is shared is penalised less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chain", "Places", "SpanFound", "fit_chain"]

_CHUNK = 1024  # texts in one padded array


class Places(NamedTuple):
    """The places (tokens) of some texts, text by text.

    ``plain``: CSR (n, f), the features of each place. ``tied``: CSR (n × labels, k), the tied features of each place
    and label. ``lengths``: int64 (texts,), number of places of each.
    """

    plain: Any
    tied: Any
    lengths: NDArray[np.int64]


class SpanFound(NamedTuple):
    """Places ``first`` … ``last − 1`` of a text are a value of attribute number ``attribute``."""

    attribute: int
    first: int
    last: int
    probability: float


@dataclass(frozen=True, slots=True)
class Chain:
    """Weights of a chain. Label 0 is outside; attribute a has the labels 2 a + 1 (begins) and 2 a + 2 (goes on).

    Attributes:
        plain: float64 (f, labels).
        kinds: float64 (f, 3), shared by all labels of a kind: outside, begins, goes on.
        tied: float64 (k,).
        moves: float64 (labels + 1, labels), what a label adds after another; the last row is the start of a text.
    """

    plain: NDArray[np.float64]
    kinds: NDArray[np.float64]
    tied: NDArray[np.float64]
    moves: NDArray[np.float64]

    @property
    def n_labels(self) -> int:
        """Number of labels."""
        return int(self.moves.shape[1])

    def scores(self, places: Places) -> NDArray[np.float64]:
        """Return what the features of each place say for each label, float64 (n, labels)."""
        plain = places.plain @ self.plain + (places.plain @ self.kinds)[:, kinds_of(self.n_labels)]
        return np.asarray(plain + (places.tied @ self.tied).reshape(plain.shape), np.float64)

    def spans(self, places: Places, *, threshold: float, longest: int) -> list[list[SpanFound]]:
        """Return for each text the likeliest spans that do not overlap, by place.

        Args:
            places: the texts.
            threshold: spans that are less likely are left out, 0 … 1.
            longest: of a span, in places.
        """
        scores = self.scores(places)
        found: list[tuple[int, list[SpanFound]]] = []
        for rows, size in _padded(places.lengths):
            run = _Run.of(scores, rows, size, self.moves)
            found.extend(zip(rows.text.tolist(), run.spans(threshold, longest), strict=True))
        found.sort(key=lambda one: one[0])
        return [_without_overlap(spans) for _, spans in found]


def fit_chain(
    places: Places,
    labels: NDArray[np.int64],
    n_labels: int,
    *,
    ridge: float,
    shared_ridge: float,
    iterations: int,
    told: Callable[[], None],
) -> Chain:
    """Fit by L-BFGS on the penalised log-likelihood.

    Args:
        places: the training texts.
        labels: int64 (n,), the label of each place.
        n_labels: odd, 1 + 2 × attributes.
        ridge: the penalty is ridge / 2 times the sum of squared weights of single labels, > 0.
        shared_ridge: the same for what labels share, > 0.
        iterations: at most.
        told: called after each iteration.
    """
    from scipy.optimize import minimize

    f, k = places.plain.shape[1], places.tied.shape[1]
    sizes = [f * n_labels, f * 3, k, (n_labels + 1) * n_labels, 12]
    penalty = np.repeat([ridge, shared_ridge, shared_ridge, ridge, shared_ridge], sizes)
    kinds, ends = kinds_of(n_labels), np.cumsum(sizes)
    from_kind = np.append(kinds, 3)
    turned = places.plain.T.tocsr(), places.tied.T.tocsr()
    seen = _gradient(turned, _observed(places, labels, n_labels), kinds)
    batches = _padded(places.lengths)

    def unpacked(weights: NDArray[np.float64]) -> Chain:
        plain, shared, tied, moves, kind_moves, _ = np.split(weights, ends)
        moves = moves.reshape(n_labels + 1, n_labels) + kind_moves.reshape(4, 3)[from_kind[:, None], kinds[None, :]]
        return Chain(plain.reshape(f, n_labels), shared.reshape(f, 3), tied, moves)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        chain = unpacked(weights)
        scores = chain.scores(places)
        likely = np.zeros_like(scores)
        moves = np.zeros_like(chain.moves)
        total = 0.0
        for rows, size in batches:
            run = _Run.of(scores, rows, size, chain.moves)
            total += run.log_sum
            likely[rows.place] = run.marginals()[rows.inside]
            moves += run.expected_moves()
        gradient = _gradient(turned, (likely, moves), kinds) - seen + penalty * weights
        return total - float(seen @ weights) + 0.5 * float(penalty @ weights**2), gradient

    start = np.zeros(sum(sizes))
    result = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=lambda _: told(),
        options={"maxiter": iterations, "maxcor": 8, "ftol": 1e-7, "gtol": 1e-4},
    )
    return unpacked(np.asarray(result.x, np.float64))


def kinds_of(n_labels: int) -> NDArray[np.int64]:
    """Return the kind of each label: 0 outside, 1 begins, 2 goes on."""
    kinds = 2 - np.arange(n_labels) % 2
    kinds[0] = 0
    return kinds


_Used = tuple[NDArray[np.float64], NDArray[np.float64]]
"""How often each place has each label, float64 (n, labels), and each label follows another, (labels + 1, labels)."""


def _observed(places: Places, labels: NDArray[np.int64], n_labels: int) -> _Used:
    here = np.zeros((len(labels), n_labels))
    here[np.arange(len(labels)), labels] = 1.0
    moves = np.zeros((n_labels + 1, n_labels))
    ends = np.cumsum(places.lengths)
    previous = np.concatenate([[n_labels], labels[:-1]])
    previous[(ends - places.lengths)[places.lengths > 0]] = n_labels
    np.add.at(moves, (previous, labels), 1.0)
    return here, moves


def _gradient(turned: tuple[Any, Any], used: _Used, kinds: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how often each weight was used, in the order in which they are packed."""
    here, moves = used
    plain = turned[0] @ here
    to_kind = np.eye(3)[kinds]
    kind_moves = np.eye(4)[np.append(kinds, 3)].T @ moves @ to_kind
    shared = plain @ to_kind
    tied = turned[1] @ here.ravel()
    return np.concatenate([plain.ravel(), shared.ravel(), tied, moves.ravel(), kind_moves.ravel()])


class _Rows(NamedTuple):
    """Where the places of a batch stand in a padded array: numbers of texts and places, bool (texts, size)."""

    text: NDArray[np.int64]
    place: NDArray[np.int64]
    inside: NDArray[np.bool_]


def _padded(lengths: NDArray[np.int64]) -> list[tuple[_Rows, int]]:
    """Cut texts into batches of similar length."""
    order = np.argsort(lengths, kind="stable")
    starts = np.cumsum(lengths) - lengths
    batches = []
    for first in range(0, len(order), _CHUNK):
        texts = order[first : first + _CHUNK]
        size = int(lengths[texts].max(initial=0))
        inside = np.arange(size)[None, :] < lengths[texts][:, None]
        place = (starts[texts][:, None] + np.arange(size)[None, :])[inside]
        batches.append((_Rows(texts, place, inside), size))
    return batches


@dataclass(frozen=True, slots=True)
class _Run:
    """Forward and backward sums of one batch, scaled place by place; float64 (texts, size, labels)."""

    emit: NDArray[np.float64]
    inside: NDArray[np.bool_]
    move: NDArray[np.float64]
    forward: NDArray[np.float64]
    backward: NDArray[np.float64]
    scale: NDArray[np.float64]
    log_sum: float

    @classmethod
    def of(cls, scores: NDArray[np.float64], rows: _Rows, size: int, moves: NDArray[np.float64]) -> _Run:
        n_texts, n_labels = len(rows.text), moves.shape[1]
        padded = np.zeros((n_texts, size, n_labels))
        padded[rows.inside] = scores[rows.place]
        highest = padded.max(axis=2, keepdims=True, initial=-np.inf)
        emit = np.exp(padded - highest)
        move = np.exp(moves) * allowed_moves(n_labels)
        forward, backward = np.zeros_like(emit), np.ones_like(emit)
        scale = np.ones((n_texts, size))
        for at in range(size):
            step = emit[:, at] * (move[-1] if at == 0 else forward[:, at - 1] @ move[:-1])
            total = step.sum(axis=1)
            live = rows.inside[:, at]
            scale[live, at] = total[live]
            forward[:, at] = np.where(live[:, None], step / np.maximum(total, 1e-300)[:, None], 0.0)
        for at in range(size - 2, -1, -1):
            step = (emit[:, at + 1] * backward[:, at + 1]) @ move[:-1].T / scale[:, at + 1, None]
            backward[:, at] = np.where(rows.inside[:, at + 1, None], step, 1.0)
        log_sum = float(np.log(scale).sum() + highest[:, :, 0][rows.inside].sum())
        return cls(emit, rows.inside, move, forward, backward, scale, log_sum)

    def marginals(self) -> NDArray[np.float64]:
        return self.forward * self.backward

    def expected_moves(self) -> NDArray[np.float64]:
        found = np.zeros_like(self.move)
        if self.emit.shape[1] == 0:
            return found
        found[-1] = (self.forward[:, 0] * self.backward[:, 0])[self.inside[:, 0]].sum(axis=0)
        after = self.emit * self.backward / self.scale[:, :, None] * self.inside[:, :, None]
        n_labels = self.move.shape[1]
        before = self.forward[:, :-1].reshape(-1, n_labels)
        found[:-1] = (before.T @ after[:, 1:].reshape(-1, n_labels)) * self.move[:-1]
        return found

    def spans(self, threshold: float, longest: int) -> list[list[SpanFound]]:
        """Return for each text every span whose probability reaches the threshold."""
        n_texts, size, n_labels = self.emit.shape
        found: list[list[SpanFound]] = [[] for _ in range(n_texts)]
        begins, goes_on = np.arange(1, n_labels, 2), np.arange(2, n_labels, 2)
        stay = self.move[goes_on, goes_on]
        for first in range(size):
            mass = self.forward[:, first, begins]
            label, into = begins, self.move[begins, goes_on]
            for last in range(first + 1, min(first + longest, size) + 1):
                likely = mass * self._leaving(last, label, goes_on, into)
                likely[~self.inside[:, last - 1]] = 0.0
                for text, attribute in np.argwhere(likely >= threshold).tolist():
                    found[text].append(SpanFound(attribute, first, last, float(likely[text, attribute])))
                if last == size:
                    break
                mass = mass * into * self.emit[:, last, goes_on] / self.scale[:, last, None]
                label, into = goes_on, stay
        return found

    def _leaving(
        self, last: int, label: NDArray[np.int64], goes_on: NDArray[np.int64], into: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the backward sum at ``last − 1`` of all ways but those that go on with the span."""
        whole = self.backward[:, last - 1, label]
        if last == self.emit.shape[1]:
            return whole
        on = into * self.emit[:, last, goes_on] * self.backward[:, last, goes_on] / self.scale[:, last, None]
        return np.where(self.inside[:, last, None], np.maximum(whole - on, 0.0), whole)


def allowed_moves(n_labels: int) -> NDArray[np.float64]:
    """Return 1 where a label may follow another (the last row: begin a text), else 0, float64 (labels + 1, labels)."""
    allowed = np.ones((n_labels + 1, n_labels))
    for goes_on in range(2, n_labels, 2):
        allowed[:, goes_on] = 0.0
        allowed[[goes_on - 1, goes_on], goes_on] = 1.0
    return allowed


def _without_overlap(spans: Sequence[SpanFound]) -> list[SpanFound]:
    """Keep the likeliest of spans that overlap."""
    kept: list[SpanFound] = []
    for span in sorted(spans, key=lambda one: (-one.probability, one.first, one.last)):
        if all(span.last <= other.first or other.last <= span.first for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda one: one.first)
