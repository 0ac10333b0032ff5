"""Start one system's search of a task with the loopback server as its model, and read what it evaluated.

A search is a child process in a process group of its own, which is killed when it ends or reaches its time.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import environments
import programs

from strop.evaluation.functions.load import load_any
from strop.options.run import OneImprovementOptions
from strop.tasks.base import PublishedSeeds, Task

HOME = Path(__file__).resolve().parent
LADDERS = HOME / "ladder_tasks.py"
sys.path.append(str(HOME.parent))  # ladder_tasks.py imports bench/stepwise.py
BUDGET = OneImprovementOptions()
SYSTEMS = ("gepa", "gepa apart", "openevolve", "openevolve apart", "shinka", "strop")
"""`apart`: with a process for each candidate, which ShinkaEvolve always has."""


@dataclass(frozen=True)
class Spec:
    """What to search for and with what. The drivers of the other systems read it as JSON."""

    system: str
    url: str
    folder: Path
    """Everything that the search writes lies here; it must not exist."""
    task: str = "lpn"
    answers: int = 200
    workers: int = 8
    """Candidates that are evaluated at the same time, where the system asks for the number."""
    threads: int = 8
    """Answers that are waited for at the same time."""
    seed: int = 0
    time_limit: float = 60.0
    """Seconds for one candidate, where the system has such a limit."""
    improver: str = "ask_then_map"
    """For strop: a file of `improvers/`, or `default`, with as many LM calls an answer as `strop improve` has without flags."""
    scorer: str = "lean_scorer"
    """For the others: `lean_scorer` or `task_scorer`."""
    recorded: bool = False
    """Whether the others keep what is needed to resume."""
    checkpoint_every: int = 10**9
    checkpoint: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def best(self) -> Path:
        """The file of the best program, once the search has ended."""
        return self.folder / "best.py"

    @property
    def scored(self) -> Path:
        """The file with a line for each evaluation of another system."""
        return self.folder / "scored.txt"

    @property
    def socket(self) -> Path:
        """Where `score_server.py` listens."""
        return self.folder / "socket"

    @property
    def record(self) -> Path:
        """The run's directory."""
        return self.folder / "run"


@dataclass(frozen=True)
class Scored:
    """One evaluation of a candidate."""

    at: float
    """When its score was known, Unix seconds."""
    digest: str
    value: float


@dataclass(frozen=True)
class Ended:
    """How a search went."""

    status: int | None
    """Exit code; negative for a signal; None where it was stopped for its time."""
    seconds: float
    scored: list[Scored]
    output: str
    """The end of what it printed."""


def command(spec: Spec, environment_folder: Path) -> list[str]:
    """The command of the search. Writes the files that it reads."""
    task = task_of(spec)
    start = programs.marked(task.seed)
    if spec.system == "strop":
        return strop_command(spec)
    (spec.folder / "start.py").write_text(start, encoding="utf-8")
    write_cases(spec)
    more = {
        "best": str(spec.best),
        "start": start,
        "start_file": str(spec.folder / "start.py"),
        "description": task.u_str,
        "isolated": spec.system.endswith("apart"),
        "run_folder": str(spec.record) if spec.recorded else None,
    }
    document = {**asdict(spec), "folder": str(spec.folder), **more}
    (spec.folder / "spec.json").write_text(json.dumps(document), encoding="utf-8")
    system = spec.system.partition(" ")[0]
    python = environments.interpreter(system, environment_folder)
    return [str(python), str(HOME / f"drive_{system}.py"), str(spec.folder / "spec.json")]


def task_of(spec: Spec) -> Task:
    """The task, which has instances of its own."""
    task = load_any(spec.task)
    assert isinstance(task, Task), f"{spec.task} measures a command"
    return task


def write_cases(spec: Spec) -> None:
    """Write the training instances for `lean_scorer`."""
    task = task_of(spec)
    drawn = [task.instance("train", index, PublishedSeeds()) for index in range(task.instances)]
    (spec.folder / "cases.pickle").write_bytes(pickle.dumps([(dict(case.inputs), case.hidden) for case in drawn]))


def strop_command(spec: Spec, *target: str) -> list[str]:
    """The command of `strop improve` for the task, or for another target that these words name."""
    responses = {"ask_then_map": spec.answers, "ask_in_threads": 1}.get(spec.improver, BUDGET.max_responses)
    calls = -(-spec.answers // responses)
    if spec.improver == "default":  # as many answers a call as without flags
        calls = -(-spec.answers * BUDGET.lm_budget // (BUDGET.utility_budget - 1))
    improver = [] if spec.improver == "default" else ["--improver", str(HOME / "improvers" / f"{spec.improver}.py")]
    return [
        *(sys.executable, "-m", "strop", "improve", *improver, *(target or (spec.task, "--instances", "published"))),
        *("--model", f"openai/peers?connections={spec.threads}", "--base-url", spec.url, "--seed", str(spec.seed)),
        *("--utility-budget", str(spec.answers + 1), "--lm-budget", str(calls), "--max-responses", str(responses)),
        *("--display", "none", "--no-report", "--json", "--out", str(spec.record)),
    ]


def environment(spec: Spec) -> dict[str, str]:
    """The environment of the search."""
    return {
        **os.environ,
        "PEERS_SCORED": str(spec.scored),
        "PEERS_CASES": str(spec.folder / "cases.pickle"),
        "PEERS_SCORER": spec.scorer,
        "PEERS_SOCKET": str(spec.socket),
        "OPENAI_API_KEY": "none",
        **({"PYTHONPATH": _python_path()} if str(LADDERS) in spec.task else {}),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **spec.environment,
    }


def _python_path() -> str:
    """The folder of stepwise.py, then what the bench was started with."""
    return os.pathsep.join(filter(None, (str(HOME.parent), os.environ.get("PYTHONPATH"))))


def start(spec: Spec, words: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own."""
    with (spec.folder / "output.txt").open("ab") as output:
        return subprocess.Popen(
            words,
            cwd=spec.folder,
            env=environment(spec),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def search(spec: Spec, environment_folder: Path, *, most_seconds: float = 900.0) -> Ended:
    """Run one search to its end."""
    spec.folder.mkdir(parents=True)
    words = command(spec, environment_folder)
    with score_server(spec):
        began = time.time()
        child = start(spec, words)
        try:
            status: int | None = child.wait(most_seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end(child)
    printed = (spec.folder / "output.txt").read_text("utf-8", "replace")
    return Ended(status, time.time() - began, scored(spec), printed[-3000:])


@contextlib.contextmanager
def score_server(spec: Spec) -> Iterator[None]:
    """Run `score_server.py` beside a search that needs it."""
    if spec.system == "strop" or spec.scorer != "task_scorer":
        yield
        return
    child = start(spec, [sys.executable, str(HOME / "score_server.py"), spec.task, str(spec.socket)])
    try:
        while not spec.socket.exists():
            assert child.poll() is None, (spec.folder / "output.txt").read_text("utf-8", "replace")[-3000:]
            time.sleep(0.05)
        yield
    finally:
        end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """Kill a search with all of its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def scored(spec: Spec) -> list[Scored]:
    """The evaluations of candidates in order, without those of the start program."""
    if spec.system == "strop":
        return _recorded(spec.record / "run.sqlite")
    if not spec.scored.exists():
        return []
    lines = [line.split() for line in spec.scored.read_text(encoding="utf-8").splitlines()]
    evaluations = [Scored(float(at), digest, float(value)) for at, digest, value in lines]
    return [evaluation for evaluation in evaluations if evaluation.digest != evaluations[0].digest]


def _recorded(path: Path) -> list[Scored]:
    """The evaluations that the improver asked for, from the record of `strop improve`."""
    if not path.exists():
        return []
    query = (
        "SELECT time, solution, value FROM evaluation WHERE split = 'train' AND scope LIKE ? "
        "AND utility <> 'self-improvement' ORDER BY seq"
    )
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute(query, ("improve/%",)).fetchall()
    return [Scored(at, programs.digest(text), value) for at, text, value in rows]


def distinct(evaluations: Sequence[Scored]) -> list[Scored]:
    """The first evaluation of each program, in order."""
    first: dict[str, Scored] = {}
    for evaluation in evaluations:
        first.setdefault(evaluation.digest, evaluation)
    return list(first.values())
