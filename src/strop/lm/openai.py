"""Any server that speaks OpenAI's chat completions, through the OpenAI SDK.

Equal requests travel as one HTTP request with `n`; where a server gives fewer, or rejects `n`, only what is missing is asked
for again, one by one. Requests go out in parallel, up to a limit that all callers share. The SDK's own retries are off:
every failed attempt is a `Fault` of the completion that came in the end, and no answer that arrived is paid for again.

Not here: streaming, tools, images; budgets and records (the caller's).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import openai

from strop.errors import LanguageModelError
from strop.lm.base import Completion, Fault, Keep, Request, dropped
from strop.lm.endpoints import Endpoint
from strop.lm.openai_answers import Answer, Unreadable, completions_of, read_answer
from strop.lm.openai_errors import Remedy, Sent, Trouble, bad_body, classify
from strop.lm.patience import Patience

HIGHEST_TEMPERATURE = 2.0
"""What the protocol allows."""


@dataclass(frozen=True)
class Settings:
    """How to treat a server. The time-outs are for models that think for minutes."""

    max_connections: int = 16
    connect_seconds: float = 60.0
    read_seconds: float = 600.0
    """Longest silence while an answer is awaited."""
    largest_answer_bytes: int = 1 << 20
    """Longer answers are cut to this, in UTF-8."""
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class _Reply:
    """How one HTTP request ended, all its attempts included: completions of the first few responses asked for, or trouble."""

    completions: tuple[Completion, ...] = ()
    trouble: Trouble | None = None
    attempts: int = 0
    faults: tuple[Fault, ...] = ()
    """Those that no completion carries yet."""


class OpenAIModel:
    """A model at an `Endpoint`. `sleep` and `now` are the clock, for tests; closing the model ends its own waits."""

    def __init__(
        self,
        place: Endpoint,
        settings: Settings | None = None,
        *,
        jitter: random.Random,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._place = place
        self._settings = settings or Settings()
        self._jitter = jitter
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._now = now
        self._largest_n: int | None = None
        self._takes_temperature = True
        limits = self._settings
        self._client = openai.OpenAI(
            api_key=place.key or "not-needed",
            base_url=place.base_url,
            max_retries=0,
            timeout=openai.Timeout(limits.read_seconds, connect=limits.connect_seconds, pool=None),
            http_client=openai.DefaultHttpxClient(trust_env=False) if place.is_loopback else None,
        )
        self._pool = ThreadPoolExecutor(limits.max_connections, thread_name_prefix="language-model")

    @property
    def name(self) -> str:
        """The specification, e.g. `openai/gpt-4o`."""
        return self._place.name

    @property
    def is_language_model(self) -> bool:
        """Always True."""
        return True

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r} at {self._place.host})"

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: some request has no answer after every attempt; all others were waited for.
        """
        answers: list[Completion | None] = [None] * len(requests)
        failed: list[_Reply] = []
        in_flight: dict[Future[_Reply], list[int]] = {}

        def ask(places: list[int], faults: tuple[Fault, ...] = ()) -> None:
            in_flight[self._submit(requests[places[0]], len(places), faults)] = places

        try:
            for places in self._batches(requests):
                ask(places)
            while in_flight:
                done, _ = wait(in_flight, return_when=FIRST_COMPLETED)
                for future in done:
                    places, reply = in_flight.pop(future), future.result()
                    for place, completion in zip(places, reply.completions, strict=False):
                        answers[place] = completion
                        keep(place, completion)
                    if reply.trouble:
                        failed.append(reply)
                        continue
                    for number, place in enumerate(places[len(reply.completions) :]):
                        ask([place], reply.faults if number == 0 else ())
        finally:
            for future in in_flight:  # only where something was raised, such as KeyboardInterrupt
                future.cancel()
        if failed:
            faults = tuple(fault for reply in failed for fault in reply.faults)
            raise LanguageModelError(self._summary(answers, failed[-1]), tuple(answers), faults)
        return [answer for answer in answers if answer is not None]

    def finish(self) -> None:
        """End waits and send nothing more; answers on their way still come. Idempotent."""
        self._closed.set()

    def close(self) -> None:
        """Finish and close connections; a call that is under way raises. Idempotent."""
        self.finish()
        self._pool.shutdown(wait=False)  # what is queued ends at once, see `_send`
        self._client.close()

    def _batches(self, requests: Sequence[Request]) -> list[list[int]]:
        """Positions of equal requests together, in chunks that the server is known to take."""
        alike: dict[tuple[str, str, str], list[int]] = {}
        for position, request in enumerate(requests):  # repr: not a number is equal to itself here
            alike.setdefault((request.expertise, request.message, repr(request.temperature)), []).append(position)
        size = self._largest_n or max(len(requests), 1)
        return [places[i : i + size] for places in alike.values() for i in range(0, len(places), size)]

    def _submit(self, request: Request, n: int, faults: tuple[Fault, ...]) -> Future[_Reply]:
        try:
            return self._pool.submit(self._ask, request, n, faults)
        except RuntimeError:  # the pool is shut down
            closed: Future[_Reply] = Future()
            closed.set_result(_Reply(trouble=_CLOSED))
            return closed

    def _ask(self, request: Request, n: int, faults: tuple[Fault, ...]) -> _Reply:
        """Send one HTTP request for `n` responses until it is answered, or nothing helps."""
        patience = self._settings.patience
        attempt = 0
        while True:
            attempt += 1
            temperature, remarks = self._temperature(request.temperature, attempt)
            started = time.monotonic()
            result = self._send(request, Sent(n, temperature))
            if isinstance(result, Answer):
                return self._kept(result, n, time.monotonic() - started, attempt, (*faults, *remarks), remarks)
            match result.remedy:
                case Remedy.RETRY if attempt < patience.attempts and not self._closed.is_set():
                    pause = patience.wait(attempt, result.retry_after, self._jitter)
                    faults = (*faults, Fault(result.kind, result.detail, attempt, pause))
                    self._sleep(pause)
                case Remedy.DROP_TEMPERATURE:
                    self._takes_temperature = False
                case Remedy.ASK_SINGLY:
                    self._largest_n = 1
                    return _Reply(faults=(*faults, Fault(result.kind, result.detail, attempt)))
                case Remedy.ANSWER_EMPTY:
                    said = Fault("bad_response", result.detail, attempt)
                    empty = Completion("", self._place.model, finish_reason="refused", faults=(said,))
                    first = replace(empty, faults=(*faults, said))
                    return _Reply((first, *[empty] * (n - 1)), attempts=attempt)
                case _:
                    last = Fault(result.kind, result.detail, attempt)
                    return _Reply(trouble=result, attempts=attempt, faults=(*faults, last))

    def _send(self, request: Request, sent: Sent) -> Answer | Trouble:
        """One attempt."""
        if self._closed.is_set():
            return _CLOSED
        try:
            response = self._client.chat.completions.with_raw_response.create(
                model=self._place.model,
                messages=_messages(request),  # type: ignore[arg-type]
                n=sent.n if sent.n > 1 else openai.omit,
                temperature=openai.omit if sent.temperature is None else sent.temperature,
            )
            answer = read_answer(response.content)
        except openai.APIError as error:
            return classify(error, sent, self._place, now=self._now())
        except Unreadable as error:
            return bad_body(str(error), self._place)
        except RuntimeError:  # what the HTTP client raises once it is closed
            if self._closed.is_set():
                return _CLOSED
            raise
        choices = tuple(replace(choice, text=self._place.hide_key(choice.text)) for choice in answer.choices)
        return replace(answer, choices=choices, model=answer.model or self._place.model)

    def _kept(
        self,
        answer: Answer,
        n: int,
        seconds: float,
        attempt: int,
        before: tuple[Fault, ...],
        remarks: tuple[Fault, ...],
    ) -> _Reply:
        given = len(answer.choices)
        if given < n:
            self._largest_n = min(given, self._largest_n or given)
            before += (
                Fault("bad_response", f"{given} of {n} responses came; the others are asked for singly", attempt),
            )
        completions = completions_of(
            answer,
            asked=n,
            seconds=seconds,
            attempt=attempt,
            largest_bytes=self._settings.largest_answer_bytes,
            before=before,
        )
        others = (replace(completion, faults=remarks + completion.faults) for completion in completions[1:])
        return _Reply((completions[0], *others), attempts=attempt)

    def _temperature(self, asked: float, attempt: int) -> tuple[float | None, tuple[Fault, ...]]:
        """What is sent, and what a completion says about it where that is not what was asked."""
        if not self._takes_temperature:
            return None, (Fault("bad_response", f"the server takes no temperature: {asked:g} was not sent", attempt),)
        sent = min(max(asked, 0.0), HIGHEST_TEMPERATURE) if asked == asked else 1.0
        if sent == asked:
            return sent, ()
        return sent, (Fault("bad_response", f"temperature {asked:g} is outside 0 to 2: {sent:g} was sent", attempt),)

    def _summary(self, answers: Sequence[Completion | None], last: _Reply) -> str:
        assert last.trouble is not None
        missing = sum(answer is None for answer in answers)
        tries = f"{last.attempts} attempt{'' if last.attempts == 1 else 's'}"
        return (
            f"{self.name} at {self._place.host}: {missing} of {len(answers)} requests unanswered; "
            f"last fault after {tries}: {last.trouble.kind}: {last.trouble.detail}"
        )


_CLOSED = Trouble("connection", "the model is closed", Remedy.GIVE_UP)


def _messages(request: Request) -> list[dict[str, str]]:
    """The chat of a request; lone surrogates, which a guest may send and JSON over HTTP cannot carry, become `?`."""
    texts = (("system", request.expertise), ("user", request.message))
    return [
        {"role": role, "content": text.encode("utf-8", "replace").decode()}
        for role, text in texts
        if text or role == "user"
    ]
