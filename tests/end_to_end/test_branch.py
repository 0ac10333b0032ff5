"""`strop apply --branch`: the patch as a commit, with the sentence of the result as its message."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.runs.patching.apply import commit_files
from strop.runs.patching.source_files import SourceFiles
from strop.tasks.command.bundle import ABSENT
from support.repositories import USER, committed, git
from support.rows import table
from support.trees import written

BEFORE = {"a.py": "x = 1\n", "b/c.py": "y = 1\r\n", "gone.py": "z = 1\n"}
AFTER = {"a.py": "x = 2\n", "b/c.py": "y = 2\r\n", "gone.py": ABSENT, "d/new.py": "w = 1\n"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in USER.items():
        monkeypatch.setenv(name, value)
    root = committed(written(tmp_path / "project", {f"inner/{path}": text for path, text in BEFORE.items()}))
    (root / "inner/a.py").chmod(0o755)
    committed(root)
    git(root, "config", "core.hooksPath", str(written(tmp_path / "hooks", {"pre-commit": "exit 1"})))
    return root / "inner"


def source(root: Path) -> SourceFiles:
    return SourceFiles({path: BEFORE.get(path, ABSENT) for path in AFTER}, str(root), command=True, is_version=True)


def test_a_patch_is_one_commit_on_a_new_branch_and_the_work_tree_stays_as_it_is(repository: Path) -> None:
    (repository / "other.txt").write_text("untracked")
    git(repository, "add", "other.txt")
    before = git(repository, "status", "--porcelain")
    paths = commit_files(source(repository), AFTER, "faster", "Better: 2.0x as fast (1.9x to 2.1x).\n")
    assert paths == [repository / path for path in AFTER]
    assert git(repository, "status", "--porcelain") == before and (repository / "a.py").read_text() == "x = 1\n"
    assert git(repository, "log", "-1", "--format=%s|%P", "faster").strip() == (
        f"Better: 2.0x as fast (1.9x to 2.1x).|{git(repository, 'rev-parse', 'HEAD').strip()}"
    )
    listed = git(repository, "ls-tree", "-r", "faster").splitlines()
    assert [(line[:6], line.partition("\t")[2]) for line in listed] == [
        ("100755", "a.py"),
        ("100644", "b/c.py"),
        ("100644", "d/new.py"),
    ]
    assert git(repository, "show", "faster:inner/b/c.py") == "y = 2\r\n"


REFUSED = (
    ("faster", {"a.py": "x = 3\n"}, {}, "a.py has changes that no commit has; commit them first"),
    ("main", {}, {}, "has a branch main; name a new one"),
    ("-f", {}, {}, "'-f' is no name of a branch"),
    ("a b", {}, {}, "'a b' is no name of a branch"),
    ("faster", {}, {"GIT_AUTHOR_NAME": "", "HOME": "/nowhere"}, "git does not know who commits"),
)


@table("branch, original, variables, why", REFUSED)
def test_a_patch_that_cannot_be_committed_leaves_no_branch(
    repository: Path, monkeypatch: pytest.MonkeyPatch, branch: str, original: dict, variables: dict, why: str
) -> None:
    files = source(repository)
    with monkeypatch.context() as patched, pytest.raises(ConfigurationError, match=why):
        for name, value in variables.items():
            patched.setenv(name, value)
        commit_files(SourceFiles({**files.files, **original}, files.root), AFTER, branch, "Better.\n")
    assert git(repository, "branch", "--list").split() == ["*", "main"]
