"""Modules that are imported before a guest is forked: forks share them, and an import in the guest takes milliseconds.

numpy 2 imports several of its parts lazily (numpy.random alone takes 10 ms), so they are named.
"""

from __future__ import annotations

import importlib
import importlib.util
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, cast

MODULES = """
    abc array ast base64 binascii bisect builtins calendar cmath codecs collections collections.abc
    concurrent.futures concurrent.futures.thread contextlib copy copyreg csv ctypes dataclasses datetime decimal
    difflib dis enum errno fnmatch fractions functools gc glob hashlib heapq hmac importlib importlib.util inspect
    io itertools json keyword linecache logging math mmap multiprocessing numbers operator os pathlib pickle
    platform pprint queue random re resource secrets select selectors shutil signal socket stat statistics string
    struct subprocess sys tempfile textwrap threading time timeit token tokenize traceback types typing unicodedata
    urllib.parse uuid warnings weakref zlib zoneinfo
    numpy numpy.fft numpy.linalg numpy.polynomial numpy.random
""".split()  # noqa: SIM905
"""Modules that programs use often; every additional page makes every fork slower."""


def preload() -> list[str]:
    """Import `MODULES`; returns those that this interpreter does not have."""
    missing = []
    for name in MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    tuple(platform.uname())  # it runs a program once and caches the answer, so a guest that calls it starts none
    return missing


class GuestMain(Protocol):
    """The interface of a guest's main module."""

    def rehearse(self) -> None:
        """Serve calls of a small program before the fork."""

    def keep(self, files: Any, /) -> Iterable[str]:
        """Compile the user's modules for later imports; returns the files that guests must read themselves."""

    def open_output(self) -> None:
        """Make the standard streams of guests."""

    def run(self, from_host: int, to_host: int, /) -> object:
        """Serve the host on two pipes until it hangs up."""


def load_guest(folder: str) -> GuestMain:
    """Load the guest's main module by path; the other files of its folder can be imported by plain name."""
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location("guest_main", Path(folder, "main.py"))
    if spec is None or spec.loader is None:
        raise ImportError(f"no guest in {folder}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with suppress(ValueError):
        sys.path.remove(folder)
    return cast(GuestMain, module)
