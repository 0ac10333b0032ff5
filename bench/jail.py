"""What one jailed evaluation of a trivial solution costs, beside a bare fork server and beside a fresh interpreter with numpy.

All in one run, interleaved, so that a noisy minute hits every configuration: `python bench/jail.py [ROUNDS]`.
Each evaluation is a fresh guest: open, call, validated answer, kill. Figures depend on the machine; the ratios less so.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from strop.sandbox.base import GuestProgram, Limits, Returned, Sandbox
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers

TRIVIAL = GuestProgram("def algorithm(x):\n    return x + 1\n", "algorithm")
THINK_SECONDS = 0.01
"""What a caller does between two evaluations, when a spare guest is ready before the next."""


def evaluate(sandbox: Sandbox) -> float:
    """Seconds of one evaluation in a fresh guest."""
    started = time.perf_counter()
    with sandbox.open(TRIVIAL, Limits()) as guest:
        outcome = guest.call([1], seed=0)
    seconds = time.perf_counter() - started
    assert isinstance(outcome, Returned), outcome
    return seconds


def start_interpreter() -> float:
    """Seconds of `python -c 'import numpy'`."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import numpy"], check=True)
    return time.perf_counter() - started


def measure(kinds: dict[str, Callable[[], float]], rounds: int, *, think: float) -> dict[str, list[float]]:
    """Seconds of each kind, one of each in turn."""
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, run in kinds.items():
            time.sleep(think)
            seconds[kind].append(run())
    return seconds


def in_batches(kinds: dict[str, Callable[[], float]], rounds: int, batch: int) -> dict[str, list[float]]:
    """The same without a pause: batches of one kind in turn, without their first, whose spare had time to get ready."""
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(rounds // batch):
        for kind, run in kinds.items():
            seconds[kind] += [run() for _ in range(batch + 3)][3:]
    return seconds


def show(title: str, seconds: dict[str, list[float]], base: str) -> None:
    """One table."""
    print(f"\n{title}\n{'':28}{'median ms':>10}{'p99 ms':>10}{'x ' + base:>24}")
    for kind, values in seconds.items():
        p99 = statistics.quantiles(values, n=100)[98] if len(values) > 1 else values[0]
        ratio = statistics.median(values) / statistics.median(seconds[base])
        print(f"{kind:28}{statistics.median(values) * 1e3:10.3f}{p99 * 1e3:10.3f}{ratio:24.2f}")


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with ExitStack() as stack:
        jailed = stack.enter_context(JailedSandbox(solution_slots=1, improver_slots=0))
        bare = stack.enter_context(
            JailedSandbox(solution_slots=1, improver_slots=0, layers=Layers.none(), require=frozenset())
        )
        kinds = {"bare fork server": lambda: evaluate(bare), "jailed": lambda: evaluate(jailed)}
        measure(kinds, 20, think=THINK_SECONDS)
        show(
            f"A spare guest is ready ({rounds} evaluations each)",
            measure(kinds, rounds, think=THINK_SECONDS),
            "bare fork server",
        )
        show(f"One after another ({rounds} each)", in_batches(kinds, rounds, 50), "bare fork server")
        few = {**kinds, "python -c 'import numpy'": start_interpreter}
        show("Beside a fresh interpreter (30 each)", measure(few, 30, think=THINK_SECONDS), "python -c 'import numpy'")


if __name__ == "__main__":
    main()
