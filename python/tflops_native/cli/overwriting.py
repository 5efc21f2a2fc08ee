"""No command writes to a file that it reads: the only copy of a model would be gone."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tflops_native.errors import OptionError

# Parameters that name a file to write.
_WRITTEN = ("output", "output_path", "junit_path", "inputs_file")


def refuse_overwriting(parameters: Mapping[str, Any]) -> None:
    """Compare the files that a command is to write with those it reads, and with each other.

    Raises:
        OptionError: two are the same file.
    """
    written: list[str] = []
    for name in _WRITTEN:
        path = parameters.get(name)
        if not path or not isinstance(path, str | os.PathLike):
            continue
        text = os.fspath(path)
        if any(Path(text).absolute() == Path(other).absolute() for other in written):
            raise OptionError(f"cannot write '{text}' twice: give two names")
        written.append(text)
        if (found := _regular_file(text)) is None:
            continue
        read = [parameters[key] for key in parameters if key not in _WRITTEN]
        for candidate in _texts(read):
            other = _regular_file(candidate)
            if other is not None and os.path.samestat(found, other):
                raise OptionError(
                    f"cannot write '{text}': it is read, and would be lost; give another name"
                )


def _regular_file(path: str) -> os.stat_result | None:
    with suppress(OSError, ValueError):
        found = Path(path).stat()
        return found if stat.S_ISREG(found.st_mode) else None
    return None


def _texts(value: Any) -> Iterator[str]:
    """All that may be paths: with the operator or part that is chosen, or the name of an input, cut off."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str | os.PathLike):
        text = str(os.fspath(value))
        yield text
        yield from (text.partition("::")[0], text.rpartition(":")[0], text.partition("=")[2])
