"""What an improver was seen to do, from the recorded events of its improvements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from strop.events import Evaluated, Event, ImproveFinished, ImproveStarted, LmCalled, LmResponded
from strop.plurals import quantity
from strop.strategy.vocabulary import Strategy

MOST_PROGRAMS, MOST_MESSAGES = 100, 100
"""Of one improvement: programs and messages that are compared."""
SHORTEST, LONGEST = 8, 50_000
"""Characters of a program that is looked for; of a message, so many are looked at."""


@dataclass(frozen=True)
class Behaviour:
    """Counts over all recorded improvements of one improver."""

    improvements: int
    failed: int = 0
    """Improvements that gave no solution."""
    returned_initial: int = 0
    """... that gave back the initial solution, byte for byte."""
    lm_calls: int = 0
    """Requests to the language model."""
    responses: int = 0
    most_calls: int = 0
    """Requests of one improvement, at most."""
    most_messages: int = 0
    """Messages of one request, at most."""
    temperatures: tuple[float, ...] = ()
    """Different ones, in the order of their first use."""
    utility_calls: int = 0
    messages: int = 0
    """Messages that were compared with the programs known before."""
    showing_none: int = 0
    """Of these, showing neither the initial solution nor a program that the model wrote before."""
    showing_initial: int = 0
    """... showing the initial solution and no program of the model's."""
    showing_one: int = 0
    """... showing one program that the model wrote before."""
    showing_several: int = 0
    """... showing more than one."""
    calls_with_several: int = 0
    """Requests whose messages show, between them, more than one program of the model's."""


@dataclass
class _Improvement:
    """One improvement while its events are read."""

    improver: str
    initial: str
    programs: dict[str, None] = field(default_factory=dict)
    calls: list[LmCalled] = field(default_factory=list)
    shown: list[tuple[bool, int]] = field(default_factory=list)
    """Of each message: whether it shows the initial solution, and how many programs of the model's."""
    mixed: int = 0
    responses: int = 0
    utility_calls: int = 0
    finished: ImproveFinished | None = None

    def called(self, event: LmCalled) -> None:
        self.calls.append(event)
        together: set[str] = set()
        known: dict[str, list[str]] = {}
        for message in event.messages[: max(0, MOST_MESSAGES - len(self.shown))]:
            text = message[:LONGEST]
            if text not in known:
                known[text] = _outermost([program for program in self.programs if program in text])
            together.update(known[text])
            self.shown.append((self.initial.strip() in text, len(known[text])))
        self.mixed += len(together) > 1

    def wrote(self, text: str | None) -> None:
        program = (text or "").strip()
        if (
            SHORTEST <= len(program) <= LONGEST
            and program != self.initial.strip()
            and len(self.programs) < MOST_PROGRAMS
        ):
            self.programs[program] = None


def _first_block(answer: str) -> str:
    """What stands between the first line of backticks and the last: most answers hold one program."""
    lines = answer.split("\n")
    fences = [place for place, line in enumerate(lines) if line.lstrip().startswith("```")]
    return "\n".join(lines[fences[0] + 1 : fences[-1]]) if len(fences) > 1 else ""


def _outermost(programs: list[str]) -> list[str]:
    """Programs that are no part of another one."""
    return [each for each in programs if not any(each is not other and each in other for other in programs)]


TOLD_BY: tuple[type[Event], ...] = (ImproveStarted, ImproveFinished, LmCalled, LmResponded, Evaluated)
"""The kinds of events that tell of behaviour."""


def behaviour_of(events: Iterable[Event], improver: str) -> Behaviour | None:
    """What `improver` did in all improvements that the events tell of; None where they tell of none.

    The events are those of one run, in order. Improvements that did not end are left out.
    """
    return behaviours_of(events, (improver,)).get(improver)


def behaviours_of(events: Iterable[Event], improvers: Iterable[str]) -> dict[str, Behaviour]:
    """The same for several improvers in one pass."""
    wanted, open_now = set(improvers), dict[str, _Improvement]()
    done: dict[str, list[_Improvement]] = {}
    for event in events:
        match event:
            case ImproveStarted(improver=text, scope=scope) if text in wanted:
                open_now[scope] = _Improvement(text, event.initial_solution)
            case ImproveFinished(scope=scope) if scope in open_now:
                found = open_now.pop(scope)
                found.finished = event
                done.setdefault(found.improver, []).append(found)
            case LmCalled(scope=scope) if scope in open_now:
                open_now[scope].called(event)
            case LmResponded(scope=scope, text=text) if scope in open_now:
                open_now[scope].responses += 1
                open_now[scope].wrote(_first_block(text[:LONGEST]))
            case Evaluated(scope=scope, solution=solution):
                around = open_now.get(scope.rpartition("/")[0])
                if around is not None:
                    around.utility_calls += 1
                    around.wrote(solution)
            case _:
                pass
    return {improver: _summed(found) for improver, found in done.items()}


def _summed(done: list[_Improvement]) -> Behaviour:
    shown = [each for improvement in done for each in improvement.shown]
    calls = [call for improvement in done for call in improvement.calls]
    ends = [improvement.finished for improvement in done if improvement.finished is not None]
    return Behaviour(
        improvements=len(done),
        failed=sum(end.solution is None for end in ends),
        returned_initial=sum(each.finished is not None and each.finished.solution == each.initial for each in done),
        lm_calls=len(calls),
        responses=sum(each.responses for each in done),
        most_calls=max((len(each.calls) for each in done), default=0),
        most_messages=max((len(call.messages) for call in calls), default=0),
        temperatures=tuple(dict.fromkeys(call.temperature for call in calls))[:50],
        utility_calls=sum(each.utility_calls for each in done),
        messages=len(shown),
        showing_none=sum(not initial and not count for initial, count in shown),
        showing_initial=sum(initial and not count for initial, count in shown),
        showing_one=sum(count == 1 for _, count in shown),
        showing_several=sum(count > 1 for _, count in shown),
        calls_with_several=sum(each.mixed for each in done),
    )


def by_behaviour(strategy: Strategy, seen: Behaviour) -> Strategy:
    """The name again, with what was seen. What was done decides where the text could not be followed, or never did it."""
    ran = seen.improvements - seen.failed
    why = list(strategy.why)
    also = list(strategy.also)
    name = strategy.name
    if name == "broken":
        return strategy
    if seen.failed == seen.improvements:
        also.append("fails every time")
        why.append(f"gave no solution in any of {quantity(seen.improvements, 'improvement')}")
    elif name == "other":
        name = observed(seen)
        why.insert(0, "told from what it did: " + _in_words(seen))
    elif ran and not seen.lm_calls and name not in ("returns-initial", "no-model"):
        also.insert(0, f"written as {name}")
        name = "returns-initial" if seen.returned_initial == ran else "no-model"
        why.insert(0, f"asked the model nothing in {quantity(ran, 'improvement')}")
    elif name == "best-of-n" and seen.most_calls == 1 and not _many(seen):
        name = "seed"
        why.insert(0, "asked once in every improvement")
    elif name == "seed" and seen.most_calls > 1:
        name = "best-of-n"
        why.insert(0, f"asked {seen.most_calls} times in one improvement")
    if ran and seen.returned_initial == ran and name != "returns-initial":
        also.append("gave back the initial solution every time")
    why.append(_in_words(seen))
    return replace(
        strategy, name=name, also=tuple(dict.fromkeys(each for each in also if each != name)), why=tuple(why)
    )


def _many(seen: Behaviour) -> bool:
    return seen.most_messages > 12


def observed(seen: Behaviour) -> str:
    """The name that only the events suggest: coarse, for programs whose text says nothing."""
    ran = seen.improvements - seen.failed
    if not seen.lm_calls:
        return "returns-initial" if seen.returned_initial == ran else "no-model"
    if seen.showing_several:
        return "genetic"
    if seen.calls_with_several:
        return "beam-search"
    if len(seen.temperatures) > 1:
        return "varying-temperature"
    if seen.showing_one:
        return "greedy"
    if not seen.utility_calls:
        return "chain-of-thought" if seen.responses <= seen.improvements else "other"
    return "best-of-n" if seen.most_calls > 1 else "seed"


def _in_words(seen: Behaviour) -> str:
    per = seen.improvements
    ratio = f"{seen.utility_calls / seen.lm_calls:.1f} utility calls per LM call" if seen.lm_calls else "no LM call"
    shown = f"{seen.showing_one + seen.showing_several} of {quantity(seen.messages, 'prompt')} show an earlier answer"
    heat = "" if not seen.temperatures else f", temperature {min(seen.temperatures):g}"
    if len(seen.temperatures) > 1:
        heat += f" to {max(seen.temperatures):g}"
    return f"in {quantity(per, 'improvement')}: {quantity(seen.lm_calls, 'LM call')}, {ratio}, {shown}{heat}"
