"""The result of each command, as one frozen dataclass: Python returns it, `--json` prints it, terminal and page draw it.

scored  improved  trained  measured      what `strop score`, `improve`, `run` and `eval` found
parts  answers  notes                   what several of them have
"""
