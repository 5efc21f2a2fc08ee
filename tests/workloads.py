"""Workloads and options of tests, in one call each."""

from dataclasses import fields

from tflops_native.analysis.entry import analyze_workload
from tflops_native.isolation.isolated import run_isolated
from tflops_native.isolation.limits import NO_LIMITS
from tflops_native.measurement.isolated import measure_isolated
from tflops_native.measurement.measure import measure_workload
from tflops_native.model.graph import Model
from tflops_native.model.reader import load
from tflops_native.progress import no_progress
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.shapes import observe_tensors
from tflops_native.timing.stop_rule import StopRule
from tflops_native.workload import Workload


def workload(model, *, input_shapes=None, signature=None, inputs=None):
    loaded = model if isinstance(model, Model) else load(model)
    return Workload.resolve(loaded, input_shapes=input_shapes, signature=signature, inputs=inputs)


def analyze_model(model, *, input_shapes=None, signature=None, inputs=None, **counting):
    return analyze_workload(
        workload(model, input_shapes=input_shapes, signature=signature, inputs=inputs), **counting
    )


def split(options):
    """The options of a workload, of a run and of the stop rule, told apart by their names."""
    parts = []
    for names in (
        {"input_shapes", "signature", "inputs"},
        {field.name for field in fields(RunOptions)},
        {field.name for field in fields(StopRule)},
    ):
        parts.append({name: value for name, value in options.items() if name in names})
        options = {name: value for name, value in options.items() if name not in names}
    assert options == {}
    return parts[0], RunOptions(**parts[1]), StopRule(**parts[2])


def measure_model(model, *, profile=True, isolated_operators=None, progress=no_progress, **options):
    asked, run, rule = split(options)
    return measure_workload(
        workload(model, **asked), run, rule, profile, isolated_operators, progress
    )


def measure_in_child(
    model,
    *,
    profile=True,
    isolated_operators=None,
    progress=no_progress,
    limits=NO_LIMITS,
    **options,
):
    asked, run, rule = split(options)
    return measure_isolated(
        workload(model, **asked), run, rule, profile, isolated_operators, progress, limits
    )


def shapes_in_runtime(model, **options):
    asked, run, _ = split(options)
    return observe_tensors(workload(model, **asked), run).shapes


def shapes_in_child(model, **options):
    asked, run, _ = split(options)
    return run_isolated(observe_tensors, workload(model, **asked), run).shapes
