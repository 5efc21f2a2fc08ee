"""Results that are pickled and copied, and values that are nearly right."""

import copy
import hashlib
import json
import pickle
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import tflops_native
from tflops_native import errors
from tflops_native.errors import ShapeError
from tflops_native.model.info import ModelInfo
from tflops_native.model.reader import load
from tflops_native.plain_json import dump_json
from zoo import EXAMPLES

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
DYNAMIC = EXAMPLES / "single_conv_dynamic.tflite"
COPIES = {
    "pickle": lambda result: pickle.loads(pickle.dumps(result)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.fixture(scope="module")
def report():
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    return tflops_native.report(SINGLE, runs=2, peaks=True, conventions=["fvcore"], valid_taps=True)


@pytest.mark.parametrize("way", COPIES)
def test_a_report_can_be_copied(report, way):
    again = COPIES[way](report)
    assert again.to_dict() == report.to_dict()
    assert str(again) == str(report)
    assert again.rows == report.rows


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("source", [SINGLE, SINGLE.read_bytes()], ids=["path", "bytes"])
def test_a_model_can_be_copied(way, source):
    model = tflops_native.load(source)
    again = COPIES[way](model)
    assert bytes(again.data) == bytes(model.data)
    assert tflops_native.analyze(again) == tflops_native.analyze(model)


@pytest.mark.parametrize("way", COPIES)
def test_a_verification_can_be_copied(way):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    verification = tflops_native.verify(SINGLE)
    assert COPIES[way](verification).to_dict() == verification.to_dict()


@pytest.mark.parametrize(
    "length", [28.5, 28.0, Fraction(57, 2), np.float32(28), "28", True, None, 1j]
)
@pytest.mark.parametrize("is_named", [False, True])
def test_lengths_that_are_not_whole_numbers(length, is_named):
    shape = (1, length, 28, 1)
    with pytest.raises(ShapeError, match="must be a whole number"):
        tflops_native.analyze(DYNAMIC, input_shapes={"input": shape} if is_named else shape)


@pytest.mark.parametrize("number", [28, np.int64(28), np.uint8(28)])
def test_lengths_that_are_whole_numbers_of_any_kind(number):
    counted = tflops_native.analyze(DYNAMIC, input_shapes=(1, number, 28, 1))
    assert counted.macs == tflops_native.analyze(SINGLE).macs


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("place", [lambda n: n, lambda n: [n], lambda n: {"a": [{"b": n}]}])
def test_json_has_no_numbers_that_are_not_finite(number, place):
    with pytest.raises(ValueError, match="finite"):
        dump_json(place(number))


@pytest.mark.parametrize("text", ["\udce9", "a\ud800b", "\x00", "\u2028", "\U0001f600", '"\\'])
def test_json_is_valid_for_other_readers(text):
    written = dump_json({text: text})
    assert written.isascii()
    ((key, value),) = json.loads(written).items()
    assert key == value
    value.encode("utf-8")
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert value == text


RESULTS = {
    "memory": lambda: tflops_native.memory(SINGLE),
    "fit": lambda: tflops_native.fit_memory(SINGLE, budget_bytes=10**6),
    "check": lambda: tflops_native.check(SINGLE, max_flops=1),
    "baseline": lambda: tflops_native.baseline(SINGLE, timed=False),
    "batch": lambda: tflops_native.batch(SINGLE, count=True, processes=1),
    "sweep": lambda: tflops_native.sweep(SINGLE, runs=1),
    "comparison": lambda: tflops_native.compare(SINGLE, SINGLE, runs=2),
    "analysis": lambda: tflops_native.analyze(SINGLE),
    "timing": lambda: tflops_native.measure(SINGLE, runs=1),
    "runtimes": tflops_native.runtimes,
}


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("way", COPIES)
def test_any_result_can_be_copied(name, way, measured_here):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    result = RESULTS[name]()
    again = COPIES[way](result)
    assert again.to_dict() == result.to_dict()
    assert str(again) == str(result)
    assert again == result


def test_a_model_is_equal_to_one_of_the_same_content():
    """One that was saved knows its SHA-256, the other does not yet."""
    content = SINGLE.read_bytes()
    one, same, other = (ModelInfo.of(load(data)) for data in (content, content, content + b"\0"))
    other = replace(other, size_bytes=one.size_bytes)
    assert one == same.hashed() == same
    assert hash(one) == hash(same.hashed())
    assert one != other
    assert one.hashed() != other.hashed()
    assert one != "one"


@pytest.mark.parametrize("name", ["memory", "fit", "check", "baseline"])
def test_what_is_saved_says_of_which_content_it_is(name):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    digest = hashlib.sha256(SINGLE.read_bytes()).hexdigest()
    assert RESULTS[name]().to_dict()["model"]["sha256"] == digest


@pytest.mark.parametrize(
    "kind", errors.TflopsError.__subclasses__(), ids=lambda kind: kind.__name__
)
@pytest.mark.parametrize("way", COPIES)
def test_an_error_can_be_copied(kind, way):
    error = kind("long" * 10_000)
    error.timing = "kept"
    again = COPIES[way](error)
    assert type(again) is kind
    assert str(again) == str(error)
    assert len(str(again)) == errors.MESSAGE_LIMIT
    assert again.timing == "kept"
