"""Statistics, rules of run time and how improvers search: functions of text, numbers and events."""
