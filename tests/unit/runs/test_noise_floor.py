"""A/A runs: what they measure, with real guests, and what they make of it, on numbers of a known distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from strop.base.events import Evaluated, ImproveStarted
from strop.lm.known_answers import KnownAnswers
from strop.lm.scripted import Scripted
from strop.runs.assembly import Components, RunContext
from strop.runs.measurements import Named
from strop.runs.noise_floor import Noise, Trials, carry_out, trials
from strop.runs.resume import recall
from strop.runs.spec import RunSpec, improver_text
from strop.sandbox.jail import JailedSandbox
from strop.store import Store
from support.records import started

SEED = Named("seed", improver_text("seed"))
SPEC = RunSpec(copies=2, utility_budget=3, lm_budget=1, max_responses=1, workers="1", require=())


@pytest.fixture
def context(jail: JailedSandbox, bench: Callable[..., Any], store: Store) -> RunContext:
    store.append(started(SPEC))
    model = Scripted(lambda request: "```python\ndef algorithm(n):\n    return 2 * n\n```")
    return RunContext(Components(SPEC, bench().task, KnownAnswers(model), jail, b"secret"), store.append)


def drawn(rng: np.random.Generator, repeats: int = 20, copies: int = 5) -> Trials:
    return Trials("a", tuple(tuple(row) for row in rng.normal(0.6, 0.1, (repeats, copies)).tolist()))


def noise(trials: Trials) -> Noise:
    assert trials.noise is not None
    return trials.noise


def test_every_repeat_is_measured_afresh_on_the_same_training_instances_and_never_on_the_sealed_split(
    context: RunContext, store: Store
) -> None:
    task = context.parts.task
    carry_out(context, (task,), SEED, 3, lambda line: None)
    assert trials(store, task.name, 3).values == ((1.0, 1.0),) * 3
    assert {stored.event.split for stored in store.events(Evaluated)} == {"train"}
    assert len({stored.event.scope for stored in store.events(ImproveStarted)}) == 3 * SPEC.copies


def test_repeats_that_are_there_are_kept_when_more_are_asked_for(context: RunContext, store: Store) -> None:
    task, said = context.parts.task, list[str]()
    carry_out(context, (task,), SEED, 2, lambda line: None)
    resumed = RunContext(context.parts, store.append, recalled=recall(store))
    carry_out(resumed, (task,), SEED, 3, said.append)
    assert said == ["2 of 3 repeats done before", "doubling: repeat 3 of 3 (3 of 3)"]
    assert len(trials(store, task.name, 3).values) == 3


@pytest.mark.parametrize("repeats", [2, 4, 20, 38, 60])
def test_floor_is_exceeded_by_no_more_of_the_differences_of_one_improver_than_it_says(repeats: int) -> None:
    rng = np.random.default_rng(repeats)
    values = np.where(rng.random((4000, repeats + 2, 5)) < 0.1, 0.0, rng.normal(0.8, 0.02, (4000, repeats + 2, 5)))
    floors = [noise(Trials("a", tuple(map(tuple, row[2:].tolist())))) for row in values]
    first, second = values[:, 0].mean(axis=1), values[:, 1].mean(axis=1)
    exceeded = np.mean([abs(a - b) > each.floor for a, b, each in zip(first, second, floors, strict=True)])
    promised = floors[0].exceeded
    assert promised == pytest.approx(max(0.05, 1 / (repeats // 2 + 1)))
    assert exceeded <= promised + 3 * np.sqrt(promised * (1 - promised) / 4000)


def test_noise_tells_the_spread_of_a_meta_utility_twice_and_both_agree() -> None:
    found = noise(drawn(np.random.default_rng(2), repeats=200))
    assert found.sd == pytest.approx(0.1 / np.sqrt(5), rel=0.15) and found.stderr == pytest.approx(found.sd, rel=0.15)
    assert found.mean == pytest.approx(0.6, abs=0.02)
    assert found.floor == pytest.approx(1.96 * 2**0.5 * found.sd, rel=0.3) and found.exceeded == 0.05


def test_noise_of_an_improver_that_never_varies_is_none() -> None:
    found = noise(Trials("a", ((0.5, 0.5),) * 3))
    assert (found.sd, found.stderr, found.floor) == (0.0, 0.0, 0.0)


def test_noise_is_told_of_single_copies_too() -> None:
    assert noise(drawn(np.random.default_rng(3), 10, 1)).floor > 0


def test_noise_of_one_repeat_is_unknown() -> None:
    assert Trials("a", ((0.5,),)).noise is None
