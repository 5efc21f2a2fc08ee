"""A folder of results with keys: a file per cell of a sweep or job of a batch, whole or not there."""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from tflops_native.errors import OptionError
from tflops_native.formatting import plural
from tflops_native.notes import Note
from tflops_native.plain_json import dump_json
from tflops_native.plain_reading import from_plain
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.report import Report
from tflops_native.reports.saved import FORMAT_VERSION, saved, saved_reports
from tflops_native.reports.sweep_cell import SweepCell
from tflops_native.whole_files import PARTIAL, refusing, written
from tflops_native.workload import data_digests, shapes_by_input

Entry = TypeVar("Entry", SweepCell, BatchJob)

_KINDS: Mapping[type, tuple[str, str]] = {
    SweepCell: ("cell", "cell of this sweep"),
    BatchJob: ("job", "job of this batch"),
}
_KEY_DIGITS = 16
_KEY = re.compile(rf"-([0-9a-f]{{{_KEY_DIGITS}}})\.json$")
_KEPT = "; what was measured before is kept"
_REPORTS = "reports"
# As `dump_json` writes it at the first level: no text in JSON has a line feed in it.
_BEFORE_REPORTS = f',\n "{_REPORTS}": '.encode()
_NAMED = 3
# What reading a file raises that was cut or edited.
DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
_NAME_LIMIT = 120


def result_key(facts: Mapping[str, Any]) -> str:
    """Of all that the figures of an entry depend on, as plain data."""
    return hashlib.sha256(dump_json(facts).encode()).hexdigest()[:_KEY_DIGITS]


def option_facts(options: Mapping[str, Any], without: Collection[str]) -> dict[str, str]:
    """Options as a part of the facts: shapes however they were given, data and libraries by their content.

    Args:
        without: options that figures do not depend on.

    Raises:
        ShapeError, InputDataError: shapes or data are none.
    """
    facts = {
        name: value
        for name, value in sorted(options.items())
        if name not in without and value is not None
    }
    if (shapes := facts.get("input_shapes")) is not None:
        facts["input_shapes"] = sorted(shapes_by_input(shapes).items())
        if not facts["input_shapes"]:
            del facts["input_shapes"]
    if (data := facts.get("inputs")) is not None:
        facts["inputs"] = sorted(data_digests(data).items())
    if (library := facts.get("delegate")) is not None:
        facts["delegate"] = (str(library), file_digest(str(library)))
    return {name: repr(value) for name, value in facts.items()}


def file_digest(path: str) -> str | None:
    """What tells a library from another one at its place; None where it cannot be read."""
    with suppress(OSError, ValueError):
        if Path(path).is_file():  # what is not may never end
            with Path(path).open("rb") as stream:
                return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()[:16]}"
    return None


def entry_text(entry: Entry, report: Report | None) -> str:
    """The content of a file: an entry with its report, which `tflops show` reads; of a failure, why.

    The report is last, so that a table is made of the beginnings of files.
    """
    kind, _ = _KINDS[type(entry)]
    if report is None:
        return dump_json(saved(kind, entry.to_dict()))
    plain = saved_reports([report])
    reports = plain.pop(_REPORTS)
    return dump_json({**plain, kind: entry.to_dict(), _REPORTS: reports})


def file_name(entry: Entry) -> str:
    """ "mobilenet_v2-1x224x224x3-int8-tflite-xnnpack-2t-0123456789abcdef.json"."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", "-".join(entry.file_words)).lstrip(".")
    return f"{name[:_NAME_LIMIT]}-{entry.key}.json"


class ResultFolder(Generic[Entry]):
    """What was measured, by its keys.

    Args:
        path: of a folder, which is made if it is not there.
        kind: of the entries.

    Raises:
        OptionError: it is not a folder, or cannot be written to.
    """

    def __init__(self, path: Path, kind: type[Entry]) -> None:
        self.path = path
        self._kind: type[Entry] = kind
        # Of what was read, by key: a file whose entry was called otherwise, when that is written anew.
        self._names: dict[str, list[str]] = {}
        with refusing(path, _KEPT):
            if path.exists() and not path.is_dir():
                raise OptionError(
                    f"cannot write to '{path}': it is a file; give a folder for the reports"
                )
            if not path.parent.is_dir():
                raise OptionError(f"cannot write to '{path}': there is no folder '{path.parent}'")
            path.mkdir(exist_ok=True)
            probe = path / f".probe{PARTIAL}"
            probe.write_bytes(b"")
            probe.unlink(missing_ok=True)

    def read(
        self, wanted: Collection[str] | None = None
    ) -> tuple[dict[str, Entry], tuple[Note, ...]]:
        """The entries with these keys, or all, and notes on files that are not theirs.

        Raises:
            OptionError: the folder cannot be read.
        """
        try:
            entries, notes, files = _read_results(self.path, self._kind, wanted)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OptionError(f"cannot read '{self.path}': {reason}") from error
        for path, key in files:
            self._names.setdefault(key, []).append(path.name)
        return entries, notes

    def keep(self, entry: Entry, report: Report | None) -> Entry:
        """Write an entry with its report.

        Raises:
            OptionError: it cannot be written, as on a full disk; others stay as they are.
        """
        entry = replace(entry, file=file_name(entry))
        self.write(entry, entry_text(entry, report))
        return entry

    def write(self, entry: Entry, text: str, *, is_synced: bool = True) -> None:
        """Write the content of an entry that knows its file; raises as `keep`.

        Args:
            is_synced: whether it is to be on the disk before this returns. Of what is made again in
                milliseconds that is not worth its time; a file that a power failure cut is damaged.
        """
        path = self.path / str(entry.file)
        # Of one name per key, so that what a killed process left is overwritten by the next.
        partial = f".{entry.key}{PARTIAL}"
        with (
            refusing(path, _KEPT),
            written(path, is_ours=True, is_synced=is_synced, partial_name=partial) as stream,
        ):
            stream.write((text + "\n").encode())
        for name in self._names.pop(entry.key, ()):
            if name != entry.file:
                with suppress(OSError):
                    (self.path / name).unlink()

    def remove(self, entry: Entry) -> None:
        """Remove the file of an entry; raises as `keep`."""
        path = self.path / str(entry.file)
        with refusing(path, _KEPT):
            path.unlink(missing_ok=True)

    def amend(self, entry: Entry) -> None:
        """Write an entry anew before the report that its file has, which stays as it is; raises as `keep`.

        A file that is gone by now, or damaged, is left: the next one that reads it sees that.
        """
        kind, _ = _KINDS[self._kind]
        try:
            content = (self.path / str(entry.file)).read_bytes()
            before, found, report = content.partition(_BEFORE_REPORTS)
            plain = json.loads(before + b"}" if found else content)
            rest = (found + report).decode().rstrip()
        except DAMAGED:
            return
        if kind not in plain:
            self.write(entry, entry_text(entry, None))
            return
        text = dump_json({**plain, kind: entry.to_dict()})
        if found:
            text = text.removesuffix("\n}") + rest
        self.write(entry, text)


def read_results(
    folder: Path, kind: type[Entry], wanted: Collection[str] | None = None
) -> tuple[dict[str, Entry], tuple[Note, ...]]:
    """As `ResultFolder.read`, of a folder that is only read."""
    entries, notes, _ = _read_results(folder, kind, wanted)
    return entries, notes


def _read_results(
    folder: Path, kind: type[Entry], wanted: Collection[str] | None
) -> tuple[dict[str, Entry], tuple[Note, ...], list[tuple[Path, str]]]:
    """The same, and all files with the keys in their names."""
    entries: dict[str, Entry] = {}
    damaged: list[str] = []
    number_of_others = 0
    name, _ = _KINDS[kind]
    files, foreign = _files(folder)
    for path, key in files:
        if wanted is not None and key not in wanted:
            number_of_others += 1
            continue
        entry = _entry(path, key, kind)
        if entry is None:
            is_others = any(_entry(path, key, other) for other in _KINDS if other is not kind)
            (foreign if is_others else damaged).append(path.name)
        elif entry.error is None or key not in entries:
            entries[entry.key] = entry
    notes = []
    if damaged:
        notes.append(
            Note(
                code=f"damaged_{name}s",
                text=f"{listed(damaged)} in '{folder}' could not be read"
                + (": measured again" if name == "cell" else ": left out until measured again"),
            )
        )
    notes += _foreign_notes(foreign, folder, kind)
    if number_of_others:
        notes.append(
            Note(
                code=f"other_{name}s",
                text=f"{plural(number_of_others, name)} in '{folder}' of other configurations, "
                "options or machines: left alone",
            )
        )
    return entries, tuple(notes), files


def foreign_files(folder: Path, kind: type[Entry]) -> tuple[Note, ...]:
    """A note on the files that are not of such a folder, by their names alone: no file is read."""
    _, foreign = _files(folder)
    return _foreign_notes(foreign, folder, kind)


def names_by_key(folder: Path) -> dict[str, str]:
    """Key -> name of the file of its entry, as the folder has it; nothing of a folder that is not there.

    Raises:
        OptionError: it cannot be read, as where it is a file.
    """
    try:
        return {key: path.name for path, key in _files(folder)[0]}
    except FileNotFoundError:
        return {}
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot read '{folder}': {reason}") from error


def damaged_files(
    folder: Path, kind: type[Entry], expected: Iterable[str], since_ns: int
) -> list[str]:
    """Names of files that are gone, also with their folder, or were changed since then and cannot be read.

    Only those that were changed are read.

    Args:
        since_ns: nanoseconds since the epoch.

    Raises:
        OSError: the folder cannot be read.
    """
    changed_ns = {}
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        changed_ns = {entry.name: entry.stat().st_mtime_ns for entry in entries}
    return [
        name
        for name in expected
        if name not in changed_ns
        or (changed_ns[name] > since_ns and entry_at(folder / name, kind) is None)
    ]


def entry_at(path: Path, kind: type[Entry]) -> Entry | None:
    """The entry that a file holds, that of its name; None where it is damaged."""
    found = _KEY.search(path.name)
    return None if found is None else _entry(path, found[1], kind)


def _files(folder: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    """Files with the keys in their names, and the names of those that have none."""
    files, foreign = [], []
    for path in sorted(folder.iterdir()):
        # Folders in a folder are those of other devices.
        if path.name.startswith(".") or path.is_dir():
            continue
        if (found := _KEY.search(path.name)) is not None:
            files.append((path, found[1]))
        else:
            foreign.append(path.name)
    return files, foreign


def _foreign_notes(names: list[str], folder: Path, kind: type[Entry]) -> tuple[Note, ...]:
    if not names:
        return ()
    _, words = _KINDS[kind]
    verb = "belongs" if len(names) == 1 else "belong"
    text = f"{listed(names)} in '{folder}' {verb} to no {words}: left alone"
    return (Note(code="foreign_files", text=text),)


def _entry(path: Path, key: str, kind: type[Entry]) -> Entry | None:
    """What a file holds; None where it is damaged, of another kind or of another version."""
    if not path.is_file():
        return None  # to read a pipe may never end
    try:
        plain = _read_entry(path.read_bytes(), _KINDS[kind][0])
        if plain["format_version"] != FORMAT_VERSION:
            return None
        entry = from_plain(kind, plain.get(_KINDS[kind][0], plain))
    except DAMAGED:
        return None
    return replace(entry, file=path.name) if entry.key == key else None


def _read_entry(content: bytes, name: str) -> dict[str, Any]:
    """The beginning of a file, where that has the entry: its reports may be a hundred times as long.

    A file that a power failure cut ends too early, or has zeros in it.
    """
    before, found, _ = content.partition(_BEFORE_REPORTS)
    if found and content.rstrip().endswith(b"}") and b"\0" not in content:
        plain: dict[str, Any] = json.loads(before + b"}")
        if name in plain:
            return plain
    everything: dict[str, Any] = json.loads(content)
    return everything


def listed(names: Sequence[str]) -> str:
    """ "3 files (a, b, ...)"."""
    shown = ", ".join(repr(name) for name in names[:_NAMED])
    return f"{plural(len(names), 'file')} ({shown}{', ...' if len(names) > _NAMED else ''})"
