"""Problems with one instance, whose answers are verified exactly (docs/design/0111-constructions.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal

from strop.base.errors import Malformed, TaskError
from strop.base.later import np
from strop.base.pluralize import plain
from strop.base.scorer_notes import note
from strop.tasks.base import Task
from strop.tasks.problem import Problem
from strop.tasks.problem import Published as Published

ENTRY = "construct"
"""The function that a program defines. It takes no arguments."""
RUNS = 5
"""How often the original and the result are run at the end: programs that draw random numbers differ."""
MOST_CHARACTERS = 2_000_000
"""The longest answer as JSON."""
DESCRIPTION = '''"""{}

{} values are better. {}() takes no arguments, and may use numpy{} and {:g} s of CPU: draw
random numbers from a fixed seed, and stop after a number of steps, not by a clock, so that a second run gives the same.
The answer is verified exactly: floats are the rational numbers that they are, and no rule has a tolerance.
"""
'''


def Construction(  # noqa: PLR0913 (an argument for each fact of a problem)
    name: str,
    what: str,
    statement: str,
    seed: str,
    better: Literal["higher", "lower"],
    verify: Callable[[Any], Fraction],
    published: tuple[Published, ...] = (),
    seconds: float = 60.0,
    scipy: bool = False,
    draw: Callable[[Any], str] | None = None,
) -> Task:
    """Make a task whose answers are constructions with an exact value, such as packings or codes.

    The task has one instance. A program defines `construct()`, which returns the answer as plain data.

    Args:
        name: name of the task.
        what: what its programs do, in a few words: `packs 26 circles into a square`.
        statement: the form of an answer, its rules and its value, in words for a language model.
        seed: text of the program that the search starts from.
        better: whether `higher` or `lower` values are better.
        verify: returns the value of an answer: never better than the true one, and within 1e-15 of it. Floats are the
            rational numbers that they are, no rule has a tolerance, and an answer that breaks one raises `strop.Malformed`.
        published: the best published values, the newest first.
        seconds: CPU seconds of a program, at most.
        scipy: whether its programs may use scipy.
        draw: returns the shapes of an answer as SVG, in a square from (0, 0) to (100, 100). Without it there is no picture.

    Raises:
        TaskError: an argument is out of range.
    """
    if better not in ("higher", "lower"):
        raise TaskError(f"task {name}: better must be 'higher' or 'lower', not {better!r:.40}")
    problem = Problem(what, better, verify, published, scipy, draw)
    return Task(
        name=name,
        sample=lambda rng: {},
        score=lambda instance, answer: _utility_of(answer, problem),
        seed=seed,
        entry=ENTRY,
        instances=1,
        test_instances=RUNS,
        time_limit=seconds,
        failure="instance",
        description=DESCRIPTION.format(statement.strip(), better.capitalize(), ENTRY, " and scipy" * scipy, seconds),
        slow_seed=True,
        fixed_input=True,
        problem=problem,
    )


def _utility_of(answer: Any, problem: Problem) -> float:
    value = problem.verify(json.loads(answer_as_json(answer)))
    if not isinstance(value, (int, float, Fraction)) or isinstance(value, bool) or value != value:
        raise TypeError(f"verify() gave {value!r:.60}; a value must be a number")
    note(f"verified: {plain(float(value), 12)}")
    return problem.utility_of(Fraction(value))


def answer_as_json(answer: Any) -> str:
    """An answer as JSON: numpy's arrays as lists, its numbers as Python's.

    Raises:
        Malformed: it holds something else, a number is not finite, or there are more than `MOST_CHARACTERS`.
    """
    try:
        text = json.dumps(answer, allow_nan=False, default=_as_python)
    except (ValueError, TypeError, RecursionError) as error:
        raise Malformed(f"the answer is no construction: {error}") from error
    if len(text) > MOST_CHARACTERS:
        raise Malformed(f"the answer has more than {MOST_CHARACTERS:,} characters")
    return text


def _as_python(value: object) -> object:
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fiu":
        return value.tolist()
    raise TypeError(f"it holds a value of type {type(value).__name__}")
