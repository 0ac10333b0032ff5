"""Cells: what they are called, which are done, what is done about the others, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from strop.api.cells import Cell, Progress, carry_out, finished, locked, set_aside
from strop.base.errors import ConfigurationError, StoreError
from strop.reproduce.fig4 import Fig4
from strop.reproduce.protocol import conclude, other_size, planned_protocol
from strop.reproduce.table1 import Table1
from strop.runs.interrupts import TimeSpent
from strop.runs.meta import Named
from strop.store import Store
from support.records import from_elsewhere
from support.rows import table
from unit.reproduce.made_runs import OFFLINE, MadeRun

TINY = Fig4(
    model=OFFLINE, runs=1, iterations=0, copies=1, lm_budget=1, max_responses=1, utility_budget=1, meta_budget=1
)
RUN = TINY.run_cell("paper", 1)
EVALUATION = TINY.evaluation_cell(Named("mine.py", "# mine\n"), task="lpn", seed=1)
BROKEN = Cell(replace(RUN.spec, task="no-such-task"))


def test_name_of_a_cell_stays_so_that_directories_of_earlier_versions_continue() -> None:
    size = Fig4(model=OFFLINE, iterations=1, copies=2, lm_budget=1, max_responses=2, utility_budget=2, meta_budget=1)
    assert replace(size, instances="published").run_cell("paper", 4).name == "run-lpn-paper-s4-4ba0a9c328"


def test_name_of_a_cell_is_another_for_every_other_content_and_for_nothing_else() -> None:
    for cell in (RUN, EVALUATION):
        changed = [
            *({name: getattr(cell.spec, name) + 1} for name in ("seed", "copies", "lm_budget", "utility_budget")),
            {"max_responses": 9}, {"model": "scripted"}, {"task": "parity"}, {"instances": "secret"}, {"require": ()},
        ]  # fmt: skip
        changed += [] if cell.improvers else [{"iterations": 9}, {"meta_budget": 9}, {"selection": "gated"}]
        others = [Cell(replace(cell.spec, **change), cell.improvers) for change in changed]  # type: ignore[arg-type]
        names = {cell.name for cell in (RUN, EVALUATION, *others)}
        assert len(names) == 2 + len(others)
        assert all(name.replace("-", "").replace(".", "").isalnum() and len(name) < 120 for name in names)
    for change in ({"base_url": "http://a/v1"}, {"max_cost": 3.0}, {"workers": "7"}):
        assert Cell(replace(RUN.spec, **change)).name == RUN.name  # type: ignore[arg-type]
    other = Cell(EVALUATION.spec, (Named("mine.py", "# other\n"),))
    assert other.name != EVALUATION.name and other.name.startswith("eval-mine.py-s1-"), "the text, and not its place"


def test_failed_cell_is_one_line_with_its_name_and_begins_no_other(tmp_path: Path) -> None:
    MadeRun(RUN, (0.25,)).record(tmp_path)
    last = TINY.run_cell("paper", 9)
    with pytest.raises(ConfigurationError) as caught:
        carry_out([RUN, BROKEN, last], tmp_path, Progress())
    message = str(caught.value)
    assert message.startswith(f"{BROKEN.name}: ") and "no task" in message and "\n" not in message
    assert list(finished([RUN, BROKEN, last], tmp_path)) == [RUN.name] and not (tmp_path / "cells" / last.name).exists()


def test_cell_that_others_leave_no_time_does_not_begin(tmp_path: Path) -> None:
    MadeRun(RUN, (0.25,)).record(tmp_path)
    other = TINY.run_cell("paper", 9)
    with pytest.raises(TimeSpent):
        carry_out([RUN, other], tmp_path, Progress(), {"max_time": 1.0})
    assert [path.name for path in (tmp_path / "cells").iterdir()] == [RUN.name]


def test_folders_of_attempts_that_were_cut_short_are_set_aside_side_by_side(tmp_path: Path) -> None:
    for attempt in range(2):
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "record").write_text(str(attempt))
        set_aside(tmp_path / "c")
    set_aside(tmp_path / "c")
    assert [(tmp_path / f"c.cut-{n}" / "record").read_text() for n in (1, 2)] == ["0", "1"]
    assert not (tmp_path / "c").exists()


def not_a_record(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "run.sqlite").write_text("{ garbage")


def of_another_command(folder: Path) -> None:
    MadeRun(RUN, (0.25,)).record(folder.parents[1])
    Store.create(folder.parent / "other", {"kind": "against", "task": "lpn"}).close()
    (folder.parent / "other" / "run.sqlite").replace(folder / "run.sqlite")


def with_another_value(folder: Path) -> None:
    MadeRun(RUN, (0.25,)).record(folder.parents[1])
    (folder / "run.sqlite").write_bytes((folder / "run.sqlite").read_bytes().replace(b"0.25", b"0.95"))


@pytest.mark.process
@table("damage", [not_a_record, of_another_command, with_another_value])
def test_record_that_cannot_be_continued_is_set_aside_and_the_cell_is_run(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(tmp_path / "cells" / RUN.name)
    (found,) = carry_out([RUN], tmp_path, Progress())
    assert (tmp_path / "cells" / f"{RUN.name}.cut-1" / "run.sqlite").exists()
    assert finished([RUN], tmp_path)[RUN.name].sentence == found.sentence


def test_finished_cell_is_not_believed_for_a_task_that_has_changed(tmp_path: Path) -> None:
    MadeRun(RUN, (0.25,), digest="of another lpn").record(tmp_path)
    with pytest.raises(ConfigurationError, match=r"the task lpn has changed since .* began to measure it"):
        finished([RUN], tmp_path)


def test_record_of_another_machine_is_refused(tmp_path: Path) -> None:
    from_elsewhere(MadeRun(RUN, (0.25,)).record(tmp_path))
    with pytest.raises(ConfigurationError, match="made with a key that is not on this machine"):
        carry_out([RUN], tmp_path, Progress())
    assert not [*tmp_path.glob("cells/*.cut-*")]


def test_cells_of_different_models_come_to_nothing(tmp_path: Path) -> None:
    cells = Fig4(model=OFFLINE, runs=2).cells()
    results = [
        MadeRun(cell, (0.5,), model=model).result() for cell, model in zip(cells, ("offline", "x/y"), strict=True)
    ]
    with pytest.raises(StoreError, match="different models, offline and x/y"):
        conclude(Fig4(model=OFFLINE, runs=2, directory=tmp_path), cells, results)
    assert list(tmp_path.iterdir()) == []


def test_page_of_another_size_names_the_flags_that_its_cells_have() -> None:
    assert other_size(Fig4(model=OFFLINE, runs=1).cells()) == other_size(Table1(model=OFFLINE).more([])) == ()
    (note,) = other_size(Fig4(model=OFFLINE, copies=1, lm_budget=2, runs=2).cells())
    assert "--copies 1 (published: 5), --lm-budget 2 (published: 4)" in note and "--meta-budget" not in note
    assert other_size(Table1(model=OFFLINE, iterations=1, meta_budget=1).more([])) == ()
    cells = Fig4(small=True, copies=4).cells()
    assert (len(cells), cells[0].spec.copies, cells[0].spec.iterations, cells[0].spec.max_responses) == (6, 4, 2, 3)
    (note,) = other_size(cells)
    for words in ("Not the paper's size", "--copies 4 (published: 5)", "--meta-budget 4 (published: 25)"):
        assert words in note


def test_plan_is_the_sum_of_those_of_the_cells_that_are_not_done(tmp_path: Path) -> None:
    protocol = replace(TINY, runs=3, directory=tmp_path)
    whole = planned_protocol(protocol)
    MadeRun(protocol.cells()[1], (0.25,)).record(tmp_path)
    left = planned_protocol(protocol)
    assert whole is not None and left is not None
    assert left.lm_calls.most == pytest.approx(2 / 3 * whole.lm_calls.most) and left.lm_calls.most > 0
    for cell in protocol.cells()[::2]:
        MadeRun(cell, (0.25,)).record(tmp_path)
    assert planned_protocol(protocol) is None


def test_directory_is_for_one_at_a_time_and_for_no_single_run(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "new"),
        pytest.raises(ConfigurationError, match="another strop reproduce is working"),
        locked(tmp_path / "new"),
    ):
        pass
    with locked(tmp_path / "new"):
        pass
    (tmp_path / "run.sqlite").touch()
    with pytest.raises(ConfigurationError, match="folder of a run"), locked(tmp_path):
        pass


@table("taken", ("a/out", "b/out/cells"))
def test_directory_that_cannot_be_made_is_wrong_usage(tmp_path: Path, taken: str) -> None:
    out = tmp_path / taken[0] / "out"
    (tmp_path / taken).parent.mkdir(parents=True)
    (tmp_path / taken).touch()
    with pytest.raises(ConfigurationError, match=r"cannot write results in .*File exists"), locked(out):
        pass
