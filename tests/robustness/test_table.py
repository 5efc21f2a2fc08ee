"""docs/robustness.md: each row names a test that exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| Circumstance"))
]


def names_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_each_row_names_a_test_that_exists():
    assert len(ROWS) > 30
    for circumstance, answer, test in ROWS:
        assert circumstance
        assert answer
        path, name = re.fullmatch(r"`(.+\.py)::(test_\w+)`", test).groups()
        assert name in names_in(path)
