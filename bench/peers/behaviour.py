"""What a candidate can do to each system: one hostile program among ordinary ones, in a search of eight answers.

The other systems run candidates without a jail, so every search gets a throw-away home folder, limits of memory and CPU, a parent
of its own and a process group that is killed afterwards. A fork bomb has 50 children.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import programs
from search import HOME, SYSTEMS, Scored, Spec, command, distinct, end, scored, start
from server import Server

ANSWERS = 8
HOSTILE = 2
"""The number of the answer with the hostile program."""
ORDINARY = 0.605
"""What every other program scores."""
TIME_LIMIT = 10.0
PATIENCE = 90.0
"""Seconds until a search that does not end is stopped."""
MEMORY_MB = 3000
MARK = f"peers-bomb-{os.getpid()}"
"""First word of the command line of what a hostile program starts."""

HEAD = "import os, sys\nimport numpy as np\n\n\ndef algorithm(train_samples, train_parity, test_samples):\n"
PROGRAMS = {
    "loops": "    while True:\n        pass\n",
    "forks 50 children": f"""\
    if not hasattr(os, "forked"):
        os.forked = True
        for _ in range(50):
            if os.fork() == 0:
                try:
                    os.execv(sys.executable, ["{MARK}", "-c", "import time; time.sleep(90)"])
                finally:
                    os._exit(1)
    return [0] * len(test_samples)
""",
    "eats memory": "    kept = []\n    while True:\n        kept.append(b'x' * (32 << 20))\n",
    "writes to the home folder": """\
    with open({home!r} + "/was-here", "w") as file:
        file.write("x")
    return [0] * len(test_samples)
""",
    "prints a score and exits": """\
    print('\\n{{"combined_score": 1.0}}', flush=True)
    os._exit(0)
""",
    "overwrites its result file": """\
    folder = sys.argv[sys.argv.index("--results_dir") + 1]
    os.makedirs(folder, exist_ok=True)
    open(folder + "/metrics.json", "w").write('{{"combined_score": 1.0}}')
    open(folder + "/correct.json", "w").write('{{"correct": true, "error": null}}')
    os._exit(0)
""",
    "patches the scorer": "    np.mean = lambda *values, **options: 1.0\n    return [0] * len(test_samples)\n",
    "reads the labels": """\
    frame = sys._getframe()
    while frame is not None:
        for value in frame.f_locals.values():
            if isinstance(value, np.ndarray) and value.shape == (len(test_samples),):
                return value
        frame = frame.f_back
    return [0] * len(test_samples)
""",
    "equals everything": """\
    class Answer(list):
        def __eq__(self, other):
            return True
    return Answer([0] * len(test_samples))
""",
    "kills its parent": "    os.kill(os.getppid(), 9)\n    return [0] * len(test_samples)\n",
}
"""Name → body of the function."""


@dataclass(frozen=True)
class Observation:
    """What one hostile program did to one system."""

    system: str
    program: str
    status: int | None
    """Exit code of the search; None if it was stopped after `PATIENCE` seconds."""
    result: bool
    """Whether it left a best program."""
    seconds: float
    score: float | None
    """Training score that the system has for the hostile program; None if it has none."""
    others: int
    """Ordinary programs that were scored, of 7."""
    changed: int
    """Ordinary programs with a wrong score."""
    parent_killed: bool
    left: int
    """Processes of the program that ran when the search had ended."""
    wrote: bool
    """Whether the file in the home folder exists."""
    memory_mb: int
    """Largest resident memory of a process; 0 if unknown."""

    @property
    def words(self) -> str:
        """The cell of the table."""
        faults = [
            *(["kills the user's shell"] if self.parent_killed else []),
            *(["the search never ends"] if self.status is None else []),
            *(["the search dies without a result"] if self.status is not None and not self.result else []),
            *([f"{self.others} of 7 others scored"] if self.others < 7 else []),
            *([f"{self.changed} others get a wrong score"] if self.changed else []),
            *([f"scores {self.score:.2f}"] if self.score is not None and self.score > 0.9 else []),
            *([f"{self.left} processes left"] if self.left else []),
            *(["the file is there"] if self.wrote else []),
            *([f"{self.memory_mb} MB taken"] if self.program == "eats memory" and self.memory_mb > 1500 else []),
        ]
        return "; ".join(faults) or f"no effect (scores {self.score or 0.0:.2f})"


def measure(
    folder: Path,
    environment_folder: Path,
    systems: Sequence[str],
    names: Sequence[str],
    report: Callable[[str], None],
) -> list[Observation]:
    """Try each program on each system. `report` gets a line for each."""
    observations = []
    for name in names or PROGRAMS:
        for system in systems or SYSTEMS:
            place = folder / f"{name}-{system}".replace(" ", "-")
            observations.append(observe(place, environment_folder, system, name))
            report(f"{name}: {system}: {observations[-1].words} ({observations[-1].seconds:.0f} s)")
    return observations


def observe(place: Path, environment_folder: Path, system: str, name: str) -> Observation:
    """Search with one hostile program among the answers."""
    home = place / "home"
    home.mkdir(parents=True)
    bad = HEAD + PROGRAMS[name].format(home=str(home))

    def respond(number: int, _: object) -> str:
        return programs.answer(bad if number == HOSTILE else programs.PAIRS.format(number=number))

    with Server(respond, seconds=0.2) as server:
        variables = {"HOME": str(home), "PEERS_SECONDS": str(TIME_LIMIT)}
        spec = Spec(
            *(system, server.url, place),
            answers=ANSWERS,
            workers=2,
            threads=2,
            time_limit=TIME_LIMIT,
            environment=variables if system != "strop" else {},
        )
        status, seconds, left = run(spec, environment_folder)
    evaluations = distinct(scored(spec))
    digests = {programs.digest(programs.PAIRS.format(number=number)) for number in range(ANSWERS) if number != HOSTILE}
    others = [one for one in evaluations if one.digest in digests]
    memory = place / "memory.txt"
    return Observation(
        system,
        name,
        status=status,
        result=spec.best.exists() or (spec.record / "solution.py").exists(),
        seconds=seconds,
        score=believed(spec, programs.digest(bad), evaluations),
        others=len(others),
        changed=sum(abs(one.value - ORDINARY) > 1e-9 for one in others),
        parent_killed=status == -9,
        left=left,
        wrote=(home / "was-here").exists(),
        memory_mb=int(memory.read_text(encoding="ascii")) if memory.exists() else 0,
    )


def run(spec: Spec, environment_folder: Path) -> tuple[int | None, float, int]:
    """(Exit code, seconds, processes of the program that are left) of a search with a parent of its own."""
    memory = 0 if spec.system == "strop" else MEMORY_MB
    report = str(spec.folder / "memory.txt")
    words = [sys.executable, str(HOME / "parent.py"), str(memory), report, *command(spec, environment_folder)]
    began = time.time()
    child = start(spec, words)
    try:
        status: int | None = child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        seconds, left = time.time() - began, processes_of_programs()
        end(child)
        for pid in left:
            os.kill(pid, 9)
    return status, seconds, len(left)


def believed(spec: Spec, digest: str, evaluations: Sequence[Scored]) -> float | None:
    """The training score that the system has for a program; None if it has none."""
    apart = spec.scored.with_name(spec.scored.name + ".apart")
    database = spec.folder / "shinka" / "programs.sqlite"
    if apart.exists():
        pairs = [line.split() for line in apart.read_text(encoding="ascii").splitlines()]
        values = {name: float(value) for name, value in pairs}
    elif database.exists():
        with contextlib.closing(sqlite3.connect(database)) as connection:
            rows = connection.execute("SELECT code, combined_score FROM programs").fetchall()
        values = {programs.digest(code): value for code, value in rows}
    else:
        values = {one.digest: one.value for one in evaluations}
    return values.get(digest)


def processes_of_programs() -> list[int]:
    """Processes that a hostile program started."""
    bombs = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().split(b"\0")[0] == MARK.encode():
                bombs.append(int(path.parent.name))
        except OSError:
            continue
    return bombs


def document(observations: Sequence[Observation]) -> dict[str, object]:
    """For JSON."""
    return {"observations": [{**asdict(one), "words": one.words} for one in observations]}


def text(observations: Sequence[Observation]) -> str:
    """A paragraph for each program: what it did to each system."""
    lines = ["One hostile program among seven ordinary ones:"]
    for name in dict.fromkeys(one.program for one in observations):
        lines += ["", f"a program that {name}"]
        lines += [f"  {one.system:18} {one.words}" for one in observations if one.program == name]
    return "\n".join(lines)
