"""What this process imported that is not installed. Stand-alone, under Python 3.9 or newer."""

from __future__ import annotations

import functools
import os
import sys

_INSTALLED = frozenset({"site-packages", "dist-packages", "lib-dynload"})
_ENVIRONMENTS = frozenset({".venv", "venv"})


@functools.lru_cache(1)
def imported(project: str, own: tuple[str, ...], modules: int) -> tuple[list[str], list[str]]:
    """The imported files of the project, and the files and folders of the imported modules that are in no package. Paths are from
    the project's top, and absolute elsewhere. What lies in the folders `own`, or belongs to Python, does not count.

    `project`: its folder, without links. `modules`: how many modules are loaded; the answer is looked up while it is the same.
    """
    others = tuple(os.path.join(folder, "") for folder in (*own, os.path.dirname(os.__file__)))
    files, tops = set[str](), set[str]()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
        if not isinstance(file, str) or file.startswith(others) or _INSTALLED & {*file.split("/")}:
            continue
        file = os.path.join(os.path.realpath(os.path.dirname(file)), os.path.basename(file))
        if not os.path.exists(file) or not file.isprintable():
            continue
        if file.startswith(f"{project}/") and not _ENVIRONMENTS & {*file.split("/")}:
            file = os.path.relpath(file, project)
            files |= {file} if file.endswith((".py", ".so")) else set()
        if "." not in name and name not in ("__main__", "__mp_main__"):
            tops.add(os.path.dirname(file) if os.path.basename(file).startswith("__init__.") else file)
    return sorted(files), sorted(tops)
