"""Run attacks one after another in a separate process and print the observations: one line of JSON each.

`python -m strop_selftest.worker [--control] [--word=...] NAME...`; no guest may learn the word. The process is separate because
a successful attack may kill it: the reader (`examination`) then knows by which one.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence

from strop.base.errors import StropError
from strop_selftest import examine
from strop_selftest.as_solution import NotHere
from strop_selftest.catalogue import find
from strop_selftest.ground import Ground, jailed, unconfined


def main(arguments: Sequence[str]) -> None:
    """Run the named attacks."""
    lines = os.dup(1)
    os.dup2(2, 1)  # output of a task or an attack in the host is not a result
    control = "--control" in arguments
    names = [name for name in arguments if not name.startswith("--")]
    try:
        with unconfined() if control else jailed() as ground:
            _say(lines, {"posture": ground.posture.describe() if ground.posture else []})
            for name in names:
                _say(lines, {"begin": name})
                _say(lines, {"attack": name, **_examined(name, ground)})
    except StropError as error:
        _say(lines, {"failed": str(error)})


def _examined(name: str, ground: Ground) -> dict[str, object]:
    attack, since = find(name), time.monotonic()
    absent = ""
    signs: list[str] = []
    try:
        signs = examine(attack, ground)
    except NotHere as error:
        absent = str(error)
    except StropError as error:
        signs = [f"the host failed: {error}"]
    return {
        "signs": [sign[:300] for sign in signs[:10]],
        "absent": absent,
        "announced": ground.announces(attack),
        "seconds": round(time.monotonic() - since, 3),
    }


def _say(descriptor: int, message: Mapping[str, object]) -> None:
    os.write(descriptor, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])
