"""The tasks that a file was trained on are those of the result beside it, if that is about its text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from strop.api.lookup import trained_on
from strop.base.solution import digest_of
from support.rows import table

TEXT = "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n"
RESULT: dict[str, Any] = {"digest": digest_of(TEXT), "trained_on": ["lpn", "parity"], "best_t": 1}


@table(
    ("result", "tasks"),
    [
        (RESULT, ("lpn", "parity")),
        (RESULT | {"digest": digest_of(TEXT + "# changed\n")}, ()),
        (RESULT | {"best_t": 0}, ()),
        (RESULT | {"trained_on": 3}, ()),
        (["no result"], ()),
        (None, ()),
    ],
)
def test_file_was_trained_on_the_tasks_of_the_result_about_its_text(tmp_path: Path, result: Any, tasks: Any) -> None:
    (tmp_path / "best.py").write_text(TEXT)
    (tmp_path / "best.json").unlink(missing_ok=True)
    if result is not None:
        (tmp_path / "best.json").write_text(json.dumps(result))
    assert trained_on(str(tmp_path / "best.py")) == tasks, (result, tasks)
