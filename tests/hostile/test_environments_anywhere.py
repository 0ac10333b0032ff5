"""A Python environment in a folder that commands have of their own: they can run it there, and see nothing beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostile.outcomes import tried
from strop.base.environments import needed_by, why_hidden
from strop.base.errors import ConfigurationError, SandboxError
from strop.sandbox import posture
from strop.sandbox.layers import Layers
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree, Workspace
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.evaluator.task import evaluator_task
from support.ordinary_user import run_tests_as_ordinary_user
from support.trees import written

LIMITS = CommandLimits(wall_seconds=60.0, cpu_seconds=60.0, memory_bytes=1 << 30)


@pytest.fixture(params=[place for place in ("/tmp", "/dev/shm", "/run") if os.access(place, os.W_OK)])
def environment(request: pytest.FixtureRequest) -> Iterator[Path]:
    """An environment without packages, beside a secret. Its Python is reached through a link beside it."""
    with tempfile.TemporaryDirectory(dir=request.param) as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "secret").write_text("7\n")
        (folder / "links").mkdir()
        (folder / "links" / "python3").symlink_to(Path(sys.executable).resolve())
        environment = folder / "environment"
        (environment / "bin").mkdir(parents=True)
        (environment / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
        for name, target in (("python3", folder / "links" / "python3"), ("python", "python3")):
            (environment / "bin" / name).symlink_to(target)
        yield environment


@pytest.fixture
def tree(tmp_path: Path, environment: Path) -> Tree:
    (tmp_path / "file").write_text("1\n")
    return Tree(tmp_path, {}, tools=(environment,))


def prefix_in(workspace: Workspace) -> str:
    ran = workspace.run("python3 -c 'import sys; print(sys.prefix)'", LIMITS)
    assert ran.ok, ran.errors
    return ran.output.strip()


def refused(ran: Ran) -> bool:
    return ran.ending == "exited" and ran.code != 0


def test_environment_anywhere_is_there_before_and_after_the_files_of_a_command_are_cleared(
    workspaces: Workspaces, tree: Tree, environment: Path
) -> None:
    with workspaces.open(tree) as workspace:
        for _ in range(3):
            assert prefix_in(workspace) == str(environment)
            assert workspace.run("echo x > /tmp/made; echo x > /dev/shm/made", LIMITS).ok
            assert workspace.clear()


def test_nothing_beside_an_environment_anywhere_is_shown(workspaces: Workspaces, tree: Tree, environment: Path) -> None:
    with workspaces.open(tree) as workspace:
        for _ in range(2):
            ran = workspace.run(f"cd {environment.parent}; ls -Am . links", LIMITS)
            assert ran.output.split("\n\n") == [".:\nenvironment, links", "links:\npython3\n"]
            assert refused(workspace.run(f"cat {environment.parent}/secret", LIMITS))
            assert workspace.clear()


ACTS = (
    *("echo > {0}/bin/python", "rm {0}/bin/python3", "mv {0} {0}.moved", "mv {1} {1}.moved", "touch {1}/more"),
    *("rm {1}/links/python3", "chmod 0 {1}"),
)


def test_environment_anywhere_can_be_neither_changed_nor_moved_by_a_command(
    workspaces: Workspaces, tree: Tree, environment: Path
) -> None:
    with workspaces.open(tree) as workspace:
        for act in (*ACTS, *ACTS):
            assert refused(workspace.run(act.format(environment, environment.parent), LIMITS))
            assert prefix_in(workspace) == str(environment)
            assert workspace.clear()


def test_ordinary_user_has_the_same_environment_anywhere() -> None:
    if os.geteuid() == 0:
        run_tests_as_ordinary_user(__file__, "anywhere and tmp")


def test_commands_run_whatever_the_umask_of_the_user(workspaces: Workspaces, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with workspaces.open(Tree(tmp_path, {"file": "1\n"})) as workspace:
            assert workspace.run("python3 -c 'import json, decimal'", LIMITS).ok
    finally:
        os.umask(before)


def test_interpreter_has_a_path_without_dots(tmp_path: Path) -> None:
    python = os.path.relpath(sys.executable, tmp_path)
    command = [python, "-P", "-c", "from strop.base.interpreter import EXECUTABLE; print(EXECUTABLE)"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout == f"{sys.executable}\n"


def test_jail_is_no_weaker_where_its_probe_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posture, "_PYTHON", "/nowhere/python")
    with pytest.raises(
        SandboxError, match=r"^a workspace cannot run its own probe: exit status 127: .*/nowhere/python: not found"
    ):
        Workspaces(slots=1, require=["network"], layers=Layers(audit=False))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/", "it leads to every file"),
        ("/tmp", "commands have a /tmp of their own"),
        ("/dev/shm", "commands have a /dev/shm of their own"),
        ("/copy/environment", "commands have a /copy of their own"),
        ("/run", "the machine's other processes"),
        ("/proc/self/root", "it leads to every file"),
        ("/proc/1", "the machine's other processes"),
        ("/run/dbus", "the machine's other processes"),
        ("/dev/input", "the machine's other processes"),
    ],
)
def test_what_commands_cannot_be_shown_has_a_reason(path: str, why: str) -> None:
    assert why in why_hidden(Path(path))


def test_module_of_an_environment_anywhere_is_imported_before_the_next_program_and_one_in_the_room_is_not(
    workspaces: Workspaces, tmp_path: Path, environment: Path
) -> None:
    if not workspaces.has_trees:
        pytest.skip("this machine keeps no two commands apart")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    files = {
        environment / "lib" / version / "site-packages" / "installed.py": "",
        tmp_path / "own.py": "",
        tmp_path / "p.py": (
            "import sys\nopen('/tmp/made.py', 'w').close()\nsys.path.append('/tmp')\nimport installed, made, own\n"
            "def f():\n    return 1.0\n"
        ),
        tmp_path / "ev.py": (
            "import importlib\ndef evaluate(program_path):\n    return importlib.import_module('p').f()\n"
        ),
    }
    written(Path("/"), {str(file): text for file, text in files.items()})
    task = evaluator_task(tmp_path / "p.py", tmp_path / "ev.py", python=str(environment / "bin" / "python3"))
    assert {"installed", "made", "own"} & tried(task, workspaces).original_calls.loaded == {"installed"}


OLDER = [
    python
    for name in ("python3.9", "python3.10")
    for python in (Path("/usr/bin", name), *Path.home().glob(f".pyenv/versions/*/bin/{name}"))
    if python.is_file()
]


@pytest.mark.skipif(not OLDER, reason="this machine has no Python that is older than strop's")
def test_evaluator_and_its_program_run_under_older_pythons(workspaces: Workspaces, tmp_path: Path) -> None:
    evaluator = "import p\ndef evaluate(program_path):\n    return {'score': p.f()}\n"
    written(tmp_path, {"p.py": "import sys\ndef f():\n    return sys.version_info[1]\n", "ev.py": evaluator})
    for python in OLDER:
        task = evaluator_task(tmp_path / "p.py", tmp_path / "ev.py", python=str(python))
        assert tried(task, workspaces).runs[0].values == {"score": float(python.name.partition(".")[2])}


def test_environment_needs_no_folder_that_holds_no_python(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for folder in (home / "bin", home / "keys", tmp_path / "environment" / "bin"):
        folder.mkdir(parents=True)
    shutil.copy("/bin/true", home / "bin" / "python3")
    (tmp_path / "environment" / "bin" / "python3").symlink_to(home / "bin" / "python3")
    assert needed_by(tmp_path / "environment") == [tmp_path / "environment", home / "bin" / "python3"]


def test_links_of_an_environment_lead_to_interpreters_only(tmp_path: Path) -> None:
    environment, home = tmp_path / "tree" / ".venv", tmp_path / "home"
    (environment / "bin").mkdir(parents=True)
    (home / ".local/lib/python3.11/site-packages").mkdir(parents=True)
    written(home, {"key": "secret", ".local/bin/python3.11": "#!/bin/sh\n"})
    (home / ".local/bin/python3.11").chmod(0o755)
    (environment / "bin/python").symlink_to(home / "key")
    (environment / "bin/python3").symlink_to(home / ".local/bin/python3.11")
    assert needed_by(environment) == [environment]
    (home / ".local/bin/python3.11").unlink()
    shutil.copy(Path(sys.executable).resolve(), home / ".local/bin/python3.11")
    assert home / ".local" not in needed_by(environment)


@pytest.mark.parametrize("link", ["prog.py", "evaluator.py", "src"])
def test_evaluator_and_program_are_no_links_out_of_their_folder(tmp_path: Path, link: str) -> None:
    files = {"prog.py": "x = 1\n", "evaluator.py": "def evaluate(program_path):\n    return {'score': 1}\n"}
    tree = written(written(tmp_path / "home", files) / "tree", files)
    if link != "src":
        (tree / link).unlink()
    (tree / link).symlink_to(".." if link == "src" else f"../{link}")
    program = tree / ("src/prog.py" if link == "src" else "prog.py")
    with pytest.raises(ConfigurationError, match="is a link out of"):
        evaluator_task(program, tree / "evaluator.py")
