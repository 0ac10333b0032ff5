"""Replace a program's entry function by a textbook algorithm, under the program's own names.

This is recombination, one half of genetic improvement: the new program has the entry function's name and parameters, the
textbook's code, and the parts of the program that the old entry function did not use.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable

from strop.base.syntax import syntax_tree
from strop.lm.offline.library import Algorithm
from strop.lm.offline.prompt import PromptProgram
from strop.lm.offline.shapes import Signature


def adapt(algorithm: Algorithm, program: PromptProgram) -> str:
    """The program with its entry function replaced. The two must be of the same shape.

    Where no name has to change, the textbook's text is used unchanged, with comments and line breaks; otherwise it is printed
    from its syntax tree. Comments of the program are lost.

    Raises:
        ValueError: the program has no signature, or one of another shape.
    """
    signature = program.signature
    if program.tree is None or signature is None or signature.shape != algorithm.shape:
        raise ValueError(f"a {algorithm.shape} algorithm does not fit this program")
    if algorithm not in program.adapted:
        program.adapted[algorithm] = _adapted(algorithm, program.tree, signature)
    return program.adapted[algorithm]


def _adapted(algorithm: Algorithm, tree: ast.Module, signature: Signature) -> str:
    kept = _kept(tree, signature.function, _defined(syntax_tree(algorithm.text).body))
    body = _renamed(algorithm, signature)
    return "\n\n".join([*(ast.unparse(statement) for statement in kept), body])


def _renamed(algorithm: Algorithm, signature: Signature) -> str:
    names = [argument.arg for argument in signature.function.args.args]
    if (
        signature.entry == algorithm.entry
        and tuple(names) == algorithm.parameters
        and _is_plain(signature.function.args)
    ):
        return algorithm.text
    tree = syntax_tree(algorithm.text)
    rename = _Rename(algorithm, signature)
    return ast.unparse(rename.visit(tree)) + "\n"


def _is_plain(arguments: ast.arguments) -> bool:
    return not (arguments.posonlyargs or arguments.vararg or arguments.kwonlyargs or arguments.kwarg)


class _Rename(ast.NodeTransformer):
    """Gives the textbook's entry function the program's name and parameters.

    A local variable of the textbook with the name of one of the program's parameters gets an underscore.
    """

    def __init__(self, algorithm: Algorithm, signature: Signature) -> None:
        self.algorithm, self.signature = algorithm, signature
        self.roles = dict(zip(algorithm.parameters, signature.roles, strict=True))
        self.taken = {node.arg for node in ast.walk(signature.function.args) if isinstance(node, ast.arg)}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.name != self.algorithm.entry:
            return node
        taken = {name: f"{name}_" for name in self.taken if self.roles.get(name) != name}
        inner = _Names(taken | self.roles)
        node.name = self.signature.entry
        node.args = _bare(self.signature.function.args)
        node.body = [inner.visit(statement) for statement in node.body]
        return node


class _Names(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return node


def _bare(arguments: ast.arguments) -> ast.arguments:
    """The parameters without annotations, and with constant defaults."""
    bare = copy.deepcopy(arguments)
    for argument in ast.walk(bare):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    bare.defaults = [_constant(default) for default in bare.defaults]
    bare.kw_defaults = [default and _constant(default) for default in bare.kw_defaults]
    return bare


def _constant(default: ast.expr) -> ast.expr:
    return default if isinstance(default, ast.Constant) else ast.Constant(None)


def _kept(tree: ast.Module, entry: ast.FunctionDef, replaced: set[str]) -> list[ast.stmt]:
    """The top-level definitions that the old entry function does not use, and everything that these use."""
    definitions = [
        node for node in tree.body if node is not entry and (_is_import(node) or _defined([node]) - replaced)
    ]
    used = _reached([entry], definitions)
    others = [node for node in definitions if node not in used and not _is_import(node)]
    needed = _reached(others, definitions)
    return [node for node in definitions if node in others or node in needed]


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _reached(roots: list[ast.stmt], definitions: list[ast.stmt]) -> list[ast.stmt]:
    reached: list[ast.stmt] = []
    frontier = list(roots)
    while frontier:
        names = {node.id for node in ast.walk(frontier.pop()) if isinstance(node, ast.Name)}
        new = [node for node in definitions if node not in reached and _defined([node]) & names]
        reached += new
        frontier += new
    return reached


def _defined(statements: Iterable[ast.stmt]) -> set[str]:
    """The names that top-level statements define."""
    names: set[str] = set()
    for statement in statements:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(statement.name)
            case ast.Import() | ast.ImportFrom():
                names |= {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
            case ast.Assign() | ast.AnnAssign():
                names |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return names
