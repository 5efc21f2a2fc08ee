"""How counting grows with the model: operators, bytes of weights, and the reader by itself.

1. Time of `analyze` per operator, for chains of 10 to 100,000 operators: it should not grow.
2. Memory of a process that counts a model with 3 GB of weights, which lie behind the tables of the
   file as converters put them above 2 GB. The file is sparse: it takes no room on the disk.
3. Time to plan the arenas of chains, and of graphs of which every tensor lives to the end, so that none can
   have the place of another: 10,000 tensors within a second.
4. Our reader against the official schema module of `ai-edge-litert`, which checks nothing: its object
   API, and its lazy accessors, asked for the same fields.

Needs the package `ai-edge-litert`; the memory of the second part is that of Linux.
"""

import json
import lzma
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from inspect import isfunction, signature
from pathlib import Path
from statistics import median
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

import tflops_native
from side_by_side import format_seconds, print_goal, print_table, run_rounds
from tflops_native.analysis.entry import analyze_workload
from tflops_native.arenas.micro_planner import plan_micro
from tflops_native.arenas.tflite_planner import plan_arenas
from tflops_native.workload import Workload

HERE = Path(__file__).parent
MODELS = HERE.parent / "tests" / "models"
ROUNDS = 7
CALLS = 5
COUNTS = (10, 100, 1_000, 10_000, 100_000)
PER_OPERATOR_GOAL = 30e-6
# At 100,000 operators against 1,000, where fixed costs do not matter any more.
GROWTH_GOAL = 1.5
MEMORY_GOAL = 80e6
MEGABYTE = 1e6
PLANNED = 10_000
PLANNING_GOAL = 1.0
LAYERS, WIDTH, HEIGHT = 24, 4096, 8192  # 24 matrices of 134 MB
CHANNELS = 4


def packed(model: Any, size_bytes: int) -> bytes:
    builder = flatbuffers.Builder(size_bytes)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def operator(inputs: list[int], outputs: list[int], table: str, **options: int) -> Any:
    made = getattr(schema, f"{table}T")()
    for name, value in options.items():
        setattr(made, name, value)
    return schema.OperatorT(
        inputs=inputs,
        outputs=outputs,
        builtinOptionsType=getattr(schema.BuiltinOptions, table),
        builtinOptions=made,
    )


def model_of(
    code: str, tensors: list[Any], operators: list[Any], last: int, buffers: list[Any]
) -> Any:
    """A model of operators of one kind; tensor 0 goes in, the last one comes out."""
    number = getattr(schema.BuiltinOperator, code)
    graph = schema.SubGraphT(tensors=tensors, operators=operators, inputs=[0], outputs=[last])
    codes = [schema.OperatorCodeT(deprecatedBuiltinCode=number, builtinCode=number)]
    return schema.ModelT(version=3, operatorCodes=codes, subgraphs=[graph], buffers=buffers)


def add_chain(count: int) -> bytes:
    """Each ADD adds what the two before it made."""
    tensors = [schema.TensorT(name=f"t{i}", shape=[1, 8, 8, CHANNELS]) for i in range(count + 1)]
    operators = [operator([max(i - 1, 0), i], [i + 1], "AddOptions") for i in range(count)]
    model = model_of("ADD", tensors, operators, count, [schema.BufferT()])
    return packed(model, 400 * count + 1024)


def convolution_chain(count: int) -> bytes:
    """Each CONV_2D has tensors of its own for filter and bias; they share their buffers."""
    filters = np.zeros((CHANNELS, 3, 3, CHANNELS), np.float32)
    tensors = [schema.TensorT(name="t0", shape=[1, 8, 8, CHANNELS])]
    operators = []
    last = 0
    for i in range(count):
        here = len(tensors)
        tensors += [
            schema.TensorT(name=f"filter{i}", shape=list(filters.shape), buffer=1),
            schema.TensorT(name=f"bias{i}", shape=[CHANNELS], buffer=2),
            schema.TensorT(name=f"t{i + 1}", shape=[1, 8, 8, CHANNELS]),
        ]
        options = {"strideW": 1, "strideH": 1, "fusedActivationFunction": 1}
        operators.append(operator([last, here, here + 1], [here + 2], "Conv2DOptions", **options))
        last = here + 2
    data = [filters.reshape(-1).view(np.uint8), np.zeros(4 * CHANNELS, np.uint8)]
    buffers = [schema.BufferT(), *(schema.BufferT(data=part) for part in data)]
    return packed(model_of("CONV_2D", tensors, operators, last, buffers), 800 * count + 1024)


def analyze_seconds(model: Any) -> float:
    """The best of some calls: few for long ones."""
    best, until = float("inf"), time.perf_counter() + 1.0
    while True:
        start = time.perf_counter()
        tflops_native.analyze(model)
        now = time.perf_counter()
        best = min(best, now - start)
        if now > until:
            return best


def time_per_operator() -> None:
    for what, build in (("ADD", add_chain), ("CONV_2D", convolution_chain)):
        per_operator = {}
        print(f"\nchain of {what}    analyze   per operator")
        for count in COUNTS:
            seconds = analyze_seconds(tflops_native.load(build(count)))
            per_operator[count] = seconds / count
            print(
                f"{count:>12,} {format_seconds(seconds):>12} {format_seconds(seconds / count):>14}"
            )
        limit = max(per_operator[count] for count in COUNTS if count >= 1_000)
        print_goal(f"{what}, per operator", limit, PER_OPERATOR_GOAL, format_seconds)
        growth = per_operator[100_000] / per_operator[1_000]
        print_goal(
            f"{what}, 100,000 over 1,000", growth, GROWTH_GOAL, lambda value: f"{value:.2f}x"
        )


def write_large_model(path: Path) -> int:
    """A chain of FULLY_CONNECTED in a sparse file, its weights behind the tables; returns its size."""
    size = 4 * WIDTH * HEIGHT
    tensors, operators = [schema.TensorT(name="t0", shape=[1, WIDTH])], []
    for layer in range(LAYERS):
        shape = [HEIGHT, WIDTH] if layer % 2 == 0 else [WIDTH, HEIGHT]
        here = len(tensors)
        tensors += [
            schema.TensorT(name=f"weights{layer}", shape=shape, buffer=layer + 1),
            schema.TensorT(name=f"t{layer + 1}", shape=[1, shape[0]]),
        ]
        operators.append(operator([here - 1, here], [here + 1], "FullyConnectedOptions"))
    start = 1 << 20  # behind the tables, and whole pages
    buffers = [schema.BufferT()]
    buffers += [schema.BufferT(offset=start + layer * size, size=size) for layer in range(LAYERS)]
    model = model_of("FULLY_CONNECTED", tensors, operators, len(tensors) - 1, buffers)
    tables = packed(model, 1 << 16)
    if len(tables) > start:
        raise ValueError(f"the tables take {len(tables)} bytes, more than {start}")
    with path.open("wb") as file:
        file.write(tables)
        file.truncate(start + LAYERS * size)
    return start + LAYERS * size


# What the process that counts says of itself. VmHWM and not ru_maxrss: a child begins with the latter
# of its parent. Pages of a file that nobody read are not resident in the system's cache.
COUNT_AND_TELL = """
import ctypes, json, sys
import tflops_native
model = tflops_native.load(sys.argv[1])
analysis = tflops_native.analyze(model)
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
library = ctypes.CDLL(None, use_errno=True)
pages, page = 0, 4096
for buffer in model.buffers:
    if buffer.data is not None:
        import numpy
        address = numpy.frombuffer(buffer.data, numpy.uint8).ctypes.data
        resident = (ctypes.c_ubyte * (len(buffer.data) // page))()
        if library.mincore(ctypes.c_void_p(address), ctypes.c_size_t(len(buffer.data)), resident):
            raise OSError(ctypes.get_errno(), "mincore")
        pages += sum(state & 1 for state in resident)
print(json.dumps({"peak": peak, "pages": pages, "macs": analysis.macs}))
"""


def memory_of_large_model() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.tflite"
        size = write_large_model(path)
        command = [sys.executable, "-c", COUNT_AND_TELL, str(path)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told = json.loads(output)
    print(f"\ncount of a model of {size / 1e9:.2f} GB: {told['macs']:,} MACs")
    print_goal(
        "peak memory of the process",
        told["peak"],
        MEMORY_GOAL,
        lambda value: f"{value / MEGABYTE:.1f} MB",
    )
    print_goal("pages of weights that were read", told["pages"], 0, lambda value: f"{value:.0f}")


def kept_to_the_end(count: int) -> bytes:
    """Slices of the input, each an output of the model, and longer than the one before."""
    tensors = [schema.TensorT(name="t0", shape=[1, count])]
    operators = []
    for i in range(count):
        here = len(tensors)
        tensors += [
            schema.TensorT(name=f"begin{i}", shape=[2], buffer=1),
            schema.TensorT(name=f"size{i}", shape=[2], buffer=2 + i),
            schema.TensorT(name=f"t{i + 1}", shape=[1, 1 + i]),
        ]
        for tensor in tensors[here : here + 2]:
            tensor.type = schema.TensorType.INT32
        operators.append(operator([0, here, here + 1], [here + 2], "SliceOptions"))
    data = [np.zeros(2, np.int32)] + [np.array([1, 1 + i], np.int32) for i in range(count)]
    buffers = [schema.BufferT(), *(schema.BufferT(data=part.view(np.uint8)) for part in data)]
    model = model_of("SLICE", tensors, operators, len(tensors) - 1, buffers)
    model.subgraphs[0].outputs = [made for each in operators for made in each.outputs]
    return packed(model, 600 * count + 1024)


def planning() -> None:
    print(f"\nplans of {PLANNED:,} tensors")
    for what, build in (("chain", add_chain), ("all kept", kept_to_the_end)):
        model = tflops_native.load(build(PLANNED))
        analysis = analyze_workload(Workload.resolve(model))
        shapes = {0: analysis.tensor_shapes}
        for planner, plan in (("tflite", plan_arenas), ("tflm", plan_micro)):
            seconds = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                plan(model, model.subgraphs[0], shapes)
                seconds.append(time.perf_counter() - start)
            print_goal(f"{planner}, {what}", median(seconds), PLANNING_GOAL, format_seconds)


def official_objects(data: bytes) -> Any:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))


def official_fields(data: bytes) -> int:
    """What a counter needs to know, by the official accessors; returns how many fields that were."""
    return sum(1 for _ in fields(schema.Model.GetRootAs(data, 0)))


def fields(model: Any) -> Iterator[object]:
    for position in range(model.BuffersLength()):
        yield model.Buffers(position).DataLength()
    for position in range(model.SubgraphsLength()):
        graph = model.Subgraphs(position)
        yield graph.InputsAsNumpy()
        yield graph.OutputsAsNumpy()
        for index in range(graph.TensorsLength()):
            tensor = graph.Tensors(index)
            quantization = tensor.Quantization()
            yield tensor.Name()
            yield tensor.Type()
            yield tensor.Buffer()
            yield tensor.ShapeAsNumpy()
            yield tensor.ShapeSignatureAsNumpy()
            yield tensor.IsVariable()
            yield None if quantization is None else quantization.ScaleAsNumpy()
            yield None if quantization is None else quantization.ZeroPointAsNumpy()
        for index in range(graph.OperatorsLength()):
            made = graph.Operators(index)
            yield model.OperatorCodes(made.OpcodeIndex()).BuiltinCode()
            yield made.InputsAsNumpy()
            yield made.OutputsAsNumpy()
            yield from option_fields(made)


def option_fields(made: Any) -> Iterator[object]:
    table = made.BuiltinOptions()
    if table is not None:
        kind = getattr(schema, OPTION_NAMES[made.BuiltinOptionsType()])
        options = kind()
        options.Init(table.Bytes, table.Pos)
        for accessor in scalar_accessors(kind):
            yield accessor(options)


OPTION_NAMES = {value: name for name, value in vars(schema.BuiltinOptions).items()}


@cache
def scalar_accessors(table: type) -> list[Callable[[Any], object]]:
    """The methods of a table that take nothing but the table: those of its fields."""
    return [
        method
        for name, method in vars(table).items()
        if isfunction(method)
        and name[0].isupper()
        and name != "Init"
        and len(signature(method).parameters) == 1
    ]


def reader_seconds(read: Callable[[bytes], object], data: bytes) -> Callable[[], float]:
    """What measures a reader: the median of some calls."""

    def measure() -> float:
        seconds = []
        for _ in range(CALLS):
            start = time.perf_counter()
            read(data)
            seconds.append(time.perf_counter() - start)
        return median(seconds)

    return measure


def compare_readers() -> None:
    ours = "tflops_native.load"
    for name in ("mobilenet_v2-float32", "densenet121-float32"):
        data = lzma.decompress((MODELS / f"{name}.tflite.xz").read_bytes())
        readers = {
            ours: reader_seconds(tflops_native.load, data),
            "official, object API": reader_seconds(official_objects, data),
            "official, lazy accessors": reader_seconds(official_fields, data),
        }
        figures = run_rounds(readers, ROUNDS)
        print(f"\n{name}, {len(data) / MEGABYTE:.1f} MB")
        print_table(figures, ours)


def main() -> None:
    time_per_operator()
    memory_of_large_model()
    planning()
    compare_readers()


if __name__ == "__main__":
    main()
