"""A function of the user's own module as a task: what is scored is the whole module with the candidate in it.

docs/reference/targets.md has what a mark may say. The module is loaded in a jail, under the user's interpreter, and in no
process of strop's. There the function runs, and there, apart from it, run the functions of its mark: `sample`, `score` and
`accept`. `Scorer` asks them.
"""

from __future__ import annotations

import copy
import inspect
import io
import tokenize
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self, cast

from strop.base.errors import ConfigurationError, Malformed, SandboxError, ScorerFailed, TaskError
from strop.base.later import dataclass
from strop.base.plain_file import text_of
from strop.base.python_discovery import Interpreter
from strop.base.results import ScoredBy
from strop.base.scorer_notes import note
from strop.tasks.answer import Answer
from strop.tasks.arguments import Parameters, parameters_of
from strop.tasks.base import MUST_PASS, OPAQUE, Instance, Seeds, Split, Task, TaskTree, described_with
from strop.tasks.command.bundle import ABSENT, bundled, unbundled
from strop.tasks.command.objective import Constraint
from strop.tasks.command.score_kinds import EQUAL, KINDS
from strop.tasks.definitions import ShownFunction
from strop.tasks.function.batch_metrics import SECONDS
from strop.tasks.function.calls import RecordedCalls
from strop.tasks.function.mark import Drawn, Mark, Scorer
from strop.tasks.function.parts import FilePart, made_of, parts_of, seed_of
from strop.tasks.function.source import Source
from strop.tasks.function.splice import find_function, read_source, scored, unmarked, with_definitions
from strop.tasks.objective_facts import MetricFacts, ObjectiveFacts
from strop.tasks.score_limit import ended
from strop.tasks.values import CLOSE, AnswerForm, canonical, difference, rebuilt

SETTINGS = (
    *("name", "instances", "test_instances", "time_limit", "memory_limit", "score_limit"),
    *("failure", "description", "fixed_input", "isolate"),
)
"""Fields of a task that a mark may set."""
_EQUAL = "The answer must equal the original function's (of the same types; floats within a relative {:g})."
_HIDDEN = {"malformed": "malformed answer: it differs from the original's", "raised": "the program raises an exception"}
MOST_UNREACHED, _MOST_OF_LINE = 10, 200
"""How many lines that no recorded call reached the prompt lists at most, and the characters of each."""
_TRAINED = {False: 20, True: 8}
"""Training instances of a function, by whether its time counts: then each is a batch of calls, and few rank candidates."""
_LONGER = 4.0
"""A call may take this many times the CPU time of the longest recorded one."""
OF_FILES = (
    "It has functions of several files: begin those of each file that you change with its line '=== file: PATH ==='."
)
OBJECTS = "Objects are made by the original's code before the clock starts: change what the method does, not what objects hold."


def _by_its_mark(*arguments: object) -> Any:
    """Takes the place of `sample` and `score` of a marked function: these run in a jail, never in strop's own process."""
    raise TaskError("the functions of a mark run in a jail")


@dataclass(frozen=True)
class FunctionTask(Task):
    """A task whose program is a function of a module."""

    # A field behind those of `Task` needs a default; `function_task` gives each of these.
    parts: tuple[FilePart, ...] = ()
    """The functions that may change, by their files; those of the module that is loaded for the function are the first."""
    by_time: bool = False
    """Whether the score is CPU time relative to the original's, at equal answers (strop.evaluation.paired)."""
    best_known: float | None = None
    """The best known score, or seconds of one call; it is shown beside the result."""
    cases: tuple[Mapping[str, Any], ...] = ()
    """Arguments by name, if they are listed rather than drawn; every second one is held out."""
    recorded: RecordedCalls | None = None
    """The calls that are the cases, if they were recorded."""
    shows_calls: bool = False
    """Whether a model may see values of recorded calls."""
    mark: Mark = cast("Mark", None)
    test: str = ""
    """The command of the user's tests, which runs in a copy of the project; empty: there are none."""
    required: tuple[Constraint, ...] = ()
    """What a candidate must meet to count, if time decides."""
    scorer: Scorer = field(default=cast("Scorer", None), compare=False)

    @property
    def source(self) -> Source:
        """The module."""
        return self.parts[0].source

    @property
    def changing(self) -> tuple[str, ...]:
        """The functions that may change: `name` in the module, `path:name` in another file."""
        return self.mark.changing or (self.entry,)

    @property
    def scored_by(self) -> ScoredBy:
        """Who computes the score: the kernel counts a time; the mark of the function scores answers."""
        return "kernel" if self.by_time else "judge"

    @property
    def scoring(self) -> str:
        """Who computes the score, in words."""
        if not self.by_time:
            return "computed by score(), in a process of its own"
        accepted = "accept() decides about answers, in a process of its own" if self.has_accept else EQUAL
        return f"{KINDS['time'].noun}, counted by the kernel; {accepted}"

    @property
    def interpreter(self) -> Interpreter:
        """The Python that runs the function and its mark."""
        return self.mark.interpreter

    @property
    def has_accept(self) -> bool:
        """Whether `accept` of the mark decides which answers are right. Otherwise answers must equal the original's."""
        return self.mark.has_accept

    @property
    def facts(self) -> ObjectiveFacts:
        """The metric that decides: the time, or the score."""
        facts = super().facts
        if self.by_time:
            # The layout in memory can make one of two equal functions 3% faster, in every process.
            metric = MetricFacts(SECONDS, "min", reader="time", resolution=0.03)
            facts = replace(facts, metric=metric, calls="first" if self.isolate else "later")
        if (recorded := self.recorded) is None:
            return facts
        commands = tuple(command.text for command in recorded.commands)
        return replace(facts, commands=commands, made=recorded.made, share=recorded.share)

    @property
    def best_values(self) -> Mapping[str, float]:
        """`seconds` or `score` → the best known value, where one is declared."""
        return {} if self.best_known is None else {self.facts.metric.name: self.best_known}

    @property
    def _form(self) -> str:
        form = f"Answer with {' and '.join(self.changing)} alone, or with the whole program, in one fenced block of Python."
        return f"{form} {OF_FILES}" if len(self.parts) > 1 else form

    @property
    def _rules(self) -> str:
        tests = f"# {MUST_PASS.format(self.test)}\n" if self.test else ""
        return "".join([f"\n# {self._mean}{super()._rules}{tests}", *(f"# {one.in_words}\n" for one in self.required)])

    @property
    def _python(self) -> str:
        return super()._python if self.mark.interpreter.is_strops else self.mark.python

    @cached_property
    def parameters(self) -> Parameters | None:
        """The parameters of the entry point, as its module declares them."""
        return parameters_of(self.parts[0].seed, self.entry)

    def count(self, split: Split) -> int:
        """Number of instances of a split."""
        return len(self.cases_of(split)) if self.cases else super().count(split)

    def instance(self, split: Split, index: int, seeds: Seeds) -> Instance:
        """Instance `index` (from 0) of a split, a fresh copy at every call."""
        if self.cases:
            cases = self.cases_of(split)
            inputs = copy.deepcopy(dict(cases[index % len(cases)]))
            _, _, resolved = self._ask("case", inputs) if self.answer is not None else ("", {}, [])
            return Instance(inputs, Drawn(None, resolved, self._shown(inputs)))
        seed = seeds.seed(self.name, split, index)
        kind, *reply = self._ask("draw", seed)
        if kind == "failed":
            raise TaskError(f"task {self.name}: sample() {reply[0]}")
        if kind == "opaque":
            data, shape, in_words, resolved = reply
            self._ordered(shape)
            return Instance({OPAQUE: data}, Drawn(seed, resolved, in_words))
        return Instance(self._ordered(reply[0]), Drawn(seed, reply[1]))

    def prepare(self, split: Split, numbers: Sequence[int], seeds: Seeds) -> None:
        """Draw the instances with these numbers, which are asked for next, with one question."""
        if not self.cases:
            seconds = len(numbers) * self.score_limit
            self.scorer.draw_ahead([seeds.seed(self.name, split, number) for number in numbers], seconds)

    def _shown(self, inputs: Mapping[str, Any]) -> Mapping[str, str] | None:
        """A recorded call in words: the beginnings of its arguments if a model may see them."""
        for call in () if self.recorded is None else self.recorded.calls:
            if call.arguments == inputs[OPAQUE]:
                return call.shown if self.shows_calls else {"call": f"number {call.index + 1} of the run"}
        return None

    @property
    def hides_values(self) -> bool:
        """Whether values of calls are private, so that no model reads them."""
        return self.recorded is not None and not self.shows_calls

    def hides(self, failed: str, verdict: str) -> str:
        """The message of a failure that a model reads. On recorded calls it holds no values, unless the user shows them."""
        hidden = "{}; values of recorded calls are private without --show-calls"
        return hidden.format(_HIDDEN.get(verdict, verdict)) if self.hides_values else failed

    def cases_of(self, split: Split) -> tuple[Mapping[str, Any], ...]:
        """The listed instances of a split. Where every input counts, both have all of them."""
        return self.cases if self.every_input else self.cases[split == "test" :: 2]

    @property
    def tree(self) -> TaskTree:
        """The modules of its project."""
        return TaskTree(self.mark.project, self.mark.named, modules=True)

    @property
    def needs(self) -> tuple[Path, ...]:
        """The Python that runs it."""
        return (Path(self.mark.interpreter.path),)

    def in_project(self, project: Path) -> Self:
        """The task with a copy of its project."""
        return replace(self, mark=self.mark.in_project(project), scorer=self.scorer.in_project(project))

    def close(self) -> None:
        """End what runs for it in this process. Idempotent."""
        self.scorer.close()

    def _ask(self, question: str, *arguments: Any) -> tuple[Any, ...]:
        return self.scorer.ask(question, *arguments, seconds=self.score_limit)

    def _reply(self, question: str, function: str, instance: Instance, *arguments: Any) -> tuple[Any, str]:
        """The reply of a function of the mark about an instance, and the beginning of that reply in words.

        Raises:
            Malformed: the function refuses the answer.
            ScorerFailed: the function fails.
        """
        seed = instance.hidden.seed
        of = dict(instance.inputs) if seed is None else (seed, list(instance.inputs))
        kind, *reply, notes = self._ask(
            question, self.arguments(instance) if question == "expected" else of, *arguments
        )
        for text in notes:
            note(text)
        if kind == "malformed":
            raise Malformed(reply[0])
        if kind == "failed":
            raise ScorerFailed(f"task {self.name}: {function} {reply[0]}")
        return reply[0], reply[1]

    def _scored(self, instance: Instance, read: Any) -> Any:
        if self.score is not _by_its_mark:  # a trial replaces `score` to see the answers
            return super()._scored(instance, read)
        if self.mark.is_reference:
            expected, _ = self._reply("expected", f"{self.entry}()", instance)
            if other := ended(self.score_limit, "comparing", difference, expected, read, self.mark.close):
                raise Malformed(other)
        if self.mark.scorer is not None and OPAQUE not in instance.inputs:
            self.mark.scorer.ordered(instance.inputs, "sample()")
        value, in_words = self._reply("score", "score()", instance, rebuilt(read, wide=True))
        if value is None:
            raise ScorerFailed(f"task {self.name}: score() gave {in_words}; a score must be a number in [0, 1]")
        return value

    def program(self, candidate: str) -> str:
        """The text of the module with the candidate's function in it, without the definitions that only the mark uses.

        Raises:
            Malformed: the candidate changes more than the function.
        """
        return self.files_of(candidate)[self.path].removeprefix(ABSENT)

    @property
    def path(self) -> str:
        """The path of the function's module, from the top of its project."""
        return str(Path(self.mark.program_module.file).relative_to(self.mark.project))

    def files_of(self, candidate: str) -> Mapping[str, str]:
        """The files of a program, path → text: its module without what only the mark uses, and other files of which it changes
        functions or the whole text.

        Raises like `program`.
        """
        if not self.files:
            return made_of(self.parts, candidate, scored)
        files = unbundled(candidate, self.files, is_version=True)
        text = files.get(self.path, self.source.text)
        with suppress(ConfigurationError):  # text that is not Python fails where it is loaded
            text = text if text == ABSENT else unmarked(read_source(self.source.path, text), self.source)
        return {**files, self.path: text}

    def text_for_improvers(self, candidate: str) -> str:
        """The candidate with the definitions that it uses of its module. Raises like `program`."""
        if self.files:
            return candidate
        return bundled(made_of(self.parts, candidate, with_definitions))

    def objection(self, instance: Instance, answer: Any, expected: Any, *, own: bool) -> str:
        """Why an answer of a timed function does not count; empty if it counts. `own`: the answer is the original's.

        Raises:
            TaskError: `accept` refuses the original's answer.
            ScorerFailed: `accept` raised something else than Malformed.
        """
        try:
            if not self.has_accept:
                return ended(self.score_limit, "comparing", difference, expected, answer, self.mark.close)
            conformed = answer if own else AnswerForm().learn(expected).conformed(answer)
            is_right, _ = self._reply("accept", "accept()", instance, rebuilt(conformed, wide=True))
            why = "" if is_right else "accept() says that it is wrong"
        except Malformed as error:
            why = str(error) or "accept() says that it is wrong"
        except (SandboxError, TaskError):
            raise
        except (Exception, SystemExit) as error:
            raise ScorerFailed(f"task {self.name}: an answer cannot be read: {type(error).__name__}") from error
        if own and why:
            raise TaskError(f"task {self.name}: accept() refuses the original's own answer ({why}); it must accept it")
        return why


def function_task(
    where: str,
    described: Mapping[str, Any],
    mark: Mark,
    path: Path,
    scorer: Scorer,
    recorded: RecordedCalls | None = None,
) -> FunctionTask:
    """The task of a function that a module marks, or whose calls were `recorded`. `where` is the target in words, `described` is
    those that `strop_scorer` reports of it, and `path` is the file of the functions that may change.

    Raises:
        ConfigurationError: the function cannot be marked, or the arguments of its mark do not fit it.
    """
    name = str(described["name"])
    where += f" ({path}:{name})" if described["is_marked_elsewhere"] else ""
    parts = _parts(mark, path, name, "" if recorded is None else name)
    if described["wrong"]:
        raise ConfigurationError(f"{where}: {described['wrong']}")
    parameters = Parameters(name, _signature(described["signature"], where))
    cases = _cases(described, parameters, where) if recorded is None else _in_halves(recorded)
    settings: dict[str, Any] = {"name": name, "time_limit": 1.0, "instances": _TRAINED[bool(described["is_timed"])]}
    settings |= {key: value for key, value in described["settings"].items() if key in SETTINGS}
    if recorded is not None:
        settings["time_limit"] = max(1.0, _LONGER * recorded.longest)
        settings["description"] = recorded_description(described, recorded, mark.changing, parts[0])
    settings["description"] = settings.get("description") or _description(described, cases, path, name, mark.changing)
    settings |= {"instances": len(cases[::2]), "test_instances": len(cases[1::2])} if cases else {}
    try:
        return FunctionTask(
            sample=_by_its_mark,
            score=_by_its_mark,
            by_time=described["is_timed"],
            best_known=described["best_known"],
            cases=cases,
            parts=parts,
            seed=seed_of(parts),
            entry=name,
            answer=_declared_answer(described["answer"]),
            mark=mark,
            scorer=scorer,
            recorded=recorded,
            **settings,
        )
    except TaskError as error:
        raise ConfigurationError(f"{where}: {error}") from error


def _parts(mark: Mark, path: Path, name: str, decorated: str) -> tuple[FilePart, ...]:
    """The functions that may change if the function `name` is the target; `path` is the file of the first. Raises
    ConfigurationError."""
    own = str(Path(mark.program_module.file).relative_to(mark.project))
    others = {other: mark.project / other for other in (each.rpartition(":")[0] for each in mark.changing) if other}
    shown = {own: path, **others}
    texts = {file: text_of(place, "file") for file, place in shown.items()}
    for file, text in texts.items():
        if (encoding := _declared(text)) not in ("utf-8", "utf-8-sig"):
            raise ConfigurationError(
                f"{shown[file]} declares the encoding {encoding}; save it as UTF-8 and declare none"
            )
    return parts_of(texts, mark.changing or (name,), decorated, shown)


def with_calls(task: FunctionTask, recorded: RecordedCalls) -> FunctionTask:
    """The task with `recorded` as its recorded calls."""
    cases = _in_halves(recorded)
    held_out = len(cases) // 2
    return replace(task, recorded=recorded, cases=cases, instances=len(cases) - held_out, test_instances=held_out)


def unreached(part: FilePart, lines: Sequence[int]) -> tuple[str, ...]:
    """Those of a file's `lines`, which no recorded call reached, that are in functions that may change, as text."""
    texts = _lines_of(part)
    return tuple(texts[line] for line in lines if line in texts)[:MOST_UNREACHED]


def _lines_of(part: FilePart) -> dict[int, str]:
    """The lines of functions as `12: raise ValueError(text)`."""
    lines, source = {}, part.source
    for function in (find_function(source, name) for name in part.names):
        for line in range(function.lineno, (function.end_lineno or function.lineno) + 1):
            text = "".join(
                character if character.isprintable() else " " for character in source.lines[line - 1].strip()
            )
            lines[line] = f"{line}: {text:.{_MOST_OF_LINE}}"
    return lines


def _in_halves(recorded: RecordedCalls) -> tuple[Mapping[str, Any], ...]:
    """Recorded calls as cases, of the first and the second half of the run by turns. Training gets the first half of the run,
    because neighbouring calls share objects."""
    cases = [{OPAQUE: call.arguments} for call in recorded.calls]
    half = (len(cases) + 1) // 2
    pairs = zip_longest(cases[:half], cases[half:])
    return tuple(case for pair in pairs for case in pair if case is not None)


def _declared(text: str) -> str:
    """The encoding in which Python reads a file."""
    try:
        return tokenize.detect_encoding(io.BytesIO(text.encode()).readline)[0]
    except SyntaxError as error:
        return str(error)


def _signature(parameters: Any, where: str) -> inspect.Signature:
    """The signature that `strop_scorer` reports. Raises ConfigurationError if the function has none."""
    if isinstance(parameters, str):
        raise ConfigurationError(f"{where} cannot be called: {parameters}")
    kinds = {int(kind): kind for kind in inspect._ParameterKind}
    return inspect.Signature(
        [
            inspect.Parameter(name, kinds[kind], default=... if has_default else inspect.Parameter.empty)
            for name, kind, has_default in parameters
        ]
    )


def scorer_parameters(described: Mapping[str, Any], where: str) -> Parameters | None:
    """The parameters of a score behind the answer; None if the score takes the instance, or if there is no score."""
    if described["scorer"] is None:
        return None
    signature = _signature(described["scorer"], f"the score of {where}")
    names = list(signature.parameters)
    if names[:1] == ["instance"]:
        return None
    others = signature.replace(parameters=list(signature.parameters.values())[1:])
    entry = (
        f"{described['scorer_name']}'s first parameter, {''.join(names[:1])}, is the answer; {described['scorer_name']}"
    )
    return Parameters(entry, others)


def _cases(described: Mapping[str, Any], parameters: Parameters, where: str) -> tuple[Mapping[str, Any], ...]:
    """The listed cases, with arguments by name. Equal cases count once, so that no case is in both halves. With `fixed_input` all
    cases may be equal."""
    named = [_by_name(case, parameters, where) for case in described["cases"] or ()]
    cases = tuple(
        named if described["settings"].get("fixed_input") else {canonical(case): case for case in named}.values()
    )
    if len(cases) == 1:
        raise ConfigurationError(
            f"{where}: all cases are equal; give different ones, of which every second one is held out"
        )
    return cases


def _by_name(case: Any, parameters: Parameters, where: str) -> dict[str, Any]:
    """A case's arguments by name, in the order of the function's parameters."""
    kind, value, case_text, why = case
    try:
        if why:
            raise TypeError(why.removeprefix("draws ").replace("what cannot", "it holds what cannot"))
        if kind == "tuple":
            bound = parameters.signature.bind(*value).arguments
            declared = parameters.signature.parameters.values()
            lists = {
                parameter.name: list(bound.get(parameter.name, ()))
                for parameter in declared
                if parameter.kind is parameter.VAR_POSITIONAL
            }
            return bound | lists
        if kind == "dict":
            return parameters.ordered(value, "it")
        if kind == "opaque":
            parameters.ordered(value[1], "it")
            return {OPAQUE: value[0]}
        raise TypeError(f"a case must be a tuple of arguments or a dict of them by name, not {kind}")
    except (TypeError, TaskError) as error:
        raise ConfigurationError(f"{where}: case {case_text}: {error}") from error


def _declared_answer(declared: Any) -> Answer | None:
    """The declared answer that `strop_scorer` reports; None if none is declared. Raises TaskError as Answer does."""
    if declared is None:
        return None
    (kind, of), fields = declared
    if kind == "dict":
        form: Any = {name: _declared_answer(part) for name, part in of.items()}
    elif kind == "list":
        form = [_declared_answer(part) for part in of]
    else:
        form = {"bool": bool, "int": int, "float": float, "str": str}.get(of, of)
    try:
        return Answer(form, **{name: _field_value(value) for name, value in fields.items()})
    except TypeError as error:
        raise TaskError(str(error)) from error


def _field_value(field_of_answer: Sequence[Any]) -> Any:
    kind, value = field_of_answer
    if kind == "raised":
        raise ValueError(value)
    return _Resolved(value) if kind == "call" else slice(*value) if kind == "slice" else value


@dataclass(frozen=True)
class _Resolved:
    """Stands for a function in a declared answer: it looks up the value that the scorer's process computed for an instance."""

    number: int

    def __call__(self, instance: Instance) -> Any:
        """The value for this instance. Raises ValueError with the message of the function if the function raised."""
        return _field_value(instance.hidden.resolved[self.number])


def _may_change(names: Sequence[str]) -> str:
    those, module, they = ("They are", "their module", "they") if len(names) > 1 else ("It is", "its module", "it")
    if any(":" in name for name in names):
        module += "s"
    has_method = any("." in name.rpartition(":")[2] for name in names)
    shown = "; what else is shown of the module is there to be read" * has_method
    return (
        f"Only {' and '.join(names)} may change. {those} put back into {module}, whose other names {they} may use{shown}. "
        f"You may add imports, constants and helper functions{', also methods,' * has_method} under new names."
    )


def recorded_description(
    described: Mapping[str, Any], recorded: RecordedCalls, changing: Sequence[str], part: FilePart
) -> str:
    """u_str of a function whose calls were recorded. It tells the forms of their arguments, and no values.

    `part` has the functions of the module that may change. A line that no call reached is listed only if these still have it.
    """
    name = recorded.name
    lines = [
        f"Make the Python function {name} faster, on calls that were recorded in a run of a program that uses it.",
        _may_change(changing or (name,)),
        f"What a call of {name} returns, raises, yields, prints and does to its arguments must equal the original's (of the same "
        f"types; floats within a relative {described['close'] or CLOSE:g}). The score is 1 / (1 + t / t0), t the CPU time of the "
        "calls of the program and t0 that of the original: 0.5 is as fast as the original. Loading counts by itself, and no "
        "process gets the same arguments twice.",
    ]
    if described["is_method"]:
        lines.append(OBJECTS)
    if recorded.forms:
        lines += ["Arguments that were seen:", *(f"- {told}" for told in recorded.told_forms)]
    present_lines = {*_lines_of(part).values()} if recorded.unreached else set[str]()
    if unreached := [line for line in recorded.unreached if line in present_lines][:MOST_UNREACHED]:
        lines += ["No recorded call reached these lines:", *(f"- {line}" for line in unreached)]
    if recorded.callers:
        lines.append(f"Called by: {', '.join(recorded.told_callers)}")
    if described["doc"]:
        lines.append(f"What it says of itself: {described['doc'][:1000]}")
    return "\n".join(lines) + "\n"


def _description(
    described: Mapping[str, Any], cases: Sequence[Mapping[str, Any]], path: Path, name: str, changing: Sequence[str]
) -> str:
    """u_str: what may change, what counts, and the source of the functions that draw and score."""
    equal = _EQUAL.format(described["close"] or CLOSE)
    lines = [
        f"Improve the Python function {name}. It is called with the arguments of one instance.",
        _may_change(changing or (name,)),
    ]
    if described["is_timed"]:
        right = "The answer must be right: accept below says whether it is." if described["has_accept"] else equal
        lines.append(
            f"{right} The score of an instance is 1 / (1 + t / t0), t the CPU time of a call of the program and t0 that of the "
            "original: 0.5 is as fast as the original. Loading counts by itself, and no process gets the same arguments twice."
        )
    elif described["reference"]:
        lines.append(f"{equal[:-1]}, then it is scored.")
    if described["is_method"]:
        lines.append(OBJECTS)
    if cases:
        plain = {key: f"{value!r:.200}" for key, value in cases[0].items()}
        inputs = described["cases"][0][1][2] if OPAQUE in cases[0] else plain
        lines.append("An instance, by argument: " + ", ".join(f"{key} = {value}" for key, value in inputs.items()))
    if described["doc"]:
        lines.append(f"What it says of itself: {described['doc'][:1000]}")
    sources = [ShownFunction(source["text"], source["file"], source["name"]) for source in described["sources"]]
    if not all(source.text for source in sources):
        return "\n".join(lines) + "\n"
    return described_with("\n".join(lines), sources)
