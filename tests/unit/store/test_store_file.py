from __future__ import annotations

import re
import sqlite3
import tempfile
import typing
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.base.errors import EndedBy
from strop.base.events import (
    KINDS,
    BudgetMoved,
    Event,
    Extracted,
    ImproveFinished,
    ImproveStarted,
    LmCalled,
    LmResponded,
)
from strop.base.results import FaultKind, Verdict
from strop.store import Store
from strop.store.files import bounded
from support.records import ask, evaluated, note

EVENTS = Path(__file__).parents[3] / "docs" / "reference" / "events.md"
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)
"""Lone surrogates, NUL and control characters too."""
WHOLE = st.integers(-(1 << 63), (1 << 63) - 1)
"""What SQLite reads as an integer."""
FINITE = st.floats(allow_nan=False, allow_infinity=False)
WORDS: tuple[Any, ...] = (FaultKind, EndedBy, Verdict)
"""Types of a few words."""


def some(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(of, max_size=4).map(tuple)


def named(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(ANY_TEXT, of, max_size=3)


OF: dict[object, tuple[Any, st.SearchStrategy[Any]]] = {
    str: ("x", ANY_TEXT),
    int: (1, WHOLE),
    bool: (False, st.booleans()),
    float: (0.5, st.floats(0, 1)),
    str | None: (None, st.none() | ANY_TEXT),
    int | None: (None, st.none() | WHOLE),
    tuple[str, ...]: (("m",), some(ANY_TEXT)),
    tuple[float, ...]: ((0.5,), some(st.floats(0, 1))),
    tuple[int, ...]: ((1,), some(WHOLE)),
    tuple[float, float]: ((0.1, 0.5), st.tuples(FINITE, FINITE)),
    **{words: (typing.get_args(words)[0], st.sampled_from(typing.get_args(words))) for words in WORDS},
    tuple[Verdict, ...]: (("ok",), some(st.sampled_from(typing.get_args(Verdict)))),
    Mapping[str, int]: ({}, named(WHOLE)),
    Mapping[str, Any]: ({}, named(st.none() | st.lists(ANY_TEXT, max_size=2))),
    Mapping[str, str | bool]: ({}, named(st.booleans() | ANY_TEXT)),
    Mapping[str, float | int | str | None]: ({}, named(st.none() | WHOLE)),
    tuple[Mapping[str, float], ...]: (({"seconds": 0.5},), some(named(WHOLE | FINITE))),
}
"""Type of an event's field → a value, and any."""


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(KINDS.values(), key=lambda kind: kind.__name__)))
    types = typing.get_type_hints(kind)
    values: dict[str, Any] = {field.name: draw(OF[types[field.name]][1]) for field in fields(kind)}
    return kind(**values | ({"programs": values["contents"]} if kind is Extracted else {}))


@settings(max_examples=30, deadline=None)
@given(st.lists(any_event(), min_size=1, max_size=4))
def test_store_gives_back_equal_events_after_reopening(happened: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        with Store.create(Path(directory), {}) as store:
            for event in happened:
                store.append(event)
        with Store.open(Path(directory)) as store:
            assert [stored.event for stored in store.events()] == happened


def test_file_keeps_its_rows_when_a_tool_tries_to_change_them(store: Store) -> None:
    store.append(evaluated("x"))
    for table in ("event", "text", "meta"):
        before = ask(store.directory, f"SELECT rowid, * FROM {table}")
        for act in ("DELETE FROM {0}", "UPDATE {0} SET rowid = 99", "REPLACE INTO {0} SELECT * FROM {0}"):
            with suppress(sqlite3.IntegrityError):
                ask(store.directory, act.format(table))
            assert ask(store.directory, f"SELECT rowid, * FROM {table}") == before, act


def test_views_show_a_call_with_its_texts_in_their_order_and_an_improvement_that_has_not_ended(store: Store) -> None:
    store.append(LmCalled(scope="t1", call=0, expertise="e", messages=("b", "a", "b"), temperature=0.7, cost=1))
    store.append(ImproveStarted(scope="t1/improve", improver="I", initial_solution="s", utility="lpn"))
    found = ask(store.directory, "SELECT expertise, messages, temperature FROM lm_call")
    assert found == [("e", '["b","a","b"]', 0.7)]
    found = ask(store.directory, "SELECT improver, initial_solution, outcome FROM improvement")
    assert found == [("I", "s", None)]


def test_every_view_reads_every_kind(store: Store) -> None:
    store.append(BudgetMoved(scope="t1", counter="lm_calls", amount=1, granted=True, used=1, limit=None))
    store.append(ImproveFinished(scope="t1", outcome="died", solution=None))
    views = [str(name) for (name,) in ask(store.directory, "SELECT name FROM sqlite_schema WHERE type = 'view'")]
    rows = {view: len(ask(store.directory, f"SELECT * FROM {view}")) for view in views}
    assert len(views) == len(KINDS) + 1
    assert {view for view, count in rows.items() if count} == {"budget_movement", "improvement_end"}


def test_examples_of_the_manual_run_and_find_something(full_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manual = (Path(__file__).parents[3] / "docs" / "how-to" / "records.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", EVENTS.read_text(encoding="utf-8"), re.DOTALL)
    assert queries and not [query for query in queries if not ask(full_run, query)]
    [example] = re.findall(r"```python\n(from pathlib.*?)```", manual, re.DOTALL)
    exec(compile(example, "records.md", "exec"), {"directory": str(full_run)})
    assert capsys.readouterr().out == f"{len(KINDS)} 1 (0.5,)\n"


def test_reference_names_every_column_of_every_view(full_run: Path) -> None:
    described = {}
    for section in EVENTS.read_text("utf-8").split("\n## "):
        rows = re.findall(r"^\| `(\w+)` *\| (.*?) *\|", section, re.MULTILINE)
        digests = {f"{name}_digest{'s' * kind.startswith('list')}" for name, kind in rows if "text" in kind}
        for view in re.findall(r" Its view is `(\w+)`\.", section):
            described[view] = {"seq", "time", "scope"} | {name for name, _ in rows} | digests
    views = [str(name) for (name,) in ask(full_run, "SELECT name FROM sqlite_schema WHERE type = 'view'")]
    columns = {
        view: {name for (name,) in ask(full_run, "SELECT name FROM pragma_table_info(?)", view)} for view in views
    }
    columns.pop("improvement")
    assert columns == described


def test_query_of_the_reference_runs_and_finds_something(full_run: Path) -> None:
    [query] = re.findall(r"```sql\n(.*?)```", EVENTS.read_text("utf-8"), re.DOTALL)
    assert ask(full_run, query)


@pytest.fixture
def full_run(tmp_path: Path) -> Path:
    """A run with an event of every kind."""
    own: dict[str, Any] = {"improver": "I", "initial_solution": "s", "solution": "s2", "expertise": "e", "call": 0}
    own |= {"index": 0, "scope": "t1/improve", "text": "answer", "ended_by": "max_cost", "fault": "timeout"}
    own |= dict.fromkeys(("t", "attempt", "lm_calls", "evaluations", "utility_calls"), 1)
    with Store.create(tmp_path / "full", {"task": "lpn"}) as store:
        for kind in sorted(KINDS.values(), key=lambda kind: kind.__name__ == "IterationFinished"):
            types = typing.get_type_hints(kind)
            values = {field.name: own.get(field.name, OF[types[field.name]][0]) for field in fields(kind)}
            store.append(kind(**values))
        store.append(replace(evaluated("s3"), split="train"))
        store.append(replace(evaluated("I2"), utility="self-improvement", scope="t1/improve/u-3f2a91b04c7d#0"))
    return tmp_path / "full"


def test_file_of_another_cannot_call_functions_from_its_schema() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        bounded(connection)
        assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)


def test_response_is_on_the_medium_when_it_was_appended_because_it_cost_money(store: Store) -> None:
    statements: list[str] = []
    store._live().set_trace_callback(statements.append)
    store.append(note())
    assert "PRAGMA synchronous = FULL" not in statements
    store.append(LmResponded(scope="t1", call=0, index=0, text="x", model="m"))
    full, commit = statements.index("PRAGMA synchronous = FULL"), len(statements) - 1 - statements[::-1].index("COMMIT")
    assert full < commit < statements.index("PRAGMA synchronous = NORMAL")
