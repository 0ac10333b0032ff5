"""strop check, and the test before a run: what do spoiled answers of a task's original score?

`check.check` and `before_run.refuse_rewarding` are the ways in. Not here: how a check looks (report.terminal.check), attacks on
the jail (strop_selftest).
"""
