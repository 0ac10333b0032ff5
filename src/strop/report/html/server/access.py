"""Who may read the pages: requests with the token, to the name of this server, from no other site, and only to read.

Every program and user of the machine can reach a port of the loopback, and through the browser so can every site that the user
visits. The token keeps programs and users out; the check of the Host header, sites whose name resolves to 127.0.0.1 (DNS
rebinding); that of Sec-Fetch-Site, which browsers set, requests of other sites.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import parse_qsl

HOST = "127.0.0.1"
WRONG_TOKEN = "strop view: wrong or missing token; open the address that strop view printed"
NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of every answer that is not a page."""
_HEADERS = {
    "Connection": "close",
    "Content-Security-Policy": NOTHING_ALLOWED,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class HttpResponse:
    """What a request gets."""

    body: bytes
    status: int = 200
    media_type: str = "text/plain"
    more: Mapping[str, str] = field(default_factory=dict)
    """Headers besides those that every answer has, or instead of them."""

    @property
    def headers(self) -> dict[str, str]:
        """All headers."""
        content = {"Content-Type": f"{self.media_type}; charset=utf-8", "Content-Length": str(len(self.body))}
        return _HEADERS | content | dict(self.more)


def line(status: int, text: str, **more: str) -> HttpResponse:
    """An answer of one line."""
    return HttpResponse(f"{text}\n".encode(), status, more=more)


@dataclass(frozen=True)
class AccessControl:
    """Decides which requests a server on `port` answers."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """256 bits."""

    @property
    def origin(self) -> str:
        """The address without the token."""
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        return f"{self.origin}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """The Set-Cookie header that replaces the token in the address."""
        return f"{self._cookie_name}={self.token}; Path=/; HttpOnly; SameSite=Strict"

    def refusal(self, method: str, query: str, headers: Message) -> HttpResponse | None:
        """One line of text that refuses a request; None if it is allowed."""
        if headers.get_all("host") not in ([f"{HOST}:{self.port}"], [f"localhost:{self.port}"]):
            return line(403, f"strop view: unexpected Host header; open {self.origin}")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate":
            return line(403, "strop view: other sites may not read this page")
        if not self._has_token(query, headers):
            return line(403, WRONG_TOKEN)
        return None if method == "GET" else line(405, "strop view: this page is read-only", Allow="GET")

    @property
    def _cookie_name(self) -> str:
        return f"strop_view_{self.port}"  # cookies ignore ports: two servers must not overwrite each other's

    def _has_token(self, query: str, headers: Message) -> bool:
        tokens = tokens_in(query)
        if not tokens:
            pairs = (cookie.strip().partition("=") for cookie in headers.get("cookie", "").split(";"))
            tokens = [value for name, _, value in pairs if name == self._cookie_name]
        # Compared in constant time; two tokens, of which one may be right, are refused.
        return len(tokens) == 1 and hmac.compare_digest(tokens[0].encode("utf-8", "replace"), self.token.encode())


def tokens_in(query: str) -> list[str]:
    """The tokens that an address holds."""
    return [value for name, value in parse_qsl(query, keep_blank_values=True) if name == "token"]
