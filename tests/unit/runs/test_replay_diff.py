"""What a replay compares: everything but the notes of an audit by other rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.events import AuditNoted, RunStarted
from strop.runs.replay_diff import compare_records
from strop.store import Store

NOTE = AuditNoted(scope="t1/improve", rule="S000", detail="too intricate", times=1, program="x = 1", line=None)


def record(folder: Path, rules: str | None, *events: AuditNoted) -> Store:
    environment = {"strop": "0.1.0"} | ({"audit": rules} if rules else {})
    store = Store.create(folder, {})
    for event in (RunStarted(scope="", spec={}, environment=environment, posture={}), *events):
        store.append(event)
    return store


@pytest.mark.parametrize(("before", "left_out", "differing"), [("5", 0, 1), ("4", 1, 0), (None, 1, 0)])
def test_replay_leaves_out_notes_on_programs_when_the_run_was_audited_by_other_rules(
    tmp_path: Path, before: str | None, left_out: int, differing: int
) -> None:
    with record(tmp_path / "a", before, NOTE) as first, record(tmp_path / "b", "5") as second:
        compared = compare_records(first, second)
    assert (compared.notes_left_out, len(compared.differences)) == (left_out, differing)


def test_replay_compares_what_a_program_did_when_the_run_was_audited_by_other_rules(tmp_path: Path) -> None:
    with record(tmp_path / "a", "4", replace(NOTE, rule="R002")) as first, record(tmp_path / "b", "5") as second:
        assert [difference.kind for difference in compare_records(first, second).differences] == ["AuditNoted"]
