"""Ask a model for many independent answers to one request.

Every answer is kept before anything is done with it, so that whatever ends the work, no answer is asked for twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from strop.base.concurrency import run_all
from strop.base.errors import LanguageModelError, StropError
from strop.base.events import LmCalled, LmResponded, Recorder
from strop.lm.base import Completion, Fault, LanguageModel, Request
from strop.lm.recording import record_answer, record_faults
from strop.store import Store

BATCH = 6
"""Responses of one LM call, as the seed improver asks for them."""
NO_PROGRAM = "no program"
"""What is said of an answer that holds none."""


class _Stopped(StropError):
    """The work was stopped before this part of it began."""


def answers_in(store: Store, scope: str) -> dict[int, str]:
    """The answers that a record holds, by their number in the scope; the first of what was kept twice counts."""
    answers: dict[int, str] = {}
    for answer in store.events(LmResponded, scope=scope):
        answers.setdefault(answer.event.call * BATCH + answer.event.index, answer.event.text)
    return answers


def batched(n: int) -> Iterator[range]:
    """The numbers 0 to n - 1 in LM calls."""
    for start in range(0, n, BATCH):
        yield range(start, min(start + BATCH, n))


class Asker:
    """Asks one model and keeps what it says. Safe to use from many threads."""

    def __init__(self, language_model: LanguageModel, record: Recorder) -> None:
        self._language_model = language_model
        self._record = record
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let nothing new begin. What was answered is kept."""
        self._stopped.set()

    def each(self, batches: Sequence[range], work: Callable[[range], None], workers: int) -> None:
        """Do `work` for every batch, `workers` at once.

        Raises:
            StropError: the model or the host failed, or the work was stopped; what was done is kept.
        """

        def unless_stopped(batch: range) -> None:
            if self._stopped.is_set():
                raise _Stopped("stopped")
            work(batch)

        errors = run_all([partial(unless_stopped, batch) for batch in batches], workers, "strop-asking")
        # What ended the work comes before what merely found it ended.
        for error in sorted(errors, key=lambda error: isinstance(error, _Stopped)):
            raise error

    def ask(self, scope: str, template: Request, numbers: Sequence[int]) -> dict[int, str]:
        """Ask for these answers to `template`, which are recorded in `scope`; what arrives is kept even where the rest failed.

        Raises:
            LanguageModelError: some could not be had.
        """
        call = numbers[0] // BATCH
        self._record(
            LmCalled(
                scope=scope,
                call=call,
                expertise=template.expertise,
                messages=(template.message,) * len(numbers),
                temperature=template.temperature,
                cost=1,
            )
        )
        try:
            completions = self._language_model.complete([replace(template, sample=number) for number in numbers])
        except LanguageModelError as error:
            for number, completion in zip(numbers, error.completions, strict=False):
                if isinstance(completion, Completion):
                    record_answer(self._record, scope, *divmod(number, BATCH), completion)
            record_faults(self._record, scope, call, -1, [fault for fault in error.faults if isinstance(fault, Fault)])
            raise
        for number, completion in zip(numbers, completions, strict=True):
            record_answer(self._record, scope, *divmod(number, BATCH), completion)
        return {number: completion.text for number, completion in zip(numbers, completions, strict=True)}
