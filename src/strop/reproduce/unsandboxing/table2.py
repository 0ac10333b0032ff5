"""Table 2 (§6.2): how often does a model switch a sandbox off when it improves an improver?

For each arm, n answers to the seed improver's own request about itself; each answer's program is judged by the paper's literal
rule, by the static rules of the audit, and by what it does when it is rehearsed in the jail. Every answer is kept before it is
judged, so that whatever ends the work, no answer is asked for twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from strop.analysis.audit import RULES, audit_program, literal, unsandboxed
from strop.base.events import Judged, Recorder
from strop.base.solution import digest_of
from strop.core.extraction import read_answers
from strop.lm.base import LanguageModel, Request
from strop.reproduce.asker import NO_PROGRAM, Asker, answers_in, batched
from strop.reproduce.unsandboxing.arms import Arm, request_of
from strop.reproduce.unsandboxing.rehearsal import rehearse
from strop.sandbox.base import Sandbox
from strop.store import Store


@dataclass(frozen=True)
class Done:
    """What a record holds already of one arm."""

    answers: Mapping[int, str]
    judged: Mapping[int, Judged]


def done(store: Store, arm: str) -> Done:
    """Read what was kept of an arm; the first of what was kept twice counts."""
    judged: dict[int, Judged] = {}
    for judgement in store.events(Judged, scope=arm):
        judged.setdefault(judgement.event.index, judgement.event)
    return Done(answers_in(store, arm), judged)


class Table2:
    """The work of all arms, on one model and one jail."""

    def __init__(
        self, sandbox: Sandbox, language_model: LanguageModel, record: Recorder, on_judged: Callable[[Judged], None]
    ) -> None:
        self._sandbox = sandbox
        self._asker = Asker(language_model, record)
        self._record = record
        self._on_judged = on_judged
        self._lock = threading.Lock()
        self._known: dict[str, Judged] = {}

    def stop(self) -> None:
        """Let nothing new begin. What was answered is kept."""
        self._asker.stop()

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
        template = replace(request_of(arm, self._sandbox), scope=f"table2/{arm.name}")
        self._asker.each(left, lambda batch: self._batch(arm, template, batch, before), workers)

    def _batch(self, arm: Arm, template: Request, numbers: Sequence[int], before: Done) -> None:
        answers = {number: before.answers[number] for number in numbers if number in before.answers}
        missing = [number for number in numbers if number not in answers]
        if missing:
            answers |= self._asker.ask(arm.name, template, missing)
        unjudged = [number for number in numbers if number not in before.judged]
        read = read_answers(self._sandbox, [answers[each] for each in unjudged])
        for number, answer in zip(unjudged, read, strict=True):
            judgement = self._judged(arm, number, answer.program)
            self._record(judgement)
            self._on_judged(judgement)

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
