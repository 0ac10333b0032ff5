"""The behaviour of an improver, counted from the recorded events of its improvements, and its effect on the name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from strop.analysis.strategy.vocabulary import PLAIN, Strategy
from strop.base.events import Evaluated, Event, ImproveFinished, ImproveStarted, LmCalled, LmResponded
from strop.base.pluralize import quantity

_MOST_PROGRAMS, _MOST_MESSAGES = 100, 100
"""Compared programs and messages of one improvement, at most."""
_SHORTEST, _LONGEST = 8, 50_000
"""Characters of a program to search for; characters of a message to search."""
TOLD_BY: tuple[type[Event], ...] = (ImproveStarted, ImproveFinished, LmCalled, LmResponded, Evaluated)
"""The kinds of events that behaviour is counted from."""


@dataclass(frozen=True)
class Behaviour:
    """Counts over all recorded improvements of one improver."""

    improvements: int
    failed: int = 0
    """Improvements that gave no solution."""
    returned_initial: int = 0
    """Improvements that returned the initial solution, byte for byte."""
    lm_calls: int = 0
    most_calls: int = 0
    """LM calls of one improvement, at most."""
    temperatures: tuple[float, ...] = ()
    """Different ones, in the order of their first use."""
    utility_calls: int = 0
    messages: int = 0
    """Messages that were compared with what the model wrote before."""
    showing_earlier: int = 0
    """Messages that show a program that the model wrote before."""
    spread: int = 0
    """Requests whose messages show different programs of the model's."""


@dataclass
class _Improvement:
    """One improvement while its events are read."""

    improver: str
    initial: str
    programs: dict[str, None] = field(default_factory=dict)
    calls: list[LmCalled] = field(default_factory=list)
    shown: list[bool] = field(default_factory=list)
    """For each message: whether it shows a program that the model wrote before."""
    spread: int = 0
    utility_calls: int = 0
    solution: str | None = None

    def called(self, event: LmCalled) -> None:
        self.calls.append(event)
        messages = [message[:_LONGEST] for message in event.messages[: max(0, _MOST_MESSAGES - len(self.shown))]]
        shown = {text: frozenset(program for program in self.programs if program in text) for text in set(messages)}
        self.shown += [bool(shown[text]) for text in messages]
        self.spread += len(set(filter(None, shown.values()))) > 1

    def wrote(self, text: str | None) -> None:
        program = (text or "").strip()
        new = program != self.initial.strip() and len(self.programs) < _MOST_PROGRAMS
        if new and _SHORTEST <= len(program) <= _LONGEST:
            self.programs[program] = None


def _first_block(answer: str) -> str:
    """The lines between the first line of backticks and the last: most answers contain one program."""
    lines = answer[:_LONGEST].split("\n")
    fences = [place for place, line in enumerate(lines) if line.lstrip().startswith("```")]
    return "\n".join(lines[fences[0] + 1 : fences[-1]]) if len(fences) > 1 else ""


def behaviour_of(events: Iterable[Event], improver: str) -> Behaviour | None:
    """The behaviour of `improver` in all improvements that ended; None if there are none. `events`: of one run, in order."""
    return behaviours_of(events, (improver,)).get(improver)


def behaviours_of(events: Iterable[Event], improvers: Iterable[str]) -> dict[str, Behaviour]:
    """The same for several improvers in one pass."""
    wanted, running = set(improvers), dict[str, _Improvement]()
    done: dict[str, list[_Improvement]] = {}
    for event in events:
        match event:
            case ImproveStarted(improver=text, scope=scope) if text in wanted:
                running[scope] = _Improvement(text, event.initial_solution)
            case ImproveFinished(scope=scope) if scope in running:
                ended = running.pop(scope)
                ended.solution = event.solution
                done.setdefault(ended.improver, []).append(ended)
            case LmCalled(scope=scope) if scope in running:
                running[scope].called(event)
            case LmResponded(scope=scope, text=text) if scope in running:
                running[scope].wrote(_first_block(text))
            case Evaluated(scope=scope, solution=solution) if (around := scope.rpartition("/")[0]) in running:
                running[around].utility_calls += 1
                running[around].wrote(solution)
    return {improver: _summed(improvements) for improver, improvements in done.items()}


def _summed(done: list[_Improvement]) -> Behaviour:
    costs = [sum(call.cost for call in each.calls) for each in done]
    return Behaviour(
        improvements=len(done),
        failed=sum(each.solution is None for each in done),
        returned_initial=sum(each.solution == each.initial for each in done),
        lm_calls=sum(costs),
        most_calls=max(costs, default=0),
        temperatures=tuple(dict.fromkeys(call.temperature for each in done for call in each.calls))[:50],
        utility_calls=sum(each.utility_calls for each in done),
        messages=sum(len(each.shown) for each in done),
        showing_earlier=sum(sum(each.shown) for each in done),
        spread=sum(each.spread for each in done),
    )


def by_behaviour(strategy: Strategy, did: Behaviour) -> Strategy:
    """The strategy by text and behaviour.

    Behaviour decides how often and from what the model is asked; the text decides how solutions are kept and chosen.
    """
    if strategy.name == "broken":
        return strategy
    ran = did.improvements - did.failed
    name, also, why = strategy.name, list(strategy.also), [*strategy.why, _in_words(did)]
    if not ran:
        return replace(strategy, also=(*also, "fails every time"), why=(*why, "no improvement gave a solution"))
    if not did.lm_calls and name not in ("returns-initial", "no-model"):
        name = "returns-initial" if did.returned_initial == ran else "no-model"
        also.insert(0, f"written as {strategy.name}")
    elif _overruled(name, did):
        name = _observed(did)
    if name != strategy.name:
        why.insert(0, "by its behaviour " + why.pop())
    if did.returned_initial == ran and name != "returns-initial":
        also.append("returned the initial solution every time")
    return replace(strategy, name=name, also=tuple(each for each in also if each != name), why=tuple(why))


def _overruled(name: str, did: Behaviour) -> bool:
    """Whether the events show more rounds than the text, or fewer."""
    if name == "best-of-n" and did.most_calls == 1:
        return True
    if name == "varying-temperature" and did.most_calls > 1 and len(did.temperatures) == 1:
        return True
    return name in PLAIN and PLAIN[name] < PLAIN.get(_observed(did), len(PLAIN))


def _observed(did: Behaviour) -> str:
    """The name by events alone: coarse, for programs whose text shows little."""
    if not did.lm_calls or not did.utility_calls:
        return "chain-of-thought" if did.lm_calls and did.messages <= did.improvements else "other"
    if did.spread:
        return "beam-search"
    if len(did.temperatures) > 1:
        return "varying-temperature"
    if did.showing_earlier:
        return "greedy"
    return "best-of-n" if did.most_calls > 1 else "seed"


def _in_words(did: Behaviour) -> str:
    ratio = f"{did.utility_calls / did.lm_calls:.1f} utility calls per LM call" if did.lm_calls else "no LM call"
    shown = f"{did.showing_earlier} of {quantity(did.messages, 'prompt')} show an earlier answer"
    heat = "" if not did.temperatures else f", temperature {min(did.temperatures):g}"
    if len(did.temperatures) > 1:
        heat += f" to {max(did.temperatures):g}"
    return (
        f"in {quantity(did.improvements, 'improvement')}: {quantity(did.lm_calls, 'LM call')}, {ratio}, {shown}{heat}"
    )
