"""Seccomp programs: written as a list of decisions about system calls, installed as classic BPF.

This file knows the BPF machine; `filters` decides which calls are allowed.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress

from strop.sandbox.confinement.kernel import Kernel
from strop.sandbox.confinement.syscalls import NUMBERS

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
NOTIFY = 0x7FC00000

_SET_MODE_FILTER = 1
_SPEC_ALLOW, _NEW_LISTENER = 1 << 2, 1 << 3
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET = 0, 4

Instruction = tuple[int, int, int, int]
"""code, jump if true, jump if false, constant"""


def refuse(errno: int) -> int:
    """The action that makes a call fail with `errno`."""
    return 0x00050000 | errno


def _argument_offset(index: int) -> int:
    return 16 + 8 * index  # the low half: both architectures are little endian


def answer(action: int) -> Instruction:
    """The instruction that decides the call by an action."""
    return (_RETURN, 0, 0, action)


def all_flags(conditions: Mapping[int, tuple[int, int]], otherwise: int) -> list[Instruction]:
    """Allow a call if each argument in `conditions`, index → (needs, bars), has a bit of `needs` and none of `bars`."""
    body: list[Instruction] = []
    for index, (needs, bars) in conditions.items():
        body += [
            (_LOAD, 0, 0, _argument_offset(index)),
            (_JUMP_ANY_BIT, 1, 0, bars),
            (_JUMP_ANY_BIT, 1, 0, needs),
            answer(otherwise),
        ]
    return [*body, answer(ALLOW)]


def any_bit(index: int, bits: int, then: int, otherwise: int) -> list[Instruction]:
    """Take the action `then` if argument `index` has a bit of `bits`, else `otherwise`."""
    return [(_LOAD, 0, 0, _argument_offset(index)), (_JUMP_ANY_BIT, 0, 1, bits), answer(then), answer(otherwise)]


def modes(index: int, *, bars: int, otherwise: int, creates: tuple[int, int] | None = None) -> list[Instruction]:
    """Allow a file's mode, argument `index`, that has no bit of `bars` and lets its owner read what he may execute.

    `creates`: the argument, and its bits, without which the call sets no mode."""
    body = [
        (_LOAD, 0, 0, _argument_offset(index)),
        (_JUMP_ANY_BIT, 2, 0, bars),
        (_JUMP_ANY_BIT, 2, 0, 0o400),
        (_JUMP_ANY_BIT, 0, 1, 0o100),
        answer(otherwise),
        answer(ALLOW),
    ]
    if creates is None:
        return body
    return [(_LOAD, 0, 0, _argument_offset(creates[0])), (_JUMP_ANY_BIT, 0, len(body) - 1, creates[1]), *body]


def is_value(index: int, values: Iterable[int], then: int, otherwise: int) -> list[Instruction]:
    """Take the action `then` if the low 32 bits of argument `index` are one of `values`, else `otherwise`."""
    body = [(_LOAD, 0, 0, _argument_offset(index))]
    for value in values:
        body += [(_JUMP_EQUAL, 0, 1, value & 0xFFFFFFFF), answer(then)]
    return [*body, answer(otherwise)]


class Filter:
    """One seccomp program. Decisions are taken in the order in which they were added."""

    def __init__(self) -> None:
        self._instructions: list[Instruction] = [
            (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
            (_JUMP_EQUAL, 1, 0, _ARCHITECTURES[platform.machine()]),
            answer(KILL_PROCESS),  # another architecture's numbers mean other calls
            (_LOAD, 0, 0, _NUMBER_OFFSET),
        ]
        if platform.machine() == "x86_64":
            self._instructions += [(_JUMP_AT_LEAST, 0, 1, _X32_BIT), answer(KILL_PROCESS)]

    def on(self, names: Iterable[str], body: list[Instruction]) -> None:
        """Decide each of the calls `names` by `body`, which must return an action."""
        for name in sorted(set(names) & NUMBERS.keys()):
            self._instructions += [(_JUMP_EQUAL, 0, len(body), NUMBERS[name]), *body]

    def by_table(self, actions: Mapping[str, int], otherwise: int) -> None:
        """Decide all remaining calls: by name in `actions`, or `otherwise`.

        Runs of equal actions become one comparison; the kernel caches (since 5.11) the calls that are always allowed.
        """
        table = {NUMBERS[name]: action for name, action in actions.items() if name in NUMBERS}
        end = max(table) + 1
        for number in range(end):
            action = table.get(number, otherwise)
            if number + 1 == end or table.get(number + 1, otherwise) != action:
                self._instructions += [(_JUMP_AT_LEAST, 1, 0, number + 1), answer(action)]
        self._instructions.append(answer(otherwise))

    def from_number(self, number: int, action: int) -> None:
        """Decide every call whose number is at least `number`."""
        self._instructions += [(_JUMP_AT_LEAST, 0, 1, number), answer(action)]

    def otherwise(self, action: int) -> None:
        """Decide all remaining calls."""
        self._instructions.append(answer(action))

    def assembled(self, *, placeholder: int | None = None) -> Assembled:
        """The program in the kernel's form; fill in the constant `placeholder` before installing it."""
        return Assembled(self._instructions, placeholder)


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _BpfProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


class Assembled:
    """A program ready to install any number of times."""

    def __init__(self, instructions: list[Instruction], placeholder: int | None = None) -> None:
        self.instructions = instructions
        self._array = (_Instruction * len(instructions))(*(_Instruction(*instruction) for instruction in instructions))
        self._program = _BpfProgram(len(instructions), self._array)
        self._placeholders = [index for index, instruction in enumerate(instructions) if instruction[3] == placeholder]

    def fill_in(self, value: int) -> None:
        """Replace the placeholder by `value`, for a value that is known only after fork, when time matters."""
        for index in self._placeholders:
            self._array[index].k = value

    def install(self, kernel: Kernel) -> None:
        """Install the filter: from now on it also decides every call of this process and its descendants."""
        self._set(kernel, 0)

    def install_with_listener(self, kernel: Kernel) -> int:
        """Install the filter; return the descriptor on which NOTIFY decisions must be answered."""
        return self._set(kernel, _NEW_LISTENER)

    def _set(self, kernel: Kernel, flags: int) -> int:
        """Install it without the mitigation that kernels before 5.16 add to a filter, which slows byte-wise code by a tenth."""
        with suppress(OSError):  # a kernel that does not know the flag
            return kernel.call("seccomp", _SET_MODE_FILTER, flags | _SPEC_ALLOW, self._program)
        return kernel.call("seccomp", _SET_MODE_FILTER, flags, self._program)
