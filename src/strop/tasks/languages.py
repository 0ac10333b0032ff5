"""The language of a file, by its name: what stands in a text never decides it."""

from __future__ import annotations

from pathlib import PurePosixPath

PYTHON = ("python", "py", "pyi", "pyw", "ipython")
_LANGUAGES = {
    "Python": PYTHON, "C": ("c", "h"), "C++": ("cpp", "c++", "cc", "cxx", "hpp"), "CUDA": ("cuda", "cu"), "Rust": ("rust", "rs"),
    "Go": ("go", "golang"), "Zig": ("zig",), "Fortran": ("fortran", "f90"), "Java": ("java",), "Kotlin": ("kotlin", "kt"),
    "Swift": ("swift",), "JavaScript": ("javascript", "js", "mjs"), "TypeScript": ("typescript", "ts"), "PHP": ("php",),
    "Ruby": ("ruby", "rb"), "Julia": ("julia", "jl"), "Lua": ("lua",), "shell": ("bash", "sh", "shell", "zsh"), "SQL": ("sql",),
    "JSON": ("json", "jsonc", "jsonl"), "YAML": ("yaml", "yml"), "TOML": ("toml",), "INI": ("ini", "cfg", "conf"),
    "CSV": ("csv",), "XML": ("xml",), "HTML": ("html", "htm"), "Markdown": ("markdown", "md"), "plain text": ("text", "txt"),
}  # fmt: skip
"""Language → the tags of a fence around its programs, the usual one first; files end in one of them."""
COMPILED = frozenset({"C", "C++", "CUDA", "Rust", "Go", "Zig", "Fortran", "Java", "Kotlin", "Swift"})


def language_of(path: str) -> str:
    """The language of a file, by the end of its name; empty if that tells none."""
    end = PurePosixPath(path).suffix[1:].lower()
    return next((name for name, tags in _LANGUAGES.items() if end in tags), "")


def tags_of(path: str) -> tuple[str, ...]:
    """The tags of a fence around the text of a file, the usual one first; none if its name has no ending."""
    end = PurePosixPath(path).suffix[1:].lower()
    return _LANGUAGES.get(language_of(path), (end,) if end else ())
