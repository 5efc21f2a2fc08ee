"""What one inference costs in our measuring loop, against a plain C++ loop and a Python loop.

The model is one FULLY_CONNECTED of 4x4, so that hardly anything but the call itself is measured.
The C++ loop, `plain_loop.cpp`, is compiled here and links the very library that the package carries;
its samples span as many inferences as ours. The Python loop is what people write
around `ai_edge_litert`, whose runtime is another version: its ratio is the price of that habit, not
of Python alone. All use one thread and built-in kernels.

Needs a C++ compiler and the package `ai-edge-litert`.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter as LiteRtInterpreter
from ai_edge_litert.interpreter import OpResolverType

import tflops_native
from side_by_side import format_ratio, print_goal, print_table, ratio, run_rounds
from tflops_native import _native

HERE = Path(__file__).parent
ROUNDS = 25
SAMPLES = 3000
WIDTH = 4
GOAL = 1.05
NANOSECOND = 1e-9


def fully_connected_model() -> bytes:
    """A model of one float32 FULLY_CONNECTED, [1, 4] to [1, 4], with weights and bias."""
    weights = np.eye(WIDTH, dtype=np.float32)
    shapes_and_buffers = (([1, WIDTH], 0), ([WIDTH, WIDTH], 1), ([WIDTH], 2), ([1, WIDTH], 0))
    tensors = [
        schema.TensorT(name=f"tensor_{index}", shape=shape, buffer=buffer)
        for index, (shape, buffer) in enumerate(shapes_and_buffers)
    ]
    operator = schema.OperatorT(
        inputs=[0, 1, 2],
        outputs=[3],
        builtinOptionsType=schema.BuiltinOptions.FullyConnectedOptions,
        builtinOptions=schema.FullyConnectedOptionsT(),
    )
    fully_connected = schema.BuiltinOperator.FULLY_CONNECTED
    model = schema.ModelT(
        version=3,
        operatorCodes=[
            schema.OperatorCodeT(deprecatedBuiltinCode=fully_connected, builtinCode=fully_connected)
        ],
        subgraphs=[
            schema.SubGraphT(tensors=tensors, operators=[operator], inputs=[0], outputs=[3])
        ],
        buffers=[
            schema.BufferT(),
            schema.BufferT(data=weights.reshape(-1).view(np.uint8)),
            schema.BufferT(data=weights[0].view(np.uint8)),
        ],
    )
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


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


def plain_loop_seconds(program: Path, model_path: Path, batch: int) -> float:
    command: list[str | Path] = [program, model_path, str(SAMPLES), str(batch)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return median(map(int, output.split())) / batch * NANOSECOND


def measure_seconds(model: bytes) -> float:
    timing = tflops_native.measure(model, kernels="builtin", profile=False, runs=SAMPLES)
    return timing.latency.median


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


def main() -> None:
    model = fully_connected_model()
    first = tflops_native.measure(model, kernels="builtin", profile=False, runs=SAMPLES)
    batch = first.invokes_per_sample
    version = first.runtime.version
    with tempfile.TemporaryDirectory() as name:
        program = compile_plain_loop(Path(name))
        model_path = Path(name) / "fully_connected.tflite"
        model_path.write_bytes(model)
        figures = run_rounds(
            {
                "plain C++ loop": lambda: plain_loop_seconds(program, model_path, batch),
                "tflops_native.measure": lambda: measure_seconds(model),
                "native time_invokes": lambda: time_invokes_seconds(model, batch),
                "Python loop, ai_edge_litert": lambda: python_loop_seconds(model),
            },
            ROUNDS,
        )
    print(f"one inference of a {WIDTH}x{WIDTH} FULLY_CONNECTED, TensorFlow Lite {version}")
    print(f"each round: median of {SAMPLES} samples of {batch} inferences")
    print_table(figures, "plain C++ loop")
    for name in ("tflops_native.measure", "native time_invokes"):
        print_goal(f"{name} over C++", ratio(figures, name, "plain C++ loop"), GOAL, format_ratio)


if __name__ == "__main__":
    main()
