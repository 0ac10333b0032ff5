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
from strop.base.errors import ConfigurationError, LanguageModelError, RecordChanged, StoreError
from strop.base.events import AuditNoted, Evaluated, LmCalled, RunFinished, RunStarted
from strop.base.solution import digest_of, is_costly_to_parse
from strop.cli.commands.output import notices, results
from strop.core.handles import MOST_RECORDED, Grant
from strop.lm.base import Request, dropped
from strop.lm.inbox import Inbox
from strop.runs.listing import list_runs
from strop.runs.run_directory import ignore_records, save
from strop.store import FILE_NAME, Store
from strop.store.files import bounded, one_line
from support.processes import wait_until
from support.records import changing, evaluated, from_elsewhere

ENDLESS = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r)"
SCHEMAS = {
    "event": f"ALTER TABLE event RENAME TO e0; CREATE VIEW event AS {ENDLESS} "
    "SELECT i AS seq, 1.0 AS at, 'x' AS scope, 'RunStarted' AS kind, '{}' AS data, '' AS seal FROM r",
    "meta": f"ALTER TABLE meta RENAME TO m0; CREATE VIEW meta AS {ENDLESS} SELECT 'k' || i AS key, 'v' AS value FROM r",
    "text": "ALTER TABLE text RENAME TO t0; CREATE VIEW text AS "
    "SELECT digest, replace(hex(zeroblob(100000000)), '00', 'aaaaaaaaa') AS body FROM t0",
    "trigger": "CREATE TRIGGER mine AFTER INSERT ON event BEGIN SELECT hex(zeroblob(100000000)); END",
    "column": "DROP TABLE text; CREATE TABLE text (digest TEXT PRIMARY KEY, "
    "body TEXT NOT NULL AS (replace(hex(zeroblob(100000000)), '00', 'aaaaaaaaa'))) STRICT",
}


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A record with a sealed event of each of three kinds."""
    with Store.create(tmp_path / "runs" / "a", {"kind": "improve", "task": "lpn"}) as store:
        store.append(RunStarted(scope="", spec={}, environment={}, posture={}))
        store.append(evaluated("def f(): return 1\n"))
        store.append(RunFinished(scope="", status="finished"))
    return tmp_path / "runs" / "a"


@pytest.mark.parametrize("what", SCHEMAS)
def test_record_with_tables_of_its_own_making_is_refused(record: Path, what: str) -> None:
    with changing(record) as connection:
        connection.executescript(SCHEMAS[what])
    with pytest.raises(StoreError, match="is not the record of a run: strop makes no such"):
        Store.open(record)
    assert [listing.status for listing in list_runs(record.parent)] == ["unreadable"]


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


def test_text_that_is_changed_while_a_record_is_read_is_not_believed(record: Path) -> None:
    digest = digest_of("def f(): return 1\n")
    with Store.open(record) as before:
        with changing(record) as connection:
            connection.execute("UPDATE text SET body = body || 'import os' WHERE digest = ?", (digest,))
        with pytest.raises(RecordChanged, match="was changed after it was recorded"):
            before.text(digest)


@pytest.mark.parametrize("digest", ["\\ud800", "abc", "../../etc/passwd", "A" * 64])
def test_digest_of_another_form_makes_the_record_damaged(record: Path, digest: str) -> None:
    from_elsewhere(record)
    with changing(record) as connection:
        [(data,)] = connection.execute("SELECT data FROM event WHERE seq = 2").fetchall()
        connection.execute(
            "UPDATE event SET data = ? WHERE seq = 2", (data.replace(digest_of("def f(): return 1\n"), digest),)
        )
    with Store.open(record) as store, pytest.raises(StoreError, match="event 2 is not a valid Evaluated"):
        list(store.outline())


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


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_inbox_takes_no_link_for_an_answer(tmp_path: Path, link: Callable[[Path, Path], None]) -> None:
    (tmp_path / "secret.txt").write_text("SECRET OF ADA")
    inbox = Inbox(f"inbox:{tmp_path}/q", settle_seconds=0.01, notify=lambda line: None)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(inbox.complete, [Request("", "a prompt")], dropped)
        wait_until(lambda: any((tmp_path / "q").glob("*.md")))
        link(tmp_path / "secret.txt", next((tmp_path / "q").glob("*.md")).with_suffix(".answer.md"))
        inbox.finish()  # it looks once more
        with pytest.raises(LanguageModelError, match="1 request of 1 unanswered"):
            asking.result(60)


@pytest.mark.parametrize("spoil", [lambda path: path.symlink_to("../mine"), os.mkfifo], ids=["link", "pipe"])
def test_inbox_makes_nothing_through_a_link(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    request, inbox = Request("", "a prompt"), Inbox(f"inbox:{tmp_path}/q", notify=lambda line: None)
    question = tmp_path / "q" / f"{request.key[:16]}.md"
    question.parent.mkdir()
    (tmp_path / "mine").write_text("mine")
    spoil(question)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(inbox.complete, [request], dropped)
        wait_until(lambda: stat.S_ISREG(question.lstat().st_mode))
        inbox.close()
        assert asking.exception(60) is not None
    assert (tmp_path / "mine").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "q"]


def test_record_with_a_link_out_of_it_is_not_opened(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run", {"kind": "run"}):
        pass
    for name in ("report.html", "improvers"):
        (tmp_path / "run" / name).symlink_to(tmp_path / "outside")
        for read in (Store.open, Store.resume):
            with pytest.raises(StoreError, match=f"{name} is a link out of the record; remove it"):
                read(tmp_path / "run")
        (tmp_path / "run" / name).unlink()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


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


def test_draft_of_a_request_is_never_written_through_a_link(tmp_path: Path) -> None:
    request, inbox = Request("", "a prompt"), Inbox(f"inbox:{tmp_path}/q", notify=lambda line: None)
    (tmp_path / "q").mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "q" / f".{request.key[:16]}.draft").symlink_to(tmp_path / "mine")
    ThreadPoolExecutor(1).submit(inbox.complete, [request], dropped)
    wait_until(lambda: any((tmp_path / "q").glob("*.md")))
    inbox.close()
    assert (tmp_path / "mine").read_text() == "mine"


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
    recorded = sum(len(event.solution or "") for event in b.of(Evaluated))
    assert recorded < MOST_RECORDED + 100 * 1000
    assert not b.of(LmCalled)


def test_text_beyond_the_limit_that_an_improver_returns_is_no_solution(bench: Callable[..., Any]) -> None:
    improvement = bench().improve("def improve_algorithm(s, utility, language_model):\n    return '#' * 1_000_001")
    assert improvement.solution is None
    assert "returned a text of more than 1,000,000 characters" in improvement.detail


def test_link_in_a_record_is_not_followed_when_an_improver_is_saved(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "improvers").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is a link out of the record"):
        save(tmp_path / "run" / "improvers" / "I0.py", "pass")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_name_of_a_folder_does_not_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b[31m\x1b]0;TITLE\x07\u202eb"
    results().print(f"best improver: {name}\nnext line", markup=False, soft_wrap=True)
    notices().print(f"report: {name}", markup=False, soft_wrap=True)
    shown = capsys.readouterr()
    assert shown.out == "best improver: a\\x1b[31m\\x1b]0;TITLE\\x07\\u202eb\nnext line\n"
    assert shown.err == "report: a\\x1b[31m\\x1b]0;TITLE\\x07\\u202eb\n"
