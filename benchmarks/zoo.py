"""Models counted per second, of 10,000 small ones: by one process, and by the workflow with 1 and 2 cores.

    python benchmarks/zoo.py [--models 10000] [--rounds 1]

The models are generated: chains of 5 to 40 operators of random widths, no two the same. One process is
`tflops_native.batch(count=True, processes=1)`, which reads, hashes and counts a model and writes its
report. The workflow is `tflops fleet` with
`count: true`, which counts in shards of 1,000 models: a job of the workflow for each model would take
longer to start than to count. Each run begins with no results. What the workflow takes where nothing is
left to count is the part of it that no second core shortens: in processor time, which other load hardly
changes.

Peak memory is held against that with a tenth of the models: of the one process, which gives its rows back;
of the processes of the workflow that count, each a shard of them; and of `tflops fleet` itself, which makes
the table, as CSV.

Needs the extra `fleet`; peak memory is that of Linux.
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import harmonic_mean, median

from ai_edge_litert import schema_py_generated as schema

from scale import MEGABYTE, model_of, operator, packed

SPEEDUP_GOAL = 1.8
RATE_GOAL = 100.0
# Peak memory with all models over that with a tenth of them. Of a shard's process the list of all models is
# what grows; one process and the table have a row of about 700 bytes for each model.
MEMORY_GOALS = {"one process": 1.3, "a shard": 1.05, "the table": 1.35}
# Said by each process of the workflow as it ends.
PEAKS = """
import atexit, os, sys
def say():
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    words = " ".join(sys.argv)
    kind = "a shard" if "--shard" in words else "snakemake" if "--snakefile" in words else "the table"
    with open(os.environ["ZOO_PEAKS"], "a") as file:
        file.write(f"{peak} {kind}\\n")
atexit.register(say)
"""
COUNT = """
import json, sys
import tflops_native
from pathlib import Path
paths = sorted(map(str, Path(sys.argv[1]).iterdir()))[:int(sys.argv[2])]
batch = tflops_native.batch(paths, folder=sys.argv[3], count=True, processes=1)
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
print(json.dumps({"done": len(batch.jobs) - len(batch.failed), "peak": peak}))
"""


def write_models(folder: Path, count: int) -> None:
    """Models that nobody wrote, and no two alike."""
    choose = random.Random(0)
    for number in range(count):
        width, depth = choose.randint(8, 64), choose.randint(5, 40)
        shape = [1, width, width, 1 + number]
        tensors = [schema.TensorT(name=f"t{at}", shape=shape) for at in range(depth + 1)]
        chain = [operator([max(at - 1, 0), at], [at + 1], "AddOptions") for at in range(depth)]
        model = model_of("ADD", tensors, chain, depth, [schema.BufferT()])
        (folder / f"model{number:05}.tflite").write_bytes(packed(model, 400 * depth + 1024))


def by_one_process(models: Path, count: int, folder: Path) -> tuple[float, float]:
    """Models per second, and the peak memory in bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-c", COUNT, str(models), str(count), str(folder)]
    start = time.perf_counter()
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    said = json.loads(ended.stdout)
    if said["done"] != count:
        raise RuntimeError(f"{said['done']} of {count} models were counted")
    return count / seconds, said["peak"]


def by_workflow(
    plan: Path, results: Path, count: int, cores: int
) -> tuple[float, dict[str, float]]:
    """Models per second, and the largest peak memory of each kind of process in bytes."""
    shutil.rmtree(results, ignore_errors=True)
    start = time.perf_counter()
    peaks = run_workflow(plan, count, cores)
    return count / (time.perf_counter() - start), peaks


def run_workflow(plan: Path, count: int, cores: int) -> dict[str, float]:
    """Count what is left, and look at the table."""
    command = [sys.executable, "-m", "tflops_native", "fleet", str(plan), "--cores", str(cores)]
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "sitecustomize.py").write_text(PEAKS)
        file = Path(name) / "peaks"
        environment = {**os.environ, "PYTHONPATH": name, "ZOO_PEAKS": str(file)}
        ended = subprocess.run(
            [*command, "--format", "csv"],
            check=True, capture_output=True, text=True, env=environment,
        )  # fmt: skip
        said = [line.split(" ", 1) for line in file.read_text().splitlines()]
    done = len(ended.stdout.strip().splitlines()) - 1
    if done != count:
        raise RuntimeError(f"{done} of {count} models were counted")
    return {
        kind: max(float(peak) for peak, of_kind in said if of_kind == kind)
        for kind in {kind for _, kind in said}
    }


def processor_seconds() -> float:
    """Of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def print_goal(what: str, is_met: bool, limit: str, value: str) -> None:
    """State a goal, and whether it was met."""
    print(f"goal {'met' if is_met else 'MISSED'}: {what} {limit}, measured {value}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        models = here / "models"
        models.mkdir()
        write_models(models, options.models)
        tenth = options.models // 10
        (here / "few").mkdir()
        for path in sorted(models.iterdir())[:tenth]:
            (here / "few" / path.name).hardlink_to(path)
        plan, of_few = here / "plan.yaml", here / "few.yaml"
        plan.write_text("models: [models]\ncount: true\nresults: results\n")
        of_few.write_text("models: [few]\ncount: true\nresults: results\n")
        alone, one, two, speedups = [], [], [], []
        growth: dict[str, list[float]] = {kind: [] for kind in MEMORY_GOALS}
        for _ in range(options.rounds):
            _, of_tenth = by_workflow(of_few, here / "results", tenth, 1)
            _, of_tenth["one process"] = by_one_process(models, tenth, here / "counts")
            rate, peak = by_one_process(models, options.models, here / "counts")
            alone.append(rate)
            rate, peaks = by_workflow(plan, here / "results", options.models, 1)
            peaks["one process"] = peak
            for kind, found in growth.items():
                found.append(peaks[kind] / of_tenth[kind])
            # With one core before and after: the machine may become faster or slower meanwhile.
            rates = [rate]
            before = processor_seconds()
            rates += [by_workflow(plan, here / "results", options.models, 2)[0] for _ in range(2)]
            whole = processor_seconds()
            run_workflow(plan, options.models, 2)
            serial = processor_seconds() - whole
            rates.append(by_workflow(plan, here / "results", options.models, 1)[0])
            one.append(harmonic_mean([rates[0], rates[3]]))
            two.append(harmonic_mean(rates[1:3]))
            speedups.append(two[-1] / one[-1])
            print(
                f"processor time of the workflow: {(whole - before) / 2:.1f} s, of it {serial:.1f} s that "
                "no second core shortens"
            )
            for kind in sorted(peaks):
                print(
                    f"peak memory of {kind}: {peaks[kind] / MEGABYTE:.1f} MB, with a tenth of the models "
                    f"{of_tenth[kind] / MEGABYTE:.1f} MB"
                )
    for what, rates in (("one process", alone), ("workflow, 1 core", one)):
        rate = median(rates)
        limit = f"at least {RATE_GOAL:.0f} models per second"
        print_goal(what, rate >= RATE_GOAL, limit, f"{rate:.0f}")
    print(f"workflow, 2 cores: {median(two):.0f} models per second")
    speedup = median(speedups)
    limit = f"at least {SPEEDUP_GOAL:.1f}x"
    print_goal("workflow, 2 cores over 1", speedup >= SPEEDUP_GOAL, limit, f"{speedup:.2f}x")
    for kind, goal in MEMORY_GOALS.items():
        more = median(growth[kind])
        what = f"memory of {kind}, all models over a tenth"
        print_goal(what, more <= goal, f"at most {goal:.2f}x", f"{more:.2f}x")


if __name__ == "__main__":
    main()
