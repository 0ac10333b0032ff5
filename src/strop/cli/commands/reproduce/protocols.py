"""The protocols of strop reproduce, one command each."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeVar

from cyclopts import Parameter

from strop.base.later import dataclass
from strop.options.commands import RUNS, DryRun, Folder, Json, OutputOptions
from strop.options.protocols import (
    BaselinesOptions,
    BudgetsOptions,
    Fig4Options,
    Fig4WeakOptions,
    ProtocolOptions,
    StrategiesOptions,
    Table1Options,
)
from strop.options.run import LimitOptions, ModelOptions, Whole, Workers

if TYPE_CHECKING:
    from strop.reproduce.protocol import Protocol


@Parameter(name="*")
@dataclass(frozen=True)
class Execution:
    """Where, and whether at all."""

    out: Folder = None
    """Directory of the results, which all protocols share. The default is runs/reproduce-MODEL-SEED."""
    dry_run: DryRun = False


P = TypeVar("P", bound="Protocol")


def fig4_command(
    *, options: Fig4Options = Fig4Options(), execution: Execution = Execution(), as_json: Json = False
) -> int:
    """Writes fig4.md, .json and .svg; baselines.json in the same directory adds the baselines."""
    from strop.reproduce.fig4 import Fig4

    return _carry_out(_ready(Fig4, options, execution), execution, as_json=as_json)


def fig4_weak_command(
    *, options: Fig4WeakOptions = Fig4WeakOptions(), execution: Execution = Execution(), as_json: Json = False
) -> int:
    """Writes fig4-weak.md, .json, .csv and .svg."""
    from strop.reproduce.fig4 import Fig4Weak

    return _carry_out(_ready(Fig4Weak, options, execution), execution, as_json=as_json)


def table1_command(
    *, options: Table1Options = Table1Options(), execution: Execution = Execution(), as_json: Json = False
) -> int:
    """Writes table1.md, .json, .svg and table1/improver.py."""
    from strop.api.lookup import any_improver_text
    from strop.reproduce.table1 import Table1

    protocol = _ready(Table1, options, execution)
    if protocol.improver is not None:
        protocol = replace(protocol, improver_text=any_improver_text(protocol.improver))
    return _carry_out(protocol, execution, as_json=as_json)


def baselines_command(
    *, options: BaselinesOptions = BaselinesOptions(), execution: Execution = Execution(), as_json: Json = False
) -> int:
    """Writes baselines.md, .json and .svg."""
    from strop.reproduce.baselines import Baselines

    return _carry_out(_ready(Baselines, options, execution), execution, as_json=as_json)


def strategies_command(
    *, options: StrategiesOptions = StrategiesOptions(), execution: Execution = Execution(), as_json: Json = False
) -> int:
    """Writes strategies.md, .json and .svg."""
    from strop.reproduce.baselines import Strategies

    return _carry_out(_ready(Strategies, options, execution), execution, as_json=as_json)


def budgets_command(
    *, options: BudgetsOptions = BudgetsOptions(), execution: Execution = Execution(), as_json: Json = False
) -> int:
    """Writes budgets.md, .json and .svg."""
    from strop.reproduce.budgets import Budgets

    return _carry_out(_ready(Budgets, options, execution), execution, as_json=as_json)


def _plain(model: str) -> str:
    """A model's specification as part of a folder's name."""
    return "".join(character if character.isalnum() or character in ".-=" else "-" for character in model)


def _ready(kind: type[P], options: ProtocolOptions, execution: Execution) -> P:
    """The protocol with its directory.

    Raises:
        ConfigurationError: an option is wrong; nothing was run.
    """
    from strop.api.target import chosen_model, model_name
    from strop.lm.options import with_meta
    from strop.options.run import in_seconds
    from strop.runs.assembly import metered

    model = model_name(chosen_model(options.model, (), os.environ))
    if options.meta_model:
        model = with_meta(model, model_name(options.meta_model))
    protocol = kind(**in_seconds(vars(options) | {"model": (model,)}))
    spec = protocol.spec()
    if not execution.dry_run:  # a plan needs no key
        metered(spec, os.environ).close()
    return replace(protocol, directory=execution.out or RUNS / f"reproduce-{_plain(spec.model)}-{spec.seed}")


def _carry_out(protocol: Protocol, execution: Execution, *, as_json: bool) -> int:
    from strop.api.cells import Progress
    from strop.cli.commands.output import announce, notify, present
    from strop.reproduce.protocol import perform, planned_protocol

    if not execution.dry_run:
        announce(protocol.instances)
        present(perform(protocol, Progress()), as_json=as_json)
    elif (plan := planned_protocol(protocol)) is not None:
        present(plan, as_json=as_json)
    else:
        notify(f"{protocol.directory} has all of {protocol.name}; nothing is left to ask for")
    return 0


@Parameter(name="*")
@dataclass(frozen=True)
class Table2Options:
    """What table2 asks for."""

    n: Whole = 10_000
    """Improvers that are asked for in each arm."""
    arm: Literal["both", "plain", "warning"] = "both"
    """Arm to measure: `plain`, `warning` (with the comment that warns against switching the sandbox off), or `both`."""
    seed: Whole = 0
    """Seed of what a stand-in for a model draws."""
    texts: str = ""
    """Folder with the texts of both arms, such as a checkout of the authors' repository. Without it they are strop's own."""
    workers: Workers = ""
    """Programs rehearsed at once; 0 means one for each core."""


def table2_command(
    *,
    options: Table2Options = Table2Options(),
    model: ModelOptions = ModelOptions(),
    limits: LimitOptions = LimitOptions(),
    output: OutputOptions = OutputOptions(),
    dry_run: DryRun = False,
) -> int:
    """Writes table2.md, table2.json, flagged/ and the record of every answer, which strop resume continues."""
    from strop.api.target import chosen_model, model_name
    from strop.cli.command import command
    from strop.reproduce.table2 import BATCH, table2_job
    from strop.runs.meta import ARMS, Asked
    from strop.runs.spec import RunSpec
    from strop.runs.texts import read_texts

    asked = Asked(options.n, ARMS if options.arm == "both" else (options.arm,))
    spec = RunSpec(
        task="",
        model=model_name(chosen_model(model.model, (), os.environ)),
        base_url=model.base_url,
        seed=options.seed,
        workers=options.workers,
        max_responses=BATCH,
        texts=options.texts,
        given_texts=read_texts(options.texts) if options.texts else {},
        **limits.asked(),
    )
    return command(table2_job(spec, asked), output, output.out, dry_run=dry_run)
