"""Every exception that the package raises on purpose. Every layer may use it."""

from typing import Any

MESSAGE_LIMIT = 2000  # characters, whatever a runtime, a name or an argument brings into it


def shortened(text: str, limit: int) -> str:
    """At most so many characters of it, with an ellipsis in the middle where something is missing."""
    if len(text) <= limit:
        return text
    kept = limit - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


class TflopsError(Exception):
    """Base of all errors of this package: one `except` catches them.

    report      where a report failed after it had counted: the `Report` with what is known; else None
    comparison  the same where a comparison failed: the `Comparison` of what was counted; else None
    batch       where a batch ended early: the `Batch` of the jobs that were finished; else None
    sweep       where a sweep ended early: the `Sweep` of the cells that were finished; else None
    check       where a check ended early: the `Check` of what is known; else None
    timing      where only the times of operators could not be measured: the `Timing` without them
    """

    report: Any = None
    timing: Any = None
    comparison: Any = None
    batch: Any = None
    sweep: Any = None
    check: Any = None

    def __init__(self, *arguments: object) -> None:
        super().__init__(
            *(
                shortened(item, MESSAGE_LIMIT) if isinstance(item, str) else item
                for item in arguments
            )
        )


class ModelFormatError(TflopsError, ValueError):
    """The bytes are not a TensorFlow Lite model, or the model is damaged."""


class ConversionError(TflopsError, ValueError):
    """TensorFlow is missing, or cannot convert a model to TensorFlow Lite."""


class ShapeError(TflopsError, ValueError):
    """A shape does not fit: an input shape asked for, or the shapes that meet at an operator."""


class OptionError(TflopsError, ValueError):
    """An option is out of range, of another type, or asks for what this machine does not have."""


class InputDataError(TflopsError, ValueError):
    """Data for an input cannot be read, or is not what the input takes."""


class UnsupportedOperatorError(TflopsError, LookupError):
    """An operator has no counting rule, and a complete count was asked for."""


class RuntimeLibraryError(TflopsError, OSError):
    """A TensorFlow Lite library is missing, cannot be loaded, or lacks functions that are needed."""


class InvokeError(TflopsError, RuntimeError):
    """The TensorFlow Lite runtime refused a model, or failed while it ran it.

    reason  "refused"; of a child process that ended, "crash", "timeout" or "memory"
    """

    reason: str = "refused"


class DeviceError(TflopsError, OSError):
    """A device of a fleet cannot be reached, or is in use."""


class ProfileFormatError(TflopsError, ValueError):
    """A file of timings cannot be read, is damaged, or belongs to another model."""
