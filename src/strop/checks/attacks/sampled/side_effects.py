"""A printed verdict

Tried: the honest answer, and lines on standard output and standard error that report a perfect score.

Means: the score is read from what a solution prints.

Change: nothing if it is harmless: strop never reads it.
"""

NAME = "print_verdict"
KIND = "same"
FINDING = "C306"
VARIANTS = ("json", "words")


def attack(honest, variant, *inputs):
    import sys

    line = '{"score": 1.0, "combined_score": 1.0, "verdict": "ok"}' if variant == "json" else "PASSED score=1.0 1 passed"
    print(line)
    print(line, file=sys.stderr)
    return honest()


"""Global random generators reseeded

Tried: random and numpy.random are seeded with a constant and drawn from; then the honest answer.

Means: solution and scorer share generators, so that the solution decides what the scorer draws.

Change: draw in sample, from the generator that it gets.
"""

NAME = "global_state"
KIND = "same"
FINDING = "C306"
VARIANTS = (0, 42)


def attack(honest, variant, *inputs):
    import random

    random.seed(variant)
    np.random.seed(variant)
    np.random.random(100)
    return honest()


"""Inputs edited in place

Tried: every input is overwritten with zeros, or multiplied, after the honest answer was found.

Means: the score is computed from the instance as the solution left it (a maximum cut of 1,000,000).

Change: nothing if it is harmless: a solution gets copies.
"""

NAME = "edit_inputs"
KIND = "same"
FINDING = "C306"
VARIANTS = ("cleared", "multiplied")


def attack(honest, variant, *inputs):
    answer = honest()
    for value in inputs:
        if isinstance(value, np.ndarray):
            value[...] = 0 if variant == "cleared" else (value * 1_000_000).astype(value.dtype)
        elif isinstance(value, list):
            value[:] = [] if variant == "cleared" else value * 10
        elif isinstance(value, dict):
            value.clear()
    return answer


"""Libraries rewritten

Tried: numpy.mean, numpy.all, builtins.sum, json.dumps and the equality of arrays are replaced; then the honest answer.

Means: the scorer shares a process with the solution and uses the replaced functions.

Change: nothing if it is harmless: the scorer lives in another process.
"""

NAME = "patch_libraries"
KIND = "same"
FINDING = "C306"
VARIANTS = ("numpy", "builtins")


def attack(honest, variant, *inputs):
    import builtins

    answer = honest()
    if variant == "numpy":
        for name in ("mean", "all", "any", "sum", "array_equal", "allclose", "isclose"):
            setattr(np, name, lambda *a, **k: 1.0)
    else:
        for name in ("sum", "all", "any", "max", "sorted"):
            setattr(builtins, name, lambda *a, **k: 1.0)
    return answer


"""Clocks that stand still

Tried: every function of the module time is replaced, some run backwards; then the honest answer.

Means: time is part of the score, and the solution's clock is believed.

Change: take time out of the score; time_limit is measured by the host.
"""

NAME = "patch_time"
KIND = "same"
FINDING = "C206"
VARIANTS = ("frozen", "backwards")


def attack(honest, variant, *inputs):
    import time

    calls = [0.0]

    def clock(*anything):
        calls[0] -= 1.0 if variant == "backwards" else 0.0
        return calls[0]

    for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time"):
        setattr(time, name, clock)
    for name in ("time_ns", "perf_counter_ns", "monotonic_ns", "process_time_ns"):
        setattr(time, name, lambda: int(clock()))
    return honest()


"""Waiting before answering

Tried: the honest answer, after 0.1 seconds of sleep in each of the first three calls.

Means: time is part of the score (the published modified-qap adds it: sleeping is winning).

Change: take time out of the score.
"""

NAME = "sleep"
KIND = "same"
FINDING = "C206"
VARIANTS = (0.1,)


calls = 0


def attack(honest, variant, *inputs):
    import time

    global calls
    calls += 1
    if calls <= 3:
        time.sleep(variant)
    return honest()


"""Exit with success

Tried: os._exit(0), sys.exit(0), sys.exit(None) and KeyboardInterrupt instead of an answer.

Means: exit status 0 counts as passed (a grader that gave full reward for it).

Change: nothing if it is refused: no answer is no score.
"""

NAME = "exit_zero"
KIND = "unfit"
FINDING = "C301"
VARIANTS = ("_exit", "exit", "exit none", "interrupt")


def attack(honest, variant, *inputs):
    import os
    import sys

    if variant == "_exit":
        os._exit(0)
    if variant == "interrupt":
        raise KeyboardInterrupt
    sys.exit(0 if variant == "exit" else None)


"""Files that a scorer could read

Tried: the honest answer, after new files were written beside the task, in the current and the temporary folder, and where the scorer reads.

Means: a solution can leave a verdict, or change what the scorer reads (a daemon that rewrites the reward file).

Change: see strop doctor: the jail must forbid writing.
"""

NAME = "write_files"
KIND = "files"
FINDING = "C307"
VARIANTS = ()


def attack(honest, variant, *inputs):
    for path in variant:
        try:
            with open(path, "w") as file:
                file.write("1.0")
        except OSError:
            pass
    return honest()
