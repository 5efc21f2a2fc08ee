"""How long it takes to count MobileNet V2 (224x224, float32) without running it.

In this process (`load` and `analyze`), as a whole `tflops count` process, and as a whole process
that does what people do with TensorFlow: import it, build the Keras model, trace it and ask
TensorFlow's profiler (`tensorflow_count.py`). That row is left out where TensorFlow is missing.
"""

import lzma
import os
import sys
import sysconfig
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import tflops_native
from side_by_side import (
    Figures,
    format_seconds,
    print_goal,
    print_table,
    process_seconds,
    run_rounds,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
MODEL = HERE.parent / "tests" / "models" / "mobilenet_v2-float32.tflite.xz"
ROUNDS = 7
CALLS = 60
IN_PROCESS_GOAL = 5e-3
PROCESS_GOAL = 0.12

IN_PROCESS = f"in process, median of {CALLS}"
BEST = f"in process, minimum of {CALLS}"
PROCESS = "process `tflops count`"
TENSORFLOW = "process with TensorFlow's profiler"


def count_seconds(path: Path) -> float:
    """Seconds of one `load` and `analyze`."""
    start = time.perf_counter()
    tflops_native.analyze(tflops_native.load(path))
    return time.perf_counter() - start


def interleaved(path: Path) -> Figures:
    """All contenders in turn; the minimum is another look at the calls of the same round."""
    calls: list[float] = []

    def count_often() -> float:
        calls[:] = [count_seconds(path) for _ in range(CALLS)]
        return median(calls)

    tflops = Path(sysconfig.get_path("scripts")) / "tflops"
    contenders: dict[str, Callable[[], float]] = {
        IN_PROCESS: count_often,
        BEST: lambda: min(calls),
        PROCESS: lambda: process_seconds([tflops, "count", path]),
    }
    if find_spec("tensorflow") is None:
        print("TensorFlow is not installed: its row is left out")
    else:
        script = HERE / "tensorflow_count.py"
        contenders[TENSORFLOW] = lambda: process_seconds([sys.executable, script])
    # Compiled, as an installer leaves a package, whatever the environment says.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(path.parent)
    run_rounds(contenders, 1)
    return run_rounds(contenders, ROUNDS)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "mobilenet_v2.tflite"
        path.write_bytes(lzma.decompress(MODEL.read_bytes()))
        first = count_seconds(path)
        figures = interleaved(path)
        flops = tflops_native.analyze(path).flops
    print(f"count of MobileNet V2: {flops:,} FLOPs")
    print_table(figures, PROCESS)
    print(f"the first count in a process, with all imports: {format_seconds(first)}")
    in_process = median(figures[IN_PROCESS])
    print_goal("load and analyze, median", in_process, IN_PROCESS_GOAL, format_seconds)
    print_goal("load and analyze, minimum", min(figures[BEST]), IN_PROCESS_GOAL, format_seconds)
    print_goal("`tflops count`, median", median(figures[PROCESS]), PROCESS_GOAL, format_seconds)


if __name__ == "__main__":
    main()
