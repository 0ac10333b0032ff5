from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given
from rich.console import Console

from strop.base.events import Event, IterationFinished, RunResumed
from strop.report.terminal.evaluation import print_score
from strop.report.terminal.run import print_iterations, print_runs, print_trained
from strop.report.terminal.tables import print_pairs, print_table
from strop.runs.listing import RunListing
from strop.runs.meta import Meta
from strop.runs.results.listings import Runs
from strop.runs.run_data import RunData, run_data
from strop.runs.score import Scored
from strop.runs.train import iterations_of, trained_of
from strop.store import Stored
from support.tables import terminal


def printed(show: Callable[[Console], None], encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    show(terminal(stream))
    stream.seek(0)
    return stream.read()


def print_run(run: RunData, console: Console) -> None:
    print_trained(trained_of(run, Path("runs/x")), console, full=True)


def test_run_table_has_one_row_an_iteration_in_80_columns(stored: list[Stored[Event]]) -> None:
    page = printed(lambda console: print_run(run_data(stored), console)).splitlines()
    assert max(map(len, page)) <= 80
    assert [line.rstrip() for line in page if line[:1].isdigit() and "ok 900" in line] == [
        "0  -         0.600 ± 0.058  0.600 ± 0.058       4    1000  ok 900           1:01",
        "1  yes       0.800 ± 0.058  0.700 ± 0.058       5    1001  ok 900           1:01",
    ]


def test_run_table_folds_no_figure_when_there_is_little_room(make_iteration: Callable[..., IterationFinished]) -> None:
    long = replace(make_iteration(10, True, (0.5, 0.7), (0.5, 0.7)), evaluations=123456, lm_calls=1234, seconds=37250.0)
    page = printed(lambda console: print_iterations(iterations_of(run_data([Stored(1, 0.0, long)])), console))
    row = r"^10  yes +0\.600 ± 0\.100  0\.600 ± 0\.100 +1234  123456  ok 900 +10:20:50$"
    assert re.search(row, page, re.MULTILINE)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (slice(None), "lpn, finished, 3:00\n"),
        (slice(-1), "lpn, has not ended"),
        (slice(0), "has not ended, 0.0 s"),
    ],
    ids=["whole", "no end", "empty"],
)
def test_run_table_says_task_status_and_time(stored: list[Stored[Event]], kept: slice, said: str) -> None:
    assert said in printed(lambda console: print_run(run_data(stored[kept]), console))


def test_run_table_counts_no_pause_between_two_stretches(stored: list[Stored[Event]]) -> None:
    spec = {"task": "lpn", "model": "offline"}
    goes_on = RunResumed(scope="", spec=spec, environment={}, posture={}, events=len(stored), seconds=200.0)
    at = stored[-1].at + 50_000
    resumed = [
        *stored,
        Stored(stored[-1].seq + 1, at, goes_on),
        replace(stored[-1], seq=stored[-1].seq + 2, at=at + 40),
    ]
    assert "lpn, finished, 4:00\n" in printed(lambda console: print_run(run_data(resumed), console))


def test_run_table_begins_with_the_model(stored: list[Stored[Event]]) -> None:
    run = run_data(stored)
    run.meta = Meta(model="offline")
    assert printed(lambda console: print_run(run, console)).startswith(
        "model: offline; a stand-in answered, not a language model"
    )


def test_run_table_says_why_the_improver_stays(make_iteration: Callable[..., IterationFinished]) -> None:
    stays = make_iteration(2, False, (0.5,), (), "\x1b[31m[red]it scored 0[/red]")
    page = printed(lambda console: print_iterations(iterations_of(run_data([Stored(1, 0.0, stays)])), console))
    assert r"t = 2: kept the incumbent: \x1b[31m[red]it scored 0[/red]" in page
    assert re.search(r"^2  no +0\.500 +- ", page, re.MULTILINE)


def test_runs_table_lists_the_runs_and_what_is_broken() -> None:
    listings = (
        RunListing(Path("runs/20260801-120000-lpn-1a2b"), 0.0, "finished", "lpn", 4, "", "run", 0.62, 1.5),
        RunListing(Path(f"runs/20260801-120000-improve-{'long' * 20}-1a2b"), 8e4, "finished", "lpn", 0, "", "improve"),
        RunListing(Path("runs/x"), None, "unreadable", "", 0, "the file is damaged"),
    )
    page = printed(lambda console: print_runs(Runs(listings, Path("runs")), console, now=86400 * 3.0))
    first = [
        "run: 20260801-120000-lpn-1a2b",
        "command: run",
        "status: finished",
        "score: 0.620",
        "cost: $1.50",
        "age: 3 d",
    ]
    assert [line.strip() for line in page.splitlines()[:6]] == first
    assert f"improve-{'long' * 20}-1a2b\n" in page, "a name can be copied, however long"
    assert page.endswith("the file is damaged\n")


def test_score_is_printed_with_its_first_failure() -> None:
    result = Scored(
        0.25, "raised", (0.5, 0.0), ("ok", "raised"), "instance 1: NameError\n  \x1b[2J", task="lpn", split="test"
    )
    assert printed(lambda console: print_score(result, console)).splitlines() == [
        "The program scores 0.2500 on lpn (test split, 2 instances; 1 failed).",
        "2 instances: ok 1, raised 1",
        "instance 1: NameError",
        r"  \x1b[2J",
    ]


FIGURES = st.from_regex(
    r"[-+]?[0-9]{1,3}(,[0-9]{3}){0,3}(\.[0-9]{1,4})?( ± [0-9]\.[0-9]{3})?( to [+-]?[0-9.]{3,6})?( s|%)?", fullmatch=True
)
WORDS = st.lists(
    st.sampled_from(["candidate", "answer", "12", "of", "malformed", "0.518", "-", "t1/improve/copy0"]), max_size=9
)
CELLS = st.one_of(FIGURES, WORDS.map(" ".join), st.just(""), st.just("-"))
TABLES = st.integers(1, 9).flatmap(
    lambda columns: st.tuples(
        st.lists(
            st.sampled_from(["t", "train û", "LM\ncalls", "evalu-\nations", ""]), min_size=columns, max_size=columns
        ),
        st.lists(st.lists(CELLS, min_size=1, max_size=columns), min_size=1, max_size=4),
    )
)


def figures_of(page: str) -> Counter[str]:
    return Counter(word for word in page.split() if any(map(str.isdigit, word)))


@given(table=TABLES, width=st.integers(30, 120))
def test_table_keeps_every_figure_and_column_whole_at_any_width(
    table: tuple[list[str], list[list[str]]], width: int
) -> None:
    headers, rows = table
    stream = io.StringIO()
    print_table(terminal(stream, width), headers, rows)
    page = stream.getvalue()
    assert figures_of(page) == figures_of(" ".join(cell for row in rows for cell in row))
    assert all(len(line) <= width for line in page.splitlines())


@given(
    lines=st.dictionaries(st.sampled_from(["limits", "a name of 34 characters, as it may be", "x"]), CELLS, min_size=1),
    width=st.integers(30, 120),
)
def test_named_facts_keep_every_figure_whole_at_any_width(lines: dict[str, str], width: int) -> None:
    stream = io.StringIO()
    print_pairs(terminal(stream, width), lines)
    assert figures_of(stream.getvalue()) == figures_of(
        " ".join(part for line in lines.items() if line[1] for part in line)
    )
    assert all(len(line) <= max(width, 39) for line in stream.getvalue().splitlines())


def test_table_that_does_not_fit_says_the_name_of_each_figure() -> None:
    stream = io.StringIO()
    print_table(
        terminal(stream, 24),
        ("t", "LM\ncalls", "evalu-\nations", "û"),
        [("1", "13", "1,153", "0.600 ± 0.058"), ("2",)],
    )
    assert stream.getvalue() == "t: 1\n  LM calls: 13\n  evaluations: 1,153\n  û: 0.600 ± 0.058\n\nt: 2\n"
