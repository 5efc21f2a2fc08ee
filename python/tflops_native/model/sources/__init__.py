"""Where a model may come from: one file for each kind of input, recognized by content."""
