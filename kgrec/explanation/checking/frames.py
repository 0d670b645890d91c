"""What the frame of a sentence claims: a history, other shoppers, popularity, alike descriptions; and denials."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from kgrec.explanation.checking.clauses import Clause
from kgrec.explanation.checking.numbers import Finding
from kgrec.explanation.checking.passage import Passage
from kgrec.explanation.checking.phrases import AGAINST, LEADING, POPULAR, SHARING, SHOPPERS, TEXT, VALUE, Match
from kgrec.explanation.checking.verdict import Claim, Status

__all__ = ["say_frame", "turn_denied"]

_FOUNDED = frozenset(
    [
        "history",
        "record",
        "purchase",
        "order",
        "basket",
        "cart",
        "list",
        "wishlist",
        "because",
        "reason",
        "rest",
        "speak",
        "follow",
        "support",
        "suggestion",
        "view",
        "visit",
        "part",
        "led",
        "lead",
    ]
)
_FOUNDED_ZH = ("记录", "历史", "依据", "支持", "推荐关系", "因为您", "您买", "您看")
_YOURS = frozenset(["you", "your", "you've", "yours", "您", "你"])
_PAST = frozenset(
    [
        "history",
        "record",
        "purchase",
        "order",
        "bought",
        "purchased",
        "ordered",
        "viewed",
        "browsed",
        "visited",
        "liked",
        "owned",
        "basket",
        "cart",
    ]
)
_PAST_ZH = ("记录", "历史", "买过", "看过", "浏览")
_LIKE = frozenset(["like", "similar", "resembles", "resemble", "close", "alike", "similarly", "near"])
_LIKE_ZH = ("相近", "相似", "类似", "接近")


def say_frame(passage: Passage, clause: Clause, found: Sequence[Match]) -> None:
    """Put down what the plain words of a clause claim."""
    for match in found:
        finding = _of_match(passage, clause, match)
        if finding is not None:
            kind, result = finding
            passage.claim(kind, match.first, match.last, result)  # type: ignore[arg-type]
    _history(passage, clause)


def _of_match(passage: Passage, clause: Clause, match: Match) -> tuple[str, Finding] | None:
    case, flags, named = passage.case, match.entry.flags, passage.named(clause)
    described = clause.noun_at(match.first) is not None
    if flags & POPULAR and not flags & VALUE and not described:
        status: Status = "unknown" if case.popular is None else "supported" if case.popular else "contradicted"
        return "popularity", (status, "popularity, as the evidence has it")
    if flags & SHOPPERS and not flags & VALUE:
        if any(one.kind == "shoppers" and clause.first <= one.first < clause.last for one in passage.numbers):
            return None
        counts = [case.pair(one) for one in named or case.anchors] + ([] if named else [case.touched or 0])
        return "shoppers", ("supported" if any(counts) else "unknown", "shoppers, as the evidence counts them")
    if flags & TEXT and not described and (clause.flags & SHARING or _likened(passage, clause)):
        fine = bool(case.alike) and (not named or not case.alike.isdisjoint(named))
        return "attribute", ("supported" if fine else "unknown", "how alike the descriptions are")
    here = [one for name in passage.inside(clause) for one in name.ids if one]
    if flags & AGAINST and here:
        against = not case.against.isdisjoint(here)
        return "share", ("supported" if against else "contradicted", "what it takes from the score")
    if flags & LEADING and here:
        if case.strongest:
            return None if case.strongest in here else ("share", ("contradicted", "another product adds more"))
        alone = len(case.anchors) == 1 and case.told
        return None if alone else ("share", ("unknown", "it is not known what adds most"))
    return None


def _likened(passage: Passage, clause: Clause) -> bool:
    words = passage.tokens.words[clause.first : clause.last]
    return not _LIKE.isdisjoint(words) or any(word in "".join(words) for word in _LIKE_ZH)


def _history(passage: Passage, clause: Clause) -> None:
    """Check that there is a history at all, where a clause speaks of it and names nothing in it."""
    words = passage.tokens.words[clause.first : clause.last]
    if (bought := _said_to_be_owned(passage, clause)) is not None:
        finding: Finding = ("supported" if passage.case.owned else "unknown", "whether the history has the product")
        passage.claim("history", bought, bought + 1, finding)
    if passage.inside(clause) or _YOURS.isdisjoint(words):
        return
    if _PAST.isdisjoint(words) and not any(word in "".join(words) for word in _PAST_ZH):
        return
    place = next(at for at in range(clause.first, clause.last) if passage.tokens.words[at] in _YOURS)
    if not passage.case.told:
        finding = ("unknown", "it is not known what the shopper touched")
    elif passage.case.anchors or passage.case.owned:
        finding = ("supported", "the evidence rests on a history")
    else:
        finding = ("contradicted", "no history is in the evidence")
    passage.claim("history", place, place + 1, finding)


_DONE = frozenset(
    [
        "bought",
        "purchased",
        "ordered",
        "viewed",
        "visited",
        "browsed",
        "liked",
        "loved",
        "saved",
        "own",
        "owned",
        "had",
        "rated",
        "enjoyed",
        "tried",
        "used",
    ]
)
_DONE_ZH = re.compile(
    "(?:您|你)(?:曾|曾经|已|已经|刚|最近)?(?:买过|买了|购买过|看过|浏览过|收藏过|拥有)(?:这款|这件|它|本品|该商品)"
)


def _said_to_be_owned(passage: Passage, clause: Clause) -> int | None:
    """Return where a clause says that the shopper has the product itself: "you bought it", "you viewed “its title”"."""
    words, last = passage.tokens.words, clause.last
    for at in range(clause.first, last - 1):
        if words[at] in ("you", "you've"):
            verb = at + 1
            while verb < last and words[verb] in _BETWEEN:
                verb += 1
            thing = verb + 1
            if verb < last and words[verb] in _DONE and thing < last:
                itself = any(name.first == thing and name.itself for name in passage.names)
                if itself or (words[thing] in ("it", "this") and (thing + 1 == last or words[thing + 1] in _AFTER)):
                    return at
    found = _DONE_ZH.search("".join(words[clause.first : last])) if "您" in words or "你" in words else None
    return None if found is None else next(at for at in range(clause.first, last) if words[at] in ("您", "你"))


_BETWEEN = frozenset(["have", "already", "recently", "just", "once", "also", "previously"])
_AFTER = frozenset(["before", "already", "once", "recently", "earlier", "one", "product", "item", "too", "and", "in"])
_NOT = frozenset(
    [
        "not",
        "isn't",
        "aren't",
        "wasn't",
        "weren't",
        "doesn't",
        "don't",
        "didn't",
        "never",
        "nor",
        "neither",
        "不",
        "非",
        "并",
    ]
)
_TURNED: dict[Status, Status] = {"supported": "contradicted", "contradicted": "supported", "unknown": "unknown"}


def turn_denied(passage: Passage, clause: Clause, since: int) -> None:
    """Turn the claims that a clause denies round; a denial of nothing that can be checked is itself a claim.

    Args:
        passage: the text.
        clause: the clause, whose claims are those from number ``since`` on.
        since: number of the clause's first claim.
    """
    tokens = passage.tokens
    for first, last, word in clause.denied:
        start = tokens.starts[first] if first < len(tokens.starts) else len(passage.text)
        end = tokens.ends[last - 1] if last > first else start
        covered = [
            at
            for at in range(since, len(passage.claims))
            if start <= passage.claims[at].start < end and passage.claims[at].kind not in ("form", "name")
        ]
        if covered and _contrasts(passage, clause, first, covered):
            continue
        if not covered:
            passage.claim("negation", word, word + 1, _unfounded(passage, clause))
        for at in covered:
            claim = passage.claims[at]
            status, reason = _unfounded(passage, clause) if claim.kind == "history" else ("unknown", "")
            if status == "unknown":
                status, reason = _turned(passage, claim, being=tokens.words[word] in _NOT)
            passage.claims[at] = replace(claim, status=status, reason=f"denied: {reason}")


def _contrasts(passage: Passage, clause: Clause, first: int, covered: Sequence[int]) -> bool:
    """Tell whether "not “A”" only names the other side of a comparison: "this is the cheaper one, not “A”"."""
    compared = any(
        claim.kind == "comparison" and claim.start < passage.tokens.starts[first] for claim in passage.claims
    )
    named = any(name.first == first for name in passage.inside(clause))
    return compared and named and all(passage.claims[at].kind == "history" for at in covered)


def _turned(passage: Passage, claim: Claim, *, being: bool) -> Finding:
    """Return what becomes of a denied claim.

    It holds where the product's texts deny the same. What is contradicted holds where it is denied that the product is
    so (``being``): not red, as it is pink. That it has none of something ("without", "free of") nobody knows from that.
    """
    tokens = passage.tokens
    keys = [key for key, at in zip(tokens.keys, tokens.starts, strict=True) if claim.start <= at < claim.end]
    if passage.case.product.denies(keys):
        return "supported", "the product's texts deny it too"
    if claim.status == "contradicted" and not being:
        return "unknown", "nothing says so"
    return _TURNED[claim.status], claim.reason


def _unfounded(passage: Passage, clause: Clause) -> Finding:
    """Check "it does not rest on your history"."""
    words = passage.tokens.keys[clause.first : clause.last]
    if _FOUNDED.isdisjoint(words) and not any(text in "".join(words) for text in _FOUNDED_ZH):
        return "unknown", "a denial that nothing bears out"
    rests = passage.case.rests
    if rests is None:
        return "unknown", "it is not known what the score rests on"
    return ("contradicted", "the score rests on it") if rests else ("supported", "the score does not rest on it")
