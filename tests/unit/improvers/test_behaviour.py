"""Each strategy does what its name says: seen from the host, by what it asks the model and what it has scored."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from strop.base.budget import Budget, Grant
from strop.base.events import LmCalled
from strop.base.results import Evaluation
from strop.core.edits import Editing
from strop.core.improver import improve
from strop.lm.base import Request
from strop.lm.offline.prompt import fenced_blocks
from strop.runs.spec import improver_text
from strop.sandbox.base import Sandbox
from support.kits.improver import (
    Answer,
    ImproverTrial,
    MarkedUtility,
    better_each_time,
    fenced,
    marked,
    tried,
)
from support.rows import table


def run(name: str, jail: Sandbox, answer: Answer, **settings: object) -> ImproverTrial:
    return tried(improver_text(name), jail, answer, **settings)  # type: ignore[arg-type]


def answering(*utilities: float) -> Answer:
    """Programs of these utilities in turn, all different."""
    turns, numbers = itertools.cycle(utilities), itertools.count()
    return lambda request: fenced(marked(next(turns)) + f"# number {next(numbers)}")


def shown(request: Request, fence: int = 0) -> str:
    """The program in the first fence of a prompt, or in another."""
    return fenced_blocks(request.message)[fence].text.strip()


def value(program: str) -> float:
    mark = re.search(r"# utility (\S+)", program)
    return float(mark[1]) if mark else 0.0


def calls(trial: ImproverTrial, size: int = 6) -> list[Sequence[Request]]:
    """The requests of every call."""
    return [trial.requests[start : start + size] for start in range(0, len(trial.requests), size)]


def test_chain_of_thought_asks_the_seed_improver_s_question_once_and_scores_nothing(jail: Sandbox) -> None:
    trial, seed = run("chain_of_thought", jail, answering(0.2)), run("seed", jail, answering(0.2))
    assert [(r.expertise, r.message) for r in trial.requests] == [(r.expertise, r.message) for r in seed.requests[:1]]
    assert trial.scored == () and value(trial.improvement.solution or "") == 0.2
    assert run("chain_of_thought", jail, lambda request: "no code").improvement.solution is None


def test_greedy_search_starts_every_call_from_the_best_program_so_far(jail: Sandbox) -> None:
    trial = run("greedy_iterative", jail, better_each_time())
    best = [{shown(request) for request in call} for call in calls(trial)]
    utilities = sorted(utility for _, utility in trial.scored)
    assert [{value(program) for program in programs} for programs in best] == [{u} for u in utilities[0:19:6]]


def test_best_of_n_asks_for_everything_from_the_initial_solution(jail: Sandbox) -> None:
    trial = run("best_of_n", jail, better_each_time())
    assert {shown(request) for request in trial.requests} == {marked(0.3).strip()} and len(trial.requests) == 24


@table(("responses", "levels"), [(6, [[0.3] * 6, [0.6, 0.5, 0.4] * 2]), (1, [[0.3], [0.5, 0.3], [0.6, 0.5, 0.3]])])
def test_beam_search_expands_the_three_best_programs_at_each_level(
    jail: Sandbox, responses: int, levels: list[list[float]]
) -> None:
    trial = run("beam_search", jail, answering(0.5, 0.2, 0.6, 0.1, 0.4, 0.05), grant=Grant(25, 8, responses))
    expanded = [value(shown(request)) for request in trial.requests]
    assert expanded[: sum(map(len, levels))] == [each for level in levels for each in level]


def test_genetic_search_has_the_model_cross_and_mutate_the_fitter_programs(jail: Sandbox) -> None:
    later = run("genetic", jail, answering(0.1, 0.8, 0, 0.4, 0.35, 0.6)).requests[6:]
    crossed = [request for request in later if len(fenced_blocks(request.message)) == 3]
    assert 0 < len(crossed) < len(later)
    assert all(value(shown(request)) >= value(shown(request, 2)) > 0 for request in crossed)
    assert all(shown(request) != shown(request, 2) for request in crossed)


TWO_PARTS = """import math

SIZE = 3


def long(x):
    # a comment
    y = x + SIZE
    return y


def short(x):
    return x"""


def test_decomposing_search_changes_one_part_at_a_time_and_keeps_the_others(jail: Sandbox) -> None:
    other = (
        "import random\nSIZE = 'wrong'\ndef helper(): return 1\ndef long(x):\n    return 7\ndef short(x):\n    return 8"
    )
    trial = run(
        "decompose", jail, lambda request: fenced(other), initial=TWO_PARTS, utility=MarkedUtility(unmarked=0.5)
    )
    asked = [re.findall(r"only the part `(\w+)`", call[0].message) for call in calls(trial)]
    assert asked == [["long"], ["short"], ["long"], ["short"]]
    _, changed_long, changed_short = [str(program) for program, _ in trial.scored]
    for name, program in (("long", changed_long), ("short", changed_short)):
        defined: dict[str, object] = {}
        exec(program, defined)
        results = defined["long"](1), defined["short"](1)  # type: ignore[operator]
        assert results == {"long": (7, 1), "short": (4, 8)}[name]
        assert "import random" in program and "def helper" in program and "import math" in program


@table(("utility", "moves"), ((0.49, True), (0.05, False)))
def test_annealing_moves_to_a_slightly_worse_program_and_not_to_a_bad_one(
    jail: Sandbox, utility: float, moves: bool
) -> None:
    initial = marked(0.5)
    trial = run("simulated_annealing", jail, answering(utility), initial=initial)
    assert (shown(calls(trial)[1][0]) != initial.strip()) is moves
    assert trial.improvement.solution == initial


@pytest.mark.slow
def test_annealing_accepts_less_and_less(jail: Sandbox) -> None:
    def moves(offered: int) -> int:
        """How often, of 12 runs, a worse program is moved to when the call of that number is the one that gives it."""
        moved = 0
        for number in range(12):
            answers = iter([""] * offered + [fenced(marked(0.42))] + [""] * 9)
            trial = run(
                "simulated_annealing",
                jail,
                lambda request, answers=answers: next(answers),  # type: ignore[misc]
                initial=marked(0.5),
                grant=Grant(25, 9, 1),
                secret=bytes([number]),
            )
            moved += value(shown(trial.requests[-1])) == 0.42
        return moved

    early, late = moves(offered=0), moves(offered=7)
    assert early > 3 and late < 3, (early, late)


def test_varying_temperature_falls_as_the_budget_is_spent(jail: Sandbox) -> None:
    trial = run("vary_temperature", jail, better_each_time())
    assert [round(call[0].temperature, 2) for call in calls(trial)] == [1.2, 0.9, 0.6, 0.3]


def test_prompt_bandit_tries_every_prompt_and_prefers_the_better_one(jail: Sandbox) -> None:
    numbers = itertools.count()

    def answer(request: Request) -> str:
        good = "greatest weakness" in request.message
        return fenced(marked(0.9 if good else 0.1) + f"#{next(numbers)}")

    trial = run("prompt_bandit", jail, answer)
    counts = Counter(request.message.splitlines()[-1] for request in trial.requests)
    assert len(counts) == 6
    (best, most), (_, next_most) = counts.most_common(2)
    assert "greatest weakness" in best and most >= next_most + 3


class Lucky(MarkedUtility):
    """The first draw of a program is worth what its mark says; every further one almost nothing, but for two marks."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str | None] = Counter()

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        first = super().evaluate(candidate, at)
        self.seen[candidate] += 1
        if self.seen[candidate] == 1 or first.value in (0.3, 0.5):
            return first
        return Evaluation(0.01, "ok", (0.01,), ("ok",))


@table(("name", "mean"), (("ucb", 0.5), ("greedy_iterative", 0.8)))
def test_lucky_draw_wins_only_where_nothing_is_scored_again(jail: Sandbox, name: str, mean: float) -> None:
    trial = run(name, jail, answering(0.5, 0.8, *[0.1] * 99), utility=Lucky())
    assert value(trial.improvement.solution or "") == mean, name


def test_ucb_scores_again_the_program_that_it_improves(jail: Sandbox) -> None:
    trial = run("ucb", jail, better_each_time())
    scored = Counter(program for program, _ in trial.scored)
    improved = {shown(request) for request in trial.requests}
    assert {str(program).strip() for program, times in scored.items() if times > 1} == improved


def test_epsilon_greedy_explores_at_twice_the_temperature_and_from_the_top_three(jail: Sandbox) -> None:
    explored, exploited = [], 0
    for number in range(12):
        trial = run("epsilon_greedy", jail, answering(0.4, 0.6, 0.5, 0.1, 0, 0.2), secret=bytes([number]))
        for index, call in enumerate(calls(trial)):
            cool = 0.3 + 0.4 * (4 - index) / 4
            if call[0].temperature == pytest.approx(cool):
                exploited += 1
                assert value(shown(call[0])) == (0.6 if index else 0.3)
            else:
                assert call[0].temperature == pytest.approx(2 * cool)
                explored.append(shown(call[0]) if index else "")
                assert value(shown(call[0])) in ((0.6, 0.5, 0.4) if index else (0.3,))
    assert 2 < len(explored) < exploited
    best = "# number 1"
    assert any(program and not program.endswith(best) for program in explored)


def test_hints_are_all_given_in_turn(jail: Sandbox) -> None:
    trial = run("hints", jail, better_each_time())
    hints = [request.message.splitlines()[-1] for request in trial.requests]
    assert all(hint.startswith("Hint: ") for hint in hints)
    assert len(set(hints[:7])) == 7 and hints[7:14] == hints[:7]


def test_refine_repairs_what_failed_and_improves_the_best_in_view_of_what_was_tried(jail: Sandbox) -> None:
    utility = MarkedUtility(error="the build failed: a.c:6:45: ZeroDivisionError\n 6 | a\n   | ^~")
    first, second = calls(run("refine", jail, answering(0, 0.6, 0.2, 0), utility=utility))[:2]
    assert all("The solution above scores 0.3." in request.message and "novel" in request.message for request in first)
    repairs = [request for request in second if value(shown(request)) == 0]
    assert len(repairs) == 3 == len({request.message for request in repairs})
    for request in repairs:
        assert "(best so far)" not in request.message and [value(shown(request, n)) for n in (2, 3)] == [0.6, 0.3]
        assert "\nThe best solution so far:\n" in request.message and "\nThe original solution:\n" in request.message
    others = [request.message for request in second if request not in repairs]
    assert all("scores 0.6." in each and "novel" not in each and value(marked(0.6)) == 0.6 for each in others)
    assert all(re.search(r"2\. .*: 0\.6 \(\+0\.3\)\n3\. .*: 0\.2 \(-0\.1\)", each) for each in others)
    assert all("raised: the build failed: a.c:6:45: ZeroDivisionError\n" in each for each in others)
    assert sum("an idea that is not among those tried" in each for each in others) == 1


def test_refine_shows_what_the_last_losing_attempt_changed_and_never_leaves_the_best_for_it(jail: Sandbox) -> None:
    second = calls(run("refine", jail, answering(0.27), initial=marked(0.3)))[1]
    assert {value(shown(request)) for request in second} == {0.3}
    assert all("attempt that lost made this change:\n    @@" in request.message for request in second)


def test_refine_shows_a_row_an_instance_with_its_size_and_time_where_the_scores_differ(bench: Any) -> None:
    b = bench(answers=lambda request: fenced("def algorithm(n):\n    return n"), instances=3)
    b.improve(improver_text("refine"))
    prompts = [message for event in b.of(LmCalled) for message in event.messages]
    assert prompts and all(
        re.search(r"\n0: n \d+; score [\d.]+; under a tenth of [\d.]+ s\n1: ", each) for each in prompts
    )
    assert all("numpy" in each and "the same in each evaluation; in the final comparison" in each for each in prompts)


def test_refine_measures_a_new_best_again_where_evaluations_are_to_spare(jail: Sandbox) -> None:
    trial = run("refine", jail, answering(0.6), grant=Grant(8, 2, 1))
    assert Counter(value(program) for program, _ in trial.scored) == {0.3: 1, 0.6: 4}
    assert "scores 0.6, measured twice." in trial.requests[1].message


@table(("lm_calls", "share"), ((4, 6), (12, 2), (30, 1)))
def test_refine_divides_the_evaluations_among_the_calls(jail: Sandbox, lm_calls: int, share: int) -> None:
    trial = run("refine", jail, better_each_time(), grant=Grant(25, lm_calls, 6))
    assert (trial.lm_calls, len(trial.requests), len(trial.scored)) == (24 // share, 24, 25), lm_calls


def test_refine_repairs_a_failed_program_when_it_asks_for_one_response_at_a_time(jail: Sandbox) -> None:
    trial = run("refine", jail, answering(0, 0.6), grant=Grant(7, 6, 6))
    assert [value(shown(request)) for request in trial.requests[:3]] == [0.3, 0.0, 0.6]


class Halves(MarkedUtility):
    """A utility in which programs of a mark above 0.5 fail on some instances and still score their mark."""

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        marked_value = super().evaluate(candidate, at)
        if marked_value.value <= 0.5:
            return marked_value
        return Evaluation(marked_value.value, "raised", (1.0, 0.0), ("ok", "raised"), "instance 1: ZeroDivisionError")


def test_refine_shows_the_error_of_a_program_that_fails_on_some_instances_only(jail: Sandbox) -> None:
    first = calls(run("refine", jail, answering(0.7), initial=marked(0.6), utility=Halves()))[0]
    words = "scores 0.6 (mean of 2 in training).\nIt fails on some instances (raised):\ninstance 1: ZeroDivisionError"
    assert all(words in request.message for request in first)


class Steps(MarkedUtility):
    """A utility whose instances all have the same score, and 6, 7 and 11 steps."""

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        value, steps = super().evaluate(candidate, at).value, ({"steps": 6.0}, {"steps": 7.0}, {"steps": 11.0})
        return Evaluation(value, "ok", (value,) * 3, ("ok",) * 3, metrics=steps)


def test_refine_tells_the_mean_over_all_instances_and_names_the_utility_beside_it(jail: Sandbox) -> None:
    first, second = calls(run("refine", jail, answering(0.5), initial=marked(0.6), utility=Steps()))[:2]
    words = "The solution above measures steps 8 (mean of 3 in training) and has utility 0.6."
    assert all(words in request.message for request in first)
    assert all("Here is an idea.: steps 8, utility 0.5 (-0.1)" in request.message for request in second)


def test_refine_tells_the_model_why_its_edits_did_not_fit(bench: Any) -> None:
    edit = "<<<<<<< SEARCH\n    return n + 0  # nothing\n=======\n    return 2 * n\n>>>>>>> REPLACE\n"
    b = bench(answers=lambda request: f"I double it.\n{edit}", grant=Grant(6, 3, 1))
    host = replace(b.host(), editing=Editing("blocks"))
    improve(improver_text("refine"), b.task.seed, b.utility(), b.grant, b.budget.child("improve"), host)
    prompts = [message for event in b.of(LmCalled) for message in event.messages]
    assert len(set(prompts)) == len(prompts) == 3 and "did not" not in prompts[0]
    why = "1. I double it.: block 1: these lines are not in the program:\n        return n + 0  # nothing\nThe nearest that"
    assert all(why in each for each in prompts[1:])


def test_refine_asks_for_a_repair_and_says_an_error_once_when_a_program_fails(bench: Any) -> None:
    b = bench(answers=lambda request: fenced("def algorithm(n):\n    return undefined_name"), instances=3)
    b.improve(improver_text("refine"))
    prompts = [message for event in b.of(LmCalled) for message in event.messages]
    repairs = [prompt for prompt in prompts if prompt.startswith("Repair the following solution:")]
    assert repairs and not any("novel" in prompt for prompt in repairs)
    assert all(prompt.count("name 'undefined_name' is not defined") == 1 for prompt in repairs)


def test_refine_asks_no_more_when_a_program_has_the_highest_utility(jail: Sandbox) -> None:
    trial = run("refine", jail, answering(1.0))
    assert (trial.lm_calls, len(trial.requests), len(trial.scored)) == (1, 6, 7)
    assert value(trial.improvement.solution or "") == 1.0
