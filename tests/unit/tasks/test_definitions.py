"""What a model is shown of the code that scores: with the helpers, constants and imports that it uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.evaluation.functions.load import load_any
from support.rows import table

TASK = """from __future__ import annotations

import math
import os
import numpy as np
import strop
from rules_of_mine import fits

COUNT = 10
UNUSED = os.sep
WORDS = [
WORDS_HERE
]


class Box:
    size = COUNT


def spare(x):
    return LIMIT - math.sqrt(x)


LIMIT = 3.5


def sample(rng):
    return {"items": rng.uniform(0, 1, COUNT).tolist()}


def score(instance, answer):
    fair = np.mean(answer) <= spare(Box.size) and fits(answer, len(WORDS))
    return float(fair)


task = strop.Task(name="own", sample=sample, score=score, seed="def algorithm(items):\\n    return items\\n")
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "rules_of_mine.py").write_text("MOST = 7\n\n\ndef fits(a, b):\n    return len(a) <= MOST * b\n")
    words = "\n".join(f'    "word number {number}",' for number in range(200))
    (tmp_path / "task.py").write_text(TASK.replace("WORDS_HERE", words))
    monkeypatch.syspath_prepend(str(tmp_path))
    return str(load_any(str(tmp_path / "task.py")).u_str)


@table(
    "definition",
    (
        "import math\n",
        "import numpy as np\n",
        "COUNT = 10\n",
        "class Box:\n    size = COUNT\n",
        "LIMIT = 3.5\n",
        "def spare(x):",
    ),
)
def test_prompt_of_a_task_defines_what_its_printed_source_uses(told: str, definition: str) -> None:
    assert told.count(definition) == 1
    assert told.index(definition) < told.index("def sample(rng):")


def test_prompt_of_a_task_leaves_out_what_its_printed_source_does_not_use(told: str) -> None:
    assert "UNUSED" not in told and "import os" not in told and "__future__" not in told
    assert told.count("def score(") == told.count("def sample(") == 1 and "strop.Task" not in told


def test_prompt_of_a_task_shows_a_module_beside_it(told: str) -> None:
    assert "# From rules_of_mine.py:\nMOST = 7\n\n\ndef fits(a, b):\n    return len(a) <= MOST * b\n" in told


def test_prompt_of_a_task_names_a_long_definition_in_one_line(told: str) -> None:
    assert "# WORDS: a value of 202 lines, not shown\n" in told and "word number" not in told


def test_prompt_of_a_task_is_bounded_whatever_its_file_holds(tmp_path: Path) -> None:
    names = [f"N{number}" for number in range(120)]
    constants = "\n".join(f"{name} = '{name}{'x' * 90}'" for name in names)
    body = TASK.replace("from rules_of_mine import fits", constants).replace("fits(answer", f"max([{', '.join(names)}]")
    (tmp_path / "task.py").write_text(body.replace("WORDS_HERE", ""))
    above, _, _ = str(load_any(str(tmp_path / "task.py")).u_str).partition("def sample(")
    assert len(above) < 10_000 and "# (more is left out)" in above


def test_prompt_of_a_task_is_made_where_score_is_a_lambda(tmp_path: Path) -> None:
    text = TASK.replace("score=score", "score=lambda instance, answer: float(LIMIT > 1)").replace(
        "from rules", "# from"
    )
    (tmp_path / "task.py").write_text(text.replace("WORDS_HERE", ""))
    assert "def sample(rng):" in str(load_any(str(tmp_path / "task.py")).u_str)
