"""`python -m strop` and `strop`: set up the handling of Ctrl-C before anything else is imported."""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # the current folder, whose files may be anybody's; `python -P -m strop` never had it

import os
import signal


def main() -> None:
    """Entry point of `strop`. Ends the process with the exit code of the command."""
    while (stream := os.open(os.devnull, os.O_RDWR)) <= 2:  # it was closed; something else would get its number
        os.set_inheritable(stream, True)
    os.close(stream)
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, _stopped)
    from strop.base.interpreter import leave_current_folder  # before anything that may be imported from there

    leave_current_folder()
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # its threads would spin, for half of the CPU time of a start
    from strop.cli.app import main as begin  # takes a third of a second, during which Ctrl-C would print a traceback

    begin()


def _stopped(number: int, frame: object) -> None:
    """Nothing has begun, so there is nothing to save and no reason to unwind half-loaded modules."""
    os.write(2, b"strop: stopped\n")
    os._exit(130)


if __name__ == "__main__":
    main()
