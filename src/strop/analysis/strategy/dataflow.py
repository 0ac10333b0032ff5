"""What may flow where in a program: a taint analysis over the names of its syntax tree.

Nothing is executed. Each name has a set of marks: what its value may be made of, and how it was chosen. All functions share
their names, and order and branches do not count: only which marks can reach a prompt, a score or the result.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence

from strop.analysis.strategy import marks as of
from strop.analysis.strategy.marks import NONE, PROGRAM, Asked, Function, Marks, drawn, first, marked, union

ENTRY = "improve_algorithm"
_MOST_PASSES, _MOST_FUNCTIONS = 12, 8


class Dataflow(ast.NodeVisitor):
    """Visiting an expression gives its marks."""

    def __init__(self, tree: ast.Module) -> None:
        self.asked: dict[int, Asked] = {}
        self.scored: Marks = NONE
        self.facts: set[str] = set()
        """`anneals`, `explores`, `halves`, `ucb`."""
        self.words: set[str] = set()
        """Constant texts, without docstrings."""
        self.entry: Function | None = None
        self._holds: dict[str, Marks] = defaultdict(frozenset)
        self._grown: set[str] = set()
        """Names of containers to which elements are added."""
        self._functions: dict[str, list[Function]] = defaultdict(list)
        self._does: dict[int, Marks] = defaultdict(frozenset)
        """`asks`, `scores`, `halves`: by function."""
        self._looped: set[int] = set()
        self._function: ast.AST = tree
        self._reached: dict[int, Function] = {}
        self._loops = 0
        self._done: list[str] = []
        self._called: dict[int, Marks] = {}
        self._tests: list[Marks] = []
        sizes: list[int] = []
        while len(sizes) < _MOST_PASSES and (len(sizes) < 3 or sizes[-3] != sizes[-1]):
            self._pass(tree)
            sizes.append(sum(map(len, self._holds.values())))
        self.returned: Marks = self._holds[f"{id(self.entry)}()"]

    def _pass(self, tree: ast.Module) -> None:
        self._function, self._reached, self._called, self._done = tree, {}, {}, []
        self._all(tree.body)
        if self.entry is None:
            return
        names = of.parameters(self.entry)
        self.earlier = len(names) > 1 and "str" in names[1]
        marks = ("INITIAL", "", "UTILITY") if self.earlier else ("INITIAL", "UTILITY", "")
        self._call([self.entry], [marked(each) for each in marks], {})
        done: set[int] = set()
        while waiting := self._reached.keys() - done:
            done |= waiting
            for function in [self._reached[key] for key in self._reached if key in waiting]:
                self._function, self._loops, self._tests = function, 0, []
                body = [ast.Return(function.body)] if isinstance(function, ast.Lambda) else function.body
                self._does[id(function)] |= self._all(body)

    def _reach(self, name: str) -> None:
        for each in self._functions.get(name, []):
            self._reached[id(each)] = each

    def _hold(self, name: str, marks: Marks) -> None:
        self._holds[name] = union((self._holds[name], marks))

    def _bind(self, target: ast.expr, marks: Marks, *, into: bool = False) -> None:
        """`target = value`; with `into`, the value becomes an element of what `target` is."""
        match target:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                self._hold(name, self._under(marks))
                self._grown.update([name] if into else [])
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for each in parts:
                    self._bind(each, drawn(marks))
            case ast.Subscript(value=container, slice=key):
                keys = self.visit(key) & (PROGRAM | marked("TEXTS HINT PART"))
                self._bind(container, marks | keys, into=True)
            case (
                ast.Call(func=ast.Attribute(value=container)) | ast.Call(args=[container, *_]) | ast.Starred(container)
            ):
                self._bind(container, marks, into=into)

    def _under(self, marks: Marks) -> Marks:
        """The marks of a value that is bound, returned or chosen under the tests around it."""
        tests = union(self._tests)
        if "FLIP" in tests:
            marks |= {"FLIPPED"} | ({"EXPLORED"} if "RANDOM" in marks else NONE)
        return self._chosen(marks, tests & {"BONUS"})

    def _chosen(self, marks: Marks, by: Marks) -> Marks:
        """The marks of a value that a key or index with the marks `by` chooses."""
        if by & {"BONUS", "BY_BONUS"}:
            marks |= {"BY_BONUS"}
            self.facts.update(["ucb"] if marks & PROGRAM else [])
        if by & {"SCORE", "BONUS", "BY_SCORE", "BY_BONUS"} and not marks & (PROGRAM | {"SCORE"}):
            arm = "HINT" in marks or any("=" in mark for mark in marks)
            marks |= {"BY_SCORE", "ARM"} if arm else {"BY_SCORE"}
        return marks

    def _callees(self, node: ast.expr) -> list[Function]:
        """The functions of the program that an expression may stand for."""
        name = getattr(node, "id", getattr(node, "attr", ""))
        return [node] if isinstance(node, ast.Lambda) else self._functions.get(name, [])

    def _call(self, functions: Sequence[Function], args: Sequence[Marks], named: dict[str, Marks]) -> Marks:
        for function in functions:
            self._reached[id(function)] = function
            self._looped.update([id(function)] if self._repeats() else [])
            self._done += self._does[id(function)]
            for name, marks in {**dict(zip(of.parameters(function), args, strict=False)), **named}.items():
                self._hold(name, marks)
        return union(self._holds[f"{id(function)}()"] for function in functions)

    def _repeats(self) -> bool:
        return self._loops > 0 or id(self._function) in self._looped

    # Statements

    def _all(self, nodes: Sequence[ast.AST]) -> Marks:
        """Visit them; returns what they do: `asks`, `scores`, `halves`."""
        before = len(self._done)
        for node in nodes:
            self.visit(node)
        return frozenset(self._done[before:])

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Marks:
        functions = self._functions[node.name]
        if node not in functions and len(functions) < _MOST_FUNCTIONS:
            functions.append(node)
        if node.name == ENTRY and isinstance(self._function, ast.Module) and not of.is_method(node):
            self.entry = node
        return NONE

    def visit_ClassDef(self, node: ast.ClassDef) -> Marks:
        self._all(node.body)
        inits = ("__init__", "__post_init__")
        self._functions[node.name] = [each for each in node.body if getattr(each, "name", "") in inits]  # type: ignore[misc]
        return NONE

    def visit_Lambda(self, node: ast.Lambda) -> Marks:
        return self._call([node], [], {})

    def visit_Expr(self, node: ast.Expr) -> Marks:
        return NONE if isinstance(node.value, ast.Constant) else self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> Marks:
        whole, into = self.visit(node.value), node.targets[0]
        bound = [(target, node.value, whole) for target in node.targets]
        if isinstance(into, ast.Tuple) and isinstance(node.value, ast.Tuple):
            bound = [(each, value, self.visit(value)) for each, value in zip(into.elts, node.value.elts, strict=False)]
        for target, value, marks in bound:
            self._bind(target, marks)
            if isinstance(target, ast.Name) and (functions := self._callees(value)):
                self._functions[target.id] = functions
                self.entry = functions[-1] if target.id == ENTRY else self.entry
        return NONE

    def visit_AnnAssign(self, node: ast.AnnAssign | ast.NamedExpr) -> Marks:
        marks: Marks = self.visit(node.value) if node.value is not None else NONE
        self._bind(node.target, marks)
        return marks

    def visit_AugAssign(self, node: ast.AugAssign) -> Marks:
        value = self.visit(node.value)
        if "MODEL" in value and self._loops and isinstance(node.value, ast.JoinedStr | ast.BinOp):
            value |= {"PAIR"}
        if not value & PROGRAM:
            value = frozenset(mark for mark in value if "=" not in mark) | {"STEP"}
        shrinks = isinstance(node.op, ast.Div | ast.FloorDiv | ast.RShift)
        self._bind(node.target, value | {"FRACTION"} if shrinks else value, into=True)
        return NONE

    def visit_Return(self, node: ast.Return | ast.Yield | ast.YieldFrom) -> Marks:
        if node.value is not None:
            self._hold(f"{id(self._function)}()", self._under(self.visit(node.value)))
        return NONE

    def visit_If(self, node: ast.If) -> Marks:
        test = self.visit(node.test)
        self._tests.append(test & {"FLIP", "BONUS"})
        never = isinstance(node.test, ast.Constant) and not node.test.value
        body, orelse = self._all([] if never else node.body), self._all(node.orelse)
        self._tests.pop()
        self.facts.update(["explores"] if "FLIP" in test and "asks" in body & orelse else [])
        return NONE

    def visit_For(self, node: ast.For | ast.AsyncFor) -> Marks:
        self._bind(node.target, drawn(self.visit(node.iter)))
        self._loop(node.body + node.orelse)
        for each in ast.walk(node.target):
            if isinstance(each, ast.Name) and each.id in self._grown:
                self._bind(node.iter, self._holds[each.id], into=True)
        return NONE

    def visit_While(self, node: ast.While) -> Marks:
        self._loop([node.test, *node.body, *node.orelse])
        return NONE

    def _loop(self, nodes: Sequence[ast.AST]) -> None:
        self._loops += 1
        does = self._all(nodes)
        self._loops -= 1
        self.facts.update(["halves"] if {"halves", "scores"} <= does and "asks" not in does else [])

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> Marks:
        self._hold(node.name or "", marked("REPORT"))
        self._all(node.body)
        return NONE

    # Expressions

    def visit(self, node: ast.AST) -> Marks:
        kind = type(node).__name__
        method = getattr(self, f"visit_{of.ALIKE.get(kind, kind)}", self.generic_visit)
        marks: Marks = method(node)
        return marks

    def generic_visit(self, node: ast.AST) -> Marks:
        return union([self.visit(child) or NONE for child in ast.iter_child_nodes(node)])

    def visit_Constant(self, node: ast.Constant) -> Marks:
        if isinstance(node.value, str):
            self.words.add(node.value)
            return marked("TEXT FENCE") if "`" in node.value else marked("TEXT")
        if isinstance(node.value, int | float) and abs(node.value) < 1e9:
            return frozenset({f"={float(node.value)}"})
        return NONE

    def visit_Name(self, node: ast.Name) -> Marks:
        self._reach(node.id)
        return self._holds.get(node.id, NONE)

    def visit_Attribute(self, node: ast.Attribute) -> Marks:
        base: Marks = self.visit(node.value)
        self._reach(node.attr)
        if node.attr in of.ATTRIBUTES:
            return of.ATTRIBUTES[node.attr]
        marks = self._holds.get(node.attr)
        return marks | base & of.CHOSEN if marks else base

    def visit_Subscript(self, node: ast.Subscript) -> Marks:
        base: Marks = self.visit(node.value)
        index = self.visit(node.slice)
        if isinstance(node.slice, ast.Slice):
            self._done += ["halves"] if "RANKED" in base and "FRACTION" in index else []
            return base | {"BEAM"} if "RANKED" in base else base
        if isinstance(node.slice, ast.Constant | ast.UnaryOp):
            return first(base - {"TEXTS"})
        marks = first(base) | {"DRAWN"} if "RANDOM" in index else drawn(base)
        return self._chosen(marks | index & of.CHOSEN, index)

    def visit_List(self, node: ast.List | ast.Tuple | ast.Set | ast.Dict) -> Marks:
        elements = [*filter(None, node.keys), *node.values] if isinstance(node, ast.Dict) else node.elts
        sentences = sum(any(of.is_sentence(part) for part in (each, *ast.iter_child_nodes(each))) for each in elements)
        return union(map(self.visit, elements)) | ({"TEXTS"} if sentences > 1 else NONE)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Marks:
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        marks = marked("LIST")
        for each in node.generators:
            iterated = self.visit(each.iter)
            marks |= iterated & {"MANY"}
            self._bind(each.target, drawn(iterated))
            self._all(each.ifs)
        self._loops += 1
        marks |= union(map(self.visit, elements))
        self._loops -= 1
        counted = isinstance(each.iter, ast.Call) and getattr(each.iter.func, "id", "") == "range"
        alike = counted or marks & PROGRAM == {"INITIAL"}
        return marks | {"GROUPS"} if alike and of.is_group(elements[-1]) else marks

    def visit_IfExp(self, node: ast.IfExp) -> Marks:
        self._tests.append(self.visit(node.test) & {"FLIP", "BONUS"})
        marks = union(self._under(self.visit(each)) for each in (node.body, node.orelse))
        self._tests.pop()
        return marks

    def visit_Compare(self, node: ast.Compare) -> Marks:
        marks = self.generic_visit(node)
        if {"COIN", "EXP"} <= marks or {"LOG_COIN", "SCORE"} <= marks:
            self.facts.add("anneals")
            return NONE
        return marks & {"BONUS"} | ({"FLIP"} if marks & {"COIN", "FLIP", "FLIPPED"} else NONE)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Marks:
        return self._composed([each.value if isinstance(each, ast.FormattedValue) else each for each in node.values])

    def _composed(self, parts: Sequence[ast.expr]) -> Marks:
        """A text made of parts. One that shows two programs and asks to combine them crosses them."""
        marks = [self.visit(each) for each in parts]
        programs = {ast.dump(part) for part, each in zip(parts, marks, strict=True) if "MODEL" in each}
        crosses = len(programs) > 1 and any(of.COMBINE.search(str(getattr(part, "value", ""))) for part in parts)
        return union(marks) - {"LIST"} | ({"CROSSED"} if crosses else NONE)

    def visit_BinOp(self, node: ast.BinOp) -> Marks:
        operands = of.operands(node)
        texts = (ast.JoinedStr, ast.Constant)
        if isinstance(node.op, ast.Add) and any(isinstance(each, texts) for each in operands):
            return self._composed(operands)
        marks = union(map(self.visit, operands))
        match node.op:
            case ast.Mult() if isinstance(operands[0], ast.List):
                return marks | {"LIST"}
            case ast.Mult() if {"BUDGET", "PER_CALL"} <= marks:
                marks |= {"MANY"}
            case ast.Div() | ast.FloorDiv() | ast.RShift():
                marks |= {"FRACTION"}
            case ast.Pow() if "LOG" in marks:
                marks |= {"BONUS"}
            case ast.Add() if of.is_crossing(operands) and marks & PROGRAM:
                marks |= {"CROSSED"}
        numbers = {mark for mark in marks if "=" in mark}
        return marks - numbers if marks - numbers else frozenset({f"={ast.dump(node)[:80]}"} if numbers else ())

    # Calls

    def visit_Call(self, node: ast.Call) -> Marks:
        if id(node) not in self._called:  # some parts of an expression are visited twice
            self._called[id(node)] = self._result(node)
        return self._called[id(node)]

    def _result(self, node: ast.Call) -> Marks:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        function: Marks = self.visit(node.func)
        args = [self.visit(each) for each in node.args]
        named = {each.arg or "": self.visit(each.value) for each in node.keywords}
        everything = union((function, *args, *named.values()))
        if "ASK" in function:
            return self._ask(node, name, args, named)
        if name in ("max", "min", *of.RANKING):
            return self._choose(node, name, args)
        if name in of.RESULTS and not self._callees(node.func):
            return of.RESULTS[name](everything)
        if "UTILITY" in function or (name in ("map", "submit") and "UTILITY" in union(args[:1])):
            return self._score(union(args))
        if name in of.PUTTING:
            self._bind(node, union(args), into=True)
        if functions := self._callees(node.func):
            return self._call(functions, args, named) | (everything if name[:1].isupper() else NONE)
        if name in ("map", "submit") and args:
            self._loops += 1
            marks = self._call(self._callees(node.args[0]), [drawn(each) for each in args[1:]], {})
            self._loops -= 1
            return marks | everything
        if name in ("replace", "sub"):
            return self._replace(node, [function, *args])
        return everything | {"PAIR"} if name == "format" and len(args) + len(named) > 1 else everything

    def _ask(self, node: ast.Call, name: str, args: Sequence[Marks], named: dict[str, Marks]) -> Marks:
        place = 1 if self.earlier else 2
        after = [*args[place:], NONE, NONE]
        answers = named.pop("n_responses", after[0] if name != "batch_prompt" else NONE)
        temperature = named.pop("temperature", after[name != "batch_prompt"])
        asked = union([*args[:place], *named.values()])
        repeated = self._repeats() or "MANY" in asked | answers
        self.asked[id(node)] = Asked(drawn(asked), temperature, repeated)
        self._done.append("asks")
        return marked("MODEL RAW LIST")

    def _score(self, solutions: Marks) -> Marks:
        self.scored |= drawn(solutions)
        self._done.append("scores")
        return marked("SCORE LIST")

    def _choose(self, node: ast.Call, name: str, args: Sequence[Marks]) -> Marks:
        """max, min, sorted and the like: by the key, or by the elements themselves."""
        container = self.visit(node.func) if name == "sort" else union(args)
        by = container
        for key in [each.value for each in node.keywords if each.arg == "key"]:
            by = self.visit(key)
            if "UTILITY" in by:
                by = self._score(container)
            elif functions := self._callees(key):
                by = self._call(functions, [drawn(container)], {})
        if name in ("max", "min"):
            return self._chosen(first(container), by) if len(args) == 1 else container
        ranked = marked("RANKED") if "SCORE" in by else NONE
        if name == "sort":
            self._bind(node, ranked, into=True)
        elif name != "sorted" and ranked:
            self._done += ["halves"] if "FRACTION" in args[0] else []
            ranked |= {"BEAM"}
        return container | ranked

    def _replace(self, node: ast.Call, parts: Sequence[Marks]) -> Marks:
        """`text.replace(old, new)`, `re.sub(pattern, new, text)`: they fill in a template, or edit a program."""
        subject = parts[0] if parts[0] & PROGRAM else parts[-1]
        others = union(each for each in parts if each is not subject)
        constant = all(isinstance(each, ast.Constant) for each in node.args[:2])
        if not subject & PROGRAM or "FENCE" in others or others & PROGRAM or constant:
            return union(parts) - {"PART"}
        return subject - {"PART", "HINT", "TEXTS"} | {"EDITED"}
