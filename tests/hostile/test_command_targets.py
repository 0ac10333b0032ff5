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
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strop.tasks.command.config import read_config
from support.command_line import run_here
from support.processes import wait_until

pytestmark = pytest.mark.usefixtures("nothing_idle")

TARGETS = Path(__file__).parent / "targets"
SLOW = pytest.mark.slow  # each has a unit test of the same verdict
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
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "secret").write_text(SECRET)
    tree = tmp_path / "tree"
    shutil.copytree(TARGETS / request.param, tree)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        words = {"PORT": str(server.getsockname()[1]), "HOME_FOLDER": str(home), "ORIGINAL": str(tree / "program.py")}
        for file in tree.iterdir():
            text = file.read_text()
            for word, meant in words.items():
                text = text.replace(word, meant)
            file.write_text(text)
        (tree / "elsewhere").symlink_to(home)
        yield Place(tree, home, server)


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


@pytest.mark.parametrize(
    ("place", "verdict", "said"),
    [
        ("build_reaches_network", "raised", "the build failed"),
        ("build_reads_home", "raised", "home/secret"),
        ("build_writes_home", "raised", "home/secret"),
        ("hanging_tests", "timeout", "wall time limit of 2 s reached"),
        pytest.param("late_score", "malformed", "found 2 values for score score (3, 99)", marks=SLOW),
        pytest.param("path_outside", "malformed", "'../escaped.py' may not be changed", marks=SLOW),
        pytest.param("path_of_scorer", "malformed", "'score.py' may not be changed", marks=SLOW),
        ("path_behind_link", "malformed", "'elsewhere/escaped.py' may not be changed"),
        pytest.param("answer_in_other_lines", "malformed", "it does not print what the original prints", marks=SLOW),
        ("skips_work_most_times", "malformed", "it does not print what the original prints"),
        ("fills_the_test_with_answers", "raised", "No such file or directory"),
    ],
    indirect=["place"],
)
def test_a_hostile_candidate_is_named_and_scores_nothing(place: Place, verdict: str, said: str) -> None:
    document = scored(place)
    assert document["value"] == 0.0
    assert said in document["error"]
    assert verdict in document["verdicts"] or not document["verdicts"]


@pytest.mark.parametrize(
    "target",
    ["answer_like_a_summary", "answer_beside_the_score", "rewrites_scorer", "rewrites_tests", "replaces_scorer"],
)
def test_a_score_that_a_program_prints_or_whose_scorer_it_can_rewrite_is_its_own(target: str) -> None:
    task = read_config(TARGETS / target / "strop.toml")
    assert not task.compare_output and not task.objective.counted_by_kernel
    assert task.scored_by == "program"


@pytest.mark.parametrize(
    ("place", "metrics"),
    [("rewrites_original", {"score": 4.0}), ("rewrites_scorer", {"score": 3.0}), ("rewrites_tests", {"tests": 0.0})],
    indirect=["place"],
)
def test_a_candidate_that_replaces_files_of_its_copy_has_the_score_of_its_answer(
    place: Place, metrics: dict[str, float]
) -> None:
    assert scored(place)["metrics"] == [metrics]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        pytest.param("scorer_prints_two", "found 2 values for score score (3, 4)", marks=SLOW),
        pytest.param("scorer_prints_none", "no score", marks=SLOW),
        ("scorer_prints_nan", "score score is not a finite number: nan"),
        pytest.param("scorer_prints_infinite", "score score is not a finite number: inf", marks=SLOW),
        pytest.param("scorer_prints_word", "score score is not a number: 'excellent'", marks=SLOW),
        ("answer_in_a_folder_of_tools", "the original leaves 'node_modules', 'node_modules/.cache'"),
        ("original_hangs", "(timeout): wall time limit of 1 s reached"),
    ],
    indirect=["place"],
)
def test_a_scorer_that_cannot_be_read_is_named_by_strop_check(place: Place, said: str) -> None:
    before = place.digests
    ran = place.strop("check", place.tree, "--json")
    assert ran.returncode == 5, ran.stderr
    document = json.loads(ran.stdout)
    assert document["broken"]
    assert [said in each["what"] for each in document["problems"] if each["is_broken"]] == [True]
    assert place.digests == before


@pytest.mark.parametrize("place", ["scorer_prints_nan"], indirect=True)
def test_an_original_that_cannot_be_measured_ends_score_with_one_line(place: Place) -> None:
    ran = place.strop("score", place.tree, "--solution", place.tree / "program.py")
    assert ran.returncode == 5
    assert "the original cannot be measured (malformed): score score is not a finite number: nan" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("place", ["hanging_tests"], indirect=True)
def test_nothing_of_a_hanging_test_suite_runs_on(place: Place) -> None:
    scored(place)

    def running() -> list[bytes]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # it has ended meanwhile
                found.append(path.read_bytes())
        return found

    # Another test may be running a target that sleeps as long; what is left behind sleeps for ten minutes.
    wait_until(lambda: b"sleep\x00617\x00" not in running())
