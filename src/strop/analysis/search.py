"""How an improver searches: the idea in its docstring, and what it did, counted from the record."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import field

from strop.base.events import Evaluated, Event, ImproveFinished, ImproveStarted, LmCalled, LmResponded
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.syntax import parsed

_MOST_PROGRAMS, _MOST_PROMPTS = 100, 100
"""Most programs, and most prompts, of one improvement that are compared."""
_SHORTEST, _LONGEST = 8, 50_000
"""Least characters of a program that prompts are searched for; most characters of it, and of a searched prompt."""
_LONGEST_IDEA, _LONGEST_PROGRAM = 300, 200_000
"""Most characters of an idea, and of a program that is parsed for it."""
COUNTED_KINDS: tuple[type[Event], ...] = (ImproveStarted, ImproveFinished, LmCalled, LmResponded, Evaluated)
"""The kinds of events that behaviour is counted from."""


@dataclass(frozen=True)
class SearchBehaviour:
    """What an improver did, over all of its improvements that the record holds."""

    improvements: int
    """Number of improvements that ended."""
    failed: int = 0
    """Number of improvements that ended without a program."""
    lm_calls: int = 0
    """LM calls that the improver made."""
    rounds: int = 0
    """How often it asked the language model at the start, or after an evaluation."""
    answers: int = 0
    """Responses of the language model."""
    utility_calls: int = 0
    """Evaluations that it asked for."""
    prompts: int = 0
    """Prompts that were compared with earlier responses: the first 100 of each improvement."""
    showing_earlier: int = 0
    """Prompts among them that show a program which the model wrote earlier."""

    def in_words(self) -> str:
        """One sentence: means of an improvement, and the prompts that built on an earlier response."""
        text = f"in {quantity(self.improvements, 'improvement')}"
        if self.failed:
            text += f", {self.failed} failed"
        if not self.lm_calls:
            return f"{text}: no LM call, {self._mean(self.utility_calls, 'utility call')} each"
        return (
            f"{text}: {self._mean(self.lm_calls, 'LM call')} in {self._mean(self.rounds, 'round')} and "
            f"{self._mean(self.utility_calls, 'utility call')} each, {self.answers / self.lm_calls:.3g} responses a call; "
            f"{self.showing_earlier} of {quantity(self.prompts, 'prompt')} show an earlier response"
        )

    def _mean(self, count: int, thing: str) -> str:
        return f"{count / self.improvements:.3g} {thing}{'s' * (count != self.improvements)}"


@dataclass
class _Improvement:
    """One improvement while its events are read."""

    improver: str
    initial: str
    programs: dict[str, None] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    """Field of `SearchBehaviour` → its count so far."""
    asked_last: bool = False
    """Whether its last act was an LM call, and no evaluation."""

    def called(self, event: LmCalled) -> None:
        left = max(0, _MOST_PROMPTS - self.counts["prompts"])
        texts = [message[:_LONGEST] for message in event.messages[:left]]
        shows_earlier = {text: any(program in text for program in self.programs) for text in set(texts)}
        self.counts.update(
            lm_calls=event.cost,
            rounds=not self.asked_last,
            prompts=len(texts),
            showing_earlier=sum(shows_earlier[text] for text in texts),
        )
        self.asked_last = True

    def evaluated(self, solution: str | None) -> None:
        self.counts["utility_calls"] += 1
        self.asked_last = False
        self.wrote(solution)

    def wrote(self, text: str | None) -> None:
        program = (text or "").strip()
        is_new = program != self.initial.strip() and len(self.programs) < _MOST_PROGRAMS
        if is_new and _SHORTEST <= len(program) <= _LONGEST:
            self.programs[program] = None


@dataclass(frozen=True)
class Search:
    """How an improver searches: what it says of itself, and what it did."""

    idea: str
    """The first line of the improver's docstring. Empty if it has none."""
    behaviour: SearchBehaviour | None
    """What the improver did. Null if none of its improvements has ended."""


def searches_of(events: Iterable[Event], improvers: Iterable[str]) -> dict[str, Search]:
    """Text of an improver → how it searches. `events`: of one run, in order."""
    texts = set(improvers)
    behaviours = behaviours_of(events, texts) if texts else {}
    return {text: Search(idea_of(text), behaviours.get(text)) for text in texts}


def idea_of(text: str) -> str:
    """The first line of the docstring of `improve_algorithm`, else of the program; empty without one. Executes nothing."""
    tree = parsed(text) if len(text) <= _LONGEST_PROGRAM else None
    if tree is None:
        return ""
    entries: list[ast.FunctionDef | ast.Module] = [tree]
    entries += [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "improve_algorithm"]
    for node in (entries[-1], tree):
        first, _, _ = (ast.get_docstring(node) or "").partition("\n")
        if first.strip():
            return first.strip()[:_LONGEST_IDEA]
    return ""


def behaviours_of(events: Iterable[Event], improvers: Iterable[str]) -> dict[str, SearchBehaviour]:
    """Text of an improver → its behaviour, for improvers with an improvement that ended. `events`: of one run, in order."""
    wanted, running = set(improvers), dict[str, _Improvement]()
    done: dict[str, Counter[str]] = {}
    for event in events:
        match event:
            case ImproveStarted(improver=text, scope=scope) if text in wanted:
                running[scope] = _Improvement(text, event.initial_solution)
            case ImproveFinished(scope=scope) if scope in running:
                ended = running.pop(scope)
                ended.counts.update(improvements=1, failed=event.solution is None)
                done.setdefault(ended.improver, Counter()).update(ended.counts)
            case LmCalled(scope=scope) if scope in running:
                running[scope].called(event)
            case LmResponded(scope=scope, text=text) if scope in running:
                running[scope].counts["answers"] += 1
                running[scope].wrote(_first_block(text))
            case Evaluated(scope=scope, solution=solution) if (around := scope.rpartition("/")[0]) in running:
                running[around].evaluated(solution)
    return {improver: SearchBehaviour(**counts) for improver, counts in done.items()}


def _first_block(answer: str) -> str:
    """The lines between the first and the last line of backticks, because most answers contain one program."""
    lines = answer[:_LONGEST].split("\n")
    fences = [number for number, line in enumerate(lines) if line.lstrip().startswith("```")]
    return "\n".join(lines[fences[0] + 1 : fences[-1]]) if len(fences) > 1 else ""
