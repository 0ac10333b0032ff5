"""Which Python runs the user's code: the one rule, for functions, evaluators and commands.

`--python`; else the one that ran the command whose calls were recorded; else `.venv` beside the pyproject.toml of the target's
project; else the active environment; else strop's own.

Nothing is started to find out, because a folder from elsewhere may hold any program. The file that an interpreter leads to says
what it is: by its name, its first bytes and its library. A pyvenv.cfg says only that its folder is a virtual environment.
"""

from __future__ import annotations

import os
import re
import shlex
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
    """The file that `path` leads to."""
    words: str
    """Its version, and why strop chose it."""

    @property
    def is_strops(self) -> bool:
        """Whether strop itself runs with it."""
        return self.path == EXECUTABLE

    @property
    def prefix(self) -> Path:
        """The folder of its environment, or of its installation."""
        return Path(self.path).parent.parent


def interpreter_of(target: Path, named: str = "", recorded: str = "") -> Interpreter:
    """The interpreter for the code of a target, a file or a folder.

    `named`: what the user gives with `--python`. `recorded`: the interpreter that ran the command whose calls were recorded.

    Raises:
        ConfigurationError: it is no Python, or too old; or strop found it, and it must not be used unless the user names it.
    """
    if named:
        return _interpreter_at(at_home(named), f"{named}, named by {option('python')}")
    if recorded:
        return _interpreter_at(Path(recorded), "the recorded command")
    project, active = project_of(target), os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    if project is not None and os.path.lexists(project / ".venv/bin/python"):
        return _interpreter_at(project / ".venv", ".venv beside pyproject.toml", project)
    return _interpreter_at(
        Path(active or sys.prefix), f"the active environment {active}" if active else "strop's own environment"
    )


def check_outside(path: Path, folder: Path, more: str = "") -> None:
    """Check that an interpreter lies outside of the folder that its programs are from, and of its environment's project.

    The first process of a tree executes it with rights that no file of the folder may have. `more`: a further remedy, for the
    message.

    Raises:
        ConfigurationError: it lies inside.
    """
    folders = (folder, project_of(path.parent.parent) or folder)
    if str(path) != EXECUTABLE and any(path.resolve().is_relative_to(folder.resolve()) for folder in folders):
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


def check_found(interpreter: Interpreter, commands: str) -> None:
    """Check that commands find an interpreter by the plain name that they use.

    Raises:
        ConfigurationError: they would find another one.
    """
    others = [
        word
        for word in {*_PYTHON.findall(commands)} - {"pytest"}
        if interpreter.path == interpreter.real != os.path.realpath(interpreter.prefix / "bin" / word)
    ]
    if others and interpreter.path != EXECUTABLE:
        raise ConfigurationError(
            f"commands would not find {interpreter.path} as {others[0]}; name a virtual environment of it: "
            f"{interpreter.path} -m venv FOLDER, then {option('python')} FOLDER"
        )


def check_copied(commands: str, project: Path) -> None:
    """Check that commands, which run in a copy of a project without its virtual environments, start no Python of one by its path.

    Raises:
        ConfigurationError: they do.
    """
    for word in re.findall(r"[\w./-]+/bin/python[\d.]*", commands):
        environment = (project / word).parents[1]
        if (environment / "pyvenv.cfg").is_file() and environment.is_relative_to(project):
            raise ConfigurationError(
                f"{word} is no file of the copy that commands run in; write python, and give "
                f"{option('python')} {shlex.quote(str(environment))}"
            )


def project_of(target: Path) -> Path | None:
    """The nearest folder that has a pyproject.toml, from a file or folder upwards; None if there is none."""
    real = target.resolve()
    return next((folder for folder in (real, *real.parents) if (folder / "pyproject.toml").is_file()), None)


def recorded_interpreter(recorded: object) -> Interpreter:
    """The interpreter of a run, from its fields in the record.

    Raises:
        ConfigurationError: it is gone, or leads to another file.
        ValueError: the fields have another form.
    """
    interpreter: Interpreter = read_as(reader_of(Interpreter), recorded)
    if interpreter.path != EXECUTABLE and not (
        os.path.realpath(interpreter.path) == interpreter.real and Path(interpreter.real).is_file()
    ):
        raise ConfigurationError(
            f"{interpreter.path} no longer leads to {interpreter.real} ({interpreter.words}); "
            "this run goes on where it does again"
        )
    return interpreter


def _interpreter_at(location: Path, why: str, project: Path | None = None) -> Interpreter:
    """The interpreter at a path, or of the environment there. `project`: where strop found it; None if the user named it."""
    path = next(
        (file for file in (location, location / "bin/python", location / "bin/python3") if file.is_file()), location
    )
    interpreter = Interpreter(os.path.abspath(path), os.path.realpath(path), "")  # noqa: PTH100 (see EXECUTABLE)
    is_virtual = (interpreter.prefix / "pyvenv.cfg").is_file()
    # Python itself looks for its library from the real file, unless the environment is virtual.
    interpreter = interpreter if is_virtual else replace(interpreter, path=interpreter.real)
    if os.path.realpath(interpreter.prefix) == os.path.realpath(sys.prefix):
        words = f"Python {sys.version_info[0]}.{sys.version_info[1]} of {why}"
        return Interpreter(path=EXECUTABLE, real=os.path.realpath(EXECUTABLE), words=words)
    names = [
        Path(interpreter.real).name,
        *(library.name for library in sorted(Path(interpreter.real).parent.parent.glob("lib*/python*"))),
    ]
    parts = next(filter(None, (re.fullmatch(r"(?:python|pypy)(\d)\.(\d+)t?", name) for name in names)), None)
    version = f"{parts[1]}.{parts[2]}" if parts else ""
    is_complete = is_virtual or any(interpreter.prefix.glob("lib*/*/os.py"))
    files = [
        file
        for file in (location, location / "bin", location / "bin/python", Path(interpreter.real))
        if os.path.lexists(file)
    ]
    wrong = {
        f"there is no Python at {location}": not path.is_file(),
        f"{interpreter.real} is no Python interpreter": not (
            parts and is_complete and is_program(Path(interpreter.real))
        ),
        f"{path} is Python {version}, and 3.9 is the oldest that works": parts
        and (int(parts[1]), int(parts[2])) < (3, 9),
        f"{location} leads out of its project (if you trust it, name it yourself)": (
            project is not None and not interpreter.prefix.resolve().is_relative_to(project)
        ),
        f"{location} has files of another user (if you trust them, name it yourself)": (
            project is not None and any(file.lstat().st_uid not in (0, os.geteuid()) for file in files)
        ),
        f"{interpreter.prefix} cannot be shown to programs: {why_hidden(interpreter.prefix)}": why_hidden(
            interpreter.prefix
        ),
    }
    if fault := next((fault for fault, is_so in wrong.items() if is_so), ""):
        raise ConfigurationError(
            f"{fault}; name another interpreter, or a virtual environment of one, by {option('python')}"
        )
    return replace(interpreter, words=f"Python {version} of {why}")
