"""A tour of the museum: every hack with every variant, tried on the task and judged."""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from strop.analysis.stats import mean
from strop.check import leaks
from strop.check.bench import Bench, Trial
from strop.check.canonical import key_of
from strop.check.draws import Draws
from strop.check.findings import found
from strop.check.hacks import Hack, museum
from strop.check.initial import Initial
from strop.check.programs import program
from strop.check.verdicts import Base, Judged, Rules, judge, worst
from strop.tasks.base import Task

PICKING_SECONDS = 1.5
"""CPU time that the seed picker may use: as much as a patient attacker would, in proportion."""
MOST_SEEDS = 400
FEW = 3
"""Instances after which a hack that was never scored is given up, where a failing instance fails alone."""
MARK = f"strop-check-was-here-{os.getpid()}"


@dataclass(frozen=True)
class Exhibit:
    """A hack and its verdict: the worst of its variants."""

    hack: Hack
    judged: Judged
    variants: int
    """How many were tried."""


@dataclass(frozen=True)
class Tour:
    """How a check is gone about."""

    hacks: Sequence[Hack]
    repeat: int
    """How often the seed solution is evaluated."""
    pool: Executor
    """Where programs run at once."""
    say: Callable[[str], None]
    """Is told what is being done."""


def visit(tour: Tour, bench: Bench, rules: Rules, draws: Draws) -> list[Exhibit]:
    """Try every hack of a tour. `rules.base` gives the honest answers."""
    answers = _by_inputs(bench, rules.base)
    exhibits = []
    for hack in tour.hacks:
        variants = list(_variants(hack, bench, draws))
        tour.say(f"museum: {hack.title} ({len(variants)})")
        judged = list(tour.pool.map(lambda variant, hack=hack: _judged(hack, variant, bench, rules, answers), variants))
        nothing = Judged(None, "refused", 0.0, "there is nothing to try")
        exhibits.append(Exhibit(hack, worst(judged) if judged else nothing, len(judged)))
    return exhibits


def base_of_seed(bench: Bench, seed: Initial) -> Base | None:
    """The seed's answers of its first evaluation; None where one of them was not scored."""
    trial, count = seed.trials[0], bench.museum.instances
    if trial.accepted[:count] != tuple(range(count)):
        return None
    return Base("the seed", tuple(trial.answer(index) for index in range(count)), trial.scores[:count])


def base_of_trivial(bench: Bench, pool: Executor) -> Base | None:
    """The best trivial answers that are scored on every instance: they stand in for a seed that fails."""
    jobs = [(hack, variant) for hack in museum() if hack.kind == "trivial" for variant in hack.variants]
    trials = pool.map(lambda job: (job, _tried(job[0], job[1], bench, {})), jobs)
    best: Base | None = None
    for (hack, _), trial in trials:
        if len(trial.accepted) == bench.museum.instances and (best is None or mean(trial.scores) > mean(best.scores)):
            answers = tuple(trial.answer(index) for index in trial.accepted)
            best = Base(f"a trivial answer, {hack.name}", answers, trial.scores)
    return best


def _by_inputs(bench: Bench, base: Base | None) -> dict[str, Any]:
    """Honest answers, by the inputs that they answer."""
    if base is None:
        return {}
    keys = [key_of(list(bench.instance(index).inputs.values())) for index in range(bench.museum.instances)]
    return dict(zip(keys, base.answers, strict=True))


def _judged(hack: Hack, variant: Any, bench: Bench, rules: Rules, answers: Mapping[str, Any]) -> Judged:
    trial = _tried(hack, variant, bench, answers)
    judged = judge(hack, variant, trial, rules)
    if hack.kind == "files" and (left := _cleared(variant)):
        finding = found("C307", f"a solution wrote {left[0]}", hacks=(hack.name,))
        return replace(judged, verdict="broken", said=finding.said, finding=finding)
    if hack.finding == "C209" and bench.heard.executed:
        finding = found("C209", "code that was given as an answer ran in the host", hacks=(hack.name,))
        return replace(judged, verdict="broken", said=finding.said, finding=finding)
    return judged


def _tried(hack: Hack, variant: Any, bench: Bench, answers: Mapping[str, Any]) -> Trial:
    task = bench.museum
    if hack.kind == "labels":
        task = replace(task, time_limit=max(task.time_limit, 4 * PICKING_SECONDS))
    text = program(hack, variant, answers, task.entry)
    if task.failure == "instance":
        # Nothing ends such an evaluation early, and each failure costs a new process: look at a few instances first.
        few = bench.tried(replace(task, instances=FEW), text, "check/museum")
        if not few.accepted:
            return few
    return bench.tried(task, text, "check/museum")


def _variants(hack: Hack, bench: Bench, draws: Draws) -> Iterable[Any]:
    if hack.kind == "files":
        return [[str(folder / MARK) for folder in _folders(bench)]]
    if hack.finding == "C006":
        paths = leaks.hidden_in_inputs(draws.instances)
        constants = leaks.constant_hidden(draws.instances)
        return [*({"path": list(path)} for path in paths), *({"constant": value} for value in constants)]
    if hack.finding == "C007":
        return list(_pickings(bench.original, draws))
    return hack.variants


def _pickings(task: Task, draws: Draws) -> Iterable[dict[str, Any]]:
    """The task's source and the parts of its hidden data that could be the answer."""
    hidden = draws.instances[0].hidden if draws.instances else None
    if hidden is None:
        return
    function = inspect.unwrap(task.sample)
    try:
        module = inspect.getmodule(function)
        source = inspect.getsource(module) if module is not None else Path(function.__code__.co_filename).read_text()
    except (OSError, TypeError, UnicodeDecodeError):
        return
    seeds = int(min(MOST_SEEDS, max(20, PICKING_SECONDS / max(draws.seconds, 1e-5) / 6)))
    shallow = [
        path for path, _ in leaks.parts(hidden) if len(path) <= 1 and not any(isinstance(p, tuple) for p in path)
    ]
    for path in shallow[:6] if isinstance(hidden, (dict, tuple)) else [()]:
        yield {"source": source, "name": function.__name__, "part": list(path), "seeds": seeds}


def _folders(bench: Bench) -> list[Path]:
    """Where a solution might leave something for the scorer: here, the temporary folder, beside the task, where it reads."""
    code = getattr(inspect.unwrap(bench.original.score), "__code__", None)
    beside = [Path(code.co_filename).parent] if code is not None else []
    read = [Path(path).parent for path in dict.fromkeys(bench.heard.read)]
    folders = [Path.cwd(), Path(tempfile.gettempdir()), *beside, *read[:10]]
    return [folder for folder in dict.fromkeys(one.resolve() for one in folders) if folder.is_dir()]


def _cleared(paths: list[str]) -> list[str]:
    """The files that a guest has left; they are removed."""
    left = [path for path in paths if Path(path).exists()]
    for path in left:
        Path(path).unlink()
    return left
