"""Imports point one way, printing has one place, and nothing heavy is loaded before it is needed."""

import ast
import graphlib
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import tflops_native
from zoo import EXAMPLES

PACKAGE = Path(tflops_native.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
# From the bottom up: a file imports from its own layer and from those below it.
LAYERS = (
    ("errors", "formatting", "notes", "plain", "plain_json", "progress"),
    ("checks", "compiled", "plain_reading", "plain_schema", "result", "whole_files"),
    ("cache", "isolation", "locks"),
    ("model",),
    ("ops",),
    ("given_data",),
    ("workload",),
    ("arenas",),
    ("machine",),
    ("runtime",),
    ("timing",),
    ("profile", "stability"),
    ("analysis",),
    ("measurement",),
    ("imported",),
    ("reports",),
    ("formats",),
    ("pipeline",),
    ("api",),
    ("batch_jobs", "board", "collecting", "comparing", "gate", "sweeps"),
    ("batch_counts",),
    ("batches",),
    ("fleets",),
    ("cli",),
)
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}


def layer(path):
    """ "ops" for ops/matmul.py, "api" for api.py, "" for the package's own files."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first in ("__init__", "__main__") else first


def imported(tree):
    """The modules and names that a file imports, written out, those for type checkers too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def own_imports(path):
    """The names of this package that a file imports, without the package: "ops.matmul.MatMul"."""
    return {
        name.removeprefix("tflops_native.")
        for name in imported(tree_of(path))
        if name.startswith("tflops_native.")
    }


def own_layers(path):
    """The layers of this package that a file imports."""
    return {name.split(".")[0] for name in own_imports(path)} - {"__version__"}


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def files_imported(path):
    """The files that a file imports: a package stands for its `__init__.py`."""
    for name in own_imports(path):
        parts = name.split(".")
        for length in (len(parts), len(parts) - 1):
            place = PACKAGE.joinpath(*parts[:length])
            if place.with_suffix(".py").is_file():
                yield place.with_suffix(".py")
                break
            if length and (place / "__init__.py").is_file():
                yield place / "__init__.py"
                break


def test_no_file_lies_on_a_circle():
    graph = {path: set(files_imported(path)) - {path} for path in FILES if layer(path)}
    graph = {path: {other for other in others if other in graph} for path, others in graph.items()}
    sorter = graphlib.TopologicalSorter(graph)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(map(name_of, error.args[1])))


# Both are for other programs, which know no file of ours: nothing here imports from them.
PUBLIC_PACKAGES = {"ops/__init__.py", "cli/__init__.py"}


def test_there_is_something_to_look_at():
    assert {layer(path) for path in FILES} - {""} <= set(LEVELS)


# All of one file in one test, so that it is read once.
@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_keeps_the_rules(path):
    names_are_imported_from_where_they_are_defined(path)
    imports_point_down(path)
    the_compiled_part_is_imported_in_one_place(path)
    only_the_command_line_prints_and_exits(path)
    nothing_is_asserted(path)


def names_are_imported_from_where_they_are_defined(path):
    if not layer(path):
        return
    if path.name == "__init__.py":
        assert name_of(path) in PUBLIC_PACKAGES or own_imports(path) == set()
    packages = [name_of(other) for other in files_imported(path) if other.name == "__init__.py"]
    assert packages == []


def imports_point_down(path):
    here = layer(path)
    if not here:
        # The package's own files hand out names when they are asked for, and run the command line.
        return
    found = own_layers(path) - {here, "_native"}
    assert {name: LEVELS[name] for name in found if LEVELS[name] >= LEVELS[here]} == {}


def the_compiled_part_is_imported_in_one_place(path):
    names = {name.split(".")[0] for name in own_imports(path)}
    is_checked_only = "if TYPE_CHECKING:" in path.read_text(encoding="utf-8")
    if name_of(path) != "compiled.py" and not is_checked_only:
        assert "_native" not in names


def only_the_command_line_prints_and_exits(path):
    if layer(path) == "cli":
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "exit", "quit", "sys.exit", "click.echo"), node.lineno
            assert not called.startswith(("sys.stdout.write", "sys.stderr.write")), node.lineno


def nothing_is_asserted(path):
    asserted = [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Assert)]
    assert asserted == []


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
        ("import tflops_native.api", set()),
        ("import tflops_native.reports", set()),
        ("import tflops_native.formats.document", set()),
        ("import tflops_native.cli", set()),
        ("import tflops_native.cli.commands", {"click"}),
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


# Half of what there is, and as much time, for a command that needs none of it.
NOT_COUNTING = ("fleets", "imported", "measurement", "profile", "stability")


def test_a_count_loads_no_layer_that_measures_or_reads_results():
    own = "{name.split('.')[1] for name in sys.modules if name.startswith('tflops_native.')}"
    program = (
        "import atexit, sys; from tflops_native.cli import main; sys.argv[1:1] = ['count']; "
        f"atexit.register(lambda: print('loaded', *{own})); main()"
    )
    loaded = python(program, EXAMPLES / "single_conv_28x28.tflite").split("loaded ")[1].split()
    assert "analysis" in loaded
    assert set(NOT_COUNTING) <= {name.split(".")[0] for name in LEVELS}
    assert set(NOT_COUNTING) & set(loaded) == set()


def test_every_public_name_can_be_had():
    for name in tflops_native.__all__:
        assert getattr(tflops_native, name) is not None
    assert set(tflops_native.__all__) <= set(dir(tflops_native))
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        tflops_native.nonsense  # noqa: B018
