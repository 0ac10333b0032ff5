"""What changed from one program of a record to another: `strop show --diff`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strop.analysis.stats import group_difference, score_difference
from strop.base.errors import ConfigurationError, Malformed
from strop.base.pluralize import quantity
from strop.base.solution import digest_of, short
from strop.base.terminal_text import escape
from strop.base.unified_diff import unified_files
from strop.runs.claims.numbers import interval_in_brackets
from strop.runs.patching.source_files import Original
from strop.runs.programs import best_in, programs_in
from strop.runs.results.improved import Improved, read_improved
from strop.runs.run_data import RunData, read_run
from strop.store import Store


@dataclass(frozen=True)
class ProgramDifference:
    """What changed from one program of a record to another."""

    a: str
    """The first program: its name and the first digits of its digest."""
    b: str
    """The second program."""
    sentence: str
    """The change in score; for an original and its solution as `strop improve` says it. Empty if it was not measured."""
    diff: str
    """Unified diff with line ends; empty if both are the same program."""


@dataclass(frozen=True)
class _Named:
    name: str
    text: str
    train: tuple[float, ...] = ()
    test: tuple[float, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}, {short(digest_of(self.text))}"


def difference_in(store: Store, a: str, b: str) -> ProgramDifference:
    """Two programs of a record of `strop run`, named by t, or of `strop improve`, named `original`, `solution` and `best`; others
    by four or more digits of their digests.

    Raises:
        ConfigurationError: the record has no such program.
    """
    run = read_run(store)
    tried_with = _scores(run)
    improved = read_improved(store) if run.meta.get("kind") == "improve" else None
    if improved is None:
        programs = [_Named(f"I_{end.t}", run.text(end.improver), end.train, end.test) for end in run.iterations]
    else:
        texts = {"original": improved.source.program, "solution": improved.program, "best": best_in(run)}
        # Under the digest that lists name: of the candidate as it was first evaluated, not of its normal form.
        tried = {str(_files(text, improved.source)): text for text in reversed([*tried_with])}
        found = {name: tried.get(str(_files(text, improved.source)), text) for name, text in texts.items() if text}
        programs = [_Named(name, text, tried_with.get(text, ())) for name, text in found.items()]
    programs += [_Named("candidate", text, scores) for text, scores in tried_with.items()]
    first, second = (_find(programs, name) for name in (a, b))
    sentence = _change(first, second, are_copies=improved is None)
    if isinstance(improved, Improved) and (first.name, second.name) == ("original", "solution"):
        sentence = improved.sentence
    before, after = (_files(each.text, improved.source if improved else None) for each in (first, second))
    return ProgramDifference(str(first), str(second), sentence, unified_files(before, after))


def _scores(run: RunData) -> dict[str, tuple[float, ...]]:
    """Program → the scores of its first evaluation in training."""
    return {run.text(each.digest): each.first_scores for each in programs_in(run) if each.digest is not None}


def _files(text: str, original: Original | None) -> dict[str, str]:
    if original is None:
        return {"improver.py": text}
    try:
        return dict(original.files if text == original.program else original.written(text))
    except Malformed:
        return {next(iter(original.files)): text}


def _find(programs: Sequence[_Named], name: str) -> _Named:
    exact = [each for each in programs if name in (each.name, each.name.removeprefix("I_"))][:1]
    found = exact or [each for each in programs if len(name) >= 4 and digest_of(each.text).startswith(name)]
    if len({each.text for each in found}) > 1:
        raise ConfigurationError(f"{quantity(len(found), 'program')} begin with {escape(name)}; give more digits")
    if not found:
        has = ", ".join(each.name for each in programs if each.name != "candidate") or "no finished iteration"
        raise ConfigurationError(f"the record has no {escape(repr(name), 80)}: it has {has}, and digests of candidates")
    return found[0]


def _change(a: _Named, b: _Named, *, are_copies: bool) -> str:
    """`+0.043 on the test split (95% interval -0.010 to +0.096)`: b minus a where both were measured, or in training. Their
    scores are those of copies, or of the same instances."""
    where, first, second = ("on the test split", a.test, b.test)
    if not first or not second:
        where, first, second = ("in training, the split that selects candidates", a.train, b.train)
    if not first or len(first) != len(second) or a.text == b.text:
        return ""
    change = group_difference([second], [first]) if are_copies else score_difference(second, first)
    return f"{change.mean:+.3f} {where}{interval_in_brackets(change.interval, '+')}"
