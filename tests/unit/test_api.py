"""The public functions as Python sees them: signatures, defaults, documentation, and errors that name arguments."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import strop
from strop.options.scoring import FLAGS, ScoringOptions
from strop.runs.spec import RunSpec

FUNCTIONS = [
    *(strop.improve, strop.compare, strop.measure, strop.verdict),
    *(strop.train, strop.evaluate, strop.check, strop.score, strop.load),
]
DOCUMENTS = [*Path("docs").rglob("*.md"), Path("README.md")]


def parameters(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


def test_public_function_names_types_and_documents_every_parameter(subtests: pytest.Subtests) -> None:
    for function in FUNCTIONS:
        text = inspect.getdoc(function) or ""
        for name, parameter in parameters(function).items():
            with subtests.test(name, function=function.__name__):
                assert parameter.kind not in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
                assert parameter.annotation is not inspect.Parameter.empty
                assert re.search(rf"^    {name}: ", text, re.MULTILINE), name


def test_defaults_of_a_public_function_are_those_of_the_recipe() -> None:
    # `improve` asks for edits where programs are long, and makes one improvement, which may cost more than each of a run.
    of_improve = {"edits", "utility_budget", "lm_budget", "max_responses", "instances"}
    for function in (strop.improve, strop.train, strop.evaluate):
        given, recipe = parameters(function), RunSpec()
        others = {"task", "model", "seed", "improver", "copies"} | (of_improve if function is strop.improve else set())
        for field in fields(RunSpec):
            if field.name in given and field.name not in others:
                assert given[field.name].default == getattr(recipe, field.name), (function.__name__, field.name)


def test_improve_asks_for_edits_in_more_calls_than_a_run() -> None:
    defaults = {name: parameters(strop.improve)[name].default for name in ("edits", "lm_budget")}
    assert defaults == {"edits": "auto", "lm_budget": 12}


def test_improve_takes_every_way_to_score_a_program() -> None:
    given, scoring = parameters(strop.improve), ScoringOptions()
    for field in fields(ScoringOptions):
        assert given[field.name].default == getattr(scoring, field.name)


def test_every_name_in_the_documents_exists() -> None:
    named = {name for path in DOCUMENTS for name in re.findall(r"\bstrop\.([A-Z]\w+|\w+(?=\())", path.read_text())}
    assert named - {"Improved", "Task"} and not [name for name in sorted(named) if name not in strop.__all__]


def test_wrong_option_is_a_type_error_of_python() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'lm'"):
        strop.improve("lpn", lm="x")  # type: ignore[call-arg]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"utility_budget": -3}, "utility_budget is -3; it must be"),
    ({"workers": -1}, "workers is -1"),
    ({"max_cost": -1.0}, "max_cost is -1"),
    ({"model": "nonsense"}, "model nonsense: no such language model"),
    ({"model": "inbox:"}, "model inbox needs a folder"),
    ({"require": "courage"}, "require names courage"),
    ({"command": "make", "evaluator": "e.py"}, "give only one of command and evaluator"),
    ({"files": "a.c"}, "files does not apply to lpn"),
    ({"utility_budget": "many"}, "utility_budget is 'many'; it must be a whole number"),
    ({"max_cost": "1 dollar", "model": "offline"}, "max_cost is '1 dollar'"),
    ({"model": 3}, "model is int"),
    ({"max_cost": 1.0, "model": lambda request: ""}, "need a model that reports its usage"),
    ({"max_time": "soon"}, "soon"),
]
"""Arguments, and what the error says of them."""


def test_error_names_the_argument_and_not_the_flag_and_a_missing_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    monkeypatch.chdir(tmp_path)
    for options, named in WRONG:
        with subtests.test(named):
            with pytest.raises(strop.ConfigurationError, match=named) as error:
                strop.improve("lpn", **options)
            assert "--" not in str(error.value) and "\n" not in str(error.value)
    monkeypatch.setenv("STROP_MODEL", "")
    asking: list[Callable[[], object]] = [
        lambda: strop.improve("lpn"),
        lambda: strop.train("lpn"),
        lambda: strop.evaluate("seed", "best_of_n", task="lpn"),
        lambda: strop.train("lpn", model=()),
    ]
    for number, function in enumerate(asking):
        missing = r"^model is missing: name a vendor's model such as"
        with subtests.test(asking=number), pytest.raises(strop.ConfigurationError, match=missing):
            function()
    assert not [*tmp_path.iterdir()]


def test_every_option_that_a_message_names_exists() -> None:
    from strop.api.comparison import CompareOptions
    from strop.api.improvement import ImproveOptions
    from strop.api.measurement import EvaluateOptions
    from strop.api.measuring import MeasureOptions
    from strop.api.training import TrainOptions

    packages = Path(strop.__file__).parents[2] / "packages"  # of a checkout
    files = [*Path(strop.__file__).parent.rglob("*.py"), *packages.glob("*/strop_*/**/*.py")]
    texts = [path.read_text() for path in files]
    assert any("strop_dask" in path.parts for path in files)
    options = {name for text in texts for name in re.findall(r"\boption\(['\"](\w+)['\"]\)", text)}
    settings = {name for text in texts for name in re.findall(r"\bsetting\(['\"](\w+)['\"]\)", text)}
    kinds = (ImproveOptions, CompareOptions, MeasureOptions, TrainOptions, EvaluateOptions)
    assert "max_cost" in options and options <= {field.name for kind in kinds for field in fields(kind)}
    assert "tool" in settings and settings <= {*ScoringOptions.__dataclass_fields__} - {*FLAGS}


def test_type_checkers_see_the_names_that_python_finds() -> None:
    tree = ast.parse(Path(strop.__file__).read_text())
    typed = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(strop.__all__) <= typed


def test_no_module_of_the_package_has_the_name_of_a_public_function() -> None:
    """Importing a submodule binds its name in the package, over a function of the same name."""
    modules = {path.stem for path in Path(strop.__file__).parent.iterdir()}
    assert not modules & {function.__name__ for function in FUNCTIONS}


@pytest.mark.process
def test_file_that_calls_strop_where_it_is_loaded_is_told_to_wait_until_it_is_the_main_program(tmp_path: Path) -> None:
    mark = "@strop.improve_me(score=lambda answer, n: 1.0, cases=[(1,), (2,)])\ndef f(n):\n    return n\n"
    said = r"calls strop\.improve when .* under if __name__ == '__main__':"
    for number, target in enumerate(("{0}", "{0}:f", "lpn")):
        file = tmp_path / f"mine{number}.py"
        file.write_text(f"import strop\n\n{mark}\nstrop.improve({target.format(file)!r})\n")
        with pytest.raises(strop.ConfigurationError, match=said) as caught:
            strop.check(file)
        assert str(caught.value).count(file.name) == 1 and "cannot be loaded" not in str(caught.value)
