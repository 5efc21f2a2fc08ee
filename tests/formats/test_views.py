"""Which rows and columns a report shows: sorted, the most expensive only, grouped, chosen."""

import csv
import io

import pytest
from rich.console import Console

from made_reports import float_analysis, model, operator
from tflops_native.errors import OptionError
from tflops_native.formats.explained_columns import columns_document
from tflops_native.formats.operator_table import operator_table, root_of
from tflops_native.formats.registry import render
from tflops_native.formats.report import report_document
from tflops_native.formats.text import print_text
from tflops_native.formats.view import View
from tflops_native.ops import Cost
from tflops_native.reports.report import Report
from zoo import EXAMPLES


def many(count=30):
    """A report of so many operators, of 1, 2, 3, ... MACs and the bytes the other way round."""
    analysis = float_analysis()
    operators = tuple(
        operator(
            index,
            "CONV_2D" if index % 3 else "ADD",
            (),
            ((1, 8),),
            Cost(macs=index + 1),
            bytes_read=1000 - index,
            layer=f"net/block_{index // 10}/conv_{index}",
        )
        for index in range(count)
    )
    return Report.of(model(), analysis=replace_operators(analysis, operators))


def replace_operators(analysis, operators):
    import dataclasses

    return dataclasses.replace(analysis, operators=operators)


def indices(report, **view):
    table = operator_table(report, report.analysis, View(**view))
    return [row.cells[0].text for row in table.rows if row.is_record]


def on_terminal(report, view):
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, color_system=None)
    print_text(report_document(report, view), console)
    return stream.getvalue().split("\n\n")[0].splitlines()


def test_a_terminal_gets_the_twenty_most_expensive_and_the_sums_of_the_others():
    lines = on_terminal(many(), View())
    # Headings, rows, the sums, headings once more, a legend.
    assert len(lines) == 1 + 20 + 1 + 1 + 1
    assert [line.split()[0] for line in lines[1:21]] == [str(n) for n in range(29, 9, -1)]
    # 2 FLOPs per MAC: 1 + ... + 10 of them.
    assert lines[21].split()[:4] == ["10", "others", "55", "110"]


def test_all_of_them_where_they_are_asked_for_or_are_few():
    assert len(on_terminal(many(), View(is_whole=True))) == 1 + 30 + 1 + 1
    lines = on_terminal(many(20), View())
    assert [line.split()[0] for line in lines[1:21]] == [str(n) for n in range(20)]


def test_files_and_pipes_have_all_rows():
    report = many()
    for form in ("text", "csv", "markdown", "html"):
        text = render(report_document(report), form)
        assert all(f"conv_{index}" in text for index in range(30))


@pytest.mark.parametrize(
    ("sort", "order"),
    [("index", range(30)), ("flops", range(29, -1, -1)), ("bytes", range(30))],
)
def test_rows_are_sorted(sort, order):
    assert indices(many(), sort=sort) == [str(index) for index in order]


def test_sorted_by_time(made):
    assert indices(made("float"), sort="time") == ["0", "2", "1"]


def test_the_most_expensive_by_what_they_are_sorted_by():
    assert indices(many(), top=3) == ["29", "28", "27"]
    assert indices(many(), top=3, sort="bytes") == ["0", "1", "2"]
    text = render(report_document(many(), View(top=3)), "text")
    assert "27 others" in text


def test_chosen_columns_stand_in_their_order_in_every_format():
    view = View(columns=("macs", "FLOPs%", "#"))
    report = many(2)
    (heading, *rows) = csv.reader(io.StringIO(render(report_document(report, view), "csv")))
    assert heading == ["macs", "share", "index", "depth"]
    assert [row[0] for row in rows] == ["1", "2"]
    text = render(report_document(report, view), "text").split("\n\n")[0].splitlines()
    assert text[0].split() == ["MACs", "FLOPs%", "#"]
    assert "10 others" not in "".join(on_terminal(many(), view))


@pytest.mark.parametrize("name", ["float", "mixed"])
@pytest.mark.parametrize("by", [None, "type", "layer"])
def test_every_column_that_can_be_chosen_says_something(made, name, by):
    """Those that only CSV has otherwise were empty for people."""
    report = made(name)
    heading, *_ = csv.reader(io.StringIO(render(report_document(report, View(by=by)), "csv")))
    keys = tuple(key for key in heading if key not in ("depth", "class_name"))
    table = next(
        part
        for part in report_document(report, View(by=by, columns=keys)).parts
        if hasattr(part, "columns")
    )
    assert [column.key for column in table.columns if column.is_shown] == list(keys)
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            if column.is_shown and (row.is_record or cell.value is not None):
                assert cell.text, (column.key, cell)


def test_an_unknown_column_lists_those_there_are():
    with pytest.raises(OptionError, match="there is no column 'flop'; there are index, operator"):
        report_document(many(), View(columns=("flop",)))


def test_views_that_contradict_themselves():
    with pytest.raises(OptionError, match="--depth is for the tree of layers: add --by layer"):
        View(depth=2, by="type")
    with pytest.raises(OptionError, match="--top and --all contradict each other"):
        View(top=2, is_whole=True)


def groups(report, **view):
    text = render(report_document(report, View(**view)), "text").split("\n\n")[0]
    return [line.split()[:3] for line in text.splitlines()[1:]]


def test_types_add_up():
    assert groups(many(), by="type") == [["CONV_2D", "20", "320"], ["ADD", "10", "145"]]


def test_layers_are_a_tree():
    report = many()
    assert groups(report, by="layer", depth=2) == [
        ["net", "30", "465"],
        ["block_0", "10", "55"],
        ["block_1", "10", "155"],
        ["block_2", "10", "255"],
    ]
    assert groups(report, by="layer", depth=2, sort="flops")[1][0] == "block_2"
    assert len(groups(report, by="layer")) == 1 + 3 + 30
    brief = on_terminal(report, View(by="layer"))
    # The largest ones, each below the group that it lies in.
    assert len(brief) == 1 + 20 + 1 + 1
    assert [line.split()[0] for line in brief[1:4]] == ["net", "block_2", "conv_29"]


def test_what_has_no_layer_is_other(made):
    assert groups(made("count"), by="layer") == [["other", "3", "195k"]]


def test_groups_as_csv_have_whole_names():
    text = render(report_document(many(), View(by="layer")), "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[2]["layer"] == "net/block_0/conv_0"
    assert [row["depth"] for row in rows[:3]] == ["0", "2", "4"]


def test_zero_unknown_and_not_applicable_are_told_apart(made):
    report = made("mixed")
    table = operator_table(report, report.analysis)
    keys = [column.key for column in table.columns]
    cells = [dict(zip(keys, row.cells, strict=True)) for row in table.rows]
    assert cells[1]["macs"].text == cells[1]["operations_per_second"].text == "?"
    assert cells[2]["macs"].text == "0"
    report = made("roofline")
    table = operator_table(report, report.analysis)
    fused = dict(zip(keys, table.rows[1].cells, strict=True))
    assert (fused["operations"].text, fused["share"].text) == ("0", "0")
    assert (fused["time_seconds"].text, fused["time_share"].text) == ("fused", "-")
    assert (fused["utilization"].text, fused["bound"].text) == ("-", "-")


def test_every_column_that_people_see_is_explained(made):
    text = render(columns_document(), "text")
    for name in ("count", "float", "mixed", "roofline"):
        report = made(name)
        for column in operator_table(report, report.analysis).shown:
            assert column.meaning
            assert f"{column.key}\n" in text


@pytest.mark.parametrize(
    ("layers", "root"),
    [
        ([], ""),
        (["a/b"], ""),
        (["a/b", None, "a/c"], "a/"),
        (["a/b/c", "a/b/d/e"], "a/b/"),
        (["ab/c", "a/c"], ""),
        (["a", "a/b"], "a/"),
    ],
)
def test_what_all_layers_begin_with(layers, root):
    assert root_of(layers) == root


def test_the_command_line_takes_views(tflops):
    example = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
    ended = tflops("count", example, "--by", "type")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[1].split()[:2] == ["CONV_2D", "15"]
    ended = tflops("count", example, "--top", "2", "--columns", "index,macs")
    assert [line.split() for line in ended.out.splitlines()[1:3]] == [["6", "590k"], ["10", "590k"]]
    ended = tflops("count", example, "--depth", "2")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == "error: --depth is for the tree of layers: add --by layer\n"
    ended = tflops("explain", "columns")
    assert (ended.status, ended.err) == (0, "")
    assert "limited by  bound\n" in ended.out
