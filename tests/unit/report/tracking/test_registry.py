"""Trackers are asked for by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.report.tracking import Track, continued, parsed
from strop.report.tracking.base import LIBRARIES, is_installed

ABSENT = [name for name, module in LIBRARIES.items() if not is_installed(module)]


@pytest.mark.parametrize("name", ["jaeger", "jsonl", "jsonl:", "", "mlflow.x"])
def test_unknown_tracker_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ConfigurationError, match="choose mlflow, wandb or jsonl:FILE"):
        parsed([name], False)


@pytest.mark.parametrize("name", ABSENT)
def test_tracker_without_its_library_names_the_extra(name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"pip install 'strop\[{name}\]'"):
        parsed([name], False)


def test_tracker_is_told_once_when_it_is_named_twice() -> None:
    assert parsed(["jsonl:a", "jsonl:a", "jsonl:b"], True) == (Track("jsonl:a", True), Track("jsonl:b", True))


def test_run_that_no_tracker_was_told_of_continues_none(tmp_path: Path) -> None:
    assert continued(tmp_path) == ()
