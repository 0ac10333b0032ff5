import re

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
IMPROVE = (
    "Improve the following solution",
    """You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it.""",
)
REPAIR = (
    "Repair the following solution, which fails",
    "You must return a solution that works. First, say why this one fails, then correct that and keep what is good.",
)
HIGHEST = 1.0  # no utility is higher: nothing is left to gain
HOTTEST = 0.06  # the loss of utility that the first move accepts


def fenced(text):
    """`text` in a fence that is longer than any in it."""
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def message_for(solution, utility, wish=IMPROVE):
    """The prompt: the current solution in the first fence, how it is scored in the second, and what is wished at both ends."""
    return f"""{wish[0]}:
{fenced(solution)}

You will be evaluated based on this score function:
{fenced(utility.str)}

{wish[1]}"""


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


def error_and_notes(report, utility):
    """The error of a program and the notes on it, without what is said twice."""
    first, _, rest = report["error"].strip().partition("\n")
    cause = re.sub(r"^instance \d+: ", "", (rest or first).rpartition("\n")[2])
    error = rest if rest and cause in first else report["error"].strip()  # a traceback ends as its first line begins
    notes = [note for note in report.get("notes", []) if f"# - {note}\n" not in utility.str]
    told = "".join(f"\n- {note.replace(cause, 'the same error') if cause else note}" for note in notes)
    return error, "\nNotes:" + told.replace("`" * 3, "...") if told else ""  # a fence would begin a program


def scores_of(report):
    """The scores of a program and what was measured, in words; of many instances the first 10."""
    words, scores, metrics = (
        f"The solution above scores {report['utility']:.4g}.",
        report["instances"],
        report.get("metrics", []),
    )
    measured = "; ".join(", ".join(f"{name} {value:.4g}" for name, value in each.items()) for each in metrics[:10])
    if len(scores) > 1:
        which = "Its instances" if len(scores) <= 10 else f"The first 10 of its {len(scores)} instances"
        words += f" {which} score {', '.join(f'{score:.4g}' for score in scores[:10])}."
    return words + (f" Measured{' on them' if len(scores) > 1 else ''}: {measured}." if measured else "")


def feedback_on(program, utility):
    """What became of a program, in words: its scores, its error, and the notes on it.

    `utility.report` is free for what was scored.
    """
    report = utility.report(program)
    error, notes = error_and_notes(report, utility)
    if error and report["utility"] > 0:
        return f"{scores_of(report)} It fails on some of them ({report['verdict']}):\n{error}{notes}"
    if error:
        return f"The solution above fails ({report['verdict']}):\n{error}{notes}"
    where = " The lowest leave the most to gain." if len(set(report["instances"])) > 1 else ""
    return f"{scores_of(report)}{where}{notes}"


def works(program, utility):
    """Whether every answer of a scored program counts. Where scores are low, a failure can score little less."""
    return utility.report(program)["verdict"] == "ok"


def failures_of(programs, utility):
    """How other programs failed, in one line; empty where none did."""
    errors = [utility.report(program)["error"].strip().split("\n")[-1][:200] for program in programs]
    words = "; ".join(dict.fromkeys(filter(None, errors))).replace("`" * 3, "...")
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
        feedback[current] = feedback.get(current, "") + failures_of(failed, utility)
        reports = {program: utility.report(program) for program in subjects}
        asked = {  # an answer may be one function: show the whole program
            program: message_for(report["program"], utility, REPAIR if report["error"] else IMPROVE)
            for program, report in reports.items()
        }
        messages = [f"{asked[program]}\n\n{feedback[program]}" for program in subjects]
        new = score(utility, ask(language_model, messages), scores)
        starts = [program for program in new if works(program, utility) >= works(current, utility)]
        neighbor = max(starts, key=lambda program: (scores[program], works(program, utility)), default=current)
        loss = scores[current] - scores[neighbor]
        if loss < 0 or (loss <= tolerance and works(neighbor, utility)):
            current = neighbor
    return max(scores, key=scores.get, default=initial_solution)
