"""Finds out what was given where a model is expected, by content, and opens the models in it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from tflops_native.checks import file_path, listed_index
from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.model.sources.conversion import Conversion, ConversionOptions
from tflops_native.model.sources.files import FileStamp, check_unchanged, read_file, reading
from tflops_native.model.sources.kind import Given, Kind, Part, may_hold_model
from tflops_native.model.sources.source import Source
from tflops_native.model.sources.tflite import IDENTIFIER
from tflops_native.model.sources.tflite import KIND as TFLITE
from tflops_native.progress import Progress, no_progress

# What may be given: a path, the content, or a model of TensorFlow as an object.
Input = str | os.PathLike[str] | bytes | bytearray | memoryview | object
PART = "::"  # between a file and the name of a model in it
# Of the files in this folder that define a kind; each is imported when those before it did not fit.
_KINDS = ("litertlm", "compressed", "keras_model", "foreign", "zip_archive", "c_array")
# A model in an archive in a bundle in a bundle.
_DEEPEST = 3
_MOST_MODELS = 1_000
_MOST_NAMES = 20  # in a message


def open_source(
    given: Input,
    part: str | None = None,
    options: ConversionOptions | None = None,
    progress: Progress = no_progress,
) -> Source:
    """Open a file, or take bytes, that hold a model.

    Args:
        given: a path, also `FILE::NAME` or `FILE::INDEX` for one model of several, the content, or an
            object of TensorFlow.
        part: the same NAME or INDEX.
        options: how to convert what is not a TensorFlow Lite model; None: as it is, in float32.
        progress: called while it is converted.

    Raises:
        ModelFormatError: it cannot be opened, is empty, holds no model or, where no part is chosen,
            several.
        ConversionError: it cannot be converted.
        OptionError: there are options, and nothing to convert.
    """
    if part is None:
        given, part = _split(given)
    opened = _opened(given, options, progress)
    if isinstance(opened, Source):
        return opened
    sources = _sources(opened, options is not None)
    if part is not None:
        return _chosen(opened, sources, part)
    if len(sources) > 1:
        raise ModelFormatError(
            f"{opened.name} holds {len(sources)} models; choose one by name or index: "
            + _names(opened, sources)
        )
    return sources[0]


def open_sources(
    given: Input, options: ConversionOptions | None = None, progress: Progress = no_progress
) -> tuple[Source, ...]:
    """Open all models that a file or bytes hold, or the one that `FILE::NAME` chooses.

    Raises:
        TflopsError: as `open_source`.
    """
    given, part = _split(given)
    if part is not None:
        return (open_source(given, part, options, progress),)
    opened = _opened(given, options, progress)
    return (opened,) if isinstance(opened, Source) else _sources(opened, options is not None)


def open_again(
    path: Path, stamp: FileStamp, part: str | None, conversion: Conversion | None
) -> Source:
    """The model of a file that was opened before, in another process or from a pickle.

    Raises:
        ModelFormatError: also if the file has changed since.
    """
    check_unchanged(path, stamp)
    source = open_source(path, part)
    check_unchanged(path, stamp)
    return replace(source, conversion=conversion)


def recognized(given: Given) -> Kind:
    """What kind of input it is.

    Raises:
        ModelFormatError: none that is known.
    """
    for kind in _kinds():
        if kind.recognizes(given):
            return kind
    if given.is_folder:
        raise ModelFormatError(f"cannot read {given.name}: it is a directory; name a file in it")
    raise ModelFormatError(
        f"{given.name} is not a TensorFlow Lite model: it has {given.start[4:8]!r} at bytes 4 to 8 "
        f"instead of {IDENTIFIER!r}"
    )


def check_start(name: str, start: bytes) -> bool:
    """Whether the first bytes tell that there may be a model; of some bundles the end is needed for that.

    Raises:
        ModelFormatError: they tell that there is none.
    """
    given = Given(name, None, None, memoryview(start))
    if may_hold_model(start):
        return True
    foreign = _kind("foreign")
    if foreign.recognizes(given):
        foreign.models(given)
    return False


def _kinds() -> Iterator[Kind]:
    # By far the most frequent one, and the fastest to tell.
    yield TFLITE
    for name in _KINDS:
        yield _kind(name)


def _kind(name: str) -> Kind:
    kind: Kind = import_module(f"tflops_native.model.sources.{name}").KIND
    return kind


def _split(given: Input) -> tuple[Input, str | None]:
    """The path and the chosen part; a file that really has such a name is meant itself."""
    if not isinstance(given, str) or PART not in given or os.path.lexists(given):
        return given, None
    path, _, part = given.partition(PART)
    return path, part


def _opened(given: Input, options: ConversionOptions | None, progress: Progress) -> Given | Source:
    """The content of what was given; of an object the model that it was converted to."""
    asked = options or ConversionOptions()
    if isinstance(given, (bytes, bytearray, memoryview)):
        data = memoryview(given).cast("B").toreadonly()
        opened = Given("the model", None, None, data, asked, progress)
    elif isinstance(given, (str, os.PathLike)):
        path = file_path("the model", given, ModelFormatError)
        name = repr(str(path))
        with reading(name):
            if path.is_dir():
                # What holds nothing that may be read would be of no kind that is known.
                os.scandir(path).close()
                (path / "saved_model.pb").exists()
                return Given(name, path, None, memoryview(b""), asked, progress)
        opened = Given(name, path, *read_file(path, name), asked, progress)
    else:
        # Imported for these alone.
        from tflops_native.model.sources.tensorflow_object import convert_given

        converted, conversion = convert_given(given, asked)
        return Source(memoryview(converted), conversion=conversion)
    if not opened.data:
        raise ModelFormatError(f"{opened.name} is empty (0 bytes)")
    return opened


def _sources(opened: Given, must_convert: bool) -> tuple[Source, ...]:
    kind = recognized(opened)
    if must_convert and not kind.is_converted:
        raise OptionError(
            f"{opened.name} needs no conversion: quantize and representative are for models of Keras and "
            "TensorFlow, and this one is converted already"
        )
    sources = []
    for name, part in _models(kind, opened, _DEEPEST):
        if part.conversion is not None:
            sources.append(_converted(part))
        else:
            place = None if kind.is_model else name
            sources.append(Source(part.data, opened.path, opened.stamp, place))
        if len(sources) > _MOST_MODELS:
            raise ModelFormatError(f"{opened.name} holds more than {_MOST_MODELS:,} models")
    if not sources:
        raise ModelFormatError(f"{opened.name} holds no TensorFlow Lite model")
    return tuple(sources)


def _converted(part: Part) -> Source:
    """What was converted: by the file that keeps it, so that runtimes and children can open that."""
    if part.path is None:
        return Source(part.data, conversion=part.conversion)
    stamp, data = read_file(part.path, repr(str(part.path)))
    return Source(data, part.path, stamp, conversion=part.conversion)


def _models(kind: Kind, given: Given, depth: int) -> Iterator[tuple[str, Part]]:
    """The models in it by name; the name of a model in a bundle in a bundle has both, `a/b`."""
    for part in kind.models(given):
        if kind.is_model or part.conversion is not None:
            yield part.name, part
            continue
        inner = given.piece(part)
        for found in _kinds():
            if found.is_bundle and found.recognizes(inner):
                if depth == 0:
                    raise ModelFormatError(
                        f"{given.name} is nested more than {_DEEPEST} deep: unpack it first"
                    )
                for name, model in _models(found, inner, depth - 1):
                    yield "/".join(filter(None, (part.name, name))), model
                break


def _chosen(opened: Given, sources: tuple[Source, ...], part: str) -> Source:
    for source in sources:
        if source.part == part:
            return source
    index = listed_index(part, len(sources))
    if index is not None:
        return sources[index]
    if sources[0].part is None:
        raise ModelFormatError(f"{opened.name} is one model, it has no part {part!r}")
    raise ModelFormatError(
        f"{opened.name} has no model {part!r}; it has " + _names(opened, sources)
    )


def _names(opened: Given, sources: tuple[Source, ...]) -> str:
    file = "" if opened.path is None else opened.path.name
    names = [f"{file}{PART}{source.part}" for source in sources[:_MOST_NAMES]]
    more = len(sources) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
