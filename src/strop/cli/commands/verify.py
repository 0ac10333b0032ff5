"""strop verify."""

from __future__ import annotations

import json
from pathlib import Path
from string import ascii_letters, digits

from strop.base.errors import ConfigurationError, Malformed
from strop.base.terminal_text import escape


def verify_command(solution: Path, problem: str | None = None, /) -> int:
    """Verify a construction that a run saved, by the verifier of its problem alone: without a run, a jail or a model.

    The value is printed. The exit code is 1 if the construction breaks a rule.

    Parameters
    ----------
    solution
        File of the construction, such as RUN/solution.json.
    problem
        File that defines the `strop.Construction`. By default it is the installed problem that the file of the construction
        names.
    """
    from strop.tasks.registry import load

    name, answer = _read(solution)
    task = load(problem or _installed(name))
    if task.problem is None:
        raise ConfigurationError(f"{problem or escape(name, 60)} is no strop.Construction")
    try:
        value = task.problem.verify(answer)
    except Malformed as error:
        _say(f"{task.name}: no solution: {error}")
        return 1
    best_known = task.problem.best_known
    compared_with = (
        f" (best known {float(best_known.value):.15g}, {best_known.by} {best_known.date})" if best_known else ""
    )
    _say(f"{task.name}: verified {float(value):.15g}{compared_with}")
    return 0


def _installed(name: str) -> str:
    """`name`, if it can name an installed problem. A file of somebody else must not name code that then runs."""
    if name.endswith(".py") or not set(name) <= {*ascii_letters, *digits, *"-_"}:
        raise ConfigurationError(f"no problem is called {escape(name, 60)!r}; name the file that defines it")
    return name


def _read(path: Path) -> tuple[str, object]:
    """(name of the problem, construction) in a file.

    Raises:
        ConfigurationError: the file holds no construction.
    """
    try:
        document = json.loads(path.read_bytes())
        name, answer = document["problem"], document["answer"]
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise ConfigurationError(f'{path} holds no construction: {{"problem": …, "answer": …}} is needed')
    return name, answer


def _say(line: str) -> None:
    from strop.cli.commands.output import results

    results().print(escape(line, 400), markup=False, highlight=False, soft_wrap=True)
