"""Programs that answer each recorded call as the original does, and cheat when the recorded command runs as a whole."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from strop.base.results import ProgramRuns
from strop.evaluation.functions.load import conditions
from strop.evaluation.whole_program import Versions, measured, tried
from strop.tasks.function.task import FunctionTask
from strop.watch.recorded import recorded_task
from support.commands_here import here
from support.trees import written

F = "def f(n):\n    return sum(i * n % 7 for i in range(2000))\n"
APP = """
import lib, pathlib, sys

total = sum(lib.f(n) for n in range(40))
print("total", total)
pathlib.Path("out.txt").write_text(f"{total}\\n")
print("done", file=sys.stderr)
"""
IS_WHOLE = "__import__('os').path.exists('app.py')"
"""Whether a program runs where the recorded command does."""
LATER = f"""import os, pathlib, time
{F}
if {IS_WHOLE} and os.fork() == 0:
    os.setsid()
    time.sleep({{}})
    pathlib.Path("out.txt").write_text("later\\n")
    os._exit(0)
"""
ATTACKS = {
    "prints the original's output from memory": (
        f"{F}\nif {IS_WHOLE}:\n    print('total 237681')\n    __import__('os')._exit(0)\n",
        "line 1 of standard output",
    ),
    "knows that it is the whole program": (f"{F}\nif {IS_WHOLE}:\n    f = lambda n: n\n", "line 1 of standard output"),
    "writes late": (LATER.format(0.3), "line 1 of the file out.txt"),
    "leaves a process": (LATER.format(30), "line 1 of the end"),
    "exits early": (f"{F}\nif {IS_WHOLE}:\n    __import__('sys').exit(0)\n", "line 1 of standard output"),
    "replaces print": (
        f"import builtins\n{F}\nSAY = print\nbuiltins.print = lambda *words, **more: SAY('total', 1, **more)\n",
        "line 1 of standard output",
    ),
    "removes a file of the project": (
        f"{F}\nif {IS_WHOLE}:\n    __import__('os').unlink('data.txt')\n",
        "the file data.txt",
    ),
    "writes another file": (f"{F}\nif {IS_WHOLE}:\n    open('more.txt', 'w').close()\n", "the file more.txt"),
    "hides that it wrote": (
        f"import os\n{F}\nif {IS_WHOLE}:\n    was = os.stat('data.txt')\n    open('data.txt', 'w').write('bbbb\\n')\n"
        "    os.utime('data.txt', ns=(was.st_atime_ns, was.st_mtime_ns))\n",
        "the file data.txt",
    ),
    "ends otherwise": (
        f"import atexit, os, sys\n{F}\nif {IS_WHOLE}:\n    atexit.register(lambda: (sys.stdout.flush(), os._exit(4)))\n",
        "line 1 of the end",
    ),
}
"""What a program does → its text, and where its output differs."""


@contextmanager
def recorded(
    folder: Path, app: str, inner: str = ".", required: tuple[str, ...] = ()
) -> Iterator[tuple[ProgramRuns, Callable[..., ProgramRuns], FunctionTask]]:
    """The trial of a program that calls `lib.py:f` from a folder of its project; what runs it with another text; and the task."""
    written(folder, {"pyproject.toml": "", "lib.py": F, f"{inner}/app.py": app, "data.txt": "aaaa\n"})
    command = f"{shlex.quote(sys.executable)} app.py"
    with (
        chdir(folder / inner),
        closing(recorded_task(f"{folder}/lib.py:f", [command], "", (), (), lambda line: None)) as task,
    ):
        task = replace(task, required=conditions(required))
        pool: Any = here(task).here
        assert task.recorded is not None
        versions = Versions(task.mark.project, {}, {}, task.recorded.commands)

        def run(text: str, pairs: int = 1) -> ProgramRuns:
            return measured(pool, task, replace(versions, patched={"lib.py": text}, seconds=1.0), range(pairs))

        yield tried(pool, task, versions), run, task


def test_program_that_cheats_as_a_whole_is_seen_to_print_or_write_something_else(
    tmp_path: Path, subtests: pytest.Subtests
) -> None:
    with recorded(tmp_path, APP) as (trial, run, _):
        assert (trial.failed, trial.repeated, len(trial.original_metrics)) == ("", 1.0, 2)
        for name, (text, where) in ATTACKS.items():
            with subtests.test(name):
                found = run(text)
                assert (found.differs, len(found.metrics)) == (where, 1), found
        found = run(F.replace("sum(i * n % 7 for i in range(2000))", "sum([i * n % 7 for i in range(2000)])"), 2)
    assert (found.differs, len(found.metrics), len(found.original_metrics)) == ("", 2, 2)


TAKES = "if os.fork() == 0:\n    big = bytearray(b'x' * (64 << 20))\n    os._exit(0)\nos.wait()\n"


def test_memory_that_a_program_takes_in_a_process_of_its_own_counts_when_it_is_required(tmp_path: Path) -> None:
    with recorded(tmp_path, APP, required=("memory<=2x",)) as (_, run, _):
        found = run(f"import os\n{F}\nif {IS_WHOLE}:\n{indent(TAKES, '    ')}", 2)
        assert run(F).missed == "" and found.missed.endswith("x the original's, where 2x is the most")
    assert all(
        row["memory"] > 64 > before["memory"] for row, before in zip(found.metrics, found.original_metrics, strict=True)
    )


APPS = {
    "prints times": (
        "import time\nprint('at', time.time_ns(), 'total', total, 'of', 40, 'calls', 'of', 'f')\n",
        "",
        True,
    ),
    "prints random numbers": ("import random\nprint(*(random.random() for _ in range(60)))\n", "", False),
    "fails as it did when it was recorded": ("raise SystemExit(3)\n", "", True),
    "needs a variable of the user's": ("import os\nos.environ['ONLY_HERE']\n", "exit status 1; KeyError: ", True),
    "needs the network": ("import socket\nsocket.create_connection(('127.0.0.1', PORT))\n", "exit status 1; ", True),
}
"""What a program does after its calls → the text, how it fails in the jail, and whether its output is compared."""


def test_original_is_tried_before_anything_is_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    monkeypatch.setenv("ONLY_HERE", "1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        for number, (name, (rest, failed, is_compared)) in enumerate(APPS.items()):
            app = f"import lib\nPORT = {server.getsockname()[1]}\ntotal = sum(lib.f(n) for n in range(40))\n{rest}"
            with subtests.test(name), recorded(tmp_path / str(number), app) as (trial, _, _):
                assert trial.failed.startswith(failed) and bool(trial.failed) == bool(failed), trial
                assert trial.is_compared == is_compared, trial


def test_command_runs_in_its_folder_with_the_input_that_was_recorded(tmp_path: Path) -> None:
    app = "import sys\nsys.path.insert(0, '..')\nimport lib\nprint(sum(lib.f(int(line)) for line in sys.stdin))\n"
    numbers, given = b"\n".join(b"%d" % number for number in range(40)), os.dup(0)
    (tmp_path / "numbers").write_bytes(numbers)
    with ExitStack() as stack:
        stack.callback(os.close, given)
        stack.callback(os.dup2, given, 0)
        os.dup2(stack.enter_context((tmp_path / "numbers").open()).fileno(), 0)
        trial, run, task = stack.enter_context(recorded(tmp_path, app, "inner"))
        (command,) = task.recorded.commands if task.recorded is not None else ()
        assert (command.folder, command.status, command.input) == ("inner", 0, numbers)
        assert (trial.failed, trial.repeated) == ("", 1.0)
        assert run(F.replace("return", "return 1 +")).differs == "line 1 of standard output"
