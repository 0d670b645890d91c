"""The examples that are most like a product are shown with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Product
from kgrec.embedding.hashing import HashingEncoder
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.prompted.demonstrations import Demonstrations
from kgrec.extraction.schema import AttributeSchema

SCHEMA = AttributeSchema.from_dict({"categories": {"Mugs": ["Brand", "Volume"], "Hats": ["Brand"], "Nails": ["Shape"]}})
MUGS = SCHEMA.categories["Mugs"]


def _example(key: str, title: str, category: str, *names: str) -> LabelledProduct:
    return LabelledProduct(product=Product(id=key, title=title), category=category, values=dict.fromkeys(names, ()))


EXAMPLES = (
    _example("a", "blue glass mug", "mugs", "Brand"),
    _example("b", "red clay mug with spoon", "Mugs", "Brand"),
    _example("c", "red clay hat", "Hats", "Brand"),
    _example("d", "red clay mug red clay mug", "Nails", "Shape"),
    _example("e", "青花瓷茶杯", "Mugs", "Volume"),
)


def _chosen(product: Product, count: int, **settings: object) -> list[str]:
    found = Demonstrations(EXAMPLES, **settings).of(product, MUGS, count)  # type: ignore[arg-type]
    return [example.product.id for example in found]


def test_the_most_alike_is_next_to_the_product() -> None:
    assert _chosen(Product(id="p", title="red clay mug"), 2) == ["a", "b"]
    assert _chosen(Product(id="p", title="茶杯"), 1) == ["e"]


def test_others_help_only_where_an_attribute_is_shared() -> None:
    assert _chosen(Product(id="p", title="red clay mug"), 9) == ["c", "e", "a", "b"]


def test_never_the_product_itself() -> None:
    assert "b" not in _chosen(Product(id="b", title="anything"), 9)
    assert "b" not in _chosen(Product(id="p", title="RED clay  mug with&nbsp;spoon"), 9)


def test_none_wanted_or_none_there() -> None:
    assert _chosen(Product(id="p", title="mug"), 0) == []
    assert Demonstrations(()).of(Product(id="p", title="mug"), MUGS, 3) == ()


def test_an_encoder_may_choose() -> None:
    assert _chosen(Product(id="p", title="red clay mug"), 2, encoder=HashingEncoder())[-1] == "b"

    class Backwards(HashingEncoder):
        def encode(self, texts: object, **settings: object) -> NDArray[np.float32]:
            return np.array([[1.0] if "glass" in text else [-1.0] for text in texts], dtype=np.float32) * -1  # type: ignore[attr-defined]

    assert _chosen(Product(id="p", title="red"), 3, encoder=Backwards())[0] == "a"
