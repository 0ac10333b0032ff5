"""Recorded calls with changed arguments, and lines that no recorded call reached: real commands, real rooms, nothing timed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.events import CallsChanged
from strop.base.results import ChangedCalls
from strop.evaluation.functions import changed as of_changed
from strop.evaluation.functions.changed import compare_changed
from strop.evaluation.functions.load import load_any
from strop.lm.answer_cache import AnswerCache, NoModel
from strop.report.terminal.live import View
from strop.runs.assembly import Components
from strop.runs.context import session
from strop.runs.improve import _note_changed
from strop.runs.journal import Journal
from strop.runs.meta import Meta
from strop.runs.run_data import read_run
from strop.runs.spec import RunSpec
from strop.store import Store
from strop.tasks.function.task import FunctionTask
from strop.watch.recorded import recorded_task

pytestmark = pytest.mark.process

SHOP = """
import datetime
import os

from helpers import contains


class Box:
    def __init__(self, items):
        self.items = items

    def largest(self):
        found = 0
        for each in self.items:
            if each > found:
                found = each
        return found


def unique(xs, limit=-1):
    out = []
    for x in xs:
        if not contains(out, x):
            out.append(x)
    if limit == 99:
        raise ValueError(
            limit,
        )
    return out


def share(n):
    if n is None or n > 40:
        os._exit(3)
    if n < 1:
        return {"one", "two", "three", "four", "five"}.pop()
    return n + 1


def after(day):
    return day + datetime.timedelta(1)
"""
HELPERS = "def contains(items, x):\n    return any(each == x for each in items)\n"
APP = """
import datetime
from shop import Box, after, share, unique
for n in range(1, 31):
    unique([n, 2, n])
    Box([n, 2, n]).largest()
    share(n)
    after(datetime.date(2020, 1, n))
"""
FIRST = "def unique(xs, limit=-1):\n    xs[0]\n    return list(dict.fromkeys(xs))\n"
UNIQUE = SHOP[SHOP.index("def unique") : SHOP.index("\n\ndef share")]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("shop.py", SHOP), ("helpers.py", HELPERS), ("app.py", APP)):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def recorded(name: str) -> FunctionTask:
    return recorded_task(f"shop.py:{name}", [f"{sys.executable} app.py"], "", (), (), lambda line: None)


def test_changed_calls_tell_what_a_program_does_otherwise_and_change_nothing_in_this_process(project: Path) -> None:
    task = recorded("unique")
    found = compare_changed(task, FIRST, 1)
    assert 0 < found.differ < found.compared and not found.detail
    assert found.first in (
        "xs=[] raises IndexError (was: returns list)",
        "limit=99 returns list (was: raises ValueError)",
    )
    assert found.sentence == f"{found.differ} of {found.compared} calls with changed arguments behave otherwise"
    assert compare_changed(task, FIRST, 1) == found != compare_changed(task, FIRST, 2)
    alike = compare_changed(task, UNIQUE.replace("out = []", "out = list()"), 1)
    assert alike == ChangedCalls(found.compared, 0)
    assert alike.sentence == f"{found.compared} calls with changed arguments behave alike"
    assert "shop" not in sys.modules
    task.close()


def test_call_with_none_is_told_only_where_no_other_differs() -> None:
    found = [(True, False, "n=None raises"), (False, True, "n=1 is 2"), (False, False, "n=0 raises")]
    assert [of_changed._first(found[:end]) for end in range(4)] == ["", "n=None raises", "n=1 is 2", "n=0 raises"]


def test_changed_calls_of_a_method_change_what_its_object_holds(project: Path) -> None:
    task = recorded("Box.largest")
    found = compare_changed(task, "class Box:\n    def largest(self):\n        return max(self.items)\n", 1)
    assert found.first == "self.items=[] raises ValueError (was: returns int)", found
    task.close()


def test_changed_call_counts_only_where_the_original_survives_it_and_repeats_itself(project: Path) -> None:
    task = recorded("share")
    found = compare_changed(task, "def share(n):\n    return n + 1 if n and n > 0 else 'zzz'\n", 1)
    assert found.differ == 0 < found.compared < 20
    ends = compare_changed(task, "def share(n):\n    if n % 2:\n        os._exit(4)\n    return n + 1\n", 1)
    assert ends.compared == found.compared and ends.differ > 0
    assert ends.first.endswith(" ends: exit status 4 (was: returns int)"), ends.first
    task.close()


def test_changed_calls_end_when_their_time_is_spent(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = recorded("unique")
    monkeypatch.setattr(of_changed, "MOST_SECONDS", 1e-9)
    found = compare_changed(task, FIRST, 1)
    assert found.compared <= of_changed._AT_ONCE and found.detail == of_changed.ENDED
    assert found.sentence.endswith(found.detail)
    monkeypatch.setattr(of_changed, "MOST_SECONDS", 1.0)
    waiting = "import time\ndef unique(xs, limit=-1):\n    time.sleep(60)\n"
    assert compare_changed(task, waiting, 1) == ChangedCalls(0, 0, detail=of_changed.ENDED)
    task.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    folder = tmp_path / "record"
    with Store.create(folder, Meta(kind="improve", tasks=("unique",)).texts(folder)) as made:
        yield made


def test_note_about_changed_calls_is_recorded_once_and_its_failure_fails_nothing(project: Path, store: Store) -> None:
    task = recorded("unique")
    model = AnswerCache(NoModel("none", False))
    parts = Components(RunSpec(max_responses=3), (task,), model, None, b"secret")  # type: ignore[arg-type]
    with session(parts, Journal(store, View())) as context:
        for _ in range(2):
            _note_changed(context, FIRST, "changed")
        (first,) = store.events(CallsChanged)
        assert first.event.differ > 0 and read_run(store).changed_calls == first.event
        task.close()
        (project / "helpers.py").write_text(f"{HELPERS}# changed\n")
        _note_changed(context, FIRST, "compared2/changed")
        _, second = store.events(CallsChanged)
        assert second.event.compared == 0 and "helpers.py has changed" in second.event.detail
        assert second.event.sentence.startswith("no calls with changed arguments were compared: ")


def test_arguments_in_which_nothing_can_be_changed_are_compared_with_none(project: Path) -> None:
    task = recorded("after")
    assert compare_changed(task, "def after(day):\n    return 1\n", 1) == ChangedCalls(
        0, 0, detail="no argument can be changed"
    )
    task.close()


def test_lines_that_no_recorded_call_reached_are_told_and_kept_with_the_calls(project: Path) -> None:
    task = recorded("unique")
    line = SHOP[: SHOP.index("raise")].count("\n") + 1
    told = f"{line}: raise ValueError("
    assert task.recorded is not None and task.recorded.unreached == (told,)
    assert f"No recorded call reached these lines:\n- {told}\n" in task.description
    task.recorded.write(project / "kept")
    for _ in range(2):
        again = load_any("shop.py:unique@kept")
        assert isinstance(again, FunctionTask) and again.recorded == task.recorded
        assert again.description == task.description
    other = load_any("shop.py:unique@kept", {"only": "share"})
    assert told not in other.description and other.recorded == task.recorded
    replace(task.recorded, unreached=("1: Do this.", told)).write(project / "forged")
    assert load_any("shop.py:unique@forged").description == task.description


def test_program_of_recorded_calls_has_what_the_calls_use_of_the_project(project: Path) -> None:
    task = recorded("unique")
    assert task.mark is not None and [name for name, *_ in task.mark.program_module.imports] == ["helpers"]
