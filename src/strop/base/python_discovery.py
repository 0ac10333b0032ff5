"""Which Python runs the user's code: the one rule, for functions, evaluators and commands.

`--python`; else the one that ran the command whose calls were recorded; else `.venv` beside the pyproject.toml of the target's
project; else the active environment; else strop's own.

Nothing is started to find out, because a folder from elsewhere may hold any program. The file that an interpreter leads to says
what it is: by its name, its first bytes and its library. A pyvenv.cfg says only that its folder is a virtual environment.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import stat
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from strop.base.environments import at_home, is_program, why_hidden
from strop.base.errors import ConfigurationError
from strop.base.from_json import read_as, reader_of
from strop.base.interpreter import EXECUTABLE
from strop.base.later import dataclass
from strop.base.plain_file import read_plain
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
    is_trusted: bool = False
    """Whether the user named it, or ran a command with it."""

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
        return replace(_interpreter_at(at_home(named), f"{named}, named by {option('python')}"), is_trusted=True)
    if recorded:
        return replace(_interpreter_at(Path(recorded), "the recorded command"), is_trusted=True)
    project, active = project_of(target), os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    if project is not None and os.path.lexists(project / ".venv/bin/python"):
        return _interpreter_at(project / ".venv", ".venv beside pyproject.toml", project)
    return _interpreter_at(
        Path(active or sys.prefix), f"the active environment {active}" if active else "strop's own environment"
    )


def check_outside(interpreter: Interpreter, target: Path) -> None:
    """Refuse an interpreter whose file may have come with a clone. `target`: the file or folder whose code it runs.

    The first process of a tree executes it with rights that no file of a clone may have. What the user names, or ran a command
    with, is trusted. The interpreter's own file counts, behind all links, and the folders that each pyvenv.cfg calls its home.

    Raises:
        ConfigurationError: it may have come with the target's work tree, or with another one.
    """
    if interpreter.is_strops or interpreter.is_trusted:
        return
    trees = _own_trees(target.resolve())
    for file in map(Path.resolve, (Path(interpreter.real), *_homes(interpreter))):
        is_managed = any(map(file.is_relative_to, _managed_folders()))
        tree = next((own for own in trees if file.is_relative_to(own[0])), None if is_managed else _marked_tree(file))
        if tree is not None:
            raise ConfigurationError(
                f"{interpreter.path} leads to {file}, a file of {tree[0]} ({tree[1]}), which would start with rights that none "
                f"of a clone has; make its environment with links (python -m venv --clear --symlinks {interpreter.prefix}), "
                f"or, if you trust it, name it by {option('python')}"
            )


_Tree: TypeAlias = tuple[Path, str]
"""A folder that may be a clone, and how it is known."""


def _own_trees(target: Path) -> list[_Tree]:
    """What the code of a target may have come with: the outermost folder with a `.git`, and, as an archive, the outermost folder
    around it that is no home and does not lie at the top; there only one that anybody may write to, as `/tmp`."""
    found = [folder for folder in (target, *target.parents) if os.path.lexists(folder / ".git")]
    home = at_home("~").resolve()
    own = [
        folder
        for folder in target.parents
        if (len(folder.parts) > _TOP or (len(folder.parts) == _TOP and folder.stat().st_mode & stat.S_IWOTH))
        and not home.is_relative_to(folder)
    ]
    trees = [(found[-1], "the outermost folder with a .git")] if found else []
    return [*trees, (own[-1], "the outermost folder around your code")] if own else trees


def _marked_tree(file: Path) -> _Tree | None:
    """The outermost folder around a file that is a clone by its `.git`, which is a file in a submodule, or by its
    pyproject.toml."""
    for mark in (".git", "pyproject.toml"):
        if found := [folder for folder in file.parents if os.path.lexists(folder / mark)]:
            return found[-1], f"the outermost folder with a {mark}"
    return None


_TOP = 2
"""Parts of a path at the top: `/tmp`, `/data`."""


_MANAGERS = {"PYENV_ROOT": ".pyenv/versions", "ASDF_DATA_DIR": ".asdf/installs"}
"""Variables that name the clone of a tool that installs interpreters, and where these are in the user's home folder."""


def _managed_folders() -> list[Path]:
    """The folders of interpreters in the clones of tools that install them."""
    homes = [at_home("~")]
    with suppress(KeyError):  # a user without an entry
        homes.append(Path(pwd.getpwuid(os.getuid()).pw_dir))
    given = [Path(root, Path(usual).name) for name, usual in _MANAGERS.items() if (root := os.environ.get(name))]
    return [folder.resolve() for folder in (*given, *(home / usual for home in homes for usual in _MANAGERS.values()))]


def _homes(interpreter: Interpreter) -> list[Path]:
    """The interpreters' folders that the pyvenv.cfg of an environment names, the environment's own first."""
    homes, prefix = list[Path](), interpreter.prefix
    while len(homes) < _MOST_HOMES and (read := read_plain(prefix / "pyvenv.cfg", _MOST_OF_CONFIG, follow=True)):
        named = re.search(r"(?mi)^\s*home\s*=\s*(.+?)\s*$", read[0].decode("utf-8", "replace"))
        if named is None:
            break
        homes.append(prefix / named[1])
        prefix = homes[-1].resolve().parent
    if read is None and os.path.lexists(prefix / "pyvenv.cfg"):
        raise ConfigurationError(
            f"{prefix / 'pyvenv.cfg'} cannot be read; name another interpreter by {option('python')}"
        )
    return homes


_MOST_OF_CONFIG = 1 << 16
"""Bytes of a pyvenv.cfg that is read."""
_MOST_HOMES = 40
"""Environments made of environments that are followed: as many as the kernel follows links."""


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
