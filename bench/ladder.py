"""The ladder of each headroom task on held-out instances of a fixed secret: seed, three heuristics, a strong reference, and the
first response of a language model.

    python bench/ladder.py golomb cap-set            # measure and print; without names, all tasks
    python bench/ladder.py --write                   # also keep what was measured in ladder.json, and in the table of the page

The hand-written programs are the functions that `LADDER` of `bench/ladder/TASK.py` lists. `bench/ladder/first_answers` holds what
a language model answered, without running it, when it was shown `strop list tasks TASK`, the rest of the ladder included.
They run in the jail, within the limits of the task, as candidates do. An interval is that of the mean over the instances (95%).
`ms` is the time to score one answer of the reference.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from strop.analysis.stats import mean, score_estimate
from strop.base.budget import Budget
from strop.base.events import discard
from strop.core.utility import TaskUtility
from strop.runs.evaluators import jail
from strop.runs.spec import RunSpec
from strop.tasks.base import SecretSeeds, Task
from strop_problems.headroom.ladder import MODEL, WHAT, Rung, ladder
from strop_problems.headroom.suite import HEADROOM, LARGE

SECRET = b"strop ladder"
FIRST_ANSWER = "the first answer of a model of the Claude family, 2026-11-22"
PROGRAMS = Path(__file__).parent / "ladder"
ROOT = Path(__file__).parents[1]
RECORD = ROOT / "packages/problems/strop_problems/headroom/ladder.json"
PAGE = ROOT / "packages/problems/HEADROOM.md"
TABLE = re.compile(r"(?<=<!-- ladder -->\n).*?(?=<!-- end -->)", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", choices=[[], *HEADROOM, *LARGE], metavar="TASK")
    parser.add_argument("--instances", type=int, default=32, help="held-out instances")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()

    record = {name: [asdict(rung) for rung in ladder(name)] for name in HEADROOM}
    print(f"{'task':22} {'program':24} {'mean':>6} {'95% interval':>15} {'failed':>7} {'CPU s':>6} {'ms':>6}")
    for name in options.tasks or HEADROOM:
        task = replace({**HEADROOM, **LARGE}[name](), test_instances=options.instances)
        record[name] = [asdict(rung) for rung in rungs(task)]
        if options.write and name in HEADROOM:
            RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.write:
        ladder.cache_clear()
        PAGE.write_text(TABLE.sub(lambda _: table(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def programs(task: Task) -> Iterator[tuple[str, str, str]]:
    """Name, description and text of each program, from the seed to the language model's."""
    path = PROGRAMS / f"{task.name.removesuffix('-large').replace('-', '_')}.py"
    module, text = load(path), path.read_text(encoding="utf-8")
    yield "seed", described(task.seed, task.entry), task.seed
    for function in module.LADDER:
        what = " ".join((function.__doc__ or "").split())
        name = "reference" if function is module.LADDER[-1] else function.__name__.replace("_", " ")
        yield name, what.removeprefix("reference: "), f"{text}\n\n{task.entry} = {function.__name__}\n"
    answer = (PROGRAMS / "first_answers" / path.name).with_suffix(".md").read_text(encoding="utf-8")
    yield MODEL, FIRST_ANSWER, answer.removeprefix("```python\n").removesuffix("```\n")


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"ladder_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def described(seed: str, entry: str) -> str:
    space: dict[str, Any] = {}
    exec(compile(seed, "seed", "exec"), space)
    what = str(space[entry].__doc__).rstrip(".")
    return what[0].lower() + what[1:]


def rungs(task: Task) -> list[Rung]:
    """Evaluate every program, and print a line for each."""
    measured = []
    for name, what, text in programs(task):
        with closing(jail(RunSpec())) as sandbox:
            utility = TaskUtility(task, "test", SecretSeeds(SECRET), sandbox, discard, SECRET)
            evaluation = utility.evaluate(text, Budget())
        low, high = score_estimate(evaluation.scores).interval or (0.0, 1.0)
        rung = Rung(name, what, *(round(value, 4) for value in (mean(evaluation.scores), low, high)))
        failed = sum(verdict != "ok" for verdict in evaluation.verdicts)
        seconds = evaluation.cpu_seconds / len(evaluation.scores)
        print(
            f"{task.name:22} {name:24} {rung.mean:6.3f} {rung.low:7.3f} {rung.high:7.3f} {failed:7} {seconds:6.2f}"
            f" {milliseconds(task, text) if name == 'reference' else 0:6.2f}",
            flush=True,
        )
        if evaluation.error:
            print(evaluation.error)
        measured.append(rung)
    return measured


def milliseconds(task: Task, text: str) -> float:
    """CPU time to score an answer of this program."""
    space: dict[str, Any] = {}
    exec(compile(text, "reference", "exec"), space)
    instance = task.instance("test", 0, SecretSeeds(SECRET))
    answer = space[task.entry](**instance.inputs)
    begun = time.process_time()
    for _ in range(20):
        task.checked_score(instance, answer)
    return 1000 * (time.process_time() - begun) / 20


def table() -> str:
    """The table of the page: one row a program."""
    lines = ["| task | program | score | 95% interval |", "|---|---|---|---|"]
    for name in WHAT:
        for rung in ladder(name):
            cell = f"[`{name}`](#{name})" if rung.name == "seed" else ""
            lines.append(f"| {cell} | {rung.name}: {rung.what} | {rung.mean:.3f} | {rung.low:.3f} to {rung.high:.3f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
