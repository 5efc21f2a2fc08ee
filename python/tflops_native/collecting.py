"""What batches and fleets left in folders, as one table."""

from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from tflops_native.checks import file_path
from tflops_native.errors import OptionError
from tflops_native.notes import Note
from tflops_native.reports.batch import Batch
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.result_folder import foreign_files, read_results
from tflops_native.whole_files import refusing, written

TABLE_SUFFIXES = (".csv", ".parquet")


def collect(*folders: str | PathLike[str], output: str | PathLike[str] | None = None) -> Batch:
    """All jobs in folders of `batch` and `fleet`, and in the folders inside them, failures included.

    A job that is in several folders is one; where it failed in one and not in another, it did not fail.

    Args:
        output: a .csv or .parquet file to write a row per job to. Parquet needs the extra "collect".

    Raises:
        OptionError: a folder cannot be read, or the file cannot be written.
    """
    path = None if output is None else _table_path(output)
    jobs: dict[str, BatchJob] = {}
    remarks: list[Note] = []
    for folder in folders:
        for place in _readable_places(file_path("a folder", folder)):
            found, notes = _read(place)
            remarks += notes
            for key, job in found.items():
                before = jobs.get(key)
                if before is not None and job.reason is not None:
                    jobs[key] = before.with_names(job.names)
                else:
                    jobs[key] = job if before is None else job.with_names(before.names)
    batch = Batch(jobs=tuple(jobs.values()), remarks=tuple(remarks))
    if path is not None:
        _write(batch, path)
    return batch


def foreign_in(folder: Path) -> tuple[Note, ...]:
    """Notes on the files in a folder, and in those inside it, that are not of a batch or a fleet.

    Only names are looked at. Raises OptionError as `collect`.
    """
    notes: list[Note] = []
    for place in _readable_places(folder):
        try:
            notes += foreign_files(place, BatchJob)
        except OSError as error:
            raise _unreadable(place, error) from error
    return tuple(notes)


def _table_path(output: str | PathLike[str]) -> Path:
    path = file_path("the output", output)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise OptionError(
            f"'{path}' does not say its format: end its name in {' or '.join(TABLE_SUFFIXES)}"
        )
    return path


def _readable_places(folder: Path) -> list[Path]:
    try:
        return list(_places(folder))
    except OSError as error:
        raise _unreadable(Path(error.filename or folder), error) from error


def _places(folder: Path) -> Iterator[Path]:
    """A folder and those inside it, hidden ones left out."""
    if not folder.is_dir():
        what = "it is a file" if folder.exists() else "there is no such folder"
        raise OptionError(f"cannot read '{folder}': {what}; give the folder of a batch or a fleet")
    yield folder
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from _places(path)


def _read(place: Path) -> tuple[dict[str, BatchJob], tuple[Note, ...]]:
    try:
        return read_results(place, BatchJob)
    except OSError as error:
        raise _unreadable(place, error) from error


def _unreadable(place: Path, error: OSError) -> OptionError:
    reason = (error.strerror or str(error)).lower()
    return OptionError(f"cannot read '{place}': {reason}")


def _write(batch: Batch, path: Path) -> None:
    # Imported when used: a program that looks at the jobs needs no format.
    from tflops_native.formats import csv
    from tflops_native.formats.batch import batch_document
    from tflops_native.formats.parquet import write_parquet

    document = batch_document(batch)
    if path.suffix.lower() == ".parquet":
        write_parquet(document, path)
        return
    with refusing(path), written(path) as stream:
        stream.writelines(f"{piece}\n".encode() for piece in csv.pieces(document))
