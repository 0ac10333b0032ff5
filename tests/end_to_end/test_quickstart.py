"""The ten-minute path: every command of docs/quickstart.md, as printed, from an empty folder."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path() -> ModuleType:
    """bench/ten_minutes.py, which times the same path."""
    spec = importlib.util.spec_from_file_location("ten_minutes", ROOT / "bench" / "ten_minutes.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ten_minutes"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_ten_minute_path_ends_in_an_applied_patch_and_green_tests(path: Any, tmp_path: Path) -> None:
    steps = list(path.walked(tmp_path, path.environment(tmp_path)))
    assert steps[-1].code == 0, f"$ {steps[-1].command}\n{steps[-1].output}"
    said = {step.command: step.output for step in steps}
    assert len(steps) == len(path.commands()) - 1  # all but `cd`
    assert "rota: no problems found" in said["strop check task.py"]
    assert "shifts.py" in said["git diff --stat"]
    assert [step.output.count("passed") for step in steps if "pytest" in step.command] == [1, 1]
