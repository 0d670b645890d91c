"""Reviews → what a product is praised and criticised for, with the sentences that say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kgrec.data import Fact, Product, Review
from kgrec.errors import SettingsError
from kgrec.protocols import Progress, silent
from kgrec.sentiment.clauses import Clause, clauses_of
from kgrec.sentiment.lexicon import LexiconSentiment
from kgrec.sentiment.mentions import mentions_of
from kgrec.sentiment.model import SentimentModel
from kgrec.sentiment.terms import learned_terms, own_names, seed_terms

__all__ = ["CRITICISED", "PRAISED", "AspectSettings", "AspectSummary", "SupportingSentence", "aspect_facts", "aspects"]

PRAISED = "praised_for"
CRITICISED = "criticised_for"
_STAGE = "reading reviews for aspects"
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectSettings:
    """Settings of the reading of aspects.

    Attributes:
        minimum_reviews: a statement needs so many different reviews that agree.
        minimum_agreement: and so large a share of the reviews that speak of the aspect, over 0.5 … 1.
        contradiction: log-odds by which the sentiment model must find the sentence of the other side than the opinion
            word, for the mention not to count. Irony, comparisons and words misread are caught so.
        learn_terms: whether aspects are learned from the reviews beside the built-in ones.
        minimum_term_reviews: a learned aspect stands where aspects stand in so many reviews.
        max_sentences: supporting sentences that are kept of each statement.
        max_characters: how much of a review is read.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    minimum_reviews: int = 3
    minimum_agreement: float = 0.7
    contradiction: float = 1.0
    learn_terms: bool = True
    minimum_term_reviews: int = 10
    max_sentences: int = 5
    max_characters: int = 20_000

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("minimum_reviews", "minimum_term_reviews", "max_sentences", "max_characters"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1; got {getattr(self, name)!r}")
        if not 0.5 < self.minimum_agreement <= 1:
            raise SettingsError(f"minimum_agreement must be over 0.5 and at most 1; got {self.minimum_agreement!r}")
        if not self.contradiction >= 0:
            raise SettingsError(f"contradiction must be at least 0; got {self.contradiction!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportingSentence:
    """A sentence that supports a statement: ``words[start:end]`` of the review's ``words`` is ``text``."""

    review: str
    text: str
    start: int
    end: int
    opinion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectSummary:
    """What the reviews of a product say of one aspect.

    Attributes:
        product: the product's id.
        aspect: what is spoken of, for example ``"battery life"``.
        relation: ``"praised_for"`` or ``"criticised_for"``.
        support: number of different reviews that say so.
        against: number of reviews that say the opposite.
        confidence: lower end of Wilson's 95 % interval of the share that says so, 0 … 1.
        sentences: the first of them, by review.
    """

    product: str
    aspect: str
    relation: str
    support: int
    against: int
    confidence: float
    sentences: tuple[SupportingSentence, ...]

    @property
    def fact(self) -> Fact:
        """The statement as a fact: field ``"reviews"``, no span."""
        return Fact(
            product=self.product,
            relation=self.relation,
            value=self.aspect,
            field="reviews",
            confidence=self.confidence,
            extractor="reviews",
        )


def aspects(
    reviews: Sequence[Review],
    model: SentimentModel | LexiconSentiment | None = None,
    *,
    catalogue: Iterable[Product] = (),
    settings: AspectSettings | None = None,
    progress: Progress = silent,
) -> tuple[AspectSummary, ...]:
    """Return what products are praised and criticised for.

    A clause speaks of an aspect where one of a list, or one learned from these reviews, stands in a pattern with an
    opinion word ("clear sound", "the sound is not clear", "屏幕很清晰"), or where it says so without the name ("easy to
    use", "很好吃"). Negations turn the opinion round; the sentiment model vetoes what the whole sentence contradicts.
    Each review counts once for an aspect of a product, equal texts and further reviews of one writer not at all; a
    review that says both counts for neither.

    Args:
        reviews: of any number of products.
        model: finds the sentiment of sentences; the word list where none is given.
        catalogue: the products, where they are known: words of a title name the product and are no aspect of it.
        settings: see ``AspectSettings``.
        progress: is told ("reading reviews for aspects", reviews done, reviews in all).

    Returns:
        Statements by product in order of first review, within a product the best supported first.
    """
    settings = settings or AspectSettings()
    model = model or LexiconSentiment()
    terms = seed_terms()
    if settings.learn_terms:
        terms |= learned_terms(reviews, settings.minimum_term_reviews, settings.max_characters)
    titles = {product.id: product.title for product in catalogue}
    named = own_names(reviews, terms, settings.max_characters, titles)
    counted = _Counted()
    progress(_STAGE, 0, len(reviews))
    for first in range(0, len(reviews), _AT_ONCE):
        some = reviews[first : first + _AT_ONCE]
        said = [
            said for review in some for said in _said(review, terms - named.get(review.product, frozenset()), settings)
        ]
        for one, plausible in zip(said, _plausible(said, model, settings.contradiction), strict=True):
            if plausible:
                counted.add(one)
        progress(_STAGE, first + len(some), len(reviews))
    order = {product: at for at, product in enumerate(dict.fromkeys(review.product for review in reviews))}
    found = list(counted.summaries(settings))
    found.sort(key=lambda one: (order[one.product], -one.support, one.relation, one.aspect))
    return tuple(found)


def aspect_facts(summaries: Iterable[AspectSummary]) -> Iterator[Fact]:
    """Yield the facts of summaries, in order."""
    return (summary.fact for summary in summaries)


class _Said(NamedTuple):
    review: Review
    aspect: str
    opinion: str
    side: int
    clause: Clause


def _said(review: Review, terms: frozenset[str], settings: AspectSettings) -> Iterator[_Said]:
    for clause in clauses_of(review.words[: settings.max_characters]):
        for mention in mentions_of(clause, terms):
            yield _Said(review, mention.aspect, mention.opinion, mention.side, clause)


def _plausible(said: Sequence[_Said], model: SentimentModel | LexiconSentiment, contradiction: float) -> list[bool]:
    """Tell which mentions the sentiment of their sentence does not contradict; nothing said is the middle."""
    sentences = [one.review.words[slice(*one.clause.sentence)] for one in said]
    both = [text for one, sentence in zip(said, sentences, strict=True) for text in (one.clause.text, sentence)]
    odds = np.clip(model.predict([*both, ""]), 1e-9, 1 - 1e-9)
    logits = np.log(odds) - np.log1p(-odds)
    sides = np.array([one.side for one in said], np.float64)
    lean = ((logits[:-1] - logits[-1]).reshape(-1, 2) * sides[:, None]).max(axis=1, initial=-np.inf)
    return [bool(value > -contradiction) for value in lean]


class _Counted:
    """Which reviews say what of which aspect of which product."""

    def __init__(self) -> None:
        self._said: defaultdict[tuple[str, str], defaultdict[str, list[_Said]]] = defaultdict(lambda: defaultdict(list))

    def add(self, said: _Said) -> None:
        key = said.review.product, said.aspect
        self._said[key][said.review.id].append(said)

    def summaries(self, settings: AspectSettings) -> Iterator[AspectSummary]:
        for (product, aspect), by_review in self._said.items():
            sides: dict[int, list[_Said]] = {1: [], -1: []}
            seen: set[str] = set()
            for said in by_review.values():
                total = sum(one.side for one in said)
                marks = {" ".join(said[0].review.words.casefold().split()), f"\0{said[0].review.user}"} - {"\0"}
                if total == 0 or marks & seen:
                    continue
                seen |= marks
                side = 1 if total > 0 else -1
                sides[side].append(next(one for one in said if one.side == side))
            for side, relation in ((1, PRAISED), (-1, CRITICISED)):
                support, against = len(sides[side]), len(sides[-side])
                if support < settings.minimum_reviews or support < settings.minimum_agreement * (support + against):
                    continue
                yield AspectSummary(
                    product=product,
                    aspect=aspect,
                    relation=relation,
                    support=support,
                    against=against,
                    confidence=wilson_lower(support, support + against),
                    sentences=tuple(_sentence(one) for one in sides[side][: settings.max_sentences]),
                )


def wilson_lower(successes: int, trials: int, z: float = 1.96) -> float:
    """Return the lower end of Wilson's score interval (1927), 0 … 1; 0 without trials."""
    if trials == 0:
        return 0.0
    share = successes / trials
    middle = share + z * z / (2 * trials)
    spread = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return float(max(0.0, (middle - spread) / (1 + z * z / trials)))


def _sentence(said: _Said) -> SupportingSentence:
    start, end = said.clause.sentence
    return SupportingSentence(
        review=said.review.id, text=said.review.words[start:end], start=start, end=end, opinion=said.opinion
    )
