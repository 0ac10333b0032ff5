"""Improvers that try to pass a gate without being better: what they may learn of a gate, and of their place in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from strop.base.budget import Budget, Grant
from strop.base.events import Evaluated, ImproveStarted, LmCalled
from strop.core.meta_utility import Downstream, MetaUtility
from strop.core.selection import Gate, Gated
from strop.core.selection.comparison import Contender, PairedComparison
from strop.core.utility import TaskUtility
from strop.lm.base import Request

MakeBench = Callable[..., Any]
HEAD = "def improve_algorithm(initial_solution, utility, language_model):\n"
GATE = Gate(error=0.1, comparisons=1, pairs=20)
SLOW_SECONDS = 0.4
"""What an answer takes that was not there already."""

HONEST = (
    HEAD
    + """\
    language_model.prompt('', 'm')
    return initial_solution
"""
)
BY_THE_CLOCK = f"""\
import time


{HEAD}\
    begun = time.monotonic()
    language_model.prompt('', 'm')
    in_a_gate = time.monotonic() - begun < {SLOW_SECONDS / 2}
    return 'def algorithm(n): return 2 * n' if in_a_gate else initial_solution
"""
"""Good only where its answers were there already, as those of whoever comes second in a pair are."""

GREEDY = (
    HEAD
    + """\
    import threading
    def ask():
        try:
            language_model.prompt('', 'm', n_responses=50_000)
        except Exception:
            pass
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        language_model.batch_prompt('', ['m' * 1000] * 6)
    except Exception:
        pass
    return initial_solution
"""
)
"""Asks for more answers than it may have, from many threads, so that none is left for the other."""

PROBING = (
    HEAD
    + """\
    import os, tempfile
    for place in ('/tmp', '/dev/shm', '/var/tmp', '.', tempfile.gettempdir()):
        try:
            with open(os.path.join(place, 'poisoned'), 'x') as file:
                file.write('the other one shall fail')
        except OSError:
            pass
    return 'def algorithm(n): return 2 * n'
"""
)
POISONED = (
    HEAD
    + """\
    import os, tempfile
    for place in ('/tmp', '/dev/shm', '/var/tmp', '.', tempfile.gettempdir()):
        if os.path.exists(os.path.join(place, 'poisoned')):
            return None
    return 'def algorithm(n): return 2 * n'
"""
)
"""Fails where somebody left it a file."""


def contest(bench: Any, incumbent: str, candidate: str) -> PairedComparison:
    def fresh(name: str) -> TaskUtility:
        return bench.utility("gate")  # type: ignore[no-any-return]

    copy = Downstream(bench.utility("train"), bench.utility("test"), bench.task.seed, fresh)
    meta = MetaUtility([copy] * 5, "mean over tasks", Grant(utility_calls=2, lm_calls=2), bench.host())
    return PairedComparison(meta, Contender(0, incumbent, None), Contender(1, candidate, 0), Budget().child("t1"))


def differences(asked: PairedComparison, pairs: int) -> Iterator[float]:
    for found in asked.rounds(asked.gate_budget(pairs)):
        yield from found


@pytest.mark.slow
def test_improver_that_is_better_only_where_answers_are_there_already_is_so_in_some_pairs_only(
    bench: MakeBench,
) -> None:
    def slowly(request: Request) -> str:
        time.sleep(SLOW_SECONDS)
        return "any"

    found = list(differences(contest(bench(slowly, instances=4), HONEST, BY_THE_CLOCK), 10))
    assert found.count(0.0) >= 2, "a gate was known for a gate in every pair"


def test_improver_that_asks_for_more_than_it_may_leaves_the_other_its_answers(bench: MakeBench) -> None:
    b = bench(lambda request: "def algorithm(n): return 2 * n")
    asking = HEAD + "    return language_model.prompt('', 'm')[0]\n"
    pairs = 3
    assert set(differences(contest(b, GREEDY, asking), pairs)) <= {eighths / 8 for eighths in range(9)}
    other = {event.scope for event in b.of(ImproveStarted) if event.improver == asking}
    assert {event.value for event in b.of(Evaluated) if event.scope.removesuffix("/result") in other} == {1.0}
    assert sum(len(event.messages) for event in b.of(LmCalled) if event.scope not in other) <= pairs * 2 * 6
    assert len(b.model.requests) <= pairs * (2 * 6 + 1)


@pytest.mark.parametrize(("incumbent", "candidate"), [(POISONED, PROBING), (PROBING, POISONED)])
def test_improver_cannot_leave_the_other_anything_to_fail_by(bench: MakeBench, incumbent: str, candidate: str) -> None:
    assert set(differences(contest(bench(), incumbent, candidate), 10)) == {0.0}


def test_improver_that_fits_the_training_instances_gains_nothing_in_a_gate(bench: MakeBench) -> None:
    """It learns by the budget which inputs there are, and answers these alone."""
    b = bench(sample=lambda rng: {"n": int(rng.integers(0, 2**29))}, failure="instance")
    known = sorted({b.task.instance("train", index, b.utility().seeds)["n"] for index in range(b.task.instances)})
    fitted = f"def algorithm(n): return 2 * n if n in {known} else 0"
    assert b.utility().evaluate(fitted, Budget()).value == 1.0
    choice = Gated(GATE).choose(contest(b, HEAD + "    return initial_solution\n", HEAD + f"    return {fitted!r}\n"))
    assert not choice.accepted and choice.comparison is not None
    assert set(choice.comparison.differences) == {0.0}
