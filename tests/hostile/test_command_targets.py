"""Hostile targets, from the command line: each is named, in a verdict and a sentence, and nothing outside of a copy is touched.

`targets/*` are trees as a user would have them; candidate.py is a program that a search could find for the file that may change.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strop.tasks.command.config import read_config
from support.command_line import run_here
from support.processes import wait_until
from support.rows import table

pytestmark = pytest.mark.usefixtures("nothing_idle")

TARGETS = Path(__file__).parent / "targets"
SECRET = "what nobody else may read"


@dataclass(frozen=True)
class Place:
    """Where a hostile target lies, and what is around it."""

    tree: Path
    home: Path
    server: socket.socket

    @property
    def digests(self) -> dict[str, str]:
        """Every file of the tree and of the home folder, strop's own left out."""
        found = {}
        for folder in (self.tree, self.home):
            for file in sorted(folder.rglob("*")):
                if ".strop" not in file.parts and not file.is_dir():
                    found[str(file)] = hashlib.sha256(file.read_bytes()).hexdigest() + oct(file.lstat().st_mode)
        return found

    def strop(self, *words: object) -> subprocess.CompletedProcess[str]:
        """The command line, with this home."""
        env = {**os.environ, "HOME": str(self.home), "XDG_DATA_HOME": str(self.home / ".strop"), "STROP_NO_REPORT": "1"}
        return run_here(*map(str, words), cwd=self.home, env=env | {"STROP_WORKERS": "1"})

    def was_called(self) -> bool:
        """Whether anybody has connected."""
        try:
            self.server.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Where a hostile target lies, by its name."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "secret").write_text(SECRET)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)

        def place(name: str) -> Place:
            tree = shutil.copytree(TARGETS / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
            words = {
                "PORT": str(server.getsockname()[1]),
                "HOME_FOLDER": str(home),
                "ORIGINAL": str(tree / "program.py"),
            }
            for file in tree.iterdir():
                text = file.read_text()
                for word, meant in words.items():
                    text = text.replace(word, meant)
                file.write_text(text)
            (tree / "elsewhere").symlink_to(home)
            return Place(tree, home, server)

        yield place


def scored(place: Place) -> dict[str, Any]:
    """What `strop score` says of the candidate; the tree and what is around it are as before."""
    before = place.digests
    ran = place.strop("score", place.tree, "--solution", place.tree / "candidate.py", "--json")
    assert ran.returncode == 0, ran.stderr
    assert place.digests == before
    assert not place.was_called()
    assert SECRET not in ran.stdout + ran.stderr
    document = json.loads(ran.stdout)
    assert isinstance(document, dict)
    return document


FOUND = [
    ("build_reaches_network", 0.0, "raised", "the build failed"),
    ("build_reads_home", 0.0, "raised", "home/secret"),
    ("build_writes_home", 0.0, "raised", "home/secret"),
    ("build_leaves_deep_folders", 0.0, "died", "the files that the build left cannot be copied for a run"),
    ("build_leaves_many_files", 0.0, "died", "files used"),
    ("hanging_tests", 0.0, "timeout", "wall time limit of 2 s reached"),
    ("path_behind_link", 0.0, "malformed", "'elsewhere/escaped.py' may not be changed"),
    ("late_score", 0.0, "malformed", "found 2 values for score score (3, 99)"),
    ("path_outside", 0.0, "malformed", "'../escaped.py' may not be changed"),
    ("path_of_scorer", 0.0, "malformed", "'score.py' may not be changed"),
    ("answer_in_other_lines", 0.0, "malformed", "it does not print what the original prints"),
    ("skips_work_most_times", 0.0, "malformed", "it does not print what the original prints"),
    ("fills_the_test_with_answers", 0.0, "raised", "No such file or directory"),
    ("rewrites_original", 4 / 7, "ok", ""),
]
"""Target, the utility of its candidate, its verdict, and what is said of it."""
OWN_ANSWER = [
    ("rewrites_original", {"score": 4.0}),
    ("rewrites_scorer", {"score": 3.0}),
    ("rewrites_tests", {"tests": 0.0}),
]
"""Target whose candidate replaces files of its copy, and the metrics of its answer."""
OWN_SCORE = ("answer_like_a_summary", "answer_beside_the_score", "rewrites_scorer", "rewrites_tests", "replaces_scorer")
BROKEN = [
    (
        "scorer_prints_nan",
        "the original cannot be measured (malformed): score score is not a finite number up to 1e+100: nan",
    ),
    ("original_hangs", "the original cannot be measured (timeout): wall time limit of 1 s reached"),
    ("scorer_prints_two", "the original cannot be measured (malformed): found 2 values for score score (3, 4)"),
    ("scorer_prints_none", "the original cannot be measured (malformed): no score"),
    (
        "scorer_prints_infinite",
        "the original cannot be measured (malformed): score score is not a finite number up to 1e+100: inf",
    ),
    ("scorer_prints_word", "the original cannot be measured (malformed): score score is not a number: 'excellent'"),
    ("answer_in_a_folder_of_tools", "the original leaves 'node_modules', 'node_modules/.cache'"),
]
"""Target whose original cannot be measured, and why."""


def test_every_target_is_tried() -> None:
    tried = {name for table in (FOUND, OWN_ANSWER, BROKEN) for name, *_ in table} | {*OWN_SCORE}
    assert tried == {folder.name for folder in TARGETS.iterdir() if folder.is_dir()}


@table("name", OWN_SCORE)
def test_a_score_that_a_program_prints_or_whose_scorer_it_can_rewrite_is_its_own(name: str) -> None:
    task = read_config(TARGETS / name / "strop.toml")
    assert not task.compare_output, name
    assert task.scored_by == "program", name


@table(("name", "metrics"), OWN_ANSWER)
def test_a_candidate_that_replaces_files_of_its_copy_has_the_score_of_its_answer(
    at: Callable[[str], Place], name: str, metrics: dict[str, float]
) -> None:
    assert scored(at(name))["metrics"] == [metrics], name


def test_a_hostile_candidate_is_named_scores_its_own_answer_alone_and_leaves_nothing(
    at: Callable[[str], Place],
) -> None:
    for name, value, verdict, said in FOUND:
        document = scored(at(name))
        assert document["value"] == pytest.approx(value), name
        assert said in document["error"], name
        assert verdict in document["verdicts"] or not document["verdicts"], name

    def running() -> list[bytes]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # it has ended meanwhile
                found.append(path.read_bytes())
        return found

    # Another test may be running a target that sleeps as long; what is left behind sleeps for most of a minute.
    wait_until(lambda: b"sleep\x0041.7\x00" not in running())


def test_a_target_that_cannot_be_measured_is_named_in_one_line_by_check_and_by_score(
    at: Callable[[str], Place],
) -> None:
    for name, said in BROKEN:
        place = at(name)
        before = place.digests
        ran = place.strop("check", place.tree, "--json")
        assert ran.returncode == 5, ran.stderr
        document = json.loads(ran.stdout)
        assert document["broken"]
        assert [said in each["what"] for each in document["problems"] if each["is_broken"]] == [True]
        assert place.digests == before
    ran = place.strop("score", place.tree, "--solution", place.tree / "program.py")
    assert ran.returncode == 5 and said in ran.stderr
    assert "Traceback" not in ran.stderr
