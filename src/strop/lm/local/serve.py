"""The process in which llama.cpp runs: `python -m strop.lm.local.serve`, started only by `server.py`.

Reads one line of JSON from standard input (the fields of `server.Launch`, `key` and `parent`), loads the model, and writes
`{"url": …}` to standard output when it answers. It ends with its standard input, which strop holds open. llama.cpp logs to
standard error. The key comes this way because other users can read command lines.
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
"""A log level of llama.cpp; the next one writes a kilobyte for each response."""


def main() -> int:
    """Serve until the parent is gone."""
    if sys.platform == "linux":
        # While a model loads, no thread of Python runs, so the thread below would not notice the parent's end.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    order = json.loads(_line())
    if os.getppid() != order["parent"]:
        return 1  # the parent ended before the line above took effect
    threading.Thread(target=_end_with_parent, daemon=True).start()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # everything else that is printed belongs to the log
    xllamacpp = importlib.import_module("xllamacpp")
    try:
        server = xllamacpp.Server(_parameters(xllamacpp, order))
    except RuntimeError:
        return 1  # the log says why
    answers.write(json.dumps({"url": server.listening_address}) + "\n")
    answers.flush()
    threading.Event().wait()
    return 0


def _parameters(xllamacpp: Any, order: dict[str, Any]) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = order["path"]
    parameters.model_alias = {order["alias"]}  # else its name is its path on this machine
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [order["key"]]
    parameters.n_parallel = order["parallel"]
    parameters.n_ctx = order["context"] * order["parallel"]  # llama.cpp divides it
    parameters.cont_batching = True
    if order["threads"]:
        parameters.cpuparams.n_threads = order["threads"]
        parameters.cpuparams_batch.n_threads = order["threads"]
    parameters.cache_ram_mib = 0  # by default up to 8 GB beside the model
    parameters.ui = False
    parameters.endpoint_slots = False  # it shows prompts
    parameters.verbosity = _WARNINGS
    return parameters


def _line() -> bytes:
    """The first line of standard input, read without a buffer, which the thread below would block."""
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
