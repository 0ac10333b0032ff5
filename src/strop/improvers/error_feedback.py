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


def score(utility, programs, scores):
    """Score what is new among `programs`, as far as the budget goes; `scores` keeps the utility of every program."""
    new = [program for program in dict.fromkeys(programs) if program and program not in scores][: utility.remaining]
    scores.update(zip(new, utility.map(new), strict=True))
    return new


def feedback_on(program, utility):
    """What became of a program, in words: its error, or its scores, and the notes of whoever scored it.

    `utility.report` is free for what was scored.
    """
    report = utility.report(program)
    told = "".join(f"\n- {note}" for note in report.get("notes", []))
    notes = "\nNotes on it:" + told.replace("`" * 3, "...") if told else ""  # a fence would begin a program
    if report["error"]:
        return f"The solution fails ({report['verdict']}). Repair it.\n{report['error']}{notes}"
    instances = ", ".join(f"{value:.3f}" for value in report["instances"][:10])
    scored = f"The solution scores {report['utility']:.3f}, on single instances {instances}."
    measured = [
        ", ".join(f"{name} {value:.4g}" for name, value in each.items()) for each in report.get("metrics", [])[:10]
    ]
    if measured:
        return f"{scored} Measured on them: {'; '.join(measured)}. Make the worst better.{notes}"
    return f"{scored} Improve what costs most on the worst.{notes}"


def improve_algorithm(initial_solution, utility, language_model):
    """Tell the model what became of its programs: half of the requests repair what has just failed."""
    scores = {}
    new = score(utility, [initial_solution], scores)
    while language_model.remaining and utility.remaining:
        best = max(scores, key=scores.get)
        failed = [program for program in new if scores[program] == 0 and program != best]
        n_messages = min(language_model.max_responses_per_call, utility.remaining)
        subjects = failed[: n_messages // 2]
        subjects += [best] * (n_messages - len(subjects))
        feedback = {program: feedback_on(program, utility) for program in subjects}
        messages = [f"{message_for(program, utility)}\n\n{feedback[program]}" for program in subjects]
        new = score(utility, ask(language_model, messages), scores)
    return max(scores, key=scores.get, default=initial_solution)
