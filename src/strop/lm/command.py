"""Any program as the model: it reads the conversation on standard input and prints the answer on standard output.

What it is given and what counts as an answer is told in docs/inbox.md. Several run at once, up to a limit that all callers share.

Not here: how a program is run and ended (`program.py`); budgets and records (the caller's).
"""

from __future__ import annotations

import math
import random
import shlex
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.terminal_text import escape
from strop.lm.base import Completion, Fault, Keep, Request, dropped
from strop.lm.options import ModelSettings
from strop.lm.outage import GiveUp, Outage, Trying, with_fault
from strop.lm.pool import Pool
from strop.lm.program import Ended, Limits, run_program
from strop.lm.rate_limit import Clock
from strop.lm.reasoning import split_thoughts
from strop.lm.retry_policy import Patience

HEAD = "command:"
_SECRET_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL")
_SHORTEST_SECRET = 12
_LONGEST_DETAIL = 300


@dataclass(frozen=True)
class Settings:
    """How to treat a program."""

    connections: int = 4
    """Programs that run at once."""
    limits: Limits = field(default_factory=Limits)
    """Of one run; longer answers are cut to `limits.output_bytes`."""
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class _Reply:
    """How one request ended, all its attempts included: a completion or the last trouble."""

    completion: Completion | None = None
    faults: tuple[Fault, ...] = ()
    """Those that no completion carries; none where the model was closed before it was asked."""
    tried: str = ""
    """How often and for how long it was tried, where that was more than once."""


class CommandModel:
    """A model that is a program. Closing it ends every program that runs."""

    def __init__(
        self,
        spec: str,
        environ: Mapping[str, str],
        settings: Settings | None = None,
        *,
        jitter: random.Random,
        clock: Clock | None = None,
    ) -> None:
        """`spec` is `command:` and a command line, split as a shell would, without being given to one. `clock` is for tests.

        Raises:
            ConfigurationError: the command line cannot be read, or names no program that is there.
        """
        self._name = spec
        self._words = _words(spec, environ)
        self._settings = settings or Settings()
        self._environ = environ
        self._secrets = tuple(sorted(_secrets(environ), key=len, reverse=True))
        self._jitter = jitter
        self._here = Path.cwd()
        self._finished = threading.Event()
        self._closed = threading.Event()
        self._outage = Outage(self._settings.patience, escape(self._hidden(spec), 80), clock)
        self._pool = Pool(self._settings.connections, "command")

    @property
    def name(self) -> str:
        """The specification, e.g. `command:llm -m gpt-4o`."""
        return self._name

    @property
    def is_language_model(self) -> bool:
        """Always True: strop cannot look into the program."""
        return True

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: the program failed for some request at every attempt; all others were waited for.
        """
        answers: list[Completion | None] = [None] * len(requests)
        failed: list[_Reply] = []
        running = {self._submit(request): position for position, request in enumerate(requests)}
        try:
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    position, reply = running.pop(future), future.result()
                    if reply.completion is None:
                        failed.append(reply)
                    else:
                        answers[position] = reply.completion
                        keep(position, reply.completion)
        finally:
            for future in running:  # only where something was raised
                future.cancel()
        if failed:
            faults = tuple(fault for reply in failed for fault in reply.faults)
            raise LanguageModelError(self._summary(answers, max(failed, key=_attempts)), tuple(answers), faults)
        return [answer for answer in answers if answer is not None]

    def finish(self) -> None:
        """Start no more programs; those that run still answer. Idempotent."""
        self._finished.set()
        self._outage.finish()

    def close(self) -> None:
        """End every program that runs. Idempotent."""
        self.finish()
        self._closed.set()
        self._pool.close(wait=True)

    def _submit(self, request: Request) -> Future[_Reply]:
        future = self._pool.submit(lambda: self._ask(request))
        if future is None:
            future = Future()
            future.set_result(_Reply())
        return future

    def _ask(self, request: Request) -> _Reply:
        """Run the program until it answers, or nothing helps."""
        faults: tuple[Fault, ...] = ()
        trying, attempt = Trying(), 0
        text, environ = _conversation(request), {**self._environ, **_told(request)}
        try:
            while not self._finished.is_set():
                attempt += 1
                started = time.monotonic()
                try:
                    ended = run_program(self._words, text, environ, self._settings.limits, self._closed)
                except OSError as error:
                    fault = Fault("connection", self._in_words(f"it could not be started: {error}"), attempt)
                else:
                    if ended.how == "oversized" or (ended.how == "by itself" and ended.code == 0):
                        self._outage.answered(trying)
                        return _Reply(self._answer(request, ended, time.monotonic() - started, attempt, faults))
                    fault = self._fault(ended, attempt)
                    if ended.never_ran or ended.how == "stopped":
                        return _Reply(faults=(*faults, fault))
                given_up = self._outage.failed(trying, fault.detail, reached=False)
                pause = 0.0
                if not given_up and not self._finished.is_set():
                    pause = self._settings.patience.wait(trying.failures, None, self._jitter)
                    pause = min(pause, self._outage.left(trying))
                faults = with_fault(faults, replace(fault, waited_seconds=pause))
                if given_up is GiveUp.ALONE:
                    return _Reply(Completion("", self._model, finish_reason="refused", faults=faults))
                if given_up:
                    break
                self._outage.sleep(pause)
            tried = f"{attempt} attempts in {self._outage.duration(trying)}" if attempt > 1 else ""
            return _Reply(faults=faults, tried=tried)
        finally:
            self._outage.gone(trying)

    @property
    def _model(self) -> str:
        return self._name.removeprefix(HEAD).strip()

    def _answer(
        self, request: Request, ended: Ended, seconds: float, attempt: int, before: tuple[Fault, ...]
    ) -> Completion:
        text, remarks = ended.output.decode("utf-8", "replace"), list(before)
        if ended.how == "oversized":
            text = ended.output.decode("utf-8", "ignore")
            remarks.append(Fault("oversized", f"the program was ended after {len(ended.output)} bytes", attempt))
        elif "�" in text and text.encode() != ended.output:
            remarks.append(Fault("bad_response", "the answer is not UTF-8: the rest is shown as �", attempt))
        if not text.strip():
            remarks.append(Fault("empty", "the program printed nothing and said that all went well, kept", attempt))
        thoughts, answer = split_thoughts(self._hidden(text.removesuffix("\n")))
        return Completion(
            text=answer,
            reasoning=thoughts,
            model=self._model,
            finish_reason="length" if ended.how == "oversized" else "stop",
            seconds=seconds,
            faults=tuple(remarks),
            parameters={"temperature": request.temperature} if math.isfinite(request.temperature) else {},
        )

    def _fault(self, ended: Ended, attempt: int) -> Fault:
        if ended.how == "timeout":
            return Fault("timeout", f"no answer after {self._settings.limits.seconds:g} s", attempt, maybe_billed=True)
        if ended.how == "stopped":
            return Fault("connection", "the model was closed while the program ran", attempt, maybe_billed=True)
        said = ended.errors.decode("utf-8", "replace").strip().split("\n")[-1] or "it said nothing"
        signal = f" (signal {ended.code - 128})" if ended.code > 128 else ""
        detail = self._in_words(f"exit code {ended.code}{signal}: {said}")
        return Fault("server_error", detail, attempt, maybe_billed=not ended.never_ran)

    def _summary(self, answers: Sequence[Completion | None], last: _Reply) -> str:
        missing = sum(answer is None for answer in answers)
        more = [last.tried] if last.tried else []
        if missing < len(answers):
            more.append(f"{missing} of {len(answers)} requests unanswered")
        said = f" ({'; '.join(more)})" if more else ""
        relative = next((word for word in self._words[1:] if word[:1] != "/" and (self._here / word).is_file()), None)
        hint = f". It runs in an empty folder: write {relative} with its whole path" if relative else ""
        detail = last.faults[-1].detail if last.faults else "the model is closed"
        return f"{self._hidden(self._name)}: {detail}{said}{hint}"

    def _in_words(self, text: str) -> str:
        return escape(self._hidden(text), _LONGEST_DETAIL)

    def _hidden(self, text: str) -> str:
        """`text` without the values of the user's keys, which programs like to print when they are refused."""
        for secret in self._secrets:
            text = text.replace(secret, "[key]")
        return text


def _attempts(reply: _Reply) -> int:
    return reply.faults[-1].attempt if reply.faults else 0


def make_command(spec: str, said: ModelSettings, *, seed: int, environ: Mapping[str, str]) -> CommandModel:
    """The model of a specification without options, with what its options said.

    Raises:
        ConfigurationError: see `CommandModel`.
    """
    settings = Settings()
    limits = settings.limits if said.timeout is None else replace(settings.limits, seconds=said.timeout)
    patience = Patience(said.give_up_after)
    settings = Settings(said.connections or settings.connections, limits, patience)
    return CommandModel(spec, environ, settings, jitter=random.Random(seed))


def _words(spec: str, environ: Mapping[str, str]) -> list[str]:
    line = spec.removeprefix(HEAD) if spec.startswith(HEAD) else ""
    if not line.isprintable():
        raise ConfigurationError("--lm command: the command line must be one line of printable text")
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ConfigurationError(f"--lm {spec}: not a command line: {error}") from error
    if not words:
        raise ConfigurationError('--lm command needs a program: --lm "command:llm -m gpt-4o"')
    found = shutil.which(words[0], path=environ.get("PATH"))
    if found is None:
        raise ConfigurationError(f"--lm {spec}: there is no program {words[0]!r} to run")
    return [str(Path(found).absolute()), *words[1:]]


def _conversation(request: Request) -> bytes:
    """The system text, an empty line, the message; the message alone where there is no system text."""
    parts = [text for text in (request.expertise, request.message) if text]
    return "\n\n".join(parts).encode("utf-8", "replace")


def _told(request: Request) -> dict[str, str]:
    """What a program is told in its environment. The host wrote all of it; the model's text comes on standard input alone."""
    return {
        "STROP_TEMPERATURE": repr(float(request.temperature)),
        "STROP_SAMPLE": str(request.sample),
        "STROP_SCOPE": request.scope,
        "STROP_SYSTEM_BYTES": str(len(request.expertise.encode("utf-8", "replace"))),
    }


def _secrets(environ: Mapping[str, str]) -> set[str]:
    """Values of variables that are named like keys and look like one."""
    return {
        value
        for name, value in environ.items()
        if len(value) >= _SHORTEST_SECRET and " " not in value and any(part in name.upper() for part in _SECRET_NAMES)
    }
