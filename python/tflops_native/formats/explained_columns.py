"""What `tflops explain columns` prints: the columns of the tables of all commands."""

from collections.abc import Mapping

from tflops_native.formats.document import Block, Document
from tflops_native.formats.operator_columns import LEFT_OUT, TEXTS

_INDENT = 12  # of a meaning
_FIRST = "Columns of `tflops report` and `tflops count`, and their keys for --columns:"
# Heading and meaning by key. Those that only CSV, JSON and pages have are headed "".
_FOR_MACHINES = {
    "status": (
        "",
        "How it is counted: counted, no_arithmetic, bounded, one_iteration, unsupported.",
    ),
    "scalar_ops": ("", "Operations that are not in MACs, without transcendental ones."),
    "transcendentals": ("", "exp, tanh, square roots and the like, one operation each."),
    "bytes_read": ("", "Bytes that it must read, weights included."),
    "bytes_written": ("", "Bytes that it must write."),
    "time_lower_seconds": ("", "Lower end of the 95% interval of the time."),
    "time_upper_seconds": ("", "Upper end of the 95% interval of the time."),
    "kernel": ("", "What ran it: builtin, or the names that the delegate gives its kernels."),
    "is_fused": ("", "Whether the delegate ran it as part of another operator."),
    "is_unread": ("", "Whether the delegate did not run it, because nothing reads its output."),
    "depth": ("", "How many operators that run subgraphs are around it; rows of depth 0 add up."),
}
_COUNTS = {
    "macs": TEXTS["macs"],
    "operations": TEXTS["operations"],
    "parameters": ("params", "Elements of weights, biases and tables."),
    "weight_bytes": ("weights", "Bytes of all constants as stored."),
    "arena_bytes": (
        "arena",
        "Memory for activations, as planned for builtin kernels.",
    ),
}
_TIMES = {
    "median_seconds": ("median", "Median time of an inference."),
    "p95_seconds": ("p95", "95 of 100 inferences take no longer."),
    "operations_per_second": ("G{unit}/s", "Speed: operations over the median time."),
}
_TABLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Only in CSV, JSON and --columns of the same commands:": _FOR_MACHINES,
    "Columns of `count` and `time` for several models:": {
        "model": (
            "model",
            "Name of the file, with that of its part where it holds several models.",
        ),
        "quantization": ("quantized", "How it was converted from Keras."),
        "signature": ("signature", "Entry point of the model."),
        "input_shapes": ("input", "Shapes of the inputs."),
        "operators": ("operators", "Number of operators."),
        **_COUNTS,
        **_TIMES,
    },
    "Columns of `count --convention`:": {
        "convention": (
            "name",
            "MACs or operations as that tool counts, headed by its name.",
        ),
        "valid_macs": ("valid MACs", "MACs without kernel positions that lie on padding."),
    },
    "Columns of `compare`, and of `time` with several runtimes, kernels or threads:": {
        "label": (
            "A, B, ...",
            "What the tables below call it; A is what the others are compared with.",
        ),
        "contender": ("", "What tells it from the others: model, runtime, kernels, threads."),
        "source": ("source", "File or tool that its times come from."),
        **_COUNTS,
        "activation_bytes": (
            "activations",
            "The most bytes of activations that are alive at once.",
        ),
        "moved_bytes": ("moved", "Bytes that all operators must read and write."),
        "load_seconds": ("load", "Time to open the model and prepare it."),
        "first_invoke_seconds": ("first", "Time of the first inference."),
        "median_seconds": ("time", "Median time of an inference."),
        "p95_seconds": _TIMES["p95_seconds"],
        "ratio": ("ratio", "Time over that of A, with its 95% interval: below 1 is faster."),
        "ratio_lower": ("", "Lower end of the interval of the ratio."),
        "ratio_upper": ("", "Upper end of the interval of the ratio."),
    },
    "Columns of the differences below, by layer, type and operator:": {
        "name": ("layer, type", "Layer, type or operator that the row is about."),
        "layer": TEXTS["layer"],
        "first_index": ("# A", "Number of the operator in A."),
        "index": ("# B", "Number of the operator in B."),
        "first_count": ("# A", "Number of operators in A."),
        "count": ("# B", "Number of operators in B."),
        "change": ("", "How the operator changed: new, gone, another type or shape."),
        "macs_difference": ("MACs", "MACs of B less those of A."),
        "first_seconds": ("time A", "Time in A."),
        "seconds": ("time B", "Time in B."),
        "difference_seconds": ("B - A", "Difference of the times."),
        "lower_seconds": ("", "Lower end of the 95% interval of the difference."),
        "upper_seconds": ("", "Upper end of the 95% interval of the difference."),
        "share": ("%", "Difference as a share of the time of A as a whole."),
    },
    "Columns of `sweep`, beside what is varied:": {
        "number": ("#", "Number of the cell."),
        **_COUNTS,
        "median_seconds": _TIMES["median_seconds"],
        "precision": ("±%", "Half the 95% interval of the median, in percent."),
        "lower_seconds": ("", "Lower end of that interval."),
        "upper_seconds": ("", "Upper end of that interval."),
        "p95_seconds": _TIMES["p95_seconds"],
        "operations_per_second": _TIMES["operations_per_second"],
        "utilization": ("%roof", "Attainable time over the median, in percent (roofline model)."),
        "speed": ("speed", "How many times as fast as the first cell."),
        "error": ("", "Why the cell has no times."),
        "file": ("", "Report of the cell in the folder of -o."),
    },
    "Columns of `check`:": {
        "verdict": ("", "pass, fail or undecided."),
        "metric": ("", "What is limited."),
        "value": ("value", "What was counted or measured, with its 95% interval."),
        "lower": ("", "Lower end of the interval."),
        "upper": ("", "Upper end of the interval."),
        "limit": ("limit", "The most that is allowed."),
        "baseline": ("baseline", "The figure that it is compared with."),
        "reason": ("", "Why it is undecided or failed."),
    },
    "Columns of `memory`:": {
        "subgraph": ("", "Number of the subgraph that has the tensor."),
        "tensor_index": ("tensor", "Number of the tensor in the subgraph."),
        "size_bytes": ("bytes", "Size of the tensor."),
        "offset_bytes": ("offset", "Where it lies in the arena."),
        "home": ("", "Where it is kept: an arena, or outside of both."),
        "kind": ("kind", "What it is for: input, output, activation, temporary, state."),
        "operator_index": ("#", "Number of the operator that makes it."),
        "operator": ("operator", "Name of that operator."),
        "first_operator": ("from", "First operator that needs it in memory."),
        "last_operator": ("to", "Last operator that needs it in memory."),
        "shares": ("", "Tensor whose place it takes, because both are the same data."),
        "layer": TEXTS["layer"],
        "name": ("name", "Name of the tensor in the file."),
    },
    "Columns of `memory` with a budget:": {
        "input_shapes": ("input", "Shape of the input, or of each with its name."),
        "ram_bytes": ("memory", "Arena and state together."),
        "arena_bytes": ("arena", "Tensors and what kernels work in, placed by the planner."),
        "state_bytes": ("state", "What outlives an inference."),
        "left_bytes": ("left", "What is left of the budget; negative: too much."),
        "fits": ("fits", "Whether it does; refused: the model does not take the shape."),
        "reason": ("", "Why the model does not take the shape."),
    },
    "Columns of `peaks`:": {
        "threads": ("threads", "Number of threads that worked at the same time."),
        "ARITHMETIC_operations_per_second": (
            "f32 GFLOP/s",
            "Most operations per second of that type.",
        ),
        "LEVEL_bytes_per_second": ("L1 GB/s", "Bandwidth of reads from that level of memory."),
    },
    "Columns of `runtimes`:": {
        "name": ("--runtime", "What to give to --runtime."),
        "kind": (
            "kind",
            "How it is called: through the C API of TensorFlow Lite or LiteRT, or in Python.",
        ),
        "version": ("version", "As the library or its package says."),
        "is_tried": ("tried", "Whether this package was tested with that version."),
        "kernels": ("--kernels", "What to give to --kernels."),
        "abilities": ("", "What is possible with it: profile, delegates, ..."),
        "library": ("", "Path of the library."),
    },
    "Columns of `ops`:": {
        "operator": ("operator", "Name of the operator."),
        "counts": ("counts", "How its rule counts it."),
        "inputs": ("inputs", "Roles of its inputs."),
        "options_type": ("", "Table of the schema that holds its options."),
        "options": ("", "Options that its rule looks at."),
    },
}


def columns_document() -> Document:
    """Headings, keys and meanings, by table."""
    tables = {
        "Columns of `tflops report` and `tflops count`, and their keys for --columns:": TEXTS,
        **_TABLES,
    }
    rows = [
        {
            "table": title.rstrip(":"),
            "heading": heading.format(unit="FLOP"),
            "key": key,
            "meaning": meaning,
        }
        for title, texts in tables.items()
        for key, (heading, meaning) in texts.items()
    ]
    lines: list[str] = []
    for title in tables:
        lines += ["", title, ""] if lines else [title, ""]
        for row in (row for row in rows if row["table"] == title.rstrip(":")):
            lines.append(f"{row['heading']:{_INDENT - 1}} {row['key']}")
            lines.append(" " * _INDENT + row["meaning"])
        if title == _FIRST:
            lines += _signs()
    return Document(title="Columns", parts=(Block("\n".join(lines)),), data=lambda: rows)


def _signs() -> list[str]:
    left_out = ", ".join(TEXTS[key][0].format(unit="FLOP") for key in LEFT_OUT)
    found = []
    for text in (
        "0 is zero. ? is not known: no rule, no time, or no measured peak to compare with. - does not "
        "apply: without operations there is no speed, and what is fused has no time of its own.",
        "Rows without a number are not operators: `outside operators` is time between operators, `beyond "
        "medians` is what the medians of all operators leave of the median inference.",
        f"Where a terminal is narrow, columns are left out in this order: {left_out}.",
    ):
        found += ["", text]
    return found
