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


def test_a_difference_is_paired_by_seed_and_says_who_is_better_where_the_interval_does() -> None:
    module = peers_module("equal_table")

    def searches(system: str, values: dict[int, float]) -> list[Any]:
        return [module.Search("lpn", system, 25, seed, value, status=0, start=0.5) for seed, value in values.items()]

    peer = {0: 0.5, 1: 0.6, 2: 0.7, 3: 0.5, 4: 0.6, 5: 0.4, 6: 0.9}
    ours = {5: 0.5, 4: 0.7, 3: 0.6, 2: 0.79, 1: 0.7, 0: 0.61}
    table = module.Table([*searches("gepa", peer), *searches("strop", ours)])
    assert [round(gain, 6) for gain in table.gains("lpn", "gepa", 25).values()] == [0.1, 0.1, 0.1, 0.09, 0.1, 0.11]
    assert "| strop − gepa | +0.100 (+0.090 to +0.110; 6) **strop is better** |" in module.text(table)
    worse = module.Table([*searches("gepa", ours), *searches("strop", peer)])
    assert "**strop is worse**" in module.text(worse)
    assert "better" not in module.text(module.Table([*searches("gepa", peer), *searches("strop", peer)]))
    few = {seed: value + 0.1 for seed, value in peer.items() if seed < 5}
    assert "better" not in module.text(module.Table([*searches("gepa", peer), *searches("strop", few)]))
