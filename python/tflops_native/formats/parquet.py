"""The records of a document as a Parquet file, written by DuckDB out of the CSV: the same rows."""

import shutil
import tempfile
from pathlib import Path

from tflops_native.errors import OptionError
from tflops_native.formats import csv
from tflops_native.formats.document import Document, Table, Value
from tflops_native.whole_files import refusing, written

_LARGEST_INTEGER = (1 << 63) - 1
MISSING = (
    "a Parquet file is written by DuckDB, which is not installed: "
    "pip install 'tflops-native[collect]', or give -o FILE.csv"
)


def write_parquet(document: Document, path: Path) -> None:
    """Write the records of a document that has some; columns have the types of their values.

    Raises:
        OptionError: DuckDB is not installed, or the file cannot be written.
    """
    try:
        import duckdb
    except ImportError as error:
        raise OptionError(MISSING) from error
    if document.records is None:
        raise OptionError("there are no rows to write")
    columns = ", ".join(f"'{key}': '{kind}'" for key, kind in _types(document.records).items())
    with tempfile.TemporaryDirectory() as folder:
        rows, made = Path(folder) / "rows.csv", Path(folder) / "rows.parquet"
        with rows.open("w", encoding="utf-8") as stream:
            stream.writelines(f"{piece}\n" for piece in csv.pieces(document))
        try:
            with duckdb.connect() as connection:
                connection.execute(
                    f"COPY (SELECT * FROM read_csv({_quoted(rows)}, header = true, delim = ',', "
                    f"quote = '\"', escape = '\"', auto_detect = false, columns = {{{columns}}})) "
                    f"TO {_quoted(made)} (FORMAT parquet)"
                )
        except duckdb.Error as error:
            raise OptionError(f"cannot write '{path}': {str(error).splitlines()[0]}") from error
        with refusing(path), made.open("rb") as source, written(path) as stream:
            shutil.copyfileobj(source, stream)


def _types(table: Table) -> dict[str, str]:
    kinds: list[set[str]] = [set() for _ in table.columns]
    for row in table.rows:
        for of_column, cell in zip(kinds, row.cells, strict=True):
            if cell.value is not None:
                of_column.add(_type(cell.value))
    return {
        column.key: _type_of_all(of_column)
        for column, of_column in zip(table.columns, kinds, strict=True)
    }


def _type(value: Value) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, int) and abs(value) <= _LARGEST_INTEGER:
        return "BIGINT"
    return "DOUBLE" if isinstance(value, int | float) else "VARCHAR"


def _type_of_all(kinds: set[str]) -> str:
    if not kinds or "VARCHAR" in kinds:
        return "VARCHAR"
    return kinds.pop() if len(kinds) == 1 else "DOUBLE"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
