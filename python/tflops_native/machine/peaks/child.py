"""Measures peaks in a child process: an instruction that a machine only claims to have would end it."""

import json
import os
import subprocess
import sys

from tflops_native.errors import InvokeError
from tflops_native.isolation.child_process import describe_ending
from tflops_native.machine.affinity import usable_cpus
from tflops_native.machine.caches import Cache, data_caches
from tflops_native.machine.peaks.peaks import ThreadPeaks
from tflops_native.machine.peaks.trials import measure_thread_peaks


def measure_thread_peaks_isolated(threads: int, caches: tuple[Cache, ...]) -> ThreadPeaks:
    """As `measure_thread_peaks`, in a child process, which finds the caches by itself.

    Raises:
        InvokeError: the child ended without a result.
    """
    child = subprocess.run(
        # -P: modules are not looked for in the working directory.
        [sys.executable, "-P", "-m", "tflops_native.machine.peaks.child", str(threads)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        # Ctrl-C reaches this process only, which then ends the child: one of them must speak.
        start_new_session=True,
    )
    try:
        return ThreadPeaks.from_dict(json.loads(child.stdout))
    except (ValueError, KeyError, TypeError) as error:
        said = child.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise InvokeError(
            "the peaks of this machine cannot be measured: the measuring process "
            f"{describe_ending(child.returncode)}{said and f'; it last said: {said}'}"
        ) from error


def main() -> None:
    """Serve one request: the number of threads is the argument, the answer goes to standard output."""
    peaks = measure_thread_peaks(int(sys.argv[1]), data_caches(usable_cpus()))
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as pipe:
        json.dump(peaks.to_dict(), pipe)


if __name__ == "__main__":
    main()
