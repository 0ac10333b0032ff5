"""Run one untrusted program."""
