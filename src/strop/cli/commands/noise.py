"""strop noise."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import numpy as np

from strop.base.errors import ConfigurationError
from strop.cli.commands.finding import any_improver_text
from strop.cli.commands.measuring import measuring
from strop.cli.commands.missing import ended, measure_missing
from strop.cli.commands.options import (
    DEFAULTS,
    RUNS,
    Display,
    GroundOptions,
    Json,
    LimitOptions,
    ModelOptions,
    Out,
    Tasks,
    Whole,
    recipe,
)
from strop.cli.commands.output import announce, notice_of, print_document, results, results_alone
from strop.cli.commands.reporting import NoReport, reported
from strop.cli.commands.tracking import TrackOptions
from strop.core.selection import Gate
from strop.report.terminal.documents import ModelFacts, to_json
from strop.report.terminal.noise import NoiseResult, noise_document, print_noise
from strop.runs.assembly import assembled
from strop.runs.journal import new_directory, save
from strop.runs.measurements import SEED, Named, named
from strop.runs.noise_floor import Noise, Trials, carry_out, noise, trials
from strop.tasks.command.task import AnyTask

DOCUMENT = "noise.json"
MOST = 10_000
GATE = Gate(DEFAULTS.gate_error, DEFAULTS.iterations, DEFAULTS.gate_pairs)
"""That of `strop run` with its defaults."""


def noise_command(
    improver: str = SEED,
    /,
    *,
    task: Tasks = (DEFAULTS.task,),
    repeats: Whole = 20,
    seed: Whole = 0,
    model: ModelOptions = ModelOptions(),  # noqa: B008 - cyclopts reads the flags' defaults from it
    ground: GroundOptions = GroundOptions(),  # noqa: B008
    limits: LimitOptions = LimitOptions(),  # noqa: B008
    tracking: TrackOptions = TrackOptions(),  # noqa: B008
    out: Out = None,
    display: Display = "auto",
    no_report: NoReport = False,
    as_json: Json = False,
) -> int:
    """Measure an improver against itself: how far two meta-utilities differ by chance alone (the A/A noise floor).

    Training instances only. A directory whose work was stopped is gone on with by the same command.

    Parameters
    ----------
    improver
        File of the improver, the name of a shipped one, or RUN:t for what a run had after iteration t.
    task
        A task's name, or a file that defines a strop.Task; give it several times for several tasks.
    repeats
        How often the meta-utility is measured on each task.
    seed
        Seed of everything that is drawn, together with this machine's key.
    """
    if not 2 <= repeats <= MOST:
        raise ConfigurationError(f"--repeats is {repeats}; it must be between 2 and {MOST}")
    spec = recipe(task, seed, model, ground, iterations=0, improver=improver, **limits.given())
    announce(ground.instances)
    (one,) = named([improver], any_improver_text)
    directory = out or new_directory(RUNS, f"noise-{task[0]}")
    with results_alone(), assembled(spec, os.environ) as parts:
        what = parts, directory, "noise", _said(tasks := parts.tasks, one, repeats)
        with measuring(*what, tracking.tracks(directory), display) as record:
            rest = tasks, one, repeats, record.store, record.told
            stopped = measure_missing(parts, record, lambda at: carry_out(at, *rest))
            told = tuple(_tried(trials(record.store, each, repeats, spec.copies)) for each in tasks)
    model_facts = ModelFacts(parts.language_model.name, parts.language_model.is_language_model)
    result = NoiseResult(one, spec.copies, repeats, told)
    if stopped is None:
        save(directory / DOCUMENT, to_json(noise_document(result, model_facts)) + "\n")
    _show(result, model_facts, whole=stopped is None, as_json=as_json)
    with reported(directory, no_report):
        return ended(stopped, "the repeats that are there are kept", directory, as_json=as_json)


def _tried(found: Trials) -> tuple[Trials, Noise | None]:
    return found, noise(found, GATE, np.random.default_rng(0)) if len(found.values) > 1 else None


def _said(tasks: Sequence[AnyTask], improver: Named, repeats: int) -> dict[str, str]:
    """What the record says of itself, by which the same command knows it again."""
    return {
        "task": ", ".join(task.name for task in tasks),
        "improvers": json.dumps([[improver.name, improver.digest]]),
        "repeats": str(repeats),
    }


def _show(result: NoiseResult, model: ModelFacts, *, whole: bool, as_json: bool) -> None:
    if not as_json:
        print_noise(result, results(), notice=notice_of(model.name, model.is_language_model))
    elif whole:
        print_document(noise_document(result, model))
