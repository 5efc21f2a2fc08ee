"""The made-up reports as fixtures."""

from made_reports import case, golden, made  # noqa: F401
