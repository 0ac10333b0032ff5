"""What the scores of spoiled answers mean, by the kind of the spoiler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from strop.analysis.stats import differences, mean, t_estimate
from strop.checks.bench import Trial
from strop.checks.findings import Finding, Level, new_finding
from strop.checks.relay import beats, is_much

AS_GOOD = 0.9
"""A part of an answer that has this share of its score, and loses nothing that is sure, is as good as the whole."""
LEAST_GAIN = 1e-11
"""What sums of floating-point numbers differ by."""
BEYOND = 1.1e-6
"""An answer that may be moved farther than this has room; whether of the original's or of a tolerance, no score tells."""
LARGER = 1000.0
"""How many times as far an answer is moved to see that there is an end to it."""
_OF_PERFECT = {
    "gone": "C301", "code": "C301", "part": "C301", "constant": "C303",
    "value": "C311", "unseen": "C311", "scaled": "C311", "size": "C311", "near": "C312",
}  # fmt: skip
"""Finding by kind, if an answer of other content is perfect, as the original's is."""
NOTHING: tuple[str, Level | None] = ("", None)


@dataclass(frozen=True)
class Base:
    """Honest answers, which spoiled ones are compared with."""

    name: str
    """`the seed`, or what stands in for a seed that fails, or beside one that is not perfect."""
    trial: Trial
    declared: bool
    """Whether the task declares its answer: it then accepts on purpose what it accepts."""
    deterministic: bool
    """Whether the scorer gives the same answer the same score."""

    def finding(self, kind: str, title: str, trial: Trial) -> Finding | None:
        """What a trial shows; None if nothing. `kind`: of a spoiler, or `constant` or `labels`."""
        if trial.broke[0]:
            return new_finding(trial.broke[0], f"{title}: {trial.broke[1]}")
        if not trial.accepted:  # a run scores such an answer 0 and continues
            return new_finding("C202", f"{title}: {trial.choked}", "warning") if trial.choked else None
        if self.trial.is_perfect:
            found = _OF_PERFECT.get(kind) if trial.is_perfect and self._changed(trial) else None
            return new_finding(found, f"{title}: accepted as perfect, as {self.name}'s answers are") if found else None
        found, level = self._of_kind(kind, trial)
        scores = f"scores {mean(trial.scores):.3f} ({self.name} {mean(self.trial.scores):.3f})"
        return new_finding(found, f"{title} {scores}", level) if found else None

    def _of_kind(self, kind: str, trial: Trial) -> tuple[str, Level | None]:
        """(finding, level if it is not the usual one)."""
        better, full, is_seed = beats(trial.scores, self.trial.scores), trial.is_perfect, self.name == "the seed"
        beaten: tuple[str, Level | None] = ("C303", "note") if better and is_seed else NOTHING
        if kind == "labels":
            return ("C006", None) if better or full else NOTHING
        if kind == "moved":
            return ("C308", None) if self._gains(trial) else NOTHING
        if kind in ("near", "scaled"):
            return ("C312", None) if is_seed and self._is_equal(trial) else NOTHING
        if kind == "part" and is_seed and self._is_as_good(trial):
            return "C301", None
        if kind in ("constant", "other"):
            return ("C303", None) if full else beaten
        if kind == "unseen" and not better:
            return ("C311", None) if is_seed and self._is_equal(trial) else NOTHING
        if not full and not (better and (kind != "value" or is_much(trial.scores, self.trial.scores))):
            return NOTHING
        if self.declared and kind != "size":  # what a declared form accepts is an answer; not so one twice over
            return ("C303", None) if full and kind != "form" else beaten if self._changed(trial) else NOTHING
        return ("C301", None) if better or kind in ("gone", "code") else NOTHING

    def _changed(self, trial: Trial) -> list[int]:
        """Instances with other content; none if they are less than half."""
        pairs = enumerate(zip(trial.answers, self.trial.answers, strict=True))
        found = [index for index, (one, other) in pairs if _content(one) != _content(other)]
        return found if 2 * len(found) >= len(trial.answers) else []

    def _is_equal(self, trial: Trial) -> bool:
        """Whether answers of other content have the same score as the honest ones."""
        changed, base = self._changed(trial), self.trial.scores
        return bool(changed) and mean(base) > 0 and all(trial.scores[index] == base[index] for index in changed)

    def _gains(self, trial: Trial) -> bool:
        """Whether most instances score better, none worse, however little."""
        gains = differences(trial.scores, self.trial.scores)
        return self.deterministic and min(gains) >= 0 and sum(gain > LEAST_GAIN for gain in gains) > len(gains) / 2

    def _is_as_good(self, trial: Trial) -> bool:
        base = self.trial.scores
        if not mean(base) > 0 or mean(trial.scores) < AS_GOOD * mean(base):
            return False
        lost = t_estimate(differences(base, trial.scores), confidence=0.9).interval if len(base) > 1 else None
        return lost is None or lost[0] <= 0


def _content(value: Any) -> list[Any]:
    """The numbers and texts of an answer, in order, whatever its form."""
    value = (
        value.tolist() if isinstance(value, np.ndarray) else list(value.values()) if isinstance(value, dict) else value
    )
    return [leaf for item in value for leaf in _content(item)] if isinstance(value, list) else [value]


def tolerated(pays: Callable[[float], bool], delta: float) -> Level | None:
    """How bad it is that an answer gains if its numbers are moved by `delta`; None if there is no end to it.

    `pays` says whether an answer that is moved so far gains, too.
    """
    if pays(LARGER * delta):
        return None
    return "note" if pays(BEYOND if delta > 0 else -BEYOND) else "warning"
