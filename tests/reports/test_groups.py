"""Groups of operators: their sums are those of the model, whatever it is."""

import lzma

import pytest

from made_reports import operator
from tflops_native.model.reader import load
from tflops_native.ops import Cost
from tflops_native.reports.groups import by_layer, by_type
from tflops_native.reports.report import Report
from tflops_native.reports.rows import ReportRow
from workloads import analyze_model
from zoo import EXAMPLES, MODELS

PATHS = [*sorted(EXAMPLES.glob("*.tflite")), *sorted(MODELS.rglob("*.tflite.xz"))]


def totals(groups):
    return {
        "operators": sum(group.operators for group in groups),
        "macs": sum(group.macs for group in groups),
        "operations": sum(group.operations for group in groups),
        "parameters": sum(group.parameters for group in groups),
        "bytes_read": sum(group.bytes_read for group in groups),
        "bytes_written": sum(group.bytes_written for group in groups),
    }


def children(groups, position):
    """The groups that lie directly in one."""
    depth = groups[position].depth
    for group in groups[position + 1 :]:
        if group.depth <= depth:
            return
        if group.depth == depth + 1:
            yield group


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_groups_of_all_test_models_add_up_to_the_model(path):
    data = path.read_bytes()
    model = load(lzma.decompress(data) if path.suffix == ".xz" else data)
    shapes = {"": (1, 28, 28, 1)} if path.stem == "single_conv_dynamic" else {}
    analysis = analyze_model(model, input_shapes=shapes)
    report = Report.of(model, analysis)
    whole = {
        "operators": len(analysis.operators),
        "macs": analysis.macs,
        "operations": analysis.total.operations,
        "parameters": analysis.parameters,
        "bytes_read": analysis.bytes_read,
        "bytes_written": analysis.bytes_written,
    }
    assert totals(report.by_type) == whole
    tree = report.by_layer
    assert totals([group for group in tree if group.depth == 0]) == whole
    for position, group in enumerate(tree):
        inner = list(children(tree, position))
        if inner:
            expected = totals([group])
            assert totals(inner) == expected


@pytest.mark.parametrize("name", ["float", "mixed", "roofline"])
def test_times_of_groups_add_up(made, name):
    report = made(name)
    known = sum(row.time.estimate.typical_seconds for row in report.rows if row.time is not None)
    for groups in (report.by_type, [group for group in report.by_layer if group.depth == 0]):
        assert sum(group.time_seconds or 0 for group in groups) == pytest.approx(known)
        assert sum(group.time_share or 0 for group in groups) == pytest.approx(
            known / report.timing.profile.inference_seconds
        )


def row(index, name, layer, macs=1):
    return ReportRow(operator=operator(index, name, (), (), Cost(macs=macs), layer=layer))


def test_the_tree_by_hand():
    rows = [
        row(0, "CONV_2D", "net/stem/conv", 1),
        row(1, "CONV_2D", "net/blocks/a/conv", 2),
        row(2, "ADD", "net/blocks/a", 4),
        row(3, "CONV_2D", "net/blocks/b/deep/conv", 8),
        row(4, "SOFTMAX", None, 16),
        row(5, "RELU", "net/stem/conv", 32),
    ]
    found = [(group.name, group.depth, group.is_rest, group.macs) for group in by_layer(rows)]
    assert found == [
        ("net", 0, False, 47),
        ("net/stem/conv", 1, False, 33),
        ("net/blocks", 1, False, 14),
        ("net/blocks/a", 2, False, 6),
        ("net/blocks/a/conv", 3, False, 2),
        ("net/blocks/a", 3, True, 4),
        ("net/blocks/b/deep/conv", 2, False, 8),
        (None, 0, False, 16),
    ]
    assert [(group.name, group.macs) for group in by_type(rows)] == [
        ("RELU", 32),
        ("SOFTMAX", 16),
        ("CONV_2D", 11),
        ("ADD", 4),
    ]


def test_a_path_without_end_is_no_trouble():
    (group,) = by_layer([row(0, "ADD", "/".join("a" * 1000))])
    assert group.depth == 0


def test_what_is_not_known_is_not_added_up_in_silence(made):
    report = made("mixed")
    (unknown,) = [group for group in report.by_type if group.not_counted]
    assert unknown.operations_per_second is None
    assert [group.untimed for group in made("float").by_type] == [0, 0, 0]
    assert [group.time_seconds for group in made("count").by_type] == [None, None, None]
