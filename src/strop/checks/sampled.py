"""Check a task whose answers the host scores: its draws, its seed solution, its scorer, and the score of each attack."""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from strop.analysis.stats import mean
from strop.checks.attack import Attack
from strop.checks.bench import AttackTrial, Bench
from strop.checks.draws import Draws, constant_hidden, examine_draws, hidden_in_inputs, parts_of
from strop.checks.findings import Finding, new_finding
from strop.checks.scorer import Scorer, examine_dependence, examine_misfits, examine_scorer
from strop.checks.seed import SeedTrials, examine_seed, examine_timed
from strop.checks.values import key_of, literal
from strop.checks.verdicts import AttackResult, Base, JudgingRules, judge, tolerated
from strop.tasks.base import Task
from strop.tasks.constructions.task import ConstructionTask
from strop.tasks.function.task import FunctionTask

FATAL = frozenset({"C001", "C005", "C101"})
"""Findings after which nothing else can be tried."""
MOST_SECONDS = 1.0
"""A longer call of a scorer means that an answer can keep it busy."""
PICKING_SECONDS = 1.5
"""CPU time of the seed picker: as much as a patient attacker would use, in proportion."""
MOST_SEEDS = 400
FEW = 3
"""Instances after which an attack that was never scored ends, if a failing instance fails alone."""
MARK = f"strop-check-was-here-{os.getpid()}"


@dataclass
class SampledFacts:
    """What was seen of a sampled task before it was attacked."""

    draws: Draws = field(default_factory=lambda: Draws(()))
    """Its instances."""
    seed: SeedTrials | None = None
    """Its seed solution; null if it was not evaluated, because nothing can be drawn."""
    base: Base | None = None
    """What the attacks are compared with; null if no answer was accepted."""
    scorer: Scorer | None = None
    """Its scorer; null if it was not examined."""
    by_time: bool = False
    """Whether only the time of an answer counts that equals the original's: then there is no scorer to attack."""


@dataclass
class SampledSubject:
    """A task to examine and then to attack."""

    bench: Bench
    attacks: Sequence[Attack]
    """Those to try; the trivial ones among them can stand in for a seed that fails."""
    facts: SampledFacts = field(default_factory=SampledFacts)
    answers: Mapping[str, Any] = field(default_factory=dict)
    """Honest answers, by `key_of` their inputs."""

    def examine(self, repeat: int, pool: Executor, notify: Callable[[str], None]) -> tuple[list[Finding], bool]:
        """(what is wrong, whether attacks make sense)."""
        bench, facts, task = self.bench, self.facts, self.bench.original
        notify("draws")
        facts.draws = examine_draws(bench)
        if isinstance(task, FunctionTask) and task.cases:  # cases are listed, so instances repeat
            kept = tuple(finding for finding in facts.draws.findings if finding.id != "C003")
            facts.draws = replace(facts.draws, findings=kept)
        if isinstance(task, ConstructionTask):  # there is one instance, whatever the seed
            facts.draws = replace(facts.draws, findings=())
        findings = list(facts.draws.findings)
        if any(finding.id in FATAL for finding in findings):
            return findings, False
        notify(f"the original, {repeat} times" if facts.by_time else f"seed solution, {repeat} times")
        count = bench.attacked.count("train")
        seed_task = replace(bench.task, instances=max(bench.task.instances, count))
        facts.seed, of_seed = examine_seed(bench, seed_task, repeat, pool)
        findings += of_seed
        if facts.by_time:
            return [*findings, *examine_timed(bench, facts.seed.trials)], False
        facts.base = base = _seed_answers(facts.seed, count) or self._trivial_answers(pool, notify)
        if base is None:
            detail = "neither the seed nor any trivial answer was scored on every instance"
            return [*findings, new_finding("C106", detail)], True
        keys = [key_of(list(bench.instance(index).inputs.values())) for index in range(count)]
        self.answers = dict(zip(keys, base.answers, strict=True))
        notify("scorer")
        if not any(finding.id == "C002" for finding in facts.draws.findings):
            facts.scorer = examine_scorer(bench, dict(enumerate(base.answers)))
            findings += facts.scorer.findings
            varies = facts.scorer.deterministic and not isinstance(task, ConstructionTask)
            findings += examine_dependence(bench, base) if varies else []
        findings += examine_misfits(bench, base)
        if not base.is_seed:
            detail = f"the seed scores {facts.seed.utility:.3f}, {base.name} {mean(base.scores):.3f}"
            findings.append(new_finding("C304", detail))
        return findings, True

    def variants(self, attack: Attack) -> Iterable[Any]:
        """The variants of an attack to try, one after another; some depend on the task."""
        draws = self.facts.draws
        if attack.kind == "files":
            return [[str(folder / MARK) for folder in _folders(self.bench)]]
        if attack.finding == "C006":
            paths, constants = hidden_in_inputs(draws.instances), constant_hidden(draws.instances)
            return [*({"path": list(path)} for path in paths), *({"constant": value} for value in constants)]
        if attack.finding == "C007":
            return list(_seed_picking(self.bench.original, draws))
        return attack.variants

    def attack(self, attack: Attack, variant: Any) -> AttackResult:
        """Try an attack with a variant, and judge it."""
        scorer = self.facts.scorer
        deterministic = scorer is not None and scorer.deterministic
        # The verifier of a construction gets plain data, as a declared answer is.
        declared = self.bench.task.answer is not None or isinstance(self.bench.original, ConstructionTask)
        rules = JudgingRules(self.facts.base, declared, deterministic)
        result = judge(attack, variant, self._evaluate(attack, variant, self.answers), rules)
        if attack.kind == "moved" and result.finding is not None:  # room that the seed leaves is no tolerance
            delta, *where = variant

            def pays(by: float) -> bool:
                far = (by, *where)
                return judge(attack, far, self._evaluate(attack, far, self.answers), rules).finding is not None

            level = tolerated(pays, delta)
            found = replace(result.finding, level=level) if level else None
            result = replace(result, verdict="suspicious" if level == "warning" else "harmless", finding=found)
        detail = ""
        if attack.kind == "files" and (left := remove_files(variant)):
            detail = f"a solution wrote {left[0]}"
        elif attack.finding == "C209" and self.bench.acts.executed:
            detail = "code that was given as an answer ran in the host"
        if not detail:
            return result
        finding = new_finding("C307" if attack.kind == "files" else "C209", detail, attacks=(attack.name,))
        return replace(result, verdict="broken", detail=detail, finding=finding)

    def after(self) -> list[Finding]:
        """What all attacks together showed."""
        slowest = self.bench.acts.slowest
        return [new_finding("C210", f"one call of score() took {slowest:.1f} s")] if slowest > MOST_SECONDS else []

    def _evaluate(self, attack: Attack, variant: Any, answers: Mapping[str, Any]) -> AttackTrial:
        task = self.bench.attacked
        if attack.kind == "labels":
            task = replace(task, time_limit=max(task.time_limit, 4 * PICKING_SECONDS))
        text = program(attack, variant, answers, task.entry)
        if task.failure == "instance":
            # Nothing ends such an evaluation early, and each failure costs a new process: look at a few instances first.
            few = self.bench.evaluate(replace(task, instances=FEW), text, "check/attack")
            if not few.accepted:
                return few
        return self.bench.evaluate(task, text, "check/attack")

    def _trivial_answers(self, pool: Executor, notify: Callable[[str], None]) -> Base | None:
        """The best trivial answers that are scored on every instance: they stand in for those of a failing seed."""
        notify("trivial answers, since the seed's are not all scored")
        jobs = [(each, variant) for each in self.attacks if each.kind == "trivial" for variant in each.variants]
        trials = pool.map(lambda job: self._evaluate(job[0], job[1], {}), jobs)
        best: Base | None = None
        for (attack, _), trial in zip(jobs, trials, strict=True):
            if len(trial.accepted) == self.bench.attacked.instances and (
                best is None or mean(trial.scores) > mean(best.scores)
            ):
                answers = tuple(trial.answer(index) for index in trial.accepted)
                best = Base(f"a trivial answer, {attack.name}", answers, trial.scores)
        return best


def program(attack: Attack, variant: Any, answers: Mapping[str, Any], entry: str) -> str:
    """The program that tries an attack in a solution's place. `answers` are honest ones by `key_of` their inputs."""
    table = "{" + ", ".join(f"{key!r}: {literal(answer)}" for key, answer in answers.items()) + "}"
    return f"""{_tools()}
_ANSWERS = {table}
_VARIANT = {literal(variant)}


{attack.text}


def {entry}(*inputs):
    return attack(Honest(_ANSWERS, key_of(list(inputs))), _VARIANT, *inputs)
"""


@cache
def _tools() -> str:
    return files("strop.checks").joinpath("values.py").read_text(encoding="utf-8")


def _seed_answers(seed: SeedTrials, count: int) -> Base | None:
    """The seed's answers in its first evaluation; None if one of them was not scored."""
    trial = seed.trials[0]
    if trial.accepted[:count] != tuple(range(count)):
        return None
    return Base("the seed", tuple(trial.answer(index) for index in range(count)), trial.scores[:count])


def _seed_picking(task: Task, draws: Draws) -> Iterable[dict[str, Any]]:
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
    seeds = int(min(MOST_SEEDS, max(20, PICKING_SECONDS / max(draws.cpu_seconds, 1e-5) / 6)))
    parts = [path for path, _ in parts_of(hidden) if len(path) <= 1 and not any(isinstance(p, tuple) for p in path)]
    for path in parts[:6] if isinstance(hidden, (dict, tuple)) else [()]:
        yield {"source": source, "name": function.__name__, "part": list(path), "seeds": seeds}


def _folders(bench: Bench) -> list[Path]:
    """Where a solution might leave a file for the scorer: here, the temporary folder, beside the task, where it reads."""
    code = getattr(inspect.unwrap(bench.original.score), "__code__", None)
    beside = [Path(code.co_filename).parent] if code is not None else []
    read = [Path(path).parent for path in dict.fromkeys(bench.acts.read)]
    folders = [Path.cwd(), Path(tempfile.gettempdir()), *beside, *read[:10]]
    return [folder for folder in dict.fromkeys(one.resolve() for one in folders) if folder.is_dir()]


def remove_files(paths: Sequence[str]) -> list[str]:
    """Remove the files that a guest left; returns those that existed."""
    left = [path for path in paths if Path(path).exists()]
    for path in left:
        Path(path).unlink()
    return left
