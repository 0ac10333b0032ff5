"""Put a candidate's functions into their module and change nothing else.

A candidate may change some of the functions. It may add imports, constants and helper functions under names that the module does
not have, and functions to the classes of its methods. A method may stand without its class. What else a candidate repeats of the
module must be as it is there. The text that `spliced` returns is what `strop apply` writes; `scored` is the same text without the
values that only the marks use, so that no program can look up the answers that its score expects.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, lru_cache
from inspect import Parameter
from itertools import pairwise
from pathlib import Path
from textwrap import indent

from strop.base.errors import ConfigurationError, Malformed
from strop.base.solution import is_costly_to_parse
from strop.base.syntax import syntax_tree
from strop.base.unified_diff import plain_text
from strop.base.user_modules import own_file
from strop.tasks.arguments import signature_of
from strop.tasks.function.source import Source, bound_names, first_line, in_a_line, is_mark, joined, needed_names, used

MOST_READ = 6000
"""Characters of what is shown of a class beside the functions that may change."""
_CANDIDATES, _MODULES = 64, 8
"""How many candidates and modules are remembered: a run asks for a candidate's module wherever it evaluates or shows it."""
_EVERYWHERE = frozenset(dir(builtins)) | {"__all__", "__dir__", "__file__", "__getattr__", "__path__"}
"""Names that mean something in every module."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
_IMPORTS = (ast.Import, ast.ImportFrom)
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_PART_OF_A_CLASS = re.compile(r"(?:[ \t]*(?:#.*)?\n)*[ \t]+[^\s#]")
"""The beginning of indented code."""
_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_ANY = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_MAKERS = ("__init__", "__new__", "__post_init__")
"""Methods that give an object its attributes."""
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
    """The only definition of `name` at the top level of a module, or of `Class.name` in a class, perhaps in a branch there. Stubs
    for type checkers do not count.

    Raises:
        ConfigurationError: there is none or more than one, or it is no plain function.
    """
    where = f"{source.path}:{name}"
    *outer, last = name.split(".")
    body: list[ast.stmt] = source.tree.body
    for class_name in outer:
        classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name == class_name]
        body = classes[0].body if len(classes) == 1 else []
    definitions = [definition for node in body for definition in _definitions(node, last)]
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


def _definitions(node: ast.AST, name: str) -> list[ast.AST]:
    """What defines a name at a statement: the functions in its branches, or else the statement."""
    if isinstance(node, _DEFINED):
        return [node] * (node.name == name and not _is_stub(node))
    parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, (ast.stmt, ast.excepthandler))]
    functions = [inner for part in parts for inner in _definitions(part, name) if isinstance(inner, _DEFINED)]
    return [*functions] or [node] * (name in bound_names(node))


def _is_stub(node: Function | ast.ClassDef) -> bool:
    """Whether a definition only declares a form of calls, by `@overload`."""
    return any(ast.unparse(decorator).rpartition(".")[2] == "overload" for decorator in node.decorator_list)


def functions_of(body: Sequence[ast.stmt], outer: str = "") -> dict[str, Function]:
    """The functions of a module's or a class's statements, also those of classes in it, by their qualified names."""
    found = dict[str, Function]()
    for node in body:
        if isinstance(node, ast.ClassDef):
            found |= functions_of(node.body, f"{outer}{node.name}.")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[f"{outer}{node.name}"] = node
    return found


def changeable(source: Source) -> list[str]:
    """The functions of a module that a candidate can have another text of, in the order of the file: only one has the name."""
    found = list[str]()
    for name in functions_of(source.tree.body):
        with suppress(ConfigurationError):
            find_function(source, name)
            found.append(name)
    return found


def alone(source: Source, names: Sequence[str]) -> str:
    """The program that improvers start from: the functions without their marks, and the definitions that these use. Methods stand
    in their class, with what they use of it."""
    targets = {find_function(source, name) for name in names}
    own = {top: _shown(source, top, targets) for top in {_top(source, target) for target in targets}}
    needed = set[str]().union(*(names for _, names in own.values())).difference(*map(bound_names, own))
    future = {node for node in source.tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"}
    statements = used(source, needed) | own.keys() | future
    texts = {node: own[node][0] if node in own else source.of(node) for node in source.tree.body if node in statements}
    return joined(texts) + "\n"


def _shown(source: Source, top: ast.stmt, targets: set[Function]) -> tuple[str, set[str]]:
    """What is shown of a statement of the module, and the names that this uses.

    Of a class, the functions that may change are shown, and what these use of it, directly or indirectly. What is too long
    becomes one line.
    """
    inside = [node for node in ast.walk(top) if isinstance(node, ast.ClassDef) and targets & {*ast.walk(node)}]
    heads = {node: ast.ClassDef(**{**vars(node), "body": []}) for node in inside}
    texts: dict[ast.stmt, str] = {node: indent(ast.unparse(heads[node]), _margin(source, node)) for node in inside}
    names = {getattr(part, "id", "") for head in heads.values() for part in ast.walk(head)}
    column_of = {
        part: node.body[0].col_offset for node in inside for one in node.body for part in _in_branches(one, targets)
    }
    parts = [*column_of] or _in_branches(top, targets)
    room, attributes = MOST_READ, set[str]()
    more: list[ast.stmt] = [part for part in parts if part in targets]
    while more:
        for part in more:
            marks = [mark for mark in getattr(part, "decorator_list", ()) if part in targets and is_mark(mark)]
            rows = {*range(first_line(part), _last(part) + 1)}.difference(*map(_lines_of, marks))
            texts[part] = "\n".join(source.lines[row - 1] for row in sorted(rows))
            if (column := column_of.get(part, 0)) != part.col_offset:  # it is in a branch
                texts[part] = "\n".join(_moved(source, part, " " * column))
            size = 0 if part in targets else len(texts[part])
            if size > room:
                texts[part] = _margin(source, part) + in_a_line(part, texts[part])
            else:
                room -= size
                names |= needed_names(part, source)
                attributes |= {getattr(one, "attr", "") for one in ast.walk(part)}
        more = [part for part in parts if part not in texts and _gives(part) & (names | attributes)]
    shown = sorted(texts, key=first_line)
    gaps = ["\n" * (isinstance(part, _DEFINED) and before not in inside) for before, part in pairwise(shown)]
    return "\n".join(gap + texts[part] for gap, part in zip(["", *gaps], shown, strict=True)), names


def _in_branches(part: ast.stmt, targets: set[Function]) -> list[ast.stmt]:
    """The functions that may change in the branches of a statement, or else the statement."""
    inner = [] if isinstance(part, _DEFINED) else [one for one in ast.walk(part) if one in targets]
    return [*inner] or [part]


def _gives(part: ast.stmt) -> set[str]:
    """The names that a part of a class binds there or, as `__init__` does, in objects."""
    sets = ast.walk(part) if getattr(part, "name", "") in _MAKERS else ()
    return bound_names(part) | {
        one.attr for one in sets if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)
    }


def _top(source: Source, target: Function) -> ast.stmt:
    """The statement of the module that the function is in."""
    return next(node for node in source.tree.body if node.lineno <= target.lineno <= _last(node))


def _margin(source: Source, node: ast.stmt) -> str:
    return source.lines[node.lineno - 1][: node.col_offset]


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
        program, functions, added = _change(source, names, candidate)
        patched = source
        for name in functions:
            text = _put(patched, name, program, functions, added)
            patched = replace(read_source(source.path, text), decorated=source.decorated)
        shown = dict.fromkeys([*names, *(home + name for home, node in added if home for name in bound_names(node))])
        return patched.text, _without_marks(patched, hidden(source)), alone(patched, [*shown])
    except ConfigurationError as error:
        message = re.sub(rf"{re.escape(str(source.path))}:[\w.]+: the module", "the program", str(error))
        return message.replace(str(source.path), "the program")
    except Malformed as error:
        return str(error)
    except SyntaxError as error:  # an error in the use of names is found only when the symbols are read
        return f"the program is not Python: {error.msg} (line {error.lineno})"
    except (RecursionError, MemoryError):
        return "the program is nested too deeply to be read; nest less"


def _change(
    source: Source, names: tuple[str, ...], candidate: str
) -> tuple[Source, dict[str, Function], list[tuple[str, ast.stmt]]]:
    """A candidate, its functions that may change, by name, and what it adds: statements of the module behind an empty text, and
    functions of a class behind `Class.`.

    Raises:
        Malformed: it changes nothing that it may, or something else.
    """
    head = "class _:\n" if _PART_OF_A_CLASS.match(candidate) else ""
    program = read_source(source.path, head + candidate)
    parts = [
        getattr(node, "body", ()) if head and not number else [node] for number, node in enumerate(program.tree.body)
    ]
    functions, added = dict[str, Function](), list[tuple[str, ast.stmt]]()
    dumps = cache(lambda home: {ast.dump(node) for node in _body(source, home)})
    for home, node in _in_classes(source, names, [node for part in parts for node in part]):
        defined = {home + name for name in bound_names(node)}
        for name in sorted(defined.intersection(names)):
            found = _definitions(node, name.removeprefix(home))
            if len(found) > 1 or not all(isinstance(one, Function) for one in found) or (found and name in functions):
                raise Malformed(f"the program must define {name} once, as a plain def")
            for one in found:
                functions[name] = one  # type: ignore[assignment]
        if defined.isdisjoint(names) and ast.dump(node) not in dumps(home) and not _says_nothing(node):
            added.append((home, node))
    if not functions:
        raise Malformed(
            f"the program defines no such function; answer with {' or '.join(names)}, methods in their class"
        )
    for home, node in added:
        _check_added(source, names, home, node)
    return program, functions, added


def _in_classes(source: Source, names: Sequence[str], body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """A candidate's statements, each behind its class as `Class.`, or behind an empty text.

    Where the candidate leaves out a class, its methods that may change, what else it has, and new functions that are used as
    attributes belong to it.
    """
    placed = [*_placed(source, body)]
    homes = {name.rpartition(".")[0] + "." for name in names if "." in name} - {home for home, _ in placed}
    parts = [part for node in body for part in ast.walk(node)] if homes else []
    attributes = {getattr(part, "attr", "") for part in parts} - {getattr(part, "id", "") for part in parts}
    for home, node in placed:
        bound = bound_names(node)
        fit = {one for one in homes if isinstance(node, Function) and one + node.name in names}
        if not fit and bound.isdisjoint(source.bound):
            fit = {one for one in homes if bound & (attributes | _bound(source, one))}
        yield (fit.pop() if not home and len(fit) == 1 and bound.isdisjoint(names) else home), node


def _placed(source: Source, body: Sequence[ast.stmt], home: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """Statements and, of classes that the module has, their parts, each behind its class."""
    for node in body:
        if isinstance(node, ast.ClassDef) and _body(source, f"{home}{node.name}."):
            yield from _placed(source, node.body, f"{home}{node.name}.")
        else:
            yield home, node


def _body(source: Source, home: str) -> list[ast.stmt]:
    """The statements of a class, or of the module."""
    body: list[ast.stmt] = source.tree.body
    for name in home.split(".")[:-1]:
        body = [part for node in body if isinstance(node, ast.ClassDef) and node.name == name for part in node.body]
    return body


def _bound(source: Source, home: str) -> set[str]:
    return set[str]().union(*map(bound_names, _body(source, home)))


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


def _put(
    source: Source,
    name: str,
    program: Source,
    functions: Mapping[str, Function],
    added: Sequence[tuple[str, ast.stmt]],
) -> str:
    """The module with a function of a candidate, and with what the candidate adds: to the module beside its first function, to a
    class beside the first one there."""
    target, function = find_function(source, name), functions[name]
    check_parameters(target, function)
    margin, first = _margin(source, target), _above(program, function)
    lines = _moved(program, function, margin)
    begin, own = target.lineno - 1, lines[function.lineno - first :]
    before, now = (
        [ast.dump(decorator) for decorator in node.decorator_list if not is_mark(decorator)]
        for node in (target, function)
    )
    if name == source.decorated:
        if now and before != now:
            raise Malformed(f"{name} must keep its decorators: what is measured is the function below them")
    elif before != now and (now or "." not in name):  # what stands above the mark stays there
        marks = [_lines_of(decorator)[-1] for decorator in target.decorator_list if is_mark(decorator)]
        begin = max(marks, default=first_line(target) - 1)
        fixed = [ast.dump(decorator) for decorator in target.decorator_list if decorator.lineno <= begin]
        new = [
            decorator
            for decorator in function.decorator_list
            if not is_mark(decorator) and ast.dump(decorator) not in fixed
        ]
        own = [lines[line - first] for decorator in new for line in _lines_of(decorator)] + own
    home = name.rpartition(".")[0] + "."
    if name == next(one for one in functions if one.rpartition(".")[0] + "." == home):
        own += [line for to, node in added if to == home for line in ["", *_moved(program, node, margin)]]
    after = [*source.lines[:begin], *own, *source.lines[target.end_lineno or 0 :]]
    if name == next(iter(functions)):
        _add(source, _top(source, target), program, added, after)
    return "\n".join(after)


def _add(
    source: Source, top: ast.stmt, program: Source, added: Sequence[tuple[str, ast.stmt]], after: list[str]
) -> None:
    """Put what a candidate adds to the module into its lines, above the statement `top`, which changes."""
    above = _above(source, top) - 1
    imports = [line for _, node in added if isinstance(node, _IMPORTS) for line in _new_imports(node, source)]
    nodes = [node for home, node in added if not home and not isinstance(node, _IMPORTS)]
    after[above:above] = [line for node in nodes for line in [*_moved(program, node, ""), "", ""]]
    if imports:
        row = _below_imports(source, first_line(top))
        gap = [""] if row < len(after) and after[row].strip() and not _is_import(source, row) else []
        after[row:row] = [*imports, *gap]


def _moved(program: Source, node: ast.stmt, margin: str) -> list[str]:
    """The lines of a definition and of the comments above it, indented by `margin`. A text with lines to the left of it stays."""
    first, column, fixed = _above(program, node), node.col_offset, set[int]()
    for part in ast.walk(node):
        if isinstance(part, (ast.Constant, ast.JoinedStr)):
            rows = range(part.lineno + 1, (part.end_lineno or 0) + 1)
            fixed.update(rows if any(program.lines[row - 1][: column + 1].strip() for row in rows) else ())
    return [
        line if row in fixed or line[:column].strip() or not line.strip() else margin + line[column:]
        for row, line in enumerate(program.lines[first - 1 : node.end_lineno], first)
    ]


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


def _check_added(source: Source, names: Sequence[str], home: str, node: ast.stmt) -> None:
    """Raise Malformed if a candidate may not add the statement to the module, or to the class `home`."""
    if isinstance(node, _IMPORTS) and not home:
        return
    bound = sorted(bound_names(node))
    if not bound:
        raise Malformed(f"the program does something at its top level: {ast.unparse(node)[:80]}; it may only define")
    for name in bound:
        has_method = any(one.rpartition(".")[0] + "." == home for one in names)
        is_old = name in _bound(source, home) or (
            home
            and (
                not (isinstance(node, Function) and has_method)
                or name[:2] == name[-2:] == "__"
                or any(name == getattr(part, "attr", "") for part in ast.walk(source.tree))
            )
        )
        if is_old:
            raise Malformed(
                f"only {' and '.join(names)} may change, and {home}{name} changes, too; leave it as it is, and add functions "
                "under new names"
            )
        _check_new_name(source, name)


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
        raise Malformed("the program has an import from __future__ that its module does not have; leave it out")
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


def _above(source: Source, node: ast.stmt) -> int:
    """The first line of a definition and of the comments directly above it."""
    first, column = first_line(node), node.col_offset
    while first > 1 and re.match(rf"\s{{{column}}}#", source.lines[first - 2]):
        first -= 1
    return first


def _below_imports(source: Source, before: int) -> int:
    """The number of lines to the end of the last import above line `before`, or of the docstring, or 0."""
    line = 0
    for node in source.tree.body:
        if first_line(node) >= before:
            break
        docstring = node is source.tree.body[0] and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, _IMPORTS) or docstring:
            line = node.end_lineno or line
    return line


def _is_import(source: Source, line: int) -> bool:
    return any(isinstance(node, _IMPORTS) and node.lineno == line + 1 for node in source.tree.body)
