"""What a device sends that is cut off or no answer says nothing of the model: it is asked again."""

import json

import pytest

import tflops_native.fleets.jobs as fleet_jobs
from fleet_plans import SINGLE, write_plan
from tflops_native.errors import DeviceError
from tflops_native.fleets.plan import read_plan

pytest.importorskip("yaml")
ANSWERS = [b"", b'{"format": "tflops-ti', b"\xff\xfe\x00garbage", b"adb: closed\n", b"[" * 100_000]


@pytest.mark.parametrize("answer", ANSWERS, ids=["none", "cut", "bytes", "words", "nested"])
def test_an_answer_that_is_not_whole_is_a_failure_of_the_device(place, monkeypatch, answer):
    (place / "timer").mkdir()
    (place / "timer" / "tflops-timer").write_text("")
    device = {"label": "phone", "kind": "adb", "address": "fake", "timer": "timer"}
    plan = read_plan(write_plan(place, [device], models=[str(SINGLE)], retries=1))
    (plan.results / fleet_jobs.HIDDEN).mkdir(parents=True)
    path = fleet_jobs.write_jobs(plan, [str(SINGLE)], "run", [], "jobs.json")
    (key,) = fleet_jobs.FleetJobs.read(path).jobs

    def time_on(device, model, options, output, name):
        output.write_bytes(answer)

    monkeypatch.setattr(fleet_jobs, "time_on", time_on)
    for attempt in (1, 2):
        # No file of the job, so that the next run of the plan does it.
        with pytest.raises(DeviceError, match="device 'phone' sent "):
            fleet_jobs.run_job(path, key, attempt)
        assert not list(plan.results.glob("phone/*.json"))
    (row,) = plan.results.glob("unreached/*.json")
    assert json.loads(row.read_bytes())["reason"] == "device"
