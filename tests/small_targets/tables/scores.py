"""Printed scores: their direction, their names, what they are read from. How numbers are read is `test_readings`'."""

from support.small_targets.forms import command, metrics, number, path, printing
from support.small_targets.target import Target

WRITES = "import json\njson.dump({'stats': [{'v': %s}]}, open('o.json', 'w'), indent=2)\nprint('done')\n"
FILE = "import json\njson.dump({'score': %s}, open('o.json', 'w'))\nprint('done')\n"
ERROR = "import sys\nprint('done')\nprint('score: %d', file=sys.stderr)\n"
CACHE = "hit_rate: 0.95\ncost: %s"

TARGETS = [
    number("expression", "ops/s: 1.2e+06", "ops/s: 1.9e+06", r"ops/s: (\S+)", "max", "better"),
    number("expression-falls", "ops/s: 1.2e+06", "ops/s: 700000", r"ops/s: (\S+)", "max", "not better"),
    number(
        "no-direction", "ops: 20", "ops: 40", r"ops: (\S+)", "", "refused", "say whether more or less of it is better"
    ),
    path("json", '{"score": 0.5}', '{"score": 0.7}', "$.score", "max", "better"),
    path(
        "json-no-direction",
        '{"time": 2.0}',
        '{"time": 4.0}',
        "$.time",
        "",
        "refused",
        "say whether more or less of it is better",
    ),
    path("json-wildcard", '{"r": [{"v": 5}]}', '{"r": [{"v": 6}]}', "$.r[*].v", "max", "refused", "invalid JSON path"),
    Target(
        "constraint-without-a-score",
        {"p.py": printing(CACHE % 5)},
        printing(CACHE % 4),
        "refused",
        command(r"cost: (\S+)", metrics("score:min"), 'require_metric = ["hit_rate>=0.93"]'),
        excerpt="no score is named hit_rate; the scores are score",
    ),
    Target(
        "constraint-misspelt",
        {"p.py": printing(CACHE % 5)},
        printing(CACHE % 4),
        "refused",
        command(
            {"cost": r"cost: (\S+)", "hit_rate": r"hit_rate: (\S+)"},
            metrics("cost:min"),
            'require_metric = ["hitrate>=0.93"]',
        ),
        excerpt="no score is named hitrate; the scores are cost and hit_rate",
    ),
    Target(
        "on-standard-error",
        {"p.py": ERROR % 5},
        ERROR % 7,
        "refused",
        command(r"score: (\d+)", metrics("score:max")),
        excerpt="standard error",
    ),
    Target(
        "on-standard-error-redirected",
        {"p.py": ERROR % 5},
        ERROR % 7,
        "better",
        command(r"score: (\d+)", metrics("score:max"), run="python3 -S p.py {seed} 2>&1"),
    ),
    Target(
        "standard-error-alone",
        {"p.py": ERROR % 5},
        ERROR % 7,
        "better",
        command(r"score: (\d+)", metrics("score:max"), run="python3 -S p.py {seed} 2>&1 >/dev/null"),
    ),
    Target("file-nested", {"p.py": WRITES % 5}, WRITES % 7, "better", command("o.json:$.stats[0].v", metrics("v:max"))),
    Target(
        "file-in-folder",
        {"p.py": WRITES.replace("o.json", "out/o.json") % 5, "out/.gitkeep": ""},
        WRITES.replace("o.json", "out/o.json") % 7,
        "better",
        command("out/o.json:$.stats[0].v", metrics("v:max")),
    ),
    Target(
        "file-not-written",
        {"p.py": WRITES % 5},
        "print('done')\n",
        "not better",
        command("o.json:$.stats[0].v", metrics("v:max")),
    ),
    Target("file", {"p.py": FILE % 5}, FILE % 7, "better", command("o.json:$.score", metrics("score:max"))),
    Target(
        "file-stale",
        {"p.py": FILE % 5, "o.json": '{"score": 99}'},
        "print('done')\n",
        "not better",
        command("o.json:$.score", metrics("score:max")),
    ),
    Target(
        "file-two-documents",
        {"p.py": FILE % 5},
        "open('o.json', 'w').write('{\"score\": 9} {\"score\": 1}')\n",
        "not better",
        command("o.json:$.score", metrics("score:max")),
    ),
]
