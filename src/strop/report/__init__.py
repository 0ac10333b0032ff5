"""What people and programs are shown of a run: terminal, JSON, pages, figures, exports, trackers."""
