"""What a run did, for people and for programs: a live view, tables, JSON documents."""
