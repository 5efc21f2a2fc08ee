"""`--help`: examples first, then what the command does, then its options in groups."""

import inspect
import re
from typing import Any

import click

from tflops_native.cli.overwriting import refuse_overwriting
from tflops_native.errors import TflopsError
from tflops_native.formats.broken_lines import second_column

# A group and the names of the parameters in it; those of a command alone, which are not here, come first.
_GROUPS = {
    "Model": ("quantize", "representative", "signature", "input_shapes"),
    "Counting": ("shapes", "trip_count", "strict", "conventions", "valid_taps"),
    "Input data": ("inputs", "fill", "seed"),
    "Runtime": ("runtime", "kernels", "threads", "pin", "delegate", "delegate_options"),
    "Sampling": ("precision", "runs", "min_runs", "max_time", "interval"),
    "Limits": ("timeout", "memory_limit"),
    "What is shown": ("by", "depth", "sort", "top", "is_whole", "columns", "is_verbose"),
    "Output": ("output_format", "output_path", "no_samples", "help"),
}
_GROUP_OF = {name: group for group, names in _GROUPS.items() for name in names}
_UNWRAPPED = "\b"  # how click marks a paragraph whose lines stay as they are


class Command(click.Command):
    """A command whose docstring shows examples as a paragraph of lines, after a line with `\\b`.

    It writes to no file that it reads. Its errors name options as they are typed: `--max-time`, where the
    Python API says `max_time`.
    """

    def invoke(self, context: click.Context) -> Any:
        try:
            refuse_overwriting(context.params)
            return super().invoke(context)
        except TflopsError as error:
            error.args = tuple(
                self._as_typed(item) if isinstance(item, str) else item for item in error.args
            )
            raise

    def _as_typed(self, message: str) -> str:
        """Names with an underscore, which are no words; what is quoted, or part of a path, stays."""
        for parameter in self.params:
            name = parameter.name or ""
            if isinstance(parameter, click.Option) and "_" in name:
                option = max(parameter.opts, key=len)
                message = re.sub(rf"(?<![\w./'-]){name}(?![\w./'-])", option, message)
        return message

    def format_help_text(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        paragraphs = inspect.cleandoc(self.help or "").split("\n\n")
        examples = [text for text in paragraphs if text.startswith(_UNWRAPPED)]
        if examples:
            with formatter.section("Examples"):
                room = formatter.width - formatter.current_indent
                for line in "".join(examples).replace(_UNWRAPPED, "").strip().splitlines():
                    for part in _fitting(line, room):
                        formatter.write(f"{'':{formatter.current_indent}}{part}\n")
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("\n\n".join(text for text in paragraphs if text not in examples))

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        records: dict[str, list[tuple[str, str]]] = {
            "Options": [],
            **{name: [] for name in _GROUPS},
        }
        for parameter in self.get_params(context):
            record = parameter.get_help_record(context)
            # Newer versions of click list arguments, which the usage shows already.
            if record is not None and isinstance(parameter, click.Option):
                records[_GROUP_OF.get(parameter.name or "", "Options")].append(record)
        for group, found in records.items():
            if found:
                with formatter.section(group):
                    formatter.write_dl(found)


def _fitting(example: str, room: int) -> list[str]:
    """An example that is too wide with what is said of it below; a command stays whole, to be copied."""
    said = second_column(example)
    if len(example) <= room or not said:
        return [example]
    return [example[:said].rstrip(), f"    {example[said:]}"]
