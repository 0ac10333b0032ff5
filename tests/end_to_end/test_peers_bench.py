"""The table of `bench/peers` that a document shows, and what it says of a difference."""

from __future__ import annotations

import runpy
from pathlib import Path

PEERS = Path(__file__).parents[2] / "bench" / "peers"


def test_the_table_in_the_documents_is_that_of_the_searches_in_the_repository() -> None:
    made = runpy.run_path(str(PEERS / "equal_table.py"), run_name="equal_table")
    table = made["text"](made["Table"].read(PEERS / "searches.jsonl"))
    page = (PEERS.parents[1] / "docs" / "explanation" / "peers.md").read_text(encoding="utf-8")
    assert f"<!-- equal -->\n{table}\n<!-- end -->" in page
