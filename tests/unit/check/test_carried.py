"""The original's program gives its place to a carrier of spoiled answers, in every language that has one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from strop.checks.answer_parts import APPLIES
from strop.checks.carried import Carriage, carried
from strop.checks.carrier import ANSWERED, ASKS, RAISES

pytestmark = pytest.mark.process
SQUARES = (
    '#include <stdio.h>\nint main(void) { int x; while (scanf("%d", &x) == 1) printf("%d\\n", x * x); return 0; }\n'
)
READ = "require('fs').readFileSync(0, 'utf8').trim().split('\\n')"
PROGRAMS = {
    "squares.sh": ("#!/bin/sh\nwhile read -r x; do echo $((x * x)); done\n", ["sh", "squares.sh"]),
    "squares.awk": ("{ print $1 * $1 }\n", ["awk", "-f", "squares.awk"]),
    "squares.pl": ('use strict; while (<STDIN>) { print $_ * $_, "\\n" }\n', ["perl", "squares.pl"]),
    "squares.js": (f"for (const x of {READ}) console.log(x * x);\n", ["node", "squares.js"]),
    "squares.c": (SQUARES, ["./squares"]),
    "squares.py": ("import sys\nfor x in sys.stdin:\n    print(int(x) ** 2)\n", ["python3", "squares.py"]),
}


def ran(file: str, name: str, variant: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the program says of the numbers 1 to 6 if this spoiler is at work in it."""
    text, command = PROGRAMS[file]
    tool = "cc" if file.endswith(".c") else command[0]
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} here")
    made = carried(name, variant, {file: text}, Carriage(streams=True))
    assert made is not None
    (folder / file).write_text(made[file])
    if tool == "cc":
        subprocess.run(["cc", "-o", "squares", file], cwd=folder, check=True)
    numbers = "".join(f"{x}\n" for x in range(1, 7))
    return subprocess.run(command, cwd=folder, input=numbers, capture_output=True, text=True, check=False)


@pytest.mark.heavy
@pytest.mark.parametrize("file", PROGRAMS)
def test_program_in_any_language_prints_its_answer_spoiled(file: str, tmp_path: Path) -> None:
    ended = ran(file, "unseen", "second half", tmp_path)
    assert ended.stdout.split() == ["1", "4", "9", "1057", "1084", "1117"], ended.stderr
    assert ended.returncode == 0


@pytest.mark.heavy
@pytest.mark.parametrize("file", PROGRAMS)
def test_program_that_is_asked_prints_what_it_did_and_says_what_applies(file: str, tmp_path: Path) -> None:
    ended = ran(file, ASKS, None, tmp_path)
    assert ended.stdout.split() == ["1", "4", "9", "16", "25", "36"], ended.stderr
    assert APPLIES in ended.stderr and ANSWERED in ended.stderr


@pytest.mark.heavy
@pytest.mark.parametrize("file", PROGRAMS)
def test_program_that_raises_prints_nothing_and_fails(file: str, tmp_path: Path) -> None:
    ended = ran(file, RAISES, None, tmp_path)
    assert ended.returncode == 1 and ended.stdout == ""


@pytest.mark.heavy
def test_file_that_a_program_writes_is_spoiled(tmp_path: Path) -> None:
    text = 'echo \'{"a": 1.5, "b": 2}\' > out.json\necho done\n'
    made = carried("emptied", "same", {"program.sh": text}, Carriage(streams=True))
    assert made is not None
    (tmp_path / "program.sh").write_text(made["program.sh"])
    subprocess.run(["sh", "program.sh"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "out.json").read_text() == "{}\n"


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("name", "variant", "left"),
    [("emptied", "same", []), ("repeated", "largest", [9.5] * 3), (ASKS, None, [2.5, 4.5, 9.5])],
)
def test_what_a_function_leaves_in_its_argument_is_spoiled(
    name: str, variant: object, left: list[float], tmp_path: Path
) -> None:
    text = "def look(items):\n    len(items)\ndef arrange(items, most):\n    items.sort()\n"
    made = carried(name, variant, {"program.py": text}, Carriage(streams=False))
    assert made is not None
    (tmp_path / "program.py").write_text(made["program.py"])
    caller = (
        "import program\nitems = [9.5, 2.5, 4.5]\nprogram.look(items)\nassert items == [9.5, 2.5, 4.5]\n"
        "program.arrange(items, most=3)\nprint(items)\n"
    )
    ended = subprocess.run([sys.executable, "-c", caller], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.stdout.strip() == str(left), ended.stderr


def test_program_whose_output_is_the_score_is_left_alone() -> None:
    assert carried("nan", "all", {"squares.c": SQUARES}, Carriage(streams=False)) is None
    assert carried("nan", "all", {"squares.rs": "fn main() {}\n"}, Carriage(streams=True)) is None
