"""Clocks that stand still

Tried: every function of the module time is replaced, some run backwards; then the honest answer.

Means: time is part of the score, and the solution's clock is believed.

Change: take time out of the score; time_limit is measured by the host.
"""

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
