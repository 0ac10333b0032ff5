"""The conformance kit of improvers: small named checks of what a robust improver must do.

`check_improver(text, sandbox)` runs all. The improver runs in the sandbox with its real handles; the model is scripted,
and the utility of a program is a number in its text (`marked`). The kit does not check that it improves anything (use `strop
eval`). The paper's seed improver fails the first two checks: it returns None if no answer has code, and raises if a budget is 0.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from strop.base.budget import UTILITY_CALLS, Budget, Grant
from strop.base.events import AuditNoted, Event, LmCalled
from strop.base.results import Evaluation, Improvement
from strop.core.handles import IMPROVER_LIMITS, Host
from strop.core.improver import ENTRY, improve
from strop.lm.base import Request
from strop.lm.offline.prompt import fenced_blocks
from strop.lm.scripted import Scripted
from strop.sandbox.base import GuestProgram, Handler, Refusal, Returned, Sandbox, Value

Answer = Callable[[Request], str]

PAPER = Grant()
"""25 utility calls and 4 LM calls of 6 responses."""


def marked(utility: float) -> str:
    """A program with the given utility in `MarkedUtility` (0 to 1, six digits)."""
    return f"def algorithm(x):\n    return 2 * x  # utility {utility:.6f}\n"


def fenced(text: str) -> str:
    """An answer with a program."""
    return f"Here is an idea.\n\n```python\n{text}\n```\n"


@dataclass
class MarkedUtility:
    """A utility that reads a program's mark; without a mark it is `unmarked`. Nothing is run."""

    unmarked: float = 0.0
    name: str = "marked"
    description: str = "def utility(program):\n    return mark(program)\n"
    counter: str = UTILITY_CALLS
    error: str = "instance 0: ZeroDivisionError: division by zero"

    def evaluate(self, candidate: str | None, budget: Budget) -> Evaluation:
        """The mark as an evaluation; a program with utility 0 counts as failed."""
        mark = re.search(r"# utility (\d\.\d{6})", candidate or "")
        value = float(mark[1]) if mark else self.unmarked
        if value == 0:
            return Evaluation(0.0, "raised", (0.0,), ("raised",), self.error)
        return Evaluation(value, "ok", (value,), ("ok",))


@dataclass(frozen=True)
class ImproverTrial:
    """One run of an improver, and everything it requested."""

    improvement: Improvement
    scored: tuple[tuple[str | None, float], ...]
    """All evaluations in order: program and utility. A program that was evaluated twice is listed twice."""
    requests: tuple[Request, ...]
    lm_calls: int
    notes: tuple[AuditNoted, ...]


class _Ledger(MarkedUtility):
    """Collects evaluations. Several threads evaluate a `utility.map`, so the order of its programs may vary."""

    def __init__(self, inner: MarkedUtility) -> None:
        super().__init__(inner.unmarked, inner.name, inner.description, inner.counter)
        self._inner = inner
        self.scored: list[tuple[str | None, float]] = []

    def evaluate(self, candidate: str | None, budget: Budget) -> Evaluation:
        evaluation = self._inner.evaluate(candidate, budget)
        self.scored.append((candidate, evaluation.value))
        return evaluation


def tried(
    text: str,
    sandbox: Sandbox,
    answer: Answer,
    *,
    grant: Grant = PAPER,
    initial: str = "",
    utility: MarkedUtility | None = None,
    secret: bytes = b"secret",
) -> ImproverTrial:
    """Run an improver on a marked program (utility 0.3 if none is given); its random numbers derive from `secret`."""
    ledger, model, events = _Ledger(utility or MarkedUtility()), Scripted(answer), list[Event]()
    host = Host(sandbox, model, events.append, secret)
    improvement = improve(text, initial or marked(0.3), ledger, grant, Budget().child("improve"), host)
    notes = tuple(event for event in events if isinstance(event, AuditNoted))
    lm_calls = sum(event.cost for event in events if isinstance(event, LmCalled))
    return ImproverTrial(improvement, tuple(ledger.scored), model.requests, lm_calls, notes)


def better_each_time() -> Answer:
    """Answers with ever better programs."""
    numbers = itertools.count(1)
    return lambda request: fenced(marked(0.3 + 0.6 * (1 - 0.9 ** next(numbers))))


def _always(text: str) -> Callable[[], Answer]:
    return lambda: lambda request: text


def _in_turn(*texts: str) -> Callable[[], Answer]:
    def make() -> Answer:
        turns = itertools.cycle(texts)
        return lambda request: next(turns)

    return make


ANSWERS: dict[str, Callable[[], Answer]] = {
    "better each time": better_each_time,
    "empty": _always(""),
    "no code": _always("This should improve the score considerably. Shall I write it out?"),
    "cut short": _always("Idea.\n```python\ndef algorithm(x):\n    return"),
    "always the same": _always(fenced(marked(0.8))),
    "failing": _in_turn(*(fenced(marked(0) + f"# {number}\n") for number in range(50))),
    "no Python": _in_turn(fenced("def algorithm(:\n"), fenced("\x0c)(\n"), fenced("if True:\n\tx\n  y\n")),
    "another program": _in_turn(fenced("import math\nVALUE = 3\n"), fenced("class A:\n    pass\n"), ""),
    "equally good": _in_turn(*(fenced(marked(0.5) + f"# {number}\n") for number in range(50))),
    "mixed": _in_turn("", fenced(marked(0.2)), fenced(marked(0.7)), fenced("x ="), "no code", fenced(marked(0))),
}
"""Possible answers of a model."""

GRANTS: tuple[Grant, ...] = (
    *(Grant(calls, 4, 6) for calls in (0, 1, 2, 5, 100)),
    *(Grant(25, calls, 6) for calls in (0, 1, 9)),
    *(Grant(25, 4, responses) for responses in (1, 2, 50)),
    Grant(0, 0, 1),
    Grant(1, 1, 1),
)
"""Budgets that an improver must handle."""

INITIAL: tuple[str, ...] = ("def algorithm(:\n", "\n", "x = '''", marked(0), marked(1), "def f():\n    pass\n" * 3)
"""Initial solutions that it must handle."""


def check_improver(text: str, sandbox: Sandbox) -> None:
    """Run every check of `CHECKS`.

    Raises:
        AssertionError: the first check that fails; the message says what was expected.
    """
    for check in CHECKS:
        check(text, sandbox)


def every_answer_budget_and_initial_solution_is_survived(text: str, sandbox: Sandbox) -> None:
    """With any answers, it returns the best program that was scored, the initial one if none is better; nothing is refused."""
    cases = [
        *((f"the answers are: {name}", make, PAPER, marked(0.3)) for name, make in ANSWERS.items()),
        *((f"the budget is {grant}", ANSWERS["mixed"], grant, marked(0.3)) for grant in GRANTS),
        *((f"the initial solution is {initial!r}", ANSWERS["mixed"], PAPER, initial) for initial in INITIAL),
    ]
    for case, make, grant, initial in cases:
        trial = tried(text, sandbox, make(), grant=grant, initial=initial)
        values, returned = dict(trial.scored), trial.improvement.solution
        best = max(values.values(), default=0.0)
        noted = [(note.rule, note.detail) for note in trial.notes]
        assert returned is not None, f"a text must be returned when {case}: {trial.improvement.detail}"
        assert not values or values.get(returned) == best, f"the best, of {best}, must be returned when {case}"
        assert values.get(initial) != best or returned == initial, f"nothing is better, so no change, when {case}"
        assert not noted, f"nothing must be noted when {case}: {noted}"


def a_budget_that_others_spend_is_no_error(text: str, sandbox: Sandbox) -> None:
    """It survives a refused call that another improvement took."""
    left = [3]

    def refuse(params: Sequence[Value]) -> Value:
        left[0] = max(0, left[0] - 1)
        raise Refusal("BudgetExceeded", "another improvement took it")

    report: dict[str, Value] = {"utility": 0.5, "verdict": "ok", "error": "", "means": {}, "repeated": [0.5]}
    report |= {name: [] for name in ("instances", "verdicts", "notes", "metrics")}
    handlers: dict[str, Handler] = {
        "lm": refuse,
        "lm.remaining": lambda params: left[0],
        "utility": lambda params: 0.5,
        "utility.map": lambda params: [0.5] * len(params[0]),  # type: ignore[arg-type]
        "utility.remaining": lambda params: 20,
        "utility.report": lambda params: {**report, "program": params[0]},
        "note": lambda params: None,
    }
    budgets: list[Value] = [{"str": "the score", "budget": 20}, {"budget": 3, "max_responses_per_call": 2}]
    with sandbox.open(GuestProgram(text, ENTRY, "improver"), IMPROVER_LIMITS, handlers) as guest:
        outcome = guest.call(["pass", *budgets], seed=1)
    assert isinstance(outcome, Returned) and outcome.value == "pass", f"the initial solution expected: {outcome}"


def prompts_show_the_solution_first_and_the_score_function_second(text: str, sandbox: Sandbox) -> None:
    """The first fence contains a known program, the second the utility's description; temperatures are at least 0."""
    trial = tried(text, sandbox, ANSWERS["mixed"]())
    programs = {marked(0.3).strip(), *((program or "").strip() for program, _ in trial.scored)}
    for request in trial.requests:
        blocks = [block.text.strip() for block in fenced_blocks(request.message)]
        assert len(blocks) >= 2 and blocks[0] in programs, f"the first fence must hold the solution: {request.message}"
        assert blocks[1] == MarkedUtility().description.strip(), f"the second must hold u_str: {request.message}"


def the_same_happens_again_under_the_same_seed(text: str, sandbox: Sandbox) -> None:
    """Equal seeds give equal runs: it draws only from `random` and `numpy.random`."""
    one, again = (tried(text, sandbox, ANSWERS["mixed"]()) for _ in range(2))
    assert one.requests == again.requests and one.improvement == again.improvement, "two equal runs must be equal"


CHECKS = (
    every_answer_budget_and_initial_solution_is_survived,
    a_budget_that_others_spend_is_no_error,
    prompts_show_the_solution_first_and_the_score_function_second,
    the_same_happens_again_under_the_same_seed,
)
"""Every check, most basic first."""
