"""The result of each command, as one frozen dataclass: Python returns it, `--json` prints it, terminal and page draw it.

scored  checked  improved  trained  measured      what `strop score`, `check`, `improve`, `run` and `eval` found
parts                                             what several of them have
"""
