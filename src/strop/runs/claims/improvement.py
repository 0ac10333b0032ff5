"""The first line about one improvement: what may be claimed of it. `facts` has what stands behind it."""

from __future__ import annotations

import math
import re

from strop.analysis.stats import differences
from strop.base.failures import gist
from strop.base.pluralize import quantity
from strop.base.results import Evaluation
from strop.base.terminal_text import escape
from strop.core.metric_change import Gain
from strop.runs.claims.gains import amount, less, size, valued
from strop.runs.claims.numbers import written
from strop.runs.finding import Evidence
from strop.runs.verified import verified_in_words
from strop.tasks.command.objective import MISSES
from strop.tasks.problem import VALUE

LONGEST = 100
"""Most characters of a first line."""
HIGHEST = 1.0
"""The highest utility."""
_INTERVAL = re.compile(r" \([^()]+ to [^()]+\)(?=\.$)")
_COMMANDS, _LEAST = "\ue000", 16
"""Stands for the recorded commands in a line; and the fewest characters that they get."""
UNFINISHED = "Unfinished: not everything was measured."


def sentence(evidence: Evidence) -> str:
    """What may be claimed of an improvement, in one line of at most `LONGEST` characters."""
    line = _of_search(evidence) if evidence.searched else _of_candidate(evidence)
    commands = " and ".join(evidence.facts.commands)
    room = max(LONGEST - len(line.replace(_COMMANDS, "``")), _LEAST)  # a long command is shortened
    line = line.replace(_COMMANDS, f"`{escape(commands, room)}`")
    name = escape(evidence.facts.metric.name, 40)
    before, found, after = line.rpartition(name)
    if found and (over := len(line) - LONGEST) > 0:  # as is a long name, so that no number is cut
        line = before + escape(name, max(len(name) - over, 8)) + after
    return escape(line if len(line) <= LONGEST else _INTERVAL.sub("", line), LONGEST)


def _of_search(evidence: Evidence) -> str:
    if evidence.improved is None and evidence.refused:
        tests = quantity(len(evidence.refused[0].failing), "test")
        count = evidence.cost.candidates
        best = f"the best of {quantity(count, 'candidate')}" if count > 1 else "the candidate"
        return (
            f"No improvement: {best} fails {tests} that {'pass' if tests[:2] != '1 ' else 'passes'} for the original."
        )
    if evidence.ended_by is not None and evidence.improved is None:
        if evidence.ended_by == "verdict" and not evidence.cost.candidates:
            return "No improvement: nothing but the original was measured."
        return "No improvement: no candidate was better than the original in training."
    if evidence.finding == "failed":
        return _fitted("No improvement: the improver failed ({}).", failure_of(evidence))
    if evidence.finding == "unchanged":
        return "No improvement: the improver returned the original unchanged."
    return f"{_verdict(evidence)}: {_change(evidence)}."


def _of_candidate(evidence: Evidence) -> str:
    """The line about a candidate that was given, not searched for."""
    if evidence.improved is None and not evidence.refused:
        return "No difference: both are the same program."
    if evidence.improved is None:
        tests = quantity(len(evidence.refused[0].failing), "test")
        return f"Worse: the candidate fails {tests} that {'pass' if tests[:2] != '1 ' else 'passes'} for the original."
    if evidence.fails_in_training and evidence.improved.last.verdict == "ok":
        train = evidence.improved.train
        return _fitted("Worse: the candidate fails on an input that sizes the comparison ({}).", failed_by(train))
    change = _change(evidence)
    if evidence.finding == "worse":
        return f"Worse: {change}."
    if evidence.finding == "no significant improvement" and evidence.verified is None:
        return f"{_no_difference(evidence)}: {change}."
    return f"{_verdict(evidence)}: {change}."


def _no_difference(evidence: Evidence) -> str:
    if is_same(evidence):
        return "No difference"
    if evidence.could_show is not None and not evidence.is_lost and evidence.asked is not None:
        largest = _largest(evidence)
        if largest <= evidence.asked:
            return f"No difference larger than {amount_in_words(evidence, largest)}"
    return "No difference shown"


def _largest(evidence: Evidence) -> float:
    """The largest difference inside the interval, in the unit of `could_show`."""
    assert evidence.gain is not None and evidence.gain.change.interval is not None
    largest = max(map(abs, evidence.gain.change.interval))
    return math.expm1(largest) if evidence.is_ratio else largest


def amount_in_words(evidence: Evidence, value: float) -> str:
    """`3%`, or of a score `0.03`, rounded up as the end of an interval is."""
    return f"{written(100 * value, 1, digits=2)}%" if evidence.is_ratio else written(value, 1, digits=2)


def _verdict(evidence: Evidence) -> str:
    match evidence.finding:
        case "better" | "better on its fixed input" | "a better construction" | "by its own score":
            return evidence.finding.capitalize()
        case "no significant improvement" if evidence.verified is None and not is_same(evidence):
            return "No significant improvement"
        case _:
            return "No improvement"


def is_same(evidence: Evidence) -> bool:
    """Whether all measurements of both programs are equal."""
    if evidence.gain is None or evidence.improved is None:
        return False
    name, last = evidence.gain.metric.name, evidence.improved.last
    after, before = ([row[name] for row in rows] for rows in (last.metrics, last.original_metrics))
    return not any(differences(after, before))


def failed_by(evaluation: Evaluation) -> str:
    """Why a program failed, in one line."""
    return gist(evaluation.error) or evaluation.verdict


def failure_of(evidence: Evidence) -> str:
    """How the improver failed, in one line."""
    reason = evidence.improvement.detail.split("\n")[0] or "no reason given"
    return f"{evidence.improvement.outcome}: {reason}"


def subject_of(evidence: Evidence) -> str:
    """The program that was compared."""
    return "the candidate" if evidence.stands_in or not evidence.searched else "the returned program"


def _change(evidence: Evidence) -> str:
    """The change, with its interval."""
    improved = evidence.improved
    assert improved is not None
    if evidence.verified is not None:
        return verified_in_words(evidence.verified, evidence.best_known.get(VALUE))
    if evidence.gain is None:
        # What training says quotes the difference.
        failed = improved.train if evidence.fails_in_training and not evidence.searched else improved.last
        if failed.verdict == "malformed" and MISSES in failed_by(failed):
            return failed_by(failed)
        where = "on held-out instances" if evidence.holds_out else "when it is evaluated again"
        where = where if evidence.searched else "on an input" if evidence.holds_out else "when it is evaluated"
        room = LONGEST - len(f"No improvement: {subject_of(evidence)} fails {where} ().")
        return f"{subject_of(evidence)} fails {where} ({escape(failed_by(failed), room)})"
    if is_same(evidence):
        return (
            f"{escape(evidence.gain.metric.name, 40)} unchanged at {valued(evidence.gain.metric, evidence.gain.after)}"
        )
    if evidence.whole_program is not None and evidence.program_gain is not None:
        return _of_program(evidence, evidence.gain, evidence.program_gain)
    is_said = evidence.finding == "worse" and evidence.searched
    return f"{subject_of(evidence)} is worse, {size(evidence.gain)}" if is_said else _of_calls(evidence, evidence.gain)


def _of_calls(evidence: Evidence, calls: Gain) -> str:
    """What was measured without the whole program, and why that is no gain where loading decides."""
    if evidence.is_lost and evidence.pays_too_late:
        return f"{amount(calls)}, but loading takes longer than that saves"
    return size(calls)


def _of_program(evidence: Evidence, calls: Gain, program: Gain) -> str:
    """What the whole program shows, and what its calls show where that is something else."""
    assert evidence.whole_program is not None
    faster = amount(calls)
    if evidence.whole_program.differs:
        return f"with it, {_COMMANDS} prints or writes something else"
    if evidence.whole_program.missed:
        return f"with it, {_COMMANDS} takes {evidence.whole_program.missed}"
    if program.change.interval is None:
        return _of_calls(evidence, calls)
    if program.verdict == "better":
        same = ", with the same output" if evidence.whole_program.is_compared else ""
        return f"{_COMMANDS} {less(program)}{same}"
    if program.verdict == "worse":
        return f"{_COMMANDS} {less(program)}; its calls are {faster}"
    if evidence.finding == "no significant improvement":
        return f"calls are {faster}; of {_COMMANDS} no gain is shown"
    return f"{size(calls)}; {_COMMANDS} takes about as long as before"


def _fitted(template: str, text: str) -> str:
    """The template with a text in it, shortened where the line would be too long."""
    return template.format(escape(text, LONGEST - len(template) + 2))


def spent_words(evidence: Evidence) -> str:
    """What an improvement spent: `used 1 of 12 LM calls, 6 responses, 6 of 25 evaluations (5 candidates)`. It also says if the
    best program has the highest score."""
    cost, grant, used = evidence.cost, evidence.grant, evidence.cost.lm_calls
    responses, of = quantity(cost.responses, "response"), f" ({quantity(cost.candidates, 'candidate')})"
    if grant is None:
        return f"{quantity(cost.lm_calls, 'LM call')}, {responses}, {quantity(cost.evaluations, 'evaluation')}{of}"
    calls, evaluations = quantity(grant.lm_calls, "LM call"), quantity(grant.utility_calls, "evaluation")
    best = evidence.improved or evidence.original
    reached = used < grant.lm_calls and best.train.value >= HIGHEST
    most = f"; in training it scores {HIGHEST:.0f}, the maximum" if reached else ""
    return f"used {used} of {calls}, {responses}, {cost.evaluations} of {evaluations}{of}{most}"
