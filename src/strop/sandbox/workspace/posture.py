"""What a workspace really prevents on this machine, tried by commands in a real one. Nothing is read from a configuration."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from strop.base.errors import SandboxError
from strop.base.temporary import TemporaryFolder
from strop.sandbox import probe_targets
from strop.sandbox.base import Value
from strop.sandbox.posture import Posture, posture_of
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree, Workspace

PROTECTIONS: dict[str, str] = {
    "read": "reading the host's files",
    "existence": "seeing that a file of the host exists",
    "write": "writing outside of the copy",
    "modes": "changing modes or times of the host's files",
    "network": "reaching the network or a unix socket",
    "processes": "starting more processes than allowed",
    "survivors": "leaving processes behind",
    "others": "seeing the processes of others",
    "signals": "signalling others",
    "tracing": "reading the memory of others",
    "memory": "using more memory than allowed, one process",
    "together": "using more memory than allowed, all processes together, with their sockets",
    "disk": "using more disk than allowed",
    "wall": "running longer than allowed",
    "cpu": "using more CPU time than allowed",
    "files": "changing protected files of the copy",
    "traces": "finding traces of an earlier run",
}
"""Name to what it prevents, in display order. Names shared with the protections of guests mean the same."""

DEFAULT_REQUIRE = frozenset({"read", "write", "network", "survivors", "signals", "memory", "wall"})
"""No command runs without these, unless the user waives one by name. Changed files are detected afterwards in any case."""

_HERE = Path(__file__).parent
_PYTHONS = (sys.prefix, sys.base_prefix)
_LIMITS = CommandLimits(
    wall_seconds=60.0, cpu_seconds=60.0, memory_bytes=1 << 30, disk_bytes=2 << 20, processes=24, output_bytes=1 << 16
)
_QUICK = CommandLimits(wall_seconds=0.1, cpu_seconds=20.0)
_SPIN = CommandLimits(wall_seconds=3.0, cpu_seconds=0.05)
_TOGETHER = CommandLimits(wall_seconds=10.0, memory_bytes=160 << 20)
_HOLD = """
for i in 1 2 3; do python -S -c 'import time; held = b"x" * (80 << 20); time.sleep(2)' & done; wait
"""
_HOLD_SOCKETS = """
python -S -c 'import socket, time; held = [socket.socketpair() for _ in range(300)]; time.sleep(2)'
"""
_LEAVE_TRACES = "touch left; : > left.tmp; rm left.tmp; for i in 1 2 3; do (:); done"
_LOOK_FOR_TRACES = "touch look; ls -a; ls -i look; echo $$"
_SURVIVE = """
(setsid nohup sh -c 'trap "" TERM HUP; while :; do echo x >> survived; sleep 0.01; done' >/dev/null 2>&1 &)
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do test -e survived && break; sleep 0.01; done
"""
_DID_IT = "a=$(wc -c <survived); sleep 0.08; test $a = $(wc -c <survived)"


def required(names: frozenset[str] | None) -> frozenset[str]:
    """The protections of workspaces among the required `names`, which may also name those of guests; None: the default ones."""
    if names is None:
        return DEFAULT_REQUIRE
    return (names | {"survivors"}) - {"processes"} if "processes" in names else names


def observe(open_workspace: Callable[[Tree], Workspace], layers: Callable[[], Mapping[str, str]]) -> Posture:
    """Run the probes in a workspace that `open_workspace` makes. Raises SandboxError if they cannot be run."""
    with (
        TemporaryFolder("strop-probe-") as root,
        probe_targets.laid_out(_LIMITS.memory_bytes) as (targets, traces),
        open_workspace(_tree(root)) as workspace,
    ):
        targets |= {"home": str(Path.home()), "names": _home_names()}
        targets |= {"disk_bytes": _LIMITS.disk_bytes, "processes": _LIMITS.processes}
        found = _limits(workspace) | {"survivors": _survivors(workspace)}
        environment = {"STROP_PROBE": json.dumps(targets)}
        found |= _answers(workspace.run(f"{_python()} probe.py", _LIMITS, environment=environment))
        for name, what in traces().items():
            found[name].append(what)
        # leaves such traces
        found |= _answers(workspace.run(f"{_python()} probe.py modes", _LIMITS, environment=environment))
        changed = workspace.tampered()
        if changed:
            found["files"].append("noticed afterwards")
        found["traces"] = _traces(workspace)
        return posture_of(found, PROTECTIONS, layers())


def _tree(root: Path) -> Tree:
    (root / "protected").mkdir()
    (root / "protected" / "file").write_text("as it was\n", encoding="utf-8")
    shared = _HERE.parent / "probe.py"
    return Tree(root, {"probe.py": (_HERE / "probe.py").read_text("utf-8"), "attempts.py": shared.read_text("utf-8")})


def _home_names() -> list[Value]:
    """Some names in the home folder that are not part of the Python that commands may run."""
    home = Path.home()
    shown = {Path(prefix).relative_to(home).parts[0] for prefix in _PYTHONS if Path(prefix).is_relative_to(home)}
    with suppress(OSError):
        return [path.name for path in sorted(home.iterdir())[:100] if path.name not in shown]
    return []


def _python() -> str:
    return f"'{sys.executable}' -s -P -B"


def _answers(told: Ran) -> dict[str, list[str]]:
    if not told.ok:
        raise SandboxError(f"a workspace cannot run its own probe: {told.detail}: {told.errors.strip()[-300:]}")
    return {name: [str(each) for each in what] for name, what in json.loads(told.output).items()}


def _limits(workspace: Workspace) -> dict[str, list[str]]:
    """Limit to what happened instead of the expected end."""
    found: dict[str, list[str]] = {}
    for name, command, limits, ending, says in (
        ("wall", "sleep 5", _QUICK, "timeout", "wall"),
        ("cpu", "while :; do :; done", _SPIN, "timeout", "CPU"),
        ("together", _HOLD.replace("python", f"'{sys.executable}'"), _TOGETHER, "out of memory", ""),
        ("together", _HOLD_SOCKETS.replace("python", f"'{sys.executable}'"), _TOGETHER, "out of memory", ""),
    ):
        ran = workspace.run(command, limits)
        found.setdefault(name, [])
        found[name] += [] if ran.ending == ending and ran.detail.startswith(says) else [ran.detail]
    return found


def _traces(workspace: Workspace) -> list[str]:
    def look() -> str:
        workspace.clear()
        return workspace.run(_LOOK_FOR_TRACES, CommandLimits(wall_seconds=10.0)).output

    before = look()
    workspace.clear()
    workspace.run(_LEAVE_TRACES, CommandLimits(wall_seconds=10.0))
    return [] if look() == before else ["a run could see what the previous run did"]


def _survivors(workspace: Workspace) -> list[str]:
    workspace.run(_SURVIVE, CommandLimits(wall_seconds=10.0))
    return [] if workspace.run(_DID_IT, CommandLimits(wall_seconds=10.0)).ok else ["a process outlived its command"]
