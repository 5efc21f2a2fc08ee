"""The command line: the only place that prints or exits."""

from tflops_native.cli.main import main

__all__ = ["main"]
