"""Every language model of strop passes the kit that is offered to others."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strop.lm import registry
from strop.lm.answer_cache import AnswerCache
from strop.lm.base import Completion, Keep, LanguageModel, Request
from strop.lm.callable import CallableModel
from strop.lm.inbox import Inbox
from strop.lm.mixture import Member, Mixture
from strop.lm.offline import Offline
from strop.lm.openai import OpenAIModel
from strop.lm.openai_wire import Settings
from strop.lm.pace import RetryPolicy
from strop.lm.providers import endpoint_of
from strop.lm.scripted import Scripted, answer_line, head_line
from support.kits.language_model import MakeModel, check_language_model
from support.loopback import Hurried
from support.openai_server import OpenAIServer


def echoed(request: Request) -> str:
    return f"{request.message[:200]!r} {request.sample}"


MODELS: dict[str, MakeModel] = {
    "scripted": lambda: Scripted(echoed),
    "offline": lambda: Offline(1),
    "known answers": lambda: AnswerCache(Offline(1), scope="pair"),
    "callable": lambda: CallableModel(lambda request: request.message[:100], name="mine"),
    "mixture": lambda: Mixture([Member(str(weight), Scripted(echoed), weight) for weight in (2.0, 1.0)], name="mix"),
}


@pytest.mark.parametrize("name", MODELS)
def test_model_conforms(name: str) -> None:
    check_language_model(MODELS[name])


CHAOS = ["500", "ok", "cut", "429:0.01", "malformed", "ok", "reject-temperature", "drop", "ignore-n", "ok", "reject-n"]


@pytest.mark.parametrize("faults", [[], CHAOS], ids=["plain", "chaos"])
def test_openai_model_conforms(faults: list[str]) -> None:
    with OpenAIServer(Scripted(echoed), faults, cycle=True) as server:
        place = endpoint_of("openai/tester", base_url=server.url, environ={})
        patient = Settings(retry=RetryPolicy(give_up_seconds=1e9))  # one request may meet many faults
        check_language_model(lambda: OpenAIModel(place, patient, jitter=random.Random(0), clock=Hurried()))


class Noted(Scripted):
    """Answers, and writes every answer as the line of a recording."""

    lines: tuple[str, ...] = ()

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        answers = super().complete(requests, keep)
        self.lines += tuple(map(answer_line, requests, answers))
        return answers


def test_recorded_answers_conform(tmp_path: Path) -> None:
    made: list[Noted] = []
    path = tmp_path / "answers.jsonl"

    def noting() -> LanguageModel:
        made.append(Noted(echoed))
        return made[-1]

    check_language_model(noting)
    path.write_text("\n".join([head_line("scripted", False), *(line for each in made for line in each.lines)]) + "\n")
    check_language_model(lambda: registry.make(f"recorded:{path}", base_url=None, seed=1, environ={}))


def test_program_conforms(tmp_path: Path) -> None:
    script = tmp_path / "echo.sh"
    script.write_text('cksum; echo "$STROP_SAMPLE"\n')  # an answer of everything that it is given
    environ = {"PATH": os.environ["PATH"]}
    spec = f"command?connections=2:sh {script}"
    check_language_model(lambda: registry.make(spec, base_url=None, seed=1, environ=environ))


def test_inbox_conforms_when_somebody_answers(tmp_path: Path) -> None:
    done = threading.Event()

    def answer() -> None:
        while not done.wait(0.001):
            for asked in tmp_path.glob("?" * 16 + ".md"):
                if not (path := asked.with_suffix(".answer.md")).exists():
                    path.write_text(asked.stem)

    with ThreadPoolExecutor(1) as person:
        person.submit(answer)
        try:
            check_language_model(lambda: Inbox(f"inbox:{tmp_path}", settle_seconds=0.05, notify=lambda line: None))
        finally:
            done.set()
