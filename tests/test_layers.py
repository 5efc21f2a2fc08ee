"""Imports point one way, printing has one place, and nothing heavy is loaded before it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tflops_native
from zoo import EXAMPLES

PACKAGE = Path(tflops_native.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# What each layer may import beside itself.
BELOW = {
    "errors": set(),
    "model": {"errors"},
    "ops": {"model", "errors"},
    "analysis": {"ops", "model", "errors"},
    "timing": {"ops", "model", "errors"},
    "reports": {"analysis", "timing", "ops", "model", "errors"},
    "plain": {"errors"},
    "notes": {"errors"},
    "formats": {"reports", "analysis", "timing", "ops", "model", "plain", "notes", "errors"},
    "api": {"reports", "analysis", "timing", "ops", "model", "errors"},
    "cli": {"formats", "reports", "plain", "analysis", "timing", "ops", "model", "errors"},
}

MEASURING = {"imported", "isolation", "machine", "measurement", "profile", "runtime", "stability"}


def layer(path):
    """ "ops" for ops/matmul.py, "api" for api.py, "" for the package's own file."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else named(first)


def named(part):
    if part.startswith("plain"):
        return "plain"
    return "timing" if part in MEASURING else part


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def nodes(tree):
    """All nodes but those that only a type checker sees."""
    for child in ast.iter_child_nodes(tree):
        if is_type_checking(child):
            for other in child.orelse:
                yield other
                yield from nodes(other)
        else:
            yield child
            yield from nodes(child)


def imported(tree):
    """The modules and names that a file imports, written out: "tflops_native.ops.Cost"."""
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_layers(path):
    """The layers of this package that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = [name.split(".") for name in imported(tree)]
    return {named(names[1]) for names in parts if names[0] == "tflops_native" and len(names) > 1}


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def test_there_is_something_to_look_at():
    assert {layer(path) for path in FILES} >= set(BELOW)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_down(path):
    here = layer(path)
    if not here:
        # The package's own file hands out names when they are asked for.
        assert own_layers(path) == {"errors"}
        return
    # The version is the package's own name.
    found = own_layers(path) - {here, "_native", "__version__"}
    assert found <= BELOW[here]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_compiled_part_is_imported_for_timing_only(path):
    if layer(path) != "timing":
        assert "_native" not in own_layers(path)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_the_command_line_prints_and_exits(path):
    if layer(path) == "cli":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "exit", "quit", "sys.exit", "click.echo"), node.lineno
            assert not called.startswith(("sys.stdout.write", "sys.stderr.write")), node.lineno


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_is_asserted(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)] == []


def python(program, *arguments):
    ended = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    assert ended.returncode == 0
    return ended.stdout


HEAVY = ("numpy", "tflops_native._native", "rich", "click")


@pytest.mark.parametrize(
    ("program", "allowed"),
    [
        ("import tflops_native", set()),
        ("from tflops_native import load, analyze, TflopsError", set()),
        ("import tflops_native; tflops_native.load(sys.argv[1])", set()),
        ("import tflops_native; tflops_native.analyze(sys.argv[1]).to_dict()", set()),
        ("import tflops_native.timing", set()),
        ("import tflops_native.reports", set()),
        ("import tflops_native.cli", {"click"}),
    ],
)
def test_what_is_loaded(program, allowed):
    ending = f"print(*(name for name in {HEAVY} if name in sys.modules))"
    loaded = python(f"import sys; {program}; {ending}", EXAMPLES / "single_conv_28x28.tflite")
    assert set(loaded.split()) == allowed


def test_the_package_itself_loads_no_layer_but_the_errors():
    program = (
        "import sys, tflops_native; "
        "print(*sorted(n for n in sys.modules if n.startswith('tflops_native')))"
    )
    assert python(program).split() == ["tflops_native", "tflops_native.errors"]


@pytest.mark.parametrize("blocked", ["tflops_native._native", "numpy"])
def test_counting_needs_neither_the_compiled_part_nor_numpy(blocked):
    program = (
        f"import sys; sys.modules[{blocked!r}] = None; "
        "from tflops_native.cli import main; sys.argv[1:1] = ['count']; main()"
    )
    assert "194,688 MACs" in python(program, EXAMPLES / "single_conv_28x28.tflite")


def test_every_public_name_can_be_had():
    for name in tflops_native.__all__:
        assert getattr(tflops_native, name) is not None
    assert set(tflops_native.__all__) <= set(dir(tflops_native))
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        tflops_native.nonsense  # noqa: B018
