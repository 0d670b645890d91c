"""A text → its claims, each looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kgrec.explanation.checking import comparing, numbers
from kgrec.explanation.checking.amounts import Amount, amounts
from kgrec.explanation.checking.case import Case
from kgrec.explanation.checking.clauses import Clause, Holder, clauses
from kgrec.explanation.checking.guarding import flaws, language_of
from kgrec.explanation.checking.known import Known
from kgrec.explanation.checking.names import Mention, mentions
from kgrec.explanation.checking.numbers import Finding
from kgrec.explanation.checking.phrases import (
    BARE,
    COMPARING,
    DENYING,
    IDIOM,
    LEADING,
    PLAIN,
    POPULAR,
    PRAISE,
    RELATION,
    SHARING,
    SHOPPERS,
    SUBJECT,
    TEXT,
    TOO,
    VALUE,
    Match,
    bare_comparative,
    comparatives,
    matches,
    reaches,
    standing,
)
from kgrec.explanation.checking.values import holds_value, holds_words
from kgrec.explanation.checking.verdict import Claim, ClaimKind, Status, Verdict
from kgrec.language.tokens import Tokens, fold, tokenise

__all__ = ["read"]

_SILENT = PLAIN | IDIOM | SHARING | TOO | SUBJECT
_SAME = frozenset(["same", "share", "shared", "sharing", "identical", "common", "mutual", "matching", "equal"])
_OTHER = frozenset(["different", "differ", "other"])
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
_TYPE_BEFORE = frozenset(
    ["with", "include", "contain", "plus", "of", "for", "has", "have", "in", "on", "by", "and", "配", "带", "含", "送"]
)


@dataclass(slots=True)
class _Reading:
    """A text while it is being read."""

    text: str
    case: Case
    tokens: Tokens
    names: list[Mention]
    numbers: list[Amount]
    found: list[Match]
    parts: list[Clause]
    claims: list[Claim] = field(default_factory=list)
    narrowed: dict[tuple[int, int], list[Known]] = field(default_factory=dict)

    def claim(self, kind: ClaimKind, first: int, last: int, finding: Finding) -> None:
        """Put down a claim that words make."""
        start, end = self.tokens.starts[first], self.tokens.ends[last - 1]
        self.claims.append(
            Claim(kind=kind, start=start, end=end, words=self.text[start:end], status=finding[0], reason=finding[1])
        )


def read(text: str, case: Case, language: Literal["en", "zh"] | None = None) -> Verdict:
    """Find the claims of a text and look each one up in a case.

    Args:
        text: any text; what is longer than a paragraph is refused unread.
        case: what it is checked against.
        language: that it must be in; None takes either.
    """
    tokens = tokenise(fold(text[:4_000]))
    names = mentions(text, tokens, case)
    taken = frozenset(at for name in names for at in range(name.first, name.last))
    spoken = language_of(tokens, taken, case.knows)
    free = [at not in taken for at in range(len(tokens.words))]
    counted = amounts(tokens, free)
    stops = {at for name in names for at in (name.first, name.last)}
    found = list(matches(list(tokens.keys), reaches(tokens, stops), (*case.books, standing()), free))
    parts = clauses(tokens, found, names, free)
    reading = _Reading(text, case, tokens, names, counted, found, parts)
    bad = list(flaws(text, tokens, names, spoken, language, case.written))
    for start, end, reason in bad:
        reading.claims.append(
            Claim(kind="form", start=start, end=end, words=text[start:end], status="contradicted", reason=reason)
        )
    if not bad and not tokens.words:
        reading.claims.append(
            Claim(kind="form", start=0, end=len(text), words=text, status="unknown", reason="the text says nothing")
        )
    for clause in parts:
        _read_clause(reading, clause, free)
    claims = sorted(reading.claims, key=lambda claim: (claim.start, claim.end))
    return Verdict(text=text, language=language or spoken, claims=tuple(claims))


def _read_clause(reading: _Reading, clause: Clause, free: list[bool]) -> None:
    inside = [name for name in reading.names if clause.first <= name.first < clause.last]
    found = [match for match in reading.found if clause.first <= match.first < clause.last]
    counted = [amount for amount in reading.numbers if clause.first <= amount.first < clause.last]
    comparing_here = (
        any(match.entry.flags & COMPARING for match in found)
        or "比" in reading.tokens.words[clause.first : clause.last]
    )
    before = len(reading.claims)
    for name in inside:
        _name(reading, clause, name, compared=comparing_here)
    for amount in counted:
        _number(reading, clause, amount, inside)
    covered: set[int] = set()
    for match in found:
        covered.update(range(match.first, match.last))
        _phrase(reading, clause, match, inside)
    for first, last in _runs(clause, free, covered):
        _words(reading, clause, first, last)
    _frame(reading, clause, found, counted, inside)
    _denials(reading, clause, before)


def _runs(clause: Clause, free: list[bool], covered: set[int]) -> Iterator[tuple[int, int]]:
    at = clause.first
    while at < clause.last:
        if free[at] and at not in covered:
            end = at + 1
            while end < clause.last and free[end] and end not in covered:
                end += 1
            yield at, end
            at = end
        else:
            at += 1


# --- names


def _name(reading: _Reading, clause: Clause, name: Mention, *, compared: bool) -> None:
    case = reading.case
    if name.ids:
        if name.itself:
            reading.claim("name", name.first, name.last, ("supported", "the product's title"))
        else:
            reading.claim("history", name.first, name.last, ("supported", "a product that the evidence names"))
        return
    others = list(case.find(tuple(reading.tokens.keys[name.first : name.last])))
    if others and compared:
        reading.claim("name", name.first, name.last, ("supported", "a product of the shop"))
    elif others or case.told:
        reading.claim(
            "name", name.first, name.last, ("contradicted", "neither the product nor one that the evidence names")
        )
    else:
        reading.claim("name", name.first, name.last, ("unknown", "no product that is known here goes by this name"))


def _named(reading: _Reading, clause: Clause) -> list[str]:
    """Return the anchors named in a clause's sentence, or before it, or anywhere."""
    sentences = {part.first: part.sentence for part in reading.parts}
    starts = sorted(sentences)

    def sentence(name: Mention) -> int:
        return sentences[max(start for start in starts if start <= name.first)]

    anchors = [(sentence(name), ids) for name in reading.names if (ids := [one for one in name.ids if one])]
    here = [one for number, ids in anchors if number == clause.sentence for one in ids]
    return list(dict.fromkeys(here or [one for _, ids in anchors for one in ids]))


def _compared_with(reading: _Reading, clause: Clause) -> list[Known]:
    """Return what a comparison compares with: products named in the clause, else in the text, else all anchors."""
    case = reading.case
    inside = [name for name in reading.names if clause.first <= name.first < clause.last and not name.itself]
    others: list[Known] = []
    for name in inside:
        others += [case.anchors[one] for one in name.ids if one]
        if not name.ids:
            others += case.find(tuple(reading.tokens.keys[name.first : name.last]))
    if others:
        return others
    named = _named(reading, clause)
    if named:
        return [case.anchors[one] for one in named]
    for noun in clause.nouns:
        if noun in reading.narrowed:
            return reading.narrowed[noun]
    return list(case.anchors.values())


# --- numbers


def _number(reading: _Reading, clause: Clause, amount: Amount, inside: Sequence[Mention]) -> None:
    case, tokens = reading.case, reading.tokens
    named = _named(reading, clause)
    if amount.kind == "shoppers":
        anchored = any(not name.itself for name in inside)
        alone = not (anchored or clause.flags & (SHARING | TOO)) and any(
            word in ("it", "this", "它", "这", "该", "此", "本") for word in tokens.words[clause.first : clause.last]
        )
        both = bool(named) if not alone else False
        if not named and clause.flags & SHARING:
            both = True
        finding = numbers.holds_shoppers(amount, case, named, both=both)
        if finding[0] != "supported" and not alone and named and not clause.flags & SHARING:
            finding = min(finding, numbers.holds_shoppers(amount, case, [], both=False), key=_rank)
        reading.claim("shoppers", amount.first, amount.last, finding)
    elif amount.kind == "percent":
        reading.claim("share", amount.first, amount.last, numbers.holds_percent(amount, case, named))
    elif amount.kind in ("together", "others"):
        reading.claim("number", amount.first, amount.last, _together(reading, clause, amount, named))
    else:
        if amount.kind == "number" and amount.text == "2" and tokens.words[amount.first] == "two":
            return
        kind: ClaimKind = "number" if amount.kind == "number" else amount.kind  # type: ignore[assignment]
        finding = _of_holder(reading, clause, amount.first, lambda known: numbers.number_of(amount, known, tokens))
        if amount.kind == "price" and finding[0] != "supported" and clause.flags & COMPARING:
            finding = min(finding, _difference(reading, clause, amount), key=_rank)
        reading.claim(kind, amount.first, amount.last, finding)


def _difference(reading: _Reading, clause: Clause, amount: Amount) -> Finding:
    mine, others = reading.case.product.product.price, _compared_with(reading, clause)
    if mine is None or len(others) != 1 or others[0].product.price is None:
        return "unknown", "the difference in price is not known"
    gap = abs(mine - others[0].product.price)
    if round(gap, 2) == amount.number:
        return "supported", "the difference in price"
    return "contradicted", f"the difference in price is {gap:g}"


def _together(reading: _Reading, clause: Clause, amount: Amount, named: Sequence[str]) -> Finding:
    """Check "all four" against what is named, and "1 more" against what there is."""
    anchors = len(reading.case.anchors)
    more = next((one.number for one in reading.numbers if one.kind == "others"), 0.0)
    if amount.kind == "others":
        if amount.number <= anchors - len(named):
            return "supported", "there are as many"
        return "contradicted", f"there are {anchors - len(named)} more at most"
    if amount.number == len(named) + more + 1 or (not named and amount.number <= anchors + 1):
        return "supported", "as many are spoken of"
    return "contradicted", f"{len(named) + more + 1:g} products are spoken of"


# --- phrases


def _phrase(reading: _Reading, clause: Clause, match: Match, inside: Sequence[Mention]) -> None:
    flags = match.entry.flags
    tokens = reading.tokens
    keys = tokens.keys[match.first : match.last]
    if flags & COMPARING and not flags & VALUE:
        what, sign = comparatives()[" ".join(keys)]
        reading.claim(
            "comparison",
            match.first,
            match.last,
            comparing.compared(reading.case, _compared_with(reading, clause), what, sign),
        )
        return
    if flags & BARE and (bare := bare_comparative(keys[0])) and _compares(tokens, clause, match.first):
        reading.claim(
            "comparison",
            match.first,
            match.last,
            comparing.compared(reading.case, _compared_with(reading, clause), *bare),
        )
        return
    if flags & PRAISE and not (
        flags & (VALUE | PLAIN | LEADING)
        and _of_holder(reading, clause, match.first, lambda known: holds_value(known, keys, match.entry, naming=False))[
            0
        ]
        == "supported"
    ):
        reading.claim("praise", match.first, match.last, _praise(reading, clause, match))
        return
    if flags & RELATION and _is_same(reading, clause, match):
        _same(reading, clause, match)
        return
    if (
        flags & _SILENT
        or flags & (DENYING | SHOPPERS | POPULAR | LEADING | TEXT)
        or (flags & RELATION and clause.denial_at(match.first) is None and _is_label(tokens, clause, match))
    ):
        if not (flags & VALUE and _under_brand(reading, match)) and not _is_sold(reading, clause, match):
            if not (match.entry.meanings and _cue(reading, clause, match.first, match.last) == "material"):
                return
    if flags & COMPARING and flags & ~(COMPARING | VALUE) == 0 and "than" in tokens.words[match.last : clause.last]:
        what, sign = comparatives()[" ".join(keys)]
        finding = comparing.compared(reading.case, _compared_with(reading, clause), what, sign)
        reading.claim("comparison", match.first, match.last, finding)
        return
    if not match.entry.meanings:
        _words(reading, clause, match.first, match.last)
        return
    relation = match.entry.meanings[0][0]
    kind: ClaimKind = "attribute"
    if relation in ("brand", "category"):
        kind = relation  # type: ignore[assignment]
    elif relation == "product_type":
        kind = "type"
    naming = not _follows_part(reading, clause, match.first)
    entry, cue = match.entry, _cue(reading, clause, match.first, match.last)
    reading.claim(
        kind,
        match.first,
        match.last,
        _of_holder(reading, clause, match.first, lambda known: holds_value(known, keys, entry, naming=naming, cue=cue)),
    )


def _compares(tokens: Tokens, clause: Clause, at: int) -> bool:
    """Tell whether a Chinese adjective compares: after 比 or 更."""
    return "比" in tokens.words[max(0, clause.first - 12) : at] or tokens.words[at - 1 : at] in (["更"], ["较"])


def _is_label(tokens: Tokens, clause: Clause, match: Match) -> bool:
    """Tell whether "fragrance" is the name of an attribute ("its fragrance is") and not what is sold."""
    before = tokens.words[match.first - 1] if match.first > clause.first else ""
    after = tokens.words[match.last] if match.last < clause.last else ""
    return (
        not tokens.words[match.first].isascii()
        or before
        in ("the", "its", "their", "same", "your", "this", "that", "one", "in", "by", "share", "shares", "of", "whose")
        or after in ("is", "are", "of", "and", "given", "too", "as", "called", "named")
    )


def _is_sold(reading: _Reading, clause: Clause, match: Match) -> bool:
    """Tell whether a plain word names what is sold: "a fabric" at the end, not "the fabric of"."""
    words, entry = reading.tokens.words, match.entry
    if (
        not entry.meanings
        or match.first == clause.first
        or words[match.first - 1] not in ("a", "an", "this", "another", "next", "new")
    ):
        return False
    return any(relation == "product_type" for relation, _ in entry.meanings) and (
        match.last >= clause.last
        or words[match.last] in ("for", "from", "that", "in", "with", "by", "you", "we", "is", "could", "may", "might")
    )


def _follows_part(reading: _Reading, clause: Clause, first: int) -> bool:
    """Tell whether a noun names a part or a use ("with a brush"), and not the product itself."""
    words = reading.tokens.words
    return any(words[at] in _TYPE_BEFORE for at in range(max(clause.first, first - 4), first))


def _cue(reading: _Reading, clause: Clause, first: int, last: int) -> str:
    """Return the relation that the words before or after say a value is of: "the brand X", "in the category X"."""
    words = reading.tokens.words
    before = [words[at] for at in range(max(0, first - 2), first)]
    after = words[last : last + 1]
    joined = "".join(words[last : last + 2])
    if before[-1:] in (["brand"], ["brands"]) or before in (["brand", "is"], ["brand", "called"], ["brand", "named"]):
        return "brand"
    if (after in (["brand"], ["brands"]) and before[-1:] == ["the"]) or joined in ("品牌", "牌子"):
        return "brand"
    if before[-1:] in (["category"], ["categories"]) or joined in ("分类", "类目"):
        return "category"
    if before in (["made", "of"], ["made", "from"], ["material", "is"]) or joined in ("材质", "材料"):
        return "material"
    if before in (["colour", "is"], ["color", "is"], ["shade", "is"]):
        return "colour"
    return ""


def _under_brand(reading: _Reading, match: Match) -> bool:
    words = reading.tokens.words
    return match.first > 0 and words[match.first - 1] in ("brand", "by")


def _praise(reading: _Reading, clause: Clause, match: Match) -> Finding:
    """Praise holds only where the product's own text says the same words beside the same word."""
    keys, product = reading.tokens.keys, reading.case.product
    inner = [(keys[at], keys[at + 1]) for at in range(match.first, match.last - 1)]
    beside = {(keys[match.last - 1], keys[match.last])} if match.last < len(keys) else set()
    beside |= {(keys[match.first - 1], keys[match.first])} if match.first else set()
    if (
        product.states(keys[match.first : match.last])
        and all(pair in product.pairs for pair in inner)
        and beside & product.pairs
    ):
        return "supported", "the product's own words"
    return "unknown", "praise that nothing bears out"


def _is_same(reading: _Reading, clause: Clause, match: Match) -> bool:
    """Tell whether "brand" stands in "the same brand", "share the brand", "brand in common", "相同品牌", "品牌相同"."""
    words = reading.tokens.words
    before = words[max(clause.first, match.first - 3) : match.first]
    after = words[match.last : match.last + 3]
    if "same" in after or "identical" in after or "shared" in after:
        return True
    if any(word in _SAME or word in ("shares", "different", "differs") for word in before) or "common" in after:
        return True
    text, following = "".join(before), "".join(after)
    return text.endswith(
        ("同", "相同", "相同的", "同样的", "一样的", "同一", "同一个", "不同", "不同的")
    ) or following.startswith(("相同", "一样", "一致", "也相同", "也一样", "不同"))


def _same(reading: _Reading, clause: Clause, match: Match) -> None:
    words = reading.tokens.words
    around = words[max(clause.first, match.first - 3) : min(match.last + 3, clause.last)]
    apart = any(word in _OTHER or word == "differs" for word in around) or "不同" in "".join(around)
    others = _compared_with(reading, clause)
    named = bool(_named(reading, clause)) or any(not name.itself for name in reading.names)
    test = comparing.differs if apart else comparing.shares_relation
    relation = match.entry.relation
    if named or not others:
        finding = test(reading.case.product, others, relation)
    else:
        finding = min((test(reading.case.product, [other], relation) for other in others), key=_rank)
    reading.claim("same", match.first, match.last, finding)


# --- words


def _words(reading: _Reading, clause: Clause, first: int, last: int) -> None:
    """Check words that are in no list: only the product's own texts can bear them out."""
    words = reading.tokens.words
    at = first
    while at < last:
        if words[at].isascii() or not _is_chinese(words[at]):
            if words[at] != "free" or clause.denial_at(at - 1) is None:
                cue = _cue(reading, clause, at, at + 1)
                keys = reading.tokens.keys[at : at + 1]
                finding = _of_holder(
                    reading, clause, at, lambda known, keys=keys, cue=cue: holds_words(known, keys, cue)
                )  # type: ignore[misc]
                reading.claim("word", at, at + 1, finding)
            at += 1
            continue
        end = at + 1
        while end < last and _is_chinese(words[end]):
            end += 1
        _chinese(reading, clause, at, end)
        at = end


def _chinese(reading: _Reading, clause: Clause, first: int, last: int) -> None:
    """Check Chinese characters in the longest pieces that a text of the product has."""
    words = reading.tokens.words
    at = first
    while at < last:
        end = last
        finding: Finding = ("unknown", "in no text of the product")
        while end > at:
            piece = "".join(words[at:end])
            finding = _of_holder(reading, clause, at, lambda known, piece=piece: _stands(known, piece))  # type: ignore[misc]
            if finding[0] == "supported" or end == at + 1:
                break
            end -= 1
        if finding[0] == "supported" and (end - at > 1 or last - first == 1):
            reading.claim("word", at, end, finding)
            at = end
        else:
            reading.claim("word", at, last, ("unknown", "in no text of the product"))
            return


def _stands(known: Known, piece: str) -> Finding:
    at = known.chinese.find(piece)
    if at < 0:
        return "unknown", "in no text of the product"
    if len(piece) > 0 and known.denies(piece):
        return "contradicted", "the product's texts deny it"
    return "supported", "the product's texts say it"


def _is_chinese(word: str) -> bool:
    return "\u3400" <= word <= "\u9fff"


# --- holders


def _rank(finding: Finding) -> int:
    return ("supported", "contradicted", "unknown").index(finding[0])


def _of_holder(reading: _Reading, clause: Clause, at: int, test: object) -> Finding:
    """Return what a test finds of those whom a word speaks of."""
    check: Iterable[Known] = ()
    holder = clause.holder_at(at)
    case = reading.case
    run = test  # a function of one product
    if holder is Holder.PRODUCT:
        return run(case.product)  # type: ignore[operator,no-any-return]
    noun = clause.noun_at(at)
    named = _named_in(reading, noun) if noun is not None else _named(reading, clause)
    if holder is Holder.SHARED:
        mine: Finding = run(case.product)  # type: ignore[operator]
        if mine[0] != "supported":
            return mine
    if not case.told:
        return "unknown", "it is not known what the shopper touched"
    if named:
        check = [case.anchors[one] for one in named]
        found = [run(known) for known in check]  # type: ignore[operator]
        return max(found, key=_rank) if holder is Holder.SHARED or len(found) == 1 else min(found, key=_rank)
    key = noun or (clause.sentence, -1)
    pool = reading.narrowed.get(key, list(case.anchors.values()))
    found = [run(known) for known in pool]  # type: ignore[operator]
    kept = [known for known, finding in zip(pool, found, strict=True) if finding[0] == "supported"]
    if not found:
        return "contradicted" if case.told else "unknown", "there is no such product in the evidence"
    if kept:
        reading.narrowed[key] = kept
    return min(found, key=_rank)


def _named_in(reading: _Reading, noun: tuple[int, int]) -> list[str]:
    return [one for name in reading.names if noun[0] <= name.first < noun[1] for one in name.ids if one]


# --- frames and denials


def _frame(
    reading: _Reading, clause: Clause, found: Sequence[Match], counted: Sequence[Amount], inside: Sequence[Mention]
) -> None:
    """Check what the plain words of a clause claim: a history, other shoppers, popularity, alike descriptions."""
    case, tokens = reading.case, reading.tokens
    for match in found:
        flags = match.entry.flags
        at, end = match.first, match.last
        if flags & POPULAR and not flags & VALUE and clause.noun_at(at) is None:
            status: Status = "unknown" if case.popular is None else "supported" if case.popular else "contradicted"
            reading.claim("popularity", at, end, (status, "popularity, as the evidence has it"))
        elif flags & SHOPPERS and not flags & VALUE and not any(a.kind == "shoppers" for a in counted):
            counts = [case.pairs.get(one, 0) for one in _named(reading, clause)] or [
                *case.pairs.values(),
                case.touched or 0,
            ]
            seen = any(counts)
            reading.claim(
                "shoppers", at, end, ("supported" if seen else "unknown", "shoppers, as the evidence counts them")
            )
        elif flags & TEXT and clause.noun_at(at) is None and (clause.flags & SHARING or _likened(tokens, clause)):
            named = _named(reading, clause)
            fine = bool(case.alike) and (not named or set(named) <= case.alike)
            reading.claim("attribute", at, end, ("supported" if fine else "unknown", "how alike the descriptions are"))
        elif flags & LEADING and _named(reading, clause):
            named = _named(reading, clause)
            fine = case.strongest in named if case.strongest else len(case.anchors) == 1 and case.told
            if case.strongest and not fine:
                reading.claim("share", at, end, ("contradicted", "another product adds more"))
            elif not fine:
                reading.claim("share", at, end, ("unknown", "it is not known what adds most"))
    words = set(tokens.words[clause.first : clause.last])
    if (
        not inside
        and words & _YOURS
        and (
            words & _PAST
            or any(
                p in "".join(tokens.words[clause.first : clause.last]) for p in ("记录", "历史", "买过", "看过", "浏览")
            )
        )
    ):
        place = next(at for at in range(clause.first, clause.last) if tokens.words[at] in _YOURS)
        if case.told and case.anchors:
            reading.claim("history", place, place + 1, ("supported", "the evidence rests on a history"))
        elif case.told:
            reading.claim("history", place, place + 1, ("contradicted", "no history is in the evidence"))
        else:
            reading.claim("history", place, place + 1, ("unknown", "it is not known what the shopper touched"))


def _likened(tokens: Tokens, clause: Clause) -> bool:
    words = tokens.words[clause.first : clause.last]
    return bool({"like", "similar", "resembles", "resemble", "close", "alike", "similarly"} & set(words)) or any(
        word in "".join(words) for word in ("相近", "相似", "类似", "接近")
    )


_FLIPPED: dict[Status, Status] = {"supported": "contradicted", "contradicted": "supported", "unknown": "unknown"}


def _denials(reading: _Reading, clause: Clause, before: int) -> None:
    """Turn the claims that a clause denies round; a denial of nothing that can be checked is itself a claim."""
    for first, last, word in clause.denied:
        start = reading.tokens.starts[first] if first < len(reading.tokens.starts) else len(reading.text)
        end = reading.tokens.ends[last - 1] if last > first else start
        covered = [
            at
            for at in range(before, len(reading.claims))
            if start <= reading.claims[at].start < end and reading.claims[at].kind not in ("form", "name")
        ]
        if not covered:
            reading.claim("negation", word, word + 1, _unfounded(reading, clause))
            continue
        for at in covered:
            claim = reading.claims[at]
            if claim.kind == "history" and claim.words and _unfounded(reading, clause)[0] != "unknown":
                status, reason = _unfounded(reading, clause)
            else:
                status, reason = _turned(reading, claim)
            reading.claims[at] = Claim(
                kind=claim.kind,
                start=claim.start,
                end=claim.end,
                words=claim.words,
                status=status,
                reason=f"denied: {reason}",
            )


def _turned(reading: _Reading, claim: Claim) -> Finding:
    """Return what becomes of a denied claim: it holds where the product's texts deny the same."""
    tokens = reading.tokens
    keys = [key for key, at in zip(tokens.keys, tokens.starts, strict=True) if claim.start <= at < claim.end]
    if reading.case.product.denies(keys):
        return "supported", "the product's texts deny it too"
    return _FLIPPED[claim.status], claim.reason


def _unfounded(reading: _Reading, clause: Clause) -> Finding:
    """Check "it does not rest on your history"."""
    words = [reading.tokens.keys[at] for at in range(clause.first, clause.last)]
    if not (_FOUNDED & set(words) or any(text in "".join(words) for text in _FOUNDED_ZH)):
        return "unknown", "a denial that nothing bears out"
    rests = reading.case.rests
    if rests is None:
        return "unknown", "it is not known what the score rests on"
    return ("contradicted", "the score rests on it") if rests else ("supported", "the score does not rest on it")
