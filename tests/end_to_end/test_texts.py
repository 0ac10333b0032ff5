"""`--texts`: what models read comes from a folder, to the letter."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from end_to_end.conftest import TINY
from strop.runs.spec import improver_text
from support.trees import written

DESCRIPTION = "def utility(algorithm_str: str):\n    '''A description of their own.'''\n"
COIN = "def algorithm(train_samples, train_parity, test_samples):\n    return [0] * len(test_samples)\n"
IMPROVER = improver_text("seed").replace("Be as creative as you can", "Think")
FILES = {
    "theirs/tasks/parity_noise/utility.py": DESCRIPTION,
    "theirs/tasks/parity_noise/seed_algorithm.py": COIN,
    "theirs/tasks/meta_optimization/utility.py": "def meta_utility(): 'û of theirs'\n",
    "theirs/tasks/meta_optimization/seed_algorithm.py": IMPROVER,
    "own/lpn.txt": DESCRIPTION,
    "own/lpn.py": COIN,
    "own/self-improvement.txt": "def meta_utility(): 'û of theirs'\n",
    "own/self-improvement.py": IMPROVER,
}


def messages(record: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{record}/run.sqlite?mode=ro", uri=True)) as store:
        return {
            message
            for (text,) in store.execute("SELECT data FROM event WHERE kind = 'LmCalled'")
            for message in json.loads(text)["messages"]
        }


def test_models_read_the_texts_of_a_checkout_or_of_a_folder_and_the_record_alone_replays_them(
    strop: Any, tmp_path: Path
) -> None:
    written(tmp_path, FILES)
    for folder in ("theirs", "own"):
        ran = strop(
            "run", "lpn", "-T", "1", *TINY, "--texts", folder, "--paper", "--seed", "1", "--out", f"of-{folder}"
        )
        assert ran.returncode == 0, ran.stderr
        shutil.rmtree(tmp_path / folder)
        shown = strop("show", f"of-{folder}", "--full").stdout
        assert "texts given: self-improvement.txt" in " ".join(shown.split())
        replayed = strop("replay", f"of-{folder}")
        assert replayed.returncode == 0, replayed.stderr
    assert messages(tmp_path / "of-theirs") == messages(tmp_path / "of-own")


def test_folder_of_texts_is_refused_in_one_line_if_a_text_is_missing_empty_no_text_too_large_or_a_link(
    strop: Any, tmp_path: Path
) -> None:
    makers: dict[str, Any] = {
        "no text": lambda file: None,
        "must be a file, and no link": lambda file: file.symlink_to("/etc/hostname"),
        "of at most 1,000,000 bytes": lambda file: file.write_text("a" * 1_000_001),
        "with a text": lambda file: file.write_text(" \n"),
        "in UTF-8": lambda file: file.write_bytes(b"\xff\xfe"),
        "strop's own text": lambda file: file.mkdir(),
    }
    for number, (words, make) in enumerate(makers.items()):
        (tmp_path / f"f{number}").mkdir()
        make(tmp_path / f"f{number}" / "lpn.txt")
        ended = strop("run", "lpn", *TINY, "--texts", f"f{number}")
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1) and words in ended.stderr, ended.stderr


def test_protocol_repeats_no_cell_with_the_same_texts_and_has_other_cells_with_others(
    strop: Any, tmp_path: Path
) -> None:
    written(tmp_path, FILES)
    command = ["reproduce", "fig4", *TINY, "--runs", "1", "-T", "1", "--out", "there"]
    for texts, cells in (("own", 1), ("own", 1), ("theirs", 1), ("", 2)):
        ran = strop(*command, *(["--texts", texts] if texts else []))
        assert ran.returncode == 0, ran.stderr
        assert len([*(tmp_path / "there" / "cells").iterdir()]) == cells
        page = (tmp_path / "there" / "fig4.md").read_text("utf-8")
        assert ("texts given: self-improvement.txt" if texts else "texts that the model reads are strop's own") in page
