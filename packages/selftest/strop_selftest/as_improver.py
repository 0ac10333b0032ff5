"""Role "improver": `improve_algorithm(initial_solution, utility, language_model)`, run by the real `improve()` under the paper's
grant (25 evaluations, 4 calls of the language model of at most 6 responses), modified by the file's GRANT. The host counts what
is spent.

The task: `algorithm(n)` should double a number; any number scores at least 0.5 and the double 1. The first line of
`utility.str` lists, as JSON, the targets on the host (`sandbox/probe_targets.py`). With UTILITY = "meta" the utility is the
meta-utility over two copies of that task. RUNS improvements follow each other in one sandbox (default 1), each with its own
grant. OBSERVED has

- `outcome` (default "ok"), `reason` (a part of its text), `solution`, `length` (of the solution, in characters);
- `lm_calls`, `evaluations`, `meta_evaluations` (default 0) or `lm_calls_at_most`, `evaluations_at_most`;
- `refusals_at_most`: how many refused reservations the record may have;
- `verdicts`: the verdicts of the evaluations, in order; `audit`: id of a rule to the required number of notes;
- `still`: whether to check a moment later that nothing more was served.

In every case, hidden data, the run's secret and the contents of the host's file must not come back.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from strop.base.budget import LM_CALLS, META_UTILITY_CALLS, UTILITY_CALLS, Budget, Grant
from strop.base.errors import Malformed
from strop.base.events import AuditNoted, BudgetMoved, Evaluated, Event, LmResponded
from strop.base.results import Improvement
from strop.core.handles import IMPROVER_LIMITS, Host
from strop.core.improver import improve
from strop.core.meta_utility import Downstream, MetaUtility
from strop.core.utility import TaskUtility, Utility
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.sandbox import probe_targets
from strop.tasks.base import Instance, SecretSeeds, Split, Task
from strop_selftest.catalogue import Attack
from strop_selftest.ground import Ground
from strop_selftest.variants import variants

PAPER = Grant(utility_calls=25, lm_calls=4, max_responses_per_call=6)
SEED = "def algorithm(n):\n    return 0\n"
ANSWER = "Double it.\n```python\ndef algorithm(n):\n    return 2 * n\n```\n"
INSTANCES = 3
TIME_LIMIT = 5.0
"""CPU seconds: enough for an ordinary process that imports numpy, on a busy machine."""
COPIES = 2
"""Downstream tasks of the meta-utility."""
KEYS = frozenset({"outcome", "reason", "solution", "length", "refusals_at_most", "verdicts", "audit", "still"})
_A_MOMENT = 0.3
_COUNTERS = {"lm_calls": LM_CALLS, "evaluations": UTILITY_CALLS, "meta_evaluations": META_UTILITY_CALLS}


@dataclass
class Bench:
    """One run of an improver, with everything that the host observed."""

    ground: Ground
    grant: Grant
    description: str
    """u_str."""
    marker: str = field(default_factory=lambda: f"hidden-answer-{secrets.token_hex(8)}")
    secret: str = field(default_factory=lambda: f"secret-of-the-run-{secrets.token_hex(8)}")
    events: list[Event] = field(default_factory=list)
    budget: Budget = field(init=False)
    model: Scripted = field(init=False)

    def __post_init__(self) -> None:
        self.budget = Budget(on_movement=self.events.append)
        self.model = Scripted(_answer)

    def host(self, limits: Mapping[str, Any]) -> Host:
        kept = replace(IMPROVER_LIMITS, **limits)
        return Host(self.ground.sandbox, self.model, self.events.append, self.secret.encode(), kept)

    def utility(self, split: Split = "train") -> TaskUtility:
        secret = self.secret.encode()
        return TaskUtility(self._task(), split, SecretSeeds(secret), self.ground.sandbox, self.events.append, secret)

    def meta_utility(self, host: Host) -> MetaUtility:
        each = Downstream(self.utility(), self.utility("test"), SEED)
        return MetaUtility([each] * COPIES, self.description, self.grant, host)

    def of(self, kind: type[Event]) -> Iterator[Any]:
        return (event for event in self.events if isinstance(event, kind))

    def _task(self) -> Task:
        marker = self.marker

        def sample(rng: Any) -> tuple[dict[str, Any], Any]:
            return {"n": int(rng.integers(1, 10))}, marker

        return Task(
            "doubling",
            sample,
            _score,
            SEED,
            instances=INSTANCES,
            test_instances=INSTANCES,
            time_limit=TIME_LIMIT,
            description=self.description,
        )


def _score(instance: Instance, answer: Any) -> float:
    if type(answer) is not int:
        raise Malformed("a whole number is expected")
    return 1.0 if answer == 2 * instance["n"] else 0.5


def _answer(request: Request) -> str:
    return ANSWER


def examine(attack: Attack, ground: Ground) -> list[str]:
    """Signs that the attack succeeded; empty if it was contained."""
    allowed = KEYS.union(_COUNTERS, (f"{name}_at_most" for name in _COUNTERS))
    if attack.observed.keys() - allowed:
        raise ValueError(f"{attack.name}: OBSERVED may hold {', '.join(sorted(allowed))}")
    with probe_targets.laid_out(IMPROVER_LIMITS.memory_bytes) as (targets, traces):
        content = Path(str(targets["file"])).read_text("utf-8")
        found = []
        for label, text in variants(attack):
            for _ in range(attack.settings.get("RUNS", 1)):
                grant = replace(PAPER, **attack.settings.get("GRANT", {}))
                bench = Bench(ground, grant, json.dumps(targets))
                improvement = _run(attack, text, bench)
                known = (content, ground.secret, bench.marker, bench.secret)
                found += [label + sign for sign in _signs(attack, bench, improvement, known)]
        return found + list(traces().values())


def _run(attack: Attack, text: str, bench: Bench) -> Improvement:
    limits = attack.settings.get("LIMITS", {})
    host = bench.host(limits if bench.ground.confined else {**limits, **attack.settings.get("CONTROL_LIMITS", {})})
    utility: Utility = bench.utility()
    if attack.settings.get("UTILITY") == "meta":
        utility = bench.meta_utility(host)
    return improve(text, SEED, utility, bench.grant, bench.budget.child("improve"), host)


def _signs(attack: Attack, bench: Bench, improvement: Improvement, known: Sequence[str]) -> list[str]:
    wanted = attack.observed
    found = _ending(wanted, improvement)
    for name, counter in _COUNTERS.items():
        used, most = bench.budget.used(counter), wanted.get(f"{name}_at_most")
        if most is not None and used > most:
            found.append(f"{used} {name} were served, more than {most}")
        if most is None and used != wanted.get(name, 0):
            found.append(f"{used} {name} were served, not {wanted.get(name, 0)}")
    responses, calls = len(bench.model.requests), bench.budget.used(LM_CALLS)
    if responses > calls * bench.grant.max_responses_per_call or responses != sum(1 for _ in bench.of(LmResponded)):
        found.append(f"the model gave {responses} responses for {calls} calls")
    found += _record(wanted, bench)
    found += [f"{each[:14]}... came back" for each in known if each in _said(bench, improvement)]
    return found + _later(wanted, bench)


def _ending(wanted: Mapping[str, Any], improvement: Improvement) -> list[str]:
    """Signs in the outcome of the improvement."""
    outcome, solution = wanted.get("outcome", "ok"), improvement.solution
    if improvement.outcome != outcome:
        return [f"ended as {improvement.outcome} ({improvement.detail[:300]}), not as {outcome}"]
    if wanted.get("reason", "") not in improvement.detail:
        return [f"ended by {improvement.detail[:300]!r}, not by {wanted['reason']!r}"]
    if "solution" in wanted and solution != wanted["solution"]:
        return [f"returned {solution!r:.200}, not {wanted['solution']!r}"]
    if "length" in wanted and len(solution or "") != wanted["length"]:
        return [f"returned {len(solution or '')} characters, not {wanted['length']}"]
    return []


def _record(wanted: Mapping[str, Any], bench: Bench) -> list[str]:
    """Signs in the record."""
    found = []
    evaluated = [event for event in bench.of(Evaluated) if event.utility == "doubling"]
    if len(evaluated) < bench.budget.used(UTILITY_CALLS):
        found.append(
            f"{len(evaluated)} evaluations were recorded of {bench.budget.used(UTILITY_CALLS)} that were charged"
        )
    if "verdicts" in wanted and [event.verdict for event in evaluated] != wanted["verdicts"]:
        found.append(f"the verdicts are {[event.verdict for event in evaluated]}, not {wanted['verdicts']}")
    refused = sum(1 for event in bench.of(BudgetMoved) if not event.granted)
    if refused > wanted.get("refusals_at_most", refused):
        found.append(f"{refused} refusals were recorded, more than {wanted['refusals_at_most']}")
    rules = Counter(event.rule for event in bench.of(AuditNoted))
    for rule, count in wanted.get("audit", {}).items():
        if rules[rule] != count:
            found.append(f"{rules[rule]} audit notes of {rule}, not {count}; there are {dict(rules)}")
    return found


def _said(bench: Bench, improvement: Improvement) -> str:
    """All texts through which the improver could send something out."""
    prompts = [request.message.replace(bench.description, "") for request in bench.model.requests]
    notes = [event.detail for event in bench.of(AuditNoted)]
    programs = [event.solution or "" for event in bench.of(Evaluated)]
    return "\n".join([improvement.solution or "", improvement.detail, *prompts, *notes, *programs])


def _later(wanted: Mapping[str, Any], bench: Bench) -> list[str]:
    if not wanted.get("still"):
        return []
    before = bench.budget.used(UTILITY_CALLS)
    time.sleep(_A_MOMENT)
    after = bench.budget.used(UTILITY_CALLS)
    return [f"{after - before} evaluations were served after the end"] if after != before else []
