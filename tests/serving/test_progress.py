"""Progress where nobody sees bars: lines now and then."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from kgrec.serving.progress import _Lines as Lines
from kgrec.serving.progress import drawn_progress, told_with


def test_a_line_every_few_seconds_says_how_far_and_how_long() -> None:
    out, now = StringIO(), [0.0]
    lines = Lines(Console(file=out, width=40), every=5.0, clock=lambda: now[0])
    for second in range(12):
        now[0] = float(second)
        lines("reading catalogue", 1_000 * second, 20_000)
    assert out.getvalue().splitlines() == [
        "reading catalogue: 5,000 of 20,000, 1,000.0 a second, 15 s left",
        "reading catalogue: 10,000 of 20,000, 1,000.0 a second, 10 s left",
    ]


def test_what_a_stage_says_of_itself_stands_in_place_of_the_rate() -> None:
    out, now = StringIO(), [0.0]
    lines = told_with(Lines(Console(file=out), clock=lambda: now[0]), lambda: "3 done, 0.02 USD, 4 s left")
    lines("ask", 0, None)
    now[0] = 9.0
    lines("ask", 3, None)
    assert out.getvalue() == "ask: 3 done, 0.02 USD, 4 s left\n"


def test_a_quick_run_in_a_pipe_says_nothing() -> None:
    out = StringIO()
    with drawn_progress(Console(file=out)) as progress:
        progress("reading catalogue", 0, 10)
        progress("reading catalogue", 10, 10)
    assert out.getvalue() == ""
