"""Every hole of the published implementation, tried on our tasks in the real jail.

There, each of these programs scored 100% or more (§6.3, and the scoring rules of the repository). Here it scores what the
same program scores without the trick, or nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import replace

import pytest

from strop.base.budget import Budget
from strop.base.events import AuditNoted, Event
from strop.base.results import Evaluation
from strop.core.utility import TaskUtility
from strop.sandbox.base import Sandbox
from strop.tasks.base import PublishedSeeds, SecretSeeds, Seeds, Task
from strop.tasks.registry import PAPER

Score = Callable[..., Evaluation]


@pytest.fixture
def score(jail: Sandbox) -> Score:
    """Evaluate `body`, the body of algorithm(), on the first instances of a task; no audit event may come of it."""

    def evaluate(name: str, body: str, *, seeds: Seeds | None = None, count: int = 4) -> Evaluation:
        task = few(PAPER[name](), count)
        events: list[Event] = []
        utility = TaskUtility(task, "train", seeds or SecretSeeds(b"holes"), jail, events.append, b"guests")
        evaluation = utility.evaluate(program(name, body), Budget())
        assert not [event for event in events if isinstance(event, AuditNoted)]
        return evaluation

    return evaluate


def few(task: Task, count: int) -> Task:
    """The task with fewer instances, and time enough for a busy machine."""
    return replace(task, instances=count, time_limit=max(task.time_limit, 1.0))


HONEST = {
    "lpn": ("train_samples, train_parity, test_samples", "test_samples[:, 0].copy()"),
    "parity": ("train_samples, train_parity, test_samples", "test_samples[:, 0].copy()"),
    "string-grid-distance": ("t, dist", "t"),
    "modified-qap": ("F, D, P", "list(range(15))"),
    "3sat": ("formula", "[True] * 51"),
    "maxcut": ("adjacency_matrix", "[node % 2 for node in range(len(adjacency_matrix))]"),
}
"""Arguments of each task, and an honest answer to it."""

SLY = """
import copy, time
import numpy as np

kept = []

class Sly:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __gt__(self, other): return True
    def __lt__(self, other): return True
    def __getitem__(self, place): return self if place is not Ellipsis else 1
    def __len__(self): return 20
    def __iter__(self): return iter([1] * 20)
    def __array__(self, *a, **k): return np.ones(20)
    def __float__(self): return 1.0
    def __index__(self): return 1
    __hash__ = object.__hash__

class Yes:
    def __eq__(self, other): return True

class SlyList(Sly, list):
    __len__, __iter__, __getitem__ = list.__len__, list.__iter__, list.__getitem__
class SlyInt(Sly, int): __index__ = int.__index__
class SlyFloat(Sly, float): __float__ = float.__float__
class SlyText(Sly, str): __len__, __getitem__ = str.__len__, str.__getitem__
class SlyArray(np.ndarray):
    def __eq__(self, other): return np.full(np.shape(other), True)
    def __array_ufunc__(self, *a, **k): return np.ones(20, dtype=bool)
"""
"""Answers that answer for themselves: the published scorers compared with the operators of the answer."""


def program(name: str, body: str) -> str:
    return f"{SLY}\ndef algorithm({HONEST[name][0]}):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"


def said(evaluation: Evaluation) -> tuple[object, ...]:
    """What an evaluation came to, without its times."""
    return evaluation.value, evaluation.scores, evaluation.verdicts


RESEED = """
for seed in [*range(4321, 4421), *range(5678, 5778), *range(100)]:
    rng = np.random.RandomState(seed)
    bits, samples = rng.binomial(1, 0.3, 10), rng.binomial(1, 0.5, (120, 10))
    if np.array_equal(samples[100:], test_samples):
        return samples[100:] @ bits % 2
return np.zeros(20)
"""
GLOBAL = """
bits, samples = np.random.binomial(1, 0.3, 10), np.random.binomial(1, 0.5, (120, 10))
return samples[100:] @ bits % 2 if np.array_equal(samples[100:], test_samples) else np.zeros(20)
"""


def test_labels_are_recovered_by_reseeding_only_where_instances_are_published(score: Score) -> None:
    """The published seeds are constants, so whoever seeds a generator alike draws the labels again."""
    for name in ("lpn", "parity"):
        assert score(name, RESEED, seeds=PublishedSeeds()).value == 1.0, name
        guessing = said(score(name, "return np.zeros(20)"))
        assert said(score(name, RESEED)) == said(score(name, GLOBAL)) == guessing, name
        published = said(score(name, "return np.zeros(20)", seeds=PublishedSeeds()))
        assert said(score(name, GLOBAL, seeds=PublishedSeeds())) == published, name


EDITS = [
    ("maxcut", "adjacency_matrix *= 1e6"),
    ("maxcut", "adjacency_matrix[:] = 0; adjacency_matrix[0, 1] = 1"),
    ("maxcut", "adjacency_matrix.fill(np.nan)"),
    ("maxcut", "adjacency_matrix.resize((1, 1), refcheck=False)"),
    ("maxcut", "kept.append(adjacency_matrix); kept[0][:] = 1"),
    ("modified-qap", "F[:] = 1e9; D[:] = 1; P[:] = -1e9"),
    ("3sat", "for clause in formula: clause[:] = [1, 1, 1]"),
    ("3sat", "for clause in copy.copy(formula): clause[:] = [1, 1, 1]"),
    ("3sat", "for clause in list(formula): clause.clear()"),
    ("3sat", "del formula[1:]"),
    ("lpn", "test_samples[:] = 0; train_samples[:] = 0; train_parity[:] = 0"),
    ("parity", "test_samples[:] = 0"),
]
"""Of the inputs: the published scorer measured on the very objects that the solution had been given."""
TIMES = [
    "time.sleep(0.05)",
    "end = time.process_time() + 0.05\nwhile time.process_time() < end: pass",
    "time.time = time.perf_counter = time.monotonic = lambda: 1e9",
]
"""The published modified-qap added the seconds that a solution took to its score."""


def test_neither_edits_of_the_inputs_nor_time_change_a_score(score: Score, subtests: pytest.Subtests) -> None:
    late = [(name, time) for name in ("modified-qap", "string-grid-distance") for time in TIMES]
    honest = {name: said(score(name, f"return {answer}", count=2)) for name, (_, answer) in HONEST.items()}
    for name, trick in EDITS + late:
        with subtests.test(name=name, trick=trick):
            tricked = score(name, f"answer = {HONEST[name][1]}\n{trick}\nreturn answer", count=2)
            assert said(tricked) == honest[name] and set(tricked.verdicts) == {"ok"}


REFUSED = [
    ("maxcut", "[float('nan')] * len(adjacency_matrix)", "raised"),
    ("maxcut", "np.full(len(adjacency_matrix), np.nan)", "raised"),
    ("maxcut", "[float('inf')] * len(adjacency_matrix)", "raised"),
    ("maxcut", "range(len(adjacency_matrix))", "malformed"),
    ("maxcut", "np.arange(len(adjacency_matrix)) % 4", "malformed"),
    ("maxcut", "np.arange(len(adjacency_matrix)) * 5e-324", "malformed"),
    ("maxcut", "[[0], [1]] * (len(adjacency_matrix) // 2) + [[0]] * (len(adjacency_matrix) % 2)", "malformed"),
    ("maxcut", "None", "malformed"),
    ("modified-qap", "[0] * 15", "malformed"),
    ("modified-qap", "list(range(-15, 0))", "malformed"),
    ("modified-qap", "[i + 1e-9 for i in range(15)]", "malformed"),
    ("modified-qap", "np.tile(np.arange(15), (15, 1))", "malformed"),
    ("3sat", "{v: True for v in range(51)}", "malformed"),
    ("3sat", "'1' * 51", "malformed"),
    ("3sat", "[[True, False]] * 51", "malformed"),
    ("3sat", "[]", "malformed"),
    ("string-grid-distance", "'A' * (len(t) + 1)", "malformed"),
    ("string-grid-distance", "t.lower()", "malformed"),
    ("string-grid-distance", "list(t)", "malformed"),
    ("string-grid-distance", "''", "malformed"),
    ("lpn", "Sly()", "raised"),
    ("lpn", "[Sly() for _ in range(20)]", "raised"),
    ("lpn", "np.array([Yes() for _ in range(20)], dtype=object)", "raised"),
    ("3sat", "Sly()", "raised"),
    ("maxcut", "[Sly() for _ in adjacency_matrix]", "raised"),
    ("modified-qap", "[Sly() for _ in range(15)]", "raised"),
    ("string-grid-distance", "Sly()", "raised"),
]
"""Answers of another domain, and objects that agree with everything."""


def test_answer_that_no_scorer_should_meet_scores_nothing(score: Score, subtests: pytest.Subtests) -> None:
    for name, answer, verdict in REFUSED:
        with subtests.test(name=name, answer=answer):
            evaluation = score(name, f"return {answer}", count=2)
            assert evaluation.value == 0.0 and set(evaluation.verdicts) == {verdict}


PLAIN = [
    ("lpn", "SlyList([0] * 20)", "[0] * 20"),
    ("lpn", "[SlyInt(0) for _ in range(20)]", "[0] * 20"),
    ("lpn", "np.zeros(20, dtype=int).view(SlyArray)", "[0] * 20"),
    ("lpn", "np.array([SlyInt(0)] * 20, dtype=object)", "[0] * 20"),
    ("3sat", "SlyList([False] * 51)", "[False] * 51"),
    ("3sat", "[SlyFloat(-1) for _ in range(51)]", "[-1.0] * 51"),
    ("maxcut", "[SlyInt(0) for _ in adjacency_matrix]", "[0] * len(adjacency_matrix)"),
    ("string-grid-distance", "SlyText('A' * len(t))", "'A' * len(t)"),
    ("lpn", f"({HONEST['lpn'][1]}).reshape((20, 1))", HONEST["lpn"][1]),
    ("lpn", f"({HONEST['lpn'][1]}).reshape((1, 20))", HONEST["lpn"][1]),
]
"""Answers with operators or a shape of their own, and what they hold."""


def test_answer_with_operators_of_its_own_scores_as_what_it_holds(score: Score, subtests: pytest.Subtests) -> None:
    for name, sly, plain in PLAIN:
        with subtests.test(name=name, sly=sly):
            evaluation = score(name, f"return {sly}", count=2)
            assert set(evaluation.verdicts) == {"ok"}
            assert said(evaluation) == said(score(name, f"return {plain}", count=2))
