"""The result of each command, as one frozen dataclass: Python returns it, `--json` prints it, terminal and page draw it.

improved  trained  measured    what `improve`, `run` and `eval` found
enforced                                what `doctor` found
parts                                   what several of them have

`strop score` has its result in `strop.runs.score`, `strop check` in `strop.checks.checked`.
"""
