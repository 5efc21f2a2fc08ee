"""What stands in a comparison without being measured: saved reports, and logs of devices."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

from tflops_native.checks import shown
from tflops_native.errors import OptionError
from tflops_native.model.graph import Model
from tflops_native.model.sources.tensorflow_object import kind_of
from tflops_native.reports.report import Report
from tflops_native.reports.saved import is_saved
from tflops_native.workload import Workload


def refuse_other_kinds(contenders: Sequence[Any]) -> None:
    """Raise where one is neither a model nor a report.

    Raises:
        OptionError: with what it is.
    """
    for contender in contenders:
        if isinstance(contender, list | tuple):
            raise OptionError(
                f"a contender must be a model or a report, got {shown(contender)}; several runtimes are "
                "given as runtime=['tflite', 'litert']"
            )
        known = (str, PathLike, bytes, bytearray, memoryview, Model, Report)
        if not isinstance(contender, known) and kind_of(contender) is None:
            raise OptionError(
                f"a contender must be a model or a report, got a {type(contender).__name__}"
            )


def saved_or_none(contender: Any, signature: str | None) -> Report | None:
    """The report that a contender is, or that its file holds; None for a model.

    Raises:
        ProfileFormatError: the file cannot be read, or holds no report of this version.
        OptionError: it has several, or none of this signature.
    """
    if isinstance(contender, Report):
        return contender
    if isinstance(contender, str | PathLike) and is_saved(contender):
        from tflops_native.reports.loaded import load_report

        return load_report(contender, signature=signature)
    return None


def logged(
    counted: Report,
    workload: Workload,
    files: Sequence[str | PathLike[str]],
    devices: Sequence[str],
) -> list[tuple[str, Report]]:
    """A report for each file with times of a model, with the path of the file.

    Args:
        counted: of the model.
        devices: labels, as many as files or none.

    Raises:
        OptionError: there are not two files, or other than as many labels.
        ProfileFormatError: a file cannot be read, or belongs to another model.
    """
    if isinstance(files, str) or len(files) < 2:
        raise OptionError(
            "a comparison needs two profiles or more: give --profile FILE for each of them"
        )
    if devices and (isinstance(devices, str) or len(devices) != len(files)):
        raise OptionError(
            f"{len(files)} profiles need {len(files)} device labels, one each in their order, got "
            f"{shown(devices)}"
        )
    from tflops_native.imported.load import load_timing

    found = []
    for position, path in enumerate(files):
        device = devices[position] if devices else None
        timing = load_timing(path, workload, device=device)
        found.append((str(path), counted.with_parts(timing=timing)))
    return found
