"""Prints the results of `strop improve`, `strop compare` and `strop apply`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress

from rich.console import Console

from strop.base.errors import Malformed
from strop.base.failures import failure, gist
from strop.base.pluralize import mean_of, quantity
from strop.base.printing import print_result
from strop.base.solution import NAMED_BY
from strop.base.terminal_text import escape, pairs
from strop.base.unified_diff import changed_lines
from strop.report.terminal.layout import SENTENCE, look_at, near, print_diff, print_head, print_verbatim, say
from strop.report.terminal.phrases import edits_line
from strop.report.terminal.run import print_costs, print_notes, print_noticed
from strop.report.terminal.tables import print_table
from strop.runs.claims.facts import Fact, private_lines
from strop.runs.claims.gains import in_units, unit_of
from strop.runs.claims.improvement import spent_words, subject_of
from strop.runs.finding import RefusedCandidate, ScoredProgram
from strop.runs.patching.apply import is_applied
from strop.runs.results.improved import Applied, Improved, Unfinished
from strop.runs.run_directory import ways_on
from strop.tasks.objective_facts import ObjectiveFacts

DIFF_LINES = 200
"""Lines of a diff that are printed; the file has all of them."""
MOST_LISTED = 8
"""Most candidates, and most failing tests of a candidate, that are listed; the record has all of them."""


@print_result.register(Improved)
def print_improved(improved: Improved, console: Console, *, full: bool = False) -> None:
    """Print the best score in training, the verdict, the cost and how to apply the patch; with `full` also every table."""
    print_head(improved, console)
    if full:
        _print_details(improved, console)
    else:
        say(console, _tried(improved) if improved.searched else "")
    say(console, improved.sentence, style="bold", limit=SENTENCE)
    print_facts(improved.details, console)
    if full:
        _print_refused(improved.refused, console)
    _print_problems(improved, console)
    _print_end(improved, console, full=full)


@print_result.register(Unfinished)
def print_unfinished(unfinished: Unfinished, console: Console, *, full: bool = False) -> None:
    """Print what an unfinished improvement has measured so far, its best candidate, and how to go on."""
    print_head(unfinished, console)
    if full:
        print_notes(unfinished.audit, console)
        print_candidates(unfinished.candidates, unfinished.facts, console)
    say(console, unfinished.sentence, style="bold")
    _print_end(unfinished, console, full=full)
    if unfinished.applied is None and unfinished.kind != "compare":
        say(console, best_line(unfinished), limit=SENTENCE)
    for line in (
        () if unfinished.is_running else ways_on(near(unfinished.directory), unfinished.kind, unfinished.target)
    ):
        say(console, line, limit=SENTENCE)


@print_result.register(Applied)
def print_applied(applied: Applied, console: Console) -> None:
    """Print a line for each changed file, and the command that restores the old versions."""
    for path in applied.applied:
        say(console, f"applied: {near(path)}", limit=SENTENCE)
    say(console, applied.undo or "nothing to do: the patch is applied already", limit=SENTENCE)


def print_facts(facts: Sequence[Fact], console: Console) -> None:
    """Print one fact a line, its name in front."""
    width = console.width if console.is_terminal else SENTENCE
    column = max((len(fact.name) for fact in facts), default=0) + 4
    for fact in facts:
        for line in pairs({escape(fact.name, 40): escape(fact.text, SENTENCE - column)}, width, column - 2):
            print_verbatim(console, line)


def best_line(unfinished: Unfinished) -> str:
    """The best candidate so far of an unfinished improvement, in one line."""
    leader, facts = unfinished.leader, unfinished.facts
    if leader is None:
        others = [candidate for candidate in unfinished.candidates if candidate.text != unfinished.source.program]
        count = quantity(len(others), "candidate")
        return f"no candidate is better than the original so far ({count} tried)"
    patch = f", its patch is {unfinished.best}" if unfinished.best else ""
    applies = f"; strop apply {unfinished.directory} --unproven applies it" if unfinished.source.root else ""
    score = f"{unit_of(facts)} {in_units(facts, leader.train)}"
    return f"best so far: {leader.digest[:NAMED_BY]}, {score} in training{patch}{applies}"


def _tried(improved: Improved) -> str:
    """`lpn: the original scores 0.545 in training, the best of 10 candidates 1.000`, in the user's units."""
    facts, original = improved.facts, improved.original
    others = [candidate for candidate in improved.candidates if candidate.digest != original.digest]
    best = next((candidate for candidate in others if candidate.train.verdict == "ok"), None)
    line = f"{improved.task}: {unit_of(facts)} in training{mean_of(len(original.train.scores))}: "
    line += f"original {in_units(facts, original.train)}"
    if not others:
        return f"{line}; no candidate was evaluated"
    count = quantity(improved.cost.candidates, "candidate")
    return f"{line}, " + (f"none of {count} ran" if best is None else f"best of {count} {in_units(facts, best.train)}")


def _print_details(improved: Improved, console: Console) -> None:
    """Print the diff, the notes of the audit, and the candidates."""
    with suppress(Malformed):
        print_diff(improved.diff, console, DIFF_LINES)
    print_notes(improved.audit, console)
    print_candidates(improved.candidates, improved.facts, console)


def _print_refused(refused: Sequence[RefusedCandidate], console: Console) -> None:
    """Print the tests that each refused candidate fails, and the end of what the tests printed."""
    for number, candidate in enumerate(refused):
        tests = f"{', '.join(candidate.failing[:MOST_LISTED])}{', ...' if candidate.failing[MOST_LISTED:] else ''}"
        which = "the next best" if number else "the best candidate in training"
        say(console, f"{which} fails {quantity(len(candidate.failing), 'test')}: {tests}")
        print_diff(candidate.output, console)


def _print_problems(improved: Improved, console: Console) -> None:
    """Print why the original or the improved program failed."""
    told = " ".join(fact.text for fact in improved.details)
    for name, program in (("original", improved.original), (subject_of(improved), improved.improved)):
        splits = () if program is None else (program.train, program.test)
        errors = [gist(split.error) for split in splits if split is not None and split.error]
        if errors and errors[0] not in told:
            say(console, f"{name}: {errors[0]}")
    for line in private_lines(improved):
        say(console, line, limit=600)


def _print_end(improved: Improved | Unfinished, console: Console, *, full: bool) -> None:
    """Print what the model's responses held, the costs, and what to do next."""
    if improved.model:
        _print_spent(improved, console, full=full)
    elif not full:
        print_noticed(improved.audit, console)
    say(console, improved.applied or "", limit=1000)
    if isinstance(improved, Improved) and improved.is_offered:
        _print_patch(improved, console)
    if isinstance(improved, Improved) and improved.construction_file is not None:
        path = near(improved.construction_file)
        say(console, f"construction: {path}; strop verify {path} verifies it", limit=SENTENCE)
    say(console, "" if full else f"more: {look_at(improved.directory)}", limit=SENTENCE)


def _print_spent(improved: Improved | Unfinished, console: Console, *, full: bool) -> None:
    """Print what the model's responses held, and what the search spent."""
    say(console, improved.answers.sentence)
    if full:
        print_costs(improved.costs, console)
        say(console, edits_line(improved.answers.edits))
    else:
        print_noticed(improved.audit, console)
    spent = spent_words(improved) if isinstance(improved, Improved) else ""
    say(console, ", ".join(filter(None, (spent, improved.costs.price.in_words))))


def _print_patch(improved: Improved, console: Console) -> None:
    """Print `patch of pack.py +12 -3: strop apply RUN puts it in place`; for a built-in task, the file of the program."""
    if not improved.source.root:
        say(console, f"improved program: {near(improved.solution_file)}" if improved.solution_file else "")
        return
    counts = changed_lines(improved.source.files, improved.files)
    changes = [f"{path} +{added} -{removed}" for path, (added, removed) in counts.items()]
    folder = shlex.quote(str(near(improved.directory)))
    applies = "" if improved.applied is not None else f": strop apply {folder} puts it in place"
    applies = ", which is in place" if applies and is_applied(improved.source, improved.files) else applies
    say(console, f"patch of {', '.join(changes)}{applies}", limit=SENTENCE)


def print_candidates(candidates: Sequence[ScoredProgram], facts: ObjectiveFacts, console: Console) -> None:
    """Print the best candidates: digest, score in training, verdict. Candidates that failed in the same way share a row."""
    if not candidates:
        return
    groups: dict[tuple[str, ...], list[ScoredProgram]] = {}
    for program in candidates:
        train = program.train
        kind = (program.digest,) if train.verdict == "ok" else (train.verdict, failure(train.verdict, train.error))
        groups.setdefault(kind, []).append(program)
    unit = f"{unit_of(facts)}, train"
    room = max(console.width - NAMED_BY - len(unit) - 2 * len("  "), 20) if console.is_terminal else SENTENCE
    rows = []
    for first, *more in list(groups.values())[:MOST_LISTED]:
        train = first.train
        error = f": {gist(train.error)}" if train.error else ""
        name = f"{1 + len(more)} candidates" if more else first.digest[:NAMED_BY]
        rows.append((name, in_units(facts, train), escape(train.verdict + error, room)))
    print_table(console, ("candidate", unit, "verdict"), rows)
    left = sum(map(len, list(groups.values())[MOST_LISTED:]))
    if left:
        say(console, f"and {quantity(left, 'more candidate')}")
