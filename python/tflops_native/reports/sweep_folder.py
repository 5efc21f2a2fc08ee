"""The folder of a sweep: one file per cell, whole or not there at all."""

import json
import os
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tflops_native.errors import OptionError
from tflops_native.formatting import plural, shape
from tflops_native.notes import Note
from tflops_native.plain import from_plain
from tflops_native.plain_json import dump_json
from tflops_native.reports.report import Report
from tflops_native.reports.saved import FORMAT_VERSION, saved, saved_reports
from tflops_native.reports.sweep_cell import SweepCell

_KEY = re.compile(r"-([0-9a-f]{16})\.json$")
_PARTIAL = ".partial"
_NAMED = 3
_NAME_LIMIT = 120


class SweepFolder:
    """Cells that were measured, by their keys.

    Args:
        path: of a folder, which is made if it is not there.

    Raises:
        OptionError: it is not a folder, or cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(exist_ok=True)
            probe = path / f".probe{_PARTIAL}"
            probe.write_bytes(b"")
            probe.unlink()
        except FileNotFoundError as error:
            raise OptionError(
                f"cannot write to '{path}': there is no folder '{path.parent}'"
            ) from error
        except FileExistsError as error:
            raise OptionError(
                f"cannot write to '{path}': it is a file; give a folder for the reports"
            ) from error
        except OSError as error:
            raise _refusal(path, error) from error

    def read(self, wanted: set[str]) -> tuple[dict[str, SweepCell], tuple[Note, ...]]:
        """The cells with these keys, and notes on files that are not theirs."""
        cells: dict[str, SweepCell] = {}
        damaged, others = [], []
        number_of_others = 0
        for path in sorted(self.path.iterdir()):
            found = _KEY.search(path.name)
            if path.name.startswith(".") and path.name.endswith(_PARTIAL):
                continue
            if found is None:
                others.append(path.name)
                continue
            if found[1] not in wanted:
                number_of_others += 1
                continue
            cell = _cell(path, found[1])
            if cell is None:
                damaged.append(path.name)
            else:
                cells[cell.key] = replace(cell, file=path.name)
        notes = []
        if damaged:
            notes.append(
                Note(
                    code="damaged_cells",
                    text=f"{_listed(damaged)} in '{self.path}' could not be read: measured again",
                )
            )
        if others:
            notes.append(
                Note(
                    code="foreign_files",
                    text=f"{_listed(others)} in '{self.path}' belong to no cell of this sweep: left alone",
                )
            )
        if number_of_others:
            notes.append(
                Note(
                    code="other_cells",
                    text=f"{plural(number_of_others, 'cell')} in '{self.path}' of other configurations, "
                    "options or machines: left alone",
                )
            )
        return cells, tuple(notes)

    def keep(self, cell: SweepCell, report: Report | None) -> SweepCell:
        """Write a cell with its report, which `tflops show` reads; of a failure, why.

        Raises:
            OptionError: it cannot be written, as on a full disk; other cells stay as they are.
        """
        cell = replace(cell, file=_file_name(cell))
        if report is None:
            plain = saved("cell", cell.to_dict())
        else:
            plain = {**saved_reports([report]), "cell": cell.to_dict()}
        path = self.path / str(cell.file)
        # Of one name per cell, so that what a killed process left is overwritten by the next.
        partial = path.with_name(f".{cell.key}{_PARTIAL}")
        try:
            with partial.open("w", encoding="utf-8") as stream:
                stream.write(dump_json(plain) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            raise _refusal(path, error) from error
        return cell


def _refusal(path: Path, error: OSError) -> OptionError:
    reason = (error.strerror or str(error)).lower()
    return OptionError(f"cannot write '{path}': {reason}; what was measured before is kept")


def _cell(path: Path, key: str) -> SweepCell | None:
    """What a file holds; None where it is damaged or of another version."""
    try:
        plain = json.loads(path.read_bytes())
        if plain["format_version"] != FORMAT_VERSION:
            return None
        cell = from_plain(SweepCell, plain.get("cell", plain))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return cell if cell.key == key else None


def _file_name(cell: SweepCell) -> str:
    """ "mobilenet_v2-1x224x224x3-int8-tflite-xnnpack-2t-0123456789abcdef.json"."""
    words = [
        Path(cell.model.split("::")[0]).stem,
        *(shape(lengths) for lengths in cell.input_shapes.values()),
        *filter(None, [cell.quantization]),
        Path(cell.runtime).stem,
        cell.kernels,
        f"{cell.threads}t",
    ]
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", "-".join(words)).lstrip(".")
    return f"{name[:_NAME_LIMIT]}-{cell.key}.json"


def _listed(names: list[str]) -> str:
    """ "3 files (a, b, ...)"."""
    shown = ", ".join(repr(name) for name in names[:_NAMED])
    return f"{plural(len(names), 'file')} ({shown}{', ...' if len(names) > _NAMED else ''})"
