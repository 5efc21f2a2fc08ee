"""The kinds of lines that benchmark tools print: one table, a row for each kind in all versions.

Sources: tflite/tools/benchmark/benchmark_model.cc, benchmark_tflite_model.cc and
benchmark_performance_options.cc (TensorFlow 1.10 to 2.21), tflite/profiling/profile_summary_formatter.cc,
tsl/util/stats_calculator.cc, litert/tools/benchmark_litert_model.h, litert/runtime/profiler_summarizer.cc
and ai_edge_litert/tools/benchmark_litert_model.py.
"""

import re
from collections.abc import Iterable
from itertools import groupby

# Kinds whose text is found wherever it stands in a line: what stands in front is how the log was kept.
_MARKED = {
    "start": r"STARTING!",
    "option": r"(?:cpu w/ -?\d+ threads|gpu-fp16|gpu-default|nnapi\(|dsp w/ hexagon|coreml)"
    r"[^:]{0,80}: +(?=count=|failed!)",
    "statistics": r"count=\d+(?= \w+=|\s*$)",
    "summary": r"(?:Average i|I)nference timings in us: ",
    "initialization": r"Profiling Info for Benchmark Initialization:",
    "regular": r"Operator-wise Profiling Info for Regular Benchmark Runs:",
    "subgraph": r"Primary graph (?=\(name:|profile:)|Subgraph \(index: \d+",
    "inside": r"Delegate internal:",
    "result": r"(?:Model initialization|Warmup \((?:first|avg)\)|Inference \([a-z0-9]+\)):(?= )",
    "title": r"(?<!=)={6,}+ ?\w[^=]*={6,}",
    "executed": r"Number of nodes executed: \d",
    "timings": r"Timings \(microseconds\): count=\d",
    "header": r"\"?\[?[Nn]ode type\]?\"?(?=\s*[,;\t]|\s+\[)",
    "size": r"The input model file size \(MB\): ",
    "session": r"Initialized session in ",
    "running": r"Running benchmark for ",
    "parameter": r"(?:Min num runs|Num runs|Num threads|Graph|Enable op profiling|Input layers|Input shapes"
    r"|Signature to run|#threads used for CPU inference|Log parameter values verbosely|Benchmark name"
    r"|The list of TFLite runtime options to be benchmarked): \[",
    "known": r"(?:Memory \(bytes\): count=|\d+ nodes observed|Loaded model(?: |$)|Throughput: )",
    "model": r"Model size: +(?=[\d.]+ MB)",
    "console": r"(?:Benchmark runs|Accelerators|Using signature|Num threads): +(?=\S)",
}
# Kinds that are only looked for at the beginning of what is left of a line.
_PLAIN = {
    "any_parameter": r"[#A-Z][^:\[\]]*: \[.*\]$",
    "delegate": r"Explicitly applied |(?:INFO: )?Created TensorFlow Lite \S+ delegate for ",
    "dropped": r"(?:Warning: )?Dropping ProfileBuffer event",
    "proto": r"(?:runtime_profile|init_profile|subgraph_profiles|per_op_profiles|delegate_profiles) \{",
    "failed": r"Node number \d+ \(.*\) failed to (?:invoke|prepare)|Benchmarking failed|Failed to invoke",
    "console_model": r"Model: +(?=\S)",
    "remark": r"Initialized TensorFlow|resolved reporter|Replacing \d+ out of \d+ node|=+$|-+ beginning of "
    r"|Note: as the benchmark tool|Memory footprint delta|Overall peak memory|Benchmark has been finished"
    r"|\S+ delegate created|Inter-run delay|CPU accelerator registered|Summary of All Runs"
    r"|Tensor # \d+ is named|No throughput data|Fully accelerated|Memory status at|[-+] Vm|[-+] Rss"
    r"|Running \d+ (?:warmup|benchmark) iterations|Warmup runs: |\[ \d\d-\d\d .*\]$|\[\S+:\d+\]\s*$|```"
    r"|Log parameter values|Applying GPU|GPU delegate|Model loaded|Environment created|Creating env"
    r"|Loading model|Signatures: ",
}


def _joined(kinds: dict[str, str]) -> str:
    return "|".join(f"(?P<{name}>{pattern})" for name, pattern in kinds.items())


_MARKED_HERE = re.compile(_joined(_MARKED))
# How the marked kinds begin: literals, which are found much faster than the patterns.
_BEGINNINGS = (
    *("STARTING!", "cpu w/ ", "gpu-", "nnapi(", "dsp w/", "coreml", "count=", "Average inf"),
    *("Inference ", "Profiling Info", "Operator-wise", "Primary graph", "Subgraph (", "Delegate i"),
    *("Model ", "Warmup (", "======", "Number of nodes", "Timings (", "node type", "[node type"),
    *("[Node type", '"node type', "The input model", "Initialized session", "Running bench"),
    *("Min num runs", "Num ", "Graph: [", "Enable op", "Input ", "Signature to", "#threads"),
    *("Log parameter", "Benchmark ", "The list of", "Memory (", "Loaded model", "Throughput"),
    *("Accelerators", "Using signature"),
)
# The one kind that begins with a number: logs are full of these, so what stands behind it is looked for.
_BEHIND_NUMBER = "nodes observed"


def _by_first(literals: Iterable[str]) -> str:
    """A pattern of all of them that tries those with the same first character together: thrice as fast."""
    groups = groupby(sorted(literals), key=lambda literal: literal[0])
    return "|".join(
        f"{re.escape(first)}(?:{'|'.join(re.escape(literal[1:]) for literal in group)})"
        for first, group in groups
    )


_FIND_BEGINNING = re.compile(_by_first((*_BEGINNINGS, _BEHIND_NUMBER)))
# Nothing in front of a marked kind may make it a part of a name.
_PART_OF_NAME = re.compile(r"[\w;/\[]")
_SEARCHED = 1_024


def marked(line: str) -> int:
    """Where in a line one of the marked kinds begins, -1 if none does."""
    behind = 0
    while (match := _FIND_BEGINNING.search(line, behind, _SEARCHED)) is not None:
        at, behind = match.start(), match.start() + 1
        if match[0] == _BEHIND_NUMBER:
            at = len(line[:at].removesuffix(" ").rstrip("0123456789"))
        if not (at and _PART_OF_NAME.match(line[at - 1])) and _MARKED_HERE.match(line, at):
            return at
    return -1


_START = re.compile(f"{_joined(_MARKED)}|{_joined(_PLAIN)}")


def kind_of(payload: str) -> tuple[str, str]:
    """The kind of a line without what stood in front, and the rest of it; "" for an unknown one."""
    match = _START.match(payload)
    if match is None:
        return "", payload
    return match.lastgroup or "", payload[match.end() :]
