"""Check a task: its draws, its original and its scorer; then score spoiled answers, and answers without any work."""

from __future__ import annotations

import ast
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import unwrap
from pathlib import Path
from statistics import stdev
from typing import Any

import numpy as np

from strop.analysis.stats import differences, mean, t_estimate
from strop.base.errors import Malformed, TaskError
from strop.base.pluralize import plain, quantity
from strop.base.results import Evaluation, ScoredBy
from strop.checks.bench import AcceptRelay, Bench, HostRelay, Trial, bench_of
from strop.checks.draws import constant_hidden, examine_draws, hidden_in_inputs, parts_of, step_into, text_of
from strop.checks.findings import Checked, Finding, Level, Tried, merge, new_finding
from strop.checks.relay import LEAST, Relay, beats, is_much, why_refused
from strop.checks.spoiling import SPOILERS, each, is_number, leaves, nonsense
from strop.core.utility import seed_runs
from strop.sandbox.base import Outcome, Sandbox
from strop.tasks.base import Instance, Task
from strop.tasks.command.task import CommandTask
from strop.tasks.function.same import same_answer
from strop.tasks.function.splice import find_function
from strop.tasks.function.task import FunctionTask

AS_GOOD = 0.9
"""A part of an answer that has this share of its score, and loses nothing that is sure, is as good as the whole."""
LEAST_GAIN = 1e-11
"""What sums of floating-point numbers differ by."""
BEYOND = 1.1e-6
"""An answer that may be moved farther than this has room; whether of the original's or of a tolerance, no score tells."""
LARGER = 1000.0
"""How many times as far an answer is moved to see that there is an end to it."""
_OF_PERFECT = {
    "gone": "C301", "code": "C301", "part": "C301", "constant": "C303",
    "value": "C311", "unseen": "C311", "scaled": "C311", "size": "C311", "near": "C312",
}  # fmt: skip
"""Finding by kind, if an answer of other content is perfect, as the original's is."""
NOTHING: tuple[str, Level | None] = ("", None)


@dataclass(frozen=True)
class Base:
    """Honest answers, which spoiled ones are compared with."""

    name: str
    """`the seed`, or what stands in for a seed that fails, or beside one that is not perfect."""
    trial: Trial
    declared: bool
    """Whether the task declares its answer: it then accepts on purpose what it accepts."""
    deterministic: bool
    """Whether the scorer gives the same answer the same score."""

    def finding(self, kind: str, title: str, trial: Trial) -> Finding | None:
        """What a trial shows; None if nothing. `kind`: of a spoiler, or `constant` or `labels`."""
        if trial.broke[0]:
            return new_finding(trial.broke[0], f"{title}: {trial.broke[1]}")
        if not trial.accepted:  # a run scores such an answer 0 and continues
            return new_finding("C202", f"{title}: {trial.choked}", "warning") if trial.choked else None
        if self.trial.is_perfect:
            found = _OF_PERFECT.get(kind) if trial.is_perfect and self._changed(trial) else None
            return new_finding(found, f"{title}: accepted as perfect, as {self.name}'s answers are") if found else None
        found, level = self._of_kind(kind, trial)
        scores = f"scores {mean(trial.scores):.3f} ({self.name} {mean(self.trial.scores):.3f})"
        return new_finding(found, f"{title} {scores}", level) if found else None

    def _of_kind(self, kind: str, trial: Trial) -> tuple[str, Level | None]:
        """(finding, level if it is not the usual one)."""
        better, full, is_seed = beats(trial.scores, self.trial.scores), trial.is_perfect, self.name == "the seed"
        beaten: tuple[str, Level | None] = ("C303", "note") if better and is_seed else NOTHING
        if kind == "labels":
            return ("C006", None) if better or full else NOTHING
        if kind == "moved":
            return ("C308", None) if self._gains(trial) else NOTHING
        if kind in ("near", "scaled"):
            return ("C312", None) if is_seed and self._is_equal(trial) else NOTHING
        if kind == "part" and is_seed and self._is_as_good(trial):
            return "C301", None
        if kind in ("constant", "other"):
            return ("C303", None) if full else beaten
        if kind == "unseen" and not better:
            return ("C311", None) if is_seed and self._is_equal(trial) else NOTHING
        if not full and not (better and (kind != "value" or is_much(trial.scores, self.trial.scores))):
            return NOTHING
        if self.declared and kind != "size":  # what a declared form accepts is an answer; not so one twice over
            return ("C303", None) if full and kind != "form" else beaten if self._changed(trial) else NOTHING
        return ("C301", None) if better or kind in ("gone", "code") else NOTHING

    def _changed(self, trial: Trial) -> list[int]:
        """Instances with other content; none if they are less than half."""
        pairs = enumerate(zip(trial.answers, self.trial.answers, strict=True))
        found = [index for index, (one, other) in pairs if _content(one) != _content(other)]
        return found if 2 * len(found) >= len(trial.answers) else []

    def _is_equal(self, trial: Trial) -> bool:
        """Whether answers of other content have the same score as the honest ones."""
        changed, base = self._changed(trial), self.trial.scores
        return bool(changed) and mean(base) > 0 and all(trial.scores[index] == base[index] for index in changed)

    def _gains(self, trial: Trial) -> bool:
        """Whether most instances score better, none worse, however little."""
        gains = differences(trial.scores, self.trial.scores)
        return self.deterministic and min(gains) >= 0 and sum(gain > LEAST_GAIN for gain in gains) > len(gains) / 2

    def _is_as_good(self, trial: Trial) -> bool:
        base = self.trial.scores
        if not mean(base) > 0 or mean(trial.scores) < AS_GOOD * mean(base):
            return False
        lost = t_estimate(differences(base, trial.scores), confidence=0.9).interval if len(base) > 1 else None
        return lost is None or lost[0] <= 0


def _content(value: Any) -> list[Any]:
    """The numbers and texts of an answer, in order, whatever its form."""
    value = (
        value.tolist() if isinstance(value, np.ndarray) else list(value.values()) if isinstance(value, dict) else value
    )
    return [leaf for item in value for leaf in _content(item)] if isinstance(value, list) else [value]


def tolerated(pays: Callable[[float], bool], delta: float) -> Level | None:
    """How bad it is that an answer gains if its numbers are moved by `delta`; None if there is no end to it.

    `pays` says whether an answer that is moved so far gains, too.
    """
    if pays(LARGER * delta):
        return None
    return "note" if pays(BEYOND if delta > 0 else -BEYOND) else "warning"


_CONSTANTS = (
    0, 1, -1, 2, 0.5, 1.0, True, False, "0", "a", "A", " ", "yes", "True", [0], [1], [0, 0], [1, 1], {"answer": 0},
)  # fmt: skip
_FILLED: tuple[Any, ...] = (0, 1, -1, 0.5, 2, 1000, 0.0, 1e-9, 5e-324, -0.0, "A", "B", "a", "0")
_OF_INDEX: dict[str, Callable[[int], int]] = {
    "n": lambda n: n, "n + 1": lambda n: n + 1,
    "n mod 2": lambda n: n % 2, "(n + 1) mod 2": lambda n: (n + 1) % 2, "n mod 3": lambda n: n % 3,
}  # fmt: skip
_OF_INPUT: dict[str, Callable[[Any], Any]] = {
    "zeros": lambda value: [0] * len(value),
    "ones": lambda value: [1] * len(value),
    "0 and 1 by turns": lambda value: [i % 2 for i in range(len(value))],
    "half 1, half 0": lambda value: [int(2 * i < len(value)) for i in range(len(value))],
    "0 to n - 1": lambda value: list(range(len(value))),
    "n + 1 zeros": lambda value: [0] * (len(value) + 1),
    "as it is": lambda value: value,
    "reversed": lambda value: value[::-1],
    "sorted": lambda value: "".join(sorted(value)) if isinstance(value, str) else sorted(value),
    "complemented": lambda value: 1 - np.asarray(value),
}
Way = tuple[str, str, str, list[Any]]
"""(kind, title, variant, an answer to each instance)."""


def without_work(instances: Sequence[Instance], honest: Sequence[Any]) -> Iterator[Way]:
    """Every way that applies. `honest`: for the form of answers; may be empty."""
    inputs = [list(instance.inputs.values()) for instance in instances]
    for path in hidden_in_inputs(instances):
        yield "labels", "Hidden data in the inputs", f"at {list(path)}", _all(partial(step_into, path=path), inputs)
    for value in constant_hidden(instances):
        yield "labels", "Hidden data in the inputs", "always the same", [value for _ in instances]
    for value in _CONSTANTS if instances else ():
        yield "constant", "A constant", repr(value), [value for _ in instances]
    for value in _FILLED if honest else ():
        if isinstance(value, str) == all(isinstance(leaf, str) for leaf in leaves(honest[0])):
            yield "constant", "A constant in every place", repr(value), [_filled(answer, value) for answer in honest]
    for words, of_index in _OF_INDEX.items() if instances else ():
        yield "constant", "The number of the instance", words, [of_index(n) for n in range(len(instances))]
        if honest:
            filled = [_filled(answer, of_index(n)) for n, answer in enumerate(honest)]
            yield "constant", "The number of the instance", f"{words} in every place", filled
    for words, of_input in _OF_INPUT.items():
        for which in range(min(map(len, inputs), default=0)):
            if answers := _all(of_input, [one[which] for one in inputs]):
                yield "constant", "An input, or its length", f"input {which}: {words}", answers


def _all(made: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    try:
        return [made(value) for value in values]
    except (LookupError, TypeError, ValueError):
        return []


def _filled(answer: Any, value: Any) -> Any:
    return each(answer, lambda leaf: value * len(leaf) if isinstance(value, str) else value)


AGAIN = 5
"""How often an answer is scored to see whether its score varies."""
DELAY_SECONDS = 0.01
"""Before each further score: a score that depends on time differs."""
MOST_SWAPPED = 6
"""Answers that are scored on another instance."""


def examine_scorer(bench: Bench, answers: Sequence[Any]) -> tuple[list[Finding], bool]:
    """Score honest answers in every way that should not matter: (what is wrong, whether equal answers score the same)."""
    before, indices = len(bench.acts.acts), range(len(answers))
    try:
        forth = [bench.score(bench.instance(index), answers[index]) for index in indices]
        repeated = [list(_again(bench, index, answers[index])) for index in indices]
        back = [bench.score(bench.instance(index), answers[index]) for index in reversed(indices)][::-1]
        # A difference of the first score alone comes from the answer before: state, not noise.
        noisy = sum(len(set(scores[1:])) > 1 for scores in repeated)
        detail = f"{noisy} of {len(answers)} answers scored differently when scored {AGAIN} times" if noisy else ""
        if not noisy and any(len({forth[index], back[index], *repeated[index]}) > 1 for index in indices):
            detail = "the same answers scored differently after other answers were scored, or a second time"
        detail = detail or _changes(bench, answers)
    except (TaskError, Malformed) as error:
        detail = f"scoring the same answer again failed: {error}"
    findings = [new_finding("C203", detail)] if detail else []
    for act, count in Counter(bench.acts.acts[before:]).items():
        if not act.startswith("reads ") or count > 1:  # reading a file once may be loading
            findings.append(new_finding("C208", f"while scoring, the host did this {count} times: {act}"))
    return findings, not detail


def _again(bench: Bench, index: int, answer: Any) -> Iterator[float]:
    for number in range(AGAIN):
        instance = bench.instance(index)
        time.sleep(DELAY_SECONDS if number and index < MOST_SWAPPED else 0.0)
        yield bench.score(instance, answer)


def _changes(bench: Bench, answers: Sequence[Any]) -> str:
    """Score twice on one and the same instance, where scoring changes it."""
    for index, answer in enumerate(answers):
        instance = bench.instance(index)
        before, first = text_of(instance), bench.score(instance, answer)
        if text_of(instance) != before and _scored(bench, instance, answer) != first:
            return f"scoring changes instance {index}, which then scores differently the second time"
    return ""


def _scored(bench: Bench, instance: Instance, answer: Any) -> float | None:
    try:
        return bench.score(instance, answer)
    except (TaskError, Malformed):
        return None


def examine_dependence(bench: Bench, answers: Sequence[Any], scores: Sequence[float]) -> list[Finding]:
    """Score honest answers on other instances, and with other numbers in their own: a score must depend on the instance."""
    few = min(len(answers), MOST_SWAPPED)
    if few < 2 or len(set(scores[:few])) == 1:
        return []  # perhaps all answers are as wrong, or as right
    for index in range(few):
        instance = bench.instance(index)
        others = [Instance(*each((dict(instance.inputs), instance.hidden), change)) for change in (nonsense, _negative)]
        for other in (bench.instance((index + 1) % few), *others):
            if _scored(bench, other, answers[index]) != scores[index]:
                return []
    return [new_finding("C212", f"{few} answers score the same if everything in their instances is changed")]


def _negative(leaf: Any) -> Any:
    return -leaf - 1 if is_number(leaf) else nonsense(leaf)


MUCH = 0.5
"""An original that needs a larger share of the time limit leaves little for better programs."""
FATAL = frozenset({"C001", "C005", "C101"})
"""Findings after which nothing else can be tried."""
Notify = Callable[[str], None]
Run = tuple[Evaluation | TaskError, list[Outcome]]


@dataclass(frozen=True)
class CheckSettings:
    """How much to try."""

    repeat: int = 5
    """Evaluations of the original, 1 and up."""
    seconds: float = 60.0
    """After which no further way is tried; the result says how many were not."""


DEFAULTS = CheckSettings()


def check_in_host(
    task: Task, sandbox: Sandbox, secret: bytes, settings: CheckSettings = DEFAULTS, notify: Notify = print
) -> Checked:
    """Check a task whose answers the host scores. `notify` is called with the name of each step.

    Raises:
        SandboxError: the host could not run a guest.
    """
    by_time, examined = isinstance(task, FunctionTask) and task.by_time, task
    if isinstance(task, FunctionTask) and by_time:  # its answers are examined apart from its score
        examined = replace(task, score=lambda instance, answer: 0.5, by_time=False)
    scored_by: ScoredBy = "kernel" if by_time else "host"
    try:
        check = _Check(bench_of(examined, sandbox, secret), settings, notify)
    except TaskError as error:
        return Checked(task=task.name, scored_by=scored_by, findings=(new_finding("C008", str(error)),))
    findings = merge(check.findings(by_time))
    return replace(check.result, task=task.name, scored_by=scored_by, findings=findings)


def check_elsewhere(
    task: CommandTask, evaluate: Callable[[], Evaluation], relay: Relay | None, settings: CheckSettings = DEFAULTS
) -> Checked:
    """Check a task whose score is not computed in the host: the original runs, twice alike where answers must be equal.

    `evaluate` measures the original; `relay`: where its answers can be spoiled, if they can.
    """
    findings: list[Finding] = []
    tried: tuple[Tried, ...] = ()
    values: tuple[float, ...] = ()
    try:
        run = evaluate()
    except TaskError as error:
        findings.append(new_finding("C101", str(error)))
    else:
        values = (run.value,)
        if run.verdict != "ok":
            findings.append(new_finding("C101", f"{run.verdict}: {run.error.partition(chr(10))[0]}"))
    if relay is not None and not findings:
        findings, tried = _spoiled(relay, settings)
    return Checked(task=task.name, scored_by=task.scored_by, findings=tuple(findings), tried=tried, utilities=values)


def _spoiled(relay: Relay, settings: CheckSettings) -> tuple[list[Finding], tuple[Tried, ...]]:
    """What spoiled answers show where they are judged, and that they were tried."""
    why = why_refused(relay, seconds=settings.seconds)
    tried = Tried("Spoiled answers", "broken" if why else "harmless", 0.0, len(relay.ways()), "C301" if why else "")
    return [new_finding("C301", why)] if why else [], (tried,)


def _shared_tables(task: FunctionTask) -> set[str]:
    """The lists, dicts, sets and arrays of its module that the function reads, and its score, sample or accept, too."""
    assert task.source is not None
    body, found = ast.Module(list(find_function(task.source, task.entry).body), []), set()
    names = [node for node in ast.walk(body) if isinstance(node, ast.Name)]
    read = {node.id for node in names} - {node.id for node in names if isinstance(node.ctx, ast.Store)}
    for scorer in (unwrap(one) for one in (task.score, task.sample, task.accept) if one is not None):
        there = getattr(scorer, "__globals__", {})
        if Path(there.get("__file__", "")).resolve() == task.source.path.resolve():
            tables = {name for name in read if isinstance(there.get(name), (list, dict, set, np.ndarray))}
            found |= tables & {*scorer.__code__.co_names}
    return found


@dataclass
class _Check:
    """One check of a task in the host."""

    bench: Bench
    settings: CheckSettings
    notify: Notify
    result: Checked = field(default_factory=lambda: Checked(task="", scored_by="host", findings=()))

    def findings(self, by_time: bool) -> Iterator[Finding]:
        """Everything that is wrong."""
        bench, task = self.bench, self.bench.task
        self.notify("draws")
        found, instances = examine_draws(task, bench.secret, bench.count)
        if task.problem is not None:  # it has one instance, whatever the seed
            found = []
        if isinstance(task, FunctionTask) and task.cases:  # they are listed, so that instances repeat
            found = [one for one in found if one.id != "C003"]
        yield from found
        if any(one.id in FATAL for one in found):
            return
        if isinstance(task, FunctionTask) and (tables := _shared_tables(task)):
            yield new_finding("C108", ", ".join(sorted(tables)))
        self.notify(f"the original, {self.settings.repeat} times")
        runs = [bench.run(f"check/seed/{number}") for number in range(self.settings.repeat)]
        yield from self._of_runs(runs)
        yield from self._of_times(runs) if by_time else self._of_scorer(instances, bench.answers(runs[0][1]))
        if isinstance(task, FunctionTask) and task.accept is not None and (answers := bench.answers(runs[0][1])):
            self.notify("spoiled answers")
            spoiled, tried = _spoiled(AcceptRelay(bench, bench.scored(answers)), self.settings)
            self.result = replace(self.result, tried=tried, instances=len(answers))
            yield from spoiled

    def _of_runs(self, runs: Sequence[Run]) -> Iterator[Finding]:
        """How the original behaved."""
        yield from (new_finding("C202", str(run)) for run, _ in runs if isinstance(run, TaskError))
        done = [run for run, _ in runs if isinstance(run, Evaluation)]
        utilities = tuple(run.value for run in done)
        self.result = replace(self.result, utilities=utilities)
        if failed := [run for run in done if run.verdict != "ok"]:
            dies = any(not seed_runs(run, self.bench.task) or run.verdict in ("died", "violated") for run in failed)
            count = f"{failed[0].verdict} in {len(failed)} of {quantity(len(done), 'evaluation')}"
            yield new_finding("C101" if dies else "C102", f"{count}: {failed[0].error.partition(chr(10))[0]}")
        if len(done) > 1 and stdev(utilities) > LEAST:
            detail = (
                f"standard deviation {plain(stdev(utilities))} over {quantity(len(done), 'evaluation')}, same instances"
            )
            yield new_finding("C104", detail)
        slowest = max((one.spent.cpu_seconds for _, each in runs for one in each), default=0.0)
        share = slowest / self.bench.task.time_limit
        if share > MUCH:
            detail = f"the slowest call took {share:.0%} of the time limit"
            yield new_finding("C105", detail, "note" if failed or share >= 1 else None)

    def _of_times(self, runs: Sequence[Run]) -> Iterator[Finding]:
        """The answers of a function that is scored by time; only equal ones count, so that none is spoiled."""
        again = [self.bench.answers(self.bench.run("check/again")[1]) for _ in range(2)]
        first, *others = (self.bench.answers(outcomes) for _, outcomes in runs)
        if first is None:
            return  # it does not run, which is another finding
        if not same_answer(*again):
            yield new_finding("C107", "the original's answers differ from call to call, with equal random numbers")
        elif not all(same_answer(first, other) for other in others):
            yield new_finding("C107", "the original's answers change with its random numbers", "warning")
        if len(first) > 1 and all(same_answer(first[0], answer) for answer in first):
            detail = "the original's answer is the same for every instance: a constant would be as good, and faster"
            yield new_finding("C303", detail)

    def _of_scorer(self, instances: Sequence[Instance], answers: list[Any] | None) -> Iterator[Finding]:
        bench, name = self.bench, "the seed"
        base = None if answers is None else bench.scored(answers)
        if base is not None and (base.broke[0] or base.choked):
            yield new_finding(*(base.broke if base.broke[0] else ("C202", base.choked)))
        if base is None or not base.accepted:
            trials = [(title, bench.scored(made)) for _, title, _, made in without_work(instances, ())]
            accepted = [one for one in trials if one[1].accepted]
            if not accepted:
                yield new_finding("C106", "neither the seed nor any trivial answer was scored on every instance")
                return
            name, base = max(accepted, key=lambda one: mean(one[1].scores))
            yield new_finding("C303", f"{name} scores {mean(base.scores):.3f}, and the seed fails", "note")
        elif base.is_perfect:
            yield new_finding("C103", "the seed scores 1 on every instance")
        self.notify("scorer")
        found, deterministic = examine_scorer(bench, base.answers)
        yield from found
        construction = bench.task.problem is not None  # its verifier gets plain data, as a declared answer is
        if deterministic and not construction:
            yield from examine_dependence(bench, base.answers, base.scores)
        declared = construction or bench.task.answer is not None
        bases = [Base(name, base, declared, deterministic)]
        if not base.is_perfect and (perfect := self._hidden(instances)) is not None:
            bases.append(Base("the hidden data", perfect, declared, deterministic))
        self.notify("spoiled answers")
        yield from self._spoil(bases, instances)

    def _spoil(self, bases: Sequence[Base], instances: Sequence[Instance]) -> Iterator[Finding]:
        end, found = time.monotonic() + self.settings.seconds, defaultdict[str, list[Finding]](list)
        trials, untried = defaultdict[str, list[Trial]](list), set[str]()
        for base in bases:
            for kind, title, variant, trial in self._trials(base, instances if base is bases[0] else ()):
                if time.monotonic() > end:
                    untried.add(title)
                    continue
                if (made := trial()) is None:
                    continue
                trials[title].append(made)
                words = title + ("" if variant is None else f" ({variant})")
                if self.bench.acts.executed:
                    found[title].append(new_finding("C209", f"{words}: it ran in the host"))
                    self.bench.acts.executed = False
                if one := base.finding(kind, words, made):
                    found[title] += self._moved(base, variant, one) if kind == "moved" else [one]
        tried = []
        for title, seen in trials.items():
            worst = next(iter(merge(found[title])), None)
            scores = [mean(one.scores) for one in seen if one.accepted]
            verdict = worst.level if worst else "harmless" if scores else "refused"
            tried.append(Tried(title, verdict, max(scores, default=0.0), len(seen), worst.id if worst else ""))
            yield from found[title]
        late = len(untried - trials.keys())
        self.result = replace(self.result, tried=tuple(tried), untried=late, instances=len(instances))

    def _trials(
        self, base: Base, instances: Sequence[Instance]
    ) -> Iterator[tuple[str, str, Any, Callable[[], Trial | None]]]:
        """(kind, title, variant, what scores it) of every way to spoil honest answers, and to answer without work."""
        relay = HostRelay(self.bench, base.trial)
        for one in (spoiler for spoiler in SPOILERS.values() if spoiler.kind != "absent"):
            for variant in one.variants:
                yield one.kind, one.title, variant, partial(relay.trial, one.name, variant)
        for kind, title, words, made in without_work(instances, base.trial.answers if instances else ()):
            yield kind, title, words, partial(relay.judged, made)

    def _moved(self, base: Base, variant: Any, found: Finding) -> list[Finding]:
        """Room that the original leaves is no tolerance."""

        def pays(by: float) -> bool:
            trial = HostRelay(self.bench, base.trial).trial("moved", (by, variant[1]))
            return trial is not None and base.finding("moved", "", trial) is not None

        level = tolerated(pays, variant[0])
        return [replace(found, level=level)] if level else []

    def _hidden(self, instances: Sequence[Instance]) -> Trial | None:
        """The hidden data, or a part of it, as answers, if they are perfect: those of a poor original show less."""
        for path in (path for path, _ in parts_of(instances[0].hidden) if len(path) <= 1):
            try:
                trial = self.bench.scored([step_into(one.hidden, path) for one in instances])
            except (LookupError, TypeError, ValueError):
                continue
            if trial.is_perfect:
                return trial
        return None
