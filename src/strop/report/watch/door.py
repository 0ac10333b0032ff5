"""Who may look: whoever has the token, by this machine's own name, and only to read.

Every other program and user of the machine reaches a port of the loopback too, and so does, through the browser, every site that
its user visits. Hence the token; the Host header, against a site whose name is made to lead here (DNS rebinding); and what
browsers say of where a request comes from.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from strop.report.watch.http import Request, Response, line

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_MOST_COOKIES = 50
"""Cookies of one request that are looked at: those of all ports of the machine come along."""

REFUSED = "strop watch: wrong or missing token; open the address that strop watch printed"


def new_token() -> str:
    """A token that nobody guesses: 256 bits, for use in an address."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Door:
    """Lets requests in."""

    port: int
    token: str = field(default_factory=new_token, repr=False)

    @property
    def address(self) -> str:
        """What a browser opens."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    def refusal(self, request: Request) -> Response | None:
        """Why a request may not come in, as one plain line; None where it may."""
        if request.header("host") not in {f"{name}:{self.port}" for name in _NAMES}:
            return line(403, f"strop watch: this server is {HOST}:{self.port} and goes by no other name")
        if (
            request.header("sec-fetch-site") in ("cross-site", "same-site")
            and request.header("sec-fetch-mode") != "navigate"
        ):
            return line(403, "strop watch: other sites may not read this page")
        given = self._given(request)
        if not given or not self._fits(given):
            return line(403, REFUSED)
        if request.method != "GET":
            return line(405, "strop watch: this page is read-only", ("Allow", "GET"))
        return None

    def cookie(self, request: Request) -> tuple[tuple[str, str], ...]:
        """The header that lets the browser in again, where the request came by an address with the token."""
        if not request.asked("token"):
            return ()
        return (("Set-Cookie", f"{self._name}={self.token}; Path=/; HttpOnly; SameSite=Strict"),)

    @property
    def _name(self) -> str:
        return f"strop_watch_{self.port}"  # cookies know no ports: two servers must not take each other's

    def _given(self, request: Request) -> list[str]:
        asked = request.asked("token")
        if asked:
            return asked if len(asked) == 1 else []
        pairs = (pair.strip().partition("=") for pair in request.header("cookie").split(";")[:_MOST_COOKIES])
        return [value for name, _, value in pairs if name == self._name]

    def _fits(self, given: list[str]) -> bool:
        """Takes as long for a wrong token as for the right one, whichever of its characters are right."""
        wanted = self.token.encode()
        fits = [hmac.compare_digest(each.encode("utf-8", "replace"), wanted) for each in given]
        return any(fits)
