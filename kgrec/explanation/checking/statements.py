"""What names, phrases and words of a text claim, each looked up."""

from __future__ import annotations

from functools import partial

from kgrec.explanation.checking import comparing, cues
from kgrec.explanation.checking.clauses import Clause
from kgrec.explanation.checking.names import Mention
from kgrec.explanation.checking.numbers import Finding
from kgrec.explanation.checking.passage import Passage, rank
from kgrec.explanation.checking.phrases import (
    AGAINST,
    BARE,
    CASED,
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
)
from kgrec.explanation.checking.values import holds_value, holds_words, stands
from kgrec.explanation.checking.verdict import ClaimKind

__all__ = ["say_name", "say_phrase", "say_words"]

_SILENT = PLAIN | IDIOM | SHARING | TOO | SUBJECT | DENYING | SHOPPERS | POPULAR | LEADING | TEXT | AGAINST
_APART = frozenset(["different", "differ", "differs", "other"])
_KINDS: dict[str, ClaimKind] = {"brand": "brand", "category": "category", "product_type": "type"}


def say_name(passage: Passage, name: Mention, *, compared: bool) -> None:
    """Put down what naming a product claims; ``compared``: its clause compares, and may name any product."""
    case = passage.case
    if name.itself:
        finding: Finding = ("supported", "the product's title")
    elif name.ids:
        finding = ("supported", "a product that the evidence names")
    else:
        others = list(case.find(tuple(passage.tokens.keys[name.first : name.last])))
        if others and compared:
            finding = ("supported", "a product of the shop")
        elif others or case.told:
            finding = ("contradicted", "neither the product nor one that the evidence names")
        else:
            finding = ("unknown", "no product that is known here goes by this name")
    passage.claim("history" if name.ids and not name.itself else "name", name.first, name.last, finding)


def say_phrase(passage: Passage, clause: Clause, match: Match) -> None:
    """Put down what a phrase claims, if anything."""
    flags, tokens, entry = match.entry.flags, passage.tokens, match.entry
    keys = tokens.keys[match.first : match.last]
    if flags & COMPARING and any(match.last <= amount.first <= match.last + 1 for amount in passage.numbers):
        return  # "costs less than $15": the number says it
    if (meant := _comparison(passage, clause, match)) is not None:
        finding = comparing.compared(passage.case, passage.compared_with(clause), *meant)
        passage.claim("comparison", match.first, match.last, finding)
        return
    if flags & PRAISE and not _is_own_value(passage, clause, match):
        passage.claim("praise", match.first, match.last, _praise(passage, match))
        return
    if flags & RELATION and _counts_all(passage, clause):
        return
    if flags & RELATION and cues.is_same(tokens, clause, match):
        passage.claim("same", match.first, match.last, _same(passage, clause, match))
        return
    cue = cues.relation_of(tokens, match.first, match.last)
    if flags & CASED and not _is_written_as_name(passage, clause, match):
        return
    named = flags & CASED or (entry.meanings and cue == "material") or (cue == "category" and match.last == clause.last)
    if not named and _is_silent(passage, clause, match):
        return
    if not entry.meanings and cue != "category":
        say_words(passage, clause, match.first, match.last)
        return
    naming = not cues.follows_part(tokens, clause, match.first)
    finding = passage.of_holder(
        clause, match.first, lambda known: holds_value(known, keys, entry, naming=naming, cue=cue)
    )
    relation = entry.meanings[0][0] if entry.meanings else cue
    passage.claim(_KINDS.get(relation, "attribute"), match.first, match.last, finding)


def _counts_all(passage: Passage, clause: Clause) -> bool:
    """Tell whether a clause counts products of the whole shop: "15 products here share the brand X"."""
    return any(one.kind == "products" and clause.first <= one.first < clause.last for one in passage.numbers)


def _comparison(passage: Passage, clause: Clause, match: Match) -> tuple[str, int] | None:
    """Return what a phrase compares and which way, or None where it compares nothing."""
    flags, tokens = match.entry.flags, passage.tokens
    if flags & BARE and cues.compares(tokens, clause, match.first):
        return bare_comparative(tokens.keys[match.first])
    if not flags & COMPARING:
        return None
    if flags & VALUE and (flags & ~(COMPARING | VALUE) or "than" not in tokens.words[match.last : clause.last]):
        return None
    return comparatives()[" ".join(tokens.keys[match.first : match.last])]


def _is_written_as_name(passage: Passage, clause: Clause, match: Match) -> bool:
    """Tell whether a brand of plain words is meant, "As We Change": every long word has a capital."""
    tokens = passage.tokens
    words = [passage.text[tokens.starts[at] : tokens.ends[at]] for at in range(match.first, match.last)]
    capitals = all(word[0].isupper() or not word[0].isalpha() for word in words if len(word) > 3)
    return capitals and words[-1][0].isupper() and (len(words) > 1 or match.first > clause.first)


def _is_own_value(passage: Passage, clause: Clause, match: Match) -> bool:
    """Tell whether words of praise are a value that the product has, or plain words: "top" of a top coat."""
    if not match.entry.flags & (VALUE | PLAIN | LEADING):
        return False
    keys, entry = passage.tokens.keys[match.first : match.last], match.entry
    finding = passage.of_holder(clause, match.first, lambda known: holds_value(known, keys, entry, naming=False))
    return finding[0] == "supported"


def _is_silent(passage: Passage, clause: Clause, match: Match) -> bool:
    """Tell whether a phrase claims nothing by itself."""
    flags, tokens = match.entry.flags, passage.tokens
    label = flags & RELATION and clause.denial_at(match.first) is None and cues.is_label(tokens, clause, match)
    if not (flags & _SILENT or label):
        return False
    return not (flags & VALUE and cues.under_brand(tokens, match)) and not cues.is_sold(tokens, clause, match)


def _praise(passage: Passage, match: Match) -> Finding:
    """Praise holds only where the product's own text says the same words beside the same word."""
    keys, product = passage.tokens.keys, passage.case.product
    inner = [(keys[at], keys[at + 1]) for at in range(match.first, match.last - 1)]
    beside = {(keys[match.last - 1], keys[match.last])} if match.last < len(keys) else set()
    beside |= {(keys[match.first - 1], keys[match.first])} if match.first else set()
    said = product.states(keys[match.first : match.last]) and product.pairs.issuperset(inner)
    if said and not beside.isdisjoint(product.pairs):
        return "supported", "the product's own words"
    return "unknown", "praise that nothing bears out"


def _same(passage: Passage, clause: Clause, match: Match) -> Finding:
    """Check "the same brand as", and "a different brand"."""
    words = passage.tokens.words
    around = words[max(clause.first, match.first - 3) : min(match.last + 3, clause.last)]
    apart = not _APART.isdisjoint(around) or "不同" in "".join(around)
    others, mine = passage.compared_with(clause), passage.case.product
    test = comparing.differs if apart else comparing.shares_relation
    if passage.named(clause) or any(not name.itself for name in passage.names) or not others:
        return test(mine, others, match.entry.relation)
    return min((test(mine, [other], match.entry.relation) for other in others), key=rank)


def say_words(passage: Passage, clause: Clause, first: int, last: int) -> None:
    """Put down words that are in no list: only the product's own texts can bear them out."""
    words = passage.tokens.words
    at = first
    while at < last:
        end = at + 1
        if _is_chinese(words[at]):
            while end < last and _is_chinese(words[end]):
                end += 1
            _say_chinese(passage, clause, at, end)
        elif words[at] != "free" or clause.denial_at(at - 1) is None:
            test = partial(holds_words, keys=passage.tokens.keys[at:end], cue=cues.relation_of(passage.tokens, at, end))
            passage.claim("word", at, end, passage.of_holder(clause, at, test))
        at = end


def _say_chinese(passage: Passage, clause: Clause, first: int, last: int) -> None:
    """Check Chinese characters in the longest pieces that a text of the product has, of two at least."""
    words, at = passage.tokens.words, first
    while at < last:
        finding: Finding = ("unknown", "in no text of the product")
        end = last
        while end - at > 1 or end - at == last - first:
            finding = passage.of_holder(clause, at, partial(stands, piece="".join(words[at:end])))
            if finding[0] == "supported" or end - at == 1:
                break
            end -= 1
        if finding[0] != "supported":
            passage.claim("word", at, last, finding)
            return
        passage.claim("word", at, end, finding)
        at = end


def _is_chinese(word: str) -> bool:
    return "\u3400" <= word <= "\u9fff"
