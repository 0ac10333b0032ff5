"""Change what is not the copy's."""

import json
import os
from contextlib import suppress
from pathlib import Path

at = json.loads(os.environ["TARGETS"])
new = [os.path.join(at["folder"], "made")]
if at["careful"] is False:  # only where nothing of the host can be harmed
    new += ["/usr/made", "/etc/made", "/made", "/proc/sys/kernel/made", "/dev/made", "/var/made"]
for path in new:
    with suppress(OSError):
        Path(path).write_text("x")
        print("GOT", path)
with suppress(OSError), open(at["file"], "a") as file:
    file.write("x")
    print("GOT appended")
with suppress(OSError):
    os.unlink(at["file"])
    print("GOT deleted")
if at["careful"] is False:
    for path in (
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/proc/self/uid_map",
        "/etc/passwd",
        "/usr/bin/env",
    ):
        with suppress(OSError), open(path, "a") as file:
            print("GOT open", path)
