"""The guest that draws inputs and scores answers: it loads the module that marks a function, and answers the host's questions.

Stand-alone, under Python 3.9 or newer. Values travel as plain data; the host checks everything that this says.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import importlib.util
import inspect
import io
import linecache
import math
import os
import random
import re
import sys
import time
import traceback
import types
from collections import OrderedDict
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import strop_changes
import strop_innermost
import strop_pickle
import strop_plain_data as plain_data
import strop_reached

import strop
from strop import MARK, Answer, CalledWhileLoading, Instance, Malformed, Marked

SETTINGS = (
    "name", "instances", "test_instances", "time_limit", "memory_limit", "score_limit", "failure", "description", "answer",
    "fixed_input", "isolate",
)  # fmt: skip
"""Fields of a task that `improve_me` takes. The host, which does not believe this process, has them, too."""
_ARGUMENTS = {**dict.fromkeys(("score", "sample", "cases", "best_known", "accept", "close")), "reference": False}
_MOST_PICKLED = plain_data.MOST_BYTES - 4096
_ROOT = f"{os.getcwd()}/"
"""The tree, as the process begins: a module may go elsewhere."""
_MOST_DRAWN = 4096
"""How many instances are kept with their hidden data; others are drawn again."""


def answer(setup: Mapping[str, Any], question: str, *arguments: Any) -> Any:
    """The answer to a question. `setup` has the module's `path` and `name`, and the name `asked` for."""
    if not _scorers:
        _scorers.append(_Scorer(**setup))
    strop.notes.clear()
    return getattr(_scorers[0], question)(*arguments)


_scorers: list[_Scorer] = []


def used(setup: Mapping[str, Any], entry: str, calls: list[Any], names: dict[str, list[str]]) -> list[Any]:
    """The files of the tree that the original imports or opens as it is loaded and in some calls, the lines of some functions
    that no call reaches, the names of all modules that are loaded then, and the functions that the calls enter. Runs in a process
    of its own.

    Each file has the name of its module before it, or an empty text. `setup` has the text and the arguments of
    `user_module.imported`, `calls` the arguments of the calls of `entry`, and `names` those of the functions, by the
    path of their file.
    """
    rooms = ("strop_by_name", "strop_calling", "strop_user_module")
    by_name, calling, user_module = map(importlib.import_module, rooms)
    opened: set[str] = set()
    texts = {path: setup["text"] if path == setup["file"] else "".join(linecache.getlines(path)) for path in names}

    def hook(event: str, arguments: Any) -> None:
        path = arguments[0] if event == "open" and arguments else None
        if isinstance(path, (str, bytes, os.PathLike)):
            opened.add(os.path.abspath(os.fsdecode(path)))

    sys.addaudithook(hook)
    reached = strop_reached.Reached(texts, names, {setup["filename"]: setup["file"]})
    with contextlib.suppress(BaseException):
        module = user_module.imported(**setup)
        function = strop_innermost.held() if setup["innermost"] else attrgetter(entry)(module)
        for arguments in calls:
            with contextlib.suppress(BaseException):
                positional, named = by_name.bound(function, calling.opened(arguments))
                with reached:
                    calling.ended(function(*positional, **named))
    modules = {_file_of(module): name for name, module in list(sys.modules.items())}
    files = [path for path in sorted({*modules, *opened}) if path.startswith(_ROOT) and os.path.isfile(path)]
    left = reached.left() if reached.calls == len(calls) else []
    return [[(modules.get(path, ""), path) for path in files], left, list(sys.modules), reached.entered]


class _Wrong(Exception):
    """There is no such target, as the message says."""


class _Scorer:
    """The module that has the mark, loaded, and the instances that were drawn."""

    def __init__(self, path: str, name: str, asked: str, pickler: str, is_recorded: bool = False) -> None:
        self._path, self._name, self._asked, self._pickler = path, name, asked, pickler
        self._function: Any = None
        self._mark: dict[str, Any] = {}
        self._names: list[str] = []
        self._drawn: OrderedDict[int, Instance] = OrderedDict()
        self._before = set(sys.modules)
        self._why = ""
        if is_recorded:
            strop_innermost.hold(path, asked)
        try:
            self._module = self._loaded()
            self._find_held() if is_recorded else self._find()
        except _Wrong as error:
            self._why = str(error)

    def _loaded(self) -> types.ModuleType:
        """The module, as Python would import it. Raises _Wrong."""
        sys.argv, sys.stdin = [self._path], io.StringIO()
        try:
            with contextlib.redirect_stdout(sys.stderr):
                package = self._name.rpartition(".")[0]
                if package:
                    importlib.import_module(package)
                loaded = sys.modules.get(self._name)
                if loaded is not None and _file_of(loaded) == self._path:
                    return loaded
                spec = importlib.util.spec_from_file_location(self._name, self._path)
                assert spec is not None and spec.loader is not None
                module = importlib.util.module_from_spec(spec)
                sys.modules.setdefault(self._name, module)
                spec.loader.exec_module(module)
                return module
        except CalledWhileLoading as error:
            raise _Wrong(
                f"calls {error} when it is loaded, and would load itself again and again: "
                "put it under if __name__ == '__main__':"
            ) from None
        except SystemExit as error:
            raise _Wrong(
                f"cannot be loaded: it ends the program (SystemExit: {error.code}); "
                "read arguments below if __name__ == '__main__'"
            ) from None
        except Exception as error:
            raise _Wrong(f"cannot be loaded: {type(error).__name__}: {error}") from None

    def _find(self) -> None:
        """Find the function that is asked for, and its mark. Raises _Wrong."""
        names, asked = marked_names(self._module), self._asked or "task"
        bound = getattr(self._module, asked, None)
        own = getattr(bound, "__qualname__", "") if hasattr(bound, MARK) else ""
        if "<" in own:
            raise _Wrong(f"marks {own}; define it at the top level of a file, or in a class there")
        if asked not in names and own in names:
            asked = own
        if asked not in names and not self._asked:
            asked = names[0] if len(names) == 1 else ""
        if asked not in names:
            self._names = names
            raise _Wrong("")
        self._asked = asked
        self._function = attrgetter(asked)(self._module)
        self._marking: Marked = getattr(self._function, MARK)
        self._mark = {**_ARGUMENTS, **self._marking.settings}

    def _find_held(self) -> None:
        """Find the function whose calls were recorded. Raises _Wrong."""
        try:
            self._function = strop_innermost.held()
        except NameError:
            raise _Wrong(f"defines no function {self._asked} when it is loaded") from None
        self._marking = Marked({}, "")
        self._mark = {**_ARGUMENTS, "score": "time", "cases": [{}, {}]}

    def describe(self) -> dict[str, Any]:
        """The facts about the target that the host needs, or `wrong`, which says why there is no target."""
        if not self._mark:
            return {"wrong": self._why, "names": self._names}
        mark, function = self._mark, self._function
        name, module = self._asked, self._module
        if self._marking.marking_module:
            name, module = function.__qualname__, sys.modules.get(function.__module__, self._module)
        callables: list[Any] = []
        settings = {key: value for key, value in mark.items() if key not in (*_ARGUMENTS, "answer")}
        return {
            "wrong": next((mistake for mistake, holds in _required(mark).items() if not holds), ""),
            "name": name,
            "module": module.__name__,
            "file": _file_of(module),
            "is_marked_elsewhere": bool(self._marking.marking_module),
            "is_method": _is_method(name, module),
            "doc": inspect.getdoc(function) or "",
            "signature": _signature(function),
            "is_timed": mark["score"] == "time",
            "reference": bool(mark["reference"]),
            "best_known": mark["best_known"] if _is_finite(mark["best_known"]) else None,
            "close": mark["close"],
            "settings": {key: value if _is_plain(value) else repr(value)[:90] for key, value in settings.items()},
            "answer": _declared(mark.get("answer"), callables),
            "cases": None if mark["cases"] is None else [self._case(case) for case in mark["cases"]],
            "scorer": _signature(mark["score"]) if callable(mark["score"]) else None,
            "scorer_name": getattr(mark["score"], "__name__", "score"),
            "sources": [_source(mark[key]) for key in ("sample", "score", "accept") if callable(mark[key])],
            "has_accept": mark["accept"] is not None,
            "loaded": _loaded_files(self._before),
            "python": f"Python {sys.version_info[0]}.{sys.version_info[1]} {_numpy()}",
        }

    def draw(self, seed: int) -> tuple[Any, ...]:
        """The inputs of the instance with this seed, and the values of functions in the declared answer; or why it failed."""
        try:
            instance = self._instance(seed)
        except _CannotTell as error:
            return ("failed", str(error))
        if not isinstance(instance.inputs, Mapping):
            return ("failed", f"must give a dict of inputs or (inputs, hidden), not {_shown(instance.inputs)}")
        for name in instance.inputs:
            if not isinstance(name, str):
                return ("failed", f"must name its inputs by texts, not {_shown(name)}")
            if name == plain_data.OPAQUE:
                return ("failed", f"names an input {name}, which is strop's own name")
        inputs = dict(instance.inputs)
        if all(map(_is_plain, inputs.values())):
            return ("drawn", inputs, self._resolved(instance))
        try:
            return ("opaque", *self._pickled(inputs), self._resolved(instance))
        except _CannotTell as error:
            return ("failed", str(error))

    def draw_all(self, seeds: list[int]) -> tuple[Any, ...]:
        """What `draw` answers for each of these seeds."""
        return ("many", [self.draw(seed) for seed in seeds])

    def case(self, inputs: dict[str, Any]) -> tuple[Any, ...]:
        """The values of functions in the declared answer, for listed inputs."""
        return ("drawn", {}, self._resolved(Instance(_unpickled(inputs))))

    def changed(self, data: bytes, seed: int, most: int, seconds: float) -> tuple[Any, ...]:
        """The pickled arguments of a call, changed in up to `most` different ways, each with its change in words. Ends early
        after `seconds` CPU seconds."""
        chance, changes, ends = random.Random(seed), dict[bytes, str](), time.process_time() + seconds
        opened = importlib.import_module("strop_calling").opened
        pickle = strop_pickle.pickler(self._pickler, "")
        with contextlib.redirect_stdout(sys.stderr):
            changes[pickle(opened({plain_data.OPAQUE: data}))] = ""  # changes that change nothing
            for _ in range(4 * most):
                if len(changes) > most or time.process_time() > ends:
                    break
                with contextlib.suppress(Exception):
                    arguments = opened({plain_data.OPAQUE: data})
                    how = strop_changes.change(arguments, chance)
                    made = pickle(arguments)
                    if len(made) <= _MOST_PICKLED // most:
                        changes.setdefault(made, how)
        return ("changed", [[made, how] for made, how in changes.items() if how])

    def score(self, of: Any, answer: Any) -> tuple[Any, ...]:
        """The score of an answer. `of` has the instance's inputs, or its seed and the order of its inputs."""
        score = self._mark["score"]
        parameters = list(inspect.signature(score).parameters.values())

        def scored() -> Any:
            instance = self._copy_of(of)
            if parameters and parameters[0].name == "instance":
                return score(instance, answer)
            positional, named = _bound(parameters[1:], dict(instance.inputs))
            return score(answer, *positional, **named)

        return self._judged(scored, lambda value: value if _is_number(value) else None)

    def accept(self, of: Any, answer: Any) -> tuple[Any, ...]:
        """Whether an answer is right."""
        return self._judged(lambda: bool(self._mark["accept"](self._copy_of(of), answer)), lambda value: value)

    def expected(self, arguments: dict[str, Any]) -> tuple[Any, ...]:
        """The answer of the original function to these arguments, which are as the program gets them."""
        by_name, calling = map(importlib.import_module, ("strop_by_name", "strop_calling"))

        def called() -> Any:
            positional, named = by_name.bound(self._function, calling.opened(arguments))
            return calling.ended(self._function(*positional, **named))[0]

        return self._judged(called, lambda value: value)

    def _judged(self, judge: Callable[[], Any], sent: Callable[[Any], Any]) -> tuple[Any, ...]:
        """The value that a function of the mark returns, its beginning in words, and its notes; or how it failed."""
        try:
            with contextlib.redirect_stdout(sys.stderr):
                value = judge()
                return ("said", sent(value), _shown(value), list(strop.notes))
        except Malformed as error:
            return ("malformed", str(error), list(strop.notes))
        except CalledWhileLoading as error:
            return ("failed", f"calls {error}, which a scorer cannot", list(strop.notes))
        except _CannotTell as error:
            return ("failed", str(error), list(strop.notes))
        except (Exception, SystemExit) as error:
            return ("failed", _blame(error), list(strop.notes))

    def _copy_of(self, of: Any) -> Instance:
        """A copy of an instance, which a scorer may change. Raises _CannotTell."""
        instance = Instance(_unpickled(of)) if isinstance(of, dict) else self._instance(of[0])
        names = instance.inputs if isinstance(of, dict) else of[1]
        try:
            if plain_data.OPAQUE in names:  # what belongs together stays so
                return Instance(*copy.deepcopy((dict(instance.inputs), instance.hidden)))
            inputs = {name: plain_data.copied(instance.inputs[name]) for name in names}
            return Instance(inputs, plain_data.copied(instance.hidden))
        except Exception as error:
            raise _CannotTell(f"gives what cannot be copied ({type(error).__name__}: {error})") from error

    def _instance(self, seed: int) -> Instance:
        if seed not in self._drawn:
            try:
                with contextlib.redirect_stdout(sys.stderr):
                    drawn = self._mark["sample"](_generator(self._mark["sample"], seed))
            except _CannotTell:
                raise
            except (Exception, SystemExit) as error:
                raise _CannotTell(_blame(error)) from error
            inputs, hidden = drawn if isinstance(drawn, tuple) and len(drawn) == 2 else (drawn, None)
            self._drawn[seed] = Instance(inputs, hidden)
            while len(self._drawn) > _MOST_DRAWN:
                self._drawn.popitem(last=False)
        return self._drawn[seed]

    def _pickled(self, inputs: dict[str, Any]) -> tuple[bytes, dict[str, Any], dict[str, str]]:
        """Arguments as one pickle, with the shape of each by which the host checks its name, and the beginning of each in words.
        Raises _CannotTell."""
        stars: set[str] = set()
        with contextlib.suppress(TypeError, ValueError):  # a function in C that does not tell its parameters
            parameters = inspect.signature(self._function).parameters
            inputs = {name: inputs[name] for name in parameters if name in inputs} | inputs
            stars = {parameter.name for parameter in parameters.values() if parameter.kind is parameter.VAR_POSITIONAL}
        sent = {"*" * (name in stars) + name: value for name, value in inputs.items()}
        pickle = strop_pickle.pickler(self._pickler, self._marking.marking_module)
        try:
            data = pickle(sent)
        except Exception:
            for name, value in inputs.items():
                try:
                    pickle(value)
                except Exception as error:
                    raise _CannotTell(
                        f"draws what cannot be pickled: input {name} ({type(error).__name__}: {str(error)[:200]})"
                    ) from error
            raise
        if len(data) > _MOST_PICKLED:
            raise _CannotTell(f"draws inputs of {len(data):,} bytes, more than the {_MOST_PICKLED:,} allowed")
        shape = {name: _shape(value) if name in stars else None for name, value in inputs.items()}
        return data, shape, {name: _in_words(value) for name, value in inputs.items()}

    def _case(self, case: Any) -> tuple[Any, ...]:
        """A case as plain data or as a pickle, with its beginning in words, or with the reason why it is neither."""
        kind = "tuple" if isinstance(case, tuple) else "dict" if isinstance(case, Mapping) else type(case).__name__
        value: Any = list(case) if kind == "tuple" else dict(case) if kind == "dict" else None
        case_text = f"{case!r:.60}"
        if value is None or all(map(_is_plain, value.values() if kind == "dict" else value)):
            return kind, value, case_text, ""
        try:
            if kind == "tuple":
                value = _bound_case(inspect.signature(self._function), value)
            return "opaque", self._pickled(value), case_text, ""
        except (_CannotTell, TypeError) as error:
            return kind, None, case_text, str(error)

    def _resolved(self, instance: Instance) -> list[Any]:
        """The values of the functions in the declared answer for an instance."""
        callables: list[Any] = []
        _declared(self._mark.get("answer"), callables)
        return [_resolved_field(function, instance) for function in callables]


class _CannotTell(Exception):
    """A function of the mark failed, as the message says."""


def _generator(sample: Any, seed: int) -> Any:
    """The generator that `sample` draws from: NumPy's, or Python's if its parameter is called `random`."""
    if next(iter(inspect.signature(sample).parameters), "") == "random":
        return random.Random(seed)
    try:
        import numpy
    except ImportError:
        version = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
        raise _CannotTell(
            f"draws from a generator of NumPy, which this {version} does not have; call its parameter random, "
            "and it gets a random.Random"
        ) from None
    return numpy.random.default_rng(seed)


def marked_names(module: types.ModuleType) -> list[str]:
    """The marked functions of a module, the static and class methods of its classes (`Class.name`), and the names under which it
    marks functions of other modules."""
    name, bound = module.__name__, vars(module)
    elsewhere = [bound_name for bound_name, value in bound.items() if _marking(value) == name]
    own = {bound_name: value for bound_name, value in bound.items() if getattr(value, "__module__", name) == name}
    methods = {
        f"{bound_name}.{inner}": getattr(value, inner)
        for bound_name, value in own.items()
        if isinstance(value, type)
        for inner in list(vars(value))
        if hasattr(value, inner)
    }
    return elsewhere + [
        bound_name
        for bound_name, value in {**own, **methods}.items()
        if hasattr(value, MARK) and getattr(value, "__name__", "") == bound_name.rpartition(".")[2]
    ]


def _marking(value: Any) -> str:
    marked = getattr(value, MARK, None)
    return marked.marking_module if isinstance(marked, Marked) else ""


def _required(mark: dict[str, Any]) -> dict[str, bool]:
    """Message → whether its requirement for the arguments of `improve_me` holds."""
    score, accept, cases, best_known = (mark[key] for key in ("score", "accept", "cases", "best_known"))
    close = mark["close"]
    unknown = sorted({*mark} - {*_ARGUMENTS, *SETTINGS})
    return {
        "@improve_me needs sample= or cases=, one of them": (mark["sample"] is None) != (cases is None),
        f"@improve_me takes no {''.join(unknown[:1])}; it takes {', '.join(SETTINGS)}": not unknown,
        f"score must be a function or 'time', not {score!r:.40}": score == "time" or callable(score),
        "accept must be a function, and goes with score='time'; else let score() refuse": (
            accept is None or (score == "time" and callable(accept))
        ),
        f"best_known must be a finite number, not {best_known!r:.40}": best_known is None or _is_finite(best_known),
        f"close must be a number between 0 and 1, not {close!r:.40}": (
            close is None or (_is_finite(close) and 0 < close < 1)
        ),
        "cases needs at least 2, since every second one is held out": cases is None or len(cases) >= 2,
        "with cases=, instances are counted; do not give their number": (
            cases is None or not {"instances", "test_instances"} & {*mark}
        ),
        "answer must be a strop.Answer": mark.get("answer") is None or isinstance(mark["answer"], Answer),
    }


def _is_method(name: str, module: types.ModuleType) -> bool:
    """Whether a function is called with an object of its class."""
    owner, _, method = name.rpartition(".")
    with contextlib.suppress(AttributeError):
        attribute = inspect.getattr_static(attrgetter(owner)(module), method) if owner else None
        return bool(owner) and not isinstance(attribute, (staticmethod, classmethod))
    return False


def _signature(function: Any) -> Any:
    """The parameters of a function, each with name, kind, and whether it has a default; or a text that says why they are
    unknown."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        return str(error)
    return [(parameter.name, int(parameter.kind), parameter.default is not parameter.empty) for parameter in parameters]


def _bound(parameters: list[inspect.Parameter], inputs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Inputs as (positional, keyword) arguments of a call."""
    positional: list[Any] = []
    for parameter in parameters:
        if parameter.name not in inputs or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD):
            break
        value = inputs.pop(parameter.name)
        positional += value if parameter.kind is parameter.VAR_POSITIONAL else [value]
    return positional, inputs


def _bound_case(signature: inspect.Signature, values: list[Any]) -> dict[str, Any]:
    """Arguments by position as arguments by name. Raises TypeError."""
    bound = signature.bind(*values).arguments
    rest = [parameter.name for parameter in signature.parameters.values() if parameter.kind is parameter.VAR_POSITIONAL]
    return {**bound, **{name: list(bound.get(name, ())) for name in rest}}


def _unpickled(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs that this process may have pickled, by the names of the parameters."""
    opened = importlib.import_module("strop_calling").opened(dict(inputs))
    return {name.lstrip("*"): value for name, value in opened.items()}


def _shape(value: Any) -> Any:
    """A list that shows whether a call takes arguments behind a star: `[0]` if there are some, `[]` if not; None for no list."""
    return [0] * bool(len(value)) if isinstance(value, (list, tuple)) else None


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def _in_words(value: Any) -> str:
    return _ADDRESS.sub("", _shown(value))


def _declared(declared: Any, callables: list[Any]) -> Any:
    """A declared answer as plain data. Functions in it are added to `callables`, and replaced by their numbers there."""
    if not isinstance(declared, Answer):
        return None
    return [_of(declared.of, callables), {key: _field(value, callables) for key, value in declared.fields.items()}]


def _of(of: Any, callables: list[Any]) -> Any:
    if isinstance(of, Mapping):
        return ["dict", {str(key): _declared(value, callables) for key, value in of.items()}]
    if isinstance(of, list):
        return ["list", [_declared(part, callables) for part in of]]
    return ["type", getattr(of, "__name__", repr(of)[:60])]


def _field(value: Any, callables: list[Any]) -> Any:
    if callable(value):
        callables.append(value)
        return ["call", len(callables) - 1]
    if isinstance(value, slice):
        return ["slice", [value.start, value.stop, value.step]]
    return ["value", value] if _is_plain(value) else ["shown", repr(value)[:60]]


def _resolved_field(function: Any, instance: Instance) -> Any:
    """The value of a function in the declared answer for an instance, or the error that it raised."""
    try:
        value = function(instance)
    except Exception as error:
        return ["raised", f"{type(error).__name__}: {error}"[:300]]
    return _field(value, []) if not callable(value) else ["shown", repr(value)[:60]]


def _source(function: Any) -> dict[str, str]:
    """The source of a function of the mark; empty where it cannot be read."""
    plain = inspect.unwrap(function)
    try:
        text, file = inspect.getsource(plain), inspect.getsourcefile(plain) or ""
    except (TypeError, OSError):
        text, file = "", ""
    return {"text": text, "file": file, "name": getattr(function, "__name__", "")}


def _loaded_files(before: set[str]) -> list[tuple[str, str]]:
    """The modules of the tree that were imported: names and files; a package without a file has none."""
    files = []
    for name, module in sorted(sys.modules.items()):
        file = _file_of(module) or next(iter(getattr(module, "__path__", ())), "")
        if name not in before and isinstance(file, str) and file.startswith(_ROOT):
            files.append((name, _file_of(module)))
    return files


def _numpy() -> str:
    return "without numpy" if importlib.util.find_spec("numpy") is None else "with numpy"


def _file_of(module: Any) -> str:
    file = getattr(module, "__file__", None)
    return os.path.abspath(file) if isinstance(file, str) else ""


def _blame(error: BaseException) -> str:
    """One line that says where the user's code failed."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    message = " ".join(str(error).split())[:300]
    if isinstance(error, OSError):
        message += "; it runs in a jail, with a copy of its project, and reads outside of it what --set tool=PATH names"
    return f"raised {type(error).__name__}: {message} ({os.path.basename(frame.f_code.co_filename)}, line {line})"


def _is_plain(value: Any) -> bool:
    return not _unsendable(value)


def _unsendable(value: Any) -> str:
    """Why a value cannot be sent; empty if it can. A value of a class that extends a plain type cannot, because it would arrive
    as that type."""
    try:
        plain_data.encode(value)
    except plain_data.NotPlain as error:
        return str(error)
    return ""


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_number(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return isinstance(value, (int, float)) or (
        numpy is not None and isinstance(value, numpy.generic) and _is_plain(value)
    )


def _shown(value: Any) -> str:
    """The beginning of a value's `repr`, or its type if it has none."""
    try:
        return repr(value)[:60]
    except Exception:
        return f"a value of type {type(value).__name__}"
