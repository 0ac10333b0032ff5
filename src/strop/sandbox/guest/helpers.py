"""`from helpers import extract_code`: the program in an answer of a language model.

How the program is chosen among the blocks of an answer (`answer_blocks` finds them):

1. Python that compiles and defines something comes first, even before a longer block that does not compile; if the program to
   improve is in another language, blocks in other languages come first.
2. Of several, one that defines the entry point: `algorithm`, `improve_algorithm`, or a name that the program to improve defines.
3. Drafts in `<think>` tags, the old program, elided programs (`# ... as before`), asides, tests and cut-off blocks come last. An
   aside is what its introduction does not offer: another way, a fallback, a warning, a program that the writer rejects.
4. A program that the answer names at its end ("submit the first") comes before that. Of blocks that define the same names, the
   last; of blocks that define different names, the longest.
5. If the chosen block uses names that only other blocks define, those blocks are put above it: they are parts of one program.
6. Python that does not compile still counts as a program if its fence was closed and there is nothing better.
"""

from __future__ import annotations

import ast
import builtins
import pathlib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

try:
    import answer_blocks  # noqa: F401
except ModuleNotFoundError:  # this file was loaded alone, by its path
    sys.path.append(str(pathlib.Path(__file__).parent))
from answer_blocks import Block, ScannedAnswer, looks_like_code

__all__ = ["extract_code"]

MOST_PARTS = 8
_END_CHARACTERS = 2000
_PLACES = {"first": 0, "former": 0, "second": 1, "third": 2, "last": -1, "latter": -1}
_ENTRIES = frozenset(("algorithm", "improve_algorithm"))
_THOUGHT = re.compile(r"</(?:think|thinking|thought|reasoning|scratchpad|analysis|draft)>", re.IGNORECASE)
_OLD = re.compile(
    r"\b(?:old|original(?:ly)?|current(?:ly)?|existing|previous(?:ly)?|before|initial|given|baseline|your"
    r"|you (?:gave|sent|provided|posted|have|had))\b",
    re.IGNORECASE,
)
_OLD_FIRST = re.compile(
    r"\W*(?:(?:here(?:'s| is| was)|this (?:is|was)|for \w+,?|compared? (?:to|with)|first,?|and|the|your|quoted|as) )*"
    r"(?:original|old|current|existing|previous|initial|given|seed|before)\b(?!.{0,30}\b(?:improve|optimi|fix|new|rewr))",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"\b(?:improve\w*|new|final|complete|full|revised|updated?|optimi[sz]ed|correct(?:ed)?|fix(?:ed)?|rewr\w+|better|faster"
    r"|after|instead|replac\w+|answer|recommend\w*|drop-in|more (?:accura\w+|precise|robust|efficient|correct|stable)"
    r"|added|honest"
    r"|(?:just |equally )as (?:accura\w+|good|fast|precise)|right|submi\w+)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\b(?:alternativ\w+|if you (?:prefer|want|need|like|have|use|must)|optional(?:ly)?|variant|naive|slower|sketch"
    r"|outline|skeleton"
    r"|for (?:comparison|reference|illustration|example|transparency|completeness|\w+ inputs)|wrong|buggy|fails?"
    r"|avoid|snippet"
    r"|(?:first|rejected|earlier) (?:attempt|draft|idea|try|version)|(?:core|key|main|central) (?:idea|change|line"
    r"|part|step|trick|loop)"
    r"|usage|examples?|tests?|benchmark|to (?:run|check|verify|test|try|see why|show|illustrate|explain|validate)"
    r"|less (?:accura\w+|robust|efficient|precise|general|safe|stable|clear|elegant|reliable|correct|numerically)"
    r"|shorter|simpler"
    r"|compact|at the (?:price|cost|expense)|matters? more|in case|only (?:for|if|when)|suffices|legacy|appendix"
    r"|equivalent to"
    r"|conceptual\w*|toy|oracle|brute[- ]?force|works? too|also works?|might|(?:some|any)(?:one|body) (?:c|w)ould"
    r"|unavailable|not (?:be )?(?:available|installed|supported|have)|lacks?|lacking|missing|compatible|without the"
    r"|fall(?:s|ing)? ?back"
    r"|could also|can also|python ?2|older|had been)\b",
    re.IGNORECASE,
)
_REJECTED = re.compile(
    r"(?:(?:\bnot|n't|\bnever)(?: \w+){0,2}? (?:do|does|write|use|used|submit\w*|replace|copy|recommend\w*|implement"
    r"|done|keep|choose)\b"
    r"|\b(?:reject\w*|discard\w*|dismiss\w*|abandon\w*|decided against|rul(?:e|ed) out|cheat\w*|games?\b|gaming"
    r"|hard-?cod\w*|exploits?\b"
    r"|degenerate|anti-?pattern\w*|pitfalls?|tempting|untested|(?:common |the )mistake\w*|the (?:bug|error|problem) (?:was|is"
    r"|lies)|garbage"
    r"|would (?:break|fail|crash|lose|ignore|be wrong))|[❌🚫⛔👎✗✘]|^\W*(?:bad|wrong|avoid)\W*$"
    r"|^\W*(?:if|should|where|when(?:ever)?|on|in case|without|for)\b.*\b(?:unavailable|not (?:be )?(?:available"
    r"|installed|supported|have)"
    r"|lacks?|lacking|missing|fall(?:s|ing)? ?back|without|older)\b)",
    re.IGNORECASE,
)
"""Words of an introduction to what the writer does not offer, whatever else it says."""
_NEGATED = re.compile(
    r"(?:\bnot|n't|\bno|\bno longer|\bwithout|\bavoid\w*|\bnever|\binstead of|\brather than|\bunlike|\bwith an?"
    r"|\badd(?:s|ed)? an?)"
    r"(?: \w+)? $",
    re.IGNORECASE,
)
_ABOUT_BEFORE = re.compile(
    r"\W*(?:(?:hmm+|wait|oops|no|actually|however|but|sorry|on (?:reflection|second thought)|unfortunately)\b[\s,.:!-]*)*"
    r"(?:(?:that|it|this|these|both|they|those)\b|the (?:above|previous|first|last|latter|former)\b|.{0,60}\b(?:above"
    r"|the first)\b)",
    re.IGNORECASE,
)
"""The beginning of a sentence about the program before it."""
_ORDINAL = re.compile(
    r"\b(?:recommend|prefer|suggest|go with|going with|choose|pick|submit(?:ting)?|use|take|keep|is)\b(?: \w+)?? the"
    r" (?P<ordinal>first|second|third|last|former|latter)"
    r"(?= (?:one|program|version|block|variant|implementation|option|solution|listing|function)\b|\s*[.,;:!)]|\s*\Z)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"#|//|--|/\*")
_DOTS = re.compile(r"(?:#|//|--|/\*)[ \t]*+(?:\[?\.{3}|…|\((?:same|unchanged))")
_ELIDED = re.compile(
    r"\b(?:(?:rest|remainder) of|remains? (?:the same|unchanged)|same as (?:before|above)|existing code|omitted|as before)\b"
)
"""In a comment."""
_PATCH = re.compile(r"\s*(?:<{5,9} ?(?:SEARCH|ORIGINAL)|diff --git |--- \S+\n\+\+\+ |@@ -|\*\*\* (?:Begin|Update) )")
_FILE = re.compile(r"(?m)^(=== file: .+ ===)[ \t]*\n((?:(?!=== file: ).*\n?)*)")
"""One file of a program of several, as the prompt shows them."""
_NAME = re.compile(r"(?!(?:if|for|while|switch|return|else)\b)[A-Za-z_*&][^;=(#/]{0,200}?\b(\w+)[ \t]*\([^;]*")
_BROKEN_NAME = re.compile(r"(?m)^(?:async )?(?:def|class) (\w+)")
_LABEL = r"(?P<label>(?:option|approach|version|variant|solution|alternative|method|program) (?:[A-D]|[1-4]|one|two|three)\b)"
_RECOMMENDED = re.compile(
    rf"\b(?:recommend|prefer|go with|going with|choose|choosing|pick|submit|favou?r|use)\b(?: \w+)?? {_LABEL}", re.I
)


class _Wanted:
    """What the host said about the program to improve. A process runs one improver on one program."""

    text = ""
    is_other = False
    """Whether it is not Python."""
    names: frozenset[str] = frozenset()


def extract_code(answer: object) -> Any:
    """The program in an answer, as a person would copy it; for a list of answers, a list of their programs.

    Returns:
        str, or None if there is no program; a list of these for a list or tuple; None for anything else.
    """
    if isinstance(answer, (list, tuple)):
        return [extract_code(item) for item in answer]
    if not isinstance(answer, str):
        return None
    read = ScannedAnswer(str.__str__(answer))
    found = _program(read)
    return next(filter(None, map(_program, map(ScannedAnswer, read.wrapped()))), None) if found is None else found


def expect(solution: str) -> None:
    """Set the program to improve: among several programs in an answer, one that defines the same names is chosen."""
    tree = ScannedAnswer("").tree(solution)
    _Wanted.text = solution.strip()
    _Wanted.is_other = tree is None
    _Wanted.names = frozenset(_defined(tree)) if tree is not None else frozenset()


def _program(read: ScannedAnswer) -> str | None:
    text = read.text
    blocks = [block for block in read.blocks() if not _PATCH.match(block.text) and not _is_cut(block)]
    if not blocks:
        return None
    files = [
        file for block in blocks if block.text.lstrip().startswith("=== file: ") for file in _FILE.findall(block.text)
    ]
    if files:
        return "\n".join(f"{head}\n{text}" for head, text in dict(files).items())
    thought = max((text.count("\n", 0, tag.start()) for tag in _THOUGHT.finditer(text)), default=-1)
    drafts = {id(block) for block in blocks if block.end <= thought}
    if len(drafts) < len(blocks):
        blocks = [block for block in blocks if id(block) not in drafts]
    if (named := _named_at_the_end(text, blocks)) is not None:
        return named.text if named.tree is None else _joined(named, blocks)
    label = _RECOMMENDED.search(text)
    recommended = [
        block for block in blocks if label and block.defines and label["label"].lower() in block.lead.lower()
    ]
    chosen = _chosen(recommended or blocks)
    if chosen is None:
        return None
    return chosen.text if chosen.tree is None else _joined(chosen, blocks)


def _named_at_the_end(text: str, blocks: Sequence[Block]) -> Block | None:
    """The program that is meant by "submit the first" or similar behind the last one; None if there is nothing like it."""
    programs = [block for block in blocks if _entries(block)]
    if len(programs) < 2:
        return None
    end = "\n".join(text.split("\n")[programs[-1].end :])[:_END_CHARACTERS]
    for found in _ORDINAL.finditer(end):
        place = _PLACES[found["ordinal"].lower()]
        if place < len(programs) and not _NEGATED.search(end[: found.start()]):
            return programs[place]
    return None


def _chosen(blocks: Sequence[Block]) -> Block | None:
    """The block to choose; None if none is a program."""
    defining = [block for block in blocks if block.defines]
    others = [block for block in blocks if block.kind == "code" and block.tree is None]
    broken = [block for block in blocks if block.kind == "python" and block.tree is None and block.closed]
    scripts = [block for block in blocks if block.tree is not None and not block.defines and _does_something(block)]
    unknown = [block for block in blocks if block.kind == "" and block.tree is None and looks_like_code(block.text)]
    data = [block for block in blocks if block.kind == "data" and block.text.strip().count("\n")]
    if _Wanted.is_other:
        plain = [block for block in blocks if block.kind in ("", "text")]
        order = [others + unknown + data, plain, defining + scripts, broken]
        return next((_best(group) for group in order if group), None)
    entry = [block for block in blocks if block.tree is not None and _entries(block)]
    program = _best(entry or defining)
    if program is not None and (entry or not others):
        failed = [block for block in broken if _entries(block) and block.start > program.end]
        return _best(failed) if failed and _is_old(program) else program
    other = _best(others)
    if other is not None and (program is None or len(other.text) > len(program.text)):
        return other
    if program is not None:
        return program
    failed = [block for block in broken + unknown if _BROKEN_NAME.search(block.text)]
    return _best(failed) or _best(scripts) or _best(broken) or _best(unknown) or _best(data)


def _best(blocks: Sequence[Block]) -> Block | None:
    """Choose among blocks of one kind: the last that defines the same names as the longest, unless it is a draft or similar."""
    if not blocks:
        return None
    faults = [_faults(block) for block in blocks]
    left = [block for block, found in zip(blocks, faults, strict=True) if found == min(faults)]
    longest = max(left, key=lambda block: len(block.text))
    names = _names(longest)
    entries = names & _entry_names()
    same = [
        block
        for block in left
        if block is longest or (_names(block) & (entries or names) and _is_whole(block, longest))
    ]
    return same[-1]


def _is_whole(block: Block, longest: Block) -> bool:
    """Whether a block may replace the longest one, and is not a part of it shown again."""
    mine, its = _names(block), _names(longest)
    return bool(mine & _entry_names()) or 2 * len(mine & its) >= len(its) or 2 * len(block.text) >= len(longest.text)


def _faults(block: Block) -> tuple[bool, ...]:
    """Reasons not to choose a block, most important first."""
    first = block.text.lstrip().split("\n", 1)[0]
    lead = "\n".join(block.lead.split("\n")[-2:]) + ("\n" + first if first[:1] in "#/-*" else "")
    introduction, sentences = _introduction(lead)
    aside = _says(_REJECTED, introduction) or (
        (_OLD.search(sentences) or _says(_ASIDE, sentences) or _says(_REJECTED, sentences))
        and not _NEW.search(sentences)
    )
    tests = [name for name in _names(block) if not name.lower().startswith(("test", "demo", "bench"))]
    return (
        _is_old(block),
        not tests and bool(_names(block)),
        any(map(_is_elided, block.text.split("\n"))) or _is_outline(block),
        bool(aside),
        not block.closed,
    )


def _introduction(lead: str) -> tuple[str, str]:
    """The last sentence above a program, and all that are not about the program before it."""
    found = [
        each for each in re.split(r"(?<=[.!?;])\s+|\n", lead[-_END_CHARACTERS:]) if re.search(r"\w|[^\x00-\x7f]", each)
    ]
    about = [each for each in found[:-1] if not _ABOUT_BEFORE.match(each)]
    return (found[-1], "\n".join([*about, found[-1]])) if found else ("", "")


def _says(words: re.Pattern[str], text: str) -> bool:
    """Whether these words are there, and not the opposite."""
    return any(not _NEGATED.search(text[max(0, found.start() - 40) : found.start()]) for found in words.finditer(text))


def _is_old(block: Block) -> bool:
    sentence = re.split(r"[.!?]\s", block.lead.rpartition("\n")[2].strip())[-1]
    return bool(_OLD_FIRST.match(sentence)) or (bool(_Wanted.text) and block.text.strip() == _Wanted.text)


def _is_elided(line: str) -> bool:
    """Whether a line says in a comment that code is left out."""
    comment = _COMMENT.search(line, 0, 300)
    return comment is not None and bool(_DOTS.search(line, 0, 300) or _ELIDED.search(line, comment.end(), 300))


def _is_outline(block: Block) -> bool:
    """Whether a function's body is omitted: `...` or only a docstring."""
    for node in block.tree.body if block.tree is not None else []:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            last = node.body[-1]
            if isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...:
                return True
    return False


def _is_cut(block: Block) -> bool:
    """Whether an unclosed block is cut off: it ends in a lone name or inside braces."""
    if block.closed:
        return False
    if block.tree is None:
        return block.text.count("{") > block.text.count("}")
    last: Any = block.tree
    while body := getattr(last, "orelse", None) or getattr(last, "body", None):
        last = body[-1] if isinstance(body, list) else body
    return isinstance(last, ast.Expr) and isinstance(last.value, (ast.Name, ast.Tuple, ast.Attribute))


def _does_something(block: Block) -> bool:
    """Whether a script is more than a bare word, number or value."""
    kept = block.kind == "python" and block.closed
    body = block.tree.body if block.tree is not None else []
    return kept or not all(isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call) for node in body)


def _entry_names() -> frozenset[str]:
    return _Wanted.names & _ENTRIES or _Wanted.names or _ENTRIES


def _entries(block: Block) -> frozenset[str]:
    return _names(block) & _entry_names()


def _names(block: Block) -> frozenset[str]:
    """The names that a block defines at top level; for languages other than Python, what looks like functions."""
    if block.tree is not None:
        return frozenset(_defined(block.tree))
    lines = [line[:400] for line in block.text.split("\n") if line[:1].isalpha() or line[:1] == "_"]
    found = (_NAME.match(line) for line in lines if not line.rstrip().endswith(";"))
    return frozenset(_BROKEN_NAME.findall(block.text)) | {match[1] for match in found if match}


def _defined(tree: ast.Module) -> Iterable[str]:
    """Functions, classes and other names of a module."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named = [node.name for node in tree.body if isinstance(node, kinds)]
    values = [node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    targets = [each for node in values for each in ast.walk(node) if isinstance(each, ast.Name)]
    return named + [each.id for each in targets if isinstance(each.ctx, ast.Store)]


def _bound(tree: ast.Module, *, at_margin: bool) -> frozenset[str]:
    """Names that a program binds, anywhere or at top level only."""
    found: set[str] = set()
    for node in tree.body if at_margin else ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            found.update(
                each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            )
        elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return frozenset(found)


def _joined(chosen: Block, blocks: Sequence[Block]) -> str:
    """The chosen block, with the blocks that define the names it lacks above it."""
    parts: list[Block] = []
    rest = [block for block in blocks if block.tree is not None and block is not chosen]
    while rest and len(parts) < MOST_PARTS:
        trees = [block.tree for block in (*parts, chosen) if block.tree is not None]
        bound = frozenset().union(*(_bound(tree, at_margin=False) for tree in trees))
        loaded = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
        missing = loaded - bound - set(dir(builtins)) - {"__file__", "__name__", "__doc__"}
        part = next(
            (block for block in reversed(rest) if block.tree and _bound(block.tree, at_margin=True) & missing), None
        )
        if part is None:
            break
        rest.remove(part)
        parts.append(part)
    text = "\n\n\n".join(block.text.strip("\n") for block in (*sorted(parts, key=lambda block: block.start), chosen))
    return text if parts and ScannedAnswer("").tree(text) is not None else chosen.text
