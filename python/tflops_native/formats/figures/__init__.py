"""Figures of a report: SVG of our own, one figure per file."""
