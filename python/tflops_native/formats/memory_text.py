"""The memory of an inference in a line."""

from tflops_native import formatting as numbers


def memory_text(weights: int, arena: int, state: int, copied: int) -> str:
    """ "weights 1.78MiB + arena 423KiB (+ state 512B)": what there must be room for."""
    text = f"weights {numbers.byte_count(weights)}B + arena {numbers.byte_count(arena)}B"
    more = []
    if copied:
        more.append(f"dequantized {numbers.byte_count(copied)}B")
    if state:
        more.append(f"state {numbers.byte_count(state)}B")
    return text + (f" (+ {' + '.join(more)})" if more else "")
