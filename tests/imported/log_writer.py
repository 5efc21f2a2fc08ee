"""One benchmark, written down as each version of the tools prints it and each viewer shows it.

From the sources of the printing programs, not from the reader: StatsCalculator::HeaderString and
ColumnString, ProfileSummarizer::ProcessProfiles, BenchmarkModel::Run,
LiteRtProfileSummarizer::GetOutputString.
"""

import json

from workloads import workload
from zoo import MODELS

MEAN, RUNS, WARM_UP, WARM_UPS = 4321.5, 250, 5012.25, 90
PHONE = MODELS / "phone" / "phone.tflite"
# What the delegate calls operators.
XNNPACK_EVENTS = {
    "CONV_2D": "Convolution (NHWC, F32) IGEMM",
    "DEPTHWISE_CONV_2D": "Convolution (NHWC, F32) DWConv",
    "MEAN": "Mean (ND, F32)",
    "ADD": "Add (ND, F32)",
    "FULLY_CONNECTED": "Fully Connected (NC, F32) GEMM",
    "SOFTMAX": "Softmax (NC, F32)",
}


def _statistics(mean, count, *, percentiles):
    low, high = int(mean) - 9, int(mean) + 50
    text = f"count={count} first={high} curr={int(mean)} min={low} max={high} avg={mean:g} std=7"
    return text + (f" p5={low} median={int(mean)} p95={high}" if percentiles else "")


def _running(runs):
    return (
        f"Running benchmark for at least {runs} iterations and at least 1 seconds but terminate if "
        "exceeding 150 seconds."
    )


class Version:
    """How one version prints; `rows` are (type, name, microseconds) of the regular runs."""

    def __init__(
        self, *, start=False, width=24, index=True, severity="", titles=True, litert=False, first=1
    ):
        self.start, self.width, self.index, self.severity = start, width, index, severity
        self.titles, self.litert, self.first = titles, litert, first

    def name(self, outputs, index):
        return f"[{outputs}]" + (f":{index}" if self.index is True else self.index or "")

    def table(self, title, rows):
        total = sum(time for *_, time in rows) or 1
        lines = [f"{'=' * 30} {title} {'=' * 30}"] if self.titles else []
        header = ["[node type]".rjust(self.width), *(["[start]".rjust(17)] if self.start else [])]
        header += ["  [first]", " [avg ms]", "     [%]", "  [cdf%]", "  [mem KB]", "[times called]"]
        lines.append("\t" + "\t".join([*header, "[Name]"]))
        reached = 0
        for kind, name, time in rows:
            cells = [kind.rjust(self.width), *([f"{reached / 1e3:17.3f}"] if self.start else [])]
            reached += time
            cells += [f"{time / 1e3:9.3f}", f"{time / 1e3:9.3f}", f"{100 * time / total:7.3f}%"]
            cells += [f"{100 * reached / total:7.3f}%", f"{0:10.3f}", f"{self.first:9}", name]
            lines.append("\t" + "\t".join(cells))
        return [*lines, ""]

    def section(self, rows):
        lines = self.table("Run Order", rows)
        lines += self.table("Top by Computation Time", sorted(rows, key=lambda row: -row[2])[:10])
        lines += [f"Number of nodes executed: {len(rows)}"]
        lines += [f"Timings (microseconds): count={RUNS} curr=12", "Memory (bytes): count=0"]
        return [*lines, f"{len(rows)} nodes observed", ""]

    def benchmark(self, size, rows, inside):
        marked = [
            f"The input model file size (MB): {size / 1e6:g}",
            "Initialized session in 12.5ms.",
            _running(1),
            _statistics(WARM_UP, WARM_UPS, percentiles=self.litert),
            "",
            _running(50),
            _statistics(MEAN, RUNS, percentiles=self.litert),
            "",
        ]
        if self.litert:
            marked += [f"Inference (avg):      {MEAN / 1e3:.2f} ms ({RUNS} runs)", ""]
        else:
            marked = ["STARTING!", "Num threads: [4]", "Enable op profiling: [1]", *marked]
            marked += [
                f"Inference timings in us: Init: 12500, First inference: 5100, Warmup (avg): {WARM_UP:g}, "
                f"Inference (avg): {MEAN:g}",
                "Operator-wise Profiling Info for Regular Benchmark Runs:",
            ]
        lines = [f"{self.severity}{line}" if line else "" for line in marked] + self.section(rows)
        if inside:
            lines += ["Delegate internal: ", *self.section(inside)]
        return lines


class OldVersion(Version):
    """TensorFlow 1.10 to 1.14: the tables stand in front of the summary."""

    def benchmark(self, size, rows, inside):
        return [
            *("STARTING!", "Num runs: [50]", "Num threads: [4]", "Graph: [/sdcard/a.tflite]"),
            *(
                "resolved reporter",
                "Initialized session in 12.5ms",
                "Running benchmark for 1 iterations ",
            ),
            _statistics(WARM_UP, WARM_UPS, percentiles=False),
            *("", "Running benchmark for 50 iterations "),
            _statistics(MEAN, RUNS, percentiles=False),
            *("", "", *self.section(rows), "", ""),
            f"Average inference timings in us: Warmup: {WARM_UP:g}, Init: 12500, no stats: {MEAN:g}",
        ]


class HeadVersion(Version):
    """LiteRT of today: padded with blanks, and another name for each node."""

    def name(self, outputs, index):
        return f"[Builtin]:{index}"

    def section(self, rows):
        total = sum(time for *_, time in rows)
        lines = [f"{'=' * 69} Run Order {'=' * 70}"]
        heads = ("[start]", "[first]", "[avg ms]", "[%]", "[cdf%]", "[mem KB]")
        cells = "".join(f" {head:>10}" for head in heads)
        lines.append(f"{'[node type]':>60}{cells} {'[times called]':>14}   [Name]")
        for kind, name, time in rows:
            if name.startswith("Delegate/"):
                kind, name = f"Delegate/{kind}", f"[Delegate]:{name.rpartition(':')[2]}"
            part = 100 * time / total
            lines.append(
                f"{kind:>60} {0:10.3f} {time / 1e3:10.3f} {time / 1e3:10.3f} {part:9.3f}% {part:9.3f}% "
                f"{0:10.3f} {RUNS:14}   {name}"
            )
        return [*lines, "", f"Number of nodes executed: {len(rows)}", ""]


VERSIONS = {
    "1.10": OldVersion(start=True, index=False, first=0),
    "1.14": OldVersion(start=True, index=False),
    "2.4": Version(start=True),
    "2.13": Version(width=40, severity="INFO: "),
    "mcux": Version(start=True, index=":ld", titles=False),
    "litert 2": Version(width=40, severity="INFO: ", litert=True),
    "litert head": HeadVersion(
        severity="INFO: [./litert/tools/benchmark_litert_model.h:81] ", litert=True
    ),
}

STAMP = "05-31 10:31:13.{0:03}"


def _each(form):
    return lambda lines: "".join(
        form.format(number % 1000, line, number) + "\n" for number, line in enumerate(lines, 1)
    )


def _wrapped(columns, form="{}"):
    """As a terminal breaks lines, and `fold`."""

    def kept(lines):
        shown = [form.format(line).expandtabs() for line in lines]
        return "".join(
            line[at : at + columns] + "\n"
            for line in shown
            for at in range(0, max(len(line), 1), columns)
        )

    return kept


PREFIXES = {
    "plain": _each("{1}"),
    "threadtime": _each(f"{STAMP} 21767 21767 I tflite  : {{1}}"),
    "time": _each(f"{STAMP} I/tflite  (21767): {{1}}"),
    "brief": _each("I/tflite  (21767): {1}"),
    "year": _each(f"2024-{STAMP} 21767 21767 I tflite  : {{1}}"),
    "uid": _each(f"{STAMP} 10234 21767 21767 I tflite  : {{1}}"),
    "color": _each(f"\x1b[38;5;40m{STAMP} 21767 21767 I tflite  : {{1}}\x1b[0m"),
    "tag": _each("I/tflite  : {1}"),
    "process": _each("I(21767) {1}  (tflite)"),
    "studio": _each(
        "2023-04-04 17:24:18.{0:03} 19036-19036 tflite         pid-19036            I  {1}"
    ),
    "old studio": _each("2019-{0:03} 14:15:55.123 12345-12345/org.tensorflow.lite I/tflite: {1}"),
    "long": _each(f"[ {STAMP} 21767:21767 I/tflite   ]\n{{1}}\n"),
    "thread": _each("I(21767:21767) {1}"),
    "zone": _each(f"{STAMP} +0200 21767 21767 I tflite  : {{1}}"),
    "xcode": _each("2022-09-06 13:15:37.{0:06}-0700 TFLiteBenchmark[54612:4020499] {1}"),
    "journald": _each("Nov 25 16:42:{0:02} board benchmark_model[431]: {1}"),
    "docker -t": _each("2026-11-25T16:42:46.{0:09}Z {1}"),
    "compose": _each("bench-1  | {1}"),
    "docker json": lambda lines: "".join(
        json.dumps({"log": f"{line}\n", "stream": "stdout"}) + "\n" for line in lines
    ),
    "json lines": lambda lines: "".join(
        json.dumps({"time": "2026-11-25", "text": line}) + "\n" for line in lines
    ),
    "json document": lambda lines: json.dumps(
        {"cmd": "benchmark_model", "rc": 0, "stdout": "\n".join(lines), "stdout_lines": lines}
    ),
    "json list": lambda lines: json.dumps([f"{line}\n" for line in lines], indent=1),
    "python bytes": lambda lines: "".join(f"{(line + chr(10)).encode()!r}\n" for line in lines),
    "python list": lambda lines: "".join(f"{line!r},\n" for line in lines),
    "csv export": lambda lines: "".join(
        '"2026-11-25T16:42:46.{:03}Z","{}"\n'.format(number, line.replace('"', '""'))
        for number, line in enumerate(lines)
    ),
    "html": _each("<div>{1}</div>"),
    "no-break spaces": lambda lines: "".join(f"{line}\n" for line in lines).replace(" ", "\u00a0"),
    "two streams": _each("{1}\n{1}"),
    "three ends": _each("{1}\n\n"),
    "82 columns": _wrapped(82),
    "82 columns, quoted": lambda lines: "".join(
        f"> {line}\n" for line in _wrapped(82)(lines).splitlines()
    ),
    "long, quoted": _each(f"> [ {STAMP} 21767:21767 I/tflite   ]\n> {{1}}\n> "),
    "logcat in 132 columns": _wrapped(132, f"{STAMP.format(7)} 21767 21767 I tflite  : {{}}"),
    "ts": _each("Nov 25 16:42:46 {1}"),
    "jenkins": _each("[2026-11-25T16:42:46.{0:03}Z] {1}"),
    "buildkite": _each("\x1b_bk;t=17{0:03}\x07{1}"),
    "grep -n": _each("{2}:{1}"),
    "grep -H": _each("out/run7.log:{1}"),
    "glog": _each("I1125 16:42:46.{0:06} 1234 runner.cc:57] {1}"),
    "quoted": _each("> {1}"),
    "quoted twice": _each("> > {1}"),
    "indented": _each("    {1}"),
    "tabs": _each("\t{1}"),
    "adb shell": lambda lines: "".join(f"{line}\r\r\n" for line in lines),
    "expanded": lambda lines: "".join(f"{line}\n" for line in lines).expandtabs(8),
    "trimmed": lambda lines: "".join(
        f"{STAMP.format(7)} 21767 21767 I tflite  : {line}".rstrip() + "\n" for line in lines
    ),
}


def phone_rows(version):
    """Of the model of the phone, on the kernels of TensorFlow Lite itself."""
    subgraph = workload(PHONE).entry.subgraph
    names = [subgraph.tensors[o.outputs[0]].name for o in subgraph.operators]
    return [
        (o.name, VERSIONS[version].name(name, o.index), 100)
        for o, name in zip(subgraph.operators, names, strict=True)
    ]
