"""Modules that are imported before a guest is forked: forks share them, and an import in the guest takes milliseconds.

numpy 2 imports several of its parts lazily (numpy.random alone takes 10 ms), so they are named. A guest that may not resolve
paths can import nothing else.
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

MORE_MODULES = """
    argparse asyncio bz2 cProfile concurrent.futures.process configparser doctest email email.message
    encodings.ascii encodings.idna encodings.latin_1 encodings.utf_16 graphlib gzip html http http.client json.tool
    locale logging.handlers lzma multiprocessing.connection multiprocessing.dummy multiprocessing.pool
    multiprocessing.popen_fork multiprocessing.queues multiprocessing.resource_tracker optparse pdb pkgutil profile
    pstats pydoc runpy sched shlex sqlite3 symtable tarfile tomllib trace tracemalloc unittest unittest.mock
    urllib.error urllib.request xml.etree.ElementTree zipfile numpy.ctypeslib numpy.lib.recfunctions
    numpy.lib.stride_tricks numpy.ma numpy.polynomial.polynomial numpy.testing
""".split()  # noqa: SIM905
"""Further modules for guests that cannot import them."""


def preload(names: Iterable[str]) -> list[str]:
    """Import `names`; returns those that this interpreter does not have."""
    missing = []
    for name in names:
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
        ...

    def keep(self, files: Any, /) -> Iterable[str]:
        """Compile the user's modules for later imports; returns the files that guests must read themselves."""
        ...

    def open_output(self) -> None:
        """Make the standard streams of guests."""
        ...

    def run(self, from_host: int, to_host: int, /) -> object:
        """Serve the host on two pipes until it hangs up."""
        ...


def load_guest(folder: str) -> GuestMain:
    """Load the guest's main module by path; the other files of its folder can be imported by plain name."""
    sys.path.insert(0, folder)
    for file in sorted(Path(folder).glob("*.py")):
        if file.stem not in ("main", "__init__"):
            importlib.import_module(file.stem)
    spec = importlib.util.spec_from_file_location("guest_main", Path(folder, "main.py"))
    if spec is None or spec.loader is None:
        raise ImportError(f"no guest in {folder}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with suppress(ValueError):
        sys.path.remove(folder)
    return cast(GuestMain, module)
