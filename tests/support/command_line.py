"""Call the command line in a new process, or in this one, which saves the start of an interpreter."""

from __future__ import annotations

import linecache
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile

from strop.cli.app import main
from strop.store.key import KEY_BYTES
from strop.tasks.registry import PAPER
from support.processes import ended

DOUBLING = """import strop

def sample(rng):
    return {"x": float(rng.random())}

def score(instance, answer):
    return max(0.0, 1 - abs(2 * instance["x"] - float(answer)))

task = strop.Task(name="doubling", instances=4, test_instances=6,
    sample=sample, score=score, seed="def algorithm(x):\\n    return x\\n")
"""
"""The file of a small task."""


KEY = b"one key for the runs of all tests"[:KEY_BYTES]


def environment(home: Path) -> dict[str, str]:
    """The environment of a command: what it needs, and nothing else of this process.

    The machine has a key already, always the same: a run with a seed, and so what its offline proposer answers, is then the same
    in every test session.
    """
    key = home / "data" / "strop" / "key"
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True)
        key.touch(mode=0o600)
        key.write_bytes(KEY)
    # Writing a page at the end of every run would take longer than many of the runs.
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "COLUMNS": "80",
        "OPENBLAS_THREAD_TIMEOUT": "4",  # as in `strop`, and in the process of the tests
        "STROP_NO_REPORT": "1",
        "STROP_MODEL": "offline",  # no key, no network; tests of other models name them
        "STROP_WORKERS": "1",  # the record does not depend on it, and each more takes a second of CPU to start
    }


def run_process(*arguments: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`strop ARGUMENTS` as people run it."""
    return ended([sys.executable, "-m", "strop", *arguments], cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL)


INSTANCES = {"instances": 4, "test_instances": 6}
"""Numbers of instances of a small task."""


def run_small(*arguments: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`run_here` where every built-in task has few instances: a tiny run then makes a tenth of the evaluations. A process that
    resumes its record would find other instances."""
    builders = dict(PAPER)
    assert isinstance(PAPER, dict)
    PAPER.update({name: lambda make=make: replace(make(), **INSTANCES) for name, make in builders.items()})
    try:
        return run_here(*arguments, cwd=cwd, env=env)
    finally:
        PAPER.update(builders)


def run_here(*arguments: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`run_process` in this process, for tests of what a command prints and writes. Call it from the main thread.

    Signals, streams and the order of imports are not those of a new process.
    """
    with TemporaryFile() as out, TemporaryFile() as err:
        with chdir(cwd), _process_state(cwd, env), _streams(out.fileno(), err.fileno()):
            code = _exit_code(arguments)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(["strop", *arguments], code, *texts)


def _exit_code(arguments: tuple[str, ...]) -> int:
    try:
        main(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter ends a process
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _process_state(cwd: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Restore what a command may change of its process."""
    variables, path, modules = dict(os.environ), list(sys.path), set(sys.modules)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    os.environ.clear()
    os.environ.update(env)
    for group in ("list", "reproduce"):  # cyclopts keeps the width of the first help text of an App
        sys.modules.pop(f"strop.cli.commands.{group}", None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(variables)
        sys.path[:] = path
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(str(cwd)):  # a task of the test
                del sys.modules[name]
        linecache.clearcache()


@contextmanager
def _streams(out: int, err: int) -> Iterator[None]:
    """Replace the descriptors and streams of standard input, output and error by an empty file and these two."""
    with ExitStack() as undo, Path(os.devnull).open("rb") as nothing:
        for standard, file in ((0, nothing.fileno()), (1, out), (2, err)):
            original = os.dup(standard)
            undo.callback(os.close, original)
            undo.callback(os.dup2, original, standard)
            os.dup2(file, standard)
        streams = sys.stdin, sys.stdout, sys.stderr
        sys.stdin, sys.stdout, sys.stderr = (
            open(descriptor, mode, closefd=False, encoding="utf-8")  # noqa: SIM115
            for descriptor, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.stdin, sys.stdout, sys.stderr = streams
