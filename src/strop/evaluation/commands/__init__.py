"""Utilities beside the score of a task: the speed of a program, and what a command measures."""
