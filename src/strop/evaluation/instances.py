"""The instances of a split, drawn and encoded once for all evaluations, and the original's answers to them.

A held-out input that training had is drawn again. A function whose time counts is called with many drawn inputs in each batch, so
there a bit of each input's digest decides whether it belongs to training or is held out.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from strop.base.errors import Malformed, ScorerFailed, TaskError
from strop.base.later import dataclass
from strop.base.randomness import derive
from strop.evaluation.base import Order
from strop.evaluation.outcomes import guest_program, limits_of
from strop.sandbox.base import Outcome, Returned, Sandbox
from strop.sandbox.strop_plain_data import copied
from strop.sandbox.wire import Prepared
from strop.tasks.base import Instance, SecretSeeds, Seeds, Split, Task
from strop.tasks.values import AnswerForm

MOST_BYTES = 64 << 20
"""Bytes of encoded inputs that are kept. Instances beyond them are drawn again for every evaluation."""
MOST, MOST_BYTES_OF_ONE = 4096, 4 << 20
"""The most inputs of an instance, and encoded bytes of them."""
AT_ONCE, MESSAGE_BYTES = 64, 1 << 18
"""The most instances or calls in one message, and the most bytes of inputs or answers. A single one may have more bytes."""
MOST_IN_VAIN = 256
"""After so many draws in a row that give no new input, no more is drawn."""
MOST_FAILURES = 4
"""An original that fails so often is not run on further instances."""
_FURTHER = 1 << 20
"""Number of the first input beyond the instances of a split."""
_AGAIN, _DRAWS = 1 << 40, 16
"""Number of the first input that replaces one of the other split, and how many are tried for each instance."""
_FIRST_DRAWS = (0, *range(_AGAIN, _AGAIN + _DRAWS))
"""Instance 0 and all that may replace it."""
Input = tuple[Instance, Prepared]
Numbered = tuple[int, Input]
"""An input with the number of its instance."""


def size_of(one_input: Input) -> int:
    """The bytes of an input, as it is encoded."""
    return len(one_input[1].encoded)


class BatchPlan(NamedTuple):
    """How the calls of a split are dealt into batches (strop.evaluation.batches)."""

    calls: int
    """How many calls a batch of drawn inputs has."""
    answers_at_once: int
    """How many answers one message has."""
    dealt: list[list[int]] | None
    """The instances of each batch of listed inputs; None if inputs are drawn, and each instance has a batch."""
    least: float
    """CPU seconds that the original's calls of a batch take at least."""
    alone: int = 1
    """How many calls a process makes alone between its first call and a batch of drawn inputs."""


class DrawnInstances:
    """The instances of one split. Safe to use from many threads."""

    def __init__(self, task: Task, split: Split, seeds: Seeds) -> None:
        self._task, self._split, self._seeds = task, split, seeds
        self._lock = threading.Lock()
        self._drawn: dict[int, Input] = {}
        self._bytes = 0
        self.original = KnownOriginal()
        """What is known of the original on the instances."""

    def __getitem__(self, index: int) -> Input:
        """Instance `index`, a copy that a scorer may change, and its inputs as the arguments, by name, of a guest's call.

        Raises:
            TaskError: `sample` raised, its inputs cannot be sent to a guest, or an instance cannot be copied.
        """
        instance, arguments = self._drawn.get(index) or self._draw(index)
        try:
            return Instance(copied(instance.inputs), copied(instance.hidden)), arguments
        except Exception as error:  # whatever an object of the task raises when it is copied
            raise TaskError(
                f"task {self._task.name}: what sample() gave for instance {index} cannot be copied "
                f"({type(error).__name__}: {error}); use plain data such as numbers, texts, lists and arrays"
            ) from error

    def different(self, index: int) -> Iterator[Input]:
        """At most `MOST` different inputs, instance `index` first."""
        first, had, size, in_vain = _FURTHER + index * MOST, set[bytes](), 0, 0
        for drawn_input in self._in_order([index, *range(first, first + MOST - 1)]):
            in_vain += 1
            if size > MOST_BYTES_OF_ONE or in_vain > MOST_IN_VAIN:
                break
            if self._draws_again and self.is_others(drawn_input[1]):
                continue
            if drawn_input[1].encoded not in had:
                had.add(drawn_input[1].encoded)
                size, in_vain = size + size_of(drawn_input), 0
                yield drawn_input

    def _in_order(self, numbers: list[int]) -> Iterator[Input]:
        """The inputs with these numbers, of which one, then two, then four and more are drawn at once."""
        length = 1
        while numbers:
            block, numbers = numbers[:length], numbers[length:]
            missing = [number for number in block if number not in self._drawn]
            if len(missing) > 1:
                self._task.prepare(self._split, missing, self._seeds)
            for number in block:
                drawn_input = self[number]
                yield drawn_input
            length = max(min(2 * length, AT_ONCE, MESSAGE_BYTES // size_of(drawn_input)), 1)

    def is_failing(self, one_input: Input) -> bool:
        """Whether the original was seen to fail on an input."""
        return one_input[1].encoded in self.original.failing

    def usable(self, index: int) -> Iterator[Numbered]:
        """Different inputs for instance `index`, its own first, without those on which the original was seen to fail."""
        return ((index, one_input) for one_input in self.different(index) if not self.is_failing(one_input))

    def are_few(self, most: int) -> bool:
        """Whether `sample` draws several different inputs, but fewer than `most`, however often it is asked."""
        found = [*islice(self.different(0), most)]
        return 1 < len(found) < most and sum(map(size_of, found)) <= MOST_BYTES_OF_ONE

    def is_others(self, arguments: Prepared) -> bool:
        """Whether an input belongs to the other split: in the held-out split, whether training has it."""
        if self._deals_by is None:
            return hash(arguments.encoded) in self._training_inputs
        return self._dealt_to(arguments) != self._split

    @property
    def can_hold_out(self) -> bool:
        """Whether both splits get inputs."""
        return self._deals_by is None or len({self._dealt_to(self._made(number)[1]) for number in _FIRST_DRAWS}) == 2

    @cached_property
    def _deals_by(self) -> SecretSeeds | None:
        """The seeds of training that deal each input to a split; None if only the instances are training's, or every input
        counts."""
        task, seeds = self._task, getattr(self._seeds, "training", None) or self._seeds
        is_drawn = task.by_time and task.input == "drawn" and not (task.every_input or task.fixed_input)
        return seeds if is_drawn and isinstance(seeds, SecretSeeds) else None

    def _dealt_to(self, arguments: Prepared) -> Split:
        assert self._deals_by is not None
        digest = hashlib.sha256(arguments.encoded).hexdigest()
        return "test" if derive(self._deals_by.secret, "split", self._task.name, digest) & 1 else "train"

    @cached_property
    def _training_inputs(self) -> frozenset[int]:
        """Hashes of the training inputs, if this is the held-out split of a task that draws its inputs. Empty where every input
        counts."""
        if self._split != "test" or self._task.every_input or not isinstance(self._seeds, SecretSeeds):
            return frozenset()
        training = DrawnInstances(self._task, "train", self._seeds.training or self._seeds)
        return frozenset(hash(training[index][1].encoded) for index in range(self._task.count("train")))

    @cached_property
    def _draws_again(self) -> bool:
        """Whether inputs of the other split are drawn again. They are, unless instance 0 and all its replacements are such
        inputs."""
        may_be_others = self._deals_by is not None or bool(self._training_inputs)
        return may_be_others and any(not self.is_others(self._made(number)[1]) for number in _FIRST_DRAWS)

    def _draw(self, index: int) -> Input:
        made, further = self._made(index), _AGAIN + index * _DRAWS
        for number in range(further, further + _DRAWS * (index < _FURTHER)):  # `different` leaves out further ones
            if not self.is_others(made[1]) or not self._draws_again:
                break
            made = self._made(number)
        with self._lock:
            if self._bytes < MOST_BYTES:
                self._bytes += size_of(made)
                self._drawn[index] = made
        return made

    def _made(self, index: int) -> Input:
        instance = self._task.instance(self._split, index, self._seeds)
        try:
            arguments = Prepared(self._task.arguments(instance))
        except (TypeError, ValueError, RecursionError, OverflowError) as error:
            raise TaskError(
                f"task {self._task.name}: inputs of instance {index} cannot be sent to a guest: {error}"
            ) from error
        return instance, arguments


@dataclass
class KnownOriginal:
    """What is known of the original on one split. It runs only if it must, once for each instance. Thread-safe."""

    plan: BatchPlan | None = None
    """The batches of a timed function (strop.evaluation.paired); None if they are not planned yet."""
    changes: bool | None = None
    """Whether a timed function changes its arguments; None if that is not known yet."""
    failing: set[bytes] = field(default_factory=set)
    """Encoded inputs on which a timed function was seen to fail."""
    left_behind: dict[Any, Any] = field(default_factory=dict)
    """Instance, or instances → what calls on them leave behind (strop.evaluation.left_behind)."""

    _forms: dict[range, AnswerForm] = field(default_factory=dict)
    _scored: dict[int, str] = field(default_factory=dict)
    """Instance → how the scorer fails on the original's answer; empty if it does not."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def form(self, task: Task, order: Order, drawn: DrawnInstances, sandbox: Sandbox) -> AnswerForm | None:
        """The form of the original's answers to the instances of an order; None if the task declares the form, or if the order is
        of the original."""
        if task.answer is not None or task.problem is not None or order.is_of_original(task):
            return None
        indices = range(order.count(task))
        with self._lock:
            if indices not in self._forms:
                form = AnswerForm()
                for outcome in _answers(task, order, drawn, sandbox, indices):
                    if isinstance(outcome, Returned):
                        form.learn(outcome.value, outcome.lazy)
                self._forms[indices] = form
            return self._forms[indices]

    def check_scorer(self, task: Task, order: Order, drawn: DrawnInstances, sandbox: Sandbox, index: int) -> None:
        """Score the original's answer to instance `index`, after the scorer failed on another answer to it.

        Raises:
            ScorerFailed: the scorer fails on the original's answer, too, so no answer is at fault.
        """
        with self._lock:
            if index not in self._scored:
                (outcome,) = _answers(task, order, drawn, sandbox, range(index, index + 1))
                self._scored[index] = _failure(task, drawn, index, outcome)
            if self._scored[index]:
                raise ScorerFailed(self._scored[index])


def _answers(task: Task, order: Order, drawn: DrawnInstances, sandbox: Sandbox, indices: range) -> list[Outcome]:
    program = guest_program(task, task.seed)
    calls = (
        (drawn[index][1], derive(order.secret, "guest", "original", order.split, index) & (2**64 - 1))
        for index in indices
    )
    outcomes: list[Outcome] = []
    with sandbox.open(program, limits_of(task)) as guest:
        for arguments, seed in calls:
            outcomes.append(guest.call(arguments, seed=seed))
            if sum(not isinstance(outcome, Returned) for outcome in outcomes) == MOST_FAILURES:
                break
    return outcomes


def _failure(task: Task, drawn: DrawnInstances, index: int, outcome: Outcome) -> str:
    """How the scorer fails on this answer of the original's; empty if it does not fail, or if there is no answer."""
    if not isinstance(outcome, Returned):
        return ""
    try:
        task.checked_score(drawn[index][0], outcome.value, lazy=outcome.lazy)
    except ScorerFailed as error:
        return str(error)
    except Malformed:
        pass
    return ""
