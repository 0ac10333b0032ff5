"""`python -m strop`, and `strop`: nothing else is loaded before an early Ctrl-C can end the process with one line."""

import os
import signal


def main() -> None:
    """Entry point of `strop`. Ends the process with the exit code of the command."""
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, _stopped)
    from strop.cli.app import main as begin  # takes a third of a second, in which a Ctrl-C would end in a traceback

    begin()


def _stopped(number: int, frame: object) -> None:
    """Nothing has begun: there is nothing to keep, and no reason to unwind half-loaded modules."""
    os.write(2, b"strop: stopped\n")
    os._exit(130)


if __name__ == "__main__":
    main()
