"""What is recorded of the built-in tasks agrees with the paper's table, with the best answers that are kept, and among itself."""

from __future__ import annotations

import numpy as np
import pytest

from strop.tasks.base import PublishedSeeds, Split
from strop.tasks.paper.facts import FOLDERS, SPLITS, facts
from strop.tasks.registry import PAPER
from support.best_known import BestKnown
from support.references import REFERENCES, modified_qap
from support.tabu import exchanges

TABLE_1 = {
    "string-grid-distance": (43.9, 44.3, 56.7),
    "modified-qap": (20.4, 20.6, 22.1),
    "3sat": (0.0, 21.2, 75.1),
    "maxcut": (0.0, 58.7, 74.2),
    "parity": (50.0, 59.3, 81.7),
}
"""u(s), û(I_0), û(I_T) in percent, as printed."""

CASES = [(name, split) for name in PAPER for split in SPLITS]
KEPT = BestKnown.read()


def test_facts_are_of_the_built_in_tasks() -> None:
    assert list(FOLDERS) == list(PAPER)
    assert all(PAPER[name].__module__ == f"strop.tasks.paper.{folder}.task" for name, folder in FOLDERS.items())


@pytest.mark.parametrize("name", PAPER)
def test_figures_of_the_paper_are_those_of_its_table_1(name: str) -> None:
    printed = tuple(
        round(100 * facts(name).paper[key], 6) for key in ("seed", "initial", "improved") if facts(name).paper
    )
    assert printed == TABLE_1.get(name, ())


@pytest.mark.parametrize("name", PAPER)
def test_recorded_seed_utility_is_the_papers_within_chance(name: str) -> None:
    known = facts(name)
    if known.paper:
        assert known.seed["test"] == pytest.approx(known.paper["seed"], abs=0.002 if known.random else 0.0005)


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "split"), CASES)
def test_ceiling_is_what_the_kept_answers_or_the_exact_solver_score(name: str, split: Split) -> None:
    task, known = PAPER[name](), facts(name)
    assert known.seed[split] < known.best[split] <= 1.0
    if not known.reference.startswith("exact"):
        assert KEPT.mean(task, name, split) == pytest.approx(known.best[split], abs=0.00005)
        return
    for index in range(task.count(split)):
        instance = task.instance(split, index, PublishedSeeds())
        assert task.checked_score(instance, REFERENCES[name](instance)) == known.best[split] == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["modified-qap", "maxcut"])
def test_shorter_search_finds_nothing_better_than_the_kept_answers(name: str) -> None:
    task = PAPER[name]()
    kept = KEPT.scores(task, name, "test")
    for index in range(3):
        instance = task.instance("test", index, PublishedSeeds())
        found = task.checked_score(instance, REFERENCES[name](instance))
        assert 0.99 * kept[index] < found <= kept[index] + 1e-9


def test_lowest_assignments_stay_below_every_other_one() -> None:
    task = PAPER["modified-qap"]()
    assert KEPT.mean(task, "modified-qap, lowest", "train") == pytest.approx(0.188, abs=0.0005)
    assert KEPT.mean(task, "modified-qap, lowest", "test") == pytest.approx(0.195, abs=0.0005)
    instance = task.instance("train", 0, PublishedSeeds())
    found = task.checked_score(instance, modified_qap(instance, 100, lowest=True))
    assert found >= KEPT.scores(task, "modified-qap, lowest", "train")[0] - 1e-9


def test_tabu_search_knows_what_every_exchange_changes() -> None:
    task = PAPER["modified-qap"]()
    instance, rng = task.instance("test", 1, PublishedSeeds()), np.random.default_rng(3)
    F, D, P = (instance[name] for name in "FDP")
    for _ in range(3):
        current = rng.permutation(15)
        changes = exchanges(F, D[np.ix_(current, current)][None], P, current[None])[0]
        for i, j in rng.choice(15, (10, 2)):
            swapped = current.copy()
            swapped[[i, j]] = current[[j, i]]
            before, after = (225 * task.checked_score(instance, each) for each in (current, swapped))
            assert changes[i, j] == pytest.approx(after - before, abs=1e-9)
