"""Every way to keep a log, with every version, with every kind of delegate: the same figures come back."""

import pytest

from imported.log_writer import (
    MEAN,
    PREFIXES,
    RUNS,
    VERSIONS,
    WARM_UP,
    WARM_UPS,
    XNNPACK_EVENTS,
)
from tflops_native.imported.files import read_recorded
from tflops_native.imported.load import load_timing
from workloads import workload
from zoo import MODELS

MODEL = MODELS / "phone" / "phone.tflite"
# Which of them each version can print.
DELEGATES = {
    "1.10": ("none", "gpu", "nnapi"),
    "1.14": ("none", "gpu", "nnapi"),
    "2.4": ("none", "gpu", "nnapi", "hexagon", "xnnpack inside"),
    "2.13": ("none", "gpu", "nnapi", "xnnpack"),
    "mcux": ("none", "gpu"),
    "litert 2": ("none", "xnnpack"),
    "litert head": ("none", "xnnpack"),
}
CASES = [
    (prefix, version, delegate)
    for prefix in PREFIXES
    for version, delegates in DELEGATES.items()
    for delegate in delegates
]


@pytest.fixture(scope="module")
def subject():
    return workload(MODEL)


def described(subgraph, version, delegate):
    """Rows, rows of insides, and what must come back: by operator, and the delegate's lumps."""
    operators = subgraph.operators
    time = {o.index: 3 + 71 * o.index for o in operators}

    def outputs(operator):
        return ", ".join(subgraph.tensors[index].name for index in operator.outputs)

    def own(operator):
        name = VERSIONS[version].name(outputs(operator), operator.index)
        return operator.name, name, time[operator.index]

    def lump(name, last, microseconds, number):
        label = VERSIONS[version].name(outputs(last), len(operators) + number)
        return name, label, microseconds

    if delegate == "none":
        return [own(o) for o in operators], [], time, []
    if delegate == "xnnpack":
        rows = [
            (k := XNNPACK_EVENTS[o.name], f"Delegate/{k}:{o.index}", time[o.index])
            for o in operators
        ]
        return rows, [], time, []
    if delegate == "xnnpack inside":
        rows = [lump("TfLiteXNNPackDelegate", operators[-1], 4000, 0)]
        inside = [
            ("DelegateOpInvoke", f"Delegate/{XNNPACK_EVENTS[o.name]}:{o.index}", time[o.index])
            for o in operators
        ]
        return rows, inside, time, []
    if delegate == "nnapi":
        # The third operator stays with the runtime and cuts the delegate in two. Its first part makes
        # what the second one adds, too.
        rows = [lump("TfLiteNnapiDelegate", operators[1], 700, 0), own(operators[2])]
        rows.append(lump("TfLiteNnapiDelegate", operators[-1], 900, 1))
        return rows, [], {2: time[2]}, [(700, (0, 1)), (900, (3, 4, 5, 6))]
    name = {"gpu": "TfLiteGpuDelegateV2", "hexagon": "TfLiteHexagonDelegate"}[delegate]
    rows = [lump(name, operators[-1], 4000, 0)]
    if delegate == "hexagon":
        # Cycles, which look like a lot of time.
        rows += [("DelegateOpInvoke", f"Delegate/{o.name}:{o.index}", 90_000) for o in operators]
    return rows, [], {}, [(4000, tuple(range(len(operators))))]


def test_there_are_enough():
    assert len(CASES) >= 300


@pytest.mark.parametrize(
    ("prefix", "version", "delegate"), CASES, ids=[" | ".join(case) for case in CASES]
)
def test_the_same_figures_come_back(subject, tmp_path, prefix, version, delegate):
    subgraph = subject.entry.subgraph
    rows, inside, expected, lumps = described(subgraph, version, delegate)
    lines = VERSIONS[version].benchmark(subject.model.size_bytes, rows, inside)
    path = tmp_path / "phone.log"
    path.write_bytes(PREFIXES[prefix](lines).encode())
    timing = load_timing(path, subject)
    latency, warm_up = timing.latency, read_recorded(path).warm_up
    assert (latency.mean_seconds, latency.runs) == (pytest.approx(MEAN * 1e-6), RUNS)
    assert (warm_up.mean, warm_up.count) == (pytest.approx(WARM_UP * 1e-6), WARM_UPS)
    found = {o.index: o.estimate.typical_seconds * 1e6 for o in timing.profile.operators}
    assert found == pytest.approx(expected)
    found = timing.profile.unmatched
    assert [(round(e.estimate.typical_seconds * 1e6), e.operators) for e in found] == lumps
    assert timing.profile.fused == ()
    assert timing.profile.outside_seconds >= 0
    assert {note.code for note in timing.notes} <= {"delegate_in_cycles"}
