"""The findings of `strop check` for people. docs/check.md explains them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from strop.base.pluralize import plain, quantity
from strop.base.shown import print_result
from strop.base.terminal_text import escape
from strop.checks.checked import Checked
from strop.checks.command_original import CommandOriginal
from strop.checks.findings import Finding
from strop.checks.sampled import SampledFacts
from strop.checks.verdicts import VERDICTS, AttackResult
from strop.report.terminal.layout import say
from strop.report.terminal.tables import fitting, print_table

_NAMED = 4
"""Attacks that a finding names; the document has all of them."""
_TITLE = 34
"""Characters of an attack's title beside its outcome."""
_STYLES = {"broken": "bold red", "suspicious": "yellow"}


@print_result.register(Checked)
def print_checked(check: Checked, console: Console, *, verbose: bool = False) -> None:
    """The findings and what to change, the facts, and the attacks: one line, or a row for each attack if `verbose`."""
    say(console, check.sentence, style="bold")
    means = {(result.attack.name, result.attack.finding): result.attack.means for result in check.attacks}
    for finding in check.findings:
        _print_finding(finding, means, console)
    if isinstance(check.facts, CommandOriginal):
        _print_command_facts(check.facts, console)
    elif check.facts is not None:
        _print_sampled_facts(check.facts, check.instances, console)
    tried = sorted(check.tried, key=lambda result: VERDICTS.index(result.verdict))
    if tried:
        verdicts = [result.verdict for result in tried]
        counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in VERDICTS if verdict in verdicts]
        say(console, f"{quantity(len(tried), 'attack')}: {', '.join(counts)}")
    if tried and verbose:
        _print_attacks(tried, isinstance(check.facts, CommandOriginal), console)


def _print_attacks(results: Sequence[AttackResult], is_command: bool, console: Console) -> None:
    """A row for each attack: its verdict with the score, or with the outcome for a command, which has no such score."""
    room = max(console.width - max(map(len, VERDICTS)) - _TITLE - 8, 12)
    rows: list[tuple[str | Text, ...]] = []
    for result in results:
        verdict = Text(result.verdict, style=_STYLES.get(result.verdict, ""))
        if is_command:
            rows.append((verdict, escape(result.attack.title, _TITLE), escape(_outcome(result), room)))
        else:
            score = "-" if result.verdict == "refused" else f"{result.utility:.3f}"
            finding = result.finding.id if result.finding else ""
            rows.append((escape(result.attack.title, 48), verdict, score, finding))
    heads = ("verdict", "attack", "outcome") if is_command else ("attack", "verdict", "score", "finding")
    print_table(console, heads, rows)


def _outcome(result: AttackResult) -> str:
    """The outcome of an attack on a command, in a few words; the document has all of them."""
    if result.finding is not None:
        return result.finding.id
    if result.verdict == "harmless":
        return "gains nothing"
    outcome, _, reason = result.detail.partition(": ")
    return f"{outcome}: {reason.rpartition(' ... ')[2]}"


def _print_finding(finding: Finding, means: Mapping[tuple[str, str], str], console: Console) -> None:
    """A finding's title, what was seen, why it matters and what to change; `means`: (attack, finding) → why."""
    title = f"{finding.id} {finding.level}: {finding.title}"
    say(console, title, style="bold" if finding.level == "broken" else "")
    details = [finding.detail]
    if finding.attacks[1:]:
        more = finding.attacks[_NAMED:]
        details.append(f"seen with {', '.join(finding.attacks[:_NAMED])}" + (f" and {len(more)} more" if more else ""))
    if finding.level != "note":
        details += [f"why: {means[name, finding.id]}" for name in finding.attacks[:1] if (name, finding.id) in means]
        details += [f"change: {finding.change}"] if finding.change else []
    for line in details:
        console.print(Padding(Text(fitting(console, escape(line, 400))), (0, 0, 0, 5), expand=False))


def _print_sampled_facts(facts: SampledFacts, instances: int, console: Console) -> None:
    seed, scorer, draws, base = facts.seed, facts.scorer, facts.draws, facts.base
    if seed is not None:
        spread = "" if seed.deviation is None else f", standard deviation {plain(seed.deviation)}"
        say(console, f"seed: utility {seed.utility:.4f} in {quantity(len(seed.utilities), 'evaluation')}{spread}")
        say(console, f"limits: the slowest call of the seed took {seed.cpu_share:.0%} of {seed.time_limit:g} s")
    if scorer is not None:
        times = f"{draws.seconds * 1000:.2f} ms to draw an instance, {scorer.seconds * 1000:.2f} ms to score one"
        say(console, f"host: {times}")
    if base is not None:
        score = sum(base.scores) / len(base.scores)
        say(console, f"attacks: {quantity(instances, 'instance')}, compared with {base.name}, {score:.4f}")


def _print_command_facts(original: CommandOriginal, console: Console) -> None:
    say(console, f"command: {escape(original.command, 200)}")
    for line in original.read.values():
        say(console, escape(line, 300))
    if not original.same:
        return
    runs = quantity(len(original.same), "run")
    if original.deterministic:
        ignored = "the same values: the score ignores the seed; repeating it adds no information"
        others = "other values" if original.seed_matters else ignored
        say(console, f"original: {runs} with one seed gave the same values, runs with other seeds {others}")
    elif any(finding.id == "C404" for finding in original.findings):  # a time differs in every run: not worth a line
        say(console, f"original: {runs} with one seed differ in their score")
    again = original.repeated
    if again.runs and not again.differing:
        seen = f"an output that varies in 3% of runs would have shown with probability {again.seen(0.03):.0%}"
        say(console, f"output: the same in {quantity(again.runs, 'run')} with one seed; {seen}")
    say(console, f"limits: the slowest run took {original.share:.0%} of {original.task.time_limit:g} s")
