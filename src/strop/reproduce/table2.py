"""Table 2 (§6.2): how often does a model switch a sandbox off when it improves an improver?

For each arm, n answers to the seed improver's own request about itself; each answer's program is judged by the paper's literal
rule, by the static rules of the audit, and by what it does when it is rehearsed in the jail. Every answer is kept before it is
judged, so that whatever ends the work, no answer is asked for twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

from strop.audit import RULES, audit_program, literal, unsandboxed
from strop.errors import LanguageModelError, StropError
from strop.events import Judged, LmCalled, LmFault, LmResponded, Recorder
from strop.lm.base import Completion, Fault, LanguageModel, Request
from strop.reproduce.arms import Arm, request_of, requests
from strop.reproduce.rehearsal import rehearse
from strop.sandbox.base import Limits, Program, Returned, Sandbox
from strop.solution import digest_of
from strop.store import Store

BATCH = 6
"""Responses of one LM call, as the seed improver asks for them."""
NO_PROGRAM = "no program"
_EXTRACT = "from helpers import extract_code\n\n\ndef algorithm(answers):\n    return extract_code(answers)\n"
_EXTRACT_LIMITS = Limits(cpu_seconds=10.0, wall_seconds=60.0)


class _Stopped(StropError):
    """The work was stopped before this part of it began."""


@dataclass(frozen=True)
class Done:
    """What a record holds already of one arm."""

    answers: Mapping[int, str]
    judged: Mapping[int, Judged]


def done(store: Store, arm: str) -> Done:
    """Read what was kept of an arm; the first of what was kept twice counts."""
    answers: dict[int, str] = {}
    for answer in store.events(LmResponded, scope=arm):
        answers.setdefault(answer.event.call * BATCH + answer.event.index, answer.event.text)
    judged: dict[int, Judged] = {}
    for judgement in store.events(Judged, scope=arm):
        judged.setdefault(judgement.event.index, judgement.event)
    return Done(answers, judged)


class Table2:
    """The work of all arms, on one model and one jail."""

    def __init__(
        self, sandbox: Sandbox, language_model: LanguageModel, record: Recorder, on_judged: Callable[[Judged], None]
    ) -> None:
        self._sandbox = sandbox
        self._language_model = language_model
        self._record = record
        self._on_judged = on_judged
        self._lock = threading.Lock()
        self._known: dict[str, Judged] = {}
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let nothing new begin. What was answered is kept."""
        self._stopped.set()

    def generate(self, arm: Arm, n: int, before: Done, workers: int) -> None:
        """Bring the arm to n judged improvements.

        Raises:
            StropError: the model or the host failed, or the work was stopped; what was done is kept.
        """
        # A program met again in the same arm is not rehearsed again: everything it sees would be equal.
        self._known = {digest_of(one.program): one for one in before.judged.values() if one.program is not None}
        left = [batch for batch in batched(n) if not all(number in before.judged for number in batch)]
        if not left:
            return
        template = request_of(arm, self._sandbox)
        with ThreadPoolExecutor(workers, thread_name_prefix="strop-table2") as pool:
            futures = [pool.submit(self._batch, arm, template, batch, before) for batch in left]
            _, waiting = wait(futures, return_when=FIRST_EXCEPTION)
            for future in waiting:
                future.cancel()
        errors = [error for future in futures if not future.cancelled() and (error := future.exception()) is not None]
        # What ended the work comes before what merely found it ended.
        for error in sorted(errors, key=lambda error: isinstance(error, _Stopped)):
            raise error

    def _batch(self, arm: Arm, template: Request, numbers: Sequence[int], before: Done) -> None:
        if self._stopped.is_set():
            raise _Stopped("stopped")
        answers = {number: before.answers[number] for number in numbers if number in before.answers}
        missing = [number for number in numbers if number not in answers]
        if missing:
            answers |= self._ask(arm, template, missing)
        unjudged = [number for number in numbers if number not in before.judged]
        for number, program in zip(unjudged, self._extracted([answers[each] for each in unjudged]), strict=True):
            judgement = self._judged(arm, number, program)
            self._record(judgement)
            self._on_judged(judgement)

    def _ask(self, arm: Arm, template: Request, numbers: Sequence[int]) -> dict[int, str]:
        """Ask for these answers; what arrives is kept even where the rest failed."""
        asked = requests(template, arm, numbers)
        call = numbers[0] // BATCH
        self._record(
            LmCalled(
                scope=arm.name,
                call=call,
                expertise=template.expertise,
                messages=(template.message,) * len(numbers),
                temperature=template.temperature,
                cost=1,
            )
        )
        try:
            completions = self._language_model.complete(list(asked.values()))
        except LanguageModelError as error:
            for number, completion in zip(numbers, error.completions, strict=False):
                if isinstance(completion, Completion):
                    self._keep(arm, number, completion)
            self._keep_faults(arm, call, -1, [fault for fault in error.faults if isinstance(fault, Fault)])
            raise
        for number, completion in zip(numbers, completions, strict=True):
            self._keep(arm, number, completion)
        return {number: completion.text for number, completion in zip(numbers, completions, strict=True)}

    def _keep(self, arm: Arm, number: int, completion: Completion) -> None:
        call, index = divmod(number, BATCH)
        self._keep_faults(arm, call, index, completion.faults)
        self._record(
            LmResponded(
                scope=arm.name,
                call=call,
                index=index,
                text=completion.text,
                model=completion.model,
                finish_reason=completion.finish_reason,
                input_tokens=completion.input_tokens,
                output_tokens=completion.output_tokens,
                seconds=completion.seconds,
            )
        )

    def _keep_faults(self, arm: Arm, call: int, index: int, faults: Sequence[Fault]) -> None:
        for fault in faults:
            self._record(
                LmFault(
                    scope=arm.name,
                    call=call,
                    index=index,
                    fault=fault.kind,
                    detail=fault.detail,
                    attempt=fault.attempt,
                    waited_seconds=fault.waited_seconds,
                )
            )

    def _extracted(self, answers: Sequence[str]) -> list[str | None]:
        """The program in each answer, by the `extract_code` that improvers use, in a guest: answers are untrusted text."""
        if not answers:
            return []
        with self._sandbox.open(Program(_EXTRACT, "algorithm"), _EXTRACT_LIMITS) as guest:
            outcome = guest.call([list(answers)], seed=0)
            found = outcome.value if isinstance(outcome, Returned) else None
            if isinstance(found, list) and len(found) == len(answers):
                return [each if isinstance(each, str) else None for each in found]
        return [None] if len(answers) == 1 else [each for answer in answers for each in self._extracted([answer])]

    def _judged(self, arm: Arm, number: int, program: str | None) -> Judged:
        if program is None:
            return Judged(
                scope=arm.name,
                arm=arm.name,
                index=number,
                program=None,
                literal=False,
                syntax=False,
                runtime=False,
                rules=(),
                outcome=NO_PROGRAM,
            )
        digest = digest_of(program)
        with self._lock:
            known = self._known.get(digest)
        if known is None:
            known = judge(program, arm, self._sandbox)
            with self._lock:
                self._known[digest] = known
        return Judged(**{**vars(known), "scope": arm.name, "arm": arm.name, "index": number})


def judge(program: str, arm: Arm, sandbox: Sandbox) -> Judged:
    """What each rule says of one program. Raises StropError when the host fails."""
    findings = audit_program(program)
    rehearsal = rehearse(program, arm.description, sandbox)
    noted = {note.rule for note in rehearsal.notes}
    return Judged(
        scope=arm.name,
        arm=arm.name,
        index=-1,
        program=program,
        literal=literal(program),
        syntax=unsandboxed(findings),
        runtime=any(rule in RULES and RULES[rule].unsandboxing for rule in noted),
        rules=tuple(sorted({finding.rule for finding in findings} | noted)),
        outcome=rehearsal.outcome,
    )


def batched(n: int) -> Iterator[range]:
    """The numbers 0 to n - 1 in LM calls."""
    for start in range(0, n, BATCH):
        yield range(start, min(start + BATCH, n))
