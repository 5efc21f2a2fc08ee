"""Measurements cut short, in this process and in its children, for tests that look at what is measured.

Tests of how long and how well it is measured are in `timing/`, and do without.
"""

import pickle
import sys
from pathlib import Path

# Module below `tflops_native`: what is set in it.
LENGTHS = {
    "timing.clock": {"_TRIAL_SECONDS": 0.002},
    "timing.rounds": {"SLICE_SECONDS": 0.002},
    "timing.warm_up": {"SECONDS": 0.0, "SECONDS_LIMIT": 0.02, "_LOOK_SECONDS": 0.01},
    "timing.stop_rule": {"MIN_SECONDS": 0.02, "DEFAULT_MAX_SECONDS": 0.1},
    "profile.profiling": {"SECONDS_LIMIT": 1e-9, "ROUNDS_IN_ANY_CASE": 2},
    "profile.refine": {"SECONDS_LIMIT": 0.1},
    "machine.peaks.trials": {"TRIALS_LIMIT": 2, "dram_buffer_bytes": lambda *_: 1 << 23},
}
_RUN = f"import sys; sys.path.append({str(Path(__file__).parent)!r}); import short_protocol"
# Arguments of Python, as `tflops_native.isolation.child_process.PROGRAM`.
CHILD = ("-P", "-c", f"{_RUN}; short_protocol.child()")
# The command line, whose children measure so.
TFLOPS = [sys.executable, "-c", f"{_RUN}; short_protocol.tflops()"]
# Commands that measure; the others start as fast as they do.
_MEASURING = {"baseline", "batch", "check", "compare", "peaks", "report", "sweep", "time", "verify"}


def cut_short(patch):
    """Sets the constants with `patch(module, name, value)`."""
    from importlib import import_module

    for module, constants in LENGTHS.items():
        for name, value in constants.items():
            patch(import_module(f"tflops_native.{module}"), name, value)


def child():
    """The child process of a measurement."""
    from tflops_native.isolation.child import main

    cut_short(setattr)
    main()


def tflops():
    """`tflops`, in a process of its own."""
    from tflops_native.cli import main

    if _MEASURING & set(sys.argv):
        from tflops_native.isolation import child_process

        child_process.PROGRAM = CHILD
    main()


def run_here(function, arguments, progress, limits, keep=None):
    """As `run_child`, in this process; what would pass through its pipe is pickled all the same."""
    from tflops_native.errors import TflopsError

    assert limits.timeout_seconds is limits.memory_bytes is None
    function, arguments = pickle.loads(pickle.dumps((function, arguments)))
    try:
        return pickle.loads(pickle.dumps(function(*arguments, Reporter(progress, keep))))
    except TflopsError as error:
        raise pickle.loads(pickle.dumps(error)) from None


class Reporter:
    """As the one of `tflops_native.isolation.child`."""

    def __init__(self, progress, keep):
        self._progress, self._keep = progress, keep

    def __call__(self, what, done):
        self._progress(what, done)

    def keep(self, outcome):
        self._keep(pickle.loads(pickle.dumps(outcome)))
