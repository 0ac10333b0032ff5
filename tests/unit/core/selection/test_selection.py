"""Which improver goes on: contests of values that are made by hand, and some in the real jail, with a scripted model."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from strop.base.budget import GATE_PAIRS, LM_CALLS, Budget, Grant
from strop.base.errors import LanguageModelError, StropError
from strop.base.events import Compared, Evaluated, Event, ImproveStarted, LmCalled, discard
from strop.base.results import Evaluation, Improvement
from strop.core.algorithm import Step, self_improve
from strop.core.handles import Host
from strop.core.meta_utility import Downstream, MetaUtility
from strop.core.selection import Archive, Gate, Gated, make_selection
from strop.core.selection.archive import clade, posterior
from strop.core.selection.comparison import Contender, PairedComparison
from strop.core.selection.final_comparison import final_comparison
from strop.core.utility import TaskUtility, Utility
from strop.lm.answer_cache import AnswerCache
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.options.choices import SelectionName
from strop.runs.assembly import Components
from strop.runs.context import session
from strop.runs.journal import Journal
from strop.runs.resume import recall
from strop.runs.run_data import read_run
from strop.runs.spec import RunSpec
from strop.runs.train import best_improver, run
from strop.sandbox.jail import JailedSandbox
from strop.store import Store
from support.rows import table

MakeBench = Callable[..., Any]
HEAD = "def improve_algorithm(initial_solution, utility, language_model):\n"
IDLE = HEAD + "    return initial_solution\n"
BETTER = HEAD + "    return 'def algorithm(n): return 2 * n'\n"
WORSE = HEAD + "    return 'def algorithm(n): return 7'\n"
ASKING = HEAD + "    language_model.prompt('', 'better')\n    return initial_solution\n"
GATE = Gate(error=0.2, comparisons=1, pairs=25)
CEILING = "all 5 training measurements of I_0 reached the highest score, so training can hardly show a gain"


def becoming(program: str) -> str:
    """An improver that turns itself into `program`, and improves no solution."""
    return HEAD + f"    return {program!r} if 'improve_algorithm' in initial_solution else initial_solution\n"


def meta_utility(bench: Any, copies: int = 5) -> MetaUtility:
    def fresh(name: str) -> TaskUtility:
        return bench.utility("gate")

    copy = Downstream(bench.utility("train"), bench.utility("test"), bench.task.seed, fresh)
    return MetaUtility([copy] * copies, "mean over tasks", Grant(utility_calls=4, lm_calls=2), bench.host())


def contest(bench: Any, incumbent: str, candidate: str) -> PairedComparison:
    return PairedComparison(
        meta_utility(bench), Contender(0, incumbent, None), Contender(1, candidate, 0), Budget().child("t1")
    )


class ByHand(MetaUtility):
    """Pairs whose results are given: 1 for BETTER and for what is equal but for a comment, 0 for WORSE, and for IDLE a value
    that the instances of a pair make."""

    def _improved(
        self, improver: str, task: Downstream, scored_by: Utility, budget: Budget, host: Host
    ) -> tuple[Improvement, Evaluation]:
        by_chance = random.Random(budget.path.rpartition("/")[0]).choice((0.25, 0.5, 0.75))
        return Improvement(""), Evaluation({BETTER: 1.0, WORSE: 0.0}.get(improver.rstrip("#"), by_chance), "ok")


def known_contest(incumbent: str, candidate: str) -> PairedComparison:
    """A contest without a guest."""
    nobody: Any = None
    host = Host(nobody, Scripted([]), discard, b"secret")
    meta = ByHand([Downstream(nobody, nobody, "")], "by hand", Grant(), host)
    return PairedComparison(meta, Contender(0, incumbent, None), Contender(1, candidate, 0), Budget().child("t1"))


def steps(bench: Any, improver: str, iterations: int = 1, name: str = "gated", copies: int = 5) -> list[Step]:
    selection = make_selection(name, GATE, random.Random(0))  # type: ignore[arg-type]
    meta = meta_utility(bench, copies)
    return list(self_improve(improver, meta, iterations, Grant(utility_calls=2), selection, bench.budget))


def test_gate_stops_when_it_is_clear_that_a_candidate_is_better_or_worse() -> None:
    choice = Gated(GATE).choose(known_contest(IDLE, BETTER))
    assert choice.accepted and choice.comparison is not None
    assert choice.comparison.e_value >= choice.comparison.threshold == 5.0
    assert choice.comparison.pairs < 25 and min(choice.comparison.differences) > 0
    choice = Gated(GATE).choose(known_contest(BETTER, WORSE))
    assert not choice.accepted and choice.comparison is not None
    assert choice.comparison.pairs < 25 and max(choice.comparison.differences) < 0
    assert "not shown to be better" in choice.reason and choice.reason.endswith(" unlikely to reach the threshold")


@table(("incumbent", "seen", "pairs"), ((BETTER, [1.0] * 5, 8), (WORSE, [], 12)))
def test_gate_stops_after_twelve_ties_and_after_two_rounds_when_nothing_is_left_to_gain(
    incumbent: str, seen: list[float], pairs: int
) -> None:
    asked = known_contest(incumbent, incumbent + "#")
    asked.incumbent.seen.extend(seen)  # as it was measured at t = 0
    choice = Gated(Gate()).choose(asked)
    assert choice.comparison is not None and choice.comparison.pairs == pairs
    assert not choice.accepted and choice.comparison.e_value == 1.0 and set(choice.comparison.differences) == {0.0}


@table(
    ("name", "why", "made"),
    (
        ("gated", CEILING, ["t0"]),
        ("archive", CEILING, ["t0"]),
        ("paper", "", ["t0", "t1", "t2"]),
    ),
)
def test_run_ends_when_its_improver_has_the_best_possible_score_unless_it_is_the_papers(
    bench: MakeBench, name: str, why: str, made: list[str]
) -> None:
    b = bench(instances=2)
    found = steps(b, BETTER, iterations=2, name=name)
    assert (len(found), found[0].why_stop) == (len(made), why), name
    assert {event.scope.split("/")[0] for event in b.of(ImproveStarted)} == {*made}, name


def test_two_perfect_copies_do_not_end_a_run_but_those_of_its_first_gate_with_them_do(bench: MakeBench) -> None:
    becoming_better = (
        HEAD
        + "    better = 'def algorithm(n): return 2 * n'\n"
        + "    return initial_solution + '#' if 'improve_algorithm' in initial_solution else better\n"
    )
    b = bench(instances=2)
    meta = replace(meta_utility(b), downstream=meta_utility(b).downstream[:2])
    found = list(self_improve(becoming_better, meta, 3, Grant(utility_calls=2), Gated(Gate()), b.budget))
    assert [step.why_stop != "" for step in found] == [False, True]
    assert found[1].choice.comparison is not None and found[1].choice.comparison.pairs == 8


def test_gate_spends_no_more_pairs_than_it_was_granted_and_remembers_the_values_of_both() -> None:
    asked = known_contest(BETTER, WORSE)
    budget = asked.gate_budget(7)
    assert [len(found) for found in asked.rounds(budget)] == [4, 3]
    assert budget.used(GATE_PAIRS) == 7 and budget.remaining(GATE_PAIRS) == 0
    assert asked.incumbent.seen == [1.0] * 7 and asked.candidate.seen == [0.0] * 7


def test_gate_charges_the_lm_calls_and_evaluations_of_both_improvers_to_the_iteration(bench: MakeBench) -> None:
    b, at = bench(), Budget().child("t1")
    asked = PairedComparison(meta_utility(b), Contender(0, ASKING, None), Contender(1, ASKING, 0), at)
    choice = Gated(Gate(0.2, 1, 4)).choose(asked)
    assert choice.comparison is not None and choice.comparison.lm_calls == 8 == len(b.of(LmCalled))
    assert choice.comparison.evaluations == 8 == len(b.of(Evaluated)) == at.used(LM_CALLS)


def test_pairs_of_a_contest_share_answers_and_are_scored_on_instances_of_the_gate(bench: MakeBench) -> None:
    b = bench()
    asked = contest(b, ASKING, ASKING)
    list(asked.rounds(asked.gate_budget(2)))
    assert Counter(event.split for event in b.of(Evaluated)) == {"gate": 4}
    assert len(b.model.requests) == 2 and len(b.of(LmCalled)) == 4


def test_neither_improver_gains_by_its_turn_where_the_model_drifts(bench: MakeBench) -> None:
    """The same improver twice, and a model that gives a better answer to whoever asks second in a pair."""
    turns: Counter[str] = Counter()

    def drifting(request: Request) -> str:
        turns[request.scope] += 1
        return f"def algorithm(n): return {turns[request.scope] - 1} * 2 * n"

    asking = HEAD + "    return language_model.prompt('', 'asks {}')[0]\n"
    asked = contest(bench(drifting, instances=2), asking.format("a"), asking.format("b"))
    found = [difference for each in asked.rounds(asked.gate_budget(10)) for difference in each]
    assert min(found) < 0 < max(found)
    assert 2 <= sum(difference > 0 for difference in found) <= 8


def test_task_of_a_pair_is_drawn_where_tasks_differ(bench: MakeBench) -> None:
    b = bench()
    each = [
        Downstream(b.utility("train"), b.utility("test"), seed, lambda name: b.utility("gate"))
        for seed in ("def algorithm(n): return 0", "def algorithm(n): return 1")
    ]
    meta = MetaUtility(each, "mean over tasks", Grant(), b.host())
    asked = PairedComparison(meta, Contender(0, IDLE, None), Contender(1, IDLE, 0), Budget().child("t1"))
    list(asked.rounds(asked.gate_budget(8)))
    drawn = {event.scope: event.initial_solution for event in b.of(ImproveStarted)}
    order = [drawn[f"t1/gate/pair{number}/a"] for number in range(8)]
    assert order == [drawn[f"t1/gate/pair{number}/b"] for number in range(8)]
    assert order not in (order[:2] * 4, order[:1] * 8), "in turn, so that a stop may favour the first"


def test_comparison_is_kept_when_the_measurement_after_it_fails(bench: MakeBench) -> None:
    """The candidate asks the model only where it is measured, and the model is gone by then."""

    def failing(request: Request) -> str:
        if request.scope.startswith("t1/measure"):
            raise LanguageModelError("the server is gone")
        return "any"

    asking = HEAD + "    language_model.prompt('', 'm')\n    return 'def algorithm(n): return 2 * n'\n"
    b = bench(failing, instances=4)
    with pytest.raises(LanguageModelError):
        steps(b, becoming(asking))
    (event,) = b.of(Compared)
    assert event.accepted and event.t == 1 and event.scope == "t1/gate" and event.candidate == asking


@table(("candidate", "held_out"), ((BETTER, {"t0": 5, "t1": 5}), (WORSE, {"t0": 5})))
def test_only_an_accepted_improver_is_measured_afresh_and_scored_once_on_the_held_out_split(
    bench: MakeBench, candidate: str, held_out: dict[str, int]
) -> None:
    b = bench(instances=4)
    _, one = steps(b, becoming(candidate))
    assert one.choice.accepted is (candidate is BETTER)
    assert one.improver == (candidate if one.choice.accepted else becoming(candidate))
    assert one.measurement.test == (1.0,) * 5 or not one.choice.accepted
    assert Counter([event.scope.split("/")[0] for event in b.of(Evaluated) if event.split == "test"]) == held_out


BACK_AND_FORTH = HEAD + "    one, two = 'MARK=' + '1', 'MARK=' + '2'\n    MARK=1\n"
BACK_AND_FORTH += "    return initial_solution.replace(*((one, two) if one in initial_solution else (two, one)))\n"


def test_result_that_repeats_an_improver_is_accepted_by_the_paper_and_refused_by_a_gate_without_a_pair(
    bench: MakeBench,
) -> None:
    repeats = ((IDLE, "the improver unchanged"), (BACK_AND_FORTH, "an earlier improver"))
    for name, (improver, said) in itertools.product(get_args(SelectionName), repeats):
        b = bench(instances=2)
        selection = make_selection(name, Gate(error=1e-9, pairs=4), random.Random(0))
        _, first, second = self_improve(improver, meta_utility(b, 2), 2, Grant(utility_calls=2), selection, b.budget)
        reason = second.choice.reason.removeprefix("as in Algorithm 1; ")
        assert reason.startswith(f"the self-improvement returned {said}"), name
        assert second.choice.accepted == (name == "paper") and second.choice.comparison is None
        assert [event.scope for event in b.of(ImproveStarted) if event.scope.startswith("t2/gate")] == []
        again = [event for event in b.of(Evaluated) if event.scope.startswith("t2/measure") and event.split == "test"]
        assert (len(again), len(second.measurement.test)) == ((2, 2) if name == "paper" else (0, 2))
        assert name != "paper" or (first.choice.accepted, second.improver) == (True, improver)


FAILS_ON_IMPROVERS = (
    HEAD
    + "    if 'improve_algorithm' in initial_solution: raise ValueError\n    return 'def algorithm(n): return 2 * n'\n"
)
MAKER = HEAD + f"    fails = {FAILS_ON_IMPROVERS!r}\n    return fails + '#' * (initial_solution == fails)\n"


def test_improver_that_made_the_papers_one_improves_it_after_its_self_improvement_failed(bench: MakeBench) -> None:
    found = steps(bench(instances=2), MAKER, 3, "paper", copies=2)
    assert [step.parent for step in found] == [None, 0, 1, 0]
    assert [step.candidate for step in found[1:]] == [FAILS_ON_IMPROVERS, None, FAILS_ON_IMPROVERS + "#"]


@table(("ends", "is_zero"), (("raise ValueError", [True, False]), ("return None", [False, False])))
def test_meta_utility_is_0_if_an_improver_raises_on_one_copy_where_it_is_the_published_one(
    bench: MakeBench, ends: str, is_zero: list[bool]
) -> None:
    fails = (
        HEAD + f"    import random\n    if random.random() < 0.5: {ends}\n    return 'def algorithm(n): return 2 * n'\n"
    )
    values = [
        replace(meta_utility(b, 8), is_strict=strict).evaluate(fails, b.budget).value
        for strict in (True, False)
        for b in [bench(instances=2)]
    ]
    assert [value == 0.0 for value in values] == is_zero and max(values) < 1.0


@table(("gate", "most", "pairs"), (([0.5] * 4, 18, 6), ([0.3, 0.5] * 6, 18, 12), ([0.0, 1.0] * 6, 7, 7)))
def test_final_comparison_takes_as_many_pairs_as_the_spread_of_the_gate_asks_for(
    gate: list[float], most: int, pairs: int
) -> None:
    better = final_comparison(known_contest(IDLE, BETTER), gate, most)
    assert better.accepted and better.interval[0] > 0 and (better.pairs, better.max_pairs) == (pairs, most)
    assert len(better.differences) == len(better.before) == pairs


def test_final_comparison_shows_which_side_is_better_or_that_none_is() -> None:
    worse = final_comparison(known_contest(BETTER, IDLE), [0.1] * 6, 60)
    assert not worse.accepted and worse.interval[1] < 0 and set(worse.before) == {1.0}
    same = final_comparison(known_contest(BETTER, BETTER + "#"), [0.1] * 6, 60)
    assert not same.accepted and same.interval[0] <= 0 <= same.interval[1]


MADE = {"task": "t", "model": "scripted"}


class _Killed(StropError):
    """The run ends here."""


def trained(
    store: Store, directory: Path, bench: Any, jail: JailedSandbox, view: Callable[[Event], None]
) -> list[Compared]:
    """The comparisons of a run whose seed improver makes a better one of itself; continues what `store` holds."""
    spec = RunSpec(iterations=1, copies=2, gate_error=0.2, gate_pairs=12, utility_budget=2, workers="2", require=())
    parts = Components(spec, (bench.task,), AnswerCache(Scripted(lambda request: "")), jail, b"key")
    with session(parts, Journal(store, view, recalled=recall(store))) as context:
        run(context, becoming(BETTER))
    return [stored.event for stored in store.events(Compared)]


def test_run_ends_with_held_out_pairs_of_its_first_and_last_improver_also_when_it_is_killed_among_them(
    bench: MakeBench, jail: JailedSandbox, tmp_path: Path
) -> None:
    (tmp_path / "whole").mkdir()
    with Store.create(tmp_path / "whole" / "record", MADE) as store:
        gate, last = trained(store, tmp_path / "whole", bench(instances=2), jail, lambda event: None)
        assert (gate.scope, last.scope, last.t) == ("t1/gate", "final/gate", 1)
        assert last.accepted and last.incumbent == becoming(BETTER) and last.candidate == BETTER
        scored = [stored.event for stored in store.events(Evaluated, scope="final")]
        assert {event.split for event in scored if event.scope.endswith("/result")} == {"test"}
        assert read_run(store).final_comparison is not None and set(read_run(store).gates) == {1}
        assert best_improver(read_run(store))[1] == 1

    def killed(event: Event) -> None:
        if isinstance(event, Evaluated) and event.scope == "final/gate/pair5/b/result":
            raise _Killed

    with Store.create(tmp_path / "killed", MADE) as store:
        with pytest.raises(_Killed):
            trained(store, tmp_path, bench(instances=2), jail, killed)
        assert len(list(store.events(Compared))) == 1
        done = sum(1 for _ in store.events(ImproveStarted, scope="final"))
        assert trained(store, tmp_path, bench(instances=2), jail, lambda event: None) == [gate, last]
        assert done > 0 and sum(1 for _ in store.events(ImproveStarted, scope="final")) == 2 * last.pairs


def test_gate_shares_its_error_among_the_comparisons_of_a_run() -> None:
    assert Gate(error=0.1, comparisons=4).alpha == pytest.approx(0.025)


def test_posterior_counts_values_and_failed_self_improvements_of_an_improver_and_all_that_descends_from_it() -> None:
    nodes = [  # 0 ── 1 ── 3, and 0 ── 2
        Contender(0, "seed", None, [0.5, 0.5]),
        Contender(1, "one", 0, [1.0], failed_children=2),
        Contender(2, "two", 0, [0.0]),
        Contender(3, "three", 1, [1.0, 0.5]),
    ]
    assert [[node.t for node in clade(nodes[t], nodes)] for t in (0, 1, 3)] == [[0, 1, 2, 3], [1, 3], [3]]
    assert posterior(nodes[1], nodes) == (1 + 2.5, 1 + 0.5 + 2)
    assert posterior(nodes[2], nodes) == (1.0, 2.0)


def test_archive_draws_parents_of_fruitful_clades_more_often_but_not_alone() -> None:
    nodes = [
        Contender(0, "seed", None, [0.3] * 6),
        Contender(1, "good", None, [0.9] * 6),
        Contender(2, "bad", None, [0.1] * 6),
    ]
    archive = Archive(GATE, random.Random(5))
    drawn = Counter(archive.pair(nodes, nodes[0])[0].t for _ in range(2000))
    # Probabilities by simulation: 0.023, 0.974, 0.003.
    assert drawn[1] > drawn[0] > 0 and drawn[1] > drawn[2]


def test_archive_goes_on_from_an_improver_that_is_not_the_incumbent_and_says_so(bench: MakeBench) -> None:
    growing = HEAD + "    return initial_solution + '#' * ('improve_algorithm' in initial_solution)\n"
    seed, *others = steps(bench(instances=2), growing, iterations=6, name="archive", copies=2)
    texts = {0: seed.improver} | {step.t: step.candidate for step in others}
    assert all(step.candidate == f"{texts[step.parent]}#" for step in others if step.parent is not None)
    assert not any(step.choice.accepted for step in others), "the incumbent is 0 all along"
    assert {step.parent for step in others} > {0}


@table("name", get_args(SelectionName))
def test_every_selection_keeps_a_good_incumbent_when_the_self_improvement_fails(bench: MakeBench, name: str) -> None:
    better = "undefined_name if 'improve_algorithm' in initial_solution else 'def algorithm(n): return 2 * n'"
    broken = f"{HEAD}    return {better}\n"
    b = bench(score=lambda instance, answer: 0.9 * (answer == 2 * instance["n"]), instances=2)
    _, one = steps(b, broken, name=name)
    assert one.improver == broken and "undefined_name" in one.choice.reason, name
