"""strop reproduce table1."""

from __future__ import annotations

from strop.cli.commands.finding import any_improver_text
from strop.cli.commands.options import Json, Models, Whole
from strop.cli.commands.reproduce.options import DEFAULT_SCALE, ScaleOptions, given, show_performed
from strop.reproduce.table1 import RUNS, STOP_RUNS, Table1Options, protocol


def table1_command(
    *,
    lm: Models = ("offline",),
    runs: Whole = RUNS,
    stop_runs: Whole = STOP_RUNS,
    improver: str | None = None,
    scale: ScaleOptions = DEFAULT_SCALE,
    as_json: Json = False,
) -> int:
    """An improver that STOP made on learning parity with noise, on five tasks it never saw (Table 1; §5.2).

    Of the STOP runs, which are those of fig4 where the directory is the same, the improver with the highest training û is taken.
    Writes table1.md, table1.json, table1.svg, table1.png and table1/improver.py into the directory.

    Parameters
    ----------
    lm
        The language model; see strop run --help.
    runs
        Repetitions of each task, every one with instances of its own.
    stop_runs
        STOP runs from which the improver is taken.
    improver
        A shipped improver, a file, or RUN:t, to be tried instead; there are no STOP runs then.
    """
    options = Table1Options(**given(lm, runs, scale), stop_runs=stop_runs, improver=improver)
    given_text = None if improver is None else any_improver_text(improver)
    return show_performed(protocol(given_text), options, scale, as_json=as_json)
