"""The document of the runtimes that are installed."""

from tflops_native.formats.document import Cell, Column, Document, Line, Lines, Table, row_of
from tflops_native.reports.saved import saved
from tflops_native.runtime.installed import InstalledRuntime, InstalledRuntimes

_COLUMNS = (
    Column(key="name", heading="--runtime", is_number=False),
    Column(key="kind", heading="kind", is_number=False, drop=1),
    Column(key="version", heading="version", is_number=False),
    Column(key="is_tried", heading="tried", is_number=False),
    Column(key="kernels", heading="--kernels", is_number=False),
    Column(key="abilities", heading="can", is_number=False, is_shown=False),
    Column(key="library", heading="library", is_number=False, is_shown=False),
)
_TRIED = {True: "yes", False: "no", None: "-"}


def runtimes_document(found: InstalledRuntimes) -> Document:
    """A row for each that can be used, and lines: what it can do, where it is, or why it cannot be used."""
    usable = [runtime for runtime in found.runtimes if runtime.info is not None]
    lines = [
        Line("" if position else label, f"{runtime.name}: {text(runtime)}")
        for label, text, listed in (("can", _abilities, usable), ("where", _place, found.runtimes))
        for position, runtime in enumerate(listed)
    ]
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


def _place(runtime: InstalledRuntime) -> str:
    return runtime.problem or "" if runtime.info is None else runtime.info.library


def _abilities(runtime: InstalledRuntime) -> str:
    return ", ".join(
        word
        for word, is_able in (
            ("profile", runtime.has_profile),
            ("signatures", runtime.has_signatures),
            ("tensors", runtime.shows_tensors),
            ("delegates", runtime.has_delegates),
        )
        if is_able
    )


def _cells(runtime: InstalledRuntime) -> dict[str, Cell]:
    info = runtime.info
    version = None if info is None else info.version
    texts = {
        "name": runtime.name,
        "kind": "" if info is None else info.kind,
        "kernels": ", ".join(runtime.kernels),
        "abilities": _abilities(runtime),
        "library": "" if info is None else info.library,
    }
    return {
        "version": Cell(version, version or "unknown"),
        "is_tried": Cell(runtime.is_tried, _TRIED[runtime.is_tried]),
        **{key: Cell(text, text) for key, text in texts.items()},
    }
