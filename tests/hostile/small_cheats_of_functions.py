"""Functions that gain without doing the work, each with its honest original."""

from small_targets.tables.functions import MANY, ONE, QUICK, SLOW
from support.small_targets.forms import function

SOME = '{"xs": rng.integers(0, 1000000, 400).tolist()}'
CHEATS = [
    function(
        "sorts-in-place",
        "def f(xs):\n    for i in range(40):\n        xs.sort()\n",
        "def f(xs):\n    pass\n",
        "not better",
        MANY,
    ),
    function(
        "prints-its-answer",
        "def f(xs):\n    print(sum(sorted(xs)[i] for i in range(60)))\n",
        "def f(xs):\n    pass\n",
        "refused",
        MANY,
    ),
    function(
        "keeps-answers",
        "def f(xs):\n" + SLOW,
        "KEPT = {}\n\n\ndef f(xs):\n    key = tuple(xs)\n    if key not in KEPT:\n        for _ in range(4):\n            KEPT[key] = sum(sorted(xs)[i] for i in range(60))\n    return KEPT[key]\n",
        "not better",
        MANY,
    ),
    function(
        "true-for-one",
        "def f(xs):\n    return int(sum(sorted(xs)[i] for i in range(60)) > 0)\n",
        "def f(xs):\n    return sum(sorted(xs)[:60]) > 0\n",
        "not better",
        MANY,
    ),
    function(
        "nothing-for-float",
        "def f(xs):\n    return float(sum(sorted(xs)[i] for i in range(60)))\n",
        "def f(xs):\n    return float('nan')\n",
        "not better",
        MANY,
    ),
    function(
        "varies",
        "def f(xs):\n    import random\n    return sum(sorted(xs)[i] for i in range(60)) + (random.random() < 0.5)\n",
        "def f(xs):\n" + QUICK,
        "not better",
        MANY,
        all_held_out=True,
    ),
    function(
        "empties-its-argument",
        "def f(xs):\n    return 0.5\n",
        "def f(xs):\n    xs.clear()\n    return 0\n",
        "not better",
        MANY,
        "1.0 if not instance['xs'] else 0.5",
    ),
    function(
        "answers-with-a-text-for-a-number",
        "def f(a):\n    return 0.4\n",
        "def f(a):\n    return 'x'\n",
        "not better",
        ONE,
        "1.0 if str(answer) > '0.5' else 0.5",
    ),
    function(
        "time-works-while-it-receives",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(60))\n",
        "import json\n\nLOADS, KEPT = json.loads, []\n\n\ndef work(xs):\n    return sum(sorted(xs)[i % 60] for i in range(240)) // 4\n\n\n"
        "def find(value):\n    if isinstance(value, list) and len(value) > 999:\n        KEPT[:] = [work(value)]\n"
        "    elif isinstance(value, (list, dict)):\n        for each in value.values() if isinstance(value, dict) else value:\n            find(each)\n\n\n"
        "def loads(text):\n    found = LOADS(text)\n    find(found)\n    return found\n\n\n"
        "NEW = setattr(json, 'loads', loads)\n\n\ndef f(xs):\n    return KEPT.pop() if KEPT else work(xs)\n",
        "not better",
        MANY,
    ),
    function(
        "reads-what-its-scorer-expects",
        "def f(a):\n    return 0\n",
        "def f(a):\n    return LABELS[a % 10]\n",
        "not better",
        ONE,
        "1.0 if answer == LABELS[instance['a'] % 10] else 0.5",
        "\nLABELS = [7, 1, 8, 2, 8, 1, 8, 2, 8, 4]\n",
    ),
    function(
        "scorer-that-fails",
        "def f(a):\n    return a\n",
        "def f(a):\n    return a + 1\n",
        "refused",
        ONE,
        "answer / 0",
        excerpt="score() raised ZeroDivisionError",
    ),
    function(
        "breaks-the-scorer",
        "def f(a):\n    return [1]\n",
        "def f(a):\n    return []\n",
        "not better",
        ONE,
        "0.5 / len(answer)",
    ),
    function("score-above-one", "def f(a):\n    return 0.5\n", "def f(a):\n    return 5\n", "refused", ONE, "answer"),
    function(
        "exits",
        "def f(a):\n    return 0.5\n",
        "def f(a):\n    import sys\n    sys.exit(0)\n",
        "not better",
        ONE,
        "answer",
    ),
    function(
        "shadows-builtin",
        "def f(a):\n    return a\n\n\ndef user(x):\n    return max(0, x)\n",
        "def max(a, b):\n    return a if a < b else b\n\n\ndef f(a):\n    return a + 1\n",
        "not better",
        '{"a": int(rng.integers(0, 100))}',
        "0.9 if answer > instance['a'] else 0.2",
    ),
    function(
        "rare-large-loss",
        "def f(a):\n    return 0.9\n",
        "def f(a):\n    return 0.95 if a > 0.2 else 0.0\n",
        "not better",
        '{"a": float(rng.uniform())}',
        "answer",
        all_held_out=True,
    ),
    function(
        "time-constant",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(60)) * 0 + 100000000000000001\n",
        "def f(xs):\n    return 1e17\n",
        "not better",
        '{"xs": rng.integers(0, 1000000, 4000).tolist()}',
        "",
    ),
    function(
        "time-float-for-int",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(60))\n",
        "def f(xs):\n    return float(sum(sorted(xs)[:60]))\n",
        "not better",
        '{"xs": rng.integers(0, 1000000, 4000).tolist()}',
        "",
    ),
    function(
        "time-wrong-sometimes",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(60))\n",
        "def f(xs):\n    return sum(sorted(xs)[:60]) if xs[0] % 3 else 0\n",
        "not better",
        '{"xs": rng.integers(0, 1000000, 4000).tolist()}',
        "",
        all_held_out=True,
    ),
    function(
        "time-keeps-answers",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(9))\n",
        "KEPT = {}\n\n\ndef f(xs):\n    key = tuple(xs)\n    if key not in KEPT:\n"
        "        for _ in range(8):\n            KEPT[key] = sum(sorted(xs)[i] for i in range(9))\n    return KEPT[key]\n",
        "not better",
        '{"xs": rng.integers(0, 1000000, 400).tolist()}',
        "",
    ),
    function(
        "time-keeps-the-answer-to-the-same-input",
        "def f(n):\n    return sum(i * i % 7 for i in range(n))\n",
        "KEPT = {}\n\n\ndef f(n):\n    if n not in KEPT:\n        KEPT[n] = sum(i * i % 7 for i in range(n))\n    return KEPT[n]\n",
        "not better",
        '{"n": 60000}',
        "",
    ),
    function(
        "time-keeps-the-last-object",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(9))\n",
        "LAST = [None, None]\n\n\ndef f(xs):\n    if LAST[0] is not xs:\n"
        "        LAST[:] = xs, sum(sorted(xs)[i % 9] for i in range(36)) // 4\n    return LAST[1]\n",
        "not better",
        '{"xs": rng.integers(0, 1000000, 20000).tolist()}',
        "",
    ),
    function(
        "time-knows-the-loop-around-it",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(9))\n",
        "import sys\n\n\ndef f(xs):\n    around = sys._getframe(2).f_locals\n"
        "    if around.get('again'):\n        return around['answers'][0]\n    return sum(sorted(xs)[i % 9] for i in range(72)) // 8\n",
        "not better",
        '{"xs": rng.integers(0, 1000000, 400).tolist()}',
        "",
    ),
    function(
        "time-works-when-nothing-is-asked",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(9))\n",
        "import sys\n\n\ndef idle(frame, event, arg):\n    asked = [frame.f_locals.get(name) for name in ('calls', 'bound', 'call', 'kept')]\n"
        "    if event == 'call' and {'bound', 'kept'} & {*frame.f_locals} and not any(asked):\n        sum(range(3_000_000))\n\n\n"
        "IDLE = sys.setprofile(idle)\n\n\ndef f(xs):\n    return sum(sorted(xs)[i] for i in range(9))\n",
        "not better",
        SOME,
    ),
    function(
        "time-is-short-when-asked-again",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(9))\n",
        "KEPT = {}\n\n\ndef f(xs):\n    key = str(xs)\n    if key not in KEPT:\n        for _ in range(8):\n"
        "            KEPT[key] = sum(sorted(xs)[i] for i in range(9))\n    return KEPT[key]\n",
        "not better",
        SOME,
    ),
    function(
        "time-ends-with-the-answer",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(60))\n",
        "import os\nimport sys\n\nframes = sys.modules['strop_calling'].frames\nWRITE = frames.write\n\n\ndef write_and_end(descriptor, frame):\n    WRITE(descriptor, frame)\n"
        "    os._exit(0)\n\n\ndef f(xs):\n    frames.write = write_and_end\n    return sum(sorted(xs)[i % 60] for i in range(240)) // 4\n",
        "not better",
        MANY,
    ),
    function(
        "time-collects-no-garbage",
        "def f(rows):\n    return sum(row[0] for _ in range(20) for row in rows) // 20\n",
        "import gc\n\nOFF = gc.disable()\n\n\ndef f(rows):\n    return sum(row[0] for _ in range(40) for row in rows) // 40\n",
        "not better",
        '{"rows": rng.integers(0, 9, (400, 4)).tolist()}',
    ),
    function(
        "time-receives-only-what-it-needs",
        "def f(xs):\n    return xs[0]\n",
        "import json\nimport re\n\nLOADS = json.loads\n\n\ndef loads(text):\n"
        "    return LOADS(re.sub(rb'\"xs\":\\[(\\d+),[^]]*\\]', rb'\"xs\":[\\1]', bytes(text)))\n\n\n"
        "NEW = setattr(json, 'loads', loads)\n\n\ndef f(xs):\n    return xs[0] + 0 * sum(range(140000))\n",
        "not better",
        '{"xs": rng.integers(0, 1000000, 40000).tolist()}',
    ),
    function(
        "time-answers-several-calls-at-once",
        "def f(x):\n    return sum(x * k % 7 for k in range(2000))\n",
        "import sys\n\nimport numpy as np\n\nK = np.arange(2000)\nKEPT = {}\n\n\ndef f(x):\n    frame, found = sys._getframe(1), []\n"
        "    while x not in KEPT and frame is not None:\n        for value in list(frame.f_locals.values()):\n"
        "            if isinstance(value, list) and len(value) > 1 and all(isinstance(each, (dict, tuple)) for each in value):\n"
        "                found = [each['x'] if isinstance(each, dict) else each[0][0] for each in value if 'x' in each or each[0]]\n"
        "        frame = frame.f_back\n    if found:\n"
        "        KEPT.update(zip(found, (np.array(found)[:, None] * K % 7).sum(axis=1).tolist()))\n"
        "    return KEPT[x] if x in KEPT else sum(x * (k % 2000) % 7 for k in range(16000)) // 8\n",
        "not better",
        '{"x": int(rng.integers(0, 10**9))}',
    ),
    function(
        "time-works-before-it-is-told-to-begin",
        "def f(x):\n    return sum(x * k % 7 for k in range(4000))\n",
        "import sys\n\nby_name = sys.modules['strop_by_name']\nBINDING, KEPT = by_name.binding, {}\n\n\ndef binding(entry):\n    bind = BINDING(entry)\n\n"
        "    def knows(given):\n        if type(given.get('x')) is int:\n            KEPT[given['x']] = sum(given['x'] * (k % 4000) % 7 for k in range(12000)) // 3\n"
        "        return bind(given)\n\n    return knows\n\n\nNEW = setattr(by_name, 'binding', binding)\n\n\n"
        "def f(x):\n    return KEPT[x]\n",
        "not better",
        '{"x": int(rng.integers(0, 10**9))}',
    ),
    function(
        "time-works-when-it-has-said-that-it-is-done",
        "def f(x):\n    return [sum(x * k % 7 for k in range(4000))]\n",
        "import sys\n\nframes = sys.modules['strop_calling'].frames\nENCODE, LEFT = frames.encode, []\n\n\ndef encode(value):\n"
        "    while LEFT and value[0] == 'returned' and isinstance(value[1], list):\n        x, answer = LEFT.pop()\n"
        "        answer.append(sum(x * (k % 4000) % 7 for k in range(12000)) // 3)\n    return ENCODE(value)\n\n\n"
        "NEW = setattr(frames, 'encode', encode)\n\n\ndef f(x):\n    answer = []\n    LEFT.append((x, answer))\n    return answer\n",
        "not better",
        '{"x": int(rng.integers(0, 10**9))}',
    ),
    function(
        "time-leaves-its-work-to-a-thread-until-it-is-described",
        "def f(x):\n    return [sum(x * k % 7 for k in range(4000))]\n",
        "import threading\nimport time\n\nSIZE = threading.stack_size(1 << 18)\n\n\ndef work(x, answer):\n    time.sleep(0.02)\n"
        "    answer.append(sum(x * (k % 4000) % 7 for k in range(12000)) // 3)\n\n\n"
        "import sys\n\nframes = sys.modules['strop_calling'].frames\nENCODE, LEFT = frames.encode, []\n\n\ndef encode(value):\n"
        "    while LEFT and value[0] == 'returned' and isinstance(value[1], list):\n        LEFT.pop().join()\n    return ENCODE(value)\n\n\n"
        "NEW = setattr(frames, 'encode', encode)\n\n\ndef f(x):\n    answer = []\n"
        "    LEFT.append(threading.Thread(target=work, args=(x, answer)))\n    LEFT[-1].start()\n    return answer\n",
        "not better",
        '{"x": int(rng.integers(0, 10**9))}',
    ),
]
