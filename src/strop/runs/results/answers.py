"""What the responses of a language model hold, and what became of their programs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from strop.base.pluralize import quantity
from strop.runs.run_data import Answers


@dataclass(frozen=True, kw_only=True)
class AnswerCounts:
    """Responses of the language model by what they hold, and by what became of their programs."""

    total: int
    """Number of responses."""
    ran: int
    """Responses whose program was evaluated without a failure."""
    failed: int
    """Responses whose program failed, or without one that can run."""
    failures: dict[str, int]
    """Why they failed → number of responses, the most frequent first."""
    no_program: int
    """Responses in which `extract_code` finds no program."""
    does_not_compile: int
    """Responses whose program does not compile; only Python is compiled."""
    edits_do_not_fit: int
    """Responses whose edits do not fit."""
    repeated: int
    """Responses with a program that an earlier response of the same improvement held."""
    not_examined: int
    """Responses that were not examined, because the end of the run cut their LM call off."""
    edits: dict[str, int]
    """Outcome of edits in responses, such as `applied` or `failed` → number."""
    sentence: str
    """The counts in words; empty if there was no response."""


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
                    ends[_KINDS[content]] += 1
                case _:
                    classes["repeated" if program in seen[scope] else "new"] += 1
                    if program in answers.failures:
                        ends[answers.failures[program]] += 1
            seen[scope].add(program)
    classes["not_examined"] = sum(n for call, n in answers.arrived.items() if call not in answers.extracted)
    failures = {kind: count for kind, count in ends.most_common() if kind}
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
        sentence=_sentence(classes, ends[""], failures),
    )


_KINDS = {"no program": "no program", "does not compile": "SyntaxError"}


def _sentence(classes: Counter[str], ran: int, failures: Mapping[str, int]) -> str:
    """`24 answers: 8 ran, 16 failed (mostly UnboundLocalError).`"""
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
    words = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    again = f"; {quantity(classes['repeated'], 'repetition', ',')}" if classes["repeated"] else ""
    return f"{quantity(total, 'answer', ',')}: {words}{again}."


def _mostly(failures: Mapping[str, int]) -> str:
    """The kinds of failures: the only one, the one of more than half of them, or the three most frequent with their numbers."""
    first = next(iter(failures), "")
    if len(failures) == 1:
        return first
    if failures and 2 * failures[first] > sum(failures.values()):
        return f"mostly {first}"
    return ", ".join(f"{count} {kind}" for kind, count in islice(failures.items(), 3)) + ", …" * (len(failures) > 3)
