"""strop plot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.base.pluralize import quantity
from strop.options.commands import Runs
from strop.options.run import Switch


def plot_command(
    *runs: Runs,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    by: Literal["t", "lm-calls", "tokens", "dollars"] = "t",
    bars: Literal["stderr", "interval"] = "stderr",
    force: Annotated[bool, Switch] = False,
) -> int:
    """Draw û of finished runs of strop run, on the held-out split: the mean over the runs and its spread.

    The runs of a curve may differ in the seed alone. Each folder of several runs is a curve of its own.

    Parameters
    ----------
    out
        File to write, an SVG.
    by
        Horizontal axis: `t`, the iteration, or what a run had spent by the end of an iteration, with its measurements:
        `lm-calls`, `tokens` or `dollars`.
    bars
        Spread over the runs: `stderr`, one standard error to each side, as in the paper's Figure 4; or `interval`, the 95%
        interval of the mean, which assumes nothing but that û lies in 0 to 1, and is wide for few runs.
    force
        Overwrite an existing file.
    """
    from strop.cli.commands.output import notify
    from strop.report.export import write_whole
    from strop.reproduce.curves import figure, finished_runs

    if out.suffix != ".svg":
        raise ConfigurationError(f"--out {out}: the figure is an SVG; name a file that ends with .svg")
    finished = finished_runs(runs)
    write_whole(out, figure(finished, by, bars), force=force)
    for line in dict.fromkeys(run.data.unverified for run in finished if run.data.unverified):
        notify(line)
    notify(f"{quantity(len(finished), 'run')} in {out}")
    return 0
