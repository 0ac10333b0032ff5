"""Every file of kernel/ is run as a guest: contained in the jail, and in a control run with the layers off a success.

An attack succeeds when it says so (it returns something) or when the host sees its traces, whatever it says. A file may set:
LIMITS for its run in the jail, CONTROL_LIMITS for the control, PROTECTION where the one that it breaks is not required,
CONTROL = "contained" where more than the kernel's layers stands against it, CONTROL_NEEDS_ROOT.
"""

from __future__ import annotations

import ast
import ctypes
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from strop.errors import SandboxError
from strop.sandbox import bait
from strop.sandbox.base import Limits, Outcome, Program, Returned
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers

FILES = sorted(Path(__file__).parent.glob("kernel/*.py"))
PLENTY = Limits(cpu_seconds=20.0, wall_seconds=30.0)
PR_SET_CHILD_SUBREAPER = 36
SECRET = "STROP_TEST_SECRET"

LAYERS = {
    "everything": Layers.strongest(),
    "without private root": Layers(private_root=False),
    "without namespaces": Layers(namespaces=False, private_root=False),
    "without paths": Layers(namespaces=False, private_root=False, landlock=False),
    "with forbidden calls told": Layers.strongest(),
}


@dataclass(frozen=True)
class Attack:
    """One file of kernel/."""

    text: str
    settings: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Attack:
        text = path.read_text("utf-8")
        settings = {}
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                try:
                    settings[node.targets[0].id] = ast.literal_eval(node.value)
                except ValueError:
                    settings[node.targets[0].id] = eval(compile(ast.Expression(node.value), path.name, "eval"))
        return cls(text, settings)


@pytest.fixture(scope="module", autouse=True)
def orphans_come_to_us() -> None:
    """What outlives its parents becomes our child, and is seen."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@pytest.fixture(scope="module", autouse=True)
def secret() -> Iterator[None]:
    """A variable of the host's, there before any fork server starts."""
    os.environ[SECRET] = secrets.token_hex(16)
    yield
    del os.environ[SECRET]


@pytest.fixture(scope="module", params=LAYERS)
def jail(request: pytest.FixtureRequest) -> Iterator[JailedSandbox]:
    told = print if "told" in request.param else None
    with JailedSandbox(solution_places=1, improver_places=0, layers=LAYERS[request.param], on_denied=told) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def no_jail() -> Iterator[JailedSandbox]:
    with JailedSandbox(solution_places=1, improver_places=0, layers=Layers.none(), require=frozenset()) as sandbox:
        yield sandbox


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_jail_contains_the_attack(path: Path, jail: JailedSandbox) -> None:
    attack = Attack.read(path)
    protection = attack.settings.get("PROTECTION", "read")
    if jail.posture.missing(frozenset({protection})):
        pytest.skip(f"the posture says that {protection} is not enforced here")
    limits = replace(PLENTY, **attack.settings.get("LIMITS", {}))
    assert successes(attack, jail, limits) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_attack_succeeds_when_the_layers_are_off(path: Path, no_jail: JailedSandbox) -> None:
    attack = Attack.read(path)
    if attack.settings.get("CONTROL_NEEDS_ROOT") and os.geteuid() != 0:
        pytest.skip("this attack succeeds only where the host is root")
    limits = replace(PLENTY, **attack.settings.get("CONTROL_LIMITS", {}))
    found = successes(attack, no_jail, limits)
    assert bool(found) != (attack.settings.get("CONTROL") == "contained"), found


def successes(attack: Attack, sandbox: JailedSandbox, limits: Limits) -> list[str]:
    """What the attack achieved, by its own word and by its traces. It is run twice, for what the first leaves for the second."""
    with ExitStack() as stack:
        targets, traces = stack.enter_context(bait.laid_out(limits.memory_bytes))
        signals = stack.enter_context(SignalsSeen())
        children = set(processes_of_ours())
        targets["secret"] = os.environ[SECRET]
        found = []
        for _ in range(2):
            try:
                with sandbox.open(Program(attack.text, "attack"), limits) as guest:
                    found += signs(guest.call([targets], seed=0))
            except SandboxError as error:
                found.append(f"the fork server broke: {error}")
        found += list(traces().values())
        found += [f"signal {number} received" for number in signals.seen]
        found += [f"process {pid} lives on" for pid in end_strangers(children)]
        return found


def signs(outcome: Outcome) -> list[str]:
    """What an outcome itself gives away."""
    found = []
    if isinstance(outcome, Returned) and outcome.value is not None:
        found.append(str(outcome.value))
    if len(outcome.output) > 1 << 20:
        found.append(f"{len(outcome.output)} characters of output kept")
    return found


class SignalsSeen:
    """Counts the harmless signals that reach this process."""

    def __enter__(self) -> SignalsSeen:
        self.seen: list[int] = []
        signal.signal(signal.SIGUSR1, lambda number, frame: self.seen.append(number))
        return self

    def __exit__(self, *exc: object) -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # one more may come when the guest that armed it is dead


def processes_of_ours() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()]


def end_strangers(known: set[int]) -> list[int]:
    """Children that came to us without our having started them; they are killed. Zombies have ended already."""
    strangers = []
    for pid in processes_of_ours():
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        status = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        is_server = int(status[3]) == pid  # fork servers lead a session of their own
        if pid not in known and not is_server and status[0] != "Z" and command:
            strangers.append(pid)
            os.kill(pid, signal.SIGKILL)
    return strangers
