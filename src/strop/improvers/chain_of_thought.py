from asking import ask


def message_for(solution, utility):
    """The prompt: the current solution in the first fence, how it is scored in the second."""
    return f"""Improve the following solution:
```{utility.language}
{solution}
```

You will be evaluated based on this score function:
```python
{utility.str}
```

You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it."""


def improve_algorithm(initial_solution, utility, language_model):
    """Ask once, think first, and trust the response: the utility is never called. Without a program, it returns None."""
    (program,) = ask(language_model, [message_for(initial_solution, utility)])
    return program
