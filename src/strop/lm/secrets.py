"""Mask the user's keys and passwords in what a program prints, before it is recorded.

Two sources: values of the environment that are secrets by the names of their variables or by their form, also where the program
prints them in base64, hexadecimal or percent encoding; and texts that are secrets by their form, wherever the program read them.
A program that disguises a key in another way is not caught.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

MASK = "[key]"
_NAMES = re.compile(
    r"KEY|TOKEN|SECRET|PASS(?!ENGER|IVE)|PWD|CRED|AUTH|COOKIE|BEARER|JWT|DSN|PRIVATE|WEBHOOK|SIGN|SALT|CONN\w*STR|_PAT$",
    re.I,
)
_NOT_SECRET = frozenset(("PWD", "OLDPWD"))
_SHORTEST = 12
"""Fewest characters of a secret that is found by its name."""
_SHORTEST_PASSWORD = 6
_SHORTEST_ENCODED = 10
_WORD = re.compile(r"[^\s\"',;{}()<>\\]+")
_RANDOM = re.compile(r"[0-9]|[a-z].*[A-Z].*[a-z].*[A-Z]|[A-Z].*[a-z].*[A-Z].*[a-z]")
_USER = re.compile(r"://([^\s/@:]*)(?::([^\s]*))?@")
_FIELD = re.compile(r"(?i)(?:password|passwd|pwd|secret|accountkey|accesskey|access_token|token|sig)=([^;&\s\"']+)")
_FORMS = re.compile(
    r"(?P<pem>-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----)[^-]{1,20000}(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY-----)?"
    r"|(?P<url>://[^\s/@:{}$<>'\"]{0,100}:)[^\s/@{}$<>'\"]{3,200}(?=@[\w.\[-])"
    r"|(?P<bearer>(?i:\b(?:bearer|basic)\s{1,3}))(?=[\w.~+/-]*[0-9])[\w.~+/-]{16,4000}={0,2}"
    r"|(?P<field>(?i:(?:password|passwd|secret|token|api_?key|access_?key(?:_?id)?|private_?key(?:_?id)?|account_?key|_auth)"
    r"[\"']?[ \t]{0,3}(?:[:=]|[ \t])[ \t]{0,3}[\"']?))"
    r"(?=[\w+/~.-]{0,200}[0-9])(?=[\w+/~.-]{0,200}[A-Z])(?=[\w+/~.-]{0,200}[a-z])[A-Za-z0-9+/_~-]{20,500}={0,2}(?![\w(.\[])"
    r"|\b(?:(?:sk|rk|pk|gsk|xai|pplx|r8|hf|npm|dop_v1|shpat|glpat|ghp|gho|ghu|ghs|ghr|github_pat|xox[abeoprs]|ya29|AGE-SECRET-KEY)"
    r"[-_.][\w.-]{16,500}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|eyJ[\w-]{10,4000}\.eyJ[\w-]{10,8000}(?:\.[\w-]{0,2000})?)"
)
"""Private keys, passwords in URLs and headers, values of fields that look random, tokens of known services."""


class Secrets:
    """The secrets of an environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values = sorted(set(_values(environ)), key=len, reverse=True)
        forms = sorted({form for value in self._values for form in _encoded(value)}, key=len, reverse=True)
        # A tool may break a long line anywhere.
        self._known = re.compile("|".join(r"\n?".join(map(re.escape, form)) for form in forms)) if forms else None

    def masked(self, text: str, *, is_cut: bool = False) -> str:
        """`text` without secrets. `is_cut`: its end is missing, so it may end within a secret."""
        if is_cut:
            text = self._without_cut(text)
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _FORMS.sub(lambda found: f"{found[found.lastgroup] if found.lastgroup else ''}{MASK}", text)

    def are_in(self, text: str) -> bool:
        """Whether a value of the environment that is a secret is in the text."""
        return any(value in text for value in self._values)

    def _without_cut(self, text: str) -> str:
        for value in self._values:
            for length in range(len(value) - 1, _SHORTEST_PASSWORD - 1, -1):
                if text.endswith(value[:length]):
                    return text[:-length] + MASK
        return text


def _values(environ: Mapping[str, str]) -> Iterator[str]:
    for name, value in environ.items():
        if _NAMES.search(name) and name not in _NOT_SECRET:
            words = (word for word in _WORD.findall(value) if _RANDOM.search(word))
            yield from (each for each in {value.strip(), *words} if len(each) >= _SHORTEST)
        passwords = [*_FIELD.findall(value), *_of_urls(value)]
        yield from (each for each in passwords if _is_password(each))


def _of_urls(value: str) -> Iterator[str]:
    for word in value.split():
        for user, password in _USER.findall(word):
            found = password or user
            yield from (found, unquote(found))


def _is_password(text: str) -> bool:
    """Whether it is long enough, and no plain word, which a program may need."""
    return len(text) >= (_SHORTEST if text.isalpha() and text.islower() else _SHORTEST_PASSWORD)


def _encoded(value: str) -> Iterable[str]:
    """A secret as programs print it."""
    content = value.encode("utf-8", "surrogateescape")
    forms = {
        value,
        quote(value, safe="", errors="surrogateescape"),
        quote_plus(value, errors="surrogateescape"),
        content.hex(),
    }
    forms |= {content.hex().upper(), value.encode("unicode_escape").decode("ascii"), value.replace("/", "\\/")}
    for before, skipped in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(content)) * 8 // 6  # of the characters after these, other bits decide too
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(b"\0" * before + content).decode("ascii")[skipped:whole])
    return {form for form in forms if form == value or len(form) >= _SHORTEST_ENCODED}
