"""What objects of a module's classes hold, as its text says."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from strop.base.errors import ConfigurationError
from strop.base.syntax import parsed
from strop.tasks.function.calls import RecordedCalls

_MAKING = ("__init__", "__new__", "__post_init__")


def check_fields(recorded: RecordedCalls, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Refuse two versions of files in which objects of recorded calls do not hold the same: such an object is of one version, and
    the other cannot use it. Raises ConfigurationError."""
    for path in sorted(before.keys() & after.keys()):
        old, new = _fields(before[path]), _fields(after[path])
        for name in sorted(old.keys() & new.keys()):
            if (differ := old[name] ^ new[name]) and any(name.encode() in call.arguments for call in recorded.calls):
                raise ConfigurationError(
                    f"{path}: the recorded calls of {recorded.name} hold objects of {name}, whose fields differ between both "
                    f"versions ({', '.join(sorted(differ)[:5])}); record a function that makes these objects itself"
                )


def _fields(text: str) -> dict[str, set[str]]:
    """Class → the attributes that its objects have from the beginning."""
    tree = parsed(text)
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)] if tree else []
    return {node.name: {name for part in node.body for name in _made(part)} for node in classes}


def _made(part: ast.stmt) -> set[str]:
    if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
        return {part.target.id}
    if isinstance(part, ast.Assign) and "__slots__" in [getattr(target, "id", "") for target in part.targets]:
        return {str(item.value) for item in ast.walk(part.value) if isinstance(item, ast.Constant)}
    if not isinstance(part, ast.FunctionDef) or part.name not in _MAKING:
        return set()
    inner = [one for one in ast.walk(part) if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)]
    return {one.attr for one in inner if isinstance(one.value, ast.Name) and one.value.id == "self"}
