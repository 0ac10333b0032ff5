from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from strop.report.html.server import WRONG_TOKEN
from support.viewed import SEED, Served, begun, iteration, served, write


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run for all tests of this file: they only ask."""
    directory = tmp_path_factory.mktemp("viewed") / "r"
    with begun(directory) as store:
        write(store, iteration(0))
    return directory


@pytest.fixture(scope="module")
def site(run: Path) -> Iterator[Served]:
    with served(run) as site:
        yield site


@pytest.mark.parametrize("path", ["/", "/state", "/nothing", "/run/r/"])
@pytest.mark.parametrize("token", ["", "x", "ä", "%00", "A" * 43, "A" * 5000], ids=lambda token: token[:5] or "none")
def test_server_refuses_in_one_line_a_token_that_is_wrong(site: Served, path: str, token: str) -> None:
    status, headers, body = site.get(path, token=quote(token, safe="%"))
    assert (status, body) == (403, WRONG_TOKEN + "\n")
    assert "set-cookie" not in headers and SEED[:20] not in body


def test_server_refuses_two_tokens_of_which_one_is_right(site: Served) -> None:
    assert site.get(f"/?token={site.access.token}", token="x")[0] == 403


def test_server_refuses_a_wrong_token_beside_the_right_cookie(site: Served) -> None:
    right = f"strop_view_{site.access.port}={site.access.token}"
    assert site.get("/", token="", Cookie=right)[0] == 200
    assert site.get("/", token="x", Cookie=right)[0] == 403


@pytest.mark.parametrize("name", ["strop_view_1", "token", "STROP_VIEW"])
def test_server_refuses_a_cookie_of_another_name(site: Served, name: str) -> None:
    assert site.get("/", token="", Cookie=f"{name}={site.access.token}")[0] == 403


def test_address_gives_a_cookie_that_scripts_and_other_sites_cannot_use(site: Served) -> None:
    _, headers, _ = site.get("/")
    said = headers["set-cookie"]
    assert "; HttpOnly" in said and "; SameSite=Strict" in said and "Domain" not in said
    cookie = said.partition(";")[0]
    status, headers, _ = site.get("/", token="", Cookie=f"a=b; {cookie}; c=d")
    assert status == 200 and "set-cookie" not in headers


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "[::1]", "0.0.0.0", ""]
)
def test_server_refuses_another_name_than_its_own_whatever_the_token(site: Served, host: str) -> None:
    status, _, body = site.get("/", Host=host)
    assert status == 403 and body.count("\n") == 1 and "unexpected Host header" in body


def test_server_answers_to_localhost_too(site: Served) -> None:
    assert site.get("/", Host=f"localhost:{site.access.port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "HEAD"])
def test_server_lets_nobody_do_anything_but_read(site: Served, method: str) -> None:
    with site.opened("/", method=method) as answer:
        assert answer.status == 405 and answer.getheader("Allow") == "GET"


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_server_refuses_what_a_page_of_another_site_asks_for(site: Served, origin: str) -> None:
    assert site.get("/", Sec_Fetch_Site=origin, Sec_Fetch_Mode="no-cors")[0] == 403
    assert site.get("/", Sec_Fetch_Site=origin, Sec_Fetch_Mode="navigate")[0] == 200


def test_every_answer_has_a_policy_that_allows_no_foreign_script_and_no_frame(site: Served) -> None:
    for path, token in (("/", None), ("/nothing", None), ("/", "x")):
        _, headers, _ = site.get(path, token=token)
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"


def test_token_is_another_at_each_start(run: Path, site: Served) -> None:
    with served(run) as other:
        assert len(other.access.token) >= 43 and other.access.token != site.access.token
    assert site.get("/", token=other.access.token)[0] == 403
