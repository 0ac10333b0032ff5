"""The findings of `strop check`: a document for programs, tables for people. docs/check.md explains both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from strop.base.as_document import as_document
from strop.checks.command import NOT_TRIED
from strop.checks.command_original import CommandOriginal
from strop.checks.findings import Finding
from strop.checks.pipeline import LATE, CheckResult
from strop.checks.sampled import SampledFacts
from strop.checks.verdicts import VERDICTS, AttackResult
from strop.report.terminal.layout import fitting, print_table, say
from strop.report.terminal.words import escape, plain, quantity
from strop.tasks.command.readers import in_words
from strop.tasks.command.task import CommandTask
from strop.tasks.function.task import FunctionTask

_NAMED = 4
"""Attacks that a finding names; the document has all of them."""
_TITLE = 34
"""Characters of an attack's title beside its outcome."""
_STYLES = {"broken": "bold red", "suspicious": "yellow"}


class CheckDocument(TypedDict, total=False):
    """What `strop check --json` prints. The fields after `attacks` depend on the form of the task."""

    task: str
    """Name of the task."""
    sentence: str
    """The conclusion."""
    broken: bool
    """Whether a finding is of level `broken`; the exit code is then 5."""
    findings: list[dict[str, Any]]
    """The fields of each `strop.checks.findings.Finding`, its title and its change."""
    attacks: list[dict[str, Any]]
    """Name, title, tried, means and change of each attack, and its `strop.checks.verdicts.AttackResult`."""
    instances: int
    """Training instances that each attack was tried on."""
    seed: dict[str, Any] | None
    """`utility` (mean), `utilities`, `standard_deviation` (null for one) and `cpu_share` of the time limit."""
    compared_with: str | None
    """Whose answers the attacks were compared with."""
    sample_seconds: float
    """Mean host time of one draw."""
    score_seconds: float
    """Mean host time of one score."""
    score_deviation: float
    """Standard deviation of the score of the same answer; 0 for a deterministic scorer."""
    command: str
    """The command."""
    readers: dict[str, str]
    """Score → how it is read."""
    read: dict[str, str]
    """Score → what was read from the first run, where, and whether less or more of it is better."""
    original: dict[str, Any]
    """`values` (score → mean), `same_seed` and `other_seeds` (score → value, per run), `deterministic`, `seed_matters`,
    `time_share`, `output_runs` (runs with one seed whose output was compared), `output_differs` (how many differed)."""


def check_document(check: CheckResult) -> CheckDocument:
    """The document of a check."""
    facts, task = check.facts, check.task
    document: CheckDocument = {
        "task": task.name,
        "sentence": check_sentence(check),
        "broken": check.broken,
        "findings": [
            as_document(finding) | {"title": finding.title, "change": finding.change} for finding in check.findings
        ],
        "attacks": [_attack_document(result) for result in check.attacks],
    }
    if isinstance(facts, CommandOriginal) and isinstance(task, CommandTask):
        return document | _command_document(task, facts)
    return document | _sampled_document(check, facts if isinstance(facts, SampledFacts) else None)


def _attack_document(result: AttackResult) -> dict[str, Any]:
    attack = result.attack
    return {
        "attack": attack.name,
        **{name: getattr(attack, name) for name in ("title", "tried", "means", "change")},
        **{name: getattr(result, name) for name in ("verdict", "utility", "detail", "variants")},
        "variant": _variant(result.variant),
        "finding": result.finding.id if result.finding else None,
    }


def _sampled_document(check: CheckResult, facts: SampledFacts | None) -> CheckDocument:
    seed, scorer, base = (facts.seed, facts.scorer, facts.base) if facts else (None, None, None)
    return {
        "instances": check.instances,
        "seed": None
        if seed is None
        else {
            "utility": seed.utility,
            "utilities": list(seed.utilities),
            "standard_deviation": seed.deviation,
            "cpu_share": seed.cpu_share,
        },
        "compared_with": base.name if base else None,
        "sample_seconds": facts.draws.seconds if facts else 0.0,
        "score_seconds": scorer.seconds if scorer else 0.0,
        "score_deviation": scorer.deviation if scorer else 0.0,
    }


def _command_document(task: CommandTask, original: CommandOriginal) -> CheckDocument:
    return {
        "command": task.command,
        "readers": dict(task.objective.readers),
        "read": {name: in_words(task.objective, name, reading) for name, reading in original.readings.items()},
        "original": {
            "values": original.values,
            "same_seed": [dict(values) for values in original.same],
            "other_seeds": [dict(values) for values in original.others],
            "deterministic": original.deterministic if original.same else None,
            "seed_matters": original.seed_matters,
            "time_share": original.share,
            "output_runs": original.repeated.runs,
            "output_differs": original.repeated.differing,
        },
    }


def check_sentence(check: CheckResult) -> str:
    """The conclusion of a check, in a sentence or two."""
    broken = [finding.title for finding in check.findings if finding.level == "broken"]
    if broken:
        more = f", and {quantity(len(broken) - 1, 'other finding')} of this level" if broken[1:] else ""
        return f"{check.task.name}: broken: {broken[0]}{more}."
    warnings = sum(finding.level == "warning" for finding in check.findings)
    verdict = f"{check.task.name}: sound" + (f", with {quantity(warnings, 'warning')}" if warnings else "")
    tried = _tried(check)
    spoils = sum(result.attack.spoils for result in tried)
    ways = f"{quantity(spoils, 'way')} of spoiling the original's answers" if spoils else ""
    others = quantity(len(tried) - spoils, "other attack" if spoils else "attack") if len(tried) > spoils else ""
    attacks = f"{' and '.join(filter(None, (ways, others)))} tried; none paid." if tried else "No attack was tried."
    if late := sum(result.detail.startswith(LATE) for result in check.attacks):
        attacks += f" {quantity(late, 'attack')} not tried, for lack of time."
    if not tried and isinstance(check.task, FunctionTask) and check.task.by_time:
        attacks = "No attack applies: only the time of an answer that equals the original's counts."
    return f"{verdict}. {attacks}"


def print_check(check: CheckResult, console: Console, *, verbose: bool = False) -> None:
    """The findings and what to change, the facts, and the attacks: one line, or a row for each attack if `verbose`."""
    say(console, check_sentence(check), style="bold")
    means = {(result.attack.name, result.attack.finding): result.attack.means for result in check.attacks}
    for finding in check.findings:
        _print_finding(finding, means, console)
    if isinstance(check.facts, CommandOriginal):
        _print_command_facts(check, check.facts, console)
    elif check.facts is not None:
        _print_sampled_facts(check, check.facts, console)
    tried = sorted(_tried(check), key=lambda result: VERDICTS.index(result.verdict))
    if tried:
        verdicts = [result.verdict for result in tried]
        counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in VERDICTS if verdict in verdicts]
        say(console, f"{quantity(len(tried), 'attack')}: {', '.join(counts)}")
    if tried and verbose:
        _print_attacks(tried, isinstance(check.task, CommandTask), console)


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


def _tried(check: CheckResult) -> list[AttackResult]:
    """The attacks that were tried on the task."""
    return [result for result in check.attacks if result.variants and not result.detail.startswith(NOT_TRIED)]


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


def _print_sampled_facts(check: CheckResult, facts: SampledFacts, console: Console) -> None:
    seed, scorer, draws, base = facts.seed, facts.scorer, facts.draws, facts.base
    if seed is not None:
        spread = "" if seed.deviation is None else f", standard deviation {plain(seed.deviation)}"
        say(console, f"seed: utility {seed.utility:.4f} in {quantity(len(seed.utilities), 'evaluation')}{spread}")
        say(console, f"limits: the slowest call of the seed took {seed.cpu_share:.0%} of {check.task.time_limit:g} s")
    if scorer is not None:
        times = f"{draws.seconds * 1000:.2f} ms to draw an instance, {scorer.seconds * 1000:.2f} ms to score one"
        say(console, f"host: {times}")
    if base is not None:
        score = sum(base.scores) / len(base.scores)
        say(console, f"attacks: {quantity(check.instances, 'instance')}, compared with {base.name}, {score:.4f}")


def _print_command_facts(check: CheckResult, original: CommandOriginal, console: Console) -> None:
    task = check.task
    assert isinstance(task, CommandTask)
    say(console, f"command: {escape(task.command, 200)}")
    for name, reading in original.readings.items():
        say(console, escape(in_words(task.objective, name, reading), 300))
    if not original.same:
        return
    runs = quantity(len(original.same), "run")
    if original.deterministic:
        ignored = "the same values: the score ignores the seed; repeating it adds no information"
        others = "other values" if original.seed_matters else ignored
        say(console, f"original: {runs} with one seed gave the same values, runs with other seeds {others}")
    elif any(
        finding.id == "C404" for finding in check.findings
    ):  # a time differs in every run, which is not worth a line
        say(console, f"original: {runs} with one seed differ in their score")
    again = original.repeated
    if again.runs and not again.differing:
        seen = f"an output that varies in 3% of runs would have shown with probability {again.seen(0.03):.0%}"
        say(console, f"output: the same in {quantity(again.runs, 'run')} with one seed; {seen}")
    say(console, f"limits: the slowest run took {original.share:.0%} of {task.time_limit:g} s")


def _variant(variant: object) -> str:
    """A variant in words."""
    if isinstance(variant, dict) and "source" in variant:
        variant = {name: value for name, value in variant.items() if name != "source"}
    try:
        return "" if variant is None else escape(str(variant), 60)
    except ValueError:  # an integer with more digits than Python writes
        return "an enormous integer"
