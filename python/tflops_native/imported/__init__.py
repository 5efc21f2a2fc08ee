"""Times that were measured elsewhere, by other tools or by our timer, joined to a model."""

from tflops_native.imported.load import load_timing
from tflops_native.imported.recorded import DurationSummary, Recorded
from tflops_native.imported.result import (
    ImportedEvent,
    ImportedOperatorTime,
    ImportedProfile,
    ImportedTiming,
    TimingSource,
)

__all__ = [
    "DurationSummary",
    "ImportedEvent",
    "ImportedOperatorTime",
    "ImportedProfile",
    "ImportedTiming",
    "Recorded",
    "TimingSource",
    "load_timing",
]
