"""What the source of an evaluator says about sharing a process with the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.tasks.evaluator.parties import executes_what_it_reads, imports, why_shared


@pytest.mark.parametrize(
    ("body", "is_shared"),
    [
        ("ns = {}\n    exec(candidate, ns)\n    return ns['f']()", False),
        ("code = compile(candidate, 'x', 'exec')\n    exec(code)", False),
        ("return run(candidate)", False),
        ("with open('p.py', 'w') as file:\n        file.write(candidate)", False),
        ("return len(candidate)", True),
        ("return show(candidate)", True),
        ("if 'import os' in candidate:\n        return 0\n    exec(candidate)", True),
    ],
)
def test_evaluator_of_a_text_shares_if_it_does_more_than_execute_it(body: str, is_shared: bool) -> None:
    source = f"def run(text):\n    exec(text)\ndef show(text):\n    print(text)\ndef evaluate(candidate):\n    {body}\n"
    assert bool(why_shared(source, "text")) == is_shared


@pytest.mark.parametrize(
    ("body", "is_executed"),
    [
        ("exec(open(path).read(), {})", True),
        ("text = open(path).read()\n    exec(compile(text, path, 'exec'))", True),
        ("text = Path(path).read_text()\n    exec(text)\n    return len(text)", False),
        ("text = open(path).read()\n    return text", False),
        ("return open(path).readlines()", False),
        ("return hash(open(path).read())", False),
    ],
)
def test_reading_of_the_program_is_allowed_only_if_its_text_is_executed(body: str, is_executed: bool) -> None:
    assert executes_what_it_reads(f"def evaluate(path):\n    {body}\n", 2) == is_executed


def test_evaluator_that_may_look_at_the_size_of_the_program_shares() -> None:
    assert "getsize" in why_shared("import os\ndef evaluate(path): return os.path.getsize(path)", "path")


def test_modules_of_the_tree_are_not_imported_ahead(tmp_path: Path) -> None:
    (tmp_path / "helper.py").touch()
    source = "import helper, numpy.linalg\ndef f():\n    from scipy import stats\n    from . import x\n"
    assert imports(tmp_path, source, "not python (") == ("numpy.linalg", "scipy")
