"""Write the table of `docs/memory.md`: planned arenas beside those that the runtime allocates.

    python tools/make_memory_table.py [--keras NAME ...] [FILE.tflite ...]

The rows are the models of the repository, then the networks of `keras.applications` that are named (built
without weights, converted in float32), then further files; the last two are printed only. The figures are
those of `tflops verify`: the runtime's come from the addresses of its tensors after allocation.
"""

import lzma
from collections.abc import Iterator
from pathlib import Path

import click

import tflops_native

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "memory.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
SHAPES = {"single_conv_dynamic": (1, 28, 28, 1)}


def repository() -> Iterator[tuple[str, bytes]]:
    """The models that are committed, by name."""
    for path in sorted((ROOT / "tests" / "models").rglob("*.tflite.xz")):
        yield path.name.removesuffix(".tflite.xz"), lzma.decompress(path.read_bytes())
    for folder in (ROOT / "tests" / "models" / "phone", ROOT / "examples"):
        for path in sorted(folder.glob("*.tflite")):
            yield path.stem, path.read_bytes()


def rows(name: str, model: object) -> Iterator[str]:
    """A row for each entry point, and each subgraph that it runs, that the runtime shows memory of."""
    verified = tflops_native.verify(
        model, input_shapes=SHAPES.get(name), isolated=True, timeout=300.0
    )
    for entry in verified.entries:
        title = name if len(verified.entries) == 1 else f"{name}, {entry.signature}"
        for number, memory in enumerate(entry.memory):
            what = f"{title}, subgraph {memory.subgraph_index}" if number else title
            difference = memory.arena_bytes - memory.runtime_arena_bytes
            yield (
                f"| {what} | {memory.arena_bytes:,} | {memory.runtime_arena_bytes:,} "
                f"| {difference:,} | {memory.state_bytes:,} | {memory.runtime_state_bytes:,} |"
            )


def table() -> str:
    """The rows of the models of the repository."""
    lines = [
        "| model | arena, planned | arena, runtime | difference | state, planned | state, runtime |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    refused = []
    for name, model in repository():
        try:
            lines += rows(name, model)
        except tflops_native.InvokeError:
            refused.append(name)
    lines += ["", f"The runtime refuses {', '.join(refused)}."]
    return "\n".join(lines) + "\n"


def of_keras(name: str) -> object:
    """A network of Keras, which is converted where it is asked about."""
    import keras  # imports TensorFlow

    return getattr(keras.applications, name)(weights=None)


@click.command(help=__doc__)
@click.option("--keras", "networks", multiple=True, metavar="NAME")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
def main(networks: tuple[str, ...], files: tuple[Path, ...]) -> None:
    if not networks and not files:
        head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}{table()}{END}{rest.partition(END)[2]}", encoding="utf-8")
        click.echo(PAGE)
        return
    for name in networks:
        for row in rows(name, of_keras(name)):
            click.echo(row)
    for path in files:
        for row in rows(path.stem, path.read_bytes()):
            click.echo(row)


if __name__ == "__main__":
    main()
