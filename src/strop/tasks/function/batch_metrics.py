"""Names of the metrics of a batch: what each program's calls take, and what lies beside them (strop.evaluation.paired)."""

SECONDS = "seconds"
"""The metric of a function that is scored by time: CPU seconds of one call."""
CALLS = "calls"
"""A metric shown beside `seconds`: how many calls were timed together, in one batch."""
DIFFERENT = "different"
"""A metric shown beside `seconds` if batches share calls: the number of different calls divided by the number of batches."""
IDLE = "idle"
"""A metric beside `seconds`: CPU seconds of a message to the process that makes no call."""
OPENING = "opening"
"""A metric beside `seconds`: CPU seconds of a process before the calls of its batch, without loading and the calls that it makes
alone. It opens arguments, and threads may run."""
DESCRIBING = "describing"
"""A metric beside `seconds`: CPU seconds of a process after the calls of its batch, such as describing its answers."""
BESIDE = (OPENING, DESCRIBING)
"""The parts of a process beside its calls."""
ALONE = "alone"
"""A metric beside `seconds`: CPU seconds of a call that is made alone. It may be negative: a message without a call is
subtracted."""
LOADING = "loading"
"""A metric shown beside `seconds`: CPU seconds of loading, and the extra cost of the first call."""
FIRST = "first"
"""A metric shown beside `seconds`: the extra CPU seconds of the first call of a process."""
