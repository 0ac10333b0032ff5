"""Statistics, the audit and how improvers search: functions of text, numbers and events."""
