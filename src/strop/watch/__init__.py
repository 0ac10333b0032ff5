"""Watch the user's own command as it runs: which functions take its time, and with which arguments they are called."""
