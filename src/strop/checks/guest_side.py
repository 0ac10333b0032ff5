"""What every attack has at hand in the jail: honest answers, looked up, and ways to change them.

This file and `canonical.py` are put before the text of an attack (`sampled.program`). Standard library and numpy only; the host
does not import this file.
"""

import copy

import numpy as np


def leaves(value, change):
    """`value` with every number, truth value and text in it changed."""
    if isinstance(value, np.ndarray):
        return [leaves(item, change) for item in value.tolist()] if value.ndim else change(value.item())
    if isinstance(value, (list, tuple)):
        return [leaves(item, change) for item in value]
    if isinstance(value, dict):
        return {key: leaves(item, change) for key, item in value.items()}
    return value if value is None else change(value)


def plain(value):
    """`value` with arrays as lists."""
    return leaves(value, lambda leaf: leaf)


def first_leaf(value):
    """The first number or text in it."""
    found = []
    leaves(value, found.append)
    return found[0] if found else value


def all_leaves(value, holds):
    """Whether something holds for every number and text in it."""
    found = []
    leaves(value, lambda leaf: found.append(holds(leaf)))
    return all(found)


def at(value, path):
    """What lies at a path of keys, indices and ("column", j)."""
    for step in path:
        value = np.asarray(value)[:, step[1]] if isinstance(step, (list, tuple)) else value[step]
    return value


class Honest:
    """Gives the honest answer to the inputs of this call, afresh."""

    def __init__(self, answers, name):
        self.answer = answers.get(name)

    def __call__(self):
        return copy.deepcopy(self.answer)
