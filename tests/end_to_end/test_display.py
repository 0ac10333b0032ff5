"""What a command shows while it runs: on a real pseudo-terminal, on one that is closed, and as lines."""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from end_to_end.conftest import TINY, Strop, environment
from support.command_line import DOUBLING
from support.processes import output_of
from support.rows import table

RUN = ["run", "parity", "--seed", "1", "-T", "1", "--selection", "paper", *TINY, "--out", "r"]


@dataclass
class Terminal:
    """A command whose standard error is a pseudo-terminal."""

    process: subprocess.Popen[str]
    ours: int
    output: str = ""
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def until(self, words: str) -> None:
        """Read until the command has written `words`."""
        while words not in self.output:
            assert self.more(), self.output

    def more(self) -> bool:
        """Read a piece; False when the other end is closed."""
        assert select.select([self.ours], [], [], 600)[0]
        try:
            piece = os.read(self.ours, 65536)
        except OSError:  # nobody has the other end open any more
            return False
        self.output += self.decoder.decode(piece)  # a piece may end within a character
        return bool(piece)

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self.more():
            pass
        output_of(self.process)
        return self.process.returncode


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[list[Terminal]]:
    made: list[Terminal] = []
    yield made
    for each in made:
        each.process.kill()
        each.process.communicate()
        with suppress(OSError):
            os.close(each.ours)


def left_on_screen(output: str) -> list[str]:
    """The lines that a terminal still shows, or has scrolled away, after it was sent `output`."""
    lines, row, column = [""], 0, 0
    for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", output):
        if piece == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif piece == "\r":
            column = 0
        elif piece.endswith("A") and piece.startswith("\x1b"):
            row = max(row - int(piece[2:-1] or 1), 0)
        elif piece == "\x1b[2K":
            lines[row] = ""
        elif not piece.startswith("\x1b"):
            lines[row] = lines[row][:column] + piece + lines[row][column + len(piece) :]
            column += len(piece)
    return [line.rstrip() for line in lines]


def start(made: list[Terminal], tmp_path: Path, *arguments: str, **env: str) -> Terminal:
    """Start a command on a terminal; a small task takes the place of parity, which a new process has in its whole size."""
    (tmp_path / "doubling.py").write_text(DOUBLING)
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 80, 0, 0))
    around = {name: value for name, value in environment(tmp_path).items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "strop", *("doubling.py" if word == "parity" else word for word in arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        cwd=tmp_path,
        env=around | {"TERM": "xterm-256color", "STROP_NO_REPORT": "1"} | env,
    )
    os.close(theirs)
    made.append(Terminal(process, ours))
    return made[-1]


def test_run_draws_a_live_view_that_fits_the_terminal(terminal: list[Terminal], tmp_path: Path) -> None:
    shown = start(terminal, tmp_path, *RUN, NO_COLOR="1")
    assert shown.end() == 0
    assert "in flight" in shown.output and "t = 1 finished" in shown.output
    assert "\x1b[?25" not in shown.output and "\x1b[3" not in shown.output
    pictures = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", shown.output).splitlines()
    drawn = [line for line in pictures if " · " in line]
    assert drawn and max(map(len, drawn)) < 80


@table("verb", ("check", "improve"))
def test_command_shows_at_once_what_it_does(terminal: list[Terminal], tmp_path: Path, verb: str) -> None:
    start(terminal, tmp_path, verb, "parity").until("starting · ")


def test_run_says_how_to_go_on_when_it_is_stopped_under_a_live_view(terminal: list[Terminal], tmp_path: Path) -> None:
    shown = start(terminal, tmp_path, *RUN[:4], "-T", "50", *RUN[6:])
    shown.until("iteration ")
    shown.process.send_signal(signal.SIGINT)
    assert shown.end() == 130
    left = [line for line in left_on_screen(shown.output) if line]
    assert left[-3:] == [
        "strop: stopped by SIGINT; everything so far is kept",
        "To continue: strop resume r",
        "To end the search and compare what was found: strop resume r --finish",
    ], left
    assert "strop: stopping; waiting up to 10 s for requests in flight (Ctrl-C to quit now)" in left
    assert not [line for line in left if "budget left" in line or line.startswith("doing ")], (
        "no half of a picture stays"
    )


def test_display_none_shows_nothing_but_the_result(strop: Strop) -> None:
    silent = strop(*RUN, "--display", "none")
    assert (silent.returncode, silent.stderr) == (0, "") and "STOP on parity" in silent.stdout


def test_early_interrupt_ends_with_one_line(tmp_path: Path) -> None:
    """Python's own beginning is not ours: the signal comes when the first line of strop's entry point has run."""
    code = "import os, signal, sys; import strop.__main__ as m; sys.argv = ['strop', 'tasks']\n"
    code += "class Late:\n def find_spec(self, name, *rest):\n  if name == 'cyclopts': os.kill(os.getpid(), signal.SIGINT)\n"
    code += "sys.meta_path.insert(0, Late()); m.main()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (ended.returncode, ended.stderr) == (130, "strop: stopped\n")
