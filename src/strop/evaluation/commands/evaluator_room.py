"""An evaluator and the program as guests of a tree each: a workspace in which the only command is an evaluation."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from strop.base.closing import ClosesItself
from strop.base.environments import COPY
from strop.base.errors import GuestLost
from strop.evaluation.commands.relay import ANSWER, EvaluationRelay, KnownCalls
from strop.sandbox.base import Died, GuestProgram, Limits, Outcome, OutOfMemory, Returned, TimedOut, describe
from strop.sandbox.tree_guests import Finished, TreePlan, TreeServer
from strop.sandbox.workspace import endings
from strop.sandbox.workspace.base import CommandLimits, Ending, Ran, Tree
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.spec import ADDRESS, RUNNER, SEARCH, EvaluatorSpec

EVALUATE = GuestProgram("from strop_evaluation import evaluate", "evaluate")
MOST_WORDS = 128 << 10
"""Most bytes of an evaluator's output that are read."""
_MODULES = ("strop_plain_data", "strop_program", "strop_stub", "runner", "strop_evaluation")
_DRAWN = ("random", "numpy", "numpy.random")
"""Modules whose generators are seeded, if the program's interpreter has them."""
_REPLY_BYTES = 64 << 20


@dataclass(frozen=True)
class Isolation:
    """What a program may see of its evaluator's tree, and what is known of the original's calls."""

    known: KnownCalls
    learns: bool = False
    """Whether this is the original, whose calls are to be known."""
    sees_all: bool = False
    """Whether the program has the whole tree; else it has its own file, and what is known to be opened by the original."""
    draws: int | None = None
    """Seed of the program's random numbers, in place of the instance's."""


@dataclass(frozen=True)
class Passed:
    """What passed between an evaluator and the program in one evaluation."""

    answered: int
    """Digest of all calls with their answers; 0: there was none."""
    refused: str
    """Why the two must share a process; empty if they need not."""
    scorer_failed: bool = False
    """Whether there is no score, although the program answered all calls in the form of the original's answers."""
    gives: bool = True
    """Whether a call returned something else than None."""


class IsolatedEvaluator(ClosesItself):
    """A `Workspace` for one program in which the only command is its evaluation."""

    def __init__(self, task: CommandTask, text: str, workspaces: Workspaces, isolation: Isolation) -> None:
        assert task.evaluator is not None
        self._task, self._text, self._isolation, self._spec = task, text, isolation, task.evaluator
        self._is_original = text == task.files[task.evaluator.program]
        self.spoil: Mapping[str, Any] | None = None
        """How the next evaluation's answers of the program are spoiled (`EvaluationRelay`)."""
        self.draws = 0
        """Seed of the program's random numbers in the next evaluation, from which the evaluator's cannot be told."""
        self.passed = Passed(0, "")
        """Of the last evaluation."""
        self._lease = workspaces.lease(plans_of(task, task.evaluator, isolation))

    def run(self, command: str, limits: CommandLimits, *, environment: Mapping[str, str] | None = None) -> Ran:
        """Evaluate the program; `command` is not run."""
        evaluating, running = self._lease.servers()
        known = self._isolation.known
        try:
            for server, modules in ((evaluating, known.evaluator_loaded), (running, known.loaded)):
                server.preload(sorted(modules))
            outcome, printed, relay = self._evaluated(evaluating, running, limits, dict(environment or {}))
            ended = [server.finish() for server in (evaluating, running)]
        except BaseException:  # Ctrl-C: nobody knows what they are at
            self._lease.renew()
            raise
        if self._isolation.learns:
            known.fails = known.fails or any("failed" in event for event in relay.events)
            known.evaluator_loaded.update(_said(outcome).get("loaded", ()))
        refused = next((event["refused"] for event in relay.events if "refused" in event), "")
        stopped = next((server.stopped for server in (running, evaluating) if server.stopped), "")
        if relay.lost is not None and not stopped:
            raise relay.lost
        ran = _ran(outcome, printed, stopped, ended, limits, relay)
        self.passed = Passed(relay.answered, refused, not ran.ok and not relay.events, relay.gives)
        names = ("malformed",) if self._may_fail or ran.code else ("malformed", "failed")
        malformed = next((event[name] for event in relay.events for name in names if name in event), "")
        if self.spoil is not None and not relay.spoiled:
            malformed = "no answer of the program can be spoiled in this way"
        return _with_words(ran, malformed, relay.printed)

    def _evaluated(
        self, evaluating: TreeServer, running: TreeServer, limits: CommandLimits, environment: Mapping[str, str]
    ) -> tuple[Outcome | GuestLost, str, EvaluationRelay]:
        """How an evaluation ended, what it printed, and what passed."""
        bounds = Limits(
            cpu_seconds=limits.cpu_seconds,
            wall_seconds=limits.wall_seconds,
            memory_bytes=limits.memory_bytes,
            reply_bytes=_REPLY_BYTES,
        )
        spec, program = self._spec, f"{COPY}/{self._spec.program}"
        draws = self.draws if self._isolation.draws is None else self._isolation.draws
        place = {"path": program, "draws": draws, "original": self._isolation.learns}
        order = {"environment": dict(self._task.environment), "cpu_seconds": limits.cpu_seconds}
        evaluating.begin()
        running.begin(self._text)
        for server in (evaluating, running):
            server.ready()
        assert evaluating.door is not None
        relay = EvaluationRelay(
            evaluating.door,
            lambda: running.open(ANSWER, bounds, order),
            place,
            self._isolation.known,
            is_own=self._is_original,
            spoil=self.spoil,
        )
        guest = evaluating.open(EVALUATE, bounds, {**order, "environment": environment})
        guest.host_seconds = relay.host_seconds
        with guest:
            with relay:
                try:
                    arguments = [spec.form, f"{COPY}/{spec.evaluator}", program]
                    outcome: Outcome | GuestLost = guest.call([*arguments, "named" if spec.named else ""], seed=None)
                except GuestLost as error:
                    outcome = error
                finally:
                    guest.close()
            return outcome, guest.printed(MOST_WORDS), relay

    @property
    def _may_fail(self) -> bool:
        return self._is_original or self._isolation.known.fails or self.spoil is not None

    def put(self, path: str, content: bytes) -> bool:
        return False

    def read(self, path: str, most: int = 1 << 20) -> bytes | None:
        return None

    def clear(self) -> bool:
        return True

    def close(self) -> None:
        if self._isolation.sees_all:
            self._lease.renew()
        self._lease.close()


def plans_of(task: CommandTask, spec: EvaluatorSpec, isolation: Isolation) -> tuple[TreePlan, TreePlan]:
    """The two trees: the evaluator's, with a stub where the program was; and the program's, which has what it needs."""
    seen = None if isolation.sees_all else (spec.program, *sorted(isolation.known.opened), *task.context)
    evaluators = Tree(task.root, {spec.program: spec.stub}, task.tools)
    programs = Tree(task.root, {}, task.tools, only=seen)
    # Variables may tell a module how to load.
    is_own = spec.interpreter.parent.parent.samefile(sys.prefix) and task.environment.keys() <= {
        "PYTHONDONTWRITEBYTECODE"
    }
    evaluating, running = (
        TreePlan(
            tree=tree,
            interpreter=str(spec.interpreter),
            memory_bytes=task.memory_limit,
            environment={**task.environment},
            search=(*SEARCH, str(RUNNER.parent)),
            preload=modules,
            has_packages=is_own,
            changing=changing,
            address=address,
        )
        for tree, modules, changing, address in (
            (evaluators, _MODULES, "", ADDRESS),
            (programs, (*_MODULES[:2], *_DRAWN), f"{COPY}/{spec.program}", ""),
        )
    )
    return evaluating, running


def _ran(
    outcome: Outcome | GuestLost,
    printed: str,
    stopped: str,
    ended: Sequence[Finished],
    limits: CommandLimits,
    relay: EvaluationRelay,
) -> Ran:
    """The `Ran` of an evaluation, without what the program printed."""
    line = str(_said(outcome).get("line", ""))
    wall = 0.0 if isinstance(outcome, GuestLost) else outcome.spent.wall_seconds
    memory = max(each.memory_bytes for each in ended)
    ending: Ending = "exited"
    code: int | None = 0 if line else 1
    detail = f"exit status {code}"
    match outcome:
        case Returned():
            pass
        case GuestLost() if not stopped:
            raise outcome
        case TimedOut(limit):
            ending, detail = endings.ending_of(0, limit, limits)
        case OutOfMemory() | GuestLost():
            ending, detail = endings.ending_of(0, "memory", limits)
        case Died():
            words = outcome.reason.split()
            ending, detail = ("exited" if words[0] == "exit" else "signal"), outcome.reason
            code = int(words[-1]) if ending == "exited" else None
        case _:
            printed += f"\n{describe(outcome)}"
    if ending == "exited" and code and endings.lacked_memory(printed, memory, limits):
        ending, detail = "out of memory", f"{detail}, after it could not have more than {limits.memory_bytes >> 20} MiB"
    return Ran(
        ending=ending,
        code=code if ending == "exited" else None,
        detail=detail,
        output=f"{line}\n" if line else "",
        errors=printed,
        truncated=False,
        cpu_seconds=sum(each.cpu_seconds for each in ended),
        wall_seconds=wall,
        memory_bytes=memory,
        denied=sum((Counter(each.denied) for each in ended), Counter()),
    )


def _said(outcome: Outcome | GuestLost) -> Mapping[str, Any]:
    """What `strop_evaluation.evaluate` returned; empty if it did not."""
    return outcome.value if isinstance(outcome, Returned) and isinstance(outcome.value, dict) else {}


def _with_words(ran: Ran, malformed: str, printed: str) -> Ran:
    """The run with what the program printed, and without what the evaluator says of an answer that is malformed."""
    errors = ran.errors
    if malformed:
        errors = "".join(line for line in errors.splitlines(keepends=True) if malformed not in line)
    if printed.strip():
        lines = "\n".join(f"  {line}" for line in printed.splitlines())  # so that none is a note of the evaluator's
        errors += f"\nprinted by the program:\n{lines}"
    return replace(ran, errors=errors, malformed=malformed)
