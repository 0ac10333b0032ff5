"""docs/tutorial.md and docs/how-to/faster-function.md as a reader would walk them: files and commands as printed, from an empty
folder."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from plain_install import blocks

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL, PAGE = ((DOCS / name).read_text("utf-8") for name in ("tutorial.md", "how-to/faster-function.md"))
(RESPONSE,) = re.findall(r"^````markdown\n(.*?)^````$", TUTORIAL, re.DOTALL | re.MULTILINE)
PYTHON = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}


def files_of(page: str, folder: Path) -> None:
    for name, text in re.findall(r"```python\n# (\S+)\n(.*?)```", page, re.DOTALL):
        (folder / name).write_text(text)


def commands_of(name: str) -> list[str]:
    return [command for block in blocks(DOCS / name) for command in block if not command.startswith("uv ")]


@pytest.mark.slow
def test_tutorial_ends_in_an_applied_patch_and_prints_what_it_says(strop: Any, tmp_path: Path) -> None:
    files_of(TUTORIAL, tmp_path)
    (tmp_path / "response.md").write_text(RESPONSE)
    *commands, compared = commands_of("tutorial.md")
    said = ""
    for command in commands:
        words, _, file = command.partition(" > ")
        ended = strop(*shlex.split(words.replace("$PWD", str(tmp_path)))[1:], **PYTHON)
        assert ended.returncode == 0, f"$ {command}\n{ended.stdout}{ended.stderr}"
        (tmp_path / (file or "printed")).write_text(ended.stdout)
        said += ended.stdout + ended.stderr
    for line in re.findall(r"^(?:strop: .*|strop improve .*|tests: .*)$", TUTORIAL, re.MULTILINE):
        assert line in said.splitlines(), line
    assert re.search(
        r"^Better: `python app.py` takes .* less CPU .*\n  function .*, on 50 held-out calls of `python app.py` in 8 batches$",
        said,
        re.MULTILINE,
    ), said
    assert "places" in (tmp_path / "app.py").read_text()
    ended = subprocess.run(compared, shell=True, cwd=tmp_path, env=os.environ | PYTHON, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "")


@pytest.mark.slow
def test_every_command_of_the_page_works_and_the_marked_function_ends_in_a_patch(strop: Any, tmp_path: Path) -> None:
    files_of(TUTORIAL, tmp_path)
    files_of(PAGE, tmp_path)
    (tmp_path / "responses.jsonl").write_text(json.dumps(RESPONSE.partition("\n\n\ndef nearest")[0] + "\n```\n") + "\n")
    least = ["--model", "scripted:responses.jsonl", "--lm-budget", "1", "--max-responses", "1", "--utility-budget", "2"]
    said = ""
    for command in commands_of("how-to/faster-function.md"):
        words = shlex.split(re.sub(" > .*", "", command))[1:]
        only_planned = words[0] == "improve" and "nearest" in command  # the tutorial makes this search
        ended = strop(*words, *(least if words[0] == "improve" else []), *["--dry-run"] * only_planned, **PYTHON)
        assert ended.returncode == 0, f"$ {command}\n{ended.stdout}{ended.stderr}"
        said += ended.stdout
    assert re.search(
        r"^Better: .*x as fast .*\n  .*x as fast .* of CPU time, on \d+ held-out calls in \d+ batches",
        said,
        re.MULTILINE,
    )
    assert "places" in (tmp_path / "words.py").read_text()


SUM = "def work(n):\n    return sum(range(9000 + n))\n"
CHANCE = f"import random\n{SUM}".replace("return ", "return random.random(), ")
STATE = "SEEN = []\ndef work(n):\n    SEEN.append(n)\n    return len(SEEN)\n"
OPTIONS = "class Options:\n    log = None\ndef work(options):\n    return 1\n"
NESTED = "def outer(n):\n    def work(n):\n        return n\n    return work(n)\n"
CALLS = "for n in range(60):\n    lib.work(n)\n"
REFUSED = {
    "too little to compare (0.4 ms are needed: 10 times a message that makes no call)": (
        "def work(n):\n    return n\n",
        CALLS,
    ),
    "1 different call of 1 can be used, and 12 are needed": (SUM, "lib.work(1)\n"),
    "for 60: the original gives another outcome than in the run": (CHANCE, CALLS),
    "for 32: the original gives another outcome when it runs again": (STATE, CALLS),
    "cannot be pickled: options['a'].log is a generator": (
        OPTIONS,
        "o = lib.Options()\no.log = (x for x in 'a')\nlib.work({'a': o})\n",
    ),
    "larger than 8 MiB": ("def work(data):\n    return len(data)\n", "lib.work(bytes(9 << 20))\n"),
    "was not read to its end": ("def work(n):\n    yield n\n    yield n\n", "next(lib.work(1))\n"),
    "returns an iterator, which is read later": (
        "def work(n):\n    return iter(f'{n}')\n",
        "list(lib.work(1))\n",
    ),
    "it is an async generator, which strop does not record": ("async def work(n):\n    yield n\n", "lib.work(1)\n"),
    "the module defines no such function at its top level or in a class": (NESTED, "lib.outer(1)\n"),
    "starts no Python that strop can watch": (SUM, ""),
    "loads lib from …, not from src/lib.py; install the project with pip install -e .": (SUM, CALLS),
    "loads lib.py but never calls work": (SUM, ""),
    "the command failed (it ended with status 3); the calls that it made until then are recorded": (
        SUM,
        f"{CALLS}raise SystemExit(3)\n",
    ),
}
"""What the table says that strop prints → a module, and what a program does with it."""


def test_table_of_the_page_has_every_refusal_that_is_tried_here() -> None:
    table = PAGE.partition("## What is refused")[2].partition("\n## ")[0]
    assert re.findall(r"^\| (.*?) \|", table, re.MULTILINE)[1:] == [*REFUSED]


@pytest.mark.slow
@pytest.mark.parametrize("words", REFUSED)
def test_refusal_of_the_page_is_what_strop_prints(words: str, strop: Any, tmp_path: Path) -> None:
    module, program = REFUSED[words]
    name = "outer.work" if module is NESTED else "work"
    folder = tmp_path / "src" if "src/" in words else tmp_path
    for path in {folder / "lib.py", tmp_path / "lib.py"}:
        path.parent.mkdir(exist_ok=True)
        path.write_text(module)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "app.py").write_text(f"import lib\n{program}")
    command = f"{sys.executable} {'-S ' * ('no Python' in words)}app.py"
    ended = strop("check", f"{(folder / 'lib.py').relative_to(tmp_path)}:{name}", "--record", command)
    expected = re.sub(r"\d+(\\\.\d+)?", r"[\\d.]+", ".*".join(map(re.escape, words.split("…"))))
    assert re.search(expected, " ".join((ended.stdout + ended.stderr).split())), ended.stdout + ended.stderr
    assert ended.returncode == (0 if "failed" in words else 5 if "too little" in words else 2)
