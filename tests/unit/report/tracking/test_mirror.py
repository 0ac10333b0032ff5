"""Trackers are told of a run, whatever happens to it and to them."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.base.events import Event, RunFinished
from strop.report.tracking import Track, continued, mirrored
from strop.report.tracking.base import FILE_NAME
from strop.report.tracking.mirror import BATCH
from strop.store import Store, Stored
from support.tracked import CALLED, FINISHED, ITERATED, RESPONDED, STARTED, TEXTS, eventually, lines, numbers, some


def to(path: Path, content: bool = False) -> list[Track]:
    return [Track(f"jsonl:{path}", content)]


@pytest.mark.heavy
def test_tracker_gets_every_event_in_order_when_the_record_is_longer_than_a_batch(
    store: Store, tmp_path: Path, said: list[str]
) -> None:
    events = [STARTED, *some(BATCH + 7), FINISHED]
    with mirrored(tmp_path / "run", to(tmp_path / "e"), said.append) as mirror, store:
        for event in events:
            store.append(event)
    assert numbers(tmp_path / "e") == list(range(1, len(events) + 1))
    assert [line["kind"] for line in lines(tmp_path / "e")] == [type(event).__name__ for event in events]
    assert mirror.whole == [f"jsonl:{tmp_path / 'e'}"]
    assert said == []


def test_record_that_was_made_before_is_sent_whole_when_it_is_longer_than_a_batch(store: Store, tmp_path: Path) -> None:
    with store:
        for event in some(2 * BATCH + 7):
            store.append(event)
    with mirrored(tmp_path / "run", to(tmp_path / "e")):
        pass
    assert len(numbers(tmp_path / "e")) == 2 * BATCH + 7


class Stubborn:
    """A tracker that takes nothing until it is told that it works."""

    kinds: tuple[type[Event], ...] = ()

    def __init__(self) -> None:
        self.works = False
        self.taken: list[tuple[int, bool]] = []
        self.tries = 0

    def event(self, stored: Stored[Event], *, known: bool) -> None:
        self.taken.append((stored.seq, known))

    def flush(self) -> None:
        self.tries += 1
        if not self.works:
            raise OSError("not now")

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.slow
def test_tracker_that_does_not_take_a_batch_is_given_no_more_until_it_does(
    store: Store, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = Stubborn()
    monkeypatch.setattr("strop.report.tracking.base.Track.make", lambda *arguments: tracker)
    with store:
        for event in some(BATCH + 1):
            store.append(event)
    with mirrored(tmp_path / "run", [Track("stubborn")], said.append, seconds=60):
        assert eventually(lambda: tracker.tries > 2)
        assert len(tracker.taken) == BATCH
        tracker.works = True
        assert eventually(lambda: len(tracker.taken) > BATCH)
    assert tracker.taken == [(n, False) for n in range(1, BATCH + 2)]
    assert len(said) == 1


def test_tracker_is_given_what_it_was_sent_before_as_known_when_a_run_is_resumed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretches = [Stubborn(), Stubborn()]
    for each in stretches:
        each.works = True
        monkeypatch.setattr("strop.report.tracking.base.Track.make", lambda *arguments, tracker=each: tracker)
        with mirrored(tmp_path / "run", [Track("stubborn")]):
            store.append(STARTED)
    assert [each.taken for each in stretches] == [[(1, False)], [(1, True), (2, False)]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_disk_that_is_full_is_told_of_and_the_rest_is_not_lost(store: Store, tmp_path: Path, said: list[str]) -> None:
    with mirrored(tmp_path / "run", to(Path("/dev/full")), said.append) as mirror:
        store.append(STARTED)
    assert mirror.whole == []
    assert "No space left on device" in said[0]
    assert json.loads((tmp_path / "run" / FILE_NAME).read_text())["jsonl:/dev/full"]["sent"] == 0


def test_tracker_is_told_while_the_run_goes_on(store: Store, tmp_path: Path) -> None:
    with mirrored(tmp_path / "run", to(tmp_path / "e")):
        store.append(STARTED)
        assert eventually(lambda: numbers(tmp_path / "e") == [1])
        store.append(CALLED)
        assert eventually(lambda: numbers(tmp_path / "e") == [1, 2])


def test_resumed_run_continues_where_the_tracker_was_and_every_line_stands_once(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "e"
    with mirrored(tmp_path / "run", to(path)):
        store.append(STARTED)
        store.append(CALLED)
    store.append(RESPONDED)  # the run was killed before the tracker had it
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"run":"ha')  # and in the middle of a line
    with mirrored(tmp_path / "run", continued(tmp_path / "run")), store:
        store.append(FINISHED)
    assert numbers(path) == [1, 2, 3, 4]
    assert len({line["run"] for line in lines(path)}) == 1


def test_line_that_was_written_is_not_written_again_when_the_note_of_it_was_lost(store: Store, tmp_path: Path) -> None:
    with mirrored(tmp_path / "run", to(tmp_path / "e")):
        for event in (STARTED, CALLED):
            store.append(event)
    note = tmp_path / "run" / FILE_NAME
    entries = json.loads(note.read_text())
    entries[f"jsonl:{tmp_path / 'e'}"]["sent"] = 1
    note.write_text(json.dumps(entries))
    with mirrored(tmp_path / "run", to(tmp_path / "e")):
        store.append(RESPONDED)
    assert numbers(tmp_path / "e") == [1, 2, 3]


def test_second_run_is_appended_to_a_file_that_holds_another(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with Store.create(tmp_path / name, {}) as store, mirrored(tmp_path / name, to(tmp_path / "e")):
            store.append(STARTED)
    assert numbers(tmp_path / "e") == [1, 1]
    assert len({line["run"] for line in lines(tmp_path / "e")}) == 2


@pytest.mark.parametrize("text", ["dear diary", "dear diary\n", '{"run":"a","seq":1}\ndear'])
def test_file_of_something_else_is_left_alone(store: Store, tmp_path: Path, said: list[str], text: str) -> None:
    (tmp_path / "e").write_text(text)
    with mirrored(tmp_path / "run", to(tmp_path / "e"), said.append) as mirror:
        store.append(STARTED)
    assert (tmp_path / "e").read_text() == text
    assert mirror.whole == []
    assert "holds something other than events" in said[0]


def test_tracker_that_fails_is_told_of_once_and_gets_everything_when_it_works_again(
    store: Store, tmp_path: Path, said: list[str]
) -> None:
    path = tmp_path / "later" / "e"
    with mirrored(tmp_path / "run", to(path), said.append), store:
        for event in (STARTED, CALLED):
            store.append(event)
        assert eventually(lambda: said)
        path.parent.mkdir()
        assert eventually(lambda: numbers(path) == [1, 2])
        store.append(FINISHED)
    assert numbers(path) == [1, 2, 3]
    assert len(said) == 1
    assert "failed and will be retried" in said[0]


def test_end_says_what_a_failing_tracker_lacks_and_how_to_send_it(
    store: Store, tmp_path: Path, said: list[str]
) -> None:
    path = tmp_path / "later" / "e"
    with mirrored(tmp_path / "run", to(path), said.append) as mirror, store:
        store.append(STARTED)
    assert mirror.whole == []
    assert [line for line in said if "strop export" in line and "the rest" in line] == said[1:]
    path.parent.mkdir()
    with mirrored(tmp_path / "run", continued(tmp_path / "run"), said.append) as mirror:
        pass
    assert numbers(path) == [1]


def test_tracker_that_never_answers_holds_up_neither_the_run_nor_its_end(
    store: Store, tmp_path: Path, said: list[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")  # which nobody reads: whoever opens it waits
    tracks = [*to(tmp_path / "pipe"), *to(tmp_path / "e")]
    with mirrored(tmp_path / "run", tracks, said.append, seconds=1.0) as mirror, store:
        for event in [STARTED, *some(20), FINISHED]:
            store.append(event)
        assert eventually(lambda: len(numbers(tmp_path / "e")) == 22)
    assert mirror.whole == [f"jsonl:{tmp_path / 'e'}"]
    assert len(said) == 1
    assert "pipe does not have the whole run (it is too slow)" in said[0]
    os.close(os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK))  # the thread that waits there ends


@pytest.mark.parametrize("content", [True, False])
def test_texts_are_digests_unless_content_is_allowed(store: Store, tmp_path: Path, content: bool) -> None:
    with mirrored(tmp_path / "run", to(tmp_path / "e", content)), store:
        for event in (
            STARTED,
            CALLED,
            RESPONDED,
            *some(1),
            ITERATED,
            RunFinished(scope="", status="failed", detail="quoted"),
        ):
            store.append(event)
    text = (tmp_path / "e").read_text()
    assert [each in text for each in TEXTS] == [content] * len(TEXTS)


def test_damaged_notes_are_one_clear_line(store: Store, tmp_path: Path) -> None:
    (tmp_path / "run" / FILE_NAME).write_text("[]")
    with pytest.raises(ConfigurationError, match=r"tracking\.json is damaged; remove it"):
        continued(tmp_path / "run")


def test_error_of_the_run_passes_through_and_its_events_are_sent(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), mirrored(tmp_path / "run", to(tmp_path / "e")), store:
        store.append(STARTED)
        raise ZeroDivisionError
    assert numbers(tmp_path / "e") == [1]
    assert [thread.name for thread in threading.enumerate() if thread.name.endswith(str(tmp_path / "e"))] == []
