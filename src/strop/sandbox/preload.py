"""What every guest finds already imported: a fork shares it, an import in the guest would cost it milliseconds.

numpy 2 imports several of its parts lazily (numpy.random alone is 10 ms), hence their names. Where a guest may call nothing
that resolves a path, what is listed here is also all that it can ever import.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import platform
import random
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol, cast

import numpy

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
"""What programs use often enough: every page more makes every fork slower."""

MORE_MODULES = """
    argparse asyncio bz2 cProfile concurrent.futures.process configparser doctest email email.message
    encodings.ascii encodings.idna encodings.latin_1 encodings.utf_16 graphlib gzip html http http.client json.tool
    locale logging.handlers lzma multiprocessing.connection multiprocessing.dummy multiprocessing.pool
    multiprocessing.popen_fork multiprocessing.queues optparse pdb pkgutil profile pstats pydoc runpy sched shlex
    sqlite3 symtable tarfile tomllib trace tracemalloc unittest unittest.mock urllib.error urllib.request
    xml.etree.ElementTree zipfile numpy.ctypeslib numpy.lib.recfunctions numpy.lib.stride_tricks numpy.ma
    numpy.polynomial.polynomial numpy.testing
""".split()  # noqa: SIM905
"""What programs may use, where they cannot import it themselves."""


def preload(names: Iterable[str]) -> list[str]:
    """Import `names`; returns those that this interpreter does not have."""
    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    tuple(platform.uname())  # it runs a program, once, and keeps the answer: a guest that asks for it starts none
    return missing


def warm_up() -> None:
    """In a guest that waits for work: touch what every program will touch.

    A fork shares its parent's memory, but maps the pages of libraries, and copies those that it writes to, at first touch: some
    400 faults, a millisecond of the first call. Leaves nothing behind; every call seeds the generators anew.
    """
    random.seed(0)
    numpy.random.seed([0, 0])
    space: dict[str, object] = {}
    exec(compile("import json\ndef warm(x):\n    return [x, str(x)]\nwarm(1)", "<warm>", "exec"), space)
    frame = json.dumps({"warm": [1, 2.5, "x", None]}).encode()
    json.loads(frame.decode())


class Guest(Protocol):
    """What a guest's main module defines."""

    def run(self, from_host: int, to_host: int, /) -> object:
        """Serve the host on two pipes until it is gone."""
        ...


def load_guest(folder: str) -> Guest:
    """The guest's main module, loaded by path; every other file of its folder can be imported by its plain name."""
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
    return cast(Guest, module)
