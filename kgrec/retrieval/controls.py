"""What a shopper wants of an answer: wishes that act on the very next call.

As JSON::

    {"less": {"brand": ["OPI"]}, "not_interested": ["B001"], "owned": [], "forget": ["B002"], "no_profiling": false}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from types import MappingProxyType
from typing import Any

from kgrec.errors import SettingsError
from kgrec.retrieval.filters import Condition, Value
from kgrec.retrieval.rules import Boost, Rules

__all__ = ["Controls"]


@dataclass(frozen=True, kw_only=True)
class Controls:
    """Wishes of one shopper.

    Attributes:
        less: field → values, as in filters: scores of products that have one of them are multiplied by
            ``less_factor``, once for each field.
        not_interested: product ids never to show, and not to count where they are in the history.
        owned: product ids never to show, as the shopper has them; they go on counting.
        forget: product ids that stay hidden where they are in the history, and count no more: the others count what
            they counted.
        no_profiling: answer without the history: with what is popular, or for one product from that product alone.
            What the history holds is then not hidden either.
        less_factor: above 0 and below 1.

    Raises:
        SettingsError: a wish is malformed.
    """

    less: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    not_interested: tuple[str, ...] = ()
    owned: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    no_profiling: bool = False
    less_factor: float = 0.3

    def __post_init__(self) -> None:
        """Check every part, and freeze copies of the collections."""
        if not isinstance(self.less, Mapping):
            raise SettingsError(f"less must map fields to lists of values; got {self.less!r:.80}")
        less = {name: _values(name, stated) for name, stated in self.less.items()}
        object.__setattr__(self, "less", MappingProxyType({name: values for name, values in less.items() if values}))
        for name in ("not_interested", "owned", "forget"):
            object.__setattr__(self, name, _ids(name, getattr(self, name)))
        if not isinstance(self.no_profiling, bool):
            raise SettingsError(f"no_profiling is true or false; got {self.no_profiling!r:.80}")
        factor: object = self.less_factor
        if isinstance(factor, bool) or not isinstance(factor, Real) or not 0 < float(factor) < 1:
            raise SettingsError(f"less_factor must be above 0 and below 1; got {factor!r:.80}")

    @classmethod
    def of(cls, stated: Controls | Mapping[str, Any] | None) -> Controls:
        """Return controls from their JSON form; controls come back as they are, None as no wishes.

        Raises:
            SettingsError: a name is unknown, or as above.
        """
        if isinstance(stated, Controls):
            return stated
        known = [entry.name for entry in fields(cls)]
        if stated is None:
            return cls()
        if not isinstance(stated, Mapping):
            raise SettingsError(f"controls must be Controls or a mapping with {', '.join(known)}; got {stated!r:.80}")
        if unknown := [name for name in stated if name not in known]:
            raise SettingsError(f"unknown control {unknown[0]!r:.80}; known are {', '.join(known)}")
        return cls(**stated)

    def and_also(self, other: Controls) -> Controls:
        """Return the wishes of both; the factor is that of the other."""
        less = {
            name: tuple(dict.fromkeys((*self.less.get(name, ()), *other.less.get(name, ()))))
            for name in (*self.less, *other.less)
        }
        return replace(
            other,
            less=less,
            not_interested=tuple(dict.fromkeys((*self.not_interested, *other.not_interested))),
            owned=tuple(dict.fromkeys((*self.owned, *other.owned))),
            forget=tuple(dict.fromkeys((*self.forget, *other.forget))),
            no_profiling=self.no_profiling or other.no_profiling,
        )

    def boosts(self) -> list[Boost]:
        """Return what ``less`` asks for as boosts, one a field."""
        return [
            Boost(
                where=Condition(name, "in", values),
                factor=self.less_factor,
                reason=f"less of {name} {', '.join(map(str, values))}, as the shopper asked: {self.less_factor:g}",
            )
            for name, values in self.less.items()
        ]

    def rules_with(self, rules: Rules | Mapping[str, Any] | None) -> Rules | Mapping[str, Any] | None:
        """Return business rules to which ``less`` is added."""
        if not self.less:
            return rules
        given = Rules() if rules is None else Rules.of(rules)
        return replace(given, boosts=(*given.active_boosts, *self.boosts()))


def _values(name: object, stated: object) -> tuple[Value, ...]:
    if not isinstance(name, str) or not name:
        raise SettingsError(f"a field of less must be a text; got {name!r:.80}")
    values = (stated,) if isinstance(stated, str) else stated
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        raise SettingsError(f"less of {name!r} takes a value or a list of values; got {stated!r:.80}")
    return Condition(name, "in", tuple(values)).values


def _ids(name: str, stated: object) -> tuple[str, ...]:
    if isinstance(stated, str) or not isinstance(stated, Iterable):
        raise SettingsError(f"{name} must be a list of product ids; got {stated!r:.80}")
    ids = tuple(stated)
    if wrong := [entry for entry in ids if not isinstance(entry, str)]:
        raise SettingsError(f"{name} must hold product ids (strings); got {wrong[0]!r:.80}")
    return ids
