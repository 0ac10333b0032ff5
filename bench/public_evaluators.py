"""Evaluator files of OpenEvolve, unchanged: the package's own way of calling them beside strop's, on the same program.

    python bench/public_evaluators.py VENV FOLDER... [--candidates N]

With `--candidates`, both evaluate so many different programs, too: candidates a second, one at a time and two at once.

VENV is a virtual environment with the public `openevolve` package and what the evaluators need. Each FOLDER holds a public
example as it is: evaluator.py or evaluate.py, and initial_program.py. Where one of them names numpy, a line is appended to the
program that seeds numpy.random, because the package seeds nothing; the evaluator stays as it is. Times differ from run to run,
and with them scores that count time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from strop.evaluation.base import Order
from strop.runs.evaluators import evaluator_for
from strop.runs.spec import RunSpec
from strop.tasks.base import PublishedSeeds
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.task import evaluator_task

SEEDING = "\nimport numpy\nnumpy.random.seed(11)\n"
AT_ONCE = (1, 2)
PLAIN = """
import asyncio, json, os, sys, time
from openevolve.config import EvaluatorConfig
from openevolve.evaluator import Evaluator
from openevolve.utils.metrics_utils import get_fitness_score
config = EvaluatorConfig(cascade_evaluation=False, timeout=300)
evaluator, text, rates = Evaluator(config, sys.argv[1]), open(sys.argv[2]).read(), []
printed, sys.stdout = sys.stdout, sys.stderr
async def rate(count, at_once):
    slots = asyncio.Semaphore(at_once)
    async def evaluate(number):
        async with slots:
            await evaluator.evaluate_program(f"{text}# {number}\\n")
    begin = time.monotonic()
    await asyncio.gather(*map(evaluate, range(count)))
    return count / (time.monotonic() - begin)
metrics = asyncio.run(evaluator.evaluate_program(text))
for at_once in (1, 2) if int(sys.argv[3]) else ():
    rates.append(asyncio.run(rate(int(sys.argv[3]), at_once)))
numbers = {name: float(value) for name, value in metrics.items() if isinstance(value, (int, float))}
print(json.dumps([get_fitness_score(metrics), numbers, rates]), file=printed, flush=True)
os._exit(0)
"""


def plain(python: Path, evaluator: Path, program: Path, candidates: int) -> tuple[float, dict[str, float], list[float]]:
    """OpenEvolve's fitness, the metrics that it rests on, and candidates a second."""
    ran = subprocess.run(
        [python, "-c", PLAIN, evaluator.name, program.name, str(candidates)],
        cwd=program.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    fitness, metrics, rates = json.loads(ran.stdout.splitlines()[-1])
    return fitness, metrics, rates


def by_strop(venv: Path, evaluator: Path, program: Path, candidates: int) -> tuple[float, list[float]]:
    """The value of strop's metric for the original, run by a command task in its jail, and candidates a second."""
    task = evaluator_task(program, evaluator, python=venv, instances=1, time_limit=300)
    value, rates = 0.0, []
    for at_once in AT_ONCE if candidates else AT_ONCE[:1]:
        with closing(evaluator_for(RunSpec(workers=str(at_once)), [task], asks=False)) as commands:
            found = commands.submit(order(task, "")).result().result()
            value, begin = found.metrics[0][task.objective.metric.name], time.monotonic()
            sent = [commands.submit(order(task, f"# {number}\n")) for number in range(candidates)]
            verdicts = {one.result().result().verdict for one in sent}
            assert verdicts <= {"ok"}, verdicts
            rates.append(candidates / (time.monotonic() - begin))
    return value, rates[:candidates]


def order(task: CommandTask, more: str) -> Order:
    """The original with a comment behind it, or at the end of the region that may change."""
    head, mark, tail = task.seed.rpartition("# EVOLVE-BLOCK-END")
    program = f"{head}{more}{mark}{tail}" if mark else f"{task.seed}{more}"
    return Order(f"original{more}", program, task.name, "train", PublishedSeeds(), b"secret")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("venv", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--candidates", type=int, default=0)
    given = parser.parse_args()
    print(f"{'example':24} {'openevolve':>12} {'strop':>12} {'difference':>12}  metrics")
    for folder in given.folders:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / folder.name
            shutil.copytree(folder, copy)
            program = copy / "initial_program.py"
            evaluator = next(copy / name for name in ("evaluator.py", "evaluate.py") if (copy / name).is_file())
            if "numpy" in program.read_text("utf-8") + evaluator.read_text("utf-8"):
                program.write_text(program.read_text("utf-8") + SEEDING, "utf-8")
            theirs, metrics, their_rates = plain(given.venv / "bin" / "python", evaluator, program, given.candidates)
            ours, our_rates = by_strop(given.venv, evaluator, program, given.candidates)
            print(f"{folder.name:24} {theirs:12.6f} {ours:12.6f} {ours - theirs:12.1e}  {', '.join(metrics)}")
            for at_once, theirs, ours in zip(AT_ONCE, their_rates, our_rates, strict=False):
                print(f"{f'{at_once} at once, a second':>24} {theirs:12.1f} {ours:12.1f}")


if __name__ == "__main__":
    main()
