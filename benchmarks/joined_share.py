"""How much of what a runtime reports is joined to operators of the model, by events and by time.

All models of `examples`, `tests/models`, the installed package pymicro-wakeword (streaming models), and
folders or files that are given: `python benchmarks/joined_share.py [MODEL ...]`. Each model runs in a
process of its own, with random inputs and XNNPACK kernels; one that the runtime cannot run is named.
"""

import json
import lzma
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from side_by_side import format_percent, print_goal

ROOT = Path(__file__).parent.parent
RUNTIMES = ("tflite", "litert", "litert-lm")
RUNS = 3
SECONDS = 60


def models(given: list[str]) -> list[Path]:
    folders = [ROOT / "examples", ROOT / "tests" / "models", *map(Path, given)]
    spec = find_spec("pymicro_wakeword")
    if spec is not None:
        folders += map(Path, spec.submodule_search_locations or [])
    found = []
    for folder in folders:
        paths = [folder] if folder.is_file() else sorted(folder.rglob("*.tflite*"))
        found += [path for path in paths if path.name.endswith((".tflite", ".tflite.xz"))]
    return found


def run(path: Path, runtime: str) -> None:
    """Print, as JSON, how many events there are and nanoseconds in them, and of those joined."""

    from tflops_native.model.reader import load
    from tflops_native.profile.inlined import inline_composites
    from tflops_native.profile.join import join_composites
    from tflops_native.profile.sequences import runs_by_sequence
    from tflops_native.runtime.libraries import open_runtime
    from tflops_native.runtime.options import RunOptions
    from tflops_native.runtime.session import fill_inputs, open_session
    from tflops_native.runtime.state import first_invoke
    from tflops_native.workload import Workload

    workload = Workload.resolve(load(path))
    subgraph = workload.entry.subgraph
    options = RunOptions(runtime=runtime)
    session = open_session(workload, options, open_runtime(runtime), profile=True)
    fill_inputs(session, options)
    first_invoke(session)
    profiled = session.interpreter.profile_invokes(RUNS, SECONDS)
    counts = {"events": 0, "joined": 0, "ns": 0, "joined_ns": 0}
    for same in runs_by_sequence(subgraph.index, [profiled]):
        inlined = inline_composites(workload.model, subgraph)
        targets = join_composites(subgraph, same.events, inlined).targets
        for target, elapsed_ns in zip(targets, same.elapsed_ns.sum(axis=0).tolist(), strict=True):
            counts["events"] += len(same.runs)
            counts["ns"] += elapsed_ns
            counts["joined"] += len(same.runs) * (target is not None)
            counts["joined_ns"] += elapsed_ns * (target is not None)
    print(json.dumps(counts))


def main() -> None:
    paths = models(sys.argv[1:])
    for runtime in RUNTIMES:
        total = {"events": 0, "joined": 0, "ns": 0, "joined_ns": 0}
        ran = 0
        for path in paths:
            with tempfile.TemporaryDirectory() as folder:
                plain = path
                if path.suffix == ".xz":
                    plain = Path(folder, path.stem)
                    plain.write_bytes(lzma.decompress(path.read_bytes()))
                command: list[str | Path] = [sys.executable, __file__, "--run", plain, runtime]
                done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                reason = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
                print(f"  not run  {path.name}: {reason[:120]}")
                continue
            counts = json.loads(done.stdout.splitlines()[-1])
            ran += 1
            for key, value in counts.items():
                total[key] += value
            if counts["joined"] < counts["events"]:
                print(f"  {counts['events'] - counts['joined']} events not joined  {path.name}")
        if not total["events"]:
            print(f"{runtime}: no model ran")
            continue
        events, time = total["joined"] / total["events"], total["joined_ns"] / max(total["ns"], 1)
        print(f"{runtime}: {ran} models, {total['events']:,} events")
        print_goal(f"{runtime}: events not joined", 1 - events, 0.0, format_percent)
        print_goal(f"{runtime}: time not joined", 1 - time, 0.0, format_percent)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
