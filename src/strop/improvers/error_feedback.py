from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
HIGHEST = 1.0  # no utility is higher: nothing is left to gain
HOTTEST = 0.06  # the loss of utility that the first move accepts


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


def repair_for(solution, utility):
    """The prompt for a solution that fails."""
    shown = message_for(solution, utility).removeprefix("Improve").rpartition("You must return")[0]
    return f"Repair{shown}You must return a solution that works. First, say why this one fails, then correct it."


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
    """What became of a program, in words: its scores, its error, the notes on it. `utility.report` is free by now."""
    report = utility.report(program)
    error, scores = report["error"].strip(), [f"{value:.4g}" for value in report["instances"]]
    first, _, rest = error.partition("\n")
    cause = error.split("\n")[-1].partition(": ")[2] or error
    error = rest if rest and cause in first else error  # a traceback ends with what stands above it
    notes = [note for note in report.get("notes", []) if f"# - {note}\n" not in utility.str]
    told = "".join(f"\n- {note.replace(cause, 'as above') if cause else note}" for note in notes)
    told = "\nNotes:" + told.replace("`" * 3, "...") if told else ""  # a fence would begin a program
    if error and not report["utility"]:
        return f"The solution above fails ({report['verdict']}):\n{error}{told}"
    metrics = [", ".join(f"{name} {value:.4g}" for name, value in each.items()) for each in report.get("metrics", [])]
    shown = "; ".join(metrics[: 10 if len(set(metrics)) > 1 else 1])
    words = f"measures {shown} (utility {report['utility']:.4g})" if any(metrics) else f"scores {report['utility']:.4g}"
    each = f" Its instances score {', '.join(scores[:10])}{', and more' * (len(scores) > 10)}."
    words = f"The solution above {words}.{each * (len(set(scores)) > 1)}"
    if error:
        return f"{words} It fails on some instances ({report['verdict']}):\n{error}{told}"
    return words + " The lowest leave the most to gain." * (len(set(scores)) > 1) + told


def works(program, utility):
    """Whether every answer of a scored program counts. Where scores are low, a failure can score little less."""
    return utility.report(program)["verdict"] == "ok"


def failures_of(others, utility):
    """How other programs failed, on all instances or some, in one line: five errors, the last first."""
    errors = [utility.report(program)["error"].strip().split("\n") for program in reversed(others)]
    errors = [lines[0 if lines[0].startswith("the build failed") else -1][:200] for lines in errors]
    words = "; ".join([*dict.fromkeys(filter(None, errors))][:5]).replace("`" * 3, "...")
    return f"\nOther attempts failed; avoid their mistakes: {words}" if words else ""


def improve_algorithm(initial_solution, utility, language_model):
    """Tell the model what became of its programs, have it repair what fails, and accept what works and is little worse.

    The evaluations are divided among the LM calls: an answer is worth more if the model has seen the results before it.
    """
    scores = {}
    new, current = score(utility, [initial_solution], scores), initial_solution
    share = max(1, -(-utility.remaining // max(1, language_model.remaining)))
    while (calls_left := language_model.remaining) and utility.remaining and max(scores.values(), default=0) < HIGHEST:
        tolerance = HOTTEST * calls_left / language_model.budget
        failed = [program for program in new if scores[program] == 0 and program != current]
        n_messages = min(share, language_model.max_responses_per_call, utility.remaining)
        subjects = failed[: -(-n_messages // 2)]  # half of the requests repair what has just failed
        subjects += [current] * (n_messages - len(subjects))
        feedback = {program: feedback_on(program, utility) for program in subjects}
        feedback[current] = feedback.get(current, "") + failures_of([one for one in scores if one != current], utility)
        whole = {program: utility.report(program)["program"] for program in subjects}  # an answer may be one function
        asked = {program: message_for if works(program, utility) else repair_for for program in subjects}
        messages = [f"{asked[program](whole[program], utility)}\n\n{feedback[program]}" for program in subjects]
        new = score(utility, ask(language_model, messages), scores)
        starts = [program for program in new if works(program, utility) >= works(current, utility)]
        neighbor = max(starts, key=lambda program: (scores[program], works(program, utility)), default=current)
        loss = scores[current] - scores[neighbor]
        if loss < 0 or (loss <= tolerance and works(neighbor, utility)):
            current = neighbor
    return max(scores, key=scores.get, default=initial_solution)
