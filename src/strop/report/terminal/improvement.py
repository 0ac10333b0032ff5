"""The result of `strop improve`, for people."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

from strop.base.errors import Malformed
from strop.base.git.repository import repository_around
from strop.base.shown import print_result
from strop.core.metric_change import Gain, ObjectiveFacts, gain
from strop.evaluation.feedback import gist
from strop.report.terminal.candidates import print_candidates
from strop.report.terminal.layout import SENTENCE, fitting, print_table, say
from strop.report.terminal.run import print_costs, print_notes
from strop.report.terminal.words import NAMED_BY, counted, edits_line, escape, notice_of, quantity
from strop.runs.claims.gains import in_units, unit_of, unnamed, valued
from strop.runs.claims.improvement import spent_words
from strop.runs.finding import Evidence, ScoredProgram
from strop.runs.patching.best_candidate import BEST, BEST_DIFF
from strop.runs.patching.result_files import DIFF
from strop.runs.results.improved import Improved, Unfinished
from strop.tasks.command.objective import pareto_front

DIFF_LINES = 200
"""Lines of a diff that are printed; the file has all of them."""
_LINE = 400
_VERDICTS = {"better": "better", "worse": "worse", "no significant change": "unclear"}


@print_result.register(Improved)
def print_improved(improved: Improved, console: Console) -> None:
    """The diff, the claim, the original and the improved solution on both splits, the costs, and how to apply the patch."""
    _print_head(improved, console)
    _print_measurements(improved, console)
    if improved.facts is not None and improved.facts.pareto:
        _print_front(improved.facts, improved.candidates, console)
    print_notes(improved.audit, console)
    if improved.candidates and improved.finding not in ("better", "worse"):
        print_candidates(improved.candidates, improved.facts, console)
    _print_end(improved, console)
    if improved.applied is None and improved.finding == "better" and improved.source.root:
        force = "" if repository_around(Path(improved.source.root)) else " --force"
        apply = f"strop apply {improved.directory}{force} puts it in place"
        say(console, f"the patch is {improved.directory / DIFF}; {apply}", limit=SENTENCE)


@print_result.register(Unfinished)
def print_unfinished(unfinished: Unfinished, console: Console) -> None:
    """What an improvement has that did not end, and its best candidate so far."""
    _print_head(unfinished, console)
    print_notes(unfinished.audit, console)
    _print_end(unfinished, console)
    if unfinished.applied is None:
        say(console, best_line(unfinished), limit=SENTENCE)


def best_line(unfinished: Unfinished) -> str:
    """The best candidate so far of an unfinished improvement, in one line."""
    best, count = unfinished.directory / BEST, len(unfinished.candidates)
    if not best.is_dir() or not count:
        return f"no candidate is better than the original so far ({quantity(count, 'candidate')} tried)"
    first, facts = unfinished.candidates[0], unfinished.facts
    applies = f"; strop apply {unfinished.directory} --unproven applies it" if unfinished.source.root else ""
    score = f"{unit_of(facts)} {in_units(facts, first.train)}"
    return f"best so far: {first.digest[:NAMED_BY]}, {score} in training, in {best} (its patch: {BEST_DIFF}){applies}"


def _print_head(improved: Improved | Unfinished, console: Console) -> None:
    say(console, improved.unverified, style="bold yellow")
    for file in improved.changed:
        say(console, f"{file} was changed after the run; the following is what the record says", style="bold yellow")
    if isinstance(improved, Improved):
        with suppress(Malformed):
            print_diff(improved.diff, console)
    say(console, notice_of(improved.model, improved.is_language_model), style="bold yellow")
    say(console, improved.sentence, style="bold", limit=SENTENCE)
    say(console, improved.reason if isinstance(improved, Improved) else "", limit=SENTENCE)


def _print_end(improved: Improved | Unfinished, console: Console) -> None:
    print_costs(improved.costs, console)
    say(console, improved.answers.sentence)
    say(console, edits_line(improved.answers.edits))
    say(console, improved.applied or "", limit=1000)


def print_diff(diff: str, console: Console) -> None:
    """A diff, escaped."""
    lines = diff.removesuffix("\n").split("\n") if diff else []
    for line in lines[:DIFF_LINES]:
        console.print(Text(fitting(console, escape(line, _LINE))), soft_wrap=True)
    if len(lines) > DIFF_LINES:
        say(console, f"... {quantity(len(lines) - DIFF_LINES, 'more line')}")


def _print_measurements(improved: Improved, console: Console) -> None:
    say(console, f"strop improve {improved.task}: {spent_words(improved)}")
    if improved.facts is None:
        _print_scores(improved, console)
    else:
        print_metrics(improved, console)
    if improved.unproven_because and not improved.reason and improved.unproven_because not in improved.sentence:
        say(console, f"{improved.unproven_because}: a better score would prove nothing", style="dim")
    if improved.output:
        say(console, f"what the program printed: {improved.output}")
    for name, program in (("original", improved.original), ("improved", improved.improved)):
        errors = [] if program is None else [split.error for split in (program.train, program.last) if split.error]
        if errors:
            say(console, f"{name}: {gist(errors[0])}")


def _print_scores(improved: Improved, console: Console) -> None:
    rows = [
        (name, f"{program.train.value:.3f}", f"{program.last.value:.3f}", counted(program.last.counts()))
        for name, program in (("original", improved.original), ("improved", improved.improved))
        if program is not None
    ]
    if improved.difference is not None and improved.improved is not None:
        train = improved.improved.train.value - improved.original.train.value
        rows.append(("difference", f"{train:+.3f}", f"{improved.difference.mean:+.3f}", ""))
    print_table(console, ("", "train", "test (sealed)" if improved.held_out else "test", "verdicts on test"), rows)


def print_metrics(improved: Evidence, console: Console) -> None:
    """A row for each metric: the original's mean, the improved program's, the change with its interval, the verdict."""
    rows = [
        (
            escape(change.metric.name, 40),
            valued(change.metric, change.before),
            valued(change.metric, change.after),
            unnamed(change),
            _VERDICTS.get(change.verdict, change.verdict),
        )
        for change in improved.metrics
    ]
    if improved.improved is None or not rows:
        before, after = (_on_test(program, improved.facts) for program in (improved.original, improved.improved))
        rows.append((unit_of(improved.facts), before, after, "", ""))
    where = "sealed split" if improved.held_out else "last comparison"
    print_table(console, ("", "original", "improved", f"{where} (95% interval)", ""), rows)


def _on_test(program: ScoredProgram | None, facts: ObjectiveFacts | None) -> str:
    """What was measured in the last comparison; in training if nothing was."""
    if program is None:
        return "-"
    sealed = in_units(facts, program.last)
    return sealed if program.last.metrics or facts is None else f"{in_units(facts, program.train)} in training"


def _print_front(facts: ObjectiveFacts, candidates: Sequence[ScoredProgram], console: Console) -> None:
    """The candidates that no other, and not the original, beats in every metric in training."""
    measured = [(candidate, _gains(facts, candidate)) for candidate in candidates if candidate.train.verdict == "ok"]
    points = [(candidate, gains) for candidate, gains in measured if len(gains) == len(facts.metrics)]
    changes = [{gain.metric.name: gain.change.mean for gain in gains} for _, gains in points]
    rows = []
    for index in pareto_front([{metric.name: 0.0 for metric in facts.metrics}, *changes]):
        if index == 0:
            rows.append(("original", *("-" for _ in facts.metrics)))
            continue
        candidate, gains = points[index - 1]
        cells = (f"{valued(gain.metric, gain.after)}, {unnamed(gain, interval=False)}" for gain in gains)
        rows.append((candidate.digest[:NAMED_BY], *cells))
    print_table(console, ("Pareto front", *(escape(metric.name, 30) for metric in facts.metrics)), rows)


def _gains(facts: ObjectiveFacts, candidate: ScoredProgram) -> list[Gain]:
    gains = [
        gain(metric, candidate.train.metrics, candidate.train.beside, seeded=facts.seeded) for metric in facts.metrics
    ]
    return [change for change in gains if change is not None]
