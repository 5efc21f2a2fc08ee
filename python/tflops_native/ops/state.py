"""What outlives an inference: variables and hash tables. None of it does arithmetic."""

from dataclasses import dataclass

from tflops_native.model.schema import TensorType
from tflops_native.ops._op import NO_ARITHMETIC, Inferred, Op, register
from tflops_native.ops.delegate_events import DelegateEvents
from tflops_native.ops.geometry import size_of, with_rank
from tflops_native.ops.tensor_spec import Shape, TensorSpec, UnknownValueError
from tflops_native.ops.traffic import looked_up


def _check_resource(resource: TensorSpec) -> None:
    if resource.size != 1:
        raise ValueError(f"`resource` must be one handle, but is {list(resource.shape)}")


# A variable is memory that the delegate shares: where it can, it writes results there.
_COPY = DelegateEvents(main=("Copy",), is_copy=True)


@register("VAR_HANDLE", options="VarHandleOptions")
@dataclass(frozen=True, slots=True)
class VarHandle(Op):
    """The handle of a variable.

    output  scalar RESOURCE

    No arithmetic.
    Source   tflite/kernels/var_handle.cc, Prepare
    """

    def infer(self) -> Inferred:
        return Inferred(outputs=((),), cost=NO_ARITHMETIC)


@register("READ_VARIABLE", options="ReadVariableOptions", events=_COPY)
@dataclass(frozen=True, slots=True)
class ReadVariable(Op):
    """The value of a variable.

    resource  one handle
    output    the shape that the file states; what was assigned before has the same

    Moves data, no arithmetic.
    Source   tflite/kernels/read_variable.cc, Prepare
    """

    recorded: tuple[Shape | None, ...]
    output_types: tuple[TensorType, ...]

    def infer(self, resource: TensorSpec) -> Inferred:
        _check_resource(resource)
        if len(self.recorded) != 1:
            raise ValueError(f"it has one output, but {len(self.recorded)} in the file")
        shape = self.recorded[0]
        if shape is None:
            raise UnknownValueError("the shape of the variable is known only when the model runs")
        variable = TensorSpec(shape, self.output_types[0])
        return Inferred(
            outputs=(shape,), cost=NO_ARITHMETIC, bytes_read=variable.bytes_of(variable.size)
        )


@register("ASSIGN_VARIABLE", options="AssignVariableOptions", events=_COPY)
@dataclass(frozen=True, slots=True)
class AssignVariable(Op):
    """Gives a variable a new value.

    resource  one handle
    value     any shape
    outputs   none

    Moves data, no arithmetic.
    Source   tflite/kernels/assign_variable.cc, Prepare
    """

    def infer(self, resource: TensorSpec, value: TensorSpec) -> Inferred:
        _check_resource(resource)
        return Inferred(outputs=(), cost=NO_ARITHMETIC, bytes_written=value.bytes_of(value.size))


@register("HASHTABLE", options="HashtableOptions")
@dataclass(frozen=True, slots=True)
class HashTable(Op):
    """The handle of a hash table.

    output  [1], RESOURCE

    No arithmetic.
    Source   tflite/kernels/hashtable.cc, PrepareHashtable
    """

    def infer(self) -> Inferred:
        return Inferred(outputs=((1,),), cost=NO_ARITHMETIC)


@register("HASHTABLE_FIND", options="HashtableFindOptions")
@dataclass(frozen=True, slots=True)
class HashTableFind(Op):
    """What a hash table holds under each of some keys.

    resource       [1]
    keys           any shape
    default_value  for keys that are not in the table
    output         the shape of `keys`

    Looks up data, no arithmetic: hashing is not counted.
    Source   tflite/kernels/hashtable_find.cc, PrepareHashtableFind
    """

    def infer(self, resource: TensorSpec, keys: TensorSpec, default_value: TensorSpec) -> Inferred:
        _check_table(resource)
        return Inferred(outputs=(keys.shape,), cost=NO_ARITHMETIC)


@register("HASHTABLE_IMPORT", options="HashtableImportOptions")
@dataclass(frozen=True, slots=True)
class HashTableImport(Op):
    """Fills a hash table.

    resource  [1]
    keys      any shape
    values    the same shape
    outputs   none

    Moves data, no arithmetic: hashing is not counted.
    Source   tflite/kernels/hashtable_import.cc, PrepareHashtableImport
    """

    def infer(self, resource: TensorSpec, keys: TensorSpec, values: TensorSpec) -> Inferred:
        _check_table(resource)
        if keys.shape != values.shape:
            raise ValueError(
                f"`keys` {list(keys.shape)} and `values` {list(values.shape)} must agree"
            )
        written = keys.bytes_of(keys.size) + values.bytes_of(values.size)
        return Inferred(outputs=(), cost=NO_ARITHMETIC, bytes_written=written)


@register("HASHTABLE_SIZE", options="HashtableSizeOptions")
@dataclass(frozen=True, slots=True)
class HashTableSize(Op):
    """How many keys a hash table holds.

    resource  [1]
    output    [1]

    No arithmetic.
    Source   tflite/kernels/hashtable_size.cc, PrepareHashtableSize
    """

    def infer(self, resource: TensorSpec) -> Inferred:
        _check_table(resource)
        return Inferred(outputs=((1,),), cost=NO_ARITHMETIC)


def _check_table(resource: TensorSpec) -> None:
    if resource.shape != (1,):
        raise ValueError(f"`resource` must be [1], but is {list(resource.shape)}")


@register("HASHTABLE_LOOKUP")
@dataclass(frozen=True, slots=True)
class HashTableLookup(Op):
    """Rows of a table by their keys, which are sorted.

    lookup   [lookups]
    key      [rows]
    value    [rows, ...]
    outputs  [lookups, ...], and whether each was found, [lookups]

    Moves data, no arithmetic: the comparisons of the search are not counted. Only what is found is
    read of the rows.
    Source   tflite/kernels/hashtable_lookup.cc, Prepare
    """

    def infer(self, lookup: TensorSpec, key: TensorSpec, value: TensorSpec) -> Inferred:
        (lookups,) = with_rank(lookup, 1, "lookup")
        (rows,) = with_rank(key, 1, "key")
        if value.shape[:1] != (rows,):
            raise ValueError(f"`value` must have {rows} rows, but is {list(value.shape)}")
        if value.type is TensorType.STRING and len(value.shape) != 1:
            raise ValueError(f"strings must be a vector, but are {list(value.shape)}")
        output = (lookups, *value.shape[1:])
        read = lookup.bytes_of(lookups) + key.bytes_of(rows) + looked_up(value, size_of(output))
        return Inferred(outputs=(output, (lookups,)), cost=NO_ARITHMETIC, bytes_read=read)
