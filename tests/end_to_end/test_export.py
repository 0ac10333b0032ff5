"""`strop export`, as people call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from end_to_end.conftest import Strop, environment
from strop.store import Store

Runs = dict[str, Path]


def test_export_writes_into_the_directory_of_the_run_and_says_where(strop: Strop, runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with Store.open(runs["paper"]) as whole, Store.create(tmp_path / "runs" / "mine", whole.meta) as store:
        for stored in whole.events():
            store.append(stored.event)
    ended = strop("export")
    assert ended.returncode == 0 and ended.stdout == "" and "runs/mine/events.jsonl" in ended.stderr, ended.stderr
    assert (tmp_path / "runs" / "mine" / "events.jsonl").is_file()
    again = strop("export", "mine")
    assert again.returncode == 2 and again.stderr.count("\n") == 1 and "--force" in again.stderr
    assert strop("export", "mine", "--force").returncode == 0


def test_export_to_standard_output_is_the_lines_and_nothing_else(strop: Strop, runs: Runs) -> None:
    ended = strop("export", str(runs["paper"]), "-o", "-", "--texts", "digests")
    assert ended.returncode == 0, ended.stderr
    assert [json.loads(line)["seq"] for line in ended.stdout.splitlines()][:3] == [1, 2, 3]


def test_export_ends_quietly_when_its_reader_goes_away(runs: Runs, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "strop", "export", str(runs["lpn"]), "-o", "-"]
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        command, stdout=write, stderr=subprocess.PIPE, env=environment(tmp_path), timeout=600, check=False
    )
    os.close(write)
    assert ended.returncode == 1 and b"Traceback" not in ended.stderr
