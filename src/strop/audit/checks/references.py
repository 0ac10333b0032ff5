"""S002-S005 and S009-S013: use of things from outside, by their paths, under whatever name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from strop.audit import displays
from strop.audit.paths import (
    DYNAMIC,
    FILE_METHODS,
    FILES,
    HIDDEN,
    HIDDEN_ELSEWHERE,
    INTERNALS,
    INTROSPECTION,
    MODEL,
    PROCESS,
    PROGRAM,
    TABLE,
    rule_of,
)
from strop.audit.program import MODEL_CLASS, Hit, Program, paths
from strop.audit.values import HANDLES, LANGUAGE_MODEL, Constant, Instance, Known, Scope, Written

_BY_COMPUTED_NAME = {"builtins": DYNAMIC, "os": PROCESS, "sys": INTROSPECTION}
_COPIES = frozenset({"copy.copy", "copy.deepcopy"})
_TIMED = frozenset({"timeit.timeit", "timeit.repeat", "timeit.Timer"})
_ROLES = frozenset({"role", "expertise"})
_LISTINGS = frozenset({"builtins.vars", "builtins.dir"})
_GUEST_MODULES = frozenset({"strop", "channel", "frames", "handles", "__main__"})
_MEMORY = frozenset({"io.BytesIO()", "io.StringIO()", "tempfile.SpooledTemporaryFile()"})


def check_references(program: Program) -> Iterator[Hit]:
    """Every use of a thing that the table names."""
    excused: set[ast.AST] = set(program.idle)
    yield from _check_passed_on(program)
    for node, scope in program.nodes:
        if node in excused:
            continue
        if isinstance(node, ast.Call):
            excused.update(_excused(node, scope, program))
            yield from _check_call(node, scope, program)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            if isinstance(node, (ast.Name, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
                continue
            yield from _check_reference(node, scope, program)
        if isinstance(node, ast.Attribute):
            yield from _check_attribute(node, scope, program)
        elif isinstance(node, ast.ClassDef):
            own = program.resolver.names.scopes[node]
            if program.is_model_class(Written(node, own.parent or own)):
                yield Hit(MODEL, node, f"class {node.name}(LanguageModel)")
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _check_import(node)


def _check_passed_on(program: Program) -> Iterator[Hit]:
    """`pool.submit(LanguageModel, role)`: built by somebody else."""
    for invocation in program.invocations:
        passed_on = invocation.function is not invocation.call.func and not program.earlier
        if passed_on and MODEL_CLASS in paths(program.functions(invocation)):
            yield Hit(MODEL, invocation.call, "LanguageModel, passed on")


def _check_reference(node: ast.expr, scope: Scope, program: Program) -> Iterator[Hit]:
    for path in paths(program.resolver.values(node, scope)):
        if path.endswith("()"):
            continue
        rule, entry = rule_of(path)
        if rule == PROGRAM:
            yield Hit(PROCESS, node, entry)
        if rule and not (rule == INTERNALS and isinstance(node, ast.Name)):
            yield Hit(rule, node, entry)


def _check_attribute(node: ast.Attribute, scope: Scope, program: Program) -> Iterator[Hit]:
    values = program.resolver.values(node.value, scope)
    own = any(isinstance(value, (Written, Instance)) for value in values)
    if node.attr in HIDDEN:
        yield Hit(INTROSPECTION, node, node.attr)
    elif node.attr in FILE_METHODS and not own and not any(rule_of(f"{path}.{node.attr}")[0] for path in paths(values)):
        yield Hit(FILES, node, node.attr)
    elif _is_hidden_elsewhere(node, scope, program) and not own and not _is_base(node, program):
        yield Hit(INTROSPECTION, node, node.attr)
    if node.attr.startswith("_") and not node.attr.startswith("__") and program.is_handle(node.value, scope):
        yield Hit(INTERNALS, node, node.attr)


def _is_hidden_elsewhere(node: ast.Attribute, scope: Scope, program: Program) -> bool:
    """`__dict__` only of a handle: of other things it is common."""
    return node.attr in HIDDEN_ELSEWHERE and (node.attr != "__dict__" or program.is_handle(node.value, scope))


def _check_import(node: ast.Import | ast.ImportFrom) -> Iterator[Hit]:
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for module in modules:
        if module.partition(".")[0] in _GUEST_MODULES:
            yield Hit(INTERNALS, node, f"import {module}")


def _check_call(node: ast.Call, scope: Scope, program: Program) -> Iterator[Hit]:
    called = paths(program.resolver.values(node.func, scope))
    arguments = [program.resolver.values(argument, scope) for argument in node.args]
    for path in called:
        if path in (MODEL_CLASS, f"{LANGUAGE_MODEL}.__class__", f"{MODEL_CLASS}.__new__"):
            if not (program.earlier and path == MODEL_CLASS and _names_a_role_only(node)):
                yield Hit(MODEL, node, "LanguageModel(...)")
        elif path in _COPIES and arguments and LANGUAGE_MODEL in paths(arguments[0]):
            yield Hit(MODEL, node, f"{path} of the handle")
        elif path in (f"{MODEL_CLASS}.__init__", f"{LANGUAGE_MODEL}.__init__") and not _in_class(scope):
            yield Hit(MODEL, node, "LanguageModel.__init__")
        elif path == "builtins.type" and len(arguments) == 3 and _derives(node, scope, program):
            yield Hit(MODEL, node, "a class made of LanguageModel")
        elif path.endswith("object.__new__") and arguments and MODEL_CLASS in paths(arguments[0]):
            yield Hit(MODEL, node, "LanguageModel.__new__")
        elif path in _TIMED and _is_timed_text(node, scope, program):
            yield Hit(DYNAMIC, node, f"{path} of a text")
        elif path == "builtins.getattr" and len(node.args) > 1:
            yield from _check_getattr(node, scope, program)
        elif path in ("operator.attrgetter", "operator.methodcaller"):
            yield from _check_getter(node, scope, program)
        elif (
            path in _LISTINGS and arguments and set(HANDLES) & set(paths(arguments[0])) and not _is_base(node, program)
        ):
            yield Hit(INTROSPECTION, node, f"{path.removeprefix('builtins.')} of a handle")


def _in_class(scope: Scope) -> bool:
    """Whether code stands in a class of the program, whose `super().__init__` is judged with the class."""
    at: Scope | None = scope
    while at is not None and not isinstance(at.node, ast.ClassDef):
        at = at.parent
    return at is not None


def _derives(node: ast.Call, scope: Scope, program: Program) -> bool:
    bases = displays.elements(node.args[1], scope, program.resolver)
    return any(isinstance(base, Known) and base.path == MODEL_CLASS for base in bases)


def _check_getattr(node: ast.Call, scope: Scope, program: Program) -> Iterator[Hit]:
    """Hidden attributes by name, and attributes of dangerous modules by a name that cannot be told."""
    names = program.resolver.values(node.args[1], scope)
    for name in names:
        if isinstance(name, Constant) and name.value in HIDDEN:
            yield Hit(INTROSPECTION, node, str(name.value))
    if not names:
        for path in paths(program.resolver.values(node.args[0], scope)):
            rule = _BY_COMPUTED_NAME.get(path) or TABLE.get(f"{path}.*", "")
            if rule:
                yield Hit(PROCESS if rule == PROGRAM else rule, node, f"an attribute of {path} by a computed name")


def _check_getter(node: ast.Call, scope: Scope, program: Program) -> Iterator[Hit]:
    for argument in node.args:
        for name in program.resolver.values(argument, scope):
            parts = name.value.split(".") if isinstance(name, Constant) and isinstance(name.value, str) else []
            for part in HIDDEN.intersection(parts):
                yield Hit(INTROSPECTION, node, part)


def _is_base(node: ast.expr, program: Program) -> bool:
    """Whether `vars(handle)` is written to: that is for another rule."""
    for target, _, _ in program.resolver.names.subscripts:
        if target.value is node:
            return True
    return any(
        isinstance(call.func, ast.Attribute) and call.func.value is node for call, _ in program.resolver.names.changes
    )


def _names_a_role_only(node: ast.Call) -> bool:
    return len(node.args) <= 1 and all(keyword.arg in _ROLES for keyword in node.keywords)


def _is_timed_text(node: ast.Call, scope: Scope, program: Program) -> bool:
    """Whether `timeit` is given a text to execute, rather than a function."""
    given = [*node.args[:2], *(each.value for each in node.keywords if each.arg in ("stmt", "setup"))]
    for argument in given:
        values = program.resolver.values(argument, scope)
        if isinstance(argument, ast.JoinedStr) or any(
            isinstance(value, Constant) and isinstance(value.value, str) for value in values
        ):
            return True
        if not values and not isinstance(argument, ast.Lambda):
            return True
    return False


def _excused(node: ast.Call, scope: Scope, program: Program) -> Iterator[ast.AST]:
    """What a call makes harmless: a database in memory, arrays in memory, threads instead of processes."""
    first = program.resolver.values(node.args[0], scope) if node.args else ()
    for path in paths(program.resolver.values(node.func, scope)):
        in_memory = path == "sqlite3.connect" and any(
            isinstance(value, Constant) and value.value in (":memory:", "") for value in first
        )
        packed = path.startswith("numpy.") and any(value.path in _MEMORY for value in first if isinstance(value, Known))
        threads = path == "joblib.Parallel" and any(
            isinstance(keyword.value, ast.Constant) and keyword.value.value in ("threads", "threading")
            for keyword in node.keywords
        )
        if in_memory or packed or threads:
            yield from ast.walk(node.func)
            yield node
