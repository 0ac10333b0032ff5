from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."


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


def improve_algorithm(initial_solution, utility, language_model):
    """Score many candidates once, the better half again, and so on: the winner is no lucky draw."""
    size = utility.remaining // 2  # halving costs as many evaluations again as the first round
    candidates = []
    while language_model.remaining and len(candidates) < size:
        n_messages = min(language_model.max_responses_per_call, size - len(candidates))
        programs = ask(language_model, [message_for(initial_solution, utility)] * n_messages)
        candidates += [program for program in dict.fromkeys(programs) if program and program not in candidates]
    draws = {program: [] for program in [initial_solution, *candidates]}
    survivors = list(draws)
    while utility.remaining >= len(survivors) > 1:
        for program, value in zip(survivors, utility.map(survivors), strict=True):
            draws[program].append(value)
        survivors.sort(key=lambda program: sum(draws[program]) / len(draws[program]), reverse=True)
        survivors = survivors[: (len(survivors) + 1) // 2]
    return survivors[0]
