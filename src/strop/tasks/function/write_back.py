"""Put an improved function back into its module and change nothing else.

A candidate may change the function and add imports, constants and helper functions under names that the module does not have.
The rest of the program came from the module and must stay as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.function.effects import changed_by
from strop.tasks.function.extract import changed_globals, extracted, find_function, read_source, says_nothing, used
from strop.tasks.function.promises import NEVER, check_call, check_new_name, free_names
from strop.tasks.function.source import Source, bound_names, first_line, is_mark

_CANDIDATES, _MODULES = 64, 8
"""How many candidates and modules are remembered: a run asks for a candidate's program wherever it evaluates or shows it."""


@dataclass(frozen=True)
class Changes:
    """What a candidate changes in the program that was extracted from the module."""

    function: str
    """The source of the function to its last line, with decorators that the module does not have."""
    decorated: bool
    """Whether `function` begins with decorators, which replace those below the mark."""
    imports: tuple[str, ...]
    added: tuple[str, ...]
    """Sources of new definitions, with the comments directly above them."""


def program_of(source: Source, name: str, candidate: str) -> str:
    """The program to run for a candidate: the function and what it uses, extracted from the patched module.

    So a candidate may be the function alone; all other names are the module's.

    Raises:
        Malformed: the patch cannot express it, or the function cannot be extracted from the patched module.
    """
    program, why = _tried(source, name, candidate)
    if why:
        raise Malformed(why)
    return program


@lru_cache(_CANDIDATES)
def _tried(source: Source, name: str, candidate: str) -> tuple[str, str]:
    """(program, why there is none)."""
    try:
        return _program(source, name, candidate), ""
    except Malformed as error:
        return "", str(error)


def _program(source: Source, name: str, candidate: str) -> str:
    try:
        patched = read_source(source.path, written_back(source, name, candidate))
        text = extracted(patched, name, files=False, own=patched.bound - source.bound)
        _check_uses(source, patched, name)
    except ConfigurationError as error:
        raise Malformed(str(error).replace(f"{source.path}:{name}", "the program")) from error
    except SyntaxError as error:
        raise Malformed(f"the program is not Python: {error.msg} (line {error.lineno})") from error
    except (RecursionError, MemoryError) as error:
        raise Malformed("the program is nested too deeply to be read") from error
    return text


def _check_uses(source: Source, patched: Source, name: str) -> None:
    """Raise Malformed if the patched module's function, or what was added for it, changes something of the module, or reads a
    value that only its score uses."""
    target = find_function(patched, name)
    after, names = used(patched, target)
    own = patched.bound - source.bound
    added = {node for node in patched.tree.body if bound_names(node) & own}
    # What is added and runs when the module loads may call functions of the module.
    called, _ = used(patched, *(node for node in added if not isinstance(node, (ast.Import, ast.ImportFrom))))
    theirs, scoring = _out_of_reach(source, name)
    changed = _changed(source, [*after, *called], own) - own - theirs
    if taken := sorted(changed & (source.bound | free_names(source) | NEVER)):
        raise Malformed(f"the program changes {taken[0]}, which is the module's; only {name} may change")
    if secret := sorted(names & scoring):
        raise Malformed(f"the program uses {secret[0]}, which only the scoring of {name} may use")


def _changed(source: Source, nodes: Iterable[ast.stmt], own: Collection[str] = ()) -> set[str]:
    """What these definitions, and statements that bind the names `own`, change outside of themselves."""
    active = [
        node
        for node in nodes
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        or not bound_names(node).isdisjoint(own)
    ]
    return changed_by(active, source) | changed_globals(active)


@lru_cache(_MODULES)
def _out_of_reach(source: Source, name: str) -> tuple[frozenset[str], frozenset[str]]:
    """What the function changes outside of itself as it is, and the values of the module that only its score uses."""
    original = find_function(source, name)
    before, _ = used(source, original)
    return frozenset(_changed(source, before)), frozenset(_only_scoring(source, original))


def _only_scoring(source: Source, target: ast.FunctionDef) -> set[str]:
    """Values of the module that only the mark needs: cases, labels. Numbers and texts are not secret."""
    marks = [each for each in target.decorator_list if is_mark(each)]
    named = {each.id for mark in marks for each in ast.walk(mark) if isinstance(each, ast.Name)}
    _, scoring = used(source, names=named & source.bound)
    _, own = used(source, target)
    plain = {
        name
        for node in source.tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, (ast.Constant, ast.UnaryOp))
        for name in bound_names(node)
    }
    return (scoring & source.values) - own - plain


def written_back(source: Source, name: str, candidate: str) -> str:
    """The module's text with the candidate's function, and new helpers above it; line ends are newlines.

    Raises:
        Malformed: it changes more than the function, or adds a name that the module has.
    """
    changes = changes_of(source, name, candidate)
    target, lines = find_function(source, name), source.lines
    begin = target.lineno - 1
    if changes.decorated:
        marks = [each for each in target.decorator_list if is_mark(each)]
        begin = (marks[0].end_lineno or 0) if marks else first_line(target) - 1
    after = [*lines[:begin], *changes.function.split("\n"), *lines[target.end_lineno :]]
    above = first_line(target) - 1
    while above > 0 and lines[above - 1].startswith("#"):  # comments that belong to the function stay with it
        above -= 1
    if changes.added:
        after[above:above] = [*"\n\n\n".join(changes.added).split("\n"), "", ""]
    if changes.imports:
        at = _below_imports(source, first_line(target))
        gap = [""] if at < len(after) and after[at].strip() and not _is_import(source, at) else []
        after[at:at] = [*changes.imports, *gap]
    return "\n".join(after)


def changes_of(source: Source, name: str, candidate: str) -> Changes:
    """What a candidate changes.

    Raises:
        Malformed: more than it may.
    """
    try:
        found = read_source(source.path, candidate)
        function = find_function(found, name)
    except ConfigurationError as error:
        raise Malformed(str(error).replace(f"{source.path}:{name}: the module", "the program")) from error
    check_call(find_function(source, name), function)
    known, decorators = _given(source, name)
    imports, added = [], []
    for node in found.tree.body:
        if node is function or ast.dump(node) in known or says_nothing(node):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports += _new_imports(node, source)
            continue
        bound = bound_names(node)
        if not bound:
            raise Malformed(
                f"the program does something at its top level: {ast.unparse(node)[:80]}; it may only define"
            )
        if old := sorted(bound & source.bound):
            raise Malformed(f"only {name} may change, but {old[0]} is another; add helpers under new names")
        for each in sorted(bound):
            check_new_name(source, each)
        added.append(_with_comments(found, node))
    decorated = [ast.dump(each) for each in function.decorator_list] != list(decorators)
    start = first_line(function) if decorated and function.decorator_list else function.lineno
    text = "\n".join(found.lines[start - 1 : function.end_lineno])
    return Changes(text, decorated, tuple(imports), tuple(added))


@lru_cache(_MODULES)
def _given(source: Source, name: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The statements of the module and of the program extracted from it, and the decorators of its function, each dumped."""
    given = read_source(source.path, extracted(source, name, files=False))
    known = frozenset(ast.dump(node) for node in (*given.tree.body, *source.tree.body))
    return known, tuple(ast.dump(each) for each in find_function(given, name).decorator_list)


def _new_imports(node: ast.Import | ast.ImportFrom, source: Source) -> list[str]:
    """The import, without what the module imports itself.

    Raises:
        Malformed: it binds a name that has another meaning in the module.
    """
    there = {one for each in source.tree.body if isinstance(each, type(node)) for one in _aliases(each)}
    new = [alias for alias, one in zip(node.names, _aliases(node), strict=True) if one not in there]
    if isinstance(node, ast.ImportFrom) and node.module == "__future__" and new:
        raise Malformed("the program has an import from __future__ that its module does not have")
    if any(alias.name == "*" for alias in new):
        raise Malformed(f"'{ast.unparse(node)}': import names, not all of them")
    for alias in new:
        bound = alias.asname or alias.name.partition(".")[0]
        if bound in source.bound:
            raise Malformed(f"'{ast.unparse(node)}' gives another meaning to {bound}, which the module has")
        check_new_name(source, bound)
    if not new:
        return []
    if isinstance(node, ast.Import):
        return [ast.unparse(ast.Import(names=new))]
    return [ast.unparse(ast.ImportFrom(module=node.module, names=new, level=node.level))]


def _aliases(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str | None, int, str, str | None]]:
    module, level = (node.module, node.level) if isinstance(node, ast.ImportFrom) else (None, 0)
    return [(type(node).__name__, module, level, alias.name, alias.asname) for alias in node.names]


def _with_comments(found: Source, node: ast.stmt) -> str:
    start = first_line(node) - 1
    while start > 0 and found.lines[start - 1].startswith("#"):
        start -= 1
    return "\n".join(found.lines[start : node.end_lineno])


def _below_imports(source: Source, before: int) -> int:
    """The number of lines to the end of the last import above line `before`, or of the docstring, or 0."""
    at = 0
    for node in source.tree.body:
        if first_line(node) >= before:
            break
        docstring = node is source.tree.body[0] and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or docstring:
            at = node.end_lineno or at
    return at


def _is_import(source: Source, at: int) -> bool:
    return any(isinstance(node, (ast.Import, ast.ImportFrom)) and node.lineno == at + 1 for node in source.tree.body)
