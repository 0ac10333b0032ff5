"""The utility of a function that should become faster: CPU time relative to the original's, for equal or accepted answers.

Both run in jails of their own, in turns A B B A. Each is loaded, makes one call on another input, and gets as many different
inputs as take the original 20 ms; it answers each once. Its time is what the kernel counts of its process from before they are
sent to after the last answer. Nothing is subtracted: receiving counts for both, for the program at least as much as for the
original, because it could leave out what it does not need. Nothing is repeated: what a program remembers is of no use. On the
sealed split, and for listed cases, each instance has fresh processes, because two of one program differ by some percent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from strop.analysis.audit.runtime import SCORER_CHOKED
from strop.base.errors import ScorerFailed, TaskError
from strop.base.randomness import derive
from strop.base.results import Evaluation, added
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order
from strop.evaluation.feedback import Feedback
from strop.evaluation.instances import MOST, DrawnInstances, Input
from strop.evaluation.outcomes import REPORT_CHARACTERS, explain, verdict_of
from strop.sandbox.base import Guest, GuestProgram, Limits, Outcome, Raised, Returned, Sandbox
from strop.sandbox.wire import Prepared
from strop.tasks.base import Instance, PublishedSeeds
from strop.tasks.function.same import difference
from strop.tasks.function.task import LOADING, RECEIVING, SECONDS, FunctionTask

ENOUGH, LEAST = 0.02, 0.002
"""CPU seconds of the original for the inputs of an instance: what suffices, and what is too little."""
_CALLS = """

def __calls__(calls=None, kept=[]):
    from by_name import binding
    if calls is not None:
        kept[:] = calls
        return
    """
"""Put behind a program, with one of the next two: a message gives it the arguments of several calls, and another makes them."""
_ANSWER = "return [{entry}(*args, **named) for args, named in map(binding({entry}), kept)]"
_SHOW_ARGUMENTS = "[{entry}(*args, **named) for args, named in map(binding({entry}), kept)]; return kept"


def measure_paired(
    task: FunctionTask, order: Order, drawn: DrawnInstances, sandbox: Sandbox, log: AuditLog, limits: Limits
) -> Evaluation:
    """The mean of 1 / (1 + t / t0) over the instances. One failure costs it all: a function with other answers is another one.

    Raises Malformed: the text is no program of the task; TaskError: the original fails, is too fast to compare, answers otherwise
    when it is run again, or changes its arguments; SandboxError: the host failed."""
    texts = task.program(task.seed), task.program(order.program)
    is_listed, is_own = bool(task.cases) or isinstance(order.seeds, PublishedSeeds), texts[0] == texts[1]
    timing = _Timing(task, order, drawn, sandbox, log, limits, texts, is_listed, is_own)
    if is_own and order.split == "train":
        timing.examine_original()
    drawn.timed = drawn.timed or timing.found()
    rows = list[list[dict[str, float]]]()
    try:
        for row in timing.rows(drawn.timed):
            rows.append(row)
    except _Failed as failure:
        (instance, verdict, why), feedback = failure.args, Feedback()
        feedback.failed(len(rows), instance, verdict, why)
        notes, error = feedback.notes if order.split == "train" else (), f"instance {len(rows)}: {why}"
        return Evaluation(0.0, verdict, (0.0,), (verdict,), error[:REPORT_CHARACTERS], notes=notes)
    scores = tuple(row[0][SECONDS] / (row[0][SECONDS] + row[-1][SECONDS]) for row in rows)
    return Evaluation(
        value=added(scores) / len(scores),
        verdict="ok",
        scores=scores,
        verdicts=tuple("ok" for _ in scores),
        cpu_seconds=added(row[-1][SECONDS] for row in rows),
        metrics=tuple(row[-1] for row in rows),
        beside=tuple(row[0] for row in rows),
    )


class _Failed(Exception):
    """The program fails: (the instance, the verdict, why)."""


@dataclass(frozen=True)
class _Timing:
    """Calls of the original (texts[0]) and of a program (texts[1]), in turns.

    `is_listed`: there are no inputs but the instances. `is_own`: the program is the original, as fast as itself by definition."""

    task: FunctionTask
    order: Order
    drawn: DrawnInstances
    sandbox: Sandbox
    log: AuditLog
    limits: Limits
    texts: tuple[str, str]
    is_listed: bool
    is_own: bool

    def examine_original(self) -> None:
        """Raises TaskError if it changes an argument, which a candidate could leave out, or if its answers show nothing."""
        seen, count = list[list[Any]](), self.task.count("train")
        for do in (_SHOW_ARGUMENTS, _ANSWER, _ANSWER):
            with self.open(0, do) as guest:
                outcomes = (_called(guest, [self.drawn[index]])[1] for index in range(count))
                seen.append([each.value if isinstance(each, Returned) else [] for each in outcomes])
        for index, after in enumerate(seen[0]):
            if after and difference([dict(self.drawn[index][1])], after):
                raise self.refused("the original changes its arguments, which nothing compares; work on a copy")
        if self.task.accept is None and all(answer == [None] for answer in seen[1]):
            raise self.refused("the original returns None for every instance; return what it computes")
        if self.task.accept is None and all(seen[2]) and difference(seen[1], seen[2]):
            raise self.refused("the original's answer differs when run again; seed what it draws, or give accept=")

    def found(self) -> int:
        """`DrawnInstances.timed`: by doubling, on the first instance; of listed ones, on the first that takes long enough."""
        longest, found, enough = 0.0, 0, LEAST if self.is_listed else ENOUGH
        listed = ((index, 1) for index in range(self.task.count(self.order.split)))
        for index, most in listed if self.is_listed else ((0, 1 << power) for power in range(MOST.bit_length())):
            inputs, other = self.drawn.different(index, most + 1, is_listed=self.is_listed)
            with self.open(0) as guest:
                *_, (receiving, outcome) = [_called(guest, each) for each in ([], other, inputs)]
            if most > 1 and not isinstance(outcome, (Returned, Raised)):
                break  # so many are too large for one message, or take too long
            self.returned(outcome, index)
            if (total := receiving + outcome.spent.cpu_seconds) > longest:
                longest, found = total, len(inputs) + len(other)
            if longest >= enough:
                break
        if longest < LEAST:
            raise self.refused(f"the original takes {1000 * longest:.2g} ms, too little to compare; time a loop")
        return found

    def open(self, which: int, do: str = _ANSWER) -> Guest:
        """A fresh process of the original or of the program."""
        text = self.texts[which] + (_CALLS + do).format(entry=self.task.entry)
        return self.sandbox.open(GuestProgram(text, "__calls__", module=self.task.module), self.limits)

    def rows(self, different: int) -> Iterator[list[dict[str, float]]]:
        """Metrics of both for each instance, of so many different inputs. Raises _Failed."""
        guests, had = list[Guest](), set[tuple[bytes, bytes]]()
        with ExitStack() as stack:
            for index in range(self.task.count(self.order.split)):
                inputs, other = self.drawn.different(index, different, is_listed=self.is_listed)
                new = {arguments.encoded for _, arguments in inputs}
                if not guests or self.is_listed or self.order.split == "test" or had & new:
                    stack.close()
                    guests = [stack.enter_context(self.open(which)) for which in (0, 1)[: 2 - self.is_own]]
                    had = {arguments.encoded for _, arguments in other}
                    loading, first = [self.seconds(guests, index, each, inputs[0][0]) for each in ([], other)]
                had |= new
                spent, row = self.seconds(guests, index, inputs, inputs[0][0]), list[dict[str, float]]()
                for (receiving, answering), load, warm in zip(spent, loading, first, strict=True):
                    least = max(receiving, spent[0][0])
                    each = (least + answering) / len(inputs)
                    before = sum(load) + max(sum(warm) - each, 0.0)
                    row.append({SECONDS: each, RECEIVING: least / len(inputs), LOADING: before})
                yield row

    def seconds(
        self, guests: Sequence[Guest], index: int, inputs: Sequence[Input], shown: Instance
    ) -> list[tuple[float, float]]:
        """CPU seconds in which each receives and answers these inputs. Raises _Failed: on `shown`, if it is not known on which."""
        # the same for both, so that neither can tell which program it is
        seed = derive(self.order.secret, "guest", "speed", self.order.split, index) & (2**64 - 1)
        turn = -1 if index % 2 else 1
        receiving, outcomes = zip(*[_called(guest, inputs, seed) for guest in guests[::turn]][::turn], strict=True)
        expected, outcome = self.returned(outcomes[0], index), outcomes[-1]
        self.log.observe(outcome)
        for each in inputs if isinstance(outcome, Raised) else ():
            if not isinstance(alone := _called(guests[-1], [each], seed)[1], Returned):
                raise _Failed(each[0], verdict_of(alone), explain(alone))
        if not isinstance(outcome, Returned):
            together = f" (for {len(inputs)} inputs together)" if len(inputs) > 1 else ""
            raise _Failed(shown, verdict_of(outcome), explain(outcome) + together)
        if not isinstance(outcome.value, list) or len(outcome.value) != len(inputs):
            raise _Failed(shown, "malformed", "malformed answer: there is not one for each input")
        for (instance, _), answer, one in zip(inputs, outcome.value, expected, strict=True):
            try:
                why = self.task.objection(instance, answer, one, own=self.is_own)
            except ScorerFailed as error:
                if self.is_own:
                    raise
                self.log.scorer(SCORER_CHOKED, str(error))
                raise _Failed(instance, "malformed", f"the answer cannot be scored: {error}") from error
            if why:
                raise _Failed(instance, "malformed", f"malformed answer: {why}")
        return [(least, each.spent.cpu_seconds) for least, each in zip(receiving, outcomes, strict=True)]

    def returned(self, outcome: Outcome, index: int) -> list[Any]:
        """The original's answers."""
        if not isinstance(outcome, Returned) or not isinstance(outcome.value, list):
            raise self.refused(f"the original fails on instance {index}: {explain(outcome)[:300]}")
        return outcome.value

    def refused(self, why: str) -> TaskError:
        """The error of a target that cannot be timed."""
        return TaskError(f"task {self.task.name}: {why}")


def _called(guest: Guest, inputs: Sequence[Input], seed: int = 0) -> tuple[float, Outcome]:
    """CPU seconds of receiving these inputs, which are encoded already, and the answers."""
    together, parts = Prepared({}), [arguments.encoded for _, arguments in inputs]
    together.encoded = b'{"calls":[%b]}' % b",".join(text for text, _ in parts), b"".join(blob for _, blob in parts)
    sent = guest.call(together, seed=seed)
    return sent.spent.cpu_seconds, guest.call({}, seed=seed) if isinstance(sent, Returned) else sent
