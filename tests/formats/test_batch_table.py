"""Which columns of a batch a reader sees."""

import pytest

from tflops_native.reports.batch import Batch
from tflops_native.reports.batch_job import BatchJob


def job(name, **more):
    return BatchJob(key=name, model=f"{name}.tflite", names=(f"{name}.tflite",), **more)


MEASURED = {"sha256": "0" * 64, "runtime": "tflite", "kernels": "xnnpack", "threads": 1}
UNREAD = {"reason": "not a model", "error": "it has no identifier"}


@pytest.mark.parametrize(
    ("second", "headings"),
    [
        (UNREAD, {"failed"}),
        ({**MEASURED, "threads": 2}, {"threads"}),
        ({**MEASURED, "kernels": "builtin", "device": "here"}, {"kernels", "device"}),
    ],
)
def test_what_all_jobs_have_in_common_has_no_column(second, headings):
    """Of a model that could not be read nothing is known, and nothing differs."""
    text = str(Batch(jobs=(job("a", **MEASURED), job("b", **second))))
    assert set(text.splitlines()[0].split()) == {"model", "MACs", "params", "arena", *headings}
