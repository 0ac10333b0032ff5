"""What `strop show` says of how the improvers of a run search, and of its gate."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from strop.base.as_document import to_json
from strop.base.events import Evaluated, ImproveFinished, ImproveStarted, IterationFinished, LmCalled, RunStarted
from strop.base.solution import digest_of
from strop.report.terminal.run import print_comparisons, print_searches
from strop.runs.record import Record
from strop.runs.run_data import RunData, read_run
from strop.runs.spec import improver_text
from strop.runs.train import read_trained, searches_in
from strop.store import Store
from support.records import compared, iterated
from support.tables import terminal

SEED, BEAM = improver_text("seed"), improver_text("beam_search")


def console() -> Console:
    return terminal(io.StringIO())


def text_of(shown: Console) -> str:
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def iteration(t: int, improver: str, candidate: str | None, parent: int | None = None) -> IterationFinished:
    return iterated(t, improver, candidate=candidate, accepted=improver == candidate, parent=parent)


COMPARED = compared(
    1, (0.1, 0.2), pairs=12, e_value=48.25, interval=(-0.01, 0.31), accepted=True, lm_calls=33, evaluations=444
)


@pytest.fixture
def run(tmp_path: Path) -> Store:
    """A run that turned a beam search down, and took a program with a control sequence in it."""
    store = Store.create(tmp_path / "a", {"task": "lpn"})
    store.append(RunStarted(scope="", spec={"selection": "archive"}, environment={}, posture={}))
    store.append(iteration(0, SEED, None))
    store.append(iteration(1, SEED, BEAM, 0))
    store.append(iteration(2, "'\x1b[2J", "'\x1b[2J", 1))
    return store


def printed(run: Store) -> str:
    shown, data = console(), read_run(run)
    print_searches(data, searches_in(run, data), shown)
    return text_of(shown)


def test_table_has_each_iteration_and_each_rejected_candidate_and_fits_80_columns(run: Store) -> None:
    with run:
        text = printed(run)
    assert f"[{digest_of(BEAM)[:12]}]" in text and "rejected candidate" in text
    assert "\x1b" not in text and all(len(line) <= 80 for line in text.splitlines())


def test_idea_of_the_last_improver_is_shown_without_control_sequences(tmp_path: Path) -> None:
    with Store.create(tmp_path / "c", {}) as store:
        store.append(iteration(0, 'def improve_algorithm(a, b, c):\n    "Clear \x1b[2J all."\n', None))
        text = printed(store)
    assert "Docstring of I_0: Clear" in text and "\x1b" not in text


def test_document_has_the_search_of_every_iteration(tmp_path: Path) -> None:
    with Store.create(tmp_path / "b", {}) as store:
        store.append(RunStarted(scope="", spec={"task": "lpn"}, environment={}, posture={}))
        store.append(ImproveStarted(scope="i", improver=SEED, initial_solution="s" * 20, utility="lpn"))
        store.append(LmCalled(scope="i", call=0, expertise="e", messages=("s" * 20,), temperature=0.7, cost=1))
        store.append(Evaluated(scope="i/u-1#0", utility="lpn", split="train", solution="x", verdict="ok", value=1.0))
        store.append(ImproveFinished(scope="i", solution="x", utility_calls=1, lm_calls=1))
        store.append(iteration(0, SEED, None))
        document = read_trained(Record(store))
    (first,) = json.loads(to_json(document))["iterations"]
    assert first["search"]["idea"] == "Improves a solution according to a utility function."
    counted = {"improvements": 1, "lm_calls": 1, "rounds": 1, "utility_calls": 1, "prompts": 1, "showing_earlier": 0}
    assert first["search"]["behaviour"].items() >= counted.items()
    assert (first["lm_calls_each"], first["evaluations_each"]) == (1, 1)


def test_comparison_is_told_with_pairs_interval_evidence_and_cost() -> None:
    shown = console()
    refused = replace(COMPARED, t=2, differences=(), accepted=False, e_value=1e300, confidence=0.8)
    print_comparisons([COMPARED, refused, replace(COMPARED, scope="final/gate", lm_calls=4)], shown)
    text = " ".join(text_of(shown).split())
    for piece in (
        f"{len(COMPARED.differences)}/60",
        "+0.150",
        "-0.01 to +0.31",
        "48.2",
        "40",
        "yes",
        "1e+300",
        "no",
        "(95%)",
        "(80%)",
        "accepted candidate is biased upwards, because the gate stops early",
        "gates and final comparison cost 70 LM calls and 1332 evaluations",
        "t = 2: stopped: the pairs left were unlikely to reach the threshold (futility)",
    ):
        assert piece in text
    assert all(len(line) <= 80 for line in text_of(shown).splitlines())


def test_nothing_is_printed_when_there_is_nothing_to_tell() -> None:
    shown = console()
    print_comparisons([], shown)
    print_searches(RunData(), {}, shown)
    assert text_of(shown) == ""
