import random

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
TOP_K = 3  # how many programs may be explored from


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
    """Mostly improve the best program; with chance epsilon explore one of the top few, at twice the temperature."""
    scores = {}
    score(utility, [initial_solution], scores)
    epsilon, gains = 0.2, {"explore": 0, "exploit": 0}
    while (calls_left := language_model.remaining) and utility.remaining:
        ranked = sorted(scores, key=scores.get, reverse=True)
        top = [program for program in ranked[:TOP_K] if scores[program] > 0] or ranked[:1]
        way = "explore" if random.random() < epsilon else "exploit"
        solution = random.choice(top) if way == "explore" else top[0]
        temperature = 0.3 + 0.4 * calls_left / language_model.budget
        temperature *= 2 if way == "explore" else 1
        n_messages = min(language_model.max_responses_per_call, utility.remaining)
        new = score(utility, ask(language_model, [message_for(solution, utility)] * n_messages, temperature), scores)
        gains[way] += sum(scores[program] > scores[solution] for program in new)
        if any(gains.values()):
            epsilon = max(0.1, gains["explore"] / sum(gains.values()))
    return max(scores, key=scores.get, default=initial_solution)
