"""Cells: what they are called, which are done, what is done about the others; with real child processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.reproduce.cells import Cell, CellFailed, carry_out, cell_of, command_line, locked, read_document, set_aside
from strop.reproduce.progress import Progress
from strop.store import Store, sealed_document
from support.tiers import slow_unless

BROKEN = cell_of("run", "no-such-task", "--seed", "1")
"""A real command line that ends with exit code 2 before anything is run."""


def done(home: Path, cell: Cell, document: dict[str, object]) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{cell.name}.json"
    path.write_text(json.dumps(sealed_document(document)))
    return path


def test_name_of_a_cell_is_another_for_every_other_content(tmp_path: Path) -> None:
    lines = [
        ("run", "lpn", "--seed", "1"),
        ("run", "lpn", "--seed", "11"),
        ("run", "lpn", "--seed", "1", "--model", "offline"),
        ("run", "parity", "--seed", "1"),
        ("eval", "lpn", "--seed", "1"),
    ]
    names = {cell_of(*line).name for line in lines}
    assert len(names) == len(lines)
    assert all(name.replace("-", "").replace(".", "").isalnum() and len(name) < 120 for name in names)
    assert cell_of(*lines[0]) == cell_of(*lines[0])


def test_name_of_a_cell_does_not_depend_on_the_address_of_the_model() -> None:
    first, second = (cell_of("run", "lpn", "--base-url", url, "--seed", "1") for url in ("http://a/v1", "http://b/v1"))
    assert first.name == second.name == cell_of("run", "lpn", "--seed", "1").name
    assert first.arguments != second.arguments


@pytest.mark.parametrize("flag", ["--workers", "--out", "--json", "--max-cost"])
def test_cell_has_no_flag_that_decides_how_and_not_what(flag: str) -> None:
    with pytest.raises(ValueError, match=flag):
        cell_of("run", "lpn", flag, "2")


def test_name_of_a_cell_counts_what_a_file_holds_and_not_where_it_lies(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "I4.py").write_text("def improve_algorithm(s, u, l): return s\n")
    here, there = (cell_of("eval", str(tmp_path / name / "I4.py")).name for name in ("here", "there"))
    assert here == there
    (tmp_path / "there" / "I4.py").write_text("def improve_algorithm(s, u, l): return ''\n")
    assert cell_of("eval", str(tmp_path / "there" / "I4.py")).name != here


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"schema_version": 0}',
        '{"schema_version": 2, "status": "interrupted"}',
        "[" * 100_000,
        "\udcff",
        '{"schema_version": 2} {"schema_version": 2}',
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_document_that_cannot_be_one_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text, errors="surrogateescape")
    assert read_document(tmp_path, "c") is None
    (tmp_path / "c.json.part").write_text(text, errors="surrogateescape")
    assert read_document(tmp_path, "c") is None


def test_document_that_was_changed_counts_as_none(tmp_path: Path) -> None:
    path = done(tmp_path, BROKEN, {"schema_version": 2, "status": "finished", "mean": 0.5})
    assert read_document(tmp_path, BROKEN.name) == {"schema_version": 2, "status": "finished", "mean": 0.5}
    path.write_text(path.read_text().replace("0.5", "0.9"))
    assert read_document(tmp_path, BROKEN.name) is None


def test_cells_that_are_done_are_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = {"schema_version": 2, "anything": 1}
    path = done(tmp_path / "cells", BROKEN, document)
    before = path.stat()[:7], path.stat().st_mtime_ns  # reading it changes the time of the last access
    assert carry_out([BROKEN, BROKEN], tmp_path, progress=Progress()) == {BROKEN.name: document}
    assert (path.stat()[:7], path.stat().st_mtime_ns) == before and list((tmp_path / "cells").iterdir()) == [path]
    assert capsys.readouterr().err == "1 cell, 1 of them done before\n"


@pytest.mark.parametrize("at_once", slow_unless(lambda number: number == 1, [1, 2]))
def test_failed_cell_is_one_line_with_its_reason_and_begins_no_other(tmp_path: Path, at_once: int) -> None:
    others = [cell_of("run", "no-such-task", "--seed", str(seed)) for seed in range(2, 5)]
    good = cell_of("run", "lpn", "--seed", "7")
    done(tmp_path / "cells", good, {"schema_version": 2})
    with pytest.raises(CellFailed) as caught:
        carry_out([good, BROKEN, *others], tmp_path, at_once=at_once, progress=Progress())
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
    assert "run-no-such-task-s" in str(caught.value) and "no task" in str(caught.value)
    assert "no-such-task" in (tmp_path / "cells" / f"{BROKEN.name}.log").read_text()
    assert read_document(tmp_path / "cells", good.name) and read_document(tmp_path / "cells", BROKEN.name) is None
    assert not any((tmp_path / "cells" / f"{each.name}.log").exists() for each in others[at_once - 1 :])


def test_folders_of_attempts_that_were_cut_short_are_set_aside_side_by_side(tmp_path: Path) -> None:
    for attempt in range(2):
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "record").write_text(str(attempt))
        set_aside(tmp_path / "c")
    set_aside(tmp_path / "c")
    assert [(tmp_path / f"c.cut-{n}" / "record").read_text() for n in (1, 2)] == ["0", "1"]
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(("kind", "continues"), [("eval", True), ("compare", False), ("run", False)])
def test_evaluation_that_was_cut_short_continues_its_own_record_and_nothing_else_does(
    tmp_path: Path, kind: str, continues: bool
) -> None:
    folder = tmp_path / "c"
    Store.create(folder, {"kind": kind, "task": "lpn"}).close()
    line = command_line(folder, ("eval", "best_of_n", "--task", "lpn"), 2)
    assert line == ["eval", "best_of_n", "--task", "lpn", "--workers", "2", "--out", str(folder)]
    assert folder.exists() == continues


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


@pytest.mark.parametrize("taken", ["out", "out/cells"])
def test_directory_that_cannot_be_made_is_wrong_usage(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).touch()
    with pytest.raises(ConfigurationError, match=r"cannot write results in .*File exists"), locked(tmp_path / "out"):
        pass


def test_child_ends_when_the_other_end_of_its_standard_input_is_closed(tmp_path: Path) -> None:
    body = (
        "import time; from strop.reproduce.child import stop_with_the_parent\n"
        "stop_with_the_parent(); print(1, flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", body], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == b"1\n" and child.poll() is None
        child.stdin.close()
        assert child.wait(60) == -15
