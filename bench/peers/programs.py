"""The programs with which the server answers, and the form of an answer that every system reads."""

from __future__ import annotations

import hashlib
import os
import time

PAIRS = '''\
import numpy as np


def algorithm(train_samples, train_parity, test_samples):
    """Attempt {number}: the single bit or pair of bits that agrees most with the training parities."""
    samples, parity = np.asarray(train_samples), np.asarray(train_parity)
    bits = samples.shape[1]
    masks = [(i, j) for i in range(bits) for j in range(i, bits)]
    left, right = np.array(masks).T
    guesses = (samples[:, left] ^ np.where(left == right, 0, samples[:, right])) == parity[:, None]
    best = int(np.argmax(guesses.sum(axis=0)))
    tests, (i, j) = np.asarray(test_samples), masks[best]
    return tests[:, i] ^ (0 if i == j else tests[:, j])
'''
"""About 0.1 ms for each instance of LPN, mostly in numpy."""


def marked(program: str) -> str:
    """The program between the marks of a region that may change."""
    return f"# EVOLVE-BLOCK-START\n{program.rstrip()}\n# EVOLVE-BLOCK-END\n"


def answer(program: str) -> str:
    """An answer in the one form that gepa, openevolve, ShinkaEvolve and strop all read as a whole new program."""
    return (
        "<NAME>\nattempt\n</NAME>\n\n<DESCRIPTION>\nAnother attempt.\n</DESCRIPTION>\n\n"
        f"<CODE>\n```python\n{program.rstrip()}\n```\n</CODE>\n"
    )


def digest(program: str) -> str:
    """SHA-256 of a program without the marks and the blank lines around it, which systems add and take away."""
    lines = [line for line in program.splitlines() if "EVOLVE-BLOCK" not in line]
    return hashlib.sha256("\n".join(lines).strip().encode()).hexdigest()


def note(text: str, value: float) -> None:
    """Append a line to the file `PEERS_SCORED`: Unix time, digest of the program, score. One write, so that processes may share
    the file."""
    descriptor = os.open(os.environ["PEERS_SCORED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{time.time():.6f} {digest(text)} {value!r}\n".encode())
    os.close(descriptor)
