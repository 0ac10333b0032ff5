from __future__ import annotations

import re
import sqlite3
import typing
from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path

import make_reference
import pytest

from strop.base.errors import EndedBy
from strop.base.events import KINDS, BudgetMoved, ImproveFinished, LmCalled, LmResponded
from strop.base.results import FaultKind, Verdict
from strop.store import Store
from strop.store.files import bounded
from support.records import ask, evaluated, note


@pytest.mark.parametrize("table", ["event", "text", "meta"])
@pytest.mark.parametrize("act", ["DELETE FROM {0}", "UPDATE {0} SET rowid = 99", "REPLACE INTO {0} SELECT * FROM {0}"])
def test_file_keeps_its_rows_when_a_tool_tries_to_change_them(
    store: Store, tmp_path: Path, table: str, act: str
) -> None:
    store.append(evaluated("x"))
    before = ask(tmp_path / "run", f"SELECT rowid, * FROM {table}")
    try:
        ask(tmp_path / "run", act.format(table))
    except sqlite3.IntegrityError as error:
        assert "append-only" in str(error)
    assert ask(tmp_path / "run", f"SELECT rowid, * FROM {table}") == before


def test_view_shows_a_call_with_its_texts_in_their_order(store: Store, tmp_path: Path) -> None:
    store.append(LmCalled(scope="t1", call=0, expertise="e", messages=("b", "a", "b"), temperature=0.7, cost=1))
    found = ask(tmp_path / "run", "SELECT expertise, messages, temperature FROM lm_call")
    assert found == [("e", '["b","a","b"]', 0.7)]


def test_view_shows_an_improvement_that_has_not_ended(store: Store, tmp_path: Path) -> None:
    started = KINDS["ImproveStarted"](scope="t1/improve", improver="I", initial_solution="s", utility="lpn")  # type: ignore[call-arg]
    store.append(started)
    found = ask(tmp_path / "run", "SELECT improver, initial_solution, outcome FROM improvement")
    assert found == [("I", "s", None)]


def test_every_view_reads_every_kind(store: Store, tmp_path: Path) -> None:
    store.append(BudgetMoved(scope="t1", counter="lm_calls", amount=1, granted=True, used=1, limit=None))
    store.append(ImproveFinished(scope="t1", outcome="died", solution=None))
    views = [str(name) for (name,) in ask(tmp_path / "run", "SELECT name FROM sqlite_schema WHERE type = 'view'")]
    rows = {view: len(ask(tmp_path / "run", f"SELECT * FROM {view}")) for view in views}
    assert len(views) == len(KINDS) + 1
    assert {view for view, count in rows.items() if count} == {"budget_movement", "improvement_end"}


MANUAL = (Path(__file__).parents[3] / "docs" / "results.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("query", re.findall(r"```sql\n(.*?)```", MANUAL, re.DOTALL))
def test_example_query_of_the_manual_runs_and_finds_something(full_run: Path, query: str) -> None:
    assert ask(full_run, query)


def test_example_in_python_of_the_manual_runs(full_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [example] = re.findall(r"```python\n(from pathlib.*?)```", MANUAL, re.DOTALL)
    exec(compile(example, "results.md", "exec"), {"directory": str(full_run)})
    assert capsys.readouterr().out == f"{len(KINDS)} 1 (0.5,)\n"


def test_reference_names_every_column_of_every_view(full_run: Path) -> None:
    page = make_reference.json_page()
    sections = {text.partition("\n")[0].lower(): text for text in re.split(r"^##+ ", page, flags=re.MULTILINE)}

    def fields_in(section: str) -> set[str]:
        also = re.search(r"^It has the fields of \[(.*?)\]\S*(?: but (.*?))?(?:, and:|\.)$", section, re.MULTILINE)
        inherited = fields_in(sections[also[1]]) - {*re.findall(r"`(\w+)`", also[2] or "")} if also else set()
        return inherited | {*re.findall(r"^- `(\w+)`", section, re.MULTILINE)}

    described = {
        view: {"seq", "at", "scope"} | fields_in(section)
        for section in sections.values()
        for view in re.findall(r" View: `(\w+)`\.", section)
    }
    views = [str(name) for (name,) in ask(full_run, "SELECT name FROM sqlite_schema WHERE type = 'view'")]
    for view in set(views) - {"improvement"}:
        columns = [name for (name,) in ask(full_run, "SELECT name FROM pragma_table_info(?)", view)]
        texts = {name for name in columns if f"{name}_digest" in columns or f"{name}_digests" in columns}
        assert {name for name in columns if not re.fullmatch(f"({'|'.join(texts)})_digests?", name)} == described[view]


@pytest.fixture
def full_run(tmp_path: Path) -> Path:
    """A run with an event of every kind."""
    texts = {"improver": "I", "initial_solution": "s", "solution": "s2", "expertise": "e", "text": "answer"}
    numbers = {"t": 1, "call": 0, "index": 0, "attempt": 1, "lm_calls": 1, "evaluations": 1, "utility_calls": 1}
    of: dict[object, object] = {str: "x", int: 1, bool: False, float: 0.5, str | None: None, int | None: None}
    of |= {FaultKind: "timeout", EndedBy: "max_cost", tuple[float, float]: (0.1, 0.5)}
    of |= {
        tuple[str, ...]: ("m",),
        tuple[float, ...]: (0.5,),
        tuple[int, ...]: (1,),
        Verdict: "ok",
        tuple[Verdict, ...]: ("ok",),
    }
    of |= {Mapping[str, value]: {} for value in (int, typing.Any, str | bool, float | int | str | None)}
    of[tuple[Mapping[str, float], ...]] = ({"seconds": 0.5},)
    with Store.create(tmp_path / "full", {"task": "lpn"}) as store:
        for kind in sorted(KINDS.values(), key=lambda kind: kind.__name__ == "IterationFinished"):
            types = typing.get_type_hints(kind)
            given_values = {field.name: of[types[field.name]] for field in fields(kind)} | {"scope": "t1/improve"}
            given_values |= {name: value for name, value in (texts | numbers).items() if name in given_values}
            store.append(kind(**given_values))  # type: ignore[arg-type]
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
