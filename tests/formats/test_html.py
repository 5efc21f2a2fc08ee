"""The HTML fragment of notebooks: well-formed, self-contained, and safe against names of a hostile file."""

from html.parser import HTMLParser

import pytest

from tflops_native.formats.notebook import render
from tflops_native.formats.operator_table import operator_table
from tflops_native.formats.report import report_document

FIGURE = {"svg", "path", "text", "circle", "rect", "title"}
ALLOWED = {"div", "b", "table", "thead", "tbody", "tr", "th", "td"} | FIGURE


def report_to_html(report):
    return render(report_document(report))


class Reader(HTMLParser):
    """Checks that tags nest, and collects the cells of each line of the table."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.lines, self.text = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        if tag not in FIGURE:
            assert {name for name, _ in attrs} <= {"style", "title"}
        if tag == "tr":
            self.lines.append([])
        if tag in ("th", "td"):
            self.lines[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if self.open[-1] in ("th", "td"):
            self.lines[-1][-1] += data


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_tags_nest_and_are_harmless(case):
    _, report = case
    html = report_to_html(report)
    reader = read(html)
    assert reader.tags <= ALLOWED
    assert "url(" not in html
    assert html.startswith("<div>")


def test_names_are_text(made):
    html = report_to_html(made("mixed"))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    reader = read(html)
    assert reader.lines[2][1] == "<script>alert(1)</script>"
    assert "<b>x</b> 100x1000 int8" in "".join(reader.text)


@pytest.mark.parametrize("name", ["count", "float", "mixed"])
def test_the_table_is_that_of_the_text(made, name):
    report = made(name)
    table = operator_table(report, report.analysis)
    reader = read(report_to_html(report))
    headings = [column.heading for column in table.shown]
    assert reader.lines == [headings, *map(table.texts, table.rows)]


def test_a_notebook_shows_it(made):
    report = made("float")
    assert report._repr_html_() == report_to_html(report)


def test_without_counts_there_is_no_table(made):
    assert "<table" not in report_to_html(made("time"))
