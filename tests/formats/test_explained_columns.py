"""Every column that a table of a command can have is explained."""

import ast

import pytest

from tflops_native.formats.explained_columns import columns_document
from tflops_native.formats.registry import render
from zoo import ROOT

FORMATS = ROOT / "python" / "tflops_native" / "formats"
# Label and text of documents without a table.
NO_TABLE = {"label", "text"}


def keys_of(path):
    """The keys of columns that are written out in a source file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Column":
            for argument in node.keywords:
                if argument.arg == "key" and isinstance(argument.value, ast.Constant):
                    found.add(argument.value.value)
    return found


@pytest.mark.parametrize("path", sorted(FORMATS.glob("*.py")), ids=lambda path: path.stem)
def test_all_columns_are_explained(path):
    explained = {row["key"] for row in columns_document().data()}
    assert keys_of(path) - explained - NO_TABLE == set()


def test_no_meaning_is_empty():
    for row in columns_document().data():
        assert row["meaning"].endswith(".")


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_text_on_a_page_is_not_wide(name):
    lines = (
        render(columns_document(), name).partition("<pre>")[2].partition("</pre>")[0].split("\n")
    )
    assert len(lines) > 100
    assert max(map(len, lines)) <= 100
