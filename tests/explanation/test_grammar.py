from __future__ import annotations

import pytest

from kgrec.explanation import chinese, english


@pytest.mark.parametrize(
    ("facts", "en", "zh"),
    [
        ({"product_type": ["cake stand"]}, "are cake stands", "都是“cake stand”"),
        ({"product_type": ["灯串"], "colour": ["pink"]}, "are 灯串 in pink", "都是粉色的灯串"),
        ({"colour": ["pink", "white"]}, "are pink and white", "都是粉色和白色的商品"),
        ({"colour": ["multicolour"]}, "are multicoloured", "都是彩色的商品"),
        ({"material": ["silver"]}, "are made of silver", "都是银材质的商品"),
        ({"pattern": ["animal print"]}, "have an animal print", "都是动物纹图案的商品"),
        ({"theme": ["owl"]}, "have an owl theme", "都是猫头鹰主题的商品"),
        ({"style": ["french"]}, "have a French look", "都是“french”风格的商品"),
        ({"finish": ["matte"]}, "have a matte finish", "都是哑光表面的商品"),
        ({"occasion": ["christmas", "birthday"]}, "are for Christmas and birthdays", "都是适合圣诞节和生日的商品"),
        ({"gender": ["women"]}, "are for women", "都是适合女士的商品"),
        ({"age": ["child"]}, "are for children", "适用年龄相同（儿童）"),
        ({"age": ["3-5 years"]}, "have the same age range (3-5 years)", "适用年龄相同（3-5岁）"),
        ({"brand": ["OPI"]}, "have the same brand, OPI", "都是OPI品牌的商品"),
        ({"category": ["Beauty > Make-up > Nails"]}, "are in the category Nails", "都是“Nails”分类的商品"),
        ({"pack_size": ["6"]}, "are sold as a set of 6", "都是6件装的商品"),
        ({"pack_size": ["1"]}, "have the same pack size (1)", "都是1件装的商品"),
        ({"size": ["30 x 40 cm"]}, "have the same size (30 x 40 cm)", "尺寸相同（30 x 40厘米）"),
        ({"height": ["20 cm"]}, "are 20 cm high", "高度相同（20厘米）"),
        ({"volume": ["250 ml"]}, "have the same volume (250 ml)", "容量相同（250毫升）"),
        ({"closure_type": ["zip"]}, "have the same closure type (zip)", "“closure type”相同（“zip”）"),
        (
            {"product_type": ["nail polish"], "brand": ["OPI"], "colour": ["red"]},
            "are nail polishes in red and have the same brand, OPI",
            "都是OPI品牌、红色的“nail polish”",
        ),
        (
            {"product_type": ["mug"], "size": ["\x00"]},
            "are mugs and have the same size (?)",
            "都是“mug”，尺寸相同（“？”）",
        ),
    ],
)
def test_predicates(facts: dict[str, list[str]], en: str, zh: str) -> None:
    assert english.predicate(facts) == en
    assert chinese.predicate(facts) == zh


def test_lists() -> None:
    assert [english.listed(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert [chinese.listed(words) for words in ("甲", "甲乙", "甲乙丙")] == ["甲", "甲和乙", "甲、乙和丙"]
