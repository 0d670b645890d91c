"""Chinese sentences (simplified)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from kgrec.explanation import chinese_wordings as wordings
from kgrec.explanation.claims import Basis, Claims, Lead
from kgrec.explanation.titles import clean
from kgrec.explanation.variants import Choose

__all__ = ["Chinese", "listed"]

VALUE_LENGTH = 48
_NUMBERS = "零一两三四五六七八九十"
_MODIFIERS = {
    "colour": "{}",
    "material": "{}材质",
    "pattern": "{}图案",
    "theme": "{}主题",
    "style": "{}风格",
    "finish": "{}表面",
    "brand": "{}品牌",
    "category": "{}分类",
    "occasion": "适合{}",
    "gender": "适合{}",
    "pack_size": "{}件装",
}
_LABELS = {
    "size": "尺寸",
    "height": "高度",
    "width": "宽度",
    "depth": "深度",
    "length": "长度",
    "diameter": "直径",
    "volume": "容量",
    "weight": "重量",
    "power": "功率",
    "voltage": "电压",
    "battery": "电池容量",
    "storage": "存储容量",
    "resolution": "分辨率",
    "frequency": "频率",
    "brightness": "亮度",
    "scent": "香味",
    "flavour": "口味",
    "age": "适用年龄",
    "spf": "防晒指数",
    "pack_size": "件数",
}
_NOUNS = {
    "product_type": "品类",
    "colour": "颜色",
    "material": "材质",
    "pattern": "图案",
    "theme": "主题",
    "style": "风格",
    "finish": "表面",
    "brand": "品牌",
    "category": "分类",
    "occasion": "适用场合",
    "gender": "适用人群",
}
_UNITS = {
    **{"mm": "毫米", "cm": "厘米", "m": "米", "in": "英寸", "ft": "英尺", "ml": "毫升", "cl": "厘升", "l": "升"},
    **{"mg": "毫克", "g": "克", "kg": "千克", "oz": "盎司", "lb": "磅", "w": "瓦", "v": "伏", "jin": "斤"},
    **{"fl oz": "液盎司", "years": "岁", "months": "个月"},
}
_MEASURE = re.compile(rf"([\d./+x \-]*\d\+?) ({'|'.join(sorted(_UNITS, key=len, reverse=True))})", re.ASCII)
_TABLE = """
black 黑色 white 白色 red 红色 pink 粉色 blue 蓝色 navy 藏青色 green 绿色 yellow 黄色 orange 橙色 purple 紫色
lilac 淡紫色 brown 棕色 grey 灰色 cream 奶油色 ivory 象牙色 beige 米色 gold 金色 rose_gold 玫瑰金色 silver 银色
turquoise 绿松石色 khaki 卡其色 burgundy 酒红色 multicolour 彩色 clear 透明
glass 玻璃 crystal 水晶 wood 木质 bamboo 竹质 metal 金属 stainless_steel 不锈钢 cast_iron 铸铁 aluminium 铝 brass 黄铜
ceramic 陶瓷 porcelain 瓷 plastic 塑料 paper 纸质 cotton 棉 linen 亚麻 wool 羊毛 silk 丝绸 leather 皮革 felt 毛毡
polka_dot 波点 striped 条纹 floral 花卉 checked 格子 gingham 方格 animal_print 动物纹 camouflage 迷彩 geometric 几何
heart 爱心 star 星星 butterfly 蝴蝶 bird 小鸟 owl 猫头鹰 rabbit 兔子 cat 猫 dog 狗 rose 玫瑰 flower 花朵 snowflake 雪花
vintage 复古 retro 怀旧 modern 现代 traditional 传统 rustic 乡村 matte 哑光 glossy 亮光 glitter 闪光 metallic 金属感
christmas 圣诞节 easter 复活节 wedding 婚礼 birthday 生日 halloween 万圣节 valentine's_day 情人节 party 派对 picnic 野餐
mother's_day 母亲节 father's_day 父亲节 travel 旅行 new_year 新年 camping 露营 graduation 毕业 back_to_school 开学
women 女士 men 男士 unisex 男女通用 girls 女孩 boys 男孩 baby 婴儿 child 儿童 teen 青少年 adult 成人 senior 老年人
small 小号 medium 中号 large 大号 mini 迷你 giant 超大
"""
_WORDS: dict[str, str] = {
    english.replace("_", " "): word for english, word in zip(*[iter(_TABLE.split())] * 2, strict=True)
}
_TRANSLATED = frozenset({*_MODIFIERS, "age", "size"} - {"brand", "category"})
_MATERIALS = {"gold": "黄金", "silver": "银", "rose gold": "玫瑰金"}
_CHINESE = re.compile("[\u3400-\u9fff]")


class Chinese:
    """Texts in simplified Chinese; implements :class:`kgrec.explanation.claims.Grammar`."""

    def reason(self, claims: Claims) -> str:
        """Say what speaks for the product, as :meth:`Grammar.reason`."""
        anchors = _named(claims)
        if claims.topics == ("text",):
            where = "您记录中的" if claims.basis == "history" else ""
            return claims.choose("resembles", wordings.RESEMBLES).format(where + anchors) + "。"
        return f"{claims.choose('opener', wordings.OPENERS[claims.basis]).format(anchors)}：{_body(claims)}。"

    def further(self, claims: Claims) -> str:
        """Say what speaks for it beside, as :meth:`Grammar.further`."""
        return f"{claims.choose('further', wordings.FURTHER).format(_named(claims))}：{_body(claims)}。"

    def whole(self, leader: str, *, single: bool, basis: Basis, choose: Choose) -> str:
        """Say where it came from, as :meth:`Grammar.whole`."""
        if basis == "product" and not leader:
            return "本店的推荐商品。"
        kind = "product" if basis == "product" else "level" if not leader else "single" if single else "led"
        return choose(kind, wordings.WHOLE[kind]).format(leader)

    def against(self, *, basis: Basis) -> str:
        """Say that nothing speaks for it, as :meth:`Grammar.against`."""
        return (
            "总的来看，您的记录并不支持推荐这件商品。" if basis == "history" else "从得分看，两件商品之间没有推荐关系。"
        )

    def popular(self, shoppers: int, *, above: bool, choose: Choose) -> str:
        """Say that it is popular, as :meth:`Grammar.popular`."""
        if not shoppers:
            return choose("general", wordings.GENERAL)
        text = choose("counted", wordings.COUNTED).format(shoppers).replace(",", "")
        return f"{choose('demand', wordings.DEMAND)}：{text}。" if above else f"{text}。"

    def rarity(self, relation: str, value: str, count: int) -> str:
        """Say how many products have a value, as :meth:`Grammar.rarity`."""
        return f"本店有{count}件商品的{_label(relation)}是{_shown(relation, value)}。"

    def weight(self, name: str, percent: int) -> str:
        """Say how much a history item makes up, as :meth:`Grammar.weight`."""
        return f"“{name}”占其得分的{percent}%。"

    def opposed(self, name: str) -> str:
        """Say that a history item speaks against it, as :meth:`Grammar.opposed`."""
        return f"“{name}”并不支持它，但影响较小。"

    def relation_label(self, relation: str) -> str:
        """Name a relation, as :meth:`Grammar.relation_label`."""
        return _label(relation)

    def fact_badge(self, relation: str, value: str) -> str:
        """Name a shared value, as :meth:`Grammar.fact_badge`."""
        return f"{_label(relation)}相同：{_shown(relation, value)}"

    def shoppers_badge(self, name: str, shoppers: int) -> str:
        """Say that shoppers have both, as :meth:`Grammar.shoppers_badge`."""
        return f"与“{name}”：{shoppers}位顾客"

    def text_badge(self, name: str) -> str:
        """Say that descriptions are alike, as :meth:`Grammar.text_badge`."""
        return f"描述与“{name}”相近"

    def badge(self, lead: Lead, name: str, *, basis: Basis) -> str:
        """Say where it came from, as :meth:`Grammar.badge`."""
        if lead == "whole" and (name or basis == "history"):
            return f"与“{name}”相配" if name else "来自您的记录"
        return {"against": "不太相配", "popular": "本店热门"}.get(lead, "本店推荐")


def predicate(facts: Mapping[str, Sequence[str]]) -> str:
    """Return what several products all are: ``都是粉色的灯串，尺寸相同（15厘米）``.

    Args:
        facts: relation → values, not empty.
    """
    modifiers, rest = [], []
    for relation, values in facts.items():
        shown = [_shown(relation, value) for value in values]
        if relation == "product_type":
            continue
        if relation in _MODIFIERS and not (relation == "pack_size" and not all(map(str.isdigit, values))):
            modifiers.append(_MODIFIERS[relation].format(listed(shown)))
        else:
            label = _label(relation)
            rest.append(f"{label}相同（{listed(shown)}）")
    kinds = [_shown("product_type", value) for value in facts.get("product_type", ())]
    noun = listed(kinds) if kinds else "商品"
    clauses = [f"都是{'、'.join(modifiers)}的{noun}"] if modifiers else [f"都是{noun}"] if kinds else []
    return "，".join([*clauses, *rest])


def listed(words: Sequence[str]) -> str:
    """Return ``甲``, ``甲和乙``, ``甲、乙和丙``."""
    return f"{'、'.join(words[:-1])}和{words[-1]}" if len(words) > 1 else words[0]


def _shown(relation: str, value: str) -> str:
    """Return a value in Chinese where it is known, with Chinese units, else between quotation marks."""
    if relation == "material" and value in _MATERIALS:
        return _MATERIALS[value]
    if relation in _TRANSLATED and value in _WORDS:
        return _WORDS[value]
    if measure := _MEASURE.fullmatch(value):
        return f"{measure.group(1)}{_UNITS[measure.group(2)]}"
    if relation == "category":
        value = value.replace(" › ", " > ").split(" > ")[-1].strip() or value
    shown = clean(value, VALUE_LENGTH) or "？"
    bare = _CHINESE.search(shown) is not None or shown.isdigit() or relation == "brand"
    return shown if bare else f"“{shown}”"


@lru_cache(maxsize=4_096)
def _said(facts: tuple[tuple[str, ...], ...]) -> str:
    """Return the predicate of (relation, value …) rows: brands and categories come again and again."""
    return predicate({name: values for name, *values in facts})


def _named(claims: Claims) -> str:
    names = [f"“{name}”" for name in claims.anchors]
    return listed([*names, f"另外{claims.others}件商品"] if claims.others else names)


def _body(claims: Claims) -> str:
    count = claims.together
    subject = "两件" if count == 2 else f"连同本商品，{_NUMBERS[count] if count < len(_NUMBERS) else count}件"
    clauses = []
    for topic in claims.topics:
        if topic == "facts":
            clauses.append(f"{subject}{_said(tuple((name, *values) for name, values in claims.facts.items()))}")
        elif topic == "shoppers":
            clauses.append(claims.choose("together", wordings.TOGETHER).format(claims.shoppers))
        else:
            clauses.append("商品描述相近")
    return "，".join(clauses)


def _label(relation: str) -> str:
    return _NOUNS.get(relation) or _LABELS.get(relation) or f"“{clean(relation.replace('_', ' '), VALUE_LENGTH)}”"
