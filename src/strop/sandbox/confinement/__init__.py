"""What the kernel can take away from a process, one mechanism a file. Standard library only; no file knows another's policy."""
