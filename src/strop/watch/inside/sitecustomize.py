"""Begins strop's tools in a Python process of the user's, and runs the user's own `sitecustomize`.

strop puts a copy of this file into a folder of its own, which PYTHONPATH names; the folder has `plan.json` and gets the results.
Python 3.9 or newer. Nothing that fails here may stop the program.
"""

import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))


def _begin() -> None:
    import time

    began = time.process_time()
    import json

    with open(os.path.join(_FOLDER, "plan.json"), encoding="utf-8") as file:
        plan = json.load(file)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path[:0] = plan["folders"]
    try:
        import strop_watch

        strop_watch.begin(_FOLDER, plan, began)
    finally:
        del sys.path[: len(plan["folders"])]
        sys.dont_write_bytecode = before


def _main() -> None:
    own = sys.modules.pop(__name__)
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != _FOLDER]
    try:
        _begin()
    except Exception as error:
        with open(os.path.join(_FOLDER, f"failed.{os.getpid()}"), "w", encoding="utf-8") as file:
            file.write(f"{type(error).__name__}: {error}")
    try:
        import sitecustomize  # noqa: F401 (the user's)
    except ImportError as error:
        if error.name != __name__:
            raise
    sys.modules.setdefault(__name__, own)


_main()
