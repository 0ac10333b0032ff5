"""What of a folder is a part of a task: what git would not ignore."""

import itertools
import os
import random
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from strop.base.errors import ConfigurationError
from strop.tasks.command import tree
from strop.tasks.command.tree import listed
from support.trees import written

pytestmark = pytest.mark.process

ALONE = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
"""An environment in which git has no home and ignores nothing else."""
NAMES = ["a", "b", "ab", "foo", "foo.o", "a.txt", "x y", "build", ".h", "a-b", "AB"]
RULES = [
    *NAMES, "*", "*.o", "a*", "?", "[ab]", "[!a]", "a?", "*b*", "/a", "/*", "a/", "*/", "**/a", "a/**", "a/**/b", "/a/*",
    "b/*.o", "foo*", "#comment", "", "\\#h", "**/build/", "[a", "a\\", "x\\ y", " ",
]  # fmt: skip


def some_tree(top: Path, rng: random.Random) -> list[Path]:
    """Folders, files and rules in a new repository; returns the folders."""
    subprocess.run(["git", "init", "-q", str(top)], env=ALONE, check=True)
    folders = [top]
    for _ in range(6):
        folders += [folder] if not (folder := rng.choice(folders) / rng.choice(NAMES)).exists() else []
        folders[-1].mkdir(exist_ok=True)
    for _ in range(15):
        file = rng.choice(folders) / rng.choice(NAMES)
        if not file.exists():
            file.write_text("x")
    for folder in rng.sample(folders, 2):
        rules = [rng.choice(["", "", "!"]) + rng.choice(RULES) for _ in range(4)]
        (folder / ".gitignore").write_text(rng.choice(["\n", "\r\n"]).join(rules) + "\n")
    return folders


def test_tree_is_listed_as_git_lists_it(tmp_path: Path, subtests: pytest.Subtests) -> None:
    for seed in range(25):
        for folder in some_tree(tmp_path / str(seed), random.Random(seed)):
            asked = ["git", "ls-files", "-z", "--others", "--exclude-standard"]
            said = subprocess.run(asked, cwd=folder, env=ALONE, capture_output=True, check=True).stdout.split(b"\0")
            with subtests.test(seed=seed, folder=folder):
                assert not any(said) or listed(folder) == tuple(sorted(os.fsdecode(path) for path in said if path))


def test_rules_that_would_match_for_ever_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_MOST_SECONDS", 0.2)
    folder = tmp_path.joinpath(*["a" * 200] * 10)
    folder.mkdir(parents=True)
    (folder / ("a" * 200)).write_text("x")
    for rule in ("*a" * 40 + "b", "**/" + "a*a/**/" * 40 + "b", "*?" * 40 + "b", "[!b]*" * 40 + "b"):
        (tmp_path / ".gitignore").write_text(f"{rule}\n")
        try:
            assert len(listed(tmp_path)) == 2, rule
        except ConfigurationError as error:
            assert "the rules of .gitignore take more than 0.2 s" in str(error), rule


def test_time_for_rules_is_that_of_all_folders_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "time", SimpleNamespace(monotonic=itertools.count().__next__))  # a second for each look
    for number in range(40):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / ".gitignore").write_text("*.o\n")
    with pytest.raises(ConfigurationError, match=r"the rules of \.gitignore take more than 30 s"):
        listed(tmp_path)


def test_module_that_git_ignores_is_listed_beside_one_that_it_does_not_where_modules_are_asked_for(
    tmp_path: Path,
) -> None:
    files = {
        ".gitignore": "_version.py\n*.so\nbuild/\n",
        "pkg/__init__.py": "",
        "pkg/_version.py": "",
        "pkg/fast.so": "",
    }
    written(tmp_path, files | {"data/_version.py": "", "build/pkg/__init__.py": "", "pkg/notes.log": ""})
    own = {".gitignore", "pkg/__init__.py", "pkg/notes.log"}
    assert set(listed(tmp_path)) == own
    assert set(listed(tmp_path, modules=True)) == own | {"pkg/_version.py", "pkg/fast.so"}
