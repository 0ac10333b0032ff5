"""`extract_code` finds the program in an answer, also when the program holds fences of its own."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import strop.sandbox

GUEST = Path(strop.sandbox.__file__).parent / "guest"
extract_code = runpy.run_path(str(GUEST / "helpers.py"))["extract_code"]

IMPROVER = '''from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    message = f"""Improve the following solution:
    ```python
    {initial_solution}
    ```
You will be evaluated based on this score function:
```python
{utility.str}
```
Be creative."""
    return max(extract_code(language_model.prompt("expert", message, 3)), key=utility)'''


def fenced(program: str, info: str = "python", mark: str = "```") -> str:
    return f"An idea first.\n\n{mark}{info}\n{program}\n{mark}\n\nThat is all."


@pytest.mark.parametrize("info", ["python", "py", "", "Python 3", "python title=x", "{.python}", "c++"])
def test_extract_code_gives_the_program_when_it_stands_in_a_fence(info: str) -> None:
    assert extract_code(fenced("x = 1\ny = 2", info)) == "x = 1\ny = 2"


@pytest.mark.parametrize("mark", ["~~~", "````", "~~~~~"])
def test_extract_code_gives_the_program_when_the_fence_is_of_another_kind(mark: str) -> None:
    assert extract_code(fenced("x = 1", mark=mark)) == "x = 1"


@pytest.mark.parametrize("info", ["python", ""])
def test_extract_code_gives_the_whole_improver_when_its_prompts_hold_fences(info: str) -> None:
    assert extract_code(fenced(IMPROVER, info)) == IMPROVER


def test_extract_code_gives_the_whole_program_when_it_holds_an_improver_that_holds_fences() -> None:
    program = f"TEXT = '''\n```python\n{IMPROVER}\n```\n'''"
    assert extract_code(fenced(program)) == program


@pytest.mark.parametrize(
    "program",
    [
        'm = f"""\n```python\n{x}\n```"""\nrest = 1',
        'm = f"""```python\n{x}\n```\n"""\nrest = 1',
        'm = (f"Improve: ```python\n{x}\n```")\nrest = 1',
        'm = "```python\\n" + x + "\\n```"\nrest = 1',
        'm = f"Mutate:\\n```python\\n{x}\\n```"\nrest = 1',
        'm = """\n    ```\n    {x}\n    ```\n"""\nrest = 1',
        "def f():\n    '''\n    ```python\n    x\n    ```\n    '''\nrest = 1",
        "m = '''\n~~~\nx\n~~~\n'''\nrest = 1",
        "m = '''\n````python\nx\n````\n'''\nrest = 1",
    ],
)
def test_extract_code_gives_the_whole_program_when_fences_stand_in_its_texts(program: str) -> None:
    assert extract_code(fenced(program)) == program


def test_extract_code_ignores_shorter_fences_when_the_outer_one_is_longer() -> None:
    program = 'm = """\n```\n{x}\n"""'
    assert extract_code(fenced(program, mark="````")) == program


def test_extract_code_gives_the_largest_block_when_there_are_several() -> None:
    assert extract_code(fenced("x = 1") + fenced("a = 1\nb = 2", "") + fenced("y = 1")) == "a = 1\nb = 2"


def test_extract_code_gives_the_program_when_it_stands_in_a_list_and_is_indented() -> None:
    assert extract_code("1. Like this:\n\n   ```python\n   x = 1\n   ```\n") == "   x = 1"


def test_extract_code_gives_the_program_when_lines_end_with_carriage_returns() -> None:
    assert extract_code("```python\r\nx = 1\r\n```\r\n") == "x = 1"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "no program here",
        "```python\nx = 1\n",
        "```",
        "```python\n```",
        "```\n\n   \n```",
        "`x = 1`",
        "```x = 1```",
        "```python\nm = '''\n```python\nx\n```\n",
        None,
        3,
        {"a": 1},
        b"```\nx\n```",
    ],
)
def test_extract_code_gives_none_when_there_is_no_closed_block_with_code(answer: object) -> None:
    assert extract_code(answer) is None


def test_extract_code_gives_a_list_when_it_is_given_one() -> None:
    assert extract_code([fenced("x = 1"), "nothing", None, [fenced("y = 2")]]) == ["x = 1", None, None, ["y = 2"]]


def test_extract_code_drops_the_block_that_was_cut_short_when_another_is_whole() -> None:
    assert extract_code("```\nx = 1\n```\n```python\ny = 2\nz = 3\n") == "x = 1"
