"""Take more memory than allowed as one array, by an allocator of its own.

Must be observed: out of memory. Source: SandboxEval, dangerous operations; strop's own list of cases, `numpy_2^31_ones`.
"""

import numpy

NUMBERS = (83,)
ROLE = "solution"
LIMITS = {"memory_bytes": 268435456}
CONTROL_LIMITS = {"memory_bytes": 268435456}


def attack(targets):
    return f"took {numpy.ones(targets['too_many_bytes'], dtype=numpy.uint8).nbytes} bytes"
