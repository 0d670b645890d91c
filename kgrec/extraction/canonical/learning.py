"""Canonical values of a shop's facts, and the evidence of each merge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

import pyarrow as pa

from kgrec.data import Facts
from kgrec.extraction.canonical.aliases import Aliases, checked_aliases
from kgrec.extraction.canonical.columns import pairs_of, renamed, unstated
from kgrec.extraction.canonical.conflicts import learned_single
from kgrec.extraction.canonical.conventions import Conventions
from kgrec.extraction.canonical.corrections import NO_CORRECTIONS, Corrections
from kgrec.extraction.canonical.doubtful import Doubt, alike_in_letters, by_weight, near_in_meaning
from kgrec.extraction.canonical.judging import Asks, Judge, verdicts_of
from kgrec.extraction.canonical.merging import Merge, Values, by_typos, by_writing, contexts_of
from kgrec.extraction.canonical.settings import CanonicalSettings
from kgrec.extraction.canonical.typed import aliases_with, single_with
from kgrec.extraction.schema import AttributeSchema
from kgrec.language.measures import measure_of
from kgrec.protocols import Encoder, Progress, silent

__all__ = ["Canonicalised", "agree", "canonicalise"]

_STAGE = "merge values"
_CERTAIN = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Canonicalised:
    """Facts under canonical values.

    Attributes:
        facts: ``surface`` is untouched, ``stated`` holds the value as it was where it goes by another now.
        conventions: what was agreed, to be applied to further facts, written to a file or taken back.
        doubtful: pairs that may be one value and were not merged; those that concern most facts first.
        notes: what went wrong in asking a judge.
    """

    facts: Facts
    conventions: Conventions
    doubtful: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def merges(self) -> pa.Table:
        """The merges as a table, in order of relation and old value: the columns are the fields of :class:`Merge`."""
        rows = [asdict(merge) for merge in self.conventions.merges]
        types = {str: pa.string(), float: pa.float64(), int: pa.int64()}
        names = {"str": str, "float": float, "int": int}
        schema = pa.schema([(field.name, types[names[str(field.type)]]) for field in fields(Merge)])
        return pa.Table.from_pylist(rows, schema=schema)

    def undo(self, merges: Iterable[tuple[str, str]] | None = None) -> Facts:
        """Return the facts with merges taken back.

        Args:
            merges: (relation, old value) of each that is taken back; all by default, which gives the facts as they
                were stated.
        """
        first = unstated(self.facts)
        if merges is None:
            return first.with_conventions({})
        fewer = self.conventions.without(merges)
        return renamed(first, fewer.name_of).with_conventions(fewer.to_document())

    def amounts(self) -> pa.Table:
        """Return the values that are measures: relation, value, dimension, amount (float64, in base units), facts."""
        rows = []
        pairs, counts, _ = pairs_of(self.facts)
        for (relation, value), count in sorted(zip(pairs, counts.tolist(), strict=True)):
            if (measure := measure_of(value)) is not None:
                rows.append((relation, value, measure.dimension, measure.in_base_units, count))
        columns = list(zip(*rows, strict=True)) or [()] * 5
        names = ("relation", "value", "dimension", "amount", "facts")
        types = (pa.string(), pa.string(), pa.string(), pa.float64(), pa.int64())
        return pa.table(
            {name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=True)}
        )


def canonicalise(
    facts: Facts,
    *,
    aliases: Aliases | None = None,
    schema: AttributeSchema | None = None,
    single: Collection[str] | None = None,
    encoder: Encoder | None = None,
    judge: Judge | Asks | None = None,
    settings: CanonicalSettings | None = None,
    corrections: Corrections | None = None,
    progress: Progress = silent,
) -> Canonicalised:
    """Merge values that are written differently and mean the same; corrections and conflicts come with :func:`agree`.

    Within each relation: writing (Unicode form, case, hyphens, plural), aliases, spelling and accents, joined words,
    enumerations, legal forms of companies, equal quantities, misspellings, and at last vectors and a judge, where they
    are given. Values with a number are merged by the exact steps alone. The result depends on neither the order of the
    facts nor the machine.

    Args:
        facts: from :func:`kgrec.extract`.
        aliases: relation, or ``"*"`` → another way of saying it → the value.
        schema: says which relations have one value, and other spellings of allowed values.
        single: relations of one value; where they are left out, those of the schema, and of the relations that it does
            not name those of which the shop declares one value a product.
        encoder: values of near vectors are doubtful too.
        judge: settles doubtful pairs: a function, a language model, or calls of one.
        settings: how boldly to merge.
        corrections: values that a person accepted as they are, or merges into, are not merged away.
        progress: is told how many relations are done.

    Raises:
        SettingsError: ``aliases`` has another form.
    """
    settings, corrections = settings or CanonicalSettings(), corrections or NO_CORRECTIONS
    own = checked_aliases(aliases_with(schema, aliases))
    facts = unstated(facts) if facts.conventions else facts
    counts = _counts(facts, settings)
    contexts = contexts_of(counts)
    kept = corrections.kept_values()
    work = []
    for done, (relation, values) in enumerate(sorted(counts.items())):
        progress(_STAGE, done, len(counts))
        merged = Values(relation, values, kept.get(relation, ()))
        by_writing(merged, settings, own)
        if settings.typos:
            by_typos(merged, settings, contexts)
        work.append((merged, _doubts(merged, settings, encoder)))
    doubtful, notes = _settled(work, judge, settings)
    progress(_STAGE, len(counts), len(counts))
    conventions = Conventions(
        merges=tuple(
            merge for values, _ in work for merge in sorted(values.merges, key=lambda merge: (merge.old, merge.step))
        ),
        aliases=own,
        settings=settings,
        known={values.relation: frozenset(values.counts) for values, _ in work},
    )
    named = renamed(facts, conventions.name_of)
    if single is None:
        learned = learned_single(named, share=settings.single_share, support=settings.single_support)
        single = single_with(schema, learned)
    conventions = replace(conventions, single=frozenset(single))
    return Canonicalised(
        facts=named.with_conventions(conventions.to_document()),
        conventions=conventions,
        doubtful=tuple(doubtful),
        notes=notes,
    )


def agree(
    facts: Facts,
    *,
    canonical: bool | CanonicalSettings | Conventions | None = True,
    corrections: Corrections | None = None,
    products: Collection[str] | None = None,
    progress: Progress = silent,
) -> Facts:
    """Return facts under canonical values, with a person's corrections, and with conflicts settled.

    Args:
        facts: from :func:`kgrec.extract`.
        canonical: True, settings, or conventions that were learned before (with an encoder or a judge, perhaps); False
            and None leave values and conflicts as they are.
        corrections: a person's; they come after the merges, and may name the stated value or the canonical one.
        products: ids that accepted facts may be added to.
        progress: is told how many relations are done.
    """
    corrections = corrections or NO_CORRECTIONS
    if isinstance(canonical, Conventions):
        conventions = canonical
    elif canonical is None or canonical is False:
        conventions = Conventions(canonical=False)
    else:
        settings = canonical if isinstance(canonical, CanonicalSettings) else None
        conventions = canonicalise(facts, settings=settings, corrections=corrections, progress=progress).conventions
    if corrections:
        conventions = replace(conventions, corrections=corrections)
    return conventions.apply(facts, products, report=True)


def _counts(facts: Facts, settings: CanonicalSettings) -> dict[str, dict[str, int]]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    pairs, sizes, _ = pairs_of(facts)
    for (relation, value), count in zip(pairs, sizes.tolist(), strict=True):
        if relation not in settings.left_alone and value.strip():
            counts[relation][value] = count
    return dict(counts)


def _doubts(values: Values, settings: CanonicalSettings, encoder: Encoder | None) -> list[Doubt]:
    """Return the doubtful pairs of a relation; those that are near in letters and in meaning are merged here."""
    letters = alike_in_letters(values, settings)
    if encoder is None:
        return letters
    doubts = {(doubt.rarer, doubt.commoner): doubt for doubt in letters}
    for doubt in near_in_meaning(values, settings, encoder):
        pair = doubt.rarer, doubt.commoner
        cosine = doubt.cosine or 0.0
        if cosine >= settings.vector_certain and doubt.likeness >= settings.doubtful_likeness:
            if all(value in values.counts for value in pair):
                values.merge(*pair, "vector", cosine)
            doubts.pop(pair, None)
        else:
            doubts[pair] = doubt
    return [doubt for doubt in doubts.values() if {doubt.rarer, doubt.commoner} <= values.counts.keys()]


def _settled(
    work: Sequence[tuple[Values, list[Doubt]]], judge: Judge | Asks | None, settings: CanonicalSettings
) -> tuple[list[Doubt], tuple[str, ...]]:
    """Put doubts to the judge; return those that are left, and what went wrong."""
    doubts = by_weight([doubt for _, found in work for doubt in found])
    if judge is None:
        return doubts, ()
    by_relation: Mapping[str, Values] = {values.relation: values for values, _ in work}
    asked = doubts[: settings.max_verdicts]
    verdicts, notes = verdicts_of(asked, judge)
    left = []
    for doubt, same in zip(asked, verdicts, strict=True):
        values = by_relation[doubt.relation]
        if same and {doubt.rarer, doubt.commoner} <= values.counts.keys():
            values.merge(doubt.rarer, doubt.commoner, "judge", _CERTAIN)
        elif same is None:
            left.append(doubt)
    return left + doubts[settings.max_verdicts :], notes
