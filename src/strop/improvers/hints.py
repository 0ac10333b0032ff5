import itertools

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
HINTS = (
    "Is there a known algorithm that solves this problem exactly? Use it.",
    "Consider a better data structure or representation.",
    "Consider a randomized method with restarts that keeps the best result.",
    "Start from a simple construction, then improve it by local search.",
    "Treat the noise, the corner cases and the failures that the score punishes.",
    "Vectorize the slow part, and spend the time that is gained on more search.",
    "Combine several weak methods, by voting or by choosing the best of them.",
)


def fenced(text, language=""):
    """`text` in a fence that is longer than any in it, with the tag of its language."""
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def message_for(solution, utility):
    """The prompt: the current solution in the first fence, how it is scored in the second."""
    return f"""Improve the following solution:
{fenced(solution, utility.language)}

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


def improve_algorithm(initial_solution, utility, language_model):
    """Give every request another hint, so that the answers differ in kind and not only by chance."""
    scores = {}
    score(utility, [initial_solution], scores)
    hints = itertools.cycle(HINTS)
    while language_model.remaining and utility.remaining:
        best = max(scores, key=scores.get)
        n_messages = min(language_model.max_responses_per_call, utility.remaining)
        messages = [f"{message_for(best, utility)}\nHint: {next(hints)}" for _ in range(n_messages)]
        score(utility, ask(language_model, messages), scores)
    return max(scores, key=scores.get, default=initial_solution)
