"""A folder to work in, models, and three stand-in devices; and the fixtures of `command_line`."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from command_line import plain_environment, process, refuses, start, tflops
from fleet_plans import ADB, DIES, MOBILENET, SINGLE, script
from zoo import EXAMPLES

__all__ = ["plain_environment", "process", "refuses", "start", "tflops"]


@pytest.fixture(scope="session")
def timer(timer_program, tmp_path_factory):
    """A folder with the program and the library that it opens."""
    folder = tmp_path_factory.mktemp("timer")
    shutil.copy(timer_program, folder)
    _native = pytest.importorskip("tflops_native._native", exc_type=ImportError)
    shutil.copy(_native.Library.linked().path, folder)
    return folder


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to work in, with `bin` first in PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "device").mkdir()
    return tmp_path


@pytest.fixture
def adb(place):
    """Makes the stand-in; `dies` as it runs its second model."""

    def make(dies=False):
        names = {name: place / name for name in ("log", "dead", "once")}
        before = DIES.format(**names) if dies else ""
        script(place / "bin" / "adb", ADB.format(serial="fake", before=before, **names))
        return names

    return make


@pytest.fixture
def ssh(place):
    """Arguments of ssh to a server on this machine, or to a script that stands for it."""
    server = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(server).exists():
        # No server can be had here: the last argument is the command, as it is for ssh.
        script(place / "bin" / "ssh", '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
        yield []
        return
    keys = place / "keys"
    keys.mkdir(mode=0o700)
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / name]
        subprocess.run(command, check=True)
    shutil.copy(keys / "user.pub", keys / "allowed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (keys / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {keys / 'host'}\nUsePAM no\n"
        f"AuthorizedKeysFile {keys / 'allowed'}\nStrictModes no\nPidFile none\nPermitRootLogin yes\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    process = subprocess.Popen([server, "-D", "-E", keys / "log", "-f", keys / "config"])
    arguments = [
        *("-F", "/dev/null", "-p", str(port), "-i", str(keys / "user")),
        *("-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={keys / 'known'}"),
    ]
    deadline = time.monotonic() + 30
    while subprocess.run(
        ["ssh", *arguments, "-o", "BatchMode=yes", "127.0.0.1", "true"],
        check=False, capture_output=True,
    ).returncode:  # fmt: skip
        assert process.poll() is None, (keys / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    yield arguments
    process.terminate()
    process.wait()


@pytest.fixture
def models(place):
    """Three models, and a text."""
    folder = place / "models"
    folder.mkdir()
    for path in (SINGLE, MOBILENET, EXAMPLES / "attention_encoder_dynamic.tflite"):
        shutil.copy(path, folder)
    (folder / "text.tflite").write_bytes(b"this is not a model")
    return folder
