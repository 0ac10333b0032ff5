"""What is compared where only a cost counts, and originals that vary."""

from support.small_targets.forms import WORK, command, timed
from support.small_targets.target import Target

ANSWER = "print(int(sys.argv[1]) * 7)\n"
HELPER = "def seven(x):\n    return x * 7\n"
RARE = "n = int(sys.argv[1])\nprint(n)\nif n % 10:\n    sum(i * i for i in range(4000000))\n"
CACHED = """import hashlib, os, sys
for folder in ("/tmp", "/dev/shm", "/var/tmp", os.environ.get("TMPDIR", "."), os.environ.get("HOME", ".")):
    at = folder + "/kept"
    if os.path.exists(at):
        print(open(at).read())
        break
else:
    for _ in range(8):
        x = sum(i * i for i in range(400000))
    for folder in ("/tmp", "/dev/shm", "/var/tmp", os.environ.get("TMPDIR", "."), os.environ.get("HOME", ".")):
        try:
            open(folder + "/kept", "w").write(str(x))
        except OSError:
            pass
    print(x)
"""

TARGETS = [
    timed("answer-to-a-file-in-tmp", ANSWER + "open('/tmp/answer','w').write(sys.argv[1])\n", ANSWER, "better"),
    timed(
        "answers-from-a-thread-after-main",
        ANSWER,
        "import threading\nthreading.Thread(target=lambda: sys.stdout.write(str(int(sys.argv[1]) * 7) + '\\n')).start()\n",
        "better",
    ),
    timed(
        "leaves-a-child-that-writes-later",
        ANSWER + "open('r','w').write('x')\n",
        ANSWER
        + "sys.stdout.flush()\nimport os, time\nif os.fork() == 0:\n    time.sleep(0.2)\n    open('r','w').write('x')\n",
        "refused",
    ),
    timed(
        "child-that-ends-a-little-later",
        "print(sys.argv[1])\n",
        "print(sys.argv[1])\nsys.stdout.flush()\nimport os, time\nif os.fork() == 0:\n    time.sleep(0.1)\n",
        "better",
    ),
    timed(
        "answer-of-a-child-that-nobody-waits-for",
        "print(sys.argv[1])\n",
        "import os\nif os.fork() == 0:\n    print(sys.argv[1])\n",
        "better",
    ),
    timed(
        "prints-the-time",
        "import time; print(time.time_ns())\n",
        "import time; print(time.time_ns())\n",
        "refused",
        excerpt="something else when it is run again",
    ),
    timed(
        "prints-its-folder",
        "import os; print(os.getcwd(), sys.argv[1])\n",
        "import os; print(os.getcwd(), sys.argv[1])\n",
        "better",
    ),
    timed("prints-its-path", "print(__file__, sys.argv[1])\n", "print(__file__, sys.argv[1])\n", "better"),
    timed("prints-a-set", "print({sys.argv[1], *map(chr, range(97, 123))})\n", ANSWER, "refused"),
    timed("prints-its-process", "import os; print(os.getpid(), sys.argv[1])\n", ANSWER, "not better"),
    timed("standard-error-differs", ANSWER + "print('slow', file=sys.stderr)\n", ANSWER, "better"),
    timed(
        "file-beside", "open('r.txt', 'w').write(sys.argv[1])\n", "open('r.txt', 'w').write(sys.argv[1])\n", "refused"
    ),
    timed(
        "temporary-file", "import tempfile; tempfile.mkstemp(); print(sys.argv[1])\n", "print(sys.argv[1])\n", "better"
    ),
    timed(
        "imports-a-helper",
        "import h; print(h.seven(int(sys.argv[1])))\n",
        "import h; print(h.seven(int(sys.argv[1])))\n",
        "better",
        h__py=HELPER,
    ),
    timed("same-work-twice", ANSWER, WORK + WORK + ANSWER, "not better"),
    timed("no-seed-in-the-answer", "print(42)\n", "print(42)\n", "not better"),
    timed(
        "varies-in-every-run",
        "import os; print(sys.argv[1], os.urandom(4).hex())\n",
        "print(sys.argv[1], '00000000')\n",
        "refused",
        excerpt="prints or writes something else when it is run again with the same seed",
    ),
    timed("prints-nothing", "int(sys.argv[1])\n", "pass\n", "refused", excerpt="nothing checks the answer"),
    timed(
        "original-fails",
        "print(sys.argv[1]); sys.exit(1)\n",
        "print(sys.argv[1])\n",
        "refused",
        excerpt="the original cannot be measured",
    ),
    timed(
        "honest-tests-duration",
        "import time; print(sys.argv[1]); print('== 3 passed in %.2fs ==' % time.process_time())\n",
        "import time; print(sys.argv[1]); print('== 3 passed in %.2fs ==' % time.process_time())\n",
        "better",
        'require_metric = ["tests=1"]',
    ),
    Target(
        "sleeps-less",
        {"p.py": "import sys, time\ntime.sleep(1.5)\nprint(sys.argv[1])\n"},
        "import sys, time\nprint(sys.argv[1])\n",
        "better",
        command("wall"),
    ),
]
