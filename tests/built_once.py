"""What takes long to build is built once, by the first worker of pytest-xdist that needs it."""

import fcntl
import os


def folder_of_all_workers(tmp_path_factory):
    """The one of this run."""
    root = tmp_path_factory.getbasetemp()
    return root.parent if "PYTEST_XDIST_WORKER" in os.environ else root


def built_once(tmp_path_factory, name, build):
    """The folder that `build(folder)` has filled; other workers wait for it."""
    root = folder_of_all_workers(tmp_path_factory)
    folder, done = root / f"built-{name}", root / f"built-{name}.done"
    with (root / f"built-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir(exist_ok=True)
            build(folder)
            done.touch()
    return folder
