"""Look for descriptors that lead somewhere else than to the command's own output."""

import os
import stat
from contextlib import suppress

for number in range(4096):
    with suppress(OSError):
        mode = os.fstat(number).st_mode
        if number > 2 or (stat.S_ISSOCK(mode) and number != 1) or stat.S_ISDIR(mode):
            print("GOT", number, os.readlink(f"/proc/self/fd/{number}"))
