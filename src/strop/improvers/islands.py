import itertools
import random

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
ISLANDS = 3
SIZE = 2  # programs that live on an island
MIGRATION = 2  # rounds from one migration to the next


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


def settle(program, island, scores):
    """Put a program that works on an island, where the fittest few survive."""
    if scores.get(program, 0.0) > 0 and program not in island:
        island[:] = sorted([*island, program], key=scores.get, reverse=True)[:SIZE]


def improve_algorithm(initial_solution, utility, language_model):
    """Evolve several small populations apart, and let the best of each move to the next one now and then."""
    scores = {}
    score(utility, [initial_solution], scores)
    islands = [[initial_solution] for _ in range(ISLANDS)]
    turns = itertools.cycle(islands)
    rounds = 0
    while language_model.remaining and utility.remaining:
        homes = [next(turns) for _ in range(min(language_model.max_responses_per_call, utility.remaining))]
        programs = ask(language_model, [message_for(random.choice(island), utility) for island in homes])
        score(utility, programs, scores)
        for island, program in zip(homes, programs, strict=True):
            settle(program, island, scores)
        rounds += 1
        if rounds % MIGRATION == 0:
            travelers = [island[0] for island in islands]
            for island, traveler in zip(islands[1:] + islands[:1], travelers, strict=True):
                settle(traveler, island, scores)
    return max(scores, key=scores.get, default=initial_solution)
