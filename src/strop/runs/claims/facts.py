"""What stands behind the first line about an improvement: one fact a line, each with a name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from strop.analysis.stats import least_pairs
from strop.base.failures import gist
from strop.base.later import dataclass
from strop.base.pluralize import plain, quantity
from strop.base.results import CPU, MEMORY, WALL, ProgramRuns, means_of
from strop.base.solution import NAMED_BY, digest_of
from strop.base.surface import option, switched
from strop.base.terminal_text import escape
from strop.core.metric_change import Gain, program_gain
from strop.evaluation.laws import ONE_ANSWER, VARIED, keeps_something
from strop.runs.claims.gains import less, of_what, shown_scores, size, valued, values
from strop.runs.claims.improvement import amount_in_words, failed_by, failure_of, is_same, subject_of
from strop.runs.claims.numbers import interval_of, seconds_in_words
from strop.runs.finding import Evidence
from strop.runs.verified import construction_claim
from strop.tasks.command.score_kinds import TIMES
from strop.tasks.function.batch_metrics import BESIDE, CALLS, DIFFERENT, FIRST, SECONDS
from strop.tasks.objective_facts import MetricFacts
from strop.tasks.problem import VALUE

LEAST_LOADING, LOADS_CLEARLY = 0.01, 2.0
"""A loading time is a fact if it takes at least so many seconds, and one program takes so many times as long as the other."""
GROWS, LEAST_GROWN = 1.1, 10.0
"""Memory is a fact if a better program takes so many times as much as the original, and so many MiB more."""
_IN_MEMORY = MetricFacts(MEMORY, "min", MEMORY)
MOST_DIFFERING = 8
"""How many differences on recorded calls are listed."""
MOST_REMOVED = 5
"""How many removed names are listed; the others are counted."""


@dataclass(frozen=True)
class Fact:
    """A fact behind the first line of a result."""

    name: str
    """What it is about: `function` or the name of the metric, `program`, `output`, `tests`, `changed calls`, `machine`
    and others."""
    text: str
    """The fact, in one line."""


def facts_of(evidence: Evidence, task: str, said: Iterable[str]) -> tuple[Fact, ...]:
    """The facts behind the first line of a result, in the order in which a reader needs them. `said`: what to know about the
    comparison, one line for each fact."""
    told = [*_measured(evidence, task), *_of_program(evidence)]
    told += [("memory", _memory(evidence)), *_guarded(evidence), *_notes(evidence)]
    told += (("note", line) for line in said)
    return tuple(Fact(name, text) for name, text in told if text)


def private_lines(improved: Evidence) -> Iterator[str]:
    """How the improved program and the best candidates differ on recorded calls, as a whole program, and in calls with changed
    arguments. These lines have values, which no model and no shared text has."""
    programs = [program for program in (improved.improved, *improved.candidates) if program is not None]
    told = dict.fromkeys(
        f"candidate {program.digest[:NAMED_BY]}: {evaluation.differs}"
        for program in programs
        for evaluation in (program.train, program.test)
        if evaluation is not None and evaluation.differs
    )
    yield from [*told][:MOST_DIFFERING]
    if improved.whole_program is not None and improved.whole_program.quoted:
        yield f"the output: {escape(improved.whole_program.quoted, 400)}"
    if improved.changed_calls is not None and improved.changed_calls.first:
        yield f"the first changed call: {escape(improved.changed_calls.first, 400)}"


_Told = Iterator[tuple[str, str]]


def _measured(improved: Evidence, task: str) -> _Told:
    """What was compared, and what more is known of its values."""
    fails = improved.fails_in_training and not improved.searched
    if improved.verified is not None:
        known = improved.best_known.get(VALUE)
        yield "construction", construction_claim(improved.verified, known, improved.facts.published)
    elif improved.improved is not None and improved.gain is not None and not fails:
        name = "function" if improved.facts.calls or improved.facts.commands else improved.gain.metric.name
        told = _in_metric(improved, improved.gain)
        yield escape(name, 40), f"{escape(task, 80)} {told}" if name == "function" else told
        yield "loading", _loading(improved)
        yield "passing", _beside(improved)
        for name, before, after in shown_scores(improved.facts, improved.report_only):
            yield escape(name, 40), f"original {before}, improved {after}; it decides nothing"
    elif improved.improved is not None:
        failed = improved.improved.train if fails else improved.improved.last
        yield "failure", f"{subject_of(improved)}: {failed_by(failed)}"
    if improved.finding == "failed":
        yield "improver", failure_of(improved)
    if improved.could_show is not None and improved.finding == "no significant improvement" and not improved.is_lost:
        yield (
            "power",
            f"a difference of {amount_in_words(improved, improved.could_show)} or more would probably have shown",
        )


def _of_program(improved: Evidence) -> _Told:
    """What the recorded commands show as a whole program."""
    runs, names = improved.whole_program, " and ".join(f"`{one}`" for one in improved.facts.commands)
    if runs is None or improved.improved is None:
        return
    names = escape(names, 200)
    if runs.failed:
        yield "program", f"{names} {runs.in_words}"
        return
    if not runs.metrics:
        yield "program", f"{names} was not run with the change, because its calls are not better"
        return
    yield "program", times_of(names, runs, improved.confidence)
    yield "output", output_of(runs)


def times_of(names: str, runs: ProgramRuns, confidence: float) -> str:
    """The times of a whole program in words."""
    told = []
    for what, unit in ((CPU, "CPU"), (WALL, "wall")):
        found = program_gain(runs, confidence, what)
        assert found is not None
        change = less(found, what=f"{unit} time")
        told.append(f"{change}, {seconds_in_words(found.before)} to {seconds_in_words(found.after)}")
    where = "in one run each" if len(runs.metrics) == 1 else f"in {len(runs.metrics)} runs each"
    return f"{names} {'; '.join(told)}; {where}"


def output_of(runs: ProgramRuns) -> str:
    """Whether a program printed and wrote the same, in words."""
    if not runs.is_compared:
        return f"not compared, because only {runs.repeated:.0%} of it repeats from run to run"
    if runs.differs:
        return f"something else: {escape(runs.differs, 200)}"
    return "the same" + (f", but {1 - runs.repeated:.1%} of it varies by itself" if runs.repeated < 1 else "")


def _guarded(improved: Evidence) -> _Told:
    """What tests, changed calls and the machine say, and what limits the claim."""
    if improved.refused:
        yield "tests", _refused(improved)
    yield "tests", improved.said_of_tests.removeprefix("tests: ")
    if improved.changed_calls is not None:
        yield "changed calls", improved.changed_calls.sentence
    yield from _limits(improved)
    if improved.varied is not None:
        yield "machine", _varied(improved.facts.metric.reader, *improved.varied)
    if _memory(improved):
        yield "machine", _varied(MEMORY, *improved.spread(MEMORY))


def _notes(improved: Evidence) -> _Told:
    """Who computes the score, how the search ended, and what to do."""
    yield "scored by", improved.scoring
    if improved.stands_in and improved.ended_by is None:
        yield "search", f"{_why_stands_in(improved)}, so this is the best candidate that it evaluated"
    if improved.ended_by not in (None, "verdict"):
        yield "search", f"it ended early: {improved.improvement.detail}"
    if improved.comparison > 1:
        yield "comparison", f"number {improved.comparison} of this run"
    yield "to accept it", _remedy(improved)


def _in_metric(improved: Evidence, gain: Gain) -> str:
    """The change of the metric, with its values and where they were measured."""
    metric = gain.metric
    where = _where(improved, same=gain.deterministic)
    if is_same(improved):
        return f"unchanged at {valued(metric, gain.after)}{of_what(metric)}, {where}"
    assert improved.improved is not None
    known = improved.best_known.get(metric.name)
    best = "" if known is None else f" (best known {valued(metric, known, 3)})"
    calls = _calls_measured(improved)
    least = least_pairs(improved.confidence)
    few = f"; at least {least} are needed to show a difference" * (
        gain.change.n < least and improved.finding == "no significant improvement"
    )
    told = size(gain, interval_of(gain.confidence))
    return f"{told}, {values(gain)}{calls}{best}, {where}{_setbacks(improved, gain)}{few}"


def _refused(evidence: Evidence) -> str:
    """Which tests the best candidate fails, and how many others were tried in its place."""
    first, *others = evidence.refused
    more = f"; the next {len(others)} candidates that are better in training fail some, too"
    more = "; the next candidate that is better in training fails some, too" if len(others) == 1 else more
    such_as = "" if len(first.failing) == 1 else "such as "
    which = "the best candidate in training" if evidence.searched else "the candidate"
    tests = quantity(len(first.failing), "test")
    missing = "" if evidence.searched else "; it was not measured"
    return f"{which} fails {tests}, {such_as}{escape(first.failing[0], 200)}{more if others else ''}{missing}"


def _remedy(evidence: Evidence) -> str:
    """How to accept a program that is held back; empty for any other."""
    if not evidence.is_held_back:
        return ""
    if not evidence.searched:  # a user of `strop compare` has the patch already
        wanted = f"if that is wanted, give {switched('fixed_input')}"
        trusted = f"if you trust both programs, give {option('trust_programs')}"
        return {"better on its fixed input": wanted, "by its own score": trusted}.get(evidence.finding, "")
    if evidence.finding == "better on its fixed input":
        return f"if that is wanted, give {switched('fixed_input')}; strop apply --unproven applies this patch"
    return "read the patch: strop apply --unproven"


def _why_stands_in(evidence: Evidence) -> str:
    if evidence.improvement.solution is None:
        return f"the improver failed ({failure_of(evidence)})"
    if evidence.improvement.solution == evidence.original.text:
        return "the improver returned the original"
    if digest_of(evidence.improvement.solution) in {candidate.digest for candidate in evidence.refused}:
        return "the returned program fails tests that pass for the original"
    return "the returned program did not score as well in training"


def _limits(evidence: Evidence) -> _Told:
    """What limits the claim."""
    own = escape(evidence.own_score_because, 300)
    if evidence.removes:
        names, more = evidence.removes[:MOST_REMOVED], len(evidence.removes) - MOST_REMOVED
        yield "removes", escape(", ".join(names), 300) + f" and {more} more" * (more > 0)
    if evidence.improved is not None and (failures := evidence.improved.last.failures):
        of = len(evidence.improved.last.scores) + failures[0] * (not evidence.facts.metric.is_score)
        held = "held-out instances" if evidence.searched else "inputs"
        where = held if evidence.holds_out else "evaluations"
        yield (
            "failures",
            f"the original fails on {failures[0]} of {of} {where}, the improved program on {failures[1] or 'none'}",
        )
    if evidence.gain is not None and evidence.improved is not None:
        new = evidence.improved.last.verdicts
        failing = sum(verdict != "ok" for verdict in new)
        if failing and (newly := failing - sum(evidence.improved.last.failures[1:])):
            program, where = (
                ("the improved program", "held-out instances") if evidence.searched else ("the candidate", "inputs")
            )
            why = gist(evidence.improved.last.error) or next(verdict for verdict in new if verdict != "ok")
            yield "failures", f"{program} fails on {newly} of {len(new)} {where} on which the original does not ({why})"
    if evidence.original.train.original_varies and evidence.improved is not None:
        yield "original", "its score varies between two runs on one seed"
    if evidence.finding in ("better", "better on its fixed input"):
        yield "limit", ONE_ANSWER if evidence.is_fixed else ""
        yield "limit", f"{own}, and --trust-programs accepts that" if own else ""
        if evidence.trusts_scorer:
            yield "limit", "its scorer was not tested with spoiled answers, and --trust-scorer accepts that"


def _setbacks(evidence: Evidence, gain: Gain) -> str:
    """A clause about the instances on which a better program is much worse; empty if there are none."""
    if evidence.finding not in ("better", "by its own score") or not gain.setbacks:
        return ""
    worse = "as slow" if gain.metric.reader in TIMES else f"worse in {escape(gain.metric.name, 40)}"
    return f"; up to {plain(max(gain.setbacks), 2)}x {worse} on {len(gain.setbacks)} of them"


def _loading(evidence: Evidence) -> str:
    """The loading time of a function's program, if it clearly differs from the original's, and the number of calls after which a
    longer one pays. Empty where the whole program was run, which counts it."""
    before, after = evidence.loading or (0.0, 0.0)
    is_clear = max(after, before) >= max(LEAST_LOADING, LOADS_CLEARLY * min(after, before))
    if evidence.has_run or not (is_clear or evidence.pays_too_late):
        return ""
    loading = f"{seconds_in_words(after)} instead of {seconds_in_words(before)}"
    if after <= before:
        return loading
    calls = quantity(math.ceil(evidence.pays_after), "call", ",")
    pays = f", which pays after {calls}" if evidence.pays_after else ""
    made = f", and the recorded run made {evidence.facts.made:,}" if evidence.pays_too_late else ""
    return f"{loading}{pays}{made}"


def _memory(evidence: Evidence) -> str:
    """How much more memory a better program takes at its peak, if that is clear."""
    before, after = evidence.memory or (0.0, 0.0)
    is_clear = after > max(GROWS * before, before + LEAST_GROWN) and MEMORY not in evidence.report_only
    if not is_clear or not (evidence.is_offered or evidence.is_held_back):
        return ""
    change = " to ".join(valued(_IN_MEMORY, value) for value in (before, after))
    return f"takes {plain(after / before, 2)}x the memory at its peak, {change}"


def _beside(evidence: Evidence) -> str:
    """What the original's processes take beside the calls, if that is more than the calls take."""
    assert evidence.improved is not None
    means = means_of(evidence.improved.last.original_metrics)
    if not all(part in means for part in BESIDE):
        return ""
    calls, beside = means[SECONDS] * means[CALLS], sum(means[part] for part in BESIDE)
    if beside <= calls:
        return ""
    return (
        f"a batch takes {seconds_in_words(calls)} in its calls and {seconds_in_words(beside)} beside them, to pass "
        "arguments and answers"
    )


def _calls_measured(evidence: Evidence) -> str:
    """The words behind a time that say which calls of a function it measures: ` of a first call`; empty if first and later calls
    take the same."""
    calls = evidence.facts.calls
    if calls != "later" or evidence.improved is None:
        return " of a first call" if calls else ""
    measured = evidence.improved.last
    pairs = [
        (means.get(FIRST, 0.0), means.get(SECONDS, 0.0))
        for means in (means_of(measured.original_metrics), measured.means)
    ]
    if not any(keeps_something(first, later) for first, later in pairs):
        return ""
    before, after = (seconds_in_words(first) for first, _ in pairs)
    return f" of later calls (a first one takes {after} instead of {before})"


def _varied(reader: str, original: float, candidate: float) -> str:
    """That times, or the memory, of one program differed much on the same instances; empty if they did not."""
    what = "peaks of memory" if reader == MEMORY else "times"
    if original >= VARIED:
        return f"{what} of the original varied {plain(original, 2)}-fold: a busy machine, or random numbers of its own"
    own = f"{what} of the improved program vary by themselves, {plain(candidate, 2)}-fold"
    return own if candidate >= VARIED * original else ""


def _where(evidence: Evidence, *, same: bool = False) -> str:
    """`on 10 held-out instances`, `on 100 held-out calls of a command in 10 batches`, `on 50 draws of 10 held-out inputs`, or
    `in 10 evaluations`. `same`: all are equal."""
    assert evidence.improved is not None
    last, held = evidence.improved.last, "held-out " if evidence.searched else ""
    n, different = len(last.scores), len({*last.inputs})
    preposition = "the same in each of" if same and n > 1 else "on" if evidence.holds_out else "in"
    if not evidence.holds_out:
        return f"{preposition} {quantity(n, 'evaluation')}"
    calls = round(sum(row.get(DIFFERENT, row.get(CALLS, 0)) for row in last.metrics))
    commands = evidence.facts.commands
    named = _commands(commands)
    if calls > n or any(row.get(CALLS, 1.0) > 1 for row in last.metrics):
        counted = f"{calls:,} {held}calls{named} in {quantity(n, 'batch')}"
    else:
        counted = quantity(n, f"{held}{'call' if commands else 'instance' if held else 'input'}") + named
    of = f"{n} draws of {quantity(different, f'{held}input')}" if 0 < different < n else counted
    is_read = not evidence.searched and evidence.facts.input == "listed"
    read = ", all of which the author of the change could read" if is_read else ""
    return (
        f"{preposition} {of}{read}{f', of which {n - last.seen_in_training} are new' if last.seen_in_training else ''}"
    )


def _commands(commands: Sequence[str]) -> str:
    return f" of {' and '.join(f'`{escape(command, 120)}`' for command in commands)}" if commands else ""
