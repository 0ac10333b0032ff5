"""Who may read the pages: requests with the token, to the name of this server, from no other site, and only to read.

Every program and user of the machine can reach a port of the loopback, and through the browser so can every site that the user
visits. The token keeps programs and users out; the check of the Host header, sites whose name resolves to 127.0.0.1 (DNS
rebinding); that of Sec-Fetch-Site, which browsers set, requests of other sites.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"
WRONG_TOKEN = "strop view: wrong or missing token; open the address that strop view printed"
NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of every response that is not a page."""
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

    def refusal(self, request: Request) -> Response | None:
        """One line of text that refuses a request; None if it is allowed."""
        headers = request.headers
        if headers.get("host") not in (f"{HOST}:{self.port}", f"localhost:{self.port}"):
            return _line(403, f"strop view: unexpected Host header; open {self.origin}")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate":
            return _line(403, "strop view: other sites may not read this page")
        if not self._has_token(request):
            return _line(403, WRONG_TOKEN)
        if request.method != "GET":
            return _line(405, "strop view: this page is read-only", {"Allow": "GET"})
        return None

    @property
    def _cookie_name(self) -> str:
        return f"strop_view_{self.port}"  # cookies ignore ports: two servers must not overwrite each other's

    def _has_token(self, request: Request) -> bool:
        tokens = request.query_params.getlist("token") or [request.cookies.get(self._cookie_name, "")]
        # Compared in constant time; two tokens, of which one may be right, are refused.
        return len(tokens) == 1 and hmac.compare_digest(tokens[0].encode("utf-8", "replace"), self.token.encode())


class AccessGuard:
    """ASGI middleware: refuses what `access` refuses, and sets the security headers of every response."""

    def __init__(self, app: ASGIApp, access: AccessControl) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope)
        refusal = self._access.refusal(request)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if refusal is None and "token" in request.query_params:
                    headers.append("Set-Cookie", self._access.cookie)
            await send(message)

        await (refusal or self._app)(scope, receive, send_with_headers)


def _line(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{text}\n", status, headers)
