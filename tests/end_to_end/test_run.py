"""`strop run`, from the outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from end_to_end.conftest import TINY


def test_result_says_that_offline_is_no_language_model_and_the_next_run_leaves_its_directory(
    strop: Any, tmp_path: Path
) -> None:
    for text in (strop("run", "lpn", "-T", "0", *TINY, "--out", "there").stdout, strop("show", "there").stdout):
        assert "not a language model" in " ".join(text.split())
    before = (tmp_path / "there" / "run.sqlite").read_bytes()
    again = strop("run", "lpn", "-T", "0", *TINY, "--out", "there")
    assert again.returncode == 2 and again.stderr.startswith("strop: there already holds a run: choose another")
    assert (tmp_path / "there" / "run.sqlite").read_bytes() == before


def test_doctor_names_every_protection_in_the_two_words(strop: Any) -> None:
    ended = strop("doctor")
    assert ended.returncode == 0
    for words in ("reading the host's files", "writing files", "network", "starting processes", "signalling", "memory"):
        (line,) = [one for one in ended.stdout.splitlines() if words in one and ":" in one][:1]
        assert line.endswith("enforced (observed)") or "not enforced" in line
