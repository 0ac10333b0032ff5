"""Makes the reference from what the code declares: pages of docs/reference, and tables of two other pages.

python tools/make_reference.py            # write all of it
python tools/make_reference.py --check    # exit code 1 if a page is stale
"""

from __future__ import annotations

import sys
from pathlib import Path

from reference.budgets import budgets_page
from reference.commands import commands_page
from reference.documents import json_page
from reference.exit_codes import exit_codes_page
from reference.keys import keys_page
from reference.markdown import DOCS, REFERENCE
from reference.python import python_page
from reference.recorded_events import events_page

from strop.lm.providers import PROVIDERS
from strop.runs.results import listings


def train_page() -> str:
    """The text of improvers.md with its table of the shipped improvers."""
    rows = [f"| `{one.improver}` | {one.idea} |" for one in listings.all_improvers().improvers]
    return _with_table(REFERENCE / "improvers.md", ["| improver | idea |", "|---|---|", *rows])


def models_page() -> str:
    """The text of models.md with its table of what can answer."""
    rows = ["| `--model` | what answers | base URL | key |", "|---|---|---|---|"]
    for head, provider in PROVIDERS.items():
        variable = f"`{provider.url_variable}`, else " * bool(provider.url_variable)
        url = f"{variable}`{provider.url}`" if provider.url else "–"
        key = ", else ".join(f"`{name}`" for name in provider.key_variables) + ", if any" * (not provider.needs_key)
        rows.append(
            f"| `{head}{provider.rest}` | {provider.answers} | {url} | {key if provider.key_variables else '–'} |"
        )
    return _with_table(REFERENCE / "models.md", rows)


def _with_table(path: Path, rows: list[str]) -> str:
    """A page with these rows in place of what stands between its two marks."""
    before, mark, rest = _text(path).partition("<!-- generated -->\n")
    _, end, after = rest.partition("<!-- end -->")
    return "".join([before, mark, "\n".join(rows), "\n", end, after])


PAGES = {
    REFERENCE / "budgets.md": budgets_page,
    REFERENCE / "commands.md": commands_page,
    REFERENCE / "keys.md": keys_page,
    REFERENCE / "json.md": json_page,
    REFERENCE / "events.md": events_page,
    REFERENCE / "exit-codes.md": exit_codes_page,
    REFERENCE / "python.md": python_page,
    REFERENCE / "improvers.md": train_page,
    REFERENCE / "models.md": models_page,
}
"""Each page with the function that makes its text."""


def main() -> int:
    """Write the pages, or check them."""
    stale = {path: text for path, make in PAGES.items() if _text(path) != (text := make())}
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(DOCS.parent)} is stale: run python tools/make_reference.py")
        return int(bool(stale))
    for path, text in stale.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    raise SystemExit(main())
