"""From a file or bytes to a `Model`: reads what is not part of a subgraph, and puts it together.

Whatever the bytes are, `load` returns a model whose indices can all be used without another check,
or raises `ModelFormatError`. Weights are never copied.
"""

import copyreg
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from tflops_native.checks import shown, with_checked_arguments
from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.model.control_dependencies import KEY, control_dependencies
from tflops_native.model.flatbuffer import FlatBuffer
from tflops_native.model.graph import (
    Buffer,
    ExternalBuffer,
    Metadata,
    Model,
    Signature,
    Subgraph,
)
from tflops_native.model.schema import BUILTIN_OPERATORS
from tflops_native.model.sources.conversion import Conversion, ConversionOptions
from tflops_native.model.sources.files import FileStamp
from tflops_native.model.sources.recognize import Input, open_again, open_source, open_sources
from tflops_native.model.sources.source import Source
from tflops_native.model.subgraph import OperatorCode, SubgraphReader, structure
from tflops_native.progress import Progress, no_progress

_SCHEMA_VERSION = 3
_CUSTOM = BUILTIN_OPERATORS.index("CUSTOM")

_MODEL = structure(
    "Model",
    "version operator_codes subgraphs description buffers metadata signature_defs"
    " external_buffer_groups external_buffers",
)
_OPERATOR_CODE = structure(
    "OperatorCode", "deprecated_builtin_code custom_code version builtin_code"
)
_BUFFER = structure("Buffer", "data offset size")
_METADATA = structure("Metadata", "name buffer")
_TENSOR_MAP = structure("TensorMap", "name tensor_index")
_SIGNATURE = structure("SignatureDef", "inputs outputs signature_key subgraph_index")
_EXTERNAL_GROUP = structure("ExternalBufferGroup", "name")
_EXTERNAL_BUFFER = structure("ExternalBuffer", "id group offset length packing")


@with_checked_arguments
def load(
    source: Input,
    *,
    conversion: ConversionOptions | None = None,
    progress: Progress = no_progress,
) -> Model:
    """Reads a TensorFlow Lite model, or what can be converted to one.

    A file above `LARGEST_READ_BYTES` stays mapped as long as the model, or any view of its data, exists.

    Args:
        source: a path or the content: of a `.tflite`, of a bundle, archive or C array that holds one
            (`FILE::NAME` or `FILE::INDEX` is one of several), or of a Keras model or SavedModel, which
            the installed TensorFlow converts in a child process. Or an object of TensorFlow: a Keras
            model, a `tf.function`, a concrete function, a `tf.Module` or a `TFLiteConverter`.
        conversion: how to convert; None: in float32. Only for what has to be converted.
        progress: called while it is converted.

    Raises:
        ModelFormatError: the file cannot be read, holds no model or several, or is damaged.
        ConversionError: TensorFlow is missing, or cannot convert it.
        OptionError: `conversion` is given, and nothing has to be converted.
    """
    if conversion is not None and not isinstance(conversion, ConversionOptions):
        raise OptionError(f"conversion must be ConversionOptions, got {shown(conversion)}")
    return read(open_source(source, None, conversion, progress))


def load_all(
    source: Input,
    *,
    conversion: ConversionOptions | None = None,
    progress: Progress = no_progress,
) -> tuple[Model, ...]:
    """Reads all models of a bundle, or the one that the source is; arguments and errors as `load`."""
    return tuple(read(found) for found in open_sources(source, conversion, progress))


def read(source: Source) -> Model:
    """The model of a source.

    Raises:
        ModelFormatError: it is damaged.
    """
    try:
        return _read(FlatBuffer(source.data), source)
    except ModelFormatError as error:
        raise ModelFormatError(f"{source.quoted} is truncated or damaged: {error}") from error


def _load_again(
    path: Path, stamp: FileStamp, part: str | None, conversion: Conversion | None
) -> Model:
    return read(open_again(path, stamp, part, conversion))


def _load_bytes(data: bytes, conversion: Conversion | None) -> Model:
    return read(replace(open_source(data), conversion=conversion))


def _reduce(model: Model) -> tuple[Callable[..., Model], tuple[object, ...]]:
    """How a model is pickled and copied: by its file, else by its bytes."""
    source = model.source
    if source.path is None or source.stamp is None:
        return _load_bytes, (bytes(model.data), source.conversion)
    # Without links: /dev/fd/3 is another file in another process.
    return _load_again, (source.path.resolve(), source.stamp, source.part, source.conversion)


copyreg.pickle(Model, _reduce)


def _read(file: FlatBuffer, source: Source) -> Model:
    (
        version,
        codes_at,
        subgraphs_at,
        description_at,
        buffers_at,
        metadata_at,
        signatures_at,
        external_groups_at,
        external_buffers_at,
    ) = file.table(file.follow(0, "root offset"), _MODEL)
    if version != _SCHEMA_VERSION:
        raise ModelFormatError(
            f"its schema version is {version}, where {_SCHEMA_VERSION} is expected"
        )
    buffers = tuple(_buffer(file, at) for at in file.tables(buffers_at, "buffers"))
    external = _external_buffers(file, external_groups_at, external_buffers_at)
    codes = [_operator_code(file, at) for at in file.tables(codes_at, "operator codes")]
    subgraphs = SubgraphReader(file, buffers, codes, {entry.id for entry in external}).read(
        file.tables(subgraphs_at, "subgraphs")
    )
    metadata = tuple(
        _metadata(file, at, len(buffers)) for at in file.tables(metadata_at, "metadata")
    )
    subgraphs = _with_control_edges(subgraphs, metadata, buffers)
    return Model(
        source=source,
        size_bytes=file.size_bytes,
        version=version,
        description=file.string(description_at, "description"),
        subgraphs=subgraphs,
        signatures=tuple(
            _signature(file, at, subgraphs) for at in file.tables(signatures_at, "signatures")
        ),
        metadata=metadata,
        buffers=buffers,
        external_buffers=external,
    )


def _buffer(file: FlatBuffer, position: int) -> Buffer:
    data_at, offset, size_bytes = file.table(position, _BUFFER)
    if data_at is not None:
        return Buffer(file.view(data_at, 1, "buffer data"))
    # Files above 2 GB keep the bytes after the tables; offsets 0 and 1 mean that there are none.
    if offset > 1:
        return Buffer(file.region(offset, size_bytes, "buffer data after the tables"))
    return Buffer(None)


def _external_buffers(
    file: FlatBuffer, groups_at: int | None, buffers_at: int | None
) -> tuple[ExternalBuffer, ...]:
    groups = []
    for position in file.tables(groups_at, "external buffer groups"):
        (name_at,) = file.table(position, _EXTERNAL_GROUP)
        groups.append(file.string(name_at, "name of an external buffer group"))
    buffers = []
    for position in file.tables(buffers_at, "external buffers"):
        id_, group, offset, length, packing_at = file.table(position, _EXTERNAL_BUFFER)
        if group >= len(groups):
            raise ModelFormatError(
                f"external buffer {id_} is in group {group}, there are {len(groups)} groups"
            )
        packing = file.string(packing_at, "packing of an external buffer")
        buffers.append(ExternalBuffer(id_, groups[group], offset, length, packing))
    return tuple(buffers)


def _operator_code(file: FlatBuffer, position: int) -> OperatorCode:
    deprecated, custom_at, version, builtin = file.table(position, _OPERATOR_CODE)
    # Codes above 127 do not fit the old field; files before the new field have only the old one.
    code = max(deprecated, builtin)
    custom_code = None
    if code == _CUSTOM:
        custom_code = None if custom_at is None else file.string(custom_at, "custom code")
        name = custom_code or "CUSTOM"
    elif 0 <= code < len(BUILTIN_OPERATORS):
        name = BUILTIN_OPERATORS[code]
    else:
        name = f"UNKNOWN_BUILTIN_{code}"
    return OperatorCode(name, code, custom_code, version)


def _signature(file: FlatBuffer, position: int, subgraphs: tuple[Subgraph, ...]) -> Signature:
    inputs_at, outputs_at, key_at, index = file.table(position, _SIGNATURE)
    key = file.string(key_at, "signature key")
    if index >= len(subgraphs):
        raise ModelFormatError(
            f"signature {key!r} is of subgraph {index}, there are {len(subgraphs)} subgraphs"
        )
    count = len(subgraphs[index].tensors)
    return Signature(
        key,
        index,
        _tensor_map(file, inputs_at, count, f"inputs of signature {key!r}"),
        _tensor_map(file, outputs_at, count, f"outputs of signature {key!r}"),
    )


def _tensor_map(
    file: FlatBuffer, position: int | None, tensor_count: int, what: str
) -> Mapping[str, int]:
    tensors = {}
    for at in file.tables(position, what):
        name_at, index = file.table(at, _TENSOR_MAP)
        if index >= tensor_count:
            raise ModelFormatError(
                f"{what} have tensor index {index}, there are {tensor_count} tensors"
            )
        tensors[file.string(name_at, what)] = index
    return MappingProxyType(tensors)


def _metadata(file: FlatBuffer, position: int, buffer_count: int) -> Metadata:
    name_at, buffer = file.table(position, _METADATA)
    name = file.string(name_at, "metadata name")
    if buffer >= buffer_count:
        raise ModelFormatError(
            f"metadata {name!r} is in buffer {buffer}, there are {buffer_count} buffers"
        )
    return Metadata(name, buffer)


def _with_control_edges(
    subgraphs: tuple[Subgraph, ...], metadata: tuple[Metadata, ...], buffers: tuple[Buffer, ...]
) -> tuple[Subgraph, ...]:
    """With what the metadata says of the order of operators; the runtime ignores what does not fit."""
    for entry in metadata:
        data = buffers[entry.buffer].data
        if entry.name != KEY or data is None:
            continue
        edges = control_dependencies(data)
        if edges is not None and len(edges) == len(subgraphs):
            return tuple(
                replace(subgraph, control_edges=found)
                for subgraph, found in zip(subgraphs, edges, strict=True)
            )
    return subgraphs
