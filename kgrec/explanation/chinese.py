"""Chinese sentences (simplified)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kgrec.explanation.claims import Basis, Claims
from kgrec.explanation.titles import clean

__all__ = ["Chinese", "listed"]

VALUE_LENGTH = 48
_NUMBERS = "零一两三四五六七八九十"
_OPENERS = {
    "history": ("因为您的记录中有{}", "您的记录中有{}", "根据您记录中的{}推荐", "推荐依据是您记录中的{}"),
    "product": ("与{}相关", "搭配{}"),
}
_TOGETHER = ("{}位顾客的记录中两件都有", "两件都出现在{}位顾客的记录中", "有{}位顾客两件都关注过")
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
    """Sentences in simplified Chinese; implements :class:`kgrec.explanation.claims.Grammar`."""

    def reason(self, claims: Claims) -> str:
        """Say what speaks for the product, as :meth:`Grammar.reason`."""
        names = [f"“{name}”" for name in claims.anchors]
        anchors = listed([*names, f"另外{claims.others}件商品"] if claims.others else names)
        if claims.topics == ("text",):
            where = "您记录中的" if claims.basis == "history" else ""
            return f"商品描述与{where}{anchors}相近。"
        count = claims.together
        number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
        subject = "两件" if count == 2 else f"连同本商品，{number}件"
        said = {
            "facts": f"{subject}{predicate(claims.facts)}" if claims.facts else "",
            "shoppers": _choose(_TOGETHER, claims.variant // 2).format(claims.shoppers),
            "text": "商品描述相近",
        }
        body = "，".join(said[topic] for topic in claims.topics)
        return f"{_choose(_OPENERS[claims.basis], claims.variant).format(anchors)}：{body}。"

    def whole(self, leader: str, *, single: bool, basis: Basis, variant: int) -> str:
        """Say where it came from, as :meth:`Grammar.whole`."""
        if basis == "product":
            return f"与“{leader}”一并推荐。" if leader else "本店的推荐商品。"
        if not leader:
            return "根据您的全部记录综合推荐。"
        if single:
            return f"根据您记录中的“{leader}”推荐。"
        return _choose(
            ("根据您的全部记录综合推荐，其中“{}”的影响最大。", "综合您的全部记录推荐，主要来自“{}”。"), variant
        ).format(leader)

    def against(self, *, basis: Basis) -> str:
        """Say that nothing speaks for it, as :meth:`Grammar.against`."""
        return (
            "总的来看，您的记录并不支持推荐这件商品。" if basis == "history" else "从得分看，两件商品之间没有推荐关系。"
        )

    def popular(self, shoppers: int, *, above: bool, variant: int) -> str:
        """Say that it is popular, as :meth:`Grammar.popular`."""
        if not shoppers:
            return "本店的一般推荐，并非依据您的记录。"
        text = _choose(("{}位顾客的记录中有它", "它出现在{}位顾客的记录中"), variant).format(shoppers)
        return f"本店热门商品：{text}。" if above else f"{text}。"


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
            label = _LABELS.get(relation) or f"“{clean(relation.replace('_', ' '), VALUE_LENGTH)}”"
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


def _choose(wordings: Sequence[str], variant: int) -> str:
    return wordings[variant % len(wordings)]
