"""strop export --to jsonl --follow: one event a line while a run goes on, and trackers that cannot be had."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from end_to_end.conftest import TINY, Start, Strop
from strop.store import Store
from support.tracked import eventually, numbers

LONG = ["run", "lpn", "--seed", "1", "-T", "3", "--require", "none", "--out", "there", *TINY]
FOLLOW = ["export", "there", "--to", "jsonl", "--follow"]


def recorded(directory: Path) -> int:
    """Events of a record."""
    with Store.open(directory) as store:
        return len(list(store.events()))


@pytest.mark.slow
def test_running_run_is_followed_to_its_end(start_strop: Start, tmp_path: Path) -> None:
    running = start_strop(*LONG)
    assert eventually((tmp_path / "there" / "run.sqlite").exists)
    following = start_strop(*FOLLOW, "-o", "events", "--texts", "digests")
    assert eventually(lambda: (tmp_path / "events").exists() and numbers(tmp_path / "events"))
    assert running.poll() is None
    for process in (running, following):
        error = process.communicate()[1]
        assert process.returncode == 0, error
    assert numbers(tmp_path / "events") == list(range(1, recorded(tmp_path / "there") + 1))
    text = (tmp_path / "events").read_text()
    assert json.loads(text.splitlines()[-1])["kind"] == "RunFinished" and "def improve_algorithm" not in text


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
