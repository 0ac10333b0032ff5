"""A run is mirrored to trackers, whatever happens to either."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from strop.cli.app import main
from strop.report.tracking.base import LIBRARIES, is_installed
from strop.store import Store
from support.tracked import eventually, numbers

Strop = Callable[..., "subprocess.CompletedProcess[str]"]
TINY = ["--copies", "2", "--lm-budget", "1", "--max-responses", "2", "--meta-budget", "2", "--utility-budget", "3"]
RUN = ["run", "lpn", "--seed", "1", "-T", "1", "--require", "none", "--out", "there", "--gate-pairs", "4", *TINY]
LONG = ["run", "lpn", "--seed", "1", "-T", "3", "--require", "none", "--out", "there", *TINY]
ABSENT = [name for name, module in LIBRARIES.items() if not is_installed(module)]


def recorded(directory: Path) -> int:
    """Events of a record."""
    with Store.open(directory) as store:
        return len(list(store.events()))


def test_run_is_mirrored_to_json_lines(strop: Strop, tmp_path: Path) -> None:
    ended = strop(*RUN, "--track", "jsonl:events")
    assert ended.returncode == 0, ended.stderr
    assert numbers(tmp_path / "events") == list(range(1, recorded(tmp_path / "there") + 1))


@pytest.mark.slow
def test_killed_run_goes_on_with_the_same_tracker_when_it_is_resumed(
    start_strop: Callable[..., subprocess.Popen[str]], strop: Strop, tmp_path: Path
) -> None:
    running = start_strop(*LONG, "--track", "jsonl:events")
    assert eventually(lambda: (tmp_path / "events").exists() and (tmp_path / "events").read_bytes().count(b"\n") > 50)
    running.kill()
    running.communicate()
    ended = strop("resume", "there")
    assert ended.returncode == 0, ended.stderr
    assert numbers(tmp_path / "events") == list(range(1, recorded(tmp_path / "there") + 1))
    assert "RunResumed" in (tmp_path / "events").read_text()


def test_interrupted_run_tells_its_trackers_of_its_end(
    start_strop: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    running = start_strop(*LONG, "--track", "jsonl:events")
    assert eventually(lambda: (tmp_path / "events").exists() and (tmp_path / "events").read_bytes().count(b"\n") > 10)
    running.send_signal(signal.SIGINT)
    running.communicate()
    last = json.loads((tmp_path / "events").read_text().splitlines()[-1])
    assert (last["kind"], last["status"]) == ("RunFinished", "interrupted")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        *((RUN, name) for name in ("jaeger", "jsonl:", *ABSENT)),
        (["eval", "seed", "--out", "there"], "jaeger"),
        (["eval", "seed", "--noise", "2", "--out", "there"], "jaeger"),
        (["improve", "lpn", "--out", "there"], "jaeger"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_tracker_that_cannot_be_had_is_said_before_anything_begins(
    strop: Strop, tmp_path: Path, name: str, command: list[str]
) -> None:
    ended = strop(*command, "--track", name)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1), ended.stderr
    assert name in ended.stderr and "tracker" in ended.stderr
    assert not (tmp_path / "there").exists()


def test_run_goes_on_without_a_tracker_that_fails_and_export_sends_it_later(strop: Strop, tmp_path: Path) -> None:
    ended = strop(*RUN, "--track", "jsonl:later/events")
    assert ended.returncode == 0
    told = [line for line in ended.stderr.splitlines() if "later/events" in line]
    assert len(told) == 2
    assert "failed and will be retried" in told[0]
    assert "strop export there --to jsonl:later/events" in told[1]
    assert strop("export", "there", "--to", "jsonl:later/events").returncode == 1
    (tmp_path / "later").mkdir()
    sent = strop("export", "there", "--to", "jsonl:later/events")
    assert (sent.returncode, sent.stderr) == (0, "jsonl:later/events has the whole of there\n")
    assert numbers(tmp_path / "later" / "events") == list(range(1, recorded(tmp_path / "there") + 1))


def test_export_sends_a_run_that_was_not_tracked_with_texts_only_when_asked(
    strop: Strop, runs: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(runs["lpn"], tmp_path / "there")
    for flags, file in (([], "a"), (["--texts", "digests"], "b"), (["--texts", "full"], "c")):
        ended = strop("export", "there", "--to", f"jsonl:{file}", *flags)
        assert ended.returncode == 0, ended.stderr
    assert ["def improve_algorithm" in (tmp_path / file).read_text() for file in "abc"] == [False, False, True]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--to", "jaeger"], "choose jsonl, csv, figures, mlflow, wandb or jsonl:FILE"),
        (["--to", "jsonl:"], "unknown tracker 'jsonl:'"),
        (["--to", "jsonl:events", "--out", "x"], "--out and --force are for files"),
    ],
)
def test_export_to_a_tracker_that_cannot_be_is_one_line(
    capsys: pytest.CaptureFixture[str], flags: list[str], words: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["export", "no-such-run", *flags])
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and words in line
