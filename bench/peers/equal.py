"""Best held-out score by the number of answers: all systems search with the same proposer and equally many answers.

No proposer is a language model. On strop's own tasks it is the offline one, whose answers hardly depend on the program that a
prompt shows. On the tasks of `ladders/` it is the stepwise one of bench/stepwise.py: it answers one step further than the program
that it is shown, or a step back, or with a program that fails, which it repairs more often if the prompt tells of the error.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import programs
import stepwise
from search import HOME, Spec, search, task_of
from server import Server

import strop
from strop.analysis.stats import mean, t_estimate
from strop.base.regions import EVOLVE
from strop.lm.base import Request
from strop.lm.offline import Offline

LADDERS = {"ladder-rota": "rota", "ladder-packing": "packing", "ladder-flags": "flags"}
"""Task → its file in `ladders/`."""
SYSTEMS = ("gepa", "openevolve", "shinka", "strop")
TASKS = ("lpn", *LADDERS)
ANSWERS = (25, 100, 400)
THREADS = 4
NO_MORE = "There are no more answers."
_CURRENT = re.compile(r"^#+ current (?:program|component)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Search:
    """One search."""

    task: str
    system: str
    answers: int
    seed: int
    value: float
    """Mean score of the best program on the sealed instances, in [0, 1]."""
    asked: int
    """Answers that it asked for; those above `answers` held no program."""
    status: int | None
    seconds: float


@dataclass(frozen=True)
class Table:
    """All searches, and the held-out score of each task's start program."""

    searches: list[Search]
    starts: dict[str, float]

    def values(self, task: str, system: str, answers: int) -> list[float]:
        """Held-out scores by seed."""
        return [one.value for one in self.searches if (one.task, one.system, one.answers) == (task, system, answers)]

    def names(self, field: str) -> list[Any]:
        """The values of a field of the searches, in the order in which they come."""
        return list(dict.fromkeys(getattr(one, field) for one in self.searches))

    def document(self) -> dict[str, object]:
        """For JSON."""
        return {"is_language_model": False, **asdict(self)}


def file_of(task: str) -> str:
    """What strop calls a task: its name, or the file of a ladder."""
    return str(HOME / "ladders" / f"{LADDERS[task]}.py") if task in LADDERS else task


class Proposer:
    """Answers that depend on the seed, the number and the prompt, whoever asks."""

    def __init__(self, task: str, seed: int, answers: int) -> None:
        self._model, self._seed, self._answers = Offline(seed), seed, answers
        entry = task_of(Spec("", "", HOME, file_of(task))).entry
        ladders = [ladder for ladder in stepwise.LADDERS.values() if task in LADDERS and ladder.entry == entry]
        self._ladder = ladders[0] if ladders else None

    def __call__(self, number: int, body: Mapping[str, Any]) -> str:
        """The text of answer `number` to a request."""
        if number >= self._answers:
            return NO_MORE
        prompt = "\n".join(str(message["content"]) for message in body["messages"] if message["role"] != "system")
        shown = f"```python\n{current_program(prompt)}\n```\n"
        if self._ladder is not None:
            text = stepwise.Stepwise(self._ladder, self._seed * 10**6 + number).answer("", shown + prompt, 0.7)
        else:
            (completion,) = self._model.complete([Request("", f"Improve this program:\n{shown}", 0.7, "peers", number)])
            text = completion.text
        return f"<NAME>\nattempt\n</NAME>\n\n<CODE>\n{text}\n</CODE>\n"


def current_program(prompt: str) -> str:
    """The program that a prompt asks to improve: below the last heading that says so, else the first in a fence."""
    headings = list(_CURRENT.finditer(prompt))
    block = _FENCED.search(prompt, headings[-1].end() if headings else 0)
    lines = block[1].splitlines() if block else []
    return "\n".join(line for line in lines if EVOLVE not in line).strip("\n")


class HeldOut:
    """Scores of programs on the sealed instances of a task, in strop's jail; each program once."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def value(self, task: str, text: str) -> float:
        """Mean score in [0, 1]; 0 for a program that fails."""
        key = (task, hashlib.sha256(text.encode()).hexdigest())
        with self._lock:
            if key not in self._values:
                program = text.rstrip() + "\n\n"  # two lines or more: a text, not the name of a file
                self._values[key] = strop.score(
                    program, task=file_of(task), split="test", instances="published"
                ).utility
            return self._values[key]


@dataclass(frozen=True)
class Setting:
    """What is searched."""

    tasks: Sequence[str]
    systems: Sequence[str]
    answers: Sequence[int]
    seeds: int
    jobs: int
    """Searches at the same time."""


def measure(folder: Path, environment_folder: Path, setting: Setting, report: Callable[[str], None]) -> Table:
    """Run all searches. `report` gets a line for each."""
    held_out = HeldOut()

    def run(cell: tuple[str, int, int, str]) -> Search:
        task, answers, seed, system = cell
        place = folder / f"{task}-{system.replace(' ', '-')}-{answers}-{seed}"
        with Server(Proposer(task, seed, answers)) as server:
            spec = Spec(
                system,
                server.url,
                place,
                file_of(task),
                answers,
                workers=THREADS,
                threads=1 if system == "gepa" else THREADS,  # gepa's default: one proposal an iteration
                seed=seed,
                improver="default",
                scorer="task_scorer",
            )
            ended = search(spec, environment_folder, most_seconds=3600)
            asked = len(server.asked)
        text = best_text(spec)
        one = Search(task, system, answers, seed, held_out.value(task, text), asked, ended.status, ended.seconds)
        report(f"{task}: {system}, {answers} answers, seed {seed}: {one.value:.4f} ({ended.seconds:.0f} s)")
        if ended.status != 0:
            report(f"  ended with {ended.status}: {ended.output[-300:]!r}")
        return one

    cells = itertools.product(setting.tasks, setting.answers, range(setting.seeds), setting.systems)
    with ThreadPoolExecutor(setting.jobs) as threads:
        searches = list(threads.map(run, cells))
    starts = {task: held_out.value(task, task_of(Spec("", "", folder, file_of(task))).seed) for task in setting.tasks}
    return Table(searches, starts)


def best_text(spec: Spec) -> str:
    """The best program of a search that has ended; the start program where it has none."""
    for path in (spec.best, spec.record / "solution.py"):
        if path.exists():
            return path.read_text(encoding="utf-8")
    return programs.marked(task_of(spec).seed)


def text(table: Table) -> str:
    """The table as a user reads it."""
    lines = [
        "Best held-out score by answers used, with 95% intervals over seeds. The proposer is not a language model."
    ]
    answers = table.names("answers")
    for task in table.names("task"):
        proposer = "stepwise" if task in LADDERS else "offline"
        lines += ["", f"{task}, {proposer} proposer: the start program scores {table.starts[task]:.3f}"]
        lines.append(f"{'':18}" + "".join(f"{f'{count} answers':>26}" for count in answers))
        for system in table.names("system"):
            cells = [_interval(table.values(task, system, count)) for count in answers]
            lines.append(f"{system:18}" + "".join(f"{cell:>26}" for cell in cells))
        for system in table.names("system"):
            if system != "strop" and "strop" in table.names("system"):
                cells = [_interval(_gains(table, task, system, count), "+") for count in answers]
                lines.append(f"{f'strop - {system}':18}" + "".join(f"{cell:>26}" for cell in cells))
    return "\n".join(lines)


def _gains(table: Table, task: str, system: str, answers: int) -> list[float]:
    """Held-out score of strop minus that of another system, by seed."""
    pairs = zip(table.values(task, "strop", answers), table.values(task, system, answers), strict=True)
    return [ours - theirs for ours, theirs in pairs]


def _interval(values: Sequence[float], sign: str = "") -> str:
    if len(values) < 2:
        return f"{mean(values):{sign}.3f}"
    estimate = t_estimate(values)
    low, high = estimate.interval or (estimate.mean, estimate.mean)
    return f"{estimate.mean:{sign}.3f} ({low:{sign}.3f}, {high:{sign}.3f})"


def draw(table: Table, path: Path) -> None:
    """Write a figure: a panel for each task, score over answers, a line for each system."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    tasks, answers = table.names("task"), table.names("answers")
    figure, panels = plt.subplots(1, len(tasks), figsize=(4 * len(tasks) + 1, 3.6), layout="constrained", squeeze=False)
    for panel, task in zip(panels[0], tasks, strict=True):
        for number, system in enumerate(table.names("system")):
            estimates = [t_estimate(table.values(task, system, count)) for count in answers]
            halves = [(one.interval or (one.mean, one.mean))[1] - one.mean for one in estimates]
            beside = [count * 1.05**number for count in answers]  # so that equal points can be told apart
            means = [one.mean for one in estimates]
            panel.errorbar(beside, means, halves, marker="o", markersize=4, capsize=3, linewidth=1.2, label=system)
        panel.axhline(table.starts[task], color="0.6", linewidth=0.8, linestyle="--")
        panel.set(title=task, xscale="log", xlabel="answers", xticks=answers, xticklabels=answers)
        panel.minorticks_off()
        panel.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_ylabel("held-out score (no language model)")
    panels[0][-1].legend(frameon=False, fontsize=9)
    figure.savefig(path, dpi=130)
