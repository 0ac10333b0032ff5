"""strop reproduce fig4-weak."""

from __future__ import annotations

from strop.cli.commands.options import Json, Models, Whole
from strop.cli.commands.reproduce.options import DEFAULT_SCALE, ScaleOptions, given, show_performed
from strop.reproduce.fig4_weak import LM, PROTOCOL, RUNS
from strop.reproduce.protocol import Options


def fig4_weak_command(
    *, lm: Models = (LM,), runs: Whole = RUNS, scale: ScaleOptions = DEFAULT_SCALE, as_json: Json = False
) -> int:
    """What a weak model does to its improver, by the paper's selection and by a gated one (Figure 4, right; §5.3).

    Parameters
    ----------
    lm
        The language model. The default is the offline proposer at a skill at which most of its proposals do harm.
    runs
        Independent runs for each of the two selections, from the same seeds.
    """
    return show_performed(PROTOCOL, Options(**given(lm, runs, scale)), scale, as_json=as_json)
