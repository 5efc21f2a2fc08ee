"""What a reader of a result must know beside its figures, as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One remark.

    code   a stable name for programs: "open_lengths"
    text   one sentence for people
    hint   what to do about it, or to type next; None if nothing
    """

    code: str
    text: str
    hint: str | None = None

    def __str__(self) -> str:
        return self.text if self.hint is None else f"{self.text}; {self.hint}"
