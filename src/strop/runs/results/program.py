"""The result of `strop improve` and `strop compare` without a target: functions of a program, and the program as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path

from strop.analysis.stats import confidence_of
from strop.base.as_document import HIDDEN, computed
from strop.base.errors import RecordChanged, StoreError
from strop.base.events import FunctionChosen, ProgramRan
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.results import ProgramRuns, fields_of, runs_joined
from strop.base.terminal_text import escape
from strop.core.metric_change import Gain, program_gain
from strop.runs.claims.facts import Fact, output_of, times_of
from strop.runs.claims.gains import less
from strop.runs.claims.improvement import LONGEST
from strop.runs.claims.training import status_words
from strop.runs.kept import kept_tree
from strop.runs.patching.source_files import SourceFiles
from strop.runs.record import Record
from strop.runs.results.improved import Improved, Unfinished, read_improved
from strop.runs.results.parts import RecordedResult
from strop.runs.run_data import TotalPrice
from strop.runs.scopes import ORIGINAL_PROGRAM, comparison_of
from strop.tasks.command.bundle import ABSENT, bundled

KIND = "program"
FAMILY = 2
"""The comparison of the program has half of the error of 5%. The k-th function has 1 / 2^(k+1) of it."""


@dataclass(frozen=True, kw_only=True)
class ImprovedFunction:
    """A function of a program, and what was found of it."""

    function: str
    """Name of the function, as `strop improve` takes it."""
    share: float
    """Share of the program's CPU time that it took when it was chosen, together with what it calls."""
    finding: str
    """What was found, as `strop improve FUNCTION` says it; `passed over` if it was not measured."""
    sentence: str
    """The first line about it, or why it was passed over."""
    joined: bool
    """Whether its patch is part of the program's."""
    directory: Path | None
    """Directory of its record. Null if it was passed over."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ImprovedProgram(RecordedResult):
    """What was found of a program: of some of its functions, and of the program with all their patches, or with the given
    change."""

    kind: str = KIND
    """What the record is of: always `program`."""
    command: str
    """The command that runs the program."""
    status: str
    """How the work stands: `finished`, `interrupted`, `failed`, `budget`, `running`, or `unfinished` (its process was killed)."""
    detail: str
    """Why the work ended. Empty if it finished."""
    ended: str
    """Why no further function was chosen."""
    functions: tuple[ImprovedFunction, ...]
    """The functions in the order in which they were chosen."""
    dropped: int
    """How many of their patches were left out, because the program prints or writes something else with them."""
    whole_program: ProgramRuns | None
    """Runs of the program: of the original alone, or beside the program with the patches. Null before the first."""
    confidence: float
    """Confidence of the interval of the program's comparison."""
    is_given: bool
    """Whether the change was given, as in `strop compare`, and not searched for."""
    costs: TotalPrice
    """The price of all LM calls of all functions."""
    source: SourceFiles = field(metadata=HIDDEN)
    """The files that change, as they were."""
    program: str = field(metadata=HIDDEN)
    """The files with the patches, as one text."""
    said: tuple[str, ...] = ()
    """What to know about a given change, one line for each fact."""
    applied: str | None = None
    """Where the patch was applied, or why it was not. Null without `--apply`."""

    @computed
    def program_change(self) -> Gain | None:
        """The change of the CPU time of the program. Null if it was not run with the patches."""
        runs = self.whole_program
        return None if runs is None or not runs.metrics else program_gain(runs, self.confidence)

    @computed
    def finding(self) -> str:
        """What was found. `better`: it surely takes less CPU time, and prints and writes the same. `worse`: it surely takes
        more, or prints or writes something else. `no significant improvement`: neither is shown. `unchanged`: there is no
        patch. `unfinished`: not everything was measured. Where the program could not be run, or only once each, what was
        found of its functions decides."""
        found, runs = self.program_change, self.whole_program
        if self.status != "finished" or runs is None:
            return "unfinished"
        if not (self.is_given or self.source.files):
            return "unchanged"
        if runs.differs or any(one.finding == "worse" for one in self.functions if self.is_given):
            return "worse"
        if found is None or found.change.interval is None:
            is_better = any(one.joined or (self.is_given and one.finding == "better") for one in self.functions)
            return "better" if is_better else "no significant improvement"
        return {"better": "better", "worse": "worse"}.get(found.verdict, "no significant improvement")

    @computed
    def sentence(self) -> str:
        """The first line: what may be claimed of the program, in at most 100 characters."""
        count = quantity(sum(one.joined for one in self.functions), "function")
        tried = quantity(len(self.functions), "function")
        runs, found, change = self.whole_program, self.program_change, ""
        if self.finding == "unfinished":
            return f"Unfinished: {tried} so far. {status_words(self.status, self.detail)}"
        if self.finding == "unchanged":
            lost = ", and its output is another one with each patch" if self.dropped else ""
            return f"No improvement: {tried} tried, none of them better{lost}."
        assert runs is not None
        if runs.differs:
            change = "{} prints or writes something else"
        elif found is None or found.change.interval is None:
            change = f"{count} faster; {{}} " + ("ran once each" if found else "was not run")
        elif found.verdict == "no significant change":
            change = f"of {{}} no gain is shown, with {count} faster"
        else:
            change = f"{{}} {less(found)}" + ", with the same output" * (found.verdict == "better" and runs.is_compared)
        line = f"{_SAID[self.finding]}: {change}."
        return line.format(f"`{escape(self.command, max(LONGEST - len(line), 16))}`")

    @computed
    def details(self) -> tuple[Fact, ...]:
        """What stands behind the first line: one fact a line, each with a name."""
        return tuple(Fact(name, text) for name, text in self._told() if text)

    def _told(self) -> Iterator[tuple[str, str]]:
        for one in self.functions:
            out = "; left out of the patch" * (one.finding == "better" and not one.joined and not self.is_given)
            yield (
                "function",
                f"{escape(one.function, 80)} ({one.share:.0%} of the time): {escape(one.sentence, 400)}{out}",
            )
        runs = self.whole_program
        if runs is not None and (runs.failed or not runs.metrics):
            yield "program", f"it {runs.in_words}" if runs.failed else ""
        elif runs is not None:
            yield "program", times_of(f"`{escape(self.command, 200)}`", runs, self.confidence)
            yield "output", output_of(runs)
        yield "search", self.ended
        yield "cost", self.costs.in_words

    @property
    def improved(self) -> str | None:
        """The program with the patches; None if there is none."""
        return self.program if self.source.files else None

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The files with the patches: path from the project's top → text."""
        return self.source.written(self.program)

    @property
    def diff(self) -> str:
        """The change as a unified diff, for `patch -p1` or `git apply`."""
        return self.source.diff_of(self.files)

    @property
    def is_offered(self) -> bool:
        """Whether `strop apply` applies the patch without --unproven."""
        return self.finding == "better"

    @property
    def is_held_back(self) -> bool:
        """Whether the program measures better and is not offered."""
        return False

    def __repr__(self) -> str:
        return f"<ImprovedProgram {self.finding}: {len(self.functions)} functions, in {self.directory}>"


_SAID = {"better": "Better", "worse": "Worse", "no significant improvement": "No significant improvement"}


def record_of(directory: Path, scope: str) -> Path:
    """The folder of the record of a part of a record, such as `function/1`."""
    return directory / scope.replace("/", "-")


def read_program(of: Record) -> ImprovedProgram:
    """The result in a record of a program.

    Raises:
        StoreError: the record, or that of a function, is damaged.
    """
    run, meta = of.run, of.run.meta
    with of.again() as store:
        chosen = {stored.event.scope: stored.event for stored in store.events(FunctionChosen)}
        runs = [stored.event for stored in store.events(ProgramRan)]
    parts: dict[int, list[ProgramRan]] = {}
    for event in runs:
        parts.setdefault(comparison_of(event.scope)[0], []).append(event)
    trials, number = [event for event in runs if event.scope == ORIGINAL_PROGRAM], max(parts, default=0)
    every = parts[number] if number else trials
    whole = ProgramRuns(**fields_of(ProgramRuns, runs_joined(every))) if every else None
    dropped = sum(runs_joined(own).differs != "" for compared, own in parts.items() if compared) * (not meta.candidate)
    functions = [one for one in chosen.values() if one.function]
    results = [result_in(record_of(of.folder, one.scope)) for one in functions]
    assert meta.original is not None
    left = [] if meta.candidate else offered(results, dropped)
    source, program = (
        (meta.original, meta.candidate) if meta.candidate else with_patches(of.folder, meta.original, left)
    )
    rows = [_row(*pair, joined=pair[1] in left) for pair in zip(functions, results, strict=True)]
    spent = (one.costs.price for one in results if one is not None)
    return ImprovedProgram(
        directory=of.folder,
        model=meta.model,
        is_language_model=meta.is_language_model,
        unverified=run.unverified or next((one.unverified for one in results if one and one.unverified), ""),
        waived=next((one.waived for one in results if one is not None and one.waived), ""),
        command=meta.spec.task if meta.spec else "",
        status=run.status,
        detail=run.detail,
        ended=next((one.reason for one in chosen.values() if not one.function), ""),
        functions=tuple(rows),
        dropped=dropped,
        whole_program=whole,
        confidence=confidence_of(max(number, 1), FAMILY),
        is_given=bool(meta.candidate),
        costs=sum(spent, TotalPrice()),
        source=source,
        program=program,
        said=meta.said,
        record=of,
    )


def result_in(folder: Path) -> Improved | Unfinished | None:
    """The result in the record of a function; None if there is none."""
    try:
        with Record.open(folder) as record:
            return read_improved(record)
    except RecordChanged:
        raise
    except StoreError:  # there is no record, or it is incomplete
        return None


def offered(results: Sequence[Improved | Unfinished | None], dropped: int = 0) -> list[Improved]:
    """The results whose patches the program has: those that `strop apply` would apply, without the last `dropped` ones."""
    found = [one for one in results if isinstance(one, Improved) and one.is_offered]
    return found[: len(found) - dropped]


def with_patches(directory: Path, original: SourceFiles, joined: Sequence[Improved]) -> tuple[SourceFiles, str]:
    """The files that some functions' patches change, as the user has them, and their texts with all patches as one text."""
    after = dict[str, str]()
    for one in joined:
        folder = os.path.relpath(one.source.root, original.root)
        after |= {os.path.normpath(f"{folder}/{path}"): text for path, text in one.files.items()}
    files = {path: _text(kept_tree(directory) / path) for path in after}
    source = SourceFiles(files, original.root, original.below, command=True, is_version=True)
    return source, bundled(after) if after else ""


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "surrogateescape") if file.is_file() else ABSENT


def _row(chosen: FunctionChosen, result: Improved | Unfinished | None, *, joined: bool) -> ImprovedFunction:
    finding, sentence = ("passed over", chosen.reason) if result is None else (result.finding, result.sentence)
    return ImprovedFunction(
        function=chosen.function,
        share=chosen.share,
        finding=finding,
        sentence=sentence,
        joined=joined,
        directory=None if result is None else result.directory,
    )
