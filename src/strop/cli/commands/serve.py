"""strop serve."""

from __future__ import annotations

from typing import Annotated

from strop.options.commands import Out, Scored, Settings, Target, scoring_of
from strop.options.run import ComparisonOptions, EnvironmentOptions, MeasuringOptions, Rare, Whole
from strop.options.scoring import ScoringOptions


def serve_command(
    target: Target,
    /,
    *,
    seed: Annotated[Whole | None, Rare] = None,
    scored: Scored = ScoringOptions(),
    settings: Settings = (),
    measuring: MeasuringOptions = MeasuringOptions(),
    comparison: ComparisonOptions = ComparisonOptions(),
    environment: EnvironmentOptions = EnvironmentOptions(),
    out: Out = None,
) -> int:
    """Let a coding agent search: it sends programs over MCP on standard input and output, and strop measures them.

    Its tools are `task`, `measure` and `verdict`, which ends the search. If this target was served before, its last search goes
    on. `strop init TARGET --agent NAME` prints the lines with which an agent starts it. Standard output carries the protocol
    alone.

    Parameters
    ----------
    seed
        Seed of all random draws, used together with this machine's key. By default it is random.
    out
        Directory of the record. The default is that of the last served search of this target, or a new one in runs/.
    """
    from strop.api.serving import OutsideSearch, serve

    def opened() -> OutsideSearch:
        from strop.api.agents import RecordedSearch  # the client is answered while it is loaded

        return RecordedSearch(
            target, (comparison, measuring, environment), scoring_of(scored, settings), out, seed=seed
        )

    serve(opened)
    return 0
