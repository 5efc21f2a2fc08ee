"""Fuzzing: whatever a saved result says, it is shown, compared and checked, or refused.

With a `TflopsError`, within a second of processor time and 200 MB, in every format. The results are those
of each command; texts, figures and structure are changed as a hand or a program that edits them might.

    python tests/fuzz/fuzz_results.py --seconds 60
    python tests/fuzz/fuzz_results.py --replay FILE                   one input, with the traceback

An input that fails is written to `fuzz-failure-*.json` in the working directory.
"""

import copy
import json
import random
import sys
import tempfile
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import tflops_native
from fuzz.campaign import parser, run
from fuzz.fuzz_graphs import RAW
from fuzz.limits import limits
from made_reports import make_report
from tflops_native.errors import TflopsError
from tflops_native.formats.registry import OF_ALL, render
from tflops_native.formats.showing import document_of
from tflops_native.reports.loaded import load_saved
from tflops_native.reports.sweep import Sweep
from tflops_native.reports.sweep_cell import SweepCell
from zoo import EXAMPLES

REPORTS = ("count", "float", "mixed", "roofline", "above", "time", "refused")
NUMBERS = (
    *(-1, 0, 1, 2, 7, 1000, 2**31, 2**63, 2**127, 10**30, 10**400, -(10**400)),
    *(0.5, -1.5, -0.0, 5e-324, 1e-9, 1e300, 1e308, float("nan"), float("inf"), -float("inf")),
)
TEXTS = (
    "",
    "x",
    "?",
    "none",
    "tflite",
    "float32",
    "9" * 5000,
    "\x1b[31m\u202e",
    "<b>&",
    "A" * 300_000,
)
OTHERS = (None, True, False, [], {}, [[]], [None], {"a": 1})


@cache
def seeds():
    """What commands save, as plain data."""
    single, dynamic = EXAMPLES / "single_conv_28x28.tflite", EXAMPLES / "single_conv_dynamic.tflite"
    reports = [make_report(name) for name in REPORTS]
    timed = make_report("float")
    results = [
        *reports,
        tflops_native.memory(single),
        tflops_native.fit_memory(
            dynamic, budget_bytes=100_000, input_shapes={"": ["1,{9,99},{9,99},1"]}
        ),
        tflops_native.verify(single),
        tflops_native.compare(timed, make_report("roofline")),
        tflops_native.check(timed, max_macs=10**6, max_latency=1.0),
        tflops_native.baseline(timed),
        tflops_native.runtimes(),
        _swept(),
        tflops_native.batch([single, dynamic, "missing.tflite"], count=True, processes=1),
    ]
    return tuple(json.loads(render(document_of(result), "json")) for result in results)


def _swept():
    """Cells that are known by their figures, in two lines of each kind, and one that failed."""
    figures = {"arena_bytes": 6_000, "p95_seconds": 3e-3, "utilization": 0.4, "parameters": 90}
    cells = [
        SweepCell(
            key=f"{threads}{length}",
            model="mobilenet.tflite",
            input_shapes={"image": (1, length, length, 3)},
            quantization=quantization,
            runtime="tflite",
            kernels="xnnpack",
            threads=threads,
            error="the runtime crashed" if length == 64 and threads == 2 else None,
            macs=length**2,
            operations=2 * length**2,
            median_seconds=1e-6 * length**2 / threads,
            **figures,
        )
        for threads in (1, 2, 4)
        for length in (32, 64, 96)
        for quantization in (None, "int8")
    ]
    return Sweep(cells=tuple(cells), planned=20, kept=1, seed=0, cpus=4)


def places(data, path=()):
    """The paths of all that it holds."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def at(data, path):
    for key in path:
        data = data[key]
    return data


def alike(value, source):
    """Another value of the same type, so that the reader does not stop at once."""
    if isinstance(value, bool) or value is None:
        return source.choice((True, False, None))
    if isinstance(value, int | float):
        return source.choice((*NUMBERS, -value, 1000 * value, value + 1))
    if isinstance(value, str):
        return source.choice(TEXTS)
    if isinstance(value, list) and value:
        return source.choice((value * 2, value[: len(value) // 2], value[::-1], []))
    return {}


def changed(seed, source):
    """A result after some changes."""
    data = copy.deepcopy(seed)
    for _ in range(*source.choices((1, 2, 4), (4, 2, 1))):
        paths = list(places(data))
        if not paths:
            break
        path = source.choice(paths)
        holder, key = at(data, path[:-1]), path[-1]
        how = source.random()
        if how < 0.6:
            holder[key] = alike(holder[key], source)
        elif how < 0.75:
            holder[key] = source.choice((*NUMBERS, *TEXTS, *OTHERS))
        elif how < 0.9:
            holder[key] = copy.deepcopy(at(data, source.choice(paths)))
        else:
            del holder[key]
    return data


def drawn(source):
    """The bytes of a saved result."""
    data = bytearray(json.dumps(changed(source.choice(seeds()), source)).encode())
    if source.random() < 0.05:
        data[source.randrange(len(data))] = source.randrange(256)
    return bytes(data)


def check(data):
    """Read a result, show it in each format, and use it as commands do. Returns how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        path.write_bytes(data)
        with limits():
            try:
                result = load_saved(path)
            except TflopsError as error:
                str(error)
                return "refused"
    for item in result if isinstance(result, tuple) else (result,):
        for name in OF_ALL:
            with limits():
                text = render(document_of(item), name)
            raw = RAW.search(text) if name == "text" else None
            assert raw is None, f"{raw[0]!r} in the text"
    if isinstance(result, tuple):
        for use in (_compared, _checked, tflops_native.baseline):
            with limits():
                try:
                    render(document_of(use(result[0])), "text")
                except TflopsError as error:
                    str(error)
    return "shown"


def _compared(report):
    return tflops_native.compare(make_report("float"), report)


def _checked(report):
    return tflops_native.check(report, max_macs=10**6, max_latency=1.0)


def main():
    options = parser(__doc__).parse_args()
    source = random.Random(options.seed)
    run(options, lambda: drawn(source), check, "json")


if __name__ == "__main__":
    main()
