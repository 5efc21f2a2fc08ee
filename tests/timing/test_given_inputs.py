"""The user's own data: read, held against the inputs, and given to the runtime as it is."""

import hashlib

import numpy as np
import pytest

pytest.importorskip("builders")

from builders import ModelBuilder, options
from tflops_native.errors import InputDataError, ShapeError
from tflops_native.model.reader import load
from workloads import workload

X = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
N = np.array([7, 8], np.int32)


def model(*inputs):
    """A model with inputs of shape [-1, 3] float32, or what `inputs` says: (name, shape, type)."""
    builder = ModelBuilder()
    graph = builder.graph()
    for name, shape, kind in inputs or (("x", [-1, 3], "FLOAT32"), ("n", [2], "INT32")):
        stored = [1 if length == -1 else length for length in shape]
        graph.input(stored, kind, name=name, shapeSignature=shape)
    graph.outputs = [graph.tensor([1, 3])]
    graph.operator("ABS", [0], graph.outputs, options("AbsOptions"))
    return load(builder.pack())


ONE = model(("x", [-1, 3], "FLOAT32"))


def read(inputs, shapes=None, of=ONE):
    return workload(of, input_shapes=shapes, inputs=inputs).given


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Files of every kind, in the working directory."""
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", X)
    np.save("n.npy", N)
    np.savez("both.npz", x=X, n=N)
    np.savez_compressed("unnamed.npz", X)
    (tmp_path / "x.bin").write_bytes(X.tobytes())
    return tmp_path


@pytest.mark.parametrize("source", ["x.npy", "unnamed.npz", "x.bin", "array", "list of rows"])
@pytest.mark.parametrize("name", ["", "x"])
def test_every_kind_of_source_gives_the_same_bytes(files, source, name):
    given = {"array": X, "list of rows": list(X)}.get(source, source)
    found = read({name: given}, {"x": (2, 3)})
    assert list(found) == [0]
    assert found[0].array.tobytes() == X.tobytes()
    assert found[0].shape == (2, 3)
    is_file = isinstance(given, str)
    assert (
        found[0].file == (files / source).relative_to(files) if is_file else found[0].file is None
    )
    content = (files / source).read_bytes() if is_file else X.tobytes()
    assert found[0].sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.usefixtures("files")
def test_an_archive_gives_several_inputs():
    for inputs in (
        {"": "both.npz"},
        {"x": "both.npz", "n": "both.npz"},
        {"x": "x.npy", "n": "n.npy"},
    ):
        found = read(inputs, of=model())
        assert found[0].array.tolist() == X.tolist()
        assert found[1].array.tolist() == N.tolist()


def test_the_order_of_bytes_and_of_axes_is_that_of_the_runtime():
    for array in (X.astype(">f4"), np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
        (given,) = read({"x": array}).values()
        assert given.array.tobytes() == X.tobytes()


def test_a_length_that_the_file_fixes_can_be_asked_for():
    (given,) = read({"x": X.T}, {"x": (3, 2)}).values()
    assert given.shape == given.array.shape == (3, 2)


def test_a_scalar_stays_one():
    (given,) = read({"x": np.float32(3)}, of=model(("x", [], "FLOAT32"))).values()
    assert given.array.shape == ()


@pytest.mark.usefixtures("files")
def test_arrays_set_the_shapes_that_are_not_asked_for():
    def shapes(inputs, **asked):
        return workload(model(), input_shapes=asked, inputs=inputs).shapes_by_name

    assert shapes({}) == {"x": (1, 3), "n": (2,)}
    assert shapes({"x": "x.npy"}) == {"x": (2, 3), "n": (2,)}
    assert shapes({"x": "x.npy"}, x=(2, 3)) == {"x": (2, 3), "n": (2,)}
    assert shapes({"n": "n.npy"}, x=(5, 3)) == {"x": (5, 3), "n": (2,)}


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("inputs", "shapes", "message"),
    [
        ({"x": "no.npy"}, {}, "cannot read input file 'no.npy': no such file"),
        ({"x": "."}, {}, "input file '.' must end in .npy, .npz or .bin"),
        ({"x": "x.txt"}, {}, "input file 'x.txt' must end in .npy, .npz or .bin"),
        ({"x": "folder.npy"}, {}, "cannot read input file 'folder.npy': it is not a regular file"),
        ({"x": "n.npy"}, {}, "'n.npy' has dtype int32, but input 'x' takes float32"),
        (
            {"x": X.astype(float)},
            {},
            "the array for input 'x' has dtype float64, but input 'x' takes",
        ),
        ({"x": X.astype(">f8")}, {}, "has dtype float64"),
        ({"x": X[0]}, {}, "the array for input 'x' has shape 3, but input 'x' takes N,3"),
        (
            {"x": X.T},
            {},
            "has shape 3,2, but input 'x' takes N,3; .* ask for it with --input-shape",
        ),
        ({"x": np.float32(1)}, {}, r"has shape \(\), but input 'x' takes N,3"),
        ({"x": "x.npy"}, {"x": (5, 3)}, "'x.npy' has shape 2,3, but 5,3 is asked for input 'x'"),
        ({"x": "x.bin"}, {}, "'x.bin' has 24 bytes, but input 'x' takes 12: shape 1,3 of float32"),
        ({"x": [[1, 2], [3]]}, {}, "the data for input 'x' is not an array: "),
        ({"x": np.array([X, None], object)}, {}, "has dtype object, but input 'x' takes float32"),
        ({"": X, "x": X}, {}, "input 'x' is given twice"),
    ],
)
def test_what_does_not_fit_is_named(files, inputs, shapes, message):
    (files / "folder.npy").mkdir()
    with pytest.raises(InputDataError, match=message):
        read(inputs, shapes)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ({"y": X}, ShapeError, "there is no input 'y'; the inputs are: x, n"),
        ({"": X}, ShapeError, "the input must be named here; the inputs are: x, n"),
        ({"": "other.npz"}, ShapeError, "there is no input 'y'"),
        ({"n": "other.npz"}, InputDataError, "'other.npz' has no array 'n'; it has: x, y"),
        ({"": "both.npz", "n": N}, InputDataError, "input 'n' is given twice"),
    ],
)
def test_names_that_lead_nowhere(inputs, error, message):
    np.savez("other.npz", x=X, y=X)
    with pytest.raises(error, match=message):
        read(inputs, of=model())


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_files_that_are_damaged_or_something_else(files, suffix):
    original = (files / ("x.npy" if suffix == ".npy" else "both.npz")).read_bytes()
    path = files / f"damaged{suffix}"
    for content in (
        b"",
        b"not numpy",
        b"\x80\x04N.",  # a pickle
        original[:7],
        original[:-5],
        original[:60] + b"\xff" * 40 + original[100:],
    ):
        path.write_bytes(content)
        with pytest.raises(InputDataError, match=f"cannot read input file '.*damaged{suffix}'"):
            read({"": path})


def test_a_header_that_promises_the_world_is_refused(files):
    content = (files / "x.npy").read_bytes()
    path = files / "huge.npy"
    path.write_bytes(content.replace(b"(2, 3), }          ", b"(9000000000000, 3),}"))
    assert path.read_bytes() != content
    with pytest.raises(InputDataError, match=r"cannot read input file '.*huge.npy'"):
        read({"x": path})


def test_python_objects_are_not_loaded(files):
    np.save(files / "objects.npy", np.array([None, 3], object))
    with pytest.raises(InputDataError, match=r"objects.npy': it holds Python objects, not numbers"):
        read({"x": files / "objects.npy"})


def test_types_that_numpy_lacks_are_given_as_bytes(files):
    (files / "packed.bin").write_bytes(b"\x21\x43\x05")
    packed = model(("x", [5], "INT4"))
    (given,) = read({"x": files / "packed.bin"}, of=packed).values()
    assert given.array.tobytes() == b"\x21\x43\x05"
    with pytest.raises(InputDataError, match="type INT4, which numpy lacks: give its bytes in a"):
        read({"x": np.zeros(5, np.int8)}, of=packed)
    text = model(("x", [5], "STRING"))
    for data in (files / "packed.bin", np.array(["a"])):
        with pytest.raises(InputDataError, match="input 'x' has type STRING: no data can be given"):
            read({"x": data}, of=text)
