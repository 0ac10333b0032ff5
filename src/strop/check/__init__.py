"""strop check: attack the user's own task before any money is spent on it.

`examine` is the way in. Not here: how it looks (report.checkup), and attacks on the jail (testing.hostile): a hack of the
museum keeps every rule of the jail and tries its luck with the scorer.
"""
