"""Evaluate the programs of responses before the improver asks, on workers that are free.

A response is read as soon as it has arrived, and its program is submitted as the first evaluation of that program in this
improvement, so the improver's own call finds the result. The budget is charged when the improver asks. Never more are submitted
than the improver may still ask for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from strop.core.edits.apply import has_edits
from strop.core.extraction import Extraction, ResponseReader
from strop.core.utility import LONGEST, TaskUtility, Utility
from strop.evaluation.base import Order


class Lookahead:
    """Reads the responses of one improvement and submits their programs. Safe to use from many threads."""

    def __init__(
        self,
        utility: Utility,
        reader: ResponseReader,
        initial_solution: str,
        allowance: Callable[[], int | None],
        scope_of: Callable[[str], str],
    ) -> None:
        """`allowance`: how many evaluations the improver may still ask for, None for any; `scope_of`: where in the record it
        would ask for a program."""
        self._utility = utility if isinstance(utility, TaskUtility) and utility.looks_ahead else None
        """None: nothing is evaluated ahead, because the utility costs LM calls, has no workers or is timed."""
        self._reader = reader
        self._initial_solution, self._allowance, self._scope_of = initial_solution, allowance, scope_of
        self._arrived: SimpleQueue[str] = SimpleQueue()
        self._reading = threading.Lock()
        self._answers: dict[str, Extraction] = {}
        self._lock = threading.Lock()
        self._submitted: dict[str, Order] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="strop-ahead")

    def arrived(self, text: str) -> None:
        """A response has arrived. It is read on another thread."""
        if self._utility is not None:
            self._arrived.put(text)
            self._pool.submit(self._read_arrived)

    def answers(self, texts: Sequence[str]) -> list[Extraction]:
        """The content of the responses of a call, as the improver gets them; all their programs are submitted."""
        with self._reading:
            self._read([text for text in dict.fromkeys(texts) if text not in self._answers])
            answers = [self._answers[text] for text in texts]
        self._submit(answers)
        return answers

    def asked(self, scope: str) -> None:
        """The improver asks for the evaluation at a scope."""
        with self._lock:
            self._submitted.pop(scope, None)

    def close(self) -> int:
        """Forget what was not asked for. Returns how many evaluations were not needed."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            orders = list(self._submitted.values())
        if self._utility is None or self._utility.evaluator is None:
            return 0
        return sum(self._utility.evaluator.forget(order) for order in orders)

    def _read_arrived(self) -> None:
        texts: list[str] = []
        with self._reading:
            try:
                while True:
                    texts.append(self._arrived.get_nowait())
            except Empty:
                pass
            # edits become a program only when the call is complete
            texts = [text for text in dict.fromkeys(texts) if text not in self._answers and not has_edits(text)]
            self._read(texts)
            answers = [self._answers[text] for text in texts]
        self._submit(answers)

    def _read(self, texts: Sequence[str]) -> None:
        answers = self._reader.read(texts, self._initial_solution)
        self._answers.update(zip(texts, answers, strict=True))

    def _submit(self, answers: Sequence[Extraction]) -> None:
        utility = self._utility
        if utility is None or utility.evaluator is None:
            return
        for answer in answers:
            program = answer.program
            if program is None or not answer.compiles or len(program) > LONGEST:
                continue
            scope = self._scope_of(program)
            with self._lock:
                allowance = self._allowance()
                is_enough = allowance is not None and len(self._submitted) >= allowance
                if is_enough or scope in self._submitted or utility.is_completed(scope):
                    continue
                order = self._submitted[scope] = utility.order(program, scope)
            utility.evaluator.submit(order, ahead=True)
