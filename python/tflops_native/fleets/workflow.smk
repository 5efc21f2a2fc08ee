# The workflow of `tflops fleet`, which says in `config["jobs"]` what there is to do, and writes that file.
# A job is a file: one that is there is done. `tflops` alone decides what is in it.
import json
from pathlib import Path

PLAN = json.loads(Path(config["jobs"]).read_text())
COMMAND = PLAN["command"] + " fleet " + PLAN["quoted"]
JOBS = {job["output"]: job for job in PLAN["jobs"]}
# One resource per device: how many jobs it takes at once.
DEVICES = {
    f"device_{at}": (lambda wildcards, label=device["label"]: int(wildcards.device == label))
    for at, device in enumerate(PLAN["devices"])
}


def job_of(wildcards):
    return JOBS[f"{wildcards.device}/{wildcards.file}.json"]


rule all:
    input:
        [output for output, job in JOBS.items() if job["device"] not in PLAN["left_out"]],


rule measure:
    output:
        "{device,[^/]+}/{file,[^/]+}.json",
    params:
        key=lambda wildcards: job_of(wildcards)["key"],
        name=lambda wildcards: job_of(wildcards)["title"],
    message:
        "{wildcards.device}: measure {params.name}"
    retries: PLAN["retries"]
    resources:
        attempt=lambda wildcards, attempt: attempt,
        **DEVICES,
    shell:
        COMMAND + " --job {params.key} --attempt {resources.attempt}"


rule count:
    output:
        ".fleet/{shard,[^/]+}.counted",
    params:
        models=lambda wildcards: len(PLAN["shards"][wildcards.shard]),
    message:
        "count {params.models} models"
    shell:
        COMMAND + " --shard {wildcards.shard}"
