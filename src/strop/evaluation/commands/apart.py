"""An evaluator and the program in a jail each: a workspace in which the only command is an evaluation."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from strop.base.environments import COPY
from strop.sandbox.workspace import endings
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree, Workspaces
from strop.sandbox.workspace.pair import SECOND, Ended, PairPlan, python
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.parties import APART, STAND_IN, Parties, executes_what_it_reads

_FOLDERS = ("/tmp", "/dev/shm")


class Sharing:
    """What the original showed of an evaluator: whether the program must share its process, and what passes between the two.
    Thread-safe."""

    def __init__(self, because: str = "") -> None:
        self.because = because
        """Why the evaluator and the program share a process; empty if they are apart."""
        self.fails = False
        """Whether calls of the original fail, or are left unanswered."""
        self._lock = threading.Lock()
        self._known: dict[str, set[str]] = {name: set() for name in ("not_finite", "dtypes", "in_place", "names")}
        """Functions with numbers that are not finite, types of arrays, arguments that change, names of the program."""
        self._opened: tuple[set[str], set[str]] = set(), set()
        """Files of the tree that the evaluator opened, and the program."""

    def learn(self, task: CommandTask, events: Sequence[Mapping[str, Any]]) -> None:
        """Take in what stand-ins told while the original ran."""
        with self._lock:
            for event in events:
                for name, known in self._known.items():
                    known.update(event.get(name, ()))
                self.fails = self.fails or "failed" in event
                self.because = self.because or str(event.get("shared", "")) or _why(task, event)

    def opened(self, by_evaluator: Sequence[str], by_program: Sequence[str]) -> None:
        """Take in which files of the tree the two opened while the original ran."""
        with self._lock:
            self._opened[0].update(by_evaluator)
            self._opened[1].update(by_program)

    def hidden(self, program: str) -> tuple[str, ...]:
        """Files and folders of the tree that are the evaluator's alone: its modules, and folders with its data."""
        with self._lock:
            own, others = self._opened[0] - self._opened[1] - {program}, {*self._opened[1], program}
        found: set[str] = set()
        for path in own:
            folders = [str(folder) for folder in reversed(PurePosixPath(path).parents)][1:]
            is_module = path.endswith(".py")
            free = [each for each in folders if not any(other.startswith(f"{each}/") for other in others)]
            if not path.endswith("__init__.py"):
                found.add(free[0] if free and not is_module else path)
        return tuple(sorted(found))

    def expected(self, *, of_original: bool, allow_nan: bool) -> dict[str, Any]:
        """What stand-ins must know."""
        with self._lock:
            known = {name: sorted(each) for name, each in self._known.items()}
            return {"original": of_original, "allow_nan": allow_nan, "may_fail": self.fails, **known}


def _why(task: CommandTask, event: Mapping[str, Any]) -> str:
    """Why a reading of the program's text means that it is needed; empty if it is only executed."""
    if "reads" not in event:
        return ""
    file, line, _ = event["reads"]
    try:
        source = (task.root / os.path.relpath(file, COPY)).read_text("utf-8")
        if executes_what_it_reads(source, line):
            return ""
    except (OSError, ValueError, SyntaxError):
        pass
    return "it reads the program's text"


class ApartWorkspace:
    """A `Workspace` for one program in which the only command is its evaluation."""

    def __init__(
        self,
        task: CommandTask,
        text: str,
        workspaces: Workspaces,
        sharing: Sharing,
    ) -> None:
        assert task.parties is not None
        self._task, self._text, self._sharing = task, text, sharing
        self._is_original = task.files.get(task.parties.program) == text
        self.spoil: Mapping[str, Any] | None = None
        """How the next evaluation's answers of the program are spoiled."""
        self._hidden = sharing.hidden(task.parties.program)
        self._lease = workspaces.lease(plan_of(task, task.parties, self._hidden))

    def run(self, command: str, limits: CommandLimits, *, environment: Mapping[str, str] | None = None) -> Ran:
        """Evaluate the program; `command` is not run."""
        parties, shown = self._task.parties, dict(environment or {})
        assert parties is not None
        is_original = self._is_original and self.spoil is None
        expected = self._sharing.expected(of_original=is_original, allow_nan=parties.allow_nan)
        expected["spoil"] = self.spoil
        first = {"environment": shown, "expected": expected, "cpu_seconds": limits.cpu_seconds}
        second = {
            "text": self._text,
            "seed": shown.get("STROP_SEED", ""),
            "environment": dict(self._task.environment),
            "original": is_original,
            "cpu_seconds": limits.cpu_seconds,
        }
        ended = self._lease.order(first, second, limits.wall_seconds)
        events = [event for event in (ended.said or {}).get("events", []) if isinstance(event, dict)]
        if is_original:
            self._sharing.learn(self._task, events)
            opened = [path for event in events for path in event.get("opened", [])]
            self._sharing.opened(opened, _texts((ended.finished or {}).get("opened")))
        return _ran(
            ended,
            events,
            limits,
            may_fail=is_original or self._sharing.fails or self.spoil is not None,
            spoils=self.spoil is not None,
        )

    def put(self, path: str, content: bytes) -> bool:
        return False

    def read(self, path: str, most: int = 1 << 20) -> bytes | None:
        return None

    def tampered(self) -> tuple[str, ...]:
        return ()

    def written(self, *, programs: bool = True) -> Mapping[str, str]:
        return {}

    def clear(self) -> bool:
        return True

    def renew(self) -> None:
        self._lease.renew()

    def close(self) -> None:
        assert self._task.parties is not None
        if self._hidden != self._sharing.hidden(self._task.parties.program):
            self._lease.renew()  # no later program gets to see so much
        self._lease.close()

    def __enter__(self) -> ApartWorkspace:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def plan_of(task: CommandTask, parties: Parties, hidden: Sequence[str]) -> PairPlan:
    """The two jails: the evaluator's, with a stand-in where the program was; and the program's, without the evaluator's own."""
    program = f"{COPY}/{parties.program}"
    text = STAND_IN.format(path=str(APART / "stand_in.py"), program=program)
    common = {"program": program, "preload": list(parties.preload), "folders": list(_FOLDERS)}
    evaluator = {
        "form": parties.form,
        "evaluator": f"{COPY}/{parties.evaluator}",
        "named": "named" if parties.named else "",
    }
    return PairPlan(
        trees=(
            Tree(task.root, {parties.program: text}, task.writable, task.tools),
            Tree(task.root, {}, (*task.writable, parties.program), task.tools, (parties.evaluator, *hidden)),
        ),
        commands=(
            python(str(parties.interpreter), APART / "evaluating.py"),
            python(str(parties.interpreter), APART / "program.py"),
        ),
        greetings=({**common, **evaluator}, common),
        limits=CommandLimits(memory_bytes=task.memory_limit),
        environment={**task.environment},
    )


def _ran(
    ended: Ended, events: Sequence[Mapping[str, Any]], limits: CommandLimits, *, may_fail: bool, spoils: bool
) -> Ran:
    """The `Ran` of an evaluation."""
    said, finished = ended.said or {}, _believed(ended.finished)
    status = int(said.get("status", signal.SIGKILL))
    ending, detail = endings.ending_of(status, ended.stopped, limits)
    if ended.side == SECOND and ended.stopped:
        detail = f"the program: {detail}"
    # An evaluation that fails says why by itself.
    refused = ("malformed",) if may_fail or status else ("malformed", "failed")
    malformed = next((str(event[name]) for event in events for name in refused if name in event), "")
    if spoils and not any("spoiled" in event for event in events):
        malformed = "no answer of the program can be spoiled in this way"
    errors = str(said.get("errors", ""))
    if malformed:  # the evaluator printed it, too
        errors = "".join(line for line in errors.splitlines(keepends=True) if malformed not in line)
    output = f"{errors}{finished['output']}"
    if ending == "exited" and status and endings.lacked_memory(output, int(said.get("rss", 0)), limits):
        ending, detail = "out of memory", f"{detail}, after it could not have more than {limits.memory_bytes >> 20} MiB"
    return Ran(
        ending=ending,
        code=os.WEXITSTATUS(status) if ending == "exited" else None,
        detail=detail,
        output=f"{said.get('line', '')}\n" if said.get("line") else "",
        errors=output,
        truncated=False,
        cpu_seconds=float(said.get("cpu", 0.0)) + finished["cpu"],
        wall_seconds=ended.wall_seconds,
        memory_bytes=max(int(said.get("rss", 0)), finished["rss"]),
        denied=ended.denied,
        malformed=malformed,
        killed=finished["killed"] or ended.stopped == "lost",
    )


def _texts(said: object) -> list[str]:
    return [each for each in said if isinstance(each, str)] if isinstance(said, list) else []


def _believed(said: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the program's jail said, with the types that it must have."""
    said = said or {}
    output, cpu, rss = said.get("output"), said.get("cpu"), said.get("rss")
    printed = output[-4000:] if isinstance(output, str) else ""
    lines = "\n".join(f"  {line}" for line in printed.splitlines())  # so that none is a note of the evaluator's
    return {
        "output": f"\nprinted by the program:\n{lines}" if printed.strip() else "",
        "cpu": cpu if isinstance(cpu, float) and 0 <= cpu < 1e9 else 0.0,
        "rss": rss if isinstance(rss, int) and 0 <= rss < 1 << 50 else 0,
        "killed": said.get("killed") is True,
    }
