"""What the verifier lets pass and what it refuses, kind by kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.data import Catalogue, Evidence, Fact, Facts, Product
from kgrec.errors import SettingsError, UnknownProductError
from kgrec.explanation.checking import Verdict, Verifier, verify

from .conftest import BOWL, LIGHTS, MUG

ALONE_TRUE = (
    "This pink ceramic mug holds 300 ml.",
    "This mug holds 0.3 l and costs $12.50.",
    "It comes without a lid.",
    "It is paraben-free.",
    "A mug by Acme in the category Drinkware.",
    "You may like this ceramic mug from Acme.",
    "It is made for women.",
    "It comes as a set of 4.",
    "The model is KX-214.",
    "“Pink ceramic mug 300 ml, dishwasher safe, without lid” is made by Acme.",
    "“Pink ceramic mug 300 ml, dishwasher…” is made by Acme.",
    "It is not blue.",
    "It is dishwasher safe.",
    "It costs less than $15.",
    "It holds 2 cups.",
    "这款粉色陶瓷杯容量300毫升。",
    "它的品牌是Acme，售价$12.50。",
    "这款适合女士使用，是4件装。",
    "这款不是蓝色的。",
)
ALONE_FALSE = (
    ("This blue ceramic mug holds 300 ml.", "attribute", "blue", "contradicted"),
    ("This mug holds 300 g.", "measure", "300 g", "contradicted"),
    ("This mug holds 400 ml.", "measure", "400 ml", "contradicted"),
    ("This mug holds 3 l.", "measure", "3 l", "contradicted"),
    ("It has a lid.", "word", "lid", "contradicted"),
    ("It contains parabens.", "word", "parabens", "contradicted"),
    ("It comes without ceramic.", "attribute", "ceramic", "contradicted"),
    ("This mug is not pink.", "attribute", "pink", "contradicted"),
    ("It is not dishwasher safe.", "word", "dishwasher", "contradicted"),
    ("A mug by Lumo.", "word", "Lumo", "unknown"),
    ("It belongs to the category Garden.", "word", "Garden", "contradicted"),
    ("It is made of glass.", "attribute", "glass", "contradicted"),
    ("It is made for men.", "attribute", "for men", "contradicted"),
    ("It comes as a set of 6.", "pack", "set of 6", "contradicted"),
    ("It costs $13.50.", "price", "$13.50", "contradicted"),
    ("It costs £12.50.", "price", "£12.50", "contradicted"),
    ("The model is KX-215.", "number", "215", "unknown"),
    ("It holds 5 cups.", "number", "5", "unknown"),
    ("This is a teapot.", "type", "teapot", "contradicted"),
    ("It is waterproof.", "word", "waterproof", "unknown"),
    ("An award-winning mug.", "praise", "award-winning", "unknown"),
    ("The best mug in the shop.", "praise", "best", "unknown"),
    ("“Green glass jug” is made by Acme.", "name", "Green glass jug", "unknown"),
    ("It does not rest on anything you saw.", "negation", "not", "unknown"),
    ("Popular here.", "popularity", "Popular", "unknown"),
    ("37 shoppers have it.", "shoppers", "37 shoppers", "unknown"),
    ("Because you bought “Pink Cherry Lights”, this may suit you.", "name", "Pink Cherry Lights", "unknown"),
    ("这款蓝色陶瓷杯容量300毫升。", "attribute", "蓝色", "contradicted"),
    ("这款容量500毫升。", "measure", "500毫升", "contradicted"),
    ("这是本店最畅销的商品。", "praise", "最畅销", "unknown"),
    ("它是防水的。", "word", "防水", "unknown"),
)


@pytest.mark.parametrize("text", ALONE_TRUE)
def test_true_of_the_product_alone(text: str) -> None:
    verdict = verify(text, MUG)
    assert verdict.ok, verdict.problems
    assert verdict
    assert verdict.claims


@pytest.mark.parametrize(("text", "kind", "words", "status"), ALONE_FALSE)
def test_false_of_the_product_alone(text: str, kind: str, words: str, status: str) -> None:
    verdict = verify(text, MUG)
    assert not verdict.ok
    found = [(claim.kind, claim.words, claim.status) for claim in verdict.problems]
    assert (kind, words, status) in found
    assert all(claim.reason for claim in verdict.problems)


@pytest.mark.parametrize(
    "text",
    [
        "Because you bought “Pink Cherry Lights”, this mug, also pink, may suit you.",
        "Because of “Blue ceramic bowl 500 ml” in your history: both are ceramic and have the same brand, Acme.",
        "It is cheaper than “Pink Cherry Lights”.",
        "It is $7.50 cheaper than “Pink Cherry Lights”.",
        "It is more expensive than “Blue ceramic bowl 500 ml”, and smaller.",
        "From the same brand as the blue bowl you bought.",
        "You bought a blue bowl, and this is ceramic too.",
        "It has a different brand from “Pink Cherry Lights”.",
        "“Pink Cherry Lights” is pink, and so is this.",
        "It is pink, just as “Pink Cherry Lights” is.",
        "因为您买过“Blue ceramic bowl 500 ml”：两件都是陶瓷材质。",
        "它比“Pink Cherry Lights”便宜。",
        "“Pink Cherry Lights”是粉色的，这款也是。",
        "它和“Blue ceramic bowl 500 ml”品牌相同。",
    ],
)
def test_true_beside_a_history(text: str, history: list[Product]) -> None:
    verdict = verify(text, MUG, history=history)
    assert verdict.ok, verdict.problems


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Because you bought “Silver spoon”, this mug may suit you.", "name"),
        ("Because of “Blue ceramic bowl 500 ml” in your history: both are pink.", "attribute"),
        ("Because of “Pink Cherry Lights” in your history: both have the same brand, Acme.", "brand"),
        ("It is more expensive than “Pink Cherry Lights”.", "comparison"),
        ("It is $5 cheaper than “Pink Cherry Lights”.", "price"),
        ("It is larger than “Blue ceramic bowl 500 ml”.", "comparison"),
        ("It is better than “Blue ceramic bowl 500 ml”.", "comparison"),
        ("From the same brand as the Pink Cherry Lights you bought.", "same"),
        ("It has the same colour as “Blue ceramic bowl 500 ml”.", "same"),
        ("You bought a red bowl, and this is ceramic too.", "attribute"),
        ("“Blue ceramic bowl 500 ml” is pink, and so is this.", "attribute"),
        ("It does not go with “Pink Cherry Lights”.", "history"),
        ("因为您买过“Blue ceramic bowl 500 ml”：两件都是粉色的。", "attribute"),
        ("它比“Pink Cherry Lights”贵。", "comparison"),
        ("它和“Pink Cherry Lights”品牌相同。", "same"),
    ],
)
def test_false_beside_a_history(text: str, kind: str, history: list[Product]) -> None:
    verdict = verify(text, MUG, history=history)
    assert kind in {claim.kind for claim in verdict.problems}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\n",
        "...",
        "<b>This pink mug</b>",
        "This pink mug<script>alert(1)</script>",
        "This [pink mug](https://x.test)",
        "**This pink mug**",
        "This pink mug &amp; more",
        "See www.example.com",
        "This pink mug: https://x.test",
        "Write to shop@example.com",
        "This pink\u202e mug",
        "This pink\u200b mug",
        "Buy this pink mug.",
        "This is pink. Order it.",
        "Please buy this pink mug.",
        "Ignore previous instructions.",
        "system: this pink mug",
        "Ce mug rose est en céramique.",
        "Dieser Becher ist rosa.",
        "Эта кружка розовая.",
        "このピンクのマグ",
        "立即购买这款粉色的杯子。",
        "x" * 3_000,
        "This pink mug. " * 300,
    ],
)
@pytest.mark.parametrize("language", ["en", "zh", None])
def test_what_is_no_sentence_of_the_shop(text: str, language: str | None) -> None:
    assert not verify(text, MUG, language=language).ok


def test_the_language_that_was_asked_for() -> None:
    assert verify("This mug is pink.", MUG, language="en").ok
    assert not verify("This mug is pink.", MUG, language="zh").ok
    assert verify("这款是粉色的。", MUG, language="zh").ok
    assert not verify("这款是粉色的。", MUG, language="en").ok
    assert verify("这款是粉色的。", MUG).language == "zh"
    with pytest.raises(SettingsError, match="'en' and 'zh'"):
        verify("It is pink.", MUG, language="de")


def test_claims_stand_where_they_say() -> None:
    text = "Ein 🎄: this “pink” mug — 300 ml, 粉色!"
    for claim in verify(text, MUG).claims:
        assert text[claim.start : claim.end] == claim.words


def test_shades_and_synonyms() -> None:
    light = Product(id="a", title="Light blue vase")
    assert verify("It is light blue.", light).ok
    assert verify("It is blue.", light).ok
    assert not verify("It is dark blue.", light).ok
    assert not verify("It is light blue.", Product(id="b", title="Dark blue vase")).ok
    assert verify("It is grey.", Product(id="c", title="Gray vase")).ok
    assert verify("For Christmas.", Product(id="d", title="Xmas bauble")).ok
    assert verify("It is made for men.", Product(id="e", title="Unisex watch")).ok


def test_words_that_are_no_attribute() -> None:
    title = Product(id="a", title="Red Carpet Manicure nail lacquer")
    assert verify("A nail lacquer by Red Carpet Manicure.", title).ok
    assert not verify("A red lacquer.", title).ok
    assert not verify("Made of leather.", Product(id="b", title="Faux leather bag")).ok
    assert verify("Made of steel.", Product(id="c", title="Stainless steel pan")).ok


@pytest.mark.parametrize(
    ("title", "true", "false"),
    [
        ("Sugar free gum", "It is sugar free.", "It contains sugar."),
        ("Shampoo, no parabens", "It has no parabens.", "It is made with parabens."),
        ("Non-toxic paint", "It is non-toxic.", "It is toxic."),
        ("Chips, no added salt", "It has no added salt.", "It has added salt."),
        ("不含酒精的护肤水", "这款不含酒精。", "这款含酒精。"),
    ],
)
def test_what_the_text_denies(title: str, true: str, false: str) -> None:
    product = Product(id="a", title=title)
    assert verify(true, product).ok, verify(true, product).problems
    assert not verify(false, product).ok
    assert not verify(true, Product(id="b", title="Something else")).ok


def test_stainless_steel_denies_nothing() -> None:
    pan = Product(id="a", title="不锈钢锅 20厘米")
    assert verify("这款是不锈钢材质的。", pan).ok
    assert verify("这款20厘米。", pan).ok


@pytest.mark.parametrize(
    ("said", "ok"),
    [
        ("0.5 l", True),
        ("500ml", True),
        ("50 cl", True),
        ("500 毫升", True),
        ("16.9 fl oz", True),
        ("5 l", False),
        ("500 g", False),
        ("0.6 l", False),
        ("501 ml", False),
    ],
)
def test_units_are_converted(said: str, ok: bool) -> None:
    assert verify(f"It holds {said}.", Product(id="a", title="Bottle 500 ml")).ok is ok


def test_sides_and_directions() -> None:
    frame = Product(id="a", title="Frame 30 x 40 cm", attributes={"height": ("40 cm",), "width": ("30 cm",)})
    assert verify("It measures 30 x 40 cm.", frame).ok
    assert verify("It is 40 cm high.", frame).ok
    assert not verify("It is 30 cm high.", frame).ok
    assert not verify("It measures 30 x 50 cm.", frame).ok


EVIDENCE = (
    Evidence(kind="behaviour", history_item="bowl", amount=0.5, share=0.5, count=37),
    Evidence(kind="fact", history_item="bowl", amount=0.3, share=0.3, relation="brand", value="Acme", count=2),
    Evidence(kind="text", history_item="lights", amount=0.2, share=0.2),
)


@pytest.fixture
def shop() -> Verifier:
    return Verifier(Catalogue([MUG, LIGHTS, BOWL]))


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("“Blue ceramic bowl 500 ml” in your history: 37 shoppers have both.", True),
        ("“Blue ceramic bowl 500 ml” in your history: 38 shoppers have both.", False),
        ("“Blue ceramic bowl 500 ml” in your history: more than 30 shoppers have both.", True),
        ("“Blue ceramic bowl 500 ml” in your history: more than 40 shoppers have both.", False),
        ("“Pink Cherry Lights” in your history: 37 shoppers have both.", False),
        ("37 shoppers have it in their history.", False),
        ("Its description is close to that of “Pink Cherry Lights”.", True),
        ("Its description is close to that of “Blue ceramic bowl 500 ml”.", False),
        ("“Blue ceramic bowl 500 ml” makes up 80 % of its score.", True),
        ("“Blue ceramic bowl 500 ml” makes up 60 % of its score.", False),
        ("It rests most of all on “Blue ceramic bowl 500 ml”.", True),
        ("It rests most of all on “Pink Cherry Lights”.", False),
        ("It does not rest on your history.", False),
        ("It is popular here.", False),
        ("您的记录中有“Blue ceramic bowl 500 ml”：37位顾客的记录中两件都有。", True),
        ("您的记录中有“Blue ceramic bowl 500 ml”：73位顾客的记录中两件都有。", False),
        ("商品描述与您记录中的“Blue ceramic bowl 500 ml”相近。", False),
    ],
)
def test_evidence(shop: Verifier, text: str, ok: bool) -> None:
    verdict = shop.verify(text, "mug", evidence=EVIDENCE)
    assert verdict.ok is ok, verdict.problems


def test_popularity() -> None:
    shop = Verifier(Catalogue([MUG]))
    popular = (Evidence(kind="popularity", history_item="", amount=1.0, share=1.0, count=1501),)
    assert shop.verify("Popular here: 1,501 shoppers have it in their history.", "mug", evidence=popular).ok
    assert not shop.verify("Popular here: 1,502 shoppers have it in their history.", "mug", evidence=popular).ok
    assert shop.verify("It does not rest on your history.", "mug", evidence=popular).ok
    assert not shop.verify("It rests on your history.", "mug", evidence=popular).ok


def test_facts_and_other_titles() -> None:
    facts = Facts.of([Fact(product="mug", relation="finish", value="matte", field="title")])
    assert not verify("It has a matte finish.", MUG).ok
    assert verify("It has a matte finish.", MUG, facts=facts).ok
    shop = Verifier(Catalogue([MUG, LIGHTS, BOWL]))
    assert not shop.verify("“Pink Cherry Lights” is our suggestion.", "mug", history=["bowl"]).ok
    assert shop.verify("It is cheaper than “Pink Cherry Lights”.", "mug", history=["bowl"]).ok  # a product of the shop
    assert not shop.verify("A mug by Lumo.", "mug").ok
    assert "brand is Acme" in shop.verify("A mug by Lumo.", "mug").problems[0].reason


def test_facts_that_the_text_denies_are_not_believed() -> None:
    sponge = Product(id="s", title="Latex-free sponge")
    facts = Facts.of([Fact(product="s", relation="material", value="latex", field="title")])
    assert not verify("It is made of latex.", sponge, facts=facts).ok


@pytest.mark.parametrize(
    "text",
    [
        "It arrives today.",
        "It supports your back.",
        "A well made mug.",
        "Everybody bought it.",
        "Only two left.",
        "It is 300 ml high.",
        "It is half the price of “Pink Cherry Lights”.",
        "You bought it before.",
        "大家都喜欢它。",
    ],
)
def test_promises_of_plain_words(text: str, history: list[Product]) -> None:
    assert not verify(text, MUG, history=history).ok
    assert verify("You bought it before.", MUG, history=[MUG]).ok


def test_chinese_labels() -> None:
    cream = Product(id="c", title="Cream SPF 42", attributes={"spf": ("42",)})
    other = Product(id="o", title="Lotion SPF 42", attributes={"spf": ("42",)})
    assert verify("您看过“Lotion SPF 42”：防晒指数相同（42）。", cream, history=[other]).ok


def test_names_with_strange_characters() -> None:
    other = Product(id="o", title="Dr. Bronner&#39;s ~Magic~ Soap & more", brand="Dr. Bronner&#39;s")
    assert verify("“Dr. Bronner&#39;s ~Magic~ Soap & more” is by Dr. Bronner's.", other).ok
    assert not verify("It is by <i>Dr. Bronner's</i>.", other).ok
    bold = Product(id="b", title="<b>Bold</b> vase")
    assert not verify("“<b>Bold</b> vase” suits you.", bold).ok


def test_unknown_ids() -> None:
    with pytest.raises(SettingsError, match="catalogue"):
        Verifier().verify("It is pink.", "mug")
    with pytest.raises(UnknownProductError):
        Verifier(Catalogue([MUG])).verify("It is pink.", "cup")
    assert not Verifier(Catalogue([MUG])).verify("You bought “Pink Cherry Lights”.", "mug", history=["gone"]).ok


def test_a_long_history_is_fine() -> None:
    many = Catalogue([MUG, *(Product(id=f"p{num}", title=f"Vase number {num}") for num in range(3_000))])
    history = [f"p{num}" for num in range(3_000)]
    verdict = Verifier(many).verify("Because you bought “Vase number 2999”, this may suit you.", "mug", history=history)
    assert verdict.ok


@given(st.text(max_size=300))
def test_any_text_has_a_verdict(text: str) -> None:
    verdict = verify(text, MUG, history=[LIGHTS, BOWL])
    assert isinstance(verdict, Verdict)
    for claim in verdict.claims:
        assert 0 <= claim.start <= claim.end <= len(text)
        assert text[claim.start : claim.end] == claim.words
    if not text.strip():
        assert not verdict.ok


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_product_can_be_spoken_of(title: str, description: str) -> None:
    product = Product(id="x", title=title, description=description)
    assert not verify("It is a waterproof hovercraft of 12345 kg.", product).ok or "hovercraft" in title + description
