"""Searches by somebody else as one improver: which copy is which, and how long it may be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError
from strop.base.solution import LONGEST
from strop.runs.agent import MeasuredSearch, agent_of, said_of, text_for
from strop.runs.meta import Meta, Named, read_meta
from strop.tasks.command.config import command_task
from strop.tasks.identity import task_digest


def search(task: Any, run: str, *programs: str) -> MeasuredSearch:
    return MeasuredSearch(Path(run), task.name, task_digest(task), programs, are_versions=False)


def of_copy(agent: Named, task: str, copy: int) -> list[str]:
    """The programs that a copy scores after the original."""
    names: dict[str, Any] = {}
    exec(text_for(agent, task, copy), names)
    return list(names["PROGRAMS"][names["TASK"]][names["COPY"]])


def test_each_copy_of_a_task_is_one_search_in_the_order_in_which_they_are_named(bench: Callable[..., Any]) -> None:
    one, two = bench(name="one").task, bench(name="two").task
    text = 'TASK, COPY = "", 0\nPROGRAMS = {}\n"""\'\'\'\\'  # as the improver's own lines are
    searches = [
        search(two, "c", "c1"),
        search(one, "a", text, "a2", "a3"),
        search(one, "b", "b1"),
        search(two, "d", "d1", "d1"),
    ]
    agent = agent_of(searches, [one, two], copies=2, budget=3)
    assert [of_copy(agent, one.name, copy) for copy in (0, 1)] == [[text, "a2"], ["b1"]], "the original is the third"
    assert [of_copy(agent, two.name, copy) for copy in (0, 1)] == [["c1"], ["d1", "d1"]]
    assert agent.runs == ("c", "a", "b", "d")
    said = "The agent: c, a, b, d; of each the original and the first 2 measurements"
    assert said_of([Named("seed", "text"), agent], [one, two], 3) == (said,)
    assert said_of([Named("seed", "text")], [one, two], 3) == ()


def test_agent_is_said_to_have_been_able_to_read_inputs_that_are_listed(
    bench: Callable[..., Any], tmp_path: Path
) -> None:
    for name in ("a.in", "b.in", "p.sh"):
        (tmp_path / name).write_text(f"echo {name}\n")
    settings = {"command": "sh p.sh < {input}", "files": ("p.sh",), "cases": ("*.in",), "score": r"score: (\S+)"}
    listed = command_task(tmp_path, name="listed", metric=("score:max",), **settings)
    agent = Named("agent", "text", runs=("a",))
    *_, line = said_of([agent], [bench().task, listed], 3)
    assert line == "The inputs of listed are listed, so that the agent can read them"


def test_text_of_an_improver_that_is_no_search_is_the_same_on_every_copy() -> None:
    improver = Named("mine.py", 'TASK, COPY = "", 0\n')
    assert text_for(improver, "one", 1) == improver.text


def test_programs_that_are_too_long_for_one_improver_are_refused_and_what_the_budget_leaves_out_counts_not(
    bench: Callable[..., Any],
) -> None:
    task = bench().task
    searches = [search(task, "a", "short", "#" * LONGEST)]
    assert len(agent_of(searches, [task], copies=1, budget=2).text) < 2000
    with pytest.raises(
        ConfigurationError, match=r"have 1,000,\d\d\d characters together, and an improver at most 1,000,000"
    ):
        agent_of(searches, [task], copies=1, budget=3)


def test_record_says_which_searches_an_improver_is(bench: Callable[..., Any], tmp_path: Path) -> None:
    task = bench().task
    agent = agent_of([search(task, "runs/a", "text")], [task], copies=1, budget=2)
    improvers = Named("seed", "text"), agent
    assert read_meta(Meta(improvers=improvers).texts(tmp_path), tmp_path).improvers == improvers
