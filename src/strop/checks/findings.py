"""What can be wrong with a task: every finding has a permanent id, a level, and advice; and the result of `strop check`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast

from strop.base.as_document import computed
from strop.base.pluralize import quantity
from strop.base.results import ScoredBy
from strop.base.shown import Shown

Level: TypeAlias = Literal["broken", "warning", "note"]
"""`broken`: no score of this task can be trusted. `warning`: it works, but should be changed. `note`: good to know."""
ORDER: tuple[Level, ...] = ("broken", "warning", "note")


@dataclass(frozen=True)
class FindingKind:
    """The meaning of a finding's id."""

    level: Level
    """The usual level."""
    title: str
    change: str
    """What to do about it; empty if there is nothing to do."""


_TEXT = """
C001 broken: an instance cannot be drawn
    Make sample(rng) give a dict of inputs, or (inputs, hidden).
C002 broken: an instance differs when it is drawn again
    Draw only from the generator that sample gets, and make fresh lists and arrays.
C003 broken: instances repeat
    Draw every instance from the generator that sample gets.
C004 broken: training and test instances are the same
    Make the space of instances larger.
C005 broken: inputs cannot be sent to a solution
    Inputs are numbers, texts, lists, dicts with text keys and numeric arrays.
C006 broken: the inputs contain the hidden data
    Leave the labels out of the inputs: return (inputs, hidden).
C008 broken: the description is missing, or contains hidden data
    Give the task a description of its own.
C101 broken: the original does not run
    Repair the program, the entry point's name, the names that sample gives, or the command.
C102 note: the seed solution fails, so its utility is 0 or less than it could be
C103 warning: the seed solution is perfect
    There is nothing to improve: make the instances harder.
C104 note: the seed's utility varies from run to run
    Smaller gains than this are luck: use more instances.
C105 warning: the seed needs much of the time limit
    Raise time_limit: a program that is a little slower than the seed would be stopped.
C106 warning: no answer was accepted, so the scorer was not examined
    Give a seed whose answers can be scored.
C107 broken: the original's answers vary, and a candidate must give equal ones
    Draw what is random in sample, and pass it as an argument.
C108 warning: the function and its scorer read the same table
    Pass it as an argument: a program can look up all that its module holds.
C201 broken: a score is outside [0, 1]
    Declare strop.Answer, and normalise the score.
C202 broken: score() raises an error other than Malformed
    Declare strop.Answer, so that only answers of the right form reach score(); or raise strop.Malformed.
C203 broken: the same answer scores differently when it is scored again
    Compute the score from instance and answer alone: no random numbers, no time, nothing kept from earlier calls.
C208 broken: score() uses files, starts processes or opens connections
    Compute the score from instance and answer; read files once, when the task is loaded.
C209 broken: score() executes the answer
    Never eval, exec or unpickle an answer: it is hostile, and the host is not jailed.
C212 warning: the score does not depend on the instance
    Compute the score from the instance: one that is kept from an earlier call makes all scores wrong.
C301 broken: an answer of the wrong form scores better than an honest one
    Declare strop.Answer, or check the whole answer before it is scored: its length, that numbers are finite, that no index
    repeats.
C303 broken: a trivial answer is perfect
    Make the score tell solutions from constants; where a trivial answer is only better than the seed, compare with it.
C308 warning: the scorer's tolerance can be used to the full
    Check the rules without a tolerance, or compute the score from the answer after it was made to keep them.
C311 warning: an answer that is not the original's scores as well
    Compare all of the answer.
C312 note: an answer that is nearly the original's scores as well
"""


def _kinds(text: str) -> dict[str, FindingKind]:
    """Read `ID level: title`, each followed by indented lines that say what to do."""
    kinds: dict[str, FindingKind] = {}
    name = ""
    for line in text.strip().splitlines():
        if line.startswith("C"):
            name, _, rest = line.partition(" ")
            level, _, title = rest.partition(": ")
            kinds[name] = FindingKind(cast(Level, level), title, "")
        else:
            kinds[name] = replace(kinds[name], change=f"{kinds[name].change} {line.strip()}".strip())
    return kinds


KINDS = _kinds(_TEXT)
"""Every kind of finding by its id. An id never changes its meaning."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a task."""

    id: str
    """Id of what is wrong, such as `C301`; see check.md."""
    detail: str
    """What showed it, in one sentence."""
    level: Level
    """`broken`: no score of the task can be trusted. `warning`: it works, but should be changed. `note`: good to know."""

    @computed
    def title(self) -> str:
        """What is wrong."""
        return KINDS[self.id].title

    @computed
    def change(self) -> str:
        """What to do about it."""
        return KINDS[self.id].change


def new_finding(name: str, detail: str, level: Level | None = None) -> Finding:
    """A finding by its id, at the level of its kind unless another is given."""
    return Finding(name, detail, level or KINDS[name].level)


def merge(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding an id: the worst and, among equals, the first. The worst come first."""
    merged: dict[str, Finding] = {}
    for finding in findings:
        before = merged.get(finding.id, finding)
        merged[finding.id] = min(before, finding, key=lambda one: ORDER.index(one.level))
    return tuple(sorted(merged.values(), key=lambda one: (ORDER.index(one.level), one.id)))


Verdict: TypeAlias = Literal["refused", "harmless", "note", "warning", "broken"]
"""`refused`: no answer was scored. `harmless`: it gained nothing. Otherwise the level of the finding."""
BY = {
    "host": "strop scores its answers in a process of its own",
    "judge": "its judge computes the score, which the program cannot touch",
    "kernel": "the kernel counts what the program uses",
    "program": 'the program prints its own score, so strop will say "by its own score"; name a judge (docs/targets.md)',
}
"""Who computes the score, in words."""


@dataclass(frozen=True)
class Tried:
    """One way to spoil the original's answers, or to answer without work."""

    title: str
    """What it does."""
    verdict: Verdict
    """`refused`, `harmless`, or the level of what it showed."""
    score: float
    """Mean score of the variant that it says most about; 0 if nothing was scored."""
    variants: int
    """How many were tried."""
    finding: str = ""
    """Id of what it showed; empty if nothing."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Checked(Shown):
    """What is wrong with a task."""

    task: str
    """Name of the task."""
    scored_by: ScoredBy
    """Who computes the score: host, judge, kernel or program."""
    findings: tuple[Finding, ...]
    """What is wrong, each once, the worst first."""
    tried: tuple[Tried, ...] = ()
    """What was tried on the scorer."""
    untried: int = 0
    """Ways for which no time was left."""
    utilities: tuple[float, ...] = ()
    """Of each evaluation of the original, on the same instances."""
    instances: int = 0
    """Training instances that answers were spoiled on; 0 where nothing was spoiled."""

    @computed
    def sentence(self) -> str:
        """The conclusion."""
        by = "" if self.scored_by == "host" else f"{BY[self.scored_by]}. "
        broken = [finding.title for finding in self.findings if finding.level == "broken"]
        if broken:
            more = f", and {quantity(len(broken) - 1, 'other finding')} of this level" if broken[1:] else ""
            return f"{self.task}: {by}{'Broken' if by else 'broken'}: {broken[0]}{more}."
        warnings = quantity(sum(finding.level == "warning" for finding in self.findings), "warning")
        warned = "" if warnings.startswith("0 ") else warnings
        if not self.tried:  # nothing that was not tried is called sound
            runs = "The original runs; no answer was spoiled" + (f"; {warned}" if warned else "")
            return f"{self.task}: {by}{runs}."
        late = f" {quantity(self.untried, 'way')} not tried, for lack of time." if self.untried else ""
        ways = quantity(len(self.tried), "way")
        sound = f"sound, with {warned}" if warned else "sound"
        return f"{self.task}: {sound}. {ways} of spoiling answers tried; none paid.{late}"

    @computed
    def broken(self) -> bool:
        """Whether no score of the task can be trusted; the exit code of the command is then 5."""
        return any(finding.level == "broken" for finding in self.findings)

    def __repr__(self) -> str:
        return f"<Checked {self.sentence}>"
