"""Folders from elsewhere × every command: nothing runs outside of the jail, nothing is read or written outside of the folder."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import strop
from hostile.repositories.parts import executable, plain
from strop.cli.app import COMMANDS
from support.rows import table

REPOSITORIES = sorted(
    file.stem
    for file in (Path(__file__).parent / "repositories").glob("*.py")
    if file.stem not in ("__init__", "parts")
)
SPENT = ["--utility-budget", "1", "--lm-budget", "1"]
WORDS = {
    "hot": [["hot", "--once", "--", sys.executable, "-I", "-c", ""]],
    "init": [["init", "new"]],
    "check": [["check", "."]],
    "improve": [["improve", ".", *SPENT], ["improve", ".", "--apply", *SPENT]],
    "compare": [["compare", ".", "--base", "HEAD"], ["compare", ".", "--with", "."]],
    "measure": [["measure", ".", "--out", "record"]],
    "verdict": [["verdict", "record"]],
    "serve": [["serve", "."]],
    "apply": [["apply", "record"]],
    "score": [["score", "."]],
    "verify": [["verify", "prog.py"]],
    "run": [["run", ".", "--dry-run"]],
    "eval": [["eval", "--task", ".", "--dry-run"]],
    "reproduce": [["reproduce", "fig4", "--dry-run"]],
    "list": [["list", "tasks", "."], ["list", "runs"]],
    "doctor": [["doctor"]],
    "show": [["show", "record"]],
    "view": [["view", "record", "--html", "new.html"]],
    "resume": [["resume", "record"]],
    "replay": [["replay", "record"]],
    "export": [["export", "record"], ["export", "record", "--table", "iterations"]],
    "plot": [["plot", "record", "--out", "new.svg"]],
}
READS_COMMITS = ("compare", "measure", "serve")
"""Commands that ask git what a commit has: the user's own git, in the repository as it is."""
SECRET = "THE-SECRET-OF-ADA"
PACKAGE = str(Path(strop.__file__).parent)
"""What a traceback of strop names."""


class Place:
    """A repository, and what lies beside it."""

    def __init__(self, folder: Path) -> None:
        self.repository, self.outside, self.home = folder / "repository", folder / "outside", folder / "home"
        self.home.mkdir()
        (self.outside / "bin").mkdir(parents=True)
        (self.outside / "secret").write_text(f'password = "{SECRET}"\n')
        executable(self.outside / "bin/python3", f"#!/bin/sh\n# {SECRET}\n")
        executable(folder / "path/git", f"#!/bin/sh\ntouch {self.outside}/git-ran\n")
        self.path = folder / "path"
        plain(self.repository)

    def strop(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository. The only git that it could find shows that it ran, unless it may."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("STROP_", "VIRTUAL_ENV", "GIT_"))
        }
        path = os.environ["PATH"] if words[0] in READS_COMMITS else f"{self.path}{os.pathsep}{os.environ['PATH']}"
        environment = {**kept, "HOME": str(self.home), "PATH": path}
        return subprocess.run(
            [str(Path(sys.executable).with_name("strop")), *words],
            cwd=self.repository, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=600, check=False,
        )  # fmt: skip

    def beside(self) -> dict[str, bytes]:
        """The files that are outside."""
        found = [path for path in self.outside.rglob("*") if path.is_file() or path.is_symlink()]
        return {path.relative_to(self.outside).as_posix(): path.read_bytes() for path in found}

    def leaks(self) -> list[str]:
        """Files below the repository, and of the user's cache, that hold the secret of another file."""
        found = [path for folder in (self.repository, self.home) for path in folder.rglob("*")]
        files = [path for path in found if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 28]
        return [str(path) for path in files if SECRET.encode() in path.read_bytes()]


def attack(folder: Path, name: str, command: str) -> None:
    """Run the command's words in the repository `name`."""
    place = Place(folder)
    importlib.import_module(f"hostile.repositories.{name}").spoil(place.repository, place.outside)
    before = place.beside()
    for words in WORDS[command]:
        ended = place.strop(*words)
        said = ended.stdout + ended.stderr
        assert place.beside() == before, said
        assert SECRET not in said and not place.leaks()
        # That of a program is shown to its user; strop has none.
        assert PACKAGE not in said and "\x1b]" not in said and "\u202e" not in said


def test_every_command_is_tried() -> None:
    assert set(WORDS) == set(COMMANDS), "a new command needs a line in WORDS"
    assert len(REPOSITORIES) >= 20


@table("name", ("lazy_clone", "files_are_links"))
def test_folder_from_elsewhere_runs_and_reads_nothing_outside_when_it_is_listed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    attack(tmp_path / name, name, "list")


@pytest.mark.slow
@pytest.mark.parametrize("name", REPOSITORIES)
@table("command", WORDS)
def test_folder_from_elsewhere_runs_reads_and_writes_nothing_outside(tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / command).mkdir()
    attack(tmp_path / command, name, command)
