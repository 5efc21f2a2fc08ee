"""Numbers with more digits than anything has: of some thousands Python makes no integer."""

from contextlib import suppress

import click
import pytest

from tflops_native.cli.commands import tflops as group
from tflops_native.cli.quantities import ByteSize, Count, CpuList, Duration, Fraction, Growth, Share
from tflops_native.errors import TflopsError
from tflops_native.model.reader import load
from zoo import EXAMPLES

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
NUMBERS = {
    "digits": "9" * 5000,
    "overflow": "9" * 400,
    "fraction": "9" * 5000 + ".5",
    "superscript": "\u00b2",
    "arabic": "\u0663" * 5000,
    "underscores": "1_0",
}


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "kind", [ByteSize, Count, CpuList, Duration, Fraction, Growth, Share], ids=lambda k: k.__name__
)
def test_values_with_units(kind, number):
    text = NUMBERS[number]
    for value in (
        text,
        f"{text}%",
        f"{text}GiB",
        f"{text}ms",
        f"{text}G",
        f"0-{text}",
        f"macs={text}",
    ):
        with suppress(click.UsageError):
            assert kind().convert(value, None, None) is not None


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("form", ["{}", "0-{}", "{}-3", "0,{}", "0/body/{}", "{}/body/0"])
@pytest.mark.parametrize("command", ["explain", "extract"])
def test_paths_of_operators(refuses, command, form, number, tmp_path):
    place = f"{SINGLE}:{form.format(NUMBERS[number])}"
    more = ("-o", tmp_path / "out.tflite") if command == "extract" else ()
    assert "bug" not in refuses(command, place, *more)


@pytest.mark.parametrize("number", NUMBERS)
def test_parts_of_files(number):
    with pytest.raises(TflopsError, match=r"no (model|part)"):
        load(f"{EXAMPLES / 'two_models.task'}::{NUMBERS[number]}")


def _options():
    """All options of all commands that take a value."""
    context = click.Context(group)
    for name in group.list_commands(context):
        for option in group.get_command(context, name).params:
            if isinstance(option, click.Option) and not option.is_flag and not option.count:
                yield pytest.param(name, option.opts[0], id=f"{name}{option.opts[0]}")


@pytest.mark.parametrize("number", ["digits", "fraction"])
@pytest.mark.parametrize(("command", "option"), list(_options()))
def test_options_of_all_commands(tflops, tmp_path, monkeypatch, command, option, number):
    """Beside a model that is not there, so that whatever is accepted measures nothing."""
    monkeypatch.chdir(tmp_path)
    place = "missing.tflite:0" if command in ("explain", "extract") else "missing.tflite"
    ended = tflops(command, place, f"{option}={NUMBERS[number]}")
    assert ended.status == 2
    assert "bug" not in ended.err
    assert "int_max_str_digits" not in ended.err
