"""What earlier versions had, and what stands in its place: keys of strop.toml, flags of commands, and words that flags took."""

from __future__ import annotations

KEYS = {
    "allow_nan": "a program may return NaN and infinite numbers where its original does",
    "case_limit": "time_limit is that of every case; split a case that takes longer",
    "case_weight": "every case counts once; a judge can weigh what it prints by {case}",
    "compare_output": "output is compared where only the kernel counts; a judge may accept answers instead",
    "interleaved": "what costs time is measured in turns with the original",
    "judge_limit": "a judge has time_limit, and at least 10 seconds",
    "new_files": "create the file empty and name it in `files`",
    "pareto": "give weights, as in --metric NAME:max:2; strop export has the metrics of all candidates",
    "prebuilt": "name the compiled file in `context`",
    "repeat": "use `instances`",
    "seeded": "name {seed}, {input} or {case} in the command, and each run has an input of its own",
    "writable": "a program may write what it likes in its copy; a judge's tree is never the program's",
}
"""Key of strop.toml, of --set and of Python's keywords → its successor."""

FLAGS = {
    "check --repeat": "the original runs as often as it takes to see whether it repeats itself",
    "check --verbose": "strop check prints all that it found; --json has the fields",
    "eval --curve": "strop eval with a smaller --lm-budget shows what quality costs",
    "export --follow": "strop export RUN writes what is recorded so far; --display log prints each step of a run",
    "improve --force": "--apply replaces files that are as they were when the run began; strop apply RUN --force replaces others",
    "view --idle": "strop view RUN writes report.html and opens it; there is no server",
    "view --open": "strop view RUN opens the page; --html FILE writes it only",
    "view --port": "strop view RUN writes report.html and opens it; there is no server",
}
"""Command and flag → its successor."""

FORMATS = {
    "jsonl": "JSON lines are the format: strop export RUN",
    "csv": "use SQL on run.sqlite, or pandas on the JSON lines (docs/results.md)",
    "figures": "strop view RUN has them; strop reproduce writes SVG",
}
"""Format of `strop export --to` → its successor."""

MODELS = {"any-llm": "use openai/MODEL?url=BASE_URL with the vendor's key in OPENAI_API_KEY"}
"""Kind of language model → its successor."""
