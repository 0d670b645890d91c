from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgrec.data import Product
from kgrec.errors import DataError, SettingsError, SnapshotDamagedError, SnapshotVersionError
from kgrec.extraction.grounding import why_ungrounded
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging import CharacterTagger, CharacterTaggerSettings
from kgrec.extraction.tagging.character_features import Dictionary, WordList, sentences_of
from kgrec.testing import ExtractorContract

words = str.split
COLOURS = words("黑色 白色 红色 蓝色 墨绿 藏青 咖啡色 杏色 米白 天蓝 粉色 灰色 橙色 紫色 银色 金色 卡其 焦糖 草绿 姜黄")
COLLARS = words(
    "圆领 V领 翻领 立领 方领 一字领 娃娃领 高领 连帽 西装领 荷叶领 衬衫领 青果领 船领 毛领 斜领 挂脖 半高领 海军领 交领"
)
MATERIALS = words(
    "纯棉 真丝 亚麻 牛仔 雪纺 蕾丝 羊毛 羊绒 牛皮 针织 涤纶 帆布 丝绒 网纱 羽绒 麂皮绒 尼龙 莫代尔 漆皮 灯芯绒"
)
FORMS = (
    "这款{colour}的{collar}连衣裙 采用{material}面料",
    "{collar}设计显得时尚，{material}材质很舒适，{colour}百看不厌",
    "{material}上衣搭配{colour}，{collar}更显气质",
    "夏天穿的{colour}{material}衬衫 {collar}",
    "{collar}{colour}外套，{material}的面料",
)


def labelled() -> list[LabelledProduct]:
    rows = []
    for at, (colour, collar, material) in enumerate(zip(COLOURS, COLLARS, MATERIALS, strict=True)):
        title = FORMS[at % len(FORMS)].format(colour=colour, collar=collar, material=material)
        values = {"颜色": (colour,), "领型": (collar,), "材质": (material,), "袖长": ()}
        rows.append(LabelledProduct(product=Product(id=str(at), title=title), category="", values=values))
    english = (("PINK LIGHTS", "PINK"), ("pink mug", "pink"), ("silver frame", "silver"), ("silver vase", "silver"))
    rows += [
        LabelledProduct(product=Product(id=f"e{at}", title=title), category="", values={"颜色": (colour,)})
        for at, (title, colour) in enumerate(english)
    ]
    return rows


@pytest.fixture(scope="module")
def tagger() -> CharacterTagger:
    return CharacterTagger.train(labelled())


class TestContract(ExtractorContract):
    @pytest.fixture(autouse=True)
    def _keep(self, tagger: CharacterTagger) -> None:
        self._tagger = tagger

    def make(self) -> CharacterTagger:
        return self._tagger


def read(tagger: CharacterTagger, title: str, description: str = "") -> set[tuple[str, str, str]]:
    product = Product(id="x", title=title, description=description)
    facts = list(tagger.extract([product]))
    assert all(why_ungrounded(fact, product) is None for fact in facts)
    assert all(0 <= fact.confidence <= 1 for fact in facts)
    return {(fact.field, fact.relation, fact.value) for fact in facts}


def test_known_values_in_new_sentences(tagger: CharacterTagger) -> None:
    assert read(tagger, "墨绿的翻领连衣裙 采用真丝面料") == {
        ("title", "颜色", "墨绿"),
        ("title", "领型", "翻领"),
        ("title", "材质", "真丝"),
    }


def test_values_never_seen_are_read_from_lists_and_neighbours(tagger: CharacterTagger) -> None:
    found = read(tagger, "这款酒红色的鸡心领连衣裙 采用桑蚕丝面料")
    assert {("title", "颜色", "酒红色"), ("title", "领型", "鸡心领"), ("title", "材质", "桑蚕丝")} <= found


def test_an_attribute_without_a_training_value_is_read_from_its_list(tagger: CharacterTagger) -> None:
    assert ("title", "袖长", "七分袖") in read(tagger, "这款红色的七分袖连衣裙 采用纯棉面料")


def test_descriptions_are_read_and_may_be_left_out(tagger: CharacterTagger) -> None:
    text = "很好看。这款蓝色的圆领连衣裙！采用纯棉面料"
    assert ("description", "颜色", "蓝色") in read(tagger, "", text)
    titles_only = CharacterTagger.train(labelled(), settings=CharacterTaggerSettings(descriptions=False))
    assert read(titles_only, "", text) == set()


def test_a_value_that_stands_twice_is_stated_once(tagger: CharacterTagger) -> None:
    facts = list(tagger.extract([Product(id="x", title="这款红色的圆领连衣裙。这款红色的圆领连衣裙")]))
    assert sorted(fact.relation for fact in facts) == ["领型", "颜色"]


def test_full_width_and_emoji_do_not_move_spans(tagger: CharacterTagger) -> None:
    assert ("title", "颜色", "红色") in read(tagger, "😀Ｓａｌｅ　这款红色的圆领连衣裙 采用纯棉面料")


def test_given_spans_decide_which_of_two_places_is_meant() -> None:
    rows = [
        LabelledProduct(product=Product(id=str(at), title=f"红 衣 {word} 红"), category="", values={"颜色": ("红",)})
        for at, word in enumerate("甲乙丙丁戊己")
    ]
    spans = {row.product.id: (("颜色", 6, 7),) for row in rows}
    given = CharacterTagger.train(rows, spans=spans, settings=CharacterTaggerSettings(ridge=0.01, shared_ridge=0.01))
    (fact,) = given.extract([Product(id="x", title="红 衣 甲 红")])
    assert (fact.start, fact.end) == (6, 7)


def test_saved_and_loaded(tagger: CharacterTagger, tmp_path: Path) -> None:
    tagger.save(tmp_path / "t")
    loaded = CharacterTagger.load(tmp_path / "t")
    products = [row.product for row in labelled()]
    before, after = list(tagger.extract(products)), list(loaded.extract(products))
    assert [(f.product, f.relation, f.start, f.end) for f in before] == [
        (f.product, f.relation, f.start, f.end) for f in after
    ]
    assert [f.confidence for f in after] == pytest.approx([f.confidence for f in before], abs=1e-4)
    assert loaded.settings == tagger.settings


def test_what_cannot_be_loaded(tagger: CharacterTagger, tmp_path: Path) -> None:
    with pytest.raises(SnapshotDamagedError, match="no character tagger"):
        CharacterTagger.load(tmp_path)
    tagger.save(tmp_path)
    file = tmp_path / "characters.json"
    about = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**about, "features": about["features"][1:]}), "utf-8")
    with pytest.raises(SnapshotDamagedError, match="do not fit"):
        CharacterTagger.load(tmp_path)
    file.write_text(json.dumps({**about, "format": 9}), "utf-8")
    with pytest.raises(SnapshotVersionError):
        CharacterTagger.load(tmp_path)


def test_what_cannot_be_learned_from() -> None:
    with pytest.raises(DataError, match="expected at least 2"):
        CharacterTagger.train(labelled()[:1])
    with pytest.raises(DataError, match="got 0 labelled"):
        CharacterTagger.train([])


@pytest.mark.parametrize("wrong", [{"ridge": 0.0}, {"shared_ridge": -1.0}, {"threshold": 1.5}, {"longest": 0}])
def test_impossible_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        CharacterTaggerSettings(**wrong)  # type: ignore[arg-type]


def test_same_input_same_tagger() -> None:
    first, second = (list(CharacterTagger.train(labelled()).extract([labelled()[0].product])) for _ in range(2))
    assert first == second


def test_progress() -> None:
    told: list[tuple[int, int | None]] = []
    settings = CharacterTaggerSettings(iterations=3)
    CharacterTagger.train(labelled(), settings=settings, progress=lambda stage, done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_training_sentence_is_read_without_its_own_values() -> None:
    sentences = [next(sentences_of(text, max_characters=100)) for text in ("红裙", "红衣红", "蓝衣")]
    dictionary = Dictionary.of(sentences, [[("颜色", 0, 1)], [("颜色", 0, 1)], [("颜色", 0, 1)]])
    assert [match.kind for match in dictionary.match(["红"])] == ["value-mid+"]  # 2 of 3 places
    assert [match.kind for match in dictionary.match(sentences[0].tokens, [("颜色", 0, 1)])] == ["value-mid"]
    assert dictionary.match(sentences[2].tokens, [("颜色", 0, 1)]) == []


def test_words_inside_longer_words_are_told_apart() -> None:
    words = WordList([("颜色", "红"), ("颜色", "酒红色"), ("材质", "红木")], "list")
    found = {(match.first, match.last, match.kind) for match in words.match(list("酒红色红木"))}
    assert found == {(0, 3, "list"), (1, 2, "list-inner"), (3, 5, "list"), (3, 4, "list-inner")}


def test_sentences_keep_places_and_long_ones_are_cut() -> None:
    text = "圆领T恤 V-neck 3.5cm。" + "长" * 400
    sentences = list(sentences_of(text, max_characters=10_000))
    assert sentences[0].tokens == ["圆", "领", "t", "恤", "v-neck", "3.5cm"]
    assert [len(sentence.tokens) for sentence in sentences[1:]] == [160, 160, 80]
    for sentence in sentences:
        for token, start, end in zip(*sentence, strict=True):
            assert text[start:end].lower() == token
