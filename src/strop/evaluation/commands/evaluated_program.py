"""A program behind its evaluator: two guests, each in a tree of its own. The evaluator returns metrics; what it prints is only
reported."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from strop.base.environments import COPY
from strop.base.errors import GuestLost
from strop.base.later import dataclass
from strop.base.scorer_notes import WORKSPACE
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.built_program import (
    SEED_BITS,
    BuiltProgram,
    ProgramRun,
    failure_of,
    guest_seed,
    left_by,
    limits_of,
    measured,
    printed_by,
    read_values,
)
from strop.evaluation.commands.relay import ANSWER, EvaluationRelay, OriginalCalls
from strop.evaluation.laws import wrong_answer
from strop.sandbox.base import (
    AnswerTooLarge,
    Died,
    GuestProgram,
    Limits,
    Outcome,
    OutOfMemory,
    Raised,
    Returned,
    TimedOut,
    Violated,
    describe,
)
from strop.sandbox.strop_plain_data import Unhashed
from strop.sandbox.tree_guests import Finished, TreePlan, TreeServer
from strop.sandbox.workspace import endings
from strop.sandbox.workspace.base import CommandLimits, Ending, Ran, Tree
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.spec import ADDRESS, RUNNER, SEARCH, EvaluatorSpec

EVALUATE = GuestProgram("from strop_evaluation import evaluate", "evaluate", "strop_harness")
MOST_WORDS = 128 << 10
"""Most bytes of an evaluator's output that are read."""
_MODULES = ("strop_plain_data", "strop_program", "strop_stub", "runner", "strop_evaluation")
_DRAWN = ("random", "numpy", "numpy.random")
"""Modules whose generators are seeded, if the program's interpreter has them."""
_REPLY_BYTES = 64 << 20


@dataclass(frozen=True)
class Isolation:
    """How a program is kept apart from its evaluator: what it may see of the tree, and what is known of the original's calls."""

    original_calls: OriginalCalls
    learns: bool = False
    """Whether this run is one of the original, from which its calls are learned."""
    sees_all: bool = False
    """Whether the program has the whole tree. Otherwise it has its own file, and the files that the original is known to open."""
    draws: int | None = None
    """Seed of the program's random numbers, in place of the instance's."""


class EvaluatedProgram(BuiltProgram):
    """One program, which answers the calls of its task's evaluator from a process of its own."""

    def __init__(
        self,
        task: CommandTask,
        files: Mapping[str, str],
        workspaces: Workspaces,
        isolation: Isolation,
        notes: AuditLog,
    ) -> None:
        assert task.evaluator is not None
        self._task, self._isolation, self._spec, self.notes = task, isolation, task.evaluator, notes
        self._files, self._is_original = files, files == task.files
        self._limits = limits_of(task)
        self._slot = workspaces.slot(plans_of(task, self._spec, isolation))

    def run(self, seed: int, case: str = "", spoil: Mapping[str, Any] | None = None) -> ProgramRun:
        evaluating, running = self._slot.servers()
        original_calls = self._isolation.original_calls
        try:
            for server, modules in ((evaluating, original_calls.evaluator_loaded), (running, original_calls.loaded)):
                server.preload(sorted(modules))
            outcome, printed, relay = self._evaluated(evaluating, running, seed, spoil)
            ended = [server.finish() for server in (evaluating, running)]
        except BaseException:  # after Ctrl-C the state of the two servers is unknown
            self._slot.renew()
            raise
        returned, loaded = _returned(outcome)
        if self._isolation.learns:
            original_calls.fails = original_calls.fails or any("failed" in event for event in relay.events)
            original_calls.evaluator_loaded.update(loaded)
        stopped = next((server.stopped for server in (running, evaluating) if server.stopped), "")
        lost = relay.lost or (outcome if isinstance(outcome, GuestLost) else None)
        if lost is not None and not stopped:
            raise lost
        ran = _ran(outcome, returned, printed, ended, self._limits)
        self.notes.denied(ran.denied)
        may_fail = self._is_original or original_calls.fails or spoil is not None or bool(ran.code)
        malformed = wrong_answer(relay.events, may_fail=may_fail)
        if spoil is not None and not relay.spoiled:
            malformed = "no answer of the program can be spoiled in this way"
        return replace(
            self._read(ran, returned, malformed, relay.printed),
            scorer_failed=not ran.ok and not relay.events,
            scorer_limit=ran.limit,
            calls=relay.answered,
            gives=relay.gives,
            refused=next((event["refused"] for event in relay.events if "refused" in event), ""),
        )

    def _read(self, ran: Ran, returned: Mapping[str, Any], malformed: str, printed: str) -> ProgramRun:
        """The result of a run. Its output includes what the program printed, but not the evaluator's error about a malformed
        answer."""
        failed, errors = failure_of(ran), ran.errors
        if malformed:
            failed = ("malformed", malformed) if ran.ending == "exited" else failed
            errors = "".join(line for line in errors.splitlines(keepends=True) if malformed not in line)
        if printed.strip():
            lines = "\n".join(f"  {line}" for line in printed.splitlines())  # so that none is a note of the evaluator's
            errors += f"\nprinted by the program:\n{lines}"
        ran = replace(ran, errors=errors)
        if failed is not None:
            verdict, error = failed
            return measured(ran, verdict, f"{error}\n{printed_by(ran)}")
        left = replace(left_by(ran), returned=returned, source=self._spec.evaluator)
        return read_values(self._task, ran, left)

    def _evaluated(
        self, evaluating: TreeServer, running: TreeServer, seed: int, spoil: Mapping[str, Any] | None
    ) -> tuple[Outcome | GuestLost, str, EvaluationRelay]:
        """How an evaluation ended, what it printed, and the relay that its calls passed through."""
        limits, spec, program = self._limits, self._spec, f"{COPY}/{self._spec.program}"
        bounds = Limits(
            cpu_seconds=limits.cpu_seconds,
            wall_seconds=limits.wall_seconds,
            memory_bytes=limits.memory_bytes,
            reply_bytes=_REPLY_BYTES,
        )
        # The program's random numbers tell nothing of the evaluator's.
        draws = guest_seed(seed, "program") if self._isolation.draws is None else self._isolation.draws
        setup = {"path": program, "draws": draws, "original": self._isolation.learns}
        order = {"environment": dict(self._task.environment), "cpu_seconds": limits.cpu_seconds}
        environment = {**self._task.environment, "STROP_SEED": str(seed % (1 << SEED_BITS)), WORKSPACE: "1"}
        evaluating.begin()
        running.begin(self._files)
        for server in (evaluating, running):
            server.ready()
        assert evaluating.door is not None
        relay = EvaluationRelay(
            evaluating.door,
            lambda: running.open(ANSWER, bounds, order),
            setup,
            self._isolation.original_calls,
            is_own=self._is_original,
            spoil=spoil,
        )
        guest = evaluating.open(EVALUATE, bounds, {**order, "environment": environment})
        guest.host_seconds = relay.host_seconds
        with guest:
            with relay:
                try:
                    arguments = [spec.form, f"{COPY}/{spec.evaluator}", program, "named" if spec.named else ""]
                    outcome: Outcome | GuestLost = guest.call([*arguments, self._isolation.learns], seed=None)
                except GuestLost as error:
                    outcome = error
                finally:
                    guest.close()
            return outcome, guest.printed(MOST_WORDS), relay

    def close(self) -> None:
        """End the processes. The next program of the task may begin in the same trees. Idempotent."""
        if self._isolation.sees_all:
            self._slot.renew()
        self._slot.close()


def plans_of(task: CommandTask, spec: EvaluatorSpec, isolation: Isolation) -> tuple[TreePlan, TreePlan]:
    """The two trees: the evaluator's, with a stub where the program was, and the program's, with only the files that it may
    see."""
    seen = None if isolation.sees_all else (spec.program, *sorted(isolation.original_calls.opened), *task.context)
    evaluators = Tree(task.root, {spec.program: spec.stub}, task.tools)
    programs = Tree(task.root, {}, task.tools, only=seen)
    # Packages are loaded ahead only where no variable of the task could change how they load.
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
            address=address,
        )
        for tree, modules, address in (
            (evaluators, _MODULES, ADDRESS),
            (programs, (*_MODULES[:2], *_DRAWN), ""),
        )
    )
    return evaluating, running


def _ran(
    outcome: Outcome | GuestLost,
    returned: Mapping[str, Any],
    printed: str,
    ended: Sequence[Finished],
    limits: CommandLimits,
) -> Ran:
    """The `Ran` of an evaluation, without what the program printed. Its output is the metrics as JSON."""
    memory, code = max(finished.memory_bytes for finished in ended), None if returned else 1
    ending: Ending = "exited"
    detail = f"exit status {code or 0}"
    match outcome:
        case TimedOut() | OutOfMemory() | GuestLost():
            limit = outcome.limit if isinstance(outcome, TimedOut) else "memory"
            ending, detail = endings.ending_of(0, limit, limits)
        case Died(detail):
            code = int(detail.split()[-1]) if detail.startswith("exit") else None
            ending = "signal" if code is None else "exited"
        case Raised() | Violated() | AnswerTooLarge():
            printed += f"\n{describe(outcome)}"
    if ending == "exited" and code:
        ending, detail = endings.of_failed(ending, detail, printed, memory, limits)
    return Ran(
        ending=ending,
        code=(code or 0) if ending == "exited" else None,
        detail=detail,
        output=f"{json.dumps(returned, default=repr)}\n" if returned else "",
        errors=printed,
        truncated=False,
        cpu_seconds=sum(finished.cpu_seconds for finished in ended),
        wall_seconds=0.0 if isinstance(outcome, GuestLost) else outcome.spent.wall_seconds,
        memory_bytes=memory,
        denied=sum((Counter(finished.denied) for finished in ended), Counter()),
    )


def _returned(outcome: Outcome | GuestLost) -> tuple[Mapping[str, Any], Collection[str]]:
    """The metrics that an evaluation returned, empty if it failed, and the modules that it imported."""
    try:
        result, loaded = cast("Any", outcome.value if isinstance(outcome, Returned) else ())
        return _table(result), set(map(str, loaded))
    except Exception:  # noqa: BLE001 (a program that has taken over the evaluator may send anything)
        return {}, ()


def _table(pairs: Unhashed) -> dict[str, Any]:
    """The dict that the evaluator's guest sent, without keys that are no texts: hostile keys could all have the same hash."""
    made = {name: value for name, value in pairs.items() if type(name) is str}
    return {name: _table(value) if type(value) is Unhashed else value for name, value in made.items()}
