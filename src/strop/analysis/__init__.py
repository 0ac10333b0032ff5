"""Statistics, the audit and the names of strategies: functions of text and numbers."""
