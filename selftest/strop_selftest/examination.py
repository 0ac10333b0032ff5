"""Run the catalogue on one kind of machine, and judge what was seen.

The attacks run in a process of their own (worker.py), on lesser machines through lesser.py, in the control through outer.py. When
that process ends, the attack that it was at has ended the host: that is a sign too, and the next ones get a new process.
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
"""The machine on which nothing of the kernel's stands in the way: column of the table."""

Verdict = Literal[
    "contained",  # nothing got through; of an honest program: it works; of the posture: it is as it must be
    "residual",  # something got through that is written down in modes.py, or that the posture announces here
    "escaped",  # something got through
    "stale",  # nothing got through although it is written down that it would
    "succeeds",  # control: the attack works where no layer stands against it
    "architecture",  # control: contained all the same, by how host and guest are built, as its file says
    "toothless",  # control: contained, and nobody knows why: it shows nothing about the jail
    "not here",  # control: this kernel has not what is attacked, or the attack needs a right that we have not
]
FAILURES: frozenset[Verdict] = frozenset({"escaped", "stale", "toothless"})


_LONGEST_SILENCE = 180.0
"""Seconds after which an attack has brought the host to a standstill."""


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
    """Run attacks on a machine: a name of MODES, or CONTROL, for which only those are run that say something there.

    Raises:
        SandboxError: no attack can be run there.
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
    """What the signs mean there."""
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
    """Name of an attack and what was seen, for as many as one process lives through."""
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
    """What a process prints, line by line; it is killed when it says nothing for too long, or nobody listens any more."""
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
    """Whether it ends by itself now that it has closed its output."""
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
