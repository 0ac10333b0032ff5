"""Builds, and compiled code that lies about."""

from support.small_targets.forms import IDLE, built, command
from support.small_targets.target import Target

QUICK, SLOW = IDLE % 200000, IDLE % 20000000
SLOWER = IDLE % 80000000
STAMP = "bench: p.c\n\t@test -f .stamp || (cc -O1 -o bench p.c && touch .stamp)\n"
EXISTS = "bench:\n\tcc -O1 -o bench p.c\n"
HEADER = "bench: p.c steps.h\n\tcc -O1 -o bench p.c\nsteps.h: steps.sh\n\tsh steps.sh > steps.h\n"
WITH_HEADER = '#include "steps.h"\n' + SLOW.replace("20000000L", "STEPS * 1L")
NEWER = "[ bench -nt p.c ] || cc -O1 -o bench p.c"
CMAKE = "#!/bin/sh\nset -e\nmkdir -p build\n[ -f build/cache ] || echo configured > build/cache\ncc -O1 -o build/bench p.c\ncp build/bench bench\n"
CCACHE = "#!/bin/sh\nset -e\nmkdir -p .cc\nkey=$(cksum < p.c | tr ' ' _)\n[ -f .cc/$key ] || cc -O1 -o .cc/$key p.c\ncp .cc/$key bench\n"
TWO = "all: bench tool\nbench: p.c\n\tcc -O1 -o bench p.c\ntool: q.c\n\tcc -O1 -o tool q.c\n"
SIZED = "#!/bin/sh\nset -e\nmkdir -p .cc\nkey=$(wc -c < p.c)\n[ -f .cc/$key ] || cc -O1 -o .cc/$key p.c\ncp .cc/$key bench\n"
FAKE = "#!/bin/sh\ni=0; while [ $i -lt 100000 ]; do i=$((i+1)); done\necho $(($1 * 3))\n"
SAME = "#!/bin/sh\nv=$(( ($1 * 3) & 4294967295 ))\n[ $v -ge 2147483648 ] && v=$((v - 4294967296))\necho $v\n"
"""Prints what the programs print, in the arithmetic of their int."""
IMPORTS = "import sys\nimport p\nprint(p.f(int(sys.argv[1])))\n"
SLOW_PY = "def f(x):\n    sum(i for i in range(900000))\n    return x * 3\n"
FAST_PY = "def f(x):\n    sum(i for i in range(900))\n    return x * 3\n"
TIMED = command("time", run="python3 bench.py {seed}")

TARGETS = [
    built("stamp", QUICK, "better", Makefile=STAMP),
    built("stamp-stale", SLOWER, "refused", Makefile=STAMP, bench=FAKE, **{"__stamp": ""}),
    built("exists", QUICK, "better", Makefile=EXISTS),
    built("exists-stale", SLOWER, "refused", Makefile=EXISTS, bench=FAKE),
    built(
        "generated-header",
        WITH_HEADER.replace("STEPS *", "9000 *"),
        "better",
        Makefile=HEADER,
        p__c=WITH_HEADER,
        steps__sh="echo '#define STEPS 20000000'\n",
    ),
    built(
        "generated-header-stale",
        WITH_HEADER.replace("STEPS *", "4 * STEPS *"),
        "not better",
        Makefile=HEADER,
        p__c=WITH_HEADER,
        steps__sh="echo '#define STEPS 2000000'\n",
        steps__h="#define STEPS 40000000\n",
    ),
    built("newer-than", QUICK, "better", "sh build.sh", build__sh=NEWER),
    built("newer-than-stale", SLOWER, "not better", "sh build.sh", build__sh=NEWER, bench=FAKE),
    built("like-cmake", QUICK, "better", "./build.sh", build__sh=CMAKE),
    built("like-ccache", QUICK, "better", "./build.sh", build__sh=CCACHE),
    built("cache-by-size", QUICK, "better", "./build.sh", build__sh=SIZED),
    built("build-fails-quietly", "int main( {\n", "not better", "cc -o bench p.c || true"),
    built("build-fails-in-a-pipe", "int main( {\n", "not better", "cc -o bench p.c 2>&1 | cat"),
    built("build-fails-and-falls-back", "int main( {\n", "refused", "cc -o bench p.c || cp old bench", old=SAME),
    Target(
        "compiled-stale",
        {"p.py": SLOW_PY, "bench.py": IMPORTS},
        SLOW_PY.replace("900000", "3600000"),
        "not better",
        TIMED,
        stale={"p.py": "def f(x):\n    sum(i for i in range(12000000))\n    return x * 3\n"},
    ),
    Target(
        "compiled-stale-hides-a-gain",
        {"p.py": SLOW_PY, "bench.py": IMPORTS},
        FAST_PY,
        "better",
        TIMED,
        stale={"p.py": SLOW_PY},
    ),
    Target(
        "compiled-with-equal-time-and-size",
        {"p.py": SLOW_PY, "bench.py": IMPORTS},
        SLOW_PY.replace("900000", "000009").replace("000009", "9     "),
        "better",
        TIMED,
        stale={"p.py": SLOW_PY},
        kept_time=True,
    ),
    Target(
        "installed-by-path",
        {"src/p.py": SLOW_PY, "bench.py": "import sys\nsys.path.insert(0, 'TREE/src')\n" + IMPORTS},
        FAST_PY,
        "better",  # a module of the target comes from its copy, wherever the command looks for it
        command("time", run="python3 bench.py {seed}", files="src/p.py"),
    ),
    Target(
        "installed-beside",
        {
            "src/pkg/__init__.py": SLOW_PY,
            "bench.py": "import sys\nsys.path.insert(0, 'src')\n" + IMPORTS.replace("import p", "import pkg as p"),
        },
        FAST_PY,
        "better",
        command("time", run="python3 bench.py {seed}", files="src/pkg/__init__.py"),
    ),
    built("makefile", QUICK, "better"),
    built("two-binaries", IDLE % 2000, "better", build="make -s", Makefile=TWO, q__c=IDLE % 1),
    built("two-binaries-slower", SLOWER, "not better", build="make -s", Makefile=TWO, q__c=IDLE % 1),
    built("slower", SLOWER, "not better"),
    built("binary-stale", SLOWER, "not better", bench=FAKE),
    built("does-not-compile", "int main( {\n", "not better"),
]
