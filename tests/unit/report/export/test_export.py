"""Exports are whole or not there, and never write over what is somebody else's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, StoreError
from strop.report.export.export import FORMS, export
from support.records import from_elsewhere, raw
from support.tiers import slow_unless

OFFLINE = ["jsonl", "csv", "figures"]
"""Forms that need nothing more than strop."""


def content(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.heavy
@pytest.mark.parametrize("form", OFFLINE)
def test_export_of_an_unfinished_run_holds_what_is_there(hostile: Path, tmp_path: Path, form: str) -> None:
    (said,) = export(hostile, form, tmp_path / FORMS[form], texts=True, force=False)
    assert str(tmp_path / FORMS[form]) in said and content(tmp_path / FORMS[form])


@pytest.mark.parametrize("form", slow_unless(lambda form: form != "figures", OFFLINE))
def test_export_is_the_same_again_and_leaves_what_is_there_alone_without_force(
    runs: dict[str, Path], tmp_path: Path, form: str
) -> None:
    path = tmp_path / FORMS[form]
    export(runs["gated"], form, path, texts=True, force=False)
    first = content(path)
    with pytest.raises(ConfigurationError, match="exists already"):
        export(runs["paper"], form, path, texts=True, force=False)
    assert content(path) == first
    export(runs["gated"], form, path, texts=True, force=True)
    assert content(path) == first and [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("form", OFFLINE)
def test_nothing_is_there_when_the_record_is_damaged(hostile: Path, tmp_path: Path, form: str) -> None:
    from_elsewhere(hostile)
    with raw(hostile) as tool:
        tool.execute("INSERT INTO event (at, scope, kind, data) VALUES (1, '', 'Evaluated', '{\"value\": ')")
    kept = set(tmp_path.iterdir())
    with pytest.raises(StoreError, match="damaged"):
        export(hostile, form, tmp_path / FORMS[form], texts=True, force=False)
    assert set(tmp_path.iterdir()) == kept


def test_folder_that_holds_something_else_is_never_replaced(hostile: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years")
    for form in ("csv", "figures"):
        with pytest.raises(ConfigurationError, match=r"thesis\.tex"):
            export(hostile, form, tmp_path / "mine", texts=True, force=True)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years" and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("form", "name", "said"),
    [
        ("jsonl", "folder", "is a folder"),
        ("csv", "file", "is a file"),
        ("jsonl", "nowhere/events.jsonl", r"cannot write .*/events\.jsonl: No such file"),
        ("csv", "nowhere/csv", "cannot write .*/csv: No such file"),
        ("csv", "-", "needs the name of a file or folder"),
    ],
)
def test_place_that_cannot_be_is_one_clear_line(hostile: Path, tmp_path: Path, form: str, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=said):
        export(hostile, form, Path(name) if name == "-" else tmp_path / name, texts=True, force=True)


def test_link_in_the_place_of_an_export_is_replaced_and_what_it_names_is_not(hostile: Path, tmp_path: Path) -> None:
    target = tmp_path / "diary.txt"
    target.write_text("dear diary")
    (tmp_path / "events.jsonl").symlink_to(target)
    with pytest.raises(ConfigurationError, match="exists already"):
        export(hostile, "jsonl", tmp_path / "events.jsonl", texts=True, force=False)
    export(hostile, "jsonl", tmp_path / "events.jsonl", texts=True, force=True)
    assert target.read_text() == "dear diary" and not (tmp_path / "events.jsonl").is_symlink()


def test_figures_are_those_of_the_report_as_svg_and_data(runs: dict[str, Path], tmp_path: Path) -> None:
    export(runs["paper"], "figures", tmp_path / "figures", texts=True, force=False)
    found = content(tmp_path / "figures")
    stems = {Path(name).stem for name in found}
    assert {"meta-utility", "verdicts"} <= stems and len(found) == 2 * len(stems)
    for name, data in found.items():
        assert data.startswith({".svg": b"<?xml", ".csv": b""}[Path(name).suffix])
    assert b"not a language model" in found["meta-utility.svg"]
    shutil.rmtree(tmp_path / "figures")
