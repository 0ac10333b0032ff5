"""The conclusion of one improvement, in one sentence: the terminal, the page, the document and the Python API show this one."""

from __future__ import annotations

from collections.abc import Sequence

from strop.analysis.stats import too_few
from strop.core.metric_change import Gain, ObjectiveFacts
from strop.evaluation.commands.measure import LEAST
from strop.evaluation.feedback import gist
from strop.report.terminal.gains import in_units, named, size, unit_of, valued, values
from strop.report.terminal.words import escape, interval_in_brackets, plain, quantity, seconds_in_words
from strop.runs.finding import Single
from strop.tasks.command.objective import TIMES
from strop.tasks.function.task import CALL_SECONDS, LEAST_SECONDS, SECONDS

HIGHEST = 1.0
"""The highest utility."""
_OWN = (
    "read the patch and accept it with --unproven, let the scorer run programs as processes of their own, or trust programs "
    "with --trust-programs"
)
_SPOILED = (
    "read the patch and accept it with --unproven, let the evaluator check the whole answer (see strop check), or trust "
    "programs with --trust-programs"
)
_TRUSTED = "{}, which trust_programs accepts"
_WEIGHTS = (
    "nothing says what one is worth in the other: give weights (--metric NAME:max:2), or accept it with --unproven"
)


def sentence(single: Single | None) -> str:
    """What may be claimed; None for an improvement that ended before everything was measured."""
    return f"{_claim(single)}."


def reason(single: Single | None) -> str:
    """Why an unproven result is not called better, and what to do; empty for others."""
    if single is None or single.finding != "unproven" or single.facts is None:
        return ""
    why = _unproven(single, single.facts)
    return f"{why[:1].upper()}{why[1:]}."


def _claim(single: Single | None) -> str:
    if single is None:
        return "Unfinished: it ended before everything was measured"
    if single.finding == "failed":
        return f"No improvement: {_failure(single)}{_calls(single, ' after {}')}; the original stands"
    if single.same_build:
        return f"No improvement: the build makes the same files from {_subject(single)} as from the original"
    if single.finding == "unchanged" or single.difference is None:
        return f"No improvement: the improver returned the original unchanged{_calls(single, ' (used {})')}"
    claim = f"{_verdict(single)}: {_change(single)}"
    if single.finding == "worse":
        claim += "; keep the original"
    if single.stands_in:
        claim += f"; {_why_stands_in(single)}, so this is the best candidate that it evaluated"
    return claim


def spent_words(single: Single) -> str:
    """`used 1 of 12 LM calls, 6 responses, 6 of 25 evaluations`, and whether more calls could have gained nothing."""
    cost, grant = single.cost, single.grant
    responses = quantity(cost.responses, "response")
    if grant is None:
        return f"{quantity(cost.lm_calls, 'LM call')}, {responses}, {quantity(cost.evaluations, 'evaluation')}"
    calls = f"used {single.improvement.lm_calls} of {quantity(grant.lm_calls, 'LM call')}"
    spent = f"{calls}, {responses}, {cost.evaluations} of {quantity(grant.utility_calls, 'evaluation')}"
    best = single.improved or single.original
    left_some = single.improvement.lm_calls < grant.lm_calls
    return (
        f"{spent}; in training it scores {HIGHEST:.0f}, the maximum"
        if left_some and best.train.value >= HIGHEST
        else spent
    )


def _calls(single: Single, words: str) -> str:
    """How many LM calls the improver used, if it left some; `words` is the format."""
    used = single.improvement.lm_calls
    if single.grant is None or used >= single.grant.lm_calls:
        return ""
    return words.format(f"{used} of {quantity(single.grant.lm_calls, 'LM call')}")


def _verdict(single: Single) -> str:
    match single.finding:
        case "better":
            return "Better"
        case "unproven":
            return "Not called better"
        case "implausible":
            return "Implausible"
        case "no significant improvement" if not _is_same(single):
            return "No significant improvement"
        case _:
            return "No improvement"


def _is_same(single: Single) -> bool:
    """Whether no measurement differs."""
    if single.gain is not None:
        return all(gain.change.mean == 0 for gain in single.gains)
    change = single.difference
    return change is not None and change.mean == 0 and not change.stderr


def _why_stands_in(single: Single) -> str:
    if single.improvement.solution is None:
        return _failure(single)
    if single.improvement.solution == single.original.text:
        return "the improver returned the original"
    return "the returned program did not score as well in training"


def _failure(single: Single) -> str:
    reason = single.improvement.detail.split("\n")[0] or "no reason given"
    return f"the improver failed ({single.improvement.outcome}: {reason})"


def _change(single: Single) -> str:
    """The values before and after, with the interval and the instances, and what limits the claim."""
    facts = single.facts
    assert single.improved is not None
    if facts is None:
        change = _in_scores(single)
        return f"{change}, but {_implausible(single)}" if single.finding == "implausible" else change
    if single.improved.test.verdict != "ok":
        reason = gist(single.improved.test.error) or single.improved.test.verdict
        where = "on held-out instances" if single.held_out else "when it is measured again"
        return f"{_subject(single)} fails {where} ({reason})"
    change = _in_scores(single) if single.gain is None else _in_metrics(single, facts, single.gain)
    if single.finding == "implausible":
        return f"{change}, but {_implausible(single)}"
    if single.finding != "better":
        return change
    if facts.check == "nothing":
        change += "; nothing compared the output"
    elif not single.answer_varies:
        change += "; always on the same input"
    return f"{change}; {_TRUSTED.format(escape(single.shared_because, 200))}" if single.shared_because else change


def _unproven(single: Single, facts: ObjectiveFacts) -> str:
    """Why it is not called better, and what to do."""
    match single.doubt:
        case "own score":
            return f"{escape(single.shared_because, 200)}, so this program could have made its own score: {_OWN}"
        case "spoiled answer":
            return f"{escape(single.shared_because, 300)}: {_SPOILED}"
        case "traded metrics":
            return _WEIGHTS
        case "varying original":
            return (
                f"{escape(single.varies, 200)}, so that an equal output proves little: let the program do the same "
                "whenever it is run with the same seed"
            )
        case _:
            same = "prints the same on every seed" if facts.seeded else "always has the same input"
            return (
                f"the command {same}, so a program that prints the known answer would do as well: "
                "let it draw its input from {seed} and print its answer, or accept this with --set fixed_input=true"
            )


def _implausible(single: Single) -> str:
    """Why it cannot be true, and what to do."""
    own = f", and {escape(single.shared_because, 200)}" if single.shared_because else ""
    return f"{single.implausible_because}{own}: look at what it returns before you accept it with --unproven"


def _in_scores(single: Single) -> str:
    """Of a task whose scores the host computes, and of metrics without ratios."""
    difference, improved = single.difference, single.improved
    assert difference is not None and improved is not None
    name = "score" if single.facts is None else "utility"
    where = _where(single, difference.n)
    if _is_same(single):
        return f"{unit_of(single.facts)} unchanged at {in_units(single.facts, improved.test)}, {where}"
    interval = interval_in_brackets(difference.interval, "+")
    values = f"from {single.original.test.value:.3f} to {improved.test.value:.3f}"
    if single.gains:
        values += f" ({_all_metrics(single.gains)})"
    change = f"{_worse(single)}{difference.mean:+.3f}{interval} in {name}, {values}, "
    if single.finding != "no significant improvement":
        return change + where
    few = too_few(difference, "instance" if single.held_out else "measurement")
    return f"{change}undecided {where}" + (f"; {few}" if few else "")


def _in_metrics(single: Single, facts: ObjectiveFacts, decisive: Gain) -> str:
    """Of a command task: each metric, first those that are not worse."""
    n = decisive.change.n
    is_constant = all(gain.deterministic for gain in single.gains)
    where = f"the same in each of {_measurements(single, n)}" if is_constant else _where(single, n)
    if _is_same(single):
        value = valued(decisive.metric, decisive.after)
        unchanged = (
            f"{escape(decisive.metric.name, 40)} unchanged at {value}"
            if len(single.gains) == 1
            else "all metrics unchanged"
        )
        return f"{unchanged}, {where}"
    change = _all_metrics(single.gains) if len(single.gains) > 1 else f"{size(decisive)}, {values(decisive)}"
    change = f"{_worse(single)}{change}, {where}{_cost_of_calls(decisive)}{_setbacks(single)}"
    few = n < LEAST and single.finding == "no significant improvement"
    return f"{change}; at least {LEAST} are needed to show a difference" if few else change


def _all_metrics(gains: Sequence[Gain]) -> str:
    worse = [named(gain) for gain in gains if gain.verdict == "worse"]
    others = [named(gain) for gain in gains if gain.verdict != "worse"]
    return ", but ".join("; ".join(group) for group in (others, worse) if group)


def _setbacks(single: Single) -> str:
    """The instances on which a better program is much worse, and what so few instances cannot exclude."""
    if not single.held_out or single.finding != "better":
        return ""
    words = ""
    for gain in single.gains:
        if gain.setbacks:
            worse = "slower" if gain.metric.reader in TIMES else f"worse in {escape(gain.metric.name, 40)}"
            words += f"; up to {plain(max(gain.setbacks), 2)}x {worse} on {len(gain.setbacks)} of them"
    n = len(single.improved.test.metrics) if single.improved else 0
    is_cost = any(gain.metric.goal == "min" and not gain.deterministic for gain in single.gains)
    return f"{words}; inputs rarer than 1 in {round(n / 3)} may not be among them" if is_cost else words


def _cost_of_calls(gain: Gain) -> str:
    """A note that the measured time of a very fast function includes the cost of calling it."""
    if gain.metric.name != SECONDS or gain.metric.reader != "time" or min(gain.before, gain.after) >= LEAST_SECONDS:
        return ""
    return f"; each time includes up to {seconds_in_words(CALL_SECONDS)} for the call itself, which hides part of the change"


def _worse(single: Single) -> str:
    return f"{_subject(single)} is worse, " if single.finding == "worse" else ""


def _subject(single: Single) -> str:
    return "the candidate" if single.stands_in else "the returned program"


def _where(single: Single, n: int) -> str:
    return f"{'on' if single.held_out else 'in'} {_measurements(single, n)}"


def _measurements(single: Single, n: int) -> str:
    """`10 held-out instances`, or what they are if the search has seen the same ones."""
    if single.held_out:
        return quantity(n, "held-out instance")
    seeded = single.facts is None or single.facts.seeded
    return quantity(n, "repeated measurement") + (", which the seed does not change" if seeded else "")
