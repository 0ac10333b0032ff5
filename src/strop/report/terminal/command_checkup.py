"""What strop check found of a task that a command scores: a document for programs, tables for people."""

from __future__ import annotations

import json
from typing import TypedDict

from rich.console import Console
from rich.text import Text

from strop.base.pluralize import quantity
from strop.check.command import NOT_TRIED, CommandCheckup, CommandExhibit
from strop.report.terminal.checkup import (
    VERDICTS,
    FindingDocument,
    check_sentence,
    finding_document,
    print_finding,
    print_hacks,
)
from strop.report.terminal.documents import SCHEMA_VERSION
from strop.report.terminal.tables import new_table, say
from strop.report.terminal.words import escape, seconds_in_words
from strop.tasks.command.objective import TIMES


class CommandHackDocument(TypedDict):
    """One hack of the museum for commands."""

    hack: str
    title: str
    tried: str
    means: str
    change: str
    verdict: str
    utility: float
    said: str
    finding: str | None


class OriginalDocument(TypedDict):
    """How the original fared."""

    values: dict[str, float]
    same_seed: list[dict[str, float]]
    other_seeds: list[dict[str, float]]
    deterministic: bool | None
    seed_matters: bool | None
    time_share: float


class CommandCheckDocument(TypedDict):
    """What `strop check --json` prints of a task that a command scores."""

    schema_version: int
    task: str
    sentence: str
    broken: bool
    command: str
    readers: dict[str, str]
    original: OriginalDocument
    findings: list[FindingDocument]
    museum: list[CommandHackDocument]


def command_check_document(checkup: CommandCheckup) -> CommandCheckDocument:
    """The document of a check."""
    original, task = checkup.original, checkup.task
    return {
        "schema_version": SCHEMA_VERSION,
        "task": task.name,
        "sentence": check_sentence(task.name, checkup.findings, [each.verdict for each in _tried(checkup)]),
        "broken": checkup.broken,
        "command": task.command,
        "readers": dict(task.objective.readers),
        "original": {
            "values": original.values,
            "same_seed": [dict(each) for each in original.same],
            "other_seeds": [dict(each) for each in original.others],
            "deterministic": original.deterministic if original.same else None,
            "seed_matters": original.seed_matters,
            "time_share": original.share,
        },
        "findings": [finding_document(each) for each in checkup.findings],
        "museum": [
            {
                "hack": each.hack.name,
                "title": each.hack.title,
                "tried": each.hack.tried,
                "means": each.hack.means,
                "change": each.hack.change,
                "verdict": each.verdict,
                "utility": each.utility,
                "said": each.said,
                "finding": each.finding.id if each.finding else None,
            }
            for each in checkup.exhibits
        ],
    }


def print_command_check(checkup: CommandCheckup, console: Console, *, verbose: bool = False) -> None:
    """What to change, what was looked at, and the museum's verdicts: one line, or a row for each hack where `verbose`."""
    tried = _tried(checkup)
    verdicts = [each.verdict for each in tried]
    say(console, check_sentence(checkup.task.name, checkup.findings, verdicts), style="bold")
    means = {(each.hack.name, each.hack.finding): each.hack.means for each in checkup.exhibits}
    for finding in checkup.findings:
        print_finding(finding, means, console)
    _facts(checkup, console)
    print_hacks(verdicts, console)
    if tried and verbose:
        rows = new_table("verdict", "hack", "what came of it", console=console)
        room = max(console.width - max(map(len, VERDICTS)) - TITLE - 8, 12)
        for each in sorted(tried, key=lambda one: VERDICTS.index(one.verdict)):
            style = {"broken": "bold red", "suspicious": "yellow"}.get(each.verdict, "")
            title, came = Text(escape(each.hack.title, TITLE)), Text(escape(_came(each), room))
            rows.add_row(Text(each.verdict, style=style), title, came)
        console.print(rows)


def _tried(checkup: CommandCheckup) -> list[CommandExhibit]:
    """The hacks that found something to be put into."""
    return [each for each in checkup.exhibits if not each.said.startswith(NOT_TRIED)]


TITLE = 34
"""Characters of a hack's title."""


def _came(each: CommandExhibit) -> str:
    """What became of a hack, in a few words; the document has all of them."""
    if each.finding is not None:
        return each.finding.id
    if each.verdict == "harmless":
        return "gains nothing"
    how, _, said = each.said.partition(": ")
    return f"{how}: {said.rpartition(' ... ')[2]}"


def score_is(output: str) -> str:
    """How the runner of an evaluator chose the score, as it says itself: a metric's name, or the mean of which; else empty."""
    try:
        found = json.loads(output)
    except (ValueError, RecursionError):
        return ""
    return str(found.get("score_is", "")) if isinstance(found, dict) else ""


def _facts(checkup: CommandCheckup, console: Console) -> None:
    original, task = checkup.original, checkup.task
    say(console, f"command: {escape(task.command, 200)}")
    for name, reader in task.objective.readers.items():
        found = original.values.get(name)
        value = "none" if found is None else seconds_in_words(found) if reader in TIMES else f"{found:.6g}"
        chosen = score_is(original.output) if reader == "$.score" else ""
        say(
            console,
            f"score {name}: {value}, read as {escape(reader, 80)}" + (f", {escape(chosen, 120)}" if chosen else ""),
        )
    if not original.same:
        return
    runs = quantity(len(original.same), "run")
    if original.deterministic:
        matters = (
            "others"
            if original.seed_matters
            else "the same: the score ignores the seed; repeating it adds no information"
        )
        say(console, f"original: {runs} with one seed came to the same, those with other seeds to {matters}")
    elif any(finding.id == "C404" for finding in checkup.findings):  # a time differs in every run: no news
        say(console, f"original: {runs} with one seed differ in their score")
    say(console, f"limits: the slowest run took {original.share:.0%} of {task.time_limit:g} s")
