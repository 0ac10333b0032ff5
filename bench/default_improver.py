"""Which improver `strop improve` should use, and with how many LM calls: all at equal numbers of answers, on sealed instances.

    python bench/default_improver.py            # choose on the first seeds, judge on others; both tables
    python bench/default_improver.py --steps    # with the stepwise stand-in alone; chosen and judged on different tasks
    python bench/default_improver.py --steps --improvers error_feedback error_feedback@12 greedy_iterative

`error_feedback@12` has 12 LM calls for 24 answers; without a number there are 4. Three proposers, none of them a language model.
`offline` is strop's own, whose answers do not get better with the program that a prompt shows. `stepwise` (bench/stepwise.py)
answers as a mediocre model does: one step further than the program that it is shown, or a step back, an equal program, one that
fails (which it repairs more often when it is told the error), or no program at all. `attentive` is the same, and gains more from
errors and scores that a prompt tells. With these two, nothing is chosen on the ladders of stepwise.py, which judge strop beside
other systems in `bench/peers equal`.

An improver's own text runs here as it is, with handles that count as the host's do. Programs are measured on the training split
and the returned one on the sealed split; equal programs are measured once, so that all improvers meet the same scores.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import choosing_ladders
import stepwise
from stepwise import Ladder, Stepwise, measured_here

from strop.analysis.stats import mean, t_estimate
from strop.api.target import task_of
from strop.base.errors import BudgetExceeded
from strop.lm.base import Request
from strop.lm.registry import make
from strop.runs.assembly import RunContext, assembled
from strop.runs.spec import RunSpec, improver_text, shipped_improvers
from strop.tasks.registry import load_any

HOME = Path(__file__).parent.parent
sys.path.insert(0, str(HOME / "src" / "strop" / "sandbox" / "guest"))
from helpers import extract_code  # noqa: E402

TASKS: dict[str, tuple[str, int]] = {
    "lpn": ("lpn", 6),
    "string-grid-distance": ("string-grid-distance", 20),
    "modified-qap": ("modified-qap", 4),
    "3sat": ("3sat", 10),
    "maxcut": ("maxcut", 4),
    "parity": ("parity", 6),
    "shift rota": (str(HOME / "src/strop/templates/sample/task.py"), 6),
    "feature flags": (str(HOME / "examples/sample_and_score/task.py"), 6),
    "bin packing": (str(HOME / "examples/targets/bin_packing/packing.py"), 10),
}
"""Source and training instances of each task for the offline proposer; twice as many are sealed."""
BUDGETS = (24, 102)
"""Answers; there is an evaluation for each, and one more."""
PER_CALL = 6
ALWAYS = ("greedy_iterative", "simulated_annealing", "error_feedback", "seed")
"""Judged whatever the choice."""
SPREAD = ("error_feedback@8", "error_feedback@12", "error_feedback@24")
"""The default with more LM calls for as many answers."""
PEER = "greedy_iterative"
"""The paper's iterative baseline, which others must beat to be worth more words."""


@dataclass(frozen=True)
class Measured:
    """A program on one split."""

    value: float
    error: str
    report: dict[str, Any]


Measure = Callable[[str, str], Measured]
"""A program's text and a split → what came of it."""


class Utility:
    """The handle of an improver."""

    def __init__(self, measure: Measure, text: str, budget: int) -> None:
        self.str, self.budget, self.remaining = text, budget, budget
        self._measure = measure

    def __call__(self, solution: object) -> float:
        if self.remaining < 1 or not isinstance(solution, str):
            return 0.0
        self.remaining -= 1
        return self._measure(solution, "train").value

    def map(self, solutions: Sequence[object]) -> list[float]:
        return [self(solution) for solution in solutions]

    def report(self, solution: str) -> dict[str, Any]:
        return self._measure(solution, "train").report


class Model:
    """The other handle. After so many answers, the others are empty."""

    def __init__(self, answer: Callable[[str, str, float], str], calls: int, answers: int) -> None:
        self.budget = self.remaining = calls
        self.max_responses_per_call = PER_CALL
        self._answer, self._answers = answer, answers

    def batch_prompt(self, expertise: str, messages: Sequence[str], temperature: float = 0.7) -> list[str]:
        needed = -(-len(messages) // PER_CALL)
        if needed > self.remaining:
            raise BudgetExceeded(path="", counter="lm_calls", limit=self.budget, used=0, asked=needed)
        self.remaining -= needed
        answered = min(len(messages), self._answers)
        self._answers -= answered
        answers = [self._answer(expertise, message, temperature) for message in messages[:answered]]
        return answers + [""] * (len(messages) - answered)

    def prompt(self, expertise: str, message: str, n_responses: int = 1, temperature: float = 0.7) -> list[str]:
        return self.batch_prompt(expertise, [message] * n_responses, temperature)


def improved(improver: str, seed: int, start: str, utility: Utility, model: Model) -> str | None:
    """What an improver returns, run here; None where it fails."""
    modules = {
        "helpers": {"extract_code": extract_code},
        "language_model": {"BudgetExceeded": BudgetExceeded, "LanguageModel": Model},
    }
    for name, contents in modules.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(contents)
    random.seed(seed)
    space: dict[str, Any] = {}
    exec(compile(improver_text(improver), improver, "exec"), space)
    try:
        found = space["improve_algorithm"](start, utility, model)
    except Exception:  # noqa: BLE001 - what an improver raises is a failure of it
        return None
    return found if isinstance(found, str) else None


@dataclass(frozen=True)
class Place:
    """A task with a proposer."""

    name: str
    start: str
    text: str
    measure: Measure
    answers: Callable[[int], Callable[[str, str, float], str]]
    """Seed → what answers."""

    def gain(self, improver: str, seed: int, answers: int) -> float:
        """How much better the program that it returns is, on sealed instances; 0 where it returns none."""
        name, _, calls = improver.partition("@")
        utility = Utility(self.measure, self.text, answers + 1)
        model = Model(self.answers(seed), answers * int(calls or BUDGETS[0] // PER_CALL) // BUDGETS[0], answers)
        program = improved(name, seed, self.start, utility, model) or self.start
        return self.measure(program, "test").value - self.measure(self.start, "test").value


def remembered(measure: Measure) -> Measure:
    """The same; equal programs are measured once."""
    known: dict[tuple[str, str], Measured] = {}

    def once(text: str, split: str) -> Measured:
        if (text, split) not in known:
            known[text, split] = measure(text, split)
        return known[text, split]

    return once


def stepwise_places(ladders: Mapping[str, Ladder], *, attentive: bool = False) -> list[Place]:
    """Tasks of the stepwise stand-in."""

    def place(name: str) -> Place:
        ladder = ladders[name]

        def measure(text: str, split: str) -> Measured:
            if "in other words" in text:
                return known("\n".join(line for line in text.split("\n") if "in other words" not in line), split)
            scores, error = measured_here(ladder, text, split)
            value = 0.0 if error else mean(scores)
            verdict = "raised" if error else "ok"
            return Measured(
                value,
                error,
                {"utility": value, "verdict": verdict, "error": error, "instances": scores, "notes": []},
            )

        known = remembered(measure)
        return Place(
            name, ladder.start, ladder.text, known, lambda seed: Stepwise(ladder, seed, attentive=attentive).answer
        )

    return [place(name) for name in ladders]


def offline_places(stack: ExitStack, chosen: Sequence[str]) -> list[Place]:
    """The paper's tasks and the examples with the offline proposer, measured in the jail."""

    def place(name: str) -> Place:
        source, n = TASKS[name]
        task = replace(task_of(load_any(source)), instances=n, test_instances=2 * n)  # type: ignore[type-var]
        parts = stack.enter_context(assembled(RunSpec(task=source, seed=1, workers="1"), os.environ, tasks=(task,)))
        context = RunContext(parts, lambda event: None)
        utilities = {split: context.utility(split) for split in ("train", "test")}  # type: ignore[arg-type]
        counter = iter(range(10**9))

        def measure(text: str, split: str) -> Measured:
            found = utilities[split].evaluate(text, context.run.child(f"{split}-{next(counter)}"))
            report = {"utility": found.value, "verdict": found.verdict, "error": found.error}
            return Measured(found.value, found.error, report | {"instances": found.scores, "notes": found.notes})

        def answers(seed: int) -> Callable[[str, str, float], str]:
            model = make("offline", base_url=None, seed=seed, environ={})
            asked = iter(range(10**9))

            def answer(expertise: str, message: str, temperature: float) -> str:
                (given,) = model.complete([Request(expertise, message, temperature, "bench", next(asked))])
                return given.text

            return answer

        return Place(name, task.seed, utilities["train"].description, remembered(measure), answers)

    return [place(name) for name in chosen]


def table(places: Sequence[Place], improvers: Sequence[str], seeds: Sequence[int], answers: int) -> list[str]:
    """Prints a row for each improver, the best first, and gives their names in that order.

    A gain is a share of the largest one that any improver has on that task; its interval is over seeds.
    """
    gains = {(i, p.name): [p.gain(i, seed, answers) for seed in seeds] for p in places for i in improvers}
    most = {p.name: max(max(gains[i, p.name]) for i in improvers) or 1.0 for p in places}
    shares = {
        i: [mean([gains[i, p.name][k] / most[p.name] for p in places]) for k in range(len(seeds))] for i in improvers
    }
    order = sorted(improvers, key=lambda i: -mean(shares[i]))
    baseline = PEER if PEER in improvers else improvers[0]
    print(f"\n{answers} answers, seeds {seeds[0]} to {seeds[-1]}\n")
    print(
        f"| improver | share of the largest gain | over {baseline}, paired | "
        + " | ".join(p.name for p in places)
        + " |"
    )
    print("|---|---|---|" + "---|" * len(places))
    for i in order:
        over = [a - b for a, b in zip(shares[i], shares[baseline], strict=True)]
        cells = " | ".join(f"{mean(gains[i, p.name]):+.3f}" for p in places)
        print(f"| {i} | {interval(shares[i])} | {'' if i == baseline else interval(over, '+')} | {cells} |")
    sys.stdout.flush()
    return order


def interval(values: Sequence[float], sign: str = "") -> str:
    """A mean with its 95% interval."""
    estimate = t_estimate(values)
    low, high = estimate.interval or (estimate.mean, estimate.mean)
    return f"{estimate.mean:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def main() -> None:
    """Choose, then judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", action="store_true", help="the stepwise and the attentive stand-in alone")
    parser.add_argument("--no-steps", action="store_true", help="the offline proposer alone")
    parser.add_argument("--offline", nargs="*", default=list(TASKS))
    parser.add_argument("--improvers", nargs="*", default=[*shipped_improvers(), *SPREAD])
    parser.add_argument("--seeds", type=int, default=3, help="of each half, with the offline proposer")
    options = parser.parse_args()
    for name, attentive in (("stepwise", False), ("attentive", True)) if not options.no_steps else ():
        choosing = stepwise_places(choosing_ladders.LADDERS, attentive=attentive)
        judging = stepwise_places(stepwise.LADDERS, attentive=attentive)
        for budget in BUDGETS:
            print(f"\n## {name}, chosen on")
            order = table(choosing, options.improvers, range(60), budget)
            print(f"\n## {name}, judged on")
            judged = dict.fromkeys([*order[:4], *ALWAYS])
            table(judging, [one for one in judged if one in options.improvers], range(100, 160), budget)
    if options.steps:
        return
    with ExitStack() as stack:
        places = offline_places(stack, options.offline)
        for budget in BUDGETS:
            print("\n## offline, chosen on")
            order = table(places, options.improvers, range(options.seeds), budget)
            print("\n## offline, judged on")
            judged = dict.fromkeys([*order[:3], *ALWAYS])
            best = [one for one in judged if one in options.improvers]
            table(places, best, range(100, 100 + options.seeds), budget)


if __name__ == "__main__":
    main()
