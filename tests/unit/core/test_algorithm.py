"""Algorithm 1 and the meta-utility, with real guests and a scripted model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from strop.base.budget import META_UTILITY_CALLS, UTILITY_CALLS, Budget, Grant
from strop.base.events import Evaluated, LmCalled
from strop.core.algorithm import Step, self_improve
from strop.core.meta_utility import Downstream, MetaUtility
from strop.core.selection import Paper
from strop.core.selection.comparison import Decision, PairedComparison
from strop.core.utility import TaskUtility
from strop.lm.base import Request
from strop.runs.spec import improver_text
from strop.tasks.base import SecretSeeds
from support.rows import table

MakeBench = Callable[..., Any]
SEED = improver_text("seed")
BETTER = (
    "def improve_algorithm(initial_solution, utility, language_model):\n    return 'def algorithm(n): return 2 * n'\n"
)
IDLE = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
BROKEN = "def improve_algorithm(initial_solution, utility, language_model):\n    return undefined_name\n"


def meta_utility(bench: Any, copies: int = 3) -> MetaUtility:
    copy = Downstream(bench.utility("train"), bench.utility("test"), bench.task.seed)
    return MetaUtility([copy] * copies, "mean over tasks", Grant(utility_calls=4, lm_calls=2), bench.host())


def answering(program: str) -> Callable[[Request], str]:
    return lambda request: f"An idea.\n```python\n{program}```\n"


def steps(bench: Any, iterations: int, improver: str = SEED) -> list[Step]:
    return list(self_improve(improver, meta_utility(bench), iterations, Grant(utility_calls=6), Paper(), bench.budget))


def test_each_copy_is_scored_on_instances_of_its_own_where_the_task_draws_them(bench: MakeBench) -> None:
    b, named = bench(), list[str]()

    def drawn(name: str) -> TaskUtility:
        named.append(name)
        return replace(b.utility("train"), seeds=SecretSeeds(name.encode()))

    task = Downstream(b.utility("train"), b.utility("test"), b.task.seed, of_copy=drawn)
    MetaUtility([task] * 3, "mean over tasks", Grant(), b.host()).evaluate(BETTER, Budget())
    assert sorted(named) == ["copy0", "copy1", "copy2"]


def test_meta_utility_averages_over_tasks_that_differ(bench: MakeBench) -> None:
    easy, hard = bench(), bench(score=lambda instance, answer: 0.25)
    tasks = [Downstream(b.utility("train"), b.utility("test"), b.task.seed) for b in (easy, hard)]
    evaluation = MetaUtility(tasks, "mean over tasks", Grant(), easy.host()).evaluate(BETTER, Budget())
    assert (evaluation.scores, evaluation.value) == ((1.0, 0.25), 0.625)


@pytest.mark.parametrize(
    ("candidate", "verdict", "words"),
    [
        (None, "malformed", ""),
        ("", "raised", ""),
        ("def improve_algorithm(:", "raised", ""),
        (BROKEN, "raised", "undefined_name"),
    ],
)
def test_meta_utility_is_zero_with_its_reason_when_the_candidate_fails_or_is_no_program(
    bench: MakeBench, candidate: str | None, verdict: str, words: str
) -> None:
    evaluation = meta_utility(bench()).evaluate(candidate, Budget())
    assert (evaluation.value, evaluation.verdict) == (0.0, verdict) and words in evaluation.error


def test_every_copy_gets_fresh_budgets_and_the_run_counts_them_all(bench: MakeBench) -> None:
    b = bench()
    spender = (
        "def improve_algorithm(initial_solution, utility, language_model):\n"
        "    [utility(initial_solution) for _ in range(9)]\n    return initial_solution\n"
    )
    meta_utility(b).evaluate(spender, b.budget.child("u"))
    assert b.budget.used(UTILITY_CALLS) == 3 * 4


def test_meta_utility_that_reports_says_what_an_improver_did_with_its_budgets(bench: MakeBench) -> None:
    asks_once = (
        "def improve_algorithm(initial_solution, utility, language_model):\n"
        "    utility(initial_solution)\n"
        "    language_model.prompt('You write Python.', 'Write.')\n"
        "    utility('def algorithm(n): return 2 * n')\n"
        "    utility('def algorithm(n): return undefined_name')\n"
        "    return initial_solution\n"
    )
    b = bench(answers=answering(BETTER))
    silent, telling = meta_utility(b, 2), replace(meta_utility(b, 2), reports=True)
    assert silent.evaluate(asks_once, b.budget.child("a")).notes == ()
    notes = telling.evaluate(asks_once, b.budget.child("b")).notes
    first = telling.evaluate(IDLE, b.budget.child("c")).value
    assert notes == (
        *(
            f"copy {number}: 1 of 2 LM calls, 3 of 4 evaluations; best score at first {first:.3f}, after each call 1.000; "
            f"failed: 1 NameError; its result scores {first:.3f}"
            for number in range(2)
        ),
        "2 of 4 LM calls were left unused",
    )
    assert telling.evaluate(BROKEN, b.budget.child("d")).notes[0].endswith("the improver failed: NameError")


@table("reports", (False, True))
def test_model_is_told_what_the_incumbent_did_only_where_the_utility_reports(bench: MakeBench, reports: bool) -> None:
    asks_first = BETTER.replace("    return", "    language_model.prompt('You write Python.', utility.str)\n    return")
    b = bench(answers=answering(asks_first))
    meta = replace(meta_utility(b, 2), reports=reports)
    list(self_improve(SEED, meta, 2, Grant(utility_calls=2), Paper(), b.budget))
    first, second = (next(call.messages[0] for call in b.of(LmCalled) if call.scope == f"t{t}/improve") for t in (1, 2))
    assert ("was measured, copy by copy:\n# - copy 0: 1 of 2 LM calls" in first) is reports
    assert ("# - copy 0: 1 of 2 LM calls, 0 of 4 evaluations; its result scores 1.000" in second) is reports


def test_refine_does_not_repeat_what_the_description_says_of_the_incumbent(bench: MakeBench) -> None:
    b = bench(answers=answering(BETTER))
    meta = replace(meta_utility(b, 2), reports=True)
    list(self_improve(improver_text("refine"), meta, 1, Grant(utility_calls=6), Paper(), b.budget))
    prompt = next(call.messages[0] for call in b.of(LmCalled) if call.scope == "t1/improve")
    assert "\n# - copy 0: " in prompt and "\n- copy 0: " not in prompt


def test_seed_improver_becomes_what_the_model_wrote_when_that_is_better(bench: MakeBench) -> None:
    b = bench(answers=answering(BETTER))
    zero, one = steps(b, 1)
    assert (zero.t, zero.improver, zero.candidate) == (0, SEED, None)
    assert one.improver.strip() == BETTER.strip() and one.choice.accepted
    assert one.measurement.test == (1.0, 1.0, 1.0)
    assert b.budget.used(META_UTILITY_CALLS) == 6, "of the grant of the self-improvement"


HEAD = "def improve_algorithm(initial_solution, utility, language_model):\n"
ASK = "    language_model.prompt('You write Python.', 'Write.')\n"


@pytest.mark.parametrize(
    ("improver", "reason"),
    [
        (SEED, "checked again"),
        (f"{HEAD}{ASK}    return undefined_name\n", "failed (used 1 of 4 LM calls): "),
        (f"{HEAD}{ASK * 4}    return undefined_name\n", "the self-improvement failed: "),
    ],
    ids=["scores zero", "fails", "has spent all"],
)
def test_incumbent_stays_with_a_reason_that_counts_lm_calls_where_some_were_left(
    bench: MakeBench, improver: str, reason: str
) -> None:
    _, one = steps(bench(answers=answering(BROKEN)), 1, improver=improver)
    assert one.improver == improver and not one.choice.accepted and reason in one.choice.reason
    assert ("LM calls" in one.choice.reason) == ("LM calls" in reason)


@table(("improver", "measured"), ((BROKEN, 1), (IDLE, 4)))
def test_held_out_test_is_measured_once_for_each_improver_that_became_i_t(
    bench: MakeBench, improver: str, measured: int
) -> None:
    b = bench()
    steps(b, 3, improver=improver)
    assert len([e for e in b.of(Evaluated) if e.split == "test"]) == 3 * measured


def test_selection_is_given_training_values_only(bench: MakeBench) -> None:
    seen: list[float] = []

    class Watching(Paper):
        def choose(self, contest: PairedComparison) -> Decision:
            budget = contest.gate_budget(1)
            seen.extend([*contest.check().train, *contest.incumbent.seen])
            seen.extend(difference for found in contest.rounds(budget) for difference in found)
            return Decision(True, "watched")

    b, held_out = bench(answers=answering(BETTER)), bench(score=lambda instance, answer: 0.123)
    copy = Downstream(b.utility("train"), held_out.utility("test"), b.task.seed)
    meta = MetaUtility([copy], "mean over tasks", Grant(utility_calls=4, lm_calls=2), b.host())
    _, one = self_improve(SEED, meta, 1, Grant(utility_calls=6), Watching(), b.budget)
    assert one.measurement.test == (0.123,)
    assert len(seen) == 3 and not any(0.1 < abs(value) < 0.2 for value in seen)
