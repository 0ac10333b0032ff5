"""S006 and S014: what a program writes to that is not its own: budgets of the handles, parts of modules and builtins."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from strop.audit import displays
from strop.audit.program import MODEL_CLASS, Hit, Program, paths
from strop.audit.values import HANDLES, Known, Scope

RULE, PATCH = "S006", "S014"
BUDGETS = frozenset(
    {"budget", "uses", "remaining", "max_responses_per_call", "times_used", "max_n_responses", "max_responses", "used"}
)
_HANDLE_NAMES = frozenset({"utility", "language_model", "lm", "llm", "handle"})
_SETTERS = ("setattr", "delattr", "__setattr__", "__delattr__", "patch.object")
_OWN_STREAMS = frozenset({"sys.stdout", "sys.stderr", "sys.stdin"})


def check_writes(program: Program) -> Iterator[Hit]:
    """Assignments to attributes and entries, setattr and its like."""
    for target, source, scope in program.resolver.names.attributes:
        yield from _check_target(target, target.value, [target.attr], scope, program)
        if target.attr == "__dict__" and source is not None and source.node is not None:
            pairs = displays.entries_of(source.node, source.scope, program.resolver)
            entered = [key for key, _ in pairs if isinstance(key, str)]
            yield from _check_target(target, target.value, entered, scope, program)
    for node, scope in program.nodes:
        if isinstance(node, ast.Call):
            yield from _check_call(node, scope, program)
    for item, _, scope in program.resolver.names.subscripts:
        keys = [displays.as_constant(key) for key in program.resolver.values(item.slice, scope)]
        names = [key for key in keys if isinstance(key, str)]
        yield from _check_entry(item, item.value, names, scope, program)


def _check_target(node: ast.AST, base: ast.expr, names: list[str], scope: Scope, program: Program) -> Iterator[Hit]:
    """`base.name = ...` for any of the names."""
    written = [name for name in names if name.strip("_") in BUDGETS]
    if written and _is_handle(base, scope, program):
        yield Hit(RULE, node, written[0])
    for path in paths(program.resolver.values(base, scope)):
        if _is_module_part(path) and not {f"{path}.{name}" for name in names} <= _OWN_STREAMS:
            yield Hit(PATCH, node, f"{path}.{names[0] if names else '...'}")


def _check_entry(node: ast.AST, base: ast.expr, names: list[str], scope: Scope, program: Program) -> Iterator[Hit]:
    """`vars(handle)["budget"] = ...`."""
    for path in paths(program.resolver.values(base, scope)):
        owner = path.removesuffix(".__dict__")
        if owner == path and path != "builtins":
            continue
        if _names_handle(owner) and any(name in BUDGETS for name in names):
            yield Hit(RULE, node, "an entry of the handle's __dict__")
        elif _is_module_part(owner):
            yield Hit(PATCH, node, f"{path}[...]")


def _check_call(node: ast.Call, scope: Scope, program: Program) -> Iterator[Hit]:
    if isinstance(node.func, ast.Attribute) and node.func.attr in (
        "update",
        "__setitem__",
        "setdefault",
        "pop",
        "clear",
    ):
        keys = [keyword.arg for keyword in node.keywords if keyword.arg]
        for argument in node.args[:1]:
            keys += [key for key, _ in displays.entries_of(argument, scope, program.resolver) if isinstance(key, str)]
            constants = [displays.as_constant(value) for value in program.resolver.values(argument, scope)]
            keys += [key for key in constants if isinstance(key, str)]
        for unpacked in (keyword.value for keyword in node.keywords if keyword.arg is None):
            keys += [key for key, _ in displays.entries_of(unpacked, scope, program.resolver) if isinstance(key, str)]
        yield from _check_entry(node, node.func.value, keys, scope, program)
    called = paths(program.resolver.values(node.func, scope))
    if "operator.setitem" in called and len(node.args) == 3:
        constants = [displays.as_constant(value) for value in program.resolver.values(node.args[1], scope)]
        names = [name for name in constants if isinstance(name, str)]
        yield from _check_entry(node, node.args[0], names, scope, program)
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if not any(path.endswith(_SETTERS) for path in called) and method not in _SETTERS:
        return
    bound = method in ("__setattr__", "__delattr__") and not any(
        path.startswith(("builtins.", "type")) for path in called
    )
    if bound and isinstance(node.func, ast.Attribute) and not _is_class(node.func.value, scope, program):
        base, arguments = node.func.value, node.args
    elif node.args:
        base, arguments = node.args[0], node.args[1:]
    else:
        return
    constants = [
        displays.as_constant(value) for each in arguments[:1] for value in program.resolver.values(each, scope)
    ]
    yield from _check_target(node, base, [name for name in constants if isinstance(name, str)], scope, program)
    if not constants and arguments and _is_handle(base, scope, program):
        yield Hit(RULE, node, "an attribute of the handle by a computed name")


def _is_class(node: ast.expr, scope: Scope, program: Program) -> bool:
    """`type(handle).__setattr__(handle, name, value)`: the handle is the first argument."""
    return any(
        path == MODEL_CLASS or path.endswith(".__class__") for path in paths(program.resolver.values(node, scope))
    )


def _is_handle(node: ast.expr, scope: Scope, program: Program) -> bool:
    values = program.resolver.values(node, scope)
    if any(program.names_handle(value) or (isinstance(value, Known) and _names_handle(value.path)) for value in values):
        return True
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return not values and name in _HANDLE_NAMES


def _names_handle(path: str) -> bool:
    return path == MODEL_CLASS or path.removesuffix(".__class__") in HANDLES


def _is_module_part(path: str) -> bool:
    """A module, or something in one; not a handle, and not what a call gave."""
    return not path.startswith("<") and "()" not in path and "[]" not in path and path != MODEL_CLASS
