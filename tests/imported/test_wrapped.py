"""Logs that a terminal broke at its width, whatever it is: a part of a number is another number.

Each width has lines that are just as long, so that nothing shows that they are whole.
"""

import io

import pytest

from imported.log_writer import MEAN, PREFIXES, RUNS, VERSIONS, WARM_UP, XNNPACK_EVENTS
from tflops_native.errors import ProfileFormatError
from tflops_native.imported.load import load_timing
from workloads import workload
from zoo import EXAMPLES, MODELS

# Of one digit, and of two.
SUBJECTS = {
    name: workload(path)
    for name, path in {
        "phone": MODELS / "phone" / "phone.tflite",
        "mobilenet": EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite",
    }.items()
}
CASES = [
    *((version, "phone", False) for version in VERSIONS if version != "litert head"),
    *((version, "phone", True) for version in ("2.13", "litert 2")),
    ("2.13", "mobilenet", False),
]
KEPT = ["plain", "threadtime", "brief", "jenkins", "ts", "compose", "glog", "quoted"]


def times_of(operators):
    return {operator.index: 3 + 7 * operator.index for operator in operators}


def printed(version, subject, *, delegated=False):
    """The lines of a benchmark of a model."""
    subgraph = subject.entry.subgraph
    rows = []
    for operator in subgraph.operators:
        kind = XNNPACK_EVENTS.get(operator.name, operator.name) if delegated else operator.name
        name = (
            f"Delegate/{kind}:{operator.index}"
            if delegated
            else VERSIONS[version].name(subgraph.tensors[operator.outputs[0]].name, operator.index)
        )
        rows.append((kind, name, times_of([operator])[operator.index]))
    return VERSIONS[version].benchmark(subject.model.size_bytes, rows, [])


def wrapped(text, columns):
    """As a terminal shows it, and `fold` writes it."""
    lines = [line.expandtabs() for line in text.split("\n")]
    return "\n".join(
        line[at : at + columns] for line in lines for at in range(0, max(len(line), 1), columns)
    )


def check(text, subject):
    timing = load_timing(io.BytesIO(text.encode()), subject)
    assert timing.latency.mean_seconds == pytest.approx(MEAN * 1e-6)
    assert timing.latency.runs == RUNS
    assert timing.warm_up.runs
    assert timing.initialization_ns in (None, 12_500_000)
    found = {o.index: o.estimate.typical_seconds * 1e6 for o in timing.profile.operators}
    assert found == pytest.approx(times_of(subject.entry.subgraph.operators))
    assert not timing.notes


@pytest.mark.parametrize(("version", "name", "delegated"), CASES)
@pytest.mark.parametrize("kept", KEPT)
def test_any_width(version, name, delegated, kept):
    subject = SUBJECTS[name]
    text = PREFIXES[kept](printed(version, subject, delegated=delegated))
    longest = max(len(line.expandtabs()) for line in text.split("\n"))
    step = 7 if name == "phone" else 31
    # Of narrower ones less than 40 columns are left for what is printed.
    prefix = text.index("STARTING!" if "STARTING!" in text else "The input")
    for columns in range(40 + prefix, longest + step, step):
        check(wrapped(text, columns), subject)


@pytest.mark.parametrize("kept", ["plain", "threadtime"])
@pytest.mark.parametrize("version", ["2.13", "2.4"])
def test_widths_at_which_a_line_just_fits(version, kept):
    subject = SUBJECTS["phone"]
    text = PREFIXES[kept](printed(version, subject))
    widths = {len(line.expandtabs()) for line in text.split("\n")}
    for columns in sorted(width for width in widths if width >= 100):
        check(wrapped(text, columns), subject)


@pytest.mark.parametrize("version", ["2.13", "litert 2", "1.14"])
def test_a_row_that_is_broken_where_nothing_shows_the_width(version):
    """At the last place where one row is broken, all others fit: in its name, or in its number."""
    subject = SUBJECTS["mobilenet"]
    text = "\n".join(printed(version, subject))
    widths = sorted({len(line.expandtabs()) for line in text.split("\n")})
    for columns in range(widths[-2] + 1, widths[-1]):
        check(wrapped(text, columns), subject)


@pytest.mark.parametrize("version", VERSIONS)
def test_narrow_ones_give_no_other_time(version):
    """Of what is broken everywhere: the right figures or an error."""
    subject = SUBJECTS["phone"]
    text = PREFIXES["threadtime"](printed(version, subject))
    expected = times_of(subject.entry.subgraph.operators)
    for columns in range(44, 84, 3):
        try:
            timing = load_timing(io.BytesIO(wrapped(text, columns).encode()), subject)
        except ProfileFormatError:
            continue
        assert timing.latency.mean_seconds == pytest.approx(MEAN * 1e-6)
        for operator in timing.profile.operators if timing.profile is not None else ():
            time = operator.estimate.typical_seconds * 1e6
            assert time == pytest.approx(expected[operator.index])
        if timing.warm_up is not None and timing.warm_up.runs:
            assert timing.warm_up.runs != RUNS
    assert WARM_UP != MEAN


@pytest.mark.parametrize("kept", ["plain", "threadtime"])
def test_a_line_of_another_program_that_just_fits(kept):
    """It is no beginning of what stands below it, and no end of what stands above."""
    subject = SUBJECTS["phone"]
    form = PREFIXES[kept]
    shown = form(printed("2.13", subject)).split("\n")
    start = "05-31 10:31:13.010  1234  5678 W Other: " if kept == "threadtime" else "WARNING: "
    columns = 120
    noise = (start + "something that happened at the same time, and is said at length " * 3)[
        :columns
    ]
    at = next(at for at, line in enumerate(shown) if line.endswith("]:3"))
    for place in (0, 2, at, at + 1):
        text = wrapped("\n".join([*shown[:place], noise, *shown[place:]]), columns)
        timing = load_timing(io.BytesIO(text.encode()), subject)
        assert timing.latency.mean_seconds == pytest.approx(MEAN * 1e-6)
        found = {o.index: o.estimate.typical_seconds * 1e6 for o in timing.profile.operators}
        assert found == pytest.approx(times_of(subject.entry.subgraph.operators))
