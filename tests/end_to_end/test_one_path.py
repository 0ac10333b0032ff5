"""Every verb proves the record that it is about once, and folds it once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strop.runs import record
from strop.store import Store
from support.command_line import environment, run_small

SMALL = ("--copies", "2", "--lm-budget", "1", "--utility-budget", "3", "--workers", "1")
MADE = {
    "improve": ("improve", "parity", "--lm-budget", "1", "--utility-budget", "3"),
    "run": ("run", "parity", "-T", "1", "--meta-budget", "1", *SMALL),
    "eval": ("eval", "ucb", "--task", "parity", *SMALL),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for name, words in MADE.items():
        ended = run_small(*words, "--out", name, cwd=folder, env=environment(folder))
        assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often a record was proven from its beginning, and folded as a whole."""
    counts: Counter[str] = Counter()
    prove, fold = Store._prove, record.read_run

    def counted_proof(self: Store, proof: Any, environ: Any) -> None:
        counts["proofs"] += proof is None
        prove(self, proof, environ)

    def counted_fold(store: Store) -> Any:
        counts["folds"] += 1
        return fold(store)

    monkeypatch.setattr(Store, "_prove", counted_proof)
    monkeypatch.setattr(record, "read_run", counted_fold)
    yield counts


def test_verb_proves_and_folds_its_new_record_once_with_its_page(tmp_path: Path, counted: Counter[str]) -> None:
    env = environment(tmp_path) | {"STROP_NO_REPORT": ""}
    for verb, words in MADE.items():
        counted.clear()
        ended = run_small(*words, "--out", verb, cwd=tmp_path, env=env)
        assert ended.returncode == 0 and (tmp_path / verb / "report.html").is_file()
        assert counted == {"proofs": 1, "folds": 1}, verb


def test_verb_about_a_record_proves_and_folds_each_of_its_records_once(made: Path, counted: Counter[str]) -> None:
    calls = [(verb, kind, 1) for verb in ("show", "resume", "view") for kind in MADE]
    for verb, kind, records in [*calls, ("replay", "improve", 2), ("replay", "run", 2)]:
        counted.clear()
        more = ("--html", f"{kind}.html") if verb == "view" else ()
        ended = run_small(verb, kind, *more, cwd=made, env=environment(made))
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert counted == {"proofs": records, "folds": records}, (verb, kind)
