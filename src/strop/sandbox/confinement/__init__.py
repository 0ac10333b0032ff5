"""The kernel's means of confining a process, one mechanism per file. Standard library only; no file knows another's policy."""
