"""Files as TensorFlow Lite's `benchmark_model` writes them, made from the format in its source.

No such file was at hand: these follow tflite/profiling/profile_summarizer.cc (names),
profile_summary_formatter.cc (order), tsl/util/stats_calculator.{h,cc} (tables and statistics) and
tflite/tools/benchmark/benchmark_model.cc (log). An event is a (type, name, seconds) of each run.
"""

import re

RULER = "=" * 30


def node(operator, names, microseconds, index=None):
    """An operator as a node: its index follows the names of its outputs."""
    return (operator, f"[{names}]:{index}", microseconds)


def inside(name, index, microseconds):
    """An operator inside a delegate, as versions of today write it."""
    return (name, f"Delegate/{name}:{index}", microseconds)


def nodes_of(subgraph, microseconds):
    """Every operator of a model, each with its time."""
    return [
        node(
            operator.name,
            ", ".join(subgraph.tensors[index].name for index in operator.outputs),
            time,
            operator.index,
        )
        for operator, time in zip(subgraph.operators, microseconds, strict=True)
    ]


def csv_table(title, events, *, start=False):
    """StatsCalculator::GetStatsByMetric with format_as_csv; older versions have the start."""
    total = sum(time for _, _, time in events)
    lines = [f"{RULER} {title} {RULER}"]
    lines.append(
        f"node type, {'start, ' if start else ''}first, avg_ms, %, cdf%, mem KB, times called, name"
    )
    reached = 0
    for order, (kind, name, time) in enumerate(events):
        reached += time
        columns = [kind, *([f"{order / 1000:g}"] if start else [])]
        columns += [f"{time / 1000:g}", f"{time / 1000:g}"]
        columns += [f"{100 * time / total:g}%", f"{100 * reached / total:g}%", "0", "1"]
        columns.append(name if start else name.replace(",", "\t"))
        lines.append(", ".join(columns))
    return "\n".join([*lines, "", ""])


def console_table(title, events, *, start=False, calls=1):
    """The same for people."""
    total = sum(time for _, _, time in events)
    width = 24 if start else 40
    lines = [f"{RULER} {title} {RULER}"]
    header = [f"{'[node type]':>{width}}", *([f"{'[start]':>17}"] if start else [])]
    header += [f"{'[first]':>9}", f"{'[avg ms]':>9}", f"{'[%]':>8}", f"{'[cdf%]':>8}"]
    header += [f"{'[mem KB]':>10}", f"{'[times called]':>9}", "[Name]"]
    lines.append("\t" + "\t".join(header))
    reached = 0
    for order, (kind, name, time) in enumerate(events):
        reached += time
        cells = [f"{kind:>{width}}", *([f"{order / 1000:17.3f}"] if start else [])]
        cells += [f"{time / 1000:9.3f}", f"{time / 1000:9.3f}"]
        cells += [f"{100 * time / total:7.3f}%", f"{100 * reached / total:7.3f}%"]
        cells += [f"{0:10.3f}", f"{calls:9}", name]
        lines.append("\t" + "\t".join(cells))
    return "\n".join([*lines, "", ""])


def profile(table, events, *, runs=50, **options):
    """StatsCalculator::GetOutputString and GetShortSummary, of one graph."""
    longest = sorted(events, key=lambda event: -event[2])[:10]
    total = sum(time for _, _, time in events)
    return (
        table("Run Order", events, **options)
        + table("Top by Computation Time", longest, **options)
        + f"Number of nodes executed: {len(events)}\n"
        + f"{RULER} Summary by node type {RULER}\n"
        + "node type, count, avg_ms, avg %, cdf %, mem KB, times called\n"
        + f"CONV_2D, 1, {total / 1000:g}, 100%, 100%, 0, 1\n\n"
        + f"Timings (microseconds): count={runs} curr={total}(all same)\n"
        + "Memory (bytes): count=0\n"
        + f"{len(events)} nodes observed\n\n"
    )


def profiles(table, events, *, internal=(), runs=50, **options):
    """ProfileSummaryDefaultFormatter::HandleOutput: initialization, then the runs."""
    allocation = [("AllocateTensors", "AllocateTensors/0", 1234)]
    text = "Profiling Info for Benchmark Initialization:\n"
    text += profile(table, allocation, runs=1, **options) + "\n"
    text += "Operator-wise Profiling Info for Regular Benchmark Runs:\n"
    text += profile(table, events, runs=runs, **options)
    if internal:
        text += "Delegate internal: \n" + profile(table, internal, runs=runs, **options)
    return text + "\n"


REGULAR = "count=50 first=1040 curr=1018 min=1012 max=1190 avg=1039.66 std=22 p5=1013 median=1030 p95=1100"


def log(
    *,
    graph="/data/local/tmp/model.tflite",
    size_bytes=None,
    regular=REGULAR,
    parameters=(),
    delegate=None,
    tables="",
    prefix="INFO: ",
):
    """What the program prints."""
    lines = ["STARTING!", "Log parameter values verbosely: [0]", "Min num runs: [50]"]
    lines += ["Num threads: [4]", f"Graph: [{graph}]", *parameters]
    lines += ["#threads used for CPU inference: [4]", f"Loaded model {graph}"]
    if delegate is not None:
        lines.append(
            f"Explicitly applied {delegate} delegate, and the model graph will be completely "
            "executed by the delegate."
        )
    if size_bytes is not None:
        lines.append(f"The input model file size (MB): {size_bytes / 1e6:g}")
    running = "Running benchmark for at least {} iterations and at least {} seconds but terminate"
    running += " if exceeding 150 seconds."
    lines += ["Initialized session in 17.851ms.", running.format(1, 0.5)]
    lines += ["count=478 first=2104 curr=1017 min=1012 max=2104 avg=1041.15 std=63", ""]
    lines += [running.format(50, 1), regular, ""]
    text = "".join(f"{prefix}{line}\n" if line else "\n" for line in lines)
    # Only the first line of what is logged at once has the severity.
    text += f"{prefix}{tables}" if tables else ""
    mean = re.search(r"(?:avg|curr)=([^\s(]+)(?!.*avg=)", regular)[1]
    summary = f"Init: 17851, First inference: 2104, Warmup (avg): 1041.15, Inference (avg): {mean}"
    return text + f"{prefix}Inference timings in us: {summary}\n"
