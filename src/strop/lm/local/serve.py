"""The process in which llama.cpp runs: `python -m strop.lm.local.serve`, started by `server.py` and by nobody else.

Reads one line of JSON from standard input (the fields of `server.Launch`, `key` and `parent`), loads the model, and says
`{"url": …}` on standard output once it answers. It ends when its standard input does: with whoever holds the other end. What
llama.cpp says goes to standard error. The key comes this way because others can read command lines.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import threading
from typing import Any

_PR_SET_PDEATHSIG = 1
_WARNINGS = 2
"""llama.cpp's name for how much it says: more would be a kilobyte a response."""


def main() -> int:
    """Serve until the parent is gone."""
    if sys.platform == "linux":
        # While a model is loaded no thread of Python runs: the watch below would not notice the parent's end.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    order = json.loads(_line())
    if os.getppid() != order["parent"]:
        return 1  # it ended before the line above could take effect
    threading.Thread(target=_end_with_parent, daemon=True).start()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed is for the log
    xllamacpp = importlib.import_module("xllamacpp")
    try:
        server = xllamacpp.Server(_parameters(xllamacpp, order))
    except RuntimeError:
        return 1  # its log has said why
    answers.write(json.dumps({"url": server.listening_address}) + "\n")
    answers.flush()
    threading.Event().wait()
    return 0


def _parameters(xllamacpp: Any, order: dict[str, Any]) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = order["path"]
    parameters.model_alias = {order["alias"]}  # else it names itself by its path on this machine
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [order["key"]]
    parameters.n_parallel = order["parallel"]
    parameters.n_ctx = order["context"] * order["parallel"]  # llama.cpp shares it out
    parameters.cont_batching = True
    if order["threads"]:
        parameters.cpuparams.n_threads = order["threads"]
        parameters.cpuparams_batch.n_threads = order["threads"]
    parameters.cache_ram_mib = 0  # by default up to 8 GB beside the model
    parameters.ui = False
    parameters.endpoint_slots = False  # shows the prompts
    parameters.verbosity = _WARNINGS
    return parameters


def _line() -> bytes:
    """The first line of standard input, read without a buffer: the watch would hold that while it waits."""
    line = b""
    while not line.endswith(b"\n") and (more := os.read(0, 1 << 16)):
        line += more
    return line


def _end_with_parent() -> None:
    while os.read(0, 1 << 16):
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
