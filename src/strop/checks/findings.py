"""What can be wrong with a task: every finding has a permanent id, a level, and advice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast

from strop.base.as_document import computed

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
# What is drawn.
C001 broken: an instance cannot be drawn
    Make sample(rng) give a dict of inputs, or (inputs, hidden).
C002 broken: an instance differs when it is drawn again
    Draw only from the generator that sample gets.
C003 broken: instances repeat
    Draw every instance from the generator that sample gets.
C004 broken: training and test instances are the same
    Make the space of instances larger.
C005 broken: inputs cannot be sent to a solution
    Inputs are numbers, texts, lists, dicts with text keys and numeric arrays.
C006 broken: the inputs contain the hidden data
    Leave the labels out of the inputs: return (inputs, hidden).
C007 broken: the hidden data can be drawn again by a solution
    Draw from the generator that sample gets: its seed is secret; a constant or a small seed is not.
C008 broken: the description is missing, or contains hidden data
    Give the task a description of its own.
C009 broken: instances share memory
    Make fresh lists and arrays in sample, or copy them.
C010 warning: an instance is slow to draw
    Prepare outside of sample what all instances share.
C011 warning: sample seeds the global random generators
    Do not call random.seed or numpy.random.seed: use the generator that sample gets.
# The seed solution.
C101 broken: the seed solution does not run
    Repair the seed, the entry point's name, or the names that sample gives.
C102 note: the seed solution fails, so its utility is 0 or less than it could be
C103 broken: the seed solution is perfect
    There is nothing to improve: make the instances harder.
C104 note: the seed's utility varies from run to run
    Smaller gains than this are luck: use more instances.
C105 warning: the seed needs much of the time limit
    Raise time_limit: a program that is a little slower than the seed would be stopped.
C106 warning: no answer was accepted, so the scorer was not examined
    Give a seed whose answers can be scored.
C107 broken: the original's answers vary, and a candidate must give equal ones
    Draw what is random in sample, and pass it as an argument.
    Draw larger instances, or call the work several times.
# The scorer.
C201 broken: a score is outside [0, 1]
    Declare strop.Answer, and normalise the score.
C202 broken: score() raises an error other than Malformed
    Declare strop.Answer, so that only answers of the right form reach score(); or raise strop.Malformed.
C203 broken: the same answer scores differently when it is scored again
    Draw random numbers in sample, not in score.
C204 broken: a score depends on what was scored before
    Keep no state between two calls of score().
C205 warning: score() changes the instance
    Copy what score() works on.
C206 broken: a score depends on time
    Take time out of the score; a time limit is the task's time_limit.
C207 broken: score() reads a file each time
    Read files once, when the task is loaded.
C208 broken: score() writes files, starts processes or opens connections
    Compute the score from instance and answer.
C209 broken: score() executes the answer
    Never eval or exec an answer: it is hostile, and the host is not jailed.
C210 warning: score() is slow
    A slow score keeps cores waiting: vectorise it, or bound the answer's size.
C211 warning: the scorer accepts values that only the wire refuses
    Declare strop.Answer: then it refuses NaN and foreign objects too.
C212 warning: the score does not depend on the instance
    Compute the score from the instance: one that is kept from an earlier call makes all scores wrong.
C213 warning: the score does not depend on one of the inputs
    Check what this input demands of an answer, or leave it out.
# The attacks.
C301 broken: an answer of the wrong form scores better than an honest one
    Declare strop.Answer.
C302 warning: an answer of the wrong form is scored
    Declare strop.Answer, or raise strop.Malformed.
C303 broken: a trivial answer is perfect
    Make the score tell solutions from constants.
C304 note: a trivial answer beats the seed: compare with it, not with the seed
C305 broken: an instance's answer follows from its index
    Draw what decides the answer from the generator that sample gets.
C306 broken: the same answer scores differently when the solution also does something else
    Score the answer alone.
C307 broken: a solution left files on this machine
    See strop doctor: the jail must forbid writing.
C308 warning: the scorer's tolerance can be used to the full
    Check the rules without a tolerance, or compute the score from the answer after it was made to keep them.
C309 broken: a program that remembers other instances scores better
    Let each instance have a process of its own: strop.Task(isolate="instance"); or draw instances that share nothing.
C311 warning: an answer that is not the original's scores as well
    Let the score depend on every element, on its place, and on how often it is there.
C312 note: an answer that is nearly the original's scores as well
    If so much tolerance is not meant, compare answers exactly.
C313 warning: the score believes a number that the program tells beside its answer
    Compute it in the scorer, from the answer.
# Tasks that a command scores.
C401 broken: the original does not run
    Repair the command, or the program that it runs.
C402 broken: the original's score cannot be read
    Let the command print one finite number, once.
C403 broken: the original does not meet a constraint
    Repair the original first, or require less.
C404 note: the original's score varies from run to run
    Smaller gains than this are luck: raise repeat and held_out, or measure in turns (interleaved).
C405 warning: the seed changes nothing
    Let the command draw its instance from {seed} or STROP_SEED, or leave out `seeded`.
C406 warning: the original needs much of the time limit
    Raise time_limit.
C411 broken: a program that does nothing scores as well as the original
    Let the command print its answer, which is then compared with the original's, or require tests (--require-metric
    tests=1).
C412 warning: a program could make its score itself, so that none is called better
    Let what scores the program run it as a process of its own and print the score itself; or trust programs with
    --trust-programs.
C413 broken: a program that changes the files that judge it scores better
    Leave scorers and tests out of `writable`.
C414 broken: the same program scores better when it also does something else
    Look at the metric's goal, and at what the command does when it fails.
C415 broken: a program reached outside of its copy
    See strop doctor.
C416 broken: nothing checks the answer
    Let the command print its answer, which is then compared with the original's, or require tests (--require-metric
    tests=1).
C417 warning: the answer is always the same
    Let the command draw its input from {seed} and print its answer; or accept it with --set fixed_input=true.
C418 broken: the original's output varies from run to run
    Let the command print its answer alone on standard output, and times on standard error; or give --set compare_output=false.
C419 warning: the time of the tests counts
    Let `test` run the tests, once for each candidate, and `command` only what is to become faster.
C420 broken: a spoiled answer scores better than the original's
    Check the answer before it is scored: its type and length, that numbers are finite and in range, that no index repeats.
C421 broken: what a program returns or writes runs as code where it is scored
    Read answers as plain data: JSON, or numpy.load(allow_pickle=False).
C422 warning: the score follows the evaluator's own clock, so that none is called better
    Leave the time out of the score; or trust programs with --trust-programs.
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
        elif line.startswith(" "):
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
    attacks: tuple[str, ...] = ()
    """Names of the attacks that showed it; empty if none did."""

    @computed
    def title(self) -> str:
        """What is wrong."""
        return KINDS[self.id].title

    @computed
    def change(self) -> str:
        """What to do about it."""
        return KINDS[self.id].change


def new_finding(name: str, detail: str, level: Level | None = None, attacks: tuple[str, ...] = ()) -> Finding:
    """A finding by its id, at the level of its kind unless another is given."""
    return Finding(name, detail, level or KINDS[name].level, attacks)


def merge(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding an id: the worst and, among equals, the first; with every attack that showed it. The worst come first."""
    merged: dict[str, Finding] = {}
    for finding in findings:
        before = merged.get(finding.id, finding)
        attacks = tuple(dict.fromkeys((*before.attacks, *finding.attacks)))
        worst = min(before, finding, key=lambda one: ORDER.index(one.level))
        merged[finding.id] = replace(worst, attacks=attacks)
    return tuple(sorted(merged.values(), key=lambda one: (ORDER.index(one.level), one.id)))
