"""Whether a busy machine is noticed, and how far our figures hold: another process on the same CPU.

In every round `tflops time --pin CPU` runs twice: on a quiet CPU, and beside a process that does
nothing but compute on that CPU. The system gives each of the two slices of some milliseconds, and an
inference that is interrupted takes longer by that. Goals: in every disturbed round the verdict is
"noisy" or "bimodal" and names the other process as a cause, and the 5th percentile stays within 5 % of
the quiet one.

Two models: MobileNet V1 0.25 at 96x96, of which most inferences fit between two interruptions, and
MobileNet V2 at 224x224, of which few do where the slices are short: a percentile of samples of which
nearly all are interrupted cannot be the quiet one, however it is measured.

Linux only: elsewhere a process cannot be pinned to a CPU.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models import ROOT, image_classifier
from side_by_side import Figures, format_percent, print_goal, print_table, ratio

ROUNDS = 7
GOAL = 0.05
QUIET, DISTURBED = "quiet, p5", "disturbed, p5"
QUIET_MEDIAN, DISTURBED_MEDIAN = "quiet, median", "disturbed, median"
_BUSY = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
print("ready", flush=True)
while True:
    pass
"""


def time_on(model: Path, cpu: int) -> dict[str, Any]:
    """What `tflops time` says, pinned to a CPU."""
    tflops = Path(sysconfig.get_path("scripts")) / "tflops"
    command: list[str | Path] = [tflops, "time", model, "--pin", str(cpu), "--format", "json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    timing: dict[str, Any] = json.loads(output)["reports"][0]["timing"]
    return timing


@contextmanager
def busy_process(cpu: int) -> Iterator[None]:
    """Another process that never rests on this CPU."""
    command = [sys.executable, "-c", _BUSY, str(cpu)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is not None:
                process.stdout.readline()
            yield
        finally:
            process.kill()


def verdict_of(timing: dict[str, Any]) -> str:
    """The verdict and what is named as its first cause, in one line."""
    stability = timing["stability"]
    causes = [f"{cause['seen']}: {cause['why']}" for cause in stability["causes"]]
    return ": ".join([stability["verdict"], *causes[:1]])


def names_the_other(timing: dict[str, Any]) -> bool:
    """Whether the verdict warns, and one of its causes is another process on the CPU."""
    stability = timing["stability"]
    is_warned = stability["verdict"] in ("noisy", "shifted", "bimodal")
    return is_warned and any("processes run there" in cause["why"] for cause in stability["causes"])


def compare(name: str, model: Path, cpu: int) -> None:
    figures: Figures = {key: [] for key in (QUIET, DISTURBED, QUIET_MEDIAN, DISTURBED_MEDIAN)}
    verdicts: dict[str, list[str]] = {"quiet": [], "disturbed": []}
    named = 0
    for _ in range(ROUNDS):
        quiet = time_on(model, cpu)
        with busy_process(cpu):
            disturbed = time_on(model, cpu)
        for timing, p5, median in (
            (quiet, QUIET, QUIET_MEDIAN),
            (disturbed, DISTURBED, DISTURBED_MEDIAN),
        ):
            figures[p5].append(timing["latency"]["p5_seconds"])
            figures[median].append(timing["latency"]["median_seconds"])
        verdicts["quiet"].append(verdict_of(quiet))
        verdicts["disturbed"].append(verdict_of(disturbed))
        named += names_the_other(disturbed)
    print(f"{name}, on CPU {cpu}")
    print_table(figures, QUIET)
    for which, lines in verdicts.items():
        for line in lines:
            print(f"{which}: {line}")
    missed = 1 - named / ROUNDS
    print_goal("disturbed rounds not warned of, by name", missed, 0.0, format_percent)
    off = abs(ratio(figures, DISTURBED, QUIET) - 1)
    print_goal("disturbed p5 off from the quiet one", off, GOAL, format_percent)


def main() -> None:
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("this needs Linux: processes are pinned to a CPU")
    # Not the first one, which does most of the system's own work.
    cpu = max(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        example = ROOT / "examples" / "mobilenet_v1_0.25_96_float32.tflite"
        compare("MobileNet V1 0.25, 96x96", example, cpu)
        model = image_classifier("mobilenet_v2", "MobileNetV2", Path(folder))
        compare("MobileNet V2, 224x224", model, cpu)


if __name__ == "__main__":
    main()
