"""The best answers known to the published instances of the two tasks that only searches solve: the best of many tabu searches.

In the file an assignment is 15 letters (a is location 0), a partition a number in base 16 whose bit v is node v's side.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from strop.tasks.base import PublishedSeeds, Split, Task


@dataclass
class BestKnown:
    """Answers by name (a task, or `modified-qap, lowest`) and split."""

    texts: dict[str, dict[str, list[str]]]

    @staticmethod
    def read() -> BestKnown:
        return BestKnown(json.loads(Path(__file__).with_name("best_known.json").read_text()))

    def answers(self, name: str, split: Split, nodes: Sequence[int]) -> list[Any]:
        """The answers as a scorer takes them; `nodes` are the sizes of the graphs."""
        return [_read(name, text, size) for text, size in zip(self.texts[name][split], nodes, strict=True)]

    def scores(self, task: Task, name: str, split: Split) -> list[float]:
        """Their scores on the published instances."""
        drawn = [task.instance(split, index, PublishedSeeds()) for index in range(task.count(split))]
        sizes = [len(next(iter(instance.inputs.values()))) for instance in drawn]
        answers = self.answers(name, split, sizes)
        return [task.checked_score(instance, answer) for instance, answer in zip(drawn, answers, strict=True)]

    def mean(self, task: Task, name: str, split: Split) -> float | None:
        """Their utility; None where nothing is kept."""
        return float(np.mean(self.scores(task, name, split))) if split in self.texts.get(name, {}) else None


def _read(name: str, text: str, nodes: int) -> list[int]:
    if name == "maxcut":
        return [int(text, 16) >> v & 1 for v in range(nodes)]
    return [ord(letter) - ord("a") for letter in text]
