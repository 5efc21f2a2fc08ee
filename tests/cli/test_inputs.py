"""--input, --fill and --seed: what reaches the runtime, what the report says of it, what is refused."""

import hashlib
import json

import numpy as np
import pytest

from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)
pytest.importorskip("builders")

from builders import ModelBuilder, options
from tflops_native.isolation import isolated

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"
INPUT = "input"


@pytest.fixture
def image(tmp_path):
    """An image for the convolutions, as a file."""
    path = tmp_path / "image.npy"
    np.save(path, np.full((1, 9, 7, 1), 0.5, np.float32))
    return path


@pytest.fixture
def selection(tmp_path):
    """A model that keeps the elements of x that are not zero: only data tells how many."""
    model = ModelBuilder()
    graph = model.graph()
    x = graph.input([8, 4], name="x")
    found = graph.tensor([1, 2], "INT64", shapeSignature=[-1, 2])
    chosen = graph.tensor([1], shapeSignature=[-1])
    graph.operator("WHERE", [x], [found], options("WhereOptions"))
    graph.operator("GATHER_ND", [x, found], [chosen], options("GatherNdOptions"))
    graph.outputs = [chosen]
    path = tmp_path / "selection.tflite"
    path.write_bytes(model.pack())
    return path


def measured(tflops, *arguments):
    ended = tflops("time", "-v", *arguments, "--runs", "1", "--format", "json")
    assert (ended.status, ended.err) == (0, "")
    return json.loads(ended.out)["reports"][0]["timing"]


def test_a_file_sets_the_shape_and_is_named(tflops, image):
    ended = tflops("report", "-v", DYNAMIC, "--input", image, "--runs", "1")
    assert (ended.status, ended.err) == (0, "")
    assert "input 1x9x7x1 float32 (in the file ?x?x?x1), from image.npy\n" in ended.out
    # 7 x 5 windows of 3 x 3, 32 channels.
    assert "total     10,080 MACs" in ended.out
    assert "counted as 1" not in ended.out


def test_the_record_of_a_file(tflops, image):
    timing = measured(tflops, DYNAMIC, "--input", f"{INPUT}={image}")
    assert timing["input_shapes"] == {INPUT: [1, 9, 7, 1]}
    assert timing["inputs"] == [
        {
            "name": INPUT,
            "type": "float32",
            "shape": [1, 9, 7, 1],
            "kind": "file",
            "seed": None,
            "low": None,
            "high": None,
            "file": str(image),
            "sha256": hashlib.sha256(image.read_bytes()).hexdigest(),
        }
    ]


def test_the_record_of_random_data_and_of_zeros(tflops):
    (record,) = measured(tflops, SINGLE, "--seed", "5")["inputs"]
    assert (record["kind"], record["seed"], record["low"], record["high"]) == ("random", 5, -1, 1)
    (record,) = measured(tflops, SINGLE, "--fill", "zeros")["inputs"]
    assert (record["kind"], record["seed"], record["sha256"]) == ("zeros", None, None)


def test_a_count_takes_the_shape_of_a_file(tflops, image):
    ended = tflops("count", "-v", DYNAMIC, "--input", image)
    assert (ended.status, ended.err) == (0, "")
    assert "total     10,080 MACs" in ended.out


def test_data_decides_shapes(tflops, selection, tmp_path):
    x = np.zeros((8, 4), np.float32)
    x[2, 1:3] = 1
    np.save(tmp_path / "x.npy", x)

    def chosen(*arguments):
        ended = tflops(
            "count", "-v", selection, "--shapes", "runtime", "--format", "json", *arguments
        )
        assert (ended.status, ended.err) == (0, "")
        (report,) = json.loads(ended.out)["reports"]
        return report["analysis"]["operators"][1]["output_shapes"]

    assert chosen() == [[32]]  # random numbers are hardly ever 0
    assert chosen("--input", tmp_path / "x.npy") == [[2]]
    ended = tflops("verify", selection, "--input", tmp_path / "x.npy")
    assert (ended.status, ended.err) == (0, "")
    assert tflops("verify", selection, "--fill", "zeros").status == 0


def test_the_range_of_indices_is_told(tflops, tmp_path):
    model = ModelBuilder()
    graph = model.graph()
    tokens, made = graph.input([1, 6], "INT32", name="tokens"), graph.tensor([1, 6, 2])
    table = graph.constant(np.zeros((5000, 2), np.float32))
    graph.operator("GATHER", [table, tokens], [made], options("GatherOptions"))
    graph.outputs = [made]
    path = tmp_path / "embedding.tflite"
    path.write_bytes(model.pack())
    ended = tflops("time", "-v", path, "--runs", "1", "--seed", "3")
    assert (ended.status, ended.err) == (0, "")
    assert "input     tokens 1x6, random 0 to 4,999 (seed 3)\n" in ended.out


@pytest.fixture
def bad_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("double.npy", np.zeros((1, 28, 28, 1)))
    np.save("flat.npy", np.zeros(784, np.float32))
    np.save("image.npy", np.zeros((1, 28, 28, 1), np.float32))
    np.save("objects.npy", np.array([None]))
    np.savez("other.npz", a=np.zeros(1), b=np.zeros(1))
    (tmp_path / "short.bin").write_bytes(bytes(10))
    (tmp_path / "damaged.npy").write_bytes((tmp_path / "image.npy").read_bytes()[:200])


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--input", "no.npy"), "cannot read input file 'no.npy': no such file"),
        (("--input", "photo.png"), "input file 'photo.png' must end in .npy, .npz or .bin"),
        (("--input", "y=image.npy"), "there is no input 'y'; the inputs are: input"),
        (("--input", "input="), "'input=' names no file: write it as photo.npy or name=photo.npy"),
        (("--input", "double.npy"), "has dtype float64, but input 'input' takes float32"),
        (("--input", "flat.npy"), "has shape 784, but input 'input' takes 1,28,28,1"),
        (("--input", "objects.npy"), "it holds Python objects, not numbers"),
        (("--input", "damaged.npy"), "cannot read input file 'damaged.npy': "),
        (("--input", "other.npz"), "there is no input 'a'; the inputs are: input"),
        (("--input", "short.bin"), "'short.bin' has 10 bytes, but input 'input' takes 3136: "),
        (
            ("--input", "image.npy", "--input-shape", "2,28,28,1"),
            "'image.npy' has shape 1,28,28,1, but 2,28,28,1 is asked for input 'input'",
        ),
        (("--input", "image.npy", "--input", "flat.npy"), "2 files are given for the only input"),
        (("--input", "image.npy", "--input", "input=image.npy"), "input 'input' is given twice"),
    ],
)
@pytest.mark.parametrize("command", ["report", "count"])
def test_bad_data_is_found_before_anything_is_run(
    refuses, monkeypatch, command, arguments, message
):
    monkeypatch.setattr(isolated, "run_isolated", None)
    assert message in refuses(command, SINGLE, *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seed", "-1"), "must be 0 or more, got -1"),
        (("--fill", "ones"), "'ones' is not one of 'random', 'zeros'"),
    ],
)
def test_bad_options(refuses, arguments, message):
    assert message in refuses("time", SINGLE, *arguments)
