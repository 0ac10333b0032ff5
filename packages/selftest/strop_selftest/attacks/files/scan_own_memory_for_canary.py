"""Read all of our own memory that can be found, and look for a secret of the host's.

Must be observed: it is not there, with the layers off as well: the fork server is started anew, never forked from the
host. Source: strop's own list of cases, `scan_own_memory_for_canary`. A pipe tells which pages may be read: the kernel answers
EFAULT for the others.
"""

import ctypes
import gc
import os

NUMBERS = (118,)
ROLE = "solution"
CONTROL = "architecture"
PAGE = 4096
MOST_PAGES = 20_000
BEGINNING = 8


def attack(targets):
    libc = ctypes.CDLL(None)
    libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
    reader, writer = os.pipe()

    def readable(page):
        if libc.write(writer, page, 1) != 1:
            return False
        os.read(reader, 1)
        return True

    starts = sorted({id(thing) // PAGE * PAGE for thing in gc.get_objects()})
    seen, backwards = set(), targets["backwards"].encode()
    beginning = backwards[: -BEGINNING - 1 : -1]

    def holds_secret(content):
        # Never turn the page or the whole target round: what is freed stays in memory, and the scan would find itself.
        at = content.find(beginning)
        while at >= 0:
            rest = content[at : at + len(backwards)]
            if len(rest) == len(backwards) and all(a == b for a, b in zip(rest, reversed(backwards), strict=True)):
                return True
            at = content.find(beginning, at + 1)
        return False

    for start in starts:
        page = start
        while page not in seen and len(seen) < MOST_PAGES and readable(page):
            seen.add(page)
            if holds_secret(ctypes.string_at(page, PAGE)):
                return f"found the secret at {page:#x}"
            page += PAGE
    return None if len(seen) > 100 else f"only {len(seen)} pages could be read: this is no scan"
