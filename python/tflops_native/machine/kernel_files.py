"""Reads the files in which a Linux kernel tells about itself. What is not there is None, not a guess.

Every reader built on this takes the folder that stands for "/", so that a test can make up a machine.
"""

from pathlib import Path

ROOT = Path("/")


def read_text(path: Path) -> str | None:
    """The text of a file without white space around it; None if it cannot be read, or is empty."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n\t ") or None
    except OSError:
        return None


def read_integer(path: Path) -> int | None:
    """The one whole number in a file; None if it cannot be read, or holds something else."""
    text = read_text(path)
    try:
        return None if text is None else int(text, 0)
    except ValueError:
        return None


def read_fields(path: Path) -> dict[str, int]:
    """Lines `name number`; empty if the file cannot be read."""
    fields: dict[str, int] = {}
    for line in (read_text(path) or "").splitlines():
        name, _, value = line.partition(" ")
        try:
            fields[name] = int(value)
        except ValueError:
            continue
    return fields


def folders(path: Path, pattern: str) -> list[Path]:
    """What is in a folder, by pattern, sorted; empty if it cannot be read."""
    try:
        return sorted(path.glob(pattern))
    except OSError:
        return []
