"""Times that were measured elsewhere, by other tools or by our timer, joined to a model."""
