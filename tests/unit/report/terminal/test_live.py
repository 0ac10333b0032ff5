"""What a run shows while it goes on: a line for each step, and the figures of the live view."""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Sequence
from contextlib import suppress

import pytest
from rich.console import Console
from rich.text import Text

from strop.base.budget import GATE_PAIRS, HELD_OUT
from strop.base.events import Event, ImproveStarted, IterationStarted, RunFinished
from strop.base.solution import digest_of
from strop.report.terminal.display import Display
from strop.report.terminal.live import LineView, LiveView, View, make_view
from strop.report.terminal.narration import Narration, tally
from support.processes import wait_until
from support.records import compared
from support.rows import table
from unit.report.terminal import made
from unit.report.terminal.made import HOSTILE, happened

S, A, I0, I1, B = (digest_of(text)[:12] for text in ("S", "A", "I0", "I1", "B"))
COUNTS = "5 LM calls, 1001 evaluations, 1:01"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def _ordinary_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def lines(events: Sequence[Event]) -> list[str]:
    """The lines about events."""
    stream = io.StringIO()
    with make_view("plain", stream) as view:
        for event in events:
            view(event)
    return [re.sub(r"^\[[^]]*] ", "", line) for line in stream.getvalue().splitlines()]


def seen(events: Sequence[Event]) -> Narration:
    narration = Narration()
    for event in events:
        narration.add(event)
    return narration


def page_of(view: LiveView, width: int = 80) -> str:
    page = Console(file=io.StringIO(), width=width, record=True)
    page.print(view.render())
    return page.export_text()


def drawn(events: Sequence[Event], width: int = 80, *, after: float = 0.0) -> str:
    now = [0.0]
    view = LiveView(Terminal(), (), lambda: now[0], Narration())
    for event in events:
        view(event)
    now[0] = after
    return page_of(view, width)


def written(mode: Display, events: Sequence[Event], *heading: str, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    with make_view(mode, stream, heading=heading) as view:
        for event in events:
            view(event)
    stream.seek(0)
    return stream.read()


ORIGINAL = made.evaluated("original/train", "task", "S", (0.5,))


def one(text: str | None, value: float, verdict: str = "ok") -> Event:
    """A candidate of strop improve."""
    return made.evaluated("improve/u-1#0", "task", text, (value,), verdict)


NOTE = made.note("R013", 3, detail="execve x3", program="x")
GATE = compared(1, (0.1, 0.2), interval=(-0.01, 0.31), e_value=48.25, accepted=True)
TOTALS = "faults 0, audit notes at run time 0"
LINES: list[tuple[list[Event], list[str]]] = [
    (happened(), [
        f"t = 0: measuring the seed improver {I0}",
        f"t = 0 finished: train 0.600 ± 0.058, test 0.600 ± 0.058; I_0 is {I0}; 4 LM calls, 1000 evaluations, 1:01",
        f"t = 1: {I0} improves itself",
        f"t = 1: candidate 1, {A}: ok, 0.750 ± 0.050, best so far",
        "fault: rate_limited at t1/improve call 0 attempt 1: 429",
        "audit note: R004 names a budget in building a language model, at t1/improve: budget=1000",
        f"t = 1: candidate 2, {B}: ok, 0.450 ± 0.050",
        f"t = 1 finished: train 0.800 ± 0.058, test 0.700 ± 0.058; I_1 is {I1}, accepted; {COUNTS}",
        "run finished; LM calls 2, responses 2, evaluations 2 (ok 1, timeout 1), faults 1, audit notes at run time 1",
    ]),
    ([made.iteration(1, False, (0.5,), (), "it scored 0")],
     [f"t = 1 finished: train 0.500, test -; I_1 is {I1}, kept (it scored 0); {COUNTS}"]),
    ([made.evaluated("t1/improve/u-none#0", "self-improvement", None, (0.0,), "malformed")],
     ["t = 1: candidate 1, none: malformed, 0.000"]),
    ([ORIGINAL, one("S", 0.5), one("A", 0.6), one("A", 0.7), one("B", 0.8)], [
        f"candidate {S} (the original): ok, 0.500, 1 evaluation, 0 LM calls",
        f"candidate {A}: ok, 0.600 (best), 2 evaluations, 0 LM calls",
        f"candidate {A} (again): ok, 0.700, 3 evaluations, 0 LM calls",
        f"candidate {B}: ok, 0.800 (best), 4 evaluations, 0 LM calls",
    ]),
    ([NOTE], ["audit note: R013 starts another program, 3 times, at t1/improve: execve x3"]),
    ([made.note("R002")], []),
    ([RunFinished(scope="", status="budget", detail="--max-calls 1 is spent")],
     [f"run stopped at a limit; LM calls 0, responses 0, evaluations 0 (-), {TOTALS}"]),
    ([RunFinished(scope="", status="interrupted", detail="SIGINT")],
     [f"run interrupted: SIGINT; LM calls 0, responses 0, evaluations 0 (-), {TOTALS}"]),
    ([GATE], ["t = 1: gate: the candidate replaces the improver: +0.150 (-0.010 to +0.310) in û, in 2 pairs of 60 at most, "
              "evidence 48.2 (threshold 40); 8 LM calls, 60 evaluations"]),
    ([compared(2, (), scope="t2/gate")],
     ["t = 2: gate: the improver stays: +0.000 (-1.000 to +1.000) in û, in 1 pair of 60 at most, evidence 1 (threshold 40); "
      "8 LM calls, 60 evaluations; stopped: the pairs left were unlikely to reach the threshold (futility)"]),
    ([compared(2, (0.1,), scope="final/gate")], ["final comparison, I_2 minus I_0 on held-out instances: +0.100 (-1.000 "
                                                 "to +1.000) in 1 pair; 8 LM calls, 60 evaluations"]),
]  # fmt: skip
"""Events → the lines about them."""


@table(("events", "expected"), LINES)
def test_each_step_has_its_line_and_an_evaluation_has_none(events: list[Event], expected: list[str]) -> None:
    assert lines(events) == expected


def test_what_repeats_has_a_line_each_time_its_number_doubles() -> None:
    told = lines([*[made.fault() for _ in range(500)], IterationStarted(scope="t2", t=2, improver="I"), *[NOTE] * 4])
    words = [line.partition(" at ")[0].partition(",")[0] for line in told]
    assert words[:9] == ["fault: rate_limited"] * 9 and words[10:] == ["audit note: R013 starts another program"] * 3
    ends = [line.rpartition(" (")[2] for line in (told[8], *told[11:])]
    assert ends == [
        f"{what} times so far; repeats are not listed)" for what in ("rate_limited, 256", "R013, 6", "R013, 9")
    ]
    failures = [made.failing(n, f"instance {n}: UnboundLocalError: no {n}") for n in range(8)]
    told = lines([*failures, made.failing(8, "instance 0: KeyError: 3")])
    assert [digest_of(f"s{n}")[:12] in line for n, line in zip((0, 1, 3, 7, 8), told, strict=True)] == [True] * 5
    assert "(UnboundLocalError, 8 times so far; repeats are not listed)" in told[3]


def test_comparison_is_told_in_ten_lines_at_most() -> None:
    scopes = [
        ("improved/test/instances", HELD_OUT, "final comparison, {} of at most {}"),
        ("final/gate", GATE_PAIRS, "final comparison, pair {} of {}"),
        ("t1/gate", GATE_PAIRS, "t = 1: gate, pair {} of {}"),
    ]
    for scope, counter, words in scopes:
        for most, number in ((3, 3), (10, 10), (50, 10), (11, 6)):
            narration = seen([IterationStarted(scope="t1", t=1, improver="I")])
            shown = []
            for used in range(1, most + 1):
                narration.add(made.moved(scope, counter, used, most))
                shown.append(narration.line(made.moved(scope, counter, used, most)))
            told = [line for line in shown if line is not None]
            assert len(told) == number and told[0] == words.format(1, most), (scope, most)
            assert narration.doing == words.format(most, most)


DOING = {
    "t0/measure/copy3": "measuring the seed improver",
    "t1/improve": "the improver improves itself",
    "t1/improve/u-3f2a91b04c7d#0/copy2": "trying candidate 3f2a91b04c7d",
    "t1/check/copy0": "measuring the result of the self-improvement",
    "t2/measure/copy0": "measuring the result of the self-improvement",
    "seed/copy0": "measuring the seed improver",
    "lpn/hints/copy1": "measuring hints on lpn",
    "improve": "improving",
    "improver": "measuring the improver",
    "elsewhere": "elsewhere",
}


def test_narration_says_what_an_improvement_is_for() -> None:
    told = {
        scope: seen([ImproveStarted(scope=scope, improver="I", initial_solution="s", utility="lpn")]).doing
        for scope in DOING
    }
    assert told == DOING


def test_narration_takes_only_candidates_that_work_for_the_best_and_no_other_measurement_for_a_candidate() -> None:
    best = seen(happened()).best
    assert best is not None and (best.solution, best.value) == ("A", 0.75)
    for scope in ("t1/improve/u-1#0", "improve/u-1#0"):
        narration = seen([made.evaluated(scope, "self-improvement", "A", (0.0,), "raised")])
        assert narration.tried == 1 and narration.best is None, scope
    for scope in ("t1/measure", "t1/improve/u-1#0/copy2/u-2#0", "improver", ""):
        assert not seen([made.evaluated(scope, "self-improvement", "A", (0.5,))]).tried, scope


def test_narration_knows_the_budget_of_the_self_improvement_alone_and_forgets_it_when_the_next_begins() -> None:
    moves = [("t1/improve/handles", "lm_calls", 2, 4), ("t1/improve/handles", "lm_calls", 1, 4),
             ("t1/improve/u-1#0/copy0/handles", "lm_calls", 9, 10)]  # fmt: skip
    assert seen([made.moved(*move) for move in moves]).allowances == {"lm_calls": (2, 4)}
    narration = seen([*happened(), IterationStarted(scope="t2", t=2, improver="I1")])
    assert (narration.t, narration.tried, narration.allowances) == (2, 0, {})


def test_last_line_of_a_run_counts_the_evaluations_of_candidates() -> None:
    scopes = ("original/train", "improve/u-1#0", "improve/u-2#0", "improved/test")
    run = seen([made.evaluated(scope, "task", "A", (0.5,)) for scope in scopes]).run
    assert tally(run).startswith("LM calls 0, responses 0, evaluations 4 (ok 4), of which the improver asked for 2, ")


def test_view_is_the_one_that_suits_the_stream(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def kinds(*rows: tuple[Display, io.StringIO]) -> list[type]:
        return [type(make_view(mode, stream)) for mode, stream in rows]

    pipe, terminal = io.StringIO(), Terminal()
    found = kinds(("auto", terminal), ("auto", pipe), ("rich", pipe), ("plain", terminal), ("none", terminal))
    assert found == [LiveView, LineView, LiveView, LineView, View]
    monkeypatch.setenv("TERM", "dumb")
    assert kinds(("auto", terminal), ("rich", terminal)) == [LineView, LineView]
    with make_view("plain", heading=["hello"]):
        pass
    assert capsys.readouterr() == ("", "hello\n"), "standard error, where no stream is given"


def test_step_is_a_line_once_without_what_it_counts_and_stands_in_a_live_view_until_the_run_begins() -> None:
    stream, steps = io.StringIO(), ("spoiling: 1 of 2", "spoiling: 2 of 2", "measuring")
    live = LiveView(Terminal(), (), lambda: 0.0, Narration())
    with make_view("plain", stream) as view:
        for step in steps:
            view.step(step)  # type: ignore[attr-defined]
    assert stream.getvalue().splitlines() == ["spoiling", "measuring"]
    live.step(steps[0])
    assert page_of(live).startswith("spoiling: 1 of 2 · 0.0 s")


def test_views_neutralise_what_a_guest_wrote_and_fit_the_encoding_of_the_stream() -> None:
    for field in ("rule", "detail", "scope"):
        [line] = lines([made.note(**{"rule": "r", field: HOSTILE})])
        assert line.isprintable() and r"\x1b[2J" in line, field
    page = drawn([made.evaluated("t1/improve/copy0", "lpn", "s", (0.5,), HOSTILE)])
    assert "[bold red]markup" in page and not {"\x1b", "\x07", "\u202e", "\ud800"} & set(page)
    assert r"0.600 \xb1 0.058" in written("plain", happened(), encoding="ascii")


LIMITS = {"task": "lpn", "max_cost": 5.0, "max_tokens": 1000, "max_calls": 10, "max_time": 600.0}
SPENT = [made.started(**LIMITS), *(made.moved("t1", counter, 0, None, amount) for counter, amount in (
    ("cost", 2_000_000_000), ("cost", -500_000_000), ("tokens", 400)))]  # fmt: skip
PICTURES: list[tuple[list[Event], float, list[str]]] = [
    (happened()[:-2], 0.0, [
        "strop · lpn · offline · iteration 1 of 1 · 0.0 s · Ctrl-C stops",
        "doing         trying candidate 0123456789ab",
        "I_0           test 0.600 (95% 0.157 to 0.897) · train 0.600 ± 0.058",
        "best tried    train 0.750 ± 0.050  559aead08264 (t = 1)",
        "budget left   meta-utility calls 24 of 25 · LM calls 2 of 4",
        "LM            calls 2 · responses 2 · in flight 0",
        "evaluations   2 · ok 1, timeout 1",
        "problems      faults 1 · audit notes at run time 1",
    ]),
    ([made.call("t1/improve")], 0.0, ["in flight 2"]),
    ([made.started(task="lpn", utility_budget=9), ORIGINAL, one("A", 0.6)], 0.0, [
        "original      0.500", f"best so far   {A}: 0.600", "budget left   evaluations 8 of 9",
    ]),
    (SPENT, 12.0, [
        "12.0 s of 10:00", "no evaluation has ended for 12.0 s", "$0.00 spent and $1.50 reserved of $5.00",
        "0 tokens spent and 400 reserved of 1,000", "LM calls left 10 of 10",
    ]),
]  # fmt: skip
"""Events, seconds without another, what the live view shows then."""


def test_live_view_shows_what_is_done_the_best_and_what_is_left_and_is_never_wider_than_the_terminal() -> None:
    for events, after, pieces in PICTURES:
        page = " ".join(drawn(events, after=after).split())
        assert not [piece for piece in pieces if " ".join(piece.split()) not in page], page
    for width in (40, 80, 119, 160):
        assert max(len(line.rstrip()) for line in drawn(happened(), width).splitlines()) <= width


@table("no_color", ("", "1"))
def test_live_view_has_colour_unless_no_color_is_set(monkeypatch: pytest.MonkeyPatch, no_color: str) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    terminal = Terminal()
    with make_view("rich", terminal) as view:
        view(made.fault())
        wait_until(lambda: "problems" in terminal.getvalue())
    assert bool(re.search(r"\x1b\[[0-9;]*33m", terminal.getvalue())) == (not no_color)


@pytest.mark.heavy
@table("mode", ["rich", "plain"])
def test_view_takes_events_from_many_threads_and_goes_on_when_nobody_reads_any_more(mode: Display) -> None:
    terminal, work = Terminal(), happened() * 20
    with make_view(mode, terminal) as view, make_view(mode, Gone(), heading=["hello"]) as unread:
        threads = [threading.Thread(target=lambda: [view(event) for event in work], daemon=True) for _ in range(8)]
        for thread in threads:
            thread.start()
        for event in happened():
            unread(event)
        for thread in threads:
            thread.join(timeout=600)
        assert not any(thread.is_alive() for thread in threads)
    assert terminal.getvalue().count("t = 1 finished") == 160


def test_display_goes_on_when_the_terminal_is_closed() -> None:
    ours, theirs = os.openpty()
    stream, pictures = os.fdopen(theirs, "w"), threading.Semaphore(0)

    def render() -> Text:
        pictures.release()
        return Text("a picture")

    with Display(stream, render) as display:
        assert all(pictures.acquire(timeout=600) for _ in range(2)), "the first picture is on the terminal"
        assert b"a picture" in os.read(ours, 65536)
        os.close(ours)
        for number in range(100):
            display.say(str(number))
    with pytest.raises(OSError):
        stream.write("nobody is there")
        stream.flush()
    with suppress(OSError):
        stream.close()
