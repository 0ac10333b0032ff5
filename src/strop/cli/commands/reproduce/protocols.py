"""The protocols of strop reproduce, one command each."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from cyclopts import Parameter

from strop.api.lookup import RUNS, any_improver_text
from strop.api.target import chosen_model, model_name
from strop.cli.commands.options import DryRun, Folder, Json, Models
from strop.cli.commands.output import announce, notify, present, print_document, record_in, results
from strop.report.terminal.layout import SENTENCE, say
from strop.reproduce.baselines import Baselines, Strategies
from strop.reproduce.cells import Progress
from strop.reproduce.fig4 import Fig4, Fig4Weak
from strop.reproduce.flagged import flagged_programs
from strop.reproduce.protocol import Performed, Protocol, perform, planned_protocol
from strop.reproduce.table1 import Table1
from strop.reproduce.table2 import ARMS, BATCH, IN_FLIGHT, TASK, check_number, flagged_in, missing_in, perform_table2
from strop.reproduce.tables import show
from strop.runs.assembly import metered
from strop.runs.options import MaxCost, Whole, Workers
from strop.runs.plan import assumptions_of, planned, works
from strop.runs.reading import reading
from strop.runs.spec import RunSpec, improver_text
from strop.tasks.registry import load


@Parameter(name="*")
@dataclass(frozen=True)
class Execution:
    """Where, and whether at all."""

    out: Folder = None
    """Directory of the results, shared by all protocols; runs/reproduce-MODEL-SEED when not given."""
    dry_run: DryRun = False


P = TypeVar("P", bound=Protocol)


def fig4_command(*, protocol: Fig4 = Fig4(), execution: Execution = Execution(), as_json: Json = False) -> int:
    """Writes fig4.md, .json and .svg; baselines.json in the same directory adds the baselines."""
    return _carry_out(_ready(protocol, execution), execution, as_json=as_json)


def fig4_weak_command(
    *, protocol: Fig4Weak = Fig4Weak(), execution: Execution = Execution(), as_json: Json = False
) -> int:
    """Writes fig4-weak.md, .json, .csv and .svg."""
    return _carry_out(_ready(protocol, execution), execution, as_json=as_json)


def table1_command(*, protocol: Table1 = Table1(), execution: Execution = Execution(), as_json: Json = False) -> int:
    """Writes table1.md, .json, .svg and table1/improver.py."""
    protocol = _ready(protocol, execution)
    if protocol.improver is not None:
        protocol = replace(protocol, improver_text=any_improver_text(protocol.improver))
    return _carry_out(protocol, execution, as_json=as_json)


def baselines_command(
    *, protocol: Baselines = Baselines(), execution: Execution = Execution(), as_json: Json = False
) -> int:
    """Writes baselines.md, .json and .svg."""
    return _carry_out(_ready(protocol, execution), execution, as_json=as_json)


def strategies_command(
    *, protocol: Strategies = Strategies(), execution: Execution = Execution(), as_json: Json = False
) -> int:
    """Writes strategies.md, .json and .svg."""
    return _carry_out(_ready(protocol, execution), execution, as_json=as_json)


def _plain(model: str) -> str:
    """A model's specification as part of a folder's name."""
    return "".join(character if character.isalnum() or character in ".-=" else "-" for character in model)


def _ready(protocol: P, execution: Execution) -> P:
    """The protocol with its directory.

    Raises:
        ConfigurationError: an option is wrong; nothing was run.
    """
    model = model_name(chosen_model(protocol.model, (), os.environ))
    protocol = replace(protocol, model=(model,))
    spec = protocol.spec()
    if not execution.dry_run:  # a plan needs no key
        metered(spec, os.environ).close()
    return replace(protocol, directory=execution.out or RUNS / f"reproduce-{_plain(spec.model)}-{spec.seed}")


def _carry_out(protocol: Protocol, execution: Execution, *, as_json: bool) -> int:
    if execution.dry_run:
        if (plan := planned_protocol(protocol)) is not None:
            present(plan, as_json=as_json)
        else:
            notify(f"{protocol.directory} has all of {protocol.name}; nothing is left to ask for")
        return 0
    announce(protocol.instances)
    performed = perform(protocol, Progress())
    print_performed(performed, as_json=as_json)
    return 0


def print_performed(performed: Performed, *, as_json: bool) -> None:
    """Print the result of a protocol: its document, or its sentence, tables and notes."""
    if as_json:
        print_document(performed.document)
        return
    console, result = results(), performed.result
    say(console, result.notice, style="bold yellow")
    say(console, result.sentence, style="bold", limit=SENTENCE)
    console.print()
    show(result.tables, performed.heading, result.notes, console)
    notify("written: " + ", ".join(map(str, performed.files)))


@Parameter(name="*")
@dataclass(frozen=True)
class Table2Options:
    """What table2 asks for."""

    model: Models = ()
    """The language model, or STROP_MODEL; see strop run --help."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server."""
    n: Whole = 10_000
    """Improvements an arm. A finished directory continues to a larger n."""
    arm: Literal["both", "plain", "warning"] = "both"
    """plain, warning (with the comment that warns against switching the sandbox off), or both."""
    seed: Whole = 0
    """Decides what an offline model draws."""
    max_cost: MaxCost = None
    """Dollars to spend on the language model, those of earlier sessions included."""
    dry_run: DryRun = False
    workers: Workers = ""
    """Programs rehearsed at once; 0 means one for each core."""
    out: Folder = None
    """Directory of the record and the results; runs/table2-MODEL-SEED when not given."""


def table2_command(
    *,
    options: Table2Options = Table2Options(),
    list_flagged: Annotated[bool, Parameter(name="--list", negative="")] = False,
    flagged_by: Literal["literal", "syntax", "runtime"] | None = None,
    as_json: Json = False,
) -> int:
    """Writes table2.md, table2.json, flagged/ and the record of every answer.

    Parameters
    ----------
    list_flagged
        Ask for nothing; list the flagged programs of the directory.
    flagged_by
        List only the programs that were flagged in this way.
    """
    lists = list_flagged or flagged_by is not None
    model = "" if lists and options.out else model_name(chosen_model(options.model, (), os.environ))
    check_number(options.n)
    directory = options.out or RUNS / f"table2-{_plain(model)}-{options.seed}"
    if lists:
        with reading(directory):
            flagged = flagged_in(directory, flagged_by)
        with record_in(directory, as_json=as_json):
            present(flagged_programs(flagged), as_json=as_json)
        return 0
    own = {name: getattr(options, name) for name in ("base_url", "seed", "workers", "max_cost")}
    spec = RunSpec(model=model, max_responses=BATCH, **own)
    arms = ARMS if options.arm == "both" else (options.arm,)
    if options.dry_run:
        assumptions = assumptions_of(spec, improver_text("seed"), (load("lpn"),), os.environ)
        missing = missing_in(directory, arms, options.n)
        work = works(spec, assumptions, lambda formula: formula.improvers(missing, IN_FLIGHT))
        present(planned([(replace(spec, task=TASK), assumptions)], [work]), as_json=as_json)
        return 0
    print_performed(perform_table2(spec, arms, options.n, Path(directory), os.environ), as_json=as_json)
    return 0
