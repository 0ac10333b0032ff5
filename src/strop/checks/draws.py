"""Is what sample draws fit to be a task: repeatable, varied, sendable, and silent about what is hidden?"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from strop.base.errors import TaskError
from strop.base.randomness import derive
from strop.checks.bench import Bench
from strop.checks.canonical import canonical
from strop.checks.findings import Finding, new_finding
from strop.sandbox.wire import encode
from strop.tasks.base import PUBLISHED_BASES, Instance, SecretSeeds, Split, Task

SAMPLE_SECONDS = 2.0
"""How long drawing may take, for the question whether instances repeat."""
MOST_DRAWS, LEAST_DRAWS = 64, 12
SLOW_SECONDS = 0.05
"""An instance that takes longer to draw or to score is slow: a whole solution often takes less."""
REVEALING = 12
"""Characters of hidden data that a description does not hold by chance."""


@dataclass(frozen=True)
class Draws:
    """What was drawn."""

    findings: tuple[Finding, ...]
    instances: tuple[Instance, ...] = ()
    """Training instances, for others to look at."""
    seconds: float = 0.0
    """To draw one, in the mean."""


def examine_draws(bench: Bench) -> Draws:
    """Draw instances in every way that matters."""
    try:
        unsendable = tuple(_sending((bench.instance(0),)))
        if unsendable:  # reported before more is drawn: it may be unsendable because it is enormous
            return Draws(unsendable)
        began = time.perf_counter()
        instances = tuple(bench.instance(index) for index in range(bench.attacked.instances))
        seconds = (time.perf_counter() - began) / len(instances)
        findings = [
            *_sending(instances),
            *_again(bench, instances),
            *_repeats(bench, seconds),
            *_overlap(bench, seconds),
        ]
        findings += [*_sharing(bench), *_reseeding(bench), *_telling(bench.original, instances)]
    except TaskError as error:
        return Draws((new_finding("C001", str(error)),))
    except RecursionError:
        return Draws((new_finding("C001", "what sample() draws is nested too deeply, or holds itself"),))
    if seconds > SLOW_SECONDS:
        findings.append(new_finding("C010", f"drawing an instance takes {seconds * 1000:.0f} ms in the mean"))
    return Draws(tuple(findings), instances, seconds)


def _text(instance: Instance) -> str:
    return canonical([dict(instance.inputs), instance.hidden])


def _sending(instances: tuple[Instance, ...]) -> Iterator[Finding]:
    for index, instance in enumerate(instances):
        try:
            encode({"arguments": list(instance.inputs.values())})
        except (TypeError, ValueError, RecursionError, OverflowError) as error:
            yield new_finding("C005", f"instance {index}: {error}")
            return


def _again(bench: Bench, instances: tuple[Instance, ...]) -> Iterator[Finding]:
    """Each instance a second time, in the other order, after others used the global generators."""
    with global_generators_kept():
        random.seed(1)
        np.random.seed(1)
        again = [_text(bench.instance(index)) for index in reversed(range(len(instances)))][::-1]
    other = [index for index, instance in enumerate(instances) if again[index] != _text(instance)]
    if other:
        yield new_finding(
            "C002", f"{len(other)} of {len(instances)} instances came out otherwise when they were drawn again"
        )


def _repeats(bench: Bench, seconds: float) -> Iterator[Finding]:
    count = int(min(MOST_DRAWS, max(LEAST_DRAWS, SAMPLE_SECONDS / max(seconds, 1e-6))))
    texts = []
    for number in range(count):
        seeds = SecretSeeds(derive(bench.secret, "check", number).to_bytes(32, "big"))
        texts.append(_text(bench.task.instance("train", 0, seeds)))
    different = len(set(texts))
    if different <= count // 2:
        yield new_finding("C003", f"{count} draws under different secrets gave {different} different instances")
    elif different < count:
        said = f"{count} draws under different secrets gave {different} different instances; small ones may come twice"
        yield new_finding("C003", said, "note")


def _overlap(bench: Bench, seconds: float) -> Iterator[Finding]:
    most = int(min(100, max(LEAST_DRAWS, SAMPLE_SECONDS / max(seconds, 1e-6))))
    drawn: dict[Split, list[str]] = {}
    for split in ("train", "test"):
        count = min(most, bench.task.count(split))
        drawn[split] = [_text(bench.task.instance(split, index, bench.seeds)) for index in range(count)]
    shared = [text for text in drawn["test"] if text in set(drawn["train"])]
    if shared:
        said = f"{len(shared)} of {len(drawn['test'])} test instances are training instances too"
        yield new_finding("C004", said, "broken" if 2 * len(shared) >= len(drawn["test"]) else "note")


def _sharing(bench: Bench) -> Iterator[Finding]:
    """Does what is done to one instance show in a later one?"""
    before = _text(bench.instance(1))
    if _text(bench.instance(1)) != before:
        return
    one = bench.instance(1)
    undo = [_edit(value) for value in [*one.inputs.values(), one.hidden]]
    after = _text(bench.instance(1))
    for restore in undo:
        restore()
    if after != before:
        yield new_finding("C009", "an instance that was edited in place comes out edited when it is drawn again")


def _edit(value: Any) -> Any:
    """Spoil a list, dict or array in place; gives what repairs it."""
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


def _reseeding(bench: Bench) -> Iterator[Finding]:
    """Two different states of the global generators that become one by drawing were set by sample."""
    after = []
    with global_generators_kept():
        for start in (1, 2):
            random.seed(start)
            np.random.seed(start)
            bench.instance(0)
            after.append(
                {"random": repr(random.getstate()), "numpy.random": canonical(np.random.get_state(legacy=False))}
            )
    for name, state in after[0].items():
        if state == after[1][name]:
            yield new_finding("C011", f"sample() sets the state of {name}")


@contextmanager
def global_generators_kept() -> Iterator[None]:
    """Restore the global random generators at the end."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def _telling(task: Task, instances: tuple[Instance, ...]) -> Iterator[Finding]:
    description = task.told
    if task.description and not task.description.strip():
        yield new_finding("C008", "the description is empty")
    seeds = [str(base) for base in PUBLISHED_BASES.values() if re.search(rf"\b{base}\b", description)]
    if seeds:
        yield new_finding("C008", f"the description tells the published seeds ({', '.join(seeds)})", "warning")
    squeezed = re.sub(r"\s+", "", description)
    for index, instance in enumerate(instances):
        hidden = instance.hidden.tolist() if isinstance(instance.hidden, np.ndarray) else instance.hidden
        words = re.sub(r"\s+", "", _shown(hidden))
        if hidden is not None and len(words) >= REVEALING and words in squeezed:
            yield new_finding("C008", f"the description holds the hidden data of instance {index}")
            return


def _shown(hidden: Any) -> str:
    try:
        return repr(hidden)
    except ValueError:  # an integer of more digits than Python writes: no description holds it
        return ""
