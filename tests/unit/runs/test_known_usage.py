"""What a plan learns from earlier records."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.events import Evaluated, Event, LmResponded
from strop.lm.prices import Tariff, given_price
from strop.runs.cost_estimate import RESPONSE_TOKENS, SEARCHING_SHARE, Assumptions, Usage
from strop.runs.known_usage import FEWEST, known_usage
from strop.store import Store

PLAIN = Assumptions(
    solution_prompt=4000,
    improver_prompt=6000,
    instances=8,
    time_limit=1.0,
    tariffs={"m": Tariff(given_price("1,2"), 1000)},
)


def record(directory: Path, model: str, task: str, out: int, *, seconds: float = 0.5, age: int = 0) -> None:
    """A record with a few responses of `out` tokens, improvers of twice as many, and evaluations of so many seconds."""
    meta = {"kind": "run", "task": task, "language_model": model}
    with Store.create(directory, meta) as store:
        for index in range(FEWEST):
            for scope, tokens in (("t1/improve", 2 * out), ("t0/measure/copy0", out)):
                store.append(response(scope, index, tokens))
            store.append(evaluation(seconds))
    os.utime(directory / "run.sqlite", (1e9 - age, 1e9 - age))


def response(scope: str, index: int, tokens: int) -> Event:
    return LmResponded(scope=scope, call=0, index=index, text="x", model="m", input_tokens=100, output_tokens=tokens)


def evaluation(seconds: float) -> Event:
    return Evaluated(
        scope="t0/measure/copy0/u-0#0",
        utility="bench",
        split="train",
        solution="x",
        value=0.5,
        verdict="ok",
        cpu_seconds=seconds,
    )


def test_plan_knows_tokens_and_time_from_the_newest_record_of_the_same_model_and_task(tmp_path: Path) -> None:
    record(tmp_path / "old", "m", "bench", 300, age=50)
    record(tmp_path / "new", "m", "bench", 400, age=40)
    record(tmp_path / "other-task", "m", "lpn", 500, seconds=9.0)
    record(tmp_path / "other-model", "n", "bench", 600, seconds=0.25, age=10)
    found = known_usage(tmp_path, "m", ["bench"])
    assert (found.program, found.improver, found.record) == ((100, 400), (100, 800), "new")
    assert found.cpu_seconds == pytest.approx(0.25)  # the time of a task is that of any model's programs


def test_plan_knows_nothing_without_records_or_from_damaged_ones(tmp_path: Path) -> None:
    assert known_usage(tmp_path / "none", "m", ["bench"]) == Usage()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.sqlite").write_bytes(b"no record")
    assert known_usage(tmp_path, "m", ["bench"]) == Usage()


def test_response_is_expected_to_have_the_tokens_of_the_record_and_else_those_of_strong_models() -> None:
    assert PLAIN.tokens(of_improver=False) == RESPONSE_TOKENS
    long = replace(PLAIN, solution_prompt=40_000)
    assert long.tokens(of_improver=False) == (10_000, RESPONSE_TOKENS[1])
    known = replace(PLAIN, usage=Usage((1, 2), (3, 4)))
    assert (known.tokens(of_improver=False), known.tokens(of_improver=True)) == ((1, 2), (3, 4))


def test_evaluation_is_expected_to_take_the_limit_where_the_task_says_to_use_it() -> None:
    quick, searching = PLAIN.evaluation_seconds, replace(PLAIN, searches=True).evaluation_seconds
    assert quick.expected < 0.1 and quick.most == searching.most > 8
    assert searching.expected == pytest.approx(8 * SEARCHING_SHARE, rel=0.05)
    assert replace(PLAIN, searches=True, usage=Usage(cpu_seconds=2.0)).evaluation_seconds.expected < 2.1
