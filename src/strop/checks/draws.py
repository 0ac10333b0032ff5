"""Is the output of sample fit to be a task: repeatable, varied, sendable, and without what is hidden?"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from strop.base.as_document import HIDDEN
from strop.base.errors import TaskError
from strop.base.randomness import derive
from strop.checks.bench import Bench
from strop.checks.findings import Finding, new_finding
from strop.checks.values import canonical
from strop.sandbox.wire import encode
from strop.tasks.arguments import MISFIT
from strop.tasks.base import PUBLISHED_BASES, Instance, SecretSeeds, Split, Task

SAMPLE_SECONDS = 2.0
"""How long drawing may take, to find out whether instances repeat."""
MOST_DRAWS, LEAST_DRAWS = 64, 12
FEW = 250
"""Instances of which a program can hold the hidden data."""
REVEALING = 12
"""Characters of hidden data that a description does not contain by chance."""
Path: TypeAlias = tuple[Any, ...]
"""Keys, indices and `("column", j)`, from a value to a part of it."""
DEEPEST, MOST_PARTS = 3, 64
"""How deep, and how many parts of one value, to look at."""
_MOST_PATHS = 16
_FIRST = 4
"""Sealed instances that are looked for among those of training."""


@dataclass(frozen=True)
class Draws:
    """Instances that were drawn."""

    findings: tuple[Finding, ...] = field(metadata=HIDDEN)
    instances: tuple[Instance, ...] = field(default=(), metadata=HIDDEN)
    """Training instances."""


def examine_draws(bench: Bench) -> Draws:
    """Draw instances in every way that matters."""
    try:
        unsendable = tuple(_sending((bench.instance(0),)))
        if unsendable:  # reported before more is drawn: it may be unsendable because it is enormous
            return Draws(unsendable)
        began = time.perf_counter()
        instances = tuple(bench.instance(index) for index in range(bench.count))
        seconds = (time.perf_counter() - began) / len(instances)
        findings = [
            *_sending(instances),
            *_again(bench, instances),
            *_repeats(bench, seconds, instances[0].hidden is not None),
            *_overlap(bench, seconds),
            *_sharing(bench),
            *_revealing(bench.original, instances),
        ]
    except TaskError as error:
        return Draws((new_finding("C101" if MISFIT in str(error) else "C001", str(error)),))
    except RecursionError:
        return Draws((new_finding("C001", "what sample() returns is nested too deeply, or contains itself"),))
    return Draws(tuple(findings), instances)


def draws_repeat(task: Task) -> bool:
    """Whether the first sealed instances are all among those of training, as far as two seconds of drawing show."""
    seeds, began = SecretSeeds(b"repeats"), time.monotonic()
    try:
        sealed = {text_of(task.instance("test", index, seeds)) for index in range(min(task.count("test"), _FIRST))}
        for index in range(min(task.count("train"), MOST_DRAWS)):
            sealed.discard(text_of(task.instance("train", index, seeds)))
            if not sealed or time.monotonic() - began > SAMPLE_SECONDS:
                break
    except (TaskError, RecursionError):  # found where it is measured
        return False
    return not sealed


def text_of(instance: Instance) -> str:
    """A text that equal instances share."""
    return canonical([dict(instance.inputs), instance.hidden])


def _sending(instances: tuple[Instance, ...]) -> Iterator[Finding]:
    for index, instance in enumerate(instances):
        try:
            encode({"arguments": dict(instance.inputs)})
        except (TypeError, ValueError, RecursionError, OverflowError) as error:
            yield new_finding("C005", f"instance {index}: {error}")
            return


def _again(bench: Bench, instances: tuple[Instance, ...]) -> Iterator[Finding]:
    """Draw each instance a second time, in the other order, after others used the global generators."""
    with global_generators_kept():
        _seed_global_generators(1)
        again = [text_of(bench.instance(index)) for index in reversed(range(len(instances)))][::-1]
    differing = sum(again[index] != text_of(instance) for index, instance in enumerate(instances))
    if differing:
        yield new_finding("C002", f"{differing} of {len(instances)} instances differed when they were drawn again")


def _repeats(bench: Bench, seconds: float, hidden: bool) -> Iterator[Finding]:
    count = int(min(MOST_DRAWS, max(LEAST_DRAWS, SAMPLE_SECONDS / max(seconds, 1e-6))))
    texts = set()
    for number in range(count):
        seeds = SecretSeeds(derive(bench.secret, "check", number).to_bytes(32, "big"))
        texts.add(text_of(bench.task.instance("train", 0, seeds)))
    detail = f"{count} draws under different secrets gave {len(texts)} different instances"
    if len(texts) <= count // 2:
        yield new_finding("C003", detail)
    elif len(texts) < count:
        about = count * count // (2 * (count - len(texts)))  # as birthdays tell
        few = hidden and about <= FEW
        words = f": there are about {about}, whose hidden data a program can hold" if few else "; small ones may repeat"
        yield new_finding("C003", detail + words, "broken" if few else "note")


def _overlap(bench: Bench, seconds: float) -> Iterator[Finding]:
    most = int(min(100, max(LEAST_DRAWS, SAMPLE_SECONDS / max(seconds, 1e-6))))
    drawn: dict[Split, list[str]] = {}
    for split in ("train", "test"):
        count = min(most, bench.task.count(split))
        drawn[split] = [text_of(bench.task.instance(split, index, bench.seeds)) for index in range(count)]
    shared = [text for text in drawn["test"] if text in set(drawn["train"])]
    if shared:
        detail = f"{len(shared)} of {len(drawn['test'])} test instances are training instances too"
        yield new_finding("C004", detail, "broken" if 2 * len(shared) >= len(drawn["test"]) else "note")


def _sharing(bench: Bench) -> Iterator[Finding]:
    """Edit an instance in place and draw it again."""
    before = text_of(bench.instance(1))
    if text_of(bench.instance(1)) != before:
        return
    one = bench.instance(1)
    undo = [_edit(value) for value in [*one.inputs.values(), one.hidden]]
    after = text_of(bench.instance(1))
    for restore in undo:
        restore()
    if after != before:
        yield new_finding("C002", "editing a drawn instance in place changes the next draw")


def _edit(value: Any) -> Any:
    """Spoil a list, dict or array in place; returns a function that repairs it."""
    if isinstance(value, np.ndarray) and value.flags.writeable and value.size and value.dtype.kind in "biuf":
        kept = value.copy()
        value[...] = 1 - value if value.dtype.kind != "b" else ~value

        def restore() -> None:
            value[...] = kept

        return restore
    if isinstance(value, (list, dict)):
        copied = value.copy()
        value.clear()
        return lambda: value.extend(copied) if isinstance(value, list) else value.update(copied)
    return lambda: None


def _seed_global_generators(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)


@contextmanager
def global_generators_kept() -> Iterator[None]:
    """Restore the global random generators at the end."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def _revealing(task: Task, instances: tuple[Instance, ...]) -> Iterator[Finding]:
    description = task.told
    if task.description and not task.description.strip():
        yield new_finding("C008", "the description is empty")
    seeds = [str(base) for base in PUBLISHED_BASES.values() if re.search(rf"\b{base}\b", description)]
    if seeds:
        yield new_finding("C008", f"the description contains the published seeds ({', '.join(seeds)})", "warning")
    squeezed = re.sub(r"\s+", "", description)
    for index, instance in enumerate(instances):
        hidden = instance.hidden.tolist() if isinstance(instance.hidden, np.ndarray) else instance.hidden
        try:
            text = re.sub(r"\s+", "", repr(hidden))
        except ValueError:  # an integer of more digits than Python writes: no description contains it
            continue
        if hidden is not None and len(text) >= REVEALING and text in squeezed:
            yield new_finding("C008", f"the description contains the hidden data of instance {index}")
            return


# Where inputs contain what is hidden.


def parts_of(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """A value and its parts: entries of dicts and lists, rows and columns of tables."""
    yield path, value
    if len(path) >= DEEPEST:
        return
    if isinstance(value, dict):
        for key, item in list(value.items())[:MOST_PARTS]:
            yield from parts_of(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value[:MOST_PARTS]):
            yield from parts_of(item, (*path, index))
    table = _table(value)
    if table is not None:
        for index in range(min(len(table), MOST_PARTS) if isinstance(value, np.ndarray) else 0):
            yield (*path, index), table[index]
        for column in range(min(table.shape[1], MOST_PARTS)):
            yield (*path, ("column", column)), table[:, column]


def hidden_in_inputs(instances: Sequence[Instance]) -> list[Path]:
    """Paths in the inputs whose value equals the hidden data, or a part of it, in every instance.

    A path begins with the input's number. Only the scorer can say whether that matters: hidden data may be public knowledge.
    """
    found = []
    for instance in instances:
        hidden = {_flat(value) for _, value in parts_of(instance.hidden) if value is not None}
        inputs = parts_of(list(instance.inputs.values())) if hidden else ()
        found.append({path: "" for path, value in inputs if path and _flat(value) in hidden})
    return _common(found)


def constant_hidden(instances: Sequence[Instance]) -> list[Any]:
    """The hidden data, and its parts, that are the same in every instance."""
    shared = _common([{path: canonical(value) for path, value in parts_of(one.hidden)} for one in instances])
    first = dict(parts_of(instances[0].hidden)) if instances else {}
    return [first[path] for path in shared if first[path] is not None]


def step_into(value: Any, path: Path) -> Any:
    """The part at a path."""
    for step in path:
        value = np.asarray(value)[:, step[1]] if isinstance(step, tuple) else value[step]
    return value


def _common(values: Sequence[Mapping[Path, str]]) -> list[Path]:
    """Paths that have the same value everywhere."""
    first = values[0] if values else {}
    return [path for path, value in first.items() if all(one.get(path) == value for one in values)][:_MOST_PATHS]


def _flat(value: Any) -> str:
    """A text that is the same for a row, a column and a list of equal numbers."""
    try:
        array = np.asarray(value)
    except ValueError:
        return canonical(value)
    return canonical(array.astype(np.float64).ravel().tolist() if array.dtype.kind in "biuf" else value)


def _table(value: Any) -> np.ndarray | None:
    if not isinstance(value, (list, tuple, np.ndarray)):
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.ndim == 2 and array.dtype.kind in "biufU" else None
