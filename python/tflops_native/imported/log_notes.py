"""Notes about logs, and the texts of their errors."""

from tflops_native.notes import Note

_OUTPUT_HINT = "write the profile to a file: --op_profiling_output_file=profile.csv"

NO_OPERATOR_TIMES = Note(
    code="no_operator_times",
    text="the file holds no times of operators",
    hint="benchmark_model gives them with --enable_op_profiling=true, LiteRT's with --use_profiler=true",
)
DROPPED_EVENTS = Note(
    code="events_dropped",
    text="the profiler dropped events: times of operators may be means of fewer runs",
    hint="give it more room: --max_profiling_buffer_entries=65536",
)
TEXT_PROTO = Note(
    code="text_proto",
    text="the profile is a protocol buffer in text form, which is not read",
    hint="write a CSV file: --op_profiling_output_mode=csv --op_profiling_output_file=profile.csv",
)


SEVERAL_SUBGRAPHS = Note(
    code="several_subgraphs",
    text="LiteRT's summary does not say which subgraph its rows are of, and several ran: "
    "the times of operators are left out",
    hint="TensorFlow Lite's benchmark_model --enable_op_profiling=true tells them apart",
)


def table_cut(rows: int) -> Note:
    """A table that ends after so many rows."""
    return Note(
        code="table_cut",
        text=f"the table of operators is cut off after {rows} rows: the times of operators are left out "
        "(logcat cuts a message at about 1 KB)",
        hint=_OUTPUT_HINT,
    )


def statistics_damaged(reason: str) -> Note:
    """A line of statistics that is not the one which the summary is of."""
    return Note(code="statistics_damaged", text=f"a line of statistics is left out: {reason}")


def benchmarks_left_out(total: int, left_out: list[str]) -> Note:
    """Of several benchmarks only one could be read; each other one with its number and the reason."""
    others = "another one" if len(left_out) == 1 else f"{len(left_out)} others"
    return Note(
        code="benchmarks_left_out",
        text=f"1 of {total} benchmarks is read, and {others} left out: {'; '.join(left_out)}",
    )


def rows_missing(rows: int, expected: int, strays: list[tuple[int, str]]) -> str:
    """Another number of rows than there should be, and the first line that is not one."""
    text = f"the table of operators has {rows} rows of {expected}"
    if strays:
        number, line = strays[0]
        text += f": line {number} cannot be read: {line.strip()[:60]!r}"
    return text


def row_cut(number: int, line: str) -> str:
    """A row of which the end is not there, or is another text."""
    return f"the table of operators is damaged: line {number} has no whole name: {line.strip()[-60:]!r}"


def lines_in_table(strays: list[tuple[int, str]]) -> Note:
    """Lines inside of a table that are not rows."""
    return _lines(strays, "lines_in_table", "inside of the table of operators not read")


def unknown_lines(unknown: list[tuple[int, str]]) -> Note:
    """Lines that no kind fits."""
    return _lines(unknown, "unknown_lines", "not understood")


def _lines(found: list[tuple[int, str]], code: str, what: str) -> Note:
    number, line = found[0]
    lines = "1 line" if len(found) == 1 else f"{len(found):,} lines"
    return Note(code=code, text=f"{lines} {what}, first line {number}: {line.strip()[:60]!r}")
