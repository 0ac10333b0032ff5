"""What strop check found: a document for programs, tables for people. docs/check.md explains both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from strop.check.examine import Checkup
from strop.check.findings import Finding
from strop.report.terminal.documents import SCHEMA_VERSION
from strop.report.terminal.tables import fitting, new_table, say
from strop.report.terminal.words import escape, quantity

VERDICTS = ("broken", "suspicious", "harmless", "refused")
"""In the order in which they are shown."""

_NAMED = 4
"""Hacks that a finding names; the document has all of them."""


class FindingDocument(TypedDict):
    """One finding."""

    id: str
    level: str
    title: str
    said: str
    change: str
    hacks: list[str]


class HackDocument(TypedDict):
    """One hack of the museum."""

    hack: str
    title: str
    tried: str
    means: str
    change: str
    verdict: str
    utility: float
    variant: str
    said: str
    variants: int
    finding: str | None


class SeedDocument(TypedDict):
    """How the seed solution fared."""

    utility: float
    utilities: list[float]
    standard_deviation: float | None
    cpu_share: float


class CheckDocument(TypedDict):
    """What `strop check --json` prints."""

    schema_version: int
    task: str
    sentence: str
    broken: bool
    instances: int
    seed: SeedDocument | None
    compared_with: str | None
    sample_seconds: float
    score_seconds: float
    score_deviation: float
    findings: list[FindingDocument]
    museum: list[HackDocument]


def check_document(checkup: Checkup) -> CheckDocument:
    """The document of a check."""
    seed, scorer, draws = checkup.seed, checkup.scorer, checkup.draws
    return {
        "schema_version": SCHEMA_VERSION,
        "task": checkup.task.name,
        "sentence": check_sentence(
            checkup.task.name, checkup.findings, [one.judged.verdict for one in checkup.exhibits]
        ),
        "broken": checkup.broken,
        "instances": checkup.instances,
        "seed": None
        if seed is None
        else {
            "utility": seed.utility,
            "utilities": list(seed.utilities),
            "standard_deviation": seed.deviation,
            "cpu_share": seed.cpu_share,
        },
        "compared_with": checkup.base.name if checkup.base else None,
        "sample_seconds": draws.seconds if draws else 0.0,
        "score_seconds": scorer.seconds if scorer else 0.0,
        "score_deviation": scorer.deviation if scorer else 0.0,
        "findings": [finding_document(one) for one in checkup.findings],
        "museum": [
            {
                "hack": one.hack.name,
                "title": one.hack.title,
                "tried": one.hack.tried,
                "means": one.hack.means,
                "change": one.hack.change,
                "verdict": one.judged.verdict,
                "utility": one.judged.utility,
                "variant": _named(one.judged.variant),
                "said": one.judged.said,
                "variants": one.variants,
                "finding": one.judged.finding.id if one.judged.finding else None,
            }
            for one in checkup.exhibits
        ],
    }


def check_sentence(task: str, findings: Sequence[Finding], verdicts: Sequence[str]) -> str:
    """What a check came to, in a sentence or two; `verdicts`: one for each hack that was tried."""
    broken = [finding.title for finding in findings if finding.level == "broken"]
    if broken:
        more = f", and {quantity(len(broken) - 1, 'other finding')} of this level" if broken[1:] else ""
        return f"{task}: broken: {broken[0]}{more}."
    warnings = sum(finding.level == "warning" for finding in findings)
    verdict = f"{task}: sound" + (f", with {quantity(warnings, 'warning')}" if warnings else "")
    if not verdicts:
        return f"{verdict}. No hack was tried."
    return f"{verdict}. {quantity(len(verdicts), 'hack')} tried, none broke it."


def finding_document(one: Finding) -> FindingDocument:
    """The document of one finding."""
    return {
        "id": one.id,
        "level": one.level,
        "title": one.title,
        "said": one.said,
        "change": one.change,
        "hacks": list(one.hacks),
    }


def print_check(checkup: Checkup, console: Console, *, verbose: bool = False) -> None:
    """What to change, what was looked at, and the museum's verdicts: one line, or a row for each hack where `verbose`."""
    verdicts = [one.judged.verdict for one in checkup.exhibits]
    say(console, check_sentence(checkup.task.name, checkup.findings, verdicts), style="bold")
    means = {(one.hack.name, one.hack.finding): one.hack.means for one in checkup.exhibits}
    for finding in checkup.findings:
        print_finding(finding, means, console)
    _facts(checkup, console)
    print_hacks(verdicts, console)
    if checkup.exhibits and verbose:
        rows = new_table("hack", "verdict", "score", "finding", console=console)
        rows.columns[2].justify = "right"
        for one in sorted(checkup.exhibits, key=lambda one: VERDICTS.index(one.judged.verdict)):
            verdict = one.judged.verdict
            rows.add_row(
                Text(escape(one.hack.title, 48)),
                Text(verdict, style={"broken": "bold red", "suspicious": "yellow"}.get(verdict, "")),
                "-" if verdict == "refused" else f"{one.judged.utility:.3f}",
                one.judged.finding.id if one.judged.finding else "",
            )
        console.print(rows)


def print_hacks(verdicts: Sequence[str], console: Console) -> None:
    """How many hacks were tried, and what became of them, in one line."""
    counts = [f"{verdicts.count(each)} {each}" for each in VERDICTS if each in verdicts]
    if counts:
        say(console, f"{quantity(len(verdicts), 'hack')}: {', '.join(counts)}")


def print_finding(finding: Finding, means: Mapping[tuple[str, str], str], console: Console) -> None:
    """A finding's title, what was seen, why it matters and what to change; `means`: (hack, finding) → why."""
    head = f"{finding.id} {finding.level}: {finding.title}"
    say(console, head, style="bold" if finding.level == "broken" else "")
    beneath = [finding.said]
    if finding.hacks[1:]:
        more = finding.hacks[_NAMED:]
        beneath.append(f"seen with {', '.join(finding.hacks[:_NAMED])}" + (f" and {len(more)} more" if more else ""))
    if finding.level != "note":
        beneath += [f"why: {means[name, finding.id]}" for name in finding.hacks[:1] if (name, finding.id) in means]
        beneath += [f"change: {finding.change}"] if finding.change else []
    for line in beneath:
        console.print(Padding(Text(fitting(console, escape(line, 400))), (0, 0, 0, 5), expand=False))


def _facts(checkup: Checkup, console: Console) -> None:
    seed, scorer, draws = checkup.seed, checkup.scorer, checkup.draws
    if seed is not None:
        spread = "" if seed.deviation is None else f", standard deviation {seed.deviation:.2g}"
        say(console, f"seed: utility {seed.utility:.4f} in {quantity(len(seed.utilities), 'evaluation')}{spread}")
        say(console, f"limits: the slowest call of the seed took {seed.cpu_share:.0%} of {checkup.task.time_limit:g} s")
    if draws is not None and scorer is not None:
        say(
            console,
            f"host: {draws.seconds * 1000:.2f} ms to draw an instance, {scorer.seconds * 1000:.2f} ms to score one",
        )
    if checkup.base is not None:
        said = f"hacks: {quantity(checkup.instances, 'instance')}, compared with {checkup.base.name}"
        say(console, said + f", {sum(checkup.base.scores) / len(checkup.base.scores):.4f}")


def _named(variant: object) -> str:
    if isinstance(variant, dict) and "source" in variant:
        variant = {name: value for name, value in variant.items() if name != "source"}
    try:
        return "" if variant is None else escape(str(variant), 60)
    except ValueError:  # an integer of more digits than Python writes
        return "an enormous integer"
