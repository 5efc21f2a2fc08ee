"""What happens inside the measuring loop: system calls and allocations of N and of 10 N samples.

If the two numbers are the same, a sample costs neither: what is left is what the call itself needs,
such as the memory for the samples. The model is one FULLY_CONNECTED of 4x4.

System calls are counted by `strace`, allocations by `count_allocations.c`, which is compiled here and
loaded with LD_PRELOAD. Each part is left out, and said to be, where its tool is missing. Linux only.
"""

import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from fully_connected import WIDTH, fully_connected_model
from tflops_native import _native

HERE = Path(__file__).parent
SAMPLES = (20_000, 200_000)
# Every array of samples gets memory of its own from the system: glibc else learns to keep some.
ENVIRONMENT = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
INVOKES_PER_SAMPLE = 300
# Opened before and after the loop, so that a trace shows where it is.
BEGIN, END = "/tflops-loop-begin", "/tflops-loop-end"


def run_loop(model: Path, samples: int) -> None:
    """Take samples between two marks in the trace; print the allocations, if they are counted."""
    import numpy as np

    interpreter = _native.Interpreter(_native.Library.linked(), model, kernels="builtin")
    interpreter.allocate()
    interpreter.set_input(0, np.zeros((1, WIDTH), np.float32))
    # What the first call pays for once is no part of the loop.
    interpreter.time_invokes(samples, 60.0, INVOKES_PER_SAMPLE)
    count = getattr(ctypes.CDLL(None), "tflops_allocations", lambda: 0)
    count()
    before = count()
    Path(BEGIN).exists()
    taken = interpreter.time_invokes(samples, 600.0, INVOKES_PER_SAMPLE)
    Path(END).exists()
    after = count()
    if len(taken) != samples:
        sys.exit(f"{samples} samples were asked for, {len(taken)} taken")
    print(after - before)


def system_calls(model: Path, samples: int, folder: Path) -> Counter[str]:
    """The system calls of all threads between the marks, by name."""
    trace = folder / "trace"
    command = ["strace", "-f", "-o", str(trace), *child_command(model, samples)]
    subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    calls: Counter[str] = Counter()
    is_inside = False
    for line in trace.read_text(errors="replace").splitlines():
        if BEGIN in line:
            is_inside = True
        elif END in line:
            return calls
        elif is_inside and (found := re.match(r"\d+ +(?:<\.\.\. )?(\w+)", line)):
            calls[found[1]] += 1
    sys.exit("the trace shows no loop")


def allocations(model: Path, samples: int, counter: Path) -> int:
    """The allocations of all threads between the marks."""
    environment = {**ENVIRONMENT, "LD_PRELOAD": str(counter)}
    command = child_command(model, samples)
    output = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment
    ).stdout
    return int(output)


def child_command(model: Path, samples: int) -> list[str]:
    return [sys.executable, __file__, str(model), str(samples)]


def print_comparison(what: str, counts: list[int]) -> None:
    few, many = SAMPLES
    print(f"{what} in the loop: {counts[0]} for {few:,} samples, {counts[1]} for {many:,}")
    verdict = "met" if counts[0] == counts[1] else "MISSED"
    print(f"goal {verdict}: no {what} per sample, measured {counts[1] - counts[0]} more")


def trace_system_calls(model: Path, folder: Path) -> None:
    if shutil.which("strace") is None:
        print("there is no `strace` (Debian and Ubuntu: apt install strace): no system calls")
        return
    calls = [system_calls(model, samples, folder) for samples in SAMPLES]
    for samples, found in zip(SAMPLES, calls, strict=True):
        names = ", ".join(f"{name} {count}" for name, count in sorted(found.items())) or "none"
        print(f"{samples:,} samples: {names}")
    print_comparison("system calls", [found.total() for found in calls])


def trace_allocations(model: Path, folder: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        print("there is no C compiler `cc`: no allocations")
        return
    counter = folder / "count_allocations.so"
    source = HERE / "count_allocations.c"
    command: list[str | Path] = [compiler, "-O2", "-shared", "-fPIC", source, "-o", counter]
    subprocess.run(command, check=True)
    counts = [allocations(model, samples, counter) for samples in SAMPLES]
    print_comparison("allocations", counts)


def main() -> None:
    if sys.platform != "linux":
        sys.exit("this needs Linux: strace and glibc")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "fully_connected.tflite"
        model.write_bytes(fully_connected_model())
        trace_system_calls(model, folder)
        trace_allocations(model, folder)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run_loop(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
