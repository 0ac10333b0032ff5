"""Evaluator files of OpenEvolve, unchanged: the package's own way of calling them beside strop's, on the same program.

    python bench/public_evaluators.py VENV FOLDER...

VENV is a virtual environment with the public `openevolve` package and what the evaluators need. Each FOLDER holds a public
example as it is: evaluator.py or evaluate.py, and initial_program.py. One line is appended to the program that seeds
numpy.random, because the package seeds nothing; the evaluator stays as it is. Times differ from run to run, and with them
scores that count time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from strop.evaluation.base import Order
from strop.evaluation.commands.pool import CommandPool
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.tasks.base import PublishedSeeds
from strop.tasks.evaluator.task import evaluator_task

SEEDING = "\nimport numpy\nnumpy.random.seed(11)\n"
PLAIN = """
import asyncio, json, os, sys
from openevolve.config import EvaluatorConfig
from openevolve.evaluator import Evaluator
from openevolve.utils.metrics_utils import get_fitness_score
config = EvaluatorConfig(cascade_evaluation=False, timeout=300)
printed, sys.stdout = sys.stdout, sys.stderr
metrics = asyncio.run(Evaluator(config, sys.argv[1]).evaluate_program(open(sys.argv[2]).read()))
numbers = {name: float(value) for name, value in metrics.items() if isinstance(value, (int, float))}
print(json.dumps({"fitness": get_fitness_score(metrics), "metrics": numbers}), file=printed, flush=True)
os._exit(0)
"""


def plain(python: Path, evaluator: Path, program: Path) -> tuple[float, dict[str, float]]:
    """The fitness that OpenEvolve gives, and the metrics it rests on."""
    ran = subprocess.run(
        [python, "-c", PLAIN, evaluator.name, program.name],
        cwd=program.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ran.stdout.splitlines()[-1])
    return found["fitness"], found["metrics"]


def by_strop(venv: Path, evaluator: Path, program: Path) -> float:
    """The value of strop's metric for the original, run by a command task in its jail."""
    task = evaluator_task(program, evaluator, python=venv, repeat=1, time_limit=300)
    with closing(CommandPool([task], JailedWorkspaces(slots=1), 1)) as commands:
        order = Order("original", task.seed, task.name, "train", PublishedSeeds(), b"secret")
        found = commands.submit(order).result().result()
    return found.metrics[0][task.objective.metrics[0].name]


def main() -> None:
    venv, folders = Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]]
    print(f"{'example':24} {'openevolve':>12} {'strop':>12} {'difference':>12}  metrics")
    for folder in folders:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / folder.name
            shutil.copytree(folder, copy)
            program = copy / "initial_program.py"
            program.write_text(program.read_text("utf-8") + SEEDING, "utf-8")
            evaluator = next(copy / name for name in ("evaluator.py", "evaluate.py") if (copy / name).is_file())
            theirs, metrics = plain(venv / "bin" / "python", evaluator, program)
            ours = by_strop(venv, evaluator, program)
            print(f"{folder.name:24} {theirs:12.6f} {ours:12.6f} {ours - theirs:12.1e}  {', '.join(metrics)}")


if __name__ == "__main__":
    main()
