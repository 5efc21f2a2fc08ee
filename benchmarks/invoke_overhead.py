"""What one inference costs in our measuring loop, against a plain C++ loop and a Python loop.

The model is one FULLY_CONNECTED of 4x4, so that hardly anything but the call itself is measured.
The C++ loop, `plain_loop.cpp`, is compiled here and links the very library that the package carries.
It makes a million inferences, with a clock read after as many as make one of our samples: its median
is what ours is held against; its mean, the whole time over a million, stands beside it. The Python
loop is what people write around `ai_edge_litert`, whose runtime is another version: its ratio is the
price of that habit, not of Python alone. `litert-benchmark`, the console script of that package,
rounds all it says to 10 µs: what it says is printed as it is. All use one thread, and all but that
script built-in kernels.

Needs a C++ compiler and the package `ai-edge-litert`.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, median

import numpy as np
from ai_edge_litert.interpreter import Interpreter as LiteRtInterpreter
from ai_edge_litert.interpreter import OpResolverType

import tflops_native
from fully_connected import WIDTH, fully_connected_model
from side_by_side import (
    difference,
    format_seconds,
    median_seconds,
    print_goal,
    print_table,
    run_rounds,
)
from tflops_native import _native

HERE = Path(__file__).parent
ROUNDS = 25
SAMPLES = 3000
MILLION = 1_000_000
# Whichever is more.
GOAL_FRACTION = 0.02
GOAL_SECONDS = 2e-9
NANOSECOND = 1e-9

PLAIN = "plain C++ loop, median"
PLAIN_MEAN = "the same loop, mean"
MEASURE = "tflops_native.measure"
TIME_INVOKES = "native time_invokes"
PYTHON = "Python loop, ai_edge_litert"


def compile_plain_loop(folder: Path) -> Path:
    """Compile `plain_loop.cpp` against the library that the package carries."""
    compiler = shutil.which("c++")
    if compiler is None:
        sys.exit("there is no C++ compiler `c++`: install one (Debian and Ubuntu: apt install g++)")
    library = Path(_native.Library.linked().path)
    program = folder / "plain_loop"
    source = HERE / "plain_loop.cpp"
    command: list[str | Path] = [compiler, "-std=c++17", "-O2", f"-I{HERE.parent / 'cpp'}", source]
    command += [library, f"-Wl,-rpath,{library.parent}", "-o", program]
    subprocess.run(command, check=True)
    return program


def plain_loop_seconds(program: Path, model_path: Path, batch: int) -> list[float]:
    """Seconds per inference of each sample of a million inferences."""
    command: list[str | Path] = [program, model_path, str(-(-MILLION // batch)), str(batch)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [int(sample) / batch * NANOSECOND for sample in output.split()]


def measure_seconds(model: bytes) -> float:
    timing = tflops_native.measure(model, kernels="builtin", profile=False, runs=SAMPLES)
    return median_seconds(timing.latency)


def time_invokes_seconds(model: bytes, batch: int) -> float:
    interpreter = _native.Interpreter(_native.Library.linked(), model, kernels="builtin")
    interpreter.allocate()
    interpreter.set_input(0, np.zeros((1, WIDTH), np.float32))
    interpreter.time_invokes(100, 1.0)
    return float(np.median(interpreter.time_invokes(SAMPLES, 60.0, batch))) / batch * NANOSECOND


def python_loop_seconds(model: bytes) -> float:
    interpreter = LiteRtInterpreter(
        model_content=model,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    position = interpreter.get_input_details()[0]["index"]
    interpreter.set_tensor(position, np.zeros((1, WIDTH), np.float32))
    for _ in range(100):
        interpreter.invoke()
    samples = []
    for _ in range(10 * SAMPLES):
        start = time.perf_counter_ns()
        interpreter.invoke()
        samples.append(time.perf_counter_ns() - start)
    return median(samples) * NANOSECOND


def litert_benchmark_says(model_path: Path, folder: Path) -> str:
    """What `litert-benchmark` says of the model, in milliseconds as it prints them."""
    module = "ai_edge_litert.tools.benchmark_litert_model"
    if find_spec("ai_edge_litert.tools") is None or find_spec(module) is None:
        return "not in this version of ai-edge-litert"
    result = folder / "litert.json"
    command: list[str | Path] = [sys.executable, "-m", module, f"--model={model_path}"]
    command += [f"--num_runs={SAMPLES}", f"--result_json={result}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0 or not result.exists():
        lines = ended.stderr.strip().splitlines() or ["it gave no reason"]
        return f"failed: {lines[-1]}"
    latency = json.loads(result.read_text())["latency"]
    return ", ".join(f"{name} {latency[f'{name}_ms']} ms" for name in ("avg", "median", "min"))


def main() -> None:
    model = fully_connected_model()
    first = tflops_native.measure(model, kernels="builtin", profile=False, runs=SAMPLES)
    batch = first.invokes_per_sample or 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = compile_plain_loop(folder)
        model_path = folder / "fully_connected.tflite"
        model_path.write_bytes(model)
        plain: list[float] = []

        def plain_median() -> float:
            plain[:] = plain_loop_seconds(program, model_path, batch)
            return median(plain)

        figures = run_rounds(
            {
                PLAIN: plain_median,
                PLAIN_MEAN: lambda: fmean(plain),
                MEASURE: lambda: measure_seconds(model),
                TIME_INVOKES: lambda: time_invokes_seconds(model, batch),
                PYTHON: lambda: python_loop_seconds(model),
            },
            ROUNDS,
        )
        litert = litert_benchmark_says(model_path, folder)
    version = _native.Library.linked().version
    print(f"one inference of a {WIDTH}x{WIDTH} FULLY_CONNECTED, TensorFlow Lite {version}")
    print(
        f"each sample: {batch} inferences; each round: a million in C++, {SAMPLES} samples of ours"
    )
    print_table(figures, PLAIN)
    print(f"litert-benchmark: {litert}")
    limit = max(GOAL_FRACTION * median(figures[PLAIN]), GOAL_SECONDS)
    for name in (MEASURE, TIME_INVOKES):
        off = abs(difference(figures, name, PLAIN))
        print_goal(f"{name} off from C++", off, limit, format_seconds)


if __name__ == "__main__":
    main()
