"""The result of each command, as one frozen dataclass: Python returns it, `--json` prints it, terminal and page draw it.

improved  trained  measured  audited    what `improve`, `run`, `eval` and `audit` found
enforced  program_difference            what `doctor` and `show --diff` found
parts                                   what several of them have

`strop score` has its result in `strop.runs.score`, `strop check` in `strop.checks.checked`.
"""
