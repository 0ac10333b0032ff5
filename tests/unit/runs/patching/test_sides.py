"""Two versions of a project: what differs, what is the work tree's for both, and that no repository makes strop run anything."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.base.globs import is_test
from strop.runs.patching import git as listing
from strop.runs.patching.sides import Sides, of_candidate, of_commit
from strop.tasks.command.bundle import ABSENT
from support.repositories import committed, git
from support.rows import table
from support.trees import written

FILES = {"a.py": "a = 1\n", "pkg/b.py": "b = 1\n", "tests/test_a.py": "assert True\n"}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A repository of git's with one commit."""
    root = written(tmp_path / "mine", FILES)
    git(root, "init", "-q", "-b", "main")
    return committed(root)


def sides(root: Path, ref: str = "HEAD", files: tuple[str, ...] = ()) -> Sides:
    return of_commit(root, ref, fixed=is_test, files=files)


def given(root: Path, other: Path, target: str = "") -> Sides:
    return of_candidate(root, other, fixed=is_test, target=target)


def refusal(of: Callable[[], Sides]) -> str:
    """The one line with which something is refused."""
    with pytest.raises(ConfigurationError) as caught:
        of()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_that_changed_since_the_commit_has_both_texts_and_the_rest_is_left_out(mine: Path) -> None:
    written(mine, {"a.py": "a = 2\n"})
    found = sides(mine)
    assert (found.before, found.after, found.said) == ({"a.py": "a = 1\n"}, {"a.py": "a = 2\n"}, ())
    assert found.base == git(mine, "rev-parse", "HEAD").strip()


def test_a_file_that_one_side_lacks_is_absent_there(mine: Path) -> None:
    written(mine, {"new.py": "n = 1\n", "staged.py": "", "a b/c d.py": "c = 1\n"})
    git(mine, "add", "new.py", "a b")
    git(mine, "add", "-N", "staged.py")
    (mine / "a.py").unlink()
    found = sides(mine)
    assert found.before == {"a b/c d.py": ABSENT, "a.py": "a = 1\n", "new.py": ABSENT, "staged.py": ABSENT}
    assert found.after == {"a b/c d.py": "c = 1\n", "a.py": ABSENT, "new.py": "n = 1\n", "staged.py": ""}
    assert [*found.before] == [*found.after]


def test_a_file_that_is_tracked_no_longer_is_compared_with_what_is_on_disk(mine: Path) -> None:
    git(mine, "rm", "-q", "--cached", "a.py", "pkg/b.py")
    written(mine, {"a.py": "a = 2\n"})
    assert sides(mine).after == {"a.py": "a = 2\n"}


def test_untracked_and_ignored_files_are_the_same_for_both_and_counted(mine: Path) -> None:
    written(
        mine,
        {
            "a.py": "a = 2\n",
            "data.csv": "1\n",
            "more/data.csv": "2\n",
            "big.log": "3\n",
            ".git/info/exclude": "*.log\n",
        },
    )
    found = sides(mine)
    assert (found.after, found.said) == ({"a.py": "a = 2\n"}, ("2 untracked files are the same for both",))


def test_what_is_fixed_is_left_out_and_named_if_it_differs(mine: Path) -> None:
    written(mine, {"a.py": "a = 2\n", "tests/test_a.py": "assert 1\n"})
    assert sides(mine).said == ("tests/test_a.py differs and is the work tree's for both",)
    written(mine, {f"tests/t{number}.py": "" for number in range(8)})
    git(mine, "add", "-A")
    names = ", ".join(f"tests/t{number}.py" for number in range(5))
    assert sides(mine).said == (f"{names} and 4 more differ and are the work tree's for both",)


def test_only_files_that_match_may_differ_and_others_are_counted(mine: Path) -> None:
    written(mine, {"a.py": "a = 2\n", "pkg/b.py": "b = 2\n"})
    found = sides(mine, files=("pkg",))
    assert (found.after, found.said) == (
        {"pkg/b.py": "b = 2\n"},
        ("1 file not among files differs and is the work tree's for both",),
    )


def test_line_ends_and_a_byte_order_mark_alone_are_no_difference_and_texts_keep_theirs(mine: Path) -> None:
    written(mine, {"a.py": "\ufeffa = 1\r\n", "pkg/b.py": "b = 2\r\n"})
    found = sides(mine)
    assert (found.before, found.after) == ({"pkg/b.py": "b = 1\n"}, {"pkg/b.py": "b = 2\r\n"})


def test_nothing_that_differs_is_refused_with_what_was_left_out(mine: Path) -> None:
    written(mine, {"tests/test_a.py": "assert 1\n"})
    assert refusal(lambda: sides(mine)) == (
        "the work tree does not differ from HEAD in anything that is measured; "
        "tests/test_a.py differs and is the work tree's for both"
    )


def test_what_is_no_text_is_left_out_and_named(mine: Path) -> None:
    written(mine, {"a.py": "a = 2\n", "z.bin": "a\0b"})
    (mine / "latin.txt").write_bytes(b"\xe4\n")
    git(mine, "add", "-A")
    assert sides(mine).said == ("2 files that are no text differ and are the work tree's for both: latin.txt, z.bin",)
    (mine / "latin.txt").unlink()
    (mine / "z.bin").rename(mine / "z2.bin")
    committed(mine)
    written(mine, {"a.py": "a = 3\n", "z2.bin": "now a text"})
    assert sides(mine).said == ("1 file that is no text differs and is the work tree's for both: z2.bin",)


def test_a_pointer_of_git_lfs_is_compared_with_the_data_it_points_to(mine: Path) -> None:
    data = "1,2\n" * 100
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
    same = pointer.format(hashlib.sha256(data.encode()).hexdigest(), len(data))
    written(mine, {"same.csv": same, "other.csv": same.replace("size 400", "size 401"), "a.py": "a = 2\n"})
    committed(mine)
    written(mine, {"same.csv": data, "other.csv": data, "a.py": "a = 3\n"})
    found = sides(mine)
    assert [*found.before] == ["a.py"]
    assert found.said == (
        "other.csv differs as a pointer of Git LFS, whose data is not compared: the work tree's is for both, and "
        "`git lfs pull` fetches it",
    )


def test_links_and_what_lies_behind_links_are_left_out_and_named(mine: Path, tmp_path: Path) -> None:
    (mine / "link").symlink_to("a.py")
    committed(mine)
    (mine / "link").unlink()
    (mine / "link").symlink_to("pkg/b.py")
    written(mine, {"a.py": "a = 2\n"})
    written(tmp_path / "elsewhere", {"b.py": "secret = 1\n"})
    (mine / "pkg/b.py").unlink()
    (mine / "pkg").rmdir()
    (mine / "pkg").symlink_to(tmp_path / "elsewhere")
    found = sides(mine)
    assert [*found.before] == ["a.py"]
    assert "link, pkg/b.py differ in what links lead to" in found.said[0]


def test_an_executable_bit_is_the_work_trees_for_both_and_named(mine: Path) -> None:
    (mine / "a.py").chmod(0o755)
    said = "a.py differs in being executable, which is the work tree's for both"
    assert said in refusal(lambda: sides(mine))
    written(mine, {"a.py": "a = 2\n"})
    assert (sides(mine).after, sides(mine).said) == ({"a.py": "a = 2\n"}, (said,))


def test_submodules_are_the_work_trees_for_both_and_named(mine: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other", {"c.py": "c = 1\n"})
    git(other, "init", "-q", "-b", "main")
    committed(other)
    git(mine, "submodule", "add", "-q", str(other), "sub")
    written(mine, {"a.py": "a = 2\n"})
    assert sides(mine).said == (".gitmodules, sub: submodules are the work tree's for both",)
    committed(mine)
    committed(mine / "sub")
    written(mine, {"a.py": "a = 3\n"})
    assert sides(mine).said == ("sub: submodules are the work tree's for both",)
    written(mine / "sub", {"c.py": "c = 2\n"})
    assert sides(mine / "sub").after == {"c.py": "c = 2\n"}


def test_a_path_that_cannot_stand_between_files_is_left_out_and_named(mine: Path) -> None:
    written(mine, {"a.py": "a = 2\n", "new\nline.py": "", ".idea/x.xml": ""})
    (mine / os.fsdecode(b"\xff.py")).write_text("")
    git(mine, "add", "-A")
    found = sides(mine)
    assert [*found.before] == ["a.py"]
    assert found.said == (
        ".idea/x.xml differs, and no copy of the project has it",
        "'new\\nline.py', '\\udcff.py' differ and are the work tree's for both: strop cannot write such a path between files",
    )


def test_a_tree_with_a_path_into_gits_own_folder_or_out_of_the_tree_yields_no_such_path(mine: Path) -> None:
    blob = git(mine, "rev-parse", "HEAD:pkg/b.py").strip()
    made = subprocess.run(
        ["git", "mktree", "-z"], cwd=mine, input=f"100644 blob {blob}\thook\0".encode(), capture_output=True, check=True
    )
    inner = made.stdout.decode().strip()
    rows = "".join(f"040000 tree {inner}\t{name}\0" for name in (".GIT", ".git", ".."))
    made = subprocess.run(["git", "mktree", "-z"], cwd=mine, input=rows.encode(), capture_output=True, check=True)
    tree = made.stdout.decode().strip()
    assert [*sides(mine, git(mine, "commit-tree", tree, "-m", "hostile").strip()).before] == ["a.py", "pkg/b.py"]


def test_a_compiled_file_beside_a_source_that_differs_is_named(mine: Path) -> None:
    written(
        mine, {"pkg/fast.pyx": "x\n", "pkg/fast.cpython-311.so": "\0", "pkg/.gitignore": "*.so\n", "lib/slow.c": "\n"}
    )
    committed(mine)
    written(mine, {"pkg/fast.pyx": "y\n", "lib/slow.c": "int i;\n"})
    said = "pkg/fast.pyx differs, and pkg/fast.cpython-311.so is compiled in place: both sides use the compiled file"
    assert sides(mine).said == (said,)


def test_paths_are_those_from_the_project_and_other_files_of_the_repository_are_counted(mine: Path) -> None:
    written(mine, {"a.py": "a = 2\n", "pkg/b.py": "b = 2\n", "pkg/c.py": "", "c.py": ""})
    found = sides(mine / "pkg")
    assert found.after == {"b.py": "b = 2\n"}
    outside = "1 file of the repository outside of the project differs and is the work tree's for both"
    assert found.said == (outside, "1 untracked file is the same for both")


def test_work_trees_detached_heads_and_links_to_the_folder_are_read_like_others(mine: Path, tmp_path: Path) -> None:
    git(mine, "worktree", "add", "-q", "--detach", str(tmp_path / "second"))
    written(tmp_path / "second", {"a.py": "a = 2\n"})
    committed(tmp_path / "second")
    (tmp_path / "link").symlink_to(tmp_path / "second")
    for root in (tmp_path / "second", tmp_path / "link"):
        assert sides(root, "main").after == {"a.py": "a = 2\n"}
    git(mine, "checkout", "-q", git(tmp_path / "second", "rev-parse", "HEAD").strip())
    assert sides(mine, "main").after == {"a.py": "a = 2\n"}


def test_what_a_sparse_checkout_leaves_out_is_not_restored(mine: Path) -> None:
    written(mine, {"a.py": "a = 2\n", "pkg/b.py": "b = 2\n"})
    committed(mine)
    git(mine, "sparse-checkout", "set", "--no-cone", "/a.py")
    assert not (mine / "pkg").exists()
    found = sides(mine, "HEAD^")
    assert [*found.before] == ["a.py"]
    assert found.said == ("1 file that a sparse checkout leaves out is compared for neither",)


def test_a_repository_with_digests_of_sha_256_is_read_like_others(tmp_path: Path) -> None:
    root = written(tmp_path / "mine", FILES)
    git(root, "init", "-q", "--object-format=sha256")
    committed(root)
    written(root, {"a.py": "a = 2\n"})
    assert sides(root).after == {"a.py": "a = 2\n"}


@table(
    "ref, why",
    [
        ("nowhere", "has no commit 'nowhere'; a branch of a remote is origin/NAME"),
        ("HEAD:a.py", "has no commit"),
        ("HEAD^9", "has no commit"),
        ("--all", "is no name of a commit"),
        ("", "is no name of a commit"),
        ("a\0b", "is no name of a commit"),
        ("a\nb", "has no commit"),
    ],
)
def test_what_names_no_commit_is_refused(mine: Path, ref: str, why: str) -> None:
    assert why in refusal(lambda: sides(mine, ref))


def test_a_folder_without_a_work_tree_is_refused(mine: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(mine), "bare")
    for folder in (tmp_path, tmp_path / "bare"):
        assert "lies in no work tree of git" in refusal(lambda folder=folder: sides(folder))
    written(tmp_path, {"broken/.git": "no repository\n"})
    assert "cannot be read as a repository of git" in refusal(lambda: sides(tmp_path / "broken"))
    written(tmp_path / "elsewhere", FILES)
    git(tmp_path / "elsewhere", "init", "-q")
    assert "has no commit 'HEAD'" in refusal(lambda: sides(tmp_path / "elsewhere"))
    assert "has no file that git tracks" in refusal(lambda: sides(written(mine / "new", {"x": ""})))


def test_a_shallow_clone_without_the_commit_is_refused_with_how_to_get_it(mine: Path, tmp_path: Path) -> None:
    first = git(mine, "rev-parse", "HEAD").strip()
    written(mine, {"a.py": "a = 2\n"})
    committed(mine)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{mine}", "shallow")
    assert "`git fetch --unshallow`" in refusal(lambda: sides(tmp_path / "shallow", first))


def test_a_content_that_a_partial_clone_lacks_is_refused_and_not_fetched(mine: Path, tmp_path: Path) -> None:
    git(mine, "config", "uploadpack.allowFilter", "true")
    written(mine, {"a.py": "a = 2\n"})
    committed(mine)
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{mine}", "partial")
    assert "lacks a content of the commit" in refusal(lambda: sides(tmp_path / "partial", "HEAD^"))


def test_a_missing_git_is_refused(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (written(mine, {"git": "#!/bin/sh\n"}) / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f".{os.pathsep}{mine}/none")
    assert "there is no program git on the PATH" in refusal(lambda: sides(mine))


def test_more_text_than_a_program_may_have_is_refused(mine: Path) -> None:
    written(mine, {"a.py": "a = 2\n" * 200_000})
    assert "name those that matter with files" in refusal(lambda: sides(mine))


def test_no_command_of_a_repositorys_configuration_runs(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    ran.mkdir()

    def program(name: str) -> str:
        file = written(tmp_path, {f"programs/{name}": f"#!/bin/sh\ntouch '{ran}/{name}'\n"}) / "programs" / name
        file.chmod(0o755)
        return str(file)

    git(mine, "config", "uploadpack.allowFilter", "true")
    written(mine, {"a.py": "a = 2\n", ".gitattributes": "* filter=evil diff=evil merge=evil text\n"})
    committed(mine)
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{mine}", "hostile")
    hostile = written(tmp_path / "hostile", {"new.py": "n = 1\n"})
    git(hostile, "add", "new.py")
    for key in (
        "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.evil.command",
        "diff.external", "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.gitProxy",
        "core.askPass", "credential.helper", "gpg.program", "core.alternateRefsCommand", "merge.evil.driver",
        "pager.ls-files", "pager.rev-parse", "remote.origin.uploadpack", "uploadpack.packObjectsHook", "trace2.eventTarget",
    ):  # fmt: skip
        git(hostile, "config", key, program(key))
    for name in ("cat-file", "ls-tree", "ls-files", "rev-parse", "apply"):
        git(hostile, "config", f"alias.{name}", f"!{program(f'alias {name}')}")
    git(hostile, "config", "filter.evil.required", "true")
    git(hostile, "config", "core.worktree", str(tmp_path))
    git(hostile, "config", "core.hooksPath", str(tmp_path / "hooks"))
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout", "pre-auto-gc"):
        (tmp_path / "hooks").mkdir(exist_ok=True)
        for folder in (tmp_path / "hooks", hostile / ".git/hooks"):
            folder.mkdir(exist_ok=True)
            (folder / name).symlink_to(program(f"hook {name}"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", program("GIT_EXTERNAL_DIFF"))
    monkeypatch.setenv("GIT_SSH_COMMAND", program("GIT_SSH_COMMAND"))
    for file in ran.iterdir():  # of git itself, as the user called it above
        file.unlink()
    written(hostile, {"a.py": "a = 3\n"})
    assert sides(hostile).after == {"a.py": "a = 3\n", "new.py": "n = 1\n"}
    written(tmp_path, {"x.diff": "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a = 3\n+a = 4\n"})
    assert given(hostile, tmp_path / "x.diff").after == {"a.py": "a = 4\n"}
    for url in ("ssh://example.invalid/x", f"ext::{program('ext')}", f"file://{mine}"):
        git(hostile, "config", "remote.origin.url", url)
        refusal(lambda: sides(hostile, "HEAD^"))
    assert [*ran.iterdir()] == []


def test_a_replaced_content_does_not_count(mine: Path) -> None:
    old = git(mine, "rev-parse", "HEAD:a.py").strip()
    git(mine, "replace", old, git(mine, "rev-parse", "HEAD:pkg/b.py").strip())
    written(mine, {"a.py": "a = 2\n"})
    assert sides(mine).before == {"a.py": "a = 1\n"}


def test_variables_of_git_do_not_lead_to_another_repository(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(written(mine, {"new.py": "n = 1\n"}), "add", "new.py")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nowhere"))
    assert sides(mine).after == {"new.py": "n = 1\n"}


@table(
    "path, told",
    [
        ("tests/a.py", True),
        ("a/testing/b", True),
        ("test/x.txt", True),
        ("test_a.py", True),
        ("a/b_test.py", True),
        ("conftest.py", True),
        ("pkg/pyproject.toml", True),
        ("pytest.ini", True),
        ("test_a.txt", False),
        ("contest.py", False),
        ("src/tests.py", False),
        ("latest/a.py", False),
    ],
)
def test_a_path_is_that_of_a_test_by_convention(path: str, told: bool) -> None:
    assert is_test(path) is told


def changing(path: str, old: str, new: str, kind: str = "") -> str:
    """A patch of git's that changes the only line of a file."""
    head = f"diff --git a/{path} b/{path}\nindex 1234567..89abcde{kind}\n"
    return f"{head}--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-{old}\n+{new}\n"


PATCHES = {
    "of git": (changing("a.py", "a = 1", "a = 2"), {"a.py": "a = 2\n"}),
    "plain": (
        "--- a.py\t2020-01-01 00:00:00\n+++ a.py\t2020-01-02 00:00:00\n@@ -1 +1 @@\n-a = 1\n+a = 2\n",
        {"a.py": "a = 2\n"},
    ),
    "of Subversion": (
        "Index: pkg/b.py\n=====\n--- pkg/b.py\n+++ pkg/b.py\n@@ -1 +1 @@\n-b = 1\n+b = 2\n",
        {"pkg/b.py": "b = 2\n"},
    ),
    "renames": (
        "diff --git a/a.py b/pkg/new name.py\nsimilarity index 100%\nrename from a.py\nrename to pkg/new name.py\n",
        {"a.py": ABSENT, "pkg/new name.py": "a = 1\n"},
    ),
    "removes": (
        "diff --git a/a.py b/a.py\ndeleted file mode 100644\n--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a = 1\n",
        {"a.py": ABSENT},
    ),
    "adds": ("--- /dev/null\n+++ b/pkg/n.py\n@@ -0,0 +1 @@\n+n = 1\n", {"pkg/n.py": "n = 1\n"}),
    "quotes": ('--- "a/d\\303\\244.py"\n+++ "b/d\\303\\244.py"\n@@ -1 +1 @@\n-d = 1\n+d = 2\n', {"dä.py": "d = 2\n"}),
    "renames from a name with blanks": (
        'diff --git a/c d.py "b/\\303\\244/c d.py"\nsimilarity index 100%\nrename from c d.py\nrename to "\\303\\244/c d.py"\n',
        {"c d.py": ABSENT, "ä/c d.py": "c = 1\n"},
    ),
    "with carriage returns": (
        "--- a/crlf.py\n+++ b/crlf.py\n@@ -1,2 +1,2 @@\n c = 1\r\n-c = 2\r\n+c = 3\r\n",
        {"crlf.py": "c = 1\r\nc = 3\r\n"},
    ),
    "that lost them": (
        "--- a/crlf.py\n+++ b/crlf.py\n@@ -1,2 +1,2 @@\n c = 1\n-c = 2\n+c = 3\n",
        {"crlf.py": "c = 1\r\nc = 3\r\n"},
    ),
    "that got them": ("--- a/a.py\r\n+++ b/a.py\r\n@@ -1 +1 @@\r\n-a = 1\r\n+a = 2\r\n", {"a.py": "a = 2\n"}),
    "in a letter": (
        "From: x\n\n---\n a.py | 2 +-\n\n" + changing("a.py", "a = 1", "a = 2") + "-- \n2.39\n",
        {"a.py": "a = 2\n"},
    ),
    "with wrong counts, of several files": (
        (changing("a.py", "a = 1", "a = 2") + changing("pkg/b.py", "b = 1", "b = 2")).replace(
            "@@ -1 +1", "@@ -1,5 +1,9"
        ),
        {"a.py": "a = 2\n", "pkg/b.py": "b = 2\n"},
    ),
    "in colours, without its last newline": (
        "".join(f"\x1b[1m{line}\x1b[m\n" for line in changing("a.py", "a = 1", "a = 2").splitlines())[:-1],
        {"a.py": "a = 2\n"},
    ),
    "with lines like heads": (
        "--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n-a = 1\n+++ ../../x\n+new file mode 120000\n",
        {"a.py": "++ ../../x\nnew file mode 120000\n"},
    ),
}


@table("patch, after", PATCHES.values(), ids=PATCHES)
def test_a_patch_is_applied_to_copies_of_the_files_it_names(tmp_path: Path, patch: str, after: dict[str, str]) -> None:
    files = FILES | {"dä.py": "d = 1\n", "crlf.py": "c = 1\r\nc = 2\r\n", "c d.py": "c = 1\n"}
    root = written(tmp_path / "mine", files)
    written(tmp_path, {"x.diff": patch})
    found = given(root, tmp_path / "x.diff")
    assert (found.after, found.before) == (after, {path: files.get(path, ABSENT) for path in after})
    assert (root / "a.py").read_text() == FILES["a.py"]


REFUSED = {
    "does not fit": (changing("a.py", "a = 7", "a = 2"), "patch failed: a.py:1"),
    "names no file": ("--- a/none.py\n+++ b/none.py\n@@ -1 +1 @@\n-a = 7\n+a = 2\n", "none.py: No such file"),
    "is none": ("hello\n", "does not apply"),
    "has no line numbers": ("--- a/a.py\n+++ b/a.py\n@@\n-a = 1\n+a = 2\n", "no hunk that begins with line numbers"),
    "leaves the tree": ("--- /dev/null\n+++ b/../x.py\n@@ -0,0 +1 @@\n+n = 1\n", "which leaves"),
    "leaves the tree, quoted": ('--- /dev/null\n+++ "b/..\\057x.py"\n@@ -0,0 +1 @@\n+n = 1\n', "which leaves"),
    "is absolute": ("--- /tmp/strop-none.py\n+++ /tmp/strop-none.py\n@@ -1 +1 @@\n-n = 0\n+n = 1\n", "which leaves"),
    "writes into git's folder": (
        "--- /dev/null\n+++ b/.git/hooks/x\n@@ -0,0 +1 @@\n+n = 1\n",
        "invalid path '.git/hooks/x'",
    ),
    "makes a link": (
        "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n",
        "changes a link",
    ),
    "changes a link": (changing("l", "x", "y", " 120000"), "changes a link"),
    "changes a submodule": (
        changing("s", "Subproject commit 1", "Subproject commit 2", " 160000"),
        "changes a submodule",
    ),
    "names a file too long": (f"--- /dev/null\n+++ b/{'d/' * 600}x.py\n@@ -0,0 +1 @@\n+n = 1\n", "1,024 are the most"),
    "names too many": ("".join(f"--- a/n{i}\n+++ b/n{i}\n" for i in range(6000)), "strop reads 5,000 at most"),
    "has a number too long": (f"--- a/a.py\n+++ b/a.py\n@@ -1,{'9' * 5000} +1 @@\n-a = 1\n+a = 2\n", "too long"),
    "changes a test alone": (changing("tests/test_a.py", "assert True", "assert 1"), "tests/test_a.py differs and is"),
}


def test_what_git_lists_without_end_is_refused_and_is_never_held(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_LISTED", 100)
    assert "more than 0 MiB of names" in refusal(lambda: sides(mine))


@table("patch, why", REFUSED.values(), ids=REFUSED)
def test_a_patch_is_refused_if_it(tmp_path: Path, patch: str, why: str) -> None:
    root = written(tmp_path / "mine", FILES)
    written(tmp_path, {"x.diff": patch})
    assert why in refusal(lambda: given(root, tmp_path / "x.diff"))
    assert sorted(path.name for path in tmp_path.rglob("*.py")) == ["a.py", "b.py", "test_a.py"]


def test_a_patch_is_not_applied_through_a_link_of_the_tree(tmp_path: Path) -> None:
    root = written(tmp_path / "mine", FILES)
    written(tmp_path / "elsewhere", {"x.py": "x = 1\n"})
    (root / "out").symlink_to(tmp_path / "elsewhere")
    written(tmp_path, {"x.diff": "--- a/out/x.py\n+++ b/out/x.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"})
    assert "No such file" in refusal(lambda: given(root, tmp_path / "x.diff"))
    written(tmp_path, {"x.diff": "--- /dev/null\n+++ b/out/y.py\n@@ -0,0 +1 @@\n+y = 1\n"})
    assert "differs in what links lead to" in refusal(lambda: given(root, tmp_path / "x.diff"))


def test_a_patch_may_name_files_from_the_top_of_the_work_tree_but_change_none_outside_of_the_project(
    mine: Path, tmp_path: Path
) -> None:
    written(mine, {"pkg/b.py": "b = 2\n", "pkg/n.py": "n = 1\n"})
    git(mine, "add", "-A")
    written(tmp_path, {"change": git(mine, "diff", "--cached")})
    git(mine, "reset", "-q", "--hard")
    assert given(mine / "pkg", tmp_path / "change").after == {"b.py": "b = 2\n", "n.py": "n = 1\n"}
    written(mine, {"pkg/b.py": "b = 2\n", "a.py": "a = 2\n"})
    written(tmp_path, {"change": git(mine, "diff")})
    git(mine, "reset", "-q", "--hard")
    assert "changes a.py, which lies outside of" in refusal(lambda: given(mine / "pkg", tmp_path / "change"))


def test_a_patch_may_name_files_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = written(tmp_path / "mine", FILES)
    written(tmp_path, {"x.diff": "--- mine/a.py\n+++ mine/a.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"})
    monkeypatch.chdir(tmp_path)
    assert given(root, Path("x.diff")).after == {"a.py": "a = 2\n"}


def test_another_folder_is_the_candidate_with_the_files_that_rooms_copy(tmp_path: Path) -> None:
    root = written(tmp_path / "mine", FILES | {"gone.py": "", "x.log": "1\n", ".gitignore": "*.log\n"})
    other = written(
        tmp_path / "mine/.trees/other", FILES | {"a.py": "a = 2\n", "new.py": "n\n", ".gitignore": "*.log\n"}
    )
    written(other, {"x.log": "2\n", "__pycache__/a.pyc": "", "tests/test_a.py": "assert 1\n"})
    found = given(root, other)
    assert found.before == {"a.py": "a = 1\n", "gone.py": "", "new.py": ABSENT}
    assert found.after == {"a.py": "a = 2\n", "gone.py": ABSENT, "new.py": "n\n"}
    assert found.said == ("tests/test_a.py differs and is the work tree's for both",)
    assert [*given(other, root).before] == [*found.before]


def test_files_that_git_does_not_track_and_another_checkout_lacks_are_the_same_for_both(
    mine: Path, tmp_path: Path
) -> None:
    git(mine, "worktree", "add", "-q", "--detach", str(tmp_path / "second"))
    written(mine, {"pkg/data.csv": "1\n"})
    assert "1 untracked file is the same for both" in refusal(lambda: given(mine / "pkg", tmp_path / "second/pkg"))


def test_a_folder_that_is_no_other_version_is_refused(tmp_path: Path) -> None:
    root, same = written(tmp_path / "mine", FILES), written(tmp_path / "same", FILES)
    (tmp_path / "link").symlink_to(root)
    (tmp_path / "empty").mkdir()
    assert f"{same} does not differ from" in refusal(lambda: given(root, same))
    assert "is the project itself" in refusal(lambda: given(root, tmp_path / "link"))
    assert "has no file of" in refusal(lambda: given(root, tmp_path / "empty"))
    assert "there is no file or folder" in refusal(lambda: given(root, tmp_path / "none"))


def test_a_file_is_the_new_text_of_the_one_that_may_change(tmp_path: Path) -> None:
    root = written(tmp_path / "mine", FILES)
    new = written(tmp_path, {"new.py": "a = 2\r\n", "same.py": "a = 1\r\n"}) / "new.py"
    found = given(root, new, "a.py")
    assert (found.before, found.after, found.said) == ({"a.py": "a = 1\n"}, {"a.py": "a = 2\r\n"}, ())
    assert "give a patch or a folder" in refusal(lambda: given(root, new))
    assert "is the file itself" in refusal(lambda: given(root, root / "a.py", "a.py"))
    assert "does not differ" in refusal(lambda: given(root, tmp_path / "same.py", "a.py"))
    assert "is empty, cannot be read, or" in refusal(lambda: given(root, written(tmp_path, {"x.diff": ""}) / "x.diff"))
