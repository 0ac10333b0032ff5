"""The meta task of Algorithm 1 (§4): a solution is an improver; its utility û is the mean utility of what it makes of tasks."""

from __future__ import annotations

from importlib.resources import files

from strop.tasks.base import META_TASK
from strop.tasks.paper.meta import MetaTask


def self_improvement() -> MetaTask:
    """The meta task; its seed solution is the seed improver, `strop.improvers/seed.py`."""
    folder = files(__package__)
    return MetaTask(
        name=META_TASK,
        what="improves improvers",
        seed=(files("strop.improvers") / "seed.py").read_text(encoding="utf-8"),
        template=(folder / "description.md").read_text(encoding="utf-8"),
        full=(folder / "description_full.md").read_text(encoding="utf-8"),
        instead="strop run TASK improves the improver by what it makes of TASK, e.g. strop run lpn",
        seed_score="59.1 ± 1.7% on lpn with the built-in offline proposer, which is not a language model (250 copies)",
        paper="on lpn 61% with GPT-4, and its self-improvements more; with GPT-3.5 65%, and 12% of the runs gain 3% or more;"
        " with Mixtral it degrades (Figure 4)",
        picture=(folder / "picture.txt").read_text(encoding="utf-8"),
    )
