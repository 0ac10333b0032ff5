"""Finding the program in a prompt: nested fences, indented templates, the order of the earlier prompts."""

from __future__ import annotations

import pytest

from strop.lm.offline.prompt import fenced_blocks, read_program

FIGURE_2 = '''from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    """Improve a solution according to a utility function."""
    expertise = "You are an expert computer science researcher and programmer."
    message = f"""Improve the following solution:
```python
{initial_solution}
```

You will be evaluated based on this score function:
```python
{utility.str}
```

You must return an improved solution."""
    n_messages = min(language_model.max_responses_per_call, utility.budget)
    new_solutions = language_model.batch_prompt(expertise, [message] * n_messages, temperature=0.7)
    new_solutions = extract_code(new_solutions)
    best_solution = max(new_solutions, key=utility)
    return best_solution'''
SCORE = "def utility(algorithm_str):\n    return 1.0"


def message_for(solution: str, indent: str = "") -> str:
    """The message of Figure 2, its template indented by `indent` as in the paper's print."""
    template = "Improve the following solution:\n```python\n@\n```\nYou will be evaluated based on this score function:"
    template += "\n```python\n#\n```\nFirst, propose an idea, then implement it."
    indented = "\n".join(indent + line for line in template.split("\n"))
    return indented.replace("@", solution).replace("#", SCORE)


NESTED = [f'message = f"""```python\n{{solution}}\n{end}\nother = "x"' for end in ('```"""', '```\nPlease."""')]
"""Programs that open and close fences inside their texts."""
FENCED_INSIDE = f'TEXT = """\n{"`" * 3}\nwords:\n{"`" * 3}\n"""\n\ndef algorithm(x):\n    return x'
LONGER_FENCE = f"Improve:\n````\n{FENCED_INSIDE}\n````\n\nBy this score function:\n```\n{SCORE}\n```\n"
EARLIER = f"""You will be evaluated based on a following score function:
```python
{SCORE}
```
Here is the current solution:
```python
{FIGURE_2}
```
"""
"""The order of the earlier prompts."""


@pytest.mark.parametrize(
    ("message", "blocks"),
    [
        (message_for(FIGURE_2), [FIGURE_2, SCORE]),
        *((message_for(program), [program, SCORE]) for program in NESTED),
        (LONGER_FENCE, [FENCED_INSIDE, SCORE]),
        ("see\n```python\nx = 1", ["x = 1"]),
        ("use ``` here\nand ```x``` there", []),
        ("a\r\n```\r\nx = 1\r\n```\r\nb", ["x = 1"]),
    ],
    ids=["nested", "end of a text", "inside a text", "longer fence", "never closed", "in a line", "bare, with CRLF"],
)
def test_fenced_blocks_are_the_outermost_ones(message: str, blocks: list[str]) -> None:
    assert [block.text for block in fenced_blocks(message)] == blocks


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (message_for(FIGURE_2), FIGURE_2),
        (message_for(FIGURE_2, indent="    "), FIGURE_2),
        ("Improve:\n  ```python\n  def f(x):\n      return x\n  ```", "def f(x):\n    return x"),
        (EARLIER, FIGURE_2),
        (f"The score function:\n```python\n{SCORE}\n```", SCORE),
        (LONGER_FENCE, FENCED_INSIDE),
        ("Improve:\n```python\ndef f(:\n```", "def f(:"),
        ("def f(x): return x", None),
    ],
    ids=[
        "figure 2",
        "indented template",
        "indented block",
        "score first",
        "score alone",
        "longer fence",
        "no Python",
        "none",
    ],
)
def test_read_program_finds_the_program_to_improve(message: str, text: str | None) -> None:
    program = read_program(message)
    assert (program and program.text) == text
    assert program is None or (program.tree is None) is (text == "def f(:")


@pytest.mark.parametrize("indentation", ["", "    "])
def test_read_program_takes_the_first_region_between_markers_alone(indentation: str) -> None:
    inside = f"{indentation}x = 1\n{indentation}if x:\n{indentation}    x = 2\n"
    head = "def f():\n" if indentation else ""
    above = f"import os\n{head}{indentation}# EVOLVE-BLOCK-START\n"
    below = f"{indentation}# EVOLVE-BLOCK-END\nprint(  1)\n# EVOLVE-BLOCK-START\ny = 3\n# EVOLVE-BLOCK-END"
    program = read_program(f"Improve:\n```python\n{above}{inside}{below}\n```")
    assert program is not None and program.text == "x = 1\nif x:\n    x = 2\n"
    assert program.whole(program.text) == above + inside + below
    assert program.whole("y = 1") == f"{above}{indentation}y = 1\n{below}"
