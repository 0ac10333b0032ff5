"""The two handles of an improver, in both generations of the API. They hold copies: changing them has no effect.

| generation | recognised by its parameters | called with |
|---|---|---|
| earlier | the second is `utility_str`, or the third is `utility` | `(initial_solution, utility_str, utility)` |
| new | anything else | `(initial_solution, utility, language_model)` |
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, cast

import helpers
import language_model
from channel import BudgetExceeded, Channel

LONGEST_REPR = 200


class Utility:
    """The utility *u* as an improver sees it: callable, with `.str`, `.language`, `.budget`, `.remaining`, `.map`
    and `.report`."""

    def __init__(self, channel: Channel, text: str, budget: int, language: str) -> None:
        self._channel = channel
        self.str = text
        self.language = language
        self.budget = budget
        self.uses = 0

    def __call__(self, solution: object, *args: object, **kwargs: object) -> float:
        """The utility of `solution`; 0.0 once the budget is spent. Further arguments have no effect and are noted."""
        self.uses += 1
        try:
            return cast("float", self._channel.ask("utility", [self._candidate(solution), _reprs(args, kwargs)]))
        except BudgetExceeded:
            return 0.0

    def map(self, solutions: Iterable[object], *args: object, **kwargs: object) -> list[float]:
        """The utility of each of several solutions, evaluated in parallel as far as the host has slots."""
        candidates = [self._candidate(solution) for solution in solutions]
        self.uses += len(candidates)
        if args or kwargs:
            self._channel.note("extra_argument", "utility.map({})".format(", ".join(_reprs(args, kwargs))))
        try:
            return cast("list[float]", self._channel.ask("utility.map", [candidates]))
        except BudgetExceeded:
            return [0.0] * len(candidates)

    def report(self, solution: object, *args: object, **kwargs: object) -> dict[str, Any]:
        """What happened when `solution` was evaluated: the verdict, the tail of its traceback and the scores of its instances."""
        self.uses += 1
        if args or kwargs:
            self._channel.note("extra_argument", "utility.report({})".format(", ".join(_reprs(args, kwargs))))
        return cast("dict[str, Any]", self._channel.ask("utility.report", [self._candidate(solution)]))

    @property
    def remaining(self) -> int:
        """How many evaluations are left."""
        return cast("int", self._channel.ask("utility.remaining", []))

    def _candidate(self, solution: object) -> str | float | dict[str, str] | None:
        """`solution` if it can be sent, otherwise its type, which scores 0."""
        if isinstance(solution, str):
            text = str.__str__(solution)
            try:
                text.encode("utf-8")
                return text
            except UnicodeEncodeError:
                self._channel.note("candidate", "a text with a lone surrogate")
                return {"type": "str with a lone surrogate"}
        if solution is None:
            return None
        if isinstance(solution, (bool, int, float)) and abs(solution) < 2**63:  # not nan, not inf
            return solution
        self._channel.note("candidate", f"not a text: {type(solution).__name__[:LONGEST_REPR]}")
        return {"type": type(solution).__name__[:LONGEST_REPR]}

    def __repr__(self) -> str:
        return f"<utility, budget {self.budget}>"


def arguments(entry: Callable[..., object], order: list[Any], channel: Channel) -> list[Any]:
    """The arguments of `entry`, an improver's `improve_algorithm`, made from the host's order."""
    solution, utility, model = order
    tags = utility.get("tags", ("python",))
    helpers.expect(solution, tags)
    granted = language_model.grant(channel, model["budget"], model["max_responses_per_call"])
    handle = Utility(channel, utility["str"], utility["budget"], next(iter(tags), ""))
    if is_earlier_generation(entry):
        return [solution, handle.str, handle]
    return [solution, handle, granted]


def is_earlier_generation(entry: Callable[..., object]) -> bool:
    """Whether the parameters of `entry` are named as in the paper's earlier seed improver."""
    try:
        names = list(inspect.signature(entry).parameters)
    except (TypeError, ValueError):
        return False
    return names[1:2] == ["utility_str"] or names[2:3] == ["utility"]


def _reprs(args: tuple[object, ...], kwargs: dict[str, object]) -> list[str]:
    """Arguments as an audit shows them: the `repr` of each, cut to 200 characters."""
    texts = [_repr(value) for value in args]
    texts += [f"{name}={_repr(value)}" for name, value in kwargs.items()]
    return [text[:LONGEST_REPR] for text in texts]


def _repr(value: object) -> str:
    try:
        return repr(value)[:LONGEST_REPR].encode("ascii", "backslashreplace").decode("ascii")
    except Exception as error:
        return f"<repr failed: {type(error).__name__}>"
