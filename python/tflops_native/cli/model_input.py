"""The models that commands are given: read, taken out of bundles, converted."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from tflops_native.checks import file_path
from tflops_native.cli.completion import (
    MODEL_SUFFIXES,
    complete_files,
    complete_models,
    complete_models_and_reports,
)
from tflops_native.cli.options import options
from tflops_native.cli.progress import progress_if_any
from tflops_native.cli.quantities import Several
from tflops_native.cli.streams import STANDARD_INPUT, read_model
from tflops_native.errors import ModelFormatError, TflopsError
from tflops_native.model.graph import Model
from tflops_native.model.reader import load, load_all
from tflops_native.model.sources.conversion import QUANTIZATIONS, ConversionOptions, conversions
from tflops_native.reports.saved import is_saved

_REPRESENTATIVE = click.option(
    "--representative",
    metavar="FILE",
    shell_complete=complete_files,
    help="Data for --quantize int8 and int16x8: a .npz file, an array of samples for each input. "
    "[default: random data: times are right, results are not]",
)
conversion_options = options(
    click.option(
        "--quantize",
        type=click.Choice(QUANTIZATIONS),
        help="How to convert a Keras model or a SavedModel. [default: none, that is float32]",
    ),
    _REPRESENTATIVE,
)
several_conversion_options = options(
    click.option(
        "--quantize",
        type=Several(click.Choice(QUANTIZATIONS)),
        metavar="|".join(QUANTIZATIONS),
        help="How to convert Keras models and SavedModels; several, with commas between them, are "
        "several models. [default: none, that is float32]",
    ),
    _REPRESENTATIVE,
)


_MODEL = click.argument("model", shell_complete=complete_models)
_REPORT_OR_MODEL = click.argument("model", shell_complete=complete_models_and_reports)


def conversion_of(quantize: str | None, representative: str | None) -> ConversionOptions | None:
    """What the options ask for; None where they ask for nothing."""
    if quantize is None and representative is None:
        return None
    return ConversionOptions(quantize=quantize or "none", representative=representative)


def model_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """MODEL, and how to convert it; the command gets the loaded model as `model`."""

    @wraps(command)
    def with_model(
        *arguments: Any, model: str, quantize: str | None, representative: str | None, **values: Any
    ) -> Any:
        conversion = conversion_of(quantize, representative)
        with progress_if_any() as progress:
            loaded = load(source_of(model), conversion=conversion, progress=progress)
        return command(*arguments, model=loaded, **values)

    return options(_MODEL, conversion_options)(with_model)  # type: ignore[no-any-return]


def report_or_model_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """As `model_argument`; of a saved report the command gets the path."""

    @wraps(command)
    def with_either(
        *arguments: Any, model: str, quantize: str | None, representative: str | None, **values: Any
    ) -> Any:
        given = saved_or_model(model, conversion_of(quantize, representative))
        return command(*arguments, model=given, **values)

    return options(_REPORT_OR_MODEL, conversion_options)(with_either)  # type: ignore[no-any-return]


def saved_or_model(argument: str, conversion: ConversionOptions | None) -> str | Model:
    """The path of a saved report as it is, anything else as a loaded model."""
    source = source_of(argument)
    if isinstance(source, str) and is_saved(source):
        return source
    with progress_if_any() as progress:
        return load(source, conversion=conversion, progress=progress)


def models_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """MODELS, and how to convert them; the command gets `models`, which loads one after the other."""

    @wraps(command)
    def with_models(
        *arguments: Any,
        models: tuple[str, ...],
        quantize: tuple[str, ...] | None,
        representative: str | None,
        **values: Any,
    ) -> Any:
        ways: Sequence[ConversionOptions | None] = (None,)
        if quantize is not None or representative is not None:
            ways = conversions(quantize or ("none",), representative)
        return command(*arguments, models=Models(models, ways), **values)

    argument = click.argument(
        "models", nargs=-1, required=True, metavar="MODEL...", shell_complete=complete_models
    )
    return options(argument, several_conversion_options)(with_models)  # type: ignore[no-any-return]


class Models:
    """The models that arguments name: files, bundles with all in them, folders."""

    def __init__(
        self, arguments: tuple[str, ...], conversions: Sequence[ConversionOptions | None]
    ) -> None:
        self._arguments = arguments
        self._conversions = conversions

    def each(self, failed: Callable[[TflopsError], None]) -> Iterator[Model]:
        """Load one after the other; `failed` is called with the error of each that cannot be."""
        for argument in self._arguments:
            try:
                sources = expanded(argument)
            except TflopsError as error:
                failed(error)
                continue
            for path in sources:
                try:
                    source = source_of(path)
                except TflopsError as error:
                    failed(error)
                    continue
                for conversion in self._conversions:
                    try:
                        with progress_if_any() as progress:
                            found = load_all(source, conversion=conversion, progress=progress)
                    except TflopsError as error:
                        failed(error)
                    else:
                        yield from found


def source_of(argument: str) -> str | bytes:
    """A path, or the bytes on standard input for "-"."""
    return read_model() if argument in STANDARD_INPUT else argument


def expanded(argument: str) -> list[str]:
    """The models in a folder and below; anything else is one.

    Raises:
        ModelFormatError: the folder holds none, or the argument is not a path; an empty one, as that of a
            variable of the shell which is not set, would be the current folder.
    """
    folder = file_path("the model", argument, ModelFormatError)
    try:
        if not folder.is_dir() or (folder / "saved_model.pb").exists():
            return [argument]
    except OSError:
        return [argument]  # whatever reads it says why it cannot be read
    # By their parts, as paths are sorted, which are split once this way.
    found = sorted(_models_below(folder), key=lambda path: path.parts)
    if not found:
        raise ModelFormatError(
            f"there is no model in {argument!r}: no {', '.join(MODEL_SUFFIXES)} file and no SavedModel"
        )
    return [str(path) for path in found]


def _models_below(folder: Path) -> Iterator[Path]:
    """Files with the suffix of a model, and folders of a SavedModel, which are not looked into.

    Also folders that cannot be read: whatever reads them says why, and nothing is left out in silence.
    """
    unreadable: list[Path] = []

    def note(error: OSError) -> None:
        unreadable.append(Path(error.filename))

    for place, folders, names in os.walk(folder, onerror=note):
        if "saved_model.pb" in names:
            folders.clear()
            yield Path(place)
            continue
        for name in names:
            path = Path(place, name)
            if path.suffix.lower() in MODEL_SUFFIXES and _may_be_file(path):
                yield path
    yield from unreadable


def _may_be_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return True
