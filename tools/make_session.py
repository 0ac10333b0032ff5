"""Makes the session that README.md shows: `strop improve --record` without a target, and `strop apply`, on rouge-score 0.1.2.

    python tools/make_session.py STROP            # run it, and write what it prints into README.md
    python tools/make_session.py STROP --check    # run it; exit code 1 if README.md shows something else, numbers aside

STROP: the command, such as .venv/bin/strop. The package, and what it needs, come from PyPI. `examples/session` repeats a model's
responses.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PACKAGE = "rouge-score==0.1.2"
COMMANDS = {
    "strop improve --record 'python evaluate.py' --lm-budget 1": r"Better: .*|  function  .*RougeScorer.*|  program  .*",
    "strop apply          # after `strop show --full` has shown the patch; it keeps the old files": r"applied: .*rouge_scorer.*",
}
"""What is typed, and which lines of what it prints README.md shows, folded as a terminal folds them: of the functions only the
first, as a small gain of a later one is shown in some runs and not in others."""
INSTALL = "$ uv tool install .    # in a clone of this repository; Linux, Python 3.11 or newer; two minutes"
VARYING = (r"(?<=of CPU time) of .*?(?=, on)", r"(?<=the same), but [^$]*")
"""What the result says only on some machines."""
BEGIN, END = "<!-- session -->\n```console\n", "```\n"
WIDTH = 100


def session(strop: Path, folder: Path) -> str:
    """The commands and what they print, as README.md shows them. `folder`: an empty one, for the package and its environment."""
    environment, examples = folder / "environment", ROOT / "examples" / "session"
    venv.create(environment, with_pip=True)
    pip = [environment / "bin" / "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", PACKAGE], check=True)
    subprocess.run([*pip, "download", "--no-deps", "--no-binary", ":all:", PACKAGE, "--dest", folder], check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    (project,) = (path.parent for path in folder.glob("*/setup.py"))
    shutil.copy(examples / "evaluate.py", project)
    subprocess.run([sys.executable, examples / "make_texts.py"], cwd=project, check=True)
    respond = environment / "bin" / "respond"
    respond.write_text(f"#!{environment / 'bin' / 'python'}\n{(examples / 'respond.py').read_text('utf-8')}", "utf-8")
    respond.chmod(0o755)
    variables = os.environ | {
        "PATH": f"{environment / 'bin'}:{strop.absolute().parent}:{os.environ['PATH']}",
        "COLUMNS": str(WIDTH),
        "STROP_MODEL": f"command:{respond.name}",
    }
    lines = [INSTALL]
    for command, pattern in COMMANDS.items():
        ended = subprocess.run(command, shell=True, cwd=project, env=variables, capture_output=True, text=True)
        if ended.returncode:
            sys.exit(f"{ended.stdout}{ended.stderr}\nexit code {ended.returncode} of: {command}")
        printed = map(str.rstrip, f"{ended.stderr}{ended.stdout}".splitlines())
        wanted = [line for line in printed if re.fullmatch(pattern, line)]
        lines += [
            f"$ {command}",
            *(folded for line in wanted for folded in _folded(line)),
        ]
    return "".join(f"{line}\n" for line in lines)


def _folded(line: str) -> list[str]:
    """A line, or a fact beside its name, as a terminal folds it."""
    indent = re.match(r"  [a-z ]*  (?=\S)|", line)
    return textwrap.wrap(line, WIDTH, subsequent_indent=" " * len(indent[0] if indent else ""), break_on_hyphens=False)


def without_figures(text: str) -> str:
    """A session without what another machine measures."""
    text = " ".join(text.split())  # a longer figure folds a line elsewhere
    for varying in VARYING:
        text = re.sub(varying, "", text)
    return re.sub(r"\d[\d.,]*( ?(ms|µs|s|x|%)\b)?", "N", text)


def main(strop: Path, *, checks: bool) -> None:
    """Run the session, and write or compare it."""
    page = README.read_text("utf-8")
    head, _, rest = page.partition(BEGIN)
    old, _, tail = rest.partition(END)
    with TemporaryDirectory(prefix="strop-session-") as folder:
        new = session(strop, Path(folder))
    if checks and without_figures(old) != without_figures(new):
        sys.exit(f"README.md shows another session than strop prints now:\n{new}")
    if not checks:
        README.write_text(f"{head}{BEGIN}{new}{END}{tail}", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), checks="--check" in sys.argv)
