"""`strop export`, as people call it, and `--follow`: one event a line while a run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from end_to_end.conftest import TINY, Start, Strop, environment
from strop.store import Store
from support.tracked import eventually, numbers

Runs = dict[str, Path]


def test_export_writes_into_the_directory_of_the_run_and_says_where(strop: Strop, runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with Store.open(runs["paper"]) as whole, Store.create(tmp_path / "runs" / "mine", whole.meta) as store:
        for stored in whole.events():
            store.append(stored.event)
    ended = strop("export", "--to", "csv")
    assert ended.returncode == 0 and ended.stdout == "" and "runs/mine/csv" in ended.stderr, ended.stderr
    assert (tmp_path / "runs" / "mine" / "csv" / "evaluations.csv").is_file()
    again = strop("export", "mine", "--to", "csv")
    assert again.returncode == 2 and again.stderr.count("\n") == 1 and "--force" in again.stderr
    assert strop("export", "mine", "--to", "csv", "--force").returncode == 0


def test_export_to_standard_output_is_the_lines_and_nothing_else(strop: Strop, runs: Runs) -> None:
    ended = strop("export", str(runs["paper"]), "--to", "jsonl", "-o", "-", "--texts", "digests")
    assert ended.returncode == 0, ended.stderr
    assert [json.loads(line)["seq"] for line in ended.stdout.splitlines()][:3] == [1, 2, 3]


def test_export_ends_quietly_when_its_reader_goes_away(runs: Runs, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "strop", "export", str(runs["lpn"]), "--to", "jsonl", "-o", "-"]
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        command, stdout=write, stderr=subprocess.PIPE, env=environment(tmp_path), timeout=120, check=False
    )
    os.close(write)
    assert ended.returncode == 1 and b"Traceback" not in ended.stderr


def test_export_to_a_place_without_a_name_is_one_line(strop: Strop, runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "runs").symlink_to(runs["paper"].parent)
    ended = strop("export", "--to", "csv", "-o", "--force")
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1 and "-o needs" in ended.stderr, ended.stderr


def test_export_of_a_damaged_record_is_one_line_and_leaves_nothing(strop: Strop, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "run.sqlite").write_bytes(b"SQLite format 3\0 and no more")
    ended = strop("export", "r", "--to", "jsonl")
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["run.sqlite"]


LONG = ["run", "lpn", "--seed", "1", "-T", "3", "--require", "none", "--out", "there", *TINY]
FOLLOW = ["export", "there", "--to", "jsonl", "--follow"]


def recorded(directory: Path) -> int:
    """Events of a record."""
    with Store.open(directory) as store:
        return len(list(store.events()))


@pytest.mark.slow
def test_ctrl_c_ends_following_between_two_lines_and_a_killed_run_ends_it(start_strop: Start, tmp_path: Path) -> None:
    running = start_strop(*LONG)
    assert eventually((tmp_path / "there" / "run.sqlite").exists)
    following, other = start_strop(*FOLLOW, "-o", "events"), start_strop(*FOLLOW, "-o", "more")
    assert eventually(lambda: (tmp_path / "events").exists() and (tmp_path / "events").read_text().count("\n") > 3)
    following.send_signal(signal.SIGINT)
    assert (following.communicate()[1].count("\n"), following.returncode) == (1, 130)
    assert (tmp_path / "events").read_text().endswith("\n") and running.poll() is None
    running.kill()
    running.communicate()
    other.communicate()
    assert other.returncode == 0 and numbers(tmp_path / "more") == list(range(1, recorded(tmp_path / "there") + 1))


def test_run_that_has_ended_is_written_at_once_to_standard_output(strop: Strop, runs: dict[str, Path]) -> None:
    ended = strop("export", str(runs["paper"]), "--to", "jsonl", "--follow")
    assert ended.returncode == 0, ended.stderr
    assert [json.loads(line)["seq"] for line in ended.stdout.splitlines()] == list(
        range(1, recorded(runs["paper"]) + 1)
    )


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--to", "csv", "--follow"], "--follow requires --to jsonl"),
        (["--to", "jsonl", "--follow", "--force"], "--follow requires --to jsonl"),
        (["--to", "jsonl", "--follow", "-o", "taken"], "cannot write taken: File exists"),
        (["--to", "jaeger"], "choose jsonl, csv, figures, mlflow, wandb"),
        (["--to", "mlflow", "--out", "x"], "--out, --follow and --force are for files"),
    ],
)
def test_export_that_cannot_be_followed_or_sent_is_one_line(
    strop: Strop, runs: dict[str, Path], tmp_path: Path, flags: list[str], words: str
) -> None:
    (tmp_path / "taken").write_text("mine")
    ended = strop("export", str(runs["paper"]), *flags)
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1 and words in ended.stderr, ended.stderr
    assert (tmp_path / "taken").read_text() == "mine"
