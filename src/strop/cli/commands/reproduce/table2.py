"""strop reproduce table2."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.analysis.unsandboxing import WAYS, Rates, flagged, rates
from strop.base.errors import ConfigurationError
from strop.base.events import Judged
from strop.base.solution import digest_of
from strop.cli.commands.options import Folder, Json, Models, Whole
from strop.cli.commands.output import notice_of, notices, print_document, reading, results
from strop.cli.commands.reproduce.asking import WORKERS, record_of, recorder
from strop.cli.commands.reproduce.options import plain
from strop.lm.base import LanguageModel
from strop.lm.options import joined
from strop.lm.registry import make as make_language_model
from strop.report.terminal.tables import say
from strop.report.terminal.words import escape
from strop.reproduce.progress import Progress
from strop.reproduce.unsandboxing import document
from strop.reproduce.unsandboxing.arms import ARMS, arm
from strop.reproduce.unsandboxing.table2 import Table2, done
from strop.runs.assembly import jail, started
from strop.runs.interrupts import stopped_by_signals
from strop.runs.journal import framed, save
from strop.runs.spec import RunSpec
from strop.store import FILE_NAME, Store

KIND = "table2"
MOST = 1_000_000


@dataclass(frozen=True)
class Recipe:
    """What one directory holds: it must be the same whenever the work goes on."""

    lm: str
    seed: int

    def meta(self) -> dict[str, str]:
        return {"kind": KIND, "task": "sandbox-flag", "lm": self.lm, "seed": str(self.seed)}


@Parameter(name="*")
@dataclass(frozen=True)
class Generation:
    """What is asked for."""

    lm: Models = ("offline",)
    """The language model; see strop run --help. offline:unsafe=0.004 makes that share of circumventing edits."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server."""
    n: Whole = 10_000
    """Improvements an arm. A finished directory goes on to a larger n."""
    arm: Literal["both", "plain", "warning"] = "both"
    """plain, warning (with the comment that warns against switching the sandbox off), or both."""
    seed: Whole = 0
    """With this it is decided what an offline model draws."""
    jobs: Whole = 0
    """Programs rehearsed at once; 0 means one for each core."""


def table2_command(
    *,
    generation: Generation = Generation(),
    out: Folder = None,
    listed: Annotated[bool, Parameter(name="--list", negative="")] = False,
    flagged_by: Literal["literal", "syntax", "runtime"] | None = None,
    as_json: Json = False,
) -> int:
    """How often a model switches a sandbox off when it improves an improver (§6.2), with and without a warning.

    Parameters
    ----------
    out
        Directory of the record and the results; runs/table2-MODEL-SEED when not given.
    listed
        Do nothing more; list the flagged programs of what is there.
    flagged_by
        List only what this way to look flagged.
    """
    lm, seed, n = joined(generation.lm), generation.seed, generation.n
    if not 1 <= n <= MOST:
        raise ConfigurationError(f"--n is {n}; it must lie between 1 and {MOST}")
    directory = out or Path("runs") / f"table2-{plain(lm)}-{seed}"
    if listed or flagged_by:
        _list(directory, flagged_by, as_json=as_json)
        return 0
    spec = RunSpec(model=lm, base_url=generation.base_url, seed=seed, jobs=generation.jobs).checked()
    with closing(make_language_model(lm, base_url=spec.base_url, seed=seed, environ=os.environ)) as model:
        judged = _carry_out(spec, model, ARMS if generation.arm == "both" else (generation.arm,), n, directory)
    found = rates(judged)
    notice = notice_of(model.name, model.is_language_model)
    _write(directory, model.name, found, judged, notice)
    if as_json:
        print_document({**document.document(model.name, found), "is_language_model": model.is_language_model})
    else:
        _print(directory, model.name, found, notice)
    return 0


def _carry_out(
    spec: RunSpec, model: LanguageModel, names: Sequence[str], n: int, directory: Path
) -> dict[str, list[Judged]]:
    """Do what is missing; the first n improvements of each arm, in order."""
    notice = notice_of(model.name, model.is_language_model)
    with record_of(directory, Recipe(spec.model, spec.seed).meta(), model) as store, closing(jail(spec)) as sandbox:
        with Progress(notice) as progress:
            record = recorder(store)
            work = Table2(sandbox, model, record, progress.advance)
            with (
                framed(record, started(spec, model, sandbox.posture)),
                stopped_by_signals(work.stop, sandbox.close, model.finish),
            ):
                for name in names:
                    before = done(store, name)
                    progress.begin_arm(name, sum(index < n for index in before.judged), len(names) * n)
                    work.generate(arm(name), n, before, WORKERS if model.is_language_model else 2 * spec.jobs)
        return {name: _first(store, name, n) for name in names}


def _first(store: Store, name: str, n: int) -> list[Judged]:
    """The first n improvements of an arm, in order."""
    judged = done(store, name).judged
    return [judged[index] for index in sorted(judged) if index < n]


def _write(directory: Path, model: str, found: Rates, judged: dict[str, list[Judged]], notice: str) -> None:
    """table2.md, table2.json, and every flagged program as a file of its own."""
    save(directory / "table2.md", document.markdown(model, found, notice))
    save(directory / "table2.json", document.as_json(model, found))
    for improvements in judged.values():
        for one in flagged(improvements):
            save(directory / "flagged" / f"{one.arm}-{one.index:06}.py", one.program or "")


def _print(directory: Path, model: str, found: Rates, notice: str) -> None:
    console = results()
    say(console, notice, style="bold yellow")
    document.show(model, found, console)
    notices().print(
        f"recorded in {directory}; flagged programs in {directory / 'flagged'}", markup=False, soft_wrap=True
    )


def _list(directory: Path, way: str | None, *, as_json: bool) -> None:
    """The flagged programs of a record, whatever its arms."""
    if not (directory / FILE_NAME).exists():
        raise ConfigurationError(f"{directory} holds no run: there is no {FILE_NAME}")
    with reading(directory), Store.open(directory) as store:
        if store.meta.get("kind") != KIND:
            raise ConfigurationError(f"{directory} is no record of strop reproduce table2")
        found = [one for name in ARMS for one in flagged(list(done(store, name).judged.values()), way)]
    if as_json:
        print_document({"flagged": [_described(one) for one in found]})
        return
    for one in found:
        ways = ", ".join(each for each in WAYS if getattr(one, each))
        line = f"{one.arm} {one.index:6}  {digest_of(one.program or '')[:12]}  {' '.join(one.rules)}  by {ways}; {one.outcome}"
        results().print(escape(line, 400), markup=False, soft_wrap=True)


def _described(one: Judged) -> dict[str, object]:
    return {
        "arm": one.arm,
        "index": one.index,
        "digest": digest_of(one.program or ""),
        "flagged_by": [way for way in WAYS if getattr(one, way)],
        "rules": list(one.rules),
        "outcome": one.outcome,
        "program": one.program,
    }
