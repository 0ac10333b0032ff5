"""Evaluators and programs as two guests: honest originals score what they score in one process, and no cheat gains anything."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from hostile.evaluators import (
    APART,
    CHEATS,
    IMPORTED,
    LOAD,
    LOOKS,
    PACKING,
    PICKLED,
    SEEDS_THE_GENERATOR,
    SHARED,
    SQUARE,
)
from hostile.evaluators_and_cheats import CHEATS as CHEATS_OF
from hostile.evaluators_and_cheats import (
    COOKIES,
    EXECUTING,
    FOLDERS,
    HONEST,
    INPUT,
    NUMBERS,
    ORPHANS,
    OWN_LIMITS,
    REMEMBERS,
    REWARDING,
    STOPS,
    TIMES,
)
from hostile.evaluators_with_clocks import CLOCKED, TOLD, WORK
from hostile.outcomes import SEEDS, Apart, measured, resumed, rewards, tried
from hostile.own_memory import forms, search
from strop.base.errors import ConfigurationError, TaskError
from strop.evaluation.commands.evaluated_program import Isolation
from strop.evaluation.commands.relay import OriginalCalls
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.config import read_config, to_toml
from support.rows import table
from support.tiers import slow_unless
from support.trees import written

pytestmark = [pytest.mark.process, pytest.mark.heavy]


@pytest.fixture
def workspaces() -> Iterator[Workspaces]:
    """Of one test: a room that stays open costs something for as long as it is."""
    with Workspaces(slots=2, require=()) as workspaces:
        if not workspaces.has_trees:
            pytest.skip("this machine keeps no two commands apart")
        yield workspaces


@pytest.fixture
def apart(tmp_path: Path, workspaces: Workspaces) -> Apart:
    return Apart(tmp_path, workspaces)


REFUSED = {
    "script": "it runs the program as a script",
    "state and exceptions": "it uses LIMIT of the program",
    **{name: why for name, (_, _, why) in SHARED.items()},
    "class": "it uses the class Solver of the program",
    "sets a name": "its evaluator gives the original score 1 apart from it, and in one process score 2",
}
"""Evaluators that ask for more than calls of functions with plain data, and what is said of them."""


@pytest.mark.parametrize("name", [name for name in APART if name not in (*REFUSED, "text")])
def test_evaluator_apart_gives_the_original_its_score_to_the_last_digit(apart: Apart, name: str) -> None:
    text = APART[name][0]
    run, shared = apart.learnt(*APART[name])(text), measured(apart.task(*APART[name]), text, apart.workspaces, None)
    assert run.values, run.error
    assert run.values == shared.values


@table(("name", "why"), REFUSED.items())
def test_evaluator_that_needs_the_program_in_its_process_is_refused_with_the_reason_and_the_flag(
    apart: Apart, name: str, why: str
) -> None:
    program, evaluator, *_ = {**APART, **SHARED}[name]
    with pytest.raises(ConfigurationError, match=re.escape(why)) as refused:
        tried(apart.task(program, evaluator), apart.workspaces)
    assert "shared runs the program in its evaluator's process" in str(refused.value)


def test_evaluator_that_draws_is_not_refused_for_a_program_that_draws_too(apart: Apart) -> None:
    program = "import random\n\n\ndef f(x):\n    random.random()\n    return x\n"
    evaluator = LOAD + "import random\ndef evaluate(path): return load(path).f(0.5) * random.random()\n"
    assert tried(apart.task(program, evaluator), apart.workspaces).original_calls.draws


def test_failure_of_the_evaluator_is_not_called_one_of_the_original(apart: Apart) -> None:
    seed = SEEDS.seed("program", "train", 1) % (1 << 31)
    evaluator = (
        LOAD + "import os\ndef evaluate(path):\n    load(path).f(3)\n"
        f"    return 1 / (int(os.environ['STROP_SEED']) != {seed})\n"
    )
    said = "its evaluator fails (ZeroDivisionError: division by zero), although the original has answered all calls"
    with pytest.raises(TaskError, match=re.escape(said)):
        tried(apart.task(SQUARE, evaluator), apart.workspaces)


@pytest.mark.parametrize("name", LOOKS)
def test_program_gains_nothing_by_its_text_with_an_evaluator_that_looks_at_it(apart: Apart, name: str) -> None:
    *case, said = LOOKS[name]
    outcome, found = apart.outcome(*case)
    assert outcome == said, found


def test_evaluator_of_a_text_is_in_one_jail_with_it(apart: Apart) -> None:
    assert apart.task(*APART["text"]).scored_by == "program"


def test_name_that_the_text_does_not_show_to_be_a_function_is_called_where_it_is_named(apart: Apart) -> None:
    program = "from functools import partial\ng = partial(pow, 2)\n"
    evaluator = LOAD + "def evaluate(path): return float(load(path).g(3))\n"
    with pytest.raises(ConfigurationError, match="if it is one, name it in `calls`"):
        tried(apart.task(program, evaluator), apart.workspaces)
    assert apart.learnt(program, evaluator, calls=["g"])(program).values == {"score": 8.0}


def test_program_apart_draws_its_own_random_numbers_the_same_for_each_seed(apart: Apart) -> None:
    run = apart.learnt(*SEEDS_THE_GENERATOR)
    assert run(SEEDS_THE_GENERATOR[0]).values == run(SEEDS_THE_GENERATOR[0]).values


BY_PICKLE = ("pickle that is code", "array that answers as it likes")
"""Cheats that `make test` tries on both evaluators; `make test-all` tries each on both."""


@pytest.mark.parametrize(
    ("evaluator", "names"),
    [(IMPORTED, CHEATS), (PICKLED, BY_PICKLE), pytest.param(PICKLED, CHEATS, marks=pytest.mark.slow)],
    ids=["imported", "pickled", "all pickled"],
)
def test_program_that_cheats_gains_nothing_and_an_honest_one_after_it_has_its_score(
    apart: Apart, evaluator: str, names: Iterable[str], subtests: pytest.Subtests
) -> None:
    run = apart.learnt(PACKING, evaluator)
    for name in names:
        ast.parse(CHEATS[name])
        with subtests.test(name):
            assert run(CHEATS[name]).values.get("combined_score", 0.0) <= 0.8
    assert run(PACKING.replace("0.2)", "0.21)")).values["combined_score"] == 0.84


def test_number_that_is_not_finite_is_malformed_and_named_though_the_evaluator_would_not_mind(apart: Apart) -> None:
    evaluator = LOAD + "def evaluate(path):\n    try: load(path).f()\n    except ValueError: pass\n    return 9.0\n"
    honest, cheat = "def f(): return [1.0]\n", "def f(): return [float('nan')]\n"
    run = apart.learnt(honest, evaluator)(cheat)
    assert (run.verdict, run.error.splitlines()[0]) == ("malformed", "f()[0] is nan; the original's is finite")


@pytest.mark.parametrize(
    ("returned", "said"),
    # What an evaluator returns, and what is said of it.
    [
        ("{'score': float('nan')}", "score score is not a finite number up to 1e+100: nan"),
        ("{'combined_score': True}", 'score combined_score is not a number: "True"'),
        ("{'score': 'high', 'b': None}", 'score score is not a number: "high"'),
        ("{'acc': 1}", "gives acc, but neither combined_score nor score: say what counts"),
    ],
)
def test_score_that_is_no_number_is_named_alike_apart_and_in_one_process(
    apart: Apart, returned: str, said: str
) -> None:
    task = apart.task(SQUARE, f"{LOAD}def evaluate(path):\n    load(path).f(3)\n    return {returned}\n")
    one, other = (
        measured(task, SQUARE, apart.workspaces, isolation) for isolation in (None, Isolation(OriginalCalls()))
    )
    assert said in one.error and (one.error, one.values) == (other.error, other.values)


FORGING = """
import sys
frames = sys.modules["strop_calling"].frames
def forged(message, **how):
    data = frames.plain_data.encode(["returned", {}])
    return frames.HEADER.pack(len(data), 0) + data
def evaluate(path):
    load(path).f(3)
    frames.encode = forged
    return 1.0
"""
"""An evaluator that has taken over what its guest sends."""


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("7", "exit status 1"),
        ("[{'score': 9.0}]", "exit status 1"),
        ("[[], []]", "exit status 1"),
        ("[{number: 9.0 for number in range(100_000)}, []]", "exit status 1"),
        ("[{'score': 9.0, 'metrics': {3, 4}}, []]", "exit status 1"),
        ("[{'score': {1: 9.0}, 2: 9.0}, []]", "score score is not a number"),
        ("[{'score': b'9'}, []]", "score score is not a number"),
        ("[{'score': 10 ** 400}, []]", "score score is a whole number that is too large"),
    ],
)
def test_evaluation_that_is_forged_where_it_is_sent_has_no_score(apart: Apart, sent: str, said: str) -> None:
    run = measured(
        apart.task(SQUARE, LOAD + FORGING.format(sent)), SQUARE, apart.workspaces, Isolation(OriginalCalls())
    )
    assert run.error.startswith(said) and not run.values, run


def test_array_of_a_type_unlike_the_originals_arrives_in_64_bits(apart: Apart) -> None:
    pytest.importorskip("numpy")
    program = "import numpy as np\ndef f(): return np.array([3.0, 250.0], dtype=np.float32)\n"
    evaluator = (
        LOAD
        + "def evaluate(path):\n    x = load(path).f()\n    return float((x * x).sum()) + 0.5 * (x.dtype == 'float32')\n"
    )
    run = apart.learnt(program, evaluator)
    assert run(program + "# another\n").values == {"score": 62509.5}
    assert run(program.replace("3.0, 250.0", "3, 250").replace("float32", "uint8")).values == {"score": 62509.0}


def test_program_sees_neither_its_evaluator_nor_data_that_only_the_evaluator_reads(
    tmp_path: Path, apart: Apart
) -> None:
    written(tmp_path, dict.fromkeys(("own/words.txt", "answers/one.txt", "answers/two.txt"), "4"))
    program = "def f():\n    return int(open('own/words.txt').read())\n"
    evaluator = LOAD + "def evaluate(path): return float(load(path).f() == int(open('answers/one.txt').read()))\n"
    spy = (
        "import os\nfiles = [name for _, _, names in os.walk('.') for name in names]\n"
        "assert sorted(files) == ['program.py', 'words.txt'], files\ndef f():\n    return 4\n"
    )
    run = apart.learnt(program, evaluator)(spy)
    assert run.values == {"score": 1.0}, run.error


def test_program_that_is_compared_first_after_a_resume_sees_no_data_that_only_the_evaluator_reads(apart: Apart) -> None:
    written(apart.folder, {"answers/one.txt": "4"})
    evaluator = LOAD + "def evaluate(path): return 1.0 + (load(path).f() == int(open('answers/one.txt').read()))\n"
    task = apart.task("def f():\n    return 3\n", evaluator, held_out=1)
    found = resumed(task, apart.workspaces, "import os\ndef f():\n    return 4 if os.path.exists('answers') else 3\n")
    assert (found.verdict, found.metrics) == ("ok", ({"score": 1.0},))


def test_evaluation_leaves_nothing_for_the_next(apart: Apart) -> None:
    program = (
        "import os\ndef f():\n    found = os.path.exists('left') + os.path.exists('/tmp/left')\n"
        "    for path in ('left', '/tmp/left'): open(path, 'w').close()\n    return found\n"
    )
    evaluator = (
        LOAD
        + program.replace("f()", "g()").replace("left", "mine")
        + "def evaluate(path): return 1.0 + load(path).f() + g()\n"
    )
    run = apart.learnt(program, evaluator)
    assert [run(program).values["score"] for _ in range(3)] == [1.0] * 3


NEVER_BETTER = {**CHEATS_OF, **REWARDING, **{name: (WORK, *each) for name, each in CLOCKED.items()}}


@pytest.mark.parametrize("name", NEVER_BETTER)
def test_value_that_gets_past_an_evaluator_is_never_better(apart: Apart, name: str) -> None:
    outcome, found = apart.outcome(*NEVER_BETTER[name])
    assert outcome != "better", found


@pytest.mark.parametrize("name", slow_unless(lambda name: "without" not in name, EXECUTING))
def test_evaluator_that_runs_what_the_program_returns_is_refused(apart: Apart, name: str) -> None:
    assert "code in a spoiled answer ran" in rewards(apart.task(*EXECUTING[name][:2]), apart.workspaces)


@pytest.mark.parametrize("name", slow_unless(lambda name: name.startswith(("bytes", "priorities")), HONEST))
def test_evaluator_that_checks_the_whole_answer_is_refused_only_where_it_is_in_an_argument(
    apart: Apart, name: str
) -> None:
    outcome, found = apart.outcome(*HONEST[name])
    assert outcome == ("refused" if "sort in place" in name else "better"), found


def test_evaluator_that_only_tells_the_time_computes_the_score(apart: Apart) -> None:
    assert apart.outcome(WORK, TOLD, f"{WORK}# another\n")[0] == "not better"


SEEDED = LOAD + "import os\ndef evaluate(path): return load(path).f(float(os.environ['STROP_SEED']) % 7)\n"
PATH = b"/copy/program.py"
"""What the search finds."""


def test_program_that_searches_its_process_finds_no_seed_of_its_evaluators_and_finds_what_is_there(
    apart: Apart,
) -> None:
    seed = SEEDS.seed("program", "train", 0)
    cheat = (
        f"{search(PATH)}\nis_there = found()\n{search(*forms(seed), *forms(seed % (1 << 31)))}\n"
        "def f(x):\n    return 9.0 if found() else 0.4 if is_there else 0.3\n"
    )
    _, found = apart.outcome("def f(x): return 0.5\n", SEEDED, cheat, instances=1)
    assert [row["score"] for row in found.metrics] == [0.4], found


POOL = (
    LOAD
    + """
from concurrent.futures import ThreadPoolExecutor
def evaluate(path):
    program = load(path)
    with ThreadPoolExecutor(3) as pool: return float(sum(pool.map(program.f, [1.0, 2.0, 3.0])))
"""
)
SLOW = "import time\ndef f(x):\n    time.sleep(0.1)\n    return x\n"
FILLS = """import os
folder = os.open("/tmp", os.O_RDONLY)
try:
    for number in range(1 << 19): os.mknod(str(number), 0o600, dir_fd=folder)
except OSError: pass
"""


def test_program_that_leaves_its_next_process_no_room_fails_alone(apart: Apart) -> None:
    run = apart.learnt(SLOW, POOL)
    found = run(FILLS + SLOW.replace("0.1", "5.0"))
    assert not found.values and "the program's process cannot be started" in found.error, found
    assert run(SLOW + "# another\n").values == {"score": 6.0}


def test_program_does_not_pay_for_what_the_one_before_left_in_its_room(apart: Apart) -> None:
    run = apart.learnt("def f(x): return x\n", LOAD + "def evaluate(path): return load(path).f(3.0)\n")
    fills, next_one = (run(f"{text}def f(x): return x\n") for text in (FILLS, "# the next\n"))
    assert next_one.cpu_seconds < fills.cpu_seconds / 10


FLOODS = (
    LOAD
    + """
import socket, struct, time
def evaluate(path):
    sent, doors = 0, [socket.socket(socket.AF_UNIX) for _ in range(2)]
    for door in doors:
        try:
            door.connect("\\0strop-program")
            door.sendall(struct.pack("<I", 40 << 20))
            door.settimeout(0.5)
            for _ in range(39):
                door.sendall(bytes(1 << 20))
                sent += 1
        except (TimeoutError, ConnectionRefusedError): pass
    return load(path).f(float(sent < 70))
"""
)


def test_evaluator_that_asks_without_an_end_fills_no_memory_of_the_hosts(apart: Apart) -> None:
    run = apart.learnt("def f(x): return x\n", FLOODS)
    assert run("def f(x): return x + 0.0\n").values == {"score": 1.0}


NAMES = """
import os
def f(x):
    folder = os.open("/usr/lib", os.O_PATH)
    for number in range(150_000):
        try: os.stat("y" * 200 + MARK + str(number), dir_fd=folder)
        except OSError: pass
    return x
"""


def test_names_that_a_program_makes_the_kernel_remember_count_for_no_other(apart: Apart) -> None:
    if "counted" not in apart.workspaces.posture.layers["kernel memory"].split("not")[0]:
        pytest.skip("the kernel's memory is not counted here")
    run = apart.learnt(
        "def f(x): return x\n", LOAD + "def evaluate(path): return load(path).f(3.0)\n", memory_limit="256 MiB"
    )
    honest = "def f(x):\n    import time\n    held = bytearray(100 << 20)\n    time.sleep(0.4)\n    return x\n"
    for _ in range(3):
        run(NAMES.replace("MARK", repr(os.urandom(4).hex())))
    assert run(honest).values == {"score": 3.0}


MARKS = {
    "objects and priorities": REMEMBERS,
    "numbers": NUMBERS,
    "times of files": TIMES,
    "folders": FOLDERS,
    "offsets of names": COOKIES,
    "standard input": INPUT,
}


def test_program_finds_no_mark_that_it_left_in_an_evaluation_before(
    tmp_path: Path, apart: Apart, subtests: pytest.Subtests
) -> None:
    written(tmp_path, dict.fromkeys(("own/words.txt", "unused/one.txt"), "4"))
    original = "def f(): return 1.0 if open('own/words.txt').read() else 0.0\n"
    run = apart.learnt(original, LOAD + "def evaluate(path): return load(path).f()\n", context=["unused/*"])
    for name, program in MARKS.items():
        found = [run(program) for _ in range(3)]
        with subtests.test(name):
            assert [each.values for each in found] == [{"score": 1.0}] * 3, found[-1].error


def test_program_cannot_hide_its_time_by_stopping_its_server_or_leaving_an_orphan(apart: Apart) -> None:
    run = apart.learnt("def f(): return 1.0\n", LOAD + "def evaluate(path): return load(path).f()\n")
    assert run(STOPS).cpu_seconds > 0.25
    if "every process" not in apart.workspaces.posture.layers["CPU time"]:
        pytest.skip("the kernel counts no time for others here")
    assert run(ORPHANS).cpu_seconds > 0.25


CALLS = LOAD + "def evaluate(path): return float(load(path).f(3.0))\n"
IN_LIMITS = (
    "import resource, subprocess, sys\n"
    "def evaluate(path):\n    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (9, 9))\n"
    "    ran = subprocess.run([sys.executable, path], preexec_fn=limit, capture_output=True, text=True)\n"
    "    return float(ran.stdout)\n"
)


@pytest.mark.parametrize("name", OWN_LIMITS)
def test_program_that_has_the_kernel_kill_it_fails_and_ends_no_run(apart: Apart, name: str) -> None:
    outcome, found = apart.outcome(SQUARE, CALLS, OWN_LIMITS[name])
    assert (outcome, found.verdict) == ("failed", "died") or name == "its limit in one room of two", found


def test_evaluator_may_limit_the_cpu_time_of_what_it_starts(apart: Apart) -> None:
    run = measured(apart.task("print(4)\n", IN_LIMITS), "print(5)\n", apart.workspaces, None)
    assert run.values == {"score": 5.0}, run


def test_task_that_is_read_from_its_record_has_its_evaluator(tmp_path: Path, apart: Apart) -> None:
    task = apart.task(PACKING, IMPORTED)
    (tmp_path / "strop.toml").write_text(to_toml(task))
    again = read_config(tmp_path / "strop.toml", trusted=True)
    assert task.evaluator is not None
    assert again.evaluator == task.evaluator


FORGED = """
import sys
frames = sys.modules["strop_calling"].frames
data, encode = frames.plain_data, frames.encode
def forged(message, **how):
    answer = message[1]
    return encode(["returned", FORM] if answer[0] == "returned" and answer[1][0] else message, **how)
frames.encode = forged
def f(x): return x * x
"""


FORMS = [
    "7",
    "['returned']",
    "['returned', 9.0]",
    "['returned', [9.0]]",
    "['returned', [9.0, 5]]",
    "['raised', [9.0, 5, '', '', '']]",
    "['changed', ['f() changes its argument 1']]",
    "['returned', [__import__('numpy').zeros(30 << 20, 'int8'), '']]",
    "['unplain', ['5']]",
    "['returned', [data.Unhashed(set, [n * (2**61 - 1) for n in range(100_000)]), '']]",
    "['returned', [{10**5000: 1}, '']]",
    "['raised', ['E', [10**3900], None, '', '']]",
]


def test_program_whose_process_forges_an_answer_is_malformed_and_the_next_is_measured(
    apart: Apart, subtests: pytest.Subtests
) -> None:
    run = apart.learnt(*APART["import_module"])
    for form in FORMS:
        forged = run(FORGED.replace("FORM", form))
        with subtests.test(form):
            assert not forged.values and forged.verdict in ("malformed", "raised"), forged
            assert run(APART["import_module"][0]).values == {"score": 9.0}
