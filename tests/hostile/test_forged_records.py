"""Records that were changed on the machine that made them, by somebody who has not its key: no command believes one.

Every idea is a function of the record and a source of chance. Each command refuses what it made, in one line with exit code 2, or
shows at most what was never changed; nothing is applied, and no run goes on. `make test` tries each idea with the commands that
can do harm; `make test-all` tries 200 changes with all.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from strop.base.errors import RecordChanged, StoreError
from strop.base.events import Evaluated, RunFinished, RunStarted
from strop.base.solution import digest_of
from strop.runs.run_data import FRAME, read_run
from strop.store import FILE_NAME, Store
from support.command_line import DOUBLING, environment, run_here
from support.records import changing, evaluated, from_elsewhere, note, raw
from support.rows import table
from support.trees import written

Change = Callable[[sqlite3.Connection, random.Random], None]
START = "def algorithm(x):\n    return x + 1\n"
IMPROVE = ["improve", "mine.py", "--solution", "start.py", "--utility-budget", "3", "--lm-budget", "1", "--seed", "7"]
CLAIMED = "0.98765"
VERBS = {
    "show": ["show", "RUN"],
    "show --json": ["show", "RUN", "--json"],
    "export": ["export", "RUN", "-o", "-"],
    "view": ["view", "RUN", "--html", "page.html"],
    "resume": ["resume", "RUN"],
    "apply": ["apply", "RUN", "--force", "--unproven"],
}


def number(tool: sqlite3.Connection, rng: random.Random) -> int:
    """The number of some event."""
    [(count,)] = tool.execute("SELECT count(*) FROM event").fetchall()
    return rng.randint(1, count)


def a_value(tool: sqlite3.Connection, rng: random.Random) -> None:
    """A score of an evaluation, or a figure of another event."""
    rows = tool.execute("SELECT seq, data FROM event WHERE data GLOB '*[0-9].[0-9]*'").fetchall()
    seq, data = rng.choice(rows)
    place = rng.choice(list(re.finditer(r"\d\.\d+", data)))
    tool.execute(
        "UPDATE event SET data = ? WHERE seq = ?", (data[: place.start()] + CLAIMED + data[place.end() :], seq)
    )


def two_are_exchanged(tool: sqlite3.Connection, rng: random.Random) -> None:
    first, second = number(tool, rng), number(tool, rng)
    second = second if second != first else first % 3 + 1 + (first == first % 3 + 1)
    tool.execute("UPDATE event SET seq = -1 WHERE seq = ?", (first,))
    tool.execute("UPDATE event SET seq = ? WHERE seq = ?", (first, second))
    tool.execute("UPDATE event SET seq = ? WHERE seq = -1", (second,))


def a_text_and_its_digest_are_replaced(tool: sqlite3.Connection, rng: random.Random) -> None:
    digest, body = rng.choice(tool.execute("SELECT digest, body FROM text WHERE body != ''").fetchall())
    new = body + "\nimport os\n"
    tool.execute("UPDATE text SET body = ?, digest = ? WHERE digest = ?", (new, digest_of(new), digest))
    tool.execute("UPDATE event SET data = replace(data, ?, ?)", (digest, digest_of(new)))


def two_texts_are_exchanged(tool: sqlite3.Connection, rng: random.Random) -> None:
    (one, first), (two, second) = rng.sample(tool.execute("SELECT digest, body FROM text").fetchall(), 2)
    tool.executemany("UPDATE text SET body = ? WHERE digest = ?", [(second, one), (first, two)])


def by_sql(*statements: str) -> Change:
    """Statements in which `:event` is the number of some event, `:evaluated` that of an evaluation, `:text` the digest of some
    text, and `:fact` the key of some fact of the run."""

    def change(tool: sqlite3.Connection, rng: random.Random) -> None:
        [evaluated] = rng.choice(tool.execute("SELECT seq FROM event WHERE kind = 'Evaluated'").fetchall())
        [text] = rng.choice(tool.execute("SELECT digest FROM text").fetchall())
        [fact] = rng.choice(tool.execute("SELECT key FROM meta WHERE key != 'key'").fetchall())
        values = {
            "text": text,
            "fact": fact,
            "event": number(tool, rng),
            "evaluated": evaluated,
            "chance": rng.random(),
        }
        values |= {"verdict": rng.choice(["timeout", "malformed", "died"]), "seal": rng.randbytes(32).hex()}
        for statement in statements:
            tool.execute(statement, values)

    return change


FINISHED = '\'RunFinished\', \'{"status":"finished","detail":""}\''
CHANGES: dict[str, Change] = {
    "a value": a_value,
    "a verdict": by_sql("UPDATE event SET data = json_set(data, '$.verdict', :verdict) WHERE seq = :evaluated"),
    "a text for a number": by_sql("UPDATE event SET data = json_set(data, '$.value', '0.9') WHERE seq = :evaluated"),
    "not a number": by_sql(
        """UPDATE event SET data = replace(data, '"value":', '"value":NaN,"v":') WHERE seq = :evaluated"""
    ),
    "a time": by_sql("UPDATE event SET time = time + :chance WHERE seq = :event"),
    "a scope": by_sql("UPDATE event SET scope = scope || 'x' WHERE seq = :event"),
    "a kind": by_sql("UPDATE event SET kind = 'Dreamt' WHERE seq = :event"),
    "an event is gone": by_sql("DELETE FROM event WHERE seq = :event"),
    "an event is gone and the rest moves up": by_sql(
        "DELETE FROM event WHERE seq = :event",
        "UPDATE event SET seq = -seq WHERE seq > :event",
        "UPDATE event SET seq = -seq - 1 WHERE seq < 0",
    ),
    "the last are gone": by_sql("DELETE FROM event WHERE seq >= :event"),
    "all are gone": by_sql("DELETE FROM event"),
    "two are exchanged": two_are_exchanged,
    "one is there twice": by_sql(
        "INSERT INTO event (time, scope, kind, data, seal) SELECT time, scope, kind, data, seal FROM event WHERE seq = :event"
    ),
    "one is added": by_sql(
        f"INSERT INTO event (time, scope, kind, data, seal) SELECT time + 1, '', {FINISHED}, :seal FROM event LIMIT 1"
    ),
    "a text is replaced": by_sql("UPDATE text SET body = body || char(10) || 'import os' WHERE digest = :text"),
    "a text and its digest are replaced": a_text_and_its_digest_are_replaced,
    "two texts are exchanged": two_texts_are_exchanged,
    "what it says of its run": by_sql("UPDATE meta SET value = value || '1' WHERE key = :fact"),
    "a fact is added": by_sql("INSERT INTO meta VALUES ('shares_jail', '[]')"),
    "seals are gone": by_sql("UPDATE event SET seal = ''"),
    "bytes that are no text": by_sql("UPDATE event SET scope = CAST(x'ff61' AS TEXT) WHERE seq = :event"),
    "a table more": by_sql("CREATE TABLE mine (a)"),
    "a trigger more": by_sql("CREATE TRIGGER mine AFTER INSERT ON event BEGIN SELECT 1; END"),
    "an endless view for a table": by_sql(
        "ALTER TABLE event RENAME TO e0",
        "CREATE VIEW event AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) "
        "SELECT i AS seq, 1.0 AS time, 'x' AS scope, 'RunStarted' AS kind, '{}' AS data, '' AS seal FROM r",
    ),
    "a column that is computed": by_sql(
        "DROP TABLE text",
        "CREATE TABLE text (digest TEXT PRIMARY KEY, body TEXT NOT NULL AS (hex(zeroblob(100000000)))) STRICT",
    ),
    "a column without a type": by_sql(
        "ALTER TABLE event RENAME TO e0",
        "CREATE TABLE event (seq INTEGER PRIMARY KEY, time, scope, kind, data, seal)",
        "INSERT INTO event SELECT * FROM e0",
        "DROP TABLE e0",
    ),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished improvement of a task, in `r`."""
    home = tmp_path_factory.mktemp("forged")
    written(home, {"mine.py": DOUBLING, "start.py": START})
    made = run_here(*IMPROVE, "--out", "r", cwd=home, env=environment(home))
    assert made.returncode == 0, made.stderr
    return home


def said(home: Path, record: Path, verb: str) -> str:
    """What a command says of a changed record. Nothing happens, and nothing but one line is said."""
    before = {path: path.stat().st_mtime_ns for path in record.rglob("*") if FILE_NAME not in path.name}
    found = run_here(*(str(record) if word == "RUN" else word for word in VERBS[verb]), cwd=home, env=environment(home))
    assert found.returncode == 2 and found.stdout == "" and found.stderr.count("\n") == 1, (verb, found)
    assert CLAIMED not in found.stderr and not (home / "page.html").exists()
    assert ((home / "mine.py").read_text(), (home / "start.py").read_text()) == (DOUBLING, START)
    assert {path: path.stat().st_mtime_ns for path in record.rglob("*") if FILE_NAME not in path.name} == before
    return found.stderr


def forged(home: Path, folder: Path, change: Change, rng: random.Random) -> Path:
    shutil.copytree(home / "r", folder)
    with changing(folder) as tool:
        change(tool, rng)
    return folder


@pytest.mark.parametrize("verb", ["show", "resume", "apply"])
@table(("what", "change"), CHANGES.items())
def test_record_that_was_changed_is_refused_in_one_line_that_says_what_does_not_hold(
    home: Path, tmp_path: Path, verb: str, what: str, change: Change
) -> None:
    line = said(home, forged(home, tmp_path / what, change, random.Random(what)), verb)
    assert re.search(r"is not as it was recorded|it ends at event|not the record of a run|not UTF-8", line), what


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_none_of_200_changed_records_is_believed_by_any_command(home: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    for what, change in CHANGES.items():
        record = forged(home, tmp_path / what, change, rng)
        for verb in VERBS:
            said(home, record, verb)


def test_record_that_was_not_changed_is_proven_wherever_it_is_copied_or_moved(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "r", tmp_path / "copy")
    (tmp_path / "copy").rename(tmp_path / "moved")
    for verb in set(VERBS) - {"apply", "view"}:
        words = [str(tmp_path / "moved") if word == "RUN" else word for word in VERBS[verb]]
        found = run_here(*words, cwd=home, env=environment(home))
        assert found.returncode == 0 and "unverified: " not in found.stdout + found.stderr, found


def test_record_of_another_machine_is_shown_with_everything_and_first_said_to_be_unverified(
    home: Path, tmp_path: Path
) -> None:
    shutil.copytree(home / "r", tmp_path / "r")
    elsewhere = environment(home) | {"XDG_DATA_HOME": str(tmp_path / "other")}
    found = run_here("show", str(tmp_path / "r"), cwd=home, env=elsewhere)
    assert found.returncode == 0 and found.stdout.startswith("unverified: "), found
    assert "made with a key that is not on this machine; strop replay" in found.stdout.splitlines()[0]
    shown = run_here("show", str(tmp_path / "r"), "--json", cwd=home, env=elsewhere)
    assert '"unverified": "unverified: ' in shown.stdout
    assert run_here("export", str(tmp_path / "r"), "-o", "-", cwd=home, env=elsewhere).stderr.startswith("unverified: ")
    viewed = run_here("view", str(tmp_path / "r"), "--html", str(tmp_path / "page.html"), cwd=home, env=elsewhere)
    assert viewed.returncode == 0 and "unverified: " in (tmp_path / "page.html").read_text()
    applied = run_here("apply", str(tmp_path / "r"), "--force", "--unproven", cwd=home, env=elsewhere)
    assert applied.returncode == 2 and "unverified: " in applied.stderr
    assert not (tmp_path / "other").exists()  # a reader makes no key


def test_older_state_of_a_run_is_refused_and_the_end_of_another_run_is_not_its_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with Store.create(tmp_path / name, {"kind": "improve"}) as store:
            store.append(RunStarted(scope="", spec={}, environment={}, posture={}))
    shutil.copytree(tmp_path / "a", tmp_path / "older")
    with Store.resume(tmp_path / "a") as store:
        store.append(RunFinished(scope="", status="finished"))
    for name in ("a", "b"):
        Store.open(tmp_path / name).close()
    with pytest.raises(RecordChanged, match="an older state of its run: it ends at event 1 of 2 that were recorded"):
        Store.resume(tmp_path / "older")
    with raw(tmp_path / "a") as tool:  # the event of the other run in the place of its own
        tool.execute("DROP TRIGGER event_update")
        tool.execute("ATTACH ? AS other", (str(tmp_path / "b" / FILE_NAME),))
        tool.execute("UPDATE event SET (time, seal) = (SELECT time, seal FROM other.event WHERE seq = 1) WHERE seq = 1")
    with pytest.raises(RecordChanged, match="event 1 is not as it was recorded"):
        Store.open(tmp_path / "a")


def test_event_or_text_that_changes_while_a_record_is_read_is_not_believed(tmp_path: Path) -> None:
    with Store.create(tmp_path / "r", {}) as store:
        for _ in range(3):
            store.append(evaluated("pass"))
    with Store.open(tmp_path / "r") as store:
        with changing(tmp_path / "r") as tool:
            tool.execute("UPDATE event SET data = replace(data, '0.5', '0.9') WHERE seq = 2")
            tool.execute("UPDATE text SET body = body || ' '")
        with pytest.raises(RecordChanged, match="event 2 is not as it was recorded"):
            list(store.outline(Evaluated))
        with pytest.raises(RecordChanged, match="was changed after it was recorded"):
            store.text(digest_of("pass"))


def test_index_that_leaves_an_event_out_hides_it_from_nobody(tmp_path: Path) -> None:
    with Store.create(tmp_path / "r", {}) as store:
        store.append(note())
        for _ in range(3):
            store.append(evaluated("pass"))
    with raw(tmp_path / "r") as tool:  # an index on fewer rows, under the text of the whole one
        [(whole,)] = tool.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_kind_scope'").fetchall()
        tool.execute("DROP INDEX event_kind_scope")
        tool.execute(f"{whole} WHERE kind != 'Evaluated'")
        tool.execute("PRAGMA writable_schema = ON")
        tool.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'event_kind_scope'", (whole,))
    with raw(tmp_path / "r") as tool:
        assert tool.execute("SELECT count(*) FROM event WHERE kind = 'Evaluated'").fetchall() == [(0,)]
    with Store.open(tmp_path / "r") as store:
        assert len(list(store.events(Evaluated))) == 3 and len(read_run(store, kinds=FRAME).notes) == 0


@table(
    "name, put",
    itertools.product(
        ("-wal", "-journal", ""),
        (os.mkfifo, lambda place: place.symlink_to("/dev/zero"), lambda place: place.symlink_to("../elsewhere")),
    ),
)
def test_pipe_link_or_device_in_the_place_of_a_file_is_not_opened(
    tmp_path: Path, name: str, put: Callable[[Path], None]
) -> None:
    with Store.create(tmp_path / "r", {}) as store:
        store.append(note())
    (tmp_path / "elsewhere").write_bytes((tmp_path / "r" / FILE_NAME).read_bytes())
    place = tmp_path / "r" / f"{FILE_NAME}{name}"
    place.unlink(missing_ok=True)
    put(place)
    with pytest.raises(StoreError, match="is not a regular file; links are not followed"):
        Store.open(tmp_path / "r")


def test_log_of_another_record_beside_the_file_is_not_believed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        store = Store.create(tmp_path / name, {"kind": name})
        store.append(note(name))
        shutil.copytree(tmp_path / name, tmp_path / f"{name}-killed")  # with its log beside it
        store.close()
    shutil.copy(tmp_path / "b-killed" / f"{FILE_NAME}-wal", tmp_path / "a-killed" / f"{FILE_NAME}-wal")
    (tmp_path / "a-killed" / f"{FILE_NAME}-shm").unlink()
    try:
        with Store.open(tmp_path / "a-killed") as store:  # SQLite may ignore it: then nothing of b is there
            assert store.meta == {"kind": "a"} and [one.event.detail for one in store.events()] == ["a"]  # type: ignore[attr-defined]
    except StoreError:
        pass


def test_result_is_that_of_the_record_whatever_the_files_beside_it_say(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "r", tmp_path / "r")
    (tmp_path / "r" / "solution.diff").write_text("+forged\n")
    shown = run_here("show", str(tmp_path / "r"), cwd=home, env=environment(home))
    assert shown.returncode == 0 and "+forged" not in shown.stdout


def test_killed_run_is_proven_without_an_end_and_unverified_without_the_name_of_its_key(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "r", {"kind": "run"})
    store.append(note())
    shutil.copytree(tmp_path / "r", tmp_path / "killed")
    store.close()
    with Store.open(tmp_path / "killed") as found:
        assert found.unverified == "" and len(list(found.events())) == 1
    from_elsewhere(tmp_path / "killed")
    with Store.open(tmp_path / "killed") as found:
        assert found.unverified.startswith("unverified: ") and found.meta == {"kind": "run"}
