import math

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
CURIOSITY = 0.1  # how much a program that was seldom scored is preferred


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


def improve_algorithm(initial_solution, utility, language_model):
    """Treat programs as the arms of a bandit: improve, and score again, the one that may be the best (UCB)."""
    draws = {}

    def mean(program):
        return sum(draws[program]) / len(draws[program])

    def upper_bound(program):
        total = sum(map(len, draws.values()))
        return mean(program) + CURIOSITY * math.sqrt(math.log(total) / len(draws[program]))

    def draw(programs):
        programs = programs[: utility.remaining]
        for program, value in zip(programs, utility.map(programs), strict=True):
            draws.setdefault(program, []).append(value)

    draw([initial_solution])
    while (calls_left := language_model.remaining) and utility.remaining:
        arm = max(draws, key=upper_bound)
        share = utility.remaining // calls_left  # the evaluations of this call; one is a second look
        n_messages = max(1, min(language_model.max_responses_per_call, share - 1))
        programs = ask(language_model, [message_for(arm, utility)] * n_messages)
        draw([program for program in dict.fromkeys(programs) if program and program not in draws] + [arm])
    for _ in range(min(utility.remaining, len(draws))):
        draw([max(draws, key=upper_bound)])
    return max(draws, key=mean, default=initial_solution)
