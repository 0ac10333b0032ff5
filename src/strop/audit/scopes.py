"""The names of a program: which scope binds them, and to what.

The order of assignments is left aside: a name stands for everything that it is ever bound to in its scope. What hides behind a
branch or comes later is thereby seen, at the price of a flag that is overwritten before it is used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from strop.audit.values import Function, Known, Names, Scope, Source, Written

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
MOST_NODES = 50_000
"""Nodes of the syntax tree; a long improver has two thousand."""
CHANGES = frozenset({"append", "add", "insert", "extend", "update", "setdefault", "__setitem__"})
"""Methods that put something into a list, a set or a dict."""
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


class TooLarge(ValueError):
    """The program has more parts than are looked at."""


def names_of(tree: ast.Module) -> Names:
    """Read the names of a whole program. Raises TooLarge."""
    names = Names(Scope(tree, None, {}, {}))
    names.scopes[tree] = names.module
    stack: list[tuple[ast.AST, Scope]] = [(tree, names.module)]
    while stack:
        node, scope = stack.pop()
        names.nodes.append((node, scope))
        if len(names.nodes) > MOST_NODES:
            raise TooLarge(f"of more than {MOST_NODES} parts")
        _bind(node, scope, names)
        stack.extend(reversed(list(_children(node, scope, names))))
    return names


def enclosing(scope: Scope, name: str) -> Scope | None:
    """The scope in which `name`, used in `scope`, is bound; None where the program binds it nowhere."""
    at: Scope | None = scope
    while at is not None:
        declared = at.outer.get(name)
        if declared == "global":
            return _root(at)
        visible = at is scope or not isinstance(at.node, ast.ClassDef)
        if visible and declared is None and name in at.bindings:
            return at
        at = at.parent
    return None


def _root(scope: Scope) -> Scope:
    while scope.parent is not None:
        scope = scope.parent
    return scope


def _children(node: ast.AST, scope: Scope, names: Names) -> Iterator[tuple[ast.AST, Scope]]:
    """The parts of a node, each with the scope that it is evaluated in."""
    if isinstance(node, ast.Lambda):
        yield from ((node.args, scope), (node.body, names.scopes[node]))
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for outside in (*node.decorator_list, node.args, *([] if node.returns is None else [node.returns])):
            yield outside, scope
        for statement in node.body:
            yield statement, names.scopes[node]
    elif isinstance(node, ast.ClassDef):
        for expression in (*node.bases, *node.keywords, *node.decorator_list):
            yield expression, scope
        for statement in node.body:
            yield statement, names.scopes[node]
    elif isinstance(node, COMPREHENSIONS):
        inner = names.scopes[node]
        for number, generator in enumerate(node.generators):
            yield generator.iter, scope if number == 0 else inner
            for part in (generator.target, *generator.ifs):
                yield part, inner
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            yield part, inner
    else:
        for child in ast.iter_child_nodes(node):
            yield child, scope


def _bind(node: ast.AST, scope: Scope, names: Names) -> None:
    """Note what `node` binds in `scope`, and the scope that it makes itself."""
    if isinstance(node, FUNCTIONS):
        _bind_function(node, scope, names)
    elif isinstance(node, ast.ClassDef):
        names.scopes[node] = Scope(node, scope, {}, {})
        _add(scope, node.name, Source("given", None, scope, value=Written(node, scope)))
    elif isinstance(node, COMPREHENSIONS):
        names.scopes[node] = inner = Scope(node, scope, {}, {})
        for number, generator in enumerate(node.generators):
            at = scope if number == 0 else inner
            _bind_target(generator.target, Source("element", generator.iter, at), inner, names)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        _bind_import(node, scope, names)
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.Delete)):
        _bind_assignment(node, scope, names)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        _bind_target(node.target, Source("element", node.iter, scope), scope, names)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        _bind_target(node.optional_vars, Source("value", node.context_expr, scope), scope, names)
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        how = "global" if isinstance(node, ast.Global) else "nonlocal"
        scope.outer.update(dict.fromkeys(node.names, how))
    else:
        _bind_rest(node, scope, names)


def _bind_rest(node: ast.AST, scope: Scope, names: Names) -> None:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            names.changes.append((node, scope))
    elif isinstance(node, ast.ExceptHandler):
        if node.name is not None:
            _add(scope, node.name, Source("given", None, scope))
        if node.type is not None:
            names.mentioned.add(node.type)
    elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name is not None:
        _add(scope, node.name, Source("given", None, scope))
    elif isinstance(node, ast.arg) and node.annotation is not None:
        names.mentioned.add(node.annotation)


def _bind_function(node: Function, scope: Scope, names: Names) -> None:
    inner = names.scopes[node] = Scope(node, scope, {}, {})
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    unset: list[ast.expr | None] = [None]
    defaults = [*unset * (len(positional) - len(arguments.defaults)), *arguments.defaults]
    parameters = [(number, *pair) for number, pair in enumerate(zip(positional, defaults, strict=True))]
    parameters += [(-1, *pair) for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    parameters += [(-2, arguments.vararg, None)] if arguments.vararg is not None else []
    parameters += [(-3, arguments.kwarg, None)] if arguments.kwarg is not None else []
    for number, argument, default in parameters:
        source = Source("parameter", None, scope, number, default=default, name=argument.arg, function=node)
        _add(inner, argument.arg, source)
    if not isinstance(node, ast.Lambda):
        _add(scope, node.name, Source("given", None, scope, value=Written(node, scope)))
        if node.returns is not None:
            names.mentioned.add(node.returns)


def _bind_import(node: ast.Import | ast.ImportFrom, scope: Scope, names: Names) -> None:
    for alias in node.names:
        if isinstance(node, ast.Import):
            path = alias.name if alias.asname else alias.name.partition(".")[0]
        elif alias.name == "*":
            names.stars.append(node.module or "")
            continue
        else:
            path = f"{node.module or ''}.{alias.name}".lstrip(".")
        name = alias.asname or alias.name.partition(".")[0]
        _add(scope, name, Source("given", None, scope, value=Known(path)))


def _bind_assignment(
    node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr | ast.Delete, scope: Scope, names: Names
) -> None:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            _bind_target(target, Source("value", node.value, scope), scope, names)
    elif isinstance(node, ast.NamedExpr):
        at = scope
        while isinstance(at.node, COMPREHENSIONS) and at.parent is not None:
            at = at.parent  # a walrus in a comprehension binds outside of it
        _bind_target(node.target, Source("value", node.value, scope), at, names)
    elif isinstance(node, ast.AnnAssign):
        names.mentioned.add(node.annotation)
        if node.value is not None:
            _bind_target(node.target, Source("value", node.value, scope), scope, names)
    elif isinstance(node, ast.AugAssign):
        _bind_target(node.target, Source("added", node.value, scope), scope, names)
    else:
        for target in node.targets:
            if not isinstance(target, ast.Name):
                _bind_target(target, Source("given", None, scope), scope, names)


def _bind_target(target: ast.expr, source: Source, scope: Scope, names: Names) -> None:
    """Bind what stands on the left of `=`, which may be nested; each part is an item of the right side."""
    parts = [(target, source)]
    while parts:
        part, of = parts.pop()
        if isinstance(part, ast.Name):
            _add(scope, part.id, of)
        elif isinstance(part, ast.Attribute):
            names.attributes.append((part, of, scope))
        elif isinstance(part, ast.Subscript):
            names.subscripts.append((part, of, scope))
        elif isinstance(part, ast.Starred):
            parts.append((part.value, Source("given", None, scope)))
        elif isinstance(part, (ast.Tuple, ast.List)):
            for number, item in enumerate(part.elts):
                parts.append((item, _item(of, number, len(part.elts), scope)))


def _item(of: Source, number: int, count: int, scope: Scope) -> Source:
    if of.node is None or of.how not in ("value", "element"):
        return Source("given", None, scope)
    display = of.node
    if of.how == "value" and isinstance(display, (ast.Tuple, ast.List)) and len(display.elts) == count:
        return Source("value", display.elts[number], of.scope)
    return Source("item" if of.how == "value" else "element item", display, of.scope, number)


def _add(scope: Scope, name: str, source: Source) -> None:
    declared = scope.outer.get(name)
    if declared == "global":
        scope = _root(scope)
    elif declared == "nonlocal":
        at = scope.parent
        while at is not None and name not in at.bindings:
            at = at.parent
        scope = at or scope
    scope.bindings.setdefault(name, []).append(source)
