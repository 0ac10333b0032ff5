"""One instance of a task of the paper as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from strop.tasks.base import Instance, PublishedSeeds, Split, Task
from strop.tasks.paper.lpn.picture import picture as lpn
from strop.tasks.paper.maxcut.picture import picture as maxcut
from strop.tasks.paper.modified_qap.picture import picture as modified_qap
from strop.tasks.paper.string_grid_distance.picture import picture as string_grid_distance
from strop.tasks.paper.three_sat.picture import picture as three_sat

Picture: TypeAlias = Callable[[Instance, Any], str]
"""Draws a picture of an instance. The generator is in the state before the instance was drawn, so values that the task drew and
did not keep can be drawn again."""

PICTURES: Mapping[str, Picture] = {
    "lpn": lpn,
    "string-grid-distance": string_grid_distance,
    "modified-qap": modified_qap,
    "3sat": three_sat,
    "maxcut": maxcut,
    "parity": lpn,
}


def picture_of(task: Task, split: Split = "train", index: int = 0) -> str:
    """A published instance of a task of the paper, hidden data included, in lines of at most 80 columns.

    Raises:
        KeyError: the task is not the paper's.
    """
    seeds = PublishedSeeds()
    instance = task.instance(split, index, seeds)
    return PICTURES[task.name](instance, task.rng(seeds.seed(task.name, split, index)))
