"""Maximizers and improvers are turned into each other by text (Appendix A.3):

    I(u, s) = M(u)                a maximizer is an improver that ignores its initial solution
    M(u)    = I(u, e(M, u))       an improver is a maximizer that finds its initial solution by itself

where e(M, u) is the prior solution in the comments of M, if there is one, and otherwise the initial solution in u_str.

Nothing here runs a program. Every conversion appends to the text and changes no line of it.
"""

from __future__ import annotations

import io
import json
import tokenize
from collections.abc import Iterator

ENTRY = "maximize_algorithm"
"""What a maximizer program defines: `maximize_algorithm(utility, language_model)`."""

PRIOR = "# prior solution: "
"""Begins the comment that holds a prior solution, as a JSON string: one line whatever the solution holds."""
INITIAL = "The initial solution, each line of it after '| ':"
"""The line of u_str after which the initial solution stands, to the end."""

MOST_READ = 200_000
"""Characters of a program in whose comments a prior solution is looked for; reading comments costs the host time."""

_AS_IMPROVER = '''

# What maximize_algorithm finds in the comments above: a prior solution, or None.
PRIOR_SOLUTION = {prior}


def improve_algorithm(
    initial_solution, utility, language_model, maximize=maximize_algorithm, inner=globals().get("improve_algorithm")
):
    """I(u, s) = M(u): the initial solution is ignored."""
    global improve_algorithm
    outer, improve_algorithm = improve_algorithm, inner
    try:
        return maximize(utility, language_model)
    finally:
        improve_algorithm = outer
'''

_AS_MAXIMIZER = '''

PRIOR_SOLUTION = None


def maximize_algorithm(
    utility, language_model, improve=improve_algorithm, inner=globals().get("maximize_algorithm")
):
    """M(u) = I(u, e(M, u)): begins from the prior solution in the comments, else from the initial one in utility.str."""
    global maximize_algorithm
    solution = PRIOR_SOLUTION
    if solution is None:
        _, marker, marked = ("\\n" + utility.str).rpartition({marker})
        solution = "\\n".join(line[2:] for line in marked.split("\\n")) if marker else ""
    outer, maximize_algorithm = maximize_algorithm, inner
    try:
        return improve(solution, utility, language_model)
    finally:
        maximize_algorithm = outer
'''
# While the program runs, the name that is appended means again what it meant in it before: a program that calls itself by name
# calls itself, also after several conversions.


def to_improver(maximizer: str) -> str:
    """I(u, s) = M(u), as a program text that defines `improve_algorithm`.

    A program cannot read its own text in the jail, so the comments of M are read here and what they hold is bound to
    `PRIOR_SOLUTION`.
    """
    return maximizer + _AS_IMPROVER.format(prior=ascii(prior_solution(maximizer)))


def to_maximizer(improver: str) -> str:
    """M(u) = I(u, e(M, u)), as a program text that defines `maximize_algorithm`.

    Where neither the comments nor u_str hold a solution, it begins from the empty one.
    """
    return improver + _AS_MAXIMIZER.format(marker=ascii(f"\n{INITIAL}\n"))


def with_prior_solution(maximizer: str, solution: str) -> str:
    """M with a more recent solution in its comments; the last one counts."""
    # Fences mean something to whoever takes programs out of answers, wherever they stand.
    encoded = json.dumps(solution).replace("`", "\\u0060")
    return f"{maximizer}\n{PRIOR}{encoded}\n"


def prior_solution(maximizer: str) -> str | None:
    """The last prior solution in the comments of M; None where there is none, or M is no program.

    Comments only: the same words inside a string of the program are data.
    """
    if PRIOR not in maximizer or len(maximizer) > MOST_READ:
        return None
    try:
        priors = [_decoded(comment) for comment in _comments(maximizer) if comment.startswith(PRIOR)]
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    return next((prior for prior in reversed(priors) if prior is not None), None)


def told_with(description: str, solution: str) -> str:
    """u_str with an initial solution in it: legible, and read back exactly by `initial_solution`."""
    lines = "\n".join(f"| {line}" for line in solution.split("\n"))
    return f"{description}\n\n{INITIAL}\n{lines}"


def initial_solution(description: str) -> str | None:
    """The initial solution in u_str; None where there is none."""
    _, marker, marked = f"\n{description}".rpartition(f"\n{INITIAL}\n")
    return "\n".join(line[2:] for line in marked.split("\n")) if marker else None


def _comments(program: str) -> Iterator[str]:
    # newline=None: lines end where they do for the compiler.
    for token in tokenize.generate_tokens(io.StringIO(program, newline=None).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def _decoded(comment: str) -> str | None:
    try:
        found = json.loads(comment.removeprefix(PRIOR))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, str) else None
