"""What every protocol's page says beside its tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.reproduce.fig4 import Fig4
from strop.reproduce.protocol import model_of, other_size


def test_page_of_the_papers_size_says_nothing_of_size(tmp_path: Path) -> None:
    protocol = Fig4(directory=tmp_path, runs=1)
    assert other_size(protocol, [protocol.run_cell("paper", 0)]) == ()


def test_page_of_another_size_names_the_flags_that_its_cells_have(tmp_path: Path) -> None:
    protocol = Fig4(directory=tmp_path, copies=1, lm_budget=2)
    (note,) = other_size(protocol, [protocol.run_cell("paper", 0)])
    assert "--copies 1 (paper: 5), --lm-budget 2 (paper: 4)" in note and "--meta-budget" not in note
    assert other_size(protocol, []) == ()


def test_cells_of_different_models_come_to_nothing() -> None:
    offline = {"model": "offline:skill=0.5", "is_language_model": False}
    assert model_of({"a": offline, "b": dict(offline)}) == ("offline:skill=0.5", False)
    with pytest.raises(ValueError, match=r"different models, offline:skill=0.5 and openai/x"):
        model_of({"a": {"model": "openai/x", "is_language_model": True}, "b": offline})
