"""Best held-out score by the number of answers: all systems search with the same proposer and equally many answers.

No proposer is a language model. On strop's own tasks it is the offline one, whose answers hardly depend on the program that a
prompt shows. On those of ladder_tasks.py it is the stepwise one of bench/stepwise.py: it answers one step further than the
program that it is shown, or a step back, or with a program that fails, which it repairs more often if the prompt tells of the
error.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import programs
import search
import stepwise
from equal_table import Search, Table
from search import HOME, Spec, task_of
from server import Server

import strop
from strop.lm.base import Request, dropped
from strop.lm.offline import Offline
from strop.tasks.regions import EVOLVE

LADDERS = {"ladder-rota": "rota", "ladder-packing": "packing", "ladder-flags": "flags"}
"""Task → its name in ladder_tasks.py."""
SYSTEMS = ("gepa", "openevolve", "shinka", "strop")
TASKS = ("lpn", *LADDERS)
ANSWERS = (25, 100, 400)
THREADS = 4
NO_MORE = "There are no more answers."
_CURRENT = re.compile(r"^#+ current (?:program|component)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def file_of(task: str) -> str:
    """What strop calls a task: its name, or where its object is defined."""
    return f"{search.LADDERS}:{LADDERS[task]}" if task in LADDERS else task


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
            (completion,) = self._model.complete(
                [Request("", f"Improve this program:\n{shown}", 0.7, "peers", number)], dropped
            )
            text = completion.text
        return f"<NAME>\nattempt\n</NAME>\n\n<CODE>\n{text}\n</CODE>\n"


def current_program(prompt: str) -> str:
    """The program that a prompt asks to improve: below the last heading that says so, else the first in a fence."""
    headings = list(_CURRENT.finditer(prompt))
    block = _FENCED.search(prompt, headings[-1].end() if headings else 0)
    lines = block[1].splitlines() if block else []
    return "\n".join(line for line in lines if EVOLVE not in line).strip("\n")


class HeldOut:
    """Scores of programs on the held-out instances of a task, in strop's jail; each program once."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def value(self, task: str, text: str) -> float:
        """Mean score in [0, 1]; 0 for a program that fails."""
        key = (task, hashlib.sha256(text.encode()).hexdigest())
        with self._lock:
            if key not in self._values:
                program = text.rstrip() + "\n\n"  # two lines or more: a text, not the name of a file
                self._values[key] = strop.score(program, task=file_of(task), split="test", instances="published").value
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
    minutes: float
    """No search starts after so many minutes."""

    def cells(self) -> list[tuple[int, int, str, str]]:
        """(Answers, seed, task, system) of each search; a seed is searched by all systems before the next one."""
        return list(itertools.product(self.answers, range(self.seeds), self.tasks, self.systems))


def measure(
    folder: Path, environment_folder: Path, setting: Setting, kept: Path | None, report: Callable[[str], None]
) -> Table:
    """Run the searches that the file `kept` does not hold, and append them to it. `report` gets a line for each."""
    held_out, lock, began = HeldOut(), threading.Lock(), time.monotonic()
    table = Table.read(kept)

    def run(cell: tuple[int, int, str, str]) -> None:
        if time.monotonic() - began > 60 * setting.minutes:
            return
        answers, seed, task, system = cell
        place = folder / f"{task}-{system}-{answers}-{seed}"
        one, output = search_once(place, environment_folder, Search(task, system, answers, seed), held_out)
        report(f"{task}: {system}, {answers} answers, seed {seed}: {one.value:.4f} ({one.seconds:.0f} s)")
        if one.status != 0:
            report(f"  ended with {one.status}: {output[-300:]!r}")
        with lock:
            table.add(one, kept)

    finished = {one.cell for one in table.searches}
    with ThreadPoolExecutor(setting.jobs) as threads:
        try:
            list(threads.map(run, [cell for cell in setting.cells() if cell not in finished]))
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
    return table


def search_once(place: Path, environment_folder: Path, plan: Search, held_out: HeldOut) -> tuple[Search, str]:
    """(The search with its result, the end of what it printed). The folder `place` is removed."""
    with Server(Proposer(plan.task, plan.seed, plan.answers)) as server:
        spec = Spec(
            plan.system,
            server.url,
            place,
            file_of(plan.task),
            plan.answers,
            workers=THREADS,
            threads=1 if plan.system == "gepa" else THREADS,  # gepa's default: one proposal an iteration
            seed=plan.seed,
            improver="default",
            scorer="task_scorer",
        )
        ended = search.search(spec, environment_folder, most_seconds=3600)
        asked = len(server.asked)
    value, start = (round(held_out.value(plan.task, text), 6) for text in (best_text(spec), task_of(spec).seed))
    shutil.rmtree(place)
    result = replace(plan, value=value, asked=asked, status=ended.status, seconds=round(ended.seconds, 1), start=start)
    return result, ended.output


def best_text(spec: Spec) -> str:
    """The best program of a search that has ended; the start program where it has none."""
    for path in (spec.best, spec.record / "solution.py"):
        if path.exists():
            return path.read_text(encoding="utf-8")
    return programs.marked(task_of(spec).seed)
