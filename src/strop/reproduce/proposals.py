"""What a model proposes when it is asked to improve the seed improver: the strategy of each of many answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from strop.analysis.strategy import classify
from strop.base.solution import digest_of
from strop.core.extraction import read_answers
from strop.reproduce.asking import BATCH, NO_PROGRAM, Arm, answers_in, asker_in, plain
from strop.reproduce.strategies import Strategies
from strop.runs.assembly import meta_description
from strop.runs.run_directory import save
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


def seed_arm(description: str) -> Arm:
    """The seed improver, with `description` as u_str of the meta-utility."""
    return Arm(SCOPE, improver_text("seed"), description, f"strategies/{SCOPE}")


def proposed(protocol: Strategies, environ: Mapping[str, str]) -> list[Proposal]:
    """The first n proposals of the protocol's model; missing ones are asked for, and all are written to proposals/.

    Raises:
        ConfigurationError: an option is wrong.
        StropError: the model or the host failed, or the work was stopped; the answers that arrived are kept.
    """
    spec = protocol.spec()
    arm, folder = seed_arm(meta_description(spec)), protocol.directory / SCOPE
    # Another model, seed or wording is another record.
    record = folder / f"{plain(spec.model)}-s{spec.seed}-{digest_of(arm.description)[:8]}"
    recipe = {"kind": SCOPE, "task": "self-improvement", "model": spec.model, "seed": str(spec.seed)}
    with asker_in(record, recipe, spec, environ) as (asker, progress):
        kept = answers_in(asker.store, SCOPE)
        progress.begin("proposal", protocol.n, sum(number < protocol.n for number in kept), SCOPE)
        asker.ask(arm, protocol.n, kept, lambda answers: progress.advance(len(answers)))
        proposals = proposals_in(asker.store, asker.sandbox, protocol.n, 2 * spec.slots)
    write(proposals, folder)
    return proposals


def proposals_in(store: Store, sandbox: Sandbox, n: int, workers: int) -> list[Proposal]:
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
    strategy = classify(program)
    return Proposal(number, program, strategy.name, strategy.also, strategy.why)


def write(proposals: Sequence[Proposal], directory: Path) -> None:
    """Write the first example of each strategy as STRATEGY.py, and proposals.json with the evidence for each proposal."""
    examples: dict[str, str] = {}
    for proposal in proposals:
        examples.setdefault(proposal.strategy, proposal.program or "")
    for strategy, program in examples.items():
        if program:
            save(directory / f"{strategy}.py", program)
    rows = [
        {"number": one.number, "strategy": one.strategy, "also": list(one.also), "why": list(one.why)}
        for one in proposals
    ]
    save(directory / "proposals.json", json.dumps(rows, indent=1) + "\n")
