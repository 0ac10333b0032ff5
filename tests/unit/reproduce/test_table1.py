"""Table 1: which improver goes on, and what is compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import StoreError
from strop.base.solution import digest_of
from strop.reproduce.protocol import conclude
from strop.reproduce.table1 import Table1, choose
from strop.runs.results.trained import Trained
from unit.reproduce.made_runs import BETTER, OFFLINE, SEED, MadeRun, measured


def stop_run(name: str, *improvers: tuple[str, float], test: float = 0.5) -> Trained:
    """A run with (text of I_t, training û) by iteration; every held-out value is `test`."""
    texts, train = zip(*improvers, strict=True)
    cell = Table1(model=OFFLINE).run_cell("paper", 0)
    made = MadeRun(cell, [test] * len(texts), train, texts, model="scripted").result()
    return replace(made, directory=Path(name))


def test_improver_with_the_highest_training_value_goes_on_whatever_the_held_out_values_say() -> None:
    runs = [
        stop_run("a", (SEED, 0.5), ("# a\n", 0.6), test=1.0),
        stop_run("b", (SEED, 0.9), ("# b\n", 0.8), test=0.0),
        stop_run("c", (SEED, 0.5), ("# c\n", 0.7), test=0.5),
    ]
    run, chosen = choose(runs)
    assert (run.directory.name, chosen.digest) == ("b", digest_of("# b\n"))
    assert "training û (80.0%) of 3 STOP runs" in chosen.how
    assert [train for _, _, train in chosen.candidates] == pytest.approx([0.6, 0.8, 0.7])
    _, chosen = choose([stop_run("a", (SEED, 0.5), (SEED, 0.5))])
    assert "the seed improver itself" in chosen.how and chosen.is_seed
    with pytest.raises(StoreError, match="no STOP run"):
        choose([])


def test_improver_goes_on_as_the_record_has_it_and_not_a_file_beside_it(tmp_path: Path) -> None:
    protocol = Table1(model=OFFLINE, directory=tmp_path)
    results = measured(protocol, [0.1] * 5, [0.2] * 5)
    (tmp_path / "table1").mkdir()
    for path in (tmp_path / "table1" / "improver.py", tmp_path / "cells" / protocol.cells()[1].name / "best.py"):
        path.write_text("# another\n")
    made = conclude(protocol, [*protocol.cells(), *protocol.more(results)], results)
    assert (tmp_path / "table1" / "improver.py").read_text() == BETTER
    assert made.notes[0].startswith(f"I_T: {digest_of(BETTER)[:12]}, ")


def test_another_improver_is_another_cell_and_the_same_one_elsewhere_is_the_same(tmp_path: Path) -> None:
    def names(where: Path, text: str) -> list[str]:
        return [
            cell.name
            for cell in Table1(model=OFFLINE, directory=where, improver="mine.py", improver_text=text).more([])
        ]

    here = names(tmp_path / "a", BETTER)
    assert names(tmp_path / "b", BETTER) == here
    assert not set(names(tmp_path / "a", SEED)) & set(here)
    given = Table1(model=OFFLINE, directory=tmp_path, improver="seed", improver_text=SEED)
    assert given.cells() == [] and len(given.more([])) == 5, "it needs no STOP run"
