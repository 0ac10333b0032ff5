"""Records that somebody else made or changed: no reader hangs, believes a changed text, or follows a link out of the record."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from strop.api.job import check_free_folder
from strop.api.lookup import find_run
from strop.base.budget import Grant
from strop.base.errors import ConfigurationError, StoreError
from strop.base.events import AuditNoted, Evaluated, LmCalled, RunFinished, RunStarted
from strop.base.solution import digest_of, is_costly_to_parse
from strop.core.handles import MOST_RECORDED
from strop.lm.base import Request, dropped
from strop.lm.inbox import Inbox
from strop.runs.run_directory import ignore_records, save
from strop.store import FILE_NAME, Store
from strop.store.files import bounded, one_line
from support.processes import wait_until
from support.records import changing, evaluated, from_elsewhere
from support.rows import table

ENDLESS = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r)"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A record with a sealed event of each of three kinds."""
    with Store.create(tmp_path / "runs" / "a", {"kind": "improve", "task": "lpn"}) as store:
        store.append(RunStarted(scope="", spec={}, environment={}, posture={}))
        store.append(evaluated("def f(): return 1\n"))
        store.append(RunFinished(scope="", status="finished"))
    return tmp_path / "runs" / "a"


def test_statement_that_never_ends_is_given_up_by_a_count_of_steps(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strop.store.files._MOST_STEPS", 20)
    with (
        contextlib.closing(sqlite3.connect(record / FILE_NAME)) as connection,
        pytest.raises(StoreError, match="made to hang its readers"),
        one_line(record),
    ):
        bounded(connection)
        connection.execute(f"{ENDLESS} SELECT count(*) FROM r").fetchall()


def test_run_is_found_by_its_name_without_a_look_at_the_others(record: Path) -> None:
    other = record.parent / "b"
    other.mkdir()
    (other / FILE_NAME).write_bytes(b"\xff" * 5000)
    assert find_run(Path("a"), record.parent) == record


def test_digest_of_another_form_makes_the_record_damaged(record: Path) -> None:
    from_elsewhere(record)
    before = digest_of("def f(): return 1\n")
    for digest in ("\\ud800", "abc", "../../etc/passwd", "A" * 64):
        with changing(record) as tool:
            tool.execute("UPDATE event SET data = replace(data, ?, ?) WHERE seq = 2", (before, digest))
        with Store.open(record) as store, pytest.raises(StoreError, match="event 2 is not a valid Evaluated"):
            list(store.outline())
        before = digest


def test_record_keeps_its_beginning_when_its_log_is_lost(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "run", {"task": "lpn"})
    store.append(RunStarted(scope="", spec={}, environment={}, posture={}))
    for number in range(2000):
        store.append(AuditNoted(scope="t1", rule="R001", detail=f"{number} " + "x" * 2000))
    shutil.copytree(tmp_path / "run", tmp_path / "copy")  # as a kill leaves it, the log beside the file
    store.close()
    (tmp_path / "copy" / f"{FILE_NAME}-wal").write_bytes(b"\0" * 100_000)
    with Store.open(tmp_path / "copy") as copy:
        assert len(list(copy.events())) > 1000


@table(
    "name, spoil",
    [
        ("{}.md", lambda path: path.symlink_to("../mine")),
        ("{}.md", os.mkfifo),
        (".{}.draft", lambda path: path.symlink_to("../mine")),
    ],
)
def test_inbox_makes_nothing_through_a_link(tmp_path: Path, name: str, spoil: Callable[[Path], None]) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "inbox").mkdir()
    request, inbox = Request("", "a prompt"), Inbox(f"inbox:{tmp_path / 'inbox'}", notify=lambda line: None)
    question = tmp_path / "inbox" / f"{request.key[:16]}.md"
    spoil(question.with_name(name.format(request.key[:16])))
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(inbox.complete, [request], dropped)
        wait_until(lambda: question.exists() and stat.S_ISREG(question.lstat().st_mode))
        inbox.close()
        assert asking.exception(600) is not None
    assert (tmp_path / "mine").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inbox", "mine"]


def test_record_with_a_link_out_of_it_is_not_opened(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run", {"kind": "run"}):
        pass
    (tmp_path / "outside").mkdir()
    for name in ("report.html", "improvers"):
        (tmp_path / "run" / name).symlink_to(tmp_path / "outside")
        for read in (Store.open, Store.resume):
            with pytest.raises(StoreError, match=f"{name} is a link out of the record; remove it"):
                read(tmp_path / "run")
        (tmp_path / "run" / name).unlink()
    (tmp_path / "run" / "improvers").symlink_to(tmp_path / "outside")
    with pytest.raises(StoreError, match="is a link out of the record"):
        save(tmp_path / "run" / "improvers" / "I0.py", "pass")
    assert list((tmp_path / "outside").iterdir()) == []


def test_default_folder_of_records_is_not_a_link_out_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    refusal = r"leads through a link to .*; to write there, name that folder with out"
    for end in ("..", "../nothing"):
        Path("runs").symlink_to(end)
        with pytest.raises(ConfigurationError, match=refusal):
            check_free_folder(Path("runs/one"))
        Path("runs").unlink()
    Path("runs").mkdir()
    Path("runs/.gitignore").symlink_to("../../made")
    check_free_folder(Path("runs/one"))
    ignore_records(Path("runs/one"))
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_text_with_an_f_string_of_many_values_is_not_parsed_by_the_host() -> None:
    assert is_costly_to_parse("x = f'" + "{a}" * 20_000 + "'")
    assert is_costly_to_parse("x = rF'''" + "\n{a}" * 20_000 + "'''")
    assert not is_costly_to_parse("x = [" + "{1: 2}, " * 20_000 + "]")
    assert not is_costly_to_parse("x = f'" + "{a}" * 2_000 + "'")


FLOOD = """
def improve_algorithm(initial_solution, utility, language_model):
    refused = []
    for number in range(25):
        utility("#" * 1_000_001)
        utility(f"# {number} " + "x" * 900_000)
    for number in range(4):
        try:
            language_model.prompt("e", f"{number} " + "y" * 900_000)
        except ValueError as error:
            refused.append(str(error))
    return f"# {len(refused)}" + (utility.report("#" * 1_000_001)["error"] + "\\n") * 10
"""


def test_improver_cannot_fill_the_disk_with_candidates_and_prompts(bench: Callable[..., Any]) -> None:
    b = bench(grant=Grant(utility_calls=60))
    improvement = b.improve(FLOOD)
    assert improvement.solution.startswith("# 4")
    assert "the candidate has 1,000,001 characters; the most is 1,000,000" in improvement.solution
    assert sum(len(event.solution or "") for event in b.of(Evaluated)) < MOST_RECORDED + 100 * 1000
    assert not b.of(LmCalled)
    improvement = b.improve("def improve_algorithm(s, utility, language_model):\n    return '#' * 1_000_001")
    assert improvement.solution is None and "returned a text of more than 1,000,000 characters" in improvement.detail
