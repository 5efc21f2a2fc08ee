"""Static analysis: shapes, counts and bytes of a model, without running it."""
