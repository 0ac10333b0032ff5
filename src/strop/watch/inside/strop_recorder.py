"""Record calls of one function of the user's: the arguments, as a pickle, and what came of each call.

The plan has the `file` of the function, its qualified `name`, the `module` under which guests import that file, and the folder of
the `pickler`. All outermost calls are counted. Some are looked at, as long as the budget lasts. Of the different calls among
these, a sample of the whole run is kept. Whatever fails here leaves the call as it is.

Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import functools
import hashlib
import heapq
import importlib.util
import inspect
import marshal
import os
import random
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import strop_behaviour
import strop_innermost
import strop_pickle
import strop_plain_data as plain_data
from strop_excerpts import ADDRESS, LENGTH, MOST_FORMS, MOST_NAMES, add_form, excerpt, generalised, printable
from strop_watch import FLUSH_SECONDS
from strop_yielded import Yielded, holds_iterator

MOST_SECONDS = 2.0
"""Most CPU seconds for recording in one process."""
LEAST_SECONDS, SHARE = 1.0, 0.1
"""CPU seconds that recording may take at any time, and the share of the process's CPU time that it may take once that is more."""
STRIDE = 200
"""After each so many calls that were looked at, only half as many calls are looked at."""
MOST_CALLS, MOST_BYTES, MOST_BYTES_OF_ONE = 200, 24 << 20, 8 << 20
"""Most calls that are kept, most bytes of all of them, which go into one document of plain data, and most bytes of one."""
_SIGNALS = [*map(int, signal.valid_signals())]
_mask: Any = importlib.import_module("_signal").pthread_sigmask  # without `signal`'s enumerations, which take 0.1 ms


class _Unkept(Exception):
    """Raised for a call that is not kept; the message says why."""


class _Here(threading.local):
    inside = False
    """Whether this thread is in a call, or in strop's own work for it."""


class _Seen:
    """What was seen of the calls of this process."""

    def __init__(self) -> None:
        self.lock, self.here = threading.RLock(), _Here()  # signals and finalizers may come in at any time
        self.made = self.looked_at = self.last = self.nanoseconds = self.spent = self.bytes = 0
        self.other_work = 0
        """Nanoseconds of preparing and writing, which the budget for looking at calls does not count."""
        self.stride = 1
        self.digests: set[bytes] = set()
        self.sample: list[tuple[Any, ...]] = []
        """The calls that are kept, as a heap: the first is dropped first."""
        self.left_out: dict[str, int] = {}
        self.callers: dict[str, int] = {}
        self.forms: dict[str, dict[str, list[int]]] = {}
        self.random = random.Random(0)
        self.written, self.is_writing = -FLUSH_SECONDS, False

    def count(self, table: dict[str, int], name: str) -> None:
        """Count one more of this name."""
        name = printable(name)
        name = name if name in table or len(table) < MOST_NAMES else "others"
        table[name] = table.get(name, 0) + 1

    def leave_out(self, why: str, digest: bytes = b"") -> None:
        """Count a call that is not kept, and why. A later call with the same digest may still be kept."""
        with self.lock:
            self.count(self.left_out, why)
            self.digests.discard(digest)

    def keep(self, call: tuple[Any, ...]) -> None:
        """Keep a call, unless too many with greater keys are kept."""
        with self.lock:
            heapq.heappush(self.sample, call)
            self.bytes += _size(call)
            while len(self.sample) > MOST_CALLS or self.bytes > MOST_BYTES:
                self.bytes -= _size(heapq.heappop(self.sample))

    def takes(self, key: float) -> bool:
        """Whether a call with this key would be kept."""
        return len(self.sample) < MOST_CALLS or key > self.sample[0][0]


class _Look:
    """A call that is looked at."""

    def __init__(self, key: float, arguments: dict[str, Any], digest: bytes, kind: str) -> None:
        self.key, self.arguments, self.digest = key, arguments, digest
        self.pickled, self.excerpts = b"", dict[str, str]()
        self.yielded = Yielded() if kind == "a generator" else None


class Recorder:
    """The tool of one process."""

    def __init__(self, plan: dict[str, Any], watch: Any) -> None:
        self._plan, self._watch = plan, watch
        self._seen = _Seen()
        self._is_paused = self._is_wrapped = self._yields = False
        self._refused = ""
        self._why: dict[tuple[str, str], str] = {}
        """(type, message) of an exception of the pickler → why the arguments could not be pickled."""
        self._pickle: Callable[[Any], bytes] = bytes
        strop_innermost.wrap(plan["file"], plan["name"], self._wrapped)

    def pause(self) -> None:
        """Look at no call any more."""
        self._is_paused = True

    def forked(self) -> None:
        """Begin with nothing, in a child. Another thread of the parent may have held any lock."""
        self._seen = _Seen()
        package = sys.modules.get("strop_cloudpickle.cloudpickle")
        if package is not None:
            package._DYNAMIC_CLASS_TRACKER_LOCK = threading.Lock()  # type: ignore[attr-defined]

    def result(self) -> dict[str, Any]:
        """What was seen. Of a process that never loaded the file, it has the file that was loaded under the module's name."""
        seen = self._seen
        with seen.lock:
            forms = {name: [generalised(*form) for form in sizes.items()] for name, sizes in seen.forms.items()}
            return {
                "is_loaded": self._is_wrapped or self._has_loaded(),
                "is_wrapped": self._is_wrapped,
                "yields": self._yields,
                "other": _file_of(sys.modules.get(self._plan["module"])),
                "refused": self._refused,
                "made": seen.made,
                "looked_at": seen.looked_at,
                "different": len(seen.digests),
                "left_out": dict(seen.left_out),
                "seconds": seen.nanoseconds / 1e9,
                "spent": (seen.spent + seen.other_work) / 1e9,
                "callers": dict(seen.callers),
                "forms": forms,
                "calls": [list(call[1:]) for call in sorted(seen.sample, key=lambda call: int(call[1]))],
            }

    def _has_loaded(self) -> bool:
        name = os.path.basename(self._plan["file"])
        files = [_file_of(module) for module in list(sys.modules.values())]
        return any(os.path.basename(file) == name and os.path.realpath(file) == self._plan["file"] for file in files)

    def _wrapped(self, function: Any) -> Any:
        """The function that the program gets in place of its own."""
        began = time.thread_time_ns()
        try:
            self._prepare(function)
            self._yields = inspect.isgeneratorfunction(function)
            if inspect.isasyncgenfunction(function):
                raise _Unkept("it is an async generator, which strop does not record")
            return _Wrapped(self, function).wrapper()
        except Exception as error:
            self._refused = printable(_reason(error))
            return function
        finally:
            self._seen.other_work += time.thread_time_ns() - began

    def _prepare(self, function: Any) -> None:
        """Use the names that guests use for the program's modules, and load the pickler."""
        self._is_wrapped = True
        own = {function.__module__}
        if own & {"__main__", "__mp_main__"}:  # where `multiprocessing` loads the program
            own |= {"__main__", "__mp_main__"}
        strop_behaviour.renamed.update(dict.fromkeys(own, self._plan["module"]))
        if self._pickle is not bytes:
            return
        sys.setrecursionlimit(2 * sys.getrecursionlimit())  # each call within a call takes two frames
        before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            if "strop_user_module" not in sys.modules:
                folder = os.path.dirname(plain_data.__file__)
                file = os.path.join(folder, "guest", "user_module.py")
                spec: Any = importlib.util.spec_from_file_location("strop_user_module", file)
                module = sys.modules["strop_user_module"] = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
            self._pickle = strop_pickle.pickler(self._plan["pickler"], "", strop_behaviour.renamed, MOST_BYTES_OF_ONE)
        finally:
            sys.dont_write_bytecode = before

    def begin(self, wrapped: _Wrapped, *call_arguments: Any) -> tuple[_Seen, int, _Look | None]:
        """Number a call that begins, and look at it if it is its turn. For wrappers, when this thread is `inside`.
        `call_arguments`: those of `_Wrapped.call`."""
        seen, look = self._seen, None
        with seen.lock:
            number = seen.made
            seen.made += 1
        if number % seen.stride == 0 and self._may_look(seen, number):
            with _at_work(seen):
                look = self._looked(seen, number, wrapped, call_arguments)
        return seen, number, look

    def end(self, seen: _Seen, number: int, look: _Look | None, spent: int, answer: Any, kind: str = "") -> None:
        """Count a call that ended after `spent` nanoseconds. `answer`: see `_outcome`."""
        with seen.lock:
            seen.nanoseconds += spent
        if look is not None and not self._is_paused:
            with _at_work(seen, look.digest):
                outcome = _outcome(look, answer, kind)
                if len(look.pickled) + len(outcome) > MOST_BYTES_OF_ONE:
                    raise _Unkept(_LARGER)
                seen.keep((look.key, number, look.pickled, outcome, spent / 1e9, look.excerpts, look.digest))
        if look is not None or not number & (number + 1) or not number & 1023:
            self._flush(seen, number)

    def _may_look(self, seen: _Seen, number: int) -> bool:
        """Whether the budget allows to look at this call. The stride grows with the spent budget, to leave some for later
        calls."""
        limit = min(MOST_SECONDS, max(LEAST_SECONDS, SHARE * time.process_time())) * 1e9
        seen.stride = 1 << max(seen.looked_at // STRIDE, min(8, int(8 * seen.spent / limit)))
        return not self._is_paused and seen.spent < limit and number % seen.stride == 0

    def _looked(self, seen: _Seen, number: int, wrapped: _Wrapped, call_arguments: Any) -> _Look | None:
        """A look at a call before it is made; None if it is equal to another call, or the sample does not take it."""
        with seen.lock:
            # A call stands for those since the last one. Those that stand for more are more likely to be kept (Efraimidis and
            # Spirakis, 2006), and so the kept ones spread over the run.
            weight, seen.last = number + 1 - seen.last, number + 1
            seen.looked_at += 1
            key = seen.random.random() ** (1 / weight)
            seen.count(seen.callers, _caller(sys._getframe()))
        arguments = wrapped.arguments(*call_arguments)
        with seen.lock:
            for name, value in arguments.items():
                # A program may make keywords that are no parameters of its data, which forms do not tell.
                add_form(seen.forms, f"**{wrapped.keywords}" if name in call_arguments[-1] else name, value)
        try:
            description = strop_behaviour.take_batch("arguments", 1, True, [arguments], [], [])[0][0]
        except strop_behaviour.NotDescribed as error:
            self._pickled(arguments)  # which has more to say of why
            raise _Unkept(f"its arguments hold {error}, which cannot be compared") from None
        digest = hashlib.sha256(_bytes_of(description, arguments)).digest()[:16]
        with seen.lock:
            if digest in seen.digests:
                return None
            seen.digests.add(digest)
            if not seen.takes(key):
                return None
        look = _Look(key, arguments, digest, wrapped.kind)
        try:
            look.pickled = self._pickled(arguments)
        except _Unkept:
            seen.digests.discard(digest)
            raise
        look.excerpts = {printable(name): excerpt(value) for name, value in islice(arguments.items(), MOST_FORMS)}
        return look

    def _pickled(self, arguments: dict[str, Any]) -> bytes:
        try:
            return self._pickle(arguments)
        except strop_pickle.PickleTooLarge:
            raise _Unkept(_LARGER) from None
        except Exception as error:
            if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
                raise _Unkept("its arguments are nested too deeply") from None
            key = type(error).__name__, ADDRESS.sub("", str(error))[:LENGTH]
            if key not in self._why:
                self._why[key] = f"cannot be pickled: {self._culprit(arguments, '', set())}"
            raise _Unkept(self._why[key]) from None

    def _culprit(self, value: Any, path: str, seen: set[int]) -> str:
        """Where the first part of a value is that cannot be pickled although its own parts can, and what this part is."""
        for name, part in _parts(value, path):
            if id(part) not in seen and len(seen) < 1000:
                seen.add(id(part))
                try:
                    self._pickle(part)
                except Exception:
                    return self._culprit(part, name, seen)
        is_lambda = type(value) is types.FunctionType and value.__name__ == "<lambda>"
        return f"{path} is {'a lambda' if is_lambda else plain_data.described(value)}"

    def _flush(self, seen: _Seen, number: int) -> None:
        """Write what was seen from time to time, because the process may be killed."""
        now, began = time.process_time(), time.thread_time_ns()
        with seen.lock:
            is_due = not number & (number + 1) or now - seen.written > FLUSH_SECONDS
            if not is_due or seen.is_writing or seen is not self._seen:
                return
            seen.is_writing = True
        try:
            with _undisturbed():
                self._watch.write()
        except Exception:  # at the end it is tried again, and says why
            pass
        finally:
            seen.is_writing = False
            seen.written = time.process_time() + 20 * (time.process_time() - now)
            seen.other_work += time.thread_time_ns() - began


begin = Recorder
_LARGER = f"larger than {MOST_BYTES_OF_ONE >> 20} MiB"


class _Wrapped:
    """A function that is recorded, with what its wrapper needs."""

    def __init__(self, recorder: Recorder, function: Any) -> None:
        self._recorder, self.function = recorder, function
        self.kind = "a generator" if inspect.isgeneratorfunction(function) else ""
        self.kind = "a coroutine" if inspect.iscoroutinefunction(function) else self.kind
        code = function.__code__
        self.names = code.co_varnames[: code.co_argcount]
        self._others = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        stars = [*code.co_varnames[code.co_argcount + code.co_kwonlyargcount :], ""]
        self._rest = stars.pop(0) if code.co_flags & inspect.CO_VARARGS else ""
        self.keywords = stars.pop(0) if code.co_flags & inspect.CO_VARKEYWORDS else ""
        self.positional_only = code.co_posonlyargcount

    def is_inside(self) -> bool:
        """Whether this thread is already in a recorded call."""
        return self._recorder._seen.here.inside

    def call(
        self, positional: tuple[Any, ...], others: dict[str, Any], rest: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        """Make an outermost call and return its answer; for a generator or a coroutine, an object that does its steps."""
        recorder, here = self._recorder, self._recorder._seen.here
        here.inside = True
        try:
            seen, number, look = recorder.begin(self, positional, others, rest, named)
            began = time.thread_time_ns()
            try:
                answer = self.function(*positional, *rest, **others, **named)
            except BaseException as error:
                recorder.end(seen, number, look, time.thread_time_ns() - began, strop_behaviour.CallRaised(error))
                raise
            if self.kind:
                return _Steps(recorder, (seen, number, look), answer, self.kind)
            recorder.end(seen, number, look, time.thread_time_ns() - began, answer)
            return answer
        finally:
            here.inside = False

    def arguments(
        self, positional: tuple[Any, ...], others: dict[str, Any], rest: tuple[Any, ...], named: dict[str, Any]
    ) -> dict[str, Any]:
        """Name of a parameter → its argument, without arguments that are defaults."""
        defaults = self.function.__defaults__ or ()
        least = len(self.names) - len(defaults)
        values = {
            name: value
            for index, (name, value) in enumerate(zip(self.names, positional))
            if index < least or rest or value is not defaults[index - least]
        }
        if rest:
            values[f"*{self._rest}"] = list(rest)
        keyword_defaults = self.function.__kwdefaults__ or {}
        values.update(
            {
                name: value
                for name, value in others.items()
                if name not in keyword_defaults or value is not keyword_defaults[name]
            }
        )
        if not values.keys().isdisjoint(named):
            raise _Unkept("has two arguments of one name")
        values.update(named)
        return values

    def wrapper(self) -> Any:
        """A recording function with the same parameters, because other decorators read these."""
        only, positional = self.positional_only, ", ".join(self.names)
        parameters = [*self.names[:only], *["/"][:only], *self.names[only:]]
        parameters += [f"*{self._rest}"] if self._rest else ["*"][: len(self._others)]
        parameters += [*self._others, *([f"**{self.keywords}"] if self.keywords else [])]
        inner = [*self.names, *([f"*{self._rest}"] if self._rest else []), *(f"{name}={name}" for name in self._others)]
        inner += [f"**{self.keywords}"] if self.keywords else []
        others = ", ".join(f"'{name}': {name}" for name in self._others)
        outer = (
            f"({positional}{',' if positional else ''}), {{{others}}}, {self._rest or '()'}, {self.keywords or '{}'}"
        )
        text = _TEXT.format(
            prefix="async " if self.kind == "a coroutine" else "",
            name=self.function.__code__.co_name if self.function.__code__.co_name.isidentifier() else "recorded",
            parameters=", ".join(parameters),
            await_="await " if self.kind == "a coroutine" else "yield from " if self.kind else "",
            inner=", ".join(inner),
            outer=outer,
        )
        made: dict[str, Any] = {"__strop__": self, "__name__": self.function.__module__}
        exec(text, made)
        wrapper: Any = functools.wraps(self.function)(next(made[name] for name in made if name not in _OWN))
        wrapper.__defaults__, wrapper.__kwdefaults__ = self.function.__defaults__, self.function.__kwdefaults__
        return wrapper


_TEXT = """
{prefix}def {name}({parameters}):
    return ({await_}(__strop__.function({inner}) if __strop__.is_inside() else __strop__.call({outer})))
"""
_OWN = ("__strop__", "__name__", "__builtins__")


class _Steps:
    """A generator or a coroutine that runs, step by step."""

    def __init__(self, recorder: Recorder, call: tuple[_Seen, int, _Look | None], steps: Any, kind: str) -> None:
        self._recorder, self._steps, self._kind = recorder, steps, kind
        self._seen, self._number, self._look = call
        self._spent = 0

    def __iter__(self) -> _Steps:
        return self

    def __await__(self) -> _Steps:
        self._steps = self._steps.__await__()
        return self

    def __next__(self) -> Any:
        return self._run(self._steps.__next__)

    def send(self, value: Any) -> Any:
        if self._kind == "a generator":
            self._spoil("is sent to")
        return self._run(self._steps.send, value)

    def throw(self, *error: Any) -> Any:
        if self._kind == "a generator":
            self._spoil("is thrown into")
        return self._run(self._steps.throw, *error)

    def close(self) -> None:
        self._spoil(f"was not {'read' if self._kind == 'a generator' else 'run'} to its end")
        self._run(self._steps.close)
        self._end(None)

    def _spoil(self, why: str) -> None:
        if self._look is not None:
            self._seen.leave_out(why, self._look.digest)
            self._look = None

    def _run(self, step: Any, *args: Any) -> Any:
        here = self._seen.here
        outer, here.inside = here.inside, True
        began = time.thread_time_ns()
        try:
            try:
                made = step(*args)
            finally:
                if not outer:
                    self._spent += time.thread_time_ns() - began
            if (look := self._look) is not None and look.yielded is not None:
                began = time.thread_time_ns()
                if look.yielded.takes(made):
                    self._seen.spent += time.thread_time_ns() - began
                    return made
                self._look = None
                with _at_work(self._seen, look.digest):
                    look.yielded.add(made)
                    self._look = look
            return made
        except StopIteration as stop:
            self._end(stop.value)
            raise
        except BaseException as error:
            self._end(strop_behaviour.CallRaised(error))
            raise
        finally:
            here.inside = outer

    def _end(self, answer: Any) -> None:
        self._recorder.end(self._seen, self._number, self._look, self._spent, answer, self._kind)


def _outcome(look: _Look, answer: Any, kind: str) -> bytes:
    """The outcome of a call, in the form that a batch of one call sends to the host. `answer`: what it returned, or
    `CallRaised`."""
    error = answer.error if type(answer) is strop_behaviour.CallRaised else None
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "CancelledError":
        raise _Unkept("was interrupted")
    if look.yielded is not None:
        if error is None and answer is not None:
            raise _Unkept("returns a value at its end")
        return plain_data.encode(look.yielded.outcome(look.arguments, error), subclasses=True)
    if holds_iterator(answer):
        raise _Unkept("returns an iterator, which is read later")
    values, kinds, after = strop_behaviour.take_batch(
        "answers and arguments", 1, True, [look.arguments], [answer], [kind]
    )
    return plain_data.encode([kinds[0] if kinds else "", values[0], after[0]], subclasses=True)


def _bytes_of(description: Any, arguments: dict[str, Any]) -> bytes:
    """Bytes that are equal for equal descriptions. Descriptions of objects are lists, which `marshal` writes at once."""
    try:
        return (
            plain_data.encode(description, subclasses=True)
            if description is arguments
            else marshal.dumps(description, 0)
        )
    except ValueError:  # with an array in it
        return plain_data.encode(description, subclasses=True)


def _parts(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The parts of a value, as (path, part)."""
    kind = type(value)
    if issubclass(kind, dict):
        for name, part in islice(dict.items(value), 200):
            yield f"{path}[{excerpt(name)}]" if path else str(name), part
    elif issubclass(kind, (list, tuple)):
        for index, part in enumerate(islice(kind.__iter__(value), 200)):
            yield f"{path}[{index}]", part
    for name, part in strop_behaviour._attributes(value).items() if kind is not types.FunctionType else ():
        yield f"{path}.{name}", part


def _caller(frame: Any) -> str:
    """The function that makes the call, with its module."""
    while frame is not None and (frame.f_globals is globals() or "__strop__" in frame.f_globals):
        frame = frame.f_back
    if frame is None:
        return "a thread"
    code = frame.f_code
    return f"{frame.f_globals.get('__name__')}:{getattr(code, 'co_qualname', code.co_name)}"


def _reason(error: BaseException) -> str:
    text = str(error)[:LENGTH]
    return text if isinstance(error, (_Unkept, TypeError)) and text else f"{type(error).__name__}: {text}"


def _file_of(module: Any) -> str:
    file = getattr(module, "__file__", None) if isinstance(module, types.ModuleType) else None
    return printable(os.path.abspath(file)) if isinstance(file, str) else ""


def _size(call: tuple[Any, ...]) -> int:
    return len(call[2]) + len(call[3])


@contextmanager
def _at_work(seen: _Seen, digest: bytes = b"") -> Iterator[None]:
    """Within the block, strop works for a call, which is left out if that fails."""
    began = time.thread_time_ns()
    with _undisturbed():
        try:
            yield
        except (Exception, SystemExit, GeneratorExit) as error:
            seen.leave_out(_reason(error), digest)
        seen.spent += time.thread_time_ns() - began


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Within the block, signals wait: what a handler raises belongs to the program, and must not be caught here."""
    before = _mask(signal.SIG_BLOCK, ())
    try:
        _mask(signal.SIG_BLOCK, _SIGNALS)
        yield
    finally:
        _mask(signal.SIG_SETMASK, before)
