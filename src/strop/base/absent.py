"""What stands in place of a file's text where a program has no such file."""

ABSENT = "\0"
"""In place of a file's text: there is no such file. No text has a NUL."""
