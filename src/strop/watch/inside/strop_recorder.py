"""Record calls of one function of the user's: the arguments, as a pickle, and what came of each call.

The plan has the `file` of the function, its qualified `name`, the `module` under which guests import that file, and the folder of
the `pickler`. Outermost calls are counted, all of them. Some are looked at, as long as the budget lasts. Of the different ones
among these a sample of the whole run is kept. Whatever fails here leaves the call as it is.

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
from strop_watch import FLUSH_SECONDS
from strop_words import ADDRESS, LENGTH, MOST_FORMS, MOST_NAMES, add_form, generalised, in_words, printable

MOST_SECONDS = 2.0
"""CPU seconds for recording in one process."""
LEAST_SECONDS, SHARE = 1.0, 0.1
"""What may be spent at once, and then the share of the process's CPU time that may be spent until then."""
STRIDE = 200
"""Calls looked at after which only half as many are."""
MOST_CALLS, MOST_BYTES, MOST_BYTES_OF_ONE = 200, 24 << 20, 8 << 20
"""Of the calls that are kept. All of them go into one document of plain data."""
_LAZY = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
_SIGNALS = [*map(int, signal.valid_signals())]
_mask: Any = importlib.import_module("_signal").pthread_sigmask  # without `signal`'s enumerations, which take 0.1 ms


class _Unkept(Exception):
    """A call that is not kept; says why."""


class _Here(threading.local):
    inside = False
    """Whether this thread is in a call, or in what strop does beside it."""


class _Seen:
    """What was seen of the calls of this process."""

    def __init__(self) -> None:
        self.lock, self.here = threading.RLock(), _Here()  # signals and finalizers may come in at any time
        self.made = self.looked_at = self.last = self.nanoseconds = self.spent = self.bytes = 0
        self.stride = 1
        self.digests: set[bytes] = set()
        self.kept: list[tuple[Any, ...]] = []
        """A heap: the first is the first to go."""
        self.left_out: dict[str, int] = {}
        self.callers: dict[str, int] = {}
        self.forms: dict[str, dict[str, list[int]]] = {}
        self.random = random.Random(0)
        self.written, self.is_writing = -FLUSH_SECONDS, False

    def count(self, table: dict[str, int], name: str) -> None:
        """One more of this name."""
        name = printable(name)
        name = name if name in table or len(table) < MOST_NAMES else "others"
        table[name] = table.get(name, 0) + 1

    def leave_out(self, why: str, digest: bytes = b"") -> None:
        """Keep no call of the one that has this digest, but perhaps one that is equal to it."""
        with self.lock:
            self.count(self.left_out, why)
            self.digests.discard(digest)

    def keep(self, call: tuple[Any, ...]) -> None:
        """Keep a call, unless too many with greater keys are kept."""
        with self.lock:
            heapq.heappush(self.kept, call)
            self.bytes += _size(call)
            while len(self.kept) > MOST_CALLS or self.bytes > MOST_BYTES:
                self.bytes -= _size(heapq.heappop(self.kept))

    def takes(self, key: float) -> bool:
        """Whether a call with this key would be kept."""
        return len(self.kept) < MOST_CALLS or key > self.kept[0][0]


class _Look:
    """A call that is looked at."""

    def __init__(self, key: float, arguments: dict[str, Any], digest: bytes) -> None:
        self.key, self.arguments, self.digest = key, arguments, digest
        self.pickled, self.shown = b"", dict[str, str]()


class Recorder:
    """The tool of one process."""

    def __init__(self, plan: dict[str, Any], watch: Any) -> None:
        self._plan, self._watch = plan, watch
        self._seen = _Seen()
        self._is_paused = self._is_wrapped = False
        self._refused = ""
        self._why: dict[tuple[str, str], str] = {}
        """Why what could not be pickled could not, by the exception."""
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
        """What was seen, of a process that never loaded the file, too: what it loaded instead."""
        seen = self._seen
        with seen.lock:
            forms = {name: [generalised(*form) for form in found.items()] for name, found in seen.forms.items()}
            return {
                "is_loaded": self._is_wrapped or self._has_loaded(),
                "is_wrapped": self._is_wrapped,
                "other": _file_of(sys.modules.get(self._plan["module"])),
                "refused": self._refused,
                "made": seen.made,
                "looked_at": seen.looked_at,
                "different": len(seen.digests),
                "left_out": dict(seen.left_out),
                "seconds": seen.nanoseconds / 1e9,
                "callers": dict(seen.callers),
                "forms": forms,
                "calls": [list(call[1:]) for call in sorted(seen.kept, key=lambda call: int(call[1]))],
            }

    def _has_loaded(self) -> bool:
        name = os.path.basename(self._plan["file"])
        files = [_file_of(module) for module in list(sys.modules.values())]
        return any(os.path.basename(file) == name and os.path.realpath(file) == self._plan["file"] for file in files)

    def _wrapped(self, function: Any) -> Any:
        """The function that the program gets in the place of its own."""
        try:
            self._prepare(function)
            if inspect.isasyncgenfunction(function):
                raise _Unkept("it is an async generator, which strop does not record")
            return _Wrapped(self, function).wrapper()
        except Exception as error:
            self._refused = printable(_reason(error))
            return function

    def _prepare(self, function: Any) -> None:
        """Know names as guests know them, and load what pickles."""
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

    def begin(self, wrapped: _Wrapped, *given: Any) -> tuple[_Seen, int, _Look | None]:
        """Number a call that begins, and look at it if it is its turn. For wrappers, when this thread is `inside`. `given`: as
        `_Wrapped.call` gets it."""
        seen, look = self._seen, None
        with seen.lock:
            number = seen.made
            seen.made += 1
        if number % seen.stride == 0 and self._may_look(seen, number):
            began = time.thread_time_ns()
            with _undisturbed():
                try:
                    look = self._looked(seen, number, wrapped, given)
                except (Exception, SystemExit, GeneratorExit) as error:
                    seen.leave_out(_reason(error))
                seen.spent += time.thread_time_ns() - began
        return seen, number, look

    def end(self, seen: _Seen, number: int, look: _Look | None, spent: int, answer: Any, kind: str = "") -> None:
        """Count a call that ended after `spent` nanoseconds. `answer`: see `_outcome`."""
        with seen.lock:
            seen.nanoseconds += spent
        if look is not None and not self._is_paused:
            began = time.thread_time_ns()
            with _undisturbed():
                try:
                    outcome = _outcome(look.arguments, answer, kind)
                    if len(look.pickled) + len(outcome) > MOST_BYTES_OF_ONE:
                        raise _Unkept(_LARGER)
                    seen.keep((look.key, number, look.pickled, outcome, spent / 1e9, look.shown, look.digest))
                except (Exception, SystemExit, GeneratorExit) as error:
                    seen.leave_out(_reason(error), look.digest)
                seen.spent += time.thread_time_ns() - began
        if look is not None or not number & (number + 1) or not number & 1023:
            self._flush(seen, number)

    def _may_look(self, seen: _Seen, number: int) -> bool:
        """Whether there is budget for this call. The stride grows with what is spent, so that some is left for later calls."""
        limit = min(MOST_SECONDS, max(LEAST_SECONDS, SHARE * time.process_time())) * 1e9
        seen.stride = 1 << max(seen.looked_at // STRIDE, min(8, int(8 * seen.spent / limit)))
        return not self._is_paused and seen.spent < limit and number % seen.stride == 0

    def _looked(self, seen: _Seen, number: int, wrapped: _Wrapped, given: Any) -> _Look | None:
        """The call before it is made; None if it is equal to another, or the sample does not take it."""
        with seen.lock:
            # A call stands for those since the last one. Those that stand for more are more likely to be kept (Efraimidis and
            # Spirakis, 2006), and so the kept ones spread over the run.
            weight, seen.last = number + 1 - seen.last, number + 1
            seen.looked_at += 1
            key = seen.random.random() ** (1 / weight)
            seen.count(seen.callers, _caller(sys._getframe()))
        arguments = wrapped.arguments(*given)
        with seen.lock:
            for name, value in arguments.items():
                # A program may make keywords that are no parameters of its data, which forms do not tell.
                add_form(seen.forms, f"**{wrapped.keywords}" if name in given[-1] else name, value)
        try:
            told = strop_behaviour.take_batch("arguments", 1, True, [arguments], [], [])[0][0]
        except strop_behaviour.NotDescribed as error:
            self._pickled(arguments)  # which has more to say of why
            raise _Unkept(f"its arguments hold {error}, which cannot be compared") from None
        digest = hashlib.sha256(_bytes_of(told, arguments)).digest()[:16]
        with seen.lock:
            if digest in seen.digests:
                return None
            seen.digests.add(digest)
            if not seen.takes(key):
                return None
        look = _Look(key, arguments, digest)
        try:
            look.pickled = self._pickled(arguments)
        except _Unkept:
            seen.digests.discard(digest)
            raise
        look.shown = {printable(name): in_words(value) for name, value in islice(arguments.items(), MOST_FORMS)}
        return look

    def _pickled(self, arguments: dict[str, Any]) -> bytes:
        try:
            return self._pickle(arguments)
        except strop_pickle.PickleTooLarge:
            raise _Unkept(_LARGER) from None
        except Exception as error:
            if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
                raise _Unkept("its arguments are nested too deeply") from None
            known = type(error).__name__, ADDRESS.sub("", str(error))[:LENGTH]
            if known not in self._why:
                self._why[known] = f"cannot be pickled: {self._culprit(arguments, '', set())}"
            raise _Unkept(self._why[known]) from None

    def _culprit(self, value: Any, path: str, seen: set[int]) -> str:
        """The place of the first part of a value that cannot be pickled, though its own parts can, and what it is."""
        for name, each in _parts(value, path):
            if id(each) not in seen and len(seen) < 1000:
                seen.add(id(each))
                try:
                    self._pickle(each)
                except Exception:
                    return self._culprit(each, name, seen)
        is_lambda = type(value) is types.FunctionType and value.__name__ == "<lambda>"
        return f"{path} is {'a lambda' if is_lambda else plain_data.described(value)}"

    def _flush(self, seen: _Seen, number: int) -> None:
        """Write what was seen, at times: the process may be killed."""
        now = time.process_time()
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
        """Whether this thread makes a call within another one."""
        return self._recorder._seen.here.inside

    def call(self, given: tuple[Any, ...], others: dict[str, Any], rest: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Make an outermost call. Of a generator or a coroutine: what does its steps."""
        recorder, here = self._recorder, self._recorder._seen.here
        here.inside = True
        try:
            seen, number, look = recorder.begin(self, given, others, rest, named)
            began = time.thread_time_ns()
            try:
                answer = self.function(*given, *rest, **others, **named)
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
        self, given: tuple[Any, ...], others: dict[str, Any], rest: tuple[Any, ...], named: dict[str, Any]
    ) -> dict[str, Any]:
        """Arguments by the names of parameters, without those that are defaults."""
        defaults = self.function.__defaults__ or ()
        least = len(self.names) - len(defaults)
        found = {
            name: value
            for at, (name, value) in enumerate(zip(self.names, given))
            if at < least or rest or value is not defaults[at - least]
        }
        if rest:
            found[f"*{self._rest}"] = list(rest)
        known = self.function.__kwdefaults__ or {}
        found.update({name: value for name, value in others.items() if name not in known or value is not known[name]})
        if not found.keys().isdisjoint(named):
            raise _Unkept("has two arguments of one name")
        found.update(named)
        return found

    def wrapper(self) -> Any:
        """A function with the same parameters, which are what other decorators read."""
        only, given = self.positional_only, ", ".join(self.names)
        parameters = [*self.names[:only], *["/"][:only], *self.names[only:]]
        parameters += [f"*{self._rest}"] if self._rest else ["*"][: len(self._others)]
        parameters += [*self._others, *([f"**{self.keywords}"] if self.keywords else [])]
        inner = [*self.names, *([f"*{self._rest}"] if self._rest else []), *(f"{each}={each}" for each in self._others)]
        inner += [f"**{self.keywords}"] if self.keywords else []
        others = ", ".join(f"'{each}': {each}" for each in self._others)
        outer = f"({given}{',' if given else ''}), {{{others}}}, {self._rest or '()'}, {self.keywords or '{}'}"
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
        found: Any = functools.wraps(self.function)(next(made[each] for each in made if each not in _OWN))
        found.__defaults__, found.__kwdefaults__ = self.function.__defaults__, self.function.__kwdefaults__
        return found


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

    def _run(self, step: Any, *given: Any) -> Any:
        here = self._seen.here
        outer, here.inside = here.inside, True
        began = time.thread_time_ns()
        try:
            try:
                return step(*given)
            finally:
                if not outer:
                    self._spent += time.thread_time_ns() - began
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


def _outcome(arguments: dict[str, Any], answer: Any, kind: str) -> bytes:
    """What came of a call, as the host gets it of a batch of one call. `answer`: what it returned, or `CallRaised`."""
    raised = type(answer) is strop_behaviour.CallRaised and answer.error
    if isinstance(raised, KeyboardInterrupt) or type(raised).__name__ == "CancelledError":
        raise _Unkept("was interrupted")
    if kind == "a generator":
        return b""
    if isinstance(answer, _LAZY):
        raise _Unkept("returns a generator or a coroutine that another function makes")
    values, kinds, after = strop_behaviour.take_batch("answers and arguments", 1, True, [arguments], [answer], [kind])
    return plain_data.encode([kinds[0] if kinds else "", values[0], after[0]], subclasses=True)


def _bytes_of(told: Any, arguments: dict[str, Any]) -> bytes:
    """What tells a description from others: of objects it is made of lists, which `marshal` takes at once."""
    try:
        return plain_data.encode(told, subclasses=True) if told is arguments else marshal.dumps(told, 0)
    except ValueError:  # with an array in it
        return plain_data.encode(told, subclasses=True)


def _parts(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What a value holds, and where."""
    kind = type(value)
    if issubclass(kind, dict):
        for name, each in islice(dict.items(value), 200):
            yield f"{path}[{in_words(name)}]" if path else str(name), each
    elif issubclass(kind, (list, tuple)):
        for at, each in enumerate(islice(kind.__iter__(value), 200)):
            yield f"{path}[{at}]", each
    for name, each in strop_behaviour._attributes(value).items() if kind is not types.FunctionType else ():
        yield f"{path}.{name}", each


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
def _undisturbed() -> Iterator[None]:
    """Let signals wait: what a handler raises is the program's, and nothing here may catch it."""
    before = _mask(signal.SIG_BLOCK, ())
    try:
        _mask(signal.SIG_BLOCK, _SIGNALS)
        yield
    finally:
        _mask(signal.SIG_SETMASK, before)
