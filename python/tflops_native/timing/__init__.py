"""Measuring: the protocol of sampling and its statistics."""
