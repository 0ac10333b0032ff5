"""Shared fixtures: one real jail for the whole session, and the components of a run around it."""

from __future__ import annotations

import fcntl
import functools
import gc
import os
import platform
import re
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["OPENBLAS_THREAD_TIMEOUT"] = "4"  # as in `strop`; before NumPy is imported, here and in other processes

import hypothesis
import pytest

from strop.base.budget import Budget, Grant
from strop.base.events import Event
from strop.core.completed_work import NOTHING, CompletedWork
from strop.core.handles import Host
from strop.core.improver import Improvement, improve
from strop.core.utility import TaskUtility
from strop.lm.base import LanguageModel, Request
from strop.lm.scripted import Scripted
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Instance, SecretSeeds, Task
from support.command_line import environment
from support.cpu_time import CpuTime
from support.failures import how_to_repeat
from support.records import RUNS, small_runs
from support.rows import NumberedSubtests

if TYPE_CHECKING:
    from support.small_targets.engine import Engine

# The time of an example depends more on the load of the machine than on the code.
for _profile, _examples in (("all", 100), ("test", 20), ("quick", 20)):
    hypothesis.settings.register_profile(_profile, deadline=None, max_examples=_examples, derandomize=_profile != "all")
hypothesis.settings.load_profile("all")

# A background job of a shell ignores Ctrl-C, and so would every process that the tests stop by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


gc.disable()  # until all tests are collected: a quarter of that time

CPU_TIME = pytest.StashKey[CpuTime]()
JAILS = {"jail", "runs"}
"""Fixtures that start processes."""
STARTERS = {
    "subprocess",
    "multiprocessing",
    "Popen",
    "run_here",
    "run_small",
    "run_process",
    "JailedSandbox",
    "Workspaces",
    "ForkServer",
    "PlainSandbox",
    "unconfined",
    "CommandModel",
    "numbers_in",
    "read_score",
    "jailed",
}
"""A test file that imports one of these names may start processes."""
IMPORTED = re.compile(r"^(?:from \S+ )?import (\([^)]*\)|.*)", re.MULTILINE)


@functools.cache
def _may_start_processes(path: Path) -> bool:
    """Whether every test of the file may start a process: it is no unit test, or it imports or marks what does."""
    if Path(__file__).parent / "unit" not in path.parents:
        return True
    text = path.read_text()
    names = {name for names in IMPORTED.findall(text) for name in re.findall(r"\w+", names)}
    return bool(STARTERS & names) or "\npytestmark = pytest.mark.process" in text


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import files for `make quick` of which it would run no test."""
    left_out = "not process" in config.option.markexpr and collection_path.suffix == ".py"
    return True if left_out and _may_start_processes(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that may start a process; `make quick` leaves them out."""
    for item in items:
        if _may_start_processes(item.path) or JAILS & {*getattr(item, "fixturenames", ())}:
            item.add_marker("process")


def pytest_collection_finish() -> None:
    """Collect garbage from here on, and not that of thousands of test items again and again."""
    gc.freeze()
    gc.enable()


_held = False
"""Whether the current test must not start a process: true in `make quick`."""


def _hold(event: str, arguments: object) -> None:
    if _held and event in ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"):
        raise AssertionError("this test starts a process: mark it with pytest.mark.process")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    global _held
    _held = "not process" in item.config.option.markexpr
    try:
        return (yield)  # type: ignore[misc]
    finally:
        _held = False


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Workers of `pytest -n auto`: two more than cores, because many tests wait for a process; those of `make quick` do not."""
    cores = len(os.sched_getaffinity(0))
    return cores if "not process" in config.option.markexpr else cores + 2


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Iterator[None]:
    """Begin the summary with what failed, the first one on top, and end it with the CPU time."""
    if failed := how_to_repeat(terminalreporter.stats):
        terminalreporter.write_sep("=", "what failed, and how to repeat each alone")
        terminalreporter.write_line("\n".join(failed))
    yield
    if CPU_TIME in config.stash:
        terminalreporter.write_line(config.stash[CPU_TIME].description())


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:  # its workers are below it
        config.stash[CPU_TIME] = CpuTime()
    if "not slow" in config.option.markexpr:
        hypothesis.settings.load_profile("test")
    if "not process" in config.option.markexpr:
        hypothesis.settings.load_profile("quick")
        platform.processor()  # starts a program, once; the headers of every HTTP client need the result
        sys.addaudithook(_hold)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--times",
        type=float,
        default=1.0,
        help="multiply the rules that speak of time: rows of times pass with 0.25 and 4",
    )


@pytest.fixture(scope="session", autouse=True)
def rules_of_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """The rules that say what is too short to measure, as on a machine that is slower or faster by the factor of `--times`."""
    factor = request.config.getoption("--times")
    if factor == 1.0:
        yield
        return
    from strop.evaluation import batch_planning
    from strop.watch import hot

    with pytest.MonkeyPatch.context() as patch:
        for module, name in (
            (batch_planning, "MESSAGES"),
            (batch_planning, "SHORT"),
            (hot, "SHORT"),
            (hot, "LEAST_SECONDS"),
        ):
            patch.setattr(module, name, factor * getattr(module, name))
        yield


@pytest.fixture(scope="session", autouse=True)
def own_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The key and the model of the commands in the tests: not the developer's."""
    own = environment(tmp_path_factory.mktemp("home"))
    os.environ |= {"XDG_DATA_HOME": own["XDG_DATA_HOME"], "STROP_MODEL": own["STROP_MODEL"]}


@pytest.fixture
def subtests(subtests: pytest.Subtests, request: pytest.FixtureRequest) -> NumberedSubtests:
    """Those of pytest, each with its number."""
    return NumberedSubtests(subtests, request.node)


@pytest.fixture(scope="session")
def jail() -> Iterator[JailedSandbox]:
    """The strongest jail that this machine allows. It requires no protection, so that the tests run on every Linux."""
    with JailedSandbox(solution_slots=2, improver_slots=4, require=frozenset()) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def engine(jail: JailedSandbox) -> Engine:
    """What measures small targets, with the jail of all tests."""
    from support.small_targets.engine import Engine  # here for the start-up time of `make quick`

    return Engine(jail)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Records of small offline runs by name. The workers of a session share them: do not change them."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "small-runs"
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "complete").exists():
            small_runs(root)
            (root / "complete").touch()
    return {name: root / name for name in RUNS}


SEED = "def algorithm(n):\n    return 0\n"
DOUBLE = "def algorithm(n):\n    return 2 * n\n"


def doubling(**changes: object) -> Task:
    """A task whose best solution doubles a number; `SEED` answers half of the instances right."""

    def sample(rng: object) -> dict[str, object]:
        return {"n": int(rng.integers(0, 2))}  # type: ignore[attr-defined]

    def score(instance: Instance, answer: object) -> float:
        return float(answer == 2 * instance["n"])

    settings: dict[str, object] = {
        "name": "doubling",
        "sample": sample,
        "score": score,
        "seed": SEED,
        "instances": 8,
        "test_instances": 8,
        **changes,
    }
    return Task(**settings)  # type: ignore[arg-type]


@dataclass
class Bench:
    """Runs one improvement at a time on the doubling task and records every event."""

    sandbox: JailedSandbox
    model: LanguageModel
    grant: Grant
    task: Task
    events: list[Event] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)
    past: CompletedWork = NOTHING

    def host(self) -> Host:
        return Host(self.sandbox, self.model, self.events.append, b"secret", past=self.past)

    def utility(self, split: str = "train") -> TaskUtility:
        where = self.sandbox, self.events.append, b"secret"
        return TaskUtility(self.task, split, SecretSeeds(b"secret"), *where, past=self.past)  # type: ignore[arg-type]

    def improve(self, improver: str) -> Improvement:
        at = self.budget.child("improve")
        return improve(improver, self.task.seed, self.utility(), self.grant, at, self.host())

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def bench(jail: JailedSandbox) -> Callable[..., Bench]:
    """Make a bench: `bench(answers=…, grant=…, <field of the task>=…)`; by default the model answers with a doubling program."""

    def make(
        answers: Callable[[Request], str] | list[str] | None = None, grant: Grant | None = None, **changes: object
    ) -> Bench:
        script = answers or (lambda request: f"Double it.\n```python\n{DOUBLE}```\n")
        return Bench(jail, Scripted(script), grant or Grant(), doubling(**changes))

    return make
