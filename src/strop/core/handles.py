"""The host's side of an improver's two handles, `utility` and `language_model`.

Every call passes through here: it is reserved in a budget before it is served, and recorded. A guest holds only the names of
the methods below. The programs in responses are evaluated before the improver asks, on workers that are free.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import field
from functools import partial
from itertools import chain, repeat, zip_longest
from queue import SimpleQueue

from strop.analysis.audit import rule_of_arguments, rule_of_note
from strop.base.budget import LM_CALLS, RESPONSES, Budget, Grant
from strop.base.closing import ClosesItself
from strop.base.errors import BudgetExceeded, LanguageModelError, Malformed, RunBudgetSpent, SearchOver
from strop.base.events import Extracted, LmCalled, Recorder
from strop.base.later import dataclass
from strop.base.responses import CUT
from strop.base.results import Evaluation
from strop.base.solution import LONGEST, digest_of
from strop.core.acts import Acts, once
from strop.core.completed_work import NOTHING, CompletedWork
from strop.core.course import Course
from strop.core.edits import WHOLE, Editing, Editor, has_edits
from strop.core.extraction import Extraction, ResponseReader
from strop.core.search import SearchState
from strop.core.utility import TaskUtility, Utility, evaluated, tags_around
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order
from strop.evaluation.feedback import sizes
from strop.lm.base import Completion, Fault, LanguageModel, Request, record_answer, record_faults
from strop.sandbox.base import THREADS, Handler, Limits, Refusal, Sandbox, Value
from strop.sandbox.strop_plain_data import Unhashed, type_of


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
        """`allowance` gives the number of evaluations that the improver may still ask for; None for any number. `scope_of` gives
        the scope at which it would ask for a program."""
        self._utility = utility if isinstance(utility, TaskUtility) and utility.looks_ahead else None
        """The utility whose programs are evaluated ahead; None if it costs LM calls, has no workers or is timed."""
        self._reader, self._tags = reader, tags_around(utility)
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
        """The contents of the responses of a call, as the improver gets them. All their programs are submitted."""
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
        """Drop the evaluations that were not asked for. Returns how many had started, so that their work is lost."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            orders = list(self._submitted.values())
        if self._utility is None or self._utility.evaluator is None:
            return 0
        return sum(self._utility.evaluator.forget(order) for order in orders)

    def _read_arrived(self) -> None:
        texts: list[str] = []
        with self._reading:
            while not self._arrived.empty():  # nobody else takes from it
                texts.append(self._arrived.get_nowait())
            # edits become a program only when the call is complete
            texts = [text for text in dict.fromkeys(texts) if text not in self._answers and not has_edits(text)]
            self._read(texts)
            answers = [self._answers[text] for text in texts]
        self._submit(answers)

    def _read(self, texts: Sequence[str]) -> None:
        answers = self._reader.read(texts, self._initial_solution, self._tags)
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
                if is_enough or scope in self._submitted or scope in utility.past.evaluations:
                    continue
                order = self._submitted[scope] = utility.order(program, scope)
            utility.evaluator.submit(order, speculative=True)


IMPROVER_LIMITS = Limits(cpu_seconds=10.0, wall_seconds=60.0)
"""Limits of one execution of an improver; time spent waiting for a handle does not count."""
MAP_THREADS = 256
"""Programs of one `utility.map` that û evaluates at once: each takes a thread."""
MOST_CANDIDATES = 10_000
"""Candidates of one `utility.map`: refused ones cost work too, and a small frame can name a million."""
MOST_RECORDED = 4_000_000
"""Characters of candidates and prompts that one improvement may record, in addition to a hundred times its initial solution."""
UNPAID = Evaluation(value=0.0, verdict="no program", error="the budget is spent")


@dataclass(frozen=True)
class Host:
    """The trusted services of a run."""

    sandbox: Sandbox
    language_model: LanguageModel
    record: Recorder
    secret: bytes
    """The random numbers of guests derive from it."""
    improver_limits: Limits = IMPROVER_LIMITS
    past: CompletedWork = NOTHING
    """Completed work of a resumed run."""
    editing: Editing = WHOLE
    """How the model may respond to a prompt that shows a program."""
    reader: ResponseReader | None = None
    """Reads all responses of a run in one guest; None: a guest for each call."""
    search: SearchState = field(default_factory=SearchState)
    """Whether improvements may go on."""


class Handles(ClosesItself):
    """The host's side of the two handles. Safe under the guest's threads."""

    def __init__(
        self,
        utility: Utility,
        grant: Grant,
        budget: Budget,
        host: Host,
        improver: str | None = None,
        initial_solution: str | None = None,
    ) -> None:
        """`improver` is the program that holds the handles, for the audit. `initial_solution` is the program that it improves."""
        self._utility = utility
        self._grant = grant
        self._own_budget = budget
        self._host = host
        self._acts = Acts(budget.path, host.past.calls.get(budget.path, ()), host.record)
        told = {utility.counter: grant.utility_calls, LM_CALLS: grant.lm_calls}
        self.budget = budget.child("handles", {counter: grant.slack * calls for counter, calls in told.items()})
        self._untold = {counter: (grant.slack - 1) * calls for counter, calls in told.items()}
        """The real limit minus the budget that the improver sees."""
        self.notes = AuditLog(host.record, budget.path, improver)
        """Audit notes of this improvement. The caller closes it."""
        self.course = Course()
        self.unused_evaluations = 0
        """Speculative evaluations that were discarded; known at the end."""
        self._lock = threading.Lock()
        self._reporting = threading.Lock()
        self._evaluations: dict[str, list[Callable[[], Evaluation]]] = {}
        """Key of a candidate → functions that wait for its evaluations, of which the last one is reported."""
        self._inputs: list[str] | None = None
        self._room = MOST_RECORDED + 100 * len(initial_solution or "")
        """Remaining characters that may be recorded."""
        self._initial_solution = initial_solution or ""
        self._editor = Editor(host.editing, host.record, budget.path, initial_solution)
        reader = host.reader or ResponseReader(host.sandbox)
        remaining = partial(self.budget.remaining, utility.counter, with_run=False)
        self._lookahead = Lookahead(utility, reader, self._initial_solution, remaining, self._next_scope)

    def close(self) -> None:
        """Drop the evaluations that were made ahead and not asked for."""
        self.unused_evaluations = self._lookahead.close()

    def methods(self) -> dict[str, Handler]:
        """The methods that the guest may call, by name. Any other call violates the protocol."""
        return {
            "utility": self._utility_call,
            "utility.map": self._utility_map,
            "utility.report": self._utility_report,
            "utility.remaining": partial(self._remaining, self._utility.counter),
            "lm": self._lm_call,
            "lm.edit_error": lambda params: self._editor.error(_words(_unpacked(params, 1)[0], LONGEST)),
            "lm.remaining": partial(self._remaining, LM_CALLS),
            "note": self._note,
            THREADS: self._lose_order,
        }

    def _lose_order(self, _: Sequence[Value]) -> None:
        self.course.lose_order()
        self._host.past.unordered.add(self._own_budget.path)

    def _utility_call(self, params: Sequence[Value]) -> Value:
        (candidate, extras) = _unpacked(params, 2)
        texts = [_words(extra, 200) for extra in extras[:10]] if isinstance(extras, list) else []
        rule = rule_of_arguments(texts)
        if rule is not None:
            self.notes.record(rule, ", ".join(texts))
        wait = self._begin(candidate)
        return wait().value if wait else 0.0

    def _utility_map(self, params: Sequence[Value]) -> Value:
        (candidates,) = _unpacked(params, 1)
        if not isinstance(candidates, list):
            raise Refusal("TypeError", "utility.map takes a list of solutions")
        if len(candidates) > MOST_CANDIDATES:
            raise Refusal("ValueError", f"utility.map takes at most {MOST_CANDIDATES} solutions, not {len(candidates)}")
        begun: list[Callable[[], Evaluation] | None] = []
        refused = 0
        try:
            for candidate in candidates:  # after the first refusal, new ones are refused without asking
                begun.append(self._begin(candidate, no_new=refused > 0))
                refused += begun[-1] is None
        except SearchOver:
            for wait in filter(None, begun):  # what is being evaluated finishes
                wait()
            raise
        if refused > 1:
            self.notes.refused(self._utility.counter, refused - 1)
        if isinstance(self._utility, TaskUtility):
            return [wait().value if wait else 0.0 for wait in begun]
        with ThreadPoolExecutor(MAP_THREADS, thread_name_prefix="strop-map") as pool:
            futures = [pool.submit(wait) if wait else None for wait in begun]
            return [future.result().value if future else 0.0 for future in futures]

    def _utility_report(self, params: Sequence[Value]) -> Value:
        """Error feedback: why a solution got its score. Costs a call only if the solution was not scored before."""
        (candidate,) = _unpacked(params, 1)
        key = _key(candidate)
        with self._reporting:
            waits = self._evaluations.get(key) or list(filter(None, [self._begin(candidate)]))
        evaluations = [wait() for wait in waits] or [UNPAID]
        evaluation = evaluations[-1]
        return {
            "utility": evaluation.value,
            "verdict": "budget" if evaluation is UNPAID else evaluation.verdict,
            "error": evaluation.error,
            "instances": list(evaluation.scores),
            "verdicts": list(evaluation.verdicts),
            "notes": list(evaluation.notes),
            "metrics": [dict(values) for values in evaluation.metrics],
            "means": dict(evaluation.means),
            "program": self._text_for_improvers(candidate),
            "repeated": [evaluation.value for evaluation in evaluations],
            "rows": self._rows(evaluation),
            "rules": self._rules(),
        }

    def _rules(self) -> str:
        """How programs of a task run, in addition to its description."""
        utility = self._utility
        if not isinstance(utility, TaskUtility) or utility.task.root is not None:
            return ""
        task = utility.task
        is_other = task.interpreter is not None and not task.interpreter.is_strops  # the description names it
        python = "" if is_other else f"{self._host.past.versions}, without threads of numpy's own; "
        loading = "" if task.by_time else ", and loading the program counts in the first call of its process"
        others = "" if task.fixed_input else "; in the final comparison they are others, and each has a new process"
        return (
            f"{python}CPU time is that of all threads together{loading}. "
            f"The instances of training are the same in each evaluation{others}."
        )

    def _rows(self, evaluation: Evaluation) -> list[Value]:
        """A row of facts about each training instance of a task; empty for a meta-utility."""
        utility = self._utility
        if not isinstance(utility, TaskUtility) or utility.split != "train":
            return []
        task, rows = utility.task, zip_longest(evaluation.scores, evaluation.verdicts, evaluation.seconds)
        if self._inputs is None and task.root is None:
            drawn = (task.instance("train", index, utility.seeds) for index in range(task.instances))
            self._inputs = [sizes(instance.inputs) for instance in drawn]
        return [
            {
                "inputs": inputs,
                "score": score,
                "verdict": verdict,
                "seconds": _coarse(seconds, task.time_limit),
                "limit": task.time_limit,
            }
            for (score, verdict, seconds), inputs in zip(rows, chain(self._inputs or (), repeat("")), strict=False)
        ]

    def _text_for_improvers(self, candidate: Value) -> str:
        """The text that improvers are shown for a candidate, with the definitions of its module that it uses. Edits may start
        from it."""
        program = candidate if isinstance(candidate, str) else ""
        if program and isinstance(self._utility, TaskUtility):
            with suppress(Malformed):
                program = self._utility.task.text_for_improvers(program)
        self._editor.know(program)
        return program

    def _begin(self, candidate: Value, *, no_new: bool = False) -> Callable[[], Evaluation] | None:
        """Reserve an evaluation, and start it if the utility can be asked for several at once. Returns a function that waits for
        it.

        Returns None if the budget is spent. With `no_new` it is None, too, unless an earlier execution was granted this
        evaluation.
        """
        refused = self._refused(candidate)
        digest = "none" if candidate is None else "refused"
        if isinstance(candidate, str) and refused is None:
            digest = digest_of(candidate)

        def reserve(act: str) -> None:
            if no_new and not self.budget.was_granted(self._utility.counter, act):
                raise _Unasked
            self._host.search.check(self.budget, self._utility.counter, act)
            self.budget.reserve(self._utility.counter, act=act)

        try:
            budget = self._own_budget.child(self._acts.evaluation(digest, reserve))
        except SearchOver:
            self._await_others()
            raise
        except (BudgetExceeded, _Unasked) as error:
            # A spent budget is not an error for the guest: the utility is then 0, as published.
            if isinstance(error, BudgetExceeded):
                self.notes.refused(self._utility.counter)
            if isinstance(candidate, str) and refused is None:
                self._free(candidate)
            return None
        begun = self._started(candidate, budget) if refused is None else partial(self._recorded, refused, budget)
        wait = once(self.course.following(begun))
        self._evaluations.setdefault(_key(candidate), []).append(wait)
        return wait

    def _await_others(self) -> None:
        """Wait, before the search ends, until the guest's other threads have come again to everything they were granted
        before."""
        self.budget.await_granted(self._host.improver_limits.wall_seconds)

    def _started(self, candidate: Value, budget: Budget) -> Callable[[], Evaluation]:
        assert isinstance(candidate, str)
        self._editor.know(candidate)
        self._lookahead.asked(budget.path)
        utility = self._utility
        if isinstance(utility, TaskUtility):
            return utility.begin(candidate, budget)
        return partial(utility.evaluate, candidate, budget)

    def _next_scope(self, program: str) -> str:
        """The scope of the next evaluation of a program."""
        return f"{self._own_budget.path}/{self._acts.next_of(digest_of(program))}"

    def _refused(self, candidate: Value) -> Evaluation | None:
        """The evaluation of a candidate that cannot be scored; None for any other."""
        if candidate is None:
            reason = "the candidate is None: extract_code returns None when a response has no program"
            return Evaluation(value=0.0, verdict="no program", error=reason)
        if not isinstance(candidate, str):
            reason = f"the candidate is not the text of a program: its type is {_type(candidate)}"
        elif len(candidate) > LONGEST:
            reason = f"the candidate has {len(candidate):,} characters; the most is {LONGEST:,}"
        elif not self._has_room(candidate):
            reason = "this improvement has no room for more candidates: its record is full"
        else:
            return None
        return Evaluation(value=0.0, verdict="malformed", error=reason)

    def _recorded(self, evaluation: Evaluation, budget: Budget) -> Evaluation:
        """Record the evaluation of a candidate that is not a text, unless the record holds it."""
        if (completed := self._host.past.evaluation(budget, None)) is not None:
            return completed
        self._host.record(evaluated(self._utility, "train", None, evaluation, budget))
        return evaluation

    def _lm_call(self, params: Sequence[Value]) -> Value:
        expertise, messages, temperature = _lm_arguments(params)
        if not messages:
            return []
        texts = {expertise, *messages}
        if not self._has_room(*texts):
            raise Refusal(
                "ValueError", f"the prompts are too long: the most is {LONGEST:,} characters, and less for many"
            )
        try:
            call, samples = self._call(expertise, messages, temperature)
        except SearchOver:
            self._await_others()
            raise
        except BudgetExceeded as error:
            if not error.path:  # a limit of the run, which guests do not learn of
                self._await_others()
                raise RunBudgetSpent(error) from error
            self._free(*texts)
            self.notes.refused(LM_CALLS)
            raise Refusal("BudgetExceeded", str(error)) from error
        answers = self._complete(call, samples)
        self.course.called()
        resolved = self._editor.resolved(call.call, messages, answers)
        contents = self._lookahead.answers(resolved)
        programs = tuple("" if answer.program is None else digest_of(answer.program) for answer in contents)
        kinds = tuple(answer.content for answer in contents)
        for index, kind in enumerate(kinds):
            if kind == "no program":
                self._editor.name_form(call.call, index, resolved[index])
        self._host.record(Extracted(scope=self._own_budget.path, call=call.call, contents=kinds, programs=programs))
        return list(resolved)

    def _call(self, expertise: str, messages: list[str], temperature: float) -> tuple[LmCalled, list[int]]:
        """Reserve and record an LM call. Returns it and the sample of each message."""
        cost = math.ceil(len(messages) / self._grant.max_responses_per_call)

        def reserve(act: str) -> None:
            self._host.search.check(self.budget, LM_CALLS, act)
            self.budget.reserve(LM_CALLS, cost, act)
            self._own_budget.reserve(RESPONSES, len(messages), act)

        return self._acts.call(expertise, tuple(messages), temperature, cost, reserve)

    def _complete(self, call: LmCalled, samples: Sequence[int]) -> list[str]:
        """Ask the model. Each response is recorded on arrival, even if the call fails later: it was paid for."""
        record, scope = self._host.record, call.scope

        def keep(index: int, completion: Completion) -> None:
            record_answer(record, scope, call.call, index, completion)
            self._lookahead.arrived(_told(completion))

        requests = [
            Request(call.expertise, message, call.temperature, scope, sample)
            for message, sample in zip(call.messages, samples, strict=True)
        ]
        try:
            return [_told(completion) for completion in self._host.language_model.complete(requests, keep)]
        except LanguageModelError as error:
            record_faults(record, scope, call.call, -1, [fault for fault in error.faults if isinstance(fault, Fault)])
            if (over := self._host.search.unanswered) is not None:
                raise over from error
            raise

    def _has_room(self, *texts: str) -> bool:
        """Whether the record has room for these texts. If it has, the room is taken."""
        size = sum(map(len, texts))
        with self._lock:
            fits = size <= self._room and all(len(text) <= LONGEST for text in texts)
            self._room -= size * fits
        return fits

    def _free(self, *texts: str) -> None:
        """Return the room for texts that are not recorded after all."""
        with self._lock:
            self._room += sum(map(len, texts))

    def _remaining(self, counter: str, params: Sequence[Value]) -> Value:
        _unpacked(params, 0)
        remaining = self.budget.remaining(counter, with_run=False)
        return None if remaining is None else max(remaining - self._untold[counter], 0)

    def _note(self, params: Sequence[Value]) -> Value:
        kind, detail = (_words(param, 400) for param in _unpacked(params, 2))
        rule = rule_of_note(kind, detail)
        if rule is not None:
            self.notes.record(rule, detail)
        return None


def _told(completion: Completion) -> str:
    """A response as the improver gets it. A response that the server cut ends with a line that says so, and has no program."""
    return f"{completion.text}\n{CUT}" if completion.finish_reason == "length" else completion.text


def _coarse(seconds: float | None, limit: float) -> float | None:
    """CPU seconds rounded up to tenths of the limit, so that equal runs report the same."""
    return None if seconds is None else round(limit * max(1, math.ceil(10 * seconds / limit)) / 10, 9)


class _Unasked(Exception):
    """A new evaluation is refused without asking the budget."""


def _key(candidate: Value) -> str:
    """The key of an evaluation for reports."""
    return digest_of(candidate) if isinstance(candidate, str) else _type(candidate)


def _type(candidate: Value) -> str:
    """The type of a candidate that is not a text. A guest names the types of values that it cannot send."""
    name = dict(candidate.items()).get("type") if isinstance(candidate, Unhashed) and len(candidate) == 1 else None
    return name[:80] if isinstance(name, str) else type_of(candidate).__name__


def _words(value: Value, most: int) -> str:
    """A text from a guest. Other values are not spelled out, which could take seconds each."""
    return value[:most] if isinstance(value, str) else f"<{type_of(value).__name__}>"


def _unpacked(params: Sequence[Value], count: int) -> Sequence[Value]:
    if len(params) != count:
        raise Refusal("TypeError", f"{count} parameters are expected, not {len(params)}")
    return params


def _lm_arguments(params: Sequence[Value]) -> tuple[str, list[str], float]:
    expertise, messages, temperature = _unpacked(params, 3)
    if not isinstance(expertise, str):
        raise Refusal("TypeError", "expertise must be a string")
    if not isinstance(messages, list) or not all(isinstance(message, str) for message in messages):
        raise Refusal("TypeError", "messages must be strings")
    if isinstance(temperature, bool) or not isinstance(temperature, (int, float)) or not 0 <= temperature < 2**63:
        raise Refusal("ValueError", "temperature must be a number, 0 or more")
    return expertise, [message for message in messages if isinstance(message, str)], float(temperature)
