"""Record calls of one function of the user's: the arguments, as a pickle, and what came of each call.

The plan has the `file` of the function, its qualified `name`, the `module` under which guests import that file, and the folder of
the `pickler`. All outermost calls are counted. A reservoir sample of them is looked at. A call that is skipped costs little.
Whatever fails here leaves the call as it is.

Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import _thread
import functools
import hashlib
import importlib.util
import inspect
import marshal
import os
import signal
import sys
import threading
import time
import types
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import strop_behaviour
import strop_imported
import strop_innermost
import strop_pickle
import strop_plain_data as plain_data
from strop_excerpts import ADDRESS, LENGTH, MOST_FORMS, add_form, excerpt, generalised, printable
from strop_seen import LEAST_CALLS, MOST_BYTES_OF_ONE, Seen
from strop_yielded import Yielded, holds_iterator

SHARE = 0.25
"""Share of the process's CPU time that strop may take beyond its start and as much again. No call is looked at while it has taken
more."""
_SIGNALS = [*map(int, signal.valid_signals())]
_mask: Any = importlib.import_module("_signal").pthread_sigmask  # without `signal`'s enumerations, which take 0.1 ms


_ITERATORS = plain_data.ITERATORS | {types.GeneratorType}


class _Unkept(Exception):
    """Raised for a call that is not kept; the message says why."""


class _Here(threading.local):
    inside = False
    """Whether this thread is in a call, or in strop's own work for it."""


class _Look:
    """A call that is looked at."""

    def __init__(self) -> None:
        self.arguments, self.digest, self.pickled = dict[str, Any](), b"", b""
        self.excerpts, self.call = dict[str, str](), list[Any]()
        self.yielded: Yielded | None = None


class Recorder:
    """The tool of one process."""

    def __init__(self, plan: dict[str, Any], watch: Any) -> None:
        self._plan, self.watch = plan, watch
        self.seen, self.here = Seen(), _Here()
        self.left, self.within, self.is_inside = 0, 0, False
        """Calls that are still to be skipped; calls that were made within others; and whether the only thread is in a call that
        is skipped. Wrappers change them, without a lock."""
        self._costs, self._least_seconds = (0.0, 0.0), 0.0
        """CPU seconds that its wrapper adds to a call that is skipped, and to one within another; and those that strop may take
        in any case, so that calls of a short program are recorded, too: on a slow machine they are more."""
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
        self.seen, self.left, self.within, self.is_inside, self.here.inside = Seen(), 0, 0, False, False
        package = sys.modules.get("strop_cloudpickle.cloudpickle")
        if package is not None:
            package._DYNAMIC_CLASS_TRACKER_LOCK = threading.Lock()  # type: ignore[attr-defined]

    def result(self) -> dict[str, Any]:
        """What was seen. Of a process that never loaded the file, it has the file that was loaded under the module's name."""
        seen, plan = self.seen, self._plan
        own = (*plan["folders"], plan["strop"], self.watch.folder)
        files, imported = strop_imported.imported(plan["project"], own, len(sys.modules))
        with seen.lock:
            made, within = seen.due - max(self.left, 0), self.within * self._costs[1]
            self.watch.beside = made * self._costs[0] + within
            forms = {name: [generalised(*form) for form in sizes.items()] for name, sizes in seen.forms.items()}
            return {
                "is_loaded": self._is_wrapped or self._has_loaded(),
                "is_wrapped": self._is_wrapped,
                "yields": self._yields,
                "other": _file_of(sys.modules.get(self._plan["module"])),
                "refused": self._refused,
                "made": made,
                "within": within,
                "looked_at": seen.looked_at,
                "different": len(seen.digests),
                "left_out": dict(seen.left_out),
                "callers": dict(seen.callers),
                "forms": forms,
                "files": files,
                "imported": imported,
                "calls": sorted((call for call in seen.kept.values() if call), key=lambda call: int(call[0])),
            }

    def _has_loaded(self) -> bool:
        name = os.path.basename(self._plan["file"])
        files = [_file_of(module) for module in list(sys.modules.values())]
        return any(os.path.basename(file) == name and os.path.realpath(file) == self._plan["file"] for file in files)

    def _wrapped(self, function: Any) -> Any:
        """The function that the program gets in place of its own."""
        began = time.thread_time()
        try:
            self._prepare(function)
            self._yields = inspect.isgeneratorfunction(function)
            if inspect.isasyncgenfunction(function):
                raise _Unkept("it is an async generator, which strop does not record")
            self._costs = _costs()
            return _Wrapped(self, function).wrapper()
        except Exception as error:
            self._refused = printable(_reason(error))
            return function
        finally:
            self.watch.spent += time.thread_time() - began
            self._least_seconds = 2 * self.watch.spent

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

    def begin(self, wrapped: _Wrapped, *call_arguments: Any) -> tuple[Seen, int, _Look | None]:
        """Number a call that begins, and look at it if it is one of the sample. For wrappers, when this thread is `inside`.
        `call_arguments`: those of `_Wrapped.call`."""
        seen, look = self.seen, _Look()
        with seen.lock:
            number = seen.due - max(self.left, 0)
            may_look = self._may_look(seen)
            self.left = seen.take(number)
        if may_look:
            with _at_work(self.watch, seen, look):
                self._look_at(look, seen, number, wrapped, call_arguments)
        return seen, number, look if look.pickled else None

    def end(self, seen: Seen, number: int, look: _Look | None, spent: int, answer: Any, kind: str = "") -> None:
        """Keep a call of the sample, which ended after `spent` nanoseconds. `answer`: see `_outcome`."""
        if look is not None and not self._is_paused:
            with _at_work(self.watch, seen, look):
                outcome = _outcome(look, answer, kind)
                if len(look.pickled) + len(outcome) > MOST_BYTES_OF_ONE:
                    raise _Unkept(_LARGER)
                look.call += (number, look.pickled, outcome, spent / 1e9, look.excerpts, look.digest)
                seen.keep(look.call)
        self._flush(seen, number)

    def _may_look(self, seen: Seen) -> bool:
        """Whether recording has taken less time than it may. Where a look has taken the rest, the sample is halved: the half with
        the smaller keys is a uniform sample, too."""
        has_time = self.watch.spent <= self._least_seconds + SHARE * time.process_time()
        if not has_time and seen.looked_at > seen.halved_after:
            seen.halved_after, seen.most = seen.looked_at, max(seen.most // 2, LEAST_CALLS)
        return has_time and not self._is_paused

    def _look_at(self, look: _Look, seen: Seen, number: int, wrapped: _Wrapped, call_arguments: Any) -> None:
        """Look at a call before it is made. Nothing is pickled if an equal call is kept."""
        with seen.lock:
            seen.looked_at += 1
            seen.count(seen.callers, _caller(sys._getframe()))
        look.arguments = arguments = wrapped.arguments(*call_arguments)
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
        if seen.reserve(number, digest, look.call):
            look.digest = digest
            look.excerpts = {printable(name): excerpt(value) for name, value in islice(arguments.items(), MOST_FORMS)}
            look.pickled = self._pickled(arguments)

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

    def _flush(self, seen: Seen, number: int) -> None:
        """Write what was seen whenever twice as many calls were made, because the process may be killed. Writing that takes long
        takes a twentieth of the time."""
        with seen.lock:
            if number + 1 < 2 * seen.flushed or time.process_time() < seen.next_flush or seen is not self.seen:
                return
            seen.flushed = number + 1
        began = time.thread_time()
        with suppress(Exception), _undisturbed():  # at the end it is tried again, and says why
            self.watch.write()
        seen.next_flush = time.process_time() + 20 * (time.thread_time() - began) - 0.1


begin = Recorder
_LARGER = f"larger than {MOST_BYTES_OF_ONE >> 20} MiB"


class _Wrapped:
    """A function that is recorded, with what its wrapper needs."""

    def __init__(self, recorder: Any, function: Any) -> None:
        self.recorder, self.function = recorder, function
        self.kind = "a generator" if inspect.isgeneratorfunction(function) else ""
        self.kind = "a coroutine" if inspect.iscoroutinefunction(function) else self.kind
        code = function.__code__
        self.names = code.co_varnames[: code.co_argcount]
        self._others = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        stars = [*code.co_varnames[code.co_argcount + code.co_kwonlyargcount :], ""]
        self._rest = stars.pop(0) if code.co_flags & inspect.CO_VARARGS else ""
        self.keywords = stars.pop(0) if code.co_flags & inspect.CO_VARKEYWORDS else ""
        self.positional_only = code.co_posonlyargcount

    def call(
        self, positional: tuple[Any, ...], others: dict[str, Any], rest: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        """Make a call of the sample and return its answer; for an iterator or a coroutine, an object that does its steps."""
        recorder, here = self.recorder, self.recorder.here
        here.inside = True
        try:
            seen, number, look = recorder.begin(self, positional, others, rest, named)
            began = time.thread_time_ns()
            try:
                answer = self.function(*positional, *rest, **others, **named)
            except BaseException as error:
                recorder.end(seen, number, look, time.thread_time_ns() - began, strop_behaviour.CallRaised(error))
                raise
            spent = time.thread_time_ns() - began
            if kind := self.kind or ("a generator" if type(answer) in _ITERATORS else ""):
                return answer if look is None else _Steps(recorder, (seen, number, look), answer, kind, spent)
            recorder.end(seen, number, look, spent, answer)
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
        text = (_TEXT_OF_STEPS if self.kind else _TEXT).format(
            prefix="async " if self.kind == "a coroutine" else "",
            name=self.function.__code__.co_name if self.function.__code__.co_name.isidentifier() else "recorded",
            parameters=", ".join(parameters),
            await_="await" if self.kind == "a coroutine" else "yield from",
            inner=", ".join(inner),
            outer=outer,
        )
        made: dict[str, Any] = {
            "__strop__": self,
            "__recorder__": self.recorder,
            "__here__": self.recorder.here,
            "__function__": self.function,
            "__is_within__": _is_within,
            "__threads__": _thread._count,
            "__name__": self.function.__module__,
            "__builtins__": __builtins__,
        }
        exec(text, made)
        wrapper: Any = functools.wraps(self.function)(made.popitem()[1])
        wrapper.__defaults__, wrapper.__kwdefaults__ = self.function.__defaults__, self.function.__kwdefaults__
        return wrapper


_TEXT = """
def {name}({parameters}):
    if __recorder__.is_inside or __here__.inside:
        __recorder__.within += 1
        return __function__({inner})
    if __recorder__.left > 0 and not __threads__():
        __recorder__.left -= 1
        __recorder__.is_inside = True
        try:
            return __function__({inner})
        finally:
            __recorder__.is_inside = False
    if __recorder__.left > 0:
        __recorder__.left -= 1
        __here__.inside = True
        try:
            return __function__({inner})
        finally:
            __here__.inside = False
    return __strop__.call({outer})
"""
"""A wrapper. Most calls are within another one, or are skipped, and should cost little: what belongs to a thread costs more than
all else here, and is not used as long as there is one thread."""
_TEXT_OF_STEPS = """
{prefix}def {name}({parameters}):
    if __is_within__():
        return ({await_} __function__({inner}))
    if __recorder__.left > 0:
        __recorder__.left -= 1
        return ({await_} __function__({inner}))
    return ({await_} __strop__.call({outer}))
"""


def _is_within() -> bool:
    """Whether the calling wrapper runs within another call of it: the wrapper of that call waits for a step."""
    own: Any = sys._getframe(1)
    frame = own.f_back
    while frame is not None and frame.f_code is not own.f_code:
        frame = frame.f_back
    return frame is not None


class _Steps:
    """An iterator or a coroutine that is looked at, step by step. `spent`: nanoseconds that it took to make."""

    def __init__(self, recorder: Recorder, call: tuple[Seen, int, _Look], steps: Any, kind: str, spent: int) -> None:
        self._recorder, self._steps, self._kind = recorder, steps, kind
        self._seen, self._number, self._spent = *call[:2], spent
        self._look: _Look | None = call[2]
        call[2].yielded = Yielded() if kind == "a generator" else None

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

    def __del__(self) -> None:
        self._spoil(f"was not {'read' if self._kind == 'a generator' else 'run'} to its end")

    def close(self) -> None:
        self.__del__()
        self._run(self._steps.close)
        self._end(None)

    def _spoil(self, why: str) -> None:
        if self._look is not None:
            self._seen.leave_out(why, self._look.digest)
            self._look = None

    def _run(self, step: Any, *args: Any) -> Any:
        here, began = self._recorder.here, time.thread_time_ns()
        within, here.inside = here.inside, True
        try:
            try:
                made = step(*args)
            finally:
                self._spent += time.thread_time_ns() - began
                here.inside = within
            look = self._look
            if look is not None and look.yielded is not None and not look.yielded.takes(made):
                self._look = None
                with _at_work(self._recorder.watch, self._seen, look):
                    look.yielded.add(made)
                    self._look = look
            return made
        except StopIteration as stop:
            self._end(stop.value)
            raise
        except BaseException as error:
            self._end(strop_behaviour.CallRaised(error))
            raise

    def _end(self, answer: Any) -> None:
        look, self._look = self._look, None
        self._recorder.end(self._seen, self._number, look, self._spent, answer, self._kind)


def _costs() -> tuple[float, float]:
    """See `Recorder._costs`. Thousands of calls take a millisecond or two."""
    recorder: Any = Recorder.__new__(Recorder)
    recorder.here, recorder.left, recorder.within = _Here(), 1 << 60, 0
    wrapped, took = _Wrapped(recorder, lambda value: value), list[float]()
    wrapper = wrapped.wrapper()
    for function, recorder.is_inside in ((wrapped.function, False), (wrapper, False), (wrapper, True)) * 5:
        began = time.thread_time()
        deque(map(function, range(1000)), 0)
        took.append((time.thread_time() - began) / 1000)
    alone, skipped, within = (min(took[way::3]) for way in range(3))
    return max(skipped - alone, 0.0), max(within - alone, 0.0)


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


@contextmanager
def _at_work(watch: Any, seen: Seen, look: _Look) -> Iterator[None]:
    """Within the block, strop works for a call, which is left out if that fails."""
    began = time.thread_time()
    with _undisturbed():
        try:
            yield
        except (Exception, SystemExit, GeneratorExit) as error:
            seen.leave_out(_reason(error), look.digest)
        watch.spent += time.thread_time() - began


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Within the block, signals wait: what a handler raises belongs to the program, and must not be caught here."""
    before = _mask(signal.SIG_BLOCK, ())
    try:
        _mask(signal.SIG_BLOCK, _SIGNALS)
        yield
    finally:
        _mask(signal.SIG_SETMASK, before)
