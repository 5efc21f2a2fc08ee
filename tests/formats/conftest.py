"""The made-up reports as fixtures."""

from command_line import tflops  # noqa: F401
from made_reports import case, golden, made  # noqa: F401
