"""`extract_code` takes the program from an answer that a person would take."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strop.tasks.languages import PYTHON, tags_of
from support.guest import helpers
from support.rows import table

HELPERS = helpers()
extract_code = HELPERS["extract_code"]

ANSWERS = Path(__file__).parent / "answers"
"""Answers as language models write them, one file a kind: `######## name`, the answer, `######## program`, the program."""
INITIAL = {
    "py": "def pack(sizes):\n    return [[i] for i in range(len(sizes))]\n",
    "points.c": '#include "points.h"\n\nlong closest(const point *points, int n)\n{\n    return 0;\n}\n',
    "sum": "def algorithm(x):\n    return sum(x)\n",
    "customers.sql": "SELECT id, city FROM customers ORDER BY city;\n",
    "schedule.js": "function schedule(jobs) {\n  return jobs.slice();\n}\n\nmodule.exports = { schedule };\n",
    "lib.py": '"""Two tools of a library."""\n\n\ndef mean(xs):\n    return 0\n\n\ndef total(n):\n    return 0\n',
    "total.py": "def total(values):\n    return 0\n",
    "plan.json": '{\n  "width": 3,\n  "depth": 2\n}\n',
    "improver": "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n",
}
"""What is improved, by the word before the colon in the name of an answer. This word is also its file, or else it is Python; the
answers of other names are read without."""
LEAST = {kind.stem: 1.0 for kind in ANSWERS.glob("*.txt")} | {
    "other_languages": 0.81,
    "second": 0.95,
    "several_blocks": 0.84,
    "third": 0.83,
    "wrapped": 0.85,
}
"""Share of the answers of a kind that must be understood: 220 of 232. The others say in words which program is meant, stand in
tags, or are of another language and have no fence."""

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


@table(
    "program",
    [
        'm = f"""\n```python\n{x}\n```"""\nrest = 1',
        'm = f"""```python\n{x}\n```\n"""\nrest = 1',
        'm = "```python\\n" + x + "\\n```"\nrest = 1',
        'm = f"Mutate:\\n```python\\n{x}\\n```"\nrest = 1',
        'm = """\n    ```\n    {x}\n    ```\n"""\nrest = 1',
        "def f():\n    '''\n    ```python\n    x\n    ```\n    '''\nrest = 1",
        "m = '''\n~~~\nx\n~~~\n'''\nrest = 1",
        "m = '''\n````python\nx\n````\n'''\nrest = 1",
        "m = '''\n<think>\n</think>\n</think>\n'''\nrest = 1",
        "m = '''\n```python\nx\n```\n<thought>\n</thought>\n</think>\n'''\nrest = 1",
    ],
)
def test_extract_code_gives_the_whole_program_when_fences_stand_in_its_texts(program: str) -> None:
    assert extract_code(fenced(program)) == program, program


@table(
    "answer",
    [
        "",
        "no program here",
        "```python\nx = [1,\n",
        "```",
        "```python\n```",
        "```\n\n   \n```",
        "`x = 1`",
        "```x = 1```",
        "```python\nm = '''\n```python\nx\n```\n",
        "```\nx = 1\n```\n```python\ny = 2\nz = 3\n",
        "Here:\n\n    def algorithm(x):\n        return x\n\nDone.",
        None,
        3,
        {"a": 1},
        b"```\nx\n```",
    ],
)
def test_extract_code_gives_none_when_there_is_no_closed_block_with_code(answer: Any) -> None:
    assert extract_code(answer) is None, answer


def test_extract_code_gives_a_list_when_it_is_given_one() -> None:
    assert extract_code([fenced("x = 1"), "nothing", None, [fenced("y = 2")]]) == ["x = 1", None, None, ["y = 2"]]


def cases(kind: str) -> Iterator[tuple[str, str, str | None]]:
    """Name, answer and program of each case of a kind."""
    parts = re.split(r"(?m)^######## (.*)\n", (ANSWERS / f"{kind}.txt").read_bytes().decode())[1:]
    for name, answer, word, program in zip(*[iter(parts)] * 4, strict=True):
        yield name, answer.removesuffix("\n"), None if word == "no program" else program.strip("\n")


@pytest.mark.heavy
def test_extract_code_takes_what_a_person_would_take_from_answers_of_a_kind() -> None:
    for kind in sorted(LEAST):
        found = {}
        for name, answer, program in cases(kind):
            own, word = helpers(), name.partition(":")[0]  # an improver of its own: it knows what it improves
            if word in INITIAL or "." in word:
                own["expect"](INITIAL.get(word, ""), tags_of(word) or PYTHON)
            found[name] = (own["extract_code"](answer), program)
        wrong = {name: got for name, (got, program) in found.items() if (got and got.strip("\n")) != program}
        assert len(found) - len(wrong) >= LEAST[kind] * len(found), wrong


LESS = "def algorithm(x):\n    return x < 1 and [x, 'a']"
NUMBERED = "".join(f"{number}|%s{line}\n" for number, line in enumerate(LESS.split("\n"), 1))
DRAFT = "def algorithm(x):\n    return x" + " + 1" * 20


@table(
    "answer",
    [
        json.dumps({"code": LESS}),
        "Here:\n" + json.dumps({"code": LESS}),
        "```\n" + json.dumps({"code": LESS}, indent=1) + "\n```",
        f"<tool_call>\n{json.dumps({'arguments': {'code': LESS}})}\n</tool_call>",
        json.dumps(fenced(LESS)),
        fenced(LESS).replace("\n", "\\n"),
        fenced("\ufeff" + LESS),
        fenced(LESS.replace("def ", "def \u200b").replace("return", "\u2060return")),
        fenced(LESS.replace(" ", "\xa0")),
        fenced(LESS.replace("<", "&lt;").replace("'", "&#39;")),
        f"<pre><code class='python'>{LESS.replace('<', '&lt;')}</code></pre>",
        f"<answer>{LESS}</answer>",
        fenced(LESS.replace("'a'", "\u2018a\u2019")),
        fenced(LESS, mark="\u2018" * 3).replace("\u2018" * 3 + "\n\n", "\u2019" * 3 + "\n\n"),
        fenced(NUMBERED.replace("|%s", ": ")),
        fenced(NUMBERED.replace("|%s", " | ")),
        fenced(NUMBERED.replace("|%s", "\t")),
        fenced(">>> " + LESS.replace("\n", "\n... ")),
        f"<|channel|>analysis<|message|>{fenced(DRAFT)}<|end|><|start|>assistant<|channel|>final<|message|>{fenced(LESS)}",
        f"<|im_start|>assistant\n{LESS}<|im_end|>",
        f"{LESS}</s>",
        fenced(LESS.replace("def", "\x1b[34mdef\x1b[0m")),
        fenced(LESS.replace("return", "return\x00")),
    ],
)
def test_extract_code_reads_a_program_that_was_pasted_from_a_page_or_stands_in_something(answer: str) -> None:
    assert extract_code(answer).strip("\n") == LESS, answer


@table("text", ["&lt;", "\u201cq\u201d", "\xa0", "1: a\n2: b", ">>> f()", "</s>", '{"a": "b\\nc"}'])
def test_extract_code_changes_nothing_of_a_program_that_can_be_read_as_it_stands(text: str) -> None:
    program = f'x = """\n```\n{text}\n"""\n{LESS}'
    assert extract_code(fenced(program)) == program, text


OTHER = "def algorithm(x):\n    return x"
ENTRY = "def algorithm(x):\n    return x + 1"
HOLDS_AN_IMPROVER = f"TEXT = '''\n```python\n{IMPROVER}\n```\n'''"


@table(
    ("answer", "program"),
    [
        *((fenced(ENTRY, info), ENTRY) for info in ("py", "", "Python 3", "python title=x", "{.python}", "c++")),
        *((fenced(ENTRY, mark=mark), ENTRY) for mark in ("```", "~~~", "````", "~~~~~")),
        *((fenced(IMPROVER, info), IMPROVER) for info in ("python", "")),
        (fenced(HOLDS_AN_IMPROVER), HOLDS_AN_IMPROVER),
        (fenced('m = """\n```\n{x}\n"""', mark="````"), 'm = """\n```\n{x}\n"""'),
        (fenced("x = 1") + fenced("a = 1\nb = 2", "") + fenced("y = 1"), "a = 1\nb = 2"),
        ("1. Like this:\n\n   ```python\n   x = 1\n   ```\n", "x = 1"),
        ("```python\r\nx = 1\r\n```\r\n", "x = 1"),
        (fenced(f"%%writefile solution.py\n{ENTRY}"), f"%%writefile solution.py\n{ENTRY}"),
        (fenced(fenced(ENTRY), "markdown"), ENTRY),
        (f"'''python\n{ENTRY}\n'''", ENTRY),
        (fenced("def algorithm(x:\n  1") + "Fixed:\n" + fenced(ENTRY), ENTRY),
        (fenced("def algorithm(x:\n  1") + "Usage:\n" + fenced("print(algorithm(3))"), "def algorithm(x:\n  1"),
        (fenced("def f(x):\n    return x\n\n\nN = 1") + fenced("algorithm = min"), "algorithm = min"),
        (
            fenced("=== file: a.c ===\nint a;") + fenced("=== file: b.c ===\nint b;"),
            "=== file: a.c ===\nint a;\n=== file: b.c ===\nint b;",
        ),
    ],
)
def test_extract_code_takes_the_program_out_of_fences_of_every_kind_and_of_answers_that_say_more(
    answer: str, program: str
) -> None:
    assert extract_code(answer).replace("\n\n===", "\n===") == program, (answer, program)


DOCUMENTED = (
    '"""Tools.\n\n```\npython3 use.py\n```\n"""\n\n\ndef mean(xs):\n    return sum(xs) / len(xs)\n\n\ndef total(n):\n'
    '    """Sum.\n\n    ```python\n    total(3)\n    ```\n    """\n    return n * (n - 1) // 2'
)


def test_extract_code_never_takes_a_part_that_compiles_wherever_a_program_is_cut_or_has_an_error() -> None:
    own = helpers()
    own["expect"](DOCUMENTED, PYTHON)
    for at in range(len(DOCUMENTED)):
        for broken in (DOCUMENTED[:at] + DOCUMENTED[at + 1 :], f"{DOCUMENTED[:at]}){DOCUMENTED[at:]}"):
            found = own["extract_code"](fenced(broken))
            assert found in (broken, None) or own["parsed"](found) is None, (at, found)
            assert (
                own["extract_code"](f"````python\n{broken}\n````\n") == broken
            )  # as the host writes the result of edits
        found = own["extract_code"](f"Here:\n```python\n{DOCUMENTED[:at]}")
        assert found is None or own["parsed"](found) is None, (at, found)


TEXTS = {
    "plan.json": '{"width": 9, "names": ["a", "b"], "fast": true}',
    "null.json": '{\n  "seed": null,\n  "width": 9\n}',
    "flat.yaml": "width: 9\ndepth: 2",
    "nested.yml": "size:\n  width: 9  # wider\n  names:\n    - a",
    "plan.toml": "[size]\nwidth = 9\ntext = '''\n  two  blanks\n'''",
    "plan.ini": "[size]\nwidth = 9\n\n[names]\nfirst = a",
    "prompt.md": "# Answer\n\n- Think *first*.\n- Answer in `one` line.",
    "query.sql": "SELECT id,  city\nFROM customers\nORDER BY city;",
    "rows.csv": "a,b\n1,2\n,3",
    "word.txt": "quick",
    "sum.c": '#include <stdio.h>\n\nint main(void) {\n    printf("%d\\n", 3);\n}',
    "sum.sh": "#!/bin/sh\necho $((1 + 2))",
    "unknown": "(width 9)",
}
"""The file that is improved, and its text in an answer."""
FORMS = {
    "with the tag of the file": "```{tag}\n{text}\n```\n",
    "without a tag": "```\n{text}\n```\n",
    "with prose around": "A wider one:\n\n```{tag}\n{text}\n```\n\n**Why:** it is wider, as `width` says.\n",
    "with a tag of another language": "```python\n{text}\n```\n",
    "bare": "{text}\n",
    "with the command that tries it": "```{tag}\n{text}\n```\n\nThen:\n\n```console\n$ python3 use.py 1 && "
    + "./try" * 30
    + "\n```\n",
}


@pytest.mark.heavy
@table("form", FORMS.values())
def test_extract_code_takes_the_exact_text_of_a_file_of_any_language(form: str) -> None:
    for file in TEXTS:
        own, text = helpers(), TEXTS[file]
        own["expect"](f"(depth 2)\n{text}", tags_of(file))
        tag = tags_of(file)[0] if tags_of(file) else ""
        assert own["extract_code"](form.format(tag=tag, text=text)) == text, (form, file)


def test_extract_code_prefers_the_language_and_the_names_of_the_program_that_is_improved() -> None:
    own = helpers()
    expect, extract = own["expect"], own["extract_code"]
    c = "int f(void)\n{\n    return 1;\n}"
    longer = "def other(x):\n    return x" + " + 1" * 40
    both = fenced(c, "c") + fenced("def solve(x):\n    return x") + fenced(longer)
    assert extract(both) == longer
    expect("int f(void) { return 0; }", tags_of("f.c"))
    assert extract(both) == c
    expect("def solve(x):\n    return 0")
    assert extract(both) == "def solve(x):\n    return x"
    expect("class Table:\n    def solve(self, x):\n        return 0")
    assert extract(both) == "def solve(x):\n    return x"
    expect(ENTRY)
    assert extract(fenced(ENTRY)) == ENTRY
    assert extract(fenced(ENTRY) + fenced(OTHER)) == OTHER
    assert extract(fenced(ENTRY) + fenced("def algorithm(x:\n  1")) == "def algorithm(x:\n  1"


def test_script_is_improved_by_one_that_names_no_value_and_a_module_by_none() -> None:
    own = helpers()
    expect, extract = own["expect"], own["extract_code"]
    shorter = fenced("import sys\nprint(int(sys.argv[1]) * 7)")
    for script in ("x = sum(range(9))\nprint(x)", "print(1)"):
        expect(script)
        assert extract(shorter) == "import sys\nprint(int(sys.argv[1]) * 7)", script
    expect("def solve(x):\n    return 0")
    assert extract(shorter) is None, "it uses what is to be improved"


@pytest.mark.heavy
@table(
    "answer",
    [
        "```\n" * 100_000,
        "```python\n" * 40_000,
        "```python\nx=1\n```\n" * 20_000,
        "```python\n'''\n" * 20_000,
        "```python\n" + "(" * 200_000 + "\n```",
        "```python\nx = 1\0\n```",
        "```python\nx=" + "-" * 200_000 + "1\n```",
        "```python\nimport a" + ".a" * 100_000 + "\n```",
        "```python\nx=f'" + "{" * 200 + "}" * 200 + "'\n```",
        "'" * 200_000,
        "def f(\n" * 30_000,
        "<code>\n" * 20_000,
        "[" * 200_000,
        '{"a":' * 50_000,
        "```\n" + "<<EOF\n" * 20_000 + "```",
        "> " * 100_000,
        "\n" * 300_000,
        "```python\ndef f(:\n" + "\n" * 300_000 + "x",
        "def f(:\n" + "\n# a" * 100_000 + "\nx",
        "```bash\n<<" + "E" * 300_000 + "\nx\n```",
        "```text\n" * 200 + (" . ".join(["a"] * 99) + " + ") * 900 + "\nimport " + ".".join(["a"] * 120),
        "```python\nx=f'" + "{1}" * 100_000 + "'\n```",
        "```python\n"
        + "".join(" " * depth + "try: pass\n" + " " * depth + "finally:\n" for depth in range(30))
        + " " * 31
        + "x\n```",
        "```python\nx=" + "<".join(["1"] * 45_000) + "\n```",
        "```python\ndef f(): pass\n" + "# # " * 90_000 + "\n```",
        "```python\n" + "x=('a'*4096,)*256\n" * 5_000 + "```",
        "```python\n" + "".join(f"def f{number}(): return g{number}\n" for number in range(5000)) + "```",
    ],
)
def test_work_is_bounded_when_an_answer_is_made_to_cost_much(answer: str) -> None:
    """Some of these take minutes where the work is not bounded; the suite's own time limit ends it then."""
    HELPERS["_Answer"](answer[: HELPERS["LONGEST"]]).program()
