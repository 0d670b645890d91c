"""What extractors have stated, as labels to learn from: a language model labels a thousand, the tagger a million."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from kgrec.data import Fact, Product
from kgrec.extraction.grounding import why_ungrounded
from kgrec.extraction.labelled import LabelledProduct

__all__ = ["deepest_category", "labelled_by"]


def deepest_category(product: Product) -> str:
    """Return the last level of a product's first category path; ``""`` where it has none."""
    return product.categories[0][-1] if product.categories and product.categories[0] else ""


def labelled_by(
    products: Iterable[Product],
    facts: Iterable[Fact],
    *,
    category_of: Callable[[Product], str] = deepest_category,
    attributes: Mapping[str, Sequence[str]] | None = None,
    least_confidence: float = 0.0,
) -> list[LabelledProduct]:
    """Return products labelled by the facts that were read from their texts.

    Labels are the words as they stand, not the canonical values. Of an attribute that was looked for and not stated,
    the label is that it is absent. Facts whose words do not stand where they say teach nothing.

    Args:
        products: those that were read, in any number; one without facts is labelled as having no value.
        facts: of an extractor: rules, a language model, or the shop's own hand.
        category_of: product → the category whose attributes were looked for.
        attributes: category → attributes that were looked for; by default those that any fact of the category states.
        least_confidence: facts below it do not count, nor does their attribute as absent, 0 … 1.
    """
    kept = list(products)
    by_id = {product.id: product for product in kept}
    stated: defaultdict[str, defaultdict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    doubtful: defaultdict[str, set[str]] = defaultdict(set)
    looked_for: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for fact in facts:
        product = by_id.get(fact.product)
        if product is None or fact.start < 0 or why_ungrounded(fact, product) is not None:
            continue
        if fact.confidence < least_confidence:
            doubtful[fact.product].add(fact.relation)
        else:
            stated[fact.product][fact.relation][fact.surface] = None
            looked_for[category_of(product)][fact.relation] = None
    made = []
    for product in kept:
        category = category_of(product)
        names = (attributes or {}).get(category, tuple(looked_for[category]))
        mine = stated[product.id]
        values = {name: tuple(mine[name]) for name in names if name in mine or name not in doubtful[product.id]}
        made.append(LabelledProduct(product=product, category=category, values=values))
    return made
