"""What a file held is there until its new content is: full disks, signals, links, permissions."""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tflops_native
from tflops_native.cache import keep
from tflops_native.errors import OptionError, TflopsError
from tflops_native.whole_files import written
from zoo import EXAMPLES

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
posix = pytest.mark.skipif(os.name != "posix", reason="files of POSIX")
OLD = b"what was there before\n"
NEW = b"new"


def _write(path, content=NEW):
    with written(path) as stream:
        stream.write(content)


# All that writes a result to a file that the caller names.
WRITERS = {
    "x.json": lambda path, results: tflops_native.save_report(tflops_native.count(SINGLE)[0], path),
    "x.csv": lambda path, results: tflops_native.collect(results, output=path),
    "x.parquet": lambda path, results: tflops_native.collect(results, output=path),
    "x.tflite": lambda path, results: tflops_native.convert(SINGLE, output=path),
    "y.tflite": lambda path, results: tflops_native.extract(SINGLE, 0, output=path),
    "x.npz": lambda path, results: tflops_native.extract(SINGLE, 0, inputs_file=path),
}
NEEDS = {"x.parquet": "duckdb", "y.tflite": "flatbuffers", "x.npz": "flatbuffers"}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    folder = tmp_path_factory.mktemp("results")
    tflops_native.batch(SINGLE, folder=folder, count=True, processes=1)
    return folder


@pytest.fixture(params=WRITERS)
def writer(request, monkeypatch):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    pytest.importorskip(NEEDS.get(request.param, "numpy"))
    # TensorFlow would take seconds to give the same bytes to write.
    monkeypatch.setattr("tflops_native.api.load", lambda source, **_: tflops_native.load(source))
    return request.param


@pytest.mark.parametrize("at", ["write", "chmod", "replace"])
def test_what_cannot_be_finished_leaves_the_old_file(writer, at, results, tmp_path, monkeypatch):
    path = tmp_path / writer
    path.write_bytes(OLD)

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    if at == "write":
        monkeypatch.setattr("tflops_native.whole_files._beside", lambda *_: full())
    else:
        monkeypatch.setattr(Path, at, full)
    with pytest.raises(OptionError, match=f"cannot write '.*{writer}': no space left on device$"):
        WRITERS[writer](path, results)
    assert path.read_bytes() == OLD
    assert [item.name for item in tmp_path.iterdir()] == [writer]


def test_what_is_written_replaces_the_old_file(writer, results, tmp_path):
    path = tmp_path / writer
    path.write_bytes(OLD * 10_000)
    path.chmod(0o640)
    WRITERS[writer](path, results)
    assert not path.read_bytes().startswith(OLD)
    assert [item.name for item in tmp_path.iterdir()] == [writer]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    if writer == "x.npz":
        assert [array.shape for array in np.load(path).values()] == [(1, 28, 28, 1)]


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
from tflops_native.cli import main
main()
"""


@posix
@pytest.mark.parametrize("suffix", ["json", "html", "svg", "csv", "txt"])
def test_a_disk_that_becomes_full_leaves_the_old_result(suffix, process, tmp_path):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    model = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
    path = tmp_path / f"old.{suffix}"
    path.write_bytes(OLD)
    name = "memory" if suffix == "svg" else "count"
    program = [sys.executable, "-c", LIMITED, name, model, "-o", path]
    # An older Python keeps what it could write of its compiled modules.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ended = process(args=program, env=environment)
    assert ended.status == 2
    assert ended.err == f"error: cannot write '{path}': file too large\n"
    assert len(ended.out) > 1024
    assert path.read_bytes() == OLD
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


KILLED = """
import os, signal, sys
from pathlib import Path
from tflops_native.cli.signals import ending_in_order
from tflops_native.whole_files import written

# Whoever started the tests may have wanted them to go on after a hang-up.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
with ending_in_order(), written(Path(sys.argv[1])) as stream:
    stream.write(b"half")
    stream.flush()
    os.kill(os.getpid(), int(sys.argv[2]))
"""


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGKILL"])
def test_a_signal_in_the_middle_leaves_the_old_file(name, tmp_path):
    path = tmp_path / "old"
    path.write_bytes(OLD)
    number = getattr(signal, name)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, path, str(number.value)], check=False, stderr=-1
    )
    assert ended.returncode == -number
    assert path.read_bytes() == OLD
    others = [item.name for item in tmp_path.iterdir() if item != path]
    if name == "SIGKILL":
        # Nothing can remove it; it is hidden.
        assert len(others) == 1
        assert others[0].startswith(".")
    else:
        assert others == []


def test_a_new_file_has_the_permissions_of_the_user(tmp_path):
    (tmp_path / "plain").write_bytes(NEW)
    _write(tmp_path / "whole")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


@posix
def test_a_link_stays_one(tmp_path):
    place = tmp_path / "there"
    place.mkdir()
    target, link = place / "target", tmp_path / "link"
    link.symlink_to(target)
    for content in (OLD, NEW):  # first it points at nothing
        _write(link, content)
        assert link.is_symlink()
        assert target.read_bytes() == content
    assert [item.name for item in place.iterdir()] == ["target"]


@posix
def test_a_link_to_itself_is_refused(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OSError, match="symbolic links"):
        _write(link)
    assert link.is_symlink()


@posix
def test_a_file_of_several_names_keeps_them(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(OLD)
    second.hardlink_to(first)
    _write(first)
    assert second.read_bytes() == NEW


@posix
def test_a_pipe_and_links_to_one_are_written_to(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        _write(path)
        assert os.read(reader, 100) == NEW
        os.close(reader)
        assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
def test_standard_output_as_a_file_stays_the_file_of_the_caller(process, tmp_path):
    path = tmp_path / "out"
    with path.open("w") as stream:
        inode = os.fstat(stream.fileno()).st_ino
        arguments = ["count", SINGLE, "--format", "json", "-o", "/dev/stdout"]
        ended = process(*arguments, capture_output=False, stdout=stream, stderr=-1)
    assert (ended.status, ended.err) == (0, "")
    assert path.stat().st_ino == inode
    assert json.loads(path.read_text())["reports"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_file_in_a_folder_that_takes_no_other_is_written_in_place(number, tmp_path, monkeypatch):
    """The superuser, as whom tests may run, may make files everywhere."""
    path = tmp_path / "old"
    path.write_bytes(OLD)
    inode = path.stat().st_ino
    opened = Path.open

    def refused(self, mode="r", **options):
        if "x" in mode:
            raise OSError(number, os.strerror(number))
        return opened(self, mode, **options)

    monkeypatch.setattr(Path, "open", refused)
    _write(path)
    monkeypatch.undo()
    assert (path.read_bytes(), path.stat().st_ino) == (NEW, inode)


def test_the_place_of_a_mount_is_written_in_place(tmp_path, monkeypatch):
    path = tmp_path / "old"
    path.write_bytes(OLD)

    def busy(*_arguments):
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", busy)
    _write(path)
    assert path.read_bytes() == NEW
    assert [item.name for item in tmp_path.iterdir()] == ["old"]


@posix
def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "old"
    path.write_bytes(OLD)
    path.chmod(0o400)
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):
            _write(path)
        assert path.read_bytes() == OLD
        return
    # The superuser may write it; nobody else's permissions are looked at by replacing it.
    inode = path.stat().st_ino
    monkeypatch.setattr(os, "access", lambda *_: False)
    _write(path)
    assert path.stat().st_ino == inode


def test_a_name_as_long_as_names_may_be(tmp_path):
    path = tmp_path / ("n" * 255)
    _write(path)
    assert path.read_bytes() == NEW


def test_the_cache_keeps_what_it_had(tmp_path, monkeypatch):
    path = tmp_path / "kept" / "old"
    assert keep(path, OLD)

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert not keep(path, NEW)
    assert path.read_bytes() == OLD
    assert [item.name for item in path.parent.iterdir()] == ["old"]


def test_what_is_wrong_with_the_result_leaves_the_old_file(tmp_path):
    path = tmp_path / "old"
    path.write_bytes(OLD)

    def fails():
        with written(path) as stream:
            stream.write(b"half")
            raise TflopsError("other reasons")

    with pytest.raises(TflopsError):
        fails()
    assert path.read_bytes() == OLD
    assert [item.name for item in tmp_path.iterdir()] == ["old"]


@posix
def test_a_place_of_ours_is_replaced_whatever_is_there(tmp_path):
    """To write into a pipe without a reader would wait for ever; a link is not followed."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "other")
    for path in (pipe, link):
        assert keep(path, NEW)
        assert path.is_file()
        assert not path.is_symlink()
    assert not (tmp_path / "other").exists()
