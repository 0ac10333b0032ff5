"""The generated reference follows the declarations."""

from __future__ import annotations

from pathlib import Path

import make_reference as reference
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.heavy
@pytest.mark.parametrize("name", reference.PAGES)
def test_table_of_a_page_is_up_to_date(name: str) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert page == reference.PAGES[name](), "stale: run python tools/make_reference.py"


@pytest.mark.heavy
def test_page_of_commands_has_every_command_with_its_options_and_every_key() -> None:
    page = reference.flags_page()
    assert all(f"## strop {name}\n" in page for name in ("improve", "run", "list tasks", "reproduce fig4"))
    assert "- `--lm-budget`" in page and "- `time_limit`" in page
