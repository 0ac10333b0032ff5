"""strop check: attack the user's own task before any money is spent on it.

`pipeline` is the way in. Not here: how it looks (report.terminal.checkup), and attacks on the jail (strop_selftest): an attack of
this package keeps every rule of the jail and tries its luck with the scorer.
"""
