"""The template that worker processes are forked from (`worker`). It starts before the machinery of a command is imported."""

from __future__ import annotations

import os

from strop.base import interpreter
from strop.base.errors import OutOfThreads, SandboxError
from strop.lm.providers import without_models
from strop.sandbox import control
from strop.sandbox.fork_server_host import server_template
from strop.sandbox.template import ForkedProcess, Template

_READ_AT_START = (
    *("PATH", "HOME", "LANG", "LC_", "TZ", "LD_", "PYTHON", "GLIBC_", "MALLOC_"),
    *("OMP_", "OPENBLAS_", "MKL_", "BLIS_", "NUMEXPR_", "NPY_", "NUMPY_"),
)
"""Beginnings of the names of variables that an interpreter and the libraries of NumPy read when they start."""


def _variables() -> dict[str, str]:
    read = {name: value for name, value in interpreter.environment().items() if name.startswith(_READ_AT_START)}
    # Threads do not survive a fork, and there are as many workers as cores.
    return {"OPENBLAS_NUM_THREADS": "1"} | read


worker_template = Template(
    # not isolated from the environment: a scorer may import what its user has installed
    lambda channel: interpreter.python("-m", "strop.evaluation.worker", str(channel)),
    _variables,
)
"""The template of all worker processes of this process. It gets no variable that could be a secret."""


def begin() -> None:
    """Start the templates of fork servers and worker processes without waiting: they import modules while the caller does."""
    server_template.begin()
    worker_template.begin()


def start_worker(channel: int) -> ForkedProcess:
    """A new worker process with this end of its channel. It gets the variables of this process except those that name a model or
    its key. Its guests come from the same template as those of this process.

    Raises:
        OutOfThreads: the system gives no more processes.
        SandboxError: it gives no more descriptors, or no worker process starts.
    """
    descriptors: list[int] = []
    try:
        descriptors.append(control.sealed(without_models(interpreter.environment())))
        descriptors.append(os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
        with server_template.joined() as servers:
            return worker_template.fork(channel, *descriptors, servers.fileno(), 2, tells=True)
    except BlockingIOError as error:  # ulimit -u counts processes and threads alike
        raise OutOfThreads from error
    except (control.ControlClosed, OSError) as error:
        raise SandboxError(f"a worker process does not start: {error}") from error
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
