"""What strop raises.

On purpose there is no error for "the candidate was bad": that is an `Outcome` (strop.sandbox.base), data like any other.

    StropError
    ├── ConfigurationError          a flag, a file or the environment is wrong: one line, exit code 2
    ├── LanguageModelError          the model could not answer after every retry: exit code 3
    ├── BudgetExceeded              a reservation was refused (re-raised in the guest that asked)
    ├── RunBudgetSpent              a limit of the whole run is spent; it ends, and can be resumed with more: exit code 4
    ├── TaskError                   a task broke its own contract (a score outside [0, 1], a failing seed): exit code 5
    │   ├── ScorerFailed            its `score` raised something else than Malformed
    │   └── UtilityOutOfBounds      its `score` gave no number in [0, 1]
    ├── SandboxError                the host could not run a guest: exit code 7
    │   └── SandboxUnavailable      the protection that was required cannot be had on this machine
    ├── ReplayDiffers               a run carried out again from its record did something else: exit code 8
    ├── OutOfThreads                the system gives this user no more threads or processes: exit code 1
    └── StoreError                  the record of a run cannot be read or written
    Malformed (ValueError)          raised by a task's `score` for an answer of the wrong form; a verdict, not a failure
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType


class StropError(Exception):
    """Every failure of the host derives from this; `exit_code` is what the command line ends with."""

    exit_code = 1


class ConfigurationError(StropError):
    """The user's input is wrong; the message says what is wrong and what to do."""

    exit_code = 2


class LanguageModelError(StropError):
    """The language model did not answer. Answers that did arrive are in `completions`: they were paid for.
    The `faults` are those of the requests that have none."""

    exit_code = 3

    def __init__(self, message: str, completions: tuple[object, ...] = (), faults: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.completions = completions
        self.faults = faults


class BudgetExceeded(StropError):
    """A reservation would have passed a limit somewhere in the chain of budgets; nothing was charged."""

    exit_code = 4

    def __init__(self, *, path: str, counter: str, limit: int, used: int, asked: int) -> None:
        super().__init__(f"budget of {counter} exceeded at {path or 'run'}: {used} of {limit} used, {asked} more asked")
        self.path, self.counter, self.limit, self.used, self.asked = path, counter, limit, used, asked


class RunBudgetSpent(StropError):
    """A limit of the whole run (`--max-cost`, `--max-tokens`, `--max-calls`) does not cover the next call.

    No guest is told: a measurement with refused calls would be a wrong measurement. Answers that did arrive are in
    `completions`, one entry per request of the call, None where there is none.
    """

    exit_code = 4

    def __init__(self, refusal: BudgetExceeded, completions: tuple[object, ...] = ()) -> None:
        flag, say = _FLAGS.get(refusal.counter, (f"the budget of {refusal.counter}", str))
        super().__init__(
            f"{flag} {say(refusal.limit)} is spent: {say(refusal.used)} used, and what comes next may take up to "
            f"{say(refusal.asked)}; everything up to here is kept, and a larger limit goes on from it"
        )
        self.refusal = refusal
        self.counter, self.limit, self.used, self.asked = refusal.counter, refusal.limit, refusal.used, refusal.asked
        self.completions = completions
        self.more = f"{flag} MORE"
        """The flag that lets the run go on."""


def dollars(billionths: int) -> str:
    """Money in words, at least to the cent and to two digits that say something: `$12.30`, `$0.0042`."""
    amount = abs(billionths) / 1e9
    digits = 2 if amount >= 0.1 or not billionths else 1 - math.floor(math.log10(amount))
    return f"{'-' if billionths < 0 else ''}${amount:,.{digits}f}"


def _thousands(number: int) -> str:
    return f"{number:,}"


_FLAGS: Mapping[str, tuple[str, Callable[[int], str]]] = MappingProxyType(
    {
        "cost": ("--max-cost", dollars),
        "tokens": ("--max-tokens", _thousands),
        "lm_calls": ("--max-calls", _thousands),
    }
)
"""Counter → the flag that limits it, and how its amounts are said."""


class TaskError(StropError):
    """A task broke its contract: no score of it can be trusted."""

    exit_code = 5


class ScorerFailed(TaskError):
    """A task's `score` raised something else than Malformed, or was not finite: with the seed's answer that breaks the task."""


class UtilityOutOfBounds(TaskError):
    """A task's `score` gave no number in [0, 1]: an alarm, never a score (§6.3)."""


class SandboxError(StropError):
    """The host could not run a guest. Never a score."""

    exit_code = 7


class SandboxUnavailable(SandboxError):
    """A required protection is not enforced on this machine."""


class OutOfThreads(StropError):
    """The system gives this user no more threads or processes."""

    def __init__(self) -> None:
        super().__init__(
            "the system gives this user no more threads or processes (see ulimit -u); everything up to here is kept: "
            "end other programs or raise the limit, and try again"
        )


NO_THREAD = "can't start new thread"
"""What Python's RuntimeError says where the system gives no thread."""


class ReplayDiffers(StropError):
    """A run that was carried out again from its record did something else."""

    exit_code = 8


class StoreError(StropError):
    """The record of a run cannot be read or written."""


class Malformed(ValueError):
    """Raised by a task's `score` when an answer has the wrong type, shape, length or values."""
