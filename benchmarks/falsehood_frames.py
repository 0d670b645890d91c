"""Sentence shapes in the free manner of language models, with slots: what is planted in ``benchmarks/falsehoods.py``.

Shapes of ``DEVELOPED`` were looked at while the verifier was worked on; those of ``HELD_OUT`` were only measured.
Each says one thing of its slot, which is filled with what is true, or with what is not.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["DEVELOPED", "HELD_OUT", "OPENINGS", "OPENINGS_HELD_OUT"]

Shapes = Mapping[str, tuple[str, ...]]

DEVELOPED: Mapping[str, Shapes] = {
    "en": {
        "brand": (
            "This one is made by {x}.",
            "It comes from {x}, a maker you may already know.",
            "The brand behind this product is {x}.",
            "You may like this {x} product.",
        ),
        "measure": (
            "It comes in at {x}.",
            "This product is listed with {x}.",
            "The label gives {x}.",
        ),
        "number": ("The listing mentions {x}.", "You get {x} with this one."),
        "denied": ("It is made without {x}.", "This one comes without {x}.", "It has no {x}."),
        "stated": ("It is described as {x}.", "The listing says {x}."),
        "colour": ("It comes in {x}.", "The colour of this one is {x}.", "We picked this {x} item for you."),
        "material": ("It is made of {x}.", "The material is {x}.", "This is a {x} product."),
        "anchor": (
            "You bought “{x}”, so we thought of this.",
            "This goes with the “{x}” you viewed.",
            "We recommend it because of “{x}”.",
            "Since “{x}” is in your history, this may suit you.",
        ),
        "type": ("Here is a {x} for you.", "It is a {x}.", "We suggest this {x}."),
        "category": ("You will find it in the category {x}.", "It is listed under {x}.", "It belongs to {x}."),
        "size": ("This is the {x} size.", "It comes in {x}."),
        "price": ("It costs {x}.", "The price is {x}.", "You can have it for {x}."),
        "shoppers": (
            "{x} shoppers have both this and “{a}”.",
            "It was also chosen by {x} people who bought “{a}”.",
            "{x} customers bought it together with “{a}”.",
        ),
        "comparison": ("It is {x} than “{a}”.", "Compared with “{a}”, this one is {x}."),
        "invented": ("It is {x}.", "This one is {x}, like the one you bought.", "You get a {x} product."),
        "praise": ("It is {x}.", "This is {x} in the shop.", "Here is {x}."),
        "wearer": ("It is made for {x}.", "This one is meant for {x}.", "A product for {x}."),
        "pack": ("It comes as a pack of {x}.", "You get a set of {x}.", "There are {x} pieces in it."),
        "model": ("The model is {x}.", "This is the {x}."),
        "title": ("“{x}” is our suggestion for you.", "We picked “{x}” for you.", "“{x}” might interest you."),
        "shared": (
            "Like “{a}”, it is {x}.",
            "Both this and “{a}” are {x}.",
            "It is {x}, just as “{a}” is.",
            "It has the same {r} as “{a}”.",
        ),
    },
    "zh": {
        "brand": ("这款出自{x}品牌。", "它的品牌是{x}。", "为您推荐{x}的商品。"),
        "colour": ("这款是{x}的。", "它的颜色是{x}。"),
        "material": ("它是{x}材质的。", "这款采用{x}制成。"),
        "anchor": ("因为您买过“{x}”，所以推荐这款。", "您看过“{x}”，这款与它相配。"),
        "price": ("售价{x}。", "它的价格是{x}。"),
        "shoppers": ("有{x}位顾客同时买了它和“{a}”。", "{x}位顾客的记录中有它和“{a}”，两件都有。"),
        "comparison": ("它比“{a}”{x}。",),
        "wearer": ("这款适合{x}使用。",),
        "pack": ("这是{x}件装。",),
        "title": ("推荐“{x}”给您。",),
        "shared": ("它和“{a}”都是{x}的。", "两件都是{x}的，和“{a}”一样。"),
        "measure": ("规格为{x}。",),
        "praise": ("这是{x}。",),
        "invented": ("这款{x}。",),
    },
}

HELD_OUT: Mapping[str, Shapes] = {
    "en": {
        "brand": (
            "Another pick from {x} for your collection.",
            "{x} is the name on the label here.",
            "If you like what {x} makes, this may be for you.",
            "It carries the {x} name.",
        ),
        "measure": ("Expect {x} here.", "What you get is {x}.", "According to its title, it offers {x}."),
        "number": ("Its title speaks of {x}.", "There is {x} in the name."),
        "denied": (
            "Nothing with {x} in it: this is free of {x}.",
            "It does without {x}.",
            "There is no {x} in this one.",
        ),
        "stated": ("Its own text calls it {x}.", "You will see {x} in its title."),
        "colour": ("If {x} is your colour, this fits.", "A {x} one this time.", "Its shade is given as {x}."),
        "material": ("{x} is what it is made from.", "It uses {x}.", "Made in {x}, according to the shop."),
        "anchor": (
            "Having seen “{x}” in your basket, we would add this.",
            "It sits well beside “{x}”, which you own.",
            "Your interest in “{x}” led us here.",
            "Looking at “{x}” in your orders, this seemed a natural next step.",
        ),
        "type": (
            "How about a {x}?",
            "Your next {x} could be this one.",
            "Among our {x}s, this is close to what you bought.",
        ),
        "category": (
            "The shop keeps it under {x}.",
            "Among {x}, this is where we found it.",
            "Its place in the catalogue is {x}.",
        ),
        "size": ("Size: {x}.", "You would get the {x} one."),
        "price": ("At {x}, it is within reach.", "The shop asks {x} for it.", "Priced at {x}."),
        "shoppers": (
            "“{a}” and this one were bought by the same {x} people.",
            "We counted {x} shoppers who have both, this and “{a}”.",
            "{x} others who own “{a}” went for this too.",
        ),
        "comparison": ("Next to “{a}” it turns out {x}.", "This would be the {x} choice compared to “{a}”."),
        "invented": (
            "On top of that, it is {x}.",
            "What makes it stand out: it is {x}.",
            "Being {x}, it fits your taste.",
        ),
        "praise": ("Many call it {x}.", "It happens to be {x}.", "Do not overlook {x}."),
        "wearer": ("Intended for {x}.", "{x} are who this was made for.", "Something for {x}."),
        "pack": ("Sold as a set of {x}.", "One order brings you {x} pieces.", "Contents: {x} pcs."),
        "model": ("The label reads {x}.", "Its number is {x}."),
        "title": ("Today we would show you “{x}”.", "Our answer to your history is “{x}”.", "Why not try “{x}”?"),
        "shared": (
            "“{a}” is {x}, and so is this.",
            "What connects the two: “{a}” and this one are both {x}.",
            "The {r} is the same as with “{a}”.",
            "They have one thing in common with “{a}”: being {x}.",
        ),
    },
    "zh": {
        "brand": ("{x}这个牌子的又一件商品。", "来自{x}，您可能会感兴趣。"),
        "colour": ("颜色为{x}，也许合您心意。", "一款{x}的商品。"),
        "material": ("材料用的是{x}。", "{x}做的，供您参考。"),
        "anchor": ("考虑到您购买的“{x}”，这件值得一看。", "它与您收藏的“{x}”相关。"),
        "price": ("只要{x}就能买到。", "现在卖{x}。"),
        "shoppers": ("买过“{a}”的顾客中，有{x}人也选了它。",),
        "comparison": ("和“{a}”相比，它更{x}。",),
        "wearer": ("专为{x}设计。",),
        "pack": ("一套共{x}件。",),
        "title": ("今天想向您介绍“{x}”。",),
        "shared": ("“{a}”是{x}的，这款也是。",),
        "measure": ("标注为{x}。",),
        "praise": ("可以说是{x}。",),
        "invented": ("而且它{x}。",),
    },
}

OPENINGS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "",
        "Because you bought “{a}”: ",
        "You looked at “{a}” recently. ",
        "Based on “{a}” in your history, we chose this. ",
        "Going by your history, this is worth a look. ",
    ),
    "zh": ("", "因为您的记录中有“{a}”。", "根据您的记录推荐。"),
}
OPENINGS_HELD_OUT: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Thinking of “{a}”, which you picked earlier, we found this. ",
        "“{a}” in your basket made us think of it. ",
        "It follows from what you viewed before. ",
    ),
    "zh": ("您之前关注过“{a}”。", "结合您的购买记录来看，这款比较合适。"),
}
