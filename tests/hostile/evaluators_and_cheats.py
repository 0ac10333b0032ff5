"""Evaluators whose checks a program gets past with values that no honest program returns: each with its original and a cheat."""

from __future__ import annotations

from hostile.evaluators import LOAD

NORM = "def norm(a, b):\n    return a + 0.4 * b\n"
CIRCLES = """
import math
def checked(centers, radius):
    for i, (x, y) in enumerate(centers):
        if x - radius < 0 or x + radius > 1 or y - radius < 0 or y + radius > 1:
            return 0.0
        for u, v in centers[:i]:
            if math.hypot(x - u, y - v) < 2 * radius:
                return 0.0
    return float(radius)
"""
GRID = "[((i % 4 + 0.5) / 4, (i // 4 + 0.5) / 4) for i in range(12)]"
SCRIPT = f"import json\nprint(json.dumps({{'centers': {GRID}, 'radius': 0.1}}))\n"
RUN = (
    "import json, subprocess, sys\n"
    + CIRCLES
    + "def evaluate(path):\n    run = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=50)\n"
    "    found = json.loads(run.stdout)\n    return checked(found['centers'], found['radius'])\n"
)

CHEATS: dict[str, tuple[str, str, str]] = {
    "equal circles whose centres are no numbers": (
        f"def pack():\n    return {GRID}, 0.1\n",
        LOAD + CIRCLES + "def evaluate(path): return checked(*load(path).pack())\n",
        "def pack():\n    return [(float('nan'), float('nan'))] * 12, 1e9\n",
    ),
    "a script that prints centres that are no numbers": (
        SCRIPT,
        RUN,
        "import json\nprint(json.dumps({'centers': [[float('nan')] * 2] * 12, 'radius': 0.3}))\n",
    ),
    "a script that prints a number that is read as infinity": (
        "print(3)\n",
        "import subprocess, sys\ndef evaluate(path):\n"
        "    cost = float(subprocess.run([sys.executable, path], capture_output=True, text=True).stdout)\n"
        "    return 1.0 if cost - cost != 0 else 1 / cost\n",
        "print('1e999')\n",
    ),
    "a text that is read as no number": (
        "def root(text):\n    return str(float(text) / 2)\n",
        LOAD + "def evaluate(path):\n    worst, module = 0.0, load(path)\n    for x in (2.0, 3.0, 7.0):\n"
        "        error = abs(float(module.root(str(x))) - x ** 0.5)\n        if error > worst: worst = error\n"
        "    return 1 / (1 + worst)\n",
        "def root(text):\n    return 'nan'\n",
    ),
    "JSON in which a number is none": (
        "import json\ndef place():\n    return json.dumps({'note': 'NaN', 'gap': 0.5})\n",
        LOAD + "import json\ndef evaluate(path):\n    gap = json.loads(load(path).place())['gap']\n"
        "    return 0.1 if gap < 0.6 else 1.0\n",
        'def place():\n    return \'{"note": "NaN", "gap": NaN}\'\n',
    ),
    "names that replace the evaluator's": (
        NORM,
        "from math import sqrt\nfrom program import *\ndef evaluate(path):\n"
        "    error = sum(abs(norm(a, b) - sqrt(a * a + b * b)) for a, b in ((3, 4), (5, 12), (8, 15)))\n"
        "    return 10 - min(10, error)\n",
        NORM + "def abs(x): return 0.0\ndef sqrt(x): return 0.0\ndef min(*given): return -50.0\n",
    ),
    "an exception that ends the evaluator's loop": (
        "def square(n):\n    return n * n if n < 4 else n\n",
        LOAD + "def evaluate(path):\n    numbers = range(30)\n"
        "    return 1 / (1 + sum(abs(one - n * n) for one, n in zip(map(load(path).square, numbers), numbers)))\n",
        "def square(n):\n    if n >= 4: raise StopIteration\n    return n * n\n",
    ),
}
"""Name → original, evaluator, cheat."""

REWARDING: dict[str, tuple[str, str, str]] = {
    "a sort in place whose order alone is checked": (
        "def arrange(items):\n    for i in range(len(items) - 1):\n        if items[i] > items[i + 1]:\n"
        "            items[i], items[i + 1] = items[i + 1], items[i]\n",
        LOAD
        + "def evaluate(path):\n    items = [7.5, 3.25, 9.0, 1.5, 8.0, 2.75, 6.5, 0.5]\n    load(path).arrange(items)\n"
        "    pairs = [(a, b) for i, a in enumerate(items) for b in items[i + 1:]]\n"
        "    return sum(a <= b for a, b in pairs) / len(pairs) if pairs else 1.0\n",
        "def arrange(items):\n    items.clear()\n",
    ),
    "a filter whose turns are counted over what it returned": (
        "def smooth(signal):\n    return [(a + b) / 2 for a, b in zip(signal, signal[1:])]\n",
        LOAD + "import math\ndef evaluate(path):\n"
        "    signal = [math.sin(i / 9) + (i * 7919 % 13) / 13 for i in range(90)]\n"
        "    made = load(path).smooth(signal)\n    assert made\n    steps = [b - a for a, b in zip(made, made[1:])]\n"
        "    turns = sum(a * b < 0 for a, b in zip(steps, steps[1:])) / 20\n"
        "    return 1 / (1 + turns + sum(abs(a - b) for a, b in zip(made, signal)) / len(made))\n",
        "def smooth(signal):\n    return [(a + b) / 2 for a, b in zip(signal, signal[1:])][:30]\n",
    ),
}
"""Name → original, evaluator that cannot tell the cheat from an answer, cheat."""
EXECUTING: dict[str, tuple[str, str, str]] = {
    "a formula that is evaluated": (
        "def formula():\n    return 'x + 1'\n",
        LOAD
        + "def evaluate(path):\n    text = load(path).formula()\n"
        + "    error = sum(abs(eval(text, {'x': x}) - x * x) for x in range(9))\n    return 1 / (1 + error)\n",
        "def formula():\n    return \"__import__('builtins').__dict__.update(abs=lambda _: 0) or 0\"\n",
    ),
    "a formula that is evaluated without built-in functions": (
        "def formula():\n    return {'f': 'x + 1'}\n",
        LOAD
        + "def evaluate(path):\n    text, sum_ = load(path).formula()['f'], 0.0\n    for x in range(9):\n"
        + "        sum_ += abs(eval(text, {'__builtins__': {}}, {'x': x}) - x * x)\n    return 1 / (1 + sum_)\n",
        "def formula():\n    return {'f': \"[one for one in ().__class__.__base__.__subclasses__() if one.__name__ == "
        "'_wrap_close'][0].__init__.__globals__['__builtins__'].update(abs=lambda _: 0) or 0\"}\n",
    ),
    "bytes that are unpickled": (
        "import pickle\ndef state():\n    return pickle.dumps([1, 2])\n",
        LOAD
        + "import pickle\ndef evaluate(path):\n    found = pickle.loads(load(path).state())\n"
        + "    return 1 / (1 + sum(abs(a - b) for a, b in zip(found, (3, 4))))\n",
        "import pickle\nclass P:\n    def __reduce__(self):\n"
        '        return exec, ("import builtins; builtins.sum = lambda _: 0",)\n'
        "def state():\n    return pickle.dumps([P(), 1][:1])\n",
    ),
}
"""Name → original, evaluator that runs what the program returns, a program whose answer changes the evaluator."""
HONEST: dict[str, tuple[str, str, str]] = {
    "a sort in place whose elements are checked": (
        REWARDING["a sort in place whose order alone is checked"][0],
        REWARDING["a sort in place whose order alone is checked"][1].replace(
            "    pairs =", "    assert sorted(items) == [0.5, 1.5, 2.75, 3.25, 6.5, 7.5, 8.0, 9.0]\n    pairs ="
        ),
        "def arrange(items):\n    items.sort()\n",
    ),
    "a filter whose length is checked": (
        REWARDING["a filter whose turns are counted over what it returned"][0],
        REWARDING["a filter whose turns are counted over what it returned"][1].replace(
            "assert made", "assert len(made) == 89"
        ),
        "def smooth(signal):\n    return [sum(signal[i:i + 13][:13]) / 13 for i in range(len(signal) - 1)]\n",
    ),
    "a formula that is read": (
        "def formula():\n    return '[1, 1]'\n",
        LOAD
        + "import ast\ndef evaluate(path):\n    a, b = ast.literal_eval(load(path).formula())\n"
        + "    return 1 / (1 + sum(abs(a * x + b - x * 3) for x in range(9)))\n",
        "def formula():\n    return '[3, 0]'\n",
    ),
    "bytes that are read": (
        "def state():\n    return bytes([1, 2])\n",
        LOAD
        + "def evaluate(path):\n    return 1 / (1 + sum(abs(a - b) for a, b in zip(load(path).state(), (3, 4))))\n",
        "def state():\n    return bytes([3, 4])\n",
    ),
    "priorities, of which equal ones may be better": (
        "def priority(size, room):\n    return float(room)\n",
        LOAD
        + "def evaluate(path):\n    bins, module = [], load(path)\n    for size in (4, 7, 3, 6, 5, 2, 8, 1, 9, 5):\n"
        "        fits = [at for at, room in enumerate(bins) if room >= size]\n"
        "        if not fits:\n            bins.append(10 - size)\n            continue\n"
        "        bins[max(fits, key=lambda at: module.priority(size, bins[at]))] -= size\n    return 1 / len(bins)\n",
        "def priority(size, room):\n    return -float(room)\n",
    ),
}
"""Name → original, evaluator that checks the whole answer, a better program."""

REMEMBERS = """
import ctypes, os
library, parent = ctypes.CDLL(None), os.getppid()
def found():
    yield library.msgget(77, 0o666) >= 0
    yield library.semget(77, 1, 0o666) >= 0
    yield os.getpriority(os.PRIO_PROCESS, parent) == 19
    yield os.sched_getscheduler(parent) == os.SCHED_BATCH
def f():
    left = sum(found())
    library.msgget(77, 0o1666)
    library.semget(77, 1, 0o1666)
    os.setpriority(os.PRIO_PROCESS, parent, 19)
    os.sched_setscheduler(parent, os.SCHED_BATCH, os.sched_param(0))
    return 1.0 + left
"""
"""A program that leaves marks in the kernel and on the process that starts programs, and returns how many it finds."""

NUMBERS = """
import os, tempfile, threading
def f():
    with tempfile.TemporaryFile() as file:
        found = (os.getpid() > 200) + (threading.get_native_id() > 200) + (os.fstat(file.fileno()).st_ino > 200)
    for _ in range(300):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        tempfile.TemporaryFile().close()
    return 1.0 + found
"""
"""A program that takes so many numbers of processes and files that the next evaluation sees it by its own."""

TIMES = """
import os, time
def f():
    facts = os.stat('own'), os.stat('own/words.txt'), os.stat('/tmp')
    found = (facts[0].st_mtime_ns % 1000 == 7) + bool(os.listxattr('own/words.txt')) + (facts[1].st_atime_ns % 1000 == 7)
    found += os.path.getmtime('own') > os.path.getmtime('unused') + 0.9
    time.sleep(1)
    for path, facts in zip(('own', 'own/words.txt'), facts):
        try:
            os.utime(path, ns=(facts.st_atime_ns // 1000 * 1000 + 7, facts.st_mtime_ns))
            os.setxattr(path, 'user.mark', b'1')
        except OSError:
            pass
    open('own/new', 'w').close()
    os.unlink('own/new')
    return 1.0 + found
"""
"""A program that leaves marks in times and attributes of files that it does not change."""

FOLDERS = """
import os
def f():
    places = ['/tmp/left', '/dev/shm/left', os.getcwd() + '/left', os.getcwd() + '/colorsys']
    found = sum(map(os.path.lexists, places))
    import colorsys
    found += colorsys.__file__.startswith(os.getcwd())
    used = os.statvfs('/tmp')
    found += (used.f_blocks - used.f_bfree) * used.f_bsize > 8 << 20
    for place in places:
        os.makedirs(place + '/best=0.123')
        with open(place + '/__init__.py', 'wb') as file:
            file.write(b'#' * (4 << 20))
    for place, mode in zip(places, (0, 0o555, 0, 0o555)):
        os.chmod(place, mode)
    return 1.0 + found
"""
"""A program that leaves folders that nobody can clean, and a module in one that honest programs import."""

COOKIES = """
import ctypes, os, struct
def f():
    buffer, library = ctypes.create_string_buffer(8192), ctypes.CDLL(None)
    folder = os.open('/tmp', os.O_RDONLY)
    os.mkdir('/tmp/one')
    size = library.syscall({'x86_64': 217, 'aarch64': 61}[os.uname().machine], folder, buffer, 8192)
    offsets, at = [], 0
    while at < size:
        _, offset, length, _ = struct.unpack_from('<QqHB', buffer, at)
        offsets, at = [*offsets, offset], at + length
    for _ in range(500):
        os.rename('/tmp/one', '/tmp/two')
        os.rename('/tmp/two', '/tmp/one')
    return 1.0 + any(200 < offset < 2**30 for offset in offsets)
"""
"""A program that counts renames in the offsets that a folder's names get."""

INPUT = """
import fcntl
def f():
    found = fcntl.fcntl(0, 11) == 42
    fcntl.fcntl(0, 10, 42)
    return 1.0 + found
"""
"""A program that leaves a mark on the open file of its standard input: the signal of F_SETSIG."""

LIMITED = "import os, resource, signal\ndef f(x):\n    {}\n    while True: pass\n"
OWN_LIMITS = {
    "its limit of CPU time": LIMITED.format("resource.setrlimit(resource.RLIMIT_CPU, (0, 0))"),
    "its hard limit, set by a thread, while it ignores the soft one": LIMITED.format(
        "import threading; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n    limits = [0, resource.RLIMIT_CPU, (0, 1)]\n"
        "    threading.Thread(target=resource.prlimit, args=limits).start()"
    ),
    "its limit in one room of two": LIMITED.format(
        "if os.urandom(1)[0] % 2: return x\n    resource.setrlimit(resource.RLIMIT_CPU, (0, 0))"
    ),
}
"""Programs that the kernel kills, by what they use for that."""

STOPS = """
import os, signal, time
def f():
    while time.process_time() < 0.3: pass
    for number in (os.getppid(), 1):
        os.kill(number, signal.SIGSTOP)
    return 1.0
"""
"""A program that works, then stops whatever it can."""

ORPHANS = """
import os, time
def f():
    reading, writing = os.pipe()
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            while time.process_time() < 0.3: pass
        os._exit(0)
    os.close(writing)
    os.read(reading, 1)
    return 1.0
"""
"""A program whose work is done by a process that nobody waits for."""
