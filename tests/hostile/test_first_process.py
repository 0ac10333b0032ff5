"""Code of the user's folder that would run where a tree's guests come from: nothing of it ever has a capability."""

from __future__ import annotations

import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostile.evaluators import LOAD, SQUARE
from hostile.outcomes import Apart
from hostile.test_evaluators_apart import apart, workspaces
from strop.base.errors import ConfigurationError
from support.tiers import slow_unless

__all__ = ["apart", "workspaces"]
pytestmark = [pytest.mark.process, pytest.mark.heavy]
MARK = """
import builtins
with open("/proc/self/status") as status:
    rights = [line.split()[1] for line in status if line.startswith(("CapEff", "CapPrm"))]
builtins.MARKS = [*getattr(builtins, "MARKS", []), *rights]
"""
"""Leaves the capabilities of its process, for those that are forked from it, too."""
TELLS = (
    LOAD + "import builtins\ntry: import hooked\nexcept ImportError: pass\ndef evaluate(path):\n    load(path).f(3.0)\n"
)
TELLS += "    marks = [int(each, 16) for each in getattr(builtins, 'MARKS', [])]\n"
TELLS += "    return {'score': 1.0, 'marks': len(marks), 'rights': sum(map(bool, marks))}\n"
PACKAGES = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
BESIDE = ("types", "linecache", "encodings", "signal", "socket", "site", "sitecustomize", "usercustomize", "numpy")


@pytest.fixture
def environment() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # what is below /tmp is never imported before the fork
        Path(folder).chmod(0o755)
        venv.create(f"{folder}/venv", symlinks=True)
        yield Path(folder, "venv")


def rights(apart: Apart, **options: object) -> tuple[float, float]:
    """How many marks there are, and in how many of them a capability is."""
    run = apart.learnt(SQUARE, TELLS, metric=["score:max"], require_metric=["marks>=0", "rights>=0"], **options)
    found = [run(f"{SQUARE}# {number}\n") for number in range(2)]
    assert all(each.values for each in found), found
    return max(each.values["marks"] for each in found), max(each.values["rights"] for each in found)


def test_modules_beside_an_evaluator_run_in_no_process_with_rights(apart: Apart) -> None:
    for name in BESIDE:
        (apart.folder / f"{name}.py").write_text(MARK)
    assert rights(apart)[1] == 0


def test_interpreter_that_is_a_file_of_the_folder_is_refused(apart: Apart) -> None:
    (apart.folder / "env/bin").mkdir(parents=True)
    (apart.folder / "env/bin/python").write_text("#!/bin/sh\n")
    with pytest.raises(ConfigurationError, match="bin/python is a file of the folder, and would start with rights"):
        apart.task(SQUARE, TELLS, python=str(apart.folder / "env"))


@pytest.mark.parametrize(
    "name", slow_unless(lambda name: name == "hooks.pth", ["sitecustomize.py", "hooks.pth", "hooked.py", "variables"])
)
def test_hooks_and_modules_of_an_environment_run_in_no_process_with_rights(
    apart: Apart, environment: Path, name: str
) -> None:
    text = "import hooked\n" if name == "hooks.pth" else MARK
    (environment / PACKAGES / name).write_text(text)
    (environment / PACKAGES / "hooked.py").write_text(MARK)
    variables = {"PYTHONPATH": f"/copy/{PACKAGES}"} if name == "variables" else {}
    (apart.folder / PACKAGES).mkdir(parents=True)
    (apart.folder / PACKAGES / "sitecustomize.py").write_text(MARK)
    marks, capable = rights(apart, python=str(environment), environment=variables)
    assert (marks > 0, capable) == (True, 0)
