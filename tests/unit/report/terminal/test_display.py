"""The live view on a terminal: a real pseudo-terminal, and what a terminal makes of what is written to it."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from rich.text import Text

from strop.report.terminal.display import Display


@dataclass
class Screen:
    """As much of a terminal as a display asks for: it wraps, scrolls, goes up and clears; made narrower, it wraps again."""

    columns: int
    rows: int
    lines: list[str] = field(default_factory=lambda: [""])
    row: int = 0
    column: int = 0

    def feed(self, text: str) -> None:
        rest = text
        while rest:
            if rest.startswith("\x1b["):
                end = next(place for place in range(2, len(rest)) if rest[place].isalpha())
                self._act(rest[end], rest[2:end])
                rest = rest[end + 1 :]
            else:
                self._write(rest[0])
                rest = rest[1:]

    def _act(self, what: str, number: str) -> None:
        if what == "A":
            self.row = max(self.row - int(number or 1), 0, len(self.lines) - self.rows)
        elif what == "K":
            assert number == "2"
            self.lines[self.row] = ""
        elif what == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        else:
            assert what == "m", what

    def _write(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row, self.column = self.row + 1, 0
        else:
            if self.column == self.columns:
                self.row, self.column = self.row + 1, 0
            self._reach()
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + character + line[self.column + 1 :]
            self.column += 1
        self._reach()

    def _reach(self) -> None:
        while len(self.lines) <= self.row:
            self.lines.append("")

    def narrow(self, columns: int) -> None:
        """As terminals that wrap again do."""
        pieces = [[line[at : at + columns] for at in range(0, max(len(line), 1), columns)] for line in self.lines]
        self.row = sum(map(len, pieces[: self.row]))
        self.lines = [piece for group in pieces for piece in group]
        self.columns = columns

    @property
    def shown(self) -> list[str]:
        return [line for line in self.lines if line]


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """(our end, the other end) of a pseudo-terminal that does not turn newlines into two characters."""
    ours, theirs = os.openpty()
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    yield ours, theirs
    for descriptor in (ours, theirs):
        with suppress(OSError):
            os.close(descriptor)


@pytest.fixture(autouse=True)
def _ordinary_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def resize(descriptor: int, size: Size) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", size.rows, size.columns, 0, 0))


@dataclass(frozen=True)
class Size:
    columns: int
    rows: int


class Drawing:
    """A display whose live view says its size, a letter in every column, on three lines."""

    def __init__(self, ours: int, theirs: int, size: Size) -> None:
        self.ours, self.theirs = ours, theirs
        self.pictures: list[Size] = []
        self.drawn = threading.Condition()
        self.held = False
        self.waiting = 0
        resize(theirs, size)
        self.screen = Screen(size.columns, size.rows)
        self.stream = os.fdopen(os.dup(theirs), "w")
        self.display = Display(self.stream, self.render)

    def render(self) -> Text:
        with self.drawn:
            self.waiting += 1
            self.drawn.notify_all()
            assert self.drawn.wait_for(lambda: not self.held, 60)
            size = Size(*self.display.console.size)
            self.pictures.append(size)
            self.drawn.notify_all()
        return Text("\n".join([f"{size.columns}x{size.rows}", "x" * (size.columns - 1), "end"]), no_wrap=True)

    def wait(self, size: Size) -> None:
        """Until a picture of this size was drawn whole, which a second one says."""
        with self.drawn:
            assert self.drawn.wait_for(lambda: self.pictures[-2:] == [size] * 2, 60)

    def hold(self) -> None:
        """Let no drawing begin: all before it are written."""
        with self.drawn:
            self.held, before = True, self.waiting
            assert self.drawn.wait_for(lambda: self.waiting > before, 60)

    def go_on(self) -> None:
        with self.drawn:
            self.held = False
            self.drawn.notify_all()

    def read(self) -> None:
        os.set_blocking(self.ours, False)
        with suppress(BlockingIOError):
            while True:
                self.screen.feed(os.read(self.ours, 65536).decode())


@pytest.fixture
def draw(terminal: tuple[int, int]) -> Iterator[Callable[[Size], Drawing]]:
    """A display on a terminal of a size."""
    made: list[Drawing] = []

    def make(size: Size) -> Drawing:
        made.append(Drawing(*terminal, size))
        return made[-1]

    yield make
    for drawing in made:
        drawing.display.__exit__()
        with suppress(OSError):
            drawing.stream.close()


def test_display_draws_again_in_its_place_when_the_terminal_is_resized(draw: Callable[[Size], Drawing]) -> None:
    drawing = draw(Size(60, 20))
    drawing.display.say("first line")
    drawing.display.__enter__()
    drawing.wait(Size(60, 20))
    drawing.hold()
    drawing.read()
    assert drawing.screen.shown == ["first line", "60x20", "x" * 59, "end"]
    drawing.screen.narrow(25)
    resize(drawing.theirs, Size(25, 20))
    drawing.go_on()
    drawing.wait(Size(25, 20))
    drawing.hold()
    drawing.read()
    drawing.go_on()
    assert drawing.screen.shown == ["first line", "25x20", "x" * 24, "end"]
    drawing.display.say("last line")
    drawing.display.__exit__()
    drawing.read()
    assert drawing.screen.shown == ["first line", "last line"]


def test_display_leaves_out_what_the_terminal_has_no_rows_for(draw: Callable[[Size], Drawing]) -> None:
    drawing = draw(Size(30, 2))
    drawing.display.__enter__()
    drawing.wait(Size(30, 2))
    drawing.read()
    drawing.display.__exit__()
    assert [line.strip() for line in drawing.screen.shown] == ["30x2", "..."]


def test_display_goes_on_when_the_terminal_is_closed(draw: Callable[[Size], Drawing]) -> None:
    drawing = draw(Size(30, 10))
    drawing.display.__enter__()
    drawing.wait(Size(30, 10))
    os.close(drawing.theirs)
    os.close(drawing.ours)
    for number in range(100):
        drawing.display.say(str(number))
    drawing.display.__exit__()
    with pytest.raises(OSError):
        drawing.stream.write("nobody is there")
        drawing.stream.flush()
