"""Parts that several results share: samples, notes of the audit, and what the responses of a language model hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from pathlib import Path

from strop.analysis.audit import Rule, rule_of
from strop.analysis.stats import Estimate, score_estimate, stratified
from strop.base.as_document import HIDDEN
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.printing import Printable
from strop.runs.run_data import Answers


@dataclass(frozen=True, kw_only=True)
class Sample(Estimate):
    """One value for each copy of a task, and the 95% interval of their mean over new copies on these instances."""

    values: tuple[float, ...]
    """The utility that each copy reached, from 0 to 1."""
    tasks: int = field(default=1, metadata=HIDDEN)
    """How many tasks the copies are of, as many of each, one task after another."""

    @property
    def by_task(self) -> list[Sequence[float]]:
        """The values of each task."""
        return by_task(self.values, self.tasks)


def by_task(values: Sequence[float], tasks: int) -> list[Sequence[float]]:
    """The values of as many copies of each task, one task after another, as one sequence a task."""
    copies = len(values) // tasks
    return [values[task * copies : (task + 1) * copies] for task in range(tasks)]


def sample(values: Sequence[float], tasks: int = 1) -> Sample | None:
    """The sample of some values, ordered by task; None of none. The standard error is that of fixed tasks."""
    if not values:
        return None
    made = Sample(**vars(score_estimate(values)), values=tuple(values), tasks=tasks)
    return replace(made, stderr=stratified(made.by_task).stderr) if tasks > 1 else made


@dataclass(frozen=True, kw_only=True)
class Noted(Rule):
    """A rule of the audit, and how often programs broke it in a run."""

    times: int
    """How often programs broke the rule."""


def noted(counts: Mapping[str, int]) -> list[Noted]:
    """Rule → how often it was noted, as one row for each rule: circumventions of the sandbox first, then the most frequent."""
    rows = [Noted(**vars(rule_of(rule)), times=times) for rule, times in counts.items() if times > 0]
    return sorted(rows, key=lambda row: (not row.unsandboxing, -row.times, row.rule))


@dataclass(frozen=True, kw_only=True, repr=False)
class RecordedResult(Printable):
    """What every result says that is read from a record."""

    directory: Path
    """Directory of the record."""
    model: str
    """Specification of the language model, such as `openai/gpt-4o`. Empty if none was asked."""
    is_language_model: bool
    """Whether the model is a language model. False for a stand-in, whose results must not be reported as a language
    model's."""
    unverified: str = ""
    """Why this machine cannot vouch for the record. Empty if the record is proven."""
    waived: str = ""
    """What the jail did not prevent because `--require` left it out. Empty if it prevented everything."""
    audit: tuple[Noted, ...] = ()
    """Rules that programs broke while they ran, of `strop improve` the improved program alone. Circumventions of the
    sandbox stand first, then the most frequent."""
    record: object = field(default=None, metadata=HIDDEN, compare=False, repr=False)
    """The `Record` that it was read from, if any."""


@dataclass(frozen=True, kw_only=True)
class AnswerCounts:
    """How many responses of the language model hold a program, and how these programs ended."""

    total: int
    """Number of responses."""
    ran: int
    """Responses whose program was evaluated and did not fail."""
    failed: int
    """Responses without a program that can run, or whose program failed."""
    failures: dict[str, int]
    """Why they failed, the most frequent first: kind of failure → number of responses."""
    no_program: int
    """Responses that hold no program."""
    does_not_compile: int
    """Responses whose program does not compile. Only Python is compiled."""
    edits_do_not_fit: int
    """Responses whose edits do not fit the program that they edit."""
    repeated: int
    """Responses with the same program as an earlier response in the same improvement."""
    not_examined: int
    """Responses that were not looked at, because the run ended during their LM call."""
    edits: dict[str, int]
    """What became of edits: outcome, such as `applied` or `failed` → number of responses."""
    sentence: str
    """These counts in words. Empty if there was no response."""


def counted_answers(answers: Answers) -> AnswerCounts:
    """Count the responses, each in one class, and by what became of its program."""
    classes: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    """Kind of failure, or an empty text, → responses whose program was evaluated, or cannot be."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for (scope, call), event in answers.extracted.items():
        for index, (content, program) in enumerate(zip(event.contents, event.programs, strict=True)):
            match content:
                case "no program" if (scope, call, index) in answers.unfitting:
                    classes["edits_do_not_fit"] += 1
                    ends["edits that do not fit"] += 1
                case "no program" | "does not compile":
                    classes[content.replace(" ", "_")] += 1
                    ends[answers.lacking.get((scope, call, index), _KINDS[content])] += 1
                case _:
                    classes["repeated" if program in seen[scope] else "new"] += 1
                    if program in answers.failures:
                        ends[answers.failures[program]] += 1
            seen[scope].add(program)
    classes["not_examined"] = sum(n for call, n in answers.arrived.items() if call not in answers.extracted)
    # Of equally frequent ones by name: which came first is the choice of threads.
    failures = {kind: count for kind, count in sorted(ends.items(), key=lambda pair: (-pair[1], pair[0])) if kind}
    return AnswerCounts(
        total=classes.total(),
        ran=ends[""],
        failed=sum(failures.values()),
        failures=failures,
        no_program=classes["no_program"],
        does_not_compile=classes["does_not_compile"],
        edits_do_not_fit=classes["edits_do_not_fit"],
        repeated=classes["repeated"],
        not_examined=classes["not_examined"],
        edits=dict(answers.edits),
        sentence=_sentence(classes, ends[""], failures, answers.cut_prompts),
    )


_KINDS = {"no program": "no program", "does not compile": "SyntaxError"}


def _sentence(classes: Counter[str], ran: int, failures: Mapping[str, int], cut_prompts: int) -> str:
    """`24 responses: 8 ran, 16 failed (mostly UnboundLocalError).`"""
    total, failed = classes.total(), sum(failures.values())
    if not total:
        return ""
    not_run = total - ran - failed - classes["not_examined"]
    parts = {
        "ran": ran,
        f"failed ({_mostly(failures)})": failed,
        "not evaluated": not_run,
        "not examined": classes["not_examined"],
    }
    counts = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    again = f"; {quantity(classes['repeated'], 'repetition', ',')}" if classes["repeated"] else ""
    cut = (
        f" By its own count the server read only a part of {quantity(cut_prompts, 'prompt', ',')}."
        if cut_prompts
        else ""
    )
    return f"{quantity(total, 'response', ',')}: {counts}{again}.{cut}"


def _mostly(failures: Mapping[str, int]) -> str:
    """The kinds of failures: the only one, the one of more than half of them, or the three most frequent with their numbers."""
    first = next(iter(failures), "")
    if len(failures) == 1:
        return first
    if failures and 2 * failures[first] > sum(failures.values()):
        return f"mostly {first}"
    return ", ".join(f"{count} {kind}" for kind, count in islice(failures.items(), 3)) + ", …" * (len(failures) > 3)
