"""Install strop as the README says, with uv, and type what a newcomer types:

    python tools/plain_install.py ENVIRONMENT

ENVIRONMENT is a new folder, which holds uv, the environment that uv makes for strop, and the command `strop`. There are no
constraints: it is the newest release of everything. Compare the README's session with what strop prints now. For each form of
`strop init` type the commands that it prints, and `strop eval`. There the offline stand-in takes the place of every language
model, and most searches are small. The first command that fails ends it.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
README, SESSION = ROOT / "README.md", ROOT / "tools" / "make_session.py"
MODELS = re.compile(r"--model '?(?:(?:openai|openrouter|llamacpp)/[^ ]+|MODEL)|--base-url \S+|--track mlflow")
"""What needs a key, a server or an extra."""
SMALL = "--lm-budget 1 --max-responses 1 --utility-budget 2"


def blocks(page: Path) -> Iterator[list[str]]:
    """What a page tells people to type: for each console block its commands, in order, without comments."""
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        lines = [re.sub(r"\s+# .*| \| grep .*", "", line[2:]) for line in block.splitlines() if line.startswith("$ ")]
        yield [part.strip() for line in lines for part in re.split(r" && (?!.*')", line)]


class Newcomer:
    """Somebody who has a clone, an environment and an empty folder."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self.folder = folder
        self._path = {"PATH": f"{environment / 'bin'}:{os.environ['PATH']}"}
        self._of_uv = {"UV_TOOL_DIR": str(environment / "tools"), "UV_TOOL_BIN_DIR": str(environment / "bin")}

    def types(self, command: str, folder: Path) -> str:
        """What the command prints in a folder, or `pip` and `uv` in the clone. One that fails ends this process."""
        words = shlex.split(command)
        installs = words[0] in ("pip", "uv")
        variables = os.environ | self._of_uv if installs else {"HOME": str(self.folder), "COLUMNS": "200"}
        began = time.monotonic()
        ended = subprocess.run(
            words, cwd=ROOT if installs else folder, env=variables | self._path, capture_output=True, text=True
        )
        print(f"[{time.monotonic() - began:5.1f} s] $ {command}", flush=True)
        if ended.returncode:
            sys.exit(f"{ended.stdout}{ended.stderr}\nexit code {ended.returncode} of: {command}")
        return ended.stdout

    def tries(self, form: str) -> None:
        """Make the example of a form, and type what `strop init` prints."""
        printed = self.types(f"strop init {form} --form {form}", self.folder)
        for command in re.findall(r"^  (strop (?:check|improve) .*)$", printed, re.MULTILINE):
            small = f" {SMALL}" * command.startswith("strop improve")
            self.types(MODELS.sub("--model offline", command) + small, self.folder / form)
        (target,) = re.findall(r"^  strop check (.*)$", printed, re.MULTILINE)
        if "--evaluator" not in target:  # eval takes tasks
            self.types(f"strop eval seed --task {target} --model offline --copies 1 {SMALL}", self.folder / form)


def main(environment: Path) -> None:
    """Install and type everything. Exits with a message if a command fails."""
    venv.create(environment, clear=True, with_pip=True)
    with TemporaryDirectory(prefix="strop-plain-") as folder:
        newcomer = Newcomer(environment.absolute(), Path(folder))
        newcomer.types("pip install uv", Path(folder))
        ((installs, *_), *_) = blocks(README)
        newcomer.types(installs, Path(folder))
        subprocess.run([sys.executable, SESSION, environment / "bin" / "strop", "--check"], check=True)
        forms, *_ = re.findall(r"\[choices: (.*?)\]", newcomer.types("strop init --help-all", Path(folder)))
        for form in forms.split(", "):
            newcomer.tries(form)
        print(newcomer.types(f"uv pip list --python {environment.absolute() / 'tools' / 'strop'}", Path(folder)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
