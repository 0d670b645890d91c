"""What a question is asked with, checked and made ready."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from kgrec import reasons
from kgrec.answering import Answering, Query
from kgrec.data import (
    Recommendations,
)
from kgrec.errors import HistoryError, SettingsError
from kgrec.explanation import grammar_of
from kgrec.retrieval import Controls, Filter, Rules, Shown

__all__ = ["Explain", "Where", "Wished", "answered", "check_asked", "query_of", "without_seen"]

Where = Filter | Mapping[str, Any]
Explain = bool | Literal["details"]
Wished = Controls | Mapping[str, Any] | None


def query_of(now: Answering, user: str | None, history: Sequence[str] | None) -> Query:
    """Return the query of a history, a user, or nobody.

    Raises:
        HistoryError: the user is no string, or the history is no sequence of strings.
    """
    if history is not None:
        return now.of_visitor(history)
    if user is None:
        return now.of_nobody()
    if not isinstance(user, str):
        raise HistoryError(f"user must be an id (a string); got {user!r:.80}: pass str(id), or history=[…] for ids")
    return now.of_user(user)


def without_seen(
    now: Answering, shown: Shown, user: str | None, query: Query, exclude_seen: bool | Iterable[str]
) -> tuple[Shown, tuple[str, ...]]:
    """Leave out what is in the history, or what the user did with it."""
    if isinstance(exclude_seen, bool | np.bool_):
        return (shown.without(query.items) if exclude_seen else shown), ()
    seen, notes = now.eligibility.seen_by_type(user, exclude_seen)
    return shown.without(seen), notes


def answered(
    now: Answering,
    query: Query,
    k: int,
    shown: Shown,
    rules: Rules | Mapping[str, Any] | None,
    explain: Explain,
    language: str,
) -> Recommendations:
    """Answer a query, with as much explanation as was asked for.

    Raises:
        SettingsError: ``explain`` is something else.
    """
    if explain not in (True, False, "details"):
        raise SettingsError(f"explain is True, False or 'details'; got {explain!r:.80}")
    answer = now.answer(query, k, shown, rules, bool(explain), language)
    return reasons.detailed_answer(now, query, shown, k, answer) if explain == "details" else answer


def check_asked(k: object, language: str) -> None:
    """Refuse a number of answers below 1, and a language that is not known.

    Raises:
        SettingsError: either is so.
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise SettingsError(f"k must be at least 1, a whole number; got {k!r}")
    grammar_of(language)
