"""Small targets: a folder, a candidate and the right verdict; and the verdict of `strop improve` on them."""

from __future__ import annotations

import json
import os
import py_compile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from support.command_line import run_here

Right = Literal["better", "not better", "refused"]
"""What `strop improve` has to say of a candidate: that it is better, anything else, or that the target cannot be scored."""


@dataclass(frozen=True)
class Target:
    """A folder, a candidate for the file that may change, and the right verdict."""

    name: str
    files: Mapping[str, str]
    """Path → text. A text that begins with #! is executable."""
    candidate: str
    right: Right
    toml: str = ""
    """strop.toml; empty: none."""
    arguments: tuple[str, ...] = (".",)
    excerpt: str = ""
    """An excerpt of the result that strop must print."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Module → text whose compiled code lies beside the module. Python uses that code without looking at the source."""
    all_held_out: bool = False
    """Whether the verdict depends on all held-out instances, because they differ in what matters."""
    kept_time: bool = False
    """Whether Python checks the code in `stale` by time and size only, while all files have the same time."""


def improved(target: Target, folder: Path, env: Mapping[str, str]) -> tuple[Right, str]:
    """(the verdict of `strop improve`, what is said of it and standard error, or the line that refuses the target)."""
    tree = written(target, folder / "target")
    named = tomllib.loads(target.toml).get("files", "") if target.toml else target.arguments[0]
    (folder / "answer.md").write_text(f"```{'python' if '.py' in str(named) else ''}\n{target.candidate}```\n")
    budgets = ("--seed", "1", "--lm-budget", "1", "--utility-budget", "3", "--max-responses", "1")
    to = ("--model", f"command:cat {folder}/answer.md", "--out", str(folder / "run"), "--json")
    ran = run_here("improve", *target.arguments, *budgets, *to, cwd=tree, env=env)
    assert "Traceback" not in ran.stderr.replace("Traceback (most recent call last):\\n", ""), ran.stderr
    if ran.returncode:
        assert ran.returncode in (2, 5), ran.stderr
        return "refused", ran.stderr[ran.stderr.rindex("strop: ") :]  # the line, and what the program printed
    document = json.loads(ran.stdout)
    right: Right = "better" if document["finding"] == "better" else "not better"
    facts = "\n".join(f"{fact['name']}: {fact['text']}" for fact in document["details"])
    return right, f"{document['finding']}: {document['sentence']}\n{facts}\n{ran.stderr}"


def written(target: Target, tree: Path) -> Path:
    for path, text in target.files.items():
        file = tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("TREE", str(tree)))
        if text.startswith("#!"):
            file.chmod(0o755)
    if target.toml:
        (tree / "strop.toml").write_text(target.toml.replace("TREE", str(tree)))
    for module, text in target.stale.items():
        _compile(tree / module, text, by_time=target.kept_time)
    if target.kept_time:
        for file in tree.rglob("*"):
            os.utime(file, (1_700_000_000, 1_700_000_000))
    return tree


def _compile(module: Path, text: str, *, by_time: bool) -> None:
    source = module.read_text()
    module.write_text(text)
    os.utime(module, (1_700_000_000, 1_700_000_000))
    mode = py_compile.PycInvalidationMode.TIMESTAMP if by_time else py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(module), invalidation_mode=mode, doraise=True)
    module.write_text(source)
