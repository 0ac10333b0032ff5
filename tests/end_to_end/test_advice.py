"""Each remedy that a message names, followed to the letter: what provokes the message, what it advises, and the same with the
advice followed, after which the error is gone.

Followed elsewhere: how an interrupted run goes on (`test_money`, `test_stopping`, `test_resume`), `--trust-task`
(`test_resume_attacks`), `strop apply` with `--force` and `--unproven` (`test_improve_targets`, `tests/unit/runs/patching`), and
what scores nothing (`tests/unit/check/test_relay.py`).
"""

# ruff: noqa: E501

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.command_line import environment, run_small
from support.rows import table
from support.trees import written

CASES = "import strop\n@strop.improve_me(score=lambda answer, n: 1 / (1 + abs(answer - 5)), cases=[(n,) for n in range(12)])\n"
WORK = f"{CASES}def work(n):\n    return 1\n"
PRINTS = "import sys\nprint('speed: 4')\nprint('loss: 2')\n"
ADDS = "import sys\nprint(sum(range(10**5 + int(sys.argv[1]) % 99)))\n"
TREE = {"p.py": PRINTS}
TIMES = {"p.py": ADDS}
TOML = 'command = "python3 p.py {seed}"\nfiles = "p.py"\nscore = "time"\n'
EVALUATOR = (
    "import program\ndef evaluate(path, seed=0):\n    return {'combined_score': 1 / (1 + abs(program.f(seed) - 7))}\n"
)
SCORED = {"program.py": "def f(n):\n    return 5.0\n", "e.py": EVALUATOR}
DRY, C = "improve TARGET --model offline --dry-run", "--command 'python3 p.py {seed}'"
OF_TREE = f"{DRY} {C} --files p.py".replace("TARGET", ".")
TWO = "--score 'speed=speed: (.*)' --score 'loss=loss: (.*)'"
MAKES, BARE = (
    f"{sys.executable} -m venv --without-pip {{}}",
    f"bare/bin/python{sys.version_info[0]}.{sys.version_info[1]}",
)


@dataclass(frozen=True)
class Row:
    """A remedy."""

    command: str
    """What provokes the message; `{folder}` is the folder of the row."""
    said: str
    """What it advises, word for word."""
    followed: str = ""
    """The command with the advice followed; empty: the same."""
    files: dict[str, str] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)
    """Files with the advice followed."""
    made: str = ""
    """What a shell makes before."""
    env: dict[str, str] = field(default_factory=dict)
    """Variables with the advice followed."""
    code: int = 0
    """The exit code then."""


def on(target: str, more: str = "") -> str:
    """The dry run of a search."""
    return f"{DRY.replace('TARGET', target)} {more}"


TARGETS = {
    "one of two": Row(on("p.py", f"{C} --evaluator e.py"), "give only one of --command and --evaluator", on("p.py", f"{C} --score time"), TIMES),
    "program itself": Row(
        on("p.py", f"{C} --score time --solution p.py"), "name the program itself before --command", on("p.py", f"{C} --score time"), TIMES
    ),
    "folder": Row(on("tree"), "make one with strop init", on("tree"), {"tree/a.txt": ""}, made="strop init tree --form command"),
    "folder with command": Row(on("."), "or give --command", f"{OF_TREE} --score time", TIMES),
    "python of a command": Row(
        f"check p.py {C} --score time --python {BARE}", f"name a virtual environment of it: {{folder}}/{BARE} -m venv FOLDER, then --python FOLDER", f"check p.py {C} --score time --python env", TIMES,
        made=f"mkdir -p bare/bin && cp $(realpath {sys.base_prefix}/bin/python3) {BARE} && ln -s {sys.base_prefix}/lib bare/lib && {BARE} -m venv --without-pip env",
    ),
    "python of a function": Row(
        on("lpn", "--python env"), "runs in strop's own interpreter; it requires --command or --evaluator", on("p.py", f"{C} --score time --python /usr"), TIMES | {"fn.py": f"import onlyhere\n{WORK}"}
    ),
    "package of a task": Row(
        on("t.py"), "-m pip install onlyhere; or install strop where that is", "",
        {"t.py": "import onlyhere\nimport strop\ntask = strop.Task(name='t', sample=lambda rng: {'n': 1}, score=lambda instance, answer: 0.5, seed='def f(n):\\n    return n\\n', entry='f', description='n')\n"},
        {"onlyhere.py": ""},
    ),
    "files of a file": Row(on("p.py", f"{C} --score time --files p.py"), "with --files, name its folder", f"{OF_TREE} --score time", TIMES),
    "evaluator that is a folder": Row(on("program.py", "--evaluator ."), "name the file of the evaluator", on("program.py", "--evaluator e.py"), SCORED),
    "another file by command": Row(on("p.txt"), "needs --command, which runs it", on("p.txt", "--command 'cat p.txt' --score time"), {"p.txt": "5"}),
    "another file by evaluator": Row(on("p.txt"), "or --evaluator, which scores it", on("p.txt", "--evaluator e.py --shared"), {"p.txt": "5", "e.py": EVALUATOR}),
    "unmarked": Row(on("program.py"), "say how it is scored: --evaluator FILE", on("program.py", "--evaluator e.py"), SCORED),
    "settings of a task": Row(on("lpn", "--set held_out=9"), "it requires --command or --evaluator", f"{OF_TREE} --score time --set held_out=9", TIMES),
    "solution of a command": Row(on(".", "--solution p.py"), "give no --solution", on("."), TIMES | {"strop.toml": TOML}),
    "solution of a function": Row(on("fn.py", "--solution fn.py"), "give no --solution", on("fn.py"), {"fn.py": WORK}),
    "several marks": Row(
        on("fn.py"), "fn.py marks work, other; name one: fn.py:work", on("fn.py:work"),
        {"fn.py": f"{WORK}{CASES.partition(chr(10))[2]}def other(n):\n    return 2\n"},
    ),
    "another name": Row(on("fn.py:wrok"), "did you mean fn.py:work?", on("fn.py:work"), {"fn.py": WORK}),
    "name of a class": Row(
        on("fn.py:Box"), "did you mean fn.py:Box.work?", on("fn.py:Box.work"),
        {"fn.py": WORK.replace("@strop", "class Box:\n    @strop").replace("def work", "    @staticmethod\n    def work").replace("    return", "        return")},
    ),
    "nested function": Row(
        on("fn.py:target"), "define it at the top level of a file", on("fn.py:target"),
        {"fn.py": WORK.replace("@strop", "mark = strop") + "def outer():\n    return mark(lambda n: 1)\ntarget = outer()\n"},
        {"fn.py": WORK.replace("@strop", "mark = strop") + "target = mark(work)\n"},
    ),
    "builtin": Row(
        on("fn.py:target"), "is no function of a file, which alone takes a mark", on("fn.py:target"),
        {"fn.py": WORK.replace("@strop", "mark = strop") + "target = mark(str.upper)\n"},
        {"fn.py": WORK.replace("@strop", "mark = strop") + "target = mark(work)\n"},
    ),
    "task that ends the program": Row(
        on("fn.py"), "read arguments below if __name__ == '__main__'", "", {"fn.py": f"{WORK}import sys\nsys.exit(3)\n"},
        {"fn.py": f"{WORK}import sys\nif __name__ == '__main__':\n    sys.exit(3)\n"},
    ),
    "task that calls strop": Row(
        on("fn.py"), "put it under if __name__ == '__main__':", "", {"fn.py": f"{WORK}strop.improve(work, model='offline')\n"},
        {"fn.py": f"{WORK}if __name__ == '__main__':\n    strop.improve(work, model='offline')\n"},
    ),
    "task's name": Row("improve lpm --model offline --dry-run", "did you mean lpn?", on("lpn")),
    "empty name": Row("run '' --model offline --dry-run", "strop list tasks lists the tasks", "list tasks"),
    "defined twice": Row(on("fn.py:work"), "keep one", "", {"fn.py": f"{WORK}def work(n):\n    return 2\nwork = strop.improve_me(score=lambda answer, n: 1.0, cases=[(1,), (2,)])(work)\n"}, {"fn.py": WORK}),
    "carriage returns": Row(on("fn.py"), "save it with ordinary line ends", "", {"fn.py": WORK + "# a\rb = 1\n"}, {"fn.py": WORK}),
    "encoding": Row(on("fn.py"), "save it as UTF-8 and declare none", "", {"fn.py": f"# coding: latin-1\n{WORK}"}, {"fn.py": WORK}),
    "equal cases": Row(
        on("fn.py"), "give different ones", "", {"fn.py": WORK.replace("(n,) for n", "(1,) for n")}, {"fn.py": WORK}
    ),
    "few cases": Row(
        on("fn.py"), "give 12 cases, of which half are held out", "", {"fn.py": WORK.replace("range(12)", "range(4)")}, {"fn.py": WORK}
    ),
    "tests in an interpreter of the copy": Row(
        on("fn.py", "--test '.venv/bin/python -c pass'"), "write python, and give --python", on("fn.py", "--test 'python -c pass' --python .venv"), {"fn.py": WORK}, made=MAKES.format(".venv")
    ),
    "marks a name of Python's": Row(
        on("fn.py"), "rename it", "", {"fn.py": f"import random\n{WORK}", "random.py": ""}, {"fn.py": f"import chance\n{WORK}", "chance.py": ""}
    ),
}  # fmt: skip

SCORING = {
    "no files": Row(on(".", f"{C} --score time"), "e.g. --files 'src/*.c'", on(".", f"{C} --score time --files 'src/*.c'"), TIMES | {"src/a.c": ""}),
    "no score": Row(OF_TREE, "e.g. --score time", f"{OF_TREE} --score time", TIMES),
    "no direction": Row(
        f"{OF_TREE} --score 'speed: (.*)'", "--score 'speed=speed: (.*)' --metric speed:max", f"{OF_TREE} --score 'speed=speed: (.*)' --metric speed:max", TREE
    ),
    "several scores": Row(f"{OF_TREE} {TWO}", "name the one that decides with --metric", f"{OF_TREE} {TWO} --metric speed:max", TREE),
    "several scores, one required": Row(f"{OF_TREE} {TWO}", "require others with --require-metric", f"{OF_TREE} {TWO} --metric speed:max --require-metric 'loss<=3'", TREE),
    "no such score": Row(f"{OF_TREE} --score time --metric speed:max", "--score NAME=HOW names one", f"{OF_TREE} --score 'speed=speed: (.*)' --metric speed:max", TREE),
    "two of one name": Row(f"{OF_TREE} --score 'a: (.*)' --score 'b: (.*)' --metric a:max", "name each: NAME=HOW", f"{OF_TREE} {TWO} --metric speed:max", TREE),
    "no file matches": Row(on(".", f"{C} --score time --files '*.pi'"), "give the full path of a file that a .gitignore excludes", on(".", f"{C} --score time --files q.pi"), TIMES | {".gitignore": "*.pi", "q.pi": ""}),
    "setting": Row(f"{OF_TREE} --score time --set held_out", "expected KEY=VALUE", f"{OF_TREE} --score time --set held_out=9", TIMES),
    "command line only": Row(on("."), "can be set on the command line only, by --trust-programs", on(".", "--trust-programs"), TIMES | {"strop.toml": f"{TOML}trust_programs = true\n"}, {"strop.toml": TOML}),
    "tool elsewhere": Row(on("."), "name it yourself: --set tool=../other", on(".", "--set tool=../other"), TIMES | {"strop.toml": f'{TOML}tool = ["../other"]\n'}, made="mkdir -p ../other"),
    "two descriptions": Row(on("."), "leave one of them out", "", TIMES | {"strop.toml": f'{TOML}description = "a"\ndescription_file = "d.md"\n', "d.md": "b"}, {"strop.toml": f'{TOML}description_file = "d.md"\n'}),
    "judge without a source": Row(
        on("."), "describe it: description_file = 'statement.md'", "",
        {"p.py": ADDS, "strop.toml": f"{TOML.replace('time', 'n: (.*)')}metric = 'score:max'\njudge = 'cat {{output}}'\n", "statement.md": "b"},
        {"strop.toml": f"{TOML.replace('time', 'n: (.*)')}metric = 'score:max'\njudge = 'cat {{output}}'\ndescription_file = 'statement.md'\n"},
    ),
    "root elsewhere": Row(on("sub"), "move the file there", on("."), TIMES | {"sub/strop.toml": f'{TOML}root = ".."\n'}, {"strop.toml": TOML}),
    "run": Row(on("."), "did you mean model?", "", TIMES | {"strop.toml": f"{TOML}[run]\nmodal = 'offline'\n"}, {"strop.toml": f"{TOML}[run]\nmodel = 'offline'\n"}),
    "interpreter of the copy": Row(
        "check . --command '.venv/bin/python p.py {seed}' --files p.py --score time", "write python, and give --python .venv", "check . --command 'python p.py {seed}' --files p.py --score time --python .venv",
        TIMES, made=MAKES.format(".venv"),
    ),
    "few held out": Row(f"{OF_TREE} --score time --set held_out=2", "give held_out = 6", f"{OF_TREE} --score time --set held_out=6", TIMES),
    "cases that leave none": Row(
        f"{OF_TREE} --score time --set 'cases=*.in' --set held_out=12".replace("{seed}", "{case}"), "for training and for the verdict: 1 to 11 of 12",
        f"{OF_TREE} --score time --set 'cases=*.in' --set held_out=6".replace("{seed}", "{case}"), TIMES | {f"{n}.in": f"{n}" for n in range(12)},
    ),
}  # fmt: skip

EVALUATORS = {
    "score of an option": Row(on("program.py", "--evaluator e.py --score time"), "score requires --command", on("program.py", f"{C} --score time"), SCORED),
    "language": Row(on("p.txt", "--evaluator e.py"), "--shared scores any text", on("p.txt", "--evaluator e.py --shared"), SCORED | {"p.txt": "5 5"}),
    "build": Row(on("program.py", "--evaluator e.py --set build=true"), "--shared runs the program in its evaluator's process", on("program.py", "--evaluator e.py --set build=true --shared"), SCORED),
    "clock": Row(on("program.py", "--evaluator e.py --metric time:min"), "--shared runs the program in its evaluator's process", on("program.py", "--evaluator e.py --metric time:min --shared"), SCORED),
    "asks for more": Row(on("program.py", "--evaluator e.py"), "give it a default", "", SCORED | {"e.py": EVALUATOR.replace("seed=0", "size")}, SCORED),
    "asks for more, called": Row(on("program.py", "--evaluator e.py"), "or write a function that calls it with one", on("program.py", "--evaluator f.py"), SCORED | {"e.py": EVALUATOR.replace("seed=0", "size")}, {"f.py": "import e\ndef evaluate(path):\n    return e.evaluate(path, 3)\n"}),
    "folders": Row(on("../elsewhere/p.txt", "--evaluator e.py --shared"), "put one beside the other", on("program.py", "--evaluator e.py --shared"), SCORED | {"../elsewhere/p.txt": "5 5"}),
    "no Python": Row(on("program.py", "--evaluator e.py --python nowhere"), "name another interpreter", on("program.py", f"--evaluator e.py --python {sys.executable}"), SCORED),
    "no Python, environment": Row(
        on("program.py", "--evaluator e.py --python e.py"), "or a virtual environment of one, by --python", on("program.py", "--evaluator e.py --python env"), SCORED, made=MAKES.format("env")
    ),
    "link out of a project": Row(
        on("program.py", "--evaluator e.py"), ".venv leads out of its project (if you trust it, name it yourself)", on("program.py", "--evaluator e.py --python .venv"),
        SCORED | {"pyproject.toml": ""}, made=f"{MAKES.format('../env')} && ln -s ../env .venv",
    ),
    "Python of the folder": Row(
        on("program.py", "--evaluator e.py"), "or, if you trust it, name it by --python", on("program.py", "--evaluator e.py --python .venv"),
        SCORED | {"pyproject.toml": ""}, made=f"{MAKES.format('.venv')} --copies",
    ),
    "files": Row(
        "check program.py --evaluator e.py", "name what else it reads by --set context=FILES", "check program.py --evaluator e.py --set context=data.txt",
        SCORED | {"data.txt": "5", "program.py": "import os\nREAD = os.popen('cat data.txt').read() if __name__ else ''\ndef f(n):\n    return float(READ)\n"},
    ),
    "shared": Row("check program.py --evaluator e.py", "--shared runs the program in its evaluator's process", "check program.py --evaluator e.py --shared", SCORED | {"e.py": "def evaluate(path):\n    return {'combined_score': len(open(path).read()) / 100}\n"}),
    "trusted scorer": Row(
        "improve program.py --evaluator e.py --lm-budget 1 --max-responses 1 --utility-budget 2 --set fixed_input=true --model offline", "or give --trust-scorer",
        "improve program.py --evaluator e.py --lm-budget 1 --max-responses 1 --utility-budget 2 --set fixed_input=true --model offline --trust-scorer",
        {"program.py": "def f(n):\n    return [3, 1, 2]\n", "e.py": "import program\ndef evaluate(path):\n    return {'combined_score': 9 - sum(program.f(1))}\n"},
    ),
}  # fmt: skip

SMALL = "--lm-budget 1 --max-responses 1 --utility-budget 2"
FN = f"improve fn.py {SMALL} --model"
NOWHERE = "--base-url http://127.0.0.1:9"
"""A server that nobody can reach: a model that is asked fails with exit code 3."""
MODEL_FILES = {
    "fn.py": WORK,
    "FILE": '"```python\\ndef work(n):\\n    return 2\\n```"\n',
    "m.sh": "#!/bin/sh\ncat {folder}/FILE\n",
}
KEY = {"OPENAI_API_KEY": "k"}

MODELS = {
    "none": Row(f"improve fn.py {SMALL}", "or offline (built in", f"{FN} offline", MODEL_FILES),
    "key": Row(f"{FN} 'openai/m?give_up_after=0'", "set OPENAI_API_KEY", f"{FN} 'openai/m?give_up_after=0&url=http://127.0.0.1:9'", MODEL_FILES, env=KEY, code=3),
    "server": Row(f"{FN} 'openai/m?give_up_after=0'", "or name another server with --base-url URL", f"{FN} 'openai/m?give_up_after=0' {NOWHERE}", MODEL_FILES, code=3),
    "no server": Row(f"{FN} offline {NOWHERE}", "--base-url does not apply to --model offline", f"{FN} offline", MODEL_FILES),
    "which server": Row(
        f"{FN} 'openai/a?give_up_after=0' --model 'vllm/b?give_up_after=0' {NOWHERE}", "Write MODEL?url=URL there",
        f"{FN} 'openai/a?give_up_after=0&url=http://127.0.0.1:9' --model 'vllm/b?give_up_after=0&url=http://127.0.0.1:9'", MODEL_FILES, code=3,
    ),
    "price": Row("improve lpn --dry-run --max-cost 5 --model vllm/m", "write MODEL?price=IN,OUT, in dollars per million tokens (0,0 if it is free)", "improve lpn --dry-run --max-cost 5 --model 'vllm/m?price=0,0'"),
    "price that is a word": Row("improve lpn --dry-run --model 'vllm/m?price=cheap'", "IN,OUT, such as 0.15,0.60", "improve lpn --dry-run --model 'vllm/m?price=0.15,0.60'"),
    "command": Row(f"{FN} command:", '--model "command:llm -m gpt-4o"', f'{FN} "command:llm -m gpt-4o"', MODEL_FILES, made="ln -s $PWD/m.sh ../llm; chmod +x m.sh"),
    "command beside": Row(f"{FN} 'command:cat a.md'", "the program runs in an empty folder; write {folder}/a.md", FN + " 'command:cat {folder}/a.md'", MODEL_FILES | {"a.md": "none\n"}),
    "scripted": Row(f"{FN} scripted", "one JSON string per line: scripted:FILE", f"{FN} scripted:FILE", MODEL_FILES),
    "mixture": Row(f"{FN} mix:a", 'mix:["openai/a?weight=3","openai/b"]', f"""{FN} 'mix:["openai/a?weight=3&give_up_after=0","openai/b?give_up_after=0"]' {NOWHERE}""", MODEL_FILES, code=3),
    "offline and several files": Row(
        f"improve . {C} --files p.py --files q.py --score time {SMALL} --model offline", "name a language model, e.g. --model openai/gpt-4o",
        f"improve . {C} --files p.py --files q.py --score time {SMALL} --model 'openai/gpt-4o?give_up_after=0' {NOWHERE}", TIMES | {"q.py": "# empty\n"}, code=3,
    ),
    "option": Row("improve lpn --dry-run --model 'vllm/m?prise=0,0'", "Did you mean price?", "improve lpn --dry-run --model 'vllm/m?price=0,0'"),
    "spelling": Row("improve lpn --dry-run --model ofline", "Did you mean offline?", on("lpn")),
    "time": Row(on("lpn", "--max-time '3 weeks'"), "or a time such as 90s, 30m or 2h", on("lpn", "--max-time 90s")),
    "protections": Row(on("lpn", "--require courage"), "or none alone", on("lpn", "--require none")),
    "folder that is taken": Row(f"{FN} offline --out .", "name a new folder", f"{FN} offline --out new", MODEL_FILES),
    "file of init": Row("init fn.py --form sample", "strop init makes a folder", "init other --form sample", MODEL_FILES),
}  # fmt: skip


SPEED = f"{OF_TREE} --score 'speed=speed: (.*)'".replace("--dry-run", SMALL)
CHECK = f"check . {C} --files p.py --score time"
COMMANDS = {
    "requirement": Row(f"{SPEED} --score 'loss=loss: (.*)' --metric speed:max --require-metric 'loss<=1'", "or ask for less (--require-metric)", f"{SPEED} --score 'loss=loss: (.*)' --metric speed:max --require-metric 'loss<=2'", TREE),
    "better program": Row(f"{SPEED} --score 'loss=loss: (.*)' --metric speed:max --require-metric 'loss<=1'", "start from a program that meets it", "", TREE, {"p.py": PRINTS.replace("loss: 2", "loss: 1")}),
    "no answer": Row(CHECK, "let the command print its answer", "", {"p.py": ADDS.replace("print(", "str(")}, TIMES),
    "answer in a file": Row(CHECK, "name under results the files that hold it", f"{CHECK} --set results=out.txt", {"p.py": "import sys\nopen('out.txt', 'w').write(str(sum(range(10**5 + int(sys.argv[1]) % 99))))\n"}),
    "other files": Row(CHECK, "write them below $TMPDIR", "", {"p.py": f"{ADDS}open('log', 'w').write('a')\n"}, {"p.py": f"{ADDS}import os\nopen(os.environ['TMPDIR'] + '/log', 'w').write('a')\n"}),
    "another answer": Row(CHECK, "let it print its answer alone on standard output", "", {"p.py": f"{ADDS}import time\nprint(time.time())\n"}, {"p.py": f"{ADDS}import time\nprint(time.time(), file=sys.stderr)\n"}),
}  # fmt: skip


def run(command: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A command in the folder, as people type it."""
    words = [word.replace("{folder}", str(folder)) for word in shlex.split(command)]
    return run_small(*words, cwd=folder, env=environment(folder.parent) | {"STROP_MODEL": ""} | env)


def followed(row: Row, folder: Path) -> None:
    """Provoke the message, follow its advice, and see that it is gone."""
    for files in (row.files, row.changed):
        written(folder, {name: text.replace("{folder}", str(folder)) for name, text in files.items()})
        if files is row.files and row.made and "strop init" not in row.made:
            subprocess.run(["sh", "-c", row.made], cwd=folder, check=True)
        if files is row.files:
            ended = run(row.command, folder, {})
            said = row.said.replace("{folder}", str(folder))
            assert said in ended.stdout + ended.stderr and ended.returncode, ended.stdout + ended.stderr
    if row.made.startswith("strop "):
        assert run(row.made.removeprefix("strop "), folder, {}).returncode == 0
    path = {"PATH": f"{folder.parent}:{environment(folder.parent)['PATH']}"}
    ended = run(row.followed or row.command, folder, path | row.env)
    assert ended.returncode == row.code and said not in ended.stderr, ended.stdout + ended.stderr


@table("row", [*TARGETS.values(), *SCORING.values()], [*TARGETS, *SCORING])
def test_advice_of_a_message_works_when_it_is_followed(row: Row, tmp_path: Path) -> None:
    followed(row, tmp_path)


@pytest.mark.slow
@table("row", MODELS.values(), MODELS)
def test_advice_about_a_model_works_when_it_is_followed(row: Row, tmp_path: Path) -> None:
    followed(row, tmp_path)


@pytest.mark.slow
@table("row", COMMANDS.values(), COMMANDS)
def test_advice_about_a_command_works_when_it_is_followed(row: Row, tmp_path: Path) -> None:
    followed(row, tmp_path)


@pytest.mark.slow
@table("row", EVALUATORS.values(), EVALUATORS)
def test_advice_about_an_evaluator_works_when_it_is_followed(row: Row, tmp_path: Path) -> None:
    followed(row, tmp_path)


PACKAGE = "import onlyhere\n"


def environment_in(folder: Path, name: str) -> Path:
    """A virtual environment that has one module, `onlyhere`."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", name], cwd=folder, check=True)
    (place,) = (folder / name).glob("lib/python3*/site-packages")
    (place / "onlyhere.py").write_text("n = 5\n")
    return folder / name


PACKAGES = {
    "evaluator": ("check program.py --evaluator e.py", "--python FOLDER", "env", "--python env", {}),
    "evaluator of a text": ("check program.py --evaluator g.py", "--python FOLDER", "env", "--python env", {}),
    "evaluator, beside": ("check program.py --evaluator e.py", "(.venv beside pyproject.toml,", ".venv", "", {}),
    "evaluator, active": ("check program.py --evaluator e.py", "or an active one, needs no name", "env", "", {"VIRTUAL_ENV": "env"}),
    "command": (f"check . {C} --files p.py --score time", "--python FOLDER", "env", "--python env", {}),
    "command, beside": (f"check . {C} --files p.py --score time", "(.venv beside pyproject.toml,", ".venv", "", {}),
    "command, active": (
        f"check . {C} --files p.py --score time", "or an active one, needs no name", "env", "", {"VIRTUAL_ENV": "env"}
    ),
}  # fmt: skip


@pytest.mark.slow
@table("row", PACKAGES.values(), PACKAGES)
def test_advice_about_a_missing_package_works_when_it_is_followed(row: tuple[Any, ...], tmp_path: Path) -> None:
    command, said, name, more, env = row
    takes_text = f"{PACKAGE}def evaluate(candidate):\n    return len(candidate)\n"
    files = {"e.py": PACKAGE + EVALUATOR, "g.py": takes_text, "p.py": PACKAGE + ADDS, "pyproject.toml": ""}
    written(tmp_path, SCORED | files)
    ended = run(command, tmp_path, {})
    missing = "No module named 'onlyhere'"
    assert missing in ended.stdout and said in ended.stdout and ended.returncode == 5, ended.stdout + ended.stderr
    ended = run(f"{command} {more}", tmp_path, dict.fromkeys(env, str(environment_in(tmp_path, name))))
    assert ended.returncode == 0 and missing not in ended.stdout, ended.stdout + ended.stderr


SLOWER = {
    "draw longer inputs": ("int(rng.integers(3))", "int(rng.integers(10**4, 10**5))"),
    "or more different ones": ("int(rng.integers(9))", "int(rng.integers(9999))"),
}
PLAIN = (
    "import strop\n@strop.improve_me(score='time', sample=lambda rng: {'n': SAMPLE}, instances=2, test_instances=6)\n"
    "def total(n):\n    return sum(k * k for k in range(n))\n"
)


@pytest.mark.slow
@table(("said", "samples"), SLOWER.items(), SLOWER)
def test_advice_about_a_fast_function_works_when_it_is_followed(
    said: str, samples: tuple[str, str], tmp_path: Path
) -> None:
    for sample, code in zip(samples, (5, 0), strict=True):
        (tmp_path / "fn.py").write_text(PLAIN.replace("SAMPLE", sample))
        ended = run("check fn.py", tmp_path, {})
        assert ended.returncode == code and (said in ended.stdout) == (code == 5), ended.stdout + ended.stderr
