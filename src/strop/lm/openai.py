"""Any server that speaks OpenAI's chat completions, through the OpenAI SDK.

Equal requests travel as one HTTP request with `n`; where a server gives fewer, or rejects `n`, only what is missing is asked
for again, one by one. Requests go out in parallel, at a pace that all callers share (`pacing.py`). The SDK's own retries are
off: every failed attempt is a `Fault` of the completion that came in the end, and no answer that arrived is paid for again.

Not here: streaming, tools, images; budgets and records (the caller's).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import openai

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Fault, Keep, Request, dropped
from strop.lm.endpoints import PROVIDERS, Endpoint
from strop.lm.openai_answers import Answer, Asked, Unreadable, completions_of, read_answer
from strop.lm.openai_errors import Remedy, Trouble, bad_body, classify, too_slow
from strop.lm.openai_terms import LEAST_TOKENS, Sent, Terms, messages_of, with_faults
from strop.lm.openai_wire import BodyTooLarge, Bounds, DeadlinePassed, Wire
from strop.lm.outage import GiveUp, Outage, Trying, with_fault
from strop.lm.pool import Pool
from strop.lm.rate_limit import Clock, End, Pacer, Turn
from strop.lm.retry_policy import Patience, allowances
from strop.lm.token_bucket import Expected

_THREADS = 4
"""For each connection: requests that wait for another attempt need a thread too, but no connection."""


@dataclass(frozen=True)
class Settings:
    """How to treat a server. The time-outs are for models that think for minutes."""

    max_connections: int = 16
    """HTTP requests in flight at most; fewer while the server says that it has too much to do."""
    requests_per_minute: float | None = None
    """HTTP requests that the server allows a minute; None: not known."""
    tokens_per_minute: float | None = None
    """Tokens, in and out, that the server allows a minute; None: not known."""
    max_tokens: int | None = 8192
    """Tokens of one response at most; None sends no limit."""
    seed: int | None = None
    """Where given, each response is drawn with a seed of its own, derived from this; then each is one HTTP request."""
    connect_seconds: float = 10.0
    read_seconds: float = 600.0
    """Longest silence while an answer is awaited."""
    deadline_seconds: float = 1800.0
    """Longest time of one attempt as a whole, however its bytes drip in."""
    largest_answer_bytes: int = 1 << 20
    """Longer answers are cut to this, in UTF-8."""
    largest_body_bytes: int = 32 << 20
    """No more than this is read of a response."""
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class _Reply:
    """How one HTTP request ended, all its attempts included: completions of the first few responses asked for, or trouble."""

    completions: tuple[Completion, ...] = ()
    trouble: Trouble | None = None
    tried: str = ""
    """How often and for how long it was tried, where that was more than once."""
    faults: tuple[Fault, ...] = ()
    """Those that no completion carries yet."""


class OpenAIModel:
    """A model at an `Endpoint`. `clock` is for tests; closing the model ends its own waits."""

    def __init__(
        self, place: Endpoint, settings: Settings | None = None, *, jitter: random.Random, clock: Clock | None = None
    ) -> None:
        self._place = place
        self._settings = limits = settings or Settings()
        self._jitter = jitter
        self._clock = clock or Clock()
        self._terms = Terms(
            max_tokens=limits.max_tokens,
            seed=limits.seed,
            openai_itself=urlsplit(place.base_url).hostname == urlsplit(PROVIDERS["openai"].url).hostname,
        )
        self._pacer = Pacer(
            limits.max_connections,
            requests=limits.requests_per_minute,
            tokens=limits.tokens_per_minute,
            clock=self._clock,
        )
        self._expected = Expected(limits.max_tokens or 1024)
        self._wire = Wire(
            place,
            Bounds(limits.connect_seconds, limits.read_seconds, limits.deadline_seconds, limits.largest_body_bytes),
        )
        self._outage = Outage(limits.patience, f"{place.name} at {place.host}", self._clock)
        self._pool = Pool(_THREADS * limits.max_connections, "language-model")

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
        alike = _alike(requests)
        equal = {place: places for places in alike for place in places}

        def ask(places: list[int], faults: tuple[Fault, ...] = ()) -> None:
            in_flight[self._submit(requests[places[0]], len(places), faults)] = places

        def arrived(place: int, completion: Completion) -> None:
            answers[place] = completion
            together = [answer for each in equal[place] if (answer := answers[each]) is not None]
            if len(together) == len(equal[place]):
                completion = with_faults(completion, self._terms.same(together))
                answers[place] = completion
            keep(place, completion)

        try:
            size = self._terms.largest_n or max(len(requests), 1)
            for places in alike:
                for first in range(0, len(places), size):
                    ask(places[first : first + size])
            while in_flight:
                done, _ = wait(in_flight, return_when=FIRST_COMPLETED)
                for future in done:
                    places, reply = in_flight.pop(future), future.result()
                    for place, completion in zip(places, reply.completions, strict=False):
                        arrived(place, completion)
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
            raise LanguageModelError(self._summary(answers, max(failed, key=_attempts)), tuple(answers), faults)
        return [answer for answer in answers if answer is not None]

    def finish(self) -> None:
        """End waits and send nothing more; answers on their way still come. Idempotent."""
        self._pacer.finish()
        self._outage.finish()

    def close(self) -> None:
        """Finish and close connections; a call that is under way raises. Idempotent."""
        self.finish()
        self._pool.close()  # what is queued ends at once, see `_send`
        self._wire.close()

    def _submit(self, request: Request, n: int, faults: tuple[Fault, ...]) -> Future[_Reply]:
        future = self._pool.submit(lambda: self._ask(request, n, faults))
        if future is None:
            future = Future()
            future.set_result(_Reply(trouble=_CLOSED))
        return future

    def _ask(self, request: Request, n: int, faults: tuple[Fault, ...]) -> _Reply:
        """Send one HTTP request for `n` responses until it is answered, or nothing helps."""
        pacer, trying = self._pacer, Trying()
        in_line = pacer.place()
        room: int | None = None
        last: Trouble | None = None
        attempt = 0
        try:
            while True:
                attempt += 1
                sent, remarks = self._terms.sent(request, n, room)
                result, seconds = self._paced(in_line, request, sent)
                if isinstance(result, Answer):
                    self._outage.answered(trying)
                    return self._kept(result, sent, seconds, attempt, (*faults, *remarks), remarks)
                if result is _CLOSED:  # nothing was sent
                    return _Reply(trouble=last or _CLOSED, tried=self._tried(attempt - 1, trying), faults=faults)
                last = result
                said = Fault(result.kind, result.detail, attempt, maybe_billed=result.maybe_billed)
                if result.remedy is Remedy.RETRY:
                    pause, given_up = self._pause(result, trying)
                    faults = with_fault(faults, replace(said, waited_seconds=pause))
                    if given_up is GiveUp.ALONE:
                        return self._refused(None, n, faults)
                    if given_up or pacer.finished:
                        return _Reply(trouble=result, tried=self._tried(attempt, trying), faults=faults)
                    self._outage.sleep(pause)
                    continue
                milder = self._milder(result, sent, room)
                if milder is None:
                    return self._ended(result, said, n, faults)
                room, remark = milder
                faults = (*faults, Fault("parameter", remark, attempt)) if remark else faults
        finally:
            self._outage.gone(trying)

    def _pause(self, trouble: Trouble, trying: Trying) -> tuple[float, GiveUp | None]:
        """(seconds to wait before another attempt, why there is none)."""
        reached = trouble.kind != "connection" and (trouble.kind != "timeout" or trouble.maybe_billed)
        given_up = self._outage.failed(trying, trouble.detail, reached=reached, busy=trouble.busy)
        if given_up or self._pacer.finished:
            return 0.0, given_up
        pause = self._settings.patience.wait(trying.failures, trouble.retry_after, self._jitter)
        return min(pause, self._outage.left(trying)), None

    def _milder(self, trouble: Trouble, sent: Sent, room: int | None) -> tuple[int | None, str] | None:
        """(tokens there are for an answer, the remark to make) where asking for less may help."""
        match trouble.remedy:
            case Remedy.DROP_TEMPERATURE:
                return room, self._terms.without_temperature()
            case Remedy.DROP_SEED:
                return room, self._terms.without_seed()
            case Remedy.OTHER_TOKENS_NAME:
                return room, self._terms.other_tokens_name(sent.tokens_name)
            case Remedy.FEWER_TOKENS:
                fewer, remark = self._terms.fewer_tokens(trouble.detail, sent)
                return (fewer, remark) if fewer >= LEAST_TOKENS else None
            case _:
                return None

    def _ended(self, trouble: Trouble, said: Fault, n: int, faults: tuple[Fault, ...]) -> _Reply:
        """The reply to a request that is not sent again in this form."""
        match trouble.remedy:
            case Remedy.ASK_SINGLY:
                self._terms.at_most_n(1)
                return _Reply(faults=(*faults, said))
            case Remedy.ANSWER_EMPTY | Remedy.FEWER_TOKENS:
                return self._refused(said, n, faults)
            case _:
                return _Reply(trouble=trouble, faults=(*faults, said))

    def _tried(self, attempts: int, trying: Trying) -> str:
        return f"{attempts} attempts in {self._outage.duration(trying)}" if attempts > 1 else ""

    def _refused(self, said: Fault | None, n: int, before: tuple[Fault, ...]) -> _Reply:
        """Empty completions for a prompt that this model cannot answer."""
        last = (said,) if said else before[-1:]
        empty = Completion("", self._place.model, finish_reason="refused", faults=last)
        return _Reply((replace(empty, faults=(*before, said) if said else before), *[empty] * (n - 1)))

    def _paced(self, in_line: int, request: Request, sent: Sent) -> tuple[Answer | Trouble, float]:
        """(how one attempt ended, seconds that it took), when its turn has come."""
        prompt = len(request.expertise.encode("utf-8", "replace")) + len(request.message.encode("utf-8", "replace"))
        turn = self._pacer.enter(in_line, lambda: self._expected.of(prompt, sent.n))
        if turn is None:
            return _CLOSED, 0.0
        end: End = "failed"
        used: int | None = None
        started = self._clock.now()
        try:
            result = self._send(request, Asked(sent.n, prompt, sent.max_tokens), sent, turn)
            if isinstance(result, Answer):
                end = "answered"
                if result.input_tokens is not None and result.output_tokens is not None:
                    used = result.input_tokens + result.output_tokens
                    self._expected.learn(prompt, len(result.choices), result.input_tokens, result.output_tokens)
            else:
                end = "failed" if not result.busy else "limited" if result.kind == "rate_limited" else "overloaded"
                used = None if result.maybe_billed else 0
                if result.retry_after is not None:
                    self._pacer.hold(min(result.retry_after, self._settings.patience.longest_retry_after_seconds))
        finally:
            self._pacer.leave(turn, end, used=used)
        return result, self._clock.now() - started

    def _send(self, request: Request, asked: Asked, sent: Sent, turn: Turn) -> Answer | Trouble:
        """One attempt."""
        try:
            body = self._wire.post(messages_of(request), sent.options())
            self._pacer.told(allowances(body.headers), turn)
            answer = read_answer(body.data, asked)
        except openai.APIStatusError as error:
            self._pacer.told(allowances(error.response.headers), turn)
            return classify(error, sent, self._place, now=self._clock.epoch())
        except openai.APIError as error:
            return classify(error, sent, self._place, now=self._clock.epoch())
        except Unreadable as error:
            return bad_body(str(error), self._place)
        except DeadlinePassed:
            return too_slow(self._settings.deadline_seconds)
        except BodyTooLarge:
            return bad_body(f"more than {self._settings.largest_body_bytes} bytes, or compressed", self._place)
        except RuntimeError:  # what the HTTP client raises once it is closed
            if self._pacer.finished:
                return _CLOSED
            raise
        hide = self._place.hide_key
        choices = tuple(
            replace(choice, text=hide(choice.text), reasoning=hide(choice.reasoning)) for choice in answer.choices
        )
        return replace(answer, choices=choices, model=answer.model or self._place.model)

    def _kept(
        self,
        answer: Answer,
        sent: Sent,
        seconds: float,
        attempt: int,
        before: tuple[Fault, ...],
        remarks: tuple[Fault, ...],
    ) -> _Reply:
        given = len(answer.choices)
        if given < sent.n:
            self._terms.at_most_n(given)
            told = f"{given} of {sent.n} responses came; the others are asked for singly"
            before += (Fault("parameter", told, attempt),)
        first, *others = completions_of(
            answer,
            asked=sent.n,
            seconds=seconds,
            attempt=attempt,
            largest_bytes=self._settings.largest_answer_bytes,
            before=before,
        )
        others = [replace(completion, faults=remarks + completion.faults) for completion in others]
        parameters = sent.parameters()
        return _Reply(tuple(replace(each, parameters=parameters) for each in (first, *others)))

    def _summary(self, answers: Sequence[Completion | None], last: _Reply) -> str:
        assert last.trouble is not None
        missing = sum(answer is None for answer in answers)
        more = [last.tried] if last.tried else []
        if missing < len(answers):
            more.append(f"{missing} of {len(answers)} requests unanswered")
        said = f" ({'; '.join(more)})" if more else ""
        reached = self._outage.reached or last.trouble.remedy is not Remedy.RETRY
        return (
            f"{self.name} at {self._place.host}{'' if reached else ' cannot be reached'}: {last.trouble.detail}{said}"
        )


_CLOSED = Trouble("connection", "the model is closed", Remedy.GIVE_UP)


def _attempts(reply: _Reply) -> int:
    return reply.faults[-1].attempt if reply.faults else 0


def _alike(requests: Sequence[Request]) -> list[list[int]]:
    """Positions of equal requests together."""
    alike: dict[tuple[str, str, str], list[int]] = {}
    for position, request in enumerate(requests):  # repr: not a number is equal to itself here
        alike.setdefault((request.expertise, request.message, repr(request.temperature)), []).append(position)
    return list(alike.values())
