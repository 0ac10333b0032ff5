"""strop run --replay RUN: start as another run did, with its responses as far as they reach, then with the model."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path

from strop.api.lookup import find_run
from strop.base.errors import ConfigurationError, StoreError
from strop.base.pluralize import quantity
from strop.base.terminal_text import escape
from strop.cli.commands.options import DEFAULTS
from strop.cli.commands.output import notify, reading
from strop.lm.base import Completion
from strop.lm.replay import Recorded
from strop.runs.assembly import Components
from strop.runs.options import LIMIT_NAMES
from strop.runs.resume import answers
from strop.runs.run_directory import RunRecord, command_of, load_run
from strop.runs.spec import RunSpec
from strop.store import Store

FORK = "replay"
"""Key of a record's metadata: the directory of the run that it forked, relative to the record's own."""
_OWN = ("seed", "base_url", "model", "workers", "require", *LIMIT_NAMES)
"""Fields that a fork does not inherit: model, address, speed and limits. The seed is always the run's."""


def fork_of(run: Path) -> RunRecord:
    """The run to fork.

    Raises:
        ConfigurationError: it does not exist, or is not of strop run.
    """
    record = load_run(find_run(run))
    if record.doubt:
        notify(escape(record.doubt, 2000))
    if record.kind != "run":
        raise ConfigurationError(
            f"{record.directory} is the record of {command_of(record.kind)}; --replay takes one of strop run"
        )
    return record


def inherited(spec: RunSpec, fork: RunRecord) -> RunSpec:
    """The configuration of the forked run, with the options that are given now."""
    values = {field.name: getattr(spec, field.name) for field in fields(spec)}
    changed = {name: value for name, value in values.items() if name in _OWN or value != getattr(DEFAULTS, name)}
    return replace(fork.spec, **changed | {"seed": fork.spec.seed, "improver": fork.spec.improver})


def seen_from(directory: Path, fork: RunRecord) -> str:
    """The directory of the forked run, relative to the new one, so that both can move."""
    return os.path.relpath(fork.directory.resolve(), directory.resolve())


def learn_again(parts: Components, record: RunRecord) -> None:
    """Give a resumed run the responses of the run that it forked; print a notice if that is gone."""
    if FORK not in record.meta:
        return
    fork = record.directory / record.meta[FORK]
    try:
        if load_run(fork).secret == record.secret:
            learn(parts, fork)
            return
    except (StoreError, OSError, ValueError):
        pass
    line = f"the run that {record.directory} forked is not in {fork}: the model is asked instead"
    notify(line)


def learn(parts: Components, directory: Path) -> None:
    """Give the model the responses of the run in `directory`, at no cost."""
    with reading(directory), Store.open(directory) as store:
        parts.language_model.learn({key: _for_nothing(answer) for key, answer in answers(store).items()})


def _for_nothing(answer: Completion) -> Completion:
    """A response that another run has paid for."""
    return replace(
        answer,
        cost=_none_or_0(answer.cost),
        input_tokens=_none_or_0(answer.input_tokens),
        output_tokens=_none_or_0(answer.output_tokens),
    )


def _none_or_0(number: int | None) -> int | None:
    return None if number is None else 0


def tell(model: Recorded, fork: RunRecord) -> None:
    """Print how many responses came from the forked run."""
    line = f"{quantity(model.given, 'response')} came from {fork.directory}, {model.asked} from {model.name}"
    notify(line)
