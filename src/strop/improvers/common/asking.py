"""What the shipped improvers have in common.

An improver is one text: strop puts what it imports from here in the place of the import (strop.runs.spec).
"""

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."


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
