"""What bench/soak.py evaluates: solutions whose value is known beforehand, and hostile ones whose end is known."""

from __future__ import annotations

import random
from dataclasses import dataclass

MODULUS = 9973
"""The score of an answer is the answer modulo this, divided by this: a mixed-up answer has another score."""

HONEST = (
    "def algorithm(n):\n    return {a} * n + {b}\n",
    "import numpy as np\n\ndef algorithm(n):\n    return int(np.array([{a}, {b}]) @ np.array([n, 1]))\n",
    "def algorithm(n):\n    print('working on', n)\n    return sum([n] * {a}) + {b}\n",
    "A, B = {a}, {b}\n\nclass Line:\n    def at(self, n):\n        return A * n + B\n\n"
    "def algorithm(n):\n    return Line().at(n)\n",
)


@dataclass(frozen=True)
class Hostile:
    """One program and the verdicts that are right for it. Where it is `ok`, the answer is 0, or `n` times 3."""

    name: str
    verdicts: tuple[str, ...]
    body: str
    weight: float = 1.0
    """How often it is drawn, beside the others; those that wait for the wall clock are rare."""

    @property
    def text(self) -> str:
        """The program."""
        return "def algorithm(n):\n" + "".join(f"    {line}\n" for line in self.body.strip().splitlines())


RIGHT_ANSWER = "thread that lives on"
"""The one of the hostile programs that answers 3 n."""

HOSTILE = (
    Hostile("fork", ("raised",), "import os\nos.fork()"),
    Hostile(
        "fork bomb", ("ok",), "import os\nfor _ in range(200):\n  try: os.fork()\n  except OSError: pass\nreturn 0"
    ),
    Hostile("spawn", ("raised",), "import os, sys\nos.posix_spawn(sys.executable, [sys.executable], {})"),
    Hostile("program", ("raised",), "import subprocess\nsubprocess.run(['/bin/true'])"),
    Hostile("shell", ("ok",), "import os\nos.system('true')\nreturn 0"),
    Hostile("daemon", ("raised",), "import os\nif os.fork() == 0:\n  os.setsid()\n  os.fork()\nreturn 0"),
    Hostile("loop", ("timeout",), "while True: pass"),
    Hostile("loop in C", ("timeout",), "return sum(range(10**13))"),
    Hostile(
        "loop that ignores signals",
        ("timeout",),
        "import signal\nfor number in range(1, 65):\n"
        "  try: signal.signal(number, signal.SIG_IGN)\n  except (OSError, ValueError): pass\nwhile True: pass",
    ),
    Hostile("memory, touched", ("out of memory", "timeout"), "kept = []\nwhile True: kept.append(bytearray(1 << 22))"),
    Hostile("memory, mapped", ("out of memory",), "kept = []\nwhile True: kept.append(bytes(1 << 22))"),
    Hostile("memory, at once", ("out of memory",), "return len(bytearray(1 << 34))"),
    Hostile("output", ("ok",), "for _ in range(256): print('x' * 4096)\nreturn 0"),
    Hostile("output, raw", ("raised",), "import os\nwhile True: os.write(1, b'x' * 65536)"),
    Hostile("SystemExit", ("raised",), "import sys\nsys.exit(0)"),
    Hostile("exit", ("died",), "import os\nos._exit(0)"),
    Hostile("segmentation fault", ("died",), "import ctypes\nctypes.string_at(0)"),
    Hostile("abort", ("died",), "import os\nos.abort()"),
    Hostile("kill itself", ("raised",), "import os\nos.kill(os.getpid(), 9)"),
    Hostile("kill the server", ("raised",), "import os\nos.kill(os.getppid() or 1, 9)"),
    Hostile("kill everybody", ("raised",), "import os\nos.kill(-1, 9)"),
    Hostile("alarm", ("died",), "import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.001)\ntime.sleep(10)"),
    Hostile("reply, oversized", ("malformed",), "return 'a' * (5 << 20)"),
    Hostile("reply, nested", ("malformed", "raised"), "x = []\nfor _ in range(500): x = [x]\nreturn x"),
    Hostile("frame of terabytes", ("violated",), "import os, time\nos.write(4, b'\\xff' * 8)\ntime.sleep(10)"),
    Hostile(
        "forged request",
        ("violated",),
        "import frames, time\nframes.write(4, frames.encode({'request': 1, 'method': 'utility', 'params': []}))\n"
        "time.sleep(10)",
    ),
    Hostile(
        "forged score",
        ("violated",),
        "import frames, time\nframes.write(4, frames.encode({'returned': 1, 'score': 1.0}))\ntime.sleep(10)",
    ),
    Hostile("pipes closed", ("died",), "import os, time\nos.close(3)\nos.close(4)\ntime.sleep(10)"),
    Hostile("descriptors", ("raised",), "import os\nkept = []\nwhile True: kept.append(os.pipe())"),
    Hostile(
        "threads",
        ("raised", "timeout", "out of memory"),
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=[60], daemon=True).start()",
    ),
    Hostile(
        RIGHT_ANSWER,
        ("ok",),
        "import threading\ndef spin():\n  while True: pass\n"
        "threading.Thread(target=spin, daemon=True).start()\nreturn 3 * n",
    ),
    Hostile("recursion", ("raised", "died"), "def down(k): return down(k + 1) + 1\nreturn down(0)"),
    Hostile(
        "scratch",
        ("ok",),
        "import os\nfor folder in ('/tmp', '/var/tmp', '/dev/shm', '/run', '.'):\n"
        "  try: open(os.path.join(folder, 'strop-soak-left-behind'), 'w').write('x')\n  except OSError: pass\nreturn 0",
    ),
    Hostile(
        "shared memory",
        ("ok",),
        "import ctypes\nctypes.CDLL(None).shmget(0, 1 << 20, 0o1666)\n"
        "try:\n  from multiprocessing.shared_memory import SharedMemory\n"
        "  SharedMemory('strop-soak-left-behind', True, 1 << 20)\nexcept (OSError, ImportError): pass\nreturn 0",
    ),
    Hostile("sleep", ("timeout",), "import time\ntime.sleep(60)", weight=0.02),
    Hostile("stop itself", ("timeout",), "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", weight=0.02),
)
_WEIGHTS = [each.weight for each in HOSTILE]


@dataclass(frozen=True)
class Draw:
    """One evaluation and what must come of it."""

    name: str
    text: str
    verdicts: tuple[str, ...]
    value: float
    """Where the verdict is `ok`; otherwise it is 0."""

    def wrong(self, verdict: str, value: float) -> bool:
        """Whether the value is not the one that belongs to the verdict."""
        return value != (self.value if verdict == "ok" else 0.0)


def draw(seed: int, number: int, hostile: float, n: int) -> Draw:
    """The program of evaluation `number`, hostile with the given probability; `n` is what it will be called with."""
    rng = random.Random(f"{seed}/{number}")
    if rng.random() < hostile:
        return of(rng.choices(HOSTILE, _WEIGHTS)[0], n)
    kind = rng.randrange(len(HONEST))
    a, b = rng.randrange(1, 1000), rng.randrange(1000)
    return Draw(f"honest {kind}", HONEST[kind].format(a=a, b=b), ("ok",), (a * n + b) % MODULUS / MODULUS)


def of(program: Hostile, n: int) -> Draw:
    """A hostile program as a draw."""
    answer = 3 * n if program.name == RIGHT_ANSWER else 0
    return Draw(program.name, program.text, program.verdicts, answer % MODULUS / MODULUS)
