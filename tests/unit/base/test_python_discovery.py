"""Which Python runs the user's code, and what is refused: nothing of it is started to find out."""

# ruff: noqa: E501

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

import pytest

from strop.base.errors import ConfigurationError
from strop.base.python_discovery import Interpreter, interpreter_of, recorded_interpreter
from support.rows import table

pytestmark = pytest.mark.process
Row: TypeAlias = tuple[str, str, dict[str, str], str]
"""What a shell makes in a folder, what is named, variables, and what is said; `{}` is the folder."""
MADE = r"""
installed() { mkdir -p $1/bin $1/lib/$2; touch $1/lib/$2/os.py; printf '\177ELF' > $1/bin/$2; chmod +x $1/bin/$2; ln -s $2 $1/bin/python; }
venv() { mkdir -p $1/bin; touch $1/pyvenv.cfg; ln -s $PWD/$2 $1/bin/python; }
installed opt python3.12; installed old python3.8; venv env opt/bin/python3.12; mkdir -p proj/sub; touch proj/pyproject.toml
"""
BESIDE = "venv proj/.venv opt/bin/python3.12; "
HOSTILE = f"{BESIDE}cd proj/.venv/bin; rm python; "
IS_BESIDE, OWN = "Python 3.12 of .venv beside pyproject.toml", f"Python {sys.version_info[0]}.{sys.version_info[1]} of"
RULE: dict[str, Row] = {
    "beside pyproject.toml": (BESIDE, "", {}, IS_BESIDE),
    "named, whatever is beside": (BESIDE, "env", {}, "Python 3.12 of {}/env, named by python"),
    "named by its file": ("", "opt/bin/python3.12", {}, "Python 3.12 of {}/opt/bin/python3.12, named by python"),
    "beside, whatever is active": (BESIDE, "", {"VIRTUAL_ENV": "{}/env"}, IS_BESIDE),
    "active": ("", "", {"VIRTUAL_ENV": "{}/env"}, "Python 3.12 of the active environment {}/env"),
    "active, of conda": ("", "", {"CONDA_PREFIX": "{}/opt"}, "Python 3.12 of the active environment {}/opt"),
    "active inside of conda": ("", "", {"CONDA_PREFIX": "{}/opt", "VIRTUAL_ENV": sys.prefix}, f"{OWN} the active environment {sys.prefix}"),
    "not of an outer project": (f"{BESIDE}touch proj/sub/pyproject.toml", "", {}, f"{OWN} strop's own environment"),
    "not by PATH": ("", "", {"PATH": "{}/env/bin:/usr/bin:/bin"}, f"{OWN} strop's own environment"),
    "strop's own, beside": (f"ln -s {sys.prefix} proj/.venv", "", {}, f"{OWN} .venv beside pyproject.toml"),
}  # fmt: skip
REFUSED: dict[str, Row] = {
    "nowhere": ("", "nowhere", {}, "there is no Python at {}/nowhere; name another interpreter, or a virtual environment of one, by python"),
    "at the top": ("", "/nowhere", {}, "there is no Python at /nowhere; "),
    "active and gone": ("", "", {"VIRTUAL_ENV": "{}/gone"}, "there is no Python at {}/gone; "),
    "dangling": (f"{HOSTILE}ln -s gone python", "", {}, "there is no Python at {}/proj/.venv; "),
    "script": (f"{HOSTILE}printf '#!/bin/sh' > python; chmod +x python", "", {}, "{}/proj/.venv/bin/python is no Python interpreter; "),
    "another program": (f"{HOSTILE}ln -s /bin/sh python", "", {}, "sh is no Python interpreter; "),
    "a file of the user's": (f"echo secret > key; {HOSTILE}ln -s ../../../key python", "", {}, "{}/key is no Python interpreter; "),
    "pipe": (f"mkfifo -m 777 python3; {HOSTILE}ln -s ../../../python3 python", "", {}, "there is no Python at {}/proj/.venv; "),
    "no library": ("mkdir bin; cp opt/bin/python3.12 bin", "bin/python3.12", {}, "{}/bin/python3.12 is no Python interpreter; "),
    "old": ("", "old/bin/python", {}, "{}/old/bin/python is Python 3.8, and 3.9 is the oldest that works; "),
    "old, of a file that says otherwise": (
        "venv proj/.venv old/bin/python3.8; mkdir -p proj/.venv/lib/python3.12; printf 'home = /usr/bin\nversion = 3.12.1\n' > proj/.venv/pyvenv.cfg", "", {},
        "{}/proj/.venv/bin/python is Python 3.8, and 3.9 is the oldest that works; ",
    ),
    "link out of the project": ("ln -s ../env proj/.venv", "", {}, "{}/proj/.venv leads out of its project (if you trust it, name it yourself)"),
    "no environment": (f"{BESIDE}rm proj/.venv/pyvenv.cfg", "", {}, "{}/proj/.venv leads out of its project (if you trust it, name it yourself)"),
    "environment of another user": (f"{BESIDE}chown 4321 proj/.venv", "", {}, "{}/proj/.venv has files of another user (if you trust them, name it yourself)"),
    "link of another user": (f"{BESIDE}chown -h 4321 proj/.venv/bin/python", "", {}, "{}/proj/.venv has files of another user (if you trust them, name it yourself)"),
    "interpreter of another user": (f"{BESIDE}chown 4321 opt/bin/*", "", {}, "{}/proj/.venv has files of another user (if you trust them, name it yourself)"),
}  # fmt: skip


def discovered(folder: Path, row: Row, given: pytest.MonkeyPatch) -> Interpreter:
    """The interpreter for a file of a project."""
    subprocess.run(["sh", "-euc", MADE + row[0]], cwd=folder, check=True)
    for name, value in {"VIRTUAL_ENV": "", "CONDA_PREFIX": "", "PATH": os.environ["PATH"], **row[2]}.items():
        given.setenv(name, value.format(folder))
    return interpreter_of(folder / "proj/sub/p.py", row[1] and str(folder / row[1]))


@table("row", RULE.values(), RULE)
def test_interpreter_is_the_first_of_the_rule(tmp_path: Path, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    assert discovered(tmp_path, row, monkeypatch).words == row[3].format(tmp_path)


@table("row", [row for row in REFUSED.values() if "chown" not in row[0] or os.geteuid() == 0])
def test_what_is_no_python_too_old_or_not_its_users_is_refused(
    tmp_path: Path, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=f"{re.escape(row[3].format(tmp_path))}[^\\n]*$"):
        discovered(tmp_path, row, monkeypatch)


def test_interpreter_of_a_record_is_the_same_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = discovered(tmp_path, RULE["beside pyproject.toml"], monkeypatch)
    assert recorded_interpreter(asdict(kept)) == kept
    for target in ("/nowhere", tmp_path / "old/bin/python3.8"):
        subprocess.run(["ln", "-sf", target, kept.path], check=True)
        with pytest.raises(ConfigurationError, match=f"{kept.path} no longer leads to {kept.real} "):
            recorded_interpreter(asdict(kept))
    with pytest.raises(ValueError, match="real"):
        recorded_interpreter({"path": "/usr/bin/python3"})
