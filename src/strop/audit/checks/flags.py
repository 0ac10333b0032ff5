"""S001: a flag of the sandbox is turned off, wherever the False comes from."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from strop.audit import displays
from strop.audit.paths import DYNAMIC, rule_of
from strop.audit.program import Hit, Program, paths
from strop.audit.values import HANDLES, UTILITY, Constant, Invocation, Known, Scope, Source, Value, Written

RULE = "S001"
_NEGATIONS = (
    "disable",
    "no_",
    "no-",
    "nosandbox",
    "without",
    "skip",
    "bypass",
    "unsandbox",
    "outside",
    "avoid",
    "off",
    "un_",
)
_WEAK_ON = frozenset(
    {"safe", "isolated", "isolate", "isolation", "secure", "restricted", "jail", "jailed", "confined", "confine", "guard",
     "guarded", "protected", "protect", "safe_mode", "safety", "restrict", "contained"}
)  # fmt: skip
_WEAK_OFF = frozenset(
    {"unsafe", "trusted", "trust", "unrestricted", "unrestrict", "allow_unsafe", "bypass", "privileged", "insecure"}
)
_OFF_WORDS = frozenset(
    {"none", "off", "false", "no", "disabled", "disable", "0", "unsafe", "host", "never", "bypass", "skip"}
)
_EVALUATIONS = (UTILITY, f"{UTILITY}.map", f"{UTILITY}.report")
_TALKING = frozenset({"format", "format_map", "debug", "info", "warning", "error", "log", "update", "append"})
_DEPTH = 6


def polarity(name: str, *, weak: bool) -> bool | None:
    """Whether a flag of this name is on when the sandbox is; None where it is no flag of a sandbox.

    A name with `sandbox` in it is one everywhere; general words (`safe`, `trusted`) only on the utility itself (`weak`).
    """
    lowered = name.lower()
    if "sandbox" in lowered:
        return not any(mark in lowered for mark in _NEGATIONS)
    words = {lowered, *lowered.split("_")}
    if weak and words & _WEAK_OFF:
        return False
    return True if weak and words & _WEAK_ON else None


def check_flags(program: Program) -> Iterator[Hit]:
    """Arguments, defaults, attributes."""
    running = _running(program)
    for invocation in program.invocations:
        yield from _check_invocation(invocation, running, program)
    for node, scope in program.nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node in running:
            yield from _check_defaults(node, program)
        elif isinstance(node, ast.Call):
            yield from _check_setattr(node, scope, program)
    for target, source, scope in program.resolver.names.attributes:
        if source is None or not _is_foreign(target.value, scope, program):
            continue
        if _turns_off(target.attr, source, True, program) or _replaces_defaults(target.attr, source, program):
            yield Hit(RULE, target, f".{target.attr} = ...")
    for item, source, scope in program.resolver.names.subscripts:
        if source is not None and _is_of_handle(item.value, scope, program):
            names = [displays.as_constant(key) for key in program.resolver.values(item.slice, scope)]
            if any(isinstance(name, str) and _turns_off(name, source, True, program) for name in names):
                yield Hit(RULE, item, "an entry of the handle's __dict__")


def _replaces_defaults(name: str, source: Source, program: Program) -> bool:
    """`utility.__kwdefaults__ = {"use_sandbox": False}`, `utility.__defaults__ = (False,)`."""
    if name == "__defaults__" and source.node is not None:
        defaults = displays.elements(source.node, source.scope, program.resolver)
        return any(isinstance(each, Constant) and not each.value for each in defaults)
    pairs = [pair for value in program.resolver.of(source) for pair in displays.entries(value, program.resolver)]
    return name == "__kwdefaults__" and any(
        isinstance(key, str) and _turns_off(key, given, True, program) for key, given in pairs
    )


def _running(program: Program) -> frozenset[ast.AST]:
    """Own functions that evaluate or execute programs: a flag of theirs is one of a sandbox."""
    found = set(program.asking)
    for node, scope in program.nodes:
        known = (
            paths(program.resolver.values(node, scope))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            else []
        )
        at: Scope | None = scope if any(rule_of(path)[0] == DYNAMIC for path in known) else None
        while at is not None:
            found.add(at.node)
            at = at.parent
    return frozenset(found)


def _check_invocation(invocation: Invocation, running: frozenset[ast.AST], program: Program) -> Iterator[Hit]:
    functions = program.functions(invocation)
    evaluates = any(isinstance(each, Known) and each.path in _EVALUATIONS for each in functions)
    called = invocation.function
    talks = isinstance(called, ast.Attribute) and called.attr in _TALKING
    if not evaluates and not _may_have_a_sandbox(functions, running, talks):
        return
    named = list(invocation.keywords)
    for unpacked in invocation.unpacked:
        for value in program.resolver.of(unpacked):
            named += [
                (key, source) for key, source in displays.entries(value, program.resolver) if isinstance(key, str)
            ]
    for name, source in named:
        if _turns_off(name, source, evaluates, program) or (evaluates and _names_no_sandbox(source, program)):
            yield Hit(RULE, invocation.call, f"{name}=...")
    if evaluates:
        for source in invocation.positional[1:2]:
            if may_be(False, source, program):
                yield Hit(RULE, invocation.call, "the second argument of the utility")
    for function in functions:
        if isinstance(function, Written) and isinstance(function.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = [argument.arg for argument in (*function.node.args.posonlyargs, *function.node.args.args)]
            if isinstance(function.scope.node, ast.ClassDef):
                names = names[1:]
            for name, source in zip(names, invocation.positional, strict=False):
                if _turns_off(name, source, False, program):
                    yield Hit(RULE, invocation.call, f"{name}, by position")


def _names_no_sandbox(source: Source, program: Program) -> bool:
    """`utility(solution, mode="unsandboxed")`."""
    words = [value.value.lower() for value in program.resolver.of(source)
             if isinstance(value, Constant) and isinstance(value.value, str)]  # fmt: skip
    return any(word == "unsafe" or polarity(word, weak=False) is False for word in words)


def _may_have_a_sandbox(functions: list[Value], running: frozenset[ast.AST], talks: bool) -> bool:
    """Unknown functions may unless they make texts; handles do; own ones that evaluate or execute; libraries do not."""
    if not functions:
        return not talks
    for function in functions:
        if isinstance(function, Written) and function.node in running:
            return True
        if isinstance(function, Known) and function.path.startswith(HANDLES):
            return True
    return False


def _check_defaults(node: ast.FunctionDef | ast.AsyncFunctionDef, program: Program) -> Iterator[Hit]:
    for sources in program.resolver.names.scopes[node].bindings.values():
        for source in sources:
            if source.function is node and source.default is not None:
                default = Source("value", source.default, source.scope)
                if _turns_off(source.name, default, False, program):
                    yield Hit(RULE, source.default, f"default of {source.name}")


def _check_setattr(node: ast.Call, scope: Scope, program: Program) -> Iterator[Hit]:
    for path in paths(program.resolver.values(node.func, scope)):
        if path.endswith(("setattr", "__setattr__")):
            arguments = node.args if len(node.args) == 3 else [node.func, *node.args]
            if len(arguments) == 3 and _is_foreign(arguments[0], scope, program):
                names = [displays.as_constant(name) for name in program.resolver.values(arguments[1], scope)]
                source = Source("value", arguments[2], scope)
                if any(isinstance(name, str) and _turns_off(name, source, True, program) for name in names):
                    yield Hit(RULE, node, "setattr of the flag")


def _is_foreign(node: ast.expr, scope: Scope, program: Program) -> bool:
    """A handle, or something of which nothing is known; not an object of the program's own."""
    values = program.resolver.values(node, scope)
    return not values or any(isinstance(value, Known) and value.path.startswith(HANDLES) for value in values)


def _is_of_handle(node: ast.expr, scope: Scope, program: Program) -> bool:
    return any(path.startswith(HANDLES) for path in paths(program.resolver.values(node, scope)))


def _turns_off(name: str, source: Source, weak: bool, program: Program) -> bool:
    on = polarity(name, weak=weak)
    return on is not None and may_be(not on, source, program)


def may_be(truth: bool, source: Source, program: Program) -> bool:
    """Whether a flag may come out as `truth`; a condition that cannot be told may be either."""
    values = program.resolver.of(source)
    constants = [value.value for value in values if isinstance(value, Constant)]
    if any(_truth(constant) == truth for constant in constants):
        return True
    if truth is False and any(
        isinstance(v, Written) and isinstance(v.node, ast.Dict) and not v.node.keys for v in values
    ):
        return True
    return not constants and _is_condition(source, program, 0)


def _truth(constant: object) -> bool:
    if isinstance(constant, str):
        return constant.lower() not in _OFF_WORDS and bool(constant)
    return bool(constant)


def _is_condition(source: Source, program: Program, depth: int) -> bool:
    """A comparison or a negation whose outcome is unknown, perhaps through a name."""
    node = source.node
    if source.how != "value" or node is None or depth > _DEPTH:
        return False
    if isinstance(node, ast.Name):
        scope: Scope | None = source.scope
        while scope is not None and node.id not in scope.bindings:
            scope = scope.parent
        bound = [] if scope is None else scope.bindings[node.id]
        return any(_is_condition(each, program, depth + 1) for each in bound)
    return isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))
