"""The meta task: improve an improver."""
