"""The generated reference pages follow the declarations."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("make_reference", ROOT / "tools" / "make_reference.py")
assert spec is not None and spec.loader is not None
make_reference = importlib.util.module_from_spec(spec)
sys.modules["make_reference"] = make_reference
spec.loader.exec_module(make_reference)


@pytest.mark.heavy
@pytest.mark.parametrize("name", make_reference.PAGES)
def test_reference_page_is_up_to_date(name: str) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert page == make_reference.PAGES[name](), "stale: run python tools/make_reference.py"
