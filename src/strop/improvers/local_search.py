import io
import random
import tokenize

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "+": "-", "-": "+", "min": "max", "max": "min"}


def fenced(text):
    """`text` in a fence that is longer than any in it."""
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def message_for(solution, utility):
    """The prompt: the current solution in the first fence, how it is scored in the second."""
    return f"""Improve the following solution:
{fenced(solution)}

You will be evaluated based on this score function:
{fenced(utility.str)}

You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it."""


def ask(language_model, messages, temperature=0.7):
    """One answer to each message: its program, or None where it holds none."""
    try:
        return extract_code(language_model.batch_prompt(EXPERTISE, messages, temperature=temperature))
    except BudgetExceeded:
        return [None] * len(messages)


def score(utility, programs, scores):
    """Score what is new among `programs`, as far as the budget goes; `scores` keeps the utility of every program."""
    new = [program for program in dict.fromkeys(programs) if program and program not in scores][: utility.remaining]
    scores.update(zip(new, utility.map(new), strict=True))
    return new


def nearby(number):
    """Numbers around one that is written in decimals."""
    try:
        value = int(number) if number.isdecimal() else float(number)
    except ValueError:  # hexadecimal, complex
        return []
    values = [value * 2, value // 2, value + 1, value - 1] if isinstance(value, int) else [value * 2, value / 2]
    return [str(other) for other in values if other != value]


def neighbors_of(program):
    """The programs that differ from `program` in one number or one operator."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(program).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return []
    lines, neighbors = program.split("\n"), []
    for token in tokens:
        row, column = token.start[0] - 1, token.start[1]
        others = nearby(token.string) if token.type == tokenize.NUMBER else [SWAPS.get(token.string)]
        for other in filter(None, others):
            line = lines[row][:column] + other + lines[row][column + len(token.string) :]
            neighbors.append("\n".join([*lines[:row], line, *lines[row + 1 :]]))
    return neighbors


def climb(utility, scores, steps):
    """Try one small change of the best program after the other, `steps` at most."""
    for _ in range(steps):
        best = max(scores, key=scores.get)
        untried = [program for program in neighbors_of(best) if program not in scores]
        if not untried:
            break
        score(utility, [random.choice(untried)], scores)


def improve_algorithm(initial_solution, utility, language_model):
    """Have the model write programs, and climb from the best by small changes of numbers and operators."""
    scores = {}
    score(utility, [initial_solution], scores)
    while (calls_left := language_model.remaining) and utility.remaining:
        best = max(scores, key=scores.get)
        half = max(1, utility.remaining // calls_left // 2)  # of the evaluations of this round
        n_messages = min(language_model.max_responses_per_call, half)
        score(utility, ask(language_model, [message_for(best, utility)] * n_messages), scores)
        climb(utility, scores, min(half, utility.remaining))
    climb(utility, scores, utility.remaining)
    return max(scores, key=scores.get, default=initial_solution)
