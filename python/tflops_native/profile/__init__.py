"""Time per operator: the events of profiled runs, joined to the operators of the model."""
