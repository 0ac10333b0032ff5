"""Pickle what `sample` draws: classes and functions of the marking file travel as code, others by their names.

Stand-alone, under Python 3.9 or newer. strop brings the package that does it (`strop_user_module.bring`).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

_made: list[Callable[[Any], bytes]] = []


def pickler(folder: str, marking_module: str) -> Callable[[Any], bytes]:
    """What makes the pickle of a value. `marking_module`: the module that marks a function of another one, which programs do not
    have; empty if there is none."""
    if not _made:
        importlib.import_module("strop_user_module").bring(folder)
        package = importlib.import_module("strop_cloudpickle")
        own: Any = sys.modules["strop_cloudpickle.cloudpickle"]
        if hasattr(own, "_get_or_create_tracker_id"):
            own._get_or_create_tracker_id = _Names(own)
        if marking_module:
            package.register_pickle_by_value(sys.modules[marking_module])
        _made.append(package.dumps)
    return _made[0]


class _Names:
    """Names of classes that travel as code. The package draws them at random, and equal inputs would be different bytes."""

    def __init__(self, package: Any) -> None:
        self._package = package

    def __call__(self, kind: type) -> str:
        with self._package._DYNAMIC_CLASS_TRACKER_LOCK:
            known, taken = self._package._DYNAMIC_CLASS_TRACKER_BY_CLASS, self._package._DYNAMIC_CLASS_TRACKER_BY_ID
            if kind not in known:
                name, number = f"{kind.__module__}.{kind.__qualname__}", 0
                while f"{name} {number}" in taken:
                    number += 1
                known[kind] = f"{name} {number}"
                taken[known[kind]] = kind
            return str(known[kind])
