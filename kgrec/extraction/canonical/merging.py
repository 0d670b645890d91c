"""The steps from stated values to canonical ones, over the distinct values of one relation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from kgrec.extraction.canonical.aliases import alias_key, company_key
from kgrec.extraction.canonical.keys import has_number, joined_key, list_key, name_key, plain_key, words_key
from kgrec.extraction.canonical.settings import CanonicalSettings
from kgrec.extraction.canonical.typos import misspelt_values
from kgrec.extraction.declared import RELATION_SPELLINGS, built_in_name
from kgrec.language.measures import measure_of

__all__ = [
    "Merge",
    "Values",
    "by_typos",
    "by_writing",
    "contexts_of",
    "exact_keys",
    "keys_of",
    "plain_keys",
    "rules_name",
]

_ALIKE = 75  # of 100 letters
_WHO = RELATION_SPELLINGS["gender"] | RELATION_SPELLINGS["age"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """One value that goes by another, and why.

    Attributes:
        relation: the values' relation.
        old: the value that is no longer used.
        new: the one that takes its place; it may itself have been merged in a later step.
        step: ``"writing"``, ``"alias"``, ``"spelling"``, ``"joined"``, ``"list"``, ``"company"``, ``"units"``,
            ``"typo"``, ``"vector"`` or ``"judge"``.
        score: likeness or certainty, 0 … 1; 1 for the exact steps.
        old_count: facts that stated the old value, or one merged into it before.
        new_count: the same of the new value.
    """

    relation: str
    old: str
    new: str
    step: str
    score: float
    old_count: int
    new_count: int


class Values:
    """The values of a relation while they are merged: those that still stand, and their counts.

    Args:
        relation: its name.
        counts: value → number of facts.
        kept: values that a person wants to stand by themselves.
    """

    def __init__(self, relation: str, counts: Mapping[str, int], kept: Collection[str] = ()) -> None:
        """Start with every value standing."""
        self.relation = relation
        self.counts: dict[str, int] = dict(counts)
        self.kept = frozenset(kept)
        self.merges: list[Merge] = []

    def merge(self, old: str, new: str, step: str, score: float = 1.0) -> None:
        """Let a value go by another; a kept value stays."""
        if old == new or old in self.kept or old not in self.counts:
            return
        if new not in self.counts:
            # The value went by another before and now is the canonical one again: black, Black, and back to black.
            self.merges = [merge for merge in self.merges if merge.old != new]
        count, to = self.counts.pop(old), self.counts.get(new, 0)
        self.merges.append(
            Merge(relation=self.relation, old=old, new=new, step=step, score=score, old_count=count, new_count=to)
        )
        self.counts[new] = count + to

    def group(
        self, step: str, key_of: Callable[[str], str | None], *, prefer: Callable[[str], int] | None = None
    ) -> None:
        """Merge the values that share a key into the one that is kept, preferred, commonest or first by letters."""
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for value in self.counts:
            if (key := key_of(value)) is not None:
                groups[key].append(value)
        for members in groups.values():
            if len(members) > 1:
                best = min(
                    members, key=lambda v: (v not in self.kept, -(prefer(v) if prefer else 0), -self.counts[v], v)
                )
                for value in sorted(members):
                    self.merge(value, best, step)


def keys_of(relation: str, settings: CanonicalSettings) -> Callable[[str], str]:
    """Return the function that gives the key of a value in a relation."""
    return name_key if relation in settings.names else words_key


def by_writing(values: Values, settings: CanonicalSettings, aliases: Mapping[str, Mapping[str, str]]) -> None:
    """Take the exact steps: writing, aliases, spelling, joined words, lists, companies and units."""
    relation, key_of = values.relation, keys_of(values.relation, settings)
    values.group("writing", key_of)
    _by_alias(values, key_of, aliases)
    short = {value: len(value) <= settings.longest for value in values.counts}
    values.group("spelling", lambda value: plain_key(key_of(value)))
    values.group("joined", lambda value: joined_key(plain_key(key_of(value))) if short.get(value, True) else None)
    if relation in settings.names:
        values.group("company", lambda value: company_key(plain_key(key_of(value))))
        return
    values.group("list", lambda value: list_key(plain_key(key_of(value))))
    _by_units(values)


def rules_name(relation: str, value: str) -> str:
    """Return the rules' own name of a value where it is spelt alike: grey for gray, but not plastic for melamine.

    Who it is for is said in words that are not alike, women and ladies, and are one all the same.
    """
    from rapidfuzz import fuzz

    name = built_in_name(relation, value)
    if name == value:
        return value
    alike = fuzz.ratio(plain_key(words_key(name)), plain_key(words_key(value))) >= _ALIKE
    return name if alike or relation in _WHO else value


def exact_keys(value: str, relation: str, settings: CanonicalSettings) -> Iterator[tuple[str, str]]:
    """Yield (step, key) of a value that was not there when values were merged, the surest first."""
    key = keys_of(relation, settings)(value)
    yield "writing", key
    plain = plain_key(key)
    yield "spelling", plain
    if len(value) <= settings.longest and (joined := joined_key(plain)) is not None:
        yield "joined", joined
    if relation in settings.names:
        yield "company", company_key(plain)
        return
    if (listed := list_key(plain)) is not None:
        yield "list", listed
    if (measure := measure_of(value)) is not None:
        yield "units", repr(measure.exact)


def by_typos(values: Values, settings: CanonicalSettings, contexts: Mapping[str, int]) -> None:
    """Merge misspelt values into the values they misspell; see :func:`misspelt_values`."""
    named = plain_keys(values, settings)
    counts = {key: values.counts[value] for key, value in named.items()}
    for wrong, right, likeness in misspelt_values(counts, contexts, values.relation, settings.typo_ratio):
        values.merge(named[wrong], named[right], "typo", likeness)


def plain_keys(values: Values, settings: CanonicalSettings) -> dict[str, str]:
    """Return plain key → value of the values that are no prose."""
    key_of = keys_of(values.relation, settings)
    return {plain_key(key_of(value)): value for value in sorted(values.counts) if len(value) <= settings.longest}


def contexts_of(relations: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    """Count in how many different values of a catalogue each word stands."""
    contexts: Counter[str] = Counter()
    for values in relations.values():
        for key in {plain_key(words_key(value)) for value in values}:
            contexts.update(set(key.split(" ")))
    return contexts


def _by_alias(values: Values, key_of: Callable[[str], str], aliases: Mapping[str, Mapping[str, str]]) -> None:
    """Apply the shop's aliases, then the rules' own names, then the conventions."""
    own = {**aliases.get("*", {}), **aliases.get(values.relation, {})}
    for value in sorted(values.counts):
        if (name := own.get(words_key(value))) is not None:
            values.merge(value, name, "alias")
    for value in sorted(values.counts):
        values.merge(value, rules_name(values.relation, value), "alias")
    keys = {key_of(value) for value in values.counts}
    values.group("alias", lambda value: alias_key(key_of(value), values.relation, keys))


def _by_units(values: Values) -> None:
    """Merge equal quantities; the unit that the relation uses most is preferred."""
    measures = {value: measure for value in values.counts if has_number(value) and (measure := measure_of(value))}
    units: Counter[str] = Counter()
    for value, measure in measures.items():
        units[measure.unit] += values.counts[value]
    values.group(
        "units",
        lambda value: repr(measures[value].exact) if value in measures else None,
        prefer=lambda value: units[measures[value].unit],
    )
