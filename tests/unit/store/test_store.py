from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import StoreError
from strop.base.events import AuditNoted, Event, RunFinished
from strop.base.solution import digest_of
from strop.runs.listing import list_runs
from strop.store import FILE_NAME, Store
from strop.store.files import steady_clock
from support.records import ask, evaluated, from_elsewhere, iterated, note
from support.rows import table


def test_store_numbers_events_from_one_and_dates_them_by_its_clock(tmp_path: Path) -> None:
    ticks = iter([10.5, 11.0])
    with Store.create(tmp_path, {}, lambda: next(ticks)) as store:
        assert [store.append(note()), store.append(note())] == [1, 2]
        assert [(stored.seq, stored.time) for stored in store.events()] == [(1, 10.5), (2, 11.0)]


def test_store_keeps_a_text_once_when_many_events_hold_it_and_says_so_when_it_holds_none(store: Store) -> None:
    text = "s = '\ud83d\ude00 \udcff \x00'"  # two lone surrogates that would make one character, another, and NUL
    for _ in range(3):
        store.append(evaluated(text))
    assert (
        ask(store.directory, "SELECT digest FROM text") == [(digest_of(text),)] and store.text(digest_of(text)) == text
    )
    with pytest.raises(StoreError, match="no text with the digest abc"):
        store.text("abc")


def test_store_gives_only_the_kinds_and_scopes_asked_for_in_order(store: Store) -> None:
    for scope in ("t1", "t1/improve", "t10/improve", "t1/improve/copy0", "t1-x", "t2"):
        store.append(note(scope=scope))
    for event in (evaluated("x"), RunFinished(scope="", status="finished")):
        store.append(event)
    assert [stored.seq for stored in store.events(RunFinished, AuditNoted)] == [1, 2, 3, 4, 5, 6, 8]
    assert [stored.seq for stored in store.events(AuditNoted, scope="t1")] == [1, 2, 4]
    assert [stored.seq for stored in store.events(after=6)] == [7, 8]


def test_store_gives_every_event_of_the_beginning_once_when_they_fill_pages_and_more_are_appended(store: Store) -> None:
    for number in range(1000):  # two whole pages
        store.append(note(str(number)))
    found = []
    for stored in store.events(AuditNoted):
        found.append(stored.event.detail)
        store.append(note("later"))
    assert found == [str(number) for number in range(1000)]


def test_store_loses_nothing_when_many_threads_append_and_a_reader_proves_it_meanwhile(store: Store) -> None:
    def work(name: int) -> None:
        for number in range(50):
            store.append(note(f"{name}.{number}"))

    with ThreadPoolExecutor(8) as pool, Store.open(store.directory) as reader:
        writing = [pool.submit(work, name) for name in range(8)]
        while not all(thread.done() for thread in writing):
            seen = [stored.seq for stored in reader.events()]
            assert seen == list(range(1, len(seen) + 1))
        kept = [stored.event.detail for stored in reader.events(AuditNoted)]
        assert reader.proof.events == 400
    assert sorted(kept) == sorted(f"{name}.{number}" for name in range(8) for number in range(50))


def test_store_refuses_what_it_cannot_give_back_and_a_reader_refuses_everything(store: Store) -> None:
    class Gossip(Event):
        pass

    for number in (float("nan"), float("inf"), float("-inf")):
        with pytest.raises(ValueError, match="Out of range float"):
            store.append(evaluated("x", value=number))
    with pytest.raises(ValueError, match="Gossip is not a kind of event"):
        store.append(Gossip(scope=""))
    with Store.open(store.directory) as reader, pytest.raises(StoreError, match="opened for reading"):
        reader.append(note())
    assert list(store.events()) == []


def test_folder_of_a_run_is_written_by_nobody_else_and_is_free_when_its_writer_has_closed(tmp_path: Path) -> None:
    code = f"from strop.store import Store; from pathlib import Path; Store.create(Path({str(tmp_path)!r}), {{}})"
    with Store.create(tmp_path, {}):
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        with pytest.raises(StoreError, match="another process is writing"):
            Store.resume(tmp_path)
    assert "another process is writing the run" in other.stderr
    Store.resume(tmp_path).close()
    with pytest.raises(StoreError, match="already holds a run: choose another directory"):
        Store.create(tmp_path, {})
    (tmp_path / FILE_NAME).unlink()
    Store.create(tmp_path, {}).close()


def test_closed_store_refuses_and_may_be_closed_again(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreError, match="has been closed"):
        store.append(note())


@table(
    ("name", "content", "reason"),
    (
        ("nothing", None, "no run in"),
        ("empty", b"", "not the record of a run"),
        ("no database", b"not a database, however long it may be" * 99, "not the record of a run"),
        ("another database", "CREATE TABLE event (seq)", "not the record of a run"),
        ("newer", "PRAGMA user_version = 99", "schema 99, this strop reads 3: use a newer strop"),
        ("older", "PRAGMA user_version = 2", "schema 2, this strop reads 3: use the strop that made it"),
    ),
)
def test_what_is_no_record_is_neither_read_nor_resumed_and_one_line_says_what_is_wrong(
    tmp_path: Path, name: str, content: Any, reason: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    if name in ("newer", "older"):
        Store.create(folder, {}).close()
    if isinstance(content, str):
        ask(folder, content)
    elif content is not None:
        (folder / FILE_NAME).write_bytes(content)
    for read in (Store.open, Store.resume):
        with pytest.raises(StoreError, match=reason) as caught:
            read(folder)
        assert "\n" not in str(caught.value), name
    if isinstance(content, bytes):
        assert (folder / FILE_NAME).read_bytes() == content


def test_store_skips_what_a_newer_strop_wrote_and_names_what_is_damaged(tmp_path: Path) -> None:
    Store.create(tmp_path, {}).close()
    from_elsewhere(tmp_path)
    insert = "INSERT INTO event (time, scope, kind, data) VALUES (1, 't1/improve', ?, ?)"
    ask(tmp_path, insert, "Dreamt", "{}")
    ask(tmp_path, insert, "AuditNoted", '{"rule":"looking","detail":"it looked up","mood":"grim"}')
    with Store.resume(tmp_path) as store:
        store.append(note())
        assert [(stored.seq, stored.event) for stored in store.events()] == [(2, note()), (3, note())]
        assert store.notes == ("1 event of the unknown kind Dreamt skipped",)
    for number, data in enumerate(("{]", '{"rule": NaN}', "[" * 100_000, "[]", '{"rule":"a"}', '{"rule":1}'), start=4):
        ask(tmp_path, insert, "AuditNoted", data)
        with (
            Store.open(tmp_path) as store,
            pytest.raises(StoreError, match=f"damaged: event {number} is not a valid AuditNoted"),
        ):
            list(store.events(after=number - 1))
    ask(tmp_path, "INSERT INTO event (time, scope, kind, data) VALUES (9e15, '', 'AuditNoted', '{}')")
    with Store.open(tmp_path) as store, pytest.raises(StoreError, match="is damaged: event 10 has the time 9"):
        list(store.events(after=9))


def test_list_runs_tells_task_start_status_and_iterations_of_each_run_or_why_not(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []
    with Store.create(tmp_path / "a", {"task": "lpn"}, lambda: 5.0) as store:
        for event in (iterated(0), iterated(1), RunFinished(scope="", status="finished")):
            store.append(event)
    Store.create(tmp_path / "b", {}).close()
    (tmp_path / "no run").mkdir()
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / FILE_NAME).write_bytes(b"scratched")
    with Store.create(tmp_path / "c", {"task": "qap"}):
        *found, broken = list_runs(tmp_path)
    assert [(run.run.name, run.started, run.status, run.task, run.iterations) for run in found] == [
        ("a", 5.0, "finished", "lpn", 1),
        ("b", None, "unfinished", "", 0),
        ("c", None, "running", "qap", 0),
    ]
    assert (broken.status, "not the record of a run" in broken.detail) == ("unreadable", True)


def test_durations_are_right_when_the_time_of_day_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = steady_clock()
    before, now = clock(), time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    assert before <= clock() < before + 60
    assert steady_clock(least=before)() >= before  # of a run that is resumed
