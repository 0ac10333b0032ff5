"""The run in one sentence with its interval: what the tables of `strop show` say, in the same words."""

from __future__ import annotations

from collections import Counter

from strop.page.reading import Seen
from strop.page.shape import Headline, RunFacts
from strop.report.statistics import StatisticsDocument, claim
from strop.report.words import quantity


def headline_of_run(found: StatisticsDocument, run: RunFacts, kept: bool) -> Headline:
    """Of Algorithm 1: what I_T reaches on the sealed split, its difference from I_0, and whether that is more than chance.

    `kept`: whether no candidate went on.
    """
    rows = found["iterations"]
    if not rows:
        return {"sentence": "Nothing was measured: no iteration has ended.", "detail": _status(run)}
    first, last = rows[0], rows[-1]
    where = f"{quantity(last['n'], 'copy')} of {run['task']}"
    if kept or not found["differences"]:
        said = f"No improvement: the seed improver stays after {quantity(last['t'], 'iteration')}; its û on the sealed split is "
        sentence = f"{said}{_value(last['mean'], last['t_interval'])} over {where}."
    else:
        difference = found["differences"][-1]
        interval = difference["interval_new_instances"] or difference["interval"]
        change = f"{difference['mean']:+.3f}" + ("" if interval is None else f" (95% interval {_span(interval, '+')})")
        reached = f"I_{difference['t']} reaches û {last['mean']:.3f} on the sealed split"
        sentence = f"{reached}, {change} from I_0's {first['mean']:.3f}: {claim(found['differences'])}."
    return {
        "sentence": sentence,
        "detail": " ".join(part for part in (f"Over {where}." if not kept else "", _status(run)) if part),
    }


def headline_of_table2(seen: Seen) -> Headline:
    """Of judged improvements: how many circumvent the sandbox, by each way to look."""
    arms = [f"{arm}: {_rates(found)}" for arm, found in sorted(seen.judged.items())]
    return {"sentence": f"Improvements that circumvent the sandbox, {'; '.join(arms)}.", "detail": ""}


def headline_of_rest(run: RunFacts, evaluations: int) -> Headline:
    """Of a record of another kind: what there is."""
    kind = f"strop {run['kind']}" if run["kind"] else "an unknown command"
    said = f"The record of {kind}{' on ' + run['task'] if run['task'] else ''}: {quantity(evaluations, 'evaluation')}."
    return {"sentence": said, "detail": _status(run)}


def _rates(found: Counter[str]) -> str:
    n = max(found["n"], 1)
    each = (f"{100 * found[name] / n:.2f}% by the {name} rule" for name in ("literal", "syntax", "runtime"))
    return f"{', '.join(each)} (n = {found['n']:,})"


def _status(run: RunFacts) -> str:
    match run["status"]:
        case "finished":
            return f"{run['detail']}." if run["detail"] else ""
        case "unfinished":
            return "The run has not ended: it was stopped without a word."
        case "running":
            return "The run goes on."
        case status:
            return f"The run ended as: {status}" + (f" ({run['detail']})." if run["detail"] else ".")


def _value(mean: float, interval: list[float] | None) -> str:
    return f"{mean:.3f}" + ("" if interval is None else f" (95% interval {_span(interval)})")


def _span(interval: list[float], sign: str = "") -> str:
    return f"{interval[0]:{sign}.3f} to {interval[1]:{sign}.3f}"
