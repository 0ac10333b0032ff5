"""What the jail really prevents on this machine, tried from inside: by an ordinary guest, and by commands in a real workspace.

Nothing is read from a configuration: a layer that was applied but does not work is reported as *not enforced*, everything else
as *enforced (observed)*. Probes cannot see everything, for example kernel bugs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from strop.base.errors import GuestLost, SandboxError, SandboxUnavailable, system_error
from strop.base.interpreter import EXECUTABLE
from strop.base.protections import LINUX_ONLY, MACHINES, PROTECTIONS, PROTECTIONS_OF_COMMANDS, Posture, Protection
from strop.base.temporary import TemporaryFolder
from strop.sandbox import probe_targets
from strop.sandbox.base import GuestProgram, Limits, Outcome, Returned, Sandbox, TimedOut, Value, describe
from strop.sandbox.layers import Layers
from strop.sandbox.strop_plain_data import Unhashed
from strop.sandbox.workspace.base import CommandLimits, Tree, Workspace

T = TypeVar("T")

_PROBE = Path(__file__).with_name("probe.py")
_ATTEMPTS = 3
_LIMITS = Limits(cpu_seconds=5.0, wall_seconds=10.0)
_PYTHON = f"'{EXECUTABLE}' -s -P -B"
_COMMAND_LIMITS = CommandLimits(
    wall_seconds=60.0, cpu_seconds=60.0, memory_bytes=1 << 30, disk_bytes=2 << 20, processes=24, output_bytes=1 << 16
)
_BRIEFLY = CommandLimits(wall_seconds=10.0)
_TOGETHER = CommandLimits(wall_seconds=10.0, memory_bytes=160 << 20)
_BYTES = f"{_PYTHON} -S -c 'import time; held = b\"x\" * (80 << 20); time.sleep(2)' & "
_SOCKETS = f"{_PYTHON} -S -c 'import socket, time; held = [socket.socketpair() for _ in range(300)]; time.sleep(2)'"
_BEYOND_A_LIMIT = (
    ("wall", "sleep 5", CommandLimits(wall_seconds=0.1, cpu_seconds=20.0), "timeout", "wall"),
    ("cpu", "while :; do :; done", CommandLimits(wall_seconds=3.0, cpu_seconds=0.05), "timeout", "CPU"),
    ("together", _BYTES * 3 + "wait", _TOGETHER, "out of memory", ""),
    ("together", _SOCKETS, _TOGETHER, "out of memory", ""),
)
"""Protection, a command that goes beyond a limit, the limits, how it must end, and how the detail must begin."""
_SURVIVE = """
(setsid nohup sh -c 'trap "" TERM HUP; while [ ${n:=0} -lt 200 ]; do echo x >> survived; sleep 0.01; n=$((n+1)); done
touch outlived' >/dev/null 2>&1 &)
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do test -e survived && break; sleep 0.01; done
"""


def strongest(
    layers: Layers, attempt: Callable[[Layers, Mapping[str, str]], T], lost: type[SandboxError], failed: str
) -> T:
    """What `attempt` makes with the strongest layers that this machine allows.

    `attempt` gets the layers, and why the kernel refused stronger ones, for a report. `lost`: an error that is never a refusal,
    whatever its cause. `failed`: what cannot be had, for the message.

    Raises:
        SandboxUnavailable: this machine refuses all of them.
    """
    if sys.platform != "linux":
        raise SandboxUnavailable(LINUX_ONLY)
    refusals: dict[str, str] = {}
    for rung in layers.rungs():
        for left in reversed(range(_ATTEMPTS)):
            try:
                return attempt(rung, refusals)
            except SandboxError as error:
                is_refusal = system_error(error) is not None and not isinstance(error, lost)
                if not is_refusal and not left:
                    raise  # no refusal of the kernel, for which a weaker jail would be the answer
                last = error
            if is_refusal:
                break  # else something outside may have ended it, which says nothing of this machine
        refusals[f"refused {len(refusals) + 1}"] = str(last)
    raise SandboxUnavailable(f"{failed} on this machine: {'; '.join(refusals.values())}. {MACHINES}") from last


def observe_guests(sandbox: Sandbox, layers: Mapping[str, str]) -> Posture:
    """Run the probes in guests of `sandbox`. Raises SandboxError when a probe cannot be run."""
    with probe_targets.laid_out(_LIMITS.memory_bytes) as (targets, traces):
        outcome = _run(sandbox, "probe", _LIMITS, [targets])
        if not isinstance(outcome, Returned) or not isinstance(outcome.value, (dict, Unhashed)):
            raise SandboxError(f"the sandbox cannot run its own probe: {describe(outcome)}")
        succeeded = {name: _texts(what) for name, what in outcome.value.items()}
        for name, what in traces().items():
            succeeded.setdefault(name, []).append(what)
    for name, entry, limits in (("wall", "nap", Limits(wall_seconds=0.05)), ("cpu", "spin", Limits(cpu_seconds=0.05))):
        outcome = _run(sandbox, entry, limits, [None])
        succeeded[name] = [] if isinstance(outcome, TimedOut) and outcome.limit == name else [describe(outcome)]
    succeeded["together"] = ["only a cgroup around strop could limit it; no guest starts while little memory is left"]
    return _posture(succeeded, PROTECTIONS, layers)


def observe_commands(open_workspace: Callable[[Tree], Workspace], layers: Callable[[], Mapping[str, str]]) -> Posture:
    """Run the probes in a workspace that `open_workspace` makes. Raises SandboxError if they cannot be run."""
    with (
        TemporaryFolder("strop-probe-") as root,
        probe_targets.laid_out(_COMMAND_LIMITS.memory_bytes) as (targets, traces),
        open_workspace(Tree(root, {"probe.py": _PROBE.read_text("utf-8")})) as workspace,
    ):
        home = Path.home()
        if str(home) in {"/", "/tmp"}:  # a container's user without a home; every root of commands has such folders
            home = Path(str(targets["folder"]))
        targets |= {"home": str(home), "names": _home_names(home)}
        targets |= {"disk_bytes": _COMMAND_LIMITS.disk_bytes, "processes": _COMMAND_LIMITS.processes}
        succeeded = _beyond_limits(workspace) | {"survivors": _survivors(workspace)}
        succeeded |= _tried(workspace, "tree", targets)
        for name, what in traces().items():
            succeeded[name].append(what)
        succeeded |= _tried(workspace, "later", targets)
        succeeded["traces"] = _traces(workspace)
        return _posture(succeeded, PROTECTIONS_OF_COMMANDS, layers())


def _posture(succeeded: Mapping[str, list[str]], meanings: Mapping[str, str], layers: Mapping[str, str]) -> Posture:
    """The posture of a jail in which the attempts `succeeded` got through. `meanings`: every protection → what it prevents."""
    seen = {
        name: Protection(what, not succeeded[name], "; ".join(succeeded[name])[:300]) for name, what in meanings.items()
    }
    return Posture(seen, dict(layers))


def _texts(value: Value) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _run(sandbox: Sandbox, entry: str, limits: Limits, arguments: list[Value]) -> Outcome:
    program = GuestProgram(_PROBE.read_text("utf-8"), entry)
    with sandbox.open(program, limits) as guest:
        for _ in range(_ATTEMPTS - 1):
            with suppress(GuestLost):  # killed from outside, which says nothing of this machine
                return guest.call(arguments, seed=0)
        return guest.call(arguments, seed=0)


def _home_names(home: Path) -> list[Value]:
    """Some names in the home folder that are not part of the Python that commands may run."""
    pythons = (Path(prefix) for prefix in (sys.prefix, sys.base_prefix))
    visible = {python.relative_to(home).parts[0] for python in pythons if python.is_relative_to(home)}
    with suppress(OSError):
        return [path.name for path in sorted(home.iterdir())[:100] if path.name not in visible]
    return []


def _tried(workspace: Workspace, room: str, targets: Mapping[str, Value]) -> dict[str, list[str]]:
    """Protection → the attempts of a room of `probe.py` that succeeded, run as a command."""
    environment = {"STROP_PROBE": json.dumps(targets)}
    ran = workspace.run(f"{_PYTHON} probe.py {room}", _COMMAND_LIMITS, environment=environment)
    if not ran.ok:
        raise SandboxError(f"a workspace cannot run its own probe: {ran.detail}: {ran.errors.strip()[-300:]}")
    return {name: _texts(what) for name, what in json.loads(ran.output).items()}


def _beyond_limits(workspace: Workspace) -> dict[str, list[str]]:
    """Limit → what happened instead of the expected end."""
    differing: dict[str, list[str]] = {name: [] for name, *_ in _BEYOND_A_LIMIT}
    for name, command, limits, ending, begins in _BEYOND_A_LIMIT:
        ran = workspace.run(command, limits)
        differing[name] += [] if ran.ending == ending and ran.detail.startswith(begins) else [ran.detail]
    return differing


def _survivors(workspace: Workspace) -> list[str]:
    workspace.run(_SURVIVE, _BRIEFLY)
    ended = workspace.run(
        "test ! -e outlived && a=$(wc -c <survived) && sleep 0.08 && test $a = $(wc -c <survived)", _BRIEFLY
    ).ok
    return [] if ended else ["a process outlived its command"]


def _traces(workspace: Workspace) -> list[str]:
    def look() -> str:
        workspace.clear()
        return workspace.run("touch look; ls -a; ls -i look; echo $$", _BRIEFLY).output

    before = look()
    workspace.clear()
    workspace.run("touch left; : > left.tmp; rm left.tmp; for i in 1 2 3; do (:); done", _BRIEFLY)
    return [] if look() == before else ["a run could see what the previous run did"]
