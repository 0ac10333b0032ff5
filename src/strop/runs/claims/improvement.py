"""The sentence about one improvement."""

from __future__ import annotations

import math
from collections.abc import Iterator

from strop.analysis.stats import differences, least_pairs
from strop.base.failures import gist
from strop.base.pluralize import plain, quantity
from strop.base.results import Evaluation, means_of
from strop.base.solution import digest_of
from strop.base.surface import option, switched
from strop.base.terminal_text import escape
from strop.core.metric_change import Gain
from strop.evaluation.laws import ONE_ANSWER, keeps_something
from strop.runs.claims.gains import of_what, size, valued, values
from strop.runs.claims.numbers import seconds_in_words, written
from strop.runs.finding import Evidence, ScoredProgram
from strop.runs.verified import construction_claim
from strop.tasks.command.score_kinds import TIMES
from strop.tasks.function.batch_metrics import BESIDE, CALLS, DIFFERENT, FIRST, SECONDS
from strop.tasks.objective_facts import MetricFacts
from strop.tasks.problem import VALUE

LEAST_LOADING, LOADS_CLEARLY = 0.01, 2.0
"""Seconds of loading, and the ratio of loading times, from which the sentence names a difference."""
VARIED = 1.15
"""Ratio of the largest times in training to the least ones from which the original's spread is named; the candidate's is named
where it is as many times the original's."""
MOST_REMOVED = 5
"""How many removed names are listed; the others are counted."""
HIGHEST = 1.0
"""The highest utility."""

UNFINISHED = "Unfinished: not everything was measured."


def sentence(evidence: Evidence) -> str:
    """The sentence that says what may be claimed of an improvement, whether its search ended early, and which comparison it is if
    it is not the first."""
    is_early = evidence.ended_by not in (None, "verdict")
    ended = "The search ended early: " + evidence.improvement.detail + "." if is_early else ""
    again = f"This is comparison {evidence.comparison} of this run." if evidence.comparison > 1 else ""
    return " ".join(filter(None, (_claim(evidence), ended, again)))


def _claim(evidence: Evidence) -> str:
    if not evidence.searched:
        return _of_candidate(evidence)
    if evidence.improved is None and evidence.refused:
        return f"No improvement: {_refused(evidence)}; the original is kept."
    if evidence.ended_by is not None and evidence.improved is None:
        was = "better than the original in training" if evidence.cost.candidates else "evaluated"
        if evidence.ended_by == "verdict" and not evidence.cost.candidates:
            return "No improvement: nothing but the original was measured."
        return f"No improvement: no candidate was {was}; the original is kept."
    if evidence.finding == "failed":
        return f"No improvement: {_failure(evidence)}{_calls(evidence, ' after {}')}; the original is kept."
    if evidence.finding == "unchanged":
        return f"No improvement: the improver returned the original unchanged{_calls(evidence, ' (used {})')}."
    if evidence.verified is not None:
        by = evidence.facts.published
        best = evidence.best_known.get(VALUE)
        claim = f"{_verdict(evidence)}: {construction_claim(evidence.verified, best, by)}"
        return f"{'; '.join([claim, *_limits(evidence)])}."
    claim = f"{_verdict(evidence)}: {_change(evidence)}"
    if evidence.finding == "worse":
        claim += "; keep the original"
    if evidence.stands_in and evidence.ended_by is None:
        claim += f"; {_why_stands_in(evidence)}, so this is the best candidate that it evaluated"
    return f"{claim}.{_remedy(evidence)}"


def _of_candidate(evidence: Evidence) -> str:
    """The sentence that says what may be claimed of a candidate that was given, not searched for."""
    if evidence.improved is None and not evidence.refused:
        return "No difference: both are the same program."
    if evidence.improved is None:
        return f"Worse: {_refused(evidence)}; it was not measured."
    if evidence.fails_in_training and evidence.improved.last.verdict == "ok":
        train = evidence.improved.train
        return (
            f"Worse: the candidate fails on an input that sizes the comparison ({gist(train.error) or train.verdict})."
        )
    if evidence.verified is not None:
        known = evidence.best_known.get(VALUE)
        claim = construction_claim(evidence.verified, known, evidence.facts.published)
        return f"{'; '.join([f'{_verdict(evidence)}: {claim}', *_limits(evidence)])}."
    change, could = _change(evidence), evidence.could_show
    match evidence.finding:
        case "worse":
            return f"Worse: {change}."
        case "no significant improvement" if _is_same(evidence):
            return f"No difference: {change}."
        case "no significant improvement" if could is not None and not evidence.pays_too_late:
            largest = _largest(evidence)
            if evidence.asked is not None and largest <= evidence.asked:
                return f"No difference larger than {_share(evidence, largest)}: {change}."
            return f"No difference shown: {change}; a difference of {_share(evidence, could)} or more would probably have shown."
        case "no significant improvement":
            return f"No difference shown: {change}."
        case _:
            return f"{_verdict(evidence)}: {change}.{_remedy(evidence)}"


def _largest(evidence: Evidence) -> float:
    """The largest difference inside the interval, in the unit of `could_show`."""
    assert evidence.gain is not None and evidence.gain.change.interval is not None
    largest = max(map(abs, evidence.gain.change.interval))
    return math.expm1(largest) if evidence.is_ratio else largest


def _share(evidence: Evidence, amount: float) -> str:
    """`3%`, or of a score `0.03`, rounded up as the end of an interval is."""
    return f"{written(100 * amount, 1, digits=2)}%" if evidence.is_ratio else written(amount, 1, digits=2)


def _refused(evidence: Evidence) -> str:
    """A clause that says which tests the best candidate fails, and how many others were tried in its place."""
    first, *others = evidence.refused
    tests = quantity(len(first.failing), "test")
    best = (
        f"the best of {quantity(evidence.cost.candidates, 'candidate')}"
        if evidence.cost.candidates > 1
        else "the candidate"
    )
    more = f", and so do the next {len(others)} that are better in training" if len(others) > 1 else ""
    more = ", and so does the next that is better in training" if len(others) == 1 else more
    passes = "passes" if len(first.failing) == 1 else "pass"
    such_as = "" if len(first.failing) == 1 else "such as "
    example = escape(first.failing[0], 200)
    return f"{best} fails {tests} that {passes} for the original, {such_as}{example}{more}"


def _remedy(evidence: Evidence) -> str:
    """A sentence that says how to accept a program that is held back; empty for any other."""
    if not evidence.is_held_back:
        return ""
    if not evidence.searched:  # a user of `strop compare` has the patch already
        wanted = f" If that is wanted, give {switched('fixed_input')}."
        trusted = f" If you trust both programs, give {option('trust_programs')}."
        return {"better on its fixed input": wanted, "by its own score": trusted}.get(evidence.finding, "")
    if evidence.finding == "better on its fixed input":
        return f" If that is wanted, give {switched('fixed_input')}; strop apply --unproven applies this patch."
    return " Read the patch: strop apply --unproven."


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


def _calls(evidence: Evidence, template: str) -> str:
    """How many LM calls the improver used, put into `template`; empty if it used all."""
    used, grant = evidence.cost.lm_calls, evidence.grant
    if grant is None or used >= grant.lm_calls:
        return ""
    return template.format(f"{used} of {quantity(grant.lm_calls, 'LM call')}")


def _verdict(evidence: Evidence) -> str:
    match evidence.finding:
        case "better" | "better on its fixed input" | "a better construction" | "by its own score":
            return evidence.finding.capitalize()
        case "no significant improvement" if evidence.verified is None and not _is_same(evidence):
            return "No significant improvement"
        case _:
            return "No improvement"


def _is_same(evidence: Evidence) -> bool:
    """Whether all measurements of both programs are equal."""
    if evidence.gain is None or evidence.improved is None:
        return False
    name, last = evidence.gain.metric.name, evidence.improved.last
    after, before = ([row[name] for row in rows] for rows in (last.metrics, last.original_metrics))
    return not any(differences(after, before))


def _why_stands_in(evidence: Evidence) -> str:
    if evidence.improvement.solution is None:
        return _failure(evidence)
    if evidence.improvement.solution == evidence.original.text:
        return "the improver returned the original"
    if digest_of(evidence.improvement.solution) in {candidate.digest for candidate in evidence.refused}:
        return "the returned program fails tests that pass for the original"
    return "the returned program did not score as well in training"


def _failure(evidence: Evidence) -> str:
    reason = evidence.improvement.detail.split("\n")[0] or "no reason given"
    return f"the improver failed ({evidence.improvement.outcome}: {reason})"


def _change(evidence: Evidence) -> str:
    """The change with its values, interval and instances, and the limits of the claim."""
    improved = evidence.improved
    assert improved is not None
    subject = "the candidate" if evidence.stands_in or not evidence.searched else "the returned program"
    if evidence.gain is None:
        # What training says quotes the difference.
        failed = improved.train if evidence.fails_in_training and not evidence.searched else improved.last
        reason = gist(failed.error) or failed.verdict
        where = "on held-out instances" if evidence.holds_out else "when it is evaluated again"
        where = where if evidence.searched else "on an input" if evidence.holds_out else "when it is evaluated"
        return f"{subject} fails {where} ({reason})"
    change = _in_metric(evidence, improved, evidence.gain)
    is_said = evidence.finding == "worse" and evidence.searched and not _is_same(evidence)
    worse = f"{subject} is worse, " if is_said else ""
    return "; ".join([f"{worse}{change}", *filter(None, _limits(evidence))])


def _limits(evidence: Evidence) -> Iterator[str]:
    """The clauses that limit the claim."""
    own = escape(evidence.own_score_because, 300)
    if evidence.removes:
        names, more = evidence.removes[:MOST_REMOVED], len(evidence.removes) - MOST_REMOVED
        yield escape(f"it removes {', '.join(names)}", 300) + f" and {more} more" * (more > 0)
    if evidence.improved is not None and (failures := evidence.improved.last.failures):
        of = len(evidence.improved.last.scores) + failures[0] * (not evidence.facts.metric.is_score)
        held = "held-out instances" if evidence.searched else "inputs"
        where = held if evidence.holds_out else "evaluations"
        yield f"the original fails on {failures[0]} of {of} {where}, the improved program on {failures[1] or 'none'}"
    if evidence.gain is not None and evidence.improved is not None:
        new = evidence.improved.last.verdicts
        failing = sum(verdict != "ok" for verdict in new)
        if failing and (newly := failing - sum(evidence.improved.last.failures[1:])):
            program, where = (
                ("the improved program", "held-out instances") if evidence.searched else ("the candidate", "inputs")
            )
            why = gist(evidence.improved.last.error) or next(verdict for verdict in new if verdict != "ok")
            yield f"{program} fails on {newly} of {len(new)} {where} on which the original does not ({why})"
    if evidence.original.train.original_varies and evidence.improved is not None:
        yield "the original's score varies between two runs on one seed"
    match evidence.finding:
        case "by its own score":
            yield own
        case "better" | "better on its fixed input":
            if evidence.is_fixed:
                yield ONE_ANSWER
            if own:
                yield f"{own}, and --trust-programs accepts that"
            if evidence.trusts_scorer:
                yield "its scorer was not tested with spoiled answers, and --trust-scorer accepts that"
        case _:
            pass


def _in_metric(evidence: Evidence, improved: ScoredProgram, gain: Gain) -> str:
    """The change of the metric, with its values and what else was measured."""
    metric, n = gain.metric, gain.change.n
    where = _where(evidence, same=gain.deterministic)
    if _is_same(evidence):
        return f"{escape(metric.name, 40)} unchanged at {valued(metric, gain.after)}{of_what(metric)}, {where}"
    change = (
        f"{size(gain)}, {values(gain)}{_calls_measured(evidence, improved.last)}{_known(evidence, metric)}, {where}"
    )
    change += f"{_loading(evidence)}{_setbacks(evidence, gain)}"
    change += f"{_beside(improved.last)}{_varied(evidence)}"
    least_n = least_pairs(evidence.confidence)
    few = n < least_n and evidence.finding == "no significant improvement"
    return f"{change}; at least {least_n} are needed to show a difference" if few else change


def _known(evidence: Evidence, metric: MetricFacts) -> str:
    """The best known value as ` (best known 2.6)`; empty if none is declared."""
    best_known = evidence.best_known.get(metric.name)
    return "" if best_known is None else f" (best known {valued(metric, best_known, 3)})"


def _setbacks(evidence: Evidence, gain: Gain) -> str:
    """A clause about the instances on which a better program is much worse; empty if there are none."""
    if evidence.finding not in ("better", "by its own score") or not gain.setbacks:
        return ""
    worse = "as slow" if gain.metric.reader in TIMES else f"worse in {escape(gain.metric.name, 40)}"
    return f"; up to {plain(max(gain.setbacks), 2)}x {worse} on {len(gain.setbacks)} of them"


def _loading(evidence: Evidence) -> str:
    """A clause about the loading time of a function's program, if it clearly differs from the original's. If it is longer, the
    clause also tells the number of calls after which that pays."""
    before, after = evidence.loading or (0.0, 0.0)
    is_clear = max(after, before) >= max(LEAST_LOADING, LOADS_CLEARLY * min(after, before))
    if not is_clear and not evidence.pays_too_late:
        return ""
    loading = f"loading takes {seconds_in_words(after)} instead of {seconds_in_words(before)}"
    if after <= before:
        return f"; {loading}"
    calls = quantity(math.ceil(evidence.pays_after), "call", ",")
    pays = f", which pays after {calls}" if evidence.pays_after else ""
    made = f", and the recorded run made {evidence.facts.made:,}" if evidence.pays_too_late else ""
    return f"; but {loading}{pays}{made}"


def _beside(measured: Evaluation) -> str:
    """A clause about what the original's processes take beside the calls, if that is more than the calls take."""
    means = means_of(measured.original_metrics)
    if not all(part in means for part in BESIDE):
        return ""
    calls, beside = means[SECONDS] * means[CALLS], sum(means[part] for part in BESIDE)
    if beside <= calls:
        return ""
    return (
        f"; a batch takes {seconds_in_words(calls)} in its calls and {seconds_in_words(beside)} beside them, to pass "
        "arguments and answers"
    )


def _calls_measured(evidence: Evidence, measured: Evaluation) -> str:
    """The words behind a time that say which calls of a function it measures: ` of a first call`; empty if first and later calls
    take the same."""
    calls = evidence.facts.calls
    if calls != "later":
        return " of a first call" if calls else ""
    pairs = [
        (means.get(FIRST, 0.0), means.get(SECONDS, 0.0))
        for means in (means_of(measured.original_metrics), measured.means)
    ]
    if not any(keeps_something(first, later) for first, later in pairs):
        return ""
    before, after = (seconds_in_words(first) for first, _ in pairs)
    return f" of later calls (a first one takes {after} instead of {before})"


def _varied(evidence: Evidence) -> str:
    """A clause about times of one program that differed much on the same training instances; empty if they did not."""
    original, candidate = evidence.varied or (1.0, 1.0)
    if original >= VARIED:
        return f"; times of the original varied {plain(original, 2)}-fold: a busy machine, or random numbers of its own"
    return f"; its times vary by themselves, {plain(candidate, 2)}-fold" if candidate >= VARIED * original else ""


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
    named = f" of {' and '.join(f'`{escape(command, 120)}`' for command in commands)}" if commands else ""
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
