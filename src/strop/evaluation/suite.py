"""The user's own tests. Their command runs in a copy of the project. A test that does not fail for the original may not fail or
vanish.

The names of tests are those of pytest's JUnit file, which the variable PYTEST_ADDOPTS asks for. In that file a test of
which one part is skipped looks like one that is skipped altogether, so that both are guarded. A command that writes none is one
test: its exit status. The tests run beside the program, which could forge that file: they find mistakes, and no cheat.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from strop.base.environments import COPY
from strop.base.errors import ConfigurationError, SandboxError
from strop.base.failures import gist
from strop.base.later import dataclass
from strop.base.results import OtherTests
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.evaluation.base import Order
from strop.evaluation.commands.built_program import APART_MEMORY, limits_of, words_of
from strop.evaluation.commands.command_program import BUILD_SECONDS, with_pipes
from strop.evaluation.outcomes import STAND_IN
from strop.evaluation.pool import WorkerPool
from strop.evaluation.workers import JailedWorker
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree, Workspace
from strop.tasks.base import SecretSeeds
from strop.tasks.command.task import AnyTask
from strop.tasks.command.tree import listed
from strop.tasks.versions import differing

JUNIT = ".strop/tests.xml"
"""Where pytest writes its JUnit file, in the copy."""
_WITH_JUNIT = f'export PYTEST_ADDOPTS="${{PYTEST_ADDOPTS-}} --junitxml=$PWD/{JUNIT}"; rm -f {JUNIT}\n'
_MOST_JUNIT = 64 << 20
MOST_SECONDS = 600.0
"""Wall seconds that the tests may take on the original, unless a run of the command may take longer."""
_LEAST_SECONDS, _SLOWER = 60.0, 10.0
"""Wall seconds that tests may take on a candidate at least, and as a multiple of their time on the original. Tests that hang are
ended."""
_MOST_OUTPUT = 4000
"""Characters of the end of an output that are kept."""


@dataclass(frozen=True)
class SuiteRun:
    """One run of the tests."""

    passed: frozenset[str]
    skipped: frozenset[str]
    """Tests without a failure of which a part, or all, is skipped or fails as it is expected to."""
    failed: frozenset[str]
    is_ok: bool
    """Whether the command ended with exit status 0."""
    detail: str
    """How the command ended."""
    output: str
    """The end of what it printed."""
    seconds: float

    @property
    def unfailed(self) -> frozenset[str]:
        """The tests without a failure."""
        return self.passed | self.skipped


@dataclass(frozen=True, kw_only=True)
class OriginalSuite(OtherTests):
    """The result of two runs of the tests on the original."""

    passed: frozenset[str]
    """The tests that passed both times."""
    exits: bool
    """Whether the command ended with exit status 0 both times."""
    seconds: float
    """The longer time."""

    @property
    def sentence(self) -> str:
        """One sentence that says how many tests pass, and which do not and why."""
        return f"tests: {len(self.passed)} passed before{self.in_words}"


def on_original(pool: WorkerPool, task: AnyTask, root: Path) -> OriginalSuite:
    """Run the tests twice on the original, in the project in `root`.

    Raises:
        ConfigurationError: no test passes both times.
        SandboxError: the host failed.
    """
    one, other = _runs(pool, task, root, differing(root, task.files, is_version=True), most_seconds(task), times=2)
    suite = in_both(one, other)
    if not suite.passed:
        raise ConfigurationError(_why_none(task.test, other, has_skipped=bool(suite.skipped_names)))
    return suite


def in_both(one: SuiteRun, other: SuiteRun) -> OriginalSuite:
    """The result of two runs of the tests on the original: which pass, and why the others do not."""
    passed, unfailed = one.passed & other.passed, one.unfailed & other.unfailed
    either = one.unfailed | other.unfailed
    not_green, flaky, skipped = (
        tuple(sorted(names)) for names in ((one.failed | other.failed) - either, either - unfailed, unfailed - passed)
    )
    return OriginalSuite(
        passed=passed,
        not_green=len(not_green),
        flaky=len(flaky),
        not_green_names=not_green,
        flaky_names=flaky,
        skipped_names=skipped,
        exits=one.is_ok and other.is_ok,
        seconds=max(one.seconds, other.seconds),
    )


def _why_none(command: str, run: SuiteRun, *, has_skipped: bool) -> str:
    """That no test passes, why, and what the user can do."""
    errors = (line[1:].strip() for line in run.output.splitlines() if line.startswith("E  "))  # as pytest shows them
    first = next(errors, "") or gist(run.output)
    without = " without a skip" if has_skipped else ""
    has_names = "pytest" in command or _one_line(command) not in run.failed
    names = "" if has_names else ", or run the tests by pytest, so that each test that passes counts"
    return (
        f"{option('test')}: no test passes for the original{without}: {command!r:.200} ended with {run.detail}"
        f"{f' ({escape(first, 300)})' if first else ''}; let it pass in a copy of the project, without a network{names}; name "
        f"the interpreter that has what it imports by {option('python')}, or leave {option('test')} out"
    )


def on_candidate(pool: WorkerPool, task: AnyTask, root: Path, files: Mapping[str, str], seconds: float) -> SuiteRun:
    """Run the tests once on the project in `root` with `files` in place of its own; files that are ABSENT are left out. `seconds`
    is the time that the tests took on the original. Raises SandboxError if the host failed."""
    (run,) = _runs(pool, task, root, files, min(most_seconds(task), candidate_seconds(seconds)))
    return run


def failing(
    run: SuiteRun, passed: Iterable[str], skipped: Iterable[str], *, exits: bool, command: str
) -> tuple[str, ...]:
    """The tests that the original passes and the run does not, and those that the original skips and the run fails or lacks. If
    there are none, but the command fails as it did not before, the command."""
    fails = tuple(sorted((set(passed) - run.passed) | (set(skipped) - run.unfailed)))
    return fails or ((_one_line(command),) if exits and not run.is_ok else ())


def candidate_seconds(seconds: float) -> float:
    """Wall seconds that a candidate may take where the original took `seconds`."""
    return max(_LEAST_SECONDS, _SLOWER * seconds)


def most_seconds(task: AnyTask) -> float:
    """Wall seconds that the tests may take on the original."""
    return max(MOST_SECONDS, task.time_limit)


def _runs(
    pool: WorkerPool, task: AnyTask, root: Path, files: Mapping[str, str], seconds: float, times: int = 1
) -> list[SuiteRun]:
    order = Order("tests", task.seed, task.name, "train", SecretSeeds(b""), b"")
    return pool.run(partial(run_suite, order=order, root=root, files=files, seconds=seconds, times=times))


def run_suite(
    worker: JailedWorker, *, order: Order, root: Path, files: Mapping[str, str], seconds: float, times: int
) -> list[SuiteRun]:
    """Run the tests of a task in a copy of `root`, `times` times from the same state. Raises SandboxError if the host failed."""
    task, runs = worker.tasks[order.task], list[SuiteRun]()
    tree, environment = project_tree(task, root, files)
    limits = CommandLimits(
        wall_seconds=seconds,
        cpu_seconds=seconds * (os.cpu_count() or 1),
        memory_bytes=max(task.memory_limit, APART_MEMORY),
    )
    with worker.workspaces_of(task).open(tree) as workspace:
        if task.root is not None and task.build:
            built = workspace.run(with_pipes(task.build), limits_of(task, BUILD_SECONDS), environment=environment)
            if not built.ok:
                return [_run_of(task.test, built, {})] * times
        for _ in range(times):
            if not workspace.clear():
                raise SandboxError("the files that the build left cannot be copied for the tests")
            ran = workspace.run(_WITH_JUNIT + with_pipes(task.test), limits, environment=environment)
            runs.append(_run_of(task.test, ran, _outcomes(workspace, root)))
    return runs


def project_tree(task: AnyTask, root: Path, files: Mapping[str, str]) -> tuple[Tree, Mapping[str, str]]:
    """The tree that the user's commands get a copy of, and the variables of their environment."""
    python = () if task.interpreter is None else (task.interpreter.prefix,)
    if task.root is not None:
        return Tree(root, files, (*python, *task.tools), left_out=task.compiled()), task.environment
    assert task.mark is not None
    path = [os.path.normpath(Path(COPY, folder)) for folder in task.mark.roots]
    tools = [*python, *task.mark.tools]
    if not any(task.mark.interpreter.prefix.glob("lib*/python*/site-packages/strop/__init__.py")):
        path, tools = [*path, str(STAND_IN)], [*tools, STAND_IN]  # a module may have its mark
    return Tree(root, files, tools, only=listed(root, task.mark.named, modules=True)), {"PYTHONPATH": ":".join(path)}


def _run_of(command: str, ran: Ran, outcomes: Mapping[str, bool | None]) -> SuiteRun:
    results = outcomes or {_one_line(command): ran.ok}
    passed, skipped, failed = (
        frozenset(name for name, passes in results.items() if passes is which) for which in (True, None, False)
    )
    return SuiteRun(passed, skipped, failed, ran.ok, ran.detail, words_of(ran)[-_MOST_OUTPUT:], ran.wall_seconds)


def _outcomes(workspace: Workspace, root: Path) -> dict[str, bool | None]:
    """Test → whether it passed, None if it did not fail and a part was skipped. Empty if there is no JUnit file that can be
    read."""
    text = (workspace.read(JUNIT, _MOST_JUNIT) or b"").decode("utf-8", "replace")
    # Entities are declared before the root; without them, no document can expand.
    if not text or "<!" in text.replace("<![CDATA[", ""):
        return {}
    try:
        cases = [*ElementTree.fromstring(text).iter("testcase")]
    except (ElementTree.ParseError, ValueError, RecursionError):
        return {}
    # A report may have several entries for one test: it can pass and then fail in its teardown.
    kinds = defaultdict[str, set[str]](set)
    for case in cases:
        kinds[_named(case.get("classname", ""), case.get("name", ""), root)].update(child.tag for child in case)
    return {
        name: False if tags & {"failure", "error"} else None if "skipped" in tags else True
        for name, tags in kinds.items()
    }


def _named(classname: str, name: str, root: Path) -> str:
    """The name of a test as pytest's command line takes it, `tests/test_x.py::TestX::test_y`, if its file is in the project."""
    parts = classname.split(".")
    for end in range(len(parts), 0, -1):
        if "/" not in classname and (root / (path := "/".join(parts[:end]) + ".py")).is_file():
            return _one_line("::".join([path, *parts[end:], name]))
    return _one_line(f"{classname}::{name}".removeprefix("::"))


def _one_line(text: str) -> str:
    return " ".join(text.split())
