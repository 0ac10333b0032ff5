"""What `pip install strop` and its extras bring, against what the code imports and what messages and documents tell users to
install."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import strop
from strop.report.track import TRACKERS
from support.rows import table

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
OUR_EXTRAS = sorted({*EXTRAS} - {"dev"})
PROGRAMS = ("templates", "textbook", "attacks", "improvers", "programs")
"""Folders of programs that strop reads as text."""
DISTRIBUTIONS = {
    "mlflow": "mlflow-skinny",
    "strop_selftest": "strop-selftest",
}
"""Module → the distribution that brings it, where the names differ."""
OF_REPOSITORY = {"strop-selftest"}
"""What is installed from a clone."""
TRANSITIVE = {"markupsafe": "jinja2", "anyio": "httpx2"}
"""Module that comes with another one's distribution."""
INSIDE = {"attempts", "helpers"}
"""Modules that exist inside the jail."""


def name_of(requirement: str) -> str:
    """The name of the distribution in a requirement."""
    return re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0]


BASE = {name_of(requirement) for requirement in PROJECT["dependencies"]}


def advised(text: str) -> set[str]:
    """The extras that a text tells its reader to install."""
    return {extra for group in re.findall(r"strop\[([\w,-]+)\]", text) for extra in group.split(",")}


def imported(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """(module, whether it is a third party's) of each absolute import."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            yield top, top not in {*sys.stdlib_module_names, *INSIDE, "strop"}


def test_every_module_that_strop_imports_comes_with_it_or_with_an_extra() -> None:
    brought = BASE | OF_REPOSITORY | {name_of(requirement) for extra in OUR_EXTRAS for requirement in EXTRAS[extra]}
    lost = {}
    for path in sorted((ROOT / "src/strop").rglob("*.py")):
        if not {*path.parts} & {*PROGRAMS} and not {"guest", "inside"} & {*path.parts}:
            for module, foreign in imported(ast.parse(path.read_text("utf-8"))):
                if foreign and (TRANSITIVE.get(module) or DISTRIBUTIONS.get(module, module)) not in brought:
                    lost[str(path.relative_to(ROOT))] = module
    assert lost == {}


def test_no_message_and_no_document_installs_strop_by_its_name() -> None:
    files = [*(ROOT / "src/strop").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    files += [*(ROOT / "examples").rglob("*.md"), *(ROOT / "packages").rglob("*.md"), *(ROOT / "Makefile",)]
    named = {extra: str(path.relative_to(ROOT)) for path in files for extra in advised(path.read_text("utf-8"))}
    assert not named, "nobody owns the name strop on a registry: a stranger may"


@table("name", TRACKERS)
def test_extra_of_a_tracker_brings_the_library_that_the_tracker_needs(name: str) -> None:
    assert any(name_of(requirement).startswith(name) for requirement in EXTRAS[name])


@table("package", sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")))
def test_package_of_the_repository_has_strops_version(package: str) -> None:
    project = tomllib.loads((ROOT / "packages" / package / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["dependencies"][0] == f"strop=={strop.__version__}" and project["version"] == strop.__version__
