"""A worker process: measures the orders of its coordinator one at a time, in its own jail, and sends back the results.

Started as `python -m strop.evaluation.worker CHANNEL LIFELINE`, with two inherited descriptors. Both ends of the channel are
trusted: nothing that a program writes crosses it, but the `Evaluation` of its answers.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from strop.base.errors import SandboxError, StropError
from strop.base.surface import spell_flags
from strop.evaluation.workers import Equipment, JailedWorker
from strop.tasks.base import blame
from strop.tasks.score_limit import let_scorers_end_this_process


def main() -> None:
    """Serve until the coordinator closes its end."""
    channel, lifeline = Connection(int(sys.argv[1])), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the coordinator's business
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    let_scorers_end_this_process()
    sys.stdout = sys.stderr  # where a scorer prints
    worker: JailedWorker | None = None
    own = frozenset(sys.modules)
    with suppress(EOFError, ConnectionError):
        while True:
            message = channel.recv()
            try:
                if isinstance(message, Equipment):
                    if worker is not None:
                        worker.close()
                        if _foreign(own):
                            channel.send(None)
                            return
                    spell_flags(message.has_flags)
                    worker = JailedWorker(message)
                    answer: object = worker.posture
                else:
                    assert worker is not None
                    measured = worker.measure(message)
                    error = None if measured.error is None else portable(measured.error)
                    answer = replace(measured, error=error)
            except StropError as error:
                answer = portable(error)
            except Exception as error:  # noqa: BLE001 (objects of the task can fail wherever they are touched)
                answer = SandboxError(blame("a worker process", error))
            channel.send(answer)


def portable(error: StropError) -> StropError:
    """The error, or one in its words if it cannot be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 (whatever an error raises that cannot be pickled)
        return SandboxError(str(error))
    return error


def _foreign(own: frozenset[str]) -> bool:
    """Whether modules of a user were imported, which may have changed since: only an installed distribution has not."""
    files = (getattr(module, "__file__", None) for name, module in sys.modules.items() if name not in own)
    installed = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[1]))
    return any(file is not None and not file.startswith(installed) for file in files)


def _end_with(lifeline: int) -> None:
    """End this process, and with it its fork servers, as soon as the coordinator is gone, even while a program runs."""
    os.read(lifeline, 1)
    os._exit(0)


if __name__ == "__main__":
    main()
