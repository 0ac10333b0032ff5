import base64
from urllib.parse import quote

import pytest

from strop.lm.secrets import Secrets

KEY = "sk/0123456789+abcdefXYZ"
URL = "postgresql://ada:hunter2%40home@db.example.org:5432/main?sslmode=require"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq\nx0Yz/+Q==\n-----END RSA PRIVATE KEY-----\n"
ENVIRON = {
    "SERVICE_API_KEY": KEY,
    "DATABASE_URL": URL,
    "SMTP": "Server=mail;User=ada;Password=Tr0ub4dor&3;",
    "HEADERS_AUTH": "Authorization: Basic YWRhOmxvdmVsYWNl",
    "PIP_INDEX_URL": "https://0a1b2c3d4e5f@packages.example.org/simple",
    "ACCOUNT_CREDENTIALS": '{"id": "ada", "private_key_id": "9f8e7d6c5b4a", "key": "c2VjcmV0LWtleQ"}',
    "PWD": "/home/ada/project",
    "LANG": "en_US.UTF-8",
    "HOME": "/home/ada",
}


@pytest.mark.parametrize(
    ("printed", "secret"),
    [
        (KEY, KEY),
        (base64.b64encode(KEY.encode()).decode(), base64.b64encode(KEY.encode()).decode()[:28]),
        (base64.b64encode(f"ada:{KEY}!".encode()).decode(), base64.b64encode(f"ada:{KEY}!".encode()).decode()[8:32]),
        (base64.urlsafe_b64encode(f"a:{KEY}".encode()).decode(), base64.urlsafe_b64encode(f"a:{KEY}".encode()).decode()[4:32]),
        ("\n".join(base64.b64encode(KEY.encode()).decode()[at : at + 7] for at in range(0, 32, 7)), "c2svMDE"),
        (KEY.encode().hex(), KEY.encode().hex()),
        (quote(KEY, safe=""), quote(KEY, safe="")),
        (f'{{"key": "{KEY}"}}'.replace("/", "\\/"), "0123456789"),
        (URL, "hunter2"),
        ("the password is hunter2%40home", "hunter2"),
        ("the password is hunter2@home", "hunter2"),
        ("Tr0ub4dor&3", "Tr0ub4dor"),
        ("YWRhOmxvdmVsYWNl", "YWRhOmxvdmVsYWNl"),
        ("index: 0a1b2c3d4e5f", "0a1b2c3d4e5f"),
        ("9f8e7d6c5b4a", "9f8e7d6c5b4a"),
        ("mysql://root:another-one@localhost/x", "another-one"),
        (PEM, "MIIEow"),
        ("Authorization: Bearer abc.DEF-123456789_xyz", "DEF-123456789"),
        ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
        ('"private_key_id": "b1C2d3E4f5a6b7c8d9e0f1a2"', "b1C2d3E4f5"),
        ("machine api.example.org login ada password Zx81Spectrum48kCommodore64", "Zx81"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "0123456789"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", "eyJzdWIi"),
    ],
)  # fmt: skip
def test_secret_is_masked_however_it_is_printed(printed: str, secret: str) -> None:
    assert secret in printed
    masked = Secrets(ENVIRON).masked(f"before\n{printed}\nafter")
    assert secret not in masked and masked.startswith("before\n") and masked.endswith("\nafter") and "[key]" in masked


@pytest.mark.parametrize(
    "text",
    [
        "def algorithm(key, token):\n    password = key.password\n    return f'https://{key}:{token}@host/{password}'\n",
        "token = self.tokens[position]\nsecret = secrets.token_hex(16)\napi_key = os.environ['SERVICE_API_KEY']\n",
        "next_token = RecursiveDescent2Parser(stream1).advance(to=token)\npassword_of_user = lookup_password_of_user_42(x)\n",
        'headers = {"Authorization": f"Bearer {token}", "Accept": "*/*"}  # en_US.UTF-8 /home/ada/project\n',
        "basic functionality-of-the-program; Basic RepresentationOfNumbers; risk-adjusted-returns-of-portfolios\n",
        "KEYS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'\n",
    ],
)
def test_program_is_not_changed(text: str) -> None:
    assert Secrets(ENVIRON).masked(text) == text


def test_text_that_ends_within_a_secret_is_masked() -> None:
    assert Secrets(ENVIRON).masked(f"it is {PEM[:50]}", is_cut=True) == "it is -----BEGIN RSA PRIVATE KEY-----[key]"
    assert Secrets(ENVIRON).masked(f"it is {KEY[:-3]}", is_cut=True) == "it is [key]"


def test_long_text_is_read_in_one_pass() -> None:
    secrets = Secrets(ENVIRON)
    for text in ("://a:" * 200_000, "password " * 100_000, "-----BEGIN PRIVATE KEY-----" * 20_000, "eyJ" * 200_000):
        assert secrets.masked(text)
    assert secrets.masked("c2svMDEyMzQ1" * 100_000)
