"""What a model proposes when it is asked to improve the seed improver: many answers to that request, the strategy of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from strop.analysis.strategy import classify
from strop.core.extraction import read_answers
from strop.reproduce.asker import BATCH, NO_PROGRAM, Asker, answers_in, batched
from strop.reproduce.unsandboxing.arms import Arm, request_of
from strop.runs.journal import save
from strop.runs.spec import improver_text
from strop.sandbox.base import Sandbox
from strop.store import Store

SCOPE = "proposals"


@dataclass(frozen=True)
class Proposal:
    """One answer of the model."""

    number: int
    program: str | None
    strategy: str
    """In the classifier's words; `no program` for an answer without one."""
    also: tuple[str, ...]
    why: tuple[str, ...]
    """The evidence, in words."""


def seed_improver(description: str) -> Arm:
    """The seed improver, to be asked about itself; `description` is u_str of the meta-utility."""
    return Arm(SCOPE, improver_text("seed"), description)


def ask(  # noqa: PLR0913 - the parts of the work
    asker: Asker, sandbox: Sandbox, store: Store, of: Arm, n: int, workers: int, advance: Callable[[], None]
) -> None:
    """Bring the record to n answers to what `of` asks about itself; `advance` is called for each that arrives.

    Raises:
        StropError: the model or the host failed, or the work was stopped; what was answered is kept.
    """
    before = answers_in(store, SCOPE)
    left = [batch for batch in batched(n) if not all(number in before for number in batch)]
    if not left:
        return
    template = replace(request_of(of, sandbox), scope=f"strategies/{SCOPE}")

    def one(batch: range) -> None:
        missing = [number for number in batch if number not in before]
        for _ in asker.ask(SCOPE, template, missing):
            advance()

    asker.each(left, one, workers)


def proposals(store: Store, sandbox: Sandbox, n: int, workers: int) -> list[Proposal]:
    """The first n answers with the strategy of each, read off its program's text.

    Raises:
        StropError: the host failed.
    """
    answers = answers_in(store, SCOPE)
    numbers = [number for number in sorted(answers) if number < n]
    batches = [numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)]
    with ThreadPoolExecutor(workers, thread_name_prefix="strop-extracting") as pool:
        programs = [
            answer.program
            for read in pool.map(lambda batch: read_answers(sandbox, [answers[number] for number in batch]), batches)
            for answer in read
        ]
    return [_proposal(number, program) for number, program in zip(numbers, programs, strict=True)]


def _proposal(number: int, program: str | None) -> Proposal:
    if program is None:
        return Proposal(number, None, NO_PROGRAM, (), ())
    found = classify(program)
    return Proposal(number, program, found.name, found.also, found.why)


def write(found: Sequence[Proposal], directory: Path) -> None:
    """One example of each strategy as STRATEGY.py, the first proposed, and proposals.json with what was said of every one."""
    examples: dict[str, str] = {}
    for each in found:
        examples.setdefault(each.strategy, each.program or "")
    for strategy, program in examples.items():
        if program:
            save(directory / f"{strategy}.py", program)
    said = [
        {"number": each.number, "strategy": each.strategy, "also": list(each.also), "why": list(each.why)}
        for each in found
    ]
    save(directory / "proposals.json", json.dumps(said, indent=1) + "\n")
