"""What can be made again and is kept: the user's cache folder."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from tflops_native.whole_files import written


def cache_folder() -> Path | None:
    """Where programs keep what they can make again; None where there is no such place."""
    if folder := os.environ.get("XDG_CACHE_HOME"):
        return Path(folder) / "tflops_native"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) / "tflops_native" / "Cache" if local else None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    middle = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return home / middle / "tflops_native"


def keep(path: Path, content: bytes) -> bool:
    """Write a file of the cache as a whole or not at all; whether that went well."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with written(path, is_ours=True) as stream:
            stream.write(content)
        return True
    return False
