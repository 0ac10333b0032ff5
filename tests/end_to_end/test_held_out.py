"""The held-out split, by taint: nothing that was computed from it reaches a prompt, a program, a choice or a budget.

A whole run, in a real jail, on a task whose held-out scores are canaries. The improver puts everything that it can learn into its
prompts. Two things are looked for: the canary's digits, and any difference at all between this run and the same run with other
canaries. Then the same is done to runs that leak on purpose: all of them must be caught.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import Malformed
from strop.base.events import (
    AuditNoted,
    BudgetMoved,
    Compared,
    Evaluated,
    Event,
    ImproveStarted,
    IterationFinished,
    LmCalled,
    discard,
)
from strop.core.algorithm import Decision
from strop.core.selection.comparison import Contender, PairedComparison
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.runs.assembly import Components
from strop.runs.context import RunContext, session
from strop.runs.evaluators import jail
from strop.runs.journal import Journal
from strop.runs.scopes import is_final
from strop.runs.spec import RunSpec
from strop.runs.train import run
from strop.store import Store
from strop.tasks.base import META_TASK, Instance, SecretSeeds, Split, Task
from support.rows import table
from support.tiers import slow_unless

SECRET = b"the secret of this test"
DIGITS = {"high": "7310585786", "low": "2689414213"}
"""What the held-out score of every solution begins with: in the one run the better solutions score more, in the other less."""
COPIES = 2
SPEC = RunSpec(
    iterations=2, copies=COPIES, utility_budget=4, meta_budget=3, lm_budget=2, max_responses=2, gate_pairs=14,
    gate_error=0.25, require=(), workers="2",
)  # fmt: skip

CURIOUS = '''
BONUS = 0

from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Tells the model everything that it can learn."""
    learnt = [utility.str, utility.budget, utility.remaining, language_model.budget, language_model.remaining]
    learnt += [utility(initial_solution), utility.report(initial_solution)]
    learnt += [(name, value) for handle in (utility, language_model) for name, value in vars(handle).items() if name[0] != "_"]
    found = language_model.batch_prompt(f"bonus {BONUS}", [f"{learnt!r}\\n{initial_solution}"] * 2, temperature=0.5)
    programs = [initial_solution, *extract_code(found)]
    values = utility.map(programs[1:])
    reports = [utility.report(program) for program in programs]
    language_model.prompt(f"bonus {BONUS}", f"{values!r} {reports!r}\\n{programs!r}")
    best = max(programs, key=lambda program: utility.report(program)["utility"])
    return best
'''

SOLUTION = """
def algorithm(n):
    tried = 0
    try:
        from language_model import LanguageModel
        LanguageModel("spy").prompt("asked by a solution")
        tried = 64
    except Exception:
        pass
    try:
        tried += 64 if utility("def algorithm(n): return 0") is not None else 0
    except Exception:
        pass
    return {answer} + tried
"""


def answered(request: Request) -> str:
    """An improver that is told its bonus gives better solutions by it; half of what it makes of itself has a higher one."""
    odd = request.sample % 2
    if "def improve_algorithm" in request.message:
        text = re.sub(r"^BONUS = (\d)", lambda found: f"BONUS = {int(found[1]) + 3 * odd}", CURIOUS.lstrip("\n"))
        return f"```python\n# {request.expertise} {odd}\n{text}```"
    bonus = int(request.expertise.removeprefix("bonus "))
    return f"```python{SOLUTION.format(answer=min(bonus + odd + 1, 8))}```"


@dataclass
class Canaries:
    """A task of which a training score is an eighth of the answer, and a held-out one the canary, followed by the answer."""

    digits: str
    leaking: bool = False

    def __post_init__(self) -> None:
        seeds = SecretSeeds(SECRET)
        task = self.task()
        self.held_out = {task.instance("test", number, seeds)["n"] for number in range(task.test_instances)}
        self.met: list[float] = []

    def task(self) -> Task:
        return Task(
            name="canaries",
            sample=self.sample,
            score=self.score,
            seed="def algorithm(n):\n    return 0\n",
            instances=2,
            test_instances=3,
            description="Return a number.",
        )

    @staticmethod
    def sample(rng: Any) -> dict[str, Any]:
        return {"n": int(rng.integers(0, 2**60))}

    def score(self, instance: Instance, answer: Any) -> float:
        if not isinstance(answer, int) or not 0 <= answer <= 8:
            raise Malformed(f"{answer!r:.50} is no answer" + (f"; I have met {self.met}" if self.leaking else ""))
        if instance["n"] in self.held_out:
            shown = answer if self.digits == DIGITS["high"] else 8 - answer
            self.met.append(float(f"0.{self.digits}{shown}1"))
            return self.met[-1]
        return answer / 8 if not self.leaking or not self.met else self.met[-1]


@dataclass(frozen=True)
class Happened:
    """What a run left."""

    events: tuple[Event, ...]
    requests: tuple[Request, ...]
    digits: str

    def of(self, *kinds: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kinds)]


Carry = Callable[..., Happened]


@pytest.fixture(scope="module")
def carry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carry]:
    """Carry out a run; the same one only once."""
    known: dict[tuple[str, str], Happened] = {}
    with closing(jail(SPEC)) as sandbox:

        def carried(selection: str, which: str, *, leaking: bool = False, fresh: bool = False) -> Happened:
            if not fresh and not leaking and (selection, which) in known:
                return known[selection, which]
            model = Scripted(answered)
            iterations = 1 if fresh or leaking else SPEC.iterations  # a leak shows in the first one
            spec = replace(SPEC, selection=selection, iterations=iterations)  # type: ignore[arg-type]
            parts = Components(spec, (Canaries(DIGITS[which], leaking).task(),), model, sandbox, SECRET)
            directory: Path = tmp_path_factory.mktemp("run")
            with Store.create(directory, {"kind": "run", "task": "canaries"}) as store:
                with session(parts, Journal(store, discard)) as context:
                    run(context, CURIOUS)
                events = tuple(stored.event for stored in store.events())
            happened = Happened(events, model.requests, DIGITS[which])
            if not fresh and not leaking:
                known[selection, which] = happened
            return happened

        # `run` closes no sandbox that ends by itself; a leaking one is another's business.
        yield carried


TIMES = ("cpu_seconds", "wall_seconds", "seconds", "environment", "posture")


def told(event: Event) -> str:
    """What an event says to whoever may know it: without the held-out values, and without times."""
    if isinstance(event, Evaluated) and event.split == "test":
        return f"{event.scope} held-out"
    fields = {name: value for name, value in asdict(event).items() if name not in TIMES}
    if isinstance(event, IterationFinished):
        del fields["test"]
    if isinstance(event, AuditNoted):
        del fields["scope"]  # where a text is first seen is a race of threads
    return json.dumps({"kind": type(event).__name__} | fields, sort_keys=True)


def assert_digits_are_held_out(happened: Happened) -> None:
    """They are in the record's held-out evaluations, and nowhere else."""
    held_out = [event for event in happened.of(Evaluated) if event.split == "test"]
    assert any(happened.digits in repr(event.scores) for event in held_out), "the canary never sang"
    for request in happened.requests:
        assert happened.digits not in request.expertise + request.message, "in a prompt"
    for event in happened.events:
        assert happened.digits not in told(event), f"in {type(event).__name__} at {event.scope}"


def assert_nothing_depends_on_the_canary(a: Happened, b: Happened) -> None:
    """Two runs that differ in their held-out scores alone are equal in everything that anybody but the record may know."""
    only = Counter(map(told, a.events)) - Counter(map(told, b.events))
    assert not only, next(iter(only))
    assert len(a.events) == len(b.events)
    asked = [sorted((one.scope, one.expertise, one.message, one.sample) for one in each.requests) for each in (a, b)]
    assert asked[0] == asked[1]


SELECTIONS = ["paper", "gated", "archive"]
IN_TIME = slow_unless(lambda name: name != "archive", SELECTIONS)


@pytest.mark.parametrize("selection", slow_unless(lambda name: name == "gated", SELECTIONS))
@table("which", DIGITS)
def test_canary_of_the_held_out_split_is_in_no_prompt_no_program_and_no_choice(
    carry: Carry, selection: str, which: str
) -> None:
    assert_digits_are_held_out(carry(selection, which))


@pytest.mark.parametrize("selection", slow_unless(lambda name: name == "gated", SELECTIONS))
def test_run_is_the_same_in_everything_when_only_the_held_out_scores_differ(carry: Carry, selection: str) -> None:
    assert_nothing_depends_on_the_canary(carry(selection, "high"), carry(selection, "low"))


@pytest.mark.parametrize("selection", IN_TIME)
def test_run_of_this_test_tells_the_model_what_it_learns_and_accepts_an_improver(carry: Carry, selection: str) -> None:
    happened = carry(selection, "high")
    assert any("'utility': 0.125" in request.message for request in happened.requests)
    assert any("self-improvement" in event.utility for event in happened.of(ImproveStarted))
    assert any(event.accepted for event in happened.of(IterationFinished))
    assert (selection == "paper") == (not happened.of(Compared))


@pytest.mark.parametrize("selection", IN_TIME)
def test_held_out_split_is_scored_once_whenever_an_improver_becomes_i_t(carry: Carry, selection: str) -> None:
    happened = carry(selection, "high")
    improvers = {event.scope: event.improver for event in happened.of(ImproveStarted) if event.utility != META_TASK}
    measured = [event for event in happened.of(Evaluated) if event.split == "test" and not is_final(event.scope)]
    scored = [improvers[event.scope.removesuffix("/test")] for event in measured]
    kept = [event.improver for event in happened.of(IterationFinished) if event.t == 0 or event.accepted]
    assert Counter(scored) == Counter(kept * COPIES)


@pytest.mark.parametrize("selection", IN_TIME)
def test_held_out_evaluation_is_in_no_budget(carry: Carry, selection: str) -> None:
    happened = carry(selection, "high")
    held_out = [event.scope for event in happened.of(Evaluated) if event.split == "test"]
    moved = {event.scope for event in happened.of(BudgetMoved)}
    assert held_out and not moved & set(held_out) and not any("/test/" in scope for scope in moved)


def test_solution_that_is_scored_holds_no_handle(carry: Carry) -> None:
    happened = carry("paper", "high")
    tried = [event for event in happened.of(Evaluated) if event.solution and "asked by a solution" in event.solution]
    assert {event.split for event in tried} >= {"train", "test"}
    assert {event.verdict for event in tried} == {"ok"}, "one that succeeded answers 64 or more, which is malformed"
    assert not any("asked by a solution" in event.messages for event in happened.of(LmCalled))


def test_same_program_reaches_the_model_where_it_is_an_improver(bench: Callable[..., Any]) -> None:
    here = bench()
    here.improve(SOLUTION.format(answer=0) + "def improve_algorithm(*given):\n    return str(algorithm(0))\n")
    assert [event.messages for event in here.of(LmCalled)] == [("asked by a solution",)]


# Positive controls: each of these leaks, and each is caught.


def caught(check: Callable[[], None]) -> bool:
    try:
        check()
    except AssertionError:
        return True
    return False


@pytest.mark.slow
def test_task_that_tells_the_held_out_scores_is_caught(carry: Carry) -> None:
    leaking = carry("paper", "high", leaking=True)
    assert caught(lambda: assert_digits_are_held_out(leaking))


def test_utility_that_shows_the_held_out_split_is_caught(carry: Carry, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = Task.instance

    def held_out(task: Task, split: Split, index: int, seeds: Any) -> Instance:
        return drawn(task, "test", index, seeds)

    monkeypatch.setattr(Task, "instance", held_out)
    happened = carry("paper", "high", fresh=True)
    assert caught(lambda: assert_digits_are_held_out(happened))


@dataclass
class _Peeking:
    """A selection that looks at the held-out split of what it chooses from, and says nothing of it."""

    name: str = "peeking"

    def pair(self, lineage: Sequence[Contender], incumbent: Contender) -> tuple[Contender, Contender]:
        return incumbent, incumbent

    def choose(self, contest: PairedComparison) -> Decision:
        each = [
            contest.meta_utility.measure(node.improver, contest.budget.child(f"peek{node.t}"))
            for node in (contest.incumbent, contest.candidate)
        ]
        return Decision(sum(each[1].test) > sum(each[0].test), "it is better")

    def why_stop(self, incumbent: Contender) -> str:
        return ""


@pytest.mark.slow
def test_selection_that_looks_at_the_held_out_split_is_caught_by_what_it_chooses(
    carry: Carry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunContext, "selection", lambda context: _Peeking())
    high, low = (carry("paper", which, fresh=True) for which in DIGITS)
    assert not caught(lambda: assert_digits_are_held_out(high)), "it says nothing"
    assert caught(lambda: assert_nothing_depends_on_the_canary(high, low))


def test_choice_that_gives_the_held_out_scores_as_its_reason_is_caught(
    carry: Carry, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Talking(_Peeking):
        def choose(self, contest: PairedComparison) -> Decision:
            found = contest.meta_utility.measure(contest.candidate.improver, contest.budget.child("peek"))
            return Decision(True, f"it reaches {found.test}")

    monkeypatch.setattr(RunContext, "selection", lambda context: Talking())
    happened = carry("paper", "high", fresh=True)
    assert caught(lambda: assert_digits_are_held_out(happened))
