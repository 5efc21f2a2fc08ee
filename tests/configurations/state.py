"""Variables and hash tables."""

from configurations.case import Case, data
from configurations.drawing import any_shape, generates, lengths

F32, INT32, INT64, UINT8 = "FLOAT32", "INT32", "INT64", "UINT8"
RESOURCE, STRING = "RESOURCE", "STRING"
KEYS_AND_VALUES = ((INT64, STRING), (STRING, INT64))


@generates("VAR_HANDLE")
def var_handle(r, name):
    return Case(name, (), {"shared_name": r.choice(["a", "b"])}, (RESOURCE,))


@generates("READ_VARIABLE")
def read_variable(r, name):
    shape = any_shape(r)
    return Case(name, (data((), RESOURCE),), {}, (F32,), recorded=(shape,))


@generates("ASSIGN_VARIABLE")
def assign_variable(r, name):
    return Case(name, (data((), RESOURCE), data(any_shape(r), r.choice([F32, INT32]))), {}, ())


@generates("HASHTABLE")
def hashtable(r, name):
    key, value = r.choice([(4, 5), (5, 4)])  # INT64 and STRING
    options = {"table_id": r.randint(0, 9), "key_dtype": key, "value_dtype": value}
    return Case(name, (), options, (RESOURCE,))


@generates("HASHTABLE_FIND")
def hashtable_find(r, name):
    key, value = r.choice(KEYS_AND_VALUES)
    operands = (data((1,), RESOURCE), data(lengths(r, r.randint(0, 3)), key), data((), value))
    return Case(name, operands, {}, (value,))


@generates("HASHTABLE_IMPORT")
def hashtable_import(r, name):
    key, value = r.choice(KEYS_AND_VALUES)
    shape = lengths(r, 1)
    return Case(name, (data((1,), RESOURCE), data(shape, key), data(shape, value)), {}, ())


@generates("HASHTABLE_SIZE")
def hashtable_size(r, name):
    return Case(name, (data((1,), RESOURCE),), {}, (INT64,))


@generates("HASHTABLE_LOOKUP")
def hashtable_lookup(r, name):
    lookups, rows = lengths(r, 2)
    dtype = r.choice([F32, INT32])
    value = (rows, *lengths(r, r.randint(0, 2)))
    operands = (data((lookups,), INT32), data((rows,), INT32), data(value, dtype))
    return Case(name, operands, {}, (dtype, UINT8))
