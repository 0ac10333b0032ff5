"""Put a candidate's functions into their module and change nothing else.

A candidate may change some of the functions, and add imports, constants and helper functions under names that the module does not
have. What else it repeats of the module must be as it is there. The text that `spliced` returns is what `strop apply` writes;
`scored` is the same text without the values that only the marks use, so that no program can look up the answers that its score
expects.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from inspect import Parameter
from pathlib import Path

from strop.base.errors import ConfigurationError, Malformed
from strop.base.solution import is_costly_to_parse
from strop.base.syntax import syntax_tree
from strop.base.unified_diff import plain_text
from strop.base.user_modules import own_file
from strop.tasks.arguments import signature_of
from strop.tasks.function.source import Source, bound_names, first_line, is_mark, joined, needed_names, used

_CANDIDATES, _MODULES = 64, 8
"""How many candidates and modules are remembered: a run asks for a candidate's module wherever it evaluates or shows it."""
_EVERYWHERE = frozenset(dir(builtins)) | {"__all__", "__dir__", "__file__", "__getattr__", "__path__"}
"""Names that mean something in every module."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_ANY = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_UNNAMED = (Parameter.POSITIONAL_ONLY, *_ANY)
"""Parameters that no call names."""


def read_source(path: Path, text: str) -> Source:
    """The module with this text.

    Raises:
        ConfigurationError: it is not Python, or has line ends that other programs would not recognise.
    """
    normal = plain_text(text)
    if "\r" in normal:
        raise ConfigurationError(f"{path} has carriage returns inside of lines; save it with ordinary line ends")
    if is_costly_to_parse(normal):
        raise ConfigurationError(f"{path} is not Python: it has a name of more than 100 parts")
    try:
        return Source(path, normal, syntax_tree(normal))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigurationError(f"{path} is not Python: {error}") from error


def find_function(source: Source, name: str) -> Function:
    """The only definition of `name` at the top level of a module, or of `Class.name` in a class.

    Raises:
        ConfigurationError: there is none or more than one, or it is no plain function.
    """
    where = f"{source.path}:{name}"
    *outer, last = name.split(".")
    body: list[ast.stmt] = source.tree.body
    for class_name in outer:
        classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name == class_name]
        body = classes[0].body if len(classes) == 1 else []
    definitions = [node for node in body if last in bound_names(node)]
    if len(definitions) != 1:
        raise ConfigurationError(
            f"{where}: the module defines {last} {len(definitions)} times; keep one"
            if definitions
            else f"{where}: the module defines no such function at its top level or in a class"
        )
    (node,) = definitions
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        raise ConfigurationError(f"{where} is no plain def")
    return node


def alone(source: Source, names: Sequence[str]) -> str:
    """The program that improvers start from: the functions without their marks, and the definitions that these use. Methods stand
    in their class."""
    own = dict[ast.stmt, list[str]]()
    for name in sorted(names, key=lambda name: find_function(source, name).lineno):
        target = find_function(source, name)
        marked = {line for mark in filter(is_mark, target.decorator_list) for line in _lines_of(mark)}
        lines = [source.lines[line - 1] for line in range(first_line(target), _last(target) + 1) if line not in marked]
        before = own.get(_top(source, target))
        heads = (
            [f"class {class_name}:" for class_name in name.split(".")[:-1]] if before is None else ["", *_further(name)]
        )
        own[_top(source, target)] = [*(before or []), *heads, *lines]
    statements = used(source, set[str]().union(*(needed_names(top, source) for top in own))) | own.keys()
    statements |= {
        node for node in source.tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    }
    texts = {
        node: "\n".join(own[node]) if node in own else source.of(node)
        for node in source.tree.body
        if node in statements
    }
    return joined(texts) + "\n"


def _top(source: Source, target: Function) -> ast.stmt:
    """The statement of the module that the function is in."""
    return next(node for node in source.tree.body if node.lineno <= target.lineno <= _last(node))


def _lines_of(node: ast.expr) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _last(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def spliced(source: Source, names: tuple[str, ...], candidate: str) -> str:
    """The module's text with the candidate's functions in place of its own, and new helpers above them; line ends are newlines.

    Raises:
        Malformed: the candidate has none of the functions, changes more than these, or adds a name that the module has.
    """
    return _texts(source, names, candidate)[0]


def scored(source: Source, names: tuple[str, ...], candidate: str) -> str:
    """As `spliced`, with empty lines in place of the marks and of the definitions that only the marks use. Raises like
    `spliced`."""
    return _texts(source, names, candidate)[1]


def unmarked(version: Source, source: Source) -> str:
    """The text of a version of a module, with empty lines in place of the marks and of the definitions that only its marks, or
    those of `source`, use."""
    return _without_marks(version, hidden(version) | hidden(source))


def with_definitions(source: Source, names: tuple[str, ...], candidate: str) -> str:
    """A candidate with the definitions of its module that it uses. Raises like `spliced`."""
    return _texts(source, names, candidate)[2]


def _texts(source: Source, names: tuple[str, ...], candidate: str) -> tuple[str, str, str]:
    texts = _made(source, names, candidate)
    if isinstance(texts, str):
        raise Malformed(texts)
    return texts


@lru_cache(_CANDIDATES)
def _made(source: Source, names: tuple[str, ...], candidate: str) -> tuple[str, str, str] | str:
    """The candidate `spliced`, `scored` and `with_definitions`, or why there is none."""
    try:
        program, patched = read_source(source.path, candidate), source
        there = [name for name in names if _defines(program, name)] or names[:1]
        functions = {name: find_function(program, name) for name in there}
        for name in functions:
            patched = replace(
                read_source(source.path, _put(patched, name, program, functions)), decorated=source.decorated
            )
        return patched.text, _without_marks(patched, hidden(source)), alone(patched, names)
    except ConfigurationError as error:
        message = re.sub(rf"{re.escape(str(source.path))}:[\w.]+: the module", "the program", str(error))
        return message.replace(str(source.path), "the program")
    except Malformed as error:
        return str(error)
    except SyntaxError as error:  # an error in the use of names is found only when the symbols are read
        return f"the program is not Python: {error.msg} (line {error.lineno})"
    except (RecursionError, MemoryError):
        return "the program is nested too deeply to be read"


def _without_marks(patched: Source, unseen: frozenset[ast.stmt]) -> str:
    lines, dropped = list(patched.lines), {ast.dump(node) for node in unseen}
    for node in patched.tree.body:
        if ast.dump(node) in dropped:
            _clear(lines, first_line(node), node.end_lineno or 0)
        for part in ast.walk(node):
            for mark in filter(is_mark, getattr(part, "decorator_list", ())):
                _clear(lines, mark.lineno, mark.end_lineno or 0)
    return "\n".join(lines)


def _clear(lines: list[str], first: int, last: int) -> None:
    lines[first - 1 : last] = [""] * (last - first + 1)


@lru_cache(_MODULES)
def hidden(source: Source) -> frozenset[ast.stmt]:
    """The statements that are hidden from programs: those that bind values and imports which only the marks use, and those that
    need these. Numbers and texts are not hidden, nor are functions that need nothing hidden."""
    marked = [node for node in ast.walk(source.tree) if any(map(is_mark, getattr(node, "decorator_list", ())))]
    marks = [mark for node in marked for mark in node.decorator_list if is_mark(mark)]  # type: ignore[attr-defined]
    named = {part.id for mark in marks for part in ast.walk(mark) if isinstance(part, ast.Name)}
    tops = [node for node in source.tree.body if any(part in marked for part in ast.walk(node))]
    needed = used(source, set[str]().union(*map(bound_names, tops)))
    secret = {
        node for node in used(source, named) - needed if not isinstance(node, _DEFINED) and not _is_plain(node, source)
    }
    while more := {
        node
        for node in set(source.tree.body) - needed - secret
        if needed_names(node, source) & set[str]().union(*map(bound_names, secret))
    }:
        secret |= more
    return frozenset(secret)


def _is_plain(node: ast.stmt, source: Source) -> bool:
    """Whether a statement binds a number or a text, or imports from Python or from an installed package."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return isinstance(node.value, (ast.Constant, ast.UnaryOp))
    if isinstance(node, ast.ImportFrom):
        return not node.level and own_file(source.path, node.module or "") is None
    return isinstance(node, ast.Import) and all(own_file(source.path, alias.name) is None for alias in node.names)


def _put(source: Source, name: str, program: Source, functions: Mapping[str, Function]) -> str:
    target, function = find_function(source, name), functions[name]
    check_parameters(target, function)
    if function.col_offset != target.col_offset:
        raise Malformed(f"{name} must be indented by {target.col_offset} columns, as in its module")
    imports, added = _new(source, program, functions)
    begin, own = target.lineno - 1, program.lines[function.lineno - 1 : function.end_lineno]
    before, now = (
        [ast.dump(decorator) for decorator in node.decorator_list if not is_mark(decorator)]
        for node in (target, function)
    )
    if name == source.decorated:
        if now and before != now:
            raise Malformed(f"{name} must keep its decorators: what is measured is the function below them")
    elif before != now:  # what stands above the mark stays there
        marks = [_lines_of(decorator)[-1] for decorator in target.decorator_list if is_mark(decorator)]
        begin = max(marks, default=first_line(target) - 1)
        fixed = [ast.dump(decorator) for decorator in target.decorator_list if decorator.lineno <= begin]
        new = [
            decorator
            for decorator in function.decorator_list
            if not is_mark(decorator) and ast.dump(decorator) not in fixed
        ]
        own = [program.lines[line - 1] for decorator in new for line in _lines_of(decorator)] + own
    after = [*source.lines[:begin], *own, *source.lines[target.end_lineno or 0 :]]
    top = _top(source, target)
    above = first_line(top) - 1
    while above > 0 and source.lines[above - 1].startswith("#"):  # comments that belong to the function stay with it
        above -= 1
    if added:
        after[above:above] = [*"\n\n\n".join(added).split("\n"), "", ""]
    if imports:
        row = _below_imports(source, first_line(top))
        gap = [""] if row < len(after) and after[row].strip() and not _is_import(source, row) else []
        after[row:row] = [*imports, *gap]
    return "\n".join(after)


def check_parameters(before: Function, after: Function) -> None:
    """Raise Malformed unless every call that was right before means the same after."""
    old, new = (
        [
            ("" if parameter.kind in _UNNAMED else parameter.name, parameter.kind, parameter.default is parameter.empty)
            for parameter in parameters
        ]
        for parameters in (signature_of(node.args).parameters.values() for node in (before, after))
    )
    places = [parameter for parameter in old if parameter[1] in _POSITIONAL]
    more = [parameter for parameter in new if parameter not in old]
    keeps_old = [parameter for parameter in new if parameter in old] == old and new[: len(places)] == places
    takes_any = any(kind in _ANY for _, kind, _ in (*old, *more))
    if not keeps_old or (more and (takes_any or any(needed for *_, needed in more))):
        raise Malformed(
            f"{before.name} must keep its parameters ({ast.unparse(before.args)}); further ones need a default"
        )


def _new(source: Source, program: Source, functions: Mapping[str, Function]) -> tuple[list[str], list[str]]:
    """The imports and the definitions that a candidate adds, each with the comments directly above it."""
    existing = {ast.dump(node) for node in source.tree.body}
    imports, added, name = [], [], " and ".join(functions)
    for node in program.tree.body:
        own = next(
            (
                function_name
                for function_name, of in functions.items()
                if node.lineno <= of.lineno <= (node.end_lineno or 0)
            ),
            "",
        )
        if (own and _has_only(node, functions.values())) or ast.dump(node) in existing or _says_nothing(node):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports += _new_imports(node, source)
            continue
        bound = bound_names(node)
        if not bound:
            raise Malformed(
                f"the program does something at its top level: {ast.unparse(node)[:80]}; it may only define"
            )
        if own or (old := sorted(bound & source.bound)):
            raise Malformed(f"only {name} may change, and {own.split('.')[0] if own else old[0]} changes, too")
        for new_name in sorted(bound):
            _check_new_name(source, new_name)
        added.append(_with_comments(program, node))
    return imports, added


def _has_only(node: ast.stmt, functions: Collection[Function]) -> bool:
    """Whether a statement is one of the functions, or a class that holds nothing else."""
    if isinstance(node, ast.ClassDef):
        return all(_has_only(inner, functions) for inner in node.body)
    return node in functions


def _defines(program: Source, name: str) -> bool:
    """Whether a candidate has a function of this name, or what should be one."""
    body: list[ast.stmt] = program.tree.body
    *outer, last = name.split(".")
    for class_name in outer:
        body = [
            inner for node in body if isinstance(node, ast.ClassDef) and node.name == class_name for inner in node.body
        ]
    return any(last in bound_names(node) for node in body)


def _further(name: str) -> list[str]:
    """The heads of the inner classes around a method whose outermost class is open already."""
    return ["    " * depth + f"class {class_name}:" for depth, class_name in enumerate(name.split(".")[1:-1], 1)]


def _says_nothing(node: ast.stmt) -> bool:
    """Whether a statement is a docstring, or runs only if the module is run as a script."""
    if isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return True
    return isinstance(node, ast.If) and ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'"


def _check_new_name(source: Source, name: str) -> None:
    if name in _EVERYWHERE:
        raise Malformed(f"{name} is a built-in name, which the module must keep; choose another name")
    if name in source.bound or name in source.named:
        raise Malformed(f"the module uses the name {name} already; choose another name")


def _new_imports(node: ast.Import | ast.ImportFrom, source: Source) -> list[str]:
    """The import without the names that the module imports itself. Raises Malformed if it gives another meaning to a name."""
    there = {one for statement in source.tree.body if isinstance(statement, type(node)) for one in _aliases(statement)}
    new = [alias for alias, one in zip(node.names, _aliases(node), strict=True) if one not in there]
    if isinstance(node, ast.ImportFrom) and node.module == "__future__" and new:
        raise Malformed("the program has an import from __future__ that its module does not have")
    if any(alias.name == "*" for alias in new):
        raise Malformed(f"'{ast.unparse(node)}': import names, not all of them")
    for alias in new:
        _check_new_name(source, alias.asname or alias.name.partition(".")[0])
    if not new:
        return []
    if isinstance(node, ast.Import):
        return [ast.unparse(ast.Import(names=new))]
    return [ast.unparse(ast.ImportFrom(module=node.module, names=new, level=node.level))]


def _aliases(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str | None, int, str, str | None]]:
    module, level = (node.module, node.level) if isinstance(node, ast.ImportFrom) else (None, 0)
    return [(type(node).__name__, module, level, alias.name, alias.asname) for alias in node.names]


def _with_comments(program: Source, node: ast.stmt) -> str:
    start = first_line(node) - 1
    while start > 0 and program.lines[start - 1].startswith("#"):
        start -= 1
    return "\n".join(program.lines[start : node.end_lineno])


def _below_imports(source: Source, before: int) -> int:
    """The number of lines to the end of the last import above line `before`, or of the docstring, or 0."""
    line = 0
    for node in source.tree.body:
        if first_line(node) >= before:
            break
        docstring = node is source.tree.body[0] and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or docstring:
            line = node.end_lineno or line
    return line


def _is_import(source: Source, line: int) -> bool:
    return any(isinstance(node, (ast.Import, ast.ImportFrom)) and node.lineno == line + 1 for node in source.tree.body)
