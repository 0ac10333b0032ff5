import difflib

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
HIGHEST = 1.0  # no utility is higher: nothing is left to gain
MOST_ATTEMPTS, MOST_INSTANCES, MOST_LINES = 12, 16, 40  # lines of the history, of the table and of a diff
FIRST = """Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea in one sentence, then implement it."""
TUNE = """Tune it, repair it, or replace its weakest part.
First, say in one sentence which, and why it should gain; then implement it."""
OTHER = """Start from an idea that is not among those tried.
First, propose it in one sentence, then implement it."""
REPAIR = "You must return a solution that works. First, say in one sentence why this one fails, then correct it."


def fenced(text):
    """`text` in a fence that is longer than any in it."""
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def plain(text, most):
    """`text` in one line of at most `most` characters, without a fence, which would begin a program."""
    line = " ".join(text.replace("`" * 3, "...").split())
    return line if len(line) <= most else line[: most - 3] + "..."


def message_for(program, utility, history, task):
    """The prompt: a program in the first fence, how it is scored in the second, what is known, and what to do."""
    verb, what = ("Repair", "") if task == REPAIR else ("Improve", ", the best so far" if history else "")
    shown, return_ = (
        utility.report(program)["program"],
        "" if task == REPAIR else "You must return an improved solution. ",
    )
    return f"""{verb} the following solution{what}:
{fenced(shown)}

You will be evaluated based on this score function:
{fenced(utility.str)}

{facts_on(program, utility)}{history}

{return_}{task}"""


def facts_on(program, utility):
    """What became of a program: its score, its error, a row an instance, the notes on it."""
    report = utility.report(program)
    error, notes = (
        report["error"].strip(),
        [note for note in report.get("notes", []) if f"# - {note}\n" not in utility.str],
    )
    told = "".join(f"\n- {plain(note, 500)}" for note in notes if note not in error)
    told = f"\nNotes:{told}" if told else ""
    error = error.replace("`" * 3, "...")
    if error and not report["utility"]:
        return f"The solution above fails ({report['verdict']}):\n{error}{told}"
    rules = f"\n{report['rules']}" if report["rules"] else ""
    repeated = [f"{value:.4g}" for value in report["repeated"]]
    again = ", measured twice" if len(repeated) > 1 else ""
    words = f"The solution above scores {' and '.join(dict.fromkeys(repeated))}{again}."
    metrics = [", ".join(f"{name} {value:.4g}" for name, value in each.items()) for each in report.get("metrics", [])]
    rows = []
    for number, row in enumerate(report["rows"]):
        spent = "" if row["seconds"] is None else f"{row['seconds']:.2f} of {row['limit']:g} s"
        measured = metrics[number] if number < len(metrics) else ""
        verdict = "" if row["verdict"] == "ok" else row["verdict"]
        rows.append("; ".join(filter(None, [row["inputs"], measured, f"score {row['score']:.4g}", spent, verdict])))
    if len(rows) > 1 and len(set(rows)) > 1:
        lines = [f"\n{number}: {row}" for number, row in enumerate(rows)]
        shown = "".join(lines[:MOST_INSTANCES]) + "\nand more" * (len(lines) > MOST_INSTANCES)
        words += f" Its instances in training (inputs; score; CPU time; failure):{shown}"
    else:
        words += f" It measures {metrics[0]}." if any(metrics) else ""
    words += f"\nIt fails on some instances ({report['verdict']}):\n{error}" if error else ""
    return words + told + rules


def change(before, after):
    """What the second program changes in the first, as an indented diff without its head, its middle left out if it is long."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[2:]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES // 2], "[...]", *lines[-MOST_LINES // 2 :]]
    return "\n".join("    " + line.replace("`" * 3, "...") for line in lines)


class Search:
    """The programs of one improvement with their scores, the best one, and what was tried."""

    def __init__(self, initial_solution, utility):
        self.utility, self.scores, self.tried = utility, {}, []
        self.best, self.lost = initial_solution, None
        self.measure([(initial_solution, "")], 0)

    def measure(self, programs, spare):
        """Score what is new among (program, idea), as far as the budget goes, and keep the best; a new best is measured again
        if evaluations are to `spare`, because one score may be luck."""
        ideas = {program: idea for program, idea in reversed(programs) if program and program not in self.scores}
        new = [program for program in dict.fromkeys(program for program, _ in programs) if program in ideas]
        new = new[: self.utility.remaining]
        first, before = not self.scores, self.scores.get(self.best, 0)
        self.scores.update(zip(new, self.utility.map(new), strict=True))
        while (best := max(reversed(self.scores), key=self.scores.get, default=self.best)) != self.best and spare > 0:
            if len(self.utility.report(best)["repeated"]) > 1:
                break
            self.utility(best)
            values, spare = self.utility.report(best)["repeated"], spare - 1
            self.scores[best] = sum(values) / len(values)
        for program in () if first else new:
            verdict = self.utility.report(program)["verdict"]
            gain = f"{self.scores[program]:.4g} ({self.scores[program] - before:+.4g})"
            failed = (
                ""
                if verdict == "ok"
                else f", {verdict}: {plain(self.utility.report(program)['error'].splitlines()[-1:][0], 160)}"
            )
            self.tried.append(f"{ideas[program] or 'no words'}: {gain}{failed}")
        losers = [program for program in new if program != best and self.scores[program]]
        self.lost = (best, losers[-1]) if losers else self.lost
        self.best = best
        return new

    def fails(self, program):
        """Whether a program gives no answer that counts, rather than poor ones."""
        return not self.scores.get(program) and self.utility.report(program)["verdict"] != "ok"

    def history(self):
        """What was tried, an attempt a line, and what the last one that lost changed in the best."""
        left_out = max(len(self.tried) - MOST_ATTEMPTS, 0)
        lines = [f"{number}. {line}" for number, line in enumerate(self.tried, 1)][left_out:]
        words = (
            f"\n\nTried so far (idea: score, change against the best before it):\n{chr(10).join(lines)}"
            if lines
            else ""
        )
        if self.lost and self.lost[0] == self.best:
            words += f"\n\nThe last attempt that lost made this change:\n{change(self.best, self.lost[1])}"
        return words


def ask(language_model, messages):
    """(program, idea) of one response to each message: the program None where it holds none."""
    try:
        responses = language_model.batch_prompt(EXPERTISE, messages, temperature=0.7)
    except BudgetExceeded:
        return []
    return [(extract_code(response), plain(response.split("`" * 3)[0], 160)) for response in responses]


def improve_algorithm(initial_solution, utility, language_model):
    """Improve the best program; tell the model what was tried, what it gave, and what each instance scores and takes.

    The evaluations are divided among the LM calls: a response is worth more if the model has seen the results before it.
    """
    search = Search(initial_solution, utility)
    new, share = [initial_solution], max(1, -(-utility.remaining // max(1, language_model.remaining)))
    while (calls := language_model.remaining) and utility.remaining and search.scores.get(search.best, 0) < HIGHEST:
        count = min(share, language_model.max_responses_per_call, utility.remaining)
        failed = [program for program in new if search.fails(program)][: -(-count // 2)]
        history = search.history()
        free = count - len(failed)
        others = 0 if not search.tried else 2 if free > 4 else 1 if free > 1 else 0
        tasks = [TUNE if search.tried else FIRST] * (free - others) + [OTHER] * others
        messages = [message_for(program, utility, history, REPAIR) for program in failed]
        messages += [message_for(search.best, utility, history, task) for task in tasks]
        most = (calls - 1) * language_model.max_responses_per_call
        new = search.measure(
            ask(language_model, messages), utility.remaining - len(messages) - min(most, share * (calls - 1))
        )
    return search.best
