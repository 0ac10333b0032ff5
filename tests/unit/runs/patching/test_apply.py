"""The best so far, and the patch that is put in place: whole or not at all, and only over what is as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError, Malformed, StoreError
from strop.base.events import Evaluated
from strop.base.solution import digest_of
from strop.runs.patching import apply as applying
from strop.runs.patching.apply import BACKUP, apply_files, undo_of
from strop.runs.patching.result_files import BEST, BestSoFar, Standings
from strop.runs.patching.source_files import SourceFiles, of_file, of_seed, original_from
from strop.tasks.command.bundle import ABSENT, bundled
from support import records
from support.rows import table
from support.trees import contents, written

FILES = {"a.py": "a = 1\n", "lib/b.py": "b = 1\r\n", "lib/run.sh": "#!/bin/sh\n", "lib/new.py": ""}
AFTER = {"a.py": "a = 2\n", "lib/b.py": "b = 2\r\n", "lib/run.sh": "#!/bin/sh\n", "lib/new.py": "n = 1\n"}
BETTER = "=== file: a.py ===\na = 2\n=== file: lib/b.py ===\nb = 2\n=== file: lib/new.py ===\nn = 1\n"


def files_in(root: Path) -> SourceFiles:
    """Files of a user's."""
    written(root, FILES)
    (root / "lib/run.sh").chmod(0o755)
    (root / "a.py").chmod(0o640)
    return SourceFiles(FILES, str(root), str(root), command=True, executable=("lib/run.sh",))


@pytest.fixture
def original(tmp_path: Path) -> SourceFiles:
    return files_in(tmp_path / "mine")


@pytest.fixture
def record(tmp_path: Path) -> Path:
    (tmp_path / "record").mkdir()
    return tmp_path / "record"


LIB = "import math\nfrom os import sep\n\nLIMIT = 3\n\n\ndef mean(xs):\n    return 0\n\n\nclass Disc:\n    pass\n"
REMOVED = (
    (LIB, "def mean(xs):\n    return 1\n", ("Disc", "LIMIT")),
    (LIB, "if True:\n    LIMIT = 4\nfrom statistics import mean\n\n\nasync def Disc():\n    pass\n", ()),
    (LIB, "from lib2 import *\n", ()),
    (LIB, "def mean(xs:\n", ("Disc", "LIMIT", "mean")),
    (f"{LIB}\n\ndef _help():\n    pass\n\n\n__version__ = '1'\n", LIB, ("__version__",)),
    (
        "try:\n    import fast\nexcept ImportError:\n    fast = None\n\n\ndef f():\n    pass\n",
        "def f():\n    return 1\n",
        ("fast",),
    ),
    ("s = 0\nfor i in range(9):\n    s += i\nprint(s)\n", "print(36)\n", ()),  # a script
    ("def f(:\n", "x = 1\n", ()),
)
"""(a file before, afterwards, the names that it no longer has)."""


def test_names_that_a_candidate_removes_are_those_that_other_files_may_import(tmp_path: Path) -> None:
    for before, after, names in REMOVED:
        assert SourceFiles({"lib.py": before}, str(tmp_path)).removed(after) == names, after
        assert of_seed(before).removed(after) == ()
    files = {"a.py": LIB, "b.py": "def b():\n    pass\n", "c.txt": LIB}
    several = SourceFiles(files, str(tmp_path), command=True)
    moved = f"=== file: b.py ===\n{LIB}=== file: c.txt ===\n\n"
    assert several.removed(moved) == ("b",) and several.removed("=== file: d.py ===\n") == ()


def test_files_are_put_in_place_with_their_modes_and_what_was_there_is_kept(
    original: SourceFiles, record: Path
) -> None:
    changed = apply_files(original, original.written(BETTER), record, force=False)
    assert contents(Path(original.root)) == AFTER
    assert [path.name for path in changed] == ["a.py", "b.py", "new.py"]
    assert (Path(original.root) / "a.py").stat().st_mode & 0o777 == 0o640
    (backup,) = record.glob(f"{BACKUP}-*")
    assert {path.read_text() for path in backup.rglob("*.py")} == {"a = 1\n", "b = 1\n", ""}
    assert apply_files(original, original.written(BETTER), record, force=False) == [], "it is already applied"


def test_folder_with_the_name_of_a_draft_stays_as_it_is(original: SourceFiles, record: Path) -> None:
    written(Path(original.root), {f".strop-draft-{number}/mine": "" for number in range(9)})
    apply_files(original, original.written(BETTER), record, force=False)
    assert contents(Path(original.root)).items() >= AFTER.items()


def instead_of(path: str, make: Callable[[Path], Any]) -> Callable[[Path], None]:
    """What puts something else in the place of a file or a folder."""

    def spoil(root: Path) -> None:
        (root / path).rename(root.parent / "was")
        make(root / path)

    return spoil


SPOILED: list[tuple[Callable[[Path], Any], str]] = [
    (lambda root: (root / "lib/b.py").unlink(), "no longer exists"),
    (instead_of("a.py", lambda at: at.symlink_to("../a.py")), "a link that leaves"),
    (instead_of("lib", lambda at: at.symlink_to("../record")), "a link that leaves"),
    (instead_of("lib", lambda at: at.symlink_to("gits/.git")), "lib/b.py lies in a folder of git's"),
    (instead_of("lib", Path.touch), "lib/b.py cannot be read: Not a directory"),
    (instead_of("a.py", Path.mkdir), "a.py is a folder, a link or a device"),
    (instead_of("a.py", os.mkfifo), "a.py is a folder, a link or a device"),
    (instead_of("a.py", lambda at: at.symlink_to("a.py")), "a.py is a folder, a link or a device"),
    (lambda root: root.rename(root.parent / "moved"), "the folder of the files, .*, cannot be read: No such"),
]


def test_nothing_is_written_where_a_file_is_not_as_it_was(record: Path, tmp_path: Path) -> None:
    for number, (spoil, words) in enumerate(SPOILED):
        original = files_in(tmp_path / str(number) / "mine")
        spoil(Path(original.root))
        before = contents(Path(original.root))
        with pytest.raises(ConfigurationError, match=words):
            apply_files(original, original.written(BETTER), record, force=True)
        assert contents(Path(original.root)) == before, words


def test_changed_file_is_replaced_by_force_and_the_record_keeps_what_it_held(
    original: SourceFiles, record: Path
) -> None:
    (Path(original.root) / "a.py").write_text("a = 3\n")
    with pytest.raises(ConfigurationError, match="Or overwrite it") as refused:
        apply_files(original, original.written(BETTER), record, force=False)
    merge, force = f"git apply -3 {record}/solution.diff", f"strop apply {record} --force"
    words = f"a.py has changed since the run began. Merge: {merge}. Or overwrite it (your version is saved): {force}"
    assert str(refused.value).endswith(words)
    apply_files(original, original.written(BETTER), record, force=True)
    assert contents(Path(original.root)) == AFTER
    (backup,) = record.glob(f"{BACKUP}-*")
    assert {path.read_text() for path in backup.rglob("*.py")} == {"a = 3\n", "b = 1\n", ""}
    assert undo_of(record) == f"the old versions are in {backup}"


BEFORE = {
    "a.py": "a = 1\r\nb = 2\r\n\r\n",
    "old/x/y.sh": "#!/bin/sh\n",
    "new/n.py": ABSENT,
    "gone.txt": "",
    "empty.txt": ABSENT,
}
THEN = {"a.py": "a = 1\nb = 3\n", "old/x/y.sh": ABSENT, "new/n.py": "n = 1\n", "gone.txt": ABSENT, "empty.txt": ""}


def versions_in(root: Path) -> SourceFiles:
    """A version of the user's files, of which another one lacks some and has others."""
    written(root, {path: text for path, text in BEFORE.items() if text != ABSENT})
    (root / "old/x/y.sh").chmod(0o755)
    return SourceFiles(BEFORE, str(root), str(root), command=True, is_version=True)


def test_patch_deletes_and_adds_files_with_folders_that_are_empty_then(tmp_path: Path, record: Path) -> None:
    original = versions_in(tmp_path / "mine")
    after = original.written(bundled(THEN))
    assert after == {**THEN, "a.py": "a = 1\r\nb = 3\r\n"}
    root = Path(original.root)
    apply_files(original, after, record, force=False)
    assert contents(root) == {path: text for path, text in after.items() if text != ABSENT}
    assert not (root / "old").exists() and (root / "new/n.py").stat().st_mode & 0o777 == 0o644
    (backup,) = record.glob(f"{BACKUP}-*")
    assert sorted(path.name for path in backup.rglob("*.*")) == ["a.py", "gone.txt", "y.sh"]
    assert apply_files(original, after, record, force=False) == [], "it is already applied"


def test_files_that_a_patch_deleted_and_added_are_as_before_when_it_cannot_be_finished(
    tmp_path: Path, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = versions_in(tmp_path / "mine")
    root, put = Path(original.root), applying._put

    def fails_at_the_last(step: Any, content: bytes | None) -> None:
        if step.path == "empty.txt" and content is not None:
            raise OSError("the disk is full")
        put(step, content)

    monkeypatch.setattr(applying, "_put", fails_at_the_last)
    with pytest.raises(OSError, match="disk is full"):
        apply_files(original, original.written(bundled(THEN)), record, force=False)
    assert contents(root) == {path: text for path, text in BEFORE.items() if text != ABSENT}
    assert (root / "old/x/y.sh").stat().st_mode & 0o777 == 0o755 and not (root / "new").exists()


def test_patch_neither_adds_what_was_made_meanwhile_nor_deletes_what_has_changed(tmp_path: Path, record: Path) -> None:
    for number, (path, words) in enumerate(
        (("new/n.py", "n.py was made since"), ("old/x/y.sh", "y.sh has changed since"))
    ):
        original = versions_in(tmp_path / str(number))
        written(Path(original.root), {path: "mine\n"})
        before, after = contents(Path(original.root)), original.written(bundled(THEN))
        with pytest.raises(ConfigurationError, match=words):
            apply_files(original, after, record, force=False)
        assert contents(Path(original.root)) == before
        apply_files(original, after, record, force=True)
        assert contents(Path(original.root)) == {each: text for each, text in after.items() if text != ABSENT}


def test_git_and_patch_read_a_diff_that_deletes_and_adds_files(tmp_path: Path) -> None:
    stays = {**THEN, "gone.txt": ""}  # patch deletes no empty file
    for command, then in ((["patch", "-p1", "--binary", "-s", "-i"], stays), (["git", "apply"], THEN)):
        original = versions_in(tmp_path / command[0])
        after = original.written(bundled(then))
        (tmp_path / "it.diff").write_bytes(original.diff_of(after).encode())
        subprocess.run([*command, str(tmp_path / "it.diff")], cwd=original.root, check=True)
        assert contents(Path(original.root)) == {path: text for path, text in after.items() if text != ABSENT}
        assert original.diff(bundled(BEFORE).replace("\r", "")) == ""
    lines = original.diff_of(after).splitlines()
    assert "--- a/old/x/y.sh" in lines and lines[lines.index("--- a/old/x/y.sh") + 1] == "+++ /dev/null"
    assert original.removed(bundled({**THEN, "new/n.py": ABSENT})) == ()


def test_names_of_a_module_that_is_deleted_are_removed(tmp_path: Path) -> None:
    original = SourceFiles({"lib.py": LIB, "new.py": ABSENT}, str(tmp_path), command=True, is_version=True)
    assert original.removed(bundled({"lib.py": ABSENT, "new.py": LIB})) == ("Disc", "LIMIT", "mean")


KILLED = """
import os, pathlib, sys
from strop.runs.patching import apply as applying
from strop.runs.patching.source_files import original_from

step, begun = int(sys.argv[1]), []
def counted(self, target, real=pathlib.Path.replace):
    if ".strop-" in self.name:
        begun.append(target)
        if len(begun) > step:
            os.kill(os.getpid(), 9)
    return real(self, target)
pathlib.Path.replace = counted
original = original_from(pathlib.Path(sys.argv[2]).read_text(), pathlib.Path(sys.argv[3]))
applying.apply_files(original, original.written(sys.argv[4]), pathlib.Path(sys.argv[3]), force=True)
"""


@table("step", (1, 2))
def test_application_that_was_killed_half_way_is_done_by_the_next_one_without_force(
    record: Path, tmp_path: Path, step: int
) -> None:
    original, said = files_in(tmp_path / str(step)), tmp_path / f"{step}.json"
    said.write_text(original.to_json(record))
    command = [sys.executable, "-c", KILLED, str(step), str(said), str(record), BETTER]
    assert subprocess.run(command, check=False).returncode == -9
    assert len(contents(Path(original.root))) > len(FILES), step
    apply_files(original, original.written(BETTER), record, force=False)
    assert contents(Path(original.root)) == AFTER, step


def test_application_that_fails_half_way_leaves_everything_as_it_was(
    original: SourceFiles, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, begun = Path.replace, []

    def failing(self: Path, target: Path) -> Path:
        begun.append(target)
        if len(begun) == 3:
            raise OSError("the disk is full")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OSError, match="full"):
        apply_files(original, original.written(BETTER), record, force=False)
    monkeypatch.undo()
    assert contents(Path(original.root)) == FILES


def test_file_that_is_saved_at_the_last_moment_is_not_written_over(
    original: SourceFiles, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = applying._back_up

    def saving(*given: Any) -> None:
        real(*given)
        Path(original.root, "lib/b.py").write_text("saved")

    monkeypatch.setattr(applying, "_back_up", saving)
    with pytest.raises(ConfigurationError, match="changed just now"):
        apply_files(original, original.written(BETTER), record, force=False)
    assert contents(Path(original.root)) == {**FILES, "lib/b.py": "saved"}


def test_application_goes_on_where_the_disk_was_too_full_to_undo_one(
    original: SourceFiles, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def failing(self: Path, target: Path | int) -> Path:
        if isinstance(target, int) or target.name == "b.py":
            monkeypatch.setattr(Path, "chmod", failing)
            raise OSError("the disk is full")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OSError, match="full") as raised:
        apply_files(original, original.written(BETTER), record, force=False)
    assert "a.py could not be restored: apply again" in raised.value.__notes__[0]
    assert contents(Path(original.root)).items() >= {**FILES, "a.py": "a = 2\n"}.items()
    monkeypatch.undo()
    apply_files(original, original.written(BETTER), record, force=False)
    assert contents(Path(original.root)) == AFTER
    assert all("a = 1\n" in map(Path.read_text, backup.rglob("*.py")) for backup in record.glob(f"{BACKUP}-*"))


def test_files_of_git_are_not_written_though_the_record_names_them(original: SourceFiles, record: Path) -> None:
    for path in (".git/config", ".GIT/config", ".git"):
        made = replace(original, files={path: "", "a.py": "a = 1\n"})
        with pytest.raises(ConfigurationError, match=f"{path} lies in a folder of git's"):
            apply_files(made, {path: "evil", "a.py": "a = 2\n"}, record, force=True)
    assert contents(Path(original.root)) == FILES


def test_second_application_at_once_is_refused_and_the_first_one_is_whole(
    original: SourceFiles, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def at_once(self: Path, target: Path) -> Path:
        with pytest.raises(ConfigurationError, match=r"another strop is applying a patch in .*mine; try again"):
            apply_files(original, {"a.py": "a = 3\n"}, record, force=True)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", at_once)
    assert len(apply_files(original, original.written(BETTER), record, force=True)) == 3
    assert contents(Path(original.root)) == AFTER


def evaluated(solution: str | None, value: float, scope: str = "improve/u-1#0") -> Evaluated:
    return records.evaluated(solution, value, scope, scores=(value,))


START = evaluated(of_seed("seed\n").program, 0.5, "original/train")


def test_best_so_far_is_the_candidate_with_the_highest_mean_and_none_where_none_beats_the_original() -> None:
    seen = [evaluated("a", 0.4), evaluated("b", 0.7), evaluated(None, 0.9), evaluated("d", 0.9, "improved/train")]
    lucky = [evaluated("c", 1.0), evaluated("c", 0.0), evaluated("c", 0.2)]
    assert Standings([START, *seen, *lucky]).best == "b"
    assert Standings([START, evaluated("a", 0.5), evaluated("seed\n", 0.8), *lucky]).best is None
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):  # equally good: the shortest, whichever was evaluated first
        equal = [evaluated("long program", 0.7), evaluated("b", 0.7), evaluated("c", 0.7)]
        assert Standings([START, *(equal[number] for number in order)]).best == min("bc", key=digest_of), order


def a_is(value: int) -> str:
    return BETTER.replace("a = 2", f"a = {value}")


def test_best_so_far_is_in_the_record_from_the_moment_it_was_evaluated_until_its_mean_is_lower(
    original: SourceFiles, record: Path
) -> None:
    best, start = BestSoFar(record, original), evaluated(original.program, 0.5, "original/train")
    best(start)
    best(evaluated("=== file: ../../x ===\nno program\n", 0.9))
    assert not (record / BEST).exists()
    best(evaluated(BETTER, 0.6))
    text = (record / BEST).read_bytes().decode()
    assert text == original.diff(BETTER) and "+++ b/lib/new.py" in text
    for value, score, now in ((3, 0.5, 2), (4, 0.7, 4), (4, 0.2, 2), (5, 0.55, 2)):
        best(evaluated(a_is(value), score))
        assert f"+a = {now}" in (record / BEST).read_text(), (value, score)
    again = BestSoFar(record, original, [start, evaluated(BETTER, 0.8), evaluated(a_is(6), 0.51)])
    again(evaluated(a_is(5), 0.7))
    assert "+a = 2" in (record / BEST).read_text()
    again = BestSoFar(record, original, [start, evaluated(BETTER, 0.8)])
    again(evaluated(BETTER, 0.1))
    assert not (record / BEST).exists()


def test_best_so_far_is_whole_at_every_moment(original: SourceFiles, record: Path) -> None:
    best, torn, done = BestSoFar(record, original), [], threading.Event()
    best(evaluated(original.program, 0.0, "original/train"))
    best(evaluated(BETTER, 0.01))
    whole = {original.diff(BETTER.replace("= 2", f"= {n}")) for n in range(2, 60)}

    def look() -> None:
        while not done.is_set():
            if (text := (record / BEST).read_bytes().decode()) not in whole:
                torn.append(text)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for n in range(2, 60):
            best(evaluated(BETTER.replace("= 2", f"= {n}"), n / 100))
            assert (record / BEST).is_file()
    finally:
        done.set()
        thread.join()
    assert not torn


def test_program_of_a_record_may_not_add_files_whatever_the_record_allows(original: SourceFiles) -> None:
    forged = original_from(json.dumps(json.loads(original.to_json(Path())) | {"new_files": ["**"]}), Path())
    for path in ("src/x", ".git/commondir"):
        with pytest.raises(Malformed, match=f"'{path}' may not be changed; what may is a.py, lib/b.py"):
            forged.written(f"{BETTER}=== file: {path} ===\nx\n")


def test_original_is_the_same_when_it_is_read_from_a_record_which_names_only_its_own_folder(
    original: SourceFiles, record: Path, tmp_path: Path
) -> None:
    assert original_from(original.to_json(record), record) == original
    odd = tmp_path / "odd\tname.py"
    odd.write_bytes(b"x = 1\r\n")
    assert original_from(of_file(odd, tmp_path).to_json(record), record) == of_file(odd, tmp_path)
    assert original.root.startswith("/") and str(Path(original.root).parent) not in original.to_json(record)
    files = ("{}", '{"a\\u0000b": ""}', '{"../x": ""}', '{"a/../../x": ""}, "command": true')
    for text in ("", "[]", "{}", *(f'{{"files": {each}}}' for each in files)):
        with pytest.raises(StoreError, match="does not name the files"):
            original_from(text, Path())


def test_patch_is_named_from_where_the_user_stands_else_from_gits_root_else_from_the_folder(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home" / "code", tmp_path / "elsewhere"
    home.mkdir(parents=True)
    elsewhere.mkdir()
    (home / "x.py").write_text("x = 1\n")
    assert "--- a/code/x.py\n" in of_file(home / "x.py", tmp_path / "home").diff("x = 2\n")
    assert "--- a/x.py\n" in of_file(home / "x.py", elsewhere).diff("x = 2\n")
    (tmp_path / "home/.git").mkdir()
    assert "--- a/code/x.py\n" in of_file(home / "x.py", elsewhere).diff("x = 2\n")
