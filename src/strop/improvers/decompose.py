import ast
import collections

from helpers import extract_code
from language_model import BudgetExceeded

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."


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


def parts_of(program):
    """The top-level statements of a program in order, each with its comments; functions and classes by their names."""
    try:
        statements = [(ast.unparse(statement), statement) for statement in ast.parse(program).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    parts, lines, end = {}, program.split("\n"), 0
    for text, statement in statements:
        key = statement.name if isinstance(statement, ast.FunctionDef | ast.ClassDef) else text
        parts[key] = "\n".join(lines[end : statement.end_lineno])
        end = statement.end_lineno
    return parts


def grafted(program, name, answer):
    """`program` with its part `name` as in `answer`, and with what else `answer` defines that `program` lacks."""
    old, new = parts_of(program), parts_of(answer or "")
    if name not in old or name not in new:
        return answer
    return "\n".join({**{key: new[key] for key in new if key not in old}, **old, name: new[name]}.values())


def improve_algorithm(initial_solution, utility, language_model):
    """Improve the solution one function at a time: a part is easier to get right than the whole."""
    scores, tried = {}, collections.Counter()
    score(utility, [initial_solution], scores)
    while language_model.remaining and utility.remaining:
        best = max(scores, key=scores.get)
        parts = {name: text for name, text in parts_of(best).items() if name.isidentifier()} or {"program": best}
        name = min(parts, key=lambda part: (tried[part], -len(parts[part])))  # the least tried, of these the longest
        tried[name] += 1
        message = f"{message_for(best, utility)}\nImprove only the part `{name}`; all others stay as they are."
        n_messages = min(language_model.max_responses_per_call, utility.remaining)
        answers = ask(language_model, [message] * n_messages)
        score(utility, [grafted(best, name, answer) for answer in answers], scores)
    return max(scores, key=scores.get, default=initial_solution)
