"""Flags that several commands share. Those that a run's recipe holds are declared in strop.runs.options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter, Token

from strop.api.finding import RUNS as RUNS
from strop.runs.options import ModelOptions as ModelOptions
from strop.runs.options import Whole as Whole
from strop.runs.options import one_text
from strop.runs.options import protections as protections
from strop.runs.options import seconds as seconds
from strop.runs.spec import RunSpec

DEFAULTS = RunSpec()
OUTPUT = Group("What is recorded and shown", sort_key=9)


def folder(kind: object, tokens: Sequence[Token]) -> Path:
    """A folder that is named; an empty name would mean the working folder."""
    if not tokens[0].value:
        raise ValueError("'' names no folder; the working folder is .")
    return Path(tokens[0].value)


Folder = Annotated[Path | None, Parameter(converter=folder)]
Models = Annotated[tuple[str, ...], Parameter(name=("--model", "-m"), negative="", show_default=" ".join)]
"""Specifications of language models; several are a mixture."""
FROM_ENVIRONMENT = Parameter(env_var="STROP_MODEL", env_var_split=one_text)
Json = Annotated[
    bool,
    Parameter(
        name="--json", group=OUTPUT, negative="", show_default=False, help="Print one JSON document instead of tables."
    ),
]
Out = Annotated[
    Path | None,
    Parameter(
        name="--out",
        group=OUTPUT,
        converter=folder,
        help="Directory of the run, empty or new; one in runs/ when not given.",
    ),
]
Tasks = Annotated[Sequence[str], Parameter(name="--task", negative="", show_default=" ".join)]
"""Tasks by name or file, at least one."""
TrustTask = Annotated[bool, Parameter(name="--trust-task", negative="")]
