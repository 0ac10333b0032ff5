"""The table of `bench/peers` that a document shows, and what it says of a difference."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PEERS = Path(__file__).parents[2] / "bench" / "peers"


def peers_module(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"peers_{name}", PEERS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def beside_the_bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The files of the bench import one another by name, as in `python bench/peers`."""
    monkeypatch.syspath_prepend(str(PEERS.parent))
    monkeypatch.syspath_prepend(str(PEERS))
    yield
    for name in ["stepwise", *(path.stem for path in PEERS.glob("*.py"))]:
        sys.modules.pop(name, None)


def test_the_table_in_the_documents_is_that_of_the_searches_in_the_repository() -> None:
    table = peers_module("equal_table")
    page = (PEERS.parents[1] / "docs" / "peers.md").read_text(encoding="utf-8")
    assert f"<!-- equal -->\n{table.text(table.Table.read(PEERS / 'searches.jsonl'))}\n<!-- end -->" in page
