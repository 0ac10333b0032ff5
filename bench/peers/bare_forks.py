"""The limit: warm fork servers, one a core, that fork a child for each candidate and read its score, with no jail and no record.

`python bare_forks.py N` prints the candidates a second and the seconds that one candidate takes without a fork.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time

import lean_scorer
import programs


def score_in_child(text: str) -> float:
    """The score of a program, computed by a fork of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, repr(lean_scorer.scored(text)[0]).encode())
        os._exit(0)
    os.close(writing)
    value = float(os.read(reading, 64))
    os.close(reading)
    os.waitpid(child, 0)
    return value


def serve(first: int, last: int) -> None:
    """Score a share of the candidates, one after another."""
    for number in range(first, last):
        score_in_child(programs.PAIRS.format(number=number))


def main() -> None:
    """Measure both."""
    count, cores = int(sys.argv[1]), len(os.sched_getaffinity(0))
    text = programs.PAIRS.format(number=0)
    plain = []
    for _ in range(20):
        began = time.perf_counter()
        lean_scorer.scored(text)
        plain.append(time.perf_counter() - began)
    score_in_child(text)
    shares = [(core * count // cores, (core + 1) * count // cores) for core in range(cores)]
    with multiprocessing.get_context("fork").Pool(cores) as servers:
        servers.starmap(serve, [(0, 1)] * cores, 1)
        began = time.perf_counter()
        servers.starmap(serve, shares, 1)
        seconds = time.perf_counter() - began
    print(json.dumps({"rate": count / seconds, "function_seconds": min(plain)}))


if __name__ == "__main__":
    main()
