"""tools/house.py: sizes of rooms and their budgets."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "house.py"


@pytest.fixture(scope="module")
def house() -> ModuleType:
    spec = importlib.util.spec_from_file_location("strop_house", TOOL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["strop_house"] = module
    spec.loader.exec_module(module)
    return module


def made(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


BASE = {"README.md": "three short words\n", "tests/unit/test_a.py": "a = 1\n"}


def test_sizes_count_lines_by_room_and_words_of_documents(house: ModuleType, tmp_path: Path) -> None:
    more = {"src/strop/core/a.py": "a = 1\nb = 2\n", "docs/design/0001.md": "two words\n"}
    found = house.sizes(made(tmp_path, BASE | more))
    assert found["src/strop"] == {"core": 2}
    assert found["tests"] == {"unit": 1}
    assert found["documents"] == {"words": 5}


def test_sizes_count_class_names_that_occur_twice(house: ModuleType, tmp_path: Path) -> None:
    more = {"src/strop/a/a.py": "class A: ...\nclass B: ...\n", "src/strop/b/b.py": "class A: ...\n"}
    structure = house.sizes(made(tmp_path, BASE | more))["structure"]
    assert (structure["classes"], structure["class names used twice"]) == (3, 1)


def test_a_cycle_counts_when_one_of_its_imports_is_for_types_alone(house: ModuleType, tmp_path: Path) -> None:
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from strop.a.one import x\n"
    more = {
        "src/strop/a/one.py": "from strop.a.two import y\n",
        "src/strop/a/two.py": typed,
        "src/strop/a/three.py": "",
    }
    assert house.sizes(made(tmp_path, BASE | more))["structure"]["modules in import cycles"] == 2


def test_a_room_of_one_line_more_than_its_budget_is_named_with_the_excess(house: ModuleType) -> None:
    budgets = {"tests": {"unit": 10}}
    assert house.excesses({"tests": {"unit": 10}}, budgets) == []
    assert house.excesses({"tests": {"unit": 11}}, budgets) == ["tests/unit: 11, 1 above its budget"]
    assert house.excesses({"tests": {"new": 2}}, budgets) == ["tests/new: 2, 2 above its budget"]


def test_lowered_budgets_never_rise(house: ModuleType) -> None:
    text = house.to_toml({"tests": {"unit": 12, "view": 3}}, {"tests": {"unit": 10, "view": 5}})
    assert '"unit" = 10' in text and '"view" = 3' in text
