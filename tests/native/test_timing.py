"""Samples and profiles. No test compares two durations but an event and the run that holds it."""

import math
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native._native import Interpreter, Library, empty_operator_ns
from tflops_native.errors import InvokeError

KERNELS = ["builtin", "xnnpack"]


def ready(library: Library, model: bytes, **options: object) -> Interpreter:
    interpreter = Interpreter(library, model, **options)  # type: ignore[arg-type]
    interpreter.allocate()
    return interpreter


def test_as_many_samples_as_runs(library: Library, fully_connected: bytes) -> None:
    samples = ready(library, fully_connected).time_invokes(17, 60)
    assert samples.dtype == np.int64
    assert samples.shape == (17,)
    assert (samples > 0).all()


def test_at_least_one_sample(library: Library, fully_connected: bytes) -> None:
    interpreter = ready(library, fully_connected)
    assert interpreter.time_invokes(10**9, 0).shape == (1,)
    assert interpreter.time_invokes(3, math.inf).shape == (3,)


@pytest.mark.parametrize(("runs", "seconds"), [(0, 1), (-1, 1), (1, -0.1), (1, math.nan)])
def test_bad_limits(library: Library, fully_connected: bytes, runs: int, seconds: float) -> None:
    interpreter = ready(library, fully_connected, profile=True)
    with pytest.raises(ValueError, match="must be"):
        interpreter.time_invokes(runs, seconds)
    with pytest.raises(ValueError, match="must be"):
        interpreter.profile_invokes(runs, seconds)


def test_profile_of_builtin_kernels(library: Library, fully_connected: bytes) -> None:
    interpreter = ready(library, fully_connected, kernels="builtin", profile=True)
    runs = interpreter.profile_invokes(5, 60)
    assert runs.events == [("FULLY_CONNECTED", 0, 0, False)]
    assert runs.event_ids.tolist() == [0] * 5
    assert runs.depths.tolist() == [0] * 5
    assert runs.run_offsets.tolist() == [0, 1, 2, 3, 4, 5]
    assert runs.is_fixed_sequence
    assert (runs.at_ns >= 0).all()
    assert (runs.elapsed_ns.reshape(5, -1).sum(axis=1) <= runs.invoke_ns).all()


def test_profile_of_delegated_operators(
    library: Library, fully_connected: bytes, clocked_resolution_ns: int
) -> None:
    interpreter = ready(library, fully_connected, kernels="xnnpack", profile=True)
    runs = interpreter.profile_invokes(5, 60)
    ((name, operator_index, subgraph_index, is_delegated),) = runs.events
    assert name.startswith("Fully Connected")
    assert (operator_index, subgraph_index, is_delegated) == (0, 0, True)
    assert runs.delegate_resolution_ns == clocked_resolution_ns
    assert (runs.elapsed_ns % clocked_resolution_ns == 0).all()
    # What ran before the report ended before it, and the report is part of the run.
    assert (runs.elapsed_ns <= runs.at_ns).all()
    assert (runs.at_ns <= runs.invoke_ns).all()


def test_each_profile_starts_anew(library: Library, fully_connected: bytes) -> None:
    interpreter = ready(library, fully_connected, kernels="builtin", profile=True)
    first = interpreter.profile_invokes(3, 60)
    interpreter.invoke()
    second = interpreter.profile_invokes(2, 60)
    assert len(first.invoke_ns) == len(first.elapsed_ns) == 3
    assert len(second.invoke_ns) == len(second.elapsed_ns) == 2


@pytest.mark.parametrize("kernels", KERNELS)
def test_runs_of_different_length(library: Library, random_branch: bytes, kernels: str) -> None:
    interpreter = ready(library, random_branch, kernels=kernels, profile=True)
    interpreter.set_input(0, np.arange(4, dtype=np.float32))
    runs = interpreter.profile_invokes(40, 60)
    assert not runs.is_fixed_sequence
    assert runs.run_offsets[0] == 0
    assert runs.run_offsets[-1] == len(runs.event_ids) == len(runs.depths)
    branches = {0: 0, 1: 0, 2: 0}
    for begin, end in pairwise(runs.run_offsets):
        ids, depths = runs.event_ids[begin:end], runs.depths[begin:end]
        outer = [runs.events[i][0] for i in ids[depths == 0]]
        assert outer == ["RANDOM_UNIFORM", "LESS", "IF"]
        inner = [runs.events[i] for i in ids[depths == 1]]
        (subgraph,) = {event[2] for event in inner}
        assert len(inner) == subgraph  # NEG once in subgraph 1, twice in subgraph 2
        branches[subgraph] += 1
    assert branches[1] + branches[2] == 40
    assert branches[1] > 0
    assert branches[2] > 0


def test_an_empty_operator_takes_the_clocks_own_time() -> None:
    assert (empty_operator_ns(10) >= 0).all()
    assert empty_operator_ns(10).shape == (10,)
    with pytest.raises(ValueError, match="count must be at least 1, not 0"):
        empty_operator_ns(0)


def test_profile_must_be_asked_for(library: Library, fully_connected: bytes) -> None:
    with pytest.raises(InvokeError, match="created without profile=True"):
        ready(library, fully_connected).profile_invokes(1, 1)


INTERRUPTED = """
import sys
from tflops_native._native import Interpreter, Library

interpreter = Interpreter(Library.linked(), sys.argv[1], profile=True)
interpreter.allocate()
try:
    print("ready", flush=True)
    getattr(interpreter, sys.argv[2])(10**9, 60.0)
except KeyboardInterrupt:
    print("interrupted")
else:
    print("ran to the end")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.parametrize("method", ["time_invokes", "profile_invokes"])
def test_ctrl_c_ends_a_measurement(fully_connected: bytes, tmp_path: Path, method: str) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(fully_connected)
    command = [sys.executable, "-c", INTERRUPTED, str(path), method]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "interrupted\n"
    assert process.returncode == 0


EVERYTHING = """
import sys
from tflops_native._native import Interpreter, Library

interpreters = []
for library in (Library.linked(), Library.open(sys.argv[2])):
    for kernels in ("builtin", "xnnpack"):
        for profile in (False, True):
            interpreter = Interpreter(
                library, sys.argv[1], kernels=kernels, profile=profile, threads=2
            )
            interpreter.allocate()
            interpreter.time_invokes(3, 1.0)
            if profile:
                interpreter.profile_invokes(3, 1.0)
            interpreters.append(interpreter)
print("done")
"""


def test_a_process_that_leaves_all_open_ends_cleanly(
    library: Library, fully_connected: bytes, tmp_path: Path
) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(fully_connected)
    copy = tmp_path / Path(library.path).name
    copy.write_bytes(Path(library.path).read_bytes())
    command = [sys.executable, "-c", EVERYTHING, str(model), str(copy)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "done\n")
