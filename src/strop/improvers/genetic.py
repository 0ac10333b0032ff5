import random

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
POPULATION = 6  # how many programs survive a generation
CROSSOVER_RATE = 0.5  # the share of children that have two parents


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


def crossover_of(parent, other, utility):
    """The prompt that has the model combine two programs."""
    return f"""{message_for(parent, utility)}

Combine the strengths of the solution above with those of this one:
{fenced(other, utility.language)}"""


def improve_algorithm(initial_solution, utility, language_model):
    """Evolve a population: the model mutates and crosses over the fitter programs, and the fittest survive."""
    scores = {}
    score(utility, [initial_solution], scores)
    while language_model.remaining and utility.remaining:
        ranked = sorted(scores, key=scores.get, reverse=True)
        population = [program for program in ranked[:POPULATION] if scores[program] > 0] or ranked[:1]
        messages = []
        for _ in range(min(language_model.max_responses_per_call, utility.remaining)):
            parents = sorted(random.sample(range(len(population)), min(2, len(population))))
            parent, other = population[parents[0]], population[parents[-1]]  # the fitter of two, and the other
            crossed = parent != other and random.random() < CROSSOVER_RATE
            messages.append(crossover_of(parent, other, utility) if crossed else message_for(parent, utility))
        score(utility, ask(language_model, messages), scores)
    return max(scores, key=scores.get, default=initial_solution)
