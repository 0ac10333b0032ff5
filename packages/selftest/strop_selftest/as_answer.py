"""Role "answer": a solution of a task, scored by the real `TaskUtility`. The host computes the score; an attack can only answer.

TASK is the name of a built-in task or one of `small_tasks`; it is scored on INSTANCES (default 3) with TIME_LIMIT seconds of CPU
each (default 5), EVALUATIONS times (default 1). OBSERVED has one or more of

- `verdict`: the verdict of the evaluation, or a list of allowed ones; `error`: a part of its text; `value`, `value_at_most`;
- `same_as_honest`: the scores equal those of the same program with HACK = False, which must be scored;
- `reproducible`: a second evaluation in the same scope gives the same scores, one in another scope does not;
- `raises`: the name of the host's error: there is no evaluation;
- `audit`: id of a rule to the required number of notes.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from strop.base.budget import Budget
from strop.base.errors import TaskError
from strop.base.events import AuditNoted, Evaluated, Event
from strop.base.results import Evaluation
from strop.core.utility import TaskUtility
from strop.tasks import registry
from strop.tasks.base import PublishedSeeds, SecretSeeds, Seeds, Task
from strop_selftest.catalogue import Attack
from strop_selftest.ground import Ground
from strop_selftest.small_tasks import SMALL_TASKS
from strop_selftest.variants import variants, without_hack

INSTANCES = 3
TIME_LIMIT = 5.0
"""More than the tasks' own limit, so that a busy machine does not affect the result."""
KEYS = frozenset({"verdict", "error", "value", "value_at_most", "same_as_honest", "reproducible", "raises", "audit"})


@dataclass
class Scored:
    """One program's evaluations, and what the host recorded of them."""

    evaluations: list[Evaluation] = field(default_factory=list)
    raised: str = ""
    """Name of the host's error, if there was one."""
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Scorer:
    """A task with the parameters of an attack. Evaluations in equal scopes draw equal numbers, for any program."""

    task: Task
    ground: Ground
    seeds: Seeds
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def score(self, text: str, *places: str) -> Scored:
        """Evaluate a program in each scope."""
        scored = Scored()
        utility = TaskUtility(self.task, "train", self.seeds, self.ground.sandbox, scored.events.append, self.secret)
        try:
            for place in places:
                scored.evaluations.append(utility.evaluate(text, Budget().child(place)))
        except TaskError as error:
            scored.raised = type(error).__name__
        return scored


def examine(attack: Attack, ground: Ground) -> list[str]:
    """Signs that the attack succeeded; empty if it was contained."""
    unknown = attack.observed.keys() - KEYS
    if unknown or not attack.observed:
        raise ValueError(f"{attack.name}: OBSERVED may hold {', '.join(sorted(KEYS))}, and must hold one")
    scorer = scorer_of(attack, ground)
    return [label + sign for label, text in variants(attack) for sign in _signs(attack, scorer, text)]


def scorer_of(attack: Attack, ground: Ground, *, published: bool = False) -> Scorer:
    """The task of an attack. `published`: with the public instance seeds of the published implementation."""
    name = attack.settings["TASK"]
    task = SMALL_TASKS[name]() if name in SMALL_TASKS else registry.load(name)
    task = replace(
        task,
        instances=attack.settings.get("INSTANCES", INSTANCES),
        time_limit=attack.settings.get("TIME_LIMIT", TIME_LIMIT),
        floor=0.0,  # what an attack gained would hide behind a least utility
    )
    return Scorer(task, ground, PublishedSeeds() if published else SecretSeeds(secrets.token_bytes(16)))


def _signs(attack: Attack, scorer: Scorer, text: str) -> list[str]:
    wanted = attack.observed
    places = [f"place{number}" for number in range(attack.settings.get("EVALUATIONS", 1))]
    scored = scorer.score(text, *places)
    found = _recorded(wanted, scored)
    if scored.raised != wanted.get("raises", ""):
        return [*found, f"the host ended with {scored.raised or 'a score'}, not with {wanted.get('raises', 'a score')}"]
    for evaluation in scored.evaluations:
        found += _unlike(wanted, evaluation)
    if wanted.get("same_as_honest"):
        found += _against_honest(scored.evaluations, scorer.score(without_hack(text), *places).evaluations)
    if wanted.get("reproducible"):
        again, elsewhere = scorer.score(text, places[0], "elsewhere").evaluations
        if again.scores != scored.evaluations[0].scores:
            found.append(f"the same seeds give {again.scores} and {scored.evaluations[0].scores}")
        if len({*again.scores, *elsewhere.scores}) < len(again.scores) + len(elsewhere.scores):
            found.append(f"other seeds give equal scores: {again.scores}, {elsewhere.scores}")
    return found


def _unlike(wanted: Mapping[str, Any], evaluation: Evaluation) -> list[str]:
    """Signs in the evaluation itself."""
    found = []
    verdicts = wanted.get("verdict", ("ok",))
    verdicts = (verdicts,) if isinstance(verdicts, str) else verdicts
    if evaluation.verdict not in verdicts:
        found.append(f"the verdict is {evaluation.verdict} ({evaluation.error[:200]}), not {' or '.join(verdicts)}")
    elif wanted.get("error", "") not in evaluation.error:
        found.append(f"it ended by {evaluation.error[:200]!r}, not by {wanted['error']!r}")
    if not 0.0 <= evaluation.value <= wanted.get("value_at_most", 1.0):
        found.append(f"the utility is {evaluation.value:g}, more than {wanted.get('value_at_most', 1.0):g}")
    if evaluation.value != wanted.get("value", evaluation.value):
        found.append(f"the utility is {evaluation.value:g}, not {wanted['value']:g}")
    return found


def _against_honest(hacked: list[Evaluation], honest: list[Evaluation]) -> list[str]:
    found = [f"without its hack it fails: {each.error[:200]}" for each in honest if each.verdict != "ok"]
    for one, other in zip(hacked, honest, strict=True):
        if one.scores != other.scores:
            found.append(f"the hack changes the scores from {other.scores} to {one.scores}")
    return found


def _recorded(wanted: Mapping[str, Any], scored: Scored) -> list[str]:
    """Signs in the record."""
    found = []
    recorded = [event.value for event in scored.events if isinstance(event, Evaluated)]
    if recorded != [evaluation.value for evaluation in scored.evaluations]:
        found.append(f"the record holds the utilities {recorded}")
    rules = Counter(event.rule for event in scored.events if isinstance(event, AuditNoted))
    for rule, count in wanted.get("audit", {}).items():
        if rules[rule] != count:
            found.append(f"{rules[rule]} audit notes of {rule}, not {count}; there are {dict(rules)}")
    return found
