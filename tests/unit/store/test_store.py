from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import typing
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.base.errors import EndedBy, StoreError
from strop.base.events import KINDS, AuditNoted, Event, Extracted, RunFinished
from strop.base.results import FaultKind, Verdict
from strop.base.solution import digest_of
from strop.runs.listing import list_runs
from strop.store import FILE_NAME, Store
from strop.store.files import steady_clock
from support.records import ask, evaluated, from_elsewhere, iterated, note

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)
"""Lone surrogates, NUL and control characters too."""
WHOLE = st.integers(-(1 << 63), (1 << 63) - 1)
"""What SQLite reads as an integer."""
ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(KINDS.values(), key=lambda kind: kind.__name__)))
    of: dict[object, st.SearchStrategy[object]] = {
        str: ANY_TEXT,
        int: WHOLE,
        bool: st.booleans(),
        float: st.floats(0, 1),
        str | None: st.none() | ANY_TEXT,
        int | None: st.none() | WHOLE,
        tuple[str, ...]: st.lists(ANY_TEXT, max_size=4).map(tuple),
        tuple[float, ...]: st.lists(st.floats(0, 1), max_size=4).map(tuple),
        tuple[float, float]: st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2),
        EndedBy: st.sampled_from(typing.get_args(EndedBy)),
        tuple[int, ...]: st.lists(WHOLE, max_size=4).map(tuple),
        FaultKind: st.sampled_from(typing.get_args(FaultKind)),
        Verdict: st.sampled_from(typing.get_args(Verdict)),
        tuple[Verdict, ...]: st.lists(st.sampled_from(typing.get_args(Verdict)), max_size=4).map(tuple),
        Mapping[str, int]: st.dictionaries(ANY_TEXT, WHOLE, max_size=3),
        Mapping[str, typing.Any]: st.dictionaries(ANY_TEXT, st.none() | st.lists(ANY_TEXT, max_size=2), max_size=3),
        Mapping[str, str | bool]: st.dictionaries(ANY_TEXT, st.booleans() | ANY_TEXT, max_size=3),
        Mapping[str, float | int | str | None]: st.dictionaries(ANY_TEXT, st.none() | WHOLE, max_size=3),
        tuple[Mapping[str, float], ...]: st.lists(
            st.dictionaries(ANY_TEXT, WHOLE | st.floats(allow_nan=False, allow_infinity=False)), max_size=3
        ).map(tuple),
    }
    types = typing.get_type_hints(kind)
    values: dict[str, typing.Any] = {field.name: draw(of[types[field.name]]) for field in fields(kind)}
    return kind(**values | ({"programs": values["contents"]} if kind is Extracted else {}))


@settings(max_examples=50, deadline=None)
@given(st.lists(any_event(), min_size=1, max_size=4))
def test_store_gives_back_equal_events_after_reopening(happened: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        with Store.create(Path(directory), {}) as store:
            for event in happened:
                store.append(event)
        with Store.open(Path(directory)) as store:
            assert [stored.event for stored in store.events()] == happened


def test_store_numbers_events_from_one_and_dates_them_by_its_clock(tmp_path: Path) -> None:
    ticks = iter([10.5, 11.0])
    with Store.create(tmp_path, {}, lambda: next(ticks)) as store:
        assert [store.append(note()), store.append(note())] == [1, 2]
        assert [(stored.seq, stored.at) for stored in store.events()] == [(1, 10.5), (2, 11.0)]


def test_store_keeps_a_text_once_when_many_events_hold_it(store: Store, tmp_path: Path) -> None:
    for _ in range(3):
        store.append(evaluated("def algorithm(): ..."))
    assert ask(tmp_path / "run", "SELECT digest, body FROM text") == [
        (digest_of("def algorithm(): ..."), "def algorithm(): ...")
    ]


def test_store_keeps_lone_surrogates_and_two_that_would_make_one_character(store: Store) -> None:
    text = "s = '\ud83d\ude00 \udcff \x00'"
    store.append(evaluated(text))
    store.append(note("\ud83d\ude00"))
    assert store.text(digest_of(text)) == text
    assert [stored.event.detail for stored in store.events(AuditNoted)] == ["\ud83d\ude00"]


def test_store_says_so_when_it_holds_no_such_text(store: Store) -> None:
    with pytest.raises(StoreError, match="no text with the digest abc"):
        store.text("abc")


def test_store_gives_only_the_kinds_asked_for_in_order(store: Store) -> None:
    for event in (note("a"), evaluated("x"), RunFinished(scope="", status="finished"), note("b")):
        store.append(event)
    found = store.events(RunFinished, AuditNoted)
    assert [stored.seq for stored in found] == [1, 3, 4]


def test_store_gives_a_scope_with_the_scopes_inside_it_and_no_namesake(store: Store) -> None:
    for scope in ("t1", "t1/improve", "t1/improve/copy0", "t10/improve", "t1-x", "t2"):
        store.append(note(scope=scope))
    found = [stored.event.scope for stored in store.events(AuditNoted, scope="t1")]
    assert found == ["t1", "t1/improve", "t1/improve/copy0"]


def test_store_gives_every_event_once_when_they_fill_several_pages(store: Store) -> None:
    for number in range(1201):
        store.append(note(str(number)))
    assert [stored.event.detail for stored in store.events(AuditNoted)] == [str(number) for number in range(1201)]


def test_events_are_those_of_the_beginning_when_the_reader_appends_while_it_reads(store: Store) -> None:
    for _ in range(500):  # a whole page
        store.append(note())
    assert len([store.append(note()) for _ in store.events()]) == 500


def test_store_loses_nothing_when_many_threads_append(store: Store) -> None:
    def work(name: int) -> None:
        for number in range(50):
            store.append(note(f"{name}.{number}"))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    kept = [stored.event.detail for stored in store.events(AuditNoted)]
    assert sorted(kept) == sorted(f"{name}.{number}" for name in range(16) for number in range(50))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_store_refuses_a_number_that_is_not_finite(store: Store, number: float) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        store.append(evaluated("x", value=number))
    assert list(store.events()) == []


def test_store_refuses_an_event_of_a_class_that_is_no_kind(store: Store) -> None:
    class Gossip(Event):
        pass

    with pytest.raises(ValueError, match="Gossip is not a kind of event"):
        store.append(Gossip(scope=""))


def test_reader_refuses_to_append(store: Store, tmp_path: Path) -> None:
    with Store.open(tmp_path / "run") as reader, pytest.raises(StoreError, match="opened for reading"):
        reader.append(note())


def test_create_refuses_a_directory_that_holds_a_run(tmp_path: Path) -> None:
    Store.create(tmp_path, {}).close()
    with pytest.raises(StoreError, match="already holds a run: choose another directory"):
        Store.create(tmp_path, {})


def test_create_refuses_a_directory_in_which_another_process_writes(store: Store, tmp_path: Path) -> None:
    code = (
        f"from strop.store import Store; from pathlib import Path; Store.create(Path({str(tmp_path / 'run')!r}), {{}})"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "another process is writing the run" in other.stderr


def test_directory_is_free_of_the_lock_when_the_writer_has_closed(tmp_path: Path) -> None:
    Store.create(tmp_path, {}).close()
    (tmp_path / FILE_NAME).unlink()
    Store.create(tmp_path, {}).close()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no run in"),
        (b"", "not the record of a run"),
        (b"not a database, however long it may be" * 99, "not the record of a run"),
        ("CREATE TABLE event (seq)", "not the record of a run"),
    ],
    ids=["nothing", "empty", "no database", "another database"],
)
def test_open_says_what_is_wrong_in_one_line_when_there_is_no_run(
    tmp_path: Path, content: bytes | str | None, reason: str
) -> None:
    if isinstance(content, str):
        ask(tmp_path, content)
    elif content is not None:
        (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(StoreError, match=reason) as caught:
        Store.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_open_refuses_a_newer_schema(tmp_path: Path) -> None:
    Store.create(tmp_path, {}).close()
    ask(tmp_path, "PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"schema 99.*use a newer strop"):
        Store.open(tmp_path)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A record without events of another machine."""
    Store.create(tmp_path / "foreign", {}).close()
    from_elsewhere(tmp_path / "foreign")
    return tmp_path / "foreign"


def test_store_skips_an_unknown_kind_with_a_note_and_leaves_out_unknown_fields(foreign: Path) -> None:
    ask(foreign, "INSERT INTO event (at, scope, kind, data) VALUES (1, '', 'Dreamt', '{}')")
    for data in (
        '{"rule":"looking","detail":"it looked up","mood":"grim"}',
        '{"rule":"utility_arguments","detail":"use_sandbox=False"}',  # of an earlier version
    ):
        ask(foreign, "INSERT INTO event (at, scope, kind, data) VALUES (1, 't1/improve', 'AuditNoted', ?)", data)
    with Store.resume(foreign) as store:
        store.append(note())
        found = list(store.events())
        assert [stored.seq for stored in found] == [2, 3, 4]
        assert store.notes == ("1 event of the unknown kind Dreamt skipped",)
    earlier = AuditNoted(scope="t1/improve", rule="utility_arguments", detail="use_sandbox=False")
    assert [stored.event for stored in found] == [note(), earlier, note()]
    assert (earlier.times, earlier.program) == (1, None)


@pytest.mark.parametrize("data", ["{]", '{"rule": NaN}', "[" * 100_000], ids=["not JSON", "NaN", "deep"])
def test_store_names_the_event_when_it_is_damaged(foreign: Path, data: str) -> None:
    ask(foreign, "INSERT INTO event (at, scope, kind, data) VALUES (1, '', 'AuditNoted', ?)", data)
    with Store.open(foreign) as store, pytest.raises(StoreError, match="damaged: event 1 is not a valid AuditNoted"):
        list(store.events())


def test_list_runs_tells_task_start_status_and_iterations_of_each_run(tmp_path: Path) -> None:
    with Store.create(tmp_path / "a", {"task": "lpn"}, lambda: 5.0) as store:
        for event in (iterated(0), iterated(1), RunFinished(scope="", status="finished")):
            store.append(event)
    Store.create(tmp_path / "b", {}).close()
    (tmp_path / "no run").mkdir()
    with Store.create(tmp_path / "c", {"task": "qap"}):
        found = [(run.run.name, run.started, run.status, run.task, run.iterations) for run in list_runs(tmp_path)]
    of_a, of_b = ("a", 5.0, "finished", "lpn", 1), ("b", None, "unfinished", "", 0)
    assert found == [of_a, of_b, ("c", None, "running", "qap", 0)]


def test_list_runs_lists_a_broken_directory_with_its_reason(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / FILE_NAME).write_bytes(b"scratched")
    [run] = list_runs(tmp_path)
    assert (run.status, "not the record of a run" in run.detail) == ("unreadable", True)


def test_durations_are_right_when_the_time_of_day_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = steady_clock()
    before, now = clock(), time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    assert before <= clock() < before + 60
    assert steady_clock(least=before)() >= before  # of a run that is resumed


def test_reader_proves_events_that_are_appended_while_it_reads(store: Store, tmp_path: Path) -> None:
    def write() -> None:
        for _ in range(300):
            store.append(note())

    with ThreadPoolExecutor(1) as pool, Store.open(tmp_path / "run") as reader:
        writing = pool.submit(write)
        while not writing.done():
            seen = [stored.seq for stored in reader.events()]
            assert seen == list(range(1, len(seen) + 1))
        assert len(list(reader.events())) == reader.proof.events == 300
