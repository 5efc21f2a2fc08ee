"""Arguments of the Python API that are of a type or value that nobody meant to give."""

import inspect
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import tflops_native
from tflops_native.errors import MESSAGE_LIMIT, InvokeError, OptionError, TflopsError
from zoo import EXAMPLES

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
KERAS = EXAMPLES / "single_conv.keras"


class _OfBytes:
    def __fspath__(self) -> bytes:
        return b"x.json"


# What is not a path, and paths that no system takes.
NO_PATHS = [None, 1, 1.5, b"", b"x.json", object(), [], (), _OfBytes(), "\0", "a\0.json", "a\ud800"]


def _saved(path: Any) -> None:
    tflops_native.save_report(tflops_native.count(SINGLE)[0], path)


PATHS: dict[str, Callable[[Any], object]] = {
    "load_report": tflops_native.load_report,
    "save_report": _saved,
    "collect": tflops_native.collect,
    "collect output": lambda path: tflops_native.collect(".", output=path),
    "fleet": tflops_native.fleet,
    "batch": lambda path: tflops_native.batch(SINGLE, folder=path, count=True, processes=1),
    "sweep": lambda path: tflops_native.sweep(SINGLE, folder=path, runs=1),
    "extract": lambda path: tflops_native.extract(SINGLE, 0, output=path),
    "extract inputs": lambda path: tflops_native.extract(SINGLE, 0, inputs_file=path),
    "convert": lambda path: tflops_native.convert(SINGLE, output=path),
    "representative": lambda path: tflops_native.convert(
        KERAS, quantize="int8", representative=path
    ),
    "runtime": lambda path: tflops_native.measure(SINGLE, runtime=path, runs=1),
    "delegate": lambda path: tflops_native.measure(SINGLE, delegate=path, runs=1),
    "profile": lambda path: tflops_native.report(SINGLE, profile_file=path),
    "peaks": lambda path: tflops_native.report(SINGLE, peaks=path, runs=1),
    "baseline": lambda path: tflops_native.check(SINGLE, baseline=path),
    "input": lambda path: tflops_native.count(SINGLE, inputs={"input": path}),
}
# Where None is the default, or another type means something else.
_MEANT = {
    *((name, "None") for name in PATHS if name not in ("load_report", "save_report", "collect")),
    *(("peaks", name) for name in ("int", "float")),
    # Data of an input is whatever is an array.
    *(("input", type(value).__name__) for value in NO_PATHS),
} - {("fleet", "None"), ("input", "str")}


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    "value", NO_PATHS, ids=lambda value: f"{type(value).__name__}-{value!a:.12}"
)
def test_what_is_not_a_path(name, value, tmp_path, monkeypatch):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    monkeypatch.chdir(tmp_path)
    kind = "None" if value is None else type(value).__name__
    if (name, kind) in _MEANT:
        pytest.skip("it means something here")
    with pytest.raises(TflopsError) as caught:
        PATHS[name](value)
    assert len(str(caught.value).splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", PATHS)
def test_a_path_that_is_too_long(name, tmp_path, monkeypatch):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TflopsError):
        PATHS[name]("a" * 5000)


WRONG: dict[str, Callable[[], object]] = {
    "conventions None": lambda: tflops_native.count(SINGLE, conventions=None),
    "conventions 1": lambda: tflops_native.count(SINGLE, conventions=1),
    "operators None": lambda: tflops_native.extract(SINGLE, None),
    "operators 1.5": lambda: tflops_native.extract(SINGLE, 1.5),
    "signature array": lambda: tflops_native.count(SINGLE, signature=np.array([1, 2])),
    "signature 1": lambda: tflops_native.count(SINGLE, signature=1),
    "shapes of a closed file": lambda: tflops_native.count(SINGLE, input_shapes=_closed()),
    "shapes to fit 0": lambda: tflops_native.fit_memory(SINGLE, budget_bytes=9, input_shapes=0),
    "shapes to fit": lambda: tflops_native.fit_memory(
        SINGLE, budget_bytes=9, input_shapes={1: [(1, 2)]}
    ),
    "a figure beyond floats": lambda: tflops_native.measure(SINGLE, precision=10**400),
    "pin 0": lambda: tflops_native.measure(SINGLE, pin=0, runs=1),
    "delegate options": lambda: tflops_native.measure(SINGLE, delegate_options=np.array([1, 2])),
    "delegate options 5": lambda: tflops_native.measure(SINGLE, delegate="x", delegate_options=5),
    "saved None": lambda: tflops_native.save_report(None, "x.json"),
    "saved counts": lambda: tflops_native.save_report(tflops_native.count(SINGLE), "x.json"),
}


def _closed():
    with SINGLE.open("rb") as stream:
        pass
    return stream


@pytest.mark.parametrize("case", WRONG)
def test_arguments_of_another_type(case, tmp_path, monkeypatch):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TflopsError):
        WRONG[case]()
    assert not list(tmp_path.iterdir())


def test_texts_of_numpy_are_texts(tmp_path):
    path = np.str_(SINGLE)
    batch = tflops_native.batch(path, folder=tmp_path, count=True, processes=1, device=np.str_("x"))
    assert json.dumps(batch.to_dict())
    assert [job.reason for job in batch.jobs] == [None]
    assert type(tflops_native.collect(tmp_path).jobs[0].names[0]) is str


@pytest.mark.parametrize("number", [np.int64, np.uint8])
def test_lengths_of_any_kind_in_a_grid(number):
    shape = tuple(map(number, (1, 28, 28, 1)))
    fit = tflops_native.fit_memory(SINGLE, budget_bytes=10**6, input_shapes=shape)
    assert fit.to_dict() == (
        tflops_native.fit_memory(SINGLE, budget_bytes=10**6, input_shapes=(1, 28, 28, 1)).to_dict()
    )


HUGE: dict[str, Callable[[int], object]] = {
    "threads": lambda number: tflops_native.measure(SINGLE, threads=number, runs=1),
    "runs": lambda number: tflops_native.measure(SINGLE, runs=-number),
    "precision": lambda number: tflops_native.measure(SINGLE, precision=number, runs=1),
    "precision, a fraction": lambda number: tflops_native.measure(
        SINGLE, precision=Fraction(number, 3), runs=1
    ),
    "seed": lambda number: tflops_native.measure(SINGLE, seed=-number, runs=1),
    "pin": lambda number: tflops_native.measure(SINGLE, pin=[number], runs=1),
    "max_time": lambda number: tflops_native.measure(SINGLE, max_time=number, runs=1),
    "trip_count": lambda number: tflops_native.count(SINGLE, trip_count=-number),
    "input_shapes": lambda number: tflops_native.count(SINGLE, input_shapes=(1, number, 1, 1)),
    "lengths to fit": lambda number: tflops_native.fit_memory(
        SINGLE, budget_bytes=9, input_shapes=(1, number, 1, 1)
    ),
    "budget": lambda number: tflops_native.fit_memory(SINGLE, budget_bytes=-number),
    "max_flops": lambda number: tflops_native.check(SINGLE, max_flops=number),
    "max_latency": lambda number: tflops_native.check(SINGLE, max_latency=number, runs=1),
    "min_coverage": lambda number: tflops_native.check(SINGLE, min_coverage=number),
    "operator": lambda number: tflops_native.extract(SINGLE, number),
    "memory_limit": lambda number: tflops_native.measure(
        SINGLE, isolated=True, memory_limit=number, runs=1
    ),
    "timeout": lambda number: tflops_native.measure(SINGLE, isolated=True, timeout=number, runs=1),
    "peaks": tflops_native.peaks,
    "a sweep": lambda number: tflops_native.sweep(SINGLE, threads=[number], runs=1),
}


@pytest.mark.parametrize("name", HUGE)
@pytest.mark.parametrize("number", [10**400, 10**5000], ids=["400 digits", "5000 digits"])
def test_numbers_beyond_all_figures(name, number):
    """No float holds them; more than 4,300 digits Python does not even write."""
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    with pytest.raises(TflopsError) as caught:
        HUGE[name](number)
    assert "set_int_max_str_digits" not in str(caught.value)


class _Raises:
    """Whatever is asked of it."""

    def _refuse(self, *_arguments):
        raise RuntimeError("an object that refuses everything")

    __bool__ = __str__ = __repr__ = __fspath__ = __iter__ = __len__ = _refuse
    __index__ = __int__ = __float__ = __eq__ = __hash__ = __lt__ = _refuse


class _Long:
    def __repr__(self):
        return "x" * 100_000


HOSTILE: dict[str, Any] = {
    "nan": float("nan"),
    "inf": float("inf"),
    "negative": -1,
    "huge": 2**70,
    "null": "\0",
    "half a character": "a\ud800",
    "long": "x" * 100_000,
    "long bytes": b"x" * 100_000,
    "long list": list(range(50_000)),
    "raises": _Raises(),
    "holds what raises": {"input": _Raises()},
    "long repr": _Long(),
    "array": np.array([1, 2]),
    "texts": np.array(["a", "b"]),
    "no dimensions": np.array(3),
    "empty": np.array([]),
    "nan of numpy": np.float64("nan"),
    "nested": [[[[1]]]],
    "None inside": [None],
    "key": {None: None},
    "complex": 1j,
}
# Function -> arguments with which it would work.
PUBLIC: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "analyze": ((SINGLE,), {}),
    "baseline": ((SINGLE,), {"runs": 1}),
    "batch": ((SINGLE,), {"runs": 1}),
    "check": ((SINGLE,), {"max_flops": 1}),
    "collect": ((), {}),
    "compare": ((SINGLE, SINGLE), {"runs": 1}),
    "convert": ((SINGLE,), {}),
    "count": ((SINGLE,), {}),
    "extract": ((SINGLE, 0), {}),
    "fit_memory": ((SINGLE,), {"budget_bytes": 10**6}),
    "fleet": (("no plan.yaml",), {}),
    "load": ((SINGLE,), {}),
    "load_report": (("no report.json",), {}),
    "measure": ((SINGLE,), {"runs": 1}),
    "memory": ((SINGLE,), {}),
    "peaks": ((), {}),
    "report": ((SINGLE,), {"runs": 1}),
    "runtimes": ((), {}),
    "save_report": ((tflops_native.count(SINGLE)[0], "no folder/x.json"), {}),
    "sweep": ((SINGLE,), {"runs": 1}),
    "verify": ((SINGLE,), {}),
    "ChildLimits": ((), {}),
    "RunOptions": ((), {}),
    "StopRule": ((), {}),
}


def _parameters(name):
    """The names of its parameters, those of `measure` where it hands on further ones."""
    found = inspect.signature(getattr(tflops_native, name)).parameters
    names = list(found)
    if any(item.kind is item.VAR_KEYWORD for item in found.values()):
        names = names[:-1] + [item for item in _parameters("measure") if item not in found]
    return [item for item in names if item != "self"]


@pytest.fixture
def nothing_measured(monkeypatch):
    """What would be measured with arguments that make sense fails at once."""

    def refuse(*_arguments, **_options):
        raise InvokeError("this would be measured")

    for place in (
        "api.measure_counted",
        "comparing._compared",
        "machine.peaks.cache.measure_thread_peaks",
        "isolation.isolated.run_isolated",
    ):
        monkeypatch.setattr(f"tflops_native.{place}", refuse)


def test_every_function_is_tried():
    functions = {
        name for name in tflops_native.__all__ if inspect.isfunction(getattr(tflops_native, name))
    }
    assert functions - PUBLIC.keys() == set()


@pytest.mark.parametrize(
    ("name", "parameter"), [(name, item) for name in PUBLIC for item in _parameters(name)]
)
def test_arguments_that_nobody_means(name, parameter, nothing_measured, tmp_path, monkeypatch):
    """Each is an error of this package, in a line that can be read, or works; nothing else happens."""
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    monkeypatch.chdir(tmp_path)
    function = getattr(tflops_native, name)
    positions = list(inspect.signature(function).parameters.values())
    for what, value in HOSTILE.items():
        arguments, options = list(PUBLIC[name][0]), dict(PUBLIC[name][1])
        place = next((i for i, item in enumerate(positions) if item.name == parameter), None)
        if place is not None and positions[place].kind is inspect.Parameter.VAR_POSITIONAL:
            arguments = [value]
        elif place is not None and place < len(arguments):
            arguments[place] = value
        else:
            options[parameter] = value
        if (name, parameter, what) == ("batch", "models", "long list"):
            continue  # a job each
        try:
            function(*arguments, **options)
        except TflopsError as error:
            message = str(error)
            assert len(message) <= MESSAGE_LIMIT, what
            assert len(message.splitlines()) == 1, (what, message)
            assert message.isprintable() or what in ("null", "half a character"), (what, message)
        assert not list(tmp_path.iterdir()), what


@pytest.mark.parametrize("name", ["baseline", "batch", "check", "sweep"])
@pytest.mark.parametrize("option", ["max_tim", "nonsense", "model_"])
def test_options_that_there_are_not(name, option, nothing_measured):
    arguments, options = PUBLIC[name]
    with pytest.raises(OptionError, match=f"{name} has no option '{option}': ") as caught:
        getattr(tflops_native, name)(*arguments, **options, **{option: None})
    assert ("did you mean 'max_time'?" in str(caught.value)) == (option == "max_tim")


@pytest.mark.parametrize("value", [0, 1, "", "yes", None, [], np.array(True), np.int64(1)])
@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        (name, item.name)
        for name in PUBLIC
        for item in inspect.signature(getattr(tflops_native, name)).parameters.values()
        if item.annotation is bool
    ],
)
def test_flags_that_are_neither_true_nor_false(name, parameter, value):
    arguments, options = PUBLIC[name]
    with pytest.raises(OptionError, match=f"^{parameter} must be True or False, got "):
        getattr(tflops_native, name)(*arguments, **{**options, parameter: value})


def test_flags_of_numpy_are_flags():
    assert tflops_native.count(SINGLE, valid_taps=np.bool_(True))[0].valid_macs is not None
    with pytest.raises(TflopsError):
        tflops_native.count(SINGLE, strict=np.bool_(False), trip_count=-1)


OPTIONS = {
    "count": ("--trip-count", "--input-shape"),
    "time": ("--threads", "--runs", "--seed", "--precision", "--max-time", "--timeout", "--pin"),
    "report": ("--memory-limit",),
    "memory": ("--budget", "--flash", "--input-shape"),
    "check": ("--max-flops", "--max-macs", "--max-latency", "--max-arena", "--min-coverage"),
    "batch": ("--processes", "--cool-down"),
    "explain": ("--input-shape",),
}


@pytest.mark.parametrize(
    ("command", "option"), [(name, option) for name in OPTIONS for option in OPTIONS[name]]
)
@pytest.mark.parametrize(
    "number", ["9" * 400, "9" * 5000, "9" * 400 + ".5", "1e400", "0x10", "nan", "inf", ""]
)
def test_numbers_of_options_that_nobody_means(command, option, number, tflops):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    ended = tflops(command, SINGLE, option, number)
    assert ended.status == 2
    assert ended.err.count("\n") == 1
    assert "bug" not in ended.err
    assert "Errno" not in ended.err
    assert "set_int_max_str_digits" not in ended.err


whole, real = np.int64, np.float32
OF_NUMPY: dict[str, Callable[[], Any]] = {
    "memory": lambda: tflops_native.memory(SINGLE, threads=whole(2)),
    "fit_memory": lambda: tflops_native.fit_memory(
        SINGLE, budget_bytes=whole(10**6), flash_bytes=whole(10**6)
    ),
    "check": lambda: tflops_native.check(SINGLE, max_flops=real(1e6), min_coverage=real(0.5)),
    "measure": lambda: tflops_native.measure(
        SINGLE, runs=whole(1), precision=real(0.5), max_time=real(1), seed=whole(1), pin=None
    ),
    "report": lambda: tflops_native.report(SINGLE, runs=whole(1), trip_count=whole(1), peaks=False),
    "sweep": lambda: tflops_native.sweep(SINGLE, seed=whole(2), threads=[whole(1)], runs=whole(1)),
    "batch": lambda: tflops_native.batch(
        SINGLE, order="random", seed=whole(2), cool_down=real(0), runs=whole(1)
    ),
    "compare": lambda: tflops_native.compare(SINGLE, threads=[whole(1), whole(2)], runs=whole(2)),
    "baseline": lambda: tflops_native.baseline(SINGLE, runs=whole(1)),
}


@pytest.mark.parametrize("name", OF_NUMPY)
def test_results_of_numbers_of_numpy_can_be_saved(name):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    assert json.loads(json.dumps(OF_NUMPY[name]().to_dict()))


def test_an_operator_by_a_number_of_numpy():
    pytest.importorskip("flatbuffers")
    assert len(tflops_native.extract(SINGLE, whole(0)).subgraphs[0].operators) == 1
