"""The errors of strop.

A bad candidate is not an error but data: an `Outcome` (strop.sandbox.base).

    StropError
    ├── ConfigurationError          wrong flag, file or environment: one line, exit code 2
    ├── LanguageModelError          the model did not respond after all retries: exit code 3
    ├── BudgetExceeded              a reservation was refused (re-raised in the guest that asked)
    ├── SearchOver                  the search of a run is over before its end: exit code 4 where nothing can be compared
    │   └── RunBudgetSpent          a limit of the whole run is spent; resume with a larger one
    ├── TaskError                   a task broke its contract (a score outside [0, 1], a failing seed): exit code 5
    │   ├── ScorerFailed            its `score` raised something other than Malformed
    │   │   └── ScorerAtLimit       it reached a limit of time or memory
    │   └── UtilityOutOfBounds      its `score` did not return a number in [0, 1]
    ├── SandboxError                the host could not run a guest: exit code 7
    │   ├── SandboxUnavailable      a required protection is not available on this machine
    │   └── GuestLost               a process of the jail was killed from outside
    ├── ReplayDiffers               a replayed run did something else: exit code 8
    ├── OutOfThreads                no more threads or processes are available to this user: exit code 1
    └── StoreError                  the record of a run cannot be read or written
        └── RecordChanged           it is damaged, or not as it was recorded: exit code 2
    Malformed (ValueError)          raised by a task's `score` for an answer of the wrong form; a verdict, not a failure
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Literal, TypeAlias

from strop.base.surface import option

EndedBy: TypeAlias = Literal["max_cost", "max_tokens", "max_calls", "max_time", "finish", "verdict"]
"""What ends a search before its end: a limit, or `strop resume --finish`."""


def system_error(error: BaseException | None) -> OSError | None:
    """The operating system's error, with a number, that caused an error; None if there is none."""
    while error is not None and not (isinstance(error, OSError) and error.errno):
        error = error.__cause__
    return error


class StropError(Exception):
    """Base of all errors that strop raises. Its `exit_code` is the exit code with which the command would end."""

    exit_code = 1
    result: object = None
    """The result so far of work that ended early; None if there is none."""

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the system's error as the cause in another process, too."""
        return type(self), self.args, vars(self) | {"__cause__": system_error(self)}


class ConfigurationError(StropError):
    """Something that you gave is wrong. The message says what is wrong and how to mend it."""

    exit_code = 2


class LanguageModelError(StropError):
    """The language model gave no response to some requests, after all retries. Its `faults` say why."""

    exit_code = 3

    def __init__(self, message: str, faults: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class BudgetExceeded(StropError):
    """A reservation would exceed a limit in the chain of budgets; nothing was charged."""

    exit_code = 4

    def __init__(self, *, path: str, counter: str, limit: int, used: int, asked: int) -> None:
        super().__init__(f"budget of {counter} exceeded at {path or 'run'}: {used} of {limit} used, {asked} more asked")
        self.path, self.counter, self.limit, self.used, self.asked = path, counter, limit, used, asked


class SearchOver(StropError):
    """The search of a run is over before its end. What it found is compared with the original; where it has nothing yet, the run
    ends with this error."""

    exit_code = 4

    def __init__(self, by: EndedBy, detail: str, message: str = "") -> None:
        super().__init__(message or f"{detail}; everything so far is kept")
        self.by, self.detail = by, detail
        """What ended the search: the option of a limit or `finish`; then the same in words."""


class RunBudgetSpent(SearchOver):
    """A limit of the whole run (`--max-cost`, `--max-tokens` or `--max-calls`) does not cover the next LM call.

    Guests do not learn of it: a measurement with refused calls would be wrong.
    """

    def __init__(self, refusal: BudgetExceeded) -> None:
        by, spelled = _LIMITS[refusal.counter]
        flag = f"--{by.replace('_', '-')}"  # what is recorded speaks as the commands that show and continue it
        super().__init__(
            by,
            f"{flag} {spelled(refusal.limit)} was spent",
            f"{option(by)} {spelled(refusal.limit)} is spent: {spelled(refusal.used)} used, and the next call may take up to "
            f"{spelled(refusal.asked)}; everything so far is kept, and a larger limit continues it",
        )
        self.counter, self.limit, self.used, self.asked = refusal.counter, refusal.limit, refusal.used, refusal.asked
        self.more = f"{flag} MORE"
        """The flag that continues the run."""


def dollars(billionths: int) -> str:
    """Format money, to the cent or to two significant digits: `$12.30`, `$0.0042`."""
    amount = abs(billionths) / 1e9
    digits = 2 if amount >= 0.1 or not billionths else 1 - math.floor(math.log10(amount))
    return f"{'-' if billionths < 0 else ''}${amount:,.{digits}f}"


def _thousands(number: int) -> str:
    return f"{number:,}"


_LIMITS: Mapping[str, tuple[EndedBy, Callable[[int], str]]] = MappingProxyType(
    {"cost": ("max_cost", dollars), "tokens": ("max_tokens", _thousands), "lm_calls": ("max_calls", _thousands)}
)
"""Counter → the option that limits it, and the format of its amounts."""


class TaskError(StropError):
    """A task is broken, so that its scores cannot be trusted: its scorer raised or gave no number in [0, 1], or its
    original fails."""

    exit_code = 5


class ScorerFailed(TaskError):
    """A task's `score` raised something other than Malformed, or was not finite. For the seed's answer, that breaks the task."""


class ScorerAtLimit(ScorerFailed):
    """A scorer reached its limit of time or memory on an answer."""


class UtilityOutOfBounds(TaskError):
    """A task's `score` did not return a number in [0, 1]: an alarm, never a score (§6.3)."""


class SandboxError(StropError):
    """A program could not be run behind the protections that are required. This never becomes a score."""

    exit_code = 7


class SandboxUnavailable(SandboxError):
    """A required protection is not enforced on this machine."""


class GuestLost(SandboxError):
    """A process of the jail ended, and neither strop nor its program did it: somebody killed it."""


class OutOfThreads(StropError):
    """No more threads or processes are available to this user."""

    def __init__(self) -> None:
        super().__init__(
            "no more threads or processes are available to this user (see ulimit -u and -v); everything so far is kept: "
            "end other programs or raise the limit, and try again"
        )


@contextmanager
def starting_threads() -> Iterator[None]:
    """Within the block, raise OutOfThreads where the system gives no thread; Python's RuntimeError for it has no number."""
    try:
        yield
    except RuntimeError as error:
        if "can't start new thread" not in str(error):
            raise
        raise OutOfThreads from error


class ReplayDiffers(StropError):
    """A replayed run did something else than its record."""

    exit_code = 8


class StoreError(StropError):
    """The record of a run cannot be read or written."""


class RecordChanged(StoreError):
    """The record of a run is damaged, or was changed after this machine wrote it."""

    exit_code = 2


class Malformed(ValueError):
    """Raise it in `score` if an answer has the wrong type, shape, length or values. The answer then fails, and the task
    does not."""
