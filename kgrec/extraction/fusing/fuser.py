"""Facts of several extractors → one answer a product and attribute, with its sources, and the conflicts behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from kgrec.data import Fact, Facts
from kgrec.errors import SettingsError
from kgrec.extraction.fusing.cells import Cell, cells_of, value_key
from kgrec.extraction.fusing.channels import ANY, Channel, Channels, count_channels, count_unlisted, posterior
from kgrec.extraction.labelled import LabelledProduct

_UNLISTED = 0.2

__all__ = ["Conflict", "FactFuser", "FusingSettings", "Fusion", "Option"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FusingSettings:
    """Settings of a fusion.

    Attributes:
        minimum_confidence: an answer is stated where its probability is at least this, 0 … 1.
        strength: so many cells of all attributes together stand behind the habits in each, above 0.
        rounds: of estimation where no labels are given, at least 1. With many, beliefs and habits talk each other into
            more than the data say.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    minimum_confidence: float = 0.42
    strength: float = 10.0
    rounds: int = 1

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0.0 <= self.minimum_confidence <= 1.0:
            raise SettingsError(f"minimum_confidence must be between 0 and 1; got {self.minimum_confidence!r}")
        if not self.strength > 0:
            raise SettingsError(f"strength must be above 0; got {self.strength!r}")
        if self.rounds < 1:
            raise SettingsError(f"rounds must be at least 1; got {self.rounds!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value that somebody states: its probability and who states it."""

    value: str
    confidence: float
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Sources that state different values of one attribute of a product, the likeliest first."""

    product: str
    relation: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Fusion:
    """The fused facts, and where the sources disagreed."""

    facts: Facts
    conflicts: tuple[Conflict, ...]


class FactFuser:
    """Weighs what several extractors say of the same products.

    The leading sources are those whose confidences are probabilities: their average is what is thought of a cell before
    the others speak. Each of these is a channel: how often it says the value where there is one, another, or something
    where there is nothing. Bayes' rule puts them together.

    Args:
        channels: source → relation → channel, with ``""`` for the relations not listed.
        leading: leading source → weight.
        unlisted: relation → share of what the leading sources leave open that is a value they did not think of, and
            not absence; with ``""`` for the relations not listed.
        settings: see ``FusingSettings``.

    Raises:
        SettingsError: no source leads, or a weight is not above 0.
    """

    name = "fused"

    def __init__(
        self,
        channels: Channels,
        *,
        leading: Mapping[str, float],
        unlisted: Mapping[str, float] | None = None,
        settings: FusingSettings | None = None,
    ) -> None:
        """Hold what is known of the sources."""
        total = sum(leading.values())
        if not leading or min(leading.values()) <= 0:
            raise SettingsError(f"leading needs at least one source, each with a weight above 0; got {dict(leading)!r}")
        self.settings = settings or FusingSettings()
        self.leading = {source: weight / total for source, weight in leading.items()}
        self.unlisted = {ANY: _UNLISTED} | dict(unlisted or {})
        self.channels = {source: dict(of_one) for source, of_one in channels.items()}

    @classmethod
    def estimated_from(
        cls,
        facts: Mapping[str, Sequence[Fact]],
        asked: Mapping[str, Collection[str]],
        *,
        leading: Mapping[str, float],
        unlisted: Mapping[str, float] | None = None,
        settings: FusingSettings | None = None,
    ) -> FactFuser:
        """Estimate the channels without any label, by what agrees with the leading sources.

        Beliefs in the true values and habits of the sources are computed from each other in turn: expectation
        maximisation as in Dawid and Skene, "Maximum likelihood estimation of observer error-rates" (1979), with the
        leading sources as what is believed first.

        Args:
            facts: source → its facts.
            asked: product id → the attributes that were looked for.
            leading: source whose confidences are probabilities → weight.
            unlisted: see above; ``learned_from`` counts it, from held-out facts of the leading sources alone.
            settings: see ``FusingSettings``.

        Raises:
            SettingsError: as above.
        """
        fuser = cls(_unknown(facts, leading), leading=leading, unlisted=unlisted, settings=settings)
        cells = fuser._cells(facts, asked)
        others = list(fuser.channels)
        for _ in range(fuser.settings.rounds if others else 0):
            beliefs = [posterior(cell, fuser.channels, fuser.unlisted) for cell in cells]
            fuser.channels = count_channels(cells, beliefs, others, fuser.settings.strength)
        return fuser

    @classmethod
    def learned_from(
        cls,
        facts: Mapping[str, Sequence[Fact]],
        labelled: Iterable[LabelledProduct],
        *,
        leading: Mapping[str, float],
        settings: FusingSettings | None = None,
    ) -> FactFuser:
        """Count the channels, and what is unlisted, from labelled products and the facts of just these.

        Args:
            facts: source → its facts.
            labelled: the products and their true values.
            leading: source whose confidences are probabilities → weight.
            settings: see ``FusingSettings``.

        Raises:
            SettingsError: as above.
        """
        fuser = cls(_unknown(facts, leading), leading=leading, settings=settings)
        true = {
            (row.product.id, relation): {value_key(value) for value in values}
            for row in labelled
            for relation, values in row.values.items()
        }
        asked: dict[str, list[str]] = {}
        for product, relation in true:
            asked.setdefault(product, []).append(relation)
        cells = fuser._cells(facts, asked)
        truths = [_certain(true[cell.product, cell.relation], cell) for cell in cells]
        fuser.unlisted = count_unlisted(cells, truths, fuser.settings.strength)
        fuser.channels = count_channels(cells, truths, list(fuser.channels), fuser.settings.strength)
        return fuser

    def fuse(self, facts: Mapping[str, Iterable[Fact]], asked: Mapping[str, Collection[str]]) -> Fusion:
        """Return one answer a product and attribute where one is likely enough, and every conflict.

        A fact of the result is the one of the most confident source that states its value, words and place as there;
        its confidence is the probability, its extractor names all sources that state the value: ``"llm+tagger"``.

        Args:
            facts: source → its facts.
            asked: product id → the attributes that were looked for. Other facts are passed over.

        Raises:
            SettingsError: a source was not known when this was learned.
        """
        answers: list[Fact] = []
        conflicts: list[Conflict] = []
        for cell in self._cells(facts, asked):
            likely = posterior(cell, self.channels, self.unlisted)
            options = sorted(cell.facts, key=lambda key: (-likely.get(key, 0.0), key))
            if options and likely.get(options[0], 0.0) >= self.settings.minimum_confidence:
                answers.append(_answer(cell.facts[options[0]], min(1.0, likely[options[0]])))
            if len(options) > 1:
                conflicts.append(_conflict(cell, options, likely))
        return Fusion(Facts.of(answers), tuple(conflicts))

    def to_document(self) -> dict[str, Any]:
        """Return everything as plain data, to be written as JSON."""
        channels = {
            source: {relation: asdict(one) for relation, one in of_one.items()}
            for source, of_one in self.channels.items()
        }
        return {
            "leading": dict(self.leading),
            "unlisted": dict(self.unlisted),
            "channels": channels,
            "settings": asdict(self.settings),
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> FactFuser:
        """Return the fuser that :meth:`to_document` described."""
        channels = {
            source: {relation: Channel(**one) for relation, one in of_one.items()}
            for source, of_one in document["channels"].items()
        }
        settings = FusingSettings(**document["settings"])
        return cls(channels, leading=document["leading"], unlisted=document["unlisted"], settings=settings)

    def _cells(self, facts: Mapping[str, Iterable[Fact]], asked: Mapping[str, Collection[str]]) -> list[Cell]:
        known = {*self.leading, *self.channels}
        if strange := sorted(set(facts) - known):
            raise SettingsError(f"unknown sources {strange}; expected some of {sorted(known)}: learn the fusion anew")
        present = {source: of_one for source, of_one in facts.items() if source in known}
        return cells_of(present, asked, self.leading)


def _unknown(facts: Mapping[str, Sequence[Fact]], leading: Mapping[str, float]) -> dict[str, dict[str, Channel]]:
    return {source: {ANY: Channel()} for source in facts if source not in leading}


def _certain(true: set[str], cell: Cell) -> dict[str, float]:
    """Return the truth as probabilities: one of the true values, the ones that somebody states first."""
    if not true:
        return {ANY: 1.0}
    said = true & {*cell.leading, *(key for key in cell.said.values() if key is not None)}
    return dict.fromkeys(said, 1.0) if said else {next(iter(sorted(true))): 1.0}


def _answer(said: Mapping[str, Fact], confidence: float) -> Fact:
    best = max(sorted(said), key=lambda source: said[source].confidence)
    return replace(said[best], confidence=confidence, extractor="+".join(sorted(said)))


def _conflict(cell: Cell, options: Sequence[str], likely: Mapping[str, float]) -> Conflict:
    stated = (
        Option(
            value=next(iter(cell.facts[key].values())).value,
            confidence=likely.get(key, 0.0),
            sources=tuple(sorted(cell.facts[key])),
        )
        for key in options
    )
    return Conflict(product=cell.product, relation=cell.relation, options=tuple(stated))
