from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable

import pytest
from rich.console import Console

from strop.base.events import (
    AuditNoted,
    BudgetMoved,
    Evaluated,
    Event,
    IterationFinished,
    IterationStarted,
    LmFault,
    RunFinished,
    RunStarted,
)
from strop.base.solution import digest_of
from strop.report.terminal.live import LineView, LiveView, Mode, View, make_view
from strop.report.terminal.narration import Narration
from support.processes import wait_until

HOSTILE = "\x1b[2J\x1b]0;owned\x07 [bold red]markup[/bold red] [/] \u202e \ud800 \r gone"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def lines(events: list[Event], *heading: str) -> list[str]:
    """The lines about events."""
    stream = io.StringIO()
    with make_view("plain", stream, heading=heading) as view:
        for event in events:
            view(event)
    return [re.sub(r"^\[[^]]*] ", "", line) for line in stream.getvalue().splitlines()]


def drawn(events: list[Event], width: int = 80) -> str:
    view = LiveView(Terminal(), (), lambda: 0.0, Narration())
    for event in events:
        view(event)
    page = Console(file=io.StringIO(), width=width, record=True)
    page.print(view.render())
    return page.export_text()


@pytest.fixture(autouse=True)
def _ordinary_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("mode", "stream", "kind"),
    [
        ("auto", Terminal(), LiveView),
        ("auto", io.StringIO(), LineView),
        ("rich", io.StringIO(), LiveView),
        ("plain", Terminal(), LineView),
        ("none", Terminal(), View),
    ],
)
def test_view_is_the_one_that_suits_the_stream(mode: str, stream: io.StringIO, kind: type) -> None:
    assert isinstance(make_view(mode, stream), kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["auto", "rich"])
def test_view_is_plain_when_the_terminal_is_dumb(monkeypatch: pytest.MonkeyPatch, mode: Mode) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(make_view(mode, Terminal()), LineView)


def test_view_writes_to_standard_error_when_no_stream_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    with make_view("plain", heading=["hello"]):
        pass
    assert capsys.readouterr() == ("", "hello\n")


def test_lines_tell_each_step_and_no_evaluation(happened: list[Event]) -> None:
    starts = (
        "t = 0: m",
        "t = 0 f",
        "t = 1: ",
        "t = 1: candidate 1",
        "fault",
        "audit note",
        "t = 1: candidate 2",
        "t = 1 f",
        "run",
    )
    written_lines = lines(happened)
    assert len(written_lines) == len(starts)
    assert all(line.startswith(start) for line, start in zip(written_lines, starts, strict=True))


def test_line_of_an_iteration_says_scores_verdict_on_the_candidate_and_cost(happened: list[Event]) -> None:
    assert lines(happened)[-2] == (
        "t = 1 finished: train 0.800 ± 0.058, test 0.700 ± 0.058; I_1 is c2818bc4e5ec, accepted; "
        "5 LM calls, 1001 evaluations, 1:01"
    )


def test_line_of_an_iteration_says_why_the_improver_stays(make_iteration: Callable[..., IterationFinished]) -> None:
    assert (
        "kept (it scored 0 when checked)"
        in lines([make_iteration(1, False, (0.5,), (0.5,), "it scored 0 when checked")])[0]
    )


def test_line_of_a_candidate_says_that_it_is_the_best_so_far(happened: list[Event]) -> None:
    assert [line.endswith(", best so far") for line in lines(happened) if "candidate" in line] == [True, False]


def test_heading_comes_first_in_lines_and_above_a_live_view(happened: list[Event]) -> None:
    assert lines([], "the score", "the budget") == ["the score", "the budget"]
    assert "the budget" in written(happened, "the score", "the budget")


def test_step_is_a_line_once_without_what_it_counts() -> None:
    stream = io.StringIO()
    with make_view("plain", stream) as view:
        for step in ("spoiling: 1 of 2", "spoiling: 2 of 2", "measuring"):
            view.step(step)
    assert stream.getvalue().splitlines() == ["spoiling", "measuring"]


def test_live_view_shows_the_step_until_the_run_begins() -> None:
    view = LiveView(Terminal(), (), lambda: 0.0, Narration())
    view.step("spoiling: 1 of 2")
    page = Console(file=io.StringIO(), width=80, record=True)
    page.print(view.render())
    assert page.export_text().startswith("spoiling: 1 of 2")


def test_faults_and_notes_have_a_line_each_time_their_number_doubles(make_fault: Callable[..., LmFault]) -> None:
    note = AuditNoted(scope="t1", rule="R013", detail="execve", times=3)
    starts = IterationStarted(scope="t2", t=2, improver="I")
    written_lines = lines([make_fault() for _ in range(500)] + [starts] + [note] * 4)
    assert [line.partition(" at ")[0].partition(",")[0] for line in written_lines] == [
        *["fault: rate_limited"] * 9,
        "t = 2: a83dd0ccbffe improves itself",
        *["audit note: R013 starts another program"] * 3,
    ]
    ends = [line.endswith("(rate_limited, 256 times so far; repeats are not listed)") for line in written_lines[:9]]
    assert ends == [False] * 8 + [True]
    assert [line.rpartition(" (")[2] for line in written_lines[-2:]] == [
        "R013, 6 times so far; repeats are not listed)",
        "R013, 9 times so far; repeats are not listed)",
    ]


@pytest.mark.parametrize("field", ["rule", "detail", "scope"])
def test_lines_neutralise_what_a_guest_wrote(field: str) -> None:
    [line] = lines([AuditNoted(**{"scope": "t1", "rule": "r", "detail": "d", field: HOSTILE})])
    assert line.isprintable()
    assert r"\x1b[2J" in line


def test_lines_fit_the_encoding_of_the_stream(happened: list[Event]) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    with make_view("plain", stream) as view:
        for event in happened:
            view(event)
    stream.seek(0)
    assert r"0.600 \xb1 0.058" in stream.read()


def test_live_view_shows_iteration_task_model_budget_best_and_counts(happened: list[Event]) -> None:
    page = drawn(happened[:-2])
    for piece in (
        "lpn · offline · iteration 1 of 1 · 0.0 s · Ctrl-C stops",
        "doing         trying candidate 0123456789ab",
        "I_0          test 0.600 (95% 0.157 to 0.897) · train 0.600 ± 0.058",
        "meta-utility calls 24 of 25 · LM calls 2 of 4",
        "best tried   train 0.750 ± 0.050  559aead08264 (t = 1)",
        "2 · ok 1, timeout 1",
        "calls 2 · responses 2 · in flight 0",
        "faults 1 · audit notes at run time 1",
    ):
        assert " ".join(piece.split()) in " ".join(page.split()), page


@pytest.mark.parametrize("width", [40, 80, 119, 120, 160])
def test_live_view_is_never_wider_than_the_terminal(happened: list[Event], width: int) -> None:
    lines = drawn(happened, width=width).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width


def test_live_view_counts_requests_in_flight(make_call: Callable[[str], Event]) -> None:
    assert "in flight 2" in drawn([make_call("t1/improve")])


def test_live_view_says_what_is_spent_and_what_is_reserved_of_the_limits_of_the_run() -> None:
    spec = {"task": "lpn", "max_cost": 5.0, "max_tokens": 1000, "max_calls": 10}
    spent = [
        RunStarted(scope="", spec=spec, environment={}, posture={}),
        BudgetMoved(scope="t1", counter="cost", amount=2_000_000_000, granted=True, used=0, limit=None),
        BudgetMoved(scope="t1", counter="cost", amount=-500_000_000, granted=True, used=0, limit=None),
        BudgetMoved(scope="t1", counter="tokens", amount=400, granted=True, used=0, limit=None),
    ]
    page = drawn(spent)
    for limit in (
        "$0.00 spent and $1.50 reserved of $5.00",
        "0 tokens spent and 400 reserved",
        "LM calls left 10 of 10",
    ):
        assert limit in page


def test_live_view_shows_markup_as_text_and_no_escape_of_a_guest(make_evaluated: Callable[..., Evaluated]) -> None:
    page = drawn([make_evaluated("t1/improve/copy0", "lpn", "s", (0.5,), HOSTILE)])
    assert "[bold red]markup" in page
    assert not {"\x1b", "\x07", "\u202e", "\ud800"} & set(page)


def written(events: list[Event], *heading: str) -> str:
    terminal = Terminal()
    with make_view("rich", terminal, heading=heading) as view:
        for event in events:
            view(event)
    return terminal.getvalue()


def test_live_view_leaves_finished_iterations_and_never_hides_the_cursor(happened: list[Event]) -> None:
    output = written(happened)
    assert "t = 0 finished" in output
    assert "\x1b[?25" not in output


@pytest.mark.parametrize("mode", ["rich", "plain"])
def test_view_goes_on_when_nobody_reads_any_more(mode: Mode, happened: list[Event]) -> None:
    with make_view(mode, Gone(), heading=["hello"]) as view:
        for event in happened:
            view(event)


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_live_view_has_colour_unless_no_color_is_set(
    monkeypatch: pytest.MonkeyPatch, make_fault: Callable[..., LmFault], no_color: str, coloured: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    yellow = re.compile(r"\x1b\[[0-9;]*33m")
    terminal = Terminal()
    with make_view("rich", terminal) as view:
        view(make_fault())
        wait_until(lambda: "problems" in terminal.getvalue())
    assert bool(yellow.search(terminal.getvalue())) == coloured


@pytest.mark.heavy
@pytest.mark.parametrize("mode", ["rich", "plain"])
def test_view_takes_events_from_many_threads_at_once(mode: str, happened: list[Event]) -> None:
    terminal = Terminal()
    with make_view(mode, terminal) as view:  # type: ignore[arg-type]
        work = [event for _ in range(20) for event in happened]
        threads = [threading.Thread(target=lambda: [view(event) for event in work], daemon=True) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in threads)
    assert terminal.getvalue().count("t = 1 finished") == 160


def test_last_line_leaves_it_to_the_error_after_it_to_say_which_limit_is_spent() -> None:
    stream = io.StringIO()
    LineView(stream, (), lambda: 0.0, Narration())(
        RunFinished(scope="", status="budget", detail="--max-calls 1 is spent")
    )
    assert "run stopped at a limit; LM calls 0" in stream.getvalue() and "is spent" not in stream.getvalue()


def failing(n: int, error: str) -> Evaluated:
    facts = {"split": "train", "value": 0.0, "scores": (), "verdicts": (), "cpu_seconds": 0.1, "wall_seconds": 0.1}
    return Evaluated(scope=f"improve/u-{n}", utility="u", solution=f"s{n}", verdict="raised", error=error, **facts)  # type: ignore[arg-type]


def test_failures_of_one_kind_have_a_line_each_time_their_number_doubles() -> None:
    stream = io.StringIO()
    with make_view("plain", stream) as view:
        for n in range(8):
            view(failing(n, f"instance {n}: UnboundLocalError: no {n}"))
        view(failing(8, "instance 0: KeyError: 3"))
    names = [digest_of(f"s{n}")[:12] for n in (0, 1, 3, 7, 8)]
    lines = [line for line in stream.getvalue().splitlines() if "candidate" in line]
    assert [name in line for name, line in zip(names, lines, strict=True)] == [True] * 5
    assert "(UnboundLocalError, 8 times so far; repeats are not listed)" in stream.getvalue()


def test_live_view_says_of_its_time_limit_and_of_a_silence(make_call: Callable[[str], Event]) -> None:
    now = [0.0]
    view = LiveView(Terminal(), (), lambda: now[0], Narration())
    view(RunStarted(scope="", spec={"task": "lpn", "max_time": 600.0}, environment={}, posture={}))
    now[0] = 12.0
    page = Console(file=io.StringIO(), width=80, record=True)
    page.print(view.render())
    shown = page.export_text()
    assert "12.0 s of 10:00" in shown and "no evaluation has ended for 12.0 s" in shown
