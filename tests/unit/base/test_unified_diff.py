"""Diffs of several files, with every kind of line end, through the programs that people apply them with."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.base.unified_diff import as_written, plain_text, unified_files
from support.trees import contents, written

ALONE = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
"""An environment in which git does not read how its user wants changes applied."""
BEFORE = {
    "lib/a.py": "one\ntwo\nthree\n",
    "lib/crlf.txt": "one\r\ntwo\r\nthree",
    "b b.c": "int main;\n",
    "same.txt": "as it was\n",
    "mixed.txt": "a\r\nb\nc\r\n",
    "lib/new/file.py": "",
    'in/a folder/odd "quoted".py': "a\n",
    "naïve.py": "a\x0c\u2028b\n@@ -1 +1 @@\n",
    "tab\there.py": "\\\n-- a\r",
}
AFTER = {
    **BEFORE,
    "lib/a.py": "one\n2\nthree\n",
    "lib/crlf.txt": "one\r\nzwei\r\nthree\r\nfour",
    "b b.c": "int main(void);\n",
    "mixed.txt": "a\r\nB\nc\r\n",
    "lib/new/file.py": "made\n",
    'in/a folder/odd "quoted".py': "b\n",
    "naïve.py": "a\x0c\u2028c\n@@ -1 +1 @@\n\n",
    "tab\there.py": "\\\n++ a\r",
}


def test_diff_of_several_files_gives_every_byte_when_it_is_applied(tmp_path: Path) -> None:
    commands = (["patch", "-p1", "--binary", "-s"], ["git", "apply", "-"])
    for command in filter(lambda command: shutil.which(command[0]), commands):
        for in_git in (True, False) if shutil.which("git") else (False,):
            root = written(tmp_path / f"{command[0]}{in_git}", BEFORE)
            if in_git:
                subprocess.run(["git", "init", "-q"], cwd=root, env=ALONE, check=True)
            diff = unified_files(BEFORE, AFTER)
            assert "same.txt" not in diff
            subprocess.run(command, cwd=root, env=ALONE, input=diff.encode(), check=True, capture_output=True)
            assert contents(root) == AFTER, (command, in_git)


@pytest.mark.skipif(shutil.which("git") is None, reason="this machine lacks git")
def test_diff_applies_in_a_folder_below_the_root_of_gits_written(tmp_path: Path) -> None:
    below = written(tmp_path / "below", BEFORE)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, env=ALONE, check=True)
    diff = unified_files(BEFORE, AFTER).encode()
    subprocess.run(["git", "apply", "-"], cwd=below, env=ALONE, input=diff, check=True, capture_output=True)
    assert contents(below) == AFTER


ANY = st.text(st.sampled_from("ab \n\r\x0c\u2028+-@\\"), max_size=30)


@pytest.mark.skipif(shutil.which("patch") is None, reason="this machine lacks the program patch")
@settings(max_examples=40, deadline=None)
@given(ANY, ANY)
def test_patch_turns_the_one_into_the_other_whatever_their_lines_end_in(before: str, after: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = written(Path(folder), {"a.py": before})
        diff = unified_files({"a.py": before}, {"a.py": after})
        command = ["patch", "-p1", "--no-backup-if-mismatch", "-s"]
        subprocess.run(command, cwd=root, input=diff.encode(), check=bool(diff), capture_output=True)
        assert contents(root).get("a.py", "") == after


LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8)
ENDS = st.lists(st.sampled_from(["\n", "\r\n"]), min_size=8, max_size=8)


@given(LINES, ENDS)
def test_text_that_did_not_change_is_written_byte_for_byte_whatever_its_line_ends(
    lines: list[str], ends: list[str]
) -> None:
    text = "".join(f"{line}{end}" for line, end in zip(lines, ends, strict=False)) + "last"
    assert as_written(text.replace("\r\n", "\n"), text) == text


BLANKS = st.lists(st.sampled_from(["", " ", "\t", "\f"]), max_size=2)


@given(LINES, LINES, LINES, BLANKS, BLANKS, ENDS, st.booleans(), st.booleans())
def test_bytes_around_a_change_stay_whatever_is_lost_of_them_on_the_way(
    above: list[str], old: list[str], below: list[str], head: list[str], tail: list[str], ends: list[str],
    mark: bool, ended: bool,
) -> None:  # fmt: skip
    def written(lines: list[str], at: int) -> str:
        return "".join(f"{line}{ends[(at + number) % len(ends)]}" for number, line in enumerate(lines))

    before = ("\ufeff" if mark else "") + written([*head, "first", *above], 0)
    after = written([*below, "last"], 3) + written(tail, 1)
    after = after if ended else after.rstrip("\r\n")
    file = before + written(["old", *old], 5) + after
    answered = "\n".join(["first", *above, "new", "new", *below, "last"])  # as it is found in a response
    changed = as_written(answered, file)
    assert changed.startswith(before) and changed.endswith(after)
    assert [line.rstrip("\r") for line in changed[len(before) : len(changed) - len(after)].split("\n")] == [
        "new",
        "new",
        "",
    ]
    assert as_written(plain_text(changed), file) == changed


def test_new_line_gets_the_line_end_that_most_lines_have() -> None:
    assert as_written("a\nnew\nb\nc\n", "a\r\nb\nc\r\n") == "a\r\nnew\r\nb\nc\r\n"
    assert as_written("a\nnew\nb\nc\n", "a\r\nb\nc\n") == "a\r\nnew\nb\nc\n"
    assert as_written("x\ny\n", "a\r") == as_written("x\ny\n", "") == "x\ny\n"
