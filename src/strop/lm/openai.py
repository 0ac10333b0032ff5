"""Any server that speaks OpenAI's chat completions, through the OpenAI SDK.

Equal requests travel as one HTTP request with `n`; where a server gives fewer, or rejects `n`, only what is missing is asked
for again, one by one. Requests go out in parallel, at a pace that all callers share (`rate_limit.py`). Every failed attempt is
a `Fault` of the completion that came in the end, and no answer that arrived is paid for again. What carries a request is a
`Wire`: another one (`anyllm.py`) reaches providers that do not speak OpenAI's protocol.

Not here: streaming, tools, images; budgets and records (the caller's).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import urlsplit

from strop.lm.base import Completion, Fault, Keep, Request, dropped
from strop.lm.batch import CompletionBatch
from strop.lm.endpoints import PROVIDERS, Endpoint, endpoint
from strop.lm.openai_answers import Answer, Asked, Unreadable, completions_of, read_answer
from strop.lm.openai_errors import Remedy, Trouble, bad_body
from strop.lm.openai_terms import LEAST_TOKENS, Sent, Terms, messages_of, with_faults
from strop.lm.openai_wire import Bounds, HttpWire, Wire, WireClosed
from strop.lm.options import ModelSettings, Wanted
from strop.lm.pool import Pool, as_they_end
from strop.lm.rate_limit import Clock, End, Expected, Pacer, Turn, allowances
from strop.lm.retry_policy import Attempts, GiveUp, Outage, Patience

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
    largest_n: int | None = None
    """Responses of one HTTP request at most; None: as many as the server gives."""
    patience: Patience = field(default_factory=Patience)


def settings_of(options: ModelSettings, usual: Settings | None = None) -> Settings:
    """The options of a specification, over what is usual."""
    usual = usual or Settings()
    return replace(
        usual,
        max_connections=options.connections or usual.max_connections,
        requests_per_minute=options.rpm,
        tokens_per_minute=options.tpm,
        max_tokens=options.max_tokens,
        seed=options.seed,
        read_seconds=options.timeout or usual.read_seconds,
        deadline_seconds=max(options.timeout or 0.0, usual.deadline_seconds),
        patience=Patience(options.give_up_after),
    )


def from_spec(wanted: Wanted) -> OpenAIModel:
    """The model `provider/model` of a provider in `PROVIDERS`.

    Raises:
        ConfigurationError: see `endpoint`.
    """
    place = endpoint(wanted.spec, base_url=wanted.settings.url, environ=wanted.environ)
    return OpenAIModel(place, settings_of(wanted.settings), jitter=random.Random(wanted.seed))


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
    """A model at an `Endpoint`. `clock` is for tests; `wire` is HTTP unless another one is given."""

    is_language_model = True

    def __init__(
        self,
        place: Endpoint,
        settings: Settings | None = None,
        *,
        jitter: random.Random,
        clock: Clock | None = None,
        wire: Wire | None = None,
    ) -> None:
        self.name = place.name
        self._place = place
        self._settings = limits = settings or Settings()
        self._clock = clock or Clock()
        self._terms = Terms(
            max_tokens=limits.max_tokens,
            seed=limits.seed,
            largest_n=limits.largest_n,
            openai_itself=urlsplit(place.base_url).hostname == urlsplit(PROVIDERS["openai"].url).hostname,
        )
        self._pacer = Pacer(
            limits.max_connections,
            requests=limits.requests_per_minute,
            tokens=limits.tokens_per_minute,
            clock=self._clock,
        )
        self._expected = Expected(limits.max_tokens or 1024)
        self._wire = wire or HttpWire(
            place,
            Bounds(limits.connect_seconds, limits.read_seconds, limits.deadline_seconds, limits.largest_body_bytes),
        )
        self._outage = Outage(limits.patience, place.where, self._clock, jitter=jitter)
        self._pool = Pool(_THREADS * limits.max_connections, "language-model")

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r} at {self._place.host})"

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: some request has no answer after every attempt; all others were waited for.
        """
        batch = CompletionBatch(requests, keep)
        failed: list[_Reply] = []
        in_flight: dict[Future[_Reply], list[int]] = {}
        alike = _alike(requests)
        equal = {place: places for places in alike for place in places}

        def ask(places: list[int], faults: tuple[Fault, ...] = ()) -> None:
            in_flight[self._pool.submit(partial(self._ask, requests[places[0]], len(places), faults))] = places

        def arrived(place: int, completion: Completion) -> None:
            others = [batch.answers[other] for other in equal[place] if other != place]
            together = [completion, *(answer for answer in others if answer is not None)]
            if len(together) == len(equal[place]):
                completion = with_faults(completion, self._terms.same(together))
            batch.add(place, completion)

        size = self._terms.largest_n or max(len(requests), 1)
        for places in alike:
            for first in range(0, len(places), size):
                ask(places[first : first + size])
        for places, future in as_they_end(in_flight):
            reply = _Reply(trouble=_CLOSED) if future.cancelled() else future.result()
            for place, completion in zip(places, reply.completions, strict=False):
                arrived(place, completion)
            if reply.trouble:
                failed.append(reply)
                continue
            for number, place in enumerate(places[len(reply.completions) :]):
                ask([place], reply.faults if number == 0 else ())
        if failed:
            faults = [fault for reply in failed for fault in reply.faults]
            raise batch.failure(self._summary(batch, max(failed, key=_attempts)), faults)
        return batch.completions()

    def finish(self) -> None:
        """End waits and send nothing more; answers on their way still come. Idempotent."""
        self._pacer.finish()
        self._outage.finish()

    def close(self) -> None:
        """Finish and close connections; a call that is under way raises. Idempotent."""
        self.finish()
        self._pool.close()  # what is queued ends at once, see `_send`
        self._wire.close()

    def _ask(self, request: Request, n: int, faults: tuple[Fault, ...]) -> _Reply:
        """Send one HTTP request for `n` responses until it is answered, or nothing helps."""
        in_line = self._pacer.place()
        room: int | None = None
        last: Trouble | None = None
        with self._outage.attempts(faults) as attempts:
            while True:
                sent, remarks = self._terms.sent(request, n, room)
                result, seconds = self._paced(in_line, request, sent)
                if result is _CLOSED:  # nothing was sent
                    return _Reply(trouble=last or _CLOSED, tried=self._outage.tried(attempts), faults=attempts.faults)
                attempts.number += 1
                if isinstance(result, Answer):
                    self._outage.answered(attempts)
                    return self._reply(result, sent, seconds, attempts, remarks)
                last = result
                fault = Fault(result.kind, result.detail, attempts.number, maybe_billed=result.maybe_billed)
                if result.remedy is Remedy.RETRY:
                    given_up = self._outage.retry(
                        attempts, fault, reached=result.reached, busy=result.busy, retry_after=result.retry_after
                    )
                    if given_up is GiveUp.ALONE:
                        return self._refused(n, attempts.faults)
                    if given_up:
                        return _Reply(trouble=result, tried=self._outage.tried(attempts), faults=attempts.faults)
                    continue
                milder = self._milder(result, sent, room)
                if milder is None:
                    return self._ended(result, n, (*attempts.faults, fault))
                room, remark = milder
                if remark:
                    attempts.faults = (*attempts.faults, Fault("parameter", remark, attempts.number))

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

    def _ended(self, trouble: Trouble, n: int, faults: tuple[Fault, ...]) -> _Reply:
        """The reply to a request that is not sent again in this form; the last of its faults says why."""
        match trouble.remedy:
            case Remedy.ASK_SINGLY:
                self._terms.at_most_n(1)
                return _Reply(faults=faults)
            case Remedy.ANSWER_EMPTY | Remedy.FEWER_TOKENS:
                return self._refused(n, faults)
            case _:
                return _Reply(trouble=trouble, faults=faults)

    def _refused(self, n: int, faults: tuple[Fault, ...]) -> _Reply:
        """Empty completions for a prompt that this model cannot answer."""
        empty = Completion("", self._place.model, finish_reason="refused", faults=faults[-1:])
        return _Reply((replace(empty, faults=faults), *[empty] * (n - 1)))

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
            self._pacer.correct(allowances(body.headers), turn)
            answer = read_answer(body.data, asked)
        except WireClosed:
            return _CLOSED
        except Unreadable as error:
            return bad_body(str(error), self._place)
        except Exception as error:
            trouble = self._wire.trouble(error, sent, self._clock.epoch())
            if trouble is None:
                raise
            self._pacer.correct(trouble.allowances, turn)
            return trouble
        hide = self._place.hide_key
        choices = tuple(
            replace(choice, text=hide(choice.text), reasoning=hide(choice.reasoning)) for choice in answer.choices
        )
        return replace(answer, choices=choices, model=answer.model or self._place.model)

    def _reply(
        self, answer: Answer, sent: Sent, seconds: float, attempts: Attempts, remarks: tuple[Fault, ...]
    ) -> _Reply:
        """The completions of an answer. `remarks` are made by each of them."""
        before = (*attempts.faults, *remarks)
        count = len(answer.choices)
        if count < sent.n:
            self._terms.at_most_n(count)
            remark = f"{count} of {sent.n} responses came; the others are asked for singly"
            before = (*before, Fault("parameter", remark, attempts.number))
        first, *others = completions_of(
            answer,
            asked=sent.n,
            seconds=seconds,
            attempt=attempts.number,
            largest_bytes=self._settings.largest_answer_bytes,
            before=before,
        )
        others = [replace(completion, faults=remarks + completion.faults) for completion in others]
        parameters = sent.parameters()
        return _Reply(tuple(replace(each, parameters=parameters) for each in (first, *others)))

    def _summary(self, batch: CompletionBatch, last: _Reply) -> str:
        assert last.trouble is not None
        tried = f" ({last.tried})" if last.tried else ""
        reached = self._outage.reached or last.trouble.remedy is not Remedy.RETRY
        unreached = "" if reached else " cannot be reached"
        return f"{self._place.where}{unreached}: {last.trouble.detail}{tried}{batch.unanswered()}"


_CLOSED = Trouble("connection", "the model is closed", Remedy.GIVE_UP)


def _attempts(reply: _Reply) -> int:
    return reply.faults[-1].attempt if reply.faults else 0


def _alike(requests: Sequence[Request]) -> list[list[int]]:
    """Positions of equal requests together."""
    alike: dict[tuple[str, str, str], list[int]] = {}
    for position, request in enumerate(requests):  # repr: not a number is equal to itself here
        alike.setdefault((request.expertise, request.message, repr(request.temperature)), []).append(position)
    return list(alike.values())
