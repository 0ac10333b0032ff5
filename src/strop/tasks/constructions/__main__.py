"""Verify a construction that a run saved: `python -m strop.tasks.constructions solution.json [PROBLEM.py]`.

Needs no run, no jail and no model: it reads the answer and calls the verifier of its problem.
"""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from strop.base.errors import Malformed
from strop.tasks.constructions.base import Construction
from strop.tasks.constructions.suite import CONSTRUCTIONS

USAGE = "usage: python -m strop.tasks.constructions SOLUTION.json [PROBLEM.py]"


class Unusable(Exception):
    """The arguments name nothing that can be verified."""


def main(arguments: Sequence[str]) -> int:
    """Print the value of a construction; 1 if it breaks a rule, 2 if nothing can be verified."""
    if len(arguments) not in (1, 2) or arguments[0].startswith("-"):
        sys.stderr.write(f"{USAGE}\n")
        return 2
    try:
        name, answer = _read(Path(arguments[0]))
        problem = _problem(name, Path(arguments[1]) if len(arguments) == 2 else None)
    except Unusable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        value = problem.verify(answer)
    except Malformed as error:
        sys.stdout.write(f"{problem.name}: no solution: {error}\n")
        return 1
    known = problem.best_known
    beside = f" (best known {float(known.value):.15g}, {known.by} {known.date})" if known else ""
    sys.stdout.write(f"{problem.name}: verified {float(value):.15g}{beside}\n")
    return 0


def _read(path: Path) -> tuple[str, object]:
    try:
        document = json.loads(path.read_bytes())
        return document["problem"], document["answer"]
    except OSError as error:
        raise Unusable(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unusable(f'{path} holds no construction: {{"problem": …, "answer": …}} is needed') from error


def _problem(name: str, path: Path | None) -> Construction:
    if path is not None:
        found = runpy.run_path(str(path)).get("task") if path.is_file() else None
        if not isinstance(found, Construction):
            raise Unusable(f"{path} defines no strop.Construction called task")
        return found
    if name not in CONSTRUCTIONS:
        raise Unusable(f"no built-in problem is called {name!r}; name the file that defines it: {USAGE}")
    return CONSTRUCTIONS[name]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
