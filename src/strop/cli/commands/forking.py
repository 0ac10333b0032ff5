"""strop run --replay RUN: begin as another run did, with its answers as far as they reach, and then go another way."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path

from strop.api.finding import find_run
from strop.base.errors import ConfigurationError, StoreError
from strop.base.pluralize import quantity
from strop.cli.commands.options import DEFAULTS
from strop.cli.commands.output import notify, reading
from strop.lm.base import Completion
from strop.lm.replay import Recorded
from strop.runs.assembly import Components
from strop.runs.resume import answers
from strop.runs.run_directory import RunRecord, command_of, load_run
from strop.runs.spec import RunSpec
from strop.store import Store

FORK = "replay"
"""What a record calls the run that it began as: its directory, seen from the record's own."""
_OWN = ("seed", "base_url", "max_cost", "max_tokens", "max_calls", "max_time", "model", "jobs", "require")
"""Fields that a fork does not take over: which model, where, how fast and how much are asked anew; the seed is the run's."""


def fork_of(run: Path) -> RunRecord:
    """The run that is begun again.

    Raises:
        ConfigurationError: there is none, or it is not of strop run.
    """
    found = load_run(find_run(run))
    if found.kind != "run":
        raise ConfigurationError(
            f"{found.directory} is the record of {command_of(found.kind)}; --replay takes one of strop run"
        )
    return found


def inherited(spec: RunSpec, fork: RunRecord) -> RunSpec:
    """The recipe of the run, with what was asked for otherwise."""
    named = {each.name: getattr(spec, each.name) for each in fields(spec)}
    changed = {name: value for name, value in named.items() if name in _OWN or value != getattr(DEFAULTS, name)}
    return replace(fork.spec, **changed | {"seed": fork.spec.seed, "improver": fork.spec.improver})


def seen_from(directory: Path, fork: RunRecord) -> str:
    """Where the run that is begun again lies, seen from the directory of the new one: from wherever that is gone on with."""
    return os.path.relpath(fork.directory.resolve(), directory.resolve())


def learn_again(parts: Components, found: RunRecord) -> None:
    """Give a run that is gone on with the answers of the run that it began as, where that is still there; else say so."""
    if FORK not in found.meta:
        return
    fork = found.directory / found.meta[FORK]
    try:
        if load_run(fork).secret == found.secret:
            learn(parts, fork)
            return
    except (StoreError, OSError, ValueError):
        pass
    line = (
        f"the run that {found.directory} began as is not in {fork}: its answers are not known, and the model is asked"
    )
    notify(line)


def learn(parts: Components, directory: Path) -> None:
    """Give the answers of the run in `directory` to the model of another, for nothing."""
    with reading(directory), Store.open(directory) as store:
        parts.language_model.learn({key: _for_nothing(answer) for key, answer in answers(store).items()})


def _for_nothing(answer: Completion) -> Completion:
    """An answer that another run has paid for."""
    return replace(
        answer,
        cost=_none_or_0(answer.cost),
        input_tokens=_none_or_0(answer.input_tokens),
        output_tokens=_none_or_0(answer.output_tokens),
    )


def _none_or_0(number: int | None) -> int | None:
    return None if number is None else 0


def tell(model: Recorded, fork: RunRecord) -> None:
    """Say how far the answers reached."""
    line = f"{quantity(model.given, 'answer')} came from {fork.directory}, {model.asked} from {model.name}"
    notify(line)
