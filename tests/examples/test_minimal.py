"""examples/minimal/stop.py, STOP in one file, does what `core/algorithm.py` does with the same responses."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from strop.analysis.stats import mean
from strop.base.budget import Budget, Grant
from strop.core.algorithm import self_improve
from strop.core.handles import Host
from strop.core.meta_utility import Downstream, MetaUtility
from strop.core.selection import Paper
from strop.core.utility import TaskUtility
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.runs.spec import improver_text
from strop.sandbox.jail import JailedSandbox
from strop.tasks.answer import Answer
from strop.tasks.base import PublishedSeeds, Split, Task, python_random

FILE = Path(__file__).parents[2] / "examples" / "minimal" / "stop.py"


@pytest.fixture
def twin() -> Iterator[Any]:
    """Its module, with fewer instances."""
    before = sys.modules.get("helpers")
    text, whole = FILE.read_text(encoding="utf-8"), "TRAIN, TEST = (4321, 20), (5678, 50)"
    assert whole in text
    module = sys.modules["minimal_stop"] = ModuleType("minimal_stop")
    module.__file__ = str(FILE)
    exec(compile(text.replace(whole, "TRAIN, TEST = (4321, 6), (5678, 6)"), FILE, "exec"), vars(module))
    yield module
    del sys.modules["minimal_stop"], sys.modules["helpers"]
    if before is not None:
        sys.modules["helpers"] = before


def test_twin_stands_alone_in_150_statements_and_begins_by_saying_that_it_has_no_jail() -> None:
    text = FILE.read_text(encoding="utf-8")
    nodes = [*ast.walk(ast.parse(text))]
    imported = {
        name.split(".")[0]
        for node in nodes
        for name in (
            [each.name for each in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", "")]
        )
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert sum(isinstance(node, ast.stmt) for node in nodes) <= 150 and "NO JAIL" in text.partition("\n")[0]
    assert imported <= {*sys.stdlib_module_names}
    ended = subprocess.run([sys.executable, "-I", "-S", FILE, "-T", "0"], capture_output=True, text=True, check=True)
    assert re.match(r"I_0: û = 0\.\d{3} in training, 0\.\d{3} on held-out instances\n", ended.stdout)
    assert "no language model: these figures are no result" in ended.stdout


def test_twin_reaches_the_improvers_and_values_of_the_algorithm_on_the_same_responses(
    twin: Any, jail: JailedSandbox
) -> None:
    """Budgets are so small that an improver overdraws both; the table holds programs that fail at either level."""
    setting = twin.Setting(copies=2, utility_calls=4, meta_utility_calls=2, lm_calls=2, responses=3)
    asked: list[list[tuple[str, str]]] = [[], []]

    def ask(side: int, *question: Any) -> str:
        asked[side].append((question[3], question[1]))
        return str(twin.from_table(*question))

    def answer(request: Request) -> str:
        (copy,) = re.findall(r"(copy\d+)$", request.scope) or [""]
        return ask(1, request.expertise, request.message, request.temperature, copy, request.sample)

    task = Task(
        name="lpn",
        sample=twin.sample,
        score=lambda instance, predictions: twin.accuracy(instance.hidden, predictions),
        seed=twin.LPN_SEED,
        instances=twin.TRAIN[1],
        test_instances=twin.TEST[1],
        time_limit=2.0,
        description=twin.LPN,
        rng=python_random,
        answer=Answer(int, shape=(20,), values=(0, 1)),
    )
    twin.LPN = task.u_str  # strop adds what its jail allows
    host = Host(jail, Scripted(answer), lambda event: None, b"key")

    def utility(split: Split) -> TaskUtility:
        return TaskUtility(task, split, PublishedSeeds(), jail, host.record, host.secret)

    copy = Downstream(utility("train"), utility("test"), twin.LPN_SEED)
    inner = Grant(
        utility_calls=setting.utility_calls, lm_calls=setting.lm_calls, max_responses_per_call=setting.responses
    )
    outer = Grant(setting.meta_utility_calls, setting.lm_calls, setting.responses)
    meta = MetaUtility([copy] * setting.copies, twin.META, inner, host, is_strict=True)
    ours = [
        (step.improver, mean(step.measurement.train), mean(step.measurement.test))
        for step in self_improve(improver_text("seed"), meta, 2, outer, Paper(), Budget())
    ]
    seed = twin.SEED_IMPROVER
    assert seed == improver_text("seed")
    theirs = [
        (improver, *values) for improver, values in twin.self_improve(seed, 2, lambda *each: ask(0, *each), setting)
    ]
    assert len({improver for improver, _, _ in ours}) == 3
    assert [improver for improver, *_ in theirs] == [improver for improver, *_ in ours]
    assert [values for _, *values in theirs] == [pytest.approx(values, abs=1e-12) for _, *values in ours]
    assert sorted(asked[0]) == sorted(asked[1])
