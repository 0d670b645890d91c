"""What the words around a word make of it: a label, a value of a relation, what is sold, one side of a comparison."""

from __future__ import annotations

from kgrec.explanation.checking.clauses import Clause
from kgrec.explanation.checking.phrases import Match
from kgrec.language.tokens import Tokens

__all__ = ["compares", "follows_part", "is_label", "is_same", "is_sold", "relation_of", "under_brand"]

_SAME = frozenset(
    [
        "same",
        "share",
        "shares",
        "shared",
        "sharing",
        "identical",
        "common",
        "mutual",
        "matching",
        "equal",
        "different",
        "differs",
    ]
)
_MADE = (
    ["made", "of"],
    ["made", "from"],
    ["made", "in"],
    ["material", "is"],
    ["consists", "of"],
    ["out", "of"],
    ["material", "as"],
)
_MATCHING = frozenset(["match", "matches", "matching", "equals", "resembles", "agrees", "agree"])
_LABELLED = frozenset(
    ["the", "its", "their", "same", "your", "this", "that", "one", "in", "by", "share", "shares", "of", "whose"]
)
_LABELLING = frozenset(["is", "are", "of", "and", "given", "too", "as", "called", "named"])
_ARTICLES = frozenset(["a", "an", "this", "another", "next", "new"])
_AFTER_NOUN = frozenset(["for", "from", "that", "in", "with", "by", "you", "we", "is", "could", "may", "might"])
_TYPE_BEFORE = frozenset(
    ["with", "include", "contain", "plus", "of", "for", "has", "have", "in", "on", "by", "and", "配", "带", "含", "送"]
)


def compares(tokens: Tokens, clause: Clause, at: int) -> bool:
    """Tell whether a Chinese adjective compares: after 比 or 更."""
    return "比" in tokens.words[max(0, clause.first - 12) : at] or tokens.words[at - 1 : at] in (["更"], ["较"])


def is_label(tokens: Tokens, clause: Clause, match: Match) -> bool:
    """Tell whether "fragrance" is the name of an attribute ("its fragrance is") and not what is sold."""
    before = tokens.words[match.first - 1] if match.first > clause.first else ""
    after = tokens.words[match.last] if match.last < clause.last else ""
    return not tokens.words[match.first].isascii() or before in _LABELLED or after in _LABELLING


def is_sold(tokens: Tokens, clause: Clause, match: Match) -> bool:
    """Tell whether a plain word names what is sold: "a fabric" at the end, not "the fabric of"."""
    words, entry = tokens.words, match.entry
    if words[match.first] in ("match", "matches") or not entry.meanings or match.first == clause.first:
        return False
    if words[match.first - 1] not in _ARTICLES:
        return False
    return any(relation == "product_type" for relation, _ in entry.meanings) and (
        match.last >= clause.last or words[match.last] in _AFTER_NOUN
    )


def follows_part(tokens: Tokens, clause: Clause, first: int) -> bool:
    """Tell whether a noun names a part, a use or what is counted ("with a brush", "2 cups"), and not the product."""
    words = tokens.words
    if first > clause.first and words[first - 1].isdigit():
        return True
    return any(words[at] in _TYPE_BEFORE for at in range(max(clause.first, first - 4), first))


def relation_of(tokens: Tokens, first: int, last: int) -> str:
    """Return the relation that the words before or after say a value is of: "the brand X", "in the category X"."""
    words = tokens.words
    before = [words[at] for at in range(max(0, first - 2), first)]
    after = words[last : last + 1]
    joined = "".join(words[last : last + 2])
    if before[-1:] in (["brand"], ["brands"]) or before in (["brand", "is"], ["brand", "called"], ["brand", "named"]):
        return "brand"
    if (after in (["brand"], ["brands"]) and before[-1:] == ["the"]) or joined in ("品牌", "牌子"):
        return "brand"
    if before[-1:] in (["category"], ["categories"]) or before == ["category", "is"] or joined in ("分类", "类目"):
        return "category"
    if before in _MADE or joined in ("材质", "材料"):
        return "material"
    if before in (["colour", "is"], ["color", "is"], ["shade", "is"]):
        return "colour"
    return ""


def under_brand(tokens: Tokens, match: Match) -> bool:
    """Tell whether a plain word stands where a brand's name does."""
    words = tokens.words
    return match.first > 0 and words[match.first - 1] in ("brand", "by")


def is_same(tokens: Tokens, clause: Clause, match: Match) -> bool:
    """Tell whether "brand" stands in "the same brand", "share the brand", "brand in common", "相同品牌", "品牌相同"."""
    words = tokens.words
    before = words[max(clause.first, match.first - 3) : match.first]
    after = words[match.last : match.last + 3]
    if not {"same", "identical", "shared", "common"}.isdisjoint(after) or not _SAME.isdisjoint(before):
        return True
    if before[-1:] == ["in"] and not _MATCHING.isdisjoint(words[clause.first : clause.last]):
        return True
    text, following = "".join(before), "".join(after)
    return text.endswith(
        ("同", "相同", "相同的", "同样的", "一样的", "同一", "同一个", "不同", "不同的")
    ) or following.startswith(("相同", "一样", "一致", "也相同", "也一样", "不同"))
