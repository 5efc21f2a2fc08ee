"""What shells complete: model files, operators; `_TFLOPS_COMPLETE=bash_source tflops` prints how."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem

# Files that are taken from a folder, and completed.
MODEL_SUFFIXES = (".tflite", ".lite", ".task", ".litertlm", ".keras")
# Read as well, but in a folder seldom what is meant.
_MORE_SUFFIXES = (".h5", ".gz", ".xz", ".zip", ".cc", ".h")

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _files(suffixes: Sequence[str]) -> Complete:
    def complete(
        context: click.Context, parameter: click.Parameter, begun: str
    ) -> list[CompletionItem]:
        start = begun.rpartition("/")[2]
        prefix = begun.removesuffix(start)
        files: list[str] = []
        folders: list[str] = []
        try:
            found = sorted(Path(prefix or ".").expanduser().iterdir())
        except OSError:
            return []
        for path in found:
            if not path.name.startswith(start) or (path.name[:1] == "." and not start):
                continue
            if path.is_dir():
                folders.append(f"{prefix}{path.name}/")
            elif path.suffix.lower() in suffixes:
                files.append(prefix + path.name)
        if not files:
            # The shell's own completion of folders goes on without a space.
            return [CompletionItem(begun, type="dir")] if folders else []
        return [CompletionItem(name) for name in (*files, *folders)]

    return complete


complete_models = _files((*MODEL_SUFFIXES, *_MORE_SUFFIXES))
complete_models_and_reports = _files((*MODEL_SUFFIXES, *_MORE_SUFFIXES, ".json"))
complete_reports = _files((".json", ".html"))


def complete_files(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Any file, as the shell completes it."""
    return [CompletionItem(begun, type="file")]


def complete_operators(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Operators by name, capitals or not, and model files for MODEL:INDEX."""
    from tflops_native.model.schema import BUILTIN_OPERATORS

    names = [name for name in BUILTIN_OPERATORS if name.startswith(begun.upper())]
    if begun and names:
        return [CompletionItem(name) for name in sorted(names)]
    return complete_models(context, parameter, begun) + [
        CompletionItem(name) for name in sorted(names)
    ]
