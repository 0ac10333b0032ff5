"""Small targets whose inputs are the calls that a program makes."""

from __future__ import annotations

import shlex
import sys

from support.small_targets.target import Right, Target

CALL = "p.f(random.choices(range(1000000), k=300))"
CALLS = 48


def recorded(
    name: str,
    module: str,
    candidate: str,
    right: Right,
    call: str = CALL,
    target: str = "p.py:f",
    *flags: str,
    excerpt: str = "",
    all_held_out: bool = False,
    **files: str,
) -> Target:
    """A function of p.py, whose calls `app.py` makes: `call` is its line, once for each of 48 values of `number`. A double
    underscore in the name of another file is a dot."""
    lines = call.replace("\n", "\n    ")
    app = f"import random\n\nimport p\n\nrandom.seed(1)\nfor number in range({CALLS}):\n    {lines}\n"
    tree = {"p.py": module, "app.py": app} | {path.replace("__", "."): text for path, text in files.items()}
    record = f"{shlex.quote(sys.executable)} app.py"
    return Target(
        name, tree, candidate, right, "", (target, "--record", record, *flags), excerpt, all_held_out=all_held_out
    )
