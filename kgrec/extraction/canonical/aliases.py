"""Values that are one by convention: countries, yes and no, legal forms of companies, and what a shop adds."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kgrec.errors import SettingsError
from kgrec.extraction.canonical.keys import words_key
from kgrec.language.word_set import word_set

__all__ = ["Aliases", "alias_key", "checked_aliases", "company_key"]

Aliases = Mapping[str, Mapping[str, str]]
"""Relation (``"*"`` for every one) → another way of saying it → the value."""

_GROUPS = {
    "country": """
        united states|usa|us|u.s.a.|u.s.|united states of america|america|美国|アメリカ
        united kingdom|uk|u.k.|great britain|gb|britain|england|英国|イギリス
        china|cn|prc|p.r.c.|people's republic of china|mainland china|cn(origin)|中国
        germany|de|deutschland|德国|ドイツ
        japan|jp|nippon|日本
        south korea|korea|kr|republic of korea|韩国|韓国
        france|fr|法国|フランス
        italy|it|italia|意大利|イタリア
        taiwan|tw|台湾
        hong kong|hk|hong kong sar|香港
        india|in|印度|インド
        spain|es|españa|西班牙|スペイン
        netherlands|nl|holland|the netherlands|荷兰|オランダ
        switzerland|ch|瑞士|スイス
        """,
    "truth": """
        yes|y|true|✓|✔|是|有|はい|あり
        no|n|false|✗|✘|否|无|無|いいえ|なし
        """,
}
_ORIGIN = ("country", "origin", "made_in", "产地", "原产国", "原産国")
_LEGAL = word_set(
    "inc incorporated ltd limited llc llp corp corporation co company gmbh ag sa srl spa plc pty bv kk oy ab"
)
_CITIES = (*("paris", "london", "milano", "tokyo", "usa", "uk"), "new york", "los angeles", "beverly hills")


def _table(groups: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for line in groups.strip().splitlines():
        first, *others = (words_key(name) for name in line.strip().split("|"))
        table.update(dict.fromkeys((first, *others), first))
    return table


_COUNTRIES, _TRUTHS = _table(_GROUPS["country"]), _table(_GROUPS["truth"])


def alias_key(key: str, relation: str, keys: Collection[str]) -> str | None:
    """Return the key of what a value means by convention; None where there is no convention.

    Args:
        key: of the value.
        relation: countries are known in relations that speak of a country or an origin.
        keys: of all values of the relation: yes and no are known where there is nothing else.
    """
    if any(word in relation for word in _ORIGIN):
        return _COUNTRIES.get(key.removeprefix("made in "))
    if key in _TRUTHS and len(keys) <= len(_TRUTHS) and all(other in _TRUTHS for other in keys):
        return _TRUTHS[key]
    base = key.removesuffix("色")  # 红色 and 红 in one relation
    return base if base and not key.isascii() and base in keys and base + "色" in keys else None


def company_key(key: str) -> str:
    """Return a name without legal forms, a city behind it, ``.com`` and a leading article."""
    words = key.removesuffix(".com").removeprefix("the ").replace(",", " ").replace(".", " ").split()
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    short = " ".join(words)
    for city in _CITIES:
        base = short.removesuffix(" " + city)
        if base != short and len(base) > 2:
            return base
    return short or key


def checked_aliases(aliases: Aliases | None) -> dict[str, dict[str, str]]:
    """Return a copy of a shop's own aliases with the keys of their left sides.

    Raises:
        SettingsError: it is no mapping of mappings of texts, or a side is blank.
    """
    checked: dict[str, dict[str, str]] = {}
    for relation, pairs in (aliases or {}).items():
        if not isinstance(pairs, Mapping):
            raise SettingsError(f"aliases[{relation!r}] must map values to values; got {pairs!r:.80}")
        for alias, value in pairs.items():
            if not (isinstance(alias, str) and isinstance(value, str) and alias.strip() and value.strip()):
                raise SettingsError(f"aliases[{relation!r}] must map texts to texts; got {alias!r:.40}: {value!r:.40}")
            checked.setdefault(relation, {})[words_key(alias)] = " ".join(value.split())
    return checked
