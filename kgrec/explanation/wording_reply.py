"""What a language model wrote about a recommendation: read, cited, and checked claim by claim."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kgrec.data import Evidence, Product
from kgrec.explanation.checking.case import Case
from kgrec.explanation.checking.known import Known, known_of
from kgrec.explanation.checking.reading import read
from kgrec.explanation.checking.verdict import Verdict
from kgrec.explanation.wording_prompt import evidence_id

__all__ = ["Refusal", "Sentence", "accepted", "sentences_of"]


class Refusal(Exception):  # noqa: N818 - it is no error of the caller: the template's sentence stands in
    """Why a reply is not used, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of a reply, the evidence it cites, and the verdict on it."""

    text: str
    cited: tuple[Evidence, ...]
    verdict: Verdict


def sentences_of(reply: str) -> list[tuple[str, list[str]]]:
    """Read a reply: sentences and the ids they cite.

    Raises:
        Refusal: it is not the JSON object that was asked for.
    """
    try:
        content: Any = json.loads(_unfenced(reply))
    except (ValueError, RecursionError):
        raise Refusal("the reply is no JSON object") from None
    rows = content.get("sentences") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not rows:
        raise Refusal("the reply has no sentences")
    found: list[tuple[str, list[str]]] = []
    for row in rows:
        text = row.get("text") if isinstance(row, dict) else None
        cited = row.get("evidence") if isinstance(row, dict) else None
        if not isinstance(text, str) or not isinstance(cited, list) or not all(isinstance(one, str) for one in cited):
            raise Refusal("a sentence of the reply is not as asked for")
        if not text.strip():
            raise Refusal("a sentence of the reply is empty")
        found.append((text.strip(), cited))
    return found


def _unfenced(reply: str) -> str:
    """Return a reply without the code fence that many models put around JSON."""
    text = reply.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        return text[text.index("\n") : -3].strip()
    return text


def accepted(
    rows: Sequence[tuple[str, list[str]]],
    told: Sequence[Evidence],
    product: Product,
    whole: Case,
    *,
    language: str,
    most_characters: int,
    most_sentences: int,
) -> tuple[Sentence, ...]:
    """Check what a model wrote: every claim of a sentence must be in the evidence it cites, and true of the shop.

    Args:
        rows: from :func:`sentences_of`.
        told: the evidence that it was given, in the order of the ids.
        product: the recommended product.
        whole: everything that is known, of the shop and the evidence.
        language: that it must be in.
        most_characters: of all sentences together.
        most_sentences: of them.

    Raises:
        Refusal: a sentence fails; the first reason.
    """
    if len(rows) > most_sentences:
        raise Refusal(f"the reply has {len(rows)} sentences, more than {most_sentences}")
    if (length := sum(len(text) for text, _ in rows)) > most_characters:
        raise Refusal(f"the reply has {length} characters, more than {most_characters}")
    by_id = {evidence_id(place): one for place, one in enumerate(told)}
    made = []
    for text, ids in rows:
        if not ids:
            raise Refusal("a sentence cites no evidence")
        if unknown := [one for one in ids if one not in by_id]:
            raise Refusal(f"a sentence cites {unknown[0][:20]!r}, which it was not given")
        cited = tuple(by_id[one] for one in dict.fromkeys(ids))
        strict = _of_evidence(cited, product, whole)
        verdict = read(text, strict, language)  # type: ignore[arg-type]
        for found in (verdict, read(text, whole, language)):  # type: ignore[arg-type]
            if found.problems:
                worst = min(found.problems, key=lambda claim: claim.kind != "form")
                raise Refusal(f"“{worst.words[:60]}” is {worst.status}: {worst.reason}")
        if not any(claim.kind != "form" for claim in verdict.claims):
            raise Refusal("a sentence states nothing of the evidence it cites")
        made.append(Sentence(text=text, cited=cited, verdict=verdict))
    return tuple(made)


def _of_evidence(cited: Sequence[Evidence], product: Product, whole: Case) -> Case:
    """Return a case in which nothing is known but what some evidence says; products keep their names."""
    facts: dict[str, dict[str, list[str]]] = {"": {}}
    for one in cited:
        if one.kind != "fact" or not _true(one, whole):
            if one.history_item:
                facts.setdefault(one.history_item, {})
            continue
        for holder in ("", one.history_item):
            facts.setdefault(holder, {}).setdefault(one.relation, []).append(one.value)
    anchors = {name: _named_alone(whole.anchors[name], facts[name]) for name in facts if name and name in whole.anchors}
    counts = [one for one in cited if one.kind in ("behaviour", "sequence") and one.count]
    return replace(
        whole,
        product=_named_alone(whole.product, facts[""]),
        anchors=anchors,
        told=True,
        pair=_counted(counts),
        touched=next((one.count for one in cited if one.kind == "popularity" and one.count), None),
        popular=True if any(one.kind == "popularity" and one.count for one in cited) else None,
        shares={},
        against=frozenset(),
        carriers={one.value: frozenset((one.count,)) for one in cited if one.kind == "fact" and one.count},
        strongest=whole.strongest if whole.strongest in anchors else "",
        alike=frozenset(one.history_item for one in cited if one.kind == "text"),
    )


def _true(one: Evidence, whole: Case) -> bool:
    """Tell whether a shared fact is one of both products' own, as the shop's graph and texts have them."""
    anchor = whole.anchors.get(one.history_item)
    relation = "colour" if one.relation == "color" else one.relation
    holders = (whole.product, anchor) if anchor is not None else (whole.product,)
    return all(one.value in known.values.get(relation, ()) or known.has(relation, one.value) for known in holders)


def _counted(counts: Sequence[Evidence]) -> Callable[[str], int]:
    pairs: dict[str, int] = {}
    for one in counts:
        pairs[one.history_item] = max(one.count, pairs.get(one.history_item, 0))
    return lambda name: pairs.get(name, 0)


def _named_alone(known: Known, facts: dict[str, list[str]]) -> Known:
    """Return a product of which only its name and some facts are known."""
    bare = known_of(Product(id=known.product.id), facts)
    return replace(bare, title=known.title, titles=known.titles, id_key=known.id_key, raw=known.raw)
