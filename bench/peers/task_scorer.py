"""The scorer of any task of strop, with the interface of `lean_scorer`, so that all systems search for the same utility.

The score comes from `score_server.py`, which the bench starts for each search, over the socket `PEERS_SOCKET`. So this module
needs nothing but the standard library, and a script that ShinkaEvolve starts for each candidate is quick.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import programs


def scored(text: str) -> tuple[float, str]:
    """(Training score in [0, 1], error): 0 and the end of its traceback for a program that fails. Safe in threads."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ["PEERS_SOCKET"])
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as reply:
            value, error = json.loads(reply.read())
    programs.note(text, value)
    return float(value), str(error)


def evaluate(program_path: str) -> dict[str, float]:
    """openevolve's form."""
    return {"combined_score": scored(Path(program_path).read_text(encoding="utf-8"))[0]}


if __name__ == "__main__":
    print(json.dumps(evaluate(sys.argv[1])))
