"""Whether models fit into a memory: against plans made one by one."""

import itertools
import json

import pytest

import tflops_native
from tflops_native.errors import OptionError, ShapeError
from zoo import EXAMPLES, MODELS

pytest.importorskip("tflops_native._native", exc_type=ImportError)

MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
SIDES = range(32, 129, 32)
PATTERN = "1,{32..128..32},{32..128..32},3"


def arena(height, width, planner="tflite"):
    shape = (1, height, width, 3)
    return tflops_native.memory(MOBILENET, input_shapes=shape, planner=planner).arena_bytes


@pytest.mark.parametrize("planner", ["tflite", "tflm", "none"])
def test_the_largest_input_that_fits(planner):
    arenas = {pair: arena(*pair, planner) for pair in itertools.product(SIDES, SIDES)}
    for budget in (max(arenas.values()), 256 << 10, 100_000, min(arenas.values())):
        fit = tflops_native.fit_memory(
            MOBILENET, budget_bytes=budget, input_shapes=PATTERN, planner=planner
        )
        assert [shape.arena_bytes for shape in fit.shapes] == list(arenas.values())
        _, height, width, _ = fit.shapes[fit.largest].inputs[0].shape
        assert arenas[height, width] <= budget
        assert height * width == max(h * w for (h, w), size in arenas.items() if size <= budget)


def test_of_equal_shapes_the_square_one():
    fit = tflops_native.fit_memory(MOBILENET, budget_bytes=200_000, input_shapes=PATTERN)
    assert fit.shapes[fit.largest].asked == {"": (1, 64, 64, 3)}


def test_the_bound_itself_fits():
    size = arena(96, 96)
    for budget, fits in ((size, True), (size - 1, False)):
        fit = tflops_native.fit_memory(MOBILENET, budget_bytes=budget)
        assert (fit.fits, fit.shapes[0].ram_bytes) == (fits, size)


def test_flash_is_for_the_file():
    size = MOBILENET.stat().st_size
    for flash, fits in ((size, True), (size - 1, False)):
        assert tflops_native.fit_memory(MOBILENET, flash_bytes=flash).fits is fits


def test_state_is_memory_too():
    """A streaming model keeps some between runs."""
    model = (MODELS / "phone/s19_state.tflite").read_bytes()
    plan = tflops_native.memory(model)
    assert plan.state_bytes > 0
    fit = tflops_native.fit_memory(model, budget_bytes=plan.arena_bytes)
    assert not fit.fits
    assert fit.shapes[0].ram_bytes == plan.arena_bytes + plan.state_bytes


def test_shapes_that_the_model_refuses_are_marked():
    fit = tflops_native.fit_memory(MOBILENET, budget_bytes=1 << 30, input_shapes="1,64,64,{3,4}")
    taken, refused = fit.shapes
    assert taken.reason is None
    assert "4 input channels" in refused.reason
    assert fit.largest == 0


def test_bad_input():
    with pytest.raises(OptionError, match="give a budget"):
        tflops_native.fit_memory(MOBILENET)
    with pytest.raises(OptionError, match="budget_bytes"):
        tflops_native.fit_memory(MOBILENET, budget_bytes=-1)
    with pytest.raises(OptionError, match="10,000"):
        tflops_native.fit_memory(MOBILENET, budget_bytes=1, input_shapes="1,{1..999},{1..999},3")
    with pytest.raises(ShapeError, match="input channels"):
        tflops_native.fit_memory(MOBILENET, budget_bytes=1, input_shapes="1,64,64,{4,5}")


def test_the_command(tflops):
    ended = tflops("memory", MOBILENET, "--budget", "256KiB", "--input-shape", PATTERN)
    assert (ended.status, ended.err) == (0, "")
    assert "largest   1x64x64x3, arena 188KiB of 256KiB, fits: 68.0KiB left\n" in ended.out
    ended = tflops("memory", MOBILENET, "--budget", "256KiB", "--flash", "2MiB")
    assert ended.status == 1
    assert "arena 423KiB of 256KiB, does NOT fit: 167KiB too much\n" in ended.out
    assert "flash     model 1.81MiB of 2.00MiB, fits: " in ended.out


@pytest.mark.parametrize("output", ["text", "json", "csv", "markdown", "html"])
def test_formats(tflops, tmp_path, output):
    arguments = ("memory", MOBILENET, "--budget", "256KiB", "--input-shape", "1,{32,64},96,{3,4}")
    ended = tflops(*arguments, "--format", output)
    assert (ended.status, ended.err) == (0, "")
    assert ("288768" if output in ("json", "csv") else "282KiB") in ended.out
    if output == "json":
        path = tmp_path / "fit.json"
        path.write_text(ended.out)
        assert json.loads(ended.out)["fits"] is True
        assert tflops("show", path).out == tflops(*arguments).out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--budget", "12parsec"], "is not a size"),
        (["--input-shape", "1,{32,64},64,3"], "need --budget or --flash"),
        (["--budget", "1MB", "--input", "x.npy"], "cannot be combined"),
        (["--budget", "1MB", "--input-shape", "1,{64..32},64,3"], "write the smaller first"),
        (["--budget", "1MB", "--input-shape", "1,64,64,4"], "input channels"),
    ],
)
def test_bad_arguments(tflops, arguments, message):
    ended = tflops("memory", MOBILENET, *arguments)
    assert ended.status == 2
    assert message in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("command", ["count", "time", "report", "verify", "peaks"])
def test_a_drawing_that_a_command_does_not_make_is_refused_at_once(tflops, tmp_path, command):
    models = [] if command == "peaks" else [MOBILENET]
    ended = tflops(command, *models, "-o", tmp_path / "x.svg")
    assert (ended.status, ended.out) == (2, "")
    assert (
        "would be svg, which this command does not write; end its name in one of .txt" in ended.err
    )
