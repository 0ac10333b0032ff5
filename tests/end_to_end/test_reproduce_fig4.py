"""`strop reproduce fig4` and `fig4-weak` as people run them: to the end, killed, gone on with, twice at once, wrongly."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SMALL = ["--copies", "1", "--utility-budget", "2", "--meta-budget", "2", "--lm-budget", "1", "-T", "1"]
FIG4 = ["reproduce", "fig4", *SMALL, "--runs", "3", "--at-once", "1", "--out", "there"]


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again and again, gently: these are whole runs."""
    end = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < end, "it does not get on"
        time.sleep(0.02)


def documents(directory: Path) -> dict[str, tuple[int, int]]:
    """(inode, time of change) of every cell's document: equal only where the file was not touched."""
    found = {path.name: path.stat() for path in (directory / "cells").glob("*.json")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in found.items()}


def children(directory: Path) -> list[int]:
    """Processes that work on a cell of this directory's."""
    pids = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
            here = (path.parent / "cwd").readlink()
        except OSError:
            continue
        if b"strop.reproduce.child" in words and here == directory:
            pids.append(int(path.parent.name))
    return pids


@pytest.mark.slow
def test_killed_work_leaves_no_child_and_the_same_command_ends_it_without_doing_anything_twice(
    strop: Any, start_strop: Any, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    process = start_strop(*FIG4)
    wait_until(lambda: (bool(documents(there)) and bool(children(tmp_path))) or process.poll() is not None)
    process.kill()
    process.communicate()
    wait_until(lambda: not children(tmp_path))
    before = documents(there)
    assert 0 < len(before) < 3
    unfinished = next(path for path in (there / "cells").glob("*.part")).name.removesuffix(".json.part")
    (there / "cells" / f"{unfinished}.json").write_text("{ garbage")
    ended = strop(*FIG4)
    assert ended.returncode == 0, ended.stderr
    assert f"3 cells, {len(before)} of them done before" in ended.stderr
    after = documents(there)
    assert len(after) == 3 and before.items() <= after.items()
    assert json.loads((there / "cells" / f"{unfinished}.json").read_text())["status"] == "finished"
    assert not [*(there / "cells").glob("*.cut-*")], "what was cut short goes on, with the answers that were paid for"
    whole = (there / "fig4.json").read_bytes()
    again = strop(*FIG4, "--json")
    assert again.returncode == 0 and documents(there) == after and (there / "fig4.json").read_bytes() == whole
    assert json.loads(again.stdout).items() >= json.loads(whole).items()


def test_ctrl_c_stops_the_children_and_a_second_command_at_once_is_refused(
    strop: Any, start_strop: Any, tmp_path: Path
) -> None:
    many = ["500" if word == "3" else word for word in FIG4]
    process = start_strop(*many)
    wait_until(lambda: bool(children(tmp_path)) or process.poll() is not None)
    second = strop(*many)
    assert second.returncode == 2 and second.stderr.startswith("strop: another strop reproduce is working in there")
    assert second.stderr.count("\n") == 1
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=200)
    assert process.returncode == 130 and "Traceback" not in errors and output == ""
    assert not children(tmp_path)
    assert not (tmp_path / "there" / "fig4.json").exists()


@pytest.mark.slow
def test_weak_model_is_shown_with_both_selections_from_the_same_seeds(strop: Any, tmp_path: Path) -> None:
    ended = strop("reproduce", "fig4-weak", *SMALL, "--runs", "2", "--seed", "4", "--json")
    assert ended.returncode == 0, ended.stderr
    there = tmp_path / "runs" / "reproduce-offline-skill=0.1-4"
    document = json.loads(ended.stdout)
    assert document["model"] == "offline:skill=0.1" and "not a language model" in document["notice"]
    paper, gated = document["curves"]
    assert (paper["selection"], gated["selection"]) == ("paper", "gated")
    assert paper["seeds"] == gated["seeds"] == [4, 5]
    assert [run[0] for run in paper["runs"]] == [run[0] for run in gated["runs"]]
    assert {f"fig4-weak.{kind}" for kind in ("md", "json", "csv", "svg")} <= {each.name for each in there.iterdir()}
    for name in document["cells"]:
        cell = json.loads((there / "cells" / f"{name}.json").read_text())
        values = [each["test"]["mean"] for each in cell["iterations"]]
        assert values in (paper["runs"] + gated["runs"]) and cell["selection"] in ("paper", "gated")


def test_help_lists_every_protocol_with_its_line(strop: Any) -> None:
    ended = strop("reproduce", "--help")
    assert ended.returncode == 0
    for name in ("table1", "table2", "fig4", "fig4-weak", "baselines", "strategies"):
        assert f" {name} " in ended.stdout


def test_folder_of_a_single_run_is_left_alone(strop: Any, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "run.sqlite").touch()
    ended = strop(*FIG4)
    assert ended.returncode == 2 and "folder of a run" in ended.stderr
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["run.sqlite"]
