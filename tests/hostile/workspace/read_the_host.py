"""Read what is not the copy's: a file, a folder, /etc/shadow, the home folder, the host's /tmp, disks."""

import glob
import json
import os
from contextlib import suppress
from pathlib import Path

at = json.loads(os.environ["TARGETS"])
for path in (
    at["file"],
    "/etc/shadow",
    "/etc/machine-id",
    "/dev/kmsg",
    "/proc/kcore",
    "/sys/kernel/notes",
    *glob.glob("/dev/[sv]d*"),
):
    with suppress(OSError), open(path, "rb") as file:
        print("GOT", path, len(file.read(16)))
for folder in (at["folder"], *at["private"]):
    with suppress(OSError):
        print("GOT", folder, len(os.listdir(folder)))
for link in ("up", "away"):
    with suppress(OSError):
        Path(link).symlink_to("../../../../.." + at["file"] if link == "up" else at["file"])
        print("GOT through a link", len(Path(link).read_text()))
with suppress(OSError):
    os.link(at["file"], "hard")
    print("GOT a hard link")
