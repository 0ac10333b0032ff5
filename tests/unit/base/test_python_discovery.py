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
from strop.base.python_discovery import Interpreter, check_outside, interpreter_of, recorded_interpreter
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

COPIED = "installed opt2 python3.12; mkdir -p {0}; rm -rf {0}/.venv; cp -r opt2 {0}/.venv; printf 'home = /usr/bin' > {0}/.venv/pyvenv.cfg; "
"""What a shell makes for an environment with an interpreter of its own, as `python -m venv --copies` does."""
TREE, PROJECT = "the outermost folder with a .git", "the outermost folder with a pyproject.toml"
AROUND = "the outermost folder around your code"
BROUGHT: dict[str, tuple[str, dict[str, str], str]] = {
    "copied in the project": (COPIED.format("proj"), {}, f"{{0}}/proj/.venv/bin/python3.12, a file of {{0}}/proj ({AROUND})"),
    "beside the project, and no mark around both": ("mkdir repo; mv proj opt repo; ln -s repo/proj; cd repo; venv proj/.venv opt/bin/python3.12", {}, f"{{0}}/repo/opt/bin/python3.12, a file of {{0}}/repo ({AROUND})"),
    "beside the project, in its work tree": ("mkdir repo; mv proj opt repo; mkdir repo/.git; ln -s repo/proj; cd repo; venv proj/.venv opt/bin/python3.12", {}, f"{{0}}/repo/opt/bin/python3.12, a file of {{0}}/repo ({TREE})"),
    "beside the project, in a larger project": ("mkdir repo; mv proj opt repo; touch repo/pyproject.toml; ln -s repo/proj; cd repo; venv proj/.venv opt/bin/python3.12", {}, f"{{0}}/repo/opt/bin/python3.12, a file of {{0}}/repo ({AROUND})"),
    "links through links": ("mkdir repo; mv proj opt repo; mkdir repo/.git; ln -s repo/proj; cd repo; mkdir a b; ln -s ../opt/bin/python3.12 a/../b/python3; ln -s $PWD/b/../b/python3 a/python3; venv proj/.venv a/python3", {}, f"{{0}}/repo/opt/bin/python3.12, a file of {{0}}/repo ({TREE})"),
    "a link through /proc": ("mkdir -p proj/tools; mv opt proj/tools; mkdir -p proj/.venv/bin; touch proj/.venv/pyvenv.cfg; ln -s /proc/self/root$PWD/proj/tools/opt/bin/python3.12 proj/.venv/bin/python", {}, f"{{0}}/proj/tools/opt/bin/python3.12, a file of {{0}}/proj ({AROUND})"),
    "a hard link": (f"{BESIDE}rm proj/.venv/bin/python; ln opt/bin/python3.12 proj/.venv/bin/python3.12; ln -s python3.12 proj/.venv/bin/python", {}, f"{{0}}/proj/.venv/bin/python3.12, a file of {{0}}/proj ({AROUND})"),
    "in a nested work tree": ("mkdir repo; mv proj opt repo; mkdir repo/.git repo/proj/.git; ln -s repo/proj; cd repo; venv proj/.venv opt/bin/python3.12", {}, f"{{0}}/repo/opt/bin/python3.12, a file of {{0}}/repo ({TREE})"),
    "in a submodule": ("mkdir repo; mv proj opt repo; mkdir repo/.git; touch repo/proj/.git; ln -s repo/proj; cd repo; venv proj/.venv opt/bin/python3.12", {}, f"{{0}}/repo/opt/bin/python3.12, a file of {{0}}/repo ({TREE})"),
    "in a worktree of git": ("touch proj/.git; mkdir proj/tools; mv opt proj/tools; venv proj/.venv proj/tools/opt/bin/python3.12", {}, f"{{0}}/proj/tools/opt/bin/python3.12, a file of {{0}}/proj ({TREE})"),
    "in a second clone": ("mkdir other other/.git; mv opt other; venv proj/.venv other/opt/bin/python3.12", {}, f"{{0}}/other/opt/bin/python3.12, a file of {{0}}/other ({TREE})"),
    "in a second project": ("mkdir other; touch other/pyproject.toml; mv opt other; venv proj/.venv other/opt/bin/python3.12", {}, f"{{0}}/other/opt/bin/python3.12, a file of {{0}}/other ({PROJECT})"),
    "active, beside code that no mark surrounds": ("rm proj/pyproject.toml; installed mine python3.12", {"VIRTUAL_ENV": "{}/mine", "HOME": "/nowhere"}, "{0}/mine/bin/python3.12, a file of /tmp"),
    "beside a clone, in one archive": ("mkdir pack; mv proj opt pack; mkdir pack/proj/.git; ln -s pack/proj; cd pack; venv proj/.venv opt/bin/python3.12", {}, f"{{0}}/pack/opt/bin/python3.12, a file of {{0}}/pack ({AROUND})"),
    "beside a clone, where anybody may write": ("mkdir proj/.git; installed mine python3.12", {"VIRTUAL_ENV": "{}/mine", "HOME": "/nowhere"}, "{0}/mine/bin/python3.12, a file of /tmp"),
    "active": ("mkdir proj/.git; mv opt proj", {"VIRTUAL_ENV": "{}/proj/opt"}, f"{{0}}/proj/opt/bin/python3.12, a file of {{0}}/proj ({TREE})"),
    "by its home": (f"{BESIDE}mkdir .git2; printf 'home = {{0}}/proj/bin\nversion = 3.12.1\n' > proj/.venv/pyvenv.cfg; mkdir proj/bin", {}, f"{{0}}/proj/bin, a file of {{0}}/proj ({AROUND})"),
    "by the home of its home": (f"{BESIDE}printf 'HOME=../../env/bin' > proj/.venv/pyvenv.cfg; printf 'home = {{0}}/proj/bin' > env/pyvenv.cfg; mkdir proj/bin", {}, f"{{0}}/proj/bin, a file of {{0}}/proj ({AROUND})"),
    "in a clone below the folder of pyenv": ("mkdir -p pyenv/.git pyenv/plugins; mv opt pyenv/plugins; venv proj/.venv pyenv/plugins/opt/bin/python3.12", {"PYENV_ROOT": "{}/pyenv"}, f"{{0}}/pyenv/plugins/opt/bin/python3.12, a file of {{0}}/pyenv ({TREE})"),
    "in a folder of pyenv that came with the clone": ("mkdir -p proj/.git proj/pyenv/versions; mv opt proj/pyenv/versions; venv proj/.venv proj/pyenv/versions/opt/bin/python3.12", {"PYENV_ROOT": "{}/proj/pyenv"}, f"{{0}}/proj/pyenv/versions/opt/bin/python3.12, a file of {{0}}/proj ({TREE})"),
}  # fmt: skip
"""What a shell makes, variables, and what is said of an interpreter that may have come with a clone."""
OUTSIDE: dict[str, tuple[str, dict[str, str]]] = {
    "a .venv of links in a work tree": (f"mkdir proj/.git; {BESIDE}", {}),
    "made from another environment": ("mkdir proj/.git; venv proj/.venv env/bin/python; printf 'home = %s/env/bin' $PWD > proj/.venv/pyvenv.cfg", {}),
    "of uv": ("mkdir -p proj/.git home/.local/share/uv/python; mv opt home/.local/share/uv/python/cpython-3.12; venv proj/.venv home/.local/share/uv/python/cpython-3.12/bin/python3.12", {}),
    "of conda": ("mkdir -p proj/.git home/miniconda3/envs; mv opt home/miniconda3/envs/work", {"CONDA_PREFIX": "{}/home/miniconda3/envs/work"}),
    "of poetry": ("mkdir -p proj/.git home/.cache/pypoetry/virtualenvs; mv env home/.cache/pypoetry/virtualenvs/proj-x-py3.12", {"VIRTUAL_ENV": "{}/home/.cache/pypoetry/virtualenvs/proj-x-py3.12"}),
    "of pyenv, a clone": ("mkdir -p proj/.git home/.pyenv/.git home/.pyenv/versions; mv opt home/.pyenv/versions/3.12.1; venv proj/.venv home/.pyenv/versions/3.12.1/bin/python3.12", {}),
    "of pyenv elsewhere": ("mkdir -p proj/.git pyenv/.git pyenv/versions; mv opt pyenv/versions/3.12.1; venv proj/.venv pyenv/versions/3.12.1/bin/python3.12", {"PYENV_ROOT": "{}/pyenv"}),
    "of asdf, a clone": ("mkdir -p proj/.git home/.asdf/.git home/.asdf/installs/python; mv opt home/.asdf/installs/python/3.12.1; venv proj/.venv home/.asdf/installs/python/3.12.1/bin/python3.12", {}),
    "of strop itself": ("mkdir proj/.git", {}),
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


def found_beside(folder: Path, made: str, variables: dict[str, str], given: pytest.MonkeyPatch) -> Interpreter:
    """The interpreter for a file of a project, where strop was started in the folder around the project."""
    given.setenv("HOME", str(folder / "home"))
    given.chdir(folder)
    for name in ("PYENV_ROOT", "ASDF_DATA_DIR"):
        given.delenv(name, raising=False)
    return discovered(folder, (made.replace("{0}", str(folder)), "", variables, ""), given)


@table("row", BROUGHT.values(), BROUGHT)
def test_interpreter_that_may_have_come_with_a_clone_is_refused_until_it_is_named(
    tmp_path: Path, row: tuple[str, dict[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = found_beside(tmp_path, row[0], row[1], monkeypatch)
    target = tmp_path / "proj/sub/p.py"
    with pytest.raises(ConfigurationError, match=f"leads to {re.escape(row[2].format(tmp_path))}[^\\n]*$") as refused:
        check_outside(interpreter, target)
    assert "name it by python" in str(refused.value)
    check_outside(interpreter_of(target, interpreter.path), target)


@table("row", OUTSIDE.values(), OUTSIDE)
def test_interpreter_that_no_clone_brought_needs_no_option(
    tmp_path: Path, row: tuple[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    check_outside(found_beside(tmp_path, *row, monkeypatch), tmp_path / "proj/sub/p.py")
