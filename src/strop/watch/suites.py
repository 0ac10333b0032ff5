"""What a benchmark suite is, and the files that make its scenarios targets of `strop compare`.

A suite is a file or folder: of asv, of tests that use the fixture `benchmark` of pytest-benchmark, or of scripts. Benchmarks of
the first two become functions of a file that strop writes. Scripts are commands.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from strop.base.errors import ConfigurationError
from strop.base.events import ScenarioFound
from strop.base.later import dataclass
from strop.base.terminal_text import escape
from strop.tasks.command.bundle import ABSENT
from strop.watch.hot import functions_of

GUEST = "strop_scenarios"
"""The module that finds and holds benchmarks, in the jail."""
FUNCTION = "scenario"
"""The function in a file that makes a benchmark a target."""
ASKED, FOUND = "asked.json", "found.json"
"""The files in which it is asked, and answers."""
UNTOUCHED = "it runs nothing that differs"
MOST_SCENARIOS = 20_000
_SCRIPTS = {".py": "python", ".sh": "sh"}
_USES = re.compile(r"def test\w*\([^)]*\bbenchmark\b")
_FOLDER = re.compile(r'^(?:(?!//).)*"benchmark_dir"\s*:\s*"([^"]+)"', re.MULTILINE)
_MODULE = """\
import strop
import {guest}

call = {guest}.held({place})


@strop.improve_me(name={name!r}, score="time", sample={guest}.round_of, fixed_input=True, time_limit=60, memory_limit=4 << 30)
def {function}(round):
    return {guest}.repeated(call, {calls})
"""
"""The file of a benchmark whose calls are measured."""


@dataclass(frozen=True)
class Suite:
    """The files of a suite."""

    kind: Literal["asv", "pytest", "commands"]
    folder: str
    """The folder of its benchmarks; of asv, a package."""
    files: tuple[str, ...]
    named: str = ""
    """A part of the names of the scenarios that are wanted; empty for all."""
    given: str = ""
    """`PATH` or `PATH::PART` as a path from the project's top."""

    @property
    def asked(self) -> str:
        """The command that lists its benchmarks in the jail."""
        return shlex.join(["python", "-m", GUEST, "list", self.kind, self.folder, *self.files])


def guest_text() -> str:
    """The text of the module that runs in the jail."""
    return (Path(__file__).parent / "inside" / f"{GUEST}.py").read_text("utf-8")


def suite_of(given: str, root: Path) -> Suite:
    """The suite that `PATH` or `PATH::PART` names: PART is in the names of the scenarios that are wanted.

    Raises:
        ConfigurationError: it is outside of the folder `root`, or holds no benchmark.
    """
    path, _, named = given.partition("::")
    real = (root / path).resolve()
    if not real.exists() or not real.is_relative_to(root.resolve()):
        raise ConfigurationError(f"--suite: there is no file or folder {path} in {root}")
    suite = _of_asv(real, root.resolve()) or _of_pytest(real, root.resolve()) or _of_scripts(real, root.resolve())
    if not suite.files:
        raise ConfigurationError(
            f"--suite: {path} holds no asv.conf.json, no test with the fixture benchmark, and no script (*.py, *.sh)"
        )
    return replace(suite, named=named, given=f"{real.relative_to(root.resolve())}::{named}".removesuffix("::"))


def _of_asv(path: Path, root: Path) -> Suite | None:
    for above in (path, *path.parents):
        config = above if above.name == "asv.conf.json" else above / "asv.conf.json"
        if config.is_file():
            match = _FOLDER.search(config.read_text("utf-8", "replace"))
            folder = (config.parent / (match[1] if match else "benchmarks")).resolve()
            if not folder.is_relative_to(root) or not (
                path in (config, *folder.parents) or path.is_relative_to(folder)
            ):
                return None
            files = [path] if path.is_file() and path != config else sorted(folder.rglob("*.py"))
            modules = [file for file in files if not file.name.startswith((".", "_"))]
            return Suite("asv", str(folder.relative_to(root)), _below(modules, root))
        if above == root:
            break
    return None


def _of_pytest(path: Path, root: Path) -> Suite | None:
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    tests = [file for file in files if file.suffix == ".py" and _USES.search(file.read_text("utf-8", "replace"))]
    return Suite("pytest", ".", _below(tests, root)) if tests else None


def _of_scripts(path: Path, root: Path) -> Suite:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    scripts = [one for one in files if one.suffix in _SCRIPTS and one.is_file() and not one.name.startswith((".", "_"))]
    return Suite("commands", ".", _below(scripts, root))


def _below(files: Iterable[Path], root: Path) -> tuple[str, ...]:
    return tuple(str(file.relative_to(root)) for file in files)


def commands_of(suite: Suite, commands: Sequence[str] = ()) -> list[ScenarioFound]:
    """The scenarios of a suite of scripts, and of commands of the user's."""
    scripts = [f"{_SCRIPTS[Path(file).suffix]} {shlex.quote(file)}" for file in suite.files]
    texts = [text for text in (*scripts, *commands) if suite.named in text]
    return [ScenarioFound(scope="", name=text, kind="command", run=text, count=0) for text in texts]


def found_in(suite: Suite, answer: bytes | None) -> list[ScenarioFound]:
    """The scenarios that the guest lists, which may say anything."""
    found = []
    for row in rows_of(answer):
        file, name, number = str(row.get("file", "")), str(row.get("name", "")), row.get("number")
        number = number if type(number) is int else 0
        reason, kind = escape(str(row.get("reason", "")), 400), "memory" if row.get("kind") == "memory" else "calls"
        words = f"{file}::{name}" if suite.kind == "pytest" else f"{Path(file).stem}.{name}{row.get('words', '')}"
        words = escape(words if name else file, 200)
        run = shlex.join([suite.kind, suite.folder, file, name, str(number)])
        if suite.named in words:
            found.append(ScenarioFound(scope="", name=words, kind=kind, run=run, count=0, reason=reason))
    return found


def rows_of(answer: bytes | None) -> list[Mapping[str, Any]]:
    """The lines that the guest wrote, as far as they are answers."""
    rows = list[Mapping[str, Any]]()
    for line in (answer or b"").splitlines()[:MOST_SCENARIOS]:
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
            rows += [row] if isinstance(row, dict) else []
    return rows


def with_trial(found: ScenarioFound, row: Mapping[str, Any], doubt: Doubt) -> ScenarioFound:
    """A scenario with what trying it showed: how many calls one measured call makes; why it cannot be measured; or that it does
    not apply, or runs nothing that differs."""
    calls, reason = row.get("calls"), escape(str(row.get("reason", "")), 400)
    if row.get("left_out"):
        return replace(found, applies=False)
    if not reason and not doubt.is_of(row):
        return replace(found, applies=False, reason=UNTOUCHED)
    return replace(found, calls=calls if type(calls) is int and 0 < calls <= 1_000_000 else 1, reason=reason)


@dataclass(frozen=True)
class Doubt:
    """What differs between two versions, by which a scenario may take another time."""

    everything: bool
    """Whether more differs than functions, so that any scenario may."""
    lines: Mapping[str, Sequence[tuple[int, int]]]
    """Path → first and last line, in the original, of each function that differs."""
    read: frozenset[str]
    """The files that are no Python."""

    def is_of(self, row: Mapping[str, Any]) -> bool:
        """Whether a scenario enters or reads something that differs, by the answer of the guest."""
        entered, opened = row.get("entered"), row.get("opened")
        if self.everything or row.get("all") or not (isinstance(entered, list) and isinstance(opened, list)):
            return True
        if not self.read.isdisjoint(map(str, opened)):
            return True
        if any(type(one) is not list or [*map(type, one)] != [str, int] for one in entered):
            return True
        return any(first <= line <= last for path, line in entered for first, last in self.lines.get(path, ()))


def doubt_of(before: Mapping[str, str], after: Mapping[str, str]) -> Doubt:
    """What differs between two versions of some files, path → text.

    A new function that nothing named before runs only where a function that differs calls it.
    """
    lines, read, everything = dict[str, list[tuple[int, int]]](), set[str](), False
    for path, text in before.items():
        if not path.endswith(".py"):
            read.add(path)
            continue
        old, new = functions_of(text), functions_of(after[path])
        added = [name for name in new.keys() - old.keys() if "<locals>" not in name]
        named = any("." in name or re.search(rf"\b{re.escape(name)}\b", text) for name in added)
        everything = everything or named or ABSENT in (text, after[path]) or _rest(text) != _rest(after[path])
        lines[path] = [(first, last) for name, (first, last, own) in old.items() if own != new.get(name, (0, 0, ""))[2]]
    return Doubt(everything, lines, frozenset(read))


def _rest(text: str) -> list[str]:
    """The lines of a file outside of its functions, without comments and empty ones."""
    lines = text.splitlines()
    for first, last, _ in functions_of(text).values():
        lines[first - 1 : last] = [""] * (last - first + 1)
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def place_of(found: ScenarioFound) -> list[str | int]:
    """Where a benchmark is: the arguments of `held` of the guest."""
    *place, number = shlex.split(found.run)
    return [*place, int(number)]


def module_of(found: ScenarioFound) -> str:
    """The text of the file that makes a benchmark a marked function."""
    where = ", ".join(map(repr, place_of(found)))
    return _MODULE.format(guest=GUEST, place=where, name=FUNCTION, function=FUNCTION, calls=found.calls)
