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


def test_fenced_blocks_are_the_outermost_ones_when_fences_nest() -> None:
    blocks = fenced_blocks(message_for(FIGURE_2))
    assert [block.text for block in blocks] == [FIGURE_2, SCORE]


@pytest.mark.parametrize("end", ['```"""', '```\nPlease."""'])
def test_fenced_blocks_nest_when_a_program_opens_and_closes_them_inside_its_texts(end: str) -> None:
    program = f'message = f"""```python\n{{solution}}\n{end}\nother = "x"'
    assert [block.text for block in fenced_blocks(message_for(program))] == [program, SCORE]


def test_fenced_blocks_reach_to_the_end_when_a_fence_is_never_closed() -> None:
    assert [block.text for block in fenced_blocks("see\n```python\nx = 1")] == ["x = 1"]


def test_fenced_blocks_ignore_backticks_inside_a_line() -> None:
    assert fenced_blocks("use ``` here\nand ```x``` there") == []


def test_fenced_blocks_open_with_a_bare_fence_when_none_is_open() -> None:
    assert [block.text for block in fenced_blocks("a\r\n```\r\nx = 1\r\n```\r\nb")] == ["x = 1"]


def test_read_program_finds_figure_2_inside_its_own_message() -> None:
    program = read_program(message_for(FIGURE_2))
    assert program is not None and program.text == FIGURE_2 and program.tree is not None


def test_read_program_repairs_the_first_line_when_the_template_is_indented() -> None:
    program = read_program(message_for(FIGURE_2, indent="    "))
    assert program is not None and program.text == FIGURE_2


def test_read_program_dedents_when_the_whole_block_is_indented() -> None:
    program = read_program("Improve:\n  ```python\n  def f(x):\n      return x\n  ```")
    assert program is not None and program.text == "def f(x):\n    return x"


def test_read_program_passes_over_the_score_function_when_it_comes_first() -> None:
    earlier = f"You will be evaluated based on a following score function:\n```python\n{SCORE}\n```\n"
    earlier += f"Here is the current solution:\n```python\n{FIGURE_2}\n```\n"
    program = read_program(earlier)
    assert program is not None and program.text == FIGURE_2


def test_read_program_takes_the_first_block_when_every_block_is_a_score_function() -> None:
    program = read_program(f"The score function:\n```python\n{SCORE}\n```")
    assert program is not None and program.text == SCORE


def test_read_program_keeps_the_text_when_it_is_no_python() -> None:
    program = read_program("Improve:\n```python\ndef f(:\n```")
    assert program is not None and program.tree is None and program.text == "def f(:"


def test_read_program_finds_nothing_when_there_is_no_block() -> None:
    assert read_program("def f(x): return x") is None


def test_longer_fence_is_closed_by_its_like_alone() -> None:
    program = f'TEXT = """\n{"`" * 3}\nwords:\n{"`" * 3}\n"""\n\ndef algorithm(x):\n    return x'
    fence = "`" * 4
    message = f"Improve:\n{fence}\n{program}\n{fence}\n\nBy this score function:\n{'`' * 3}\n{SCORE}\n{'`' * 3}\n"
    assert [block.text for block in fenced_blocks(message)] == [program, SCORE]
    found = read_program(message)
    assert found is not None and found.text == program


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
