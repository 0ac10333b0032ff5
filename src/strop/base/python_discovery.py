"""Which Python runs the user's code: the one rule, for functions, evaluators and commands.

`--python`; else the one that ran the command whose calls were recorded; else `.venv` beside the pyproject.toml of the target's
project; else the active environment; else strop's own.

Nothing is started to find out, because a folder from elsewhere may hold any program. The file that an interpreter leads to says
what it is: by its name, its first bytes and its library. A pyvenv.cfg says only that its folder is a virtual environment.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path

from strop.base.environments import at_home, is_program, why_hidden
from strop.base.errors import ConfigurationError
from strop.base.from_json import read_as, reader_of
from strop.base.interpreter import EXECUTABLE
from strop.base.later import dataclass
from strop.base.surface import option


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs the user's code."""

    path: str
    """Absolute. The links of a virtual environment stay, because Python finds its environment by them."""
    real: str
    """The file that it leads to."""
    words: str
    """Its version, and why it is this one."""

    @property
    def is_strops(self) -> bool:
        """Whether it is the one that runs strop."""
        return self.path == EXECUTABLE

    @property
    def prefix(self) -> Path:
        """The folder of its environment, or of its installation."""
        return Path(self.path).parent.parent


def interpreter_of(target: Path, named: str = "", recorded: str = "") -> Interpreter:
    """The interpreter for the code of a target, a file or a folder. `named`: what the user names. `recorded`: the path of the one
    that ran the user's command, whose calls were recorded.

    Raises:
        ConfigurationError: what is named or found is no Python or too old, or it is found and only its user can trust it.
    """
    if named:
        return _at(at_home(named), f"{named}, named by {option('python')}")
    if recorded:
        return _at(Path(recorded), "the recorded command")
    project, active = project_of(target), os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    if project is not None and os.path.lexists(project / ".venv/bin/python"):
        return _at(project / ".venv", ".venv beside pyproject.toml", project)
    return _at(Path(active or sys.prefix), f"the active environment {active}" if active else "strop's own environment")


def check_outside(path: Path, folder: Path, more: str = "") -> None:
    """Check that an interpreter is no file of the folder that its programs are from, nor of the project that its environment lies
    in: the first process of a tree, which has rights, executes it. `more`: what may be done beside naming another one.

    Raises:
        ConfigurationError: it is.
    """
    folders = (folder, project_of(path.parent.parent) or folder)
    if str(path) != EXECUTABLE and any(path.resolve().is_relative_to(each.resolve()) for each in folders):
        raise ConfigurationError(
            f"{path} leads to a file of the folder, which would start with rights that no code of it may have; make its "
            f"environment with links (python -m venv --clear --symlinks {path.parent.parent}), or name another Python, or a "
            f"virtual environment of one, by {option('python')}{more}"
        )


_PYTHON = re.compile(r"(?<![\w/.-])(python3?|pytest)\b")
"""A command that runs Python by its plain name."""


def runs_python(commands: str) -> bool:
    """Whether commands run Python by its plain name, or pytest."""
    return _PYTHON.search(commands) is not None


def check_found(found: Interpreter, commands: str) -> None:
    """Check that commands find an interpreter by the plain name that they use.

    Raises:
        ConfigurationError: they would find another one.
    """
    others = [
        word
        for word in {*_PYTHON.findall(commands)} - {"pytest"}
        if found.path == found.real != os.path.realpath(found.prefix / "bin" / word)
    ]
    if others and found.path != EXECUTABLE:
        raise ConfigurationError(
            f"commands would not find {found.path} as {others[0]}; name a virtual environment of it: "
            f"{found.path} -m venv FOLDER, then {option('python')} FOLDER"
        )


def project_of(target: Path) -> Path | None:
    """The nearest folder that has a pyproject.toml, from a file or folder upwards; None if there is none."""
    real = target.resolve()
    return next((each for each in (real, *real.parents) if (each / "pyproject.toml").is_file()), None)


def again(recorded: object) -> Interpreter:
    """The interpreter of a record: its fields as they were written.

    Raises:
        ConfigurationError: it is gone, or leads to another file.
        ValueError: it is written in another form.
    """
    kept: Interpreter = read_as(reader_of(Interpreter), recorded)
    if kept.path != EXECUTABLE and not (os.path.realpath(kept.path) == kept.real and Path(kept.real).is_file()):
        raise ConfigurationError(
            f"{kept.path} no longer leads to {kept.real} ({kept.words}); this run goes on where it does again"
        )
    return kept


def _at(place: Path, why: str, project: Path | None = None) -> Interpreter:
    """The interpreter at a path, or of the environment there. `project`: what it belongs to, if its user did not name it."""
    path = next((each for each in (place, place / "bin/python", place / "bin/python3") if each.is_file()), place)
    found = Interpreter(os.path.abspath(path), os.path.realpath(path), "")  # noqa: PTH100 (see EXECUTABLE)
    is_virtual = (found.prefix / "pyvenv.cfg").is_file()
    found = found if is_virtual else replace(found, path=found.real)  # as Python itself looks for its library
    if os.path.realpath(found.prefix) == os.path.realpath(sys.prefix):
        words = f"Python {sys.version_info[0]}.{sys.version_info[1]} of {why}"
        return Interpreter(path=EXECUTABLE, real=os.path.realpath(EXECUTABLE), words=words)
    names = [
        Path(found.real).name,
        *(each.name for each in sorted(Path(found.real).parent.parent.glob("lib*/python*"))),
    ]
    parts = next(filter(None, (re.fullmatch(r"(?:python|pypy)(\d)\.(\d+)t?", name) for name in names)), None)
    version = f"{parts[1]}.{parts[2]}" if parts else ""
    is_whole = is_virtual or any(found.prefix.glob("lib*/*/os.py"))
    files = [each for each in (place, place / "bin", place / "bin/python", Path(found.real)) if os.path.lexists(each)]
    wrong = {
        f"there is no Python at {place}": not path.is_file(),
        f"{found.real} is no Python interpreter": not (parts and is_whole and is_program(Path(found.real))),
        f"{path} is Python {version}, and 3.9 is the oldest that works": parts
        and (int(parts[1]), int(parts[2])) < (3, 9),
        f"{place} leads out of its project (if you trust it, name it yourself)": (
            project is not None and not found.prefix.resolve().is_relative_to(project)
        ),
        f"{place} has files of another user (if you trust them, name it yourself)": (
            project is not None and any(each.lstat().st_uid not in (0, os.geteuid()) for each in files)
        ),
        f"{found.prefix} cannot be shown to programs: {why_hidden(found.prefix)}": why_hidden(found.prefix),
    }
    if what := next((each for each, is_so in wrong.items() if is_so), ""):
        raise ConfigurationError(
            f"{what}; name another interpreter, or a virtual environment of one, by {option('python')}"
        )
    return replace(found, words=f"Python {version} of {why}")
