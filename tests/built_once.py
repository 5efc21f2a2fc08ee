"""What takes long to build is built once, by the first worker of pytest-xdist that needs it."""

import fcntl
import os


def built_once(tmp_path_factory, name, build):
    """The folder that `build(folder)` has filled; other workers wait for it."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # that of all workers of this run
    folder, done = root / f"built-{name}", root / f"built-{name}.done"
    with (root / f"built-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir(exist_ok=True)
            build(folder)
            done.touch()
    return folder
