"""Improvers with threads, killed after any event and resumed: every call, response, token and evaluation counts once.

A record that was killed is the beginning of a record. Each stretch answers after other times, so its threads come in another
order.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.budget import LM_CALLS, Budget, Grant
from strop.base.errors import RunBudgetSpent
from strop.base.events import BudgetMoved, Evaluated, Event, LmCalled, LmResponded, discard
from strop.core.completed_work import NOTHING
from strop.core.handles import Host
from strop.core.improver import improve
from strop.core.utility import TaskUtility
from strop.lm.answer_cache import AnswerCache
from strop.lm.base import Completion, Request
from strop.lm.callable import CallableModel
from strop.runs.journal import Journal
from strop.runs.resume import ResumeState, identities, recall, recorded_acts
from strop.sandbox.base import Sandbox
from strop.store import Store
from strop.tasks.base import SecretSeeds, Task
from support.rows import table

SEED = "def algorithm(x):\n    return 0.1\n"
TASK = Task(
    name="tiny", sample=lambda rng: {"x": int(rng.integers(9))}, score=lambda instance, answer: float(answer), seed=SEED,
    instances=1, description="tiny",
)  # fmt: skip
THREADS = """
import threading
from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    def chain(number):
        for step in range(2):
            answers = language_model.prompt("e", f"{number} step {step}", n_responses=number + 1)
            answers += language_model.prompt("e", "same", n_responses=number + 1)
            utility.map(extract_code(answers))
        utility.report(initial_solution)
    threads = [threading.Thread(target=chain, args=(number,)) for number in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    language_model.prompt("e", "last")
    return initial_solution.replace("0.1", "0.2")
"""
GREEDY = """
import threading
from language_model import BudgetExceeded

def improve_algorithm(initial_solution, utility, language_model):
    def chain(number):
        try:
            language_model.prompt("e", f"prompt {number}", n_responses=2)
        except BudgetExceeded:
            pass
        utility(f"def algorithm(x):\\n    return 0.{number}\\n")
    threads = [threading.Thread(target=chain, args=(number,)) for number in range(12)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return initial_solution
"""
ENOUGH = Grant(utility_calls=40, lm_calls=20, max_responses_per_call=2)


class Stretch:
    """One session of an improvement, in this process, on a record that begins with some events of an earlier one."""

    def __init__(
        self, jail: Sandbox, folder: Path, grant: Grant = ENOUGH, limits: dict[str, int] | None = None
    ) -> None:
        self.jail, self.folder, self.grant, self.limits = jail, folder, grant, limits or {}
        self.asked = 0
        self.number = 0

    def answer(self, request: Request) -> Completion:
        self.asked += 1
        time.sleep(self.draw.random() * 0.004)
        number = 1 + (len(request.message) * 7 + (request.sample if request.message != "same" else 0)) % 8
        return Completion(
            f"```python\ndef algorithm(x):\n    return 0.{number}\n```", "m", input_tokens=10, output_tokens=20
        )

    def run(
        self, improver: str, before: Sequence[Event] = (), *, replayed: Store | None = None
    ) -> tuple[list[Event], Counter[str]]:
        """The events of the whole record in the end, and their identities."""
        self.draw, self.number = random.Random(self.number), self.number + 1
        with Store.create(self.folder / str(self.number), {}) as store:
            for event in before:
                store.append(event)
            recalled = recall(store) if before else None
            self._improve(improver, Journal(store, discard, recalled=recalled), recalled, replayed)
            return [stored.event for stored in store.events()], identities(store)

    def _improve(self, improver: str, journal: Journal, recalled: ResumeState | None, replayed: Store | None) -> None:
        root = Budget(self.limits, on_movement=journal)
        model = AnswerCache(CallableModel(self.answer, name="m"))
        past = recalled.past if recalled else NOTHING
        if recalled:
            root.recall(past.granted, frozenset({LM_CALLS}))
            model.learn(recalled.answers, by_the_model=True)
        if replayed:
            past = recorded_acts(replayed)
            root.recall(past.granted)
            model.learn(recall(replayed).answers)
        host = Host(self.jail, model, journal, b"secret", past=past)
        utility = TaskUtility(TASK, "train", SecretSeeds(b"secret"), self.jail, journal, b"secret", past=past)
        with suppress(RunBudgetSpent):
            improve(improver, SEED, utility, self.grant, root.child("improve"), host)


def counts(events: Sequence[Event]) -> dict[str, int]:
    responses = [event for event in events if isinstance(event, LmResponded)]
    reserved = Counter[str]()
    for event in events:
        if isinstance(event, BudgetMoved) and event.granted:
            reserved[event.counter] += event.amount
    return {
        "calls": sum(event.cost for event in events if isinstance(event, LmCalled)),
        "responses": len(responses),
        "requests": len({event.request for event in responses}),
        "tokens": sum((event.input_tokens or 0) + (event.output_tokens or 0) for event in responses),
        "evaluations": sum(isinstance(event, Evaluated) for event in events),
        **{f"reserved {counter}": amount for counter, amount in reserved.items()},
    }


def parts(draw: random.Random) -> list[float]:
    """How much of the record each of three kills leaves."""
    return sorted(draw.random() for _ in range(3))


@pytest.mark.parametrize("seed", range(3))
def test_improver_with_threads_that_is_killed_again_and_again_ends_as_the_one_left_alone(
    jail: Sandbox, tmp_path: Path, seed: int
) -> None:
    stretch, draw = Stretch(jail, tmp_path), random.Random(seed)
    whole, happened = stretch.run(THREADS)
    asked, events = stretch.asked, whole
    for part in parts(draw):
        known = events[: max(1, int(part * len(events)))]
        events, again = stretch.run(THREADS, known)
        assert counts(events) == counts(whole)
        assert again == happened
    assert counts(whole)["responses"] == counts(whole)["requests"] and asked == counts(whole)["responses"]


def test_answers_of_a_call_are_those_that_it_got_before_the_kill_when_threads_come_in_another_order(
    jail: Sandbox, tmp_path: Path
) -> None:
    stretch = Stretch(jail, tmp_path)
    whole, _ = stretch.run(THREADS)
    resumed, _ = stretch.run(THREADS, whole[:-1])

    def answered(events: Sequence[Event]) -> set[tuple[int, int, str]]:
        return {(event.call, event.index, event.request) for event in events if isinstance(event, LmResponded)}

    assert answered(resumed) == answered(whole) and len(resumed) == len(whole)


@table("improver, grant", [(THREADS, ENOUGH), (GREEDY, Grant(utility_calls=5, lm_calls=4, max_responses_per_call=6))])
def test_replay_of_an_improver_with_threads_agrees_with_its_record(
    jail: Sandbox, tmp_path: Path, improver: str, grant: Grant
) -> None:
    stretch = Stretch(jail, tmp_path, grant)
    _, happened = stretch.run(improver)
    with Store.open(tmp_path / str(stretch.number)) as record:
        asked = stretch.asked
        assert stretch.run(improver, replayed=record)[1] == happened
        assert stretch.asked == asked


@pytest.mark.parametrize("seed", range(3))
def test_grant_is_never_exceeded_by_threads_that_ask_for_more_than_it_covers_before_and_after_a_kill(
    jail: Sandbox, tmp_path: Path, seed: int
) -> None:
    stretch, draw = (
        Stretch(jail, tmp_path, Grant(utility_calls=5, lm_calls=4, max_responses_per_call=6)),
        random.Random(seed),
    )
    whole, _ = stretch.run(GREEDY)
    events = whole
    for part in parts(draw):
        events, _ = stretch.run(GREEDY, events[: max(1, int(part * len(events)))])
        assert counts(events) == counts(whole)
    assert (counts(events)["calls"], counts(events)["evaluations"]) == (4, 5)


@pytest.mark.parametrize("seed", range(3))
def test_limit_of_calls_of_a_run_is_reached_exactly_however_often_it_is_killed(
    jail: Sandbox, tmp_path: Path, seed: int
) -> None:
    stretch, draw = Stretch(jail, tmp_path, replace(ENOUGH, lm_calls=40), {LM_CALLS: 10}), random.Random(seed)
    events, _ = stretch.run(GREEDY)
    assert counts(events)["calls"] == counts(events)["reserved lm_calls"] == 10
    for part in parts(draw):
        events, _ = stretch.run(GREEDY, events[: max(1, int(part * len(events)))])
        # A call that was cut off is counted: it may be billed, and other threads may reach the limit before it is made again.
        assert counts(events)["calls"] <= counts(events)["reserved lm_calls"] == 10
