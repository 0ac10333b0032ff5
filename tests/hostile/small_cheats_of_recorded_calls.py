"""Functions whose calls were recorded, which gain without doing the work, or do something else than the original."""

from small_targets.tables.recorded import BOX, HELPER, OF_A_BOX, QUICKLY, SLOWLY
from support.small_targets.recorded import CALL, recorded
from support.small_targets.target import Right, Target

WORK = "sum(sorted(xs)[i % 60] for i in range(120)) // 2"
"""More work than the original's, with the same answer."""
PLAIN = f"def f(xs):\n    return {SLOWLY}\n"
APPENDS = f"{BOX}\n\ndef f(box):\n    xs = box.xs\n    box.seen.append({SLOWLY})\n"
ON_A_BOX = f"p.f({OF_A_BOX})"
GUARDED = "try:\n    {call}\nexcept Exception:\n    pass"


def cheat(
    name: str,
    module: str,
    candidate: str,
    call: str = CALL,
    target: str = "p.py:f",
    *flags: str,
    right: Right = "not better",
    excerpt: str = "",
) -> Target:
    """A candidate that must not be better."""
    return recorded(name, module, candidate, right, call, target, *flags, excerpt=excerpt)


BURNS = """
import os
import threading
import time

BURNS, SPENT, KEPT = os.urandom(1)[0] < 128, [], {}


def burn():
    while BURNS and time.process_time() < SPENT[0] + 0.2:
        pass
"""
"""A program that burns CPU time in some of its processes, so that what they take beside their calls varies."""
TABLED = "sum((n * k) % 97 for k in range(1, 4000))"
OF_A_NUMBER = f"def f(n):\n    return {TABLED}\n"
BEGINS = (
    "def f(n):\n    if not SPENT:\n        SPENT.append(time.process_time())\n        {}\n    return KEPT[n] if n in KEPT else "
    + TABLED
)


def burning(name: str, candidate: str, module: str = APPENDS, call: str = ON_A_BOX) -> Target:
    """A candidate that works beside its calls, and burns CPU time there in some of its processes."""
    return cheat(f"recorded-burns-{name}", module, f"{BURNS}\n\n{candidate}", call)


def filling(name: str, begin: str) -> Target:
    """A candidate that makes a table of all answers beside its calls, from its first call on."""
    fill = f"def fill():\n    KEPT.update([(n, {TABLED}) for n in range(400)])\n    burn()\n\n\n"
    return burning(name, f"{fill}{BEGINS.format(begin)}\n", OF_A_NUMBER, "p.f(number * 7 % 400)")


MOVED = [
    burning(
        "as-its-object-is-opened",
        f"def opened(self, state):\n    vars(self).update(state)\n    xs = self.xs\n    KEPT[id(self)] = {WORK}\n"
        "    if not SPENT:\n        SPENT.append(time.process_time())\n        burn()\n\n\n"
        "NEW = setattr(Box, '__setstate__', opened)\n\n\ndef f(box):\n    return KEPT[id(box)]\n",
        f"{BOX}\n\ndef f(box):\n    xs = box.xs\n    return {SLOWLY}\n",
    ),
    burning(
        "as-its-description-is-profiled",
        "import sys\n\nLEFT = []\n\n\ndef work(frame, event, given):\n    while LEFT and frame.f_code.co_name == 'take_batch':\n"
        f"        box = LEFT.pop()\n        xs = box.xs\n        box.seen.append({WORK})\n"
        "        if not SPENT:\n            SPENT.append(time.process_time())\n            burn()\n\n\n"
        "NEW = sys.setprofile(work)\n\n\ndef f(box):\n    LEFT.append(box)\n",
    ),
    filling("in-a-thread-of-the-first-call", "threading.Thread(target=fill, daemon=True).start()"),
    filling("in-a-timer", "threading.Timer(0.001, fill).start()"),
    filling("in-a-child", "os.fork() or (fill(), os._exit(0))"),
    burning(
        "at-exit",
        "import atexit\n\nLEFT = []\n\n\ndef work():\n    SPENT.append(time.process_time())\n    for xs in LEFT:\n"
        f"        KEPT[xs[0]] = {WORK}\n    burn()\n\n\nNEW = atexit.register(work)\n\n\n"
        "def f(xs):\n    LEFT.append(xs)\n    return xs[0]\n",
        f"KEPT = {{}}\n\n\ndef f(xs):\n    KEPT[xs[0]] = {SLOWLY}\n    return xs[0]\n",
        CALL,
    ),
]
"""Work beside the calls of a batch: no chance lets the program gain."""

CHEATS = [
    *MOVED,
    cheat(
        "recorded-works-as-its-object-is-opened",
        f"{BOX}\n\ndef f(box):\n    xs = box.xs\n    return {SLOWLY}\n",
        f"KEPT = {{}}\n\n\ndef opened(self, state):\n    vars(self).update(state)\n    xs = self.xs\n    KEPT[id(self)] = {WORK}\n\n\n"
        "NEW = setattr(Box, '__setstate__', opened)\n\n\ndef f(box):\n    return KEPT[id(box)]\n",
        ON_A_BOX,
    ),
    cheat(
        "recorded-works-as-a-profiler-sees-its-description",
        APPENDS,
        "import sys\n\nLEFT = []\n\n\ndef work(frame, event, given):\n    while LEFT and frame.f_code.co_name == 'take_batch':\n"
        f"        box = LEFT.pop()\n        xs = box.xs\n        box.seen.append({WORK})\n\n\n"
        "NEW = sys.setprofile(work)\n\n\ndef f(box):\n    LEFT.append(box)\n",
        ON_A_BOX,
    ),
    cheat(
        "recorded-works-as-its-arguments-are-let-go",
        APPENDS,
        "import strop_behaviour\n\nTAKE_BATCH = strop_behaviour.take_batch\n\n\nclass Later:\n    def __init__(self, box):\n        self.box = box\n\n"
        f"    def __del__(self):\n        xs = self.box.xs\n        self.box.seen.append({WORK})\n\n\nLEFT = []\n\n\n"
        "def take_batch(*given):\n    LEFT.clear()\n    return TAKE_BATCH(*given)\n\n\nNEW = setattr(strop_behaviour, 'take_batch', take_batch)\n\n\n"
        "def f(box):\n    LEFT.append(Later(box))\n",
        ON_A_BOX,
    ),
    cheat(
        "recorded-lazy-dict",
        f"def f(xs):\n    return {{'least': {SLOWLY}}}\n",
        "class Lazy(dict):\n    def __init__(self, xs):\n        self.given = xs\n\n    def items(self):\n"
        f"        xs = self.given\n        return {{'least': {WORK}}}.items()\n\n    def __iter__(self):\n        return iter(dict(self.items()))\n\n"
        "    keys = __iter__\n\n    def __len__(self):\n        return 1\n\n    def __getitem__(self, name):\n        return dict(self.items())[name]\n\n\n"
        "def f(xs):\n    return Lazy(xs)\n",
    ),
    cheat(
        "recorded-keeps-answers-in-files",
        PLAIN,
        "import hashlib\nimport os\n\nFOLDERS = ['/tmp', '/dev/shm', '/var/tmp', '.', os.path.expanduser('~'), os.path.dirname(__file__)]\n\n\n"
        "def f(xs):\n    name = hashlib.md5(repr(xs).encode()).hexdigest()\n    for folder in FOLDERS:\n        try:\n"
        "            with open(f'{folder}/{name}') as kept:\n                return int(kept.read())\n        except OSError:\n            pass\n"
        f"    found = {WORK}\n    for folder in FOLDERS:\n        try:\n            with open(f'{{folder}}/{{name}}', 'w') as kept:\n"
        "                kept.write(str(found))\n        except OSError:\n            pass\n    return found\n",
    ),
    cheat(
        "recorded-reads-outcomes-from-memory-and-files",
        f"import hashlib\n\n\ndef f(xs):\n    return 'outcome' + hashlib.sha256(str({SLOWLY}).encode()).hexdigest()\n",
        "import glob\nimport re\n\n\ndef seen():\n    found = []\n    for place in glob.glob('/**/*', recursive=True)[:2000]:\n        try:\n"
        "            if not place.startswith(('/proc', '/sys', '/dev', '/usr', '/lib')):\n                with open(place, 'rb') as file:\n                    found += re.findall(rb'outcome[0-9a-f]{64}', file.read(1 << 24))\n"
        "        except OSError:\n            pass\n"
        "    with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:\n        for line in maps:\n            first, last = [int(each, 16) for each in line.split()[0].split('-')]\n"
        "            try:\n                memory.seek(first)\n                found += re.findall(rb'outcome[0-9a-f]{64}', memory.read(min(last - first, 1 << 26)))\n            except (OSError, OverflowError, ValueError):\n                pass\n"
        "    return found\n\n\nKNOWN = {each.decode() for each in seen()}\n\n\n"
        f"def f(xs):\n    return KNOWN.pop() if KNOWN else 'outcome' + hashlib.sha256(str({WORK}).encode()).hexdigest()\n",
    ),
    cheat(
        "recorded-swallows-an-exception",
        f"def f(xs):\n    least = {SLOWLY}\n    if xs[0] % 2:\n        raise ValueError('odd')\n    return least\n",
        f"def f(xs):\n    least = {QUICKLY}\n    if xs[0] % 2:\n        return None\n    return least\n",
        GUARDED.format(call=CALL),
    ),
    cheat(
        "recorded-raises-another-of-the-same-name",
        f"class Odd(Exception):\n    pass\n\n\ndef f(xs):\n    raise Odd({SLOWLY})\n",
        f"def other():\n    class Odd(Exception):\n        pass\n\n    Odd.__qualname__ = 'Odd'\n    return Odd\n\n\nNEW = other()\n\n\n"
        f"def f(xs):\n    raise NEW({QUICKLY})\n",
        GUARDED.format(call=CALL),
    ),
    cheat(
        "recorded-raises-with-other-attributes",
        f"class Odd(Exception):\n    pass\n\n\ndef f(xs):\n    error = Odd(xs[0])\n    error.least = {SLOWLY}\n    raise error\n",
        "def f(xs):\n    raise Odd(xs[0])\n",
        GUARDED.format(call=CALL),
    ),
    cheat(
        "recorded-raises-with-another-cause",
        f"def f(xs):\n    raise ValueError(xs[0]) from KeyError({SLOWLY})\n",
        "def f(xs):\n    raise ValueError(xs[0]) from KeyError(0)\n",
        GUARDED.format(call=CALL),
    ),
    cheat(
        "recorded-raises-without-its-note",
        f"def f(xs):\n    error = ValueError(xs[0])\n    error.add_note(str({SLOWLY}))\n    raise error\n",
        "def f(xs):\n    raise ValueError(xs[0])\n",
        GUARDED.format(call=CALL),
    ),
    cheat(
        "recorded-raises-with-another-number-that-looks-like-an-address",
        f"def f(xs):\n    raise ValueError(xs[0], f'0x{{{SLOWLY}:08x}}')\n",
        "def f(xs):\n    raise ValueError(xs[0], '0x00000000')\n",
        GUARDED.format(call=CALL),
    ),
    cheat(
        "recorded-ends-as-an-interrupt",
        PLAIN,
        f"MADE = []\n\n\ndef f(xs):\n    MADE.append(0)\n    if len(MADE) > 2:\n        raise KeyboardInterrupt\n    return {SLOWLY}\n",
    ),
    cheat(
        "recorded-generator-that-yields-nothing-before-it-raises",
        f"def f(xs):\n    for k in range(3):\n        yield {SLOWLY} + k\n    raise ValueError(xs[0])\n",
        "def f(xs):\n    raise ValueError(xs[0])\n    yield\n",
        GUARDED.format(call="list(p.f(random.choices(range(1000000), k=300)))"),
    ),
    cheat(
        "recorded-generator-of-more-than-anybody-reads",
        f"def f(xs):\n    least = {SLOWLY}\n    for k in range(50100):\n        yield least if k else xs[0]\n",
        "def f(xs):\n    for k in range(50100):\n        yield 0 if k else xs[0]\n",
        "list(p.f(random.choices(range(1000000), k=300)))",
        right="refused",
        excerpt="yields more than 50,000 items",
    ),
    cheat(
        "recorded-generator-that-takes-another-path-in-the-jail",
        f"TABLE = {{}}\n\n\ndef f(xs):\n    for x in xs:\n        yield TABLE[x] if x in TABLE else {SLOWLY}\n",
        f"def f(xs):\n    least = {QUICKLY}\n    for x in xs:\n        yield [TABLE[x] for _ in range(9)][0] if x in TABLE else least\n",
        "xs = random.choices(range(1000000), k=90)\np.TABLE.update(zip(xs, map(str, xs)))\nlist(p.f(xs))",
        right="refused",
        excerpt="0 of 48 do (for 48: the original gives another outcome than in the run: the answer[0] is ",
    ),
    cheat(
        "recorded-generator-that-raises-in-the-jail",
        f"RULES = None\n\n\nclass Rules:\n    def __init__(self, keys):\n        self.keys = keys\n\n\ndef f(xs):\n    yield {SLOWLY}\n    yield RULES.keys\n",
        f"def f(xs):\n    yield {QUICKLY}\n    yield RULES.keys\n",
        "p.RULES = p.Rules(number)\nlist(p.f(random.choices(range(1000000), k=300)))",
        right="refused",
        excerpt="the original gives another outcome than in the run",
    ),
    cheat(
        "recorded-generator-that-changes-what-it-yielded",
        f"def f(xs):\n    row = []\n    yield row\n    row.append({SLOWLY})\n",
        f"def f(xs):\n    yield [{QUICKLY}]\n",
        "list(p.f(random.choices(range(1000000), k=300)))",
        right="refused",
        excerpt="the original gives another outcome than in the run",
    ),
    cheat(
        "recorded-generator-that-yields-one-list-in-several-states",
        f"def f(xs):\n    row = [xs[0]]\n    yield row\n    row[0] = {SLOWLY}\n    yield row\n    row[0] = xs[0]\n",
        "def f(xs):\n    row = [xs[0]]\n    yield row\n    yield row\n",
        "list(p.f(random.choices(range(1000000), k=300)))",
        right="refused",
        excerpt="yields one list or object twice",
    ),
    cheat(
        "recorded-iterator-of-which-nothing-is-computed-yet",
        f"def f(xs):\n    return map(g, [xs] * 9, range({SLOWLY} % 2 + 9))\n\n\ndef g(xs, n):\n    return {SLOWLY} + n\n",
        f"def f(xs):\n    return map(g, [xs] * 9, range({QUICKLY} % 2 + 9))\n\n\ndef g(xs, n):\n    return 1\n",
        "list(p.f(random.choices(range(1000000), k=300)))",
        "p.py:f",
        "--only",
        "f",
        "--only",
        "g",
        excerpt="malformed answer: it differs from the original's",
    ),
    cheat(
        "recorded-leaves-out-a-rare-change",
        f"def f(xs, rare):\n    least = {SLOWLY}\n    if rare:\n        xs.append(least)\n    return least\n",
        f"def f(xs, rare):\n    return {QUICKLY}\n",
        "p.f(random.choices(range(1000000), k=300), number == 40)",
    ),
    cheat(
        "recorded-returns-its-argument-in-place-of-a-copy",
        "def f(xs):\n    for _ in range(400):\n        ys = list(xs)\n    return ys\n",
        "def f(xs):\n    return xs\n",
        "p.f(random.choices(range(1000000), k=2000))",
    ),
    cheat(
        "recorded-returns-one-row-many-times",
        f"def f(xs):\n    return [[{SLOWLY}] for _ in range(3)]\n",
        f"def f(xs):\n    return [[{QUICKLY}]] * 3\n",
    ),
    cheat(
        "recorded-returns-a-view-in-place-of-a-copy",
        "import numpy as np\n\n\ndef f(xs):\n    for _ in range(400):\n        ys = xs[::-1].copy()\n    return ys\n",
        "def f(xs):\n    return xs[::-1]\n",
        "p.f(p.np.arange(number, number + 9000.0))",
    ),
    cheat(
        "recorded-shares-a-part-of-its-answers",
        "def f(xs):\n    return [xs[0], [sum(range(k)) for k in range(300)]]\n",
        "KEPT = [sum(range(k)) for k in range(300)]\n\n\ndef f(xs):\n    return [xs[0], KEPT]\n",
    ),
    cheat(
        "recorded-shares-a-part-of-its-objects",
        f"{BOX}\n\ndef f(xs):\n    return Box({{'first': xs[0], 'sums': [sum(range(k)) for k in range(300)]}})\n",
        "KEPT = [sum(range(k)) for k in range(300)]\n\n\ndef f(xs):\n    return Box({'first': xs[0], 'sums': KEPT})\n",
    ),
    cheat(
        "recorded-prints-nothing-to-a-stream-that-was-kept",
        f"import sys\n\nOUT = sys.stdout\n\n\ndef f(xs):\n    OUT.write(str({SLOWLY}))\n    return xs[0]\n",
        "def f(xs):\n    return xs[0]\n",
    ),
    cheat(
        "recorded-prints-in-place-of-returning",
        PLAIN,
        f"def f(xs):\n    print({QUICKLY})\n",
    ),
    cheat(
        "recorded-prints-nothing-more",
        f"def f(xs):\n    least = {SLOWLY}\n    print(least)\n    return least\n",
        f"def f(xs):\n    return {QUICKLY}\n",
    ),
    cheat(
        "recorded-float-beyond-the-tolerance",
        f"{BOX}\n\ndef f(xs):\n    return Box({SLOWLY} / 7)\n",
        f"def f(xs):\n    return Box({QUICKLY} / 7 * (1 + 3e-9))\n",
    ),
    cheat(
        "recorded-defines-another-measured-function",
        HELPER,
        f"import sys\n\n\ndef quick(xs):\n    return {QUICKLY} + 1\n\n\nNEW = setattr(sys.modules[__name__], 'f', quick)\n\n\ndef g(xs):\n    return {SLOWLY}\n",
        CALL,
        "p.py:f",
        "--only",
        "g",
    ),
    cheat(
        "recorded-answers-a-batch-at-once",
        "def f(x):\n    return sum(x * k % 7 for k in range(9000))\n",
        "import sys\n\nimport numpy as np\n\nK = np.arange(9000)\nKEPT = {}\n\n\ndef f(x):\n    if x not in KEPT:\n"
        "        found = [each['x'] for each in sys._getframe(1).f_locals['arguments']]\n        if len(found) == 1:\n"
        "            return sum(x * (k % 9000) % 7 for k in range(72000)) // 8\n"
        "        KEPT.update(zip(found, (np.array(found)[:, None] * K % 7).sum(axis=1).tolist()))\n    return KEPT[x]\n",
        "p.f(random.randrange(10**9))",
    ),
    cheat(
        "recorded-answers-a-batch-at-once-and-a-call-alone-as-the-original-does",
        "def f(x):\n    return sum(x * k % 7 for k in range(9000))\n",
        "import sys\n\nimport numpy as np\n\nK = np.arange(9000)\nKEPT = {}\n\n\ndef f(x):\n    if x not in KEPT:\n"
        "        found = [each['x'] for each in sys._getframe(1).f_locals['arguments']]\n        if len(found) == 1:\n"
        "            return sum(x * k % 7 for k in range(9000))\n"
        "        KEPT.update(zip(found, (np.array(found)[:, None] * K % 7).sum(axis=1).tolist()))\n    return KEPT[x]\n",
        "p.f(random.randrange(10**9))",
    ),
    cheat(
        "recorded-leaves-its-work-to-a-thread",
        APPENDS,
        "import sys\nimport threading\nimport time\n\nimport strop_behaviour\n\nSIZE = threading.stack_size(1 << 18)\nTAKE_BATCH, LEFT = strop_behaviour.take_batch, []\n\n\n"
        f"def work(box):\n    time.sleep(0.02)\n    xs = box.xs\n    box.seen.append({WORK})\n\n\n"
        "def take_batch(*given):\n    while LEFT:\n        LEFT.pop().join()\n    return TAKE_BATCH(*given)\n\n\nNEW = setattr(strop_behaviour, 'take_batch', take_batch)\n\n\n"
        "def f(box):\n    LEFT.append(threading.Thread(target=work, args=(box,)))\n    LEFT[-1].start()\n",
        ON_A_BOX,
    ),
]
