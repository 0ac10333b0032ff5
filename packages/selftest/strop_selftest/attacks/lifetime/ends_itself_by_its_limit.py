"""A program of an evaluator lowers its limit of CPU time, at which the kernel kills it: so looks what somebody else kills.

Must be observed: it dies by itself, and the run goes on. Source: found by attack; a verdict by exclusion ended the run.
"""

import os
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from strop.evaluation.base import Order
from strop.evaluation.commands.command_program import WorkspacePool
from strop.evaluation.workers import JailedWorker
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.base import SecretSeeds
from strop.tasks.evaluator.task import evaluator_task

NUMBERS = ()
ROLE = "host"
ORIGINAL = "def f(x):\n    return x\n"
EVALUATOR = """
import importlib.util
def evaluate(path):
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return float(module.f(3.0))
"""
LOWERS = "import resource\ndef f(x):\n    resource.{}\n    while True:\n        pass\n"
HOW = ("setrlimit(resource.RLIMIT_CPU, (0, 0))", "prlimit(0, resource.RLIMIT_CPU, (0, 0))")


def check(ground):
    found = []
    with tempfile.TemporaryDirectory() as folder, Workspaces(slots=2, require=()) as workspaces:
        if not workspaces.has_trees:
            return []  # evaluators have no program apart on this machine, and strop says so
        os.chmod(folder, 0o755)
        Path(folder, "program.py").write_text(ORIGINAL)
        Path(folder, "evaluator.py").write_text(EVALUATOR)
        task = evaluator_task(Path(folder, "program.py"), Path(folder, "evaluator.py"))
        order = Order("original", ORIGINAL, task.name, "train", SecretSeeds(b"s"), b"secret")
        with closing(WorkspacePool(workspaces)) as pool:
            worker = JailedWorker([task], None, pool)
            known = worker.measure(order).measured_baseline()
            for how in HOW:
                candidate = replace(order, scope=how, program=LOWERS.format(how), baseline=known)
                verdict = worker.measure(candidate).result().verdict
                found += [] if verdict == "died" else [f"{how}: {verdict}"]
    return found
