"""The files that a model is shown beside the program: what measures it, and what it includes and may not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.tasks.command.config import command_task
from support.rows import table
from support.trees import written


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "src/a.c": '#include <stdio.h>\n#include "a.h"\n# include "../lib/deep.h"\n#include "none.h"\nint a;\n',
        "src/a.h": "typedef long number;\n",
        "lib/deep.h": '#include "deeper.h"\n',
        "lib/deeper.h": "#define DEEPER 1\n",
        "bench.c": "int main(void) { return 0; }\n",
        "Makefile": "bench: bench.c src/a.c\n",
    }
    return written(tmp_path, files)


def told(tree: Path, files: list[str] | None = None) -> str:
    return command_task(tree, command="./bench {seed}", build="make", files=files or ["src/a.c"], score=["time"]).u_str


def test_prompt_shows_the_headers_that_a_c_program_includes_itself(tree: Path) -> None:
    words = told(tree)
    assert "What it uses and may not change, src/a.h:\ntypedef long number;\n" in words
    assert "What it uses and may not change, lib/deep.h:\n" in words
    assert "none.h" not in words and "DEEPER" not in words


def test_prompt_names_the_headers_that_it_does_not_show(tree: Path) -> None:
    for number in range(6):
        (tree / "src" / f"h{number}.h").write_text("int x;\n" * 5000)
    (tree / "src" / "a.c").write_text("".join(f'#include "h{number}.h"\n' for number in range(6)))
    words = told(tree)
    assert words.count("[... cut]") == 3 and len(words) < 25_000
    assert "What it uses and may not change, and is not shown: src/h3.h, src/h4.h, src/h5.h." in words


@pytest.mark.parametrize("link", ["src/a.h", "lib"])
def test_prompt_shows_no_file_that_a_link_leads_to(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, link: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "deep.h").write_text("secret\n")
    (tree / "src" / "a.h").unlink()
    (tree / "lib").rename(tree / "other")
    (tree / link).symlink_to(outside if link == "lib" else outside / "deep.h")
    assert "secret" not in told(tree)


@table(
    ("program", "text", "others"),
    [
        ("pack/main.py", "from .near import N\nimport far\n", {"pack/near.py": "N = 1", "far.py": "FAR = 2"}),
        ("a.js", "const b = require('./lib/b')\n", {"lib/b.js": "module.exports = 1"}),
    ],
)
def test_prompt_shows_the_modules_that_a_program_imports(
    tmp_path: Path, program: str, text: str, others: dict[str, str]
) -> None:
    written(tmp_path, {program: text, **others})
    words = command_task(tmp_path, command="run it", files=[program], score=["time"]).u_str
    assert all(f"may not change, {path}:\n{content}" in words for path, content in others.items())


def scored(tree: Path, command: str, build: str = "") -> str:
    return command_task(tree, command=command, build=build, files=["src/a.c"], score=["time"]).u_str


DRIVERS = {
    "a target of make": ("make -s run", "", {"Makefile": "run: all\n\t./run\nall: drive.o src/a.o\n\tcc -o run $^\n"}),
    "a makefile elsewhere": ("make -C tools run", "", {"tools/Makefile": "run: ../drive.c\n\tcc ../drive.c\n"}),
    "a script": ("sh tools/measure.sh", "", {"tools/measure.sh": "cc drive.c src/a.c -o /tmp/x && /tmp/x\n"}),
    "a script of Python": ("python3 run.py", "make", {"run.py": "import subprocess\nsubprocess.run(['./drive'])\n"}),
    "a pattern": ("./out", "make out", {"Makefile": "out:\n\tcc -o out $(wildcard driv*.c) src/a.c\n"}),
    "a script that starts another": (
        "sh one.sh",
        "",
        {"one.sh": "exec ./two\n", "two": "#!/bin/sh\nmake three\n", "Makefile": "three: drive.c\n"},
    ),
    "its library": (
        "./bench",
        "make",
        {"bench.c": '#include "drive.h"\nint main(void) {}\n', "drive.h": "void drive(void);\n"},
    ),
}


@pytest.mark.parametrize(("command", "build", "files"), DRIVERS.values(), ids=DRIVERS)
def test_prompt_shows_the_driver_that_measures_however_the_command_leads_to_it(
    tree: Path, command: str, build: str, files: dict[str, str]
) -> None:
    written(tree, {"drive.c": "int main(void) { return drive(); }\n", **files})
    words = scored(tree, command, build)
    assert "What measures it, drive.c:\nint main" in words or "What measures it, drive.h:\nvoid" in words
    assert words.count("typedef long number") == 1


def test_prompt_shows_no_data_and_not_more_than_has_room(tree: Path) -> None:
    (tree / "Makefile").write_text(
        "bench: " + " ".join(f"b{number}.c" for number in range(9)) + "\n\t./bench data.csv\n"
    )
    (tree / "data.csv").write_text("7,7\n")
    for number in range(9):
        (tree / f"b{number}.c").write_text(f"int b{number};\n" * 2000)
    words = scored(tree, "make bench")
    assert "7,7" not in words and len(words) < 25_000
    assert "What measures it, and is not shown: b2.c, b3.c," in words


@table(
    "judge",
    [
        {"judge": "python3 hidden/check.py {output} hidden/solver.py cases/{case}.txt"},
        {"judge": "test -s {output} && python3 ./hidden/check.py hidden/answers.json"},
        {"judge": "./check {output}", "judge_build": "cp hidden/check.py check"},
    ],
    ids=["named", "behind a test", "built"],
)
def test_prompt_shows_the_judges_own_source_but_no_case_and_nothing_else_that_only_the_judge_sees(
    tmp_path: Path, judge: dict[str, str]
) -> None:
    texts = {
        "hidden/solver.py": "SECRET = 1\n",
        "hidden/answers.json": '"SECRET"',
        "cases/1.txt": "SECRET",
        "cases/2.txt": "",
    }
    texts["hidden/check.py"] = "import solver\nprint(open('answers.json'), 'the distance counts')\n"
    written(tmp_path, texts)
    (tmp_path / "main.py").write_text("from solver import solve\nfrom check import x\nprint(open('1.txt').read())\n")
    given = {"command": "python3 main.py {input}", "files": ["main.py"], "score": ["$.x"], "metric": ["x:max"]}
    given |= {"judge_files": ["hidden/*"], "cases": "cases/*.txt", **judge}
    task = command_task(tmp_path, **given)
    assert "SECRET" not in task.u_str
    assert "What scores it, hidden/check.py:\nimport solver\n" in task.u_str
    assert "the distance counts" not in command_task(tmp_path, **given, description="Find a way.").u_str
