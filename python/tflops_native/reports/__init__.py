"""Reports: counts and times joined per operator, and one file per output format."""

from tflops_native.reports.joined import Report, ReportRow

__all__ = ["Report", "ReportRow"]
