"""The table of docs/memory.md is what its command makes."""

import sys

import pytest

from zoo import ROOT

pytest.importorskip("tflops_native._native", exc_type=ImportError)

sys.path.insert(0, str(ROOT / "tools"))

import make_memory_table

PAGE = (ROOT / "docs" / "memory.md").read_text(encoding="utf-8")
TABLE = PAGE.partition(make_memory_table.BEGIN)[2].partition(make_memory_table.END)[0]
# Small ones, with state, several signatures, loops and hybrid kernels; the others take half a minute.
MADE_ANEW = (
    "attention_encoder-dynamic",
    "lstm_unrolled-int8",
    "mobilenet_v1_0.25_96_int8",
    "s19_state",
    "single_conv_dynamic",
    "two_sigs",
    "while_ten_matmuls",
)


def test_every_model_of_the_repository_is_in_it():
    missing = [
        name
        for name, _ in make_memory_table.repository()
        if f"| {name} |" not in TABLE and f"| {name}, " not in TABLE and name not in TABLE
    ]
    assert missing == []


@pytest.mark.parametrize("name", MADE_ANEW)
def test_rows_made_anew(name):
    model = dict(make_memory_table.repository())[name]
    made = list(make_memory_table.rows(name, model))
    assert made
    for row in made:
        assert row in TABLE.splitlines()


def test_no_arena_differs():
    for row in TABLE.splitlines()[2:]:
        if row.startswith("| "):
            _, _, _, arena, difference, state, runtime_state, _ = row.split("|")
            assert int(arena.replace(",", "")) > 0
            assert int(difference) == 0
            assert state == runtime_state
