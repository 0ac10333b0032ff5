"""Ask one model many times for what the seed improver asks about itself, in a record that later sessions continue.

Every answer is recorded before it is used: however the work ends, no answer is paid for twice.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from strop.base.budget import COST, META_UTILITY_CALLS, TOKENS, Budget, Movement
from strop.base.concurrency import run_all
from strop.base.errors import ConfigurationError, LanguageModelError, RunBudgetSpent, StoreError, StropError
from strop.base.events import BudgetMoved, Event, LmCalled, LmResponded, discard
from strop.base.results import Evaluation
from strop.base.terminal_text import escape
from strop.core.handles import Grant, Host
from strop.core.improver import improve
from strop.lm.base import Completion, Fault, LanguageModel, Request, record_answer, record_faults
from strop.lm.scripted import Scripted
from strop.report.terminal.words import notice_of
from strop.reproduce.progress import Progress
from strop.runs.assembly import first_event, metered
from strop.runs.evaluators import jail
from strop.runs.interrupts import stopped_by_signals
from strop.runs.journal import framed
from strop.runs.spec import RunSpec
from strop.sandbox.base import Limits, Sandbox
from strop.store import FILE_NAME, Store

BATCH = 6
"""Responses of one LM call, as the seed improver asks for them."""
NO_PROGRAM = "no program"
"""The outcome of an answer without a program."""
IN_FLIGHT = 16
"""LM calls at once with a model behind a server."""
MOST = 1_000_000
"""The largest number of answers."""
LIMITS = Limits(cpu_seconds=1.0, wall_seconds=20.0)
"""Limits of one run of an improver that gets its answers and utilities at once; an honest one takes a few milliseconds."""


@dataclass(frozen=True)
class Arm:
    """A seed improver that is asked about itself."""

    name: str
    seed_improver: str
    description: str
    """u_str of the meta-utility."""
    scope: str
    """Scope of the requests: an offline model draws its answers by scope and number."""


def check_number(n: int) -> None:
    """Raises ConfigurationError for an `--n` out of its range."""
    if not 1 <= n <= MOST:
        raise ConfigurationError(f"--n is {n}; it must be between 1 and {MOST}")


def plain(model: str) -> str:
    """A model's specification as part of a folder's name."""
    return "".join(character if character.isalnum() or character in ".-=" else "-" for character in model)


@dataclass(frozen=True)
class _Unscored:
    """A utility that scores nothing: only the improver's first request matters."""

    description: str
    name: str = "self-improvement"
    counter: str = META_UTILITY_CALLS

    def evaluate(self, candidate: str | None, at: Budget) -> Evaluation:
        return Evaluation(value=0.0, verdict="ok")


def request_of(arm: Arm, sandbox: Sandbox) -> Request:
    """The first request that the arm's seed improver makes when it improves itself.

    Raises:
        StropError: the host failed.
    """
    requests: list[Request] = []

    def answer(request: Request) -> str:
        requests.append(request)
        return ""

    host = Host(sandbox, Scripted(answer), discard, b"strop request", LIMITS)
    improve(arm.seed_improver, arm.seed_improver, _Unscored(arm.description), Grant(), Budget().child(arm.name), host)
    return requests[0]


def answers_in(store: Store, scope: str) -> dict[int, str]:
    """The answers in a record by their number in the scope; of two answers with one number the first counts."""
    answers: dict[int, str] = {}
    for answer in store.events(LmResponded, scope=scope):
        answers.setdefault(answer.event.call * BATCH + answer.event.index, answer.event.text)
    return answers


def batched(n: int) -> Iterator[range]:
    """The numbers 0 to n - 1 in LM calls."""
    for start in range(0, n, BATCH):
        yield range(start, min(start + BATCH, n))


class _Stopped(StropError):
    """The work was stopped before this part of it began."""


@dataclass
class Asker:
    """Asks one model and records its answers. Safe to use from many threads."""

    sandbox: Sandbox
    model: LanguageModel
    store: Store
    workers: int = 4
    """Batches at once."""
    _stopped: threading.Event = field(default_factory=threading.Event)

    def record(self, event: Event) -> None:
        """Append an event to the record."""
        self.store.append(event)

    def stop(self) -> None:
        """Start nothing new; answers that arrived are kept."""
        self._stopped.set()

    def ask(self, arm: Arm, n: int, finished: Collection[int], handle: Callable[[Mapping[int, str]], None]) -> None:
        """Get the answers 0 to n - 1 to what `arm` asks about itself, each from the record or from the model.

        `handle` gets them batch by batch, without those of `finished`, from several threads.

        Raises:
            StropError: the model or the host failed, or the work was stopped; everything up to there is recorded.
        """
        kept = answers_in(self.store, arm.name)
        batches = [[number for number in batch if number not in finished] for batch in batched(n)]
        if not any(batches):
            return
        template = replace(request_of(arm, self.sandbox), scope=arm.scope)

        def work(batch: Sequence[int]) -> None:
            if self._stopped.is_set():
                raise _Stopped("stopped")
            answers = {number: kept[number] for number in batch if number in kept}
            if missing := [number for number in batch if number not in kept]:
                answers |= self._complete(arm.name, template, missing)
            handle(answers)

        errors = run_all([partial(work, batch) for batch in batches if batch], self.workers, "strop-asking")
        # The error that ended the work, before those of batches that did not start because of it.
        for error in sorted(errors, key=lambda error: isinstance(error, _Stopped)):
            raise error

    def _complete(self, scope: str, template: Request, numbers: Sequence[int]) -> dict[int, str]:
        """Ask the model for these answers; those that arrive are recorded even if others fail.

        Raises:
            LanguageModelError, RunBudgetSpent: the model gave fewer, or money for more is spent.
        """
        call = numbers[0] // BATCH
        messages = (template.message,) * len(numbers)
        self.record(
            LmCalled(
                scope=scope,
                call=call,
                expertise=template.expertise,
                messages=messages,
                temperature=template.temperature,
                cost=1,
            )
        )
        try:
            completions = self.model.complete([replace(template, sample=number) for number in numbers])
        except (LanguageModelError, RunBudgetSpent) as error:
            for number, completion in zip(numbers, error.completions, strict=False):
                if isinstance(completion, Completion):
                    record_answer(self.record, scope, *divmod(number, BATCH), completion)
            faults = getattr(error, "faults", ())
            record_faults(self.record, scope, call, -1, [fault for fault in faults if isinstance(fault, Fault)])
            raise
        for number, completion in zip(numbers, completions, strict=True):
            record_answer(self.record, scope, *divmod(number, BATCH), completion)
        return {number: completion.text for number, completion in zip(numbers, completions, strict=True)}


@contextmanager
def asker_in(
    directory: Path, recipe: Mapping[str, str], spec: RunSpec, environ: Mapping[str, str]
) -> Iterator[tuple[Asker, Progress]]:
    """An asker of the model of `spec` on the record in `directory`, and what shows its progress.

    Raises:
        ConfigurationError: the model does not exist, or the directory has something else.
    """
    made = metered(spec, environ)
    with closing(made) as model, _record_in(directory, recipe, model) as store, closing(jail(spec)) as sandbox:
        model.spend_in(_budget_of(spec, store))
        asker = Asker(sandbox, model, store, IN_FLIGHT if model.is_language_model else 2 * spec.slots)
        with (
            Progress(notice_of(model.name, model.is_language_model)) as progress,
            framed(asker.record, first_event(spec, model, sandbox.posture)),
            stopped_by_signals(asker.stop, sandbox.close, model.finish),
        ):
            yield asker, progress


def _budget_of(spec: RunSpec, store: Store) -> Budget:
    """The budget of the work, whose spending is recorded; what earlier sessions spent counts."""

    def moved(movement: Movement) -> None:
        values = {name: value for name, value in vars(movement).items() if name != "path"}
        store.append(BudgetMoved(scope=movement.path, **values))

    earlier: Counter[str] = Counter()
    for stored in store.events(BudgetMoved):
        earlier[stored.event.counter] += stored.event.amount * stored.event.granted
    budget = Budget(spec.limits(), on_movement=moved)
    for counter in (COST, TOKENS):
        budget.restore(counter, max(earlier[counter], 0))
    return budget


@contextmanager
def _record_in(directory: Path, recipe: Mapping[str, str], model: LanguageModel) -> Iterator[Store]:
    """The record to continue, or a new one. `recipe` must be the same in every session.

    Raises:
        ConfigurationError: the directory has something else.
    """
    try:
        if not (directory / FILE_NAME).exists():
            if directory.is_dir() and any(directory.iterdir()):
                raise ConfigurationError(f"--out {directory} holds files already; name a new folder")
            facts = {"language_model": model.name, "is_language_model": str(model.is_language_model).lower()}
            store = Store.create(directory, {**recipe, **facts})
        else:
            store = Store.resume(directory)
    except StoreError as error:
        raise ConfigurationError(str(error)) from error
    with store:
        if store.unverified:
            raise ConfigurationError(store.unverified)
        if differing := [name for name, value in recipe.items() if store.meta.get(name) != value]:
            recorded = ", ".join(f"{name} {escape(store.meta.get(name, 'none'))}" for name in differing)
            raise ConfigurationError(
                f"{directory} was started with {recorded}; use the same settings, or name a new --out"
            )
        yield store
