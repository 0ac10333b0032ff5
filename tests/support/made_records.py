"""A record of any size, made without a run, to measure what reading a large record costs.

It has the shape of a record of `strop run`: iterations, candidates, improvements, LM calls with their answers, evaluations,
budget movements. Texts are programs as a model would write them, of which every third is new. Nothing in it was measured.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from strop.base.events import (
    AuditNoted,
    BudgetMoved,
    Evaluated,
    Event,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    LmCalled,
    LmResponded,
    RunFinished,
    RunStarted,
)
from strop.base.protections import PROTECTIONS
from strop.base.solution import digest_of
from strop.evaluation.functions.load import load_any
from strop.runs.spec import RunSpec, improver_text, shipped_improvers
from strop.store import Store
from strop.tasks.base import META_TASK

_COPIES = 5
_RESPONSES = 6
_NEW = 0.35
"""Share of the evaluated programs that are new."""


@dataclass(frozen=True)
class Size:
    """How large a record is to be."""

    evaluations: int = 1_000
    calls: int = 50
    """To the language model, of six messages each."""
    iterations: int = 4


def made_record(directory: Path, size: Size, seed: int = 0) -> int:
    """Make a record in `directory`, which must hold none; how many events it has. The same seed makes the same events."""
    spec = RunSpec(iterations=size.iterations, seed=seed)
    meta = {"kind": "run", "task": spec.task, "language_model": "made", "is_language_model": "false", "seed": str(seed)}
    clock = count(1_700_000_000)
    events = 0
    with Store.create(directory, meta | {"spec": spec.to_json()}, lambda: next(clock) / 50 + 1_666_000_000) as store:
        for event in _events(spec, size, random.Random(seed)):
            store.append(event)
            events += 1
    return events


def _events(spec: RunSpec, size: Size, rng: random.Random) -> Iterator[Event]:
    protections = {name: {"what": what, "enforced": True, "detail": ""} for name, what in PROTECTIONS.items()}
    posture = {"protections": protections, "layers": {"seccomp": "two filters"}}
    environment = {"strop": "0.1.0", "python": "3.11.7", "numpy": "2.4.6", "platform": "Linux"}
    yield RunStarted(scope="", spec=json.loads(spec.to_json()), environment=environment, posture=posture)
    improvers = [improver_text(name) for name in sorted(shipped_improvers())]
    improver, programs = improver_text("seed"), Programs(rng)
    for t in range(size.iterations + 1):
        yield IterationStarted(scope=f"t{t}", t=t, improver=improver)
        yield from _work(t, improver, improvers, size, programs)
        candidate = rng.choice(improvers) + f"\n# made in iteration {t}\n" if t else None
        accepted = t > 0 and rng.random() < 0.5
        improver = candidate if accepted and candidate else improver
        yield IterationFinished(
            scope=f"t{t}", t=t, improver=improver, candidate=candidate, accepted=accepted,
            reason="the seed improver" if not t else "better" if accepted else "not shown to be better",
            train=_values(rng, t), test=_values(rng, t), lm_calls=size.calls // (size.iterations + 1),
            evaluations=size.evaluations // (size.iterations + 1), verdicts={"ok": 9, "raised": 1},
            seconds=60.0, parent=None if not t else t - 1,
        )  # fmt: skip
    yield RunFinished(scope="", status="finished")


def _work(t: int, improver: str, improvers: list[str], size: Size, programs: Programs) -> Iterator[Event]:
    """One iteration: candidates, and under each the improvements of its copies."""
    rng = programs.rng
    evaluations, calls = size.evaluations // (size.iterations + 1), size.calls // (size.iterations + 1)
    candidates = (
        [rng.choice(improvers) + f"\n# candidate {number} of {t}\n" for number in range(8)] if t else [improver]
    )
    if t:
        yield ImproveStarted(scope=f"t{t}/improve", improver=improver, initial_solution=improver, utility=META_TASK)
    share = evaluations // (len(candidates) * _COPIES), max(calls // (len(candidates) * _COPIES), 1)
    for candidate in candidates:
        scope = f"t{t}/improve/u-{digest_of(candidate)[:12]}#0" if t else "t0/measure"
        for copy in range(_COPIES):
            yield from _improvement(f"{scope}/copy{copy}", candidate, share, programs)
        if t:
            values = _values(rng, t)
            yield _evaluated(scope, META_TASK, candidate, sum(values) / len(values), values)


def _improvement(scope: str, improver: str, share: tuple[int, int], programs: Programs) -> Iterator[Event]:
    rng, task = programs.rng, "lpn"
    yield ImproveStarted(scope=scope, improver=improver, initial_solution=programs.seed, utility=task)
    for call in range(share[1]):
        yield BudgetMoved(scope=scope, counter="lm_calls", amount=1, granted=True, used=call + 1, limit=share[1])
        messages = tuple(programs.prompt(number) for number in range(_RESPONSES))
        yield LmCalled(
            scope=scope, call=call, expertise="You are an expert.", messages=messages, temperature=0.7, cost=1
        )
        for index in range(_RESPONSES):
            answer = f"Idea {rng.randrange(10**6)}: count more.\n\n```python\n{programs.next()}```\n"
            yield LmResponded(
                scope=scope, call=call, index=index, text=answer, model="made", finish_reason="stop",
                input_tokens=900, output_tokens=rng.randrange(100, 600), seconds=rng.random() * 4, cost=rng.randrange(10**6),
            )  # fmt: skip
    for _ in range(share[0]):
        program = programs.next()
        yield _evaluated(f"{scope}/u-{digest_of(program)[:12]}#0", task, program, 0.4 + rng.random() / 2)
    if rng.random() < 0.05:
        yield AuditNoted(scope=scope, rule="R001", detail="made", program=improver)
    yield ImproveFinished(
        scope=scope, outcome="ok", detail="", solution=programs.next(), utility_calls=share[0], lm_calls=share[1],
        cpu_seconds=1.0, wall_seconds=2.0,
    )  # fmt: skip


def _evaluated(scope: str, utility: str, program: str, value: float, scores: tuple[float, ...] = ()) -> Evaluated:
    failed = value < 0.45 and utility != META_TASK
    error = f"instance 0: NameError: name 'x{round(1e4 * value)}' is not defined" if failed else ""
    return Evaluated(
        scope=scope, utility=utility, split="train", solution=program, verdict="raised" if failed else "ok",
        value=0.0 if failed else value, scores=scores or (value,) * 20, verdicts=("ok",) * len(scores or (value,) * 20),
        error=error, cpu_seconds=0.02, wall_seconds=0.03,
    )  # fmt: skip


def _values(rng: random.Random, t: int) -> tuple[float, ...]:
    return tuple(min(0.5 + 0.08 * t + rng.gauss(0, 0.05), 1.0) for _ in range(_COPIES))


class Programs:
    """Programs as a model writes them: those of a task, with other numbers and another order of lines."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        task = load_any("lpn")
        self.seed = task.seed
        self._description = task.u_str
        self._programs = [self.seed]

    def next(self) -> str:
        """A program that came before, or a new one."""
        if self.rng.random() > _NEW:
            return self.rng.choice(self._programs)
        lines = self.rng.choice(self._programs).split("\n")[:60]
        position = self.rng.randrange(len(lines))
        lines.insert(
            position,
            f"    candidate_{self.rng.randrange(50)} = np.cumsum(train_samples[:, {self.rng.randrange(10)}]) % 2",
        )
        program = "\n".join(lines)
        if len(self._programs) < 20_000:
            self._programs.append(program)
        return program

    def prompt(self, number: int) -> str:
        """A message that shows a program and the task's description."""
        return (
            f"Improve the following solution:\n```python\n{self._programs[-1 - number % len(self._programs)]}\n```\n"
            f"{self._description}"
        )
