"""More threads than CPUs that they may run on."""

from tflops_native.formatting import plural
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.report import Report


def too_many_threads(report: Report) -> list[Finding]:
    """Where the number of usable CPUs is known."""
    timing = report.timing
    if timing is None or timing.threads is None:
        return []
    machine, evidence = timing.origin.machine, timing.evidence
    cpus = None if machine is None else machine.usable_cpus or machine.logical_cpus
    if evidence is not None and evidence.cpus_allowed:
        cpus = len(evidence.cpus_allowed)
    if cpus is None or timing.threads <= cpus:
        return []
    return [
        Finding(
            code="too_many_threads",
            severity="medium",
            text=f"{plural(timing.threads, 'thread')} share {plural(cpus, 'CPU')} and wait for each "
            "other",
            advice=f"try --threads {cpus}",
            evidence={"threads": timing.threads, "cpus": cpus},
        )
    ]
