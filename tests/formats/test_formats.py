"""CSV, Markdown and HTML of documents: read back by other readers, safe with names of a hostile file."""

import csv
import dataclasses
import io
import json
import lzma
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_documents import document, names
from tflops_native.errors import OptionError
from tflops_native.formats import notebook
from tflops_native.formats.document import (
    Figure,
    Line,
)
from tflops_native.formats.printable import printable, width
from tflops_native.formats.registry import OF_ALL, format_of_suffix, render
from tflops_native.formats.report import report_document
from tflops_native.model.reader import load
from tflops_native.notes import Note
from tflops_native.reports.report import Report
from workloads import analyze_model
from zoo import MODELS

rows = st.lists(st.tuples(names, st.floats(allow_nan=False, allow_infinity=False)), max_size=4)


def read_csv(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@given(rows)
def test_csv_is_read_back_and_nothing_in_it_is_a_formula(rows):
    heading, *read = read_csv(render(document(rows), "csv"))
    assert heading == ["name", "time_seconds"]
    assert [float(number) for _, number in read] == [number for _, number in rows]
    for (name, _), (original, _) in zip(read, rows, strict=True):
        assert name in (printable(original), f"'{printable(original)}")
        assert name.isprintable()
        if name.lstrip().startswith(("=", "+", "-", "@", "\uff1d")):
            float(name)  # a number, which is what it says


def test_csv_marks_formulas_and_leaves_numbers():
    written = document([(name, 1.0) for name in ["=1+1", "-5", "+1e3", "-5+A1", "plain"]])
    read = read_csv(render(written, "csv"))
    assert [name for name, _ in read[1:]] == ["'=1+1", "-5", "+1e3", "'-5+A1", "plain"]


class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.cells, self.open = set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.open.append(tag)
        if tag in ("th", "td"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("th", "td"):
            self.cells[-1] += data


def read_html(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@given(rows, names)
def test_html_holds_names_as_text(rows, name):
    written = document(rows, lines=[Line("input", name), Note(code="x", text=name)], blocks=[name])
    reader = read_html(notebook.render(written))
    assert reader.tags <= {"div", "b", "table", "thead", "tbody", "tr", "th", "td", "pre"}
    assert reader.cells[2::2] == [printable(name) for name, _ in rows]


@given(rows, names)
def test_no_format_hands_on_what_steers_a_terminal(rows, name):
    written = document(rows, lines=[Line("input", name)], blocks=[name])
    for form in OF_ALL:
        for line in render(written, form).split("\n"):
            assert line.isprintable()


def cells_of_markdown(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@given(rows, names)
def test_markdown_keeps_its_rows_and_no_name_is_markup(rows, name):
    written = document(rows, lines=[Line("input", name)], blocks=[name])
    text = render(written, "markdown")
    lines = text.split("\n")
    start = lines.index("| name | time |")
    assert lines[start + 1] == "| :--- | ---: |"
    table = lines[start + 2 : start + 2 + len(rows)]
    assert all(len(cells_of_markdown(line)) == 2 for line in table)
    without_own = re.sub("</?pre>|<!-- -->", "", text)
    assert "<" not in without_own
    assert not re.search(r"(?<!\\)`", "\n".join(table))


def test_markdown_mentions_nobody_and_leaves_names_readable():
    text = render(document([("@octocat", 1.0), ("depthwise_conv_2d", 1.0)]), "markdown")
    assert "@octocat" not in text
    assert "| depthwise_conv_2d |" in text


def test_markdown_says_totals_first_and_folds_long_tables():
    short = render(document([("a", 1.0)], lines=[Line("total", "5 MACs")]), "markdown")
    assert "<details>" not in short
    text = render(document([("a", 1.0)] * 21, lines=[Line("total", "5 MACs")]), "markdown")
    assert text.index("5 MACs") < text.index("<details><summary>rows</summary>\n\n| name")
    assert text.endswith("</details>")


@pytest.mark.parametrize("letter", ["a", "|", "<", "\u4e00"])
def test_markdown_stays_below_a_mebibyte_and_says_what_is_missing(letter):
    written = document([(letter * 1000, 1.0)] * 3000, lines=[Line("x", letter * 10_000)] * 200)
    text = render(written, "markdown")
    assert len(text.encode()) < 1 << 20
    assert len(text.encode()) > 900_000
    missing = int(re.search(r"([\d,]+) more rows left out here", text)[1].replace(",", ""))
    assert missing + text.count("| 1s |") == 3000
    assert text.endswith("</details>")


def test_figures_are_in_html_only():
    written = document([("a", 1.0)])
    drawn = dataclasses.replace(written, parts=(*written.parts, Figure("f", "<svg></svg>")))
    for form in ("text", "csv", "markdown", "json", "latex"):
        assert render(drawn, form) == render(written, form)
    assert "<svg></svg>" in render(drawn, "html")


@given(st.text(), st.integers(4, 300))
def test_long_names_are_shortened_in_the_middle(text, limit):
    found = printable(text, limit)
    assert found.isprintable()
    assert len(found) == min(len(text), limit)
    if len(text) > limit:
        assert found[0] == printable(text[0])
        assert found[-1] == printable(text[-1])


def test_wide_characters_take_two_cells():
    assert (width("abc"), width("\u4e00\u4e01"), width("e\u0301")) == (3, 4, 1)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.json", "json"),
        ("b.CSV", "csv"),
        ("c.md", "markdown"),
        ("d.htm", "html"),
        ("e.txt", "text"),
        ("f.tex", "latex"),
    ],
)
def test_the_suffix_chooses_the_format(name, form):
    assert format_of_suffix(name) == format_of_suffix(Path("/some") / name) == form


@pytest.mark.parametrize("name", ["a", "a.xlsx", ".json.gz"])
def test_an_unknown_suffix_is_refused(name):
    with pytest.raises(
        OptionError, match=r"does not say its format; end its name in one of \.txt, "
    ):
        format_of_suffix(name)


def test_an_unknown_format_is_refused():
    with pytest.raises(OptionError, match="there is no format 'xml'; there are text, json, csv"):
        render(document([]), "xml")


def test_csv_of_a_report_adds_up(case):
    name, report = case
    found = list(csv.DictReader(io.StringIO(render(report_document(report), "csv"))))
    if name == "time":
        (row,) = found
        assert float(row["median_seconds"]) == pytest.approx(2.1e-6)
        return
    assert [row["index"] for row in found] == ["0", "1", "2"]
    (plain,) = json.loads(render(report_document(report), "json"))["reports"]
    for key in ("macs", "bytes_read", "bytes_written"):
        assert sum(int(row[key] or 0) for row in found) == plain["analysis"][key]


def test_csv_of_a_loop_has_its_operators_with_their_depth():
    packed = MODELS / "control_flow" / "while_ten_matmuls.tflite.xz"
    model = load(lzma.decompress(packed.read_bytes()))
    analysis = analyze_model(model)
    text = render(report_document(Report.of(model, analysis)), "csv")
    found = list(csv.DictReader(io.StringIO(text)))
    outer = [row for row in found if row["depth"] == "0"]
    assert len(outer) == len(analysis.operators)
    assert sum(int(row["macs"] or 0) for row in outer) == analysis.macs
    inner = [row["index"] for row in found if row["depth"] != "0"]
    assert "0/body/0" in inner


def test_notes_have_codes(made):
    notes = report_document(made("mixed")).notes
    assert {note.code for note in notes} == {
        "not_exact",
        "shapes_from_file",
        "disturbed",
        "imprecise_operators",
        "unmatched_events",
    }
    (disturbed,) = [note for note in notes if note.code == "disturbed"]
    assert disturbed.hint == "try --pin 1"
