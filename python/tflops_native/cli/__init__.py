"""The command line: the only place that prints or exits."""

import os
import sys


def main() -> None:
    """Entry point of `tflops`. Imports the rest itself, for Ctrl-C may come as early as that."""
    try:
        from tflops_native.cli.commands import run

        run()
    except KeyboardInterrupt:
        # Without the streams of Python, which may be locked by what was interrupted.
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"interrupted\n")
        os._exit(130)
