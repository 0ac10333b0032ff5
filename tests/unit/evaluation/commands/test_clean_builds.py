"""What is measured is built from the text that is shown, whatever an earlier build left in the folder: real builds."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import TaskError
from strop.base.results import Evaluation
from strop.evaluation.base import Order
from strop.evaluation.commands.clean_builds import compiled, products
from strop.evaluation.commands.measure import measure_command
from strop.evaluation.commands.originals import Originals
from strop.evaluation.commands.pool import no_progress
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.tasks.base import SecretSeeds
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask

HELD = '#include <stdio.h>\n#include "k.h"\nint main(void) { printf("score %d\\n", K); return 0; }\n'
"""A program whose score stands in a header."""
MAKEFILE = "bench: main.o\n\tcc -o bench main.o\nmain.o: main.c\n\tcc -c main.c\n"
"""It does not say that main.o needs the header."""


@pytest.fixture(scope="module")
def workspaces() -> Iterator[JailedWorkspaces]:
    with closing(JailedWorkspaces(slots=2, require=frozenset())) as made:
        yield made


def tree(root: Path, **files: str) -> Path:
    for name, text in {"main.c": HELD, "k.h": "#define K 2\n", "Makefile": MAKEFILE, **files}.items():
        (root / name.replace("__", ".")).write_text(text)
    return root


def left_by_an_earlier_build(root: Path, value: int = 8) -> None:
    """Build another version, newer than the present sources."""
    kept = (root / "k.h").read_text()
    (root / "k.h").write_text(f"#define K {value}\n")
    subprocess.run(["make", "-s"], cwd=root, check=True)
    (root / "k.h").write_text(kept)
    for file in root.iterdir():
        if file.name not in ("bench", "main.o"):
            os.utime(file, (1_600_000_000, 1_600_000_000))


def task_of(root: Path, **changes: Any) -> CommandTask:
    options = {
        "files": ["k.h"],
        "build": "make -s",
        "command": "./bench",
        "score": ["score (.*)"],
        "metric": ["score:max"],
        **changes,
    }
    return command_task(root, **options)


def evaluated(task: CommandTask, workspaces: JailedWorkspaces, candidate: str) -> Evaluation:
    order = Order("e", candidate, task.name, "train", SecretSeeds(b"secret"), b"secret")
    return measure_command(task, order, workspaces, Originals(task), no_progress).result()


@pytest.mark.parametrize("changes", [{}, {"writable": ["bench", "main.o"]}], ids=["protected", "writable"])
def test_program_of_an_earlier_build_is_not_measured(
    workspaces: JailedWorkspaces, tmp_path: Path, changes: dict[str, Any]
) -> None:
    left_by_an_earlier_build(tree(tmp_path))
    task = task_of(tmp_path, **changes)
    assert products(task, workspaces) == ("bench", "main.o")
    found = evaluated(task, workspaces, "#define K 4\n")
    assert (found.beside, found.metrics) == (({"score": 2.0},), ({"score": 4.0},))
    assert (tmp_path / "bench").exists() and (tmp_path / "main.o").exists()


def test_program_that_the_command_compiles_is_not_taken_from_an_earlier_build(
    workspaces: JailedWorkspaces, tmp_path: Path
) -> None:
    left_by_an_earlier_build(tree(tmp_path))
    task = task_of(tmp_path, build="", command="make -s && ./bench")
    found = evaluated(task, workspaces, "#define K 4\n")
    assert (found.beside, found.metrics) == (({"score": 2.0},), ({"score": 4.0},))


def test_test_is_not_run_on_a_program_of_an_earlier_build(workspaces: JailedWorkspaces, tmp_path: Path) -> None:
    left_by_an_earlier_build(tree(tmp_path))
    task = task_of(tmp_path, build="", command="awk '{print \"score\", $3}' k.h", test="make -s && ./bench | grep -q 2")
    assert evaluated(task, workspaces, "#define K 2 /* same */\n").verdict == "ok"
    assert evaluated(task, workspaces, "#define K 4\n").verdict == "raised"


def test_text_that_a_build_makes_is_made_again_however_its_name_sorts(
    workspaces: JailedWorkspaces, tmp_path: Path
) -> None:
    makefile = "z.txt: a.txt\n\tcat k.h > z.txt\na.txt: m.txt\n\tcp m.txt a.txt\n"
    tree(tmp_path, Makefile=makefile, m__txt="m\n", a__txt="old\n", z__txt="#define K 8\n")
    task = task_of(tmp_path, command="awk '{print \"score\", $3}' z.txt")
    assert products(task, workspaces) == ("a.txt", "z.txt")
    assert evaluated(task, workspaces, "#define K 4\n").metrics == ({"score": 4.0},)


def test_compiled_file_that_no_build_makes_stays(workspaces: JailedWorkspaces, tmp_path: Path) -> None:
    tree(tmp_path, Makefile=MAKEFILE.replace("main.o\n\tcc", "main.o given.o\n\tcc", 1))
    (tmp_path / "given.c").write_text("int given;\n")
    subprocess.run(["cc", "-c", "given.c"], cwd=tmp_path, check=True)
    (tmp_path / "given.c").unlink()
    left_by_an_earlier_build(tmp_path)
    task = task_of(tmp_path)
    assert products(task, workspaces) == ("bench", "main.o")
    assert evaluated(task, workspaces, "#define K 4\n").metrics == ({"score": 4.0},)


def test_text_that_a_build_changes_and_needs_stays(workspaces: JailedWorkspaces, tmp_path: Path) -> None:
    tree(tmp_path, n__txt="1\n")
    left_by_an_earlier_build(tmp_path)
    task = task_of(tmp_path, build="grep -q . n.txt && echo 2 > n.txt && make -s", writable=["n.txt"])
    assert products(task, workspaces) == ("bench", "main.o")
    assert evaluated(task, workspaces, "#define K 4\n").metrics == ({"score": 4.0},)


@pytest.mark.parametrize(
    "changes", [{"build": "test -x bench || make -s"}, {"build": "true"}, {"build": ""}], ids=["kept", "none", "absent"]
)
def test_program_that_its_build_does_not_make_is_refused(
    workspaces: JailedWorkspaces, tmp_path: Path, changes: dict[str, Any]
) -> None:
    left_by_an_earlier_build(tree(tmp_path))
    task = task_of(tmp_path, **changes)
    with pytest.raises(TaskError, match="what may change has no effect on what is measured"):
        evaluated(task, workspaces, "#define K 4\n")


def test_tree_without_compiled_programs_and_without_a_build_is_not_run_to_look(
    workspaces: JailedWorkspaces, tmp_path: Path
) -> None:
    (tmp_path / "program.sh").write_text("echo score 2\n")
    assert products(task_of(tmp_path, files=["program.sh"], build="", command="exit 1"), workspaces) == ()


LOCKS = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)
    except BlockingIOError:
        print("held")
"""
"""Whether another process holds the lock by which SQLite knows that the shared memory of a log is in use."""


def test_search_for_compiled_files_leaves_the_locks_of_a_record_that_is_being_written_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with closing(sqlite3.connect(tmp_path / "run" / "run.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE one (a)")
        assert list(compiled(tmp_path)) == []
        asked = [sys.executable, "-c", LOCKS, str(tmp_path / "run" / "run.sqlite-shm")]
        assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "held\n"
