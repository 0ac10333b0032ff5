"""Counts, durations and notices in words, for every report."""

from __future__ import annotations

from collections.abc import Mapping

from strop.base.terminal_text import escape
from strop.lm.options import MIX, members, read_spec

OFFLINE_NOTICE = "{name}: a built-in stand-in, not a language model; its scores say nothing about real models"
OFFLINE_PAIR_NOTICE = "{name}: built-in stand-ins, not language models; their scores say nothing about real models"
MIXED_NOTICE = "{name}: in part a built-in stand-in, not a language model; their scores say nothing about real models"

GLOSSARY = {
    "û": "meta-utility: mean utility, 0 to 1, of programs an improver makes",
    "u(s)": "utility of the task's seed solution",
    "test split": "instances the search never saw, where the task has any others",
    "copy": "one repetition of the task; ± is one standard error over the copies",
    "pair": "candidate and incumbent on the same fresh training instances",
    "interval": "95%: û by bets; differences by sign flips of pairs, deals of copies",
    "evidence": "what the pairs say for the candidate; the threshold accepts it",
}
"""The paper's words that tables and pages use → their meaning, in one line of 80 columns."""
RUN_WORDS = ("û", "test split", "copy", "pair", "interval", "evidence")
"""The words that the tables of a run use."""


def notice_of(name: str, is_language_model: bool) -> str:
    """The warning above every result of a model that is not a language model; empty for a language model."""
    if is_language_model:
        return ""
    if not name.startswith(MIX):
        return OFFLINE_NOTICE.format(name=name)
    models = [read_spec(member) for member in members(name)]
    built_in = all(model.split(":")[0] == "offline" for model, _ in models)
    levels = any(settings.level for _, settings in models)
    writes = [" (writes improvers)" if settings.level else " (writes programs)" for _, settings in models]
    names = " and ".join(model + told * levels for (model, _), told in zip(models, writes, strict=True))
    return (OFFLINE_PAIR_NOTICE if built_in else MIXED_NOTICE).format(name=names)


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
    """That the score of a task is the program's own, and why."""
    return f"{escape(task, 80)}: its score is the program's own: {escape(reason, 200)}"
