"""Code of the user's folder that would run where a tree's guests come from: it has no capability, no descriptor but its own, and
a process id that tells nothing."""

from __future__ import annotations

import ast
import sys
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hostile.evaluators import LOAD, SQUARE
from hostile.outcomes import Apart
from hostile.test_evaluators_apart import apart, workspaces
from strop.base.errors import ConfigurationError, GuestLost
from strop.sandbox.base import GuestProgram, Limits, Returned
from strop.sandbox.tree_guests import TreePlan
from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces
from support.tiers import slow_unless
from support.trees import written

__all__ = ["apart", "workspaces"]
pytestmark = [pytest.mark.process, pytest.mark.heavy]
MARK = """
import builtins, os
def mark():
    with open("/proc/self/status") as status:
        rights = [line.split()[1] for line in status if line.startswith(("CapEff", "CapPrm"))]
    try:
        os.memfd_create("refused")  # the host must hear of it already
    except OSError:
        pass
    opened = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            opened[int(number)] = os.readlink("/proc/self/fd/" + number)
        except OSError:
            pass  # of the list itself
    own = {0: "/dev/null", 1: "/tmp/#", 2: "/tmp/#", 3: "pipe:", 4: "pipe:", 5: "socket:"}
    others = [what for number, what in sorted(opened.items())
              if not what.startswith(own.get(number, "none of its own")) and not what.endswith(".pth")]
    return [rights, others, os.getpid()]
builtins.MARKS = [*getattr(builtins, "MARKS", []), mark()]
"""
"""Leaves the capabilities of its process, its descriptors but a guest's own, and its id, for those that are forked from it, too.
The file of a hook is open while its lines run."""
TELLS = (
    LOAD
    + """
import builtins, threading
try: import hooked
except ImportError: pass
def evaluate(path):
    marks, program = list(getattr(builtins, "MARKS", [])), load(path)
    # Three processes of the program, in one room: none answers before all were asked.
    threads = [threading.Thread(target=lambda number=number: marks.extend(program.marks(number))) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rights = [int(each, 16) for rights, _, _ in marks for each in rights]
    return {"score": 1.0, "marks": len(marks), "rights": sum(map(bool, rights)),
            "others": sum(len(others) for _, others, _ in marks), "pids": len({pid for _, _, pid in marks})}
"""
)
MARKED = """
import builtins, os, time
def marks(number):
    open(f"/tmp/asked{number}", "w").close()
    while not all(os.path.exists(f"/tmp/asked{each}") for each in range(3)):
        time.sleep(0.01)
    return list(getattr(builtins, "MARKS", []))
"""
PACKAGES = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
BESIDE = ("types", "linecache", "encodings", "signal", "socket", "site", "sitecustomize", "usercustomize", "numpy")


@pytest.fixture
def environment() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # what is below /tmp is never imported before the fork
        Path(folder).chmod(0o755)
        venv.create(f"{folder}/venv", symlinks=True)
        yield Path(folder, "venv")


NOTHING = {"rights": 0, "others": 0, "pids": 1}


def found(apart: Apart, program: str = MARKED, **options: object) -> dict[str, float]:
    """How many marks there are, in how many of them a capability is, other descriptors, and how many process ids; the most."""
    names = ("marks", "rights", "others", "pids")
    run = apart.learnt(MARKED, TELLS, metric=["score:max"], require_metric=[f"{name}>=0" for name in names], **options)
    runs = [run(f"{program}# {number}\n") for number in range(2)]
    assert all(each.values for each in runs), runs
    return {name: max(each.values[name] for each in runs) for name in names}


def test_modules_beside_an_evaluator_run_in_no_process_with_rights(apart: Apart) -> None:
    written(apart.folder, dict.fromkeys((f"{name}.py" for name in BESIDE), MARK))
    assert found(apart)["rights"] == 0


def test_interpreter_that_is_a_file_of_the_folder_is_refused_until_it_is_named(apart: Apart) -> None:
    own = {".venv/bin/python3.12": "\x7fELF", ".venv/lib/python3.12/os.py": "", ".venv/pyvenv.cfg": ""}
    written(apart.folder, {**own, "pyproject.toml": ""})
    (apart.folder / ".venv/bin/python3.12").chmod(0o755)
    (apart.folder / ".venv/bin/python").symlink_to("python3.12")
    for folder in (apart.folder, apart.folder / "below"):
        with pytest.raises(ConfigurationError, match=r"python3\.12, a file of .*, which would start with rights"):
            replace(apart, folder=folder).task(SQUARE, TELLS)
    assert apart.task(SQUARE, TELLS, python=str(apart.folder / ".venv")).interpreter is not None


@pytest.mark.parametrize(
    "name", slow_unless(lambda name: name == "hooks.pth", ["sitecustomize.py", "hooks.pth", "hooked.py", "variables"])
)
def test_hooks_and_modules_of_an_environment_find_no_rights_and_no_descriptors_but_their_own(
    apart: Apart, environment: Path, name: str
) -> None:
    text = "import hooked\n" if name == "hooks.pth" else MARK
    written(environment / PACKAGES, {name: text, "hooked.py": MARK})
    variables = {"PYTHONPATH": f"/copy/{PACKAGES}"} if name == "variables" else {}
    written(apart.folder / PACKAGES, {"sitecustomize.py": MARK})
    marks = found(apart, python=str(environment), environment=variables)
    assert marks["marks"] > 0 and marks == {"marks": marks["marks"], **NOTHING}


HOOK = """
import os
os.makedirs(os.path.dirname("/copy/src/PLACE"), exist_ok=True)
with open("/copy/src/PLACE", "w") as file:
    file.write(TEXT)
"""


PLACES = [
    (by, place) for by in ("a program", "the folder") for place in ("sitecustomize.py", "sitecustomize/__init__.py")
]


@pytest.mark.parametrize(("by", "place"), slow_unless(lambda *row: row == PLACES[0], PLACES))
def test_hooks_of_source_folders_find_no_rights_and_no_descriptors_but_their_own(
    apart: Apart, by: str, place: str
) -> None:
    written(apart.folder, {"src/pkg/helper.py": "X = 1\n"})
    if by == "the folder":
        (apart.folder / "src" / place).parent.mkdir(exist_ok=True)
        (apart.folder / "src" / place).write_text(MARK)
    hook = HOOK.replace("PLACE", place).replace("TEXT", repr(MARK))
    marks = found(apart, hook + MARKED if by == "a program" else MARKED, environment={"PYTHONPATH": "src"})
    assert marks == {"marks": {"the folder": 4, "a program": 2}[by], **NOTHING}


def test_hooks_of_a_build_and_a_test_find_no_rights_and_no_descriptors_but_their_own(
    workspaces: Workspaces, environment: Path, tmp_path: Path
) -> None:
    own = MARK.replace("/tmp/#", "socket:", 1).replace("/tmp/#", "pipe:").replace("3:", "-3:").replace("4:", "-4:")
    written(environment / PACKAGES, {"hooks.pth": "import hooked\n", "hooked.py": own})
    written(tmp_path, {"src/sitecustomize.py": own})
    tell = f"PYTHONPATH=src {environment}/bin/python -c 'import builtins; print(builtins.MARKS)'"
    with workspaces.open(Tree(tmp_path, {}, [environment])) as workspace:
        told = [workspace.run(tell, CommandLimits()).output for _ in ("a build", "a test", "its judge")]
    marks = ast.literal_eval(told[0])
    assert len(marks) == 2 and set(told) == set(told[:1])
    assert all((set(rights), others) == ({"0" * 16}, []) for rights, others, _ in marks)


def test_first_process_imports_of_what_guests_name_only_modules_that_do_nothing(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    names = ("json.tool", "unittest.__main__", "antigravity", "this", "os/path", "../json", "", "of_nobody")
    slot = workspaces.slot([TreePlan(Tree(tmp_path, {}), sys.executable, 1 << 30)])
    try:
        (server,) = slot.servers()
        server.preload(names)
        server.begin()
        server.ready()
        loaded = GuestProgram(
            "import sys\ndef loaded(names):\n    return [n for n in names if n in sys.modules]\n", "loaded"
        )
        with server.open(loaded, Limits(), {"environment": {}, "cpu_seconds": 5.0}) as guest:
            outcome = guest.call([list(names)], seed=None)
        server.finish()
    finally:
        slot.renew()
        slot.close()
    assert isinstance(outcome, Returned) and outcome.value == ["json.tool"]


def test_hook_that_ends_its_process_is_named(apart: Apart) -> None:
    written(apart.folder, {"src/sitecustomize.py": "import os\nos._exit(1)\n"})
    with pytest.raises(GuestLost, match="a process ended as it entered the environment; see its sitecustomize"):
        found(apart, environment={"PYTHONPATH": "src"})
