"""What a report suggests: one kind of finding per file."""
