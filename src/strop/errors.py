"""What strop raises.

On purpose there is no error for "the candidate was bad": that is an `Outcome` (strop.sandbox.base), data like any other.

    StropError
    ├── ConfigurationError          a flag, a file or the environment is wrong: one line, exit code 2
    ├── LanguageModelError          the model could not answer after every retry: exit code 3
    ├── BudgetExceeded              a reservation was refused (re-raised in the guest that asked)
    ├── TaskError                   a task broke its own contract (a score outside [0, 1], a failing seed): exit code 5
    │   ├── ScorerFailed            its `score` raised something else than Malformed
    │   └── UtilityOutOfBounds      its `score` gave no number in [0, 1]
    ├── SandboxError                the host could not run a guest: exit code 7
    │   └── SandboxUnavailable      the protection that was required cannot be had on this machine
    └── StoreError                  the record of a run cannot be read or written
    Malformed (ValueError)          raised by a task's `score` for an answer of the wrong form; a verdict, not a failure
"""

from __future__ import annotations


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


class TaskError(StropError):
    """A task broke its contract: no score of it can be trusted."""

    exit_code = 5


class ScorerFailed(TaskError):
    """A task's `score` raised something else than Malformed: with the seed's answer that breaks the task."""


class UtilityOutOfBounds(TaskError):
    """A task's `score` gave no number in [0, 1]: an alarm, never a score (§6.3)."""


class SandboxError(StropError):
    """The host could not run a guest. Never a score."""

    exit_code = 7


class SandboxUnavailable(SandboxError):
    """A required protection is not enforced on this machine."""


class StoreError(StropError):
    """The record of a run cannot be read or written."""


class Malformed(ValueError):
    """Raised by a task's `score` when an answer has the wrong type, shape, length or values."""
