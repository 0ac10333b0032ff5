"""How large `strop compare` makes a comparison of times, and what it then says, by simulation.

    python bench/compare_size.py                  # some five minutes on a free core
    python bench/compare_size.py --runs 200       # quick

The times of both programs are drawn; the size is planned by eight training inputs (strop.runs.sizing), and what is counted is
what the comparison finds (strop.runs.finding.Evidence). A table in Markdown, as in docs/explanation/statistics.md.
The seed is fixed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from statistics import mean, median

import numpy as np
from stats import Values, table

from strop.base.events import Evaluated
from strop.base.results import Improvement
from strop.runs.finding import Cost, Evidence, ScoredProgram
from strop.runs.sizing import PILOT, instances_that_show
from strop.tasks.objective_facts import MetricFacts, ObjectiveFacts

LEAST, MOST = 0.05, 500
"""The difference that is asked for, and the most inputs that a comparison has time for here."""
FACTS = ObjectiveFacts(MetricFacts("time", "min", "time", resolution=0.01), "drawn", "kernel")
NOISES: dict[str, Callable[[np.random.Generator, int], Values]] = {
    "1%": lambda rng, n: rng.normal(1, 0.01, n),
    "5%": lambda rng, n: rng.normal(1, 0.05, n),
    "20%": lambda rng, n: rng.normal(1, 0.2, n).clip(0.1),
    "1%, one in ten takes 1.5 times": lambda rng, n: rng.normal(1, 0.01, n) * np.where(rng.random(n) < 0.1, 1.5, 1),
    "exponential": lambda rng, n: 0.5 + rng.exponential(0.5, n),
}
"""What multiplies the time of a program on one input."""


def measured(rng: np.random.Generator, noise: str, n: int, slower: float) -> Evaluated:
    """Both programs on n inputs, of which some take three times as long as others; the candidate takes `slower` times as long."""
    sizes, draw = rng.uniform(0.5, 1.5, n), NOISES[noise]
    before, after = (tuple({"time": t} for t in (sizes * by * draw(rng, n)).tolist()) for by in (1.0, slower))
    both = {"metrics": after, "original_metrics": before}
    return Evaluated(
        0.5, "ok", (0.5,) * n, ("ok",) * n, **both, scope="", utility="u", split="test", solution="candidate"
    )


def compared(rng: np.random.Generator, noise: str, slower: float) -> Evidence:
    """A comparison that its training planned."""
    train = measured(rng, noise, PILOT, slower)
    size = instances_that_show(LEAST, FACTS, train, train)
    test = measured(rng, noise, min(size, MOST), slower)
    original, candidate = (ScoredProgram(text, train, test) for text in ("original", "candidate"))
    return Evidence(Improvement("candidate"), original, candidate, Cost(0, 0, 2), FACTS, searched=False, least=LEAST)


def rows(runs: int, rng: np.random.Generator) -> Iterator[Sequence[str]]:
    for noise in NOISES:
        same, slower = ([compared(rng, noise, by) for _ in range(runs)] for by in (1.0, 1 + LEAST))
        could = [compared(rng, noise, 1 + (one.could_show or 0.0)) for one in same]
        sizes = [one.gain.n for one in same if one.gain is not None]
        wrong = mean(one.finding in ("better", "worse") for one in same)
        shown, said = (mean(one.finding == "worse" for one in found) for found in (slower, could))
        yield noise, f"{median(sizes):.0f}", f"{wrong:.3f}", f"{shown:.3f}", f"{said:.3f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000, help="comparisons a cell")
    head = ("noise of a time", "inputs", "claims without a difference", "shows 5%", "shows what *would have shown*")
    table("How large a comparison is", head, rows(parser.parse_args().runs, np.random.default_rng(1)))
