"""How every fuzzer here runs: for a time or a number of inputs, each kind of failure kept once."""

import argparse
import faulthandler
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

REPORTED_EVERY = 10_000
# A call into C that does not come back is out of reach of signals: the process ends, with a traceback.
HANG_SECONDS = 300


def campaign(make, check, *, suffix, seed, seconds=None, inputs=None, keep_going=False):
    """Make inputs and check them; returns the exit code.

    Args:
        make: the next input, bytes.
        check: returns how an input ended, in a word; whatever it raises is a failure.
        suffix: of the files that failures are written to.
        seconds, inputs: when to stop; the first that is reached.
        keep_going: whether to look for failures of other kinds after the first.
    """
    ends, slowest, kinds = Counter(), (0.0, 0), {}
    begin = time.monotonic()
    until = None if seconds is None else begin + seconds
    number = 0
    # What is being checked, for the case that the process does not survive it.
    current = Path(f"fuzz-current-{seed}.{suffix}")
    while (until is None or time.monotonic() < until) and (inputs is None or number < inputs):
        data = make()
        start = time.process_time()
        current.write_bytes(data)
        faulthandler.dump_traceback_later(HANG_SECONDS, exit=True, file=sys.__stderr__)
        try:
            ends[check(data)] += 1
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            kind = _kind(error)
            ends["FAILED"] += 1
            if kind not in kinds:
                path = Path(f"fuzz-failure-{seed}-{number}.{suffix}")
                path.write_bytes(data)
                kinds[kind] = path
                print(
                    f"input {number} of seed {seed}: {type(error).__name__}: {str(error)[:500]}; "
                    f"see {path}",
                    flush=True,
                )
            if not keep_going:
                break
        faulthandler.cancel_dump_traceback_later()
        slowest = max(slowest, (time.process_time() - start, number))
        number += 1
        if number % REPORTED_EVERY == 0:
            print(_summary(ends, slowest, begin), flush=True)
    faulthandler.cancel_dump_traceback_later()
    current.unlink(missing_ok=True)
    print(f"seed {seed}: {_summary(ends, slowest, begin)}")
    return 1 if kinds else 0


def _kind(error):
    """The same fault seldom has the same message, but the same place."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "tflops_native" in frame.filename] or frames
    return type(error).__name__, own[-1].filename, own[-1].lineno


def _summary(ends, slowest, begin):
    shown = ", ".join(f"{count:,} {end}" for end, count in ends.most_common())
    seconds = time.monotonic() - begin
    return (
        f"{ends.total():,} inputs in {seconds:,.0f} s: {shown}; "
        f"slowest {1000 * slowest[0]:.0f} ms (input {slowest[1]})"
    )


def parser(description):
    """The options that all fuzzers have."""
    made = argparse.ArgumentParser(description=description.partition("\n")[0])
    made.add_argument("--seconds", type=float, help="60 if --inputs is not given")
    made.add_argument("--inputs", type=int)
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--keep-going", action="store_true")
    made.add_argument("--replay", type=Path, metavar="FILE")
    return made


def run(options, make, check, suffix):
    """Do what the options say, and exit."""
    if options.replay is not None:
        print(check(options.replay.read_bytes()))
        return
    seconds = options.seconds
    if seconds is None and options.inputs is None:
        seconds = 60.0
    sys.exit(
        campaign(
            make,
            check,
            suffix=suffix,
            seed=options.seed,
            seconds=seconds,
            inputs=options.inputs,
            keep_going=options.keep_going,
        )
    )
