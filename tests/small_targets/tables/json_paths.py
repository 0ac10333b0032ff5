"""Numbers at a path into JSON."""

from support.small_targets.forms import command, metrics, path
from support.small_targets.target import Target

WRITES = "import json\njson.dump({'stats': [{'v': %s}]}, open('o.json', 'w'), indent=2)\nprint('done')\n"
FILE = "import json\njson.dump({'score': %s}, open('o.json', 'w'))\nprint('done')\n"
GOOGLE = '{"benchmarks": [{"name": "BM_x", "real_time": %s, "time_unit": "%s"}]}'

TARGETS = [
    path("json-nested", '{"a": {"b": [1, {"c": 5}]}}', '{"a": {"b": [1, {"c": 6}]}}', "$.a.b[1].c", "max", "better"),
    path("json-multi-line", '{\n  "score":\n    5\n}', '{\n  "score":\n    6\n}', "$.score", "max", "better"),
    path(
        "json-lines", '{"score": 1}\n{"score": 2}', '{"score": 1}\n{"score": 3}', "$.score", "max", "refused", "found"
    ),
    path("json-lines-other-keys", '{"log": 1}\n{"score": 5}', '{"log": 1}\n{"score": 7}', "$.score", "max", "better"),
    path("json-text-behind", '{"score": 5}\ndone', '{"score": 7}\ndone', "$.score", "max", "better"),
    path("json-unit-beside", '{"value": 5, "unit": "ms"}', '{"value": 1, "unit": "s"}', "$.value", "min", "not better"),
    path(
        "json-google-benchmark",
        GOOGLE % (500, "ns"),
        GOOGLE % (2, "us"),
        "$.benchmarks[0].real_time",
        "min",
        "not better",
    ),
    path("json-unit-in-key-goes", '{"latency_ms": 5}', '{"latency_s": 1}', "$.latency_ms", "min", "not better"),
    path("json-text-with-unit", '{"v": "5 ms"}', '{"v": "4 ms"}', "$.v", "min", "refused"),
    path("json-key-with-dash", '{"a-b": 5}', '{"a-b": 6}', "$['a-b']", "max", "better"),
    path("json-wildcard", '{"r": [{"v": 5}]}', '{"r": [{"v": 6}]}', "$.r[*].v", "max", "refused", "invalid JSON path"),
    path("json-capital-exponent", '{"score": 1E2}', '{"score": 99}', "$.score", "max", "not better"),
    path("json-number-in-list", "[5, 6]", "[7, 6]", "$[0]", "max", "better"),
    path("json-bare-number", "5", "6", "$", "max", "better"),
    path("json-negative-zero", '{"score": 0}', '{"score": -0.0}', "$.score", "max", "not better"),
    path("json-python-dict", "{'score': 5}", "{'score': 6}", "$.score", "max", "refused"),
    path(
        "json-hyperfine",
        '{"results": [{"mean": 1.5}]}',
        '{"results": [{"mean": 1.0}]}',
        "$.results[0].mean",
        "min",
        "better",
    ),
    path(
        "json-hyperfine-no-goal",
        '{"results": [{"mean": 1.5}]}',
        '{"results": [{"mean": 3}]}',
        "$.results[0].mean",
        "",
        "refused",
    ),
    path(
        "json-pytest-benchmark",
        '{"benchmarks": [{"stats": {"mean": 0.5, "rounds": 3}}]}',
        '{"benchmarks": [{"stats": {"mean": 0.7, "rounds": 3}}]}',
        "$.benchmarks[0].stats.mean",
        "",
        "refused",
    ),
    Target(
        "json-file-nested", {"p.py": WRITES % 5}, WRITES % 7, "better", command("o.json:$.stats[0].v", metrics("v:max"))
    ),
    Target(
        "json-file-in-folder",
        {"p.py": WRITES.replace("o.json", "out/o.json") % 5, "out/.gitkeep": ""},
        WRITES.replace("o.json", "out/o.json") % 7,
        "better",
        command("out/o.json:$.stats[0].v", metrics("v:max")),
    ),
    Target(
        "json-file-not-written",
        {"p.py": WRITES % 5},
        "print('done')\n",
        "not better",
        command("o.json:$.stats[0].v", metrics("v:max")),
    ),
    path("json-plain", '{"score": 0.5}', '{"score": 0.7}', "$.score", "max", "better"),
    path("json-null", '{"score": 0.5}', '{"score": null}', "$.score", "max", "not better"),
    path("json-true", '{"score": 0.5}', '{"score": true}', "$.score", "max", "not better"),
    path("json-missing", '{"score": 0.5, "n": 1}', '{"n": 9}', "$.score", "max", "not better"),
    path("json-nan", '{"score": 0.5}', '{"score": NaN}', "$.score", "max", "not better"),
    path(
        "json-huge",
        '{"score": 0.5}',
        '{"score": 1' + "0" * 400 + "}",
        "$.score",
        "max",
        "not better",
    ),
    path("json-last-of-list", '{"s": [1, 2, 3]}', '{"s": [1, 2, 4]}', "$.s[-1]", "max", "better"),
    path(
        "json-pretty-after-log",
        'start\n{\n  "score": 0.5\n}',
        'start\n{\n  "score": 0.7\n}',
        "$.score",
        "max",
        "better",
    ),
    path("json-latency-no-goal", '{"latency": 2.0}', '{"latency": 4.0}', "$.latency", "", "refused"),
    path("json-exponent", '{"score": 1.2e3}', '{"score": 9e2}', "$.score", "max", "not better"),
    Target("json-file", {"p.py": FILE % 5}, FILE % 7, "better", command("o.json:$.score", metrics("score:max"))),
    Target(
        "json-file-stale",
        {"p.py": FILE % 5, "o.json": '{"score": 99}'},
        "print('done')\n",
        "refused",
        command("o.json:$.score", metrics("score:max")),
    ),
    Target(
        "json-file-two-documents",
        {"p.py": FILE % 5},
        "open('o.json', 'w').write('{\"score\": 9} {\"score\": 1}')\n",
        "not better",
        command("o.json:$.score", metrics("score:max")),
    ),
]
