import ast
import collections

from asking import ask, message_for, score


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
