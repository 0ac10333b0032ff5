"""What it costs that the host hears of forbidden system calls: per such call, and for programs that make none.

Two sandboxes, with and without the listener, interleaved in one run: `python bench/denied.py [ROUNDS]`. Figures depend on the
machine; the ratios less so.
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import replace

from strop.sandbox.base import GuestProgram, Limits, Returned, Sandbox
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers

TRIVIAL = GuestProgram("def algorithm(x):\n    return x + 1\n", "algorithm")
INSIDE = GuestProgram(
    """import ctypes, os, threading, time
LIBC = ctypes.CDLL(None)

def algorithm(what, times):
    work = {"forbidden": forbidden, "allowed": allowed, "threads": threads}[what]
    started = time.perf_counter()
    work(times)
    return (time.perf_counter() - started) / times

def forbidden(times):
    for _ in range(times):
        LIBC.chroot(b"/")

def allowed(times):
    for _ in range(times):
        LIBC.getppid()

def threads(times):
    for _ in range(times):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
""",
    "algorithm",
)
TIMES = {"forbidden": 2000, "allowed": 20_000, "threads": 300}
NAMES = {
    "forbidden": "a forbidden call",
    "allowed": "an allowed call (getppid)",
    "threads": "a thread, started and joined",
}
LIMITS = Limits(cpu_seconds=30.0, wall_seconds=60.0)


def inside(sandbox: Sandbox, what: str) -> float:
    """Seconds of one piece of work in a guest, by the guest's own clock."""
    with sandbox.open(INSIDE, LIMITS) as guest:
        outcome = guest.call([what, TIMES[what]], seed=0)
    assert isinstance(outcome, Returned) and isinstance(outcome.value, float), outcome
    return outcome.value


def evaluate(sandbox: Sandbox) -> float:
    """Seconds of one evaluation of a trivial solution in a fresh guest, with a spare guest ready."""
    time.sleep(0.01)
    started = time.perf_counter()
    with sandbox.open(TRIVIAL, Limits()) as guest:
        assert isinstance(guest.call([1], seed=0), Returned)
    return time.perf_counter() - started


def show(name: str, heard: list[float], unheard: list[float]) -> None:
    """One row: medians in microseconds and their ratio, and the ratio of the least (other work on the machine only adds)."""
    with_listener, without = statistics.median(heard), statistics.median(unheard)
    least = min(heard) / min(unheard)
    print(f"{name:36}{with_listener * 1e6:14.2f}{without * 1e6:10.2f}{with_listener / without:8.2f}{least:16.2f}")


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with ExitStack() as stack:
        heard, unheard = (
            stack.enter_context(
                JailedSandbox(
                    solution_slots=1,
                    improver_slots=0,
                    require=frozenset(),
                    layers=replace(Layers.strongest(), audit=audit),
                )
            )
            for audit in (True, False)
        )
        print(f"audit: {heard.posture.layers['audit']}")
        print(f"{'median, microseconds':36}{'with listener':>14}{'without':>10}{'ratio':>8}{'of the least':>16}")
        for _ in range(10):
            evaluate(heard), evaluate(unheard)
        pairs = [(evaluate(heard), evaluate(unheard)) for _ in range(rounds)]
        show("an evaluation that makes none", *map(list, zip(*pairs, strict=True)))
        for what, name in NAMES.items():
            pairs = [(inside(heard, what), inside(unheard, what)) for _ in range(max(rounds // 10, 5))]
            show(name, *map(list, zip(*pairs, strict=True)))


if __name__ == "__main__":
    main()
