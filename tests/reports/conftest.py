"""The made-up reports as fixtures."""

from made_reports import case, made  # noqa: F401
