"""Words for contrasts, obstacles and main parameters, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kgrec.explanation import grammar_of

__all__ = ["listed_in", "source_in", "words_in"]

_ENGLISH = {
    "ahead": "“{product}” comes before “{other}”.",
    "behind": "“{product}” comes after “{other}”.",
    "equal": "“{product}” and “{other}” score the same.",
    "for_item": "“{name}” in your history speaks more for “{product}”{percent}, most of all by {source}.",
    "for_all": "What speaks more for “{product}” is {source}.",
    "against": "In favour of “{other}”: {source}.",
    "percent": " ({percent} % of the difference)",
    "shown": "“{product}” is in the answer, in place {rank}.",
    "filtered": "it does not meet the condition {condition}",
    "out_of_stock": "it is out of stock",
    "not_listed": "it is not among the products that were asked for",
    "excluded": "it was excluded from this answer",
    "seen": "it is in your history already",
    "unwanted": "you asked not to see it",
    "below": "its score puts it in place {rank}, {percent} % below that of the last one shown",
    "unspoken": "nothing in your history speaks for it, and it is in place {rank}",
    "no_profile": "without your history it is in place {rank} of what is popular",
    "rules": "a rule of the shop gives its place to others",
    "left_out": "“{product}” is not in the answer: {reasons}.",
    "stop": " ",
    "parameters": "Recommendations in this shop rest on the following; the percentages are the mean shares in "
    "{results:,} recommended products for {shoppers:,} shoppers.",
    "parameter": "{percent} %: {source}.",
    "little": "under 1 % each: {sources}.",
    "recent": "What was touched later counts more: after {steps} further products an event counts half.",
    "reranked": "What is proposed so is then put in order by {models}, from the history, the products' facts and texts "
    "and how often products were touched; how much that counts was learned from what shoppers chose.",
    "nobody": "Shoppers without a history are shown what is popular.",
    "shop_rules": "The shop may promote, hold back, limit or pin products by rules; each result says which rule acted.",
    "control": "You can ask for less of a brand or another value, take a product or an event out, or be answered "
    "without your history.",
}
_CHINESE = {
    "ahead": "“{product}”排在“{other}”之前。",
    "behind": "“{product}”排在“{other}”之后。",
    "equal": "“{product}”与“{other}”得分相同。",
    "for_item": "您记录中的“{name}”更支持“{product}”{percent}，主要来自{source}。",
    "for_all": "更支持“{product}”的是{source}。",
    "against": "支持“{other}”的是{source}。",
    "percent": "（占差距的{percent}%）",
    "shown": "“{product}”在推荐结果中，排在第{rank}位。",
    "filtered": "它不符合条件 {condition}",
    "out_of_stock": "它目前缺货",
    "not_listed": "它不在所要求的商品之列",
    "excluded": "这次推荐排除了它",
    "seen": "您的记录中已有它",
    "unwanted": "您要求不再看到它",
    "below": "它的得分排在第{rank}位，比最后一件推荐商品低{percent}%",
    "unspoken": "您的记录中没有支持它的内容，它排在第{rank}位",
    "no_profile": "不使用您的记录时，它在热门商品中排在第{rank}位",
    "rules": "按本店规则，它的位置让给了其他商品",
    "left_out": "“{product}”不在推荐结果中：{reasons}。",
    "stop": "",
    "parameters": "本店的推荐依据如下；百分比是对{shoppers}位顾客的{results}件推荐商品计算的平均占比。",
    "parameter": "{percent}%：{source}。",
    "little": "各不到1%：{sources}。",
    "recent": "越新的记录越重要：此后每增加{steps}件商品，一条记录的影响减半。",
    "reranked": "以上方式选出的商品再由{models}排序：依据顾客记录、商品的特征与描述以及商品被关注的次数；"
    "其权重由顾客的选择学习得出。",
    "nobody": "没有记录的顾客会看到热门商品。",
    "shop_rules": "本店可以按规则推广、后移、限制或固定商品；每条结果都会注明起作用的规则。",
    "control": "您可以要求少看某个品牌或其他特征，去掉某件商品或某条记录，或者不使用您的记录来推荐。",
}
_SOURCES = {
    "en": {
        "behaviour": "what shoppers have in their history together",
        "sequence": "what shoppers turn to next",
        "text": "similar descriptions",
        "alike": "what speaks for products like it",
        "popularity": "how popular it is",
    },
    "zh": {
        "behaviour": "顾客记录中同时出现的商品",
        "sequence": "顾客接下来关注的商品",
        "text": "相近的商品描述",
        "alike": "支持同类商品的内容",
        "popularity": "商品的受欢迎程度",
    },
}
_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": _ENGLISH, "zh": _CHINESE})


def words_in(language: str) -> Mapping[str, str]:
    """Return the templates of a language.

    Raises:
        SettingsError: the language is not known.
    """
    grammar_of(language)
    return _WORDS[language]


def source_in(language: str, source: str) -> str:
    """Return what a source of a score is called."""
    if source.startswith("graph:"):
        label = grammar_of(language).relation_label(source.removeprefix("graph:"))
        return f"the same {label}" if language == "en" else f"相同的{label}"
    return _SOURCES[language].get(source, source)


def listed_in(language: str, texts: list[str], *, commas: bool = False) -> str:
    """Join several texts: clauses, or names where ``commas`` do."""
    between = (", ", "、") if commas else ("; ", "；")
    return between[language != "en"].join(texts)
