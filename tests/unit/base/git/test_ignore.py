import os
import random
import subprocess
from pathlib import Path

import pytest

from strop.base.git.ignore import parse_rules
from strop.tasks.command.tree import listed

pytestmark = pytest.mark.process

NAMES = [
    "a",
    "b",
    "ab",
    "foo",
    "foo.o",
    "a.txt",
    "é",
    "x y",
    "build",
    ".h",
    "[z]",
    "a-b",
    "AB",
    "a\\b",
    " s ",
    "!n",
    "#h",
]
PIECES = ["*", "*", "?", "a", "b", "o", "[ab]", "[!a]", "[^b]", "[a-f]", "\\a", "\\*", ".", "**", "[[:alpha:]]", "[]a]", "[a",
          "[\\]a]", "é", "[!]]", "-", "[z-a]", "[[:no:]]", "\\"]  # fmt: skip


def some_rule(rng: random.Random) -> str:
    def name() -> str:
        return rng.choice([rng.choice(NAMES), "".join(rng.choices(PIECES, k=rng.randint(1, 4)))])

    parts = [rng.choice([name(), name(), "**"]) for _ in range(rng.choice([1, 1, 2, 3]))]
    return (
        rng.choice(["", "", "!"])
        + rng.choice(["", "/"])
        + "/".join(parts)
        + rng.choice(["", "", "/", "  ", "\\ ", "\r"])
    )


def some_tree(top: Path, rng: random.Random) -> list[Path]:
    """Folders, files, rules and tracked files in a new repository; returns the folders."""
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    folders = [top]
    for _ in range(6):
        folders += [folder] if not (folder := rng.choice(folders) / rng.choice(NAMES)).exists() else []
        folders[-1].mkdir(exist_ok=True)
    files = [rng.choice(folders) / rng.choice(NAMES) for _ in range(15)]
    files = [file for file in files if not file.exists() and file.write_text("x")]
    for file in files[: rng.choice([0, 3])]:
        subprocess.run(["git", "add", "-f", "--", str(file)], cwd=top, check=True)
    for folder in rng.sample(folders, 2):
        (folder / ".gitignore").write_text("\n".join(some_rule(rng) for _ in range(4)) + "\n")
    (top / ".git/info/exclude").write_text(f"{some_rule(rng)}\n")
    return folders


@pytest.mark.parametrize("seed", range(12))
def test_tree_is_listed_as_git_lists_it_whatever_the_rules(tmp_path: Path, seed: int) -> None:
    for folder in some_tree(tmp_path, random.Random(seed)):
        asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        said = subprocess.run(asked, cwd=folder, capture_output=True, check=True).stdout.split(b"\0")
        if any(said):
            assert listed(folder) == tuple(sorted(os.fsdecode(path) for path in said if path))


@pytest.mark.parametrize("rule", ["*a" * 40 + "b", "**/" + "a/**/" * 40 + "b", "*?" * 40 + "b/c", "[!b]*" * 40 + "/b"])
def test_no_rule_takes_long_to_match(rule: str) -> None:
    rules = parse_rules(rule.encode())
    assert rules.verdict(b"a" * 250, is_folder=True) is None
    assert rules.verdict(b"/".join([b"a" * 20] * 40), is_folder=False) is None
    assert rules.verdict(b"/".join([b"a"] * 1000), is_folder=False) is None


def test_linked_working_tree_and_submodule_have_their_tracked_files(tmp_path: Path) -> None:
    def git(folder: str, *arguments: str) -> None:
        named = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "protocol.file.allow=always"]
        subprocess.run(["git", *named, *arguments], cwd=tmp_path / folder, check=True, capture_output=True)

    git(".", "init", "-q", "one")
    (tmp_path / "one/.gitignore").write_text("*.bin\n")
    (tmp_path / "one/kept.bin").write_text("x")
    git("one", "add", "-f", ".", "kept.bin")
    git("one", "commit", "-qm", "one")
    git("one", "worktree", "add", "-q", "../two")
    git(".", "init", "-q", "three")
    git("three", "submodule", "add", "-q", str(tmp_path / "one"), "sub")
    (tmp_path / "two/new.bin").write_text("x")
    for folder in ("one", "two", "three/sub"):
        assert listed(tmp_path / folder) == (".gitignore", "kept.bin")
    assert listed(tmp_path / "three") == (".gitmodules", "sub/.gitignore", "sub/kept.bin")
    # A file that names a folder of git which does not know it says nothing about what is tracked.
    (tmp_path / "four").mkdir()
    (tmp_path / "four/kept.bin").write_text("x")
    (tmp_path / "four/b").write_text("x")
    (tmp_path / "four/.gitignore").write_text("*.bin\n")
    (tmp_path / "four/.git").write_text(f"gitdir: {tmp_path / 'one/.git'}\n")
    assert listed(tmp_path / "four") == (".gitignore", "b")
