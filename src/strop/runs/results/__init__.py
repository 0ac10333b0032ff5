"""The result of each command, as one frozen dataclass: Python returns it, `--json` prints it, terminal and page draw it.

scored  improved  trained  measured  noise  audited    what `score`, `improve`, `run`, `eval`, `eval --noise` and `audit` found
parts  answers                                         what several of them have

`strop check` has its result in `strop.checks.findings`.
"""
