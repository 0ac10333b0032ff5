"""The benchmarks of a suite, in a jail: list them, try one, and hold one ready so that it can be called again and again.

Stand-alone, under Python 3.9 or newer. As a program, it writes what it finds beside itself, as JSON.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import pickle
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

ENOUGH_SECONDS, MOST_CALLS = 0.002, 10_000
"""Seconds of CPU time that one measured call of a benchmark takes at least: a shorter benchmark is repeated in it. How often at
most."""
WARM_SECONDS = 0.05
MOST_SECONDS = 60
"""Wall seconds in which a benchmark must be set up and called."""
_KINDS = {"calls": re.compile(r"Time[A-Z_].+|time_.+"), "memory": re.compile(r"PeakMem[A-Z_].+|peakmem_.+")}
"""What is measured of a benchmark of asv → the names of such benchmarks."""
CHUNK_SECONDS = 30
"""Wall seconds after which no further benchmark is tried in one process."""
_MOST_WORDS = 60
_TOOL = 4
"""The number of the tool for `sys.monitoring`: one that no debugger, profiler or coverage has."""
_held: list[Any] = []
"""What must live as long as the process: what a test of pytest holds open."""


class LeftOut(Exception):
    """The benchmark says itself that it does not apply."""


def round_of(rng: Any) -> dict[str, int]:
    """The argument of a call, which only tells it from others."""
    return {"round": int(rng.integers(1 << 60))}


def repeated(call: Callable[[], object], calls: int) -> str:
    """Make so many calls. Returns no answer: a benchmark has none."""
    for _ in range(calls):
        call()
    return "ran"


def held(kind: str, folder: str, file: str, name: str, number: int) -> Callable[[], object]:
    """A benchmark that is set up, as a function that calls it once.

    Raises:
        LeftOut: it says that it does not apply.
    """
    return _of_pytest(file, name) if kind == "pytest" else _of_asv(folder, file, name, number)


def _of_asv(folder: str, file: str, name: str, number: int) -> Callable[[], object]:
    module = _module(folder, file)
    owner, _, own = name.rpartition(".")
    holder = getattr(module, owner)() if owner else module
    function = getattr(holder, own)
    parameters = _parameters(holder, function)[number]
    if cache := getattr(function, "setup_cache", None if holder is module else getattr(holder, "setup_cache", None)):
        parameters = (pickle.loads(pickle.dumps(cache())), *parameters)
    of_module = [] if holder is module else [getattr(module, "setup", None)]
    setups = [one for one in (*of_module, getattr(holder, "setup", None), getattr(function, "setup", None)) if one]

    def set_up() -> None:
        for one in setups:
            one(*parameters)

    def with_setup() -> object:
        set_up()
        return function(*parameters)

    try:
        set_up()
    except NotImplementedError as error:
        raise LeftOut from error
    if setups and getattr(function, "number", getattr(holder, "number", 0)) == 1:
        return with_setup
    return lambda: function(*parameters)


def _module(folder: str, file: str) -> Any:
    """A module of asv's folder of benchmarks, which is a package."""
    above = os.path.dirname(os.path.abspath(folder))
    if above not in sys.path:
        sys.path.insert(0, above)
    return importlib.import_module(os.path.relpath(os.path.abspath(file), above)[: -len(".py")].replace(os.sep, "."))


def _parameters(holder: Any, function: Any) -> list[tuple[Any, ...]]:
    """The parameters of each run of a benchmark."""
    given = list(getattr(function, "params", getattr(holder, "params", ())))
    return list(
        itertools.product(*(given if given and isinstance(given[0], (list, tuple)) else [given] if given else []))
    )


def _of_pytest(file: str, name: str) -> Callable[[], object]:
    import pytest
    from _pytest.runner import SetupState
    from pytest_benchmark.fixture import BenchmarkFixture

    setup_state: Any = SetupState
    fixture_class: Any = BenchmarkFixture
    found: list[Callable[[], object]] = []
    skipped: list[bool] = []

    def hold(call: Callable[[], object]) -> None:
        """Leave the test here, with its fixtures as they are."""
        found.append(call)
        setup_state.teardown_exact = lambda *of_nothing: None
        pytest.exit("the benchmark is held")

    def benchmark(fixture: Any, function: Any, *args: Any, **kwargs: Any) -> None:
        hold(lambda: function(*args, **kwargs))

    def pedantic(
        fixture: Any, target: Any, args: Any = (), kwargs: Any = None, setup: Any = None, **others: Any
    ) -> None:
        def with_setup() -> object:
            positional, named = setup() or (args, kwargs)
            return target(*positional, **(named or {}))

        hold(with_setup if setup is not None else lambda: target(*args, **(kwargs or {})))

    class Held:
        def pytest_sessionstart(self, session: Any) -> None:
            _held.append(session)

        def pytest_runtest_logreport(self, report: Any) -> None:
            skipped.append(report.skipped)

    fixture_class.__call__, fixture_class.pedantic = benchmark, pedantic
    pytest.main([f"{file}::{name}", "-q", "-x", "-p", "no:cacheprovider"], plugins=[Held()])
    if not found and any(skipped):
        raise LeftOut
    if not found:
        raise RuntimeError("the test ended before its benchmark began")
    return found[0]


def listed(kind: str, folder: str, files: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The benchmarks of these files. What cannot be loaded has a `reason`."""
    for file in files if kind == "asv" else ():
        try:
            yield from _in_module(folder, file)
        except BaseException as error:
            yield {"file": file, "name": "", "reason": _in_words(error)}
    if kind == "pytest":
        yield from _collected(files)


def _in_module(folder: str, file: str) -> Iterator[dict[str, Any]]:
    module = _module(folder, file)
    holders = [("", module)] + [
        (f"{name}.", one)
        for name, one in vars(module).items()
        if isinstance(one, type) and one.__module__ == module.__name__ and not name.startswith("_")
    ]
    for before, holder in holders:
        for name in dir(holder) if before else vars(module):
            kind = next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(name)), "")
            function = getattr(holder, name, None)
            if not (kind and callable(function)) or isinstance(function, type):
                continue
            for number, values in enumerate(_parameters(holder, function)):
                words = f"({', '.join(_word(value) for value in values)})" if values else ""
                yield {"file": file, "name": f"{before}{name}", "number": number, "words": words, "kind": kind}


def _collected(files: Sequence[str]) -> list[dict[str, Any]]:
    import pytest

    found: list[dict[str, Any]] = []

    class Collecting:
        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                lines = str(report.longrepr).strip().splitlines() or [""]
                found.append({"file": report.nodeid, "name": "", "reason": lines[-1]})

        def pytest_collection_finish(self, session: Any) -> None:
            for item in session.items:
                if "benchmark" in getattr(item, "fixturenames", ()):
                    file, _, name = item.nodeid.partition("::")
                    file = os.path.relpath(str(item.path))
                    found.append({"file": file, "name": name, "number": 0, "words": "", "kind": "calls"})

    pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *files], plugins=[Collecting()])
    return found


def tried(kind: str, folder: str, file: str, name: str, number: int) -> dict[str, Any]:
    """How often the benchmark is to be called for one measured call, the functions of the tree that it enters, and the files
    there that it opens; or why it cannot be called."""
    watch = _Watch(os.getcwd() + os.sep)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(MOST_SECONDS)
    try:
        with watch:
            call = held(kind, folder, file, name, number)
            began = time.process_time()
            call()
        seconds, calls = time.process_time() - began, 1
        if seconds < WARM_SECONDS:  # the first call is slower than others, and watched
            began, calls = time.process_time(), 0
        while calls == 0 or (seconds < WARM_SECONDS and calls < MOST_CALLS):
            call()
            calls += 1
            seconds = time.process_time() - began
        enough = min(max(int(ENOUGH_SECONDS * calls / max(seconds, 1e-9)), 1), MOST_CALLS)
        return {"calls": enough, "entered": sorted(watch.entered), "opened": sorted(watch.opened), "all": watch.more}
    except LeftOut:
        return {"left_out": True}
    except BaseException as error:
        return {"reason": _in_words(error)}
    finally:
        signal.alarm(0)


def _too_long(number: int, frame: Any) -> None:
    raise TimeoutError(f"it takes longer than {MOST_SECONDS} s")


class _Watch:
    """Sees which functions of a folder are entered, and which of its files are opened."""

    watching: ClassVar[list[_Watch]] = []
    """The latest is the last one: a hook of the audit cannot be removed."""

    def __init__(self, root: str) -> None:
        self._root = root
        self.entered: set[tuple[str, int]] = set()
        """Path from the root, and first line, of each function that was entered."""
        self.opened: set[str] = set()
        self.more = False
        """Whether another process was started, in which nobody sees anything."""

    def __enter__(self) -> None:
        if not _Watch.watching:
            sys.addaudithook(_Watch.heard)
        _Watch.watching.append(self)
        monitoring = getattr(sys, "monitoring", None)
        if monitoring is None:  # before Python 3.12
            threading.setprofile(self._called)
            sys.setprofile(self._called)
            return
        monitoring.use_tool_id(_TOOL, "strop")
        monitoring.register_callback(_TOOL, monitoring.events.PY_START, self._started)
        monitoring.set_events(_TOOL, monitoring.events.PY_START)

    def __exit__(self, *of_error: object) -> None:
        monitoring = getattr(sys, "monitoring", None)
        if monitoring is None:
            sys.setprofile(None)
            threading.setprofile(None)
            return
        monitoring.free_tool_id(_TOOL)
        monitoring.restart_events()

    def _called(self, frame: Any, event: str, argument: object) -> None:
        if event == "call":
            self._started(frame.f_code)

    def _started(self, code: Any, *place: int) -> Any:
        """Called for each function; under `sys.monitoring` once for each."""
        if code.co_name != "<module>" and code.co_filename.startswith(self._root):
            self.entered.add((code.co_filename[len(self._root) :], code.co_firstlineno))
        return sys.monitoring.DISABLE if place else None  # type: ignore[attr-defined]

    @staticmethod
    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        watch = _Watch.watching[-1]
        if event in ("subprocess.Popen", "os.fork", "os.exec", "os.posix_spawn", "os.system"):
            watch.more = True
        elif event == "open" and isinstance(arguments[0], str):
            path = os.path.abspath(arguments[0])
            if path.startswith(watch._root):
                watch.opened.add(path[len(watch._root) :])


def _word(value: Any) -> str:
    words = value.__name__ if hasattr(value, "__name__") else repr(value)
    return words if len(words) <= _MOST_WORDS else f"{words[:_MOST_WORDS]}…"


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:400]


def main(question: str, kind: str = "", folder: str = "", *arguments: str) -> None:
    """Answer a question of strop's, in a file beside this one, a line for each answer."""
    if question == "run":
        file, name, number = arguments
        held(kind, folder, file, name, int(number))()
        print("ran")
        return
    here = os.path.dirname(os.path.abspath(__file__))
    answers = listed(kind, folder, arguments)
    if question == "try":
        with open(os.path.join(here, "asked.json")) as asked:
            began, places = time.monotonic(), json.load(asked)
        in_time = itertools.takewhile(lambda place: time.monotonic() - began < CHUNK_SECONDS, places)
        answers = (tried(*place) for place in in_time)
    with open(os.path.join(here, "found.json"), "w") as written:
        for answer in answers:
            written.write(json.dumps(answer) + "\n")
            written.flush()


if __name__ == "__main__":
    import strop_scenarios

    sys.path.insert(0, os.getcwd())
    strop_scenarios.main(*sys.argv[1:])
