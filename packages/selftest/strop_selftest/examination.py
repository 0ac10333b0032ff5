"""Run the catalogue on one kind of machine and judge the observations.

The attacks run in a separate process (`worker`), on weaker machines through `lesser`, in the control through `outer`. If that
process dies, the current attack has killed the host: that is a sign, too, and the following attacks get a new process.
"""

from __future__ import annotations

import json
import secrets
import select
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from subprocess import PIPE, Popen, TimeoutExpired
from tempfile import TemporaryFile
from typing import Any, Literal

from strop.base.errors import SandboxError
from strop_selftest.catalogue import Attack
from strop_selftest.modes import HERE, MODES

CONTROL = "control"
"""The machine without any of the kernel's layers: a column of the table."""

Verdict = Literal[
    "contained",  # contained; for an honest program: it works; for the posture: it is correct
    "residual",  # succeeded, as `modes` or the posture announces
    "escaped",  # succeeded
    "stale",  # contained although it was expected to succeed
    "succeeds",  # control: the attack works without the layers
    "architecture",  # control: contained by the architecture, as its file says
    "toothless",  # control: contained for no known reason, so it shows nothing about the jail
    "not here",  # control: this kernel lacks the target, or the attack needs a right that we lack
]
FAILURES: frozenset[Verdict] = frozenset({"escaped", "stale", "toothless"})


_LONGEST_SILENCE = 180.0
"""Seconds without output after which an attack counts as having blocked the host."""


@dataclass(frozen=True)
class Result:
    """One attack on one machine."""

    attack: Attack
    machine: str
    verdict: Verdict
    signs: tuple[str, ...] = ()
    seconds: float = 0.0


def examined(
    attacks: Sequence[Attack], machine: str, on_result: Callable[[Result], None] = lambda result: None
) -> list[Result]:
    """Run attacks on a machine: a name of MODES, or CONTROL, which runs only attacks that are meaningful there.

    Raises:
        SandboxError: no attack can run there.
    """
    run = [attack for attack in attacks if machine != CONTROL or attack.hostile]
    waiting = {attack.name: attack for attack in run}
    results = []
    while waiting:
        before = len(waiting)
        for name, seen in _lines(machine, list(waiting)):
            attack = waiting.pop(name)
            signs = tuple(seen["signs"])
            results.append(Result(attack, machine, judged(attack, machine, seen), signs, seen["seconds"]))
            on_result(results[-1])
        if len(waiting) == before:
            raise SandboxError(f"no attack can be run on the machine {machine!r}")
    return results


def judged(attack: Attack, machine: str, seen: dict[str, Any]) -> Verdict:
    """Interpret the signs for a machine."""
    got_through = bool(seen["signs"])
    if machine == CONTROL:
        if seen["absent"]:
            return "not here"
        if got_through:
            return "succeeds" if attack.succeeds_unconfined else "escaped"
        return "toothless" if attack.succeeds_unconfined else "architecture"
    expected = attack.name in MODES[machine].residuals
    if not got_through:
        return "stale" if expected else "contained"
    announced = machine == HERE and seen["announced"]
    return "residual" if expected or announced else "escaped"


def _lines(machine: str, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Attack and observations, for as many attacks as one process survives."""
    worker = [sys.executable, "-P", "-m", "strop_selftest.worker"]
    flags = [f"--word={secrets.token_hex(16)}", *(["--control"] if machine == CONTROL else [])]
    command = [*_launcher(machine), *worker, *flags, *names]
    at = ""
    with TemporaryFile() as errors, Popen(command, stdout=PIPE, stderr=errors, bufsize=0) as process:
        for line in _in_time(process):
            message = json.loads(line)
            at = message.get("begin", at)
            if "failed" in message:
                raise SandboxError(f"the machine {machine!r} cannot run guests: {message['failed']}")
            if "attack" in message:
                at = ""
                yield message["attack"], message
        status = process.wait()
        errors.seek(0)
        words = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    if at:
        how = f"the host's process ended (status {status}): {words}"
        yield at, {"signs": [how], "absent": "", "announced": False, "seconds": 0.0}
    elif status != 0:
        raise SandboxError(f"the machine {machine!r} cannot be had here: {words or status}")


def _in_time(process: Popen[bytes]) -> Iterator[bytes]:
    """The output of a process, line by line; the process is killed if it is silent for too long, or when nobody reads on."""
    assert process.stdout is not None
    try:
        while select.select([process.stdout], [], [], _LONGEST_SILENCE)[0]:
            line = process.stdout.readline()
            if not line:
                return
            yield line
    finally:
        if process.poll() is None and not _ends_soon(process):
            process.kill()


def _ends_soon(process: Popen[bytes]) -> bool:
    """Whether it exits by itself after closing its output."""
    try:
        process.wait(10)
    except TimeoutExpired:
        return False
    return True


def _launcher(machine: str) -> list[str]:
    if machine == HERE:
        return []
    module = "outer" if machine == CONTROL else "lesser"
    launcher = [sys.executable, "-P", "-m", f"strop_selftest.{module}"]
    return launcher if machine == CONTROL else [*launcher, machine]
