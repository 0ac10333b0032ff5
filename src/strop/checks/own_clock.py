"""Whether a score follows its evaluator's own clock (docs/design/0107-an-evaluators-own-clock.md).

Such a score proves nothing, though the program cannot reach the clock: what a program does when it is imported and between two
calls costs no time, so that it can have its answers ready, and keep the machine busy while something else is measured.
"""

from __future__ import annotations

import re

from strop.base.console import notify
from strop.checks.carried import Carriage, carried
from strop.checks.carrier import SLOWED
from strop.checks.command_bench import CommandBench
from strop.evaluation.commands.apart import CLOCK, Terms
from strop.evaluation.commands.program_copy import CopyRun
from strop.tasks.command.task import CommandTask

FOLLOWS = f"{CLOCK}, which does not see what a program does while it is imported and between two calls"
PAIRS = 5
"""Runs of the original, and as many of it slowed down. If all of the latter are worse, that is chance in one of 252 cases; with
one exception among the 25 comparisons in one of 126."""
EXCEPTIONS = 1
"""What the noise of a busy machine may cause."""
TIMES = (3.0, 15.0)
"""By how much more time a call takes, times its own; more, if less does not stand out from the noise."""
SECONDS = 10.0
"""For the slowest of them."""
TOLD_SECONDS = 2.0
_NAMES = re.compile(
    r"\b(perf_counter|process_time|thread_time|monotonic|timeit|time\.time|time_ns|import time|datetime)\b"
)


def follows_own_clock(bench: CommandBench, original: CopyRun) -> str:
    """Why a better score would prove nothing, if it is worse whenever the original's calls take longer; else empty.

    `original`: a run of the original, apart from the evaluator.
    """
    if not (bench.terms.varies or _names_a_clock(bench.task, bench.terms)):
        return ""
    if original.wall_seconds > TOLD_SECONDS:
        notify("trying whether the score follows the evaluator's own clock")
    return FOLLOWS if any(_are_worse(times, bench, original) for times in TIMES) else ""


def _names_a_clock(task: CommandTask, terms: Terms) -> bool:
    """Whether the evaluator, or a module of the tree that it alone uses, names a clock."""
    assert task.parties is not None
    own = {task.parties.evaluator, *(path for path in terms.hidden(task.parties.program) if path.endswith(".py"))}
    texts = ((task.root / path).read_text("utf-8", "replace") for path in own if (task.root / path).is_file())
    return any(_NAMES.search(text) for text in texts)


def _are_worse(times: float, bench: CommandBench, original: CopyRun) -> bool:
    """Whether runs with slow calls are worse than those without."""
    seconds, task = original.wall_seconds, bench.task
    if times > TIMES[0]:
        times = min(times, SECONDS / max(seconds, 1e-3))
        if times < 2 * TIMES[0]:
            return False
    times = min(times, (task.time_limit / max(seconds, 1e-3) - 1) / 2)
    slow = carried(SLOWED, times, task.files, Carriage(streams=True))
    if slow is None or times <= 0:
        return False
    slowed, honest = list[float](), list[float]()
    for number in range(PAIRS):
        for files, seen in ((task.files, honest), (slow, slowed)):
            run = bench.run(files)[0] if number or files is slow else original
            if not run.values:
                return False
            seen.append(task.objective.utility(run.values, original.values))
        if sum(one >= other for one in slowed for other in honest) > EXCEPTIONS:
            return False
    return True
