"""Run the commands of a user's own project on a candidate, in a jail with a writable copy of the tree."""
