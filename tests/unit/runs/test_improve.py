"""One improvement and its comparison on the held-out split, in the real jail; its patch; and what is claimed of it."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from strop.base.as_document import as_document
from strop.base.errors import ConfigurationError, TaskError
from strop.base.events import Evaluated
from strop.base.printing import print_result
from strop.base.solution import NAMED_BY, digest_of
from strop.checks import held_out
from strop.evaluation.base import Part
from strop.evaluation.instances import DrawnInstances
from strop.lm.answer_cache import AnswerCache
from strop.report.terminal import improvement as improvement  # registers how a result is printed
from strop.report.terminal.live import View
from strop.runs.assembly import Components
from strop.runs.claims.improvement import sentence
from strop.runs.context import session
from strop.runs.finding import Cost, Evidence
from strop.runs.improve import candidates_of, check_enough, improve_once, recorded, searched
from strop.runs.journal import Journal
from strop.runs.meta import Meta
from strop.runs.patching.result_files import BEST, BestSoFar
from strop.runs.patching.source_files import SourceFiles
from strop.runs.results.improved import Unfinished
from strop.runs.results.parts import counted_answers, noted
from strop.runs.run_data import Answers, Costs, read_run
from strop.runs.sizing import ENOUGH, instances_needed
from strop.runs.spec import RunSpec, improver_text
from strop.store import Store
from strop.tasks.base import SecretSeeds, Split
from strop.tasks.command.config import command_task
from strop.tasks.objective_facts import HOST_SCORES
from support import records
from support.facts import told
from support.rows import table
from support.tables import terminal

MakeBench = Callable[..., Any]
DOUBLE = "def algorithm(n):\n    return 2 * n\n"
IDLE = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution[:-1]\n"
BROKEN = "def improve_algorithm(initial_solution, utility, language_model):\n    return undefined_name\n"


def giving(solution: str) -> str:
    return f"def improve_algorithm(initial_solution, utility, language_model):\n    return {solution!r}\n"


@pytest.fixture
def once(bench: MakeBench, tmp_path: Path) -> Callable[..., tuple[Evidence, Path]]:
    """One improvement by an improver, on the doubling task."""

    numbers = itertools.count()

    def carry_out(improver: str, start: SourceFiles | None = None, **changes: Any) -> tuple[Evidence, Path]:
        b = bench(**changes)
        task = b.task if start is None else replace(b.task, seed=start.program)
        parts = Components(RunSpec(max_responses=3), (task,), AnswerCache(b.model), b.sandbox, b"secret")
        directory = tmp_path / f"there{next(numbers)}"
        with Store.create(directory, Meta(kind="improve", tasks=(b.task.name,)).texts(directory)) as store:
            with session(parts, Journal(store, View())) as context:
                improve_once(context, partial(searched, improver=improver), start)
            found = recorded(read_run(store))
        assert found is not None
        return found, directory

    return carry_out


def test_improvement_is_better_when_every_held_out_instance_gains(once: Any) -> None:
    found, directory = once(improver_text("seed"), test_instances=16)
    assert found.finding == "better" and found.cost == Cost(lm_calls=1, responses=3, evaluations=3, candidates=1)
    assert found.improved.last.value == 1.0 > found.original.last.value
    assert (directory / "solution.py").read_text() == DOUBLE == found.improved.text
    before = f"{found.original.last.value:.3f}"
    assert re.fullmatch(r"Better: 0\.\d+ higher score \(0\.\d+ to 0\.\d+\)\.", sentence(found)), sentence(found)
    assert " higher score (95% interval 0." in (score := told(found, "score"))
    assert score.endswith(f", from {before} to 1.000, in 16 evaluations")


def test_returned_program_that_is_worse_or_the_same_is_not_recommended_and_scores_0_only_where_it_fails(
    once: Any,
) -> None:
    start = SourceFiles({"mine.py": DOUBLE})
    found, directory = once(giving("def algorithm(n):\n    return -1\n"), start, test_instances=16)
    assert found.finding == "worse"
    assert sentence(found) == "No improvement: the returned program is worse, 1 lower score."
    assert told(found, "score") == "1 lower score, from 1.000 to 0.000, the same in each of 8 evaluations"
    assert (directory / "original.py").read_text() == DOUBLE
    found, _ = once(giving("def algorithm(n):\n    return 0 * n\n"))
    assert found.finding == "no significant improvement"
    assert sentence(found).startswith("No improvement: score unchanged at 0.") and "p =" not in sentence(found)
    fails = "def algorithm(n):\n    return 2 * n if n % 2 else undefined_name\n"
    found, _ = once(giving(fails), start, test_instances=40)
    test = found.improved.last
    assert found.finding == "worse" and test.scores == tuple(float(verdict == "ok") for verdict in test.verdicts)
    assert {"ok", "raised"} == set(test.verdicts) and test.value == sum(test.scores) / 40


def test_held_out_instances_do_not_fail_together_when_one_ends_the_process(once: Any) -> None:
    head = "import os\ncalls = 0\ndef algorithm(n):\n    global calls\n    calls += 1\n"
    fails = f"{head}    if calls > 1: os._exit(0)\n    return 2 * n\n"
    found, _ = once(giving(fails), SourceFiles({"mine.py": "def algorithm(n):\n    return -1\n"}), test_instances=16)
    assert found.improved.train.value == 0.0  # where all instances share a process
    assert found.finding == "better" and found.improved.last.scores == (1.0,) * 8


def trying(*candidates: str, returning: str) -> str:
    """An improver that scores some programs and then returns one."""
    return (
        f"def improve_algorithm(initial_solution, utility, language_model):\n    for each in {candidates!r}:\n"
        f"        utility(each)\n    return {returning}\n"
    )


def test_both_programs_of_a_comparison_get_the_same_random_numbers(once: Any) -> None:
    draws = "import random\ndef algorithm(n):\n    return 2 * n if random.random() < 0.5 else -1\n"
    found, _ = once(giving(f"{draws}# the same\n"), SourceFiles({"mine.py": draws}), test_instances=40)
    scores = found.improved.last.scores
    assert found.finding == "no significant improvement" and {0.0, 1.0} == {*scores} == {*found.original.last.scores}
    assert sentence(found).startswith("No improvement: score unchanged at 0.")


def test_best_candidate_stands_when_the_improver_returns_a_worse_one_and_only_then(once: Any) -> None:
    half = "def algorithm(n):\n    return 2 * n if n % 2 else 1\n"
    for returned, reason in (
        ("initial_solution", "the improver returned the original"),
        (repr("def algorithm(n):\n    return -1\n"), "the returned program did not score as well in training"),
    ):
        found, directory = once(trying(half, DOUBLE, half, returning=returned), test_instances=16)
        assert found.finding == "better" and found.stands_in and found.improved.text == DOUBLE, reason
        assert (directory / "solution.py").read_text() == DOUBLE
        assert told(found, "search") == f"{reason}, so this is the best candidate that it evaluated"
    found, directory = once(trying(DOUBLE.rstrip(), returning=repr(DOUBLE)), test_instances=16)
    assert found.finding == "better" and not found.stands_in and found.improved.text == DOUBLE
    with Store.open(directory) as store:  # it is not scored again, because only its last newline differs
        scopes = [event.event.scope for event in store.outline(Evaluated)]
    assert "returned/train" not in scopes and sum(scope.startswith("improve/u-") for scope in scopes) == 1


def test_original_stands_when_the_improver_fails_or_returns_it(once: Any) -> None:
    for improver in (BROKEN, "def improve_algorithm(:", giving("x")[:-5] + "3\n"):
        found, directory = once(improver)
        assert (found.finding, found.improved, found.gain) == ("failed", None, None), improver
        assert sentence(found).startswith(f"No improvement: the improver failed ({found.improvement.outcome}: ")
        assert told(found, "improver").startswith(f"{found.improvement.outcome}: ") and found.cost.lm_calls == 0
        assert (directory / "solution.py").read_text() == found.original.text
        assert (directory / "solution.diff").read_text() == "" and found.original.train.value > 0
    found, _ = once(IDLE)  # it only lost its last newline
    assert found.finding == "unchanged"
    assert sentence(found) == "No improvement: the improver returned the original unchanged."


REFUSED: list[tuple[str, bool, dict[str, Any], str]] = [
    ("import os\ndef algorithm(n):\n    os.abort()\n", True, {}, "SIGABRT"),
    ("def algorithm(n):\n    while n + 2: pass\n", True, {}, "limit"),
    ("def other(n): pass", True, {}, "does not define algorithm"),
    ("def other(n): pass", False, {}, "does not define algorithm"),
    ("def algorithm(n):\n    return 1 / 0\n", False, {"slow_seed": True}, ""),
    ("def algorithm(n):\n    while True: pass\n", True, {"slow_seed": True}, ""),  # it is not the seed
]
"""What is to be improved, whether it is a file of the user's or the seed of its task, the task, and what is said of it."""


def test_original_that_does_not_run_is_refused_before_anything_is_spent(once: Any) -> None:
    for text, is_file, changes, words in REFUSED:
        start, seed = (SourceFiles({"mine.py": text}), {}) if is_file else (None, {"seed": text})
        with pytest.raises(ConfigurationError if is_file else TaskError, match=f"does not run: .*{words}") as caught:
            once(IDLE, start, time_limit=0.2, **changes | seed)
        assert "\n" not in str(caught.value), text
    slow = {"seed": "def algorithm(n):\n    while True: pass\n", "slow_seed": True, "time_limit": 0.1}
    found, _ = once(IDLE, **slow)  # its task says that it may be
    assert (found.original.train.verdict, found.original.train.value) == ("timeout", 0)


OF_RECORD: dict[str, Any] = {
    "directory": Path("nowhere"),
    "task": "lpn",
    "model": "offline",
    "is_language_model": False,
    "unverified": "",
    "waived": "",
    "audit": tuple(noted({"R005": 2})),
    "costs": Costs(),
    "answers": counted_answers(Answers()),
    "source": SourceFiles({"solution.py": "text"}),
    "best_so_far": None,
}


def shown(result: Unfinished) -> str:
    file = io.StringIO()
    print_result(result, terminal(file))
    return file.getvalue()


def test_best_so_far_is_the_program_whose_patch_is_kept_however_it_ties(tmp_path: Path) -> None:
    source = SourceFiles({"solution.py": "text\n"})
    tried = [
        records.evaluated(text, value, "improve/u-1#0")
        for text, value in (("a long one\n", 0.9), ("one\n", 0.9), ("x\n", 0.1))
    ]
    BestSoFar(tmp_path, source, [records.evaluated(source.program, 0.5, "original/train"), *tried])
    best_text = "one\n"
    assert (tmp_path / BEST).read_text() == source.diff(best_text)
    more = {"directory": tmp_path, "source": source, "best_so_far": best_text}
    unfinished = Unfinished(**OF_RECORD | more, facts=HOST_SCORES, candidates=candidates_of(tried))
    assert unfinished.candidates[0].text == best_text
    document = as_document(unfinished)
    assert (document["finding"], len(document["candidates"])) == ("unfinished", 3)
    line = f"best so far: {digest_of(best_text)[:NAMED_BY]}, score 0.900 in training, its patch is "
    assert line.replace(" ", "") in shown(unfinished).replace(" ", "").replace("\n", "")
    (tmp_path / BEST).unlink()
    assert unfinished.best is None and "best so far: " in shown(unfinished) and "its patch" not in shown(unfinished)
    none = replace(unfinished, best_so_far="", candidates=candidates_of([replace(tried[0], solution=source.program)]))
    assert "no candidate is better than the original so far (0 candidates tried)" in " ".join(shown(none).split())


def bettering(by: float, **changes: Any) -> dict[str, Any]:
    """A task on which the answer 1 scores `by` more than the answer 0, whatever the instance."""
    return {"score": lambda instance, answer: 0.5 + by * answer, **changes}


ZERO, ONE, INPUT, OTHER = (f"def algorithm(n):\n    return {answer}\n" for answer in ("0", "1", "n", "-1"))


def scopes_of(directory: Path) -> list[str]:
    with Store.open(directory) as store:
        return [stored.event.scope for stored in store.outline(Evaluated) if stored.event.split == "test"]


def varying(by: float) -> dict[str, Any]:
    """A task on which its input is an answer that scores 0.2 more than another one, give or take `by`."""

    def score(instance: Any, answer: int) -> float:
        n = instance.inputs["n"]
        return 0.5 + (answer == n) * (0.2 + (by if n % 2 else -by))

    return {"score": score, "sample": lambda rng: {"n": int(rng.integers(10**6))}}


@table(
    ("gains", "runs", "needed"),
    [
        ([0.4] * 4, 9000, 0),  # no spread
        ([0.1, 0.3] * 10, 9000, ENOUGH),
        ([0.7, -0.3] * 10, 9000, 207),
        ([0.7, -0.3] * 10, 800, 100),  # a quarter
        ([0.1, 0.3] * 10, 160, 20),
        ([0.4], 800, 100),
        ([-0.1, 0.1], 800, 100),  # no gain
        ([], 800, 100),  # a failure
    ],
)
def test_comparison_is_sized_by_the_gain_and_the_spread_of_training_and_a_quarter_of_its_runs(
    gains: list[float], runs: int, needed: int
) -> None:
    assert instances_needed([0.5 + gain for gain in gains], [0.5] * (len(gains) or 1), runs) == needed, (gains, runs)


@table(("tried", "count"), ((2, 8), (20, 21)))
def test_comparison_has_at_most_as_many_instances_as_training_or_the_task_says_and_a_part_for_each_look(
    once: Any, tried: int, count: int
) -> None:
    improver = f"def improve_algorithm(initial_solution, utility, language_model):\n    for _ in range({tried}):\n"
    improver += f"        utility({INPUT!r} + '#' * _)\n    return {INPUT!r}\n"
    found, directory = once(improver, SourceFiles({"mine.py": OTHER}), **varying(0.1), test_instances=8)
    assert found.finding == "better" and found.gain.n == count == len(found.improved.last.scores)
    assert f"on {count} held-out instances" in told(found, "score")
    assert scopes_of(directory) == ["improved/test", "improved/test/2", "improved/test/3"][: 1 if count == 8 else 3]


def test_task_that_draws_the_same_is_better_in_evaluations_of_it(once: Any) -> None:
    same = bettering(0.02, sample=lambda rng: {"n": 3}, test_instances=8)
    found, _ = once(giving(ONE), SourceFiles({"mine.py": ZERO}), **same)
    assert (found.finding, found.is_offered, found.gain.n) == ("better", True, 8)
    assert told(found, "score").endswith("the same in each of 8 evaluations")


COMMAND: dict[str, Any] = {"files": ["p.sh"], "command": "sh p.sh {seed}", "score": ["(.+)"], "metric": ["score:max"]}
TIMED = {"files": ["p.sh"], "score": ["time"]}
CASED = {**COMMAND, "command": "sh p.sh {input}", "cases": ["*.in"]}


TOO_LITTLE: list[tuple[dict[str, Any], str]] = [
    ({**COMMAND, "held_out": 5}, "5 held-out instances can show no difference, however large; give held_out = 6"),
    ({**COMMAND, "held_out": 6}, ""),
    (CASED, "4 held-out instances can show no difference, however large; give held_out = 6, of at least 7 cases"),
    (
        {**COMMAND, "command": "sh p.sh", "held_out": 2},
        "2 evaluations can show no difference, however large; give held_out = 3",
    ),
    ({**TIMED, "command": "sh p.sh", "held_out": 5, "fixed_input": True}, "give held_out = 6"),
]


def test_task_of_which_too_little_is_held_out_is_refused_with_what_suffices(tmp_path: Path, bench: MakeBench) -> None:
    for name in ("p.sh", *(f"{number}.in" for number in range(8))):
        (tmp_path / name).write_text(f"echo 1 # {name}\n")
    for options, enough in TOO_LITTLE:
        task = command_task(tmp_path, **options)
        if not enough:
            check_enough(RunSpec(), task)
            continue
        with pytest.raises(ConfigurationError, match=re.escape(held_out.what_can_show(task))):
            check_enough(RunSpec(), task)
        assert held_out.what_can_show(task).endswith(enough)  # as strop check says it
    task = bench(test_instances=2).task
    check_enough(RunSpec(), task)  # more is drawn
    with pytest.raises(ConfigurationError, match="give test_instances = 6"):
        check_enough(RunSpec(instances="published"), task)


COMPARED: list[tuple[dict[str, Any], int, str]] = [
    (
        {**CASED, "held_out": 6},
        1,
        "6 held-out instances can show a difference in one comparison; for a second one, give ",
    ),
    ({**CASED, "held_out": 7}, 2, "7 held-out instances can show a difference"),
    ({**COMMAND, "held_out": 6}, 1, "give held_out = 7"),
    ({**TIMED, "command": "sh p.sh {seed}", "held_out": 50}, 15, "50 held-out instances can show a difference"),
    ({**COMMAND, "command": "sh p.sh", "held_out": 3}, 15, "3 evaluations can show a difference"),
]
"""How many comparisons of one run can show a difference, and what is said of that before anything is paid."""


def test_number_of_comparisons_that_can_show_a_difference_is_known_beforehand(tmp_path: Path, bench: MakeBench) -> None:
    for name in ("p.sh", *(f"{number}.in" for number in range(14))):
        (tmp_path / name).write_text(f"echo 1 # {name}\n")
    for options, count, words in COMPARED:
        task = command_task(tmp_path, **options)
        assert held_out.comparisons(task) == count and words in held_out.what_can_show(task), words
    assert held_out.comparisons(bench(test_instances=2).task) == 15  # more is drawn


def test_equal_cases_of_a_command_are_one_instance_of_one_half(tmp_path: Path) -> None:
    (tmp_path / "p.sh").write_text("echo 1\n")
    for number in range(14):
        (tmp_path / f"{number}.in").write_text(f"{number // 2}\n")
    task, seeds = command_task(tmp_path, **CASED), SecretSeeds(b"secret")
    assert (task.instances, task.test_instances, len(task.left_out())) == (4, 3, 14)
    splits: tuple[Split, Split] = ("train", "test")
    drawn = [task.case(split, index, seeds) for split in splits for index in range(task.count(split))]
    assert sorted((tmp_path / path).read_text() for path in drawn) == [f"{number}\n" for number in range(7)]
    for number in range(14):
        (tmp_path / f"{number}.in").write_text("1\n")
    with pytest.raises(ConfigurationError, match="cases: all files have the same content"):
        command_task(tmp_path, **CASED)


def inputs_of(task: Any, split: Split) -> list[int]:
    drawn = DrawnInstances(task, split, SecretSeeds(b"secret"))
    return [drawn[index][0]["n"] for index in range(task.count(split))]


def test_held_out_input_that_training_had_is_drawn_again_and_what_is_not_new_is_said(
    bench: MakeBench, once: Any
) -> None:
    task = bench(sample=lambda rng: {"n": int(rng.integers(16))}, instances=8, test_instances=30).task
    trained, held_out = inputs_of(task, "train"), inputs_of(task, "test")
    assert not {*trained} & {*held_out} and len({*held_out}) > 4
    few = varying(0.1) | {"sample": lambda rng: {"n": int(rng.choice([1, 1, 1, 1, 1, 2, 3]))}, "instances": 12}
    found, _ = once(giving(INPUT), SourceFiles({"mine.py": OTHER}), **few, test_instances=8)
    assert found.improved.last.seen_in_training == 8 and ", in 8 evaluations" in told(found, "score")
    drawn = varying(0.1) | {"sample": lambda rng: {"n": int(rng.integers(24))}, "instances": 12}
    found, _ = once(giving(INPUT), SourceFiles({"mine.py": OTHER}), **drawn, test_instances=50)
    different = len({*found.improved.last.inputs})
    assert 1 < different == found.gain.n < 24
    assert f" draws of {different} held-out inputs" in told(found, "score")


@pytest.mark.parametrize("instances", ["secret", "published"])
def test_what_training_had_is_held_out_of_no_later_comparison_of_the_run(
    instances: Any, bench: MakeBench, tmp_path: Path
) -> None:
    b = bench(sample=lambda rng: {"n": int(rng.integers(16))}, instances=8, test_instances=30)
    parts = Components(RunSpec(instances=instances), (b.task,), AnswerCache(b.model), b.sandbox, b"secret")
    with (
        Store.create(tmp_path / "there", Meta(kind="improve", tasks=(b.task.name,)).texts(tmp_path)) as store,
        session(parts, Journal(store, View())) as context,
    ):
        utilities = context.utility("train"), *(context.held_out(Part(30), number) for number in (2, 3))
    drawn = [DrawnInstances(b.task, utility.split, utility.seeds) for utility in utilities]
    trained, *later = ({each[index][0]["n"] for index in range(n)} for each, n in zip(drawn, (8, 30, 30), strict=True))
    for held in later:
        assert not trained & held and len(held) > 4
