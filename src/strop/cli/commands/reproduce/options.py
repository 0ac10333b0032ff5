"""Flags and output that the protocols share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, TypeVar

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.cli.commands.options import DEFAULTS, RUNS, Folder, Whole, protections
from strop.cli.commands.output import announce, notices, print_document, results
from strop.lm.options import joined
from strop.lm.registry import make as make_language_model
from strop.report.terminal.tables import SENTENCE, say
from strop.reproduce.pages import show
from strop.reproduce.progress import Progress
from strop.reproduce.protocol import Options, Protocol, perform

MOST_AT_ONCE = 256


@Parameter(name="*")
@dataclass(frozen=True)
class ScaleOptions:
    """Where, how many at once, and how large one run is: the paper's size when not given."""

    base_url: str | None = None
    """Address of an OpenAI-compatible server."""
    seed: Whole = 0
    """Seed of the first run; the next runs have the next numbers."""
    at_once: Whole = 0
    """Runs at once; 0 means one for each core. A model behind a server may take more."""
    out: Folder = None
    """Directory of the results, shared by all protocols; runs/reproduce-MODEL-SEED when not given."""
    iterations: Annotated[Whole, Parameter(alias="-T")] = DEFAULTS.iterations
    """T: how often the improver improves itself in a run."""
    copies: Whole = DEFAULTS.copies
    """|D|: copies of the task that an improver is measured on."""
    utility_budget: Whole = DEFAULTS.utility_budget
    """Utility calls of one downstream improvement."""
    meta_budget: Whole = DEFAULTS.meta_budget
    """Meta-utility calls of one self-improvement."""
    lm_budget: Whole = DEFAULTS.lm_budget
    """LM calls of one improvement."""
    max_responses: Whole = DEFAULTS.max_responses
    """Responses of one LM call."""
    instances: Literal["secret", "published"] = DEFAULTS.instances
    """secret: drawn from each run's secret; published: the paper's seeds, which are public."""
    require: str | None = None
    """Refuse to run unless these protections are enforced; see strop doctor."""


DEFAULT_SCALE = ScaleOptions()


def given(lm: Sequence[str], runs: int, scale: ScaleOptions) -> dict[str, Any]:
    """The fields of a protocol's `Options` that the shared flags give.

    Raises:
        ConfigurationError: a flag is wrong.
    """
    if not 0 <= scale.at_once <= MOST_AT_ONCE:
        raise ConfigurationError(f"--at-once is {scale.at_once}; it must lie between 0 and {MOST_AT_ONCE}")
    protections(scale.require)
    model = joined(lm)
    make_language_model(
        model, base_url=scale.base_url, seed=scale.seed, environ=os.environ
    ).close()  # told before any cell is begun
    values = {name: value for name, value in asdict(scale).items() if name not in ("at_once", "out")}
    directory = scale.out or RUNS / f"reproduce-{plain(model)}-{scale.seed}"
    return {**values, "lm": model, "runs": runs, "directory": directory}


O_contra = TypeVar("O_contra", bound=Options)
R = TypeVar("R")


def show_performed(protocol: Protocol[O_contra, R], options: O_contra, scale: ScaleOptions, *, as_json: bool) -> int:
    """Carry out a protocol and print what it came to."""
    announce(options.instances)
    with Progress() as progress:
        performed = perform(protocol, options, at_once=scale.at_once, progress=progress)
    if as_json:
        print_document(performed.document)
        return 0
    console = results()
    say(console, performed.notice, style="bold yellow")
    say(console, performed.sentence, style="bold", limit=SENTENCE)
    console.print()
    show(performed.tables, performed.heading, performed.notes, console)
    notices().print("written: " + ", ".join(map(str, performed.files)), markup=False, soft_wrap=True)
    return 0


def plain(lm: str) -> str:
    """A model's specification as part of a folder's name."""
    return "".join(character if character.isalnum() or character in ".-=" else "-" for character in lm)
