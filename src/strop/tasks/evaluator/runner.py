"""Run an evaluator file on a program, in the workspace. A stand-alone script that imports nothing from strop.

    python evaluator_runner.py path|text|results EVALUATOR PROGRAM [named]

`named`: the metrics that count have names, so that there need not be a score.

The forms are those of other optimizers: `path` is `evaluate(program_path)` (OpenEvolve), `text` is `evaluate(candidate)` with the
program's text (GEPA), `results` is `main(program_path, results_dir)`, which leaves metrics.json and correct.json (ShinkaEvolve).

At the end, standard output gets one line, a JSON object with `score`, `score_is` (its name) and `metrics`. Everything else goes
to standard error, where artifacts and side information are lines in the form of `strop.note`. A failure ends with the exception
there and exit status 1.

The script runs under the Python that the evaluator needs, 3.9 or newer, so it must not use newer syntax.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import inspect
import json
import os
import random
import re
import runpy
import sys
import tempfile
import traceback
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

MOST_NOTES = 20
MOST_CHARACTERS = 500
"""Most characters of a note; a longer one is cut. With MARK and `shortened` the same as in strop.base.scorer_notes."""
MARK = " [...] "
COMBINED = "combined_score"
PR_SET_DUMPABLE = 4
MOST_FRAMES = 3
"""Steps of a traceback that are printed."""
FRAME = re.compile(r'  File "([^"\n]+)", line (\d+), in (\S+)\n +(.*)')
RELATIVE = re.compile(r"^\s*from\s*\.", re.MULTILINE)
TREE = "evaluation_tree"
"""The package that the folder of everything is for an evaluator that imports relatively."""
NO_ERRORS = ("", "none", "null", "no", "no error", "no errors", "ok", "success", "0", "false", "n/a", "-")
"""What evaluators write as an error where there is none."""
STUB = "_strop.Stub("
"""Text in the lines of a stub, which stands for a program that runs in a process of its own."""
PREFIX = "strop-note: "
"""The beginning of a note's line, the same as in strop.base.scorer_notes."""

Values = dict[str, Any]
"""Numbers, truth values, and others as texts or None."""
Texts = list[str]


def load(path: str) -> ModuleType:
    """Import the evaluator as OpenEvolve does: from its own folder, under its own name; in a package if it imports relatively.
    The packages of its project are imported from the folder of everything."""
    sys.path[:0] = [str(Path(path).parent), str(Path.cwd())]
    if RELATIVE.search(read(path)):
        root = Path.cwd()
        package = sys.modules[TREE] = ModuleType(TREE)
        package.__path__, initial = [str(root)], root / "__init__.py"
        if initial.is_file():
            exec(compile(read(initial), str(initial), "exec", dont_inherit=True), package.__dict__)
        return importlib.import_module(".".join((TREE, *Path(path).relative_to(root).with_suffix("").parts)))
    spec = importlib.util.spec_from_file_location("evaluation_module", path)
    if spec is None or spec.loader is None:
        raise ImportError("the evaluator is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["evaluation_module"] = module
    spec.loader.exec_module(module)
    return module


def seed_generators(seed: int, sources: Texts) -> None:
    """Seed the global generators, so that different seeds give different measurements and equal seeds equal ones."""
    random.seed(seed)
    if any("numpy" in source for source in sources):
        try:
            import numpy
        except ImportError:
            return
        numpy.random.seed(seed % 2**32)


def called(function: Any, arguments: tuple[Any, ...], seed: int) -> Any:
    """Call and await the function. Its parameter `seed` gets the seed, `seeds` a list of it, and `opt_state` an empty state of
    GEPA."""
    names = inspect.signature(function).parameters
    more: dict[str, Any] = {}
    if "seed" in names:
        more["seed"] = seed
    if "seeds" in names:
        more["seeds"] = [seed]
    if "opt_state" in names:
        more["opt_state"] = SimpleNamespace(best_example_evals=[])
    return awaited(function(*arguments, **more))


def awaited(value: Any) -> Any:
    """The result of a call; that of an `async` function is awaited."""
    if not inspect.iscoroutine(value):
        return value
    import asyncio  # slow

    return asyncio.run(value)


def by_text(path: str, program: str, text: str, seed: int) -> tuple[Values, Texts]:
    """GEPA: the evaluator takes the text and returns a score, or a score and side information."""
    module = load(path)
    library: Any = sys.modules.get("gepa.optimize_anything")
    log = library.LogContext() if hasattr(library, "LogContext") else None
    if log is not None:
        library._set_log_context(log)  # so that oa.log() says something
    values, notes = read_result(called(getattr(module, "evaluate", None) or module.evaluator, (text,), seed))
    logged = log.drain() if log is not None else ""
    return values, notes + ([note("log", logged)] if logged else [])


def by_path(path: str, program: str, text: str, seed: int) -> tuple[Values, Texts]:
    """OpenEvolve: the evaluator takes the program's path and returns metrics."""
    module = load(path)
    return read_result(called(module.evaluate, (program,), seed))


def by_results(path: str, program: str, text: str, seed: int) -> tuple[Values, Texts]:
    """ShinkaEvolve: the evaluator writes its results to a folder."""
    with tempfile.TemporaryDirectory(prefix="results") as folder:
        function = getattr(load(path), "main", None)
        if function is not None and {"program_path", "results_dir"} <= set(inspect.signature(function).parameters):
            awaited(function(program_path=program, results_dir=folder))
        else:
            sys.argv = [path, "--program_path", program, "--results_dir", folder]
            runpy.run_path(path, run_name="__main__")
        metrics = json.loads(read(Path(folder, "metrics.json")))
        verdict = json.loads(read(Path(folder, "correct.json")))
    metrics.pop("private", None)  # ShinkaEvolve shows it to no model
    public = metrics.pop("public", {})
    values, notes = read_metrics({**(public if isinstance(public, dict) else {}), **metrics})
    values["correct"] = verdict.get("correct") is True
    if verdict.get("error"):
        notes.insert(0, note("error", verdict["error"]))
    return values, notes


def read_result(result: Any) -> tuple[Values, Texts]:
    """Metrics and notes from an evaluator's result, in any form that the optimizers accept."""
    if isinstance(result, tuple) and len(result) == 2:
        score, artifacts = result
        artifacts = dict(artifacts or {})
        values, notes = read_metrics(artifacts.pop("scores", {}))
        if as_number(score) is None:
            raise TypeError(f"the evaluator's score is not a number: {score!r:.200}")
        check_succeeded(artifacts)
        values.pop(COMBINED, None)
        return {**values, "score": as_number(score)}, notes + [note(name, value) for name, value in artifacts.items()]
    if isinstance(result, dict):
        return read_metrics(result)
    if isinstance(getattr(result, "metrics", None), dict):
        values, notes = read_metrics(result.metrics)
        artifacts = getattr(result, "artifacts", None) or {}
        check_succeeded({name: value for name, value in artifacts.items() if isinstance(value, str)})
        return values, notes + [note(name, value) for name, value in artifacts.items()]
    if as_number(result) is None or is_flag(result):
        raise TypeError(f"the evaluator returned neither metrics nor a number: {result!r:.200}")
    return {"score": as_number(result)}, []


def read_metrics(metrics: dict[str, Any]) -> tuple[Values, Texts]:
    """Numbers and truth values become metrics, everything else notes."""
    check_succeeded(metrics)
    values: Values = {}
    notes: Texts = []
    for key, value in metrics.items():
        name, number = str(key), as_number(value)
        if number is None:
            notes.append(note(name, value))
            values[name] = None if value is None else words_of(value)[:50]
        else:
            values[name] = bool(value) if is_flag(value) else number
    return values, notes


def check_succeeded(metrics: dict[str, Any]) -> None:
    """Raise ValueError if an evaluator says beside its numbers that the program failed: they are not scores then."""
    for key, value in metrics.items():
        name = str(key).lower()
        is_said = name in ("error", "errors", "exception") and isinstance(value, str) and not says_no_error(value)
        is_invalid = name in ("valid", "is_valid", "validity", "feasible", "is_feasible") and as_number(value) == 0
        is_false = name in ("correct", "success", "ok") and is_flag(value) and not value
        is_true = name in ("timeout", "timed_out", "failed", "invalid") and is_flag(value) and bool(value)
        failures = ("failed", "failure", "error", "invalid", "timeout", "crashed")
        is_status = name == "status" and isinstance(value, str) and value.strip().lower() in failures
        if is_said or is_invalid or is_false or is_true or is_status:
            raise ValueError(f"the evaluator says that the program failed: {key} is {value!r:.300}")


def says_no_error(text: str) -> bool:
    """Whether a text that is given as an error says that there is none."""
    return text.strip().lower().rstrip(".") in NO_ERRORS


def is_flag(value: Any) -> bool:
    """Whether it is a truth value, Python's or numpy's."""
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def as_number(value: Any) -> Any:
    """A float, or None. numpy's numbers count, texts do not."""
    if isinstance(value, (str, bytes, list, tuple, dict, type(None))):
        return None
    try:
        return float(value)
    except Exception:  # noqa: BLE001 - a type of the evaluator's or the program's own
        return None


def note(name: str, value: Any) -> str:
    """One text for an artifact; empty if there is nothing to report."""
    text = words_of(value).strip()
    return f"{name}: {shortened(text, MOST_CHARACTERS)}" if text not in ("", "{}", "[]") else ""


def words_of(value: Any) -> str:
    """Any value as a text; a value that cannot be written becomes its type."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    try:
        is_plain = isinstance(value, (dict, list, tuple, bool, type(None)))
        return json.dumps(value, default=words_of) if is_plain else str(value)
    except Exception:  # noqa: BLE001 - as above
        return f"a value of type {type(value).__name__}"


def shortened(text: str, most: int) -> str:
    """A text in at most `most` characters: its beginning, a mark, and three times as much of its end, where a traceback names its
    cause. A last line that is longer than that is shortened in the same way."""
    if len(text) <= most:
        return text
    room = most - most // 4 - len(MARK)
    last = text[text.rfind("\n") + 1 :]
    end = shortened(last, room) if room < len(last) < len(text) else text[-room:]
    return f"{text[: most // 4]}{MARK}{end}"


def score_of(values: Values) -> Values:
    """The score, which is `combined_score` or else `score`, and the name that it has. A truth value is no score."""
    name = COMBINED if COMBINED in values else "score"
    if name not in values:
        names = ", ".join(values) or "nothing"
        named = next((metric for metric in values if as_number(values[metric]) is not None), "NAME")
        raise ValueError(
            f"the evaluator gives {names}, but neither combined_score nor score: say what counts, and whether more is better: "
            f"metric {named}:max or {named}:min"
        )
    return {"score": str(values[name]) if is_flag(values[name]) else values[name], "score_is": name}


def read(path: str | Path) -> str:
    """A text file."""
    with open(path, encoding="utf-8-sig", errors="replace") as file:  # noqa: PTH123 - pathlib takes longer than the file
        return file.read()


def evaluated(form: str, evaluator: str, program: str, named: str = "") -> Values:
    """The result of a whole evaluation, as `main` prints it. Notes go to standard error."""
    run = {"path": by_path, "text": by_text, "results": by_results}[form]
    seed = int(os.environ.get("STROP_SEED", "0"))
    text = read(program)
    seed_generators(seed, [text, read(evaluator)])
    values, notes = run(evaluator, program, text, seed)
    chosen = {} if named else score_of(values)
    for message in [message for message in notes if message][:MOST_NOTES]:
        line = "\\n".join(message.splitlines())
        sys.stderr.write(f"\n{PREFIX}{line}\n")
    return {**chosen, "metrics": values}


def tell_of(error: BaseException) -> None:
    """Print an exception: the last steps of the traceback in the evaluator's and the program's own code, and its message. The
    message is one line, because a line of its own may look like a note."""
    root = str(Path.cwd())
    sys.stdout.flush()  # so that it comes last
    frames = [frame for frame in frames_of(error) if frame[0].startswith(root) and STUB not in frame[3]]
    for path, line, function, source in list(dict.fromkeys(frames))[-MOST_FRAMES:]:
        sys.stderr.write(f"{os.path.relpath(path, root)}, line {line}, in {function}: {source}\n")
    lines = traceback.format_exception_only(type(error), error)
    if isinstance(error, SyntaxError):  # one line, in place of the source with a mark below it
        lines = [f"{type(error).__name__}: {error}"]
    message = "\\n".join("".join(lines).splitlines())
    sys.stderr.write(message.replace(root + os.sep, "").replace("strop_stub.", "") + "\n")


def frames_of(error: BaseException) -> list[tuple[str, str, str, str]]:
    """Path, line, function and source of each step of a traceback. The steps of another process stand in the text of the
    cause."""
    steps = [
        (frame.filename, str(frame.lineno), frame.name, frame.line or "")
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return steps + (FRAME.findall(str(error.__cause__)) if error.__cause__ is not None else [])


def main(form: str, evaluator: str, program: str, named: str = "") -> None:
    """Evaluate; only the result goes to standard output. The program shares this process, so that it could print one, too."""
    del sys.path[0]  # this script's own folder
    sys.dont_write_bytecode = True
    with contextlib.suppress(OSError, AttributeError):  # not Linux
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # what the evaluator starts cannot read its memory
    evaluator, program = str(Path(evaluator).absolute()), str(Path(program).absolute())
    with os.fdopen(os.dup(1), "w") as output:
        os.dup2(2, 1)
        sys.argv = [evaluator]
        status = 1
        try:
            output.write(f"{json.dumps(evaluated(form, evaluator, program, named))}\n")
            status = 0
        except BaseException as error:  # noqa: BLE001 - sys.exit() in a program is a failure too
            tell_of(error)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)  # no code of the program runs after the result


if __name__ == "__main__":
    main(*sys.argv[1:])
