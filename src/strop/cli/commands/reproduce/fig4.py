"""strop reproduce fig4."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from strop.cli.commands.options import Json, Models, Whole
from strop.cli.commands.reproduce.options import DEFAULT_SCALE, ScaleOptions, given, show_performed
from strop.core.selection import SelectionName
from strop.reproduce.fig4 import PROTOCOL, RUNS, Fig4Options


def fig4_command(
    *,
    lm: Models = ("offline",),
    runs: Whole = RUNS,
    selection: Annotated[tuple[SelectionName, ...], Parameter(negative="", show_default=" ".join)] = ("paper",),
    scale: ScaleOptions = DEFAULT_SCALE,
    as_json: Json = False,
) -> int:
    """Test meta-utility on learning parity with noise by iteration (Figure 4, left; §5.1): mean ± 1 standard error over runs.

    Writes fig4.md, fig4.json, fig4.svg and fig4.png into the directory; baselines.json there adds the baselines' lines.

    Parameters
    ----------
    lm
        The language model; see strop run --help.
    runs
        Independent runs for each way of selection.
    selection
        paper, as in Figure 4; give it several times to draw several curves, from the same seeds.
    """
    options = Fig4Options(**given(lm, runs, scale), selections=tuple(dict.fromkeys(selection)))
    return show_performed(PROTOCOL, options, scale, as_json=as_json)
