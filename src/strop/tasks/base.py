"""A downstream task: instances, a score, and the description of both for a model.

A task is pure: it draws instances and scores answers in the host. It runs no programs and knows nothing of sandboxes. Hidden
labels never leave it.
"""

from __future__ import annotations

import inspect
import math
import random
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, Self

from strop.base.errors import Malformed, SandboxError, ScorerFailed, TaskError, UtilityOutOfBounds
from strop.base.later import dataclass, np
from strop.base.randomness import derive
from strop.base.results import Evaluation, Input, ScoredBy
from strop.base.unified_diff import plain_text
from strop.options.choices import Split as Split
from strop.sandbox.strop_plain_data import OPAQUE as OPAQUE
from strop.sandbox.strop_plain_data import SENT as SENT
from strop.tasks.answer import Answer, sentence
from strop.tasks.answer import Instance as Instance
from strop.tasks.arguments import Parameters, parameters_of
from strop.tasks.definitions import ShownFunction, definitions, shown_function
from strop.tasks.languages import PYTHON
from strop.tasks.mistakes import first_mistake
from strop.tasks.objective_facts import SCORE, MetricFacts, ObjectiveFacts
from strop.tasks.problem import VALUE, VERIFIED, Problem
from strop.tasks.score_limit import DEFAULT, ended
from strop.tasks.values import AnswerForm, rebuilt

if TYPE_CHECKING:
    from strop.base.python_discovery import Interpreter
    from strop.tasks.command.objective import Constraint
    from strop.tasks.function.calls import RecordedCalls
    from strop.tasks.function.mark import Mark

PUBLISHED_BASES: Mapping[str, int] = {"train": 4321, "test": 5678}
"""Instance i of a split is drawn from seed base + i in the published implementation."""
MOST_PUBLISHED = PUBLISHED_BASES["test"] - PUBLISHED_BASES["train"]
"""Training instances that are not held-out instances, too."""

LEAST_MEMORY = 64 << 20
"""The smallest memory limit in bytes: an interpreter with numpy does not start with less."""
MOST_INSTANCES = 100_000
"""The most instances of a split: every evaluation draws all of them."""
META_TASK = "self-improvement"
"""The name under which evaluations of improvers are recorded."""
_FILE_NAME = re.compile(r"[\w-][\w.-]*\.py")
"""A seed of this form is the name of a file; no program has this form."""
INPUT_TYPES = (list, tuple, range, str, bytes, bytearray, int, float, complex, bool, set, frozenset, dict)
"""Types of inputs beside NumPy's."""


class Seeds(Protocol):
    """Where the seed of an instance comes from."""

    def seed(self, task: str, split: Split, index: int) -> int: ...


@dataclass(frozen=True)
class PublishedSeeds:
    """The published implementation's seeds, for comparison with the paper. They are public: a program can recompute labels."""

    def seed(self, task: str, split: Split, index: int) -> int:
        """Raises TaskError for a training instance that would be a held-out one."""
        if split == "train" and index >= MOST_PUBLISHED:
            raise TaskError(
                f"task {task}: there are {MOST_PUBLISHED:,} published training instances; the next ones are those of the "
                "held-out split. Set instances to no more, or use secret instances"
            )
        return PUBLISHED_BASES[split] + index


@dataclass(frozen=True)
class SecretSeeds:
    """Seeds derived from the run's secret (HMAC-SHA-256), so that no guest can recompute a label."""

    secret: bytes
    training: Seeds | None = None
    """Seeds of the training from which held-out instances are kept apart; None: these."""

    def seed(self, task: str, split: Split, index: int) -> int:
        return derive(self.secret, "instance", task, split, index)


def default_rng(seed: int) -> np.random.Generator:
    """NumPy's generator."""
    return np.random.default_rng(seed)


def legacy_numpy(seed: int) -> np.random.RandomState:
    """The generator of the published tasks. A seed of more than 32 bits is used whole, as 32-bit words."""
    if seed < 2**32:
        return np.random.RandomState(seed)
    words = [(seed >> shift) & 0xFFFFFFFF for shift in range(0, seed.bit_length(), 32)]
    return np.random.RandomState(np.array(words, dtype=np.uint32))


def python_random(seed: int) -> random.Random:
    """The generator of the published tasks that draw from the standard library."""
    return random.Random(seed)


BY_HOST = "computed by the host in score()"
MUST_PASS = "The tests that the original passes must pass: {}"
"""The line in the prompt about the user's tests; it names their command."""


class TaskTree(NamedTuple):
    """The files of a task that its programs run among: the arguments of `tree.packed`."""

    root: Path
    named: tuple[str, ...] = ()
    modules: bool = False


@dataclass(frozen=True)
class Task:
    """A task of your own, (u, s) in the paper: how instances are drawn and answers scored, and where the search
    starts."""

    name: str
    """Name of the task, made of letters, digits, `-`, `_` and `.`."""
    sample: Callable[[Any], Mapping[str, Any] | tuple[Mapping[str, Any], Any]]
    """Draws one instance. It gets a generator, and returns a dict of inputs by name, or `(inputs, hidden)` with data
    for the scorer alone."""
    score: Callable[[Instance, Any], float]
    """Scores one answer. It gets the instance and the answer, and returns a number in [0, 1], where higher is better.
    It raises `strop.Malformed` for an answer of the wrong form."""
    seed: str
    """The program that the search starts from: its text, or the name of its file in the folder of `sample`, such as
    `packing_seed.py`."""
    entry: str = "algorithm"
    """Name of the function that a program defines, and that gets the inputs."""
    instances: int = 20
    """Number of training instances."""
    test_instances: int = 50
    """Number of held-out instances, which only the final comparison uses."""
    time_limit: float = 0.5
    """CPU seconds of a program on one instance, at most."""
    memory_limit: int = 1 << 30
    """Memory of a program, at most, in bytes. The default is 1 GiB."""
    failure: Literal["utility", "instance"] = "utility"
    """What becomes 0 if an instance fails: `utility`, the whole utility as in the paper, or `instance`, the score of that one."""
    floor: float = 0.0
    """The least utility, from 0 to below 1: that of a program that fails, too. With more than 0, an improver may divide by a
    utility."""
    score_limit: float = DEFAULT
    """CPU seconds that `score` may take for one answer. An answer that takes longer is malformed."""
    isolate: Literal["", "instance"] = ""
    """With `instance`, each instance gets a process of its own in training, too, so that a program remembers no other
    instance. Without it, one process answers all of them in training. If a function is timed, `instance` measures the
    first call of a process."""
    description: str = ""
    """What the model reads about the task (u_str). If empty, it is made from the source of `sample` and `score`."""
    rng: Callable[[int], Any] = default_rng
    """Makes the generator that `sample` gets, from a whole number of 0 or more."""
    answer: Answer | None = None
    """The form of an answer, which is checked before `score` sees it. Without it, `score` must check the form
    itself."""
    fixed_input: bool = False
    """Whether one answer for all inputs is wanted. A program may then remember its answer, even if the score is a
    time."""
    slow_seed: bool = False
    """Whether the seed may take longer than `time_limit`, which makes its utility 0. Otherwise such a seed is
    refused."""
    problem: Problem | None = None
    """What is verified, if answers are constructions. `strop.Construction` sets it."""
    every_input: bool = False
    """Whether all listed inputs are held out, and none counts as seen in training: nothing was searched. Set by strop."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Of a function, the files that a program is the text of, path from the top of the project → plain text, or ABSENT
    (`strop.tasks.versions`). Empty: a program is one text. Set by strop."""
    seed_file: Path | None = None
    """The file that `seed` was read from, if it named one. Set by strop."""
    given: str = ""
    """What the model reads about the task, to the letter (`--texts`). Empty: the description, and how a program is run. Set by
    strop."""
    root: ClassVar[None] = None
    """The tree in which commands run: programs of this task run in none."""
    tags: ClassVar[tuple[str, ...]] = PYTHON
    """The tags of a fence around a program, the usual one first."""
    is_judged: ClassVar[bool] = True
    """Whether code of the user's, here `score`, judges what a program answers, so that it can be asked about a spoiled answer."""

    def __post_init__(self) -> None:
        """Raise TaskError if a field is out of range."""
        if isinstance(self.seed, str) and _FILE_NAME.fullmatch(self.seed):
            self._read_seed()
        if wrong := first_mistake(self._required()):
            raise TaskError(wrong)

    def _required(self) -> dict[str, object]:
        """What must hold of the fields; see `first_mistake`."""
        task, counts = f"task {self.name}:", (self.instances, self.test_instances)
        are_integers = all(isinstance(n, int) for n in (*counts, self.memory_limit))
        named = isinstance(self.name, str) and re.fullmatch(r"[\w][\w.-]{0,79}", self.name)
        answer, least = self.answer, LEAST_MEMORY
        return {
            f"a task's name is made of letters, digits, '-', '_' and '.', not {self.name!r:.90}": named,
            f"the name {META_TASK} is reserved; choose another": self.name != META_TASK,
            f"{task} seed must be the text of a program, not {type(self.seed).__name__}": isinstance(self.seed, str),
            f"{task} failure must be 'utility' or 'instance', not {self.failure!r:.40}": (
                self.failure in ("utility", "instance")
            ),
            f"{task} floor is {self.floor}; it must be from 0 to below 1": 0 <= self.floor < 1,
            f"{task} isolate must be 'instance' or empty, not {self.isolate!r:.40}": (self.isolate in ("", "instance")),
            f"{task} instances, test_instances and memory_limit must be whole numbers": are_integers,
            f"{task} entry must name a function, not {self.entry!r:.90}": all(
                map(str.isidentifier, self.entry.split("."))
            ),
            f"{task} a split must have 1 to {MOST_INSTANCES} instances": (
                not are_integers or all(1 <= count <= MOST_INSTANCES for count in counts)
            ),
            f"{task} time_limit is {self.time_limit} s; it must be more than 0": 0 < self.time_limit < math.inf,
            f"{task} score_limit is {self.score_limit} s; it must be more than 0": 0 < self.score_limit < math.inf,
            f"{task} answer must be a strop.Answer, not {type(answer).__name__}": isinstance(answer, Answer | None),
            f"{task} memory_limit is {self.memory_limit} bytes; the least is {least}": not are_integers
            or self.memory_limit >= least,
        }

    def _read_seed(self) -> None:
        path = Path(inspect.unwrap(self.sample).__code__.co_filename).parent / self.seed
        try:
            text = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise TaskError(f"task {self.name}: its seed, the file {path}, cannot be read: {reason}") from error
        object.__setattr__(self, "seed", plain_text(text))
        object.__setattr__(self, "seed_file", path)

    @property
    def tree(self) -> TaskTree | None:
        """The files that its programs run among; None if they run among none."""
        return None

    @property
    def needs(self) -> tuple[Path, ...]:
        """Other files and folders of a machine that its programs need."""
        return ()

    def in_project(self, project: Path) -> Self:
        """The task with a copy of its tree, in the folder `project`. A task without a tree is the same."""
        return self

    def anywhere(self) -> Self:
        """The task with paths that do not depend on the current folder, which a worker may not share."""
        return self

    def close(self) -> None:
        """End what runs for the task in this process, such as the scorer of a marked function. Idempotent."""

    def count(self, split: Split) -> int:
        """Number of instances of a split."""
        return self.test_instances if split == "test" else self.instances

    def prepare(self, split: Split, numbers: Sequence[int], seeds: Seeds) -> None:
        """Prepare for these instances, which are asked for next."""

    def instance(self, split: Split, index: int, seeds: Seeds) -> Instance:
        """Instance `index` (from 0) of a split, a fresh copy at every call.

        Raises:
            TaskError: `sample` raised, did not return inputs by name, or there is no such instance.
        """
        seed = seeds.seed(self.name, split, index)
        try:
            drawn = self.sample(self.rng(seed))
        except (Exception, SystemExit) as error:
            raise TaskError(blame(f"task {self.name}: sample()", error)) from error
        inputs, hidden = drawn if isinstance(drawn, tuple) and len(drawn) == 2 else (drawn, None)
        if not isinstance(inputs, Mapping):
            raise TaskError(
                f"task {self.name}: sample() must give a dict of inputs or (inputs, hidden), not {inputs!r:.60}"
            )
        for name, value in inputs.items():
            if not isinstance(name, str):
                raise TaskError(f"task {self.name}: sample() must name its inputs by texts, not {name!r:.60}")
            if value is not None and not isinstance(value, (np.ndarray, np.generic, *INPUT_TYPES)):
                raise TaskError(
                    f"task {self.name}: input {name} cannot be sent to a guest: its type is {type(value).__name__}; "
                    f"what can be sent: {SENT}"
                )
        return Instance(self._ordered(inputs), hidden)

    @cached_property
    def parameters(self) -> Parameters | None:
        """The parameters of the entry point, as the seed declares them; None if its text does not tell them."""
        return parameters_of(self.seed, self.entry)

    def _ordered(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The inputs in the order of the parameters. Raises TaskError if the entry point does not take these names."""
        if self.parameters is None:
            return inputs
        try:
            return self.parameters.ordered(inputs, "sample()")
        except TaskError as error:
            raise TaskError(f"task {self.name}: {error}") from error

    @property
    def scored_by(self) -> ScoredBy:
        """Who computes the score: the host, from what a program returns."""
        return "host"

    @property
    def scoring(self) -> str:
        """Who computes the score, in words (docs/design/0112-who-computes-the-score.md)."""
        return BY_HOST if self.problem is None else "verified exactly by the host"

    @property
    def by_time(self) -> bool:
        """Whether the score depends on a measured time, which no second measurement repeats."""
        return False

    @property
    def interpreter(self) -> Interpreter | None:
        """The Python that runs the user's code; None: strop's own."""
        return None

    @property
    def mark(self) -> Mark | None:
        """The mark of a function of a module, whose programs run in a tree; None: a program stands alone."""
        return None

    @property
    def test(self) -> str:
        """The command of the user's tests; empty if there are none."""
        return ""

    @property
    def cases(self) -> tuple[Mapping[str, Any], ...]:
        """The instances, if they are listed rather than drawn."""
        return ()

    @property
    def required(self) -> tuple[Constraint, ...]:
        """What a candidate must meet to count, beside its score."""
        return ()

    @property
    def recorded(self) -> RecordedCalls | None:
        """The calls that are the cases, if they were recorded."""
        return None

    @property
    def shows_calls(self) -> bool:
        """Whether a model may see values of recorded calls."""
        return False

    @property
    def input(self) -> Input:
        """Who says what the inputs are, as far as the task tells."""
        return "listed" if self.cases else "drawn"

    @property
    def facts(self) -> ObjectiveFacts:
        """The metric that decides: the score, or what is verified of a construction."""
        if self.problem is None:
            metric = MetricFacts(SCORE, "max", reader=self.scored_by)
            return ObjectiveFacts(metric, self.input, self.scored_by, scoring=self.scoring)
        best_known = self.problem.best_known
        metric = MetricFacts(VALUE, self.problem.goal, reader=VERIFIED)
        published = "" if best_known is None else f"{best_known.by} {best_known.date}"
        return ObjectiveFacts(metric, self.input, self.scored_by, published=published, scoring=self.scoring)

    def can_start(self, evaluation: Evaluation) -> bool:
        """Whether a search can start from the task's own seed with this evaluation."""
        return (self.slow_seed and evaluation.verdict == "timeout") or not evaluation.does_not_run

    def enough(self, least: int) -> str:
        """The setting in words with which at least `least` instances are held out."""
        return f"{2 * least} cases, of which half are held out" if self.cases else f"test_instances = {least}"

    @property
    def best_values(self) -> Mapping[str, float]:
        """Metric → the best known value, where one is declared or published."""
        best_known = None if self.problem is None else self.problem.best_known
        return {} if best_known is None else {VALUE: float(best_known.value)}

    def arguments(self, instance: Instance) -> Mapping[str, Any]:
        """The inputs of an instance as they are sent to a guest."""
        return instance.inputs if self.parameters is None else self.parameters.sent(instance.inputs)

    def checked_score(self, instance: Instance, answer: Any, form: AnswerForm | None = None, lazy: str = "") -> float:
        """The score of an answer as a plain float; True counts as 1. If the task declares its answer, `score` gets the checked
        copy; else a copy in the `form` of the original's answers, whose numbers of numpy are those of int64, float64 or bool.
        `lazy` says what a guest ran to its end for the answer, which a declared answer is not.

        Raises:
            Malformed: the answer has the wrong form.
            ScorerFailed: `score` raised something else, takes longer than `score_limit`, or returned no finite number.
            UtilityOutOfBounds: it returned a number outside [0, 1].
            TaskError: the declared answer does not fit the instance.
        """
        try:
            if lazy and (self.answer is not None or self.problem is not None):
                raise Malformed(f"answer is {lazy}; the declared one is data that the function returns itself")
            read = answer if form is None else form.conformed(answer, lazy=lazy)
            if self.answer is not None:
                read = self.answer.checked(instance, answer)
            score = self._scored(instance, read)
        except (Malformed, SandboxError, ScorerFailed):
            raise
        except TaskError as error:
            raise TaskError(f"task {self.name}: {error}") from error
        except (Exception, SystemExit) as error:
            raise ScorerFailed(blame(f"task {self.name}: score()", error)) from error
        wrong = f"task {self.name}: score() gave {_shown(score)}; a score must be a number in [0, 1]"
        is_number = isinstance(score, (int, float, np.floating, np.integer, np.bool_))
        if not is_number or (isinstance(score, (float, np.floating)) and not np.isfinite(score)):
            raise ScorerFailed(wrong)
        if not 0 <= score <= 1:  # compared as it is: not every whole number has a float
            raise UtilityOutOfBounds(wrong)
        return float(score)

    def _scored(self, instance: Instance, read: Any) -> Any:
        """The value that `score` returns for an answer whose form was checked. Raises what `score` raises, and ScorerFailed if it
        takes longer than `score_limit`."""
        return ended(self.score_limit, "score", lambda: self.score(instance, rebuilt(read, wide=True)))

    def program(self, candidate: str) -> str:
        """The program to run for a candidate; here the candidate itself.

        Raises:
            Malformed: the candidate changes a part that must not change. Here everything may change.
        """
        return candidate

    def files_of(self, candidate: str) -> Mapping[str, str]:
        """The files that a program replaces in a copy of the project, path → text. Only a function has some.

        Raises like `program`.
        """
        return {}

    def text_for_improvers(self, candidate: str) -> str:
        """The text that improvers are shown for a candidate; here the candidate itself. Raises like `program`."""
        return candidate

    @property
    def u_str(self) -> str:
        """What the model reads about the task: the description, or the declared form of an answer and the source of
        `sample` and `score`."""
        return self.given or f"{self._described.rstrip()}\n{self._rules}"

    @property
    def _rules(self) -> str:
        """How a program is run and read. Stands below the description and is the same on every machine."""
        return (
            f"\n# {self._python}; a call of {self.entry} is stopped after {self.time_limit:g} s of CPU"
            f" or at {self.memory_limit >> 20} MiB; no files, no network, no other processes.\n"
            f"# {self._form}\n"
        )

    @property
    def _python(self) -> str:
        """What runs a program, in words."""
        return "Python 3.11 or newer with numpy"

    @property
    def _form(self) -> str:
        return f"Answer with the whole program in one fenced block of Python; it defines {self.entry}."

    @property
    def _mean(self) -> str:
        """How the scores of instances make up the utility, for a task without its own description."""
        failing = f"makes the whole utility {self.floor:g}" if self.failure == "utility" else "scores 0"
        return (
            f"The utility is the mean of score over {self.instances} instances; an instance on which {self.entry} raises,"
            f" runs out of time or memory, or gives a malformed answer {failing}."
        )

    @cached_property
    def _described(self) -> str:
        """The description, read once, so that a file that changes during a run does not change what models read. Workers never
        need it."""
        if self.description:
            return self.description
        try:
            answer_sentence = sentence(self.answer, self.entry) if self.answer is not None else ""
            return f"{described_with_definitions(answer_sentence, self.sample, self.score)}\n# {self._mean}\n"
        except (TypeError, OSError) as error:
            raise TaskError(
                f"task {self.name}: the source of sample and score cannot be read ({error}); give a description"
            ) from error


def blame(function: str, error: BaseException) -> str:
    """One line that says where a task's code failed."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    message = " ".join(str(error).split())[:300]
    file = Path(frame.f_code.co_filename).name
    return f"{function} raised {type(error).__name__}: {message} ({file}, line {line})"


def _shown(value: object) -> str:
    """The beginning of a value's `repr`, or the type of a value without one, such as a number of thousands of digits."""
    try:
        return repr(value)[:60]
    except Exception:  # noqa: BLE001 (a value of the task's own code)
        return f"a value of type {type(value).__name__}"


def described(introduction: str, *functions: Callable[..., Any]) -> str:
    """A utility's description, built from the code that measures it, so that the two agree."""
    return _described(introduction, [inspect.getsource(function).rstrip() for function in functions])


def described_with_definitions(introduction: str, *functions: Callable[..., Any]) -> str:
    """A utility's description, built from the code that measures it and the definitions that this code uses.

    For users' tasks, whose helpers and constants no description names.
    """
    return described_with(
        introduction,
        [shown_function(inspect.unwrap(function), getattr(function, "__name__", "")) for function in functions],
    )


def described_with(introduction: str, functions: Sequence[ShownFunction]) -> str:
    """As `described_with_definitions`, for functions of which only the source is known."""
    return _described(
        introduction, [*filter(None, [definitions(functions)]), *(function.text.rstrip() for function in functions)]
    )


def _described(introduction: str, sources: Sequence[str]) -> str:
    prose = f'"""{introduction.strip()}\n"""\n\n\n' if introduction.strip() else ""
    return prose + "\n\n\n".join(sources) + "\n"
