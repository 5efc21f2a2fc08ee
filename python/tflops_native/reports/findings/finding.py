"""A finding: what stands out in a report, how much it matters, and what to try."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that stands out.

    code        a stable name for programs: "outside_delegate"
    severity    "high": the figures would be misread, or at least a quarter of the time is at stake;
                "medium": at least a tenth; "low": less, or good to know
    text        one sentence for people, with the figures
    advice      what to try
    time_share  of the inference that is at stake, 0 to 1; None where it is not about time
    operators   indices of the operators that it is about; empty: the model as a whole
    evidence    the figures behind it by name, with units in the names
    """

    code: str
    severity: Severity
    text: str
    advice: str
    time_share: float | None = None
    operators: tuple[int, ...] = ()
    evidence: Mapping[str, int | float | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.text}; {self.advice}"
