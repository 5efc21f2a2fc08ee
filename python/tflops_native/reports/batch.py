"""A batch: a row per job, and what failed."""

from dataclasses import dataclass
from typing import ClassVar

from tflops_native.formatting import plural
from tflops_native.notes import Note
from tflops_native.reports.batch_job import BatchJob
from tflops_native.result import Result


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Batch(Result):
    """The jobs that are finished, or failed.

    jobs        one per model of different content, in the order in which they were given
    unfinished  how many files were not looked at, where it was interrupted
    kept        how many jobs were in the folder already
    remarks     notes of the batch itself
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("notes",)

    jobs: tuple[BatchJob, ...]
    unfinished: int = 0
    kept: int = 0
    remarks: tuple[Note, ...] = ()

    @property
    def failed(self) -> tuple[BatchJob, ...]:
        """Those without a result."""
        return tuple(job for job in self.jobs if job.reason is not None)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is missing, and how many jobs failed, by reason and lost device, with the first error."""
        notes = list(self.remarks)
        if self.unfinished:
            notes.append(
                Note(
                    code="unfinished_batch",
                    text=f"{plural(self.unfinished, 'file')} not done",
                    hint="the same command with the same -o FOLDER goes on",
                )
            )
        by_reason: dict[tuple[str | None, str | None], list[BatchJob]] = {}
        for job in self.failed:
            # A device fails for a reason of its own, which is that of all its jobs.
            device = job.device if job.reason == "device" else None
            by_reason.setdefault((job.reason, device), []).append(job)
        for (reason, _), jobs in by_reason.items():
            first = jobs[0]
            error = " ".join(str(first.error).split())
            text = f"{plural(len(jobs), 'job')} failed ({reason}), the first {first.model}: {error}"
            notes.append(Note(code="failed_jobs", text=text))
        return tuple(notes)

    def __repr__(self) -> str:
        return f"<Batch {len(self.jobs)} jobs, {len(self.failed)} failed>"
