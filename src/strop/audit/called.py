"""What attributes, methods and calls give: modules by name, handles, own functions and classes, folded constants."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from strop.audit import displays, fold
from strop.audit.values import (
    HANDLES,
    LANGUAGE_MODEL,
    Applied,
    Constant,
    Function,
    Instance,
    Invocation,
    Known,
    Reader,
    Scope,
    Source,
    Value,
    Written,
)

PATH_OBJECT = "pathlib.Path()"
_PATHS = frozenset(f"pathlib.{name}" for name in ("Path", "PosixPath", "WindowsPath"))
_SAME_PATH = frozenset(
    [
        "parent",
        "parents",
        "joinpath",
        "with_name",
        "with_suffix",
        "with_stem",
        "absolute",
        "relative_to",
        "expanduser",
        "resolve",
    ]
)
_SAME = frozenset({"__call__", "__func__", "__wrapped__", "__get__"})
_ALIASES = {"posix": "os", "nt": "os", "_socket": "socket", "_io": "io", "np": "numpy", "_thread": "threading"}
_IMPORTS = frozenset({"builtins.__import__", "importlib.import_module", "importlib.__import__", "pkgutil.resolve_name"})
_NAMESPACES = frozenset({"types.SimpleNamespace", "argparse.Namespace"})
_COPIES = frozenset({"copy.copy", "copy.deepcopy", "weakref.proxy"})
_ONE_OF = frozenset({"builtins.next", "builtins.min", "builtins.max", "random.choice"})
_PARTIAL = frozenset({"functools.partial", "functools.partialmethod"})
_GETTERS = frozenset({"operator.attrgetter", "operator.itemgetter", "operator.methodcaller"})
_SAME_FUNCTION = frozenset(
    {"functools.cache", "functools.lru_cache", "functools.wraps()", "staticmethod", "classmethod"}
)
GLOBALS = "<globals>"


def canonical(path: str) -> str:
    """The path by which the rules know it: `posix.system` is `os.system`."""
    head, dot, rest = path.partition(".")
    return _ALIASES.get(head, head) + dot + rest


def is_method(function: Function, scope: Scope) -> bool:
    """Whether a function written in `scope` is a method whose first parameter is what it belongs to."""
    if not isinstance(scope.node, ast.ClassDef) or isinstance(function, ast.Lambda):
        return False
    return not any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in function.decorator_list)


def owner(function: Function, scope: Scope) -> list[Value]:
    """What the first parameter of a method stands for: an instance, or the class."""
    assert isinstance(scope.node, ast.ClassDef) and scope.parent is not None
    own = Written(scope.node, scope.parent)
    decorators = [] if isinstance(function, ast.Lambda) else function.decorator_list
    if any(isinstance(each, ast.Name) and each.id == "classmethod" for each in decorators):
        return [own]
    return [Instance(own, None, scope.parent)]


def argument(invocation: Invocation, source: Source, reader: Reader) -> list[Value]:
    """What one call gives for a parameter."""
    function = source.function
    assert function is not None
    found = [value for name, given in invocation.keywords if name == source.name for value in reader.of(given)]
    for unpacked in invocation.unpacked:
        for value in reader.of(unpacked):
            matching = [given for key, given in displays.entries(value, reader) if key == source.name]
            found += [each for given in matching for each in reader.of(given)]
    place = source.index - (1 if is_method(function, source.scope) else 0)
    if source.index >= 0 and 0 <= place < len(invocation.positional):
        found += reader.of(invocation.positional[place])
    return found


def attribute(base: Value, name: str, reader: Reader) -> list[Value]:
    """What `base.name` may stand for."""
    if isinstance(base, Known):
        return [_known_attribute(base.path, name)]
    if isinstance(base, Applied):
        return [base] if name in _SAME else []
    if isinstance(base, Constant):
        if name == "value":  # of a member of an enumeration
            return [base]
        return [Known(f"builtins.{type(base.value).__name__}.{name}")] if name.startswith("__") else []
    if isinstance(base, Written) and name in _SAME:
        return [base]
    thing = base
    key = base.of.node if isinstance(base, Instance) else base.node
    found = list(reader.once(("attribute", key, name), lambda: _assigned(thing, name, reader)))
    if isinstance(base, Instance):
        found += _given_to_constructor(base, name, reader)
        found += _in_class(base.of, name, reader)
    elif isinstance(base.node, ast.ClassDef):
        found += _in_class(base, name, reader)
    elif isinstance(base.node, ast.Call):
        found += displays.item(base, name, reader) if displays.entries(base, reader) else []
    return found


def _known_attribute(path: str, name: str) -> Known:
    if name in _SAME:
        return Known(path)
    if name == "__self__" and path.startswith("builtins."):
        return Known("builtins")
    if name == "__builtins__":
        return Known("builtins")
    if path == PATH_OBJECT and name in _SAME_PATH:
        return Known(PATH_OBJECT)
    return Known(canonical(f"{path}.{name}"))


def _in_class(own: Written, name: str, reader: Reader, depth: int = 0) -> list[Value]:
    """An attribute of a class, or of its bases."""
    scope = reader.names.scopes.get(own.node)
    if scope is None or not isinstance(own.node, ast.ClassDef) or depth > 8:
        return []
    found = [value for source in scope.bindings.get(name, ()) for value in reader.of(source)]
    if not found:
        for base in own.node.bases:
            for value in reader.values(base, own.scope):
                if isinstance(value, Written):
                    above = value
                    found += reader.once(
                        ("in class", above.node, name),
                        lambda: _in_class(above, name, reader, depth + 1),  # noqa: B023
                    )
                elif isinstance(value, Known) and value.path in HANDLES:
                    found.append(Known(f"{value.path}.{name}"))
    return found


def _assigned(base: Value, name: str, reader: Reader) -> list[Value]:
    """What is assigned to `name` of this object anywhere: `self.flag = False`."""
    found: list[Value] = []
    for target, source, scope in reader.names.attributes:
        if (
            target.attr == name
            and source is not None
            and any(_same_thing(base, value) for value in reader.values(target.value, scope))
        ):
            found += reader.of(source)
    return found


def _same_thing(one: Value, other: Value) -> bool:
    nodes = [each.of.node if isinstance(each, Instance) else each.node if isinstance(each, Written) else None
             for each in (one, other)]  # fmt: skip
    return nodes[0] is not None and nodes[0] is nodes[1]


def _given_to_constructor(base: Instance, name: str, reader: Reader) -> list[Value]:
    """A field of a dataclass or a named tuple."""
    scope = reader.names.scopes.get(base.of.node)
    if base.call is None or scope is None or "__init__" in scope.bindings:
        return []
    assert isinstance(base.of.node, ast.ClassDef)
    given = [keyword.value for keyword in base.call.keywords if keyword.arg == name]
    fields = [each.target.id for each in base.of.node.body
              if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)]  # fmt: skip
    if name in fields and fields.index(name) < len(base.call.args):
        given.append(base.call.args[fields.index(name)])
    return [value for node in given for value in reader.values(node, base.scope)]


def looked_up(path: str, key: str, reader: Reader) -> list[Value]:
    """What `path[key]` may stand for: entries of `__dict__`, `vars()`, `globals()`, `sys.modules`."""
    if path == GLOBALS:
        module = reader.names.module
        if key == "__builtins__":
            return [Known("builtins")]
        found = [value for source in module.bindings.get(key, ()) for value in reader.of(source)]
        return found or [Known(f"builtins.{key}")]
    if path == "builtins":
        return [Known(f"builtins.{key}")]
    if path == "sys.modules":
        return [Known(canonical(key))]
    if path.endswith(".__dict__"):
        return [_known_attribute(path.removesuffix(".__dict__"), key)]
    return []


def result(node: ast.Call, scope: Scope, reader: Reader) -> Iterable[Value]:
    """What a call gives."""
    found: list[Value] = []
    if isinstance(node.func, ast.Attribute):
        found += _of_method(node, node.func, scope, reader)
    for function in reader.values(node.func, scope):
        if isinstance(function, Known):
            found += _of_known(function.path, node, scope, reader)
        elif isinstance(function, Applied) and _getter(function):
            found += _got(function, node, scope, reader)
        elif isinstance(function, Applied):
            found += _of_known(function.function.path, node, scope, reader) if isinstance(
                function.function, Known) else _of_written(function.function, node, scope, reader)  # fmt: skip
        else:
            found += _of_written(function, node, scope, reader)
    return found


def _of_method(node: ast.Call, function: ast.Attribute, scope: Scope, reader: Reader) -> list[Value]:
    """Methods of constants and of dicts."""
    found: list[Value] = []
    arguments = [reader.values(each, scope) for each in node.args]
    for base in reader.values(function.value, scope):
        if isinstance(base, Constant) and isinstance(base.value, (str, bytes)):
            if function.attr == "join" and node.args:
                joined = displays.elements(node.args[0], scope, reader)
                parts = tuple(displays.as_constant(each) for each in joined)
                found += displays.folded(lambda *of: fold.method(of[0], "join", [of[1]]), [[base], [Constant(parts)]])
            else:
                found += displays.folded(lambda *of: fold.method(of[0], function.attr, of[1:]), [[base], *arguments])
        elif function.attr in ("get", "pop", "setdefault", "__getitem__") and node.args:
            keys = [displays.as_constant(key) for key in arguments[0]]
            for key in keys:
                if isinstance(base, Known) and isinstance(key, str):
                    found += looked_up(base.path, key, reader)
                elif isinstance(base, (Written, Constant)):
                    found += displays.item(base, key, reader)
            if len(node.args) > 1 and not found:
                found += arguments[1]
    return found


def _of_known(path: str, node: ast.Call, scope: Scope, reader: Reader) -> Iterable[Value]:
    """What a function from outside gives."""
    arguments = node.args
    if path == "builtins.getattr" and len(arguments) >= 2:
        names = [displays.as_constant(value) for value in reader.values(arguments[1], scope)]
        texts = [name for name in names if isinstance(name, str)]
        bases = reader.values(arguments[0], scope)
        return [value for base in bases for name in texts for value in attribute(base, name, reader)]
    if path in _IMPORTS and arguments:
        names = [displays.as_constant(value) for value in reader.values(arguments[0], scope)]
        whole = path != "builtins.__import__" or len(arguments) > 3 or bool(node.keywords)
        return [
            Known(canonical((name if whole else name.partition(".")[0]).replace(":", ".")))
            for name in names
            if isinstance(name, str)
        ]
    if path in ("builtins.vars", "builtins.globals", "builtins.locals"):
        return _names_as_dict(path, node, scope, reader)
    if path == "builtins.type" and len(arguments) == 1:
        return [value for each in reader.values(arguments[0], scope) for value in class_of(each)]
    if path in _GETTERS and arguments:
        return (Applied(Known(f"{path}()"), node, scope),)
    if path in _PARTIAL and arguments:
        return [Applied(value, node, scope) for value in reader.values(arguments[0], scope)]
    if path in _SAME_FUNCTION or path in _COPIES:
        return reader.values(arguments[0], scope) if arguments else ()
    if path == "builtins.dict" or path in _NAMESPACES or path.endswith(("dict.fromkeys", ".OrderedDict")):
        return (Written(node, scope),)
    if path in _ONE_OF and arguments:
        return (
            *displays.elements(arguments[0], scope, reader),
            *[v for each in arguments[1:] for v in reader.values(each, scope)],
        )
    if path in ("language_model.LanguageModel", f"{LANGUAGE_MODEL}.__class__"):
        return (Known(LANGUAGE_MODEL),)
    if path in _PATHS or path == PATH_OBJECT:
        return (Known(PATH_OBJECT),)
    operands = [reader.values(each, scope) for each in arguments]
    folded = displays.folded(lambda *of: fold.call(path, of), operands)
    return folded or (Known(canonical(f"{path}()")),)


def _getter(function: Applied) -> bool:
    return isinstance(function.function, Known) and function.function.path.removesuffix("()") in _GETTERS


def _got(function: Applied, node: ast.Call, scope: Scope, reader: Reader) -> list[Value]:
    """`attrgetter("a.b")(thing)`, `itemgetter("a")(thing)`, `methodcaller("a")(thing)`."""
    assert isinstance(function.function, Known)
    if function.call is None or not node.args:
        return []
    found: list[Value] = []
    names = [displays.as_constant(each) for each in reader.values(function.call.args[0], function.scope)]
    for name in names:
        values = list(reader.values(node.args[0], scope))
        if function.function.path == "operator.itemgetter()":
            for value in values:
                known = isinstance(value, Known) and isinstance(name, str)
                found += looked_up(value.path, name, reader) if known else displays.item(value, name, reader)  # type: ignore[union-attr, arg-type]
        elif isinstance(name, str):
            for part in name.split("."):
                values = [each for value in values for each in attribute(value, part, reader)]
            found += values
    return found


def _names_as_dict(path: str, node: ast.Call, scope: Scope, reader: Reader) -> list[Value]:
    if not node.args:
        return [Known(GLOBALS)]
    found: list[Value] = []
    for value in reader.values(node.args[0], scope):
        if isinstance(value, Known):
            found.append(Known(f"{value.path}.__dict__"))
    return found


def class_of(value: Value) -> list[Value]:
    """What `type(value)` gives."""
    if isinstance(value, Known):
        return [Known("types.CodeType" if value.path.endswith("__code__") else f"{value.path}.__class__")]
    if isinstance(value, Instance):
        return [value.of]
    if isinstance(value, Written) and isinstance(value.node, (ast.Lambda, ast.FunctionDef)):
        return [Known("types.FunctionType")]
    return []


def _of_written(function: Value, node: ast.Call, scope: Scope, reader: Reader) -> Iterable[Value]:
    """What the program's own functions and classes give."""
    if isinstance(function, Instance):
        own = function.of
        methods = reader.once(("call", own.node), lambda: _in_class(own, "__call__", reader))
        return [value for method in methods for value in _of_written(method, node, scope, reader)]
    if not isinstance(function, Written):
        return ()
    made = function.node
    if isinstance(made, ast.ClassDef):
        return (Instance(function, node, scope),)
    if isinstance(made, ast.Lambda):
        return reader.values(made.body, reader.names.scopes[made])
    if isinstance(made, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [value for each, at in reader.returns.get(made, ()) for value in reader.values(each, at)]
    return ()
