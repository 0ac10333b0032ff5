"""Simulated gates: how many pairs a gate is expected to use, and how many candidates it accepts.

The differences are drawn at random. In the gates of two dozen runs of the offline proposer, a third of the candidates equalled
the incumbent, a quarter was worse by about 0.25, and the others were better by about 0.07 with a deviation of 0.15 to 0.3.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from strop.analysis.stats.sequential import EProcess
from strop.core.selection.gated import BEST, Gate

GAMES = 100
KINDS = ((0.35, 0.0, 0.0), (0.25, -0.25, 0.2), (0.4, 0.1, 0.2))
"""(share of the candidates, mean of candidate minus incumbent, standard deviation)."""
INCUMBENT = (0.5, 0.9)
"""Training values of the incumbent, equally likely."""


@dataclass(frozen=True)
class Rehearsed:
    """The mean of simulated gates."""

    pairs: float
    """Pairs that a gate pays for."""
    accepted: float
    """Share of the candidates that replace the incumbent."""


@cache
def rehearsed(gate: Gate, together: int) -> Rehearsed:
    """The mean of `GAMES` gates that pay for `together` pairs at once. Deterministic."""
    rng = random.Random(0)
    gates = [_simulated(gate, together, rng, kind) for share, *kind in KINDS for _ in range(round(share * GAMES))]
    return Rehearsed(sum(pairs for pairs, _ in gates) / len(gates), sum(won for _, won in gates) / len(gates))


def _simulated(gate: Gate, together: int, rng: random.Random, kind: list[float]) -> tuple[int, bool]:
    """(pairs paid for, whether the candidate is accepted) in one gate."""
    evidence, seen, paid = EProcess(), [rng.choice(INCUMBENT) for _ in range(together)], 0
    while paid < gate.pairs:
        size = min(together, gate.pairs - paid)
        paid += size
        for _ in range(size):
            seen.append(rng.choice(INCUMBENT))
            evidence.add(min(max(rng.gauss(*kind), -seen[-1]), BEST - seen[-1]))
            if evidence.rejected(gate.alpha):
                return paid, True
        if gate.futile(evidence, gate.pairs - paid, seen):
            break
    return paid, False
