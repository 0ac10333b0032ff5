"""A function of the user's own module as a task: what is scored is the whole module with the candidate in it (docs/targets.md).

The module is the user's own code and is loaded in the host, like a task file. The function runs in the jail.
"""

from __future__ import annotations

import ast
import copy
import inspect
import io
import pickle
import sys
import tokenize
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from operator import attrgetter
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError, Malformed, SandboxError, ScorerFailed, TaskError
from strop.base.later import dataclass
from strop.base.plain_file import text_of
from strop.base.results import ScoredBy
from strop.base.surface import option
from strop.base.user_modules import UserModule, is_installed, marked_beside, user_module
from strop.options.scoring import is_finite
from strop.tasks.arguments import Parameters
from strop.tasks.base import UTILITY, Instance, Seeds, Split, Task, blame, described_with_definitions
from strop.tasks.command.score_kinds import EQUAL, KINDS
from strop.tasks.function.marker import MARK, Marked
from strop.tasks.function.source import Source
from strop.tasks.function.splice import alone, hidden, read_source, scored, whole
from strop.tasks.mistakes import first_mistake
from strop.tasks.objective_facts import Calls, MetricFacts, ObjectiveFacts
from strop.tasks.score_limit import ended
from strop.tasks.values import AnswerForm, canonical, difference, rebuilt

SETTINGS = (
    "name", "instances", "test_instances", "time_limit", "memory_limit", "score_limit", "failure", "description", "answer",
    "fixed_input", "isolate",
)  # fmt: skip
"""Fields of a task that `improve_me` takes."""
SECONDS = "seconds"
"""The metric of a function that is scored by time: CPU seconds of one call."""
CALLS = "calls"
"""Beside it: how many calls were timed together, in one batch."""
OUTSIDE = "outside"
"""Beside it: CPU seconds of opening the arguments of a batch and describing its answers."""
ALONE = "alone"
"""Beside it: CPU seconds of a call that is made alone."""
LOADING = "loading"
"""Beside it: CPU seconds of loading, and of what the first call costs beyond a later one. It decides nothing."""
FIRST = "first"
"""Beside it: CPU seconds of the first call of a process, as far as that is longer."""
_EQUAL = "The answer must equal the original function's (of the same types; floats within a relative 1e-9)."
_REMEMBERED = 1000
"""How many answers of the original are cached."""


@dataclass(frozen=True)
class FunctionTask(Task):
    """A task whose program is a function of a module."""

    source: Source | None = None
    module_text: str = ""
    """The text of the module's file, with its own line ends."""
    by_time: bool = False
    """Whether the score is CPU time relative to the original's, at equal answers (strop.evaluation.paired)."""
    accept: Callable[[Instance, Any], object] | None = None
    """With `by_time`: whether an answer is right, in place of being equal to the original's."""
    best_known: float | None = None
    """The best known score, or seconds of one call; it is shown beside the result."""
    cases: tuple[Mapping[str, Any], ...] = ()
    """Arguments by name, if they are listed rather than drawn; every second one is held out."""

    @property
    def scored_by(self) -> ScoredBy:
        """The kernel counts the time; else the host scores what the function returns."""
        return "kernel" if self.by_time else "host"

    @property
    def scoring(self) -> str:
        """Who computes the score, in words."""
        if not self.by_time:
            return super().scoring
        accepted = "accept() decides about answers, in the host" if self.accept is not None else EQUAL
        return f"{KINDS['time'].noun}, counted by the kernel; {accepted}"

    @property
    def facts(self) -> ObjectiveFacts | None:
        """What decides in place of the score; None if the score does."""
        if not self.by_time:
            return super().facts
        # The layout in memory can make one of two equal functions 3% faster, in every process.
        metric = MetricFacts(SECONDS, "min", reader="time", resolution=0.03)
        calls: Calls = "first" if self.isolate else "later"
        return ObjectiveFacts(metric, self.input, self.scored_by, scorer=self.scoring, calls=calls)

    @property
    def best_values(self) -> Mapping[str, float]:
        """`seconds` or `utility` → the best known value, where one is declared."""
        return {} if self.best_known is None else {SECONDS if self.by_time else UTILITY: self.best_known}

    @property
    def _form(self) -> str:
        return f"Answer with {self.entry} alone, or with the whole program, in one fenced block of Python."

    @property
    def _rules(self) -> str:
        return f"\n# {self._mean}{super()._rules}"

    def count(self, split: Split) -> int:
        """Number of instances of a split."""
        return len(self._of(split)) if self.cases else super().count(split)

    def instance(self, split: Split, index: int, seeds: Seeds) -> Instance:
        """Instance `index` (from 0) of a split, a fresh copy at every call."""
        if not self.cases:
            return super().instance(split, index, seeds)
        cases = self._of(split)
        return Instance(copy.deepcopy(dict(cases[index % len(cases)])))

    def _of(self, split: Split) -> tuple[Mapping[str, Any], ...]:
        return self.cases[1::2] if split == "test" else self.cases[::2]

    def program(self, candidate: str) -> str:
        """The text of the module with the candidate's function, without what only its mark uses.

        Raises:
            Malformed: the candidate changes more than the function.
        """
        assert self.source is not None
        return scored(self.source, self.entry, candidate)

    def whole(self, candidate: str) -> str:
        """The candidate with the definitions that it uses of its module. Raises like `program`."""
        assert self.source is not None
        return whole(self.source, self.entry, candidate)

    def objection(self, instance: Instance, answer: Any, expected: Any, *, own: bool) -> str:
        """Why an answer of a function that is scored by time does not count; empty if it does. `own`: it is the original's.

        Raises:
            TaskError: `accept` refuses the original's answer.
            ScorerFailed: `accept` raised something else than Malformed.
        """
        accept = self.accept
        try:
            if accept is None:
                return ended(self.score_limit, "comparing", difference, expected, answer)
            taken = answer if own else AnswerForm().learn(expected).conformed(answer)
            is_right = ended(self.score_limit, "accept", lambda: bool(accept(instance, rebuilt(taken, wide=True))))
            why = "" if is_right else "accept() says that it is wrong"
        except Malformed as error:
            why = str(error) or "accept() says that it is wrong"
        except (SandboxError, ScorerFailed):
            raise
        except (Exception, SystemExit) as error:
            raise ScorerFailed(blame(f"task {self.name}: accept()", error)) from error
        if own and why:
            raise TaskError(f"task {self.name}: accept() refuses the original's own answer ({why}); it must accept it")
        return why


def marked_names(module: object) -> list[str]:
    """The marked functions of a module, the static and class methods of its classes (`Class.name`), and the names under which it
    marks functions of other modules."""
    name = getattr(module, "__name__", None)
    elsewhere = [each for each, value in vars(module).items() if _is_marked_in(name, value)]
    own = {each: value for each, value in vars(module).items() if getattr(value, "__module__", name) == name}
    methods = {
        f"{each}.{inner}": getattr(value, inner)
        for each, value in own.items()
        if isinstance(value, type)
        for inner in vars(value)
    }
    return elsewhere + [
        each
        for each, value in (own | methods).items()
        if hasattr(value, MARK) and getattr(value, "__name__", "") == each.rpartition(".")[2]
    ]


def _is_marked_in(name: str | None, value: object) -> bool:
    """Whether a module of this name marks a function of another one."""
    marked = getattr(value, MARK, None)
    return isinstance(marked, Marked) and marked.marking_module != "" and marked.marking_module == name


def function_task(path: Path, module: object, name: str) -> FunctionTask:
    """The task of the function that a module, which was loaded from `path`, has or marks under `name`.

    Raises:
        ConfigurationError: it is no plain function, or the arguments of its mark do not fit it.
    """
    where = f"{path}:{name}"
    function = attrgetter(name)(module)
    marked: Marked = getattr(function, MARK)
    if marked.marking_module:
        module, name, path = sys.modules.get(function.__module__), function.__qualname__, _home_of(function, where)
        where += f" ({path}:{name})"
    text = text_of(path, "file")
    if (encoding := _declared(text)) not in ("utf-8", "utf-8-sig"):
        raise ConfigurationError(f"{path} declares the encoding {encoding}; save it as UTF-8 and declare none")
    source, plain = read_source(path, text), inspect.unwrap(function)
    if inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain):
        raise _of_command(where, "is async", marked, path, name)
    if inspect.isgeneratorfunction(plain):
        raise _of_command(where, "is a generator", marked, path, name)
    program = alone(source, name)
    if wrong := first_mistake(_required(marked)):
        raise ConfigurationError(f"{where}: {wrong}")
    owner, _, method = name.rpartition(".")
    if owner and not isinstance(inspect.getattr_static(attrgetter(owner)(module), method), staticmethod | classmethod):
        raise _of_command(where, "is a method of an object", marked, path, name)
    parameters = Parameters(name, _signature(function, where))
    named = [_by_name(case, parameters, where) for case in marked.cases or ()]
    # Equal cases are one, so that none is in both halves; of a fixed input all are equal.
    cases = tuple(named if marked.settings.get("fixed_input") else {canonical(case): case for case in named}.values())
    if len(cases) == 1:
        raise ConfigurationError(
            f"{where}: all cases are equal; give different ones, of which every second one is held out"
        )
    imports = marked_beside(function.__module__) if marked.marking_module else _module_of(path, source)
    own = {"module": imports, "source": source, "module_text": text, "seed": program, "entry": name}
    return _made(marked, function, cases, where, own)


def _of_command(where: str, what: str, marked: Marked, path: Path, name: str) -> ConfigurationError:
    """The error of what no mark takes, with the form that improves it where it stands: a function around it would be all that
    may change."""
    how = f"{option('files')} {path} {option('only')} {name} {option('score')} {'time' if marked.score == 'time' else 'HOW'}"
    return ConfigurationError(
        f"{where} {what}, which no mark takes; let a script print what it answers: strop improve . "
        f"{option('command')} 'python3 SCRIPT {{seed}}' {how}"
    )


def _home_of(function: Callable[..., Any], where: str) -> Path:
    """The file of a function that another file marks."""
    file = getattr(sys.modules.get(function.__module__), "__file__", None) or ""
    if not file.endswith(".py") or is_installed(file):
        raise ConfigurationError(
            f"{where} marks {function.__module__}.{function.__qualname__}, which is no function in a file of its project"
            + f" but in {file}" * bool(file)
        )
    shown = Path(file)
    return shown.relative_to(Path.cwd()) if shown.is_relative_to(Path.cwd()) else shown


def _module_of(path: Path, source: Source) -> UserModule:
    """What the function imports: not the modules from which only its mark takes something."""
    nodes = hidden(source)
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {"." * node.level + node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return user_module(path, whole | parts)


def _declared(text: str) -> str:
    """The encoding in which Python reads a file."""
    try:
        return tokenize.detect_encoding(io.BytesIO(text.encode()).readline)[0]
    except SyntaxError as error:
        return str(error)


def _made(
    marked: Marked,
    function: Callable[..., Any],
    cases: tuple[Mapping[str, Any], ...],
    where: str,
    fixed: Mapping[str, Any],
) -> FunctionTask:
    settings = {"name": fixed["entry"], "time_limit": 1.0} | dict(marked.settings)
    by_time = marked.score == "time"
    score = _never if by_time else _scorer(marked.score, f"the score of {where}")  # type: ignore[arg-type]
    if marked.reference and not by_time:
        score = _equal_first(function, Parameters(fixed["entry"], _signature(function, where)), score)
    settings["description"] = settings.get("description") or _description(marked, function, cases, fixed["entry"])
    if cases:
        settings |= {"instances": len(cases[::2]), "test_instances": len(cases[1::2])}
    try:
        return FunctionTask(
            sample=marked.sample or (lambda rng: {}),
            score=score,
            by_time=by_time,
            accept=marked.accept,
            best_known=marked.best_known,
            cases=cases,
            **settings,
            **fixed,
        )
    except TaskError as error:
        raise ConfigurationError(f"{where}: {error}") from error


def _required(marked: Marked) -> dict[str, object]:
    """What must hold of the arguments of `improve_me`; see `first_mistake`."""
    score, accept, cases, best_known = marked.score, marked.accept, marked.cases, marked.best_known
    unknown = sorted({*marked.settings} - {*SETTINGS})
    return {
        "@improve_me needs sample= or cases=, one of them": (marked.sample is None) != (cases is None),
        f"@improve_me takes no {''.join(unknown[:1])}; it takes {', '.join(SETTINGS)}": not unknown,
        f"score must be a function or 'time', not {score!r:.40}": score == "time" or callable(score),
        "accept must be a function, and goes with score='time'; else let score() refuse": (
            accept is None or (score == "time" and callable(accept))
        ),
        f"best_known must be a finite number, not {best_known!r:.40}": best_known is None or is_finite(best_known),
        "cases needs at least 2, since every second one is held out": cases is None or len(cases) >= 2,
        "with cases=, instances are counted; do not give their number": (
            cases is None or not {"instances", "test_instances"} & {*marked.settings}
        ),
    }


def _signature(function: Callable[..., Any], where: str) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{where} cannot be called: {error}") from error


def _by_name(case: object, parameters: Parameters, where: str) -> dict[str, Any]:
    """A case's arguments by name, in the order of the function's parameters."""
    try:
        if isinstance(case, tuple):
            bound = parameters.signature.bind(*case).arguments
            known = parameters.signature.parameters.values()
            lists = {each.name: list(bound.get(each.name, ())) for each in known if each.kind is each.VAR_POSITIONAL}
            return bound | lists
        if isinstance(case, Mapping):
            return parameters.ordered(case, "it")
        raise TypeError(f"a case must be a tuple of arguments or a dict of them by name, not {type(case).__name__}")
    except (TypeError, TaskError) as error:
        raise ConfigurationError(f"{where}: case {case!r:.60}: {error}") from error


def _scorer(score: Callable[..., float], where: str) -> Callable[[Instance, Any], float]:
    """Convert a score to the form of a task, with the instance and the answer as arguments."""
    signature = _signature(score, where)
    names = list(signature.parameters)
    if names[:1] == ["instance"]:
        return score
    others = signature.replace(parameters=list(signature.parameters.values())[1:])
    name = getattr(score, "__name__", "score")
    parameters = Parameters(f"{name}'s first parameter, {''.join(names[:1])}, is the answer; {name}", others)

    @wraps(score)
    def scored(instance: Instance, answer: Any) -> float:
        positional, named = parameters.bound(parameters.ordered(instance.inputs, "sample()"))
        return score(answer, *positional, **named)

    return scored


def _never(instance: Instance, answer: object) -> float:
    raise TaskError("a task scored by time has no other score")


def _equal_first(
    function: Callable[..., Any], parameters: Parameters, score: Callable[[Instance, Any], float]
) -> Callable[[Instance, Any], float]:
    """`score` for answers that equal those of the original, which is the user's own code and runs in the host."""
    answers: dict[bytes, Any] = {}

    @wraps(score)
    def checked(instance: Instance, answer: Any) -> float:
        key = pickle.dumps(dict(instance.inputs))
        if key not in answers:
            if len(answers) >= _REMEMBERED:
                answers.clear()
            positional, named = parameters.bound(copy.deepcopy(dict(instance.inputs)))
            answers[key] = function(*positional, **named)
        if other := difference(answers[key], answer):
            raise Malformed(other)
        return score(instance, answer)

    return checked


def _description(marked: Marked, function: Callable[..., Any], cases: Sequence[Mapping[str, Any]], name: str) -> str:
    """u_str: what may change, what counts, and the source of the functions that draw and score."""
    words = [
        f"Improve the Python function {name}. It is called with the arguments of one instance.",
        f"Only {name} may change. It is put back into its module, whose other names it may use. You may add imports, "
        "constants and helper functions under new names.",
    ]
    if marked.score == "time":
        right = _EQUAL if marked.accept is None else "The answer must be right: accept below says whether it is."
        words.append(
            f"{right} The score of an instance is 1 / (1 + t / t0), t the CPU time of a call of the program and t0 that of the "
            "original: 0.5 is as fast as the original. Loading counts by itself, and no process gets the same arguments twice."
        )
    elif marked.reference:
        words.append(f"{_EQUAL[:-1]}, then it is scored.")
    if cases:
        words.append(
            "An instance, by argument: " + ", ".join(f"{key} = {value!r:.200}" for key, value in cases[0].items())
        )
    if doc := inspect.getdoc(function):
        words.append(f"What it says of itself: {doc[:1000]}")
    shown: list[Callable[..., Any]] = [each for each in (marked.sample, marked.score, marked.accept) if callable(each)]
    try:
        return described_with_definitions("\n".join(words), *shown)
    except (TypeError, OSError):
        return "\n".join(words) + "\n"
