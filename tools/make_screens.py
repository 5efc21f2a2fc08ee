"""Write `docs/screens.md`: what a terminal of 80x24 shows when `tflops report` has ended.

    python tools/make_screens.py [--only NAME] [--nasnet FILE]

Runs the command on a terminal of that size, for examples and test models of this repository and for
NASNet Mobile, which Keras makes and TensorFlow converts. Then checks that each column can be named from
the screen: its heading is there, and `tflops explain columns`, which the screen names, explains it. Linux
and macOS. Needs the packages `tensorflow` and `keras` for NASNet, which takes minutes; `--nasnet` takes one
that was converted before.
"""

import fcntl
import lzma
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Callable
from pathlib import Path

import click

from tflops_native import api

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "screens.md"
LINES, COLUMNS = 24, 80
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TFLOPS = (sys.executable, "-m", "tflops_native")


def _example(name: str) -> Callable[[Path], Path]:
    return lambda folder: ROOT / "examples" / name


def _test_model(name: str) -> Callable[[Path], Path]:
    def unpack(folder: Path) -> Path:
        path = folder / f"{name}.tflite"
        path.write_bytes(
            lzma.decompress((ROOT / "tests/models" / f"{name}.tflite.xz").read_bytes())
        )
        return path

    return unpack


def _nasnet(folder: Path) -> Path:
    import keras

    path = folder / "nasnet_mobile.tflite"
    api.convert(keras.applications.NASNetMobile(weights=None), output=str(path))
    return path


# What it is -> how to get the file, and options.
MODELS: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "MobileNet V1 0.25, float32": (_example("mobilenet_v1_0.25_96_float32.tflite"), ()),
    "MobileNet V1 0.25, int8": (_example("mobilenet_v1_0.25_96_int8.tflite"), ()),
    "An attention encoder, for an input of its open length": (
        _example("attention_encoder_dynamic.tflite"),
        ("--input-shape", "1,32,64"),
    ),
    "MobileNet V3 Small, int8": (_test_model("mobilenet_v3_small-int8"), ()),
    "NASNet Mobile, float32": (_nasnet, ()),
}

HEAD = """# Screens

Made by `python tools/make_screens.py`: do not edit. This is what a terminal of 80 columns and 24 lines
shows when `tflops report MODEL` has ended: how much the model computes, how long that takes, how fast that
is, where the time goes, and what to try. The last of the 24 lines is the prompt. Times are of the machine
that made the page, and of what else ran on it.

The command also checks that each column can be named from the screen alone. At first none could: the
headings stand above the rows, and a table of more than ten rows moves them off the screen. Now they stand
below the rows, too, and the legend names `tflops explain columns`, which explains each of them.

"""


def shown(arguments: tuple[str, ...]) -> list[str]:
    """All lines that a command writes to a terminal of this size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")
    }
    with subprocess.Popen(
        [*_TFLOPS, *arguments], stdout=theirs, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while piece := os.read(ours, 1 << 16):
                written += piece
        except OSError:
            pass  # how Linux says that the other end is closed
        os.close(ours)
    if process.returncode:
        raise click.ClickException(f"tflops {' '.join(arguments)} ended with {process.returncode}")
    return _ESCAPES.sub("", written.decode()).replace("\r", "").splitlines()


def screen(lines: list[str]) -> list[str]:
    """The last lines, as far as the prompt leaves room; a longer one takes several."""
    wrapped = [
        line[start : start + COLUMNS].rstrip()
        for line in lines
        for start in range(0, max(len(line), 1), COLUMNS)
    ]
    return wrapped[-(LINES - 1) :]


def nameless(lines: list[str]) -> list[str]:
    """Headings of the table that the screen does not show, or that nothing explains."""
    headings = lines[0].split()
    seen = screen(lines)
    if not any("tflops explain columns" in line for line in seen):
        return headings
    if not any(line.split() == headings for line in seen):
        return headings
    explained = subprocess.run(
        [*_TFLOPS, "explain", "columns"], capture_output=True, text=True, check=True
    ).stdout
    # A heading, two blanks or more, and the key of the column.
    known = {
        match[1] for match in re.finditer(r"^(\S.*?) {2,}\w+$", explained, flags=re.MULTILINE)
    } | {name.replace("FLOP", "OP") for name in ("FLOPs", "FLOPs%", "GFLOP/s")}
    rest = f" {' '.join(headings)} "
    for name in sorted(known, key=len, reverse=True):
        rest = rest.replace(f" {name} ", "  ")
    return rest.split()


@click.command()
@click.option(
    "--only", help="Show the screen of the model with this in its name, and write nothing."
)
@click.option("--nasnet", help="NASNet Mobile as TensorFlow Lite model, instead of converting it.")
def main(only: str | None, nasnet: str | None) -> None:
    """Write the page."""
    parts = []
    with tempfile.TemporaryDirectory() as name:
        for title, (model, options) in MODELS.items():
            if only is not None and only not in title:
                continue
            path = Path(nasnet) if nasnet and model is _nasnet else model(Path(name))
            lines = shown(("report", str(path), *options))
            if missing := nameless(lines):
                raise click.ClickException(f"{title}: columns without a name: {', '.join(missing)}")
            command = " ".join(("tflops report", path.name, *options))
            text = "\n".join(screen(lines))
            parts.append(f"## {title}\n\n```text\n$ {command}\n...\n{text}\n```\n")
            click.echo(text if only else title)
    if only is None:
        PAGE.write_text(HEAD + "\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
