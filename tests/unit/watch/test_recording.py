"""Calls of a function that are recorded while a command runs."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from strop.base.errors import ConfigurationError
from strop.evaluation.outcomes import STAND_IN
from strop.sandbox import strop_plain_data as plain_data
from strop.tasks.function.calls import RecordedCalls
from strop.watch.record import record
from strop.watch.watched import _FOLDERS, Process, Watched
from support.rows import table

pytestmark = pytest.mark.process

SANDBOX = Path(plain_data.__file__).parent
PYTHONS = [
    python
    for name in ("python3.9", "python3.10", "python3.12", "python3.13")
    for python in (Path("/usr/bin", name), *Path.home().glob(f".pyenv/versions/*/bin/{name}"))
    if python.is_file()
]
REPLAY = f"""
import importlib.util, pickle, sys
sys.path[:0] = [{str(STAND_IN)!r}, {str(SANDBOX)!r}, {str(SANDBOX / "guest")!r}]
import strop_plain_data, user_module, calling, by_name, strop_behaviour
from operator import attrgetter
sys.modules["strop_user_module"] = user_module
user_module.bring(sys.argv[1])
function = attrgetter(sys.argv[2])(importlib.import_module("lib"))
for place in sys.argv[3:]:
    given = pickle.load(open(place, "rb"))
    positional, named = by_name.bound(function, given)
    try:
        values = [function(*positional, **named)]
    except Exception as error:
        values = [strop_behaviour.CallRaised(error)]
    kinds = calling.finished(values, strop_behaviour.CallRaised)
    values, kinds, after = strop_behaviour.take_batch("answers and arguments", 1, True, [given], values, kinds)
    answer = strop_plain_data.encode([kinds[0] if kinds else "", values[0], after[0]], subclasses=True)
    open(place, "wb").write(answer)
"""
"""Opens arguments in another process and makes the calls, as a guest does."""


class Recorded(NamedTuple):
    calls: RecordedCalls
    python: str
    note: str

    @property
    def arguments(self) -> list[dict[str, Any]]:
        return [pickle.loads(call.arguments) for call in self.calls.calls]

    @property
    def outcomes(self) -> list[Any]:
        return [plain_data.decode(call.outcome) for call in self.calls.calls]


def recorded(
    folder: Path, module: str, program: str, name: str = "work", command: str = "", file: str = "lib.py"
) -> Recorded:
    """What is recorded of `name` of the file `lib.py` while `app.py` runs."""
    (folder / "lib.py").write_text(textwrap.dedent(module))
    (folder / "app.py").write_text(textwrap.dedent(program))
    command = f"cd {folder} && {command or f'{sys.executable} app.py'}"
    return Recorded(*record(command, folder / file, name, "lib", folder))


def come_back(found: Recorded, folder: Path, name: str = "work") -> bool:
    """Whether every call has the recorded outcome in another process."""
    import cloudpickle

    places = [folder / f"call{number}" for number in range(len(found.calls.calls))]
    for place, call in zip(places, found.calls.calls, strict=True):
        place.write_bytes(call.arguments)
    package = str(Path(cloudpickle.__file__).parent)
    subprocess.run([sys.executable, "-c", REPLAY, package, name, *map(str, places)], cwd=folder, check=True)
    return [place.read_bytes() for place in places] == [call.outcome for call in found.calls.calls]


CLASS = """
    import functools
    class Base:
        def grown(self, n):
            return n + 1
    class Kept(Base):
        size = 3
        def __init__(self):
            self.seen = []
        @property
        def total(self):
            return len(self.seen)
        @staticmethod
        def fixed(n):
            return n
        @classmethod
        def made(cls, n):
            return [cls.size, n]
        def grown(self, n):
            self.seen.append(n)
            return super().grown(n)
        class Inner:
            def work(self, n):
                return n
    @functools.lru_cache
    def cached(n):
        return n * 2
    def work(n, *more, flag=False, **named):
        return [n, more, flag, named]
    def deep(n):
        return n and 1 + deep(n - 1)
"""


@table(
    ("name", "program", "arguments"),
    [
        ("Kept.total", "k = Kept(); k.total", [["self"]]),
        ("Kept.fixed", "Kept.fixed(1); Kept().fixed(2)", [["n"], ["n"]]),
        ("Kept.made", "Kept.made(1)", [["cls", "n"]]),
        ("Kept.grown", "k = Kept(); k.grown(1); k.grown(2)", [["self", "n"]] * 2),
        ("Kept.__init__", "Kept()", [["self"]]),
        ("Kept.Inner.work", "Kept.Inner().work(4)", [["self", "n"]]),
        ("cached", "cached(1); cached(1); cached(2)", [["n"]] * 2),
        (
            "work",
            "work(1); work(1, 2, 3, flag=True, other=5); work(n=2)",
            [["n"], ["n", "*more", "flag", "other"], ["n"]],
        ),
        ("deep", "deep(600); deep(3)", [["n"]] * 2),
    ],
)
def test_call_of_each_kind_of_function_is_recorded_by_the_names_of_its_parameters(
    name: str, program: str, arguments: list[list[str]], tmp_path: Path
) -> None:
    found = recorded(tmp_path, CLASS, f"from lib import *\n{program}", name)
    assert [[*call.shown] for call in found.calls.calls] == arguments
    assert found.calls.made == len(arguments) and not found.calls.left_out


OBJECTS = """
    import collections, sys
    from typing import Generic, TypeVar
    T = TypeVar("T")
    class Token(str):
        pass
    KEYWORD = Token("keyword")
    MISSING = object()
    class Absent:
        pass
    ABSENT = Absent()
    class Rules(Generic[T]):
        def __init__(self, held): self.held, self.kind, self.absent = held, dict[str, int], ABSENT
    def same(rules, missing):
        return [rules.held is KEYWORD, rules.held == KEYWORD, missing is MISSING, rules.absent is ABSENT]
    class Grammar:
        def __init__(self):
            self.module, self.rule = sys, lambda text: text.upper()
            self.names, self.again = {"b", "a"}, []
            self.again.append(self)
    class Failed(ValueError):
        def __init__(self, text, where):
            super().__init__(text)
            self.where = where
    Point = collections.namedtuple("Point", "x y")
    def work(grammar, texts, at=None):
        texts.append(grammar.rule(texts[0]))
        if len(texts) > 3:
            raise Failed("too many", texts) from KeyError()
        return Point(grammar, len(texts))
    async def later(n):
        import asyncio
        await asyncio.sleep(0)
        if n > 2:
            raise OSError(n, "large")
        return [n]
"""


@table(
    ("name", "program"),
    [
        (
            "same",
            "for held in (KEYWORD, Token('other'), 3): same(Rules[int](held), MISSING if held != 3 else object())",
        ),
        ("work", "g = Grammar()\nfor n in range(1, 5): work(g, ['a'] * n, Point(n, 2))"),
        (
            "later",
            "import asyncio\nfor n in range(3): asyncio.run(later(n))\ntry: asyncio.run(later(3))\nexcept OSError: pass",
        ),
    ],
)
def test_recorded_outcome_comes_back_in_another_process(name: str, program: str, tmp_path: Path) -> None:
    whole = f"from lib import *\ntry:\n{textwrap.indent(program, ' ')}\nexcept Failed: pass"
    found = recorded(tmp_path, OBJECTS, whole, name)
    assert len(found.calls.calls) > 2 and come_back(found, tmp_path, name)
    if name == "same":
        assert [each[1][1] for each in found.outcomes] == [
            [True, True, True, True],
            [False, False, True, True],
            [False, False, False, True],
        ]
    else:
        assert any("raised" in each[1] for each in found.outcomes if isinstance(each[1], list))


@table(
    "body",
    [
        "for n in range(3): work([Item(n), Item(2)], Item.grown)",
        "one, two = Grown(), Number(2)\n    for n in range(3): work([Item(n), Item(two)], one)",
        "import multiprocessing as m; m.set_start_method('spawn'); pool = m.Pool(1); "
        "pool.starmap(work, [([Item(n)], Item.grown) for n in range(3)]); pool.close(); pool.join()",
    ],
)
def test_class_of_the_program_itself_travels_by_the_name_of_its_module(body: str, tmp_path: Path) -> None:
    program = """
        from dataclasses import dataclass
        @dataclass
        class Item:
            size: int
            def grown(self): return Item(self.size + 1)
        class Grown:
            def __call__(self, item): return item.grown()
        class Number(int): pass
        def work(items, how):
            return [how(each).grown() for each in items]
        if __name__ == "__main__":
    """
    found = recorded(tmp_path, f"{textwrap.dedent(program)}    {body}", "", command=f"{sys.executable} lib.py")
    assert len(found.calls.calls) == 3 and come_back(found, tmp_path)
    assert "lib.Item" in repr(found.outcomes) and "__main__" not in repr(found.outcomes)
    assert b"__main__" not in found.calls.calls[0].arguments


def test_class_of_a_program_travels_as_code_to_another_module(tmp_path: Path) -> None:
    program = """
        import lib
        class Item:
            def __init__(self, size): self.size = size
            def grown(self): return helper(self.size)
        def helper(size): return Item(size + 1)
        for n in range(3):
            lib.work(Item(n), helper)
    """
    found = recorded(tmp_path, "def work(item, how): return [item.grown(), how(2)]", program)
    assert len(found.calls.calls) == 3 and come_back(found, tmp_path)


def test_generator_is_recorded_if_it_is_read_to_its_end(tmp_path: Path) -> None:
    module = """
        import contextlib
        def work(n):
            yield n
            yield from range(n)
            return n if n == 8 else None
        @contextlib.contextmanager
        def held(n):
            yield n
    """
    program = """
        from lib import work, held
        def whole(n): return (yield from work(n))
        assert list(whole(2)) == [2, 0, 1]
        next(work(3)); g = work(4); next(g); g.send(1); list(g)
        list(work(8)); g = work(5); next(g)
        try: g.throw(KeyError)
        except KeyError: pass
        with held(6): pass
        try:
            with held(7): raise OSError
        except OSError: pass
    """
    found = recorded(tmp_path, module, program)
    assert found.outcomes == [["a generator", [2, 0, 1], {"n": 2}]] and found.calls.made == 5
    unread = {"was not read to its end": 1, "is sent to": 1, "is thrown into": 1}
    assert found.calls.left_out == {**unread, "returns a value at its end": 1}
    held = recorded(tmp_path, module, program, "held")
    assert held.arguments == [{"n": 6}] and held.calls.left_out == {"is thrown into": 1}


YIELDING = """
    import enum
    Color = enum.Enum("Color", "RED")
    class Item:
        def __init__(self, held): self.held = held
    class Failed(Exception): pass
    def plain(given):
        yield from [1, "a", None, 0.5, (1, "a"), (1, (2, [3])), {"a": [given[0]]}, bytearray(b"c"), range(3), [True]]
        yield from [{1, 2}, b"", 1]
    def nothing(given): yield from ()
    def objects(given):
        yield from [1, (2, float("nan")), Item([1]), Color.RED, Color.RED, Item, Item]
    def shares(given):
        inner = [[1], Item(given)]
        yield from [inner, inner[0], (1, inner[1]), given, 2**70]
    def changes(given):
        given.append([4])
        yield from [1, given[0], [5]]
        given.append(6)
    def raises(given):
        yield given
        yield (held := [1])
        raise Failed(held, given, [2]) from KeyError([])
    def ends(given):
        yield 1
        raise SystemExit(3)
    def work(how, given): yield from globals()[how](given)
"""


def test_what_a_generator_yielded_comes_back_in_another_process_whatever_its_reader_does(tmp_path: Path) -> None:
    program = """
        from lib import *
        import itertools
        for how in ("plain", "nothing", "objects", "shares", "changes", "raises", "ends"):
            try:
                for item in work(how, [[1], 2]):
                    if type(item) in (list, dict) and how != "changes" and len(item) < 2: item.clear()
            except (Failed, SystemExit): pass
        list(itertools.chain(work("objects", [3]), work("plain", [4]))); list(zip(work("objects", [5]), work("plain", [6])))
    """
    found = recorded(tmp_path, YIELDING, program)
    kinds = [outcome[0] for outcome in found.outcomes]
    of_objects = "a generator of objects"
    assert kinds[:7] == ["a generator", "a generator", of_objects, of_objects, "a generator", *["an exception"] * 2]
    assert len(kinds) == 10 and come_back(found, tmp_path) and found.calls.left_out == {"was not read to its end": 1}
    assert found.outcomes[4][1][1] == [1, ["list", [1]], ["list", [5]]]


PROGRAMS = """
    import asyncio, inspect, lib, pickle, threading, traceback
    assert inspect.iscoroutinefunction(lib.later) and inspect.isgeneratorfunction(lib.items)
    assert str(inspect.signature(lib.work)) == "(n, *, last=None)" and lib.work.__doc__ == "says"
    assert inspect.getfullargspec(lib.mixed) == inspect.getfullargspec(lambda a, b=1, *c, d=2, e, **f: 0)
    assert lib.mixed.__defaults__ == (1,) and lib.mixed.__kwdefaults__ == {"d": 2} and lib.mixed.__code__.co_argcount == 2
    assert pickle.loads(pickle.dumps(lib.work)) is lib.work and lib.work.__qualname__ == "work"
    assert lib.work(3, last=4) == [3, 4] and lib.deep(800) == 800
    try: lib.work()
    except TypeError as error: print(error)
    async def both(): return await asyncio.gather(lib.later(1), lib.later(2))
    print(lib.mixed(1, e=2), lib.mixed(1, 2, 3, 4, e=5, a=6, d=2), lib.mixed(1, 1, e=1))
    print(asyncio.run(both()), list(lib.items(3)), lib.Made.new(1), lib.Made[2])
    try: lib.deep(10**9)
    except RecursionError: print("deep")
    class Sub(lib.Made): pass
    async def ended():
        task = asyncio.ensure_future(lib.later(10)); await asyncio.sleep(0); task.cancel()
        try: await task
        except asyncio.CancelledError: print("cancelled")
    asyncio.run(ended())
    raise SystemExit(lib.work(7)[0])
"""
MODULE = """
    import asyncio
    def work(n, *, last=None):
        "says"
        return [n, last]
    def mixed(a, /, b=1, *c, d=2, e, **f): return a, b, c, d, e, f
    def deep(n): return n and 1 + deep(n - 1)
    async def later(n):
        await asyncio.sleep(0 if n < 9 else 60)
        return n
    def items(n): yield from range(n)
    class Made:
        def __init_subclass__(cls): print("sub", cls.__name__)
        def __class_getitem__(cls, n): return [n]
        def __new__(cls, n): return [cls.__name__, n]
        new = classmethod(lambda cls, n: cls(n))
"""


@table(
    "name",
    ["work", "mixed", "deep", "later", "items", "Made.__new__", "Made.__init_subclass__", "Made.__class_getitem__"],
)
def test_program_does_what_it_does_without_the_recorder(name: str, tmp_path: Path) -> None:
    here = {"cwd": tmp_path, "capture_output": True, "text": True}
    command = f"{sys.executable} app.py >{tmp_path}/said 2>&1"
    with suppress(ConfigurationError):  # of a method that is called on subclasses alone
        found = recorded(tmp_path, MODULE, PROGRAMS, name, command)
        assert found.note.startswith("the command failed (it ended with status 7)")
    alone: Any = subprocess.run([sys.executable, "app.py"], **here)  # type: ignore[call-overload]
    assert (tmp_path / "said").read_text() == alone.stdout + alone.stderr and alone.returncode == 7


RESISTING = """
    import sys, threading, lib
    def fails(*given): raise RuntimeError("asked")
    def recurses(self): return self.__reduce__()
    class Unequal: __eq__ = __hash__ = __bool__ = __len__ = __iter__ = __repr__ = __str__ = __getattr__ = fails
    class Hidden: __getattribute__ = fails
    class Kind(type): __getattribute__ = __instancecheck__ = __subclasscheck__ = fails
    class OfKind(metaclass=Kind): pass
    class Classless: __class__ = property(fails)
    class Table(dict): items = keys = values = __iter__ = __len__ = __getitem__ = fails
    class Text(str): __str__ = __len__ = __hash__ = __eq__ = fails
    class Broken: __reduce__ = fails
    class Deep: __reduce__ = recurses
    class Endless:
        def __reduce__(self): return Endless, (), {"next": Endless()}
    class Exits:
        def __reduce__(self): sys.exit(3)
    class Ends:
        def __reduce__(self): raise GeneratorExit
    nested = []
    for _ in range(10**5): nested = [nested]
    loop = []
    loop.append(loop)
    given = [
        *(each() for each in (Unequal, Hidden, OfKind, Classless, Broken, Deep, Endless, Exits, Ends)), Table(a=1), Text("a"),
        OfKind, nested, loop, sys._getframe(), sys.stdout, threading.Lock(), bytes(40 << 20), 10**9999, "\\ud800",
        {(): 1, None: 2}, [[each] for each in range(500_000)], memoryview(b"a"), ..., type("X", (), {})(), range(10**18),
    ]
    given = given[::-1] if "-r" in sys.argv else given
    print([lib.work(each) is each for each in given].count(True), len(given))
"""


@table("more", ["", " -r"])
def test_arguments_that_resist_leave_the_program_as_it_is(more: str, tmp_path: Path) -> None:
    """What they do takes the budget of recording, so the last ones come first once."""
    command = f"{sys.executable} app.py{more} >{tmp_path}/said 2>&1"
    found = recorded(tmp_path, "def work(given): return given", RESISTING, command=command)
    made, given = (tmp_path / "said").read_text().split()
    assert made == given and not found.note


def test_forms_tell_no_keyword_that_is_no_parameter(tmp_path: Path) -> None:
    found = recorded(tmp_path, "def work(a, **more): return a", "import lib\nlib.work(1, secret=2)\nlib.work(a=2)")
    assert found.calls.forms == {"a": ("int",), "**more": ("int",)}


WORKERS = {
    "threads": """
        import threading
        threads = [threading.Thread(target=lambda: [lib.work(n) for n in range(20)]) for _ in range(4)]
        for each in threads: each.start()
        for each in threads: each.join()
    """,
    "fork": """
        import os
        lib.work(1)
        if not (pid := os.fork()):
            for n in range(39): lib.work(n)
            os._exit(0)
        os.waitpid(pid, 0)
        for n in range(40): lib.work(n)
    """,
    "fork in a call": """
        import os
        def forked():
            if not (pid := os.fork()):
                for n in range(78): lib.work(n)
                os._exit(0)
            os.waitpid(pid, 0)
        lib.work(forked); lib.work(1)
    """,
    "multiprocessing by fork": """
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(lib.work, range(80), 1); pool.close(); pool.join()
    """,
    "multiprocessing by spawn": """
        import multiprocessing
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                pool.map(lib.work, range(80), 1); pool.close(); pool.join()
    """,
    "subprocess": """
        import subprocess, sys
        for _ in range(2): subprocess.run([sys.executable, "-c", "import lib; [lib.work(n) for n in range(40)]"], check=True)
    """,
    "os._exit": "import os\nfor n in range(80): lib.work(n)\nos._exit(0)",
    "exec": """
        import os, sys
        for n in range(40): lib.work(n)
        os.execv(sys.executable, [sys.executable, "-c", "import lib; [lib.work(n) for n in range(40)]"])
    """,
    "a module": "import runpy\nif __name__ == '__main__':\n    for n in range(80): lib.work(n)",
    "a call in a description": """
        class Odd:
            def __reduce__(self): return Odd, (lib.work(9),)[:0]
        for n in range(80): lib.work([Odd(), n])
    """,
    "a signal in a call": """
        import signal
        def handle(*given):
            lib.work(2)
            signal.setitimer(signal.ITIMER_REAL, 0.001)  # once, so that handlers do not pile up on a slow machine
        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        for n in range(80): lib.work(n)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
    """,
}  # fmt: skip


@table("how", [*WORKERS])
def test_calls_of_every_thread_and_process_are_counted(how: str, tmp_path: Path) -> None:
    module = "def work(given): return given() if callable(given) else [given, sum(range(50_000))][:1]"
    command = f"{sys.executable} -m app" if how == "a module" else ""
    found = recorded(tmp_path, module, "import lib\n" + textwrap.dedent(WORKERS[how]), command=command)
    made = found.calls.made
    assert made >= 80 if how == "a signal in a call" else made == 80, made
    assert found.calls.seconds > 0 and found.calls.program_seconds > 0


@table(
    ("name", "program", "made"),
    [
        ("walk", "list(walk(4)); list(zip(walk(2), walk(2)))", 3),
        ("down", "asyncio.run(down(4)); asyncio.run(both())", 3),
        ("held", "list(map(held, walk(4)))", 5),
    ],
)
def test_call_within_a_call_counts_as_a_part_of_it(name: str, program: str, made: int, tmp_path: Path) -> None:
    module = """
        import asyncio
        def walk(n):
            yield n
            if n: yield from walk(n - 1)
        async def down(n):
            await asyncio.sleep(0)
            return n and 1 + await down(n - 1)
        async def both(): await asyncio.gather(down(2), down(3))
        def held(n): return [] if n > 3 else [held(n + 1)]
    """
    found = recorded(tmp_path, module, f"from lib import *\n{program}", name)
    assert found.calls.made == made and not found.calls.left_out


def test_exception_of_a_signal_s_handler_reaches_the_program_and_not_the_recorder(tmp_path: Path) -> None:
    program = """
        import lib, signal
        class Slow:
            def __reduce__(self):
                signal.raise_signal(signal.SIGALRM)
                return Slow, ()
        def late(*given): raise TimeoutError
        signal.signal(signal.SIGALRM, late)
        try: lib.work(Slow())
        except TimeoutError: print("late")
        lib.work(1)
    """
    found = recorded(tmp_path, "def work(n): return 1", program, command=f"{sys.executable} app.py >said")
    assert (tmp_path / "said").read_text() == "late\n" and found.calls.made == 2


def test_equal_calls_are_kept_once_with_what_they_took_together(tmp_path: Path) -> None:
    program = "import lib\nfor n in range(60): lib.work({'a': [n % 3]}, 'x' * (n % 3 + 1))"
    found = recorded(tmp_path, "def work(given, text): return given['a'].append(1)", program)
    calls = found.calls
    assert (calls.made, calls.looked_at, calls.different) == (60, 60, 3)
    assert [call.index for call in calls.calls] == [0, 1, 2] and calls.callers == {"__main__:<module>": 60}
    assert calls.forms == {"given": ("dict of 1 str to list",), "text": ("str of 1 to 3 characters",)}
    assert calls.calls[0].shown == {"given": "{'a': [0]}", "text": "'x'"} and calls.file == "lib.py"
    assert found.outcomes[1] == ["", None, {"given": {"a": [1, 1]}, "text": "xx"}]


def test_kept_calls_are_of_the_whole_run_when_there_are_many(tmp_path: Path) -> None:
    program = "import lib\nfor n in range(2_000): lib.work(n)"
    calls = recorded(tmp_path, "def work(n): return n", program).calls
    assert calls.made == 2_000 > calls.looked_at >= len(calls.calls) >= 25 and calls.calls[-1].index > 1_000


SAMPLE = f"""
import sys
sys.path[:0] = {_FOLDERS!r}
from strop_seen import Seen
seen = Seen()
while seen.due < 1_000_000:
    seen.most = 200 if seen.due < 500_000 else 100
    seen.take(seen.due)
quarters = [sum(number // 250_000 == quarter for _, number in seen.slots) for quarter in range(4)]
assert sum(quarters) == 100 and min(quarters) > 10, quarters
"""


def test_sample_is_of_the_whole_run_also_when_it_was_halved() -> None:
    subprocess.run([sys.executable, "-c", SAMPLE], check=True)


def test_recording_ends_with_its_budget_and_counting_goes_on(tmp_path: Path) -> None:
    program = """
        import lib, time
        class Heavy:
            def __init__(self, n): self.n = n
            def __reduce__(self):
                end = time.process_time() + 0.05
                while time.process_time() < end: pass
                return Heavy, (self.n,)
        for n in range(20_000): lib.work(Heavy(n))
    """
    calls = recorded(tmp_path, "def work(n): return 1", program).calls
    assert calls.made == 20_000 and 0 < calls.looked_at < 40


TWICE = "yields one list or object twice, of which only the last state can be compared"
UNKEPT = """
    import threading
    class Held:
        def __init__(self, held): self.options = {"highlight": [held]}
    class Broken:
        def __reduce__(self): raise SystemExit("never")
    class Ended:
        def __reduce__(self): raise GeneratorExit("never")
    class Exact:
        def __reduce__(self): return Exact, ()
    def work(given, *more): return given
    def lazy(n): return iter(f"{n}")
    def mapped(n): return map(abs, range(n))
    def paired(n): return n, zip(range(n))
    def many(n): yield from range(n)
    def large(n):
        yield bytes(n)
        yield n
    def twice(n):
        for held[1:] in range(n), [n]: yield n, held
    def itself(n):
        while n.options: yield n; n.options.popitem()
    def inner(n): yield n, filter(None, range(n))
    def locks(n): yield threading.Lock()
    held = [1]
    def stopped(n): raise KeyboardInterrupt if n else OSError
    async def items(n): yield n
"""


@table(
    ("name", "program", "reason"),
    [
        ("work", "lock = threading.Lock(); work(Held(lambda: lock))",
         "cannot be pickled: given.options['highlight'][0] is a lambda"),
        ("work", "work(1, {2: threading.Lock()})", "cannot be pickled: *more[0][2] is an object of type lock"),
        ("work", "work(Broken())", "SystemExit: never"),
        ("work", "work(Ended())", "GeneratorExit: never"),
        ("work", "work(memoryview(b''))", "its arguments hold an object of type memoryview, which cannot be compared"),
        ("work", "work(bytes(9 << 20))", "larger than 8 MiB"),
        ("work", "x = []\nfor _ in range(9**5): x = [x]\nwork(x)", "its arguments are nested too deeply"),
        ("lazy", "list(lazy(3))", "returns an iterator, which is read later"),
        ("mapped", "next(mapped(3))", "was not read to its end"),
        ("paired", "paired(3)", "returns an iterator, which is read later"),
        ("many", "list(many(50_001))", "yields more than 50,000 items or 8 MiB"),
        ("large", "list(large(9 << 20))", "yields more than 50,000 items or 8 MiB"),
        ("twice", "list(twice(3))", TWICE),
        ("itself", "h = Held(1); h.options[2] = 3; list(itself(h))", TWICE),
        ("inner", "list(inner(3))", "yields an iterator, which is read later"),
        ("locks", "list(locks(3))", "yields an object of type lock, which cannot be compared"),
        ("stopped", "try: stopped(1)\nexcept KeyboardInterrupt: pass", "was interrupted"),
    ],
)  # fmt: skip
def test_call_that_cannot_be_kept_is_told_with_its_reason(name: str, program: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as told:
        recorded(tmp_path, UNKEPT, f"from lib import *\nimport threading\n{program}", name)
    assert f"none of the 1 calls of {name} that strop looked at can be used: {reason} (1)" in str(told.value)


def test_large_array_is_kept_as_a_small_one_is(tmp_path: Path) -> None:
    program = "import numpy\nfrom lib import *\nfor n in (10, 8192, 100_000): work(numpy.arange(float(n)))"
    found = recorded(tmp_path, "def work(xs): return float(xs.sum())", program)
    assert len(found.calls.calls) == 3 and not found.calls.left_out


def test_reference_to_a_lambda_and_a_module_in_arguments_is_kept(tmp_path: Path) -> None:
    found = recorded(tmp_path, UNKEPT, "from lib import *\nwork(Held([lambda n: n, threading, work]))")
    assert len(found.calls.calls) == 1 and not found.calls.left_out


@table(
    ("command", "words"),
    [
        ("true", "starts no Python that strop can watch; name a command that does, without -I, -E and -S"),
        ("{python} -I app.py", "starts no Python that strop can watch"),
        ("exit 3", "(it ended with status 3)"),
        ("{python} -c 'import lib'", "loads lib.py but never calls work; name a command that calls it"),
        ("{python} -c 'import lib; lib.work()'", "loads lib.py but never calls work2"),
        ("{python} -c 1", "does not load lib.py; name a command whose program calls work"),
        ("cd other && {python} -c 'import lib; lib.work(1)'",
         "other/lib.py, not from lib.py; install the project with pip install -e ."),
        ("{python} -c 'import types, sys; m = types.ModuleType(\"lib\"); m.__file__ = \"lib.py\"; sys.modules[\"lib\"] = m'",
         "but not in the way of Python's own import"),
        ("{python} -c 'import lib; lib.each(1)'",
         "never calls each, or reads nothing that it yields; name a command that calls it"),
        ("{python} -c 'import lib; lib.items(1)'", "calls of items cannot be recorded: it is an async generator"),
        ("kill -9 $$", "(it was ended by SIGKILL)"),
    ],
)  # fmt: skip
def test_command_that_makes_no_call_is_refused_with_what_to_do(command: str, words: str, tmp_path: Path) -> None:
    name = next((name for name in ("items", "work2", "each") if name in words), "work")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/lib.py").write_text("def work(n): return n")
    module = "def work(n=1): return n\ndef work2(n): return n\ndef each(n): yield n\nasync def items(n): yield n"
    with pytest.raises(ConfigurationError) as told:
        recorded(tmp_path, module, "import lib\nlib.work(1)", name, command.format(python=sys.executable))
    assert words in str(told.value) and "\n" not in str(told.value)


def test_calls_of_a_process_that_is_killed_are_kept_as_far_as_they_were_written(tmp_path: Path) -> None:
    program = "import lib, os\nfor n in range(64): lib.work(n)\nos.kill(os.getpid(), 9)"
    found = recorded(tmp_path, "def work(n): return n", program)
    assert found.calls.made == 64 and len(found.calls.calls) == 64 and "137" in found.note


@table(
    "content",
    [
        "b'garbage'",
        "plain.encode({'argv': 1})",
        "plain.encode({**whole, 'seen': plain.encode([])})",
        "plain.encode({**whole, 'seen': plain.encode({**seen, 'made': -5})})",
        "plain.encode({**whole, 'seen': plain.encode({**seen, 'made': True})})",
        "plain.encode({**whole, 'seconds': float('nan')})",
        "plain.encode({**whole, 'own': -9.0})",
        "plain.encode({**whole, 'seen': plain.encode({**seen, 'within': float('nan')})})",
        "plain.encode({**whole, 'seen': plain.encode({**seen, 'calls': [[1]]})})",
        "plain.encode({**whole, 'seen': plain.encode({**seen, 'calls': seen['calls'] * 500})})",
        "plain.encode({**whole, 'seen': plain.encode({**seen, 'forms': {'n': 'int'}})})",
    ],
)
def test_file_that_a_process_forges_or_leaves_half_written_counts_for_nothing(content: str, tmp_path: Path) -> None:
    program = f"""
        import glob, lib, os, strop_plain_data as plain
        lib.work(1)
        folder = os.environ["PYTHONPATH"].split(os.pathsep)[0]
        (own,) = glob.glob(folder + "/recorder.*")
        whole = plain.decode(open(own, "rb").read())
        seen = plain.decode(whole["seen"])
        open(folder + "/recorder.1.1", "wb").write({content})
        open(folder + "/recorder.1.2.part", "wb").write(open(own, "rb").read())
    """
    found = recorded(tmp_path, "def work(n): return n", program)
    assert found.calls.made == 1 and len(found.calls.calls) == 1
    assert found.note.startswith("not all is recorded of a process: it was killed as it wrote what it saw, or ")


def test_calls_under_pytest_are_recorded(tmp_path: Path) -> None:
    (tmp_path / "test_lib.py").write_text("import lib\ndef test_it(): assert lib.work(2) == [2]")
    found = recorded(
        tmp_path, "def work(n): return [n]", "", command=f"{sys.executable} -m pytest -q -p no:cacheprovider"
    )
    assert found.arguments == [{"n": 2}] and not found.note and found.calls.callers == {"test_lib:test_it": 1}


@pytest.mark.skipif(not PYTHONS, reason="this machine has no other Python than strop's")
@table("python", PYTHONS)
def test_calls_are_recorded_under_every_python_from_3_9(python: Path, tmp_path: Path) -> None:
    program = """
        import asyncio
        from lib import Grammar, later, work
        grammar = Grammar()
        for n in range(3):
            work(grammar, [str(n)])
            asyncio.run(later(n))
    """
    for name in ("work", "later"):
        found = recorded(tmp_path, OBJECTS, program, name, f"{python} app.py")
        assert found.calls.made == 3 and len(found.calls.calls) == 3 and not found.note


def test_time_that_recording_took_is_no_part_of_the_programs() -> None:
    process = Process(("python",), sys.executable, 3.0, 2.5, None)
    assert Watched(0, {"sampler": (process,)}, (), 4.0).program_seconds("sampler") == 1.5
