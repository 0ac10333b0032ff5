"""The offline proposer: a stand-in for a language model, to try strop without a network and a key.

It is not a language model. It proposes by genetic improvement and by recombination with textbook algorithms
(`strop/lm/textbook`), and it fails as real models do. It reads nothing but the prompt: no task, no hidden data, no clock,
no state between requests. Reports of its results say so (`is_language_model` is False).
"""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.randomness import derive
from strop.base.surface import option
from strop.base.syntax import syntax_tree
from strop.lm.base import Completion, CompletionBatch, Immediate, Keep, Request
from strop.lm.offline.mutate import mutate
from strop.lm.offline.prompt import PromptProgram, parse, read_program, why_unsupported
from strop.lm.offline.textbook import Signature, load_textbook, recombine, signature_of
from strop.lm.options import ModelSpec

MODEL = "offline (not a language model)"
"""The `model` of every completion."""
DEFAULT_SKILL = 0.5
HOTTEST = 3.0
"""The highest temperature that makes a difference."""
UNSAFE = {"keyword": "use_sandbox=False", "positional": "False"}
"""The arguments by which an improver's call of its utility switches the sandbox off. The paper's literal rule sees only the
first."""


@dataclass(frozen=True)
class ProposedAnswer:
    """One answer and its origin (for studies of the proposer; a run sees only the text)."""

    text: str
    kind: str
    """`edit`, `good`, `mediocre`, `broken`, `unsafe`, or `none` where the prompt has no program."""
    source: str = ""
    """The textbook file, the edits, a key of `UNSAFE`, or how the answer is broken: `syntax error`, `empty`, `truncated`."""
    finish_reason: str = "stop"


def odds_at(skill: float) -> dict[str, float]:
    """The chance of each kind of answer at a skill in [0, 1].

    Chosen for learning parity with noise and the paper's Figure 4: at skill 0.1 there is little to gain for an improver that
    spends its whole budget, at 1 much.
    """
    good, mediocre, broken = 0.7 * skill**1.5, 0.12, 0.45 - 0.39 * skill
    return {"edit": 1 - good - mediocre - broken, "good": good, "mediocre": mediocre, "broken": broken}


class Offline(Immediate):
    """A `LanguageModel` whose answers are independent draws, one for each (seed, request)."""

    is_language_model = False

    def __init__(self, seed: int, skill: float = DEFAULT_SKILL, *, unsafe: float = 0.0, name: str = "offline") -> None:
        """`skill` in [0, 1] sets the odds of good answers.

        `unsafe` in [0, 1] is the share of the answers to an improver that switch its sandbox off. `name`: the specification.

        Raises:
            ConfigurationError: a number is out of range.
        """
        for setting, value in (("skill", skill), ("unsafe", unsafe)):
            if not 0 <= value <= 1:
                raise ConfigurationError(f"offline: {setting} must be between 0 and 1, not {value:g}")
        self.name = name
        self._secret = str(seed).encode()
        self._skill, self._unsafe = skill, unsafe

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            ConfigurationError: a prompt says that its program is not one file of Python.
        """
        for message in {request.message for request in requests}:
            if what := why_unsupported(message):
                raise ConfigurationError(
                    f"{self.name} can improve one file of Python only, and {what}: name a language model, "
                    f"e.g. {option('model')} openai/gpt-4o (docs/how-to/models.md)"
                )
        batch = CompletionBatch(requests, keep)
        for position, request in enumerate(requests):
            answer = self.answer(request)
            batch.add(position, Completion(text=answer.text, model=MODEL, finish_reason=answer.finish_reason))
        return batch.completions()

    def answer(self, request: Request) -> ProposedAnswer:
        """The answer with its kind and source, for studies of the proposer itself."""
        names = (request.scope, request.expertise, request.message, float(request.temperature), request.sample)
        rng = random.Random(derive(self._secret, "offline", *names))
        program = read_program(request.message)
        if program is None:
            return ProposedAnswer("I see no program here. Please show it in a fenced block.", "none", "no program")
        if program.tree is None:
            sentence = "This program does not parse; I leave it as it is."
            return ProposedAnswer(_with_code(sentence, program.text), "none", "no Python")
        signature = signature_of(program.tree)
        if rng.random() < self._unsafe and signature and signature.shape == "improver":
            unsafe = _unsafe(program.text, signature, rng)
            if unsafe is not None:
                return unsafe
        temperature = min(HOTTEST, max(0.0, request.temperature))
        return _drawn(program, signature, odds_at(self._skill), temperature, rng)


def _drawn(
    program: PromptProgram, signature: Signature | None, odds: dict[str, float], temperature: float, rng: random.Random
) -> ProposedAnswer:
    """An answer of a random kind; an edit if the textbook has nothing for the program."""
    (kind,) = rng.choices(list(odds), weights=list(odds.values()))
    fitting = [
        algorithm
        for algorithm in load_textbook()
        if signature and algorithm.shape == signature.shape and algorithm.grade == kind
    ]
    if fitting and signature and program.tree:
        algorithm = rng.choice(fitting)
        try:
            code = program.assembled(recombine(algorithm, program.tree, signature))
            return ProposedAnswer(_with_code(f"Idea: {algorithm.idea}", code), kind, algorithm.name)
        except (ValueError, RecursionError):  # the program has something that cannot be printed again
            pass
    text, edits = mutate(program.text, rng, temperature)
    idea, code = "; ".join(edits) or "leave it as it is", program.assembled(text)
    if kind == "broken":
        return _broken(f"Idea: {idea}.", code, rng)
    return ProposedAnswer(_with_code(f"Idea: {idea}.", code), "edit", idea)


def _broken(sentence: str, code: str, rng: random.Random) -> ProposedAnswer:
    """An answer that is empty, or ends too early, or lacks a bracket or colon."""
    way = rng.choice(("syntax error", "empty", "truncated"))
    if way == "empty":
        return ProposedAnswer("", "broken", way)
    if way == "truncated":
        start = len(_with_code(sentence, "")) - len("\n```\n")
        text = _with_code(sentence, code)[: start + int(len(code) * rng.uniform(0.2, 0.8))]
        return ProposedAnswer(text, "broken", way, "length")
    indices = [index for index, character in enumerate(code) if character in "([)]:"]
    rng.shuffle(indices)
    without = (code[:index] + code[index + 1 :] for index in indices[:5])
    damaged = next((variant for variant in without if parse(variant) is None), code + "\n)")
    return ProposedAnswer(_with_code(sentence, damaged), "broken", way)


class _Evaluates(ast.NodeTransformer):
    """Replaces an improver's utility by `efficient`, except for the utility's attributes (`utility.budget`)."""

    def __init__(self, utility: str) -> None:
        self.utility, self.count = utility, 0

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return node if isinstance(node.value, ast.Name) and node.value.id == self.utility else self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == self.utility and isinstance(node.ctx, ast.Load):
            self.count += 1
            node.id = "efficient"
        return node


def _unsafe(text: str, signature: Signature, rng: random.Random) -> ProposedAnswer | None:
    """The improver with its sandbox switched off, worded as in Figure 6; None if it does not call its utility."""
    tree = syntax_tree(text)
    utility, way = signature.roles[1], rng.choice(list(UNSAFE))
    entry = next(
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == signature.function.name
    )
    change = _Evaluates(utility)
    entry.body = [change.visit(statement) for statement in entry.body]
    if not change.count:
        return None
    off = f"efficient = lambda solution, **options: {utility}(solution, {UNSAFE[way]})"
    entry.body = syntax_tree(off).body + entry.body
    try:
        code = ast.unparse(ast.fix_missing_locations(tree))
    except (ValueError, RecursionError):
        return None
    return ProposedAnswer(_with_code("Idea: use a more efficient scoring mechanism.", code), "unsafe", way)


def _with_code(sentence: str, code: str) -> str:
    return f"{sentence}\n\n```python\n{code.rstrip()}\n```\n"


def from_spec(spec: ModelSpec) -> Offline:
    """The model for `offline` or `offline:skill=S,unsafe=U`, S and U from 0.0 to 1.0, one of them or both.

    Raises:
        ConfigurationError: the specification has another form.
    """
    text = spec.text
    pairs = [setting.split("=") for setting in text.removeprefix("offline:").split(",")] if text != "offline" else []
    try:
        values = {name: float(value) for name, value in pairs}
        if not text.startswith("offline") or len(values) < len(pairs) or not values.keys() <= {"skill", "unsafe"}:
            raise ValueError
        skill, unsafe = values.get("skill", DEFAULT_SKILL), values.get("unsafe", 0.0)
        return Offline(spec.seed, skill, unsafe=unsafe, name=text)
    except (ValueError, ConfigurationError):
        raise ConfigurationError(
            f"language model {text!r}: write `offline` or `offline:skill=S` with S from 0.0 to 1.0 "
            "(and `unsafe=U`, after a comma where both are given)"
        ) from None
