"""The fixtures of `command_line`."""

from command_line import custom_model, plain_environment, process, refuses, start, tflops

__all__ = ["custom_model", "plain_environment", "process", "refuses", "start", "tflops"]
