"""Phrases that several reports share: counts, durations, and which model answered."""

from __future__ import annotations

from collections.abc import Mapping

from strop.base.terminal_text import escape
from strop.lm.options import named

GLOSSARY = {
    "û": "meta-utility: mean utility, 0 to 1, of programs an improver makes",
    "u(s)": "utility of the task's seed solution",
    "held-out": "instances the search never saw, where the task has any others",
    "copy": "one repetition of the task; ± is one standard error over the copies",
    "pair": "candidate and incumbent on the same fresh training instances",
    "interval": "95%: û by bets; differences by sign flips of pairs, deals of copies",
    "evidence": "what the pairs say for the candidate; the threshold accepts it",
}
"""Terms of the paper that tables and pages use → their meaning, in one line of 80 columns."""
RUN_TERMS = ("û", "held-out", "copy", "pair", "interval", "evidence")
"""The terms that the tables of a run use."""


def model_line(model: str, is_language_model: bool) -> str:
    """Which model answered, and whether it is a language model; empty if the record names no model."""
    standing = (
        "" if is_language_model else "; a stand-in answered, not a language model: the scores say nothing about one"
    )
    return f"model: {named(model)}{standing}" if model else ""


def ruled(title: str, unsandboxing: bool) -> str:
    """The title of an audit rule, marked if the rule counts as unsandboxing."""
    return f"{title} (unsandboxing)" if unsandboxing else title


def counted(counts: Mapping[str, int]) -> str:
    """`ok 120, raised 3`, the most frequent first; `-` for none."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ordered) or "-"


def edits_line(counts: Mapping[str, int]) -> str:
    """`Edited.outcome` → count, in one line; empty if no response held edits.

    E.g. `edits in responses: 12 applied (3 of them fuzzily), 2 did not fit`.
    """
    fuzzily, failed = counts.get("applied fuzzily", 0), counts.get("failed", 0)
    applied = counts.get("applied", 0) + fuzzily
    if not applied + failed:
        return ""
    line = f"edits in responses: {applied} applied" + (f" ({fuzzily} of them fuzzily)" if fuzzily else "")
    if failed:
        line += f", {failed} did not fit"
    return line


def duration(seconds: float) -> str:
    """Seconds in words: `8.1 s`, `2:05` or `1:02:05`."""
    if seconds < 59.95:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def own_score_line(task: str, reason: str) -> str:
    """A line saying that the program of a task computes its own score, and why."""
    return f"{escape(task, 80)}: its score is the program's own: {escape(reason, 200)}"
