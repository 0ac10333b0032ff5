"""The tasks that `strop init` copies: one folder a form, whose files work as they stand.

The files are real programs, so that tests can run them. strop reads them as text and never imports them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

FormName: TypeAlias = Literal["sample", "function", "evaluator", "command"]
NAME = "my-task"
"""The name of the task in the files, which a new task replaces by its own."""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Form:
    """One kind of task."""

    name: FormName
    improved: str
    """The file that strop improves."""
    target: str
    """The target that `strop check` and `strop improve` take, in the task's folder."""

    @property
    def next_commands(self) -> tuple[str, ...]:
        """The commands to run next, in the task's folder."""
        return f"strop check {self.target}", f"strop improve {self.target} --model MODEL", "strop apply"


FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form("sample", "shifts.py", "task.py"),
        Form("function", "shifts.py", "bench.py:target"),
        Form("evaluator", "switches.py", "switches.py --evaluator evaluator.py --metric my_metric:max"),
        Form("command", "switches.py", "."),
    )
}
"""Every form by its name."""


def files_of(form: Form, name: str) -> dict[str, str]:
    """File name → text of the files of a new task called `name`."""
    paths = sorted(_FOLDER.joinpath(form.name).glob("*.*"))
    return {path.name: path.read_text(encoding="utf-8").replace(NAME, name) for path in paths}
