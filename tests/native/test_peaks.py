"""The peak kernels do the arithmetic and the reads that they are credited with. No time is asserted."""

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native._native import ReadBuffers, compute_kernels, read_kernels

COMPUTE = compute_kernels()
READ = read_kernels()


def name(kernel):
    return f"{getattr(kernel, 'arithmetic', 'read')}-{kernel.instructions}"


@pytest.mark.parametrize("kernel", COMPUTE, ids=name)
@pytest.mark.parametrize("rounds", [0, 6])
def test_a_compute_kernel_by_hand(kernel, rounds):
    # All rounds of all kernels are held against a plain loop in peaks_test.cpp.
    start = kernel.lanes * sum(range(kernel.sums))
    if kernel.instructions == "AMX-INT8":
        products = np.ones((16, 64), int) @ np.ones((64, 16), int)
        assert kernel.total(rounds) == start + rounds * kernel.sums * products.sum()
        assert kernel.operations_per_round == kernel.sums * 2 * 16 * 64 * 16
    elif kernel.arithmetic == "int8":
        assert kernel.total(0) == start
        # In the first round each byte is below 128, and all but the last of a lane are 0.
        assert kernel.total(1) in (2 * start, 3 * start)
    else:
        assert kernel.total(rounds) == start + rounds / 2 * kernel.lanes * kernel.sums
        assert kernel.operations_per_round == 2 * kernel.lanes * kernel.sums


@pytest.mark.parametrize("kernel", READ, ids=name)
def test_a_read_kernel_reads_every_word_once(kernel):
    for pages in (1, 3):
        words = pages * ReadBuffers.granularity // 4
        buffers = ReadBuffers(pages * ReadBuffers.granularity)
        assert buffers.checksum(kernel) == sum(range(words)) % 2**32


def test_every_kind_has_a_kernel_that_runs_anywhere():
    portable = [k.arithmetic for k in COMPUTE if k.instructions == "portable"]
    assert portable == ["float32", "int8"]
    assert READ[-1].instructions == "portable"
    assert {k.arithmetic for k in COMPUTE} <= {"float32", "int8", "float16"}


@pytest.mark.parametrize("threads", [1, 3])
def test_trials_return_nanoseconds(threads):
    assert COMPUTE[0].time(1000, threads) > 0
    assert ReadBuffers(ReadBuffers.granularity, threads).time(READ[0], 10) > 0


@pytest.mark.parametrize(("rounds", "threads"), [(0, 1), (-1, 1), (1, 0)])
def test_bad_trials(rounds, threads):
    with pytest.raises(ValueError, match="must be at least 1, not"):
        COMPUTE[0].time(rounds, threads)


@pytest.mark.parametrize("size", [0, 4095, 6000, -4096])
def test_bad_buffers(size):
    with pytest.raises(ValueError, match=f"must be a multiple of 4096, not {size}"):
        ReadBuffers(size)
    with pytest.raises(ValueError, match="threads must be at least 1"):
        ReadBuffers(4096, 0)
    with pytest.raises(ValueError, match="passes must be at least 1"):
        ReadBuffers(4096).time(READ[0], 0)
    # 2^52 parts of 4096 bytes make 2^64, which is 0 to a processor.
    for part, parts in [(3, 3), (-1, 3), (0, 2), (0, 2**52), (0, 2**62), (2**62, 2**63 - 1)]:
        with pytest.raises(ValueError, match=f"there is no part {part} of {parts} of 12288 bytes"):
            ReadBuffers(3 * 4096).time_part(READ[0], part, parts)


def test_more_memory_than_there_is():
    with pytest.raises(MemoryError):
        ReadBuffers(2**60)
