"""What the lines around the tables say of one benchmark, put together as a `Recorded`."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath

from tflops_native.imported.figures import count, duration, number
from tflops_native.imported.log_notes import NO_OPERATOR_TIMES
from tflops_native.imported.phases import Summary, resolve
from tflops_native.imported.profile_tables import ProfileTables, profiles_of
from tflops_native.imported.recorded import (
    BENCHMARK_MODEL,
    MICROSECOND,
    DurationSummary,
    InputShape,
    ModelMark,
    Recorded,
)
from tflops_native.notes import Note

# Notes that say why there are no times of operators.
_SAY_WHY = {"table_cut", "text_proto", "several_subgraphs"}
LITERT_BENCHMARK = "litert-benchmark"
_SIGNIFICANT_DIGITS = 6  # as C++ streams print floats
_MEBIBYTE = 1 << 20
_RESULT_RESOLUTION = 1e-5  # results are printed to 0.01 ms
_THREADS = ("#threads used for CPU inference", "Num threads")
_PROFILING = "Enable op profiling"


@dataclass(slots=True)
class LogFacts:
    """One benchmark's lines, as they come."""

    parameters: dict[str, str] = field(default_factory=dict)
    size_mb: str | None = None
    size_mib: str | None = None
    session: str | None = None
    delegates: dict[str, None] = field(default_factory=dict)
    announcements: list[str] = field(default_factory=list)
    phases: list[tuple[int, str]] = field(default_factory=list)
    totals: dict[str, str] = field(default_factory=dict)
    results: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    tables: ProfileTables = field(default_factory=ProfileTables)
    has_failed: str | None = None
    has_aborted: bool = False
    phases_at_end: int = 0
    damage: ValueError | None = None
    has_console: bool = False
    notes: dict[str, Note] = field(default_factory=dict)

    @property
    def is_ended(self) -> bool:
        """Whether the last lines of a benchmark were seen."""
        return bool(self.totals or self.results) or self.has_aborted

    @property
    def has_anything(self) -> bool:
        """Whether it was a benchmark at all."""
        tables = self.tables
        has_table = bool(tables.sections) or tables.has_summary
        return has_table or self.is_ended or bool(self.phases or self.announcements)

    def recorded(self) -> Recorded:
        """Everything in one.

        Raises:
            ValueError: figures are impossible, or no inference was timed.
        """
        if self.damage is not None:
            raise self.damage
        profiles, inside, notes = profiles_of(self.tables.sections.values())
        summary = self._summary()
        warm_up, latency, more = resolve(self.phases, len(self.announcements), summary)
        notes = [*more, *notes, *self.notes.values()]
        has_profile = any(profile.events for profile in profiles)
        if latency is None and not has_profile:
            raise ValueError(self.why_nothing([note.text for note in notes]))
        is_log = bool(self.totals or self.parameters or self.results or self.phases)
        if not has_profile and not _SAY_WHY & {note.code for note in notes}:
            notes.append(NO_OPERATOR_TIMES)
        profiling = self.parameters.get(_PROFILING)
        return Recorded(
            tool=LITERT_BENCHMARK if self.has_console else BENCHMARK_MODEL,
            form="log" if is_log else "CSV",
            model=self._mark(),
            threads=self._threads(),
            delegates=tuple(self.delegates),
            signature=self.parameters.get("Signature to run") or None,
            input_shapes=_shapes(self.parameters),
            latency=latency,
            is_profiled=has_profile or (profiling == "1" if is_log else None),
            initialization=self._total("Init", "Model initialization"),
            first_invoke=self._total("First inference", "Warmup (first)"),
            warm_up=warm_up,
            profiles=profiles,
            inside=inside,
            notes=tuple(notes),
        )

    def why_nothing(self, notes: Sequence[str] = ()) -> str:
        """Why there is no time in it."""
        if self.has_failed is not None:
            return f"no inference was timed: the benchmark failed ({self.has_failed[:80]})"
        if self.announcements or self.phases or self.is_ended:
            return "no inference was timed: the benchmark ended before the runs did"
        if notes:
            return notes[0]
        if self.tables.has_summary:
            return (
                "it holds a summary by type only, which does not say which operator took how long: "
                "keep the table 'Run Order'"
            )
        return "it holds no times, neither of inferences nor of operators"

    def _summary(self) -> Summary:
        return Summary(warm_up=self._mean("Warmup"), runs=self._mean("Inference"))

    def _mean(self, name: str) -> DurationSummary | None:
        text = self.totals.get(name)
        if text is not None and not text.endswith("nan"):
            return DurationSummary(mean=duration(text, MICROSECOND))
        if f"{name} (avg)" not in self.results:
            return None
        runs = self.results[f"{name} (avg)"][1]
        values = {
            key: duration(self.results[f"{name} ({short})"][0], 1e-3)
            for key, short in _RESULTS.items()
            if f"{name} ({short})" in self.results
        }
        return DurationSummary(
            count=None if runs is None else count(runs), resolution=_RESULT_RESOLUTION, **values
        )

    def _total(self, total: str, result: str) -> float | None:
        if total in self.totals:
            return duration(self.totals[total], MICROSECOND)
        return duration(self.results[result][0], 1e-3) if result in self.results else None

    def _threads(self) -> int | None:
        for name in _THREADS:
            value = self.parameters.get(name, "")
            if value.isdecimal() and len(value) < 6 and int(value):
                return int(value)
        return None

    def _mark(self) -> ModelMark:
        """The model's file name, of whatever system it lay on, and its size."""
        graph = self.parameters.get("Graph")
        name = None if not graph else PureWindowsPath(PurePosixPath(graph).name).name
        if self.size_mib is not None:
            size = _megabytes(self.size_mib) * _MEBIBYTE
            return ModelMark(name=name, size_bytes=size, size_error_bytes=0.005 * _MEBIBYTE + 1)
        megabytes = 0.0 if self.size_mb is None else _megabytes(self.size_mb)
        if not megabytes:
            return ModelMark(name=name)
        last_digit = 10.0 ** (math.floor(math.log10(megabytes)) + 1 - _SIGNIFICANT_DIGITS)
        return ModelMark(
            name=name, size_bytes=megabytes * 1e6, size_error_bytes=last_digit * 1e6 / 2
        )


_RESULTS = {
    "mean": "avg",
    "minimum": "min",
    "maximum": "max",
    "median": "median",
    "std": "std",
    "p5": "p5",
    "p95": "p95",
}


def _megabytes(text: str) -> float:
    value = number(text)
    if value > 1e9:
        raise ValueError(f"a model of {text[:40]} MB")
    return value


def _shapes(parameters: dict[str, str]) -> tuple[InputShape, ...] | None:
    """By position; the lists are separated by commas and by colons."""
    names, shapes = parameters.get("Input layers"), parameters.get("Input shapes")
    if not names or not shapes:
        return None
    try:
        lengths = [
            tuple(int(length) for length in re.split(r"[,x]", one)) for one in shapes.split(":")
        ]
        return tuple(
            InputShape(name=name, shape=shape)
            for name, shape in zip(names.split(","), lengths, strict=True)
        )
    except ValueError as error:
        raise ValueError(
            f"the input shapes {shapes[:80]!r} do not fit the inputs {names[:80]!r}"
        ) from error
