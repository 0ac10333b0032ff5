import difflib
from itertools import zip_longest

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
MOST_ATTEMPTS, MOST_INSTANCES, MOST_LINES = 12, 16, 40  # lines of the history, of the table and of a diff
FIRST = """You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea in one sentence, then implement it."""
TUNE = """You must return an improved solution. Tune it, repair it, or replace its weakest part.
First, say in one sentence which, and why it should gain; then implement it."""
OTHER = """You must return an improved solution. Start from an idea that is not among those tried.
First, propose it in one sentence, then implement it."""
REPAIR = "You must return a solution that works. First, say in one sentence why this one fails, then correct it."


def fenced(text, language=""):
    """`text` in a fence that is longer than any in it, with the tag of its language."""
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def plain(text, most):
    """`text` in one line of at most `most` characters, without a fence, which would begin a program."""
    line = " ".join(text.replace("`" * 3, "...").split())
    return line if len(line) <= most else line[: most - 3] + "..."


def prompt_for(program, utility, history, task):
    """The prompt: a program in the first fence, how it is scored in the second, what is known, and what to do."""
    verb = "Repair" if task == REPAIR else "Improve"
    return f"""{verb} the following solution{", the best so far" * (bool(history) and task != REPAIR)}:
{fenced(utility.report(program)["program"], utility.language)}

You will be evaluated based on this score function:
{fenced(utility.str)}

{facts_on(program, utility)}{history}

{task}"""


def listed(values):
    """Named numbers in words."""
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())


def facts_on(program, utility):
    """What became of a program: its score, its error, a row an instance, the notes on it, and how programs run."""
    report = utility.report(program)
    error = report["error"].strip().replace("`" * 3, "...")
    first, _, rest = error.partition("\n")
    cause = error.split("\n")[-1].partition(": ")[2] or error
    error = rest if rest and cause in first else error  # a traceback ends with what stands above it
    notes = [note for note in report.get("notes", []) if f"# - {note}\n" not in utility.str]
    lines = [f"\n- {plain(note.replace(cause, 'as above') if cause else note, 500)}" for note in notes]
    told = "".join(["\nNotes:" * bool(lines), *lines])
    if error and not report["utility"]:
        return f"The solution above fails ({report['verdict']}):\n{error}{told}"
    values = " and ".join(dict.fromkeys(f"{value:.4g}" for value in report["repeated"]))
    means, metrics = listed(report["means"]), [listed(each) for each in report["metrics"]]
    mean = f" (mean of {len(report['instances'])} in training)" * (len(report["instances"]) > 1)
    scores = f"measures {means}{mean} and has utility {values}" if means else f"scores {values}{mean}"
    words = f"The solution above {scores}{', measured twice' * (len(report['repeated']) > 1)}."
    rows = [row_of(row, of) for row, of in zip_longest(report.get("rows", []), metrics, fillvalue="") if row]
    if len(set(report["instances"])) > 1 and rows:
        shown = "".join(f"\n{number}: {row}" for number, row in enumerate(rows[:MOST_INSTANCES]))
        more = f"\nand {len(rows) - MOST_INSTANCES} more" * (len(rows) > MOST_INSTANCES)
        scores = "measures; utility" if means else "score"
        words += f" Its instances in training (inputs; {scores}; CPU time; failure):{shown}{more}"
    words += f"\nIt fails on some instances ({report['verdict']}):\n{error}" if error else ""
    return "\n".join(filter(None, [words + told, report.get("rules", "")]))


def row_of(row, metrics):
    """What is known of one instance."""
    tenths = round(10 * (row["seconds"] or 0) / row["limit"])
    spent = f"under {'a tenth' if tenths == 1 else f'{tenths} tenths'} of {row['limit']:g} s" if tenths else ""
    value = f"{'utility' if metrics else 'score'} {row['score']:.4g}"
    return "; ".join(filter(None, [row["inputs"], metrics, value, spent, row["verdict"].removeprefix("ok")]))


def change(before, after):
    """What the second program changes in the first: an indented diff without its head, and its middle if it is long."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[2:]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES // 2], "[...]", *lines[-MOST_LINES // 2 :]]
    return "\n".join("    " + line.replace("`" * 3, "...") for line in lines)


class Tried:
    """The programs of one improvement with their scores, the best one, and what was tried."""

    def __init__(self, initial_solution, utility):
        self.utility, self.scores, self.tried = utility, {}, []
        self.initial, self.best, self.lost = initial_solution, initial_solution, None
        self.measure([(initial_solution, "")], 0)
        self.tried, self.lost = [], None

    def measure(self, programs, spare):
        """Score what is new among (program, idea), as far as the budget goes, and keep the best, of equals the last."""
        ideas = {program: idea for program, idea in reversed(programs) if program and program not in self.scores}
        new = list(reversed(ideas))[: self.utility.remaining]
        before = self.scores.get(self.best, 0)
        self.scores.update(zip(new, self.utility.map(new), strict=True))
        best = max(reversed(self.scores), key=self.scores.get, default=self.best)
        while spare > 0 and best != self.best and len(self.utility.report(best)["repeated"]) == 1:  # it may be luck
            self.utility(best)
            values, spare = self.utility.report(best)["repeated"], spare - 1
            self.scores[best] = sum(values) / len(values)
            best = max(reversed(self.scores), key=self.scores.get)
        self.tried += [self.line_on(program, ideas[program], before) for program in new]
        self.tried += [idea for program, idea in programs if not program]
        losers = [program for program in new if program != best and self.scores[program]]
        self.best, self.lost = best, losers[-1] if losers else self.lost if best == self.best else None
        return new

    def line_on(self, program, idea, before):
        """What an attempt was, what it gave, and how it failed."""
        report = self.utility.report(program)
        lines = report["error"].strip().split("\n")
        error = plain(lines[0 if lines[0].startswith("the build failed") else -1], 160)
        failed = "" if report["verdict"] == "ok" else f", {report['verdict']}: {error}"
        score, means = self.scores[program], listed(report["means"])
        return f"{idea}: {means}{', utility ' * bool(means)}{score:.4g} ({score - before:+.4g}){failed}"

    def fails(self, program):
        """Whether a program gives no answer that counts, rather than poor ones."""
        return not self.scores.get(program) and self.utility.report(program)["verdict"] != "ok"

    def history(self):
        """What was tried, an attempt a line, and what the last one that lost changed in the best."""
        lines = [f"{number}. {line}" for number, line in enumerate(self.tried, 1)][-MOST_ATTEMPTS:]
        words = "\n\nTried so far (idea: score, change against the best before it):\n" + "\n".join(lines)
        lost = f"\n\nThe last attempt that lost made this change:\n{change(self.best, self.lost)}" if self.lost else ""
        return f"{words}{lost}" if lines else ""

    def context_for(self, program, task):
        """What a prompt adds: what was tried, or what a program that fails is to be repaired towards."""
        if task != REPAIR:
            return self.history()
        named = {} if self.fails(self.best) else {self.best: "The best solution so far"}
        named[self.initial] = "The original solution"
        texts = {words: self.utility.report(other)["program"] for other, words in named.items() if other != program}
        goals = "".join(f"\n\n{words}:\n{fenced(text, self.utility.language)}" for words, text in texts.items())
        return goals + self.history() * (program == self.best)


def ask_with_ideas(language_model, messages):
    """(program, idea) of one response to each message; where it holds none, (None, idea and why)."""
    try:
        responses = language_model.batch_prompt(EXPERTISE, messages, temperature=0.7)
    except BudgetExceeded:
        return []
    programs = extract_code(responses)
    ideas = [plain(text.split("`" * 3)[0].split("<" * 5)[0], 160) or "no words" for text in responses]
    for number, program in enumerate(programs):
        why = language_model.edit_error(responses[number]).replace("`" * 3, "...")[:600]
        ideas[number] += f": {why or 'no program'}" if why or not program else ""
    return list(zip(programs, ideas, strict=True))


def improve_algorithm(initial_solution, utility, language_model):
    """Improve the best program; tell the model what was tried, what it gave, and what each instance scores and takes.

    The evaluations are divided among the LM calls: a response is worth more if the model has seen results before it.
    """
    search = Tried(initial_solution, utility)
    new, share = [initial_solution], max(1, -(-utility.remaining // max(1, language_model.remaining)))
    while (calls := language_model.remaining) and utility.remaining and search.scores.get(search.best, 0) < 1:
        count = min(share, language_model.max_responses_per_call, utility.remaining)
        failed = [program for program in new if search.fails(program)][: -(-count // 2)]  # half of the requests repair
        free, history = count - len(failed), search.history()
        others = 0 if not history else 2 if free > 4 else 1 if free > 1 else 0
        task = REPAIR if search.fails(search.best) else TUNE if history else FIRST
        tasks = [(program, REPAIR) for program in failed] + [(search.best, task)] * (free - others)
        tasks += [(search.best, OTHER)] * others
        wanted = count + min(language_model.max_responses_per_call, share) * (calls - 1)
        messages = [prompt_for(program, utility, search.context_for(program, what), what) for program, what in tasks]
        new = search.measure(ask_with_ideas(language_model, messages), utility.remaining - wanted)
    return max(search.scores, key=search.scores.get, default=initial_solution)
