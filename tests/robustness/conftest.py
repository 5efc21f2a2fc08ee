"""The fixtures of `command_line`."""

from command_line import plain_environment, process, refuses, start, tflops

__all__ = ["plain_environment", "process", "refuses", "start", "tflops"]
