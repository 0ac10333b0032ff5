"""The findings of `strop check` for people. docs/check.md explains them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import get_args

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from strop.base.pluralize import quantity
from strop.base.shown import print_result
from strop.base.terminal_text import escape
from strop.checks.findings import Checked, Finding, Tried, Verdict
from strop.report.terminal.layout import say
from strop.report.terminal.tables import fitting, print_table

_VERDICTS = get_args(Verdict)[::-1]
_STYLES = {"broken": "bold red", "warning": "yellow"}


@print_result.register(Checked)
def print_checked(check: Checked, console: Console, *, verbose: bool = False) -> None:
    """The findings and what to change, and what was tried: one line, or a row for each way if `verbose`."""
    say(console, check.sentence, style="bold")
    for finding in check.findings:
        _print_finding(finding, console)
    if check.utilities and check.scored_by != "kernel":
        times = quantity(len(check.utilities), "evaluation")
        say(console, f"original: utility {fmean(check.utilities):.4f} in {times}")
    if check.tried:
        verdicts = [one.verdict for one in check.tried]
        counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in _VERDICTS if verdict in verdicts]
        say(
            console, f"{quantity(len(verdicts), 'way')} on {quantity(check.instances, 'instance')}: {', '.join(counts)}"
        )
        if verbose:
            _print_tried(sorted(check.tried, key=lambda one: _VERDICTS.index(one.verdict)), console)


def _print_tried(tried: Sequence[Tried], console: Console) -> None:
    rows: list[tuple[str | Text, ...]] = []
    for one in tried:
        verdict = Text(one.verdict, style=_STYLES.get(one.verdict, ""))
        score = "-" if one.verdict == "refused" else f"{one.score:.3f}"
        rows.append((escape(one.title, 48), verdict, score, one.finding))
    print_table(console, ("answer", "verdict", "score", "finding"), rows)


def _print_finding(finding: Finding, console: Console) -> None:
    title = f"{finding.id} {finding.level}: {finding.title}"
    say(console, title, style="bold" if finding.level == "broken" else "")
    details = [finding.detail, *([f"change: {finding.change}"] if finding.change and finding.level != "note" else [])]
    for line in details:
        console.print(Padding(Text(fitting(console, escape(line, 400))), (0, 0, 0, 5), expand=False))
