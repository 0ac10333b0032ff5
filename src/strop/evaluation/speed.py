"""The utility of a function that should become faster: CPU time relative to the original's, for equal or accepted answers.

Both run in jails of their own, in turns. Each is loaded and makes one call on another input before the clock starts, so that what
imports cost is no part of a call; it is compared by itself. Then it answers several inputs in one go, until they take
`ENOUGH`. No process gets an input twice, so what a program remembers is of no use to it: instances that repeat get fresh
processes, and on the sealed split each has its own, because two processes of one program differ in speed by some percent, which
no number of turns averages out. Kernel clocks count from the moment at which the inputs are sent. What strop's own part costs
then is measured beside both, with a program that knows the answers, and subtracted; what is left below `RESOLVED` counts as that,
so that nothing is said of it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from strop.analysis.audit.runtime import SCORER_CHOKED
from strop.base.errors import ScorerFailed, TaskError
from strop.base.randomness import derive
from strop.base.results import Evaluation, Verdict, added
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order
from strop.evaluation.feedback import Feedback
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.outcomes import REPORT_CHARACTERS, explain, verdict_of
from strop.sandbox.base import Guest, GuestProgram, Limits, Outcome, Raised, Returned, Sandbox
from strop.sandbox.wire import Prepared
from strop.tasks.base import Instance, PublishedSeeds
from strop.tasks.function.same import difference
from strop.tasks.function.task import LOADING, SECONDS, FunctionTask

ENOUGH = 0.005
"""CPU seconds of the original from which the inputs that are answered in one go are enough."""
MOST = 256
"""The most inputs that are answered in one go."""
MOST_DRAWING = 0.1
"""CPU seconds that drawing these inputs may take."""
RESOLVED, RESOLVED_SHARE = 20e-6, 0.05
"""CPU seconds of all inputs of one go, and their share in what strop's own part takes, below which times are not told apart."""
_FURTHER = 1 << 20
"""Number of the first input that is no instance."""
_ENTRY = "answers_of_several_calls"
_SEVERAL = f"""

def {_ENTRY}(calls):
    from by_name import each_bound
    return [{{entry}}(*args, **named) for args, named in each_bound({{entry}}, calls)]
"""
"""Put behind a program: calls its entry once for each input."""
_KNOWING = f"""
known = iter([])


def known_answer(*args, **named):
    for answer in known:
        return answer


def {_ENTRY}(calls, answers=None):
    global known
    from by_name import each_bound
    if answers is not None:
        known = iter(answers)
    return [known_answer(*args, **named) for args, named in each_bound(known_answer, calls)]
"""
"""What strop's own part of calls costs: it is told the answers, and gives them."""
_ARGUMENTS = """

def arguments_after_a_call(*args, **kwargs):
    {call}
    return [*args, *kwargs.values()]


arguments_after_a_call.__wrapped__ = {entry}
"""
"""Put behind the original, to see whether it changes its arguments."""

Input = tuple[Instance, Prepared]


class _Several(Prepared):
    """Several inputs as the argument of one call; they are encoded already."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        dict.__init__(self)
        parts = [arguments.encoded for _, arguments in inputs]
        self.encoded = b'{"calls":[%b]}' % b",".join(text for text, _ in parts), b"".join(blob for _, blob in parts)


def measure_speed(
    task: FunctionTask, order: Order, drawn: DrawnInstances, sandbox: Sandbox, log: AuditLog, limits: Limits
) -> Evaluation:
    """The mean of 1 / (1 + t / t0) over the instances. The original's own text has 1/2 by definition and is not timed.

    Raises:
        Malformed: the text is not a program of the task.
        TaskError: the original does not answer, answers differently when it is run again, or changes its arguments, which
            nothing compares.
        SandboxError: the host failed.
    """
    program, original = task.program(order.program), task.program(task.seed)
    timing = _Timing(task, order, drawn, _Jail(task, sandbox, limits, original, program), log)
    if timing.is_own and order.split == "train":
        timing.examine_original()
    return timing.evaluation()


@dataclass(frozen=True)
class _Jail:
    """Opens guests of the two programs."""

    task: FunctionTask
    sandbox: Sandbox
    limits: Limits
    original: str
    program: str

    def several(self, text: str) -> Guest:
        """A guest that answers several inputs in one call."""
        return self.sandbox.open(GuestProgram(text + _SEVERAL.format(entry=self.task.entry), _ENTRY), self.limits)

    def knowing(self) -> Guest:
        """A guest that is told the answers."""
        return self.sandbox.open(GuestProgram(_KNOWING, _ENTRY), self.limits)

    def arguments(self, call: str) -> Guest:
        """A guest that returns its arguments after `call`."""
        text = self.original + _ARGUMENTS.format(call=call, entry=self.task.entry)
        return self.sandbox.open(GuestProgram(text, "arguments_after_a_call"), self.limits)


@dataclass
class _Processes:
    """Fresh processes of the original and of a program, which have the inputs in `had`, and one that knows the answers."""

    original: Guest
    candidate: Guest
    knowing: Guest
    had: set[tuple[bytes, bytes]] = field(default_factory=set)
    loading: tuple[float, float] = (0.0, 0.0)
    """CPU seconds of loading and of what the first call costs beyond a later one: the original's and the program's."""
    first: tuple[float, float] = (0.0, 0.0)
    """CPU seconds of the call that counts for neither."""


class _Failed(Exception):
    """The program fails on an input."""

    def __init__(self, instance: Instance, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.instance, self.verdict, self.why = instance, verdict, why


class _Timing:
    """The calls of the original and of a program, in turns."""

    def __init__(self, task: FunctionTask, order: Order, drawn: DrawnInstances, jail: _Jail, log: AuditLog) -> None:
        self._task, self._order, self._drawn, self._jail, self._log = task, order, drawn, jail, log
        self.is_own = jail.program == jail.original
        """Whether the program is the original."""
        self._feedback = Feedback()
        self._scores: list[float] = []
        self._times: list[dict[str, float]] = []
        self._before: list[dict[str, float]] = []
        self._is_silent = True
        """Whether the original has returned nothing but None."""
        self._is_drawn = not (task.cases or isinstance(order.seeds, PublishedSeeds))
        """Whether there are further inputs."""

    def evaluation(self) -> Evaluation:
        """Time both on every instance."""
        self._count = self._together()
        with ExitStack() as stack:
            processes: _Processes | None = None
            for index in range(self._task.count(self._order.split)):
                try:
                    if processes is None or self._order.split == "test" or self._is_known(index, processes):
                        stack.close()
                        processes = self._opened(stack, index)
                    self._measure(processes, index)
                except _Failed as failed:
                    return self._failure(index, failed)
        if self.is_own and self._is_silent and self._task.accept is None:
            raise TaskError(
                f"task {self._task.name}: the original returns None for every instance, so there is no answer to compare; "
                "return what it computes"
            )
        return Evaluation(
            value=added(self._scores) / len(self._scores),
            verdict="ok",
            scores=tuple(self._scores),
            verdicts=_ok(self._scores),
            cpu_seconds=sum(row[SECONDS] for row in self._times),
            notes=self._notes,
            metrics=tuple(self._times),
            beside=tuple(self._before),
        )

    def examine_original(self) -> None:
        """Raises TaskError if the original changes an argument, since a candidate that leaves this out would be called faster,
        or answers differently when it is run again."""
        inputs = [self._drawn[index] for index in range(self._task.count(self._order.split))]
        seen = []
        for call in ("pass", f"{self._task.entry}(*args, **kwargs)"):
            with self._jail.arguments(call) as guest:
                seen.append([guest.call(arguments, seed=0) for _, arguments in inputs])
        if any(_differ(before, after) for before, after in zip(*seen, strict=True)):
            raise TaskError(
                f"task {self._task.name}: the original changes its arguments, and only answers are compared; work on a copy, "
                "and return what is computed"
            )
        if self._task.accept is not None:
            return
        seen = []
        for _ in range(2):
            with self._jail.several(self._jail.original) as guest:
                seen.append([guest.call(_Several([each]), seed=0) for each in inputs])
        if any(_differ(once, again) for once, again in zip(*seen, strict=True)):
            raise TaskError(
                f"task {self._task.name}: the original's answer differs when it is run again with the same random numbers, so "
                "nothing can equal it; seed what it draws, or give accept=, a function that says whether an answer is right"
            )

    def _together(self) -> int:
        """How many inputs are answered in one go."""
        if not self._is_drawn:
            return 1
        if not self._drawn.together:
            self._drawn.together = self._found_together()
        return self._drawn.together

    def _found_together(self) -> int:
        """As many as take the original `ENOUGH`."""
        at, size = _FURTHER + (self._task.count(self._order.split) + 1) * MOST, 1
        with self._jail.several(self._jail.original) as guest:
            self._call(guest, [self._drawn[at]])
            while size < MOST:
                begun = time.process_time()
                inputs = [self._drawn[at + number] for number in range(size)]
                drawing = time.process_time() - begun
                outcome = self._call(guest, inputs)
                seconds = outcome.spent.cpu_seconds
                if not isinstance(outcome, Returned) or seconds >= ENOUGH or drawing >= MOST_DRAWING:
                    break
                size = min(MOST, math.ceil(size * min(max(1.2 * ENOUGH / max(seconds, 1e-9), 2.0), 8.0)))
        return size

    def _opened(self, stack: ExitStack, index: int) -> _Processes:
        """Fresh processes, loaded, after one call on another input than instance `index`, if there is another."""
        knowing = stack.enter_context(self._jail.knowing())
        original = stack.enter_context(self._jail.several(self._jail.original))
        candidate = original if self.is_own else stack.enter_context(self._jail.several(self._jail.program))
        processes = _Processes(original, candidate, knowing)
        other = next(self._others(index), None)
        none = self._all(processes, [], self._drawn[index][0])
        first = (0.0, 0.0)
        if other is not None:
            processes.had.add(other[1].encoded)
            first = self._all(processes, [other], other[0])
        processes.loading, processes.first = none, first
        return processes

    def _others(self, index: int) -> Iterator[Input]:
        """Inputs that differ from instance `index`."""
        count = self._task.count(self._order.split)
        own = self._drawn[index][1].encoded
        numbers = range(count - 1, -1, -1)
        if self._is_drawn:
            begin = _FURTHER + count * MOST + 4 * (index % (MOST // 4))
            numbers = range(begin + 3, begin - 1, -1)
        for number in numbers:
            each = self._drawn[number]
            if each[1].encoded != own:
                yield each

    def _is_known(self, index: int, processes: _Processes) -> bool:
        return self._drawn[index][1].encoded in processes.had

    def _inputs(self, index: int, processes: _Processes) -> list[Input]:
        """Instance `index`, and further inputs that these processes have not had."""
        inputs = []
        for number in [index, *(_FURTHER + index * MOST + further for further in range(1, self._count))]:
            each = self._drawn[number]
            if each[1].encoded not in processes.had:
                processes.had.add(each[1].encoded)
                inputs.append(each)
        return inputs

    def _measure(self, processes: _Processes, index: int) -> None:
        """Time one instance."""
        inputs = self._inputs(index, processes)
        before, after = self._all(processes, inputs, inputs[0][0], candidate_first=index % 2 == 1)
        t0, t = before / len(inputs), after / len(inputs)
        self._scores.append(t0 / (t0 + t))
        for rows, seconds, loading, first in (
            (self._before, t0, processes.loading[0], processes.first[0]),
            (self._times, t, processes.loading[1], processes.first[1]),
        ):
            rows.append({SECONDS: seconds, LOADING: loading + max(first - seconds, 0.0)})

    def _all(
        self, processes: _Processes, inputs: Sequence[Input], shown: Instance, *, candidate_first: bool = False
    ) -> tuple[float, float]:
        """CPU seconds of the original and of the program for these inputs, without strop's own part.

        Raises:
            _Failed: the program fails on one.
        """
        ahead = self._call(processes.candidate, inputs) if candidate_first and not self.is_own else None
        expected = self._returned(processes.original, inputs)
        outcome: Outcome = expected if self.is_own else ahead or self._call(processes.candidate, inputs)
        self._log.observe(outcome)
        self._judge(processes, inputs, outcome, expected, shown)
        own = self._own_part(processes.knowing, inputs, expected)
        least = max(RESOLVED, RESOLVED_SHARE * own) if inputs else 0.0
        before, after = (max(each.spent.cpu_seconds - own, least) for each in (expected, outcome))
        return before, after

    def _own_part(self, knowing: Guest, inputs: Sequence[Input], expected: Returned) -> float:
        """CPU seconds that the same calls cost a program that knows the answers; 0 if it cannot give them."""
        if inputs:
            knowing.call({"calls": [], "answers": expected.value}, seed=0)
        outcome = self._call(knowing, inputs)
        return outcome.spent.cpu_seconds if isinstance(outcome, Returned) else 0.0

    def _judge(
        self, processes: _Processes, inputs: Sequence[Input], outcome: Outcome, expected: Returned, shown: Instance
    ) -> None:
        if not isinstance(outcome, Returned):
            instance, outcome = self._culprit(processes.candidate, inputs, outcome) or (shown, outcome)
            words = explain(outcome)
            if len(inputs) > 1 and not isinstance(outcome, Raised):
                words += f" (for {len(inputs)} inputs together)"
            raise _Failed(instance, verdict_of(outcome), words)
        answers, right = outcome.value, expected.value
        assert isinstance(right, list)
        if not isinstance(answers, list) or len(answers) != len(inputs):
            raise _Failed(shown, "malformed", "malformed answer: there is not one for each input")
        for (instance, _), answer, one in zip(inputs, answers, right, strict=True):
            self._is_silent = self._is_silent and one is None
            if objection := self._objection(instance, answer, one):
                raise _Failed(instance, "malformed", objection)

    def _objection(self, instance: Instance, answer: Any, expected: Any) -> str:
        try:
            why = self._task.objection(instance, answer, expected, own=self.is_own)
        except ScorerFailed as error:
            if self.is_own:
                raise
            self._log.scorer(SCORER_CHOKED, str(error))
            return f"the answer cannot be scored: {error}"
        return f"malformed answer: {why}" if why else ""

    def _culprit(self, guest: Guest, inputs: Sequence[Input], outcome: Outcome) -> tuple[Instance, Outcome] | None:
        """The first input on which a program raises by itself, too."""
        if isinstance(outcome, Raised):
            for each in inputs:
                alone = self._call(guest, [each])
                if not isinstance(alone, Returned):
                    return each[0], alone
        return None

    @property
    def _notes(self) -> tuple[str, ...]:
        return self._feedback.notes if self._order.split == "train" else ()

    def _failure(self, index: int, failed: _Failed) -> Evaluation:
        """One failure costs the whole utility: a function with other answers is another function."""
        self._feedback.failed(index, failed.instance, failed.verdict, failed.why)
        return Evaluation(
            value=0.0,
            verdict=failed.verdict,
            scores=(*self._scores, 0.0),
            verdicts=(*_ok(self._scores), failed.verdict),
            error=f"instance {index}: {failed.why}"[:REPORT_CHARACTERS],
            notes=self._notes,
        )

    def _returned(self, original: Guest, inputs: Sequence[Input]) -> Returned:
        outcome = self._call(original, inputs)
        if not isinstance(outcome, Returned) or not isinstance(outcome.value, list):
            name = self._task.name
            raise TaskError(
                f"task {name}: the original fails on instance {len(self._scores)}: {explain(outcome)[:300]}"
            )
        return outcome

    def _call(self, guest: Guest, inputs: Sequence[Input]) -> Outcome:
        # The same seed for both, so that neither can tell which program it is.
        seed = derive(self._order.secret, "guest", "speed", self._order.split, len(self._scores)) & (2**64 - 1)
        return guest.call(_Several(inputs), seed=seed)


def _differ(one: Outcome, other: Outcome) -> bool:
    return isinstance(one, Returned) and isinstance(other, Returned) and bool(difference(one.value, other.value))


def _ok(scores: list[float]) -> tuple[Verdict, ...]:
    ok: Verdict = "ok"
    return (ok,) * len(scores)
