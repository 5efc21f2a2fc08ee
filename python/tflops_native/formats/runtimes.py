"""The document of the runtimes that are installed."""

from tflops_native.formats.document import Cell, Column, Document, Line, Lines, Table, row_of
from tflops_native.reports.saved import saved
from tflops_native.runtime.installed import InstalledRuntime, InstalledRuntimes

_COLUMNS = (
    Column(key="name", heading="--runtime", is_number=False),
    Column(key="kind", heading="kind", is_number=False),
    Column(key="version", heading="version", is_number=False),
    Column(key="is_tried", heading="tried", is_number=False),
    Column(key="kernels", heading="--kernels", is_number=False),
    Column(key="abilities", heading="can", is_number=False),
    Column(key="library", heading="library", is_number=False, is_shown=False),
)
_TRIED = {True: "yes", False: "no", None: "-"}


def runtimes_document(found: InstalledRuntimes) -> Document:
    """A row for each that can be used, a line for where it is, or why it cannot be used."""
    usable = [runtime for runtime in found.runtimes if runtime.info is not None]
    lines: list[Line] = []
    for runtime in found.runtimes:
        text = runtime.problem if runtime.info is None else runtime.info.library
        lines.append(Line("" if lines else "where", f"{runtime.name}: {text}"))
    return Document(
        title="Runtimes",
        parts=(
            Table(
                title="Runtimes",
                columns=_COLUMNS,
                rows=tuple(row_of(_COLUMNS, _cells(runtime)) for runtime in usable),
                gap=2,
            ),
            Lines(tuple(lines)),
        ),
        data=lambda: saved("runtimes", found.to_dict()),
    )


def _cells(runtime: InstalledRuntime) -> dict[str, Cell]:
    info = runtime.info
    version = None if info is None else info.version
    can = [
        word
        for word, is_able in (
            ("profile", runtime.has_profile),
            ("signatures", runtime.has_signatures),
            ("tensors", runtime.shows_tensors),
            ("delegates", runtime.has_delegates),
        )
        if is_able
    ]
    texts = {
        "name": runtime.name,
        "kind": "" if info is None else info.kind,
        "kernels": ", ".join(runtime.kernels),
        "abilities": ", ".join(can),
        "library": "" if info is None else info.library,
    }
    return {
        "version": Cell(version, version or "unknown"),
        "is_tried": Cell(runtime.is_tried, _TRIED[runtime.is_tried]),
        **{key: Cell(text, text) for key, text in texts.items()},
    }
