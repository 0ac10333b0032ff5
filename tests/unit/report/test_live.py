from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable

import pytest
from rich.console import Console

from strop.events import AuditNoted, Evaluated, Event, IterationFinished, IterationStarted, LmFault
from strop.report.live import Lines, Picture, Silence, make_view

HOSTILE = "\x1b[2J\x1b]0;owned\x07 [bold red]markup[/bold red] [/] \u202e \ud800 \r gone"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def lines(events: list[Event], notice: str = "") -> list[str]:
    stream = io.StringIO()
    with make_view("plain", stream, notice=notice, clock=lambda: 0.0) as view:
        for event in events:
            view(event)
    return [line.removeprefix("[   0.0 s] ") for line in stream.getvalue().splitlines()]


def drawn(events: list[Event], width: int = 80, notice: str = "") -> str:
    view = Picture(Terminal(), notice, lambda: 0.0)
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
        ("auto", Terminal(), Picture),
        ("auto", io.StringIO(), Lines),
        ("rich", io.StringIO(), Picture),
        ("plain", Terminal(), Lines),
        ("none", Terminal(), Silence),
    ],
)
def test_view_is_the_one_that_suits_the_stream(mode: str, stream: io.StringIO, kind: type) -> None:
    assert isinstance(make_view(mode, stream), kind)  # type: ignore[arg-type]


def test_view_is_plain_when_the_terminal_is_dumb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(make_view("auto", Terminal()), Lines)


def test_view_writes_to_standard_error_when_no_stream_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    with make_view("plain", notice="hello"):
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
    told = lines(happened)
    assert len(told) == len(starts)
    assert all(line.startswith(start) for line, start in zip(told, starts, strict=True))


def test_line_of_an_iteration_says_scores_verdict_on_the_candidate_and_cost(happened: list[Event]) -> None:
    assert lines(happened)[-2] == (
        "t = 1 finished: train 0.800 ± 0.058, test 0.700 ± 0.058; I_1 is c2818bc4e5ec, new; "
        "5 LM calls, 1001 evaluations, 1:01"
    )


def test_line_of_an_iteration_says_why_the_improver_stays(make_iteration: Callable[..., IterationFinished]) -> None:
    assert (
        "kept (it scored 0 when checked)"
        in lines([make_iteration(1, False, (0.5,), (0.5,), "it scored 0 when checked")])[0]
    )


def test_line_of_a_candidate_says_that_it_is_the_best_so_far(happened: list[Event]) -> None:
    assert [line.endswith(", best so far") for line in lines(happened) if "candidate" in line] == [True, False]


def test_lines_begin_with_the_notice() -> None:
    assert lines([], notice="offline is not a language model") == ["offline is not a language model"]


def test_lines_stop_telling_of_faults_when_there_are_many(make_fault: Callable[..., LmFault]) -> None:
    told = lines([make_fault() for _ in range(500)])
    assert len(told) == 11
    assert told[-1] == "fault: more of this iteration are only counted"


def test_lines_tell_of_faults_again_when_the_next_iteration_starts(make_fault: Callable[..., LmFault]) -> None:
    many: list[Event] = [make_fault() for _ in range(20)]
    assert len(lines([*many, IterationStarted(scope="t2", t=2, improver="I"), *many])) == 11 + 1 + 11


@pytest.mark.parametrize("field", ["rule", "detail", "scope"])
def test_lines_neutralise_what_a_guest_wrote(field: str) -> None:
    [line] = lines([AuditNoted(**{"scope": "t1", "rule": "r", "detail": "d", field: HOSTILE})])
    assert line.isprintable()
    assert r"\x1b[2J" in line


def test_lines_go_silent_when_nobody_reads_any_more(happened: list[Event]) -> None:
    view = make_view("plain", Gone(), notice="hello")
    with view:
        for event in happened:
            view(event)


def test_lines_fit_the_encoding_of_the_stream(happened: list[Event]) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    with make_view("plain", stream) as view:
        for event in happened:
            view(event)
    stream.seek(0)
    assert r"0.600 \xb1 0.058" in stream.read()


def test_picture_shows_iteration_task_model_budget_best_candidates_and_counts(happened: list[Event]) -> None:
    page = drawn(happened[:-2])
    for piece in (
        "lpn · offline · iteration 1 of 1",
        "doing         trying candidate 0123456789ab",
        "meta-utility calls 24 of 25 · LM calls 2 of 4",
        "0.750 ± 0.050  559aead08264 (t = 1)",
        "candidates 2  559aead08264  ok             0.750 ± 0.050  0.70 0.80",
        "2 · 2/s · ok 1, timeout 1",
        "calls 2 · responses 2",
        "faults 1 · audit notes 1",
        "train 0.600 ± 0.058 · test 0.600 ± 0.058",
    ):
        assert piece in page


def test_picture_fits_80_columns_without_cutting_a_line(happened: list[Event]) -> None:
    assert max(len(line.rstrip()) for line in drawn(happened, width=200).splitlines()) <= 80


def test_picture_carries_the_notice_all_the_time(happened: list[Event]) -> None:
    assert "offline is not a language model" in drawn(happened, notice="offline is not a language model")


def test_picture_shows_markup_as_text_and_no_escape_of_a_guest(make_evaluated: Callable[..., Evaluated]) -> None:
    page = drawn([make_evaluated("t1/improve/copy0", "lpn", "s", (0.5,), HOSTILE)])
    assert "[bold red]markup" in page
    assert not {"\x1b", "\x07", "\u202e", "\ud800"} & set(page)


def written(events: list[Event], notice: str = "") -> str:
    terminal = Terminal()
    with make_view("rich", terminal, notice=notice) as view:
        for event in events:
            view(event)
    return terminal.getvalue()


def test_picture_leaves_finished_iterations_and_the_cursor(happened: list[Event]) -> None:
    output = written(happened)
    assert "t = 0 finished" in output
    assert output.rindex("\x1b[?25h") > output.rindex("\x1b[?25l")


@pytest.mark.parametrize(("told", "coloured"), [("", True), ("1", False)])
def test_picture_has_colour_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, told: str, coloured: bool) -> None:
    monkeypatch.setenv("NO_COLOR", told)
    yellow = re.compile(r"\x1b\[[0-9;]*33m")
    assert bool(yellow.search(written([], notice="hello"))) == coloured


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
