"""Runtimes side by side: what a person reads, and plain data."""

import io
import json
import re

import pytest
from rich.console import Console

from tflops_native.formats.comparison import comparison_document
from tflops_native.formats.registry import render
from tflops_native.formats.text import print_text
from tflops_native.machine.machine import Machine
from tflops_native.measurement.comparison import Comparison, Ratio, RuntimeTiming
from tflops_native.model.info import ModelInfo
from tflops_native.plain import from_plain
from tflops_native.runtime.libraries import RuntimeInfo
from tflops_native.timing.clock import Clock
from tflops_native.timing.precision import Stop
from tflops_native.timing.statistics import Latency
from tflops_native.timing.warm_up import WarmUp

MODEL = ModelInfo(
    name="net.tflite", path="/models/net.tflite", size_bytes=2048, description="", sha256="00"
)
MACHINE = Machine(
    processor="Quiet One",
    architecture="x86_64",
    system="Linux 6.1",
    logical_cpus=2,
    usable_cpus=2,
)


def timing(runtime, samples_ns):
    return RuntimeTiming(
        runtime=runtime,
        load_ns=2_000_000,
        allocate_ns=1_000_000,
        first_invoke_ns=900_000,
        warm_up=WarmUp(runs=2, samples_ns=(1, 2), is_steady=True),
        invokes_per_sample=1,
        samples_ns=samples_ns,
        latency=Latency.of(samples_ns),
    )


@pytest.fixture
def comparison():
    tflite = RuntimeInfo(name="tflite", version="2.17.1", library="/lib/libtensorflowlite_c.so")
    litert = RuntimeInfo(name="litert", kind="LiteRT", version=None, library="/lib/libLiteRt.so")
    python = RuntimeInfo(
        name="tensorflow", kind="TensorFlow", version="2.21.0", library="/tf", is_native=False
    )
    return Comparison(
        model=MODEL,
        machine=MACHINE,
        kernels="xnnpack",
        threads=2,
        signature=None,
        input_shapes={"x": (1, 4)},
        inputs=(),
        seed=0,
        clock=Clock(resolution_ns=20, read_ns=25.0),
        runtimes=(
            timing(tflite, (200_000, 200_000, 300_000)),
            timing(litert, (150_000, 160_000, 170_000)),
            timing(python, (200_000, 201_000, 202_000)),
        ),
        ratios=(
            Ratio(value=0.8, lower=0.79, upper=0.815, rounds=60),
            Ratio(value=1.005, lower=0.98, upper=1.02, rounds=60),
        ),
        stop=Stop(reason="precision", precision=0.02, is_reached=True, seconds=3.04),
    )


def test_text(comparison):
    assert render(comparison_document(comparison), "text").splitlines() == [
        "model     net.tflite, 2.00KiB",
        "input     x 1x4",
        "",
        "runtime                     median    min    p95  first    load  ratio  95% interval",
        "TensorFlow Lite 2.17.1       200µs  200µs  290µs  900µs  3.00ms      1",
        "LiteRT (version unknown)     160µs  150µs  169µs  900µs  3.00ms  0.800  0.790..0.815",
        "TensorFlow 2.21.0 (Python)   201µs  200µs  202µs  900µs  3.00ms  1.005  0.980..1.020",
        "",
        "result    LiteRT (version unknown) takes 20.0% less time than TensorFlow Lite 2.17.1",
        "result    no difference to be seen between TensorFlow 2.21.0 (Python) and TensorFlow Lite 2.17.1",
        "runs      60 rounds in 3.0s, interleaved, in both orders; the ratios are known to 2.0%",
        "runtime   xnnpack kernels, 2 threads",
        "machine   Quiet One",
    ]


def test_plain_data(comparison):
    plain = comparison_document(comparison).data()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["format"], plain["format_version"]) == ("tflops_native/comparison", 3)
    assert plain["model"]["name"] == "net.tflite"
    assert plain["machine"]["processor"] == "Quiet One"
    assert from_plain(Comparison, plain) == comparison
    first, second = plain["ratios"]
    assert (first["value"], first["differs"], second["differs"]) == (0.8, True, False)
    runtimes = plain["runtimes"]
    assert [runtime["samples_ns"][0] for runtime in runtimes] == [200_000, 150_000, 200_000]
    assert runtimes[2]["runtime"]["is_native"] is False


@pytest.mark.parametrize(
    ("width", "missing"),
    [(120, []), (80, []), (70, ["load"]), (50, ["load", "first", "min"])],
)
def test_a_narrow_terminal_gets_fewer_columns_and_whole_numbers(comparison, width, missing):
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, force_jupyter=False)
    print_text(comparison_document(comparison), console)
    heading, first, litert, python = (
        re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).split("\n\n")[1].splitlines()
    )
    every = ["runtime", "median", "min", "p95", "first", "load", "ratio", "95% interval"]
    assert re.split("  +", heading.strip()) == [name for name in every if name not in missing]
    assert max(map(len, (heading, first, litert, python))) <= width
    assert litert.endswith("0.800  0.790..0.815")
