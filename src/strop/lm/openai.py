"""Any server that speaks OpenAI's chat completions.

Equal requests travel as one HTTP request with `n`; where a server gives fewer, or rejects `n`, only the missing responses are
requested again, one by one. All callers share one pace (`pace.py`). Every failed attempt becomes a `Fault` of the completion
that arrives in the end. An answer that has arrived is not requested again.

Not here: streaming, tools, images; budgets and records (the caller's).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

from strop.base.console import notify
from strop.base.errors import LanguageModelError
from strop.lm.async_model import CLOSED, STOPPED, AsyncModel, Deliver, together
from strop.lm.base import Completion, CompletionBatch, Fault, Request
from strop.lm.openai_chat import Accepted, Parameters, body_of, read_answer, token_limit
from strop.lm.openai_errors import AttemptFailed
from strop.lm.openai_wire import HttpWire, Settings
from strop.lm.options import ModelSettings, ModelSpec
from strop.lm.pace import Attempts, Clock, Outage, Pacer, PacerFinished, RetryPolicy, Turn
from strop.lm.providers import Endpoint, endpoint_of

_MOST_CHARACTERS = 8
"""Most characters of a prompt for each token: of a longer prompt the server read only a part."""


def settings_of(options: ModelSettings) -> Settings:
    """The options of a specification, over the defaults."""
    defaults = Settings()
    silence = options.timeout or defaults.read_seconds
    return replace(
        defaults,
        max_connections=options.connections or defaults.max_connections,
        max_tokens=options.max_tokens,
        seed=options.seed,
        read_seconds=silence,
        deadline_seconds=max(silence, min(options.give_up_after, defaults.deadline_seconds)),
        retry=RetryPolicy(options.give_up_after),
    )


def from_spec(spec: ModelSpec) -> OpenAIModel:
    """The model `provider/model` of a provider in `PROVIDERS`.

    Raises:
        ConfigurationError: no model, an unusable URL, a missing or unusable key. No message shows a key.
    """
    endpoint = endpoint_of(spec.text, base_url=spec.settings.url, environ=spec.environ)
    return OpenAIModel(endpoint, settings_of(spec.settings), jitter=random.Random(spec.seed))


class OpenAIModel(AsyncModel):
    """A model at an `Endpoint`."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Settings | None = None,
        *,
        jitter: random.Random,
        clock: Clock | None = None,
    ) -> None:
        """`clock` is for tests."""
        super().__init__(endpoint.name)
        self._endpoint = endpoint
        self._settings = limits = settings or Settings()
        self._clock = clock or Clock()
        self._accepted = Accepted(
            max_tokens=limits.max_tokens,
            seed=limits.seed,
            openai_itself=endpoint.is_openai,
        )
        self._pacer = Pacer(limits.max_connections, self._clock)
        self._wire = HttpWire(endpoint, limits, self._clock)
        self._outage: Outage = Outage(limits.retry, endpoint.where, self._clock, jitter=jitter, hold=self._pacer.hold)

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r} at {self._endpoint.host})"

    async def ask(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Ask for all responses; equal requests share as few HTTP requests as the server allows."""
        equal: dict[tuple[str, ...], list[int]] = {}
        for position, request in enumerate(requests):
            equal.setdefault(request.prompt, []).append(position)
        chunks = []
        for positions in equal.values():
            size = self._accepted.largest_n or len(positions)
            chunks += [positions[first : first + size] for first in range(0, len(positions), size)]
        await together(self._ask_chunk(requests, chunk, deliver) for chunk in chunks)

    def failure_message(self, error: LanguageModelError, batch: CompletionBatch) -> str:
        """The message of a call that failed with `error`."""
        return f"{self._endpoint.where}{error}{batch.unanswered()}"

    def _end_waits(self) -> None:
        super()._end_waits()
        self._pacer.finish()

    async def _release(self) -> None:
        await self._wire.close()

    async def _ask_chunk(self, requests: Sequence[Request], positions: Sequence[int], deliver: Deliver) -> None:
        """Ask for these responses in one HTTP request, then one by one for those that the server did not give."""
        with self._outage.attempts() as attempts:
            try:
                completions = await self._completions(requests[positions[0]], len(positions), attempts)
            except asyncio.CancelledError:
                raise self._error(attempts, None) from None
        for position, completion in zip(positions, completions, strict=False):
            deliver(position, completion)
        await together(self._ask_chunk(requests, [position], deliver) for position in positions[len(completions) :])

    async def _completions(self, request: Request, n: int, attempts: Attempts) -> list[Completion]:
        """The completions of one HTTP request for `n` responses, which is sent until it is answered; possibly fewer than `n`.

        Raises:
            LanguageModelError: another attempt cannot help, or the model was finished.
        """
        parameters, remarks = self._accepted.parameters(request, n)
        failure: AttemptFailed | None = None
        while True:
            try:
                async with self._pacer.turn() as turn:
                    started = self._clock.now()
                    attempts.number += 1
                    completions = await self._send(request, parameters, turn, attempts.number)
            except PacerFinished:
                raise self._error(attempts, failure) from None
            except AttemptFailed as error:
                failure = error
            else:
                self._outage.answered(attempts)
                seconds = self._clock.now() - started
                remarks = (*remarks, *self._cut_prompt(request, completions[0], attempts.number))
                return self._answered(completions, parameters, seconds, attempts, remarks)
            fault = Fault(failure.kind, failure.detail, attempts.number, maybe_billed=failure.maybe_billed)
            if failure.passing:
                if await self._outage.retry(attempts, fault, failure.retry_after):
                    continue
                raise self._error(attempts, failure) from failure
            change = self._accepted.after_rejection(failure.rejection, parameters)
            if change is None:
                attempts.faults = (*attempts.faults, fault)
                raise self._error(attempts, failure) from failure
            instead, report = change
            if instead is None:
                return self._refused(n, (*attempts.faults, fault))
            parameters = instead
            if report:
                attempts.faults = (*attempts.faults, Fault("parameter", report, attempts.number))

    def _refused(self, n: int, faults: tuple[Fault, ...]) -> list[Completion]:
        """Empty completions for a prompt that this model cannot answer; the last of the faults says why."""
        why = replace(faults[-1], fault="empty")
        empty = Completion("", self._endpoint.model, finish_reason="refused", faults=(why,))
        return [replace(empty, faults=(*faults[:-1], why)), *[empty] * (n - 1)]

    def _error(self, attempts: Attempts, failure: AttemptFailed | None) -> LanguageModelError:
        """The error of a request that failed, or that was closed before it was answered."""
        if failure is None:
            return LanguageModelError(f": {CLOSED}", attempts.faults)
        ending = self._outage.attempts_text(attempts) if failure.passing else ""
        return LanguageModelError(f": {failure.detail}{ending}", attempts.faults)

    async def _send(self, request: Request, parameters: Parameters, turn: Turn, attempt: int) -> list[Completion]:
        """The completions of one attempt.

        Raises:
            AttemptFailed: the attempt failed.
        """
        try:
            body = await self._wire.post(body_of(self._endpoint.model, request, parameters))
            completions = read_answer(
                body,
                self._endpoint,
                n=parameters.get("n", 1),
                largest_bytes=self._settings.largest_answer_bytes,
                attempt=attempt,
                most_tokens=token_limit(parameters),
            )
        except asyncio.CancelledError:
            raise AttemptFailed("connection", STOPPED, maybe_billed=True) from None
        except AttemptFailed as failure:
            turn.refused = failure.busy
            raise
        turn.answered = True
        return completions

    def _cut_prompt(self, request: Request, first: Completion, attempt: int) -> list[Fault]:
        """A fault if the server counts far fewer tokens than the prompt has; the user is told the first time."""
        size, tokens = len(request.expertise) + len(request.message), first.input_tokens or 0
        if not 0 < tokens * _MOST_CHARACTERS < size:
            return []
        detail = (
            f"of a prompt of {size:,} characters the server read {tokens:,} tokens: it cut the prompt, or miscounts"
        )
        fault = Fault("cut_prompt", f"{detail} (a larger context of Ollama: OLLAMA_CONTEXT_LENGTH)", attempt)
        if self._accepted.once(fault.fault):
            notify(f"{self._endpoint.where}: {fault.detail}")
        return [fault]

    def _answered(
        self,
        completions: Sequence[Completion],
        parameters: Parameters,
        seconds: float,
        attempts: Attempts,
        remarks: tuple[Fault, ...],
    ) -> list[Completion]:
        """The completions with model, time, parameters and faults: all have `remarks`, the first also those of `attempts`."""
        before = (*attempts.faults, *remarks)
        if len(completions) < (n := parameters.get("n", 1)):
            self._accepted.at_most_n(len(completions))
            remark = f"{len(completions)} of {n} responses arrived; the others are requested one by one"
            before = (*before, Fault("parameter", remark, attempts.number))
        effective = self._accepted.effective(parameters)
        return [
            replace(
                completion,
                model=completion.model or self._endpoint.model,
                seconds=seconds,
                parameters=effective,
                faults=(remarks if number else before) + completion.faults,
            )
            for number, completion in enumerate(completions)
        ]
