"""strop reproduce baselines."""

from __future__ import annotations

from strop.cli.commands.options import Json, Models, Whole
from strop.cli.commands.reproduce.options import DEFAULT_SCALE, ScaleOptions, given, show_performed
from strop.reproduce.baselines import PROTOCOL, RUNS, BaselineOptions


def baselines_command(
    *,
    lm: Models = ("offline",),
    runs: Whole = RUNS,
    scale: ScaleOptions = DEFAULT_SCALE,
    as_json: Json = False,
) -> int:
    """Chain of thought and greedy iterative improvement beside the seed improver on learning parity with noise (§5.1).

    Writes baselines.md, baselines.json, baselines.svg and baselines.png into the directory.

    Parameters
    ----------
    lm
        The language model; see strop run --help.
    runs
        Measurements of each improver, every one with instances of its own.
    """
    return show_performed(PROTOCOL, BaselineOptions(**given(lm, runs, scale)), scale, as_json=as_json)
